namespace Hub.Journeys.Faults;

/// <summary>R8: one partner is dead, the other must not feel it.</summary>
[Collection(FaultCollection.Name)]
public sealed class DeadPartnerTests(ITestOutputHelper output)
{
    private const int Events = 400;

    [Theory]
    [InlineData("timeout")]
    [InlineData("reset")]
    [InlineData("effect_then_reset")]
    public async Task A_dead_partner_delays_nobody_else_and_gets_everything_in_order_once_repaired(string mode)
    {
        await using var run = await FaultRun.StartAsync(["sgcc-linfen", "hohhot-power"]);
        await run.SetFaultAsync("sgcc-linfen", mode);
        run.Publish(Approvals.LinfenCity, 12);
        run.Publish(Approvals.Hohhot, 4);
        await Until.TrueAsync(() => run.Recorder.Accepted >= Events, $"{Events} events were accepted");
        await Until.TrueAsync(async () => (await run.MetricsAsync()).Contains("hub_breaker_state{receiver=\"sgcc-linfen\"} 2", StringComparison.Ordinal), "the breaker of the dead partner opened");
        await run.StopPublishingAsync();

        // The healthy one has everything while the dead one still waits.
        const string OpenAtHohhot = "SELECT t.queued - t.taken FROM delivery_totals t JOIN connectors c ON c.no = t.connector_no WHERE c.name = 'hohhot-power'";
        const string OpenAtLinfen = "SELECT t.queued - t.taken FROM delivery_totals t JOIN connectors c ON c.no = t.connector_no WHERE c.name = 'sgcc-linfen'";
        await Until.TrueAsync(async () => await run.CountAsync(OpenAtHohhot) == 0, "the healthy partner has everything");
        Assert.True(await run.CountAsync(OpenAtLinfen) > 0, "The dead partner has nothing waiting.");

        var repaired = run.Recorder.Now;
        await run.SetFaultAsync("sgcc-linfen", "none");
        var figures = await run.SettleAsync(recovery: 0);

        var line = $"dead partner ({mode}): {figures with { Recovery = run.Recorder.Now - repaired }}";
        output.WriteLine(line);
        System.Console.WriteLine(line);
        figures.AssertNothingLostOrDoubled();
        Assert.Equal(1, run.Restarts);
        Assert.Empty(run.Odd);
    }
}
