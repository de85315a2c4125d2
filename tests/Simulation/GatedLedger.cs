using Hub.Ledger;
using Npgsql;

namespace Hub.Simulation;

/// <summary>What happens to one call of the ledger.</summary>
internal enum LedgerFault
{
    None,

    /// <summary>The database is away: nothing was done.</summary>
    Away,

    /// <summary>An error that says nothing about whether another try would do.</summary>
    Odd,

    /// <summary>The connection broke during the commit; it took effect all the same.</summary>
    InDoubt,

    /// <summary>The node dies after the commit and before it knows.</summary>
    Crash,
}

/// <summary>An error that the simulation made up.</summary>
internal sealed class MadeUpException() : Exception("Made up by the simulation.");

/// <summary>A node's ledger, each call of which stands still until the simulation lets it happen, or not happen.</summary>
internal sealed class GatedLedger(ILedger inner, Simulation simulation, Node node) : ILedger
{
    private TaskCompletionSource<LedgerFault>? gate;

    /// <summary>Name of the call that stands still; null when none does.</summary>
    public string? Pending { get; private set; }

    /// <summary>When the open transaction got its locks, true time; null when none is open.</summary>
    public DateTimeOffset? OpenSince { get; private set; }

    /// <summary>When the call that waits for a lock began to.</summary>
    public DateTimeOffset? AskedAt { get; private set; }

    private bool ended;

    public void Proceed(LedgerFault fault)
    {
        Pending = null;
        Interlocked.Exchange(ref gate, null)!.SetResult(fault);
    }

    /// <summary>The database ends a session that is idle in its transaction: the locks are free, and its next call fails.</summary>
    public void EndSession()
    {
        ended = true;
        OpenSince = null;
        inner.RollbackAsync().GetAwaiter().GetResult();
    }

    public async Task<LedgerRead> BeginAsync(
        IReadOnlyCollection<Guid> keyHashes, IReadOnlyCollection<Guid> identities,
        IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, CancellationToken cancellation)
    {
        Refuse(await GateAsync("begin"));
        AskedAt = simulation.Now;
        var read = await inner.BeginAsync(keyHashes, identities, heads, cancellation);
        AskedAt = null;
        OpenSince = simulation.Now;
        return read;
    }

    public Task ReadHeadsAsync(
        IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, Dictionary<Guid, DeliveryRow> into, CancellationToken cancellation) =>
        inner.ReadHeadsAsync(heads, into, cancellation);

    public async Task<Appended?> CommitAsync(LedgerWrite write, DateTimeOffset now, CancellationToken cancellation)
    {
        var fault = await GateAsync("commit");
        Refuse(fault);
        var before = simulation.Invariants.Before(write);
        var appended = await inner.CommitAsync(write, now, cancellation);
        OpenSince = null;
        simulation.Invariants.Committed(before, write, appended, now);
        if (fault == LedgerFault.InDoubt)
            throw new NpgsqlException("Exception while reading from stream", new IOException());
        if (fault == LedgerFault.Crash)
        {
            simulation.Crash(node);
            await new TaskCompletionSource().Task;
        }

        return appended;
    }

    public async Task RollbackAsync()
    {
        ended = false;
        OpenSince = null;
        AskedAt = null;
        await inner.RollbackAsync();
    }

    public Task ReserveCaseIdsAsync(int count, CancellationToken cancellation) => inner.ReserveCaseIdsAsync(count, cancellation);

    public long TakeCaseId() => inner.TakeCaseId();

    private Task<LedgerFault> GateAsync(string call)
    {
        Pending = call;
        gate = new();
        return gate.Task;
    }

    private void Refuse(LedgerFault fault)
    {
        if (ended || fault == LedgerFault.Away)
            throw new NpgsqlException("Exception while connecting", new IOException());
        if (fault == LedgerFault.Odd)
            throw new MadeUpException();
    }
}
