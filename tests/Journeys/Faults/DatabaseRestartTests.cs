namespace Hub.Journeys.Faults;

/// <summary>R5: the database goes away in the middle of the load.</summary>
[Collection(FaultCollection.Name)]
public sealed class DatabaseRestartTests(ITestOutputHelper output)
{
    private const int Restarts = 3;
    private const int Between = 300;

    [Fact]
    public async Task A_database_that_crashes_costs_time_and_nothing_else()
    {
        await using var cluster = await Cluster.StartAsync();
        await using var run = await FaultRun.StartAsync(["sgcc-linfen", "hohhot-power"], cluster.ConnectionString);
        run.Publish(Approvals.LinfenCity, 10);
        run.Publish(Approvals.Hohhot, 10);
        var recovery = 0d;
        for (var restart = 0; restart < Restarts; restart++)
        {
            var reached = run.Recorder.Accepted + Between;
            await Until.TrueAsync(() => run.Recorder.Accepted >= reached, $"{reached} events were accepted");
            var broken = run.Recorder.Now;
            await Cluster.StopAsync();
            await Cluster.StartAgainAsync();
            var back = run.Recorder.Now;
            await Until.TrueAsync(() => run.Recorder.FirstAcceptedAfter(back) is not null, "events are accepted again");
            recovery = Math.Max(recovery, run.Recorder.FirstAcceptedAfter(back)!.Value - broken);
        }

        await run.StopPublishingAsync();
        var figures = await run.SettleAsync(recovery);

        output.WriteLine($"database crash × {Restarts}: {figures}");
        System.Console.WriteLine($"database crash × {Restarts}: {figures}");
        Assert.True(run.AskedToComeBack > 0, "No publisher was answered 503.");
        Assert.True(run.HubRuns, "The hub ended with its database.");
        figures.AssertNothingLostOrDoubled();
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

        await Cluster.StopAsync();
        var publish = await hub.PublishAsync(approval);
        var keyed = await hub.PublishAsync(System.Text.Encoding.UTF8.GetBytes(approval.ToJsonString()), headers: ("Idempotency-Key", "away"));
        var read = await hub.GetAsync($"/api/v1/events/{id}", hub.BureauKey);
        var ready = await hub.GetAsync("/readyz");
        var page = await hub.GetAsync("/");
        var alive = await hub.GetAsync("/healthz");
        var metrics = await hub.GetAsync("/metrics");
        await Cluster.StartAgainAsync();

        Assert.All([publish, keyed, read], reply => Assert.Equal((503, "ledger_unavailable", 5d), (reply.Status, reply.Code, reply.Headers.RetryAfter!.Delta!.Value.TotalSeconds)));
        Assert.Equal((503, 503, 200, 200), (ready.Status, page.Status, alive.Status, metrics.Status));
        await Until.TrueAsync(async () => (await hub.PublishAsync(approval)).Status == 202, "events are accepted again");
        await Until.TrueAsync(async () => (await hub.GetAsync("/readyz")).Status == 200, "the hub is ready again");
    }
}
