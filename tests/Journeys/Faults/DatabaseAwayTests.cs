using Npgsql;

namespace Hub.Journeys.Faults;

/// <summary>The database is there and does not serve: it refuses, stands still, dawdles, or takes no writes.</summary>
[Collection(FaultCollection.Name)]
public sealed class DatabaseAwayTests(ITestOutputHelper output)
{
    private static readonly string[] Troubles = ["refuses", "hangs", "stands still", "is slow", "is read-only"];

    [Fact]
    [Trait(Suite.Trait, "database-away")]
    public async Task A_database_that_does_not_serve_is_waited_for_and_nobody_hears_of_an_error()
    {
        var suite = Suite.Of("database-away", 1, 60);
        await using var cluster = await Cluster.StartAsync();
        DatabaseProxy? proxy = null;
        await using var run = await FaultRun.StartAsync(["sgcc-linfen", "hohhot-power"], cluster.ConnectionString, new()
        {
            Through = database => (proxy ??= new DatabaseProxy(database)).ConnectionString,
        });
        await using var between = proxy!;
        run.Publish(Approvals.LinfenCity, 10);
        run.Publish(Approvals.Hohhot, 10);
        var recovery = 0d;
        var facts = new List<string>();
        foreach (var seconds in new[] { 1, suite.Length }.Distinct())
        {
            foreach (var trouble in Troubles)
            {
                await run.UntilAcceptedAsync(suite.Random.Next(50, 200));
                var repair = await BreakAsync(trouble, cluster, between);
                var accepted = run.Recorder.Accepted;

                // The one wait by the clock there is: how long the outage lasts is what this is about.
                await Task.Delay(TimeSpan.FromSeconds(seconds));
                var during = run.Recorder.Accepted - accepted;
                await repair();
                var recovered = await run.RecoveredAsync(run.Recorder.Now);
                recovery = Math.Max(recovery, recovered);
                facts.Add(FormattableString.Invariant($"{trouble} for {seconds} s: {during} accepted meanwhile, on after {recovered:0.0} s"));
            }
        }

        await run.StopPublishingAsync();
        var figures = await run.SettleAsync(recovery);

        suite.Report(output, figures, Suite.RecoveryMax, [.. facts, $"publishers saw: {run.AskedToComeBackShare}"]);
        Assert.True(run.AskedToComeBack > 0, "No publisher was answered 503.");
        Assert.Equal(1, run.Restarts);
        Assert.True(run.HubRuns, "The hub ended.");
        Assert.Empty(run.Odd);
    }

    /// <returns>What ends the trouble.</returns>
    private static async Task<Func<Task>> BreakAsync(string trouble, Cluster cluster, DatabaseProxy proxy)
    {
        switch (trouble)
        {
            case "refuses":
                proxy.Refuse();
                break;
            case "hangs":
                proxy.Hang();
                break;
            case "is slow":
                proxy.Slow(500);
                break;
            case "stands still":
                var frozen = await cluster.FreezeAsync();
                return () => Signal.SendAsync("CONT", frozen);
            case "is read-only":
                await SetReadOnlyAsync(cluster, "on");
                return () => SetReadOnlyAsync(cluster, "off");
        }

        return () =>
        {
            proxy.Repair();
            return Task.CompletedTask;
        };
    }

    // As after a failover to a standby: sessions that stay open are read-only from their next transaction on.
    private static async Task SetReadOnlyAsync(Cluster cluster, string state)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Pooling = false });
        foreach (var sql in new[] { $"ALTER SYSTEM SET default_transaction_read_only = {state}", "SELECT pg_reload_conf()" })
        {
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }
}
