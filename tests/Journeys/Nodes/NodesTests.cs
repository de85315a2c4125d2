using Hub.Journeys.Faults;

namespace Hub.Journeys.Nodes;

/// <summary>Several hubs on one database, each with its connectors; a publisher's next event always goes to another hub.</summary>
[Collection(FaultCollection.Name)]
public sealed class NodesTests(ITestOutputHelper output)
{
    private const int Seed = 77;

    private static readonly string[] Partners = ["sgcc-linfen", "hohhot-power"];

    [Fact]
    public async Task Order_holds_when_every_event_of_a_case_comes_in_at_another_hub()
    {
        await using var run = await StartAsync(hubs: 3);
        await run.UntilAcceptedAsync(2000);
        await run.StopPublishingAsync();

        var figures = Tell("3 hubs", await run.SettleAsync());
        figures.AssertNothingLostOrDoubled();
        Assert.Empty(run.Odd);
        Assert.Equal(0, figures.Duplicated);
    }

    [Fact]
    public async Task A_killed_hub_of_three_costs_nothing_that_was_accepted()
    {
        var random = new Random(Seed);
        await using var run = await StartAsync(hubs: 3);
        var recovery = 0d;
        for (var kill = 0; kill < 5; kill++)
        {
            await run.UntilAcceptedAsync(random.Next(50, 400));
            var victim = run.Hubs[random.Next(run.Hubs.Count)];
            await victim.KillAsync();
            var killed = run.Recorder.Now;
            await run.UntilAcceptedAsync(1);
            recovery = Math.Max(recovery, run.Recorder.FirstAcceptedAfter(killed)!.Value - killed);
            await run.UntilAcceptedAsync(200);
            await run.StartAsync(victim);
        }

        await run.StopPublishingAsync();

        Tell($"kill -9 of one of 3 hubs × 5, seed {Seed}", await run.SettleAsync(recovery)).AssertNothingLostOrDoubled();
        Assert.Empty(run.Odd);
    }

    [Fact]
    public async Task A_hub_that_is_asked_to_stop_leaves_nothing_leased_and_nothing_is_sent_twice()
    {
        await using var run = await StartAsync(hubs: 2);
        await run.UntilAcceptedAsync(500);

        var code = await run.Hubs[1].TerminateAsync();
        var held = await run.CountAsync(
            "SELECT count(*) FROM cases c, jsonb_array_elements(c.lanes::jsonb) AS lane WHERE (lane->>'o')::int IN (SELECT node_id FROM nodes WHERE alive_until < '2000-01-01')");

        Assert.Equal((0, 0L), (code, held));
        await run.UntilAcceptedAsync(300);
        await run.StopPublishingAsync();
        var figures = Tell("SIGTERM of one of 2 hubs", await run.SettleAsync());
        figures.AssertNothingLostOrDoubled();
        Assert.Equal(0, figures.Duplicated);
    }

    [Fact]
    public async Task Hubs_restarted_one_after_another_under_load_lose_double_and_disorder_nothing()
    {
        await using var run = await StartAsync(hubs: 3);
        await run.UntilAcceptedAsync(300);
        var away = new List<(NodesRun.Node Hub, double From, double To)>();
        foreach (var hub in run.Hubs)
        {
            var from = run.Recorder.Now;
            await hub.TerminateAsync();
            await run.UntilAcceptedAsync(200);
            await run.StartAsync(hub);
            away.Add((hub, from, run.Recorder.Now));
            await run.UntilAcceptedAsync(200);
        }

        await run.StopPublishingAsync();
        var figures = Tell($"rolling restart of 3 hubs, {run.Troubles.Count} tries without an answer", await run.SettleAsync());

        figures.AssertNothingLostOrDoubled();
        Assert.Empty(run.Odd);

        // Only the hub that was away answered otherwise than with 202. A request that waited for the whole time is told of a little later.
        Assert.All(run.Troubles, trouble => Assert.Contains(away, one => one.Hub == trouble.Hub && trouble.At >= one.From && trouble.At <= one.To + 1));
    }

    private static async Task<NodesRun> StartAsync(int hubs)
    {
        var run = await NodesRun.StartAsync(hubs, connectors: 0, Partners);
        run.Publish(Approvals.LinfenCity, 10);
        run.Publish(Approvals.Hohhot, 10);
        return run;
    }

    private Figures Tell(string what, Figures figures)
    {
        output.WriteLine($"{what}: {figures}");
        System.Console.WriteLine($"{what}: {figures}");
        return figures;
    }
}
