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
    public async Task Several_commands_go_out_in_one_signed_batch_and_each_has_its_own_answer()
    {
        Command[] commands = [Commands.Create(), Commands.Create(), Commands.Create(), Commands.Create()];
        var partner = StubPartner.Answering(200, $$"""[{"id":"{{commands[2].Id}}","status":503,"retryAfter":7},{"id":"{{commands[0].Id}}","status":200},{"id":"{{commands[1].Id}}","status":422}]""");

        var answers = await BatchAsync(partner, commands);

        Assert.Equal([(Outcome.Taken, null), (Outcome.Refused, "content_refused"), (Outcome.Unavailable, "throttled"), (Outcome.Unknown, "unintelligible")], answers.Select(answer => (answer.Outcome, answer.Reason)));
        Assert.Equal(TimeSpan.FromSeconds(7), answers[2].RetryAfter);
        var (message, body) = Assert.Single(partner.Sent);
        Assert.Equal("application/cloudevents-batch+json; charset=utf-8", message.Content!.Headers.ContentType!.ToString());
        using var sent = System.Text.Json.JsonDocument.Parse(body);
        Assert.Equal(commands.Select(command => command.Id), sent.RootElement.EnumerateArray().Select(ce => ce.GetProperty("id").GetGuid()));
        Assert.True(WebhookSignature.TryReadSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", out var key));
        Assert.EndsWith(" " + WebhookSignature.SignV1(key, message.Headers.GetValues("webhook-id").Single(), 1_772_415_000, body), message.Headers.GetValues("webhook-signature").Single(), StringComparison.Ordinal);
        Assert.All(answers, answer => Assert.Equal(System.Security.Cryptography.SHA256.HashData(body), answer.RequestDigest.ToArray()));
    }

    [Theory]
    [InlineData(204, "", Outcome.Taken, null)]
    [InlineData(200, "<html>", Outcome.Taken, null)]
    [InlineData(500, "", Outcome.Unavailable, "server_error")]
    [InlineData(422, "", Outcome.Unavailable, "batch_refused")]
    [InlineData(413, "", Outcome.Unavailable, "batch_refused")]
    [InlineData(200, "[]", Outcome.Unknown, "unintelligible")]
    public async Task Without_a_list_the_status_speaks_for_all_and_a_refused_batch_refuses_no_single_command(int status, string body, Outcome outcome, string? reason)
    {
        var answers = await BatchAsync(StubPartner.Answering(status, body), [Commands.Create(), Commands.Create()]);

        Assert.All(answers, answer => Assert.Equal((outcome, reason), (answer.Outcome, answer.Reason)));
        Assert.Equal(2, answers.Count);
    }

    [Fact]
    public async Task A_receiver_takes_a_batch_once_and_in_the_order_of_each_case()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.Webhook);
        Command[] commands = [Commands.Create(), Commands.Create() with { Subject = "2101-141002-04-01-222222" }];
        var connector = (IBatchConnector)partnership.Connector;

        var first = await connector.DeliverAsync(commands, TestContext.Current.CancellationToken);
        var again = await connector.DeliverAsync(commands, TestContext.Current.CancellationToken);

        Assert.All([.. first, .. again], answer => Assert.Equal(Outcome.Taken, answer.Outcome));
        Assert.Equal((2L, 2L, 0L), (partnership.Stats.Book.Effects, partnership.Stats.Book.Repeats, partnership.Stats.Book.OutOfOrder));
    }

    private static Task<IReadOnlyList<Answer>> BatchAsync(StubPartner partner, Command[] commands) =>
        ((IBatchConnector)partner.As(ConnectorCatalog.Webhook)).DeliverAsync(commands, TestContext.Current.CancellationToken);

    [Fact]
    public async Task Cannot_be_asked_and_says_so()
    {
        var connector = StubPartner.Answering(204, "").As(ConnectorCatalog.Webhook);

        Assert.False(connector.CanBeAsked);
        await Assert.ThrowsAsync<NotSupportedException>(() => connector.AskAsync(Commands.Create(), TestContext.Current.CancellationToken));
    }
}
