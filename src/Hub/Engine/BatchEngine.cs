using System.Diagnostics;
using System.Threading.Channels;
using Hub.Ledger;
using Hub.Policies;
using Hub.Telemetry;
using Npgsql;

namespace Hub.Engine;

/// <summary>Thrown to a waiter when the ledger cannot commit now: nothing was stored, try again.</summary>
internal sealed class LedgerUnavailableException(Exception inner) : Exception("The ledger cannot commit now.", inner);

/// <summary>Thrown to a waiter when more events wait than may: try again soon.</summary>
internal sealed class EngineBusyException() : Exception("More events wait than the engine takes.");

/// <summary>
/// The loop. Whatever waits (up to a limit, never waiting for more) is decided and committed together: one transaction, two round trips. While one batch is
/// being written the next is locked, read and decided on the other of two sessions; they are written one after another.
/// </summary>
/// <param name="processes">The process of a case type; null: those of the catalogue. Tests plant faults here.</param>
internal sealed partial class BatchEngine(
    ILedger ledger, ILedger second, PolicyStore policies, ConnectorNames connectors, IDispatcher dispatcher, TimeProvider time, EngineSettings settings,
    ILogger<BatchEngine> logger, Func<string, Processes.Process>? processes = null) : BackgroundService
{
    /// <summary>Inputs that are worth a batch of their own while another is being written.</summary>
    private const int OverlapMin = 8;

    // Sessions of the engine are ended by the server after 5 s (LedgerStore).
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(4);

    private readonly Channel<EngineInput> waiting = Channel.CreateUnbounded<EngineInput>();
    private readonly List<EngineInput> held = [];
    private int eventsWaiting;
    private volatile TaskCompletionSource? enough;

    /// <summary>When the loop last finished a batch or found nothing to do; readiness looks at it.</summary>
    public DateTimeOffset LastProgress { get; private set; } = time.GetUtcNow();

    /// <summary>False while the ledger refuses to commit.</summary>
    public bool Healthy { get; private set; } = true;

    public int EventsWaiting => Volatile.Read(ref eventsWaiting);

    /// <summary>Gives an event to the engine and waits for its commit.</summary>
    /// <exception cref="EngineBusyException">Too many wait.</exception>
    /// <exception cref="LedgerUnavailableException">The ledger cannot commit; nothing was stored.</exception>
    public Task<Accepted> SubmitAsync(EventInput input)
    {
        // Only events are bounded: answers must always get in, or accepts would starve what frees them.
        if (!Healthy && EventsWaiting > 0)
            throw new EngineBusyException();
        if (Interlocked.Increment(ref eventsWaiting) > settings.EventsWaitingMax)
        {
            Interlocked.Decrement(ref eventsWaiting);
            throw new EngineBusyException();
        }

        Submit((EngineInput)input);
        return input.Completion;
    }

    /// <summary>Gives an answer, a wake or an operator's act to the engine.</summary>
    public void Submit(EngineInput input)
    {
        waiting.Writer.TryWrite(input);
        if (enough is { } signal && waiting.Reader.Count >= OverlapMin)
            signal.TrySetResult();
    }

    /// <summary>Ends the loop once everything that waits is done.</summary>
    public void Drain() => waiting.Writer.TryComplete();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Flight? ahead = null;

        // The loop does not stop at the host's signal but when it is drained: what was taken in is committed first.
        while (ahead is not null || held.Count > 0 || await waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            if (ahead is not null)
                await EnoughAsync(ahead);
            ahead = await StepAsync(ahead, stoppingToken);
            LastProgress = time.GetUtcNow();
        }
    }

    /// <summary>Runs what waits now as one batch, to its end; the simulation calls it in place of the loop.</summary>
    /// <returns>False when nothing waited.</returns>
    internal async Task<bool> StepAsync(CancellationToken stopping)
    {
        var inputs = Take();
        if (inputs.Count == 0)
            return false;
        await RunAsync(inputs, stopping);
        LastProgress = time.GetUtcNow();
        return true;
    }

    /// <summary>Waits until the batch ahead is written or enough waits for one more: a few can wait, a small batch of their own would cost more than it gains.</summary>
    private async Task EnoughAsync(Flight ahead)
    {
        var signal = enough = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (waiting.Reader.Count < OverlapMin)
            await Task.WhenAny(ahead.Commit, signal.Task);
        enough = null;
    }

    /// <summary>Takes what waits through its first round trip while the batch ahead is being written, and begins to write it once that one is there.</summary>
    /// <param name="ahead">The batch that is being written; null: none.</param>
    /// <param name="stopping">The host is going down.</param>
    /// <returns>The batch that is being written now; null: none.</returns>
    private async Task<Flight?> StepAsync(Flight? ahead, CancellationToken stopping)
    {
        var inputs = Take();

        // A case in common is safe: the later batch gets its lock when the earlier one lets go of it, and reads after that.
        var session = ahead?.Session == ledger ? second : ledger;
        var (next, fault) = await TryDecideAsync(session, inputs);
        if (ahead is not null)
        {
            try
            {
                await ahead.Commit;
            }
            catch (Exception error)
            {
                // What was decided may stand on what is not there, so it is decided again, behind the batch it followed.
                if (next is not null)
                    await AbandonAsync(next);
                await FailedAsync(ahead.Inputs, error, stopping);
                held.AddRange(inputs);
                return null;
            }
        }

        if (fault is not null)
            await FailedAsync(inputs, fault, stopping);
        if (next is not null && Stopwatch.GetElapsedTime(next.Decided) > IdleMax)
        {
            // The server ends a session that stands in its transaction for too long; better to let go in time and decide again.
            await AbandonAsync(next);
            held.AddRange(inputs);
            return null;
        }

        if (next is not null)
            next.Commit = WriteAsync(next);
        return next;
    }

    private List<EngineInput> Take()
    {
        List<EngineInput> taken = [.. held];
        held.Clear();
        while (taken.Count < settings.BatchMax && waiting.Reader.TryRead(out var input))
        {
            if (input is EventInput)
                Interlocked.Decrement(ref eventsWaiting);
            taken.Add(input);
        }

        return taken;
    }

    private async Task RunAsync(List<EngineInput> inputs, CancellationToken stopping, bool again = false)
    {
        try
        {
            await WriteAsync(await DecideAsync(ledger, inputs));
        }
        catch (Exception error)
        {
            await FailedAsync(inputs, error, stopping, again);
        }
    }

    private async Task FailedAsync(List<EngineInput> inputs, Exception error, CancellationToken stopping, bool again = false)
    {
        if (IsUnavailable(error))
        {
            await HoldAsync(inputs, error, stopping);
            return;
        }

        if (!again && inputs is [EventInput] && error is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Another node took an event of this name for another case, whose lock is another: it is known now, and this one conflicts with it.
            await RunAsync(inputs, stopping, again: true);
            return;
        }

        if (inputs.Count == 1)
        {
            LogPoisoned(inputs[0].GetType().Name, FaultText.Of(error));
            HubMetrics.Poisoned.Add(1);
            inputs[0].Fail(error);
            return;
        }

        // One bad input must not fail the others: each alone, so that it fails alone.
        foreach (var input in inputs)
            await RunAsync([input], stopping);
    }

    /// <summary>The ledger is away: events are refused (their senders keep them), everything else is kept and tried again.</summary>
    private async Task HoldAsync(List<EngineInput> inputs, Exception error, CancellationToken stopping)
    {
        if (Healthy)
            LogUnavailable(error.Message);
        Healthy = false;
        foreach (var input in inputs)
        {
            if (input is EventInput or OperatorInput)
                input.Fail(new LedgerUnavailableException(error));
            else if (!stopping.IsCancellationRequested)
                held.Add(input);
            else
                input.Fail(new LedgerUnavailableException(error));
        }

        await Task.Delay(settings.LedgerRetry, time, CancellationToken.None);
    }

    private async Task<(Flight? Decided, Exception? Fault)> TryDecideAsync(ILedger session, List<EngineInput> inputs)
    {
        if (inputs.Count == 0)
            return (null, null);
        try
        {
            return (await DecideAsync(session, inputs), null);
        }
        catch (Exception fault)
        {
            return (null, fault);
        }
    }

    /// <summary>First round trip: locks and reads; then every input is decided. Nothing stays open when this throws.</summary>
    private async Task<Flight> DecideAsync(ILedger session, List<EngineInput> inputs)
    {
        var events = inputs.OfType<EventInput>().ToList();
        Batch? batch = null;
        try
        {
            await session.ReserveCaseIdsAsync(events.Count, CancellationToken.None);
            var traced = Tracing.IsOn ? time.GetUtcNow() : default;
            var began = Stopwatch.GetTimestamp();
            var read = await session.BeginAsync(
                inputs.Select(input => input.KeyHash).ToHashSet(),
                events.Select(input => input.Identity).ToHashSet(),
                [.. inputs.OfType<AnswerInput>().Select(answer => (answer.Leased.CaseId, answer.Leased.Connector, answer.Leased.Command.LaneSeq + 1))
                    .Concat(inputs.OfType<OperatorInput>().Where(act => act.Correction is not null).Select(act => (act.Correction!.CaseId, act.Connector, act.LaneSeq))).Distinct()],
                CancellationToken.None);
            var locked = Stopwatch.GetTimestamp();

            // Read after the locks: time never runs against the order in which cases change.
            var now = Microseconds(time.GetUtcNow());
            batch = new Batch(read, now, policies.Current, connectors, dispatcher, session.TakeCaseId, processes ?? Processes.ProcessCatalog.Of);
            foreach (var input in inputs)
                batch.Advance(input);
            if (batch.MissingHeads is { Count: > 0 } missing)
                await session.ReadHeadsAsync(missing, read.Deliveries, CancellationToken.None);
            batch.ReleaseWished();
            return new(session, inputs, batch, now, traced, began, locked, Stopwatch.GetTimestamp());
        }
        catch
        {
            GiveBack(batch);
            await session.RollbackAsync();
            throw;
        }
    }

    /// <summary>Second round trip: the writes and the commit. Nothing stays open when this throws.</summary>
    private async Task WriteAsync(Flight flight)
    {
        Appended? appended;
        var began = Stopwatch.GetTimestamp();
        try
        {
            appended = await flight.Session.CommitAsync(flight.Batch.Write, flight.Now, CancellationToken.None);
        }
        catch
        {
            await AbandonAsync(flight);
            throw;
        }

        // Whoever waits is told, and what was released is handed over, whatever the next batch waits for.
        HubMetrics.Batch(flight.Inputs.Count, flight.Began, flight.Locked, began, Stopwatch.GetTimestamp());
        Healthy = true;
        flight.Batch.Complete(appended);
        foreach (var leased in flight.Batch.Released)
            dispatcher.Hand(leased);
        if (flight.Traced != default)
            Tracing.Processed(flight.Inputs, flight.Traced, time.GetUtcNow());
    }

    private async Task AbandonAsync(Flight flight)
    {
        GiveBack(flight.Batch);
        await flight.Session.RollbackAsync();
    }

    private void GiveBack(Batch? batch)
    {
        foreach (var leased in batch?.Released ?? [])
            dispatcher.Release(leased.Command.Connector);
    }

    /// <summary>A batch that was decided on what its session had locked and read.</summary>
    private sealed record Flight(ILedger Session, List<EngineInput> Inputs, Batch Batch, DateTimeOffset Now, DateTimeOffset Traced, long Began, long Locked, long Decided)
    {
        /// <summary>The write, once it was begun.</summary>
        public Task Commit { get; set; } = Task.CompletedTask;
    }

    // PostgreSQL keeps microseconds; a finer time would come back different from what was hashed and compared.
    private static DateTimeOffset Microseconds(DateTimeOffset instant) => new(instant.UtcTicks / 10 * 10, TimeSpan.Zero);

    internal static bool IsUnavailable(Exception error) => error switch
    {
        // The server ended the session, whatever it calls the cause: on a full disk a new one ends with an internal error.
        PostgresException { InvariantSeverity: "FATAL" or "PANIC" } => true,

        // Connection, resources, shutdown, read-only, deadlock or serialisation: the same batch may succeed later.
        PostgresException postgres => postgres.SqlState[..2] is "08" or "53" or "57" or "58" or "40" || postgres.SqlState is "25006" or "55P03" or "25P03",
        NpgsqlException or TimeoutException or System.Net.Sockets.SocketException or IOException => true,

        // Another node seals with a key this one was not given yet: publishers go there, answers are kept.
        BodyKeyMissingException => true,
        _ => false,
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "The ledger stopped committing: {Reason}. Events are refused with 503 until it is back.")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "One {Input} could not be processed and was left out alone: {Fault}")]
    private partial void LogPoisoned(string input, string fault);
}

/// <summary>Limits of the engine.</summary>
internal sealed record EngineSettings
{
    /// <summary>Inputs committed together at most.</summary>
    public int BatchMax { get; init; } = 256;

    /// <summary>Events that may wait for the engine before publishers are asked to come back.</summary>
    public int EventsWaitingMax { get; init; } = 4096;

    /// <summary>Pause before the next try while the ledger is away.</summary>
    public TimeSpan LedgerRetry { get; init; } = TimeSpan.FromMilliseconds(500);
}
