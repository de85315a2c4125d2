using System.Text.Json.Serialization;
using Hub.Dispatch;
using Hub.Engine;
using Hub.Ledger;
using Hub.Schedule;
using Npgsql;

namespace Hub.Telemetry;

/// <summary>One named check.</summary>
internal sealed record Check(string Name, bool Ok, double Ms, DateTimeOffset? LastOk, string? Detail);

internal sealed record Readiness(bool Ready, IReadOnlyList<Check> Checks);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Readiness))]
internal sealed partial class HealthJson : JsonSerializerContext;

/// <summary><c>/readyz</c>: may this node be given work. Each check is named, timed and limited to 5 s.</summary>
internal sealed class Health(
    NpgsqlDataSource database, LedgerQueries queries, Feeds feeds, BatchEngine engine, Sweeper sweeper, Lanes lanes, NodeLease node, TimeProvider time, MetricsText metrics)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StalledAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SkewMax = TimeSpan.FromSeconds(5);

    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, DateTimeOffset> lastOk = new(StringComparer.Ordinal);

    public async Task<Readiness> CheckAsync(CancellationToken cancellation)
    {
        TimeSpan? skew = null;
        var checks = new List<Check>
        {
            await RunAsync("database", async limit =>
            {
                var (now, readOnly) = await queries.ProbeAsync(limit);
                skew = (time.GetUtcNow() - new DateTimeOffset(DateTime.SpecifyKind(now, DateTimeKind.Utc))).Duration();
                return readOnly ? "refuses writes" : null;
            }, cancellation),
            await RunAsync("migrations", async limit => await Migrator.IsCurrentAsync(database, limit) ? null : "not current: run migrate", cancellation),
            await RunAsync("ledger", _ => Task.FromResult(engine.Healthy ? null : "does not commit"), cancellation),
            await RunAsync("sweeper", _ => Task.FromResult(time.GetUtcNow() - sweeper.LastProgress < StalledAfter ? null : "made no progress"), cancellation),
            await RunAsync("node", _ => Task.FromResult(node.AliveUntil > time.GetUtcNow() ? null : "its lease has ended"), cancellation),
            await RunAsync("clock", _ => Task.FromResult(skew < SkewMax ? null : skew is null ? "not known" : $"{skew.Value.TotalSeconds:0.0} s from the database's clock"), cancellation),
        };
        return new(checks.TrueForAll(check => check.Ok), checks);
    }

    /// <summary><c>/metrics</c>.</summary>
    public async Task<string> MetricsAsync()
    {
        var gauges = new List<(string, string, string, double)>
        {
            ("hub_events_waiting", "Events that wait for the engine", "", engine.EventsWaiting),
            ("hub_ledger_healthy", "1 while the ledger commits", "", engine.Healthy ? 1 : 0),
            ("process_resident_memory_bytes", "Memory", "", Environment.WorkingSet),
        };
        foreach (var lane in lanes.All)
        {
            var labels = $"receiver=\"{MetricsText.Escape(lane.Settings.Name)}\"";
            gauges.Add(("hub_breaker_state", "0 closed, 1 half open, 2 open, 3 isolated", labels, lane.Breaker.State switch
            {
                Hub.Connectors.BreakerState.Closed => 0,
                Hub.Connectors.BreakerState.HalfOpen => 1,
                Hub.Connectors.BreakerState.Open => 2,
                _ => 3,
            }));
            gauges.Add(("hub_deliveries_in_flight", "Commands with a worker", labels, lane.InFlight));
        }

        try
        {
            var now = time.GetUtcNow().UtcDateTime;
            foreach (var connector in await queries.ConnectorsAsync())
            {
                var labels = $"receiver=\"{MetricsText.Escape(connector.Name)}\"";
                gauges.Add(("hub_deliveries_waiting", "Deliveries that are not settled", labels, connector.Queued - connector.Taken - connector.Skipped));
                gauges.Add(("hub_deliveries_parked", "Deliveries that need a person", labels, connector.Parked));
                gauges.Add(("hub_oldest_waiting_seconds", "Age of the oldest delivery that waits or is parked", labels, connector.OldestWaiting is { } oldest ? (now - oldest).TotalSeconds : 0));
            }

            foreach (var lag in (await feeds.LagsAsync()).Where(lag => lag.Items > 0 || lanes.Find(lag.Name) is { Pulls: true }))
                gauges.Add(("hub_feed_lag", "Commands in the receiver's feed that it has not acknowledged", $"receiver=\"{MetricsText.Escape(lag.Name)}\"", lag.Items));

            var totals = await queries.TotalsAsync();
            gauges.Add(("hub_cases_unserved", "Cases that nobody serves", "", totals.Unserved));
            gauges.Add(("hub_exchange_log_entries", "Entries of the hash chain", "", totals.Seq));
            gauges.Add(("hub_quarantined", "Inputs set aside", "", totals.Quarantined));
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException)
        {
            // What is counted here is still worth telling while the database is away.
        }

        return metrics.Write(gauges);
    }

    private async Task<Check> RunAsync(string name, Func<CancellationToken, Task<string?>> check, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        string? detail;
        try
        {
            detail = await check(limit.Token);
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException or OperationCanceledException)
        {
            detail = error is OperationCanceledException ? "no answer in 5 s" : error.Message;
        }

        if (detail is null)
            lastOk[name] = time.GetUtcNow();
        return new(name, detail is null, Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 1), lastOk.TryGetValue(name, out var at) ? at : null, detail);
    }
}
