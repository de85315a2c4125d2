using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Hub.Schemas;
using RabbitMQ.Client;

namespace Hub.Connectors.Tests;

/// <summary>What the hub may rely on from a queue, with a real broker: the contract of the connectors as far as it can hold without HTTP.</summary>
public sealed class QueueConnectorTests : IAsyncLifetime
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly string queue = $"connector-{Guid.NewGuid():N}";
    private readonly FakeClock clock = new();
    private IConnection connection = null!;
    private IChannel channel = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Uri Broker
    {
        get
        {
            var given = Environment.GetEnvironmentVariable("HUB_TEST_BROKER");
            Assert.SkipWhen(string.IsNullOrEmpty(given), "HUB_TEST_BROKER is not set: there is no RabbitMQ (Debian: apt-get install rabbitmq-server), or the tests were not started with ./test.");
            return new Uri(given!);
        }
    }

    public async ValueTask InitializeAsync()
    {
        connection = await new ConnectionFactory { Uri = Broker }.CreateConnectionAsync(Cancellation);
        channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (connection is null)
            return;
        await using (var own = await connection.CreateChannelAsync())
            await own.QueueDeleteAsync(queue);
        await channel.DisposeAsync();
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task Takes_a_command_once_its_broker_confirmed_and_proves_what_it_sent()
    {
        await DeclareAsync();
        var command = Commands.Create();

        var answer = await Connector().DeliverAsync(command, Cancellation);

        Assert.Equal((Outcome.Taken, null), (answer.Outcome, answer.Reason));
        var message = (await channel.BasicGetAsync(queue, autoAck: true, Cancellation))!;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(message.Body.Span)), Convert.ToHexStringLower(answer.RequestDigest.Span));
        Assert.Equal(("application/cloudevents+json", command.Id.ToString(), true), (message.BasicProperties.ContentType, message.BasicProperties.MessageId, message.BasicProperties.Persistent));
        var read = JsonNode.Parse(message.Body.Span)!;
        Assert.Equal((command.Id.ToString(), command.CauseType, command.Subject), ((string?)read["id"], (string?)read["type"], (string?)read["subject"]));
        Assert.Contains("临汾市尧都区住房和城乡建设局", Encoding.UTF8.GetString(message.Body.Span), StringComparison.Ordinal);
        Assert.True(WebhookSignature.TryReadSecret(Secret, out var key));
        Assert.True(WebhookSignature.Verify(new([key], []), Header("webhook-id"), Header("webhook-timestamp"), Header("webhook-signature"), message.Body.Span, clock.GetUtcNow()));

        string? Header(string name) => message.BasicProperties.Headers![name] is byte[] bytes ? Encoding.UTF8.GetString(bytes) : null;
    }

    [Fact]
    public async Task The_same_bytes_go_out_on_every_attempt_and_the_order_of_calls_is_the_order_in_the_queue()
    {
        await DeclareAsync();
        var connector = Connector();
        var command = Commands.Create();
        foreach (var one in (Command[])[command, command with { Attempt = 2 }, Commands.Update(2), Commands.Withdraw(3)])
            Assert.Equal(Outcome.Taken, (await connector.DeliverAsync(one, Cancellation)).Outcome);

        var bodies = new List<string>();
        while (await channel.BasicGetAsync(queue, autoAck: true, Cancellation) is { } message)
            bodies.Add(Encoding.UTF8.GetString(message.Body.Span));

        Assert.Equal(bodies[0], bodies[1]);
        Assert.Equal(["0000000001", "0000000001", "0000000002", "0000000003"], bodies.Select(body => (string?)JsonNode.Parse(body)!["sequence"]));
    }

    [Fact]
    public async Task A_queue_that_is_not_there_is_a_wrong_address_and_the_command_is_not_lost()
    {
        var answer = await Connector().DeliverAsync(Commands.Create(), Cancellation);

        Assert.Equal((Outcome.Unavailable, AnswerReasons.NotFound, "312"), (answer.Outcome, answer.Reason, answer.PartnerCode));
    }

    [Fact]
    public async Task A_full_queue_asks_for_fewer_calls_and_takes_again_when_it_has_room()
    {
        await DeclareAsync(new() { ["x-max-length"] = 1, ["x-overflow"] = "reject-publish" });
        var connector = Connector();
        await connector.DeliverAsync(Commands.Create(), Cancellation);

        var refused = await connector.DeliverAsync(Commands.Update(2), Cancellation);
        await channel.BasicGetAsync(queue, autoAck: true, Cancellation);
        var taken = await connector.DeliverAsync(Commands.Update(2), Cancellation);

        Assert.Equal((Outcome.Unavailable, AnswerReasons.Throttled, true), (refused.Outcome, refused.Reason, refused.Throttle));
        Assert.Equal(Outcome.Taken, taken.Outcome);
    }

    [Fact]
    public async Task A_broker_that_does_not_listen_surely_saw_nothing()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        var answer = await Connector(settings => settings with { Address = new Uri($"amqp://127.0.0.1:{port}/") }).DeliverAsync(Commands.Create(), Cancellation);

        Assert.Equal((Outcome.Unavailable, AnswerReasons.Unreachable), (answer.Outcome, answer.Reason));
        Assert.True(answer.RequestDigest.IsEmpty);
    }

    [Fact]
    public async Task A_wrong_password_is_our_trouble()
    {
        await DeclareAsync();

        var answer = await Connector(settings => settings with { Password = "another" }).DeliverAsync(Commands.Create(), Cancellation);

        Assert.Equal((Outcome.Unavailable, AnswerReasons.Unauthorised), (answer.Outcome, answer.Reason));
    }

    [Fact]
    public async Task A_lost_connection_is_made_anew_by_the_next_attempt()
    {
        await DeclareAsync();
        var connector = Connector();
        await connector.DeliverAsync(Commands.Create(), Cancellation);
        await using var relay = await Relay.StartAsync(Broker);
        var relayed = Connector(settings => settings with { Address = relay.Address });
        Assert.Equal(Outcome.Taken, (await relayed.DeliverAsync(Commands.Update(2), Cancellation)).Outcome);

        relay.Cut();
        var outcomes = new List<Outcome>();
        for (var attempt = 1; attempt <= 10 && !outcomes.Contains(Outcome.Taken); attempt++)
            outcomes.Add((await relayed.DeliverAsync(Commands.Update(3), Cancellation)).Outcome);

        Assert.Contains(Outcome.Taken, outcomes);
        Assert.DoesNotContain(Outcome.Refused, outcomes);
    }

    [Fact]
    public async Task A_hub_that_stops_gets_no_answer_made_up()
    {
        using var stopping = new CancellationTokenSource();
        await stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Connector().DeliverAsync(Commands.Create(), stopping.Token));
    }

    private IConnector Connector(Func<ConnectorSettings, ConnectorSettings>? change = null)
    {
        var user = Broker.UserInfo.Split(':');
        var settings = Partnership.SettingsFor(ConnectorCatalog.Queue) with
        {
            Address = new UriBuilder(Broker) { UserName = "", Password = "" }.Uri,
            AppKey = user[0],
            Password = user[1],
            Queue = queue,
            Secret = Secret,
            PrivateKey = null,
        };
        return ConnectorCatalog.Create(change is null ? settings : change(settings), clock);
    }

    private Task DeclareAsync(Dictionary<string, object?>? arguments = null) =>
        channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: Cancellation);

    /// <summary>A way to the broker that can be cut.</summary>
    private sealed class Relay : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly List<TcpClient> clients = [];
        private readonly Lock gate = new();
        private readonly Uri broker;

        private Relay(Uri broker) => this.broker = broker;

        public Uri Address => new($"amqp://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");

        public static Task<Relay> StartAsync(Uri broker)
        {
            var relay = new Relay(broker);
            relay.listener.Start();
            _ = relay.AcceptAsync();
            return Task.FromResult(relay);
        }

        public void Cut()
        {
            lock (gate)
            {
                clients.ForEach(client => client.Dispose());
                clients.Clear();
            }
        }

        public ValueTask DisposeAsync()
        {
            listener.Stop();
            Cut();
            return ValueTask.CompletedTask;
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    var near = await listener.AcceptTcpClientAsync(CancellationToken.None);
                    var far = new TcpClient();
                    await far.ConnectAsync(broker.Host, broker.Port);
                    lock (gate)
                        clients.AddRange([near, far]);
                    _ = CopyAsync(near, far);
                    _ = CopyAsync(far, near);
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // Stopped.
            }
        }

        private static async Task CopyAsync(TcpClient from, TcpClient to)
        {
            try
            {
                await from.GetStream().CopyToAsync(to.GetStream());
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // Cut.
            }
        }
    }
}
