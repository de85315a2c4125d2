using System.Globalization;
using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>One publisher and one receiver on one day.</summary>
/// <param name="Day">The city's day, <c>yyyy-MM-dd</c>.</param>
/// <param name="Events">Events of the publisher that day of which something was for the receiver.</param>
/// <param name="Sent">Commands they caused, whenever those left.</param>
/// <param name="Taken">Of these the receiver said that it has them.</param>
/// <param name="Skipped">A person left them undelivered.</param>
/// <param name="Receipted">Of the taken ones the receiver also sent a receipt (回执) about the event.</param>
internal sealed record Reconciliation(
    string Day, string Publisher, string Receiver, int Events, int Sent, int Taken, int Skipped, int Receipted, DateTime CountedAt, string? SignedBy, DateTime? SignedAt, string? Note)
{
    /// <summary>What was sent and is not with the receiver.</summary>
    public int Difference => Sent - Taken;
}

/// <summary>How one day stands as a whole.</summary>
internal sealed record ReconciledDay(string Day, int Pairs, int Signed, int Difference);

/// <summary>What a receiver's own list says against ours.</summary>
/// <param name="Same">In both.</param>
/// <param name="Missing">Taken by our record, and not in theirs.</param>
/// <param name="Unsure">In theirs, though we have no answer that says so.</param>
/// <param name="Strange">In theirs, and not ours of that day and receiver.</param>
internal sealed record ListComparison(int Same, IReadOnlyList<Guid> Missing, IReadOnlyList<Guid> Unsure, IReadOnlyList<Guid> Strange)
{
    public static ListComparison Of(IReadOnlyDictionary<Guid, bool> taken, IReadOnlySet<Guid> theirs) => new(
        theirs.Count(id => taken.GetValueOrDefault(id)),
        [.. taken.Where(pair => pair.Value && !theirs.Contains(pair.Key)).Select(pair => pair.Key).Order()],
        [.. theirs.Where(id => taken.TryGetValue(id, out var known) && !known).Order()],
        [.. theirs.Where(id => !taken.ContainsKey(id)).Order()]);
}

/// <summary>Reconciliation (对账) for each day and pair: counted from the events of the day, signed by a person and then fixed.</summary>
internal sealed class Reconciliations(NpgsqlDataSource database, TimeProvider time)
{
    private const int DaysShown = 31;

    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    // Days that this node knows to be done; one without an event leaves no row.
    private readonly HashSet<DateOnly> counted = [];

    // Questions have no effect, so there is nothing to reconcile.
    private const string DayCommands = """
        WITH page AS MATERIALIZED (
             SELECT event_id, case_id, partner
               FROM events
              WHERE event_id >= @first AND event_id < @beyond AND about IS NULL),
        sent AS (
             SELECT p.event_id, p.partner, d.case_id, d.connector_no, d.lane_seq, a.outcome
               FROM page p
              CROSS JOIN LATERAL (
                    SELECT x.case_id, x.connector_no, x.lane_seq
                      FROM deliveries x
                     WHERE x.case_id = p.case_id AND x.cause_id = p.event_id AND x.type <> 'licence.query.v1'
                    OFFSET 0) d
               LEFT JOIN LATERAL (
                    SELECT outcome
                      FROM answers x
                     WHERE x.case_id = d.case_id AND x.connector_no = d.connector_no AND x.lane_seq = d.lane_seq
                     ORDER BY fence DESC
                     LIMIT 1) a ON true)
        """;

    private const string CountSql = DayCommands + """

        INSERT INTO reconciliations AS r (day, publisher, connector_no, events, sent, taken, skipped, receipted, counted_at)
        SELECT @day::date, s.partner, s.connector_no, count(DISTINCT s.event_id), count(*), count(*) FILTER (WHERE s.outcome = 'taken'), count(*) FILTER (WHERE s.outcome = 'skipped'),
               count(*) FILTER (WHERE s.outcome = 'taken' AND EXISTS (SELECT 1 FROM events e WHERE e.about = s.event_id AND e.partner = n.name)), @now
          FROM sent s
          JOIN connectors n ON n.no = s.connector_no
         GROUP BY s.partner, s.connector_no
            ON CONFLICT (day, publisher, connector_no) DO UPDATE
           SET events = EXCLUDED.events, sent = EXCLUDED.sent, taken = EXCLUDED.taken, skipped = EXCLUDED.skipped, receipted = EXCLUDED.receipted, counted_at = EXCLUDED.counted_at
         WHERE r.signed_at IS NULL
        """;

    private const string IdsSql = DayCommands + """

        SELECT s.case_id AS CaseId, s.connector_no AS Connector, s.lane_seq AS LaneSeq, COALESCE(s.outcome = 'taken', false) AS Taken
          FROM sent s
          JOIN connectors n ON n.no = s.connector_no
         WHERE n.name = @receiver
        """;

    private const string DaySql = """
        SELECT r.day::text AS Day, r.publisher AS Publisher, n.name AS Receiver, r.events AS Events, r.sent AS Sent, r.taken AS Taken, r.skipped AS Skipped, r.receipted AS Receipted,
               r.counted_at AS CountedAt, r.signed_by AS SignedBy, r.signed_at AS SignedAt, r.note AS Note
          FROM reconciliations r
          JOIN connectors n ON n.no = r.connector_no
         WHERE r.day = @day::date AND (@partner::text IS NULL OR n.name = @partner OR r.publisher = @partner)
         ORDER BY (r.signed_at IS NULL AND r.sent > r.taken) DESC, r.publisher, n.name
        """;

    private const string DaysSql = """
        SELECT r.day::text AS Day, count(*)::integer AS Pairs, (count(*) FILTER (WHERE r.signed_at IS NOT NULL))::integer AS Signed, sum(r.sent - r.taken)::integer AS Difference
          FROM reconciliations r
          JOIN connectors n ON n.no = r.connector_no
         WHERE r.day > @after::date AND (@partner::text IS NULL OR n.name = @partner OR r.publisher = @partner)
         GROUP BY r.day
         ORDER BY r.day DESC
        """;

    // Only what was counted after the day was over can be signed: before, more may come.
    private const string SignSql = """
        UPDATE reconciliations r
           SET signed_by = @by, signed_at = @now, note = @note
          FROM connectors n
         WHERE n.no = r.connector_no AND r.day = @day::date AND r.publisher = @publisher AND n.name = @receiver AND r.signed_at IS NULL AND r.counted_at >= @over
        RETURNING r.events AS Events, r.sent AS Sent, r.taken AS Taken, r.skipped AS Skipped, r.receipted AS Receipted
        """;

    private const string CountedSql = "SELECT EXISTS (SELECT 1 FROM reconciliations WHERE day = @day::date AND counted_at >= @over)";

    /// <summary>The city's day of this moment.</summary>
    public static DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDateTime(instant.ToOffset(CityOffset).DateTime);

    /// <summary>When the day is over.</summary>
    public static DateTimeOffset EndOf(DateOnly day) => new DateTimeOffset(day.AddDays(1).ToDateTime(TimeOnly.MinValue), CityOffset).ToUniversalTime();

    /// <summary>Counts every day of the last month that was not counted since it ended: a hub that stood still for a week owes a week.</summary>
    public async Task CountPastAsync()
    {
        var today = DayOf(time.GetUtcNow());
        for (var day = today.AddDays(-DaysShown); day < today; day = day.AddDays(1))
        {
            if (counted.Contains(day))
                continue;
            if (!await IsCountedAsync(day))
                await CountAsync(day);
            counted.Add(day);
        }
    }

    private async Task<bool> IsCountedAsync(DateOnly day)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<bool>(CountedSql, new { day = Text(day), over = EndOf(day) });
    }

    /// <summary>Counts the day as it now stands; what is signed stays as it was.</summary>
    public async Task CountAsync(DateOnly day)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(CountSql, new { day = Text(day), first = FirstId(day), beyond = FirstId(day.AddDays(1)), now = time.GetUtcNow() });
    }

    /// <param name="day">City's day.</param>
    /// <param name="partner">The publisher or receiver whose rows alone are wanted; null: all.</param>
    public async Task<IReadOnlyList<Reconciliation>> OfDayAsync(DateOnly day, string? partner)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<Reconciliation>(DaySql, new { day = Text(day), partner })];
    }

    /// <summary>The last days that were counted, the newest first.</summary>
    public async Task<IReadOnlyList<ReconciledDay>> DaysAsync(string? partner)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<ReconciledDay>(DaysSql, new { after = Text(DayOf(time.GetUtcNow()).AddDays(-DaysShown - 1)), partner })];
    }

    /// <summary>A receiver's own list of what it has of that day, against ours.</summary>
    public async Task<ListComparison> CompareAsync(DateOnly day, string receiver, IReadOnlySet<Guid> theirs)
    {
        await using var connection = await database.OpenConnectionAsync();
        var ours = await connection.QueryAsync<(long CaseId, short Connector, long LaneSeq, bool Taken)>(IdsSql, new { first = FirstId(day), beyond = FirstId(day.AddDays(1)), receiver });
        return ListComparison.Of(ours.ToDictionary(row => CommandId.Of(row.CaseId, row.Connector, row.LaneSeq), row => row.Taken), theirs);
    }

    /// <summary>Somebody answers for the figures; they stand in the exchange log as signed.</summary>
    /// <returns>False when there is no such row that was counted after its day and is not signed.</returns>
    public async Task<bool> SignAsync(DateOnly day, string publisher, string receiver, string note, string by, string requestId)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.QuerySingleOrDefaultAsync<(int Events, int Sent, int Taken, int Skipped, int Receipted)?>(
            SignSql, new { day = Text(day), publisher, receiver, note, by, now, over = EndOf(day) }) is not { } signed)
            return false;
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(LogEntry.OperatorActed, receiver, Guid.CreateVersion7(now), string.Create(
            CultureInfo.InvariantCulture,
            $"act SignReconciliation\nsubject {Text(day)} {publisher} {receiver}\nevents {signed.Events}\nsent {signed.Sent}\ntaken {signed.Taken}\nskipped {signed.Skipped}\nreceipted {signed.Receipted}\nby {by}\nreason {note}\nrequest {requestId}")));
        await transaction.CommitAsync();
        return true;
    }

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static Guid FirstId(DateOnly day) => DeliveryList.FirstId(EndOf(day.AddDays(-1)))!.Value;
}
