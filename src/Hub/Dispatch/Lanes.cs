using System.Collections.Concurrent;
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

    /// <summary>False before the first beat, when a lease would be nobody's, and once the last beat is too old, also by a clock that jumped ahead.</summary>
    public bool IsHeldAt(DateTimeOffset now) => Interlocked.Read(ref aliveUntilTicks) >= now.UtcTicks;

    public DateTimeOffset AliveUntil
    {
        get => new(Interlocked.Read(ref aliveUntilTicks), TimeSpan.Zero);
        set => Interlocked.Exchange(ref aliveUntilTicks, value.UtcTicks);
    }
}

/// <summary>A hub's way to its connectors: in its own process (<see cref="Lanes"/>) or over the bus (<see cref="BusChannel"/>).</summary>
internal interface ILanes : IDispatcher
{
    IEnumerable<IPartnerLane> All { get; }

    IPartnerLane? Find(string connector);

    /// <summary>The engine needs the lanes and the lanes answer to the engine: told once, at start.</summary>
    void AnswerTo(BatchEngine target);

    /// <summary>Begins nothing more, and waits for what must not be left undone.</summary>
    Task DrainAsync(TimeSpan limit);
}

/// <summary>One connector as the hub sees it.</summary>
internal interface IPartnerLane
{
    ConnectorSettings Settings { get; }

    /// <summary>Why an administrator, or the partner itself, stopped it; null when it may run.</summary>
    string? PausedReason { get; set; }

    /// <summary>Set when the partner is well again, or takes calls again after a long pause: what waits for this connector may go at once.</summary>
    bool Recovered { get; set; }

    /// <summary>Set when the partner takes calls again after a short pause: what it turned away may go at once.</summary>
    bool Eased { get; set; }

    /// <summary>Called when places are free again that somebody had asked for in vain.</summary>
    Action? HasRoomAgain { get; set; }

    /// <summary>When the oldest command that is on its way from this node was recorded; null when there is none.</summary>
    DateTimeOffset? OldestCarried { get; }

    int InFlight { get; }

    /// <summary>True while the receiver fetches its commands: nothing is pushed, heads are offered in its feed.</summary>
    bool Pulls { get; set; }

    BreakerState BreakerState { get; }

    /// <summary>Nodes that can carry its commands now; in process always one.</summary>
    int Nodes { get; }

    /// <summary>How many more commands may be taken now.</summary>
    int Room();
}

/// <summary>What became of a command that was handed over.</summary>
internal delegate void Answered(PartnerLane lane, LeasedCommand leased, Answer answer);

/// <summary>
/// Carries released commands to their connectors. Each connector has its own queue, its own workers and its own breaker, so that a dead
/// partner delays nobody else.
/// </summary>
internal sealed class Lanes : ILanes, IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    // A lane that is no longer set up stays, closed: what was reserved in it can still be given back.
    private readonly ConcurrentDictionary<string, PartnerLane> lanes;
    private readonly ConcurrentDictionary<PartnerLane, bool> leaving = new();
    private readonly NodeLease node;
    private readonly Func<ConnectorSettings, PartnerLane?, PartnerLane> make;
    private readonly TaskCompletionSource<Answered> answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
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
        make = (settings, before) => new PartnerLane(
            settings, create?.Invoke(settings) ?? ConnectorCatalog.Create(settings, time), node, time, loggers.CreateLogger<PartnerLane>(), answered.Task, before);
        lanes = new(connectors.ToDictionary(settings => settings.Name, settings => make(settings, null), StringComparer.Ordinal), StringComparer.Ordinal);

        Lease = LeaseFor(connectors);
    }

    public int Node => node.Node;

    public TimeSpan Lease { get; private set; }

    public IReadOnlyCollection<PartnerLane> All => [.. lanes.Values.Where(lane => !lane.IsLeft)];

    IEnumerable<IPartnerLane> ILanes.All => All;

    IPartnerLane? ILanes.Find(string connector) => Find(connector);

    /// <summary>A lease must outlast the longest attempt, which may be a question and then a call; the settings limit both to TimeoutSeconds.</summary>
    public static TimeSpan LeaseFor(IReadOnlyList<ConnectorSettings> connectors) =>
        TimeSpan.FromSeconds((2 * connectors.Select(settings => settings.TimeoutSeconds).DefaultIfEmpty().Max()) + 20);

    public PartnerLane? Find(string connector) => lanes.GetValueOrDefault(connector) is { IsLeft: false } lane ? lane : null;

    /// <summary>
    /// Goes over to other connectors while the hub runs. A changed one gets a new lane: what the old one has begun ends there and is answered for, what it has not
    /// begun is given back unsent. The engine releases nothing of a case before that, so nothing is lost, doubled or overtaken.
    /// </summary>
    /// <param name="connectors">All of them; one that did not change is the very same object. One that was not there begins paused, until somebody says what people have set for it.</param>
    public void Apply(IReadOnlyList<ConnectorSettings> connectors)
    {
        // Never shorter while the hub runs: a lane that is being left may still need the longer one.
        var lease = LeaseFor(connectors);
        Lease = lease > Lease ? lease : Lease;
        foreach (var settings in connectors)
        {
            var before = lanes.GetValueOrDefault(settings.Name);
            if (before is { IsLeft: false } && ReferenceEquals(before.Settings, settings))
                continue;
            var lane = make(settings, before);
            if (before is null or { IsLeft: true })
                lane.PausedReason = "starting";
            lanes[settings.Name] = lane;
            Leave(before);
        }

        foreach (var gone in All.Where(lane => connectors.All(settings => settings.Name != lane.Settings.Name)))
            Leave(gone);
    }

    private void Leave(PartnerLane? lane)
    {
        if (lane is null)
            return;
        lane.IsLeft = true;
        lane.Close();
        leaving[lane] = true;
        _ = lane.Done.ContinueWith(_ => leaving.TryRemove(lane, out bool _), TaskScheduler.Default);
    }

    public bool TryReserve(string connector) => lanes.TryGetValue(connector, out var lane) && lane.TryReserve();

    public void Release(string connector) => lanes[connector].Release();

    public void Hand(LeasedCommand leased) => lanes[leased.Command.Connector].Hand(leased);

    public void AnswerTo(BatchEngine target) => AnswerTo((lane, leased, answer) =>
    {
        if (answer.StopConnector)
            lane.PausedReason = answer.Reason ?? AnswerReasons.Gone;
        target.Submit(new AnswerInput(leased, answer));
    });

    public void AnswerTo(Answered target) => answered.TrySetResult(target);

    public bool Pulls(string connector) => lanes.TryGetValue(connector, out var lane) && lane.Pulls;

    /// <summary>Begins nothing more, and waits for the answers to what is under way.</summary>
    public async Task DrainAsync(TimeSpan limit)
    {
        foreach (var lane in lanes.Values)
            lane.Close();
        var over = Task.Delay(limit);
        await Task.WhenAny(Task.WhenAll(lanes.Values.Concat(leaving.Keys).Select(lane => lane.Done)), over);

        // A batch that had reserved places before hands its commands over once it is committed, and gets them back: the engine must still be there to take them.
        while (lanes.Values.Any(lane => lane.InFlight > 0) && !over.IsCompleted)
            await Task.WhenAny(over, Task.Delay(Look));
    }

    public async ValueTask DisposeAsync()
    {
        // The container knows it by two names and disposes it by each.
        if (disposed)
            return;
        disposed = true;
        foreach (var lane in lanes.Values.Concat(leaving.Keys))
            await lane.DisposeAsync();
    }
}

/// <summary>What is on its way to one connector from this node, also while one lane takes over from another.</summary>
internal sealed class LanePlaces
{
    public int Reserved;

    public volatile bool Wanted;

    public ConcurrentDictionary<Guid, DateTimeOffset> Carried { get; } = new();

    public Action? HasRoomAgain { get; set; }
}

/// <summary>One connector's bulkhead: bounded queue, workers, breaker, pause.</summary>
internal sealed partial class PartnerLane : IPartnerLane, IAsyncDisposable
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ProbeWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RampStep = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AloneFor = TimeSpan.FromMinutes(1);

    private readonly IConnector connector;
    private readonly IBatchConnector? batches;
    private readonly NodeLease node;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Task<Answered> answered;
    private readonly Channel<LeasedCommand> queue = Channel.CreateUnbounded<LeasedCommand>();
    private readonly CancellationTokenSource closing = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly Pace pace;
    private readonly LanePlaces places;
    private long closedSinceTicks;
    private long aloneUntilTicks;
    private volatile bool pulls;

    /// <param name="before">The lane this one takes over from; null: there was none.</param>
    public PartnerLane(ConnectorSettings settings, IConnector connector, NodeLease node, TimeProvider time, ILogger logger, Task<Answered> answered, PartnerLane? before = null)
    {
        Settings = settings;
        this.connector = connector;
        places = before?.places ?? new();
        PausedReason = before?.PausedReason;
        pulls = settings.AlwaysPulls || (settings.CanPull && before is { pulls: true });

        // A command that the partner is to be asked about first goes alone.
        batches = settings.BatchMax > 1 && !connector.CanBeAsked ? connector as IBatchConnector : null;
        Breaker = new Breaker(settings.Breaker, time, OnBreaker);
        pace = new Pace(settings, time);
        this.node = node;
        this.time = time;
        this.logger = logger;
        this.answered = answered;
        Done = Task.WhenAll(Enumerable.Range(0, settings.Workers).Select(_ => Task.Run(WorkAsync)));
    }

    public ConnectorSettings Settings { get; }

    public Breaker Breaker { get; }

    public BreakerState BreakerState => Breaker.State;

    public int Nodes => 1;

    public string? PausedReason { get; set; }

    public bool Pulls
    {
        get => pulls;
        set => pulls = value || Settings.AlwaysPulls;
    }

    public bool Recovered { get; set; }

    public bool Eased { get; set; }

    public Action? HasRoomAgain
    {
        get => places.HasRoomAgain;
        set => places.HasRoomAgain = value;
    }

    /// <summary>True when its connector is no longer set up, or another lane has taken over; the lanes of a hub that stops are closed, and not left.</summary>
    public bool IsLeft { get; set; }

    public DateTimeOffset? HoldUntil => pace.HoldUntil;

    public DateTimeOffset? OldestCarried => places.Carried.Values.Min(recorded => (DateTimeOffset?)recorded);

    public int InFlight => Volatile.Read(ref places.Reserved);

    public Task Done { get; }

    public int Room()
    {
        var room = RoomNow();
        if (room == 0)
            places.Wanted = true;
        return room;
    }

    private int RoomNow()
    {
        var now = time.GetUtcNow();
        if (closing.IsCancellationRequested || !node.IsHeldAt(now) || PausedReason is not null)
            return 0;

        // What is only offered calls nobody: neither the breaker nor the receiver's wish for fewer calls speaks of it.
        if (pulls)
            return Settings.QueueLimit;
        if (pace.IsHeld)
            return 0;
        return Breaker.State switch
        {
            BreakerState.Closed => Math.Max(0, Places(now) - InFlight),

            // One probe at a time, and only when its time has come.
            BreakerState.Open or BreakerState.HalfOpen => now >= Breaker.NextProbeAt && InFlight == 0 ? 1 : 0,
            _ => 0,
        };
    }

    /// <summary>How long the partner is to be left alone; null when only the length of the queue decides.</summary>
    public TimeSpan? Wait()
    {
        var now = time.GetUtcNow();
        if (HoldUntil is { } hold && hold > now)
            return hold - now;
        return Breaker.State switch
        {
            BreakerState.Closed => null,
            BreakerState.Open when Breaker.NextProbeAt is { } probe && probe > now => probe - now,
            BreakerState.Open or BreakerState.HalfOpen when InFlight == 0 && Breaker.NextProbeAt is not null => null,
            _ => ProbeWait,
        };
    }

    public bool TryReserve()
    {
        if (Room() == 0)
            return false;
        Interlocked.Increment(ref places.Reserved);

        // Asked again: a drain looks first whether the lane is closed and then what is reserved.
        if (!closing.IsCancellationRequested)
            return true;
        Release();
        return false;
    }

    public void Release()
    {
        // Half of the places at once, so that a drain neither waits for the next look nor looks for every single place.
        var left = Interlocked.Decrement(ref places.Reserved);
        if (!places.Wanted || left * 2 > Places(time.GetUtcNow()))
            return;
        places.Wanted = false;
        HasRoomAgain?.Invoke();
    }

    public void Hand(LeasedCommand leased)
    {
        places.Carried[leased.Command.Id] = leased.Command.RecordedAt;
        if (queue.Writer.TryWrite(leased))
            return;

        // Closed between the reservation and now: given back, so that no other node has to wait for the lease; before the place is, which a drain waits for.
        _ = GiveBackAsync(leased);
        PutDown(leased);
    }

    private async Task GiveBackAsync(LeasedCommand leased) => (await answered)(this, leased, Answer.Unavailable(AnswerReasons.Queued));

    /// <summary>True when the partner can be asked whether it has a command.</summary>
    public bool CanBeAsked => connector.CanBeAsked;

    /// <summary>Asks the partner about a command that never was, past breaker and queue: whoever knows us answers that it was not seen.</summary>
    public Task<Answer> TestAsync(CancellationToken cancellation) => TestAsync(connector, Settings.Name, time.GetUtcNow(), cancellation);

    /// <summary>The same of a connector that is not in force.</summary>
    public static Task<Answer> TestAsync(IConnector connector, string name, DateTimeOffset now, CancellationToken cancellation)
    {
        var never = Guid.CreateVersion7(now);
        return connector.AskAsync(new Command
        {
            Id = never, Type = CommandTypes.LeadCreate, Connector = name, Subject = "connection-test", LaneSeq = 1, Attempt = 1, AskFirst = true, CauseId = never,
            CauseType = EventTypes.ProjectApprovalCreated, OccurredAt = now, RecordedAt = now, Data = ReadOnlyMemory<byte>.Empty,
        }, cancellation);
    }

    public void Close()
    {
        closing.Cancel();
        queue.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        Close();
        await stopping.CancelAsync();
        await Task.WhenAny(Done, Task.Delay(EndLimit, time));
    }

    private int Places(DateTimeOffset now) => Math.Min(Ramp(now), pace.Limit());

    private void PutDown(LeasedCommand leased)
    {
        places.Carried.TryRemove(leased.Command.Id, out _);
        Release();
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
        var tell = await answered;
        try
        {
            foreach (var (leased, answer) in await AttemptAsync(taken))
            {
                Observe(leased, answer);
                tell(this, leased, answer);
            }
        }
        finally
        {
            taken.ForEach(PutDown);
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

    private async Task<IEnumerable<(LeasedCommand Leased, Answer Answer)>> AttemptAsync(List<LeasedCommand> taken)
    {
        // The agreed rate counts commands, not calls.
        foreach (var _ in taken)
            await pace.TurnAsync(closing.Token);
        var begun = taken.FindAll(MayBegin);
        var unsent = Answer.Unavailable(AnswerReasons.Queued);
        IReadOnlyList<Answer>? each = null;

        // Not put to the breaker, which would take what was never sent for a call that went well.
        var lapsed = begun is [{ Command: { } only }] && CommandTypes.IsQuestion(only.Type) && only.DueAt <= time.GetUtcNow();
        var whole = lapsed ? Answer.Unavailable(AnswerReasons.Lapsed) : begun.Count == 0 ? unsent : await GuardedAsync(begun, async cancellation =>
        {
            if (begun.Count == 1)
                return await CallAsync(begun[0].Command, cancellation);
            each = await CallAsync(begun, cancellation);

            // One that was taken proves that the partner is there, whatever became of the others.
            return each.FirstOrDefault(answer => answer.Outcome == Outcome.Taken) ?? each[0];
        });
        return taken.Select(leased => (leased, begun.IndexOf(leased) is >= 0 and var index ? each?[index] ?? whole : unsent));
    }

    private async Task<Answer> GuardedAsync(List<LeasedCommand> begun, Func<CancellationToken, Task<Answer>> call)
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
            LogFault(Settings.Name, begun[0].Command.Id, FaultText.Of(fault));
            return Answer.Unknown(AnswerReasons.ConnectorFault);
        }
    }

    /// <summary>False: it is given back unsent, without a doubt and without an attempt counted.</summary>
    private bool MayBegin(LeasedCommand leased)
    {
        // A stopping node does not begin what it has not begun; what was in memory when the partner asked for a pause, or an administrator stopped it, stays.
        if (closing.IsCancellationRequested || PausedReason is not null || pace.IsHeld)
            return false;

        // Taken up too late: its lease is, or soon will be, somebody else's.
        var now = time.GetUtcNow();
        var longest = TimeSpan.FromSeconds(Settings.TimeoutSeconds * (leased.Command.AskFirst && connector.CanBeAsked ? 2 : 1));
        if (now + longest <= leased.LeaseUntil && node.IsHeldAt(now) && leased.Node == node.Node)
            return true;
        LogDropped(Settings.Name, leased.Command.Id);
        return false;
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
        if (answer.Reason == AnswerReasons.Queued)
            return;
        var now = time.GetUtcNow();
        switch (pace.Observe(answer))
        {
            case Relief.Eased: Eased = true; break;
            case Relief.Recovered: Recovered = true; break;
        }

        if (answer.Reason == AnswerReasons.BatchRefused)
            Interlocked.Exchange(ref aloneUntilTicks, (now + AloneFor).UtcTicks);
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

    [LoggerMessage(Level = LogLevel.Error, Message = "{Connector} failed by our own fault on {CommandId}: {Fault}")]
    private partial void LogFault(string connector, Guid commandId, string fault);
}
