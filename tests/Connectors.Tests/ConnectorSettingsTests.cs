using Microsoft.Extensions.Configuration;

namespace Hub.Connectors.Tests;

public sealed class ConnectorSettingsTests
{
    public static TheoryData<string> Kinds => [.. ConnectorCatalog.Kinds];

    [Theory, MemberData(nameof(Kinds))]
    public void Complete_settings_have_no_problem(string kind) => Assert.Empty(Partnership.SettingsFor(kind).Validate());

    [Theory]
    [InlineData("Name", "Linfen CRM", "lower-case")]
    [InlineData("Name", "", "lower-case")]
    [InlineData("Kind", "fax", "'fax' is not one of sgcc-crm, local-crm, webhook, feed")]
    [InlineData("Address", "", "absolute")]
    [InlineData("Address", "/crm", "absolute")]
    [InlineData("Address", "ftp://crm.example/", "absolute")]
    [InlineData("Address", "http://user:word@crm.example/", "user name")]
    [InlineData("Address", "http://crm.example/#part", "fragment")]
    [InlineData("AppKey", "", "AppKey is missing")]
    [InlineData("Secret", "", "Secret is missing")]
    [InlineData("TimeoutSeconds", "0", "TimeoutSeconds")]
    [InlineData("TimeoutSeconds", "20000", "TimeoutSeconds")]
    [InlineData("TimeoutSeconds", "NaN", "TimeoutSeconds")]
    [InlineData("ConnectTimeoutSeconds", "21", "ConnectTimeoutSeconds")]
    [InlineData("Workers", "0", "Workers")]
    [InlineData("QueueLimit", "0", "QueueLimit")]
    [InlineData("QueueLimit", "1000001", "QueueLimit")]
    [InlineData("Breaker:Minimum", "1000001", "Minimum")]
    [InlineData("PowerFactor", "1.1", "PowerFactor")]
    [InlineData("RatePerSecond", "-1", "RatePerSecond")]
    [InlineData("RatePerSecond", "0.01", "RatePerSecond")]
    [InlineData("Breaker:WindowSeconds", "0", "WindowSeconds")]
    [InlineData("Breaker:Minimum", "1", "Minimum")]
    [InlineData("Breaker:FailureRatio", "0", "FailureRatio")]
    [InlineData("Breaker:BreakSeconds:0", "0", "BreakSeconds")]
    public void A_bad_setting_is_named_and_refuses_the_start(string key, string value, string part)
    {
        var settings = Bind((key, value));

        var problem = Assert.Single(settings.Validate());

        Assert.Contains(part, problem, StringComparison.Ordinal);
        var fault = Assert.Throws<InvalidOperationException>(() => ConnectorCatalog.Create(settings, TimeProvider.System));
        Assert.Contains(problem, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, "never unsigned")]
    [InlineData("whsec_c2hvcnQ=", null, "24 to 64")]
    [InlineData("plain", null, "24 to 64")]
    [InlineData(null, "whsk_c2hvcnQ=", "32 bytes")]
    public void A_webhook_needs_a_key_that_can_be_used(string? secret, string? privateKey, string part)
    {
        var settings = Partnership.SettingsFor(ConnectorCatalog.Webhook) with { Secret = secret, PrivateKey = privateKey };

        Assert.Contains(part, Assert.Single(settings.Validate()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_feed_needs_no_key_and_has_no_address()
    {
        var settings = new ConnectorSettings { Name = "cannot-be-called", Kind = ConnectorCatalog.Feed };

        Assert.Empty(settings.Validate());
        Assert.Contains("left out", Assert.Single((settings with { Address = new Uri("http://utility.example/") }).Validate()), StringComparison.Ordinal);
        Assert.Contains("24 to 64", Assert.Single((settings with { Secret = "plain" }).Validate()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ConnectorCatalog.SgccCrm, false, false)]
    [InlineData(ConnectorCatalog.LocalCrm, false, false)]
    [InlineData(ConnectorCatalog.Webhook, true, false)]
    [InlineData(ConnectorCatalog.Feed, true, true)]
    public void Only_what_has_a_form_without_a_call_can_be_fetched(string kind, bool can, bool always)
    {
        var settings = Partnership.SettingsFor(kind);

        Assert.Equal((can, always), (settings.CanPull, settings.AlwaysPulls));
    }

    [Fact]
    public void The_breaks_of_the_configuration_replace_the_usual_ones()
    {
        var settings = Bind(("Breaker:BreakSeconds:0", "5"), ("Breaker:BreakSeconds:1", "7"));

        Assert.Equal([5, 7], settings.Breaker.Breaks);
        Assert.Equal([30, 60, 120, 300], Bind().Breaker.Breaks);
    }

    [Fact]
    public void The_text_of_settings_holds_no_secret()
    {
        var settings = Partnership.SettingsFor(ConnectorCatalog.SgccCrm) with { Secret = "s3cret", PrivateKey = "s3cret" };

        Assert.DoesNotContain("s3cret", settings.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", string.Concat((settings with { Workers = 0 }).Validate()), StringComparison.Ordinal);
    }

    private static ConnectorSettings Bind(params (string Key, string Value)[] changed)
    {
        var values = new Dictionary<string, string?>
        {
            ["Name"] = "sgcc-linfen",
            ["Kind"] = "sgcc-crm",
            ["Address"] = "http://crm.example/api",
            ["AppKey"] = "hub",
            ["Secret"] = "secret",
        };
        foreach (var (key, value) in changed)
        {
            values[key] = value;
        }

        return new ConfigurationBuilder().AddInMemoryCollection(values).Build().Get<ConnectorSettings>()!;
    }
}
