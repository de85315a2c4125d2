using Hub.Journeys.Faults;

namespace Hub.Journeys.Nodes;

/// <summary>Hub and connectors as processes of their own, RabbitMQ between them.</summary>
[Collection(FaultCollection.Name)]
public sealed class BusTests(ITestOutputHelper output)
{
    private const int Seed = 78;

    // Events are taken in while nothing goes out: as many as one machine can deliver within the test's patience afterwards.
    private const int Pause = 40;

    private static readonly string[] Partners = ["sgcc-linfen", "hohhot-power"];

    [Fact]
    public async Task Commands_reach_the_partners_over_the_bus_and_the_answers_come_back()
    {
        await using var run = await StartAsync(1, 1, Broker.Required);
        await run.UntilAcceptedAsync(1000);
        await run.StopPublishingAsync();

        Tell("hub + connectors", await run.SettleAsync()).AssertNothingLostOrDoubled();
        Assert.Empty(run.Odd);
        Assert.Contains("hub_attempts_total{receiver=\"sgcc-linfen\"", await run.MetricsAsync(run.Connectors[0]), StringComparison.Ordinal);
        Assert.Contains("hub_connector_nodes{receiver=\"sgcc-linfen\"} 1", await run.MetricsAsync(run.Hubs[0]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_hubs_and_two_connectors_nodes_of_which_one_dies_lose_and_double_nothing()
    {
        var random = new Random(Seed);
        await using var run = await StartAsync(2, 2, Broker.Required);
        for (var kill = 0; kill < 4; kill++)
        {
            await run.UntilAcceptedAsync(random.Next(100, 400));
            var victim = run.Connectors[kill % 2];
            await victim.KillAsync();
            await run.UntilAcceptedAsync(200);
            await run.StartAsync(victim);
        }

        await run.StopPublishingAsync();

        Tell($"kill -9 of one of 2 connectors nodes × 4, seed {Seed}", await run.SettleAsync()).AssertNothingLostOrDoubled();
        Assert.Empty(run.Odd);
    }

    [Fact]
    public async Task Answers_of_a_killed_hub_are_settled_by_the_other_one()
    {
        await using var run = await StartAsync(2, 1, Broker.Required);
        for (var kill = 0; kill < 3; kill++)
        {
            await run.UntilAcceptedAsync(300);
            await run.Hubs[kill % 2].KillAsync();
            await run.UntilAcceptedAsync(200);
            await run.StartAsync(run.Hubs[kill % 2]);
        }

        await run.StopPublishingAsync();

        Tell("kill -9 of one of 2 hubs before a bus × 3", await run.SettleAsync()).AssertNothingLostOrDoubled();
        Assert.Empty(run.Odd);
    }

    [Fact]
    public async Task The_only_connectors_node_is_stopped_and_started_and_everything_waits_for_it()
    {
        await using var run = await StartAsync(1, 1, Broker.Required);
        await run.UntilAcceptedAsync(300);
        Assert.Equal(0, await run.Connectors[0].TerminateAsync());
        await Until.TrueAsync(async () => (await run.MetricsAsync(run.Hubs[0])).Contains("hub_connector_nodes{receiver=\"sgcc-linfen\"} 0", StringComparison.Ordinal), "the hub knows that nobody is there");
        await run.UntilAcceptedAsync(300);
        await run.StartAsync(run.Connectors[0]);
        await run.UntilAcceptedAsync(300);
        await run.StopPublishingAsync();

        var figures = Tell("connectors node stopped and started", await run.SettleAsync());
        figures.AssertNothingLostOrDoubled();
        Assert.Equal(0, figures.Duplicated);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_broker_that_goes_and_comes_back_loses_nothing_and_nothing_is_restarted(bool killed)
    {
        await using var broker = await Broker.StartAsync();
        await using var run = await StartAsync(2, 2, broker.Url);
        for (var round = 0; round < 2; round++)
        {
            await run.UntilAcceptedAsync(300);
            await (killed ? Broker.KillAsync() : Broker.StopAsync());

            // Events are taken in all the while: the ledger keeps them.
            await run.UntilAcceptedAsync(300);
            await Broker.StartAgainAsync();
            await run.UntilAcceptedAsync(300);
        }

        await run.StopPublishingAsync();

        Tell($"broker {(killed ? "killed" : "stopped")} × 2", await run.SettleAsync()).AssertNothingLostOrDoubled();
        Assert.Empty(run.Odd);
        Assert.All(run.Hubs.Concat(run.Connectors), node => Assert.True(node.Runs, $"{node.Name} ended with the broker."));
    }

    private static async Task<NodesRun> StartAsync(int hubs, int connectors, string broker)
    {
        var run = await NodesRun.StartAsync(hubs, connectors, Partners, broker);
        run.Publish(Approvals.LinfenCity, 10, Pause);
        run.Publish(Approvals.Hohhot, 10, Pause);
        return run;
    }

    private Figures Tell(string what, Figures figures)
    {
        output.WriteLine($"{what}: {figures}");
        System.Console.WriteLine($"{what}: {figures}");
        return figures;
    }
}
