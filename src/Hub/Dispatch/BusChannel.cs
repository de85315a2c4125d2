using System.Collections.Concurrent;
using System.Threading.Channels;
using Hub.Connectors;
using Hub.Engine;
using Hub.Schemas;
using MassTransit;

namespace Hub.Dispatch;

/// <summary>
/// A hub's end of the bus. Released commands go out in envelopes, one connector each; answers come back on one queue for all hubs, and whichever takes
/// them settles them. The bus may lose, repeat and delay: the lease ends, the fence voids, the sweep tries again.
/// </summary>
internal sealed partial class BusChannel : ILanes, IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private readonly Guid self = Guid.CreateVersion7();
    private readonly Dictionary<string, BusLane> lanes;
    private readonly BusSettings settings;
    private readonly ILogger<BusChannel> logger;
    private BatchEngine? engine;
    private readonly IBusControl bus;
    private bool stopped;

    public BusChannel(HubSettings settings, TimeProvider time, ILoggerFactory loggers)
    {
        this.settings = settings.Bus;
        logger = loggers.CreateLogger<BusChannel>();
        Lease = Lanes.LeaseFor(settings.Connectors);
        lanes = settings.Connectors.ToDictionary(connector => connector.Name, connector => new BusLane(connector, time, SendAsync, GiveBack), StringComparer.Ordinal);
        bus = MessageBus.Create(settings.Bus, loggers, Endpoints);
    }

    /// <summary>No node's death voids these leases, only their end: the connectors go on without the hub that released.</summary>
    public int Node => 0;

    public TimeSpan Lease { get; }

    public IEnumerable<IPartnerLane> All => lanes.Values;

    public IPartnerLane? Find(string connector) => lanes.GetValueOrDefault(connector);

    public bool TryReserve(string connector) => lanes.TryGetValue(connector, out var lane) && lane.TryReserve();

    public void Release(string connector) => lanes[connector].Release();

    public bool Pulls(string connector) => lanes.TryGetValue(connector, out var lane) && lane.Pulls;

    public void Hand(LeasedCommand leased) => lanes[leased.Command.Connector].Hand(leased);

    public void AnswerTo(BatchEngine target)
    {
        engine = target;

        // Not waited for: without its broker a hub still takes events in, and the library connects when it can.
        _ = bus.StartAsync();
    }

    public async Task DrainAsync(TimeSpan limit)
    {
        // What is under way stays there: its leases outlive us, and another hub, or this one when it is back, has the answers.
        foreach (var lane in lanes.Values)
            lane.Close();
        await Task.WhenAny(Task.WhenAll(lanes.Values.Select(lane => lane.Done)), Task.Delay(limit));
        await StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var lane in lanes.Values)
            lane.Close();
        await StopAsync();
    }

    private async Task StopAsync()
    {
        if (stopped)
            return;
        stopped = true;
        using var limit = new CancellationTokenSource(StopLimit);
        try
        {
            await bus.StopAsync(limit.Token);
        }
        catch (Exception error)
        {
            // The broker is away; what it did not confirm is with the ledger.
            LogNotStopped(error.GetType().Name);
        }
    }

    private void Endpoints(IBusFactoryConfigurator configure)
    {
        configure.ReceiveEndpoint(settings.Answers, endpoint =>
        {
            endpoint.ConfigureConsumeTopology = false;
            endpoint.PrefetchCount = 64;
            endpoint.ConcurrentMessageLimit = 64;

            // What this hub cannot settle goes back into the queue, for another or for later; never aside.
            endpoint.RethrowFaultedMessages();
            endpoint.Handler<AnswerEnvelope>(SettleAsync);
        });
        configure.ReceiveEndpoint(new TemporaryEndpointDefinition($"{settings.Prefix}-hub"), KebabCaseEndpointNameFormatter.Instance, endpoint =>
        {
            endpoint.Handler<Presence>(context =>
            {
                foreach (var lane in lanes.Values)
                    lane.Hear(context.Message);
                return Task.CompletedTask;
            });
            endpoint.Handler<Freed>(context =>
            {
                if (context.Message.Hub == self)
                    lanes.GetValueOrDefault(context.Message.Connector)?.Free(context.Message.Releases);
                return Task.CompletedTask;
            });
        });
    }

    private async Task SendAsync(BusLane lane, IReadOnlyList<LeasedCommand> commands)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(settings.ConfirmSeconds));
        var queue = await bus.GetSendEndpoint(new Uri($"queue:{settings.Commands(lane.Settings.Name)}"));

        // Past its lease a command would only be dropped by whoever takes it up.
        await queue.Send(new CommandEnvelope(self, commands), context => context.TimeToLive = Lease, limit.Token);
    }

    private void GiveBack(BusLane lane, IReadOnlyList<LeasedCommand> commands, Exception? fault)
    {
        if (fault is not null)
            LogNotSent(lane.Settings.Name, commands.Count, fault.GetType().Name);
        foreach (var leased in commands)
            engine!.Submit(new AnswerInput(leased, NotAttempted(mayHaveLeft: fault is not null)));
    }

    /// <summary>For a command that was not attempted as far as is known: it counts no attempt and leaves no record.</summary>
    /// <param name="mayHaveLeft">A copy of it may still be attempted: whoever tries next asks first.</param>
    /// <param name="wait">The least wait before the next try.</param>
    public static Answer NotAttempted(bool mayHaveLeft, TimeSpan? wait = null) => new()
    {
        Outcome = mayHaveLeft ? Outcome.Unknown : Outcome.Unavailable,
        Reason = AnswerReasons.BreakerOpen,
        RetryAfter = wait ?? TimeSpan.FromSeconds(1),
    };

    private async Task SettleAsync(ConsumeContext<AnswerEnvelope> context)
    {
        var envelope = context.Message;
        var releases = envelope.Answers.Select(one => Dispatch.Release.Of(one.Leased)).ToList();
        if (envelope.Hub == self)
            lanes.GetValueOrDefault(envelope.Connector)?.Free(releases);
        else
            await TellAsync(new Freed(envelope.Hub, envelope.Connector, releases));

        var inputs = envelope.Answers.Select(one => new AnswerInput(one.Leased, one.Answer) { OverBus = true }).ToList();
        inputs.ForEach(engine!.Submit);
        foreach (var input in inputs)
        {
            try
            {
                await input.Completion;
            }
            catch (Exception error) when (error is not LedgerUnavailableException)
            {
                // The engine has said why; again it would fail again, and its lease ends.
            }
        }
    }

    private async Task TellAsync(Freed freed)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(settings.ConfirmSeconds));
        try
        {
            await bus.Publish(freed, context => context.Durable = false, limit.Token);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Its places come free with the leases.
            LogNotTold(error.GetType().Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Connector}: {Commands} command(s) could not be put on the bus ({Fault}) and wait in the ledger")]
    private partial void LogNotSent(string connector, int commands, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Another hub could not be told what is answered: {Fault}")]
    private partial void LogNotTold(string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bus did not stop in time: {Fault}")]
    private partial void LogNotStopped(string fault);
}

/// <summary>One connector at the other end of the bus: how many commands are under way to it, and whether anybody there would take one.</summary>
internal sealed class BusLane : IPartnerLane
{
    private const int CommandsMax = 100;
    private const int BytesMax = 1024 * 1024;

    /// <summary>A node that is there says so every second.</summary>
    public static readonly TimeSpan HeardFor = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);

    private readonly TimeProvider time;
    private readonly Func<BusLane, IReadOnlyList<LeasedCommand>, Task> send;
    private readonly Action<BusLane, IReadOnlyList<LeasedCommand>, Exception?> giveBack;
    private readonly Channel<LeasedCommand> queue = Channel.CreateUnbounded<LeasedCommand>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<Release, (DateTimeOffset LeaseUntil, DateTimeOffset RecordedAt)> underWay = new();
    private readonly ConcurrentDictionary<Guid, (LanePresence Lane, DateTimeOffset At)> nodes = new();
    private int reserved;
    private long sweptTicks;
    private volatile bool closing;
    private volatile bool broken;
    private volatile bool pulls;

    public BusLane(
        ConnectorSettings settings, TimeProvider time, Func<BusLane, IReadOnlyList<LeasedCommand>, Task> send, Action<BusLane, IReadOnlyList<LeasedCommand>, Exception?> giveBack)
    {
        Settings = settings;
        pulls = settings.AlwaysPulls;
        this.time = time;
        this.send = send;
        this.giveBack = giveBack;
        Done = Task.Run(SendAsync);
    }

    public ConnectorSettings Settings { get; }

    public string? PausedReason { get; set; }

    public bool Recovered { get; set; }

    public bool Eased { get; set; }

    public bool Pulls
    {
        get => pulls;
        set => pulls = value || Settings.AlwaysPulls;
    }

    public Action? HasRoomAgain { get; set; }

    public DateTimeOffset? OldestCarried => underWay.Values.Min(one => (DateTimeOffset?)one.RecordedAt);

    public int InFlight => Volatile.Read(ref reserved);

    public int Nodes => Heard(time.GetUtcNow()).Count();

    /// <summary>The best of the nodes: as long as one of them gets through, so do commands.</summary>
    public BreakerState BreakerState => Heard(time.GetUtcNow()).Select(node => node.Lane.Breaker).DefaultIfEmpty(BreakerState.Closed).Min();

    /// <summary>Completes when everything handed over before <see cref="Close"/> was sent or given back.</summary>
    public Task Done { get; }

    public int Room()
    {
        var now = time.GetUtcNow();
        if (closing || PausedReason is not null)
            return 0;
        if (pulls)
            return Settings.QueueLimit;
        var welcome = 0;
        var room = Settings.QueueLimit - InFlight;
        foreach (var (lane, at) in Heard(now))
        {
            if (lane.WaitMs is { } wait && at.AddMilliseconds(wait) > now)
                continue;

            // A partner that was away is met with one command first.
            welcome = Math.Max(welcome, lane.Breaker == BreakerState.Closed ? room : InFlight == 0 ? 1 : 0);
        }

        if (room <= 0)
            ForgetEnded(now);
        return welcome;
    }

    public bool TryReserve()
    {
        if (Room() <= 0)
            return false;
        Interlocked.Increment(ref reserved);
        return true;
    }

    public void Release() => Interlocked.Decrement(ref reserved);

    public void Hand(LeasedCommand leased)
    {
        underWay[Dispatch.Release.Of(leased)] = (leased.LeaseUntil, leased.Command.RecordedAt);
        if (!queue.Writer.TryWrite(leased))
            GiveBack([leased], fault: null);
    }

    /// <summary>These are answered: their places are free.</summary>
    public void Free(IReadOnlyList<Release> releases)
    {
        foreach (var release in releases)
        {
            if (underWay.TryRemove(release, out _))
                Release();
        }

        HasRoomAgain?.Invoke();
    }

    public void Hear(Presence presence)
    {
        var lane = presence.Lanes.FirstOrDefault(one => one.Connector == Settings.Name);
        if (lane is null)
            nodes.TryRemove(presence.Node, out _);
        else
            nodes[presence.Node] = (lane, time.GetUtcNow());

        var state = BreakerState;
        if (state != BreakerState.Closed)
        {
            broken = true;
        }
        else if (broken)
        {
            broken = false;
            Recovered = true;
        }
    }

    public void Close()
    {
        closing = true;
        queue.Writer.TryComplete();
    }

    private IEnumerable<(LanePresence Lane, DateTimeOffset At)> Heard(DateTimeOffset now) => nodes.Values.Where(node => now - node.At < HeardFor);

    // The answer of a command whose lease has ended may never come, or went to a hub that could not tell us.
    private void ForgetEnded(DateTimeOffset now)
    {
        var swept = Interlocked.Read(ref sweptTicks);
        if (now.UtcTicks - swept < SweepEvery.Ticks || Interlocked.CompareExchange(ref sweptTicks, now.UtcTicks, swept) != swept)
            return;
        Free([.. underWay.Where(one => one.Value.LeaseUntil <= now).Select(one => one.Key)]);
    }

    private async Task SendAsync()
    {
        // While one envelope is being confirmed the next one fills: no timer, and never more than one message in flight.
        while (await queue.Reader.WaitToReadAsync())
        {
            var commands = new List<LeasedCommand>();
            for (var bytes = 0; commands.Count < CommandsMax && bytes < BytesMax && queue.Reader.TryRead(out var leased); bytes += leased.Command.Data.Length)
                commands.Add(leased);
            if (!Heard(time.GetUtcNow()).Any())
            {
                GiveBack(commands, fault: null);
                continue;
            }

            try
            {
                await send(this, commands);
            }
            catch (Exception fault)
            {
                // Until a node is heard again the broker counts as away.
                nodes.Clear();
                GiveBack(commands, fault);
            }
        }
    }

    private void GiveBack(IReadOnlyList<LeasedCommand> commands, Exception? fault)
    {
        Free([.. commands.Select(Dispatch.Release.Of)]);
        giveBack(this, commands, fault);
    }
}
