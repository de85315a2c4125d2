namespace Hub.Journeys.Faults;

/// <summary>R19: many writers on two nodes, one of them killed, and the chain has neither fork nor hole.</summary>
[Collection(FaultCollection.Name)]
public sealed class LogTests(ITestOutputHelper output)
{
    private const int Publishers = 64;

    private static readonly string[] Partners = ["sgcc-linfen", "hohhot-power"];

    [Fact]
    public async Task Sixty_four_publishers_on_two_nodes_of_which_one_dies_leave_one_whole_chain()
    {
        var events = RunLength.Of(20, 100, 2_000);
        await using var run = await FaultRun.StartAsync(Partners);
        await run.StartSecondNodeAsync();
        Uri[] nodes = [run.FirstNode, run.SecondNode!];
        var published = Task.WhenAll(Enumerable.Range(0, Publishers).Select(number => Task.Run(
            () => run.PublishCaseAsync(Partners[number % 2], events, nodes: number % 4 < 2 ? nodes : [.. nodes.Reverse()]))));
        await Until.TrueAsync(() => run.Recorder.Accepted >= Publishers * events / 2, "half of the events were accepted", RunLength.Limit);
        await run.KillSecondNodeAsync();
        var killed = run.Recorder.Now;
        await Until.TrueAsync(() => run.Recorder.FirstAcceptedAfter(killed) is not null, "events are accepted again");
        var recovery = run.Recorder.FirstAcceptedAfter(killed)!.Value - killed;
        await published;
        foreach (var partner in Partners)
            await run.UntilDeliveredAsync(partner);
        var figures = await run.SettleAsync(recovery);

        // Asked of the table itself, beside verify, which follows the hashes.
        var holes = await run.CountAsync("SELECT max(seq) - min(seq) + 1 - count(*) FROM exchange_log");
        var forks = await run.CountAsync("SELECT count(*) - count(DISTINCT hash) FROM exchange_log");
        var backwards = await run.CountAsync("SELECT count(*) FROM (SELECT at < lag(at) OVER (ORDER BY seq) AS back FROM exchange_log) l WHERE back");
        run.Tell(output, $"log of {Publishers} publishers on two nodes, one killed: {figures} · forks {forks} · holes {holes} · times that fall {backwards}");
        figures.AssertNothingLostOrDoubled();
        Assert.Equal((0L, 0L, 0L), (forks, holes, backwards));
        Assert.Equal(Publishers * events, figures.Accepted);
        Assert.Empty(run.Odd);
    }
}
