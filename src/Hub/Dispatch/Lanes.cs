using System.Threading.Channels;
using Hub.Connectors;
using Hub.Engine;
using Hub.Schemas;
using Hub.Telemetry;

namespace Hub.Dispatch;

/// <summary>This node's hold on leases: while it lives, what is leased to it is its own.</summary>
internal sealed class NodeLease
{
    private long aliveUntilTicks;

    public int Node { get; set; }

    public DateTimeOffset AliveUntil
    {
        get => new(Interlocked.Read(ref aliveUntilTicks), TimeSpan.Zero);
        set => Interlocked.Exchange(ref aliveUntilTicks, value.UtcTicks);
    }
}

/// <summary>
/// Carries released commands to their connectors. Each connector has its own queue, its own workers and its own breaker, so that a dead
/// partner delays nobody else.
/// </summary>
internal sealed class Lanes : IDispatcher, IAsyncDisposable
{
    private readonly Dictionary<string, PartnerLane> lanes;
    private readonly NodeLease node;
    private readonly TaskCompletionSource<BatchEngine> engine = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool disposed;

    public Lanes(IReadOnlyList<ConnectorSettings> connectors, NodeLease node, TimeProvider time, ILoggerFactory loggers)
    {
        this.node = node;
        lanes = connectors.ToDictionary(
            settings => settings.Name,
            settings => new PartnerLane(settings, node, time, loggers.CreateLogger<PartnerLane>(), engine.Task),
            StringComparer.Ordinal);

        // A lease must outlast the longest attempt, which may be a question and then a call; the settings limit both to TimeoutSeconds.
        var longest = connectors.Count == 0 ? 0 : connectors.Max(settings => settings.TimeoutSeconds);
        Lease = TimeSpan.FromSeconds((2 * longest) + 20);
    }

    public int Node => node.Node;

    public TimeSpan Lease { get; }

    public IEnumerable<PartnerLane> All => lanes.Values;

    public PartnerLane? Find(string connector) => lanes.GetValueOrDefault(connector);

    public bool TryReserve(string connector) => lanes.TryGetValue(connector, out var lane) && lane.TryReserve();

    public void Release(string connector) => lanes[connector].Release();

    public void Hand(LeasedCommand leased) => lanes[leased.Command.Connector].Hand(leased);

    public bool Pulls(string connector) => lanes.TryGetValue(connector, out var lane) && lane.Pulls;

    /// <summary>The engine needs the lanes and the lanes answer to the engine: told once, at start.</summary>
    public void AnswerTo(BatchEngine target) => engine.TrySetResult(target);

    /// <summary>Begins nothing more, and waits for the answers to what is under way.</summary>
    public async Task DrainAsync(TimeSpan limit)
    {
        foreach (var lane in lanes.Values)
            lane.Close();
        await Task.WhenAny(Task.WhenAll(lanes.Values.Select(lane => lane.Done)), Task.Delay(limit));
    }

    public async ValueTask DisposeAsync()
    {
        // The container knows it by two names and disposes it by each.
        if (disposed)
            return;
        disposed = true;
        foreach (var lane in lanes.Values)
            await lane.DisposeAsync();
    }
}

/// <summary>One connector's bulkhead: bounded queue, workers, breaker, pause.</summary>
internal sealed partial class PartnerLane : IAsyncDisposable
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RampStep = TimeSpan.FromSeconds(10);

    private readonly IConnector connector;
    private readonly NodeLease node;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Task<BatchEngine> engine;
    private readonly Channel<LeasedCommand> queue = Channel.CreateUnbounded<LeasedCommand>();
    private readonly CancellationTokenSource stopping = new();
    private int reserved;
    private long holdUntilTicks;
    private long closedSinceTicks;
    private volatile bool closing;
    private volatile bool pulls;

    public PartnerLane(ConnectorSettings settings, NodeLease node, TimeProvider time, ILogger logger, Task<BatchEngine> engine)
    {
        Settings = settings;
        pulls = settings.AlwaysPulls;
        connector = ConnectorCatalog.Create(settings, time);
        Breaker = new Breaker(settings.Breaker, time, OnBreaker);
        this.node = node;
        this.time = time;
        this.logger = logger;
        this.engine = engine;
        Done = Task.WhenAll(Enumerable.Range(0, settings.Workers).Select(_ => Task.Run(WorkAsync)));
    }

    public ConnectorSettings Settings { get; }

    public Breaker Breaker { get; }

    /// <summary>Why an administrator, or the partner itself, stopped it; null when it may run.</summary>
    public string? PausedReason { get; set; }

    /// <summary>True while the receiver fetches its commands: nothing is pushed, heads are offered in its feed.</summary>
    public bool Pulls
    {
        get => pulls;
        set => pulls = value || Settings.AlwaysPulls;
    }

    /// <summary>Set when the breaker closed: what waits for this connector may go at once.</summary>
    public bool Recovered { get; set; }

    public DateTimeOffset? HoldUntil => Interlocked.Read(ref holdUntilTicks) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    public int InFlight => Volatile.Read(ref reserved);

    public Task Done { get; }

    /// <summary>How many more commands may be taken now.</summary>
    public int Room()
    {
        var now = time.GetUtcNow();
        if (closing || PausedReason is not null)
            return 0;

        // What is only offered calls nobody: neither the breaker nor the receiver's wish for fewer calls speaks of it.
        if (pulls)
            return Settings.QueueLimit;
        if (Interlocked.Read(ref holdUntilTicks) > now.UtcTicks)
            return 0;
        return Breaker.State switch
        {
            BreakerState.Closed => Math.Max(0, Ramp(now) - InFlight),

            // One probe, and only when its time has come.
            BreakerState.Open => now >= Breaker.NextProbeAt && InFlight == 0 ? 1 : 0,
            _ => 0,
        };
    }

    public bool TryReserve()
    {
        if (Room() == 0)
            return false;
        Interlocked.Increment(ref reserved);
        return true;
    }

    public void Release() => Interlocked.Decrement(ref reserved);

    public void Hand(LeasedCommand leased)
    {
        if (!queue.Writer.TryWrite(leased))
            Release();
    }

    public void Close()
    {
        closing = true;
        queue.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        Close();
        await stopping.CancelAsync();
        await Task.WhenAny(Done, Task.Delay(EndLimit, time));
    }

    // After a break the partner is not met with everything that waited: a tenth, then half, then all of the queue.
    private int Ramp(DateTimeOffset now)
    {
        if (Interlocked.Read(ref closedSinceTicks) is 0)
            return Settings.QueueLimit;
        var since = TimeSpan.FromTicks(now.UtcTicks - Interlocked.Read(ref closedSinceTicks));
        return since < RampStep ? Math.Max(1, Settings.QueueLimit / 10) : since < 2 * RampStep ? Math.Max(1, Settings.QueueLimit / 2) : Settings.QueueLimit;
    }

    private void OnBreaker(Breaker breaker)
    {
        LogBreaker(Settings.Name, breaker.State.ToString());
        if (breaker.State != BreakerState.Closed)
            return;
        Interlocked.Exchange(ref closedSinceTicks, time.GetUtcNow().UtcTicks);
        Recovered = true;
    }

    private async Task WorkAsync()
    {
        var answerTo = await engine;
        await foreach (var leased in queue.Reader.ReadAllAsync())
        {
            try
            {
                if (await AttemptAsync(leased) is { } answer)
                {
                    Observe(leased, answer);
                    answerTo.Submit(new AnswerInput(leased, answer));
                }
            }
            finally
            {
                Release();
            }
        }
    }

    private async Task<Answer?> AttemptAsync(LeasedCommand leased)
    {
        // Whoever takes a command up too late drops it unsent: its lease is, or soon will be, somebody else's.
        // A stopping node does not begin what it has not begun.
        if (closing)
            return null;
        var now = time.GetUtcNow();
        var longest = TimeSpan.FromSeconds(Settings.TimeoutSeconds * (leased.Command.AskFirst && connector.CanBeAsked ? 2 : 1));
        if (now + longest > leased.LeaseUntil || now > node.AliveUntil)
        {
            LogDropped(Settings.Name, leased.Command.Id);
            return null;
        }

        try
        {
            return await Breaker.RunAsync(cancellation => CallAsync(leased.Command, cancellation), stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return Answer.Unknown(AnswerReasons.ConnectionLost);
        }
        catch (Exception fault)
        {
            LogFault(Settings.Name, leased.Command.Id, fault);
            return Answer.Unknown(AnswerReasons.ConnectorFault);
        }
    }

    private async Task<Answer> CallAsync(Command command, CancellationToken cancellation)
    {
        if (command.AskFirst && connector.CanBeAsked)
        {
            var seen = await connector.AskAsync(command, cancellation);
            if (seen.Reason != AnswerReasons.NotSeen)
                return seen;
        }

        return await connector.DeliverAsync(command, cancellation);
    }

    private void Observe(LeasedCommand leased, Answer answer)
    {
        var now = time.GetUtcNow();
        if (answer.Throttle)
            Interlocked.Exchange(ref holdUntilTicks, (now + (answer.RetryAfter ?? TimeSpan.FromSeconds(1))).UtcTicks);
        if (answer.StopConnector)
            PausedReason = answer.Reason ?? AnswerReasons.Gone;
        HubMetrics.Attempted(Settings.Name, answer, now - leased.Command.RecordedAt);
        if (answer.Outcome != Outcome.Taken && answer.Reason != AnswerReasons.BreakerOpen)
            LogAnswered(Settings.Name, leased.Command.Id, leased.Command.Attempt, answer.Outcome.ToString(), answer.Reason);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Connector} answered {CommandId} attempt {Attempt}: {Outcome} {Reason}")]
    private partial void LogAnswered(string connector, Guid commandId, int attempt, string outcome, string? reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Breaker of {Connector} became {State}")]
    private partial void LogBreaker(string connector, string state);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Connector} dropped {CommandId} unsent: its lease was too short")]
    private partial void LogDropped(string connector, Guid commandId);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Connector} failed by our own fault on {CommandId}")]
    private partial void LogFault(string connector, Guid commandId, Exception fault);
}
