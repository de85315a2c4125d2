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

    /// <param name="connectors">Those that are set up.</param>
    /// <param name="node">This node's hold on leases.</param>
    /// <param name="time">The only time the lanes know.</param>
    /// <param name="loggers">Where the lanes tell what partners answered.</param>
    /// <param name="create">Makes the connectors; null: those of the catalog.</param>
    public Lanes(
        IReadOnlyList<ConnectorSettings> connectors, NodeLease node, TimeProvider time, ILoggerFactory loggers, Func<ConnectorSettings, IConnector>? create = null)
    {
        this.node = node;
        lanes = connectors.ToDictionary(
            settings => settings.Name,
            settings => new PartnerLane(settings, create?.Invoke(settings) ?? ConnectorCatalog.Create(settings, time), node, time, loggers.CreateLogger<PartnerLane>(), engine.Task),
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
    private static readonly TimeSpan AloneFor = TimeSpan.FromMinutes(1);

    private readonly IConnector connector;
    private readonly IBatchConnector? batches;
    private readonly NodeLease node;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Task<BatchEngine> engine;
    private readonly Channel<LeasedCommand> queue = Channel.CreateUnbounded<LeasedCommand>();
    private readonly CancellationTokenSource stopping = new();
    private int reserved;
    private long holdUntilTicks;
    private long closedSinceTicks;
    private long aloneUntilTicks;
    private volatile bool closing;

    public PartnerLane(ConnectorSettings settings, IConnector connector, NodeLease node, TimeProvider time, ILogger logger, Task<BatchEngine> engine)
    {
        Settings = settings;
        this.connector = connector;

        // A command that the partner is to be asked about first goes alone.
        batches = settings.BatchMax > 1 && !connector.CanBeAsked ? connector as IBatchConnector : null;
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

    /// <summary>Set when the breaker closed: what waits for this connector may go at once.</summary>
    public bool Recovered { get; set; }

    public DateTimeOffset? HoldUntil => Interlocked.Read(ref holdUntilTicks) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    public int InFlight => Volatile.Read(ref reserved);

    public Task Done { get; }

    /// <summary>How many more commands may be taken now.</summary>
    public int Room()
    {
        var now = time.GetUtcNow();
        // Without a number a lease would be nobody's.
        if (closing || node.Node == 0 || PausedReason is not null || Interlocked.Read(ref holdUntilTicks) > now.UtcTicks)
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
        var taken = new List<LeasedCommand>(Settings.BatchMax);
        while (await queue.Reader.WaitToReadAsync())
        {
            while (TakeUp(taken, out var carried))
                await carried;
        }
    }

    /// <summary>Takes up what goes in one call, as a worker does; the simulation calls it in place of workers.</summary>
    /// <returns>False when nothing waits.</returns>
    internal bool TakeUp(List<LeasedCommand> taken, out Task carried)
    {
        var any = Take(taken);
        carried = any ? CarryAsync(taken) : Task.CompletedTask;
        return any;
    }

    private async Task CarryAsync(List<LeasedCommand> taken)
    {
        var answerTo = await engine;
        var places = taken.Count;
        try
        {
            // A stopping node does not begin what it has not begun.
            taken.RemoveAll(leased => closing || IsTooLate(leased));
            foreach (var (leased, answer) in await AttemptAsync(taken))
            {
                Observe(leased, answer);
                answerTo.Submit(new AnswerInput(leased, answer));
            }
        }
        finally
        {
            Interlocked.Add(ref reserved, -places);
        }
    }

    /// <summary>Takes the next command, and what else waits when the partner takes several in one call.</summary>
    private bool Take(List<LeasedCommand> taken)
    {
        taken.Clear();
        var limit = batches is null || Interlocked.Read(ref aloneUntilTicks) > time.GetUtcNow().UtcTicks ? 1 : Settings.BatchMax;
        while (taken.Count < limit && queue.Reader.TryRead(out var leased))
            taken.Add(leased);
        return taken.Count > 0;
    }

    /// <summary>Whoever takes a command up too late drops it unsent: its lease is, or soon will be, somebody else's.</summary>
    private bool IsTooLate(LeasedCommand leased)
    {
        var now = time.GetUtcNow();
        var longest = TimeSpan.FromSeconds(Settings.TimeoutSeconds * (leased.Command.AskFirst && connector.CanBeAsked ? 2 : 1));
        if (now + longest <= leased.LeaseUntil && now <= node.AliveUntil && leased.Node == node.Node)
            return false;
        LogDropped(Settings.Name, leased.Command.Id);
        return true;
    }

    private async Task<IEnumerable<(LeasedCommand Leased, Answer Answer)>> AttemptAsync(List<LeasedCommand> taken)
    {
        if (taken.Count == 0)
            return [];
        IReadOnlyList<Answer>? each = null;
        var whole = await GuardedAsync(taken, async cancellation =>
        {
            if (taken.Count == 1)
                return await CallAsync(taken[0].Command, cancellation);
            each = await CallAsync(taken, cancellation);

            // One that was taken proves that the partner is there, whatever became of the others.
            return each.FirstOrDefault(answer => answer.Outcome == Outcome.Taken) ?? each[0];
        });
        return taken.Select((leased, index) => (leased, each?[index] ?? whole));
    }

    private async Task<Answer> GuardedAsync(List<LeasedCommand> taken, Func<CancellationToken, Task<Answer>> call)
    {
        try
        {
            return await Breaker.RunAsync(call, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return Answer.Unknown(AnswerReasons.ConnectionLost);
        }
        catch (Exception fault)
        {
            LogFault(Settings.Name, taken[0].Command.Id, fault);
            return Answer.Unknown(AnswerReasons.ConnectorFault);
        }
    }

    private async Task<Answer> CallAsync(Command command, CancellationToken cancellation)
    {
        using var span = Tracing.Send(command);
        var answer = await ExchangeAsync(span is null ? command : command with { TraceParent = span.Id }, cancellation);
        Tracing.Answered(span, answer);
        return answer;
    }

    /// <summary>One call for all of them; each stays in the trace of its own event.</summary>
    private async Task<IReadOnlyList<Answer>> CallAsync(List<LeasedCommand> taken, CancellationToken cancellation)
    {
        var spans = taken.ConvertAll(leased => Tracing.Send(leased.Command));
        var answers = await batches!.DeliverAsync([.. taken.Select((leased, index) => spans[index] is { } span ? leased.Command with { TraceParent = span.Id } : leased.Command)], cancellation);
        foreach (var (index, span) in spans.Index())
        {
            Tracing.Answered(span, answers[index]);
            span?.Dispose();
        }

        return answers;
    }

    private async Task<Answer> ExchangeAsync(Command command, CancellationToken cancellation)
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
        if (answer.Reason == AnswerReasons.BatchRefused)
            Interlocked.Exchange(ref aloneUntilTicks, (now + AloneFor).UtcTicks);
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
