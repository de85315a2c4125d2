using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>How long deliveries of one hour took from the acceptance of their event, of a sample.</summary>
/// <param name="Sampled">Deliveries that were looked at.</param>
/// <param name="Open">Of these, not delivered yet, or never.</param>
/// <param name="P50">Milliseconds; null while none was delivered.</param>
internal sealed record LatencyRow(int Hour, long Sampled, long Open, double? P50, double? P95, double? P99);

/// <summary>Times from acceptance to delivery, from a sample whose size does not grow with the table: events are found by their ids, which rise with time.</summary>
internal sealed class Latencies(NpgsqlDataSource database)
{
    private const int HourSlots = 12;
    private const int EventsOfSlot = 25;

    private static readonly TimeSpan Slot = TimeSpan.FromMinutes(60.0 / HourSlots);

    // LATERAL and OFFSET 0 as in the list of deliveries: whatever the planner believes about the sizes, rows are found by their keys.
    private const string BandsSql = """
        SELECT ((s.n - 1) / @HourSlots)::int AS Hour, count(*) AS Sampled, count(*) FILTER (WHERE a.recorded_at IS NULL) AS Open,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.recorded_at - e.received_at) * 1000) FILTER (WHERE a.recorded_at IS NOT NULL) AS P50,
               percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM a.recorded_at - e.received_at) * 1000) FILTER (WHERE a.recorded_at IS NOT NULL) AS P95,
               percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM a.recorded_at - e.received_at) * 1000) FILTER (WHERE a.recorded_at IS NOT NULL) AS P99
          FROM unnest(@begins, @ends) WITH ORDINALITY AS s (begins, ends, n)
         CROSS JOIN LATERAL (
               SELECT x.event_id, x.case_id, x.received_at
                 FROM events x
                WHERE x.event_id >= s.begins AND x.event_id < s.ends
                ORDER BY x.event_id
                LIMIT @EventsOfSlot) e
         CROSS JOIN LATERAL (
               SELECT x.case_id, x.connector_no, x.lane_seq
                 FROM deliveries x
                WHERE x.case_id = e.case_id AND x.cause_id = e.event_id
               OFFSET 0) d
          LEFT JOIN LATERAL (
               SELECT x.recorded_at
                 FROM answers x
                WHERE x.case_id = d.case_id AND x.connector_no = d.connector_no AND x.lane_seq = d.lane_seq AND x.outcome = 'taken'
                ORDER BY x.fence
                LIMIT 1) a ON true
         GROUP BY 1
         ORDER BY 1
        """;

    /// <summary>The hours that had events, from 0 at <paramref name="from"/>.</summary>
    public async Task<IReadOnlyList<LatencyRow>> BandsAsync(DateTimeOffset from, int hours)
    {
        var ids = Enumerable.Range(0, (hours * HourSlots) + 1).Select(slot => DeliveryList.FirstId(from + (slot * Slot))!.Value).ToArray();
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<LatencyRow>(BandsSql, new { begins = ids[..^1], ends = ids[1..], HourSlots, EventsOfSlot })];
    }
}
