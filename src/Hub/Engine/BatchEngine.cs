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
/// The loop. Whatever waits (up to a limit, never waiting for more) is decided and committed together: one transaction, two round trips.
/// </summary>
internal sealed partial class BatchEngine(
    ILedger ledger, PolicyStore policies, ConnectorNames connectors, IDispatcher dispatcher, TimeProvider time, EngineSettings settings,
    ILogger<BatchEngine> logger) : BackgroundService
{
    private readonly Channel<EngineInput> waiting = Channel.CreateUnbounded<EngineInput>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<EngineInput> held = [];
    private readonly List<EngineInput> taken = new(settings.BatchMax);
    private int eventsWaiting;

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

        waiting.Writer.TryWrite(input);
        return input.Completion;
    }

    /// <summary>Gives an answer, a wake or an operator's act to the engine.</summary>
    public void Submit(EngineInput input) => waiting.Writer.TryWrite(input);

    /// <summary>Ends the loop once everything that waits is done.</summary>
    public void Drain() => waiting.Writer.TryComplete();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The loop does not stop at the host's signal but when it is drained: what was taken in is committed first.
        while (held.Count > 0 || await waiting.Reader.WaitToReadAsync(CancellationToken.None))
            await StepAsync(stoppingToken);
    }

    /// <summary>Runs what waits now as one batch; the simulation calls it in place of the loop.</summary>
    /// <returns>False when nothing waited.</returns>
    internal async Task<bool> StepAsync(CancellationToken stopping)
    {
        taken.Clear();
        taken.AddRange(held);
        held.Clear();
        while (taken.Count < settings.BatchMax && waiting.Reader.TryRead(out var input))
        {
            if (input is EventInput)
                Interlocked.Decrement(ref eventsWaiting);
            taken.Add(input);
        }

        if (taken.Count == 0)
            return false;
        await RunAsync(taken, stopping);
        LastProgress = time.GetUtcNow();
        return true;
    }

    private async Task RunAsync(List<EngineInput> inputs, CancellationToken stopping, bool again = false)
    {
        try
        {
            await CommitAsync(inputs);
            Healthy = true;
        }
        catch (Exception error) when (IsUnavailable(error))
        {
            await HoldAsync(inputs, error, stopping);
        }
        catch (Exception error)
        {
            await ledger.RollbackAsync();
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
    }

    /// <summary>The ledger is away: events are refused (their senders keep them), everything else is kept and tried again.</summary>
    private async Task HoldAsync(List<EngineInput> inputs, Exception error, CancellationToken stopping)
    {
        await ledger.RollbackAsync();
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

    private async Task CommitAsync(List<EngineInput> inputs)
    {
        var events = inputs.OfType<EventInput>().ToList();
        await ledger.ReserveCaseIdsAsync(events.Count, CancellationToken.None);
        var traced = Tracing.IsOn ? time.GetUtcNow() : default;
        var began = Stopwatch.GetTimestamp();
        var read = await ledger.BeginAsync(
            inputs.Select(input => input.KeyHash).ToHashSet(),
            events.Select(input => input.Identity).ToHashSet(),
            [.. inputs.OfType<AnswerInput>().Select(answer => (answer.Leased.CaseId, answer.Leased.Connector, answer.Leased.Command.LaneSeq + 1)).Distinct()],
            CancellationToken.None);
        var locked = Stopwatch.GetTimestamp();

        // Read after the locks: time never runs against the order in which cases change.
        var now = Microseconds(time.GetUtcNow());
        var batch = new Batch(read, now, policies.Current, connectors, dispatcher, ledger.TakeCaseId);
        try
        {
            foreach (var input in inputs)
                batch.Advance(input);
            if (batch.MissingHeads is { Count: > 0 } missing)
                await ledger.ReadHeadsAsync(missing, read.Deliveries, CancellationToken.None);
            batch.ReleaseWished();
            var decided = Stopwatch.GetTimestamp();
            var appended = await ledger.CommitAsync(batch.Write, now, CancellationToken.None);
            HubMetrics.Batch(inputs.Count, began, locked, decided, Stopwatch.GetTimestamp());
            batch.Complete(appended);
        }
        catch
        {
            foreach (var leased in batch.Released)
                dispatcher.Release(leased.Command.Connector);
            throw;
        }

        foreach (var leased in batch.Released)
            dispatcher.Hand(leased);
        if (traced != default)
            Tracing.Processed(inputs, traced, time.GetUtcNow());
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
