namespace Hub.Journeys.Faults;

/// <summary>The database ends in the middle of the load: switched off, killed as a whole, killed in part.</summary>
[Collection(FaultCollection.Name)]
public sealed class DatabaseRestartTests(ITestOutputHelper output)
{
    private const int Between = 300;

    [Fact]
    [Trait(Suite.Trait, "database-crash")]
    public async Task A_database_that_crashes_costs_time_and_nothing_else()
    {
        var suite = Suite.Of("database-crash", 3, 60);
        await using var cluster = await Cluster.StartAsync();
        await using var run = await FaultRun.StartAsync(["sgcc-linfen", "hohhot-power"], cluster.ConnectionString);
        run.Publish(Approvals.LinfenCity, 10);
        run.Publish(Approvals.Hohhot, 10);
        var recovery = 0d;
        for (var crash = 0; crash < suite.Length; crash++)
        {
            await run.UntilAcceptedAsync(suite.Random.Next(1, Between));
            var broken = run.Recorder.Now;
            await CrashAsync(cluster, run, crash % 3);
            var back = run.Recorder.Now;
            recovery = Math.Max(recovery, await run.RecoveredAsync(back) + back - broken);
        }

        await run.StopPublishingAsync();
        var figures = await run.SettleAsync(recovery);

        suite.Report(output, figures, recoveryMax: null, $"publishers saw: {run.AskedToComeBackShare}");
        Assert.True(run.AskedToComeBack > 0, "No publisher was answered 503.");
        Assert.True(run.HubRuns, "The hub ended with its database.");
        Assert.Equal(1, run.Restarts);
        Assert.Empty(run.Odd);
    }

    [Fact]
    public async Task While_the_database_is_away_everything_is_answered_503_and_the_process_stays_alive()
    {
        await using var cluster = await Cluster.StartAsync();
        await using var hub = await HubUnderTest.StartAsync(settings => settings, ["sgcc-linfen"], cluster.ConnectionString);
        var id = await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode()));
        await hub.UntilStatusAsync(id, "delivered");
        var approval = Approvals.Created(Approvals.NewCode());

        Assert.Equal(200, (await hub.PageAsync("/")).Status);

        await Cluster.StopAsync();
        var publish = await hub.PublishAsync(approval);
        var keyed = await hub.PublishAsync(System.Text.Encoding.UTF8.GetBytes(approval.ToJsonString()), headers: ("Idempotency-Key", "away"));
        var read = await hub.GetAsync($"/api/v1/events/{id}", hub.BureauKey);
        var ready = await hub.GetAsync("/readyz");
        var page = await hub.PageAsync("/");
        var alive = await hub.GetAsync("/healthz");
        var metrics = await hub.GetAsync("/metrics");
        await Cluster.StartAgainAsync();

        Assert.All([publish, keyed, read], reply => Assert.Equal((503, "ledger_unavailable", 5d), (reply.Status, reply.Code, reply.Headers.RetryAfter!.Delta!.Value.TotalSeconds)));
        Assert.Equal((503, 503, 200, 200), (ready.Status, page.Status, alive.Status, metrics.Status));
        await Until.TrueAsync(async () => (await hub.PublishAsync(approval)).Status == 202, "events are accepted again");
        await Until.TrueAsync(async () => (await hub.GetAsync("/readyz")).Status == 200, "the hub is ready again");
    }

    private static async Task CrashAsync(Cluster cluster, FaultRun run, int kind)
    {
        switch (kind)
        {
            case 0:
                await Cluster.StopAsync();
                break;
            case 1:
                await cluster.KillPostmasterAsync();
                break;
            default:
                // The server then throws everybody out and begins anew by itself: one process may have spoilt the memory of all.
                await Signal.SendAsync("KILL", (int)await run.CountAsync("SELECT pid::bigint FROM pg_stat_activity WHERE application_name = 'hub-engine' AND datname = current_database() LIMIT 1"));
                break;
        }

        await cluster.UntilRunsAsync();
    }
}
