using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>One command that a bureau's event became.</summary>
/// <param name="State">A state of a wait, taken, skipped, or open.</param>
internal sealed record SubmissionStep(string Receiver, string Type, string State, string? Reason, DateTime? AnsweredAt);

/// <summary>A bureau's event and what became of it.</summary>
/// <param name="Unserved">Nobody serves its case, or a person has to say something first.</param>
internal sealed record Submission(Guid EventId, string SourceId, string Type, string CaseKey, DateTime ReceivedAt, string? Refusal, bool Warned, bool Unserved, IReadOnlyList<SubmissionStep> Steps);

/// <summary>How many events of a day stand so.</summary>
/// <param name="State">refused, unserved, parked, open, taken, or none: it led to no command.</param>
internal sealed record SubmissionCount(DateOnly Day, string State, long Count);

/// <summary>What a bureau has published, event by event and day by day.</summary>
internal sealed class Submissions(NpgsqlDataSource database)
{
    /// <summary>Events that the days are counted from at most, the newest.</summary>
    public const int CountedMax = 20_000;

    private const string PageSql = """
        WITH page AS MATERIALIZED (
             SELECT event_id, case_id, source_id, type, received_at, refusal, warnings IS NOT NULL AS warned
               FROM events
              WHERE partner = @partner AND about IS NULL AND (@before::uuid IS NULL OR event_id < @before)
              ORDER BY event_id DESC
              LIMIT @limit)
        SELECT p.event_id AS EventId, p.source_id AS SourceId, p.type AS Type, c.key AS CaseKey, p.received_at AS ReceivedAt, p.refusal AS Refusal, p.warned AS Warned,
               EXISTS (SELECT 1 FROM waits u WHERE u.connector_no = 0 AND u.case_id = p.case_id) AS Unserved,
               n.name AS Receiver, d.type AS CommandType, a.reason AS Reason, a.recorded_at AS AnsweredAt,
               COALESCE(w.state, CASE WHEN a.outcome IN ('taken', 'skipped') THEN a.outcome ELSE 'open' END) AS State
          FROM page p
          JOIN cases c ON c.case_id = p.case_id
          LEFT JOIN deliveries d ON d.case_id = p.case_id AND d.cause_id = p.event_id
          LEFT JOIN connectors n ON n.no = d.connector_no
          LEFT JOIN LATERAL (
               SELECT outcome, reason, recorded_at
                 FROM answers x
                WHERE x.case_id = d.case_id AND x.connector_no = d.connector_no AND x.lane_seq = d.lane_seq
                ORDER BY fence DESC
                LIMIT 1) a ON true
          LEFT JOIN waits w ON w.connector_no = d.connector_no AND w.case_id = d.case_id AND w.lane_seq = d.lane_seq
         ORDER BY p.event_id DESC, d.connector_no, d.lane_seq
        """;

    private const string CountsSql = """
        WITH page AS MATERIALIZED (
             SELECT event_id, case_id, received_at, refusal
               FROM events
              WHERE partner = @partner AND about IS NULL AND event_id >= @oldest
              ORDER BY event_id DESC
              LIMIT @CountedMax),
        judged AS (
             SELECT p.event_id, p.received_at,
                    CASE WHEN p.refusal IS NOT NULL THEN 'refused'
                         WHEN count(d.lane_seq) = 0 AND EXISTS (SELECT 1 FROM waits u WHERE u.connector_no = 0 AND u.case_id = p.case_id) THEN 'unserved'
                         WHEN count(d.lane_seq) = 0 THEN 'none'
                         WHEN bool_or(w.state = 'parked') THEN 'parked'
                         WHEN bool_and(COALESCE(a.settled, false)) THEN 'taken'
                         ELSE 'open' END AS state
               FROM page p
               LEFT JOIN deliveries d ON d.case_id = p.case_id AND d.cause_id = p.event_id
               LEFT JOIN waits w ON w.connector_no = d.connector_no AND w.case_id = d.case_id AND w.lane_seq = d.lane_seq
               LEFT JOIN LATERAL (
                    SELECT bool_or(x.outcome IN ('taken', 'skipped')) AS settled
                      FROM answers x
                     WHERE x.case_id = d.case_id AND x.connector_no = d.connector_no AND x.lane_seq = d.lane_seq) a ON true
              GROUP BY p.event_id, p.case_id, p.received_at, p.refusal)
        SELECT (received_at AT TIME ZONE 'Asia/Shanghai')::date AS Day, state AS State, count(*) AS Count
          FROM judged
         GROUP BY 1, 2
         ORDER BY 1 DESC, 2
        """;

    private const string AnySql = "SELECT EXISTS (SELECT 1 FROM events WHERE partner = @partner AND about IS NULL)";

    /// <summary>Events of a bureau, newest first, before <paramref name="before"/>.</summary>
    public async Task<IReadOnlyList<Submission>> PageAsync(string partner, Guid? before, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        var rows = await connection.QueryAsync<Row>(PageSql, new { partner, before, limit });
        return
        [
            .. rows.GroupBy(row => row.EventId).Select(group => (Row: group.First(), Steps: group.Where(step => step.Receiver is not null))).Select(one => new Submission(
                one.Row.EventId, one.Row.SourceId, one.Row.Type, one.Row.CaseKey, one.Row.ReceivedAt, one.Row.Refusal, one.Row.Warned, one.Row.Unserved,
                [.. one.Steps.Select(step => new SubmissionStep(step.Receiver!, step.CommandType!, step.State, step.Reason, step.AnsweredAt))])),
        ];
    }

    /// <summary>By day of the city and state, since then.</summary>
    public async Task<IReadOnlyList<SubmissionCount>> CountsAsync(string partner, DateTimeOffset since)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. (await connection.QueryAsync<(DateTime Day, string State, long Count)>(CountsSql, new { partner, oldest = DeliveryList.FirstId(since), CountedMax }))
            .Select(row => new SubmissionCount(DateOnly.FromDateTime(row.Day), row.State, row.Count))];
    }

    public async Task<bool> AnyAsync(string partner)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<bool>(AnySql, new { partner });
    }

    private sealed record Row
    {
        public Guid EventId { get; init; }
        public string SourceId { get; init; } = "";
        public string Type { get; init; } = "";
        public string CaseKey { get; init; } = "";
        public DateTime ReceivedAt { get; init; }
        public string? Refusal { get; init; }
        public bool Warned { get; init; }
        public bool Unserved { get; init; }
        public string? Receiver { get; init; }
        public string? CommandType { get; init; }
        public string? Reason { get; init; }
        public DateTime? AnsweredAt { get; init; }
        public string State { get; init; } = "";
    }
}
