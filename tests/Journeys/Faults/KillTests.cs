namespace Hub.Journeys.Faults;

/// <summary>Hubs are killed again and again, in the middle of accepting and of delivering.</summary>
[Collection(FaultCollection.Name)]
public sealed class KillTests(ITestOutputHelper output)
{
    private static readonly string[] Partners = ["sgcc-linfen", "hohhot-power"];

    [Fact]
    [Trait(Suite.Trait, "kill-accepting")]
    public async Task Kills_while_accepting_lose_nothing_that_was_accepted_and_double_no_effect()
    {
        var suite = Suite.Of("kill-accepting", 10, 200);
        await using var run = await FaultRun.StartAsync(Partners);
        run.Publish(Approvals.LinfenCity, 25);
        run.Publish(Approvals.Hohhot, 25);
        var recovery = 0d;
        for (var kill = 0; kill < suite.Length; kill++)
        {
            // Not a time but a number of answers decides the moment: the blow falls into the work, on any machine.
            await run.UntilAcceptedAsync(suite.Random.Next(1, 400));
            await run.KillHubAsync();
            var killed = run.Recorder.Now;
            await run.StartHubAsync();
            recovery = Math.Max(recovery, await run.RecoveredAsync(killed));
        }

        await run.StopPublishingAsync();

        suite.Report(output, await run.SettleAsync(recovery), Suite.RecoveryMax);
        Assert.Empty(run.Odd);
    }

    [Fact]
    [Trait(Suite.Trait, "kill-delivering")]
    public async Task Kills_while_partners_have_many_calls_under_way_double_no_more_than_was_under_way()
    {
        var suite = Suite.Of("kill-delivering", 6, 200);
        await using var run = await FaultRun.StartAsync(Partners);

        // The effect is there at once and the answer late: whatever is under way at a kill had its effect and is not known to have.
        foreach (var partner in Partners)
            await run.SetFaultAsync(partner, "slow_answer", delayMs: 300);
        run.Publish(Approvals.LinfenCity, 12, pauseMs: 20);
        run.Publish(Approvals.Hohhot, 12, pauseMs: 20);
        var (recovery, underWay) = (0d, 0);
        for (var kill = 0; kill < suite.Length; kill++)
        {
            await run.UntilAcceptedAsync(suite.Random.Next(1, 60));
            await run.KillHubAsync();
            var killed = run.Recorder.Now;
            underWay += await run.UnderWayAsync();
            await run.StartHubAsync();
            recovery = Math.Max(recovery, await run.RecoveredAsync(killed));
        }

        await run.StopPublishingAsync();
        foreach (var partner in Partners)
            await run.SetFaultAsync(partner, "none");
        var figures = await run.SettleAsync(recovery);

        // On a busy machine a slow answer may come too late, which is another reason for a second try.
        var inDoubt = (int)await run.CountAsync("SELECT count(*) FROM answers WHERE outcome = 'unknown'");
        suite.Report(output, figures, Suite.RecoveryMax, $"under way at the kills {underWay}", $"attempts without an answer in time {inDoubt}", $"overlapping deliveries {Recorder.Overlaps(run.Hits)}");
        Assert.True(underWay > 0, "No call was under way at any kill.");
        Assert.InRange(figures.Duplicated, 0, underWay + inDoubt);
        Assert.Empty(run.Odd);
    }

    [Fact]
    [Trait(Suite.Trait, "kill-one-of-three")]
    public async Task One_hub_of_three_killed_again_and_again_costs_nothing()
    {
        var suite = Suite.Of("kill-one-of-three", 4, 100);
        await using var run = await FaultRun.StartAsync(Partners, setup: new() { Nodes = 3 });
        run.Publish(Approvals.LinfenCity, 15);
        run.Publish(Approvals.Hohhot, 15);
        var recovery = 0d;
        for (var kill = 0; kill < suite.Length; kill++)
        {
            await run.UntilAcceptedAsync(suite.Random.Next(50, 400));
            var victim = run.Nodes[suite.Random.Next(run.Nodes.Count)];
            await victim.KillAsync();
            recovery = Math.Max(recovery, await run.RecoveredAsync(run.Recorder.Now));
            await run.UntilAcceptedAsync(suite.Random.Next(1, 200));
            await run.StartHubAsync(victim);
        }

        await run.StopPublishingAsync();
        var ended = run.Recorder.Now;
        var figures = await run.SettleAsync(recovery);

        suite.Report(output, figures, Suite.RecoveryMax, $"overlapping deliveries {Recorder.Overlaps(run.Hits)}", Tell($"all settled {run.Recorder.Now - ended:0.0} s after the last event"));
        Assert.Empty(run.Odd);
    }

    [Fact]
    [Trait(Suite.Trait, "rolling-restart")]
    public async Task Hubs_restarted_one_after_another_under_load_ask_nobody_to_wait_but_the_one_that_stops()
    {
        var suite = Suite.Of("rolling-restart", 1, 20);
        await using var run = await FaultRun.StartAsync(Partners, setup: new() { Nodes = 3 });
        run.Publish(Approvals.LinfenCity, 10);
        run.Publish(Approvals.Hohhot, 10);
        var recovery = 0d;
        for (var round = 0; round < suite.Length; round++)
        {
            foreach (var node in run.Nodes)
            {
                await run.UntilAcceptedAsync(suite.Random.Next(50, 300));
                var asked = run.Recorder.Now;
                Assert.Equal(0, await node.TerminateAsync());
                recovery = Math.Max(recovery, await run.RecoveredAsync(asked));
                await run.StartHubAsync(node);
            }
        }

        await run.StopPublishingAsync();
        var figures = await run.SettleAsync(recovery);

        suite.Report(output, figures, Suite.RecoveryMax, $"publishers saw: {run.AskedToComeBackShare}");
        Assert.Empty(run.Odd);
        Assert.Equal(0, figures.Duplicated);
    }

    private static string Tell(FormattableString text) => FormattableString.Invariant(text);
}
