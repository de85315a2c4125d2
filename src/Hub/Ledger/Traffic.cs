using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>The running totals at the beginning of a quarter of an hour.</summary>
/// <param name="Quarter">That beginning.</param>
/// <param name="Receiver">The connector; null: the events.</param>
/// <param name="Queued">Deliveries, or events, so far.</param>
internal sealed record TrafficRow(DateTime Quarter, string? Receiver, long Queued, long Taken, long Skipped, long Failed);

/// <summary>What came in and went out, by quarters of an hour: samples of the totals that are counted anyway.</summary>
internal sealed class Traffic(NpgsqlDataSource database)
{
    /// <summary>Samples are kept so long.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(40);

    // Several nodes sample; the first one's counts.
    private const string SampleSql = """
        INSERT INTO traffic (quarter, connector_no, queued, taken, skipped, failed)
        SELECT @quarter, 0, h.events, 0, 0, 0
          FROM chain_head h
         UNION ALL
        SELECT @quarter, n.no, COALESCE(t.queued, 0), COALESCE(t.taken, 0), COALESCE(t.skipped, 0), COALESCE(t.failed, 0)
          FROM connectors n
          LEFT JOIN delivery_totals t ON t.connector_no = n.no
            ON CONFLICT DO NOTHING
        """;

    private const string ForgetSql = "DELETE FROM traffic WHERE quarter < @before";

    private const string SinceSql = """
        SELECT t.quarter AS Quarter, n.name AS Receiver, t.queued AS Queued, t.taken AS Taken, t.skipped AS Skipped, t.failed AS Failed
          FROM traffic t
          LEFT JOIN connectors n ON n.no = t.connector_no
         WHERE t.quarter >= @since
         ORDER BY t.quarter
        """;

    // The first sample at or after the moment: a hub that stood still in between had nothing to count.
    private const string AtSql = """
        SELECT t.quarter AS Quarter, n.name AS Receiver, t.queued AS Queued, t.taken AS Taken, t.skipped AS Skipped, t.failed AS Failed
          FROM traffic t
          LEFT JOIN connectors n ON n.no = t.connector_no
         WHERE t.quarter = (SELECT min(quarter) FROM traffic WHERE quarter >= @since)
        """;

    public static DateTimeOffset QuarterOf(DateTimeOffset instant) => new(instant.UtcTicks - (instant.UtcTicks % TimeSpan.FromMinutes(15).Ticks), TimeSpan.Zero);

    public async Task SampleAsync(DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        if (await connection.ExecuteAsync(SampleSql, new { quarter = QuarterOf(now) }) > 0)
            await connection.ExecuteAsync(ForgetSql, new { before = now - Kept });
    }

    public async Task<IReadOnlyList<TrafficRow>> SinceAsync(DateTimeOffset since)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<TrafficRow>(SinceSql, new { since })];
    }

    /// <summary>The totals as they stood then.</summary>
    public async Task<IReadOnlyList<TrafficRow>> AtAsync(DateTimeOffset since)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<TrafficRow>(AtSql, new { since })];
    }
}
