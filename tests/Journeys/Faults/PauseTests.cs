namespace Hub.Journeys.Faults;

/// <summary>A hub stands still for longer than it counts as alive (a paused virtual machine, say) and then goes on as if nothing had been.</summary>
[Collection(FaultCollection.Name)]
public sealed class PauseTests(ITestOutputHelper output)
{
    private static readonly string[] Partners = ["sgcc-linfen", "hohhot-power"];

    // Longer than a node counts as alive (8 s); the longest is longer than every lease (24 s).
    private const int ShortestSeconds = 9;
    private const int LongestSeconds = 60;

    private const string LateAnswersSql = """
        SELECT count(*)
          FROM answers a
         WHERE EXISTS (SELECT 1 FROM answers b
                        WHERE b.case_id = a.case_id AND b.connector_no = a.connector_no AND b.lane_seq = a.lane_seq AND b.fence > a.fence AND b.recorded_at < a.recorded_at)
        """;

    [Fact]
    [Trait(Suite.Trait, "pause-one-of-two")]
    public async Task A_hub_that_stood_still_finds_its_leases_taken_and_its_answers_void()
    {
        var suite = Suite.Of("pause-one-of-two", 1, 20);
        await using var run = await FaultRun.StartAsync(Partners, setup: new() { Nodes = 2, PatienceSeconds = 3 });
        foreach (var partner in Partners)
            await run.SetFaultAsync(partner, "slow_answer", delayMs: 200);
        run.Publish(Approvals.LinfenCity, 10, pauseMs: 20);
        run.Publish(Approvals.Hohhot, 10, pauseMs: 20);
        var paused = 0;
        for (var pause = 0; pause < suite.Length; pause++)
        {
            await run.UntilAcceptedAsync(suite.Random.Next(50, 150));
            var victim = run.Nodes[suite.Random.Next(run.Nodes.Count)];
            var seconds = suite.IsLong ? suite.Random.Next(ShortestSeconds, LongestSeconds) : ShortestSeconds + 1;
            await victim.PauseAsync();
            run.Avoided = victim;

            // The one wait by the clock there is: how long it stands still is what this is about.
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            await victim.ContinueAsync();
            run.Avoided = null;
            paused += seconds;
        }

        await run.UntilAcceptedAsync(100);
        await run.StopPublishingAsync();
        foreach (var partner in Partners)
            await run.SetFaultAsync(partner, "none");
        var figures = await run.SettleAsync(recovery: 0);

        var overlaps = Recorder.Overlaps(run.Hits);
        suite.Report(
            output, figures, recoveryMax: null, $"stood still {paused} s", $"overlapping deliveries {overlaps}", $"late answers on record and without effect {await run.CountAsync(LateAnswersSql)}",
            $"publishers saw: {run.AskedToComeBackShare}");
        Assert.Equal(0, overlaps);
        Assert.True(figures.Duplicated > 0, "Nobody took over what the hub held that stood still.");
        Assert.Empty(run.Odd);
    }
}
