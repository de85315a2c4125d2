using Hub.Ledger;
using Npgsql;

namespace Hub.Simulation;

/// <summary>One session on the store in memory. A lock that another session holds is waited for; nothing else ever waits.</summary>
internal sealed class MemoryLedger(MemoryStore store) : ILedger
{
    private readonly List<long> asked = [];
    private TaskCompletionSource? waiting;
    private bool open;
    private long nextCaseId;
    private long lastCaseId = -1;

    /// <summary>True while it stands before a lock.</summary>
    public bool IsWaiting => waiting is not null;

    public async Task<LedgerRead> BeginAsync(
        IReadOnlyCollection<Guid> keyHashes, IReadOnlyCollection<Guid> identities,
        IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, CancellationToken cancellation)
    {
        if (open)
            throw new InvalidOperationException("A transaction is open already.");
        open = true;
        foreach (var number in keyHashes.Select(CaseKey.Lock).Distinct().Order())
        {
            asked.Add(number);
            if (store.Lock(number, this))
                continue;
            waiting = new();
            await waiting.Task;
        }

        // Read after the locks are held.
        var read = new LedgerRead([], [], []);
        foreach (var keyHash in keyHashes)
        {
            if (store.Cases.TryGetValue(keyHash, out var row))
                read.Cases.Add(keyHash, MemoryStore.Copy(row));
        }

        foreach (var identity in identities)
        {
            if (store.Events.TryGetValue(identity, out var known))
                read.Events.Add(identity, new(known.Event.Id, known.Digest, known.Refusal));
        }

        await ReadHeadsAsync(heads, read.Deliveries, cancellation);
        return read;
    }

    public Task ReadHeadsAsync(
        IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, Dictionary<Guid, DeliveryRow> into, CancellationToken cancellation)
    {
        foreach (var head in heads)
        {
            if (store.Deliveries.TryGetValue(head, out var row))
                into[row.Id] = row;
        }

        return Task.CompletedTask;
    }

    public Task<Appended?> CommitAsync(LedgerWrite write, DateTimeOffset now, CancellationToken cancellation)
    {
        if (!open)
            throw new InvalidOperationException("No transaction is open.");
        if (write.Cases.Find(row => !asked.Contains(CaseKey.Lock(row.KeyHash))) is { } row)
            throw new InvalidOperationException($"Case {row.CaseId} is written without its lock.");
        var appended = store.Apply(write, now);
        End();
        return Task.FromResult(appended);
    }

    public Task RollbackAsync()
    {
        waiting = null;
        End();
        return Task.CompletedTask;
    }

    /// <summary>The wait for a lock has lasted longer than a statement may.</summary>
    public void TimeOut() => Interlocked.Exchange(ref waiting, null)?.SetException(new NpgsqlException("Timeout during reading attempt", new TimeoutException()));

    public Task ReserveCaseIdsAsync(int count, CancellationToken cancellation)
    {
        if (lastCaseId - nextCaseId + 1 < count)
        {
            nextCaseId = store.NextCaseRange();
            lastCaseId = nextCaseId + 999;
        }

        return Task.CompletedTask;
    }

    public long TakeCaseId() => nextCaseId <= lastCaseId
        ? nextCaseId++
        : throw new InvalidOperationException("No case number was reserved.");

    internal void Granted() => Interlocked.Exchange(ref waiting, null)?.SetResult();

    private void End()
    {
        open = false;
        var held = asked.ToArray();
        asked.Clear();
        foreach (var number in held)
            store.Unlock(number, this);
    }
}
