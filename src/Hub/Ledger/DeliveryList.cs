using System.Globalization;
using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>One delivery as people see it in a list.</summary>
internal sealed record DeliveryLine(
    Guid CauseId, long CaseId, short Connector, long LaneSeq, string Receiver, string Type, string CauseType, string CaseKey, DateTime RecordedAt, DateTime? DueAt,
    string? Outcome, string? Reason, int? Attempt, DateTime? AnsweredAt, string? WaitState, string? WaitReason, int? WaitAttempts, DateTime? NextAt)
{
    public Guid Id => CommandId.Of(CaseId, Connector, LaneSeq);
}

/// <summary>What a list of deliveries is narrowed to; null: not narrowed.</summary>
internal sealed record DeliveryFilter
{
    public string? State { get; init; }
    public string? Receiver { get; init; }

    /// <summary>Type of the command.</summary>
    public string? Type { get; init; }

    /// <summary>Reasons for which something waits, any of them.</summary>
    public string[]? Reasons { get; init; }

    /// <summary>Recorded at this moment or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Recorded before this moment.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only what was attempted more than once.</summary>
    public bool Resent { get; init; }

    /// <summary>Only deliveries of these cases, which are few.</summary>
    public long[]? CaseIds { get; init; }

    /// <summary>Only what is kept in <c>waits</c>: it is few, and found from there.</summary>
    public bool OnlyWaits => State is WaitRow.Waiting or WaitRow.Parked or WaitRow.Offered || Reasons is not null;
}

/// <summary>Some lines of a list, and from where it goes on.</summary>
/// <param name="Lines">Newest first, or what waits in the order of its receivers.</param>
/// <param name="Next">Goes on after them; null at the end. A page that is narrowed may be short, or empty, and still go on.</param>
internal sealed record DeliveryPage(IReadOnlyList<DeliveryLine> Lines, string? Next);

/// <summary>What waits for one receiver, for one reason.</summary>
internal sealed record WaitGroup(string Receiver, string State, string Reason, long Count, DateTime Oldest, int Attempts);

/// <summary>One attempt at a delivery.</summary>
internal sealed record AttemptLine(int Attempt, long Fence, string Outcome, string? Reason, string? PartnerCode, string? PartnerReference, int ElapsedMs, DateTime RecordedAt, byte[]? Response, string Content);

/// <summary>A delivery's command as it is stored; null data: retention took it.</summary>
internal sealed record DeliveryBody(Guid KeyHash, byte[]? Data);

/// <summary>
/// Deliveries for people. The list follows the events, whose ids rise with time, so it needs no index of its own; one page looks at a bounded number of
/// events whatever it is narrowed to, and says from where it goes on.
/// </summary>
internal sealed class DeliveryList(NpgsqlDataSource database, BodyCipher bodies)
{
    /// <summary>Events that one page looks at, at most.</summary>
    public const int ScanMax = 2000;

    private const string Columns = """
        SELECT d.cause_id AS CauseId, d.case_id AS CaseId, d.connector_no AS Connector, d.lane_seq AS LaneSeq, n.name AS Receiver, d.type AS Type, d.cause_type AS CauseType,
               c.key AS CaseKey, d.recorded_at AS RecordedAt, d.due_at AS DueAt, a.outcome AS Outcome, a.reason AS Reason, a.attempt AS Attempt, a.recorded_at AS AnsweredAt,
               w.state AS WaitState, w.reason AS WaitReason, w.attempts AS WaitAttempts, CASE WHEN w.state = 'waiting' THEN w.due_at END AS NextAt
        """;

    private const string LastAnswer = """
          LEFT JOIN LATERAL (
               SELECT outcome, reason, attempt, recorded_at
                 FROM answers x
                WHERE x.case_id = d.case_id AND x.connector_no = d.connector_no AND x.lane_seq = d.lane_seq
                ORDER BY fence DESC
                LIMIT 1) a ON true
        """;

    private const string ResentOnly = """
           AND (NOT @resent OR (SELECT count(*) FROM answers x WHERE x.case_id = d.case_id AND x.connector_no = d.connector_no AND x.lane_seq = d.lane_seq AND x.outcome <> 'skipped') > 1)
        """;

    private const string NewestSql = $"""
        WITH page AS MATERIALIZED (
             SELECT event_id, case_id
               FROM events
              WHERE (@before::uuid IS NULL OR event_id <= @before) AND (@oldest::uuid IS NULL OR event_id >= @oldest) AND (@newest::uuid IS NULL OR event_id < @newest)
              ORDER BY event_id DESC
              LIMIT @scan)
        {Columns}
          FROM page p
         CROSS JOIN LATERAL (
               SELECT x.case_id, x.connector_no, x.lane_seq, x.type, x.cause_id, x.cause_type, x.recorded_at, x.due_at
                 FROM deliveries x
                WHERE x.case_id = p.case_id AND x.cause_id = p.event_id
               OFFSET 0) d
          JOIN connectors n ON n.no = d.connector_no
          JOIN cases c ON c.case_id = d.case_id
        {LastAnswer}
          LEFT JOIN waits w ON w.connector_no = d.connector_no AND w.case_id = d.case_id AND w.lane_seq = d.lane_seq
         WHERE (@before::uuid IS NULL OR p.event_id < @before OR (d.connector_no, d.lane_seq) > (@connector, @laneSeq))
           AND (@receiver::text IS NULL OR n.name = @receiver)
           AND (@type::text IS NULL OR d.type = @type)
           AND (@state::text IS NULL OR @state = CASE WHEN w.state IS NOT NULL THEN w.state WHEN a.outcome IN ('taken', 'skipped') THEN a.outcome ELSE 'open' END)
        {ResentOnly}
         ORDER BY p.event_id DESC, d.connector_no, d.lane_seq
         LIMIT @limit
        """;

    // The first event that the page did not look at.
    private const string BeyondSql = """
        SELECT event_id
          FROM events
         WHERE (@before::uuid IS NULL OR event_id <= @before) AND (@oldest::uuid IS NULL OR event_id >= @oldest) AND (@newest::uuid IS NULL OR event_id < @newest)
         ORDER BY event_id DESC
        OFFSET @scan
         LIMIT 1
        """;

    private const string WaitsSql = $"""
        {Columns}
          FROM waits w
          JOIN deliveries d ON d.case_id = w.case_id AND d.connector_no = w.connector_no AND d.lane_seq = w.lane_seq
          JOIN connectors n ON n.no = w.connector_no
          JOIN cases c ON c.case_id = w.case_id
        {LastAnswer}
         WHERE (w.connector_no, w.case_id) > (@connector, @caseId)
           AND (@receiver::text IS NULL OR n.name = @receiver)
           AND (@type::text IS NULL OR d.type = @type)
           AND (@state::text IS NULL OR w.state = @state)
           AND (@reasons::text[] IS NULL OR (w.reason = ANY(@reasons) AND w.state IN ('waiting', 'parked')))
           AND (@from::timestamptz IS NULL OR d.recorded_at >= @from) AND (@to::timestamptz IS NULL OR d.recorded_at < @to)
        {ResentOnly}
         ORDER BY w.connector_no, w.case_id
         LIMIT @limit
        """;

    private const string OfCasesSql = $"""
        {Columns}
          FROM deliveries d
          JOIN connectors n ON n.no = d.connector_no
          JOIN cases c ON c.case_id = d.case_id
        {LastAnswer}
          LEFT JOIN waits w ON w.connector_no = d.connector_no AND w.case_id = d.case_id AND w.lane_seq = d.lane_seq
         WHERE d.case_id = ANY(@caseIds)
           AND (@receiver::text IS NULL OR n.name = @receiver)
           AND (@type::text IS NULL OR d.type = @type)
           AND (@state::text IS NULL OR @state = CASE WHEN w.state IS NOT NULL THEN w.state WHEN a.outcome IN ('taken', 'skipped') THEN a.outcome ELSE 'open' END)
           AND (@reasons::text[] IS NULL OR (w.reason = ANY(@reasons) AND w.state IN ('waiting', 'parked')))
           AND (@from::timestamptz IS NULL OR d.recorded_at >= @from) AND (@to::timestamptz IS NULL OR d.recorded_at < @to)
        {ResentOnly}
         ORDER BY d.recorded_at DESC, d.case_id, d.connector_no, d.lane_seq
        OFFSET @skip
         LIMIT @limit
        """;

    private const string OfCaseSql = $"""
        {Columns}
          FROM deliveries d
          JOIN connectors n ON n.no = d.connector_no
          JOIN cases c ON c.case_id = d.case_id
        {LastAnswer}
          LEFT JOIN waits w ON w.connector_no = d.connector_no AND w.case_id = d.case_id AND w.lane_seq = d.lane_seq
         WHERE d.case_id = @caseId AND (@receiver::text IS NULL OR n.name = @receiver)
           AND (@connector::smallint IS NULL OR (d.connector_no = @connector AND d.lane_seq = @laneSeq))
         ORDER BY d.recorded_at DESC, d.connector_no, d.lane_seq DESC
         LIMIT @limit
        """;

    private const string GroupsSql = """
        SELECT n.name AS Receiver, w.state AS State, w.reason AS Reason, count(*) AS Count, min(w.since) AS Oldest, max(w.attempts) AS Attempts
          FROM waits w
          JOIN connectors n ON n.no = w.connector_no
         WHERE @receiver::text IS NULL OR n.name = @receiver
         GROUP BY n.name, w.state, w.reason
         ORDER BY count(*) DESC, n.name, w.reason
        """;

    private const string AttemptsSql = """
        SELECT attempt AS Attempt, fence AS Fence, outcome AS Outcome, reason AS Reason, partner_code AS PartnerCode, partner_reference AS PartnerReference,
               elapsed_ms AS ElapsedMs, recorded_at AS RecordedAt, response AS Response, content AS Content
          FROM answers
         WHERE case_id = @caseId AND connector_no = @connector AND lane_seq = @laneSeq
         ORDER BY fence
        """;

    private const string BodySql = """
        SELECT c.key_hash AS KeyHash, d.data AS Data
          FROM deliveries d
          JOIN cases c ON c.case_id = d.case_id
         WHERE d.case_id = @caseId AND d.connector_no = @connector AND d.lane_seq = @laneSeq
        """;

    public async Task<DeliveryPage> ListAsync(DeliveryFilter filter, string? after, int limit) =>
        filter.CaseIds is not null ? await OfCasesAsync(filter, after, limit) : filter.OnlyWaits ? await WaitsAsync(filter, after, limit) : await NewestAsync(filter, after, limit);

    public async Task<IReadOnlyList<WaitGroup>> GroupsAsync(string? receiver)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<WaitGroup>(GroupsSql, new { receiver })];
    }

    public async Task<IReadOnlyList<DeliveryLine>> OfCaseAsync(long caseId, string? receiver, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<DeliveryLine>(OfCaseSql, new { caseId, receiver, connector = (short?)null, laneSeq = (long?)null, limit })];
    }

    /// <returns>Null when there is none, or it is another receiver's.</returns>
    public async Task<DeliveryLine?> FindAsync(Guid id, string? receiver)
    {
        if (!CommandId.TryParse(id, out var caseId, out var connectorNo, out var number))
            return null;
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<DeliveryLine>(OfCaseSql, new { caseId, receiver, connector = (short?)connectorNo, laneSeq = (long?)number, limit = 1 });
    }

    public async Task<IReadOnlyList<AttemptLine>> AttemptsAsync(DeliveryLine of)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. (await connection.QueryAsync<AttemptLine>(AttemptsSql, new { of.CaseId, of.Connector, of.LaneSeq }))
            .Select(row => row.Response is null ? row : row with { Response = bodies.Open(row.Response) })];
    }

    public async Task<DeliveryBody?> BodyAsync(DeliveryLine of)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<DeliveryBody>(BodySql, new { of.CaseId, of.Connector, of.LaneSeq }) is { } row
            ? row with { Data = row.Data is null ? null : bodies.Open(row.Data) }
            : null;
    }

    private async Task<DeliveryPage> NewestAsync(DeliveryFilter filter, string? after, int limit)
    {
        var place = Place(after);
        var parameters = new
        {
            before = place?.Event,
            connector = place?.Connector ?? 0,
            laneSeq = place?.LaneSeq ?? 0,
            oldest = FirstId(filter.From),
            newest = FirstId(filter.To),
            filter.Receiver,
            filter.Type,
            filter.State,
            filter.Resent,
            scan = ScanMax,
            limit,
        };
        await using var connection = await database.OpenConnectionAsync();
        var lines = (await connection.QueryAsync<DeliveryLine>(NewestSql, parameters)).ToList();
        if (lines.Count == limit)
            return new(lines, Text(lines[^1].CauseId, lines[^1].Connector, lines[^1].LaneSeq));

        // All deliveries of the next event are still to come.
        return new(lines, await connection.QuerySingleOrDefaultAsync<Guid?>(BeyondSql, parameters) is { } beyond ? Text(beyond, -1, 0) : null);
    }

    private async Task<DeliveryPage> WaitsAsync(DeliveryFilter filter, string? after, int limit)
    {
        var place = Place(after);
        await using var connection = await database.OpenConnectionAsync();
        var lines = (await connection.QueryAsync<DeliveryLine>(WaitsSql, new
        {
            connector = place?.Connector ?? 0,
            caseId = place is null ? long.MaxValue : place.Value.LaneSeq,
            filter.Receiver,
            filter.Type,
            filter.State,
            filter.Reasons,
            filter.Resent,
            filter.From,
            filter.To,
            limit,
        })).ToList();
        return new(lines, lines.Count == limit ? Text(Guid.Empty, lines[^1].Connector, lines[^1].CaseId) : null);
    }

    private async Task<DeliveryPage> OfCasesAsync(DeliveryFilter filter, string? after, int limit)
    {
        var skip = Place(after)?.LaneSeq ?? 0;
        await using var connection = await database.OpenConnectionAsync();
        var lines = (await connection.QueryAsync<DeliveryLine>(
            OfCasesSql, new { filter.CaseIds, filter.Receiver, filter.Type, filter.State, filter.Reasons, filter.Resent, filter.From, filter.To, skip = Math.Max(skip, 0), limit })).ToList();
        return new(lines, lines.Count == limit ? Text(Guid.Empty, 0, skip + limit) : null);
    }

    /// <summary>The lowest id that an event of this moment or a later one can have: the first 48 bits of a UUID version 7 are its milliseconds.</summary>
    public static Guid? FirstId(DateTimeOffset? instant)
    {
        if (instant is not { } known)
            return null;
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, known.ToUnixTimeMilliseconds() << 16);
        return new Guid(bytes, bigEndian: true);
    }

    private static string Text(Guid @event, short connector, long number) => string.Create(CultureInfo.InvariantCulture, $"{@event:N}.{connector}.{number}");

    private static (Guid Event, short Connector, long LaneSeq)? Place(string? text) =>
        text?.Split('.') is [var id, var connector, var number] && Guid.TryParse(id, out var found) && short.TryParse(connector, CultureInfo.InvariantCulture, out var no)
            && long.TryParse(number, CultureInfo.InvariantCulture, out var seq)
            ? (found, no, seq)
            : null;
}
