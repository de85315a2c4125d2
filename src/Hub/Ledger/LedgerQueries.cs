using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>An event as stored, for reading back.</summary>
internal sealed record EventRow(
    Guid EventId, long CaseId, string Partner, string Type, string Source, string SourceId, string Region, DateTime? OccurredAt, string? Warnings, string? Refusal,
    string CaseKey, Guid KeyHash, string CaseType, string State, string Lanes, string? Policy, long Position, byte[] Hash, DateTime RecordedAt, string? TraceParent);

/// <summary>A delivery that an event caused, with its last answer.</summary>
internal sealed record DeliveryView(
    long CaseId, short Connector, long LaneSeq, string Name, string Type, Guid CauseId, DateTime RecordedAt, int? Attempt, string? Outcome, string? Reason, string? PartnerCode,
    string? PartnerReference, DateTime? AnsweredAt, string? WaitState, string? WaitReason, DateTime? DueAt);

/// <summary>One line of a bureau's own list.</summary>
internal sealed record OwnEvent(Guid EventId, string Source, string SourceId, string Type, string Subject, DateTime ReceivedAt, string? Refusal, bool Warned);

internal sealed record ReceiptRow(Guid EventId, string Partner, byte[] Content, string? Refusal, DateTime RecordedAt);

internal sealed record ConnectorTotals(
    string Name, long Queued, long Taken, long Skipped, long Failed, DateTime? LastTakenAt, DateTime? LastFailedAt, string? LastReason, string? PausedReason,
    long Waiting, long Parked, DateTime? OldestWaiting);

internal sealed record LogTotals(long Seq, byte[] Hash, DateTime At, long Events, long Unserved, long Quarantined);

internal sealed record WaitView(short Connector, string? Name, long CaseId, Guid KeyHash, long LaneSeq, string State, string Reason, int Attempts, DateTime Since, DateTime DueAt, string CaseKey);

internal sealed record RecentReceipt(Guid EventId, string Partner, string Source, DateTime ReceivedAt, byte[] Content, string CaseKey, string? Refusal);

/// <summary>A case with clocks that is open.</summary>
internal sealed record ClockedRow(string Type, string Key, string State, string? Policy, DateTime? DeadlineAt);

/// <summary>A case, for people.</summary>
internal sealed record CaseOfType(string Type, string Key, string State, bool Closed);

/// <summary>One notice of an outage, by operator and number.</summary>
internal sealed record OutageRow(string Key, string State, bool Closed);

/// <summary>A stored idempotent answer.</summary>
internal sealed record IdempotentAnswer(byte[] RequestDigest, DateTime ClaimedAt, int? Status, byte[]? Response);

/// <summary>Reads for people and partners, on a pool of their own.</summary>
internal sealed class LedgerQueries(NpgsqlDataSource database, BodyCipher bodies)
{
    private const string EventSelect = """
        SELECT e.event_id AS EventId, e.case_id AS CaseId, e.partner AS Partner, e.type AS Type, e.source AS Source, e.source_id AS SourceId, e.region AS Region,
               e.occurred_at AS OccurredAt, e.warnings AS Warnings, e.refusal AS Refusal, c.key AS CaseKey, c.key_hash AS KeyHash, c.type AS CaseType,
               c.state AS State, c.lanes AS Lanes, c.policy AS Policy, l.seq AS Position, l.hash AS Hash, l.at AS RecordedAt, e.trace_parent AS TraceParent
          FROM events e
          JOIN cases c ON c.case_id = e.case_id
          JOIN exchange_log l ON l.ref = e.event_id AND l.kind = 'event.accepted'
        """;

    private const string ClockedSql = """
        SELECT type AS Type, key AS Key, state AS State, policy AS Policy, deadline_at AS DeadlineAt
          FROM cases
         WHERE NOT closed AND type IN ('connection', 'permit_case')
         ORDER BY case_id
         LIMIT @limit
        """;

    private const string EventByIdSql = EventSelect + " WHERE e.event_id = @id";

    private const string EventByIdentitySql = EventSelect + " WHERE e.identity = ANY(@identities)";

    private const string OwnSql = """
        SELECT e.event_id AS EventId, e.source AS Source, e.source_id AS SourceId, e.type AS Type, c.key AS Subject, e.received_at AS ReceivedAt,
               e.refusal AS Refusal, e.warnings IS NOT NULL AS Warned
          FROM events e
          JOIN cases c ON c.case_id = e.case_id
         WHERE e.partner = @partner AND e.about IS NULL AND (@before::uuid IS NULL OR e.event_id < @before)
         ORDER BY e.event_id DESC
         LIMIT @limit
        """;

    private const string DeliveriesSql = """
        SELECT d.case_id AS CaseId, d.connector_no AS Connector, d.lane_seq AS LaneSeq, n.name AS Name, d.type AS Type, d.cause_id AS CauseId, d.recorded_at AS RecordedAt,
               a.attempt AS Attempt, a.outcome AS Outcome, a.reason AS Reason, a.partner_code AS PartnerCode, a.partner_reference AS PartnerReference,
               a.recorded_at AS AnsweredAt, w.state AS WaitState, w.reason AS WaitReason, w.due_at AS DueAt
          FROM deliveries d
          JOIN connectors n ON n.no = d.connector_no
          LEFT JOIN LATERAL (
               SELECT attempt, outcome, reason, partner_code, partner_reference, recorded_at
                 FROM answers x
                WHERE x.case_id = d.case_id AND x.connector_no = d.connector_no AND x.lane_seq = d.lane_seq
                ORDER BY fence DESC
                LIMIT 1) a ON true
          LEFT JOIN waits w ON w.connector_no = d.connector_no AND w.case_id = d.case_id AND w.lane_seq = d.lane_seq
         WHERE d.case_id = @caseId AND (@cause::uuid IS NULL OR d.cause_id = @cause)
         ORDER BY d.connector_no, d.lane_seq
        """;

    private const string CauseSql = "SELECT cause_id FROM deliveries WHERE case_id = @caseId AND connector_no = @connector AND lane_seq = @laneSeq";

    private const string ReceiptsSql = """
        SELECT e.event_id AS EventId, e.partner AS Partner, e.content AS Content, e.refusal AS Refusal, l.at AS RecordedAt
          FROM events e
          JOIN exchange_log l ON l.ref = e.event_id AND l.kind = 'event.accepted'
         WHERE e.about = @id AND e.content IS NOT NULL
         ORDER BY e.event_id
        """;

    private const string ConnectorsSql = """
        SELECT n.name AS Name, COALESCE(t.queued, 0) AS Queued, COALESCE(t.taken, 0) AS Taken, COALESCE(t.skipped, 0) AS Skipped, COALESCE(t.failed, 0) AS Failed,
               t.last_taken_at AS LastTakenAt, t.last_failed_at AS LastFailedAt, t.last_reason AS LastReason, n.paused_reason AS PausedReason,
               COALESCE(w.waiting, 0) AS Waiting, COALESCE(w.parked, 0) AS Parked, w.oldest AS OldestWaiting
          FROM connectors n
          LEFT JOIN delivery_totals t ON t.connector_no = n.no
          LEFT JOIN (
               SELECT connector_no, count(*) FILTER (WHERE state IN ('waiting', 'offered')) AS waiting, count(*) FILTER (WHERE state = 'parked') AS parked, min(since) AS oldest
                 FROM waits
                GROUP BY connector_no) w ON w.connector_no = n.no
         ORDER BY n.name
        """;

    private const string TotalsSql = """
        SELECT h.seq AS Seq, h.hash AS Hash, h.at AS At, h.events AS Events, (SELECT count(*) FROM waits WHERE connector_no = 0) AS Unserved,
               (SELECT count(*) FROM quarantine) AS Quarantined
          FROM chain_head h
        """;

    // Whatever changes for people is in the log, or is an incident.
    private const string HeadSql = "SELECT h.seq || ' ' || COALESCE((SELECT max(note_id) FROM incident_notes), 0) FROM chain_head h";

    // The head of a lane is its oldest, and what waits behind it is counted by it. LATERAL and OFFSET 0: by key, never a scan of all deliveries.
    private const string OldestOpenSql = """
        SELECT n.name AS Name, min(d.recorded_at) AS RecordedAt
          FROM waits w
          JOIN connectors n ON n.no = w.connector_no
         CROSS JOIN LATERAL (
               SELECT x.recorded_at
                 FROM deliveries x
                WHERE x.case_id = w.case_id AND x.connector_no = w.connector_no AND x.lane_seq = w.lane_seq
               OFFSET 0) d
         GROUP BY n.name
        """;

    private const string WaitsSql = """
        SELECT w.connector_no AS Connector, n.name AS Name, w.case_id AS CaseId, w.key_hash AS KeyHash, w.lane_seq AS LaneSeq, w.state AS State, w.reason AS Reason,
               w.attempts AS Attempts, w.since AS Since, w.due_at AS DueAt, c.key AS CaseKey
          FROM waits w
          JOIN cases c ON c.case_id = w.case_id
          LEFT JOIN connectors n ON n.no = w.connector_no
         WHERE (@state::text IS NULL OR w.state = @state) AND (@receiver::text IS NULL OR n.name = @receiver)
         ORDER BY w.connector_no, w.since
         LIMIT @limit
        """;

    private const string RecentReceiptsSql = """
        SELECT e.event_id AS EventId, e.partner AS Partner, e.source AS Source, e.received_at AS ReceivedAt, e.content AS Content, c.key AS CaseKey, e.refusal AS Refusal
          FROM events e
          JOIN cases c ON c.case_id = e.case_id
         WHERE e.about IS NOT NULL AND e.content IS NOT NULL
         ORDER BY e.event_id DESC
         LIMIT @limit
        """;

    // Only so far back: a partner that never sends one must not cost a walk through everything.
    private const string ReceiptsOfSql = """
        SELECT e.event_id AS EventId, e.partner AS Partner, e.source AS Source, e.received_at AS ReceivedAt, e.content AS Content, c.key AS CaseKey, e.refusal AS Refusal
          FROM (SELECT event_id, case_id, partner, source, received_at, content, about, refusal FROM events ORDER BY event_id DESC LIMIT 20000) e
          JOIN cases c ON c.case_id = e.case_id
         WHERE e.about IS NOT NULL AND e.content IS NOT NULL AND e.partner = @partner
         ORDER BY e.event_id DESC
         LIMIT @limit
        """;

    private const string CasesSql = """
        SELECT type AS Type, key AS Key, state AS State, closed AS Closed
          FROM cases
         WHERE type = @type
         ORDER BY case_id DESC
         LIMIT @limit
        """;

    private const string OpenCasesSql = """
        SELECT type AS Type, key AS Key, state AS State, closed AS Closed
          FROM cases
         WHERE type = ANY(@types) AND NOT closed
         ORDER BY case_id
         LIMIT @limit
        """;

    private const string OutagesSql = """
        SELECT key AS Key, state AS State, closed AS Closed
          FROM cases
         WHERE type = 'outage'
         ORDER BY case_id DESC
         LIMIT @limit
        """;

    private const string CaseSql = "SELECT key_hash FROM cases WHERE case_id = @caseId";

    private const string PauseSql = """
        UPDATE connectors
           SET paused_reason = @reason, paused_by = @by, paused_at = @at
         WHERE name = @name
        """;

    // A claim that was never answered belongs to a request that died: after a minute another one may take it over.
    private const string ClaimSql = """
        INSERT INTO idempotency_keys AS k (key_hash, request_digest, claimed_at)
        VALUES (@keyHash, @digest, @now)
        ON CONFLICT (key_hash) DO UPDATE
           SET claimed_at = @now
         WHERE k.status IS NULL AND k.claimed_at < @stale AND k.request_digest = @digest
        RETURNING true
        """;

    private const string IdempotentSql = "SELECT request_digest AS RequestDigest, claimed_at AS ClaimedAt, status AS Status, response AS Response FROM idempotency_keys WHERE key_hash = @keyHash";

    private const string AnswerSql = "UPDATE idempotency_keys SET status = @status, response = @response WHERE key_hash = @keyHash";

    private const string ForgetSql = "DELETE FROM idempotency_keys WHERE key_hash = @keyHash AND status IS NULL";

    private const string QuarantineSql = "INSERT INTO quarantine (at, partner, reference, error, content) VALUES (@at, @partner, @reference, @error, @content)";

    private const string ProbeSql = "SELECT clock_timestamp() AS now, pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS readonly";

    // Others' transactions are visible to a user of the same role and to members of pg_read_all_stats.
    private const string OldestTransactionSql = """
        SELECT COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - min(xact_start)), 0)::double precision
          FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND (backend_xid IS NOT NULL OR backend_xmin IS NOT NULL)
        """;

    public async Task<EventRow?> EventAsync(Guid id) => await OneAsync<EventRow>(EventByIdSql, new { id }) is { } row ? Opened(row) : null;

    public async Task<IReadOnlyList<EventRow>> EventsAsync(Guid[] identities) => [.. (await ManyAsync<EventRow>(EventByIdentitySql, new { identities })).Select(Opened)];

    private EventRow Opened(EventRow row) => row with { State = bodies.OpenText(row.State) };

    /// <summary>A partner's own events, newest first.</summary>
    public async Task<IReadOnlyList<OwnEvent>> OwnAsync(string partner, Guid? before, int limit) => await ManyAsync<OwnEvent>(OwnSql, new { partner, before, limit });

    /// <param name="caseId">The case.</param>
    /// <param name="cause">Only deliveries that this event caused; null: all.</param>
    public async Task<IReadOnlyList<DeliveryView>> DeliveriesAsync(long caseId, Guid? cause) => await ManyAsync<DeliveryView>(DeliveriesSql, new { caseId, cause });

    public async Task<Guid?> CauseAsync(long caseId, short connector, long laneSeq) => await OneAsync<Guid?>(CauseSql, new { caseId, connector, laneSeq });

    /// <summary>Receipts of an event, without those whose body retention took.</summary>
    public async Task<IReadOnlyList<ReceiptRow>> ReceiptsAsync(Guid id) =>
        [.. (await ManyAsync<ReceiptRow>(ReceiptsSql, new { id })).Select(row => row with { Content = bodies.Open(row.Content) })];

    public async Task<IReadOnlyList<ConnectorTotals>> ConnectorsAsync() => await ManyAsync<ConnectorTotals>(ConnectorsSql, new { });

    /// <summary>For each connector with something that waits or is parked: when the oldest of it was recorded. The cost grows with what waits.</summary>
    public async Task<IReadOnlyDictionary<string, DateTime>> OldestOpenAsync() =>
        (await ManyAsync<(string Name, DateTime RecordedAt)>(OldestOpenSql, new { })).ToDictionary(row => row.Name, row => row.RecordedAt, StringComparer.Ordinal);

    public async Task<LogTotals> TotalsAsync() => (await OneAsync<LogTotals>(TotalsSql, new { }))!;

    /// <summary>A text that changes whenever the log or an incident does.</summary>
    public async Task<string> HeadAsync() => (await OneAsync<string>(HeadSql, new { }))!;

    public async Task<IReadOnlyList<WaitView>> WaitsAsync(string? state, string? receiver, int limit) => await ManyAsync<WaitView>(WaitsSql, new { state, receiver, limit });

    public async Task<IReadOnlyList<RecentReceipt>> RecentReceiptsAsync(int limit) =>
        [.. (await ManyAsync<RecentReceipt>(RecentReceiptsSql, new { limit })).Select(row => row with { Content = bodies.Open(row.Content) })];

    /// <summary>What a partner reported lately.</summary>
    public async Task<IReadOnlyList<RecentReceipt>> ReceiptsOfAsync(string partner, int limit) =>
        [.. (await ManyAsync<RecentReceipt>(ReceiptsOfSql, new { partner, limit })).Select(row => row with { Content = bodies.Open(row.Content) })];

    /// <summary>The newest cases of a kind.</summary>
    public async Task<IReadOnlyList<CaseOfType>> CasesAsync(string type, int limit) =>
        [.. (await ManyAsync<CaseOfType>(CasesSql, new { type, limit })).Select(row => row with { State = bodies.OpenText(row.State) })];

    /// <summary>Cases of these kinds that are not at their end, the oldest first.</summary>
    public async Task<IReadOnlyList<CaseOfType>> OpenCasesAsync(string[] types, int limit) =>
        [.. (await ManyAsync<CaseOfType>(OpenCasesSql, new { types, limit })).Select(row => row with { State = bodies.OpenText(row.State) })];

    /// <summary>The newest notices of outages.</summary>
    public async Task<IReadOnlyList<OutageRow>> OutagesAsync(int limit) =>
        [.. (await ManyAsync<OutageRow>(OutagesSql, new { limit })).Select(row => row with { State = bodies.OpenText(row.State) })];

    /// <summary>Open cases with clocks, the oldest first.</summary>
    public async Task<IReadOnlyList<ClockedRow>> ClockedAsync(int limit) =>
        [.. (await ManyAsync<ClockedRow>(ClockedSql, new { limit })).Select(row => row with { State = bodies.OpenText(row.State) })];

    public async Task<Guid?> KeyHashAsync(long caseId) => await OneAsync<Guid?>(CaseSql, new { caseId });

    /// <summary>Pauses or (reason null) resumes a connector, with an entry in the log.</summary>
    public async Task<bool> PauseAsync(string name, string? reason, string by, string note, DateTimeOffset now, string? requestId = null)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteAsync(PauseSql, new { name, reason, by, at = reason is null ? (DateTimeOffset?)null : now }) == 0)
            return false;
        await connection.ExecuteAsync("SELECT pg_notify('hub_control', '')");
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
            LogEntry.OperatorActed, "hub", Guid.CreateVersion7(now), $"act {(reason is null ? "Resume" : "Pause")}\nconnector {name}\nby {by}\nreason {note}{(requestId is null ? "" : $"\nrequest {requestId}")}"));
        await transaction.CommitAsync();
        return true;
    }

    /// <returns>Null when the key is now ours to answer; else what is stored under it.</returns>
    public async Task<IdempotentAnswer?> ClaimAsync(Guid keyHash, byte[] digest, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        if (await connection.ExecuteScalarAsync<bool?>(ClaimSql, new { keyHash, digest, now, stale = now.AddMinutes(-1) }) == true)
            return null;
        return await connection.QuerySingleOrDefaultAsync<IdempotentAnswer>(IdempotentSql, new { keyHash });
    }

    public Task KeepAnswerAsync(Guid keyHash, int status, byte[] response) => ExecuteAsync(AnswerSql, new { keyHash, status, response });

    public Task ForgetClaimAsync(Guid keyHash) => ExecuteAsync(ForgetSql, new { keyHash });

    public Task QuarantineAsync(DateTimeOffset at, string partner, Guid reference, string error, byte[] content) =>
        ExecuteAsync(QuarantineSql, new { at, partner, reference, error, content = bodies.Seal(content) });

    /// <returns>The database's clock, and whether it refuses writes.</returns>
    public async Task<(DateTime Now, bool ReadOnly)> ProbeAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<(DateTime, bool)>(new CommandDefinition(ProbeSql, cancellationToken: cancellation));
    }

    /// <returns>Age of the oldest open transaction that keeps old row versions alive; zero when there is none.</returns>
    public async Task<TimeSpan> OldestTransactionAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return TimeSpan.FromSeconds(await connection.ExecuteScalarAsync<double>(new CommandDefinition(OldestTransactionSql, cancellationToken: cancellation)));
    }

    private async Task<T?> OneAsync<T>(string sql, object parameters)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<T>(sql, parameters);
    }

    private async Task<IReadOnlyList<T>> ManyAsync<T>(string sql, object parameters)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    private async Task ExecuteAsync(string sql, object parameters)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }
}
