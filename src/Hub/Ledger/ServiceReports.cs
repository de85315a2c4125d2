using Dapper;
using Hub.Schemas;
using Npgsql;

namespace Hub.Ledger;

/// <summary>Attempts that failed for one reason.</summary>
internal sealed record FailureCount(string Outcome, string Reason, long Count);

/// <summary>An incident of a receiver, as long as it lasted; null end: it is open.</summary>
internal sealed record IncidentSpan(string Class, DateTime OpenedAt, DateTime? ClosedAt);

/// <summary>How one receiver was served in one month of the city's calendar, by what the ledger holds.</summary>
internal sealed record ServiceReport
{
    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    public required string Receiver { get; init; }

    /// <summary>First day of the month.</summary>
    public required DateOnly Month { get; init; }

    /// <summary>First moment that is counted.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>First moment that is not counted any more.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>The month is over, so the figures stay what they are.</summary>
    public bool Final => Until == EndOf(Month);

    /// <summary>Commands recorded for the receiver.</summary>
    public long Received { get; init; }

    /// <summary>Commands that it took.</summary>
    public long Delivered { get; init; }

    /// <summary>Of those delivered: in time.</summary>
    public long OnTime { get; init; }

    /// <summary>From the record to the acceptance, seconds; null: nothing was delivered.</summary>
    public double? P50 { get; init; }
    public double? P95 { get; init; }
    public double? P99 { get; init; }
    public long Attempts { get; init; }

    /// <summary>Of the attempts: not the first one at their command.</summary>
    public long Retries { get; init; }
    public IReadOnlyList<FailureCount> Failures { get; init; } = [];

    /// <summary>Commands not settled at the end.</summary>
    public long Open { get; init; }

    /// <summary>Of the open ones: those that the hub tries no more by itself.</summary>
    public long Parked { get; init; }

    /// <summary>The longest that any command waited within the month, seconds; null: none did.</summary>
    public double? LongestWait { get; init; }

    /// <summary>Leads that were taken.</summary>
    public long Leads { get; init; }

    /// <summary>Of these: no receipt of the receiver had come by the end.</summary>
    public long ReceiptsMissing { get; init; }
    public int Incidents { get; init; }

    /// <summary>Time in which an incident of the class unreachable was open.</summary>
    public TimeSpan Away { get; init; }

    /// <summary>Time in which any incident was open that is not about a key's end.</summary>
    public TimeSpan Troubled { get; init; }

    /// <summary>Percent; null: nothing was delivered.</summary>
    public double? OnTimeShare => Delivered == 0 ? null : 100.0 * OnTime / Delivered;

    /// <summary>Percent of the time counted in which the receiver was not away.</summary>
    public double Availability => Until <= From ? 100 : 100 * (1 - (Away / (Until - From)));

    public static DateTimeOffset BeginningOf(DateOnly month) => new DateTimeOffset(month.Year, month.Month, 1, 0, 0, 0, CityOffset).ToUniversalTime();

    public static DateTimeOffset EndOf(DateOnly month) => BeginningOf(new DateOnly(month.Year, month.Month, 1).AddMonths(1));

    /// <summary>Time that at least one of them covers; several at once count once.</summary>
    public static TimeSpan Covered(IEnumerable<IncidentSpan> spans, DateTimeOffset from, DateTimeOffset until)
    {
        var covered = TimeSpan.Zero;
        var reached = from.UtcDateTime;
        foreach (var span in spans.OrderBy(span => span.OpenedAt))
        {
            var begin = span.OpenedAt > reached ? span.OpenedAt : reached;
            var end = span.ClosedAt is { } closed && closed < until.UtcDateTime ? closed : until.UtcDateTime;
            if (end <= begin)
                continue;
            covered += end - begin;
            reached = end;
        }

        return covered;
    }
}

/// <summary>
/// Counts service reports. Only what was recorded before the end of the month is looked at, and nothing that retention takes; so a month that is over gives the same
/// figures whenever it is counted.
/// </summary>
internal sealed class ServiceReports(NpgsqlDataSource database)
{
    /// <summary>A command without a due time of its own is delivered in time when it is taken so soon after it was recorded.</summary>
    public static readonly TimeSpan Target = TimeSpan.FromMinutes(15);

    // Nothing crossed the border, or it was a question about an earlier attempt.
    private static readonly string[] NoAttempts = [AnswerReasons.BreakerOpen, AnswerReasons.Queued, AnswerReasons.Lapsed, AnswerReasons.NotSeen, AnswerReasons.BatchRefused];

    private static readonly string[] LeadTypes = [CommandTypes.LeadCreate, CommandTypes.LeadUpdate, CommandTypes.LeadWithdraw];

    // A question ends with its time and waits for nobody.
    private static readonly string[] Questions = [CommandTypes.LicenceQuery];

    private const string NumberSql = "SELECT no FROM connectors WHERE name = @receiver";

    private const string ReceivedSql = "SELECT count(*) FROM deliveries WHERE connector_no = @no AND recorded_at >= @from AND recorded_at < @until";

    // A command that was taken again (a stale answer) counts when it was taken first.
    private const string DeliveredSql = """
        WITH taken AS (
             SELECT a.case_id, a.lane_seq, min(a.recorded_at) AS at
               FROM answers a
              WHERE a.connector_no = @no AND a.outcome = 'taken' AND a.recorded_at >= @from AND a.recorded_at < @until
              GROUP BY a.case_id, a.lane_seq),
        first AS (
             SELECT d.type, d.cause_id, t.at, d.recorded_at, d.due_at
               FROM taken t
               JOIN deliveries d ON d.case_id = t.case_id AND d.connector_no = @no AND d.lane_seq = t.lane_seq
              WHERE NOT EXISTS (
                    SELECT 1
                      FROM answers b
                     WHERE b.case_id = t.case_id AND b.connector_no = @no AND b.lane_seq = t.lane_seq AND b.outcome = 'taken' AND b.recorded_at < @from))
        SELECT count(*) AS Delivered, count(*) FILTER (WHERE at <= COALESCE(due_at, recorded_at + @Target)) AS OnTime,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM at - recorded_at))::double precision AS P50,
               percentile_cont(0.95) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM at - recorded_at))::double precision AS P95,
               percentile_cont(0.99) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM at - recorded_at))::double precision AS P99,
               max(EXTRACT(EPOCH FROM at - GREATEST(recorded_at, @from)))::double precision AS Longest,
               count(*) FILTER (WHERE type = ANY(@LeadTypes)) AS Leads,
               count(*) FILTER (WHERE type = ANY(@LeadTypes) AND NOT EXISTS (
                     SELECT 1
                       FROM events e
                      WHERE e.about = cause_id AND e.partner = @receiver AND e.refusal IS NULL AND e.received_at < @until)) AS ReceiptsMissing
          FROM first
        """;

    private const string AttemptsSql = """
        SELECT outcome AS Outcome, COALESCE(reason, '') AS Reason, count(*) AS Count, count(*) FILTER (WHERE attempt > 1) AS Retries
          FROM answers
         WHERE connector_no = @no AND recorded_at >= @from AND recorded_at < @until AND outcome <> 'skipped' AND (reason IS NULL OR reason <> ALL(@NoAttempts))
         GROUP BY 1, 2
         ORDER BY 3 DESC, 1, 2
        """;

    private const string OpenSql = """
        SELECT count(*) AS Open,
               count(*) FILTER (WHERE l.outcome = 'refused' OR l.attempt >= @attempts OR (l.reason = 'unauthorised' AND l.attempt >= @unauthorised)) AS Parked,
               CASE WHEN count(*) > 0 THEN EXTRACT(EPOCH FROM @until - GREATEST(min(d.recorded_at), @from))::double precision END AS Longest
          FROM deliveries d
          LEFT JOIN LATERAL (
               SELECT x.outcome, x.reason, x.attempt
                 FROM answers x
                WHERE x.case_id = d.case_id AND x.connector_no = d.connector_no AND x.lane_seq = d.lane_seq AND x.recorded_at < @until
                ORDER BY x.fence DESC
                LIMIT 1) l ON true
         WHERE d.connector_no = @no AND d.recorded_at < @until AND d.type <> ALL(@Questions)
           AND NOT EXISTS (
               SELECT 1
                 FROM answers s
                WHERE s.case_id = d.case_id AND s.connector_no = d.connector_no AND s.lane_seq = d.lane_seq AND s.outcome IN ('taken', 'skipped') AND s.recorded_at < @until)
        """;

    private const string IncidentsSql = """
        SELECT class AS Class, opened_at AS OpenedAt, closed_at AS ClosedAt
          FROM incidents
         WHERE connector_no = @no AND opened_at < @until AND (closed_at IS NULL OR closed_at > @from) AND class <> 'certificate'
         ORDER BY opened_at
        """;

    /// <param name="receiver">The connector.</param>
    /// <param name="month">Any day of it.</param>
    /// <param name="now">A month that is not over is counted until here.</param>
    /// <param name="parkedAfter">Attempts after which a command is parked; of those that were not let in.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Null when there is no such receiver.</returns>
    public async Task<ServiceReport?> CountAsync(string receiver, DateOnly month, DateTimeOffset now, (int Attempts, int Unauthorised) parkedAfter, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);

        // All figures are of one moment.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        if (await connection.ExecuteScalarAsync<short?>(Of(NumberSql, new { receiver })) is not { } no)
            return null;
        var (from, end) = (ServiceReport.BeginningOf(month), ServiceReport.EndOf(month));
        var until = now < from ? from : now < end ? now : end;
        var parameters = new { no, receiver, from, until, Target, LeadTypes, NoAttempts, Questions, attempts = parkedAfter.Attempts, unauthorised = parkedAfter.Unauthorised };
        var received = await connection.ExecuteScalarAsync<long>(Of(ReceivedSql, parameters));
        var delivered = await connection.QuerySingleAsync<DeliveredRow>(Of(DeliveredSql, parameters));
        var attempts = (await connection.QueryAsync<(string Outcome, string Reason, long Count, long Retries)>(Of(AttemptsSql, parameters))).ToList();
        var open = await connection.QuerySingleAsync<(long Open, long Parked, double? Longest)>(Of(OpenSql, parameters));
        var incidents = (await connection.QueryAsync<IncidentSpan>(Of(IncidentsSql, parameters))).ToList();
        return new()
        {
            Receiver = receiver,
            Month = new(month.Year, month.Month, 1),
            From = from,
            Until = until,
            Received = received,
            Delivered = delivered.Delivered,
            OnTime = delivered.OnTime,
            P50 = delivered.P50,
            P95 = delivered.P95,
            P99 = delivered.P99,
            Leads = delivered.Leads,
            ReceiptsMissing = delivered.ReceiptsMissing,
            Attempts = attempts.Sum(row => row.Count),
            Retries = attempts.Sum(row => row.Retries),
            Failures = [.. attempts.Where(row => row.Outcome is not "taken").Select(row => new FailureCount(row.Outcome, row.Reason, row.Count))],
            Open = open.Open,
            Parked = open.Parked,
            LongestWait = (delivered.Longest, open.Longest) is ({ } waited, { } waits) ? Math.Max(waited, waits) : delivered.Longest ?? open.Longest,
            Incidents = incidents.Count,
            Away = ServiceReport.Covered(incidents.Where(one => one.Class == "unreachable"), from, until),
            Troubled = ServiceReport.Covered(incidents, from, until),
        };

        // A month of millions may take a while.
        CommandDefinition Of(string sql, object values) => new(sql, values, transaction, commandTimeout: 300, cancellationToken: cancellation);
    }

    private sealed record DeliveredRow(long Delivered, long OnTime, double? P50, double? P95, double? P99, double? Longest, long Leads, long ReceiptsMissing);
}
