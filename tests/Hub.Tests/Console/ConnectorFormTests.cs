using Hub.Connectors;
using Hub.Console;
using Xunit;

namespace Hub.Tests.Console;

public sealed class ConnectorFormTests
{
    private static readonly DateTimeOffset Until = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    private static ConnectorSettings Webhook => new() { Name = "gas-demo", Kind = ConnectorCatalog.Webhook, Address = new Uri("https://gas.example/hub"), Secret = Secret(1) };

    public static TheoryData<string> Kinds => [.. ConnectorForm.Kinds];

    [Theory]
    [InlineData("Name", "Gas Demo")]
    [InlineData("Name", "")]
    [InlineData("Title", "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789x")]
    [InlineData("Kind", "pigeon")]
    [InlineData("Kind", "queue")]
    [InlineData("Address", "")]
    [InlineData("Address", "gas.example")]
    [InlineData("Address", "ftp://gas.example/")]
    [InlineData("Address", "https://user:word@gas.example/")]
    [InlineData("Secret", "whsec_short")]
    [InlineData("Workers", "0")]
    [InlineData("Workers", "four")]
    [InlineData("Workers", "1.5")]
    [InlineData("RatePerSecond", "0.01")]
    [InlineData("BatchMax", "101")]
    [InlineData("QueueLimit", "0")]
    [InlineData("TimeoutSeconds", "301")]
    [InlineData("TimeoutSeconds", "NaN")]
    [InlineData("ConnectTimeoutSeconds", "60")]
    [InlineData("Breaker:WindowSeconds", "0")]
    [InlineData("Breaker:Minimum", "1")]
    [InlineData("Breaker:FailureRatio", "1.1")]
    public void What_is_wrong_is_said_beside_its_field_in_both_languages(string field, string typed)
    {
        var (_, wrong) = ConnectorForm.Read(Draft(Webhook, (field, typed)));

        Assert.Contains(field, wrong);
        Assert.NotNull(Labels.Find($"wrong_field_{field}", english: false));
        Assert.NotNull(Labels.Find($"wrong_field_{field}", english: true));
    }

    [Fact]
    public void What_is_right_is_taken_and_nothing_is_said()
    {
        var (settings, wrong) = ConnectorForm.Read(Draft(Webhook, ("Workers", " 3 "), ("TimeoutSeconds", "7.5"), ("Breaker:Minimum", "4"), ("Address", "http://10.1.2.3:8080/in?ticket=1")));

        Assert.Empty(wrong);
        Assert.Equal((3, 7.5, 4, "http://10.1.2.3:8080/in?ticket=1"), (settings.Workers, settings.TimeoutSeconds, settings.Breaker.Minimum, settings.Address!.ToString()));
    }

    [Fact]
    public void An_empty_secret_keeps_the_one_before_and_no_secret_is_ever_shown()
    {
        var draft = Draft(Webhook, ("Secret", ""));

        Assert.Equal(Webhook.Secret, ConnectorForm.Read(draft).Settings.Secret);
        Assert.All(ConnectorForm.Fields, field => Assert.DoesNotContain("whsec_", ConnectorForm.TextOf(draft, field), StringComparison.Ordinal));
    }

    [Fact]
    public void What_was_typed_for_another_kind_is_of_no_effect()
    {
        var (settings, wrong) = ConnectorForm.Read(Draft(Webhook with { Address = null }, ("Address", "https://gas.example/"), ("BatchMax", "9"), ("Kind", ConnectorCatalog.Feed)));

        Assert.Empty(wrong);
        Assert.Equal((null, 1), (settings.Address, settings.BatchMax));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_field_and_choice_of_every_kind_has_words(string kind)
    {
        Assert.All(ConnectorForm.Steps.SelectMany(step => ConnectorForm.Of(step, kind, isNew: true)), field =>
        {
            Assert.NotNull(Labels.Find($"field_{field.Name}", english: false));
            Assert.NotNull(Labels.Find($"wrong_field_{field.Name}", english: true));
        });
        Assert.All(
            new[] { $"kind_{kind}" }.Concat(ConnectorForm.Signatures.Select(one => $"signature_{one}")).Concat(ConnectorForm.Steps.Select(step => $"connector_step_{step}")).Concat(Enum.GetNames<ReceiverConsent>().Select(one => $"consent_{one}"))
                .Concat(["proof_options", "proof_code", $"approval_{TwoPersons.SigningKey}", $"approval_{TwoPersons.PartnerKey}"]),
            key => Assert.NotNull(Labels.Find(key, english: false)));
    }

    [Fact]
    public void Neither_name_kind_nor_secret_can_be_changed_later() =>
        Assert.DoesNotContain(ConnectorForm.Steps.SelectMany(step => ConnectorForm.Of(step, ConnectorCatalog.Webhook, isNew: false)), field => field.Name is "Name" or "Kind" or "Secret" or "Signature");

    [Theory]
    [InlineData("hmac", true, false)]
    [InlineData("ed25519", false, true)]
    [InlineData("both", true, true)]
    public void A_webhook_without_keys_gets_those_it_signs_with(string signature, bool secret, bool seed)
    {
        var made = ConnectorForm.WithKeys(Webhook with { Secret = null }, signature);

        Assert.Equal((secret, seed), (made.Secret is not null, made.PrivateKey is not null));
        Assert.Empty(made.Validate());
    }

    [Fact]
    public void A_new_key_stands_beside_the_former_one_until_the_day_said()
    {
        var changed = ConnectorForm.Rekeyed(Webhook, given: null, Until);

        Assert.NotEqual(Webhook.Secret, changed.Secret);
        Assert.Equal((Webhook.Secret, Until), (changed.FormerSecret, changed.FormerUntil));
        Assert.Empty(changed.Validate());
        Assert.Equal(2, Signatures(changed, Until.AddSeconds(-1)));
        Assert.Equal(1, Signatures(changed, Until));
    }

    [Fact]
    public void A_secret_that_the_partner_gave_is_replaced_by_its_next_one()
    {
        var changed = ConnectorForm.Rekeyed(new() { Name = "crm", Kind = ConnectorCatalog.LocalCrm, Address = new Uri("http://crm.example/"), Secret = "old" }, "new", Until);

        Assert.Equal(("new", null), (changed.Secret, changed.FormerSecret));
    }

    [Fact]
    public void Going_back_brings_no_key_back()
    {
        var now = ConnectorForm.Rekeyed(Webhook, given: null, Until);

        var restored = ConnectorForm.Restored(Webhook with { Workers = 99 }, now);

        Assert.Equal((99, now.Secret, now.FormerSecret), (restored.Workers, restored.Secret, restored.FormerSecret));
    }

    [Fact]
    public void A_difference_shows_old_and_new_and_of_a_secret_only_that_it_changed()
    {
        var after = Webhook with { Workers = 2, Secret = Secret(2), Breaker = new() { Minimum = 3, BreakSeconds = [5, 10] }, Address = new Uri("https://gas.example/hub?ticket=2") };

        var changes = ConnectorDiff.Of(Webhook with { Address = new Uri("https://gas.example/hub?ticket=1") }, after);

        Assert.Equal(
            ["Address changed", "Breaker:BreakSeconds 30, 60, 120, 300 -> 5, 10", "Breaker:Minimum 10 -> 3", "Secret changed", "Workers 8 -> 2"],
            changes.Select(change => change.Line).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Of_a_new_connector_what_is_not_usual_is_told() => Assert.Equal(
        ["Address - -> https://gas.example/hub", "Kind - -> webhook", "Name - -> gas-demo", "Secret changed"],
        ConnectorDiff.Of(null, Webhook).Select(change => change.Line).Order(StringComparer.Ordinal));

    [Fact]
    public void No_word_hides_another() => Assert.Equal(Labels.Keys.Distinct(StringComparer.Ordinal), Labels.Keys);

    [Fact]
    public void The_same_settings_do_not_differ_also_when_they_were_stored_and_read() =>
        Assert.Empty(ConnectorDiff.Of(Webhook, ConnectorsInForce.Read(ConnectorsInForce.Write(Webhook))));

    private static int Signatures(ConnectorSettings settings, DateTimeOffset at) => new WebhookSigner(settings).Sign("id", at.ToUnixTimeSeconds(), [1])!.Split(' ').Length;

    private static string Secret(byte first) => "whsec_" + Convert.ToBase64String([first, .. new byte[31]]);

    private static ConnectorDraft Draft(ConnectorSettings from, params (string Field, string Text)[] typed) =>
        new() { From = ConnectorsInForce.Write(from), Code = "code", Typed = typed.ToDictionary(pair => pair.Field, pair => pair.Text, StringComparer.Ordinal) };
}
