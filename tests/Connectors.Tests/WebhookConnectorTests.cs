using System.Text;
using Hub.Schemas;

namespace Hub.Connectors.Tests;

public sealed class WebhookConnectorTests
{
    [Fact]
    public async Task A_command_goes_out_as_one_structured_CloudEvent_with_its_data_untouched()
    {
        var partner = StubPartner.Answering(204, "");
        var command = Commands.Create() with
        {
            Id = Guid.Parse("0190a5b0-0000-7000-8000-000000000001"),
            CauseId = Guid.Parse("0190a5b0-0000-7000-8000-000000000002"),
            Subject = "doc:尧发改审批〔2021〕12号",
            LaneSeq = 42,
            Data = Encoding.UTF8.GetBytes("""{ "b": 1.50, "a": "\u4e34汾" }"""),
        };

        await partner.DeliverAsync(ConnectorCatalog.Webhook, command);

        var (message, body) = Assert.Single(partner.Sent);
        Assert.Equal("application/cloudevents+json; charset=utf-8", message.Content!.Headers.ContentType!.ToString());
        Assert.Equal(
            """{"specversion":"1.0","id":"0190a5b0-0000-7000-8000-000000000001","source":"urn:hub","type":"hub.project_approval.created.v1","subject":"doc:尧发改审批〔2021〕12号","partitionkey":"doc:尧发改审批〔2021〕12号","time":"2021-03-05T01:00:00Z","recordedtime":"2026-03-02T01:30:00Z","sequence":"0000000042","causationid":"0190a5b0-0000-7000-8000-000000000002","hubcommand":"lead.create.v1","datacontenttype":"application/json","data":{ "b": 1.50, "a": "\u4e34汾" }}""",
            Encoding.UTF8.GetString(body));
    }

    [Fact]
    public async Task The_headers_name_the_attempt_and_are_signed_for_it()
    {
        var partner = StubPartner.Answering(204, "");
        var command = Commands.Create() with { Attempt = 3, DueAt = new DateTimeOffset(2026, 3, 4, 17, 30, 0, TimeSpan.FromHours(8)), TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };

        await partner.DeliverAsync(ConnectorCatalog.Webhook, command);

        var (message, body) = Assert.Single(partner.Sent);
        string Header(string name) => string.Join(",", message.Headers.GetValues(name));
        Assert.Equal(command.Id.ToString("D"), Header("webhook-id"));
        Assert.Equal("1772415000", Header("webhook-timestamp"));
        Assert.Equal("3", Header("X-Hub-Attempt"));
        Assert.Equal("2026-03-04T09:30:00Z", Header("X-Hub-Due"));
        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Header("traceparent"));
        Assert.StartsWith("Hub/", Header("User-Agent"), StringComparison.Ordinal);
        Assert.True(WebhookSignature.TryReadSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", out var key));
        byte[] seed = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        Assert.Equal(
            $"{WebhookSignature.SignV1a(seed, $"{command.Id:D}", 1_772_415_000, body)} {WebhookSignature.SignV1(key, $"{command.Id:D}", 1_772_415_000, body)}",
            Header("webhook-signature"));
    }

    [Fact]
    public async Task Every_attempt_sends_the_same_bytes()
    {
        var partner = StubPartner.Answering(204, "");
        var command = Commands.Create();

        var first = await partner.DeliverAsync(ConnectorCatalog.Webhook, command);
        var second = await partner.DeliverAsync(ConnectorCatalog.Webhook, command with { Attempt = 2 });

        Assert.Equal(first.RequestDigest, second.RequestDigest, (a, b) => a.Span.SequenceEqual(b.Span));
    }

    [Theory]
    [InlineData(true, false, "v1,")]
    [InlineData(false, true, "v1a,")]
    public async Task Signs_with_the_one_key_it_has(bool secret, bool privateKey, string version)
    {
        var partner = StubPartner.Answering(204, "");
        var connector = partner.As(ConnectorCatalog.Webhook, settings => settings with
        {
            Secret = secret ? settings.Secret : null,
            PrivateKey = privateKey ? settings.PrivateKey : null,
        });

        await connector.DeliverAsync(Commands.Create(), TestContext.Current.CancellationToken);

        var signature = Assert.Single(Assert.Single(partner.Sent).Message.Headers.GetValues("webhook-signature"));
        Assert.StartsWith(version, signature, StringComparison.Ordinal);
        Assert.DoesNotContain(' ', signature);
    }

    [Fact]
    public async Task Cannot_be_asked_and_says_so()
    {
        var connector = StubPartner.Answering(204, "").As(ConnectorCatalog.Webhook);

        Assert.False(connector.CanBeAsked);
        await Assert.ThrowsAsync<NotSupportedException>(() => connector.AskAsync(Commands.Create(), TestContext.Current.CancellationToken));
    }
}
