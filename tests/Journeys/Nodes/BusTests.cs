using Hub.Journeys.Faults;

namespace Hub.Journeys.Nodes;

/// <summary>Hub and connectors as processes of their own, RabbitMQ between them.</summary>
[Collection(FaultCollection.Name)]
public sealed class BusTests(ITestOutputHelper output)
{
    private static readonly string[] Partners = ["sgcc-linfen", "hohhot-power"];

    [Fact]
    public async Task Commands_reach_the_partners_over_the_bus_and_the_answers_come_back()
    {
        await using var run = await NodesRun.StartAsync(1, 1, Partners, Broker.Required);
        run.Publish(Approvals.LinfenCity, 10);
        run.Publish(Approvals.Hohhot, 10);
        await run.UntilAcceptedAsync(1000);
        await run.StopPublishingAsync();

        Tell("hub + connectors", await run.SettleAsync()).AssertNothingLostOrDoubled();
        Assert.Empty(run.Odd);
        Assert.Contains("hub_attempts_total{receiver=\"sgcc-linfen\"", await run.MetricsAsync(run.Connectors[0]), StringComparison.Ordinal);
        Assert.Contains("hub_connector_nodes{receiver=\"sgcc-linfen\"} 1", await run.MetricsAsync(run.Hubs[0]), StringComparison.Ordinal);
    }

    private Figures Tell(string what, Figures figures)
    {
        output.WriteLine($"{what}: {figures}");
        System.Console.WriteLine($"{what}: {figures}");
        return figures;
    }
}
