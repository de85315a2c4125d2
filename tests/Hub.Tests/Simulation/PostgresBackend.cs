using Hub.Ledger;
using Hub.Simulation;
using Hub.Tests.Ledger;
using Npgsql;
using Xunit;

namespace Hub.Tests.Simulation;

/// <summary>Rows in memory and in PostgreSQL at once: every call goes to both, and both must say the same.</summary>
internal sealed class PostgresBackend(TestDatabase database) : Backend, IFinder
{
    private readonly DeliveryQueue queue = new(database.Source);

    // The columns stand in the order of MemoryStore.Dump.
    private static readonly (string Table, string Sql)[] Tables =
    [
        ("event", """
            SELECT event_id, identity, case_id, partner, type, source, source_id, about, region, occurred_at, received_at, content, digest, data_start, data_length, warnings, refusal, trace_parent
              FROM events ORDER BY event_id
            """),
        ("case", "SELECT case_id, key_hash, type, key, policy, state, lanes, busy, closed, deadline_at, wake_at FROM cases ORDER BY case_id"),
        ("delivery", """
            SELECT case_id, connector_no, lane_seq, type, cause_id, cause_type, occurred_at, recorded_at, due_at, data, trace_parent
              FROM deliveries ORDER BY case_id, connector_no, lane_seq
            """),
        ("answer", """
            SELECT case_id, connector_no, lane_seq, fence, attempt, outcome, reason, partner_code, partner_reference, request_digest, response, elapsed_ms, recorded_at, content
              FROM answers ORDER BY case_id, connector_no, lane_seq, fence
            """),
        ("wait", "SELECT connector_no, case_id, key_hash, lane_seq, state, reason, attempts, since, due_at, not_before FROM waits ORDER BY connector_no, case_id"),
        ("total", "SELECT connector_no, queued, taken, skipped, failed, last_taken_at, last_failed_at, last_reason FROM delivery_totals ORDER BY connector_no"),
        ("log", "SELECT seq, at, kind, partner, ref, digest, hash, content FROM exchange_log ORDER BY seq"),
        ("node", "SELECT node_id, alive_until FROM nodes ORDER BY node_id"),
        ("connector", "SELECT no, name, CASE WHEN paused_at IS NOT NULL THEN paused_reason END FROM connectors ORDER BY no"),
    ];

    public override IFinder Finder => this;

    public override ILedger Open(MemoryLedger session) => new TwinLedger(session, new LedgerStore(database.ConnectionString, BodyCipher.None));

    public override void Abandon(ILedger ledger) => ((TwinLedger)ledger).Postgres.DisposeAsync().AsTask().GetAwaiter().GetResult();

    public IReadOnlyList<DueWait> DueWaits(short connector, DateTimeOffset now, int limit) => Same(Memory.DueWaits(connector, now, limit), queue.DueWaitsAsync(connector, now, limit));

    public IReadOnlyList<DueCase> Unserved(long after, int limit) => Same(Memory.Unserved(after, limit), queue.UnservedAsync(after, limit));

    public IReadOnlyList<DueCase> DueCases(DateTimeOffset now, int limit) => Same(Memory.DueCases(now, limit), queue.DueCasesAsync(now, limit));

    public int SettleWakes(DateTimeOffset now, int limit) => Same(Memory.SettleWakes(now, limit), queue.SettleWakesAsync(now, limit));

    public int Recover(short connector, DateTimeOffset now) => Same(Memory.Recover(connector, now), queue.RecoverAsync(connector, now));

    public int Ease(short connector, DateTimeOffset now) => Same(Memory.Ease(connector, now), queue.EaseAsync(connector, now));

    public int StartNode(DateTimeOffset now, DateTimeOffset until) => Same(Memory.StartNode(now, until), queue.StartNodeAsync(now, until));

    public bool Beat(int node, DateTimeOffset until) => Same(Memory.Beat(node, until), queue.BeatAsync(node, until));

    public void StopNode(int node)
    {
        Memory.StopNode(node);
        queue.StopNodeAsync(node).GetAwaiter().GetResult();
    }

    public IReadOnlyList<int> DeadNodes(DateTimeOffset now)
    {
        var dead = Memory.DeadNodes(now);
        Assert.Equal(dead, queue.DeadNodesAsync(now, now.AddDays(1)).GetAwaiter().GetResult().Select(node => node.NodeId).Order());
        return dead;
    }

    public IReadOnlyList<DueCase> BusyCases(DateTimeOffset horizon) => Same(Memory.BusyCases(horizon), queue.BusyCasesAsync(horizon));

    public IReadOnlyDictionary<string, short> NumberConnectors(IEnumerable<string> names)
    {
        var given = names.ToArray();
        var numbers = Memory.NumberConnectors(given);
        Assert.Equal(numbers.OrderBy(number => number.Value), queue.NumberConnectorsAsync(given).GetAwaiter().GetResult().OrderBy(number => number.Value));
        return numbers;
    }

    public IReadOnlyDictionary<string, string> Paused()
    {
        var paused = Memory.Paused();
        Assert.Equal(paused.OrderBy(one => one.Key, StringComparer.Ordinal), queue.PausedAsync().GetAwaiter().GetResult().OrderBy(one => one.Key, StringComparer.Ordinal));
        return paused;
    }

    public void Pause(string connector, string? reason, DateTimeOffset now)
    {
        Memory.Pause(connector, reason, now);
        database.ExecuteAsync(
            "UPDATE connectors SET paused_reason = @reason, paused_at = CASE WHEN @reason::text IS NULL THEN NULL ELSE @now END WHERE name = @connector", new { connector, reason, now })
            .GetAwaiter().GetResult();
    }

    /// <summary>Every row as one line, as <see cref="MemoryStore.Dump"/> writes them.</summary>
    public async Task<IReadOnlyList<string>> DumpAsync()
    {
        var lines = new List<string>();
        await using var connection = await database.Source.OpenConnectionAsync();
        foreach (var (table, sql) in Tables)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                lines.Add(MemoryStore.Line([table, .. Enumerable.Range(0, reader.FieldCount).Select(reader.GetValue)]));
        }

        return lines;
    }

    private static T Same<T>(T memory, Task<T> postgres)
        where T : struct
    {
        Assert.Equal(memory, postgres.GetAwaiter().GetResult());
        return memory;
    }

    // Rows that are due at the same instant come in any order from PostgreSQL.
    private static IReadOnlyList<TFound> Same<TFound>(IReadOnlyList<TFound> memory, Task<IReadOnlyList<TFound>> postgres)
        where TFound : DueCase
    {
        Assert.Equal(memory.OrderBy(found => found.CaseId), postgres.GetAwaiter().GetResult().OrderBy(found => found.CaseId));
        return memory;
    }
}

/// <summary>One session on both. The lock is waited for in memory, so that the one in PostgreSQL is free when it is asked for.</summary>
internal sealed class TwinLedger(MemoryLedger memory, LedgerStore postgres) : ILedger
{
    public LedgerStore Postgres => postgres;

    public async Task<LedgerRead> BeginAsync(
        IReadOnlyCollection<Guid> keyHashes, IReadOnlyCollection<Guid> identities,
        IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, CancellationToken cancellation)
    {
        var expected = await memory.BeginAsync(keyHashes, identities, heads, cancellation);
        var read = postgres.BeginAsync(keyHashes, identities, heads, cancellation).GetAwaiter().GetResult();
        Assert.Equal(Lines(expected), Lines(read));
        return read;
    }

    public Task ReadHeadsAsync(
        IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, Dictionary<Guid, DeliveryRow> into, CancellationToken cancellation)
    {
        var expected = new Dictionary<Guid, DeliveryRow>();
        var read = new Dictionary<Guid, DeliveryRow>();
        memory.ReadHeadsAsync(heads, expected, cancellation).GetAwaiter().GetResult();
        postgres.ReadHeadsAsync(heads, read, cancellation).GetAwaiter().GetResult();
        Assert.Equal(Lines(new([], [], expected)), Lines(new([], [], read)));
        foreach (var (id, row) in read)
            into[id] = row;
        return Task.CompletedTask;
    }

    public Task<Appended?> CommitAsync(LedgerWrite write, DateTimeOffset now, CancellationToken cancellation)
    {
        Appended? appended = null;
        PostgresException? refused = null;
        try
        {
            appended = postgres.CommitAsync(write, now, cancellation).GetAwaiter().GetResult();
        }
        catch (PostgresException error)
        {
            refused = error;
        }

        if (refused is not null)
        {
            var expected = Assert.Throws<PostgresException>(() => { memory.CommitAsync(write, now, cancellation).GetAwaiter().GetResult(); });
            Assert.Equal((expected.SqlState, expected.ConstraintName), (refused.SqlState, refused.ConstraintName));
            throw refused;
        }

        // In memory last: whoever waits for the locks goes on at once.
        var same = memory.CommitAsync(write, now, cancellation).GetAwaiter().GetResult();
        Assert.Equal((same?.FirstSeq, same?.At), (appended?.FirstSeq, appended?.At));
        Assert.Equal(same?.Hashes.Select(Convert.ToHexString), appended?.Hashes.Select(Convert.ToHexString));
        return Task.FromResult(appended);
    }

    public async Task RollbackAsync()
    {
        postgres.RollbackAsync().GetAwaiter().GetResult();
        await memory.RollbackAsync();
    }

    public Task ReserveCaseIdsAsync(int count, CancellationToken cancellation)
    {
        postgres.ReserveCaseIdsAsync(count, cancellation).GetAwaiter().GetResult();
        return memory.ReserveCaseIdsAsync(count, cancellation);
    }

    public long TakeCaseId()
    {
        var number = postgres.TakeCaseId();
        Assert.Equal(memory.TakeCaseId(), number);
        return number;
    }

    private static IEnumerable<string> Lines(LedgerRead read) =>
    [
        .. read.Cases.Values.OrderBy(row => row.CaseId).Select(row => MemoryStore.Line(
            row.CaseId, row.KeyHash, row.Type, row.Key, row.Policy, row.State, string.Join(' ', row.Lanes), row.Closed, row.DeadlineAt, row.WakeAt)),
        .. read.Events.OrderBy(pair => pair.Key).Select(pair => MemoryStore.Line(pair.Key, pair.Value.EventId, pair.Value.Digest, pair.Value.Refusal)),
        .. read.Deliveries.Values.OrderBy(row => (row.CaseId, row.Connector, row.LaneSeq)).Select(row => MemoryStore.Line(
            row.Id, row.Type, row.CauseId, row.CauseType, row.OccurredAt, row.RecordedAt, row.DueAt, row.Data, row.TraceParent)),
    ];
}
