using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>A case as people find it.</summary>
internal sealed record CaseLine(long CaseId, string Type, string Key, string? Policy, bool Closed, DateTime? DeadlineAt);

/// <summary>An event of a case, with its entry in the exchange log.</summary>
internal sealed record CaseEvent(Guid EventId, string Partner, string Type, string Source, string SourceId, DateTime? OccurredAt, DateTime RecordedAt, Guid? About, string? Refusal, string? Warnings, long Position, byte[] Hash);

/// <summary>An attempt at one of a case's commands.</summary>
internal sealed record CaseAttempt(short Connector, long LaneSeq, string Receiver, string Type, int Attempt, string Outcome, string? Reason, int ElapsedMs, DateTime RecordedAt);

/// <summary>What a person did, as it stands in the exchange log; null content: retention took it.</summary>
internal sealed record ActLine(long Seq, DateTime At, string Partner, Guid Ref, byte[]? Content)
{
    /// <summary>Its lines by name.</summary>
    public IReadOnlyDictionary<string, string> Lines => (Content is null ? "" : System.Text.Encoding.UTF8.GetString(Content)).Split('\n').Select(line => line.Split(' ', 2))
        .GroupBy(line => line[0], StringComparer.Ordinal).ToDictionary(line => line.Key, line => line.First().ElementAtOrDefault(1) ?? "", StringComparer.Ordinal);
}

/// <summary>An entry of the exchange log with the hash of the one before: all that its own hash is made of.</summary>
internal sealed record LogProof(long Seq, DateTime At, string Kind, string Partner, Guid Ref, string Alg, byte[] Digest, byte[] Hash, byte[]? Previous);

/// <summary>Finds cases by whatever number somebody has in hand, and tells what happened in them.</summary>
internal sealed class CaseFiles(NpgsqlDataSource database)
{
    // A partner is shown the cases in which it was sent something, or said something.
    private const string Visible = """
          AND (@partner::text IS NULL
               OR EXISTS (SELECT 1 FROM deliveries d JOIN connectors n ON n.no = d.connector_no WHERE d.case_id = c.case_id AND n.name = @partner)
               OR EXISTS (SELECT 1 FROM events e WHERE e.case_id = c.case_id AND e.partner = @partner))
        """;

    private const string Select = "SELECT c.case_id AS CaseId, c.type AS Type, c.key AS Key, c.policy AS Policy, c.closed AS Closed, c.deadline_at AS DeadlineAt FROM cases c";

    // Found first, each way by its own index, and looked up afterwards: one condition with OR would read every case.
    private const string FindSql = $"""
        WITH found AS MATERIALIZED (
             SELECT case_id FROM cases WHERE key_hash = ANY(@keyHashes)
              UNION
             SELECT unnest(@caseIds)
              UNION
             SELECT case_id FROM events WHERE event_id = ANY(@eventIds) OR identity = ANY(@identities)
              UNION
             (SELECT case_id FROM case_numbers WHERE number = ANY(@numbers) ORDER BY number, case_id LIMIT 50))
        {Select}
         WHERE c.case_id IN (SELECT case_id FROM found)
        {Visible}
         ORDER BY c.case_id
         LIMIT 50
        """;

    private const string NewestSql = $"""
        {Select}
         WHERE c.case_id IN (SELECT case_id FROM (SELECT case_id FROM events ORDER BY event_id DESC LIMIT 500) e)
           AND c.type <> 'publisher_poll'
        {Visible}
         ORDER BY c.case_id DESC
         LIMIT @limit
        """;

    private const string OneSql = $"""
        {Select}
         WHERE c.case_id = @caseId
        {Visible}
        """;

    private const string SourcesSql = "SELECT DISTINCT unnest(sources) FROM api_keys";

    private const string EventsSql = """
        SELECT e.event_id AS EventId, e.partner AS Partner, e.type AS Type, e.source AS Source, e.source_id AS SourceId, e.occurred_at AS OccurredAt, l.at AS RecordedAt,
               e.about AS About, e.refusal AS Refusal, e.warnings AS Warnings, l.seq AS Position, l.hash AS Hash
          FROM events e
          JOIN exchange_log l ON l.ref = e.event_id AND l.kind = 'event.accepted'
         WHERE e.case_id = @caseId
         ORDER BY e.event_id DESC
         LIMIT @limit
        """;

    private const string AttemptsSql = """
        SELECT a.connector_no AS Connector, a.lane_seq AS LaneSeq, n.name AS Receiver, d.type AS Type, a.attempt AS Attempt, a.outcome AS Outcome, a.reason AS Reason,
               a.elapsed_ms AS ElapsedMs, a.recorded_at AS RecordedAt
          FROM answers a
          JOIN deliveries d ON d.case_id = a.case_id AND d.connector_no = a.connector_no AND d.lane_seq = a.lane_seq
          JOIN connectors n ON n.no = a.connector_no
         WHERE a.case_id = @caseId AND (@partner::text IS NULL OR n.name = @partner)
         ORDER BY a.recorded_at DESC
         LIMIT @limit
        """;

    private const string ActsSql = """
        SELECT seq AS Seq, at AS At, partner AS Partner, ref AS Ref, content AS Content
          FROM exchange_log
         WHERE kind = 'operator.acted' AND ref = ANY(@refs)
         ORDER BY seq DESC
        """;

    private const string RecentActsSql = """
        SELECT seq AS Seq, at AS At, partner AS Partner, ref AS Ref, content AS Content
          FROM exchange_log
         WHERE kind = 'operator.acted' AND seq < @before
         ORDER BY seq DESC
         LIMIT @limit
        """;

    private const string ProofSql = """
        SELECT l.seq AS Seq, l.at AS At, l.kind AS Kind, l.partner AS Partner, l.ref AS Ref, l.alg AS Alg, l.digest AS Digest, l.hash AS Hash, b.hash AS Previous
          FROM exchange_log l
          LEFT JOIN exchange_log b ON b.seq = l.seq - 1
         WHERE l.seq = @seq
        """;

    private const string PositionSql = "SELECT seq FROM exchange_log WHERE ref = @id AND kind = 'event.accepted'";

    // Those with something due have a wake that is never later than their deadline; what lies in the past is overdue.
    private const string DueSql = """
        SELECT count(*) FILTER (WHERE d.deadline_at > @now) AS Soon, count(*) FILTER (WHERE d.deadline_at <= @now) AS Overdue
          FROM (SELECT c.deadline_at
                  FROM cases c
                 WHERE c.wake_at <= @until AND c.deadline_at <= @until AND NOT c.closed AND c.type <> 'publisher_poll'
                 LIMIT 1000) d
        """;

    /// <param name="text">What somebody has in hand: a project code, a document or unit number, an application, a sender's own id, an event's or delivery's id.</param>
    /// <param name="types">Types of cases whose keys it may be.</param>
    /// <param name="kinds">Kinds of business numbers that it may be.</param>
    /// <param name="partner">Only cases this partner has a share in; null: all.</param>
    public async Task<IReadOnlyList<CaseLine>> FindAsync(string text, IEnumerable<string> types, IEnumerable<string> kinds, string? partner)
    {
        await using var connection = await database.OpenConnectionAsync();
        string[] keys = [text, $"doc:{text}", .. partner is null ? [] : new[] { $"application:{partner}/{text}" }];
        var ids = Guid.TryParse(text, out var id) ? new[] { id } : [];
        long[] caseIds = CommandId.TryParse(id, out var caseId, out _, out _) ? [caseId] : [];
        var sources = text.Length <= 200 ? await connection.QueryAsync<string>(SourcesSql) : [];
        return [.. await connection.QueryAsync<CaseLine>(FindSql, new
        {
            keyHashes = types.SelectMany(type => keys.Select(key => CaseKey.Hash(type, key))).ToArray(),
            caseIds,
            eventIds = ids,
            numbers = kinds.Select(kind => CaseNumbers.Digest(kind, text)).ToArray(),
            identities = sources.Append("urn:hub:operator").Select(source => CaseKey.Digest(source, text)).ToArray(),
            partner,
        })];
    }

    /// <summary>Cases that something came in for lately.</summary>
    public async Task<IReadOnlyList<CaseLine>> NewestAsync(string? partner, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<CaseLine>(NewestSql, new { partner, limit })];
    }

    public async Task<CaseLine?> OneAsync(long caseId, string? partner)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<CaseLine>(OneSql, new { caseId, partner });
    }

    public async Task<IReadOnlyList<CaseEvent>> EventsAsync(long caseId, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<CaseEvent>(EventsSql, new { caseId, limit })];
    }

    public async Task<IReadOnlyList<CaseAttempt>> AttemptsAsync(long caseId, string? partner, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<CaseAttempt>(AttemptsSql, new { caseId, partner, limit })];
    }

    /// <summary>What people did to these deliveries, newest first.</summary>
    public async Task<IReadOnlyList<ActLine>> ActsAsync(IEnumerable<Guid> deliveries)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<ActLine>(ActsSql, new { refs = deliveries.ToArray() })];
    }

    /// <summary>What people did, newest first.</summary>
    public async Task<IReadOnlyList<ActLine>> RecentActsAsync(long before, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<ActLine>(RecentActsSql, new { before, limit })];
    }

    /// <param name="what">A position, or the id of an event.</param>
    public async Task<LogProof?> ProofAsync(string what)
    {
        await using var connection = await database.OpenConnectionAsync();
        long? seq = long.TryParse(what, System.Globalization.CultureInfo.InvariantCulture, out var position) ? position
            : Guid.TryParse(what, out var id) ? await connection.QuerySingleOrDefaultAsync<long?>(PositionSql, new { id })
            : null;
        return seq is null ? null : await connection.QuerySingleOrDefaultAsync<LogProof>(ProofSql, new { seq });
    }

    /// <summary>Cases due until then, and those that are overdue; at most 1000 are counted.</summary>
    public async Task<(long Soon, long Overdue)> DueAsync(DateTimeOffset now, DateTimeOffset until)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<(long, long)>(DueSql, new { now, until });
    }
}
