using Dapper;
using Hub.Schemas;
using Npgsql;

namespace Hub.Ledger;

/// <summary>A case that something is due for.</summary>
internal record DueCase(long CaseId, Guid KeyHash);

/// <summary>A waiting head that is due, and the attempts it had.</summary>
internal sealed record DueWait(long CaseId, Guid KeyHash, long LaneSeq, int Attempts) : DueCase(CaseId, KeyHash);

/// <summary>A node that no longer beats.</summary>
internal sealed record DeadNode(int NodeId, DateTime AliveUntil);

/// <summary>
/// Finds what nobody holds any more: retries that are due, leases that ended, deadlines. It only finds; the engine decides under the case's
/// lock, so a row found twice does no harm, and nothing here waits for a lock.
/// </summary>
internal sealed class DeliveryQueue(NpgsqlDataSource database)
{
    // What has a legal due time goes first, the nearest before the others; each half is read from an index of its own.
    private const string DueWaitsSql = """
        SELECT *
          FROM ((SELECT case_id AS CaseId, key_hash AS KeyHash, lane_seq AS LaneSeq, attempts AS Attempts
                   FROM waits
                  WHERE connector_no = @connector AND state = 'waiting' AND due_at <= @now AND legal_due_at IS NOT NULL
                  ORDER BY legal_due_at, due_at, case_id
                  LIMIT @limit)
                UNION ALL
                (SELECT case_id, key_hash, lane_seq, attempts
                   FROM waits
                  WHERE connector_no = @connector AND state = 'waiting' AND due_at <= @now AND legal_due_at IS NULL
                  ORDER BY due_at, case_id
                  LIMIT @limit)) AS due
         LIMIT @limit
        """;

    private const string OfferedSql = """
        SELECT case_id AS CaseId, key_hash AS KeyHash, lane_seq AS LaneSeq, attempts AS Attempts
          FROM waits
         WHERE connector_no = @connector AND state = 'offered'
         ORDER BY since
         LIMIT @limit
        """;

    private const string UnservedSql = """
        SELECT case_id AS CaseId, key_hash AS KeyHash
          FROM waits
         WHERE connector_no = 0 AND case_id > @after
         ORDER BY case_id
         LIMIT @limit
        """;

    private const string ClockedSql = """
        SELECT case_id AS CaseId, key_hash AS KeyHash
          FROM cases
         WHERE NOT closed AND type IN ('connection', 'permit_case') AND case_id > @after
         ORDER BY case_id
         LIMIT @limit
        """;

    private const string DueCasesSql = """
        SELECT case_id AS CaseId, key_hash AS KeyHash
          FROM cases
         WHERE wake_at <= @now AND (busy OR deadline_at <= @now)
         ORDER BY wake_at
         LIMIT @limit
        """;

    // A case that is only being watched needs no decision: its wake is moved to its deadline in one statement. SKIP LOCKED, because the
    // engine may be writing the row just now and then sets the wake itself.
    private const string SettleWakesSql = """
        UPDATE cases
           SET wake_at = deadline_at
         WHERE case_id IN (
               SELECT case_id
                 FROM cases
                WHERE wake_at <= @now AND NOT busy AND (deadline_at IS NULL OR deadline_at > @now)
                LIMIT @limit
                  FOR UPDATE SKIP LOCKED)
        """;

    // SKIP LOCKED: the engine locks these rows in another order, and whoever waits for whom must never be a question.
    private const string RecoverSql = """
        UPDATE waits
           SET due_at = GREATEST(@now, not_before)
         WHERE connector_no = @connector
           AND case_id IN (
               SELECT case_id
                 FROM waits
                WHERE connector_no = @connector AND state = 'waiting' AND due_at > GREATEST(@now, not_before)
                  AND (@reason::text IS NULL OR reason = @reason) AND attempts <= @attemptsMax
                  FOR UPDATE SKIP LOCKED)
        """;

    // What a partner asked for is kept as long as it can be true.
    private const string NearSql = """
        UPDATE waits
           SET due_at = CASE WHEN not_before <= @longest THEN GREATEST(@now, not_before) ELSE @now END
         WHERE state = 'waiting' AND due_at > @horizon
        """;

    private const string StartNodeSql = "INSERT INTO nodes (started_at, alive_until) VALUES (@now, @until) RETURNING node_id";

    private const string BeatSql = "UPDATE nodes SET alive_until = @until WHERE node_id = @node";

    private const string StopNodeSql = "DELETE FROM nodes WHERE node_id = @node";

    private const string ForgetIdempotencySql = """
        DELETE FROM idempotency_keys
         WHERE key_hash IN (SELECT key_hash FROM idempotency_keys WHERE claimed_at < @before ORDER BY claimed_at LIMIT 1000)
        """;

    // One that promised to live until long from now died with a wrong clock.
    private const string DeadNodesSql = "SELECT node_id AS NodeId, alive_until AS AliveUntil FROM nodes WHERE alive_until < @now OR alive_until > @far";

    // The wake of a leased case lies at most one lease and one grid step ahead, so this range holds every case a dead node can have.
    private const string BusyCasesSql = """
        SELECT case_id AS CaseId, key_hash AS KeyHash
          FROM cases
         WHERE wake_at <= @horizon AND busy
         ORDER BY wake_at
        """;

    private const string ConnectorsSql = """
        INSERT INTO connectors (name)
        SELECT name FROM unnest(@names) AS n (name)
        ON CONFLICT (name) DO NOTHING
        """;

    private const string ConnectorNumbersSql = "SELECT name, no FROM connectors";

    private const string PausedSql = "SELECT name, paused_reason FROM connectors WHERE paused_at IS NOT NULL";

    public async Task<IReadOnlyList<DueWait>> DueWaitsAsync(short connector, DateTimeOffset now, int limit) =>
        await QueryAsync<DueWait>(DueWaitsSql, new { connector, now, limit });

    /// <summary>Heads that lie in a feed and were not acknowledged, oldest first.</summary>
    public async Task<IReadOnlyList<DueWait>> OfferedAsync(short connector, int limit) => await QueryAsync<DueWait>(OfferedSql, new { connector, limit });

    public async Task<IReadOnlyList<DueCase>> UnservedAsync(long after, int limit) =>
        await QueryAsync<DueCase>(UnservedSql, new { after, limit });

    /// <summary>Open cases with clocks, which a change of calendar or pack concerns.</summary>
    public async Task<IReadOnlyList<DueCase>> ClockedAsync(long after, int limit) => await QueryAsync<DueCase>(ClockedSql, new { after, limit });

    public async Task<IReadOnlyList<DueCase>> DueCasesAsync(DateTimeOffset now, int limit) =>
        await QueryAsync<DueCase>(DueCasesSql, new { now, limit });

    public Task<int> SettleWakesAsync(DateTimeOffset now, int limit) => ExecuteAsync(SettleWakesSql, new { now, limit });

    /// <summary>The partner is well again: what waits for it is due, though never before the moment that the partner named.</summary>
    public Task<int> RecoverAsync(short connector, DateTimeOffset now) => ExecuteAsync(RecoverSql, new { connector, now, reason = (string?)null, attemptsMax = int.MaxValue });

    /// <summary>
    /// The partner's pause was short: what it turned away is due, but only what has attempts to spare. A partner that takes one call a second
    /// turns many away, and the later attempts must still be there when its backlog is gone.
    /// </summary>
    public Task<int> EaseAsync(short connector, DateTimeOffset now) => ExecuteAsync(RecoverSql, new { connector, now, reason = AnswerReasons.Throttled, attemptsMax = 6 });

    /// <summary>Makes due what waits for a time after <paramref name="horizon"/>: that time came from a clock that was wrong.</summary>
    /// <param name="longest">No partner may have asked for a later time.</param>
    public Task<int> NearAsync(DateTimeOffset now, DateTimeOffset horizon, DateTimeOffset longest) => ExecuteAsync(NearSql, new { now, horizon, longest });

    public async Task<int> StartNodeAsync(DateTimeOffset now, DateTimeOffset until)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>(StartNodeSql, new { now, until });
    }

    /// <returns>False when the node was already declared dead: it must take a new number.</returns>
    public async Task<bool> BeatAsync(int node, DateTimeOffset until) => await ExecuteAsync(BeatSql, new { node, until }) == 1;

    public Task StopNodeAsync(int node) => ExecuteAsync(StopNodeSql, new { node });

    public Task<int> ForgetIdempotencyAsync(DateTimeOffset before) => ExecuteAsync(ForgetIdempotencySql, new { before });

    /// <param name="far">No node promises to live as long as this.</param>
    public async Task<IReadOnlyList<DeadNode>> DeadNodesAsync(DateTimeOffset now, DateTimeOffset far) => await QueryAsync<DeadNode>(DeadNodesSql, new { now, far });

    public async Task<IReadOnlyList<DueCase>> BusyCasesAsync(DateTimeOffset horizon) => await QueryAsync<DueCase>(BusyCasesSql, new { horizon });

    /// <summary>Gives every connector its number, once and for ever.</summary>
    public async Task<IReadOnlyDictionary<string, short>> NumberConnectorsAsync(IEnumerable<string> names)
    {
        await ExecuteAsync(ConnectorsSql, new { names = names.ToArray() });
        await using var connection = await database.OpenConnectionAsync();
        return (await connection.QueryAsync<(string Name, short No)>(ConnectorNumbersSql)).ToDictionary(row => row.Name, row => row.No, StringComparer.Ordinal);
    }

    public async Task<IReadOnlyDictionary<string, string>> PausedAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return (await connection.QueryAsync<(string Name, string Reason)>(PausedSql)).ToDictionary(row => row.Name, row => row.Reason, StringComparer.Ordinal);
    }

    private async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object parameters)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    private async Task<int> ExecuteAsync(string sql, object parameters)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteAsync(sql, parameters);
    }
}
