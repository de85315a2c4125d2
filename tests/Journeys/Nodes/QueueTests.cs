using System.Text;
using System.Text.Json.Nodes;
using Hub.Connectors;
using Hub.Intake;
using Hub.Journeys.Faults;
using Hub.Ledger;
using RabbitMQ.Client;

namespace Hub.Journeys.Nodes;

/// <summary>Bureaus that publish to a queue, utilities that read from one and send their receipts by one: the same rules as over HTTP.</summary>
[Collection(FaultCollection.Name)]
public sealed class QueueTests : IAsyncLifetime
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly string name = $"q{Guid.NewGuid():N}"[..12];
    private IConnection connection = null!;
    private IChannel channel = null!;
    private string bureauKey = "";

    private string Publisher => $"{name}.bureau";

    private string Replies => $"{name}.replies";

    private string Utility => $"{name}.utility";

    private string Receipts => $"{name}.receipts";

    public async ValueTask InitializeAsync()
    {
        connection = await new ConnectionFactory { Uri = new Uri(Broker.Required) }.CreateConnectionAsync();
        channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        foreach (var queue in (string[])[Publisher, Replies, Utility])
            await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false);
    }

    public async ValueTask DisposeAsync()
    {
        if (connection is null)
            return;
        foreach (var queue in (string[])[Publisher, Replies, Utility, Receipts, $"{Publisher}.refused", $"{Receipts}.refused"])
            await channel.QueueDeleteAsync(queue);
        await channel.DisposeAsync();
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task An_event_goes_from_a_queue_to_a_queue_and_its_receipt_comes_back_by_one()
    {
        await using var hub = await StartAsync();
        await hub.UtilityKeyAsync("sgcc-linfen");
        var code = Approvals.NewCode();

        await PublishAsync(Approvals.Created(code));

        var reply = await NextAsync(Replies);
        Assert.Equal(("accepted", "application/json", "m-1"), ((string?)reply.Json["status"], reply.Properties.ContentType, reply.Properties.CorrelationId));
        var delivered = await NextAsync(Utility);
        Assert.Equal((code, "lead.create.v1"), ((string?)delivered.Json["subject"], (string?)delivered.Json["hubcommand"]));
        var id = (Guid)reply.Json["id"]!;
        await Until.TrueAsync(async () => (string?)(await hub.EventAsync(id, bureauKey))["status"] == "delivered", "the event is delivered");

        await SendAsync(Receipts, $$"""{"status":"accepted","at":"{{TimeProvider.System.GetUtcNow():O}}"}""", new() { ContentType = "application/json", CorrelationId = delivered.Properties.MessageId, ReplyTo = Replies });

        var receipt = await NextAsync(Replies);
        Assert.Equal("accepted", (string?)receipt.Json["status"]);
        Assert.Equal("accepted", (string?)(await hub.EventAsync(id, bureauKey))["receivers"]![0]!["businessStatus"]);
    }

    [Fact]
    public async Task The_binary_mode_of_the_binding_is_read_too_and_a_repeat_is_answered_as_before()
    {
        await using var hub = await StartAsync();
        var approval = Approvals.Created(Approvals.NewCode());
        var properties = new BasicProperties { ContentType = "application/json", MessageId = "m-1", ReplyTo = Replies, Headers = new Dictionary<string, object?>() };
        foreach (var (attribute, value) in approval.AsObject().Where(member => member.Key is not ("data" or "datacontenttype")))
            properties.Headers[(attribute == "id" ? "cloudEvents_" : "cloudEvents:") + attribute] = (string?)value;

        await SendAsync(Publisher, approval["data"]!.ToJsonString(), properties);
        var first = await NextAsync(Replies);
        await SendAsync(Publisher, approval["data"]!.ToJsonString(), properties);
        var second = await NextAsync(Replies);

        Assert.Equal("accepted", (string?)first.Json["status"]);
        Assert.Equal(first.Json.ToJsonString(), second.Json.ToJsonString());
    }

    [Theory]
    [InlineData("{", "bad_json")]
    [InlineData("source", "source_not_allowed")]
    [InlineData("region", "region_not_allowed")]
    [InlineData("fields", "invalid_event")]
    [InlineData("large", "too_large")]
    [InlineData("type", "unsupported_media_type")]
    public async Task What_is_refused_goes_back_with_the_reason_and_stays_to_be_looked_at(string fault, string code)
    {
        await using var hub = await StartAsync();
        var approval = Approvals.Created(Approvals.NewCode());
        if (fault == "source")
            approval["source"] = "urn:another";
        if (fault == "region")
            approval = Approvals.Created(Approvals.NewCode(Approvals.Hohhot), Approvals.Hohhot);
        if (fault == "fields")
            approval["data"]!.AsObject().Remove("projectName");
        var body = fault switch { "{" => "{", "large" => new string('x', 70_000), _ => approval.ToJsonString() };

        await SendAsync(Publisher, body, new() { ContentType = fault == "type" ? "text/plain" : "application/cloudevents+json", MessageId = "m-1", ReplyTo = Replies });

        var reply = await NextAsync(Replies);
        Assert.Equal((code, "m-1", "application/problem+json"), ((string?)reply.Json["code"], (string?)reply.Json["instance"], reply.Properties.ContentType));
        var kept = await NextAsync($"{Publisher}.refused");
        Assert.Equal(body, kept.Text);
        Assert.Equal(code, (string?)JsonNode.Parse((byte[])kept.Properties.Headers!["hub-problem"]!)!["code"]);

        // It is out of the way: what comes after it is taken.
        await PublishAsync(Approvals.Created(Approvals.NewCode()));
        Assert.Equal("accepted", (string?)(await NextAsync(Replies)).Json["status"]);
    }

    [Fact]
    public async Task Without_a_valid_key_nothing_is_taken_and_an_answer_never_goes_into_the_hubs_own_queues()
    {
        await using var hub = await StartAsync(withKey: false);

        await SendAsync(Publisher, Approvals.Created(Approvals.NewCode()).ToJsonString(), new() { ContentType = "application/cloudevents+json", ReplyTo = $"{Publisher}.refused" });

        var kept = await NextAsync($"{Publisher}.refused");
        Assert.Equal("unauthorised", (string?)JsonNode.Parse((byte[])kept.Properties.Headers!["hub-problem"]!)!["code"]);
        await Until.TrueAsync(async () => await channel.MessageCountAsync(Publisher) == 0, "the queue is empty");
        Assert.Equal(0u, await channel.MessageCountAsync($"{Publisher}.refused"));
    }

    [Fact]
    public async Task Two_hubs_take_one_queue_in_turns_and_keep_the_order_of_each_case()
    {
        const int Versions = 60;
        await using var first = await StartAsync();
        await using var second = await HubUnderTest.StartAsync(settings => first.Settings with { Url = settings.Url }, ["sgcc-linfen"]);
        var codes = Enumerable.Range(0, 3).Select(_ => Approvals.NewCode()).ToList();
        for (var version = 1; version <= Versions; version++)
        {
            foreach (var code in codes)
                await PublishAsync(version == 1 ? Approvals.Created(code) : Approvals.Amended(code, Approvals.LinfenCity, version));
            if (version == Versions / 2)
                await first.Service<QueueIntake>().StopAsync();
        }

        var events = new List<JsonNode>();
        while (events.DistinctBy(one => (string?)one["id"]).Count() < Versions * codes.Count)
            events.Add((await NextAsync(Utility)).Json);

        foreach (var code in codes)
        {
            var sequences = events.Where(one => (string?)one["subject"] == code).Select(one => (string?)one["sequence"]).Distinct().ToList();
            Assert.Equal(Enumerable.Range(1, Versions).Select(number => $"{number:D10}"), sequences);
            Assert.Equal(
                Enumerable.Range(1, Versions),
                events.Where(one => (string?)one["subject"] == code).DistinctBy(one => (string?)one["id"]).Select(one => (int)one["data"]!["approval"]!["version"]!));
        }

        Assert.Equal(0u, await channel.MessageCountAsync($"{Publisher}.refused"));
    }

    private HubSettings Settings(HubSettings settings) => settings with
    {
        Bus = new()
        {
            Url = Broker.Required,
            Prefix = name,
            Publishers = [new() { Partner = "demo-bureau", Queue = Publisher }],
            Receipts = [new() { Partner = "sgcc-linfen", Queue = Receipts }],
        },
        Connectors =
        [
            .. settings.Connectors.Select(connector => connector with
            {
                Kind = ConnectorCatalog.Queue,
                Address = new UriBuilder(Broker.Required) { UserName = "", Password = "" }.Uri,
                AppKey = new Uri(Broker.Required).UserInfo.Split(':')[0],
                Password = new Uri(Broker.Required).UserInfo.Split(':')[1],
                Queue = Utility,
                Secret = Secret,
                PrivateKey = null,
            }),
        ],
    };

    private async Task<HubUnderTest> StartAsync(bool withKey = true)
    {
        var hub = await HubUnderTest.StartAsync(
            settings => Settings(settings) with { Bus = Settings(settings).Bus with { Publishers = [new() { Partner = withKey ? "queue-bureau" : "nobody", Queue = Publisher }] } }, ["sgcc-linfen"]);
        bureauKey = await hub.CreateKeyAsync("queue-bureau", ApiKey.Publish, [Approvals.Source], regions: ["1410"]);
        return hub;
    }

    private Task PublishAsync(JsonNode approval) => SendAsync(Publisher, approval.ToJsonString(), new() { ContentType = "application/cloudevents+json", MessageId = "m-1", ReplyTo = Replies });

    private async Task SendAsync(string queue, string body, BasicProperties properties) =>
        await channel.BasicPublishAsync("", queue, mandatory: true, properties, Encoding.UTF8.GetBytes(body));

    private async Task<Taken> NextAsync(string queue) => await Until.FoundAsync(
        async () => await channel.BasicGetAsync(queue, autoAck: true) is { } message ? new Taken(Encoding.UTF8.GetString(message.Body.Span), message.BasicProperties) : null, $"{queue} has a message");

    private sealed record Taken(string Text, IReadOnlyBasicProperties Properties)
    {
        public JsonNode Json => JsonNode.Parse(Text)!;
    }
}
