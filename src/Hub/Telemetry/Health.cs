using System.Text.Json.Serialization;
using Hub.Dispatch;
using Hub.Engine;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schedule;
using Npgsql;

namespace Hub.Telemetry;

/// <summary>One named check; a warning wants somebody to look and keeps nothing from working.</summary>
internal sealed record Check(string Name, bool Ok, bool Warning, double Ms, DateTimeOffset? LastOk, string? Detail);

internal sealed record Readiness(bool Ready, IReadOnlyList<Check> Checks);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Readiness))]
internal sealed partial class HealthJson : JsonSerializerContext;

/// <summary><c>/readyz</c>: may this node be given work. Each check is named, timed and limited to 5 s.</summary>
internal sealed class Health(
    NpgsqlDataSource database, LedgerQueries queries, Feeds feeds, BatchEngine engine, Sweeper sweeper, ILanes lanes, NodeLease node, TimeProvider time, MetricsText metrics, ChainWatch chain, HubSettings settings,
    PolledRows polled, OldestWaiting oldest)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StalledAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SkewMax = TimeSpan.FromSeconds(5);

    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, DateTimeOffset> lastOk = new(StringComparer.Ordinal);

    // As long as a transaction is open, the server keeps the old row versions of the chain head and of hot cases, and every commit walks past them.
    internal TimeSpan TransactionMax { get; set; } = TimeSpan.FromMinutes(1);

    public async Task<Readiness> CheckAsync(CancellationToken cancellation)
    {
        TimeSpan? skew = null;
        var checks = new List<Check>
        {
            await RunAsync("database", async limit =>
            {
                var (now, readOnly) = await queries.ProbeAsync(limit);
                skew = (DemoClock.True(time).GetUtcNow() - new DateTimeOffset(DateTime.SpecifyKind(now, DateTimeKind.Utc))).Duration();
                return readOnly ? "refuses writes" : null;
            }, cancellation),
            await RunAsync("migrations", async limit => await Migrator.IsCurrentAsync(database, limit) ? null : "not current: run migrate", cancellation),
            await RunAsync("ledger", _ => Task.FromResult(engine.Healthy ? null : "does not commit"), cancellation),
            await RunAsync("sweeper", _ => Task.FromResult(time.GetUtcNow() - sweeper.LastProgress < StalledAfter ? null : "made no progress"), cancellation),
            await RunAsync("node", _ => Task.FromResult(node.AliveUntil > time.GetUtcNow() ? null : "its lease has ended"), cancellation),
            await RunAsync("clock", _ => Task.FromResult(skew < SkewMax ? null : skew is null ? "not known" : $"{skew.Value.TotalSeconds:0.0} s from the database's clock"), cancellation),
            await RunAsync("disk", _ => Task.FromResult(Disk()), cancellation),
            await RunAsync("transactions", async limit => await queries.OldestTransactionAsync(limit) is var age && age < TransactionMax ? null : $"one has been open for {age.TotalSeconds:0} s", cancellation, warns: true),
        };
        return new(checks.TrueForAll(check => check.Ok || check.Warning), checks);
    }

    /// <summary><c>/metrics</c>.</summary>
    public async Task<string> MetricsAsync() => metrics.Write(await GaugesAsync());

    /// <summary>The values of the moment.</summary>
    public async Task<IReadOnlyList<Gauge>> GaugesAsync()
    {
        var gauges = new List<Gauge>
        {
            new("hub_events_waiting", "Events that wait for the engine", [], engine.EventsWaiting),
            new("hub_ledger_healthy", "1 while the ledger commits", [], engine.Healthy ? 1 : 0),
        };
        if (chain.LastGood is { } verified)
        {
            gauges.Add(new("hub_chain_verified_entries", "Entries of the hash chain that the last good verification covered", [], verified.Entries));
            gauges.Add(new("hub_chain_verified_age_seconds", "Time since the last good verification", [], (time.GetUtcNow() - verified.At).TotalSeconds));
        }

        foreach (var lane in lanes.All)
            gauges.AddRange(LaneGauges(lane));

        try
        {
            var now = time.GetUtcNow().UtcDateTime;
            foreach (var (name, age) in await oldest.AgesAsync())
                gauges.Add(new("hub_oldest_waiting_seconds", "Age of the oldest delivery that is not settled, whatever it waits for", [new("receiver", name)], age.TotalSeconds));
            foreach (var connector in await queries.ConnectorsAsync())
            {
                KeyValuePair<string, object?>[] labels = [new("receiver", connector.Name)];
                gauges.Add(new("hub_deliveries_waiting", "Deliveries that are not settled", labels, connector.Queued - connector.Taken - connector.Skipped));
                gauges.Add(new("hub_deliveries_parked", "Deliveries that need a person", labels, connector.Parked));
            }

            foreach (var publisher in settings.Publishers)
            {
                var process = ProcessCatalog.PublisherPoll;
                var cursor = process.Read(await polled.StateAsync(CaseKey.Hash(process.Type, publisher.Name)) ?? process.Empty);
                if (cursor.SucceededAt is { } succeeded)
                    gauges.Add(new("hub_poll_lag_seconds", "Since a polled platform's list was last read to its end, as on record", [new("publisher", publisher.Name)], (now - succeeded.UtcDateTime).TotalSeconds));
            }

            foreach (var lag in (await feeds.LagsAsync()).Where(lag => lag.Items > 0 || lanes.Find(lag.Name) is { Pulls: true }))
                gauges.Add(new("hub_feed_lag", "Commands in the receiver's feed that it has not acknowledged", [new("receiver", lag.Name)], lag.Items));

            var totals = await queries.TotalsAsync();
            gauges.Add(new("hub_cases_unserved", "Cases that nobody serves", [], totals.Unserved));
            if (totals.Seq > 0)
                gauges.Add(new("hub_exchange_log_age_seconds", "Time since the last entry of the hash chain", [], (now - totals.At).TotalSeconds));
            gauges.Add(new("hub_oldest_transaction_seconds", "Age of the oldest open transaction in the database", [], (await queries.OldestTransactionAsync(CancellationToken.None)).TotalSeconds));
            gauges.Add(new("hub_exchange_log_entries", "Entries of the hash chain", [], totals.Seq));
            gauges.Add(new("hub_quarantined", "Inputs set aside", [], totals.Quarantined));
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException)
        {
            // What is counted here is still worth telling while the database is away.
        }

        return gauges;
    }

    internal static IEnumerable<Gauge> LaneGauges(IPartnerLane lane)
    {
        KeyValuePair<string, object?>[] labels = [new("receiver", lane.Settings.Name)];
        yield return new("hub_breaker_state", "0 closed, 1 half open, 2 open, 3 isolated", labels, lane.BreakerState switch
        {
            Hub.Connectors.BreakerState.Closed => 0,
            Hub.Connectors.BreakerState.HalfOpen => 1,
            Hub.Connectors.BreakerState.Open => 2,
            _ => 3,
        });
        yield return new("hub_deliveries_in_flight", "Commands with a worker, or on the bus", labels, lane.InFlight);
        yield return new("hub_connector_nodes", "Processes that carry this connector's commands now", labels, lane.Nodes);
    }

    // The hub's own temporary files only: the database's disk cannot be seen from here.
    private string? Disk()
    {
        if (settings.DiskFreeMegabytesMin == 0)
            return null;
        var free = new DriveInfo(Path.GetTempPath()).AvailableFreeSpace / (1024 * 1024);
        return free >= settings.DiskFreeMegabytesMin ? null : $"{free} MiB are free for temporary files, {settings.DiskFreeMegabytesMin} are wanted";
    }

    private async Task<Check> RunAsync(string name, Func<CancellationToken, Task<string?>> check, CancellationToken cancellation, bool warns = false)
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
        return new(name, detail is null, warns && detail is not null, Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 1), lastOk.TryGetValue(name, out var at) ? at : null, detail);
    }
}
