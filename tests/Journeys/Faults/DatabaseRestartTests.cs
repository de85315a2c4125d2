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
            await Cluster.RestartAsync();
            var back = run.Recorder.Now;
            await Until.TrueAsync(() => run.Recorder.FirstAcceptedAfter(back) is not null, "events are accepted again");
            recovery = Math.Max(recovery, run.Recorder.FirstAcceptedAfter(back)!.Value - broken);
        }

        await run.StopPublishingAsync();
        var figures = await run.SettleAsync(recovery);

        output.WriteLine($"database crash × {Restarts}: {figures}");
        System.Console.WriteLine($"database crash × {Restarts}: {figures}");
        Assert.True(run.HubRuns, "The hub ended with its database.");
        figures.AssertNothingLostOrDoubled();
        Assert.Empty(run.Odd);
    }
}
