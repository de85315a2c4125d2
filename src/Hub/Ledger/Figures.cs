using System.Globalization;
using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>One counted figure; <paramref name="Part"/> is empty for none.</summary>
internal sealed record CountedFigure(string Name, string Part, decimal Value);

/// <summary>
/// Counts the figures of the ledgers (工作台账) over a stretch of the exchange log. A period is the entries recorded in it: their times never go back, so once an entry of
/// after the period is there its stretch is fixed, and counting it again gives the same for ever. Nothing that retention takes is looked at.
/// </summary>
internal sealed class Figures(NpgsqlDataSource database)
{
    // What is counted by the type of what came in: the cases it came for, or (Cases: false) the messages. Another type is another line.
    private static readonly (string Name, string Part, string Type, bool Cases)[] OfEvents =
    [
        ("projects.received", "created", "hub.project_approval.created.v1", false),
        ("projects.received", "amended", "hub.project_approval.amended.v1", false),
        ("projects.received", "extended", "hub.project_approval.extended.v1", false),
        ("projects.received", "revoked", "hub.project_approval.revoked.v1", false),
        ("permits.applied", "", "hub.permit.applied.v1", true),
        ("outages.announced", "", "hub.outage.announced.v1", true),
    ];

    // What is counted by the type of what was taken.
    private static readonly (string Name, string Type)[] OfCommands =
    [
        ("projects.taken", "lead.create.v1"),
        ("warnings.sent", "deadline.warn.v1"),
    ];

    private const string HeadSql = "SELECT seq AS Seq, at AS At FROM chain_head";

    private const string AtSql = "SELECT at FROM exchange_log WHERE seq = @seq";

    private const string EventsSql = """
        SELECT e.type AS Type, count(*) AS Events, count(DISTINCT e.case_id) AS Cases
          FROM exchange_log l
          JOIN events e ON e.event_id = l.ref
         WHERE l.seq > @after AND l.seq <= @position AND l.kind = 'event.accepted'
           AND e.type = ANY(@types) AND e.refusal IS NULL AND e.region LIKE ANY(@regions)
         GROUP BY e.type
        """;

    // Content by content: there are few different ones.
    private const string BookingsSql = """
        SELECT convert_from(content, 'UTF8') AS Text, count(*) AS Times
          FROM exchange_log
         WHERE seq > @after AND seq <= @position AND kind = 'figure.booked' AND content IS NOT NULL
         GROUP BY content
        """;

    // An entry names its command by an id that holds the place of its row, and its very attempt by the digest: a later attempt belongs to a later period.
    private const string TakenSql = """
        WITH attempts AS MATERIALIZED (
             SELECT replace(ref::text, '-', '') AS id, digest
               FROM exchange_log
              WHERE seq > @after AND seq <= @position AND kind = 'delivery.attempted'),
        places AS (
             SELECT ('x' || lpad(substr(id, 1, 12), 16, '0'))::bit(64)::bigint AS case_id, ('x' || lpad(substr(id, 21, 4), 8, '0'))::bit(32)::integer AS connector_no,
                    ('x' || lpad(substr(id, 25, 8), 16, '0'))::bit(64)::bigint AS lane_seq, digest
               FROM attempts)
        SELECT d.type AS Type, count(DISTINCT (d.case_id, d.connector_no, d.lane_seq)) AS Times
          FROM places p
          JOIN answers a ON a.case_id = p.case_id AND a.connector_no = p.connector_no AND a.lane_seq = p.lane_seq
          JOIN deliveries d ON d.case_id = p.case_id AND d.connector_no = p.connector_no AND d.lane_seq = p.lane_seq
          JOIN events e ON e.event_id = d.cause_id
         WHERE a.outcome = 'taken' AND sha256(convert_to(a.content, 'UTF8')) = p.digest AND d.type = ANY(@types) AND e.region LIKE ANY(@regions)
         GROUP BY d.type
        """;

    /// <summary>When the first entry was recorded; null while there is none.</summary>
    public async Task<DateTimeOffset?> BeginningAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<DateTime?>(AtSql, new { seq = 1L }) is { } at ? new(at, TimeSpan.Zero) : null;
    }

    /// <summary>The entries of a period.</summary>
    /// <returns>The last one before it and its own last one; null while something may still be recorded in it.</returns>
    public async Task<(long After, long Position)?> StretchAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var (seq, at) = await connection.QuerySingleAsync<(long Seq, DateTime At)>(HeadSql);
        return new DateTimeOffset(at, TimeSpan.Zero) < to ? null : (await LastBeforeAsync(connection, from, seq), await LastBeforeAsync(connection, to, seq));
    }

    /// <param name="regions">Prefixes of GB/T 2260 codes.</param>
    /// <param name="after">Entries after this one,</param>
    /// <param name="position">up to this one.</param>
    /// <param name="cancellation">Stops the count.</param>
    /// <returns>What is not nought, in the order of its names.</returns>
    public async Task<IReadOnlyList<CountedFigure>> CountAsync(IReadOnlyList<string> regions, long after, long position, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var patterns = regions.Select(prefix => prefix + "%").ToArray();
        var sums = new Dictionary<(string Name, string Part), decimal>();
        void Add(string name, string part, decimal value) => sums[(name, part)] = sums.GetValueOrDefault((name, part)) + value;

        foreach (var (type, events, cases) in await connection.QueryAsync<(string Type, long Events, long Cases)>(Of(EventsSql, new { after, position, types = OfEvents.Select(one => one.Type).ToArray(), regions = patterns })))
        {
            var line = OfEvents.First(one => one.Type == type);
            Add(line.Name, line.Part, line.Cases ? cases : events);
        }

        foreach (var (type, times) in await connection.QueryAsync<(string Type, long Times)>(Of(TakenSql, new { after, position, types = OfCommands.Select(one => one.Type).ToArray(), regions = patterns })))
            Add(OfCommands.First(one => one.Type == type).Name, "", times);

        foreach (var (text, times) in await connection.QueryAsync<(string Text, long Times)>(Of(BookingsSql, new { after, position })))
        {
            var lines = text.Split('\n').Select(line => line.Split(' ', 2)).ToDictionary(line => line[0], line => line[1], StringComparer.Ordinal);
            if (regions.Any(prefix => lines["region"].StartsWith(prefix, StringComparison.Ordinal)))
                Add(lines["figure"], lines["part"], times * decimal.Parse(lines["amount"], CultureInfo.InvariantCulture));
        }

        return [.. sums.Where(pair => pair.Value != 0).Select(pair => new CountedFigure(pair.Key.Name, pair.Key.Part, pair.Value))
            .OrderBy(figure => figure.Name, StringComparer.Ordinal).ThenBy(figure => figure.Part, StringComparer.Ordinal)];

        // A year of a province may take a while, and nobody waits for it.
        CommandDefinition Of(string sql, object parameters) => new(sql, parameters, commandTimeout: 0, cancellationToken: cancellation);
    }

    // Entries have no gaps and their times never go back, so the place is found by halving: no index on their time is needed.
    private static async Task<long> LastBeforeAsync(NpgsqlConnection connection, DateTimeOffset instant, long head)
    {
        var (low, high) = (0L, head);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            var at = new DateTimeOffset(await connection.ExecuteScalarAsync<DateTime>(AtSql, new { seq = middle }), TimeSpan.Zero);
            (low, high) = at < instant ? (middle, high) : (low, middle - 1);
        }

        return low;
    }
}
