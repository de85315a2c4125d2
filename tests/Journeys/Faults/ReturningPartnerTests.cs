using System.Globalization;
using Hub.Simulators;

namespace Hub.Journeys.Faults;

/// <summary>R9, R10: a partner goes away under load and comes back, for seconds or with a backlog.</summary>
[Collection(FaultCollection.Name)]
public sealed class ReturningPartnerTests(ITestOutputHelper output)
{
    private const string Partner = "sgcc-linfen";
    private const int Workers = 8;

    [Theory]
    [InlineData(null)]
    [InlineData("2")]
    public async Task Five_seconds_of_503_at_a_hundred_events_a_second_cost_seconds_and_nobody_restarts_anything(string? retryAfter)
    {
        var rate = RunLength.Of(50, 100, 100);
        var after = RunLength.Of(2, 10, 60);
        await using var run = await FaultRun.StartAsync([Partner]);
        var load = run.PublishAtAsync(Partner, rate, TimeSpan.FromSeconds(2 + 5 + after));
        await Task.Delay(TimeSpan.FromSeconds(2));
        await run.SetFaultAsync(Partner, new Fault { Mode = "http503", RetryAfter = retryAfter });
        await Task.Delay(TimeSpan.FromSeconds(5));
        await run.SetFaultAsync(Partner, new Fault());
        var back = TimeProvider.System.GetUtcNow();
        var waiting = await run.OpenAsync(Partner);
        await load;
        await run.UntilDeliveredAsync(Partner);
        var figures = await run.SettleAsync(recovery: 0);

        // Everything that was accepted while the partner was away has had its effect: how long after its return.
        var hits = run.Hits.Where(hit => hit.Effect).ToList();
        var drained = hits.OrderBy(hit => hit.Time).SkipWhile(hit => hit.Time < back).Take((int)waiting).Select(hit => (hit.Time - back).TotalSeconds).LastOrDefault();
        var late = FaultRun.Percentile(await run.LatenessAsync(Partner, back.AddSeconds(-5), back), 100);
        var requests = run.Requests;
        run.Tell(output, string.Create(CultureInfo.InvariantCulture,
            $"503 for 5 s at {rate}/s (Retry-After {retryAfter ?? "none"}): {figures} · waiting at its return {waiting} · drained {drained:0.0} s after it · the latest {late:0.0} s · refused by the partner {requests.Count(request => request.Fault == "http503")}"));
        figures.AssertNothingLostOrDoubled();
        Assert.Equal(1, run.Restarts);
        Assert.True(waiting > 0, "Nothing waited.");
        Assert.Equal(0, FaultRun.RetryAfterBreaches(requests, Workers));
        Assert.Empty(run.Odd);
    }

    [Fact]
    public async Task A_backlog_is_drained_at_the_agreed_rate_and_no_faster()
    {
        var backlog = RunLength.Of(2_000, 10_000, 100_000);
        var rate = RunLength.Of(250, 250, 500);
        await using var run = await FaultRun.StartAsync([Partner], setup: new() { Change = settings => settings with { RatePerSecond = rate } });
        await run.SetFaultAsync(Partner, new Fault { Mode = "reset" });
        await run.PublishBatchesAsync(Partner, backlog);
        var burden = run.Requests.Count;
        await run.SetFaultAsync(Partner, new Fault());
        var back = run.Recorder.Now;
        await run.UntilDeliveredAsync(Partner);
        var figures = await run.SettleAsync(recovery: run.Recorder.Now - back);

        var taken = run.Requests.Where(request => request.Fault == "none").Select(request => request.Time).ToList();
        var span = (taken.Max() - taken.Min()).TotalSeconds;
        var peak = FaultRun.PeakPerSecond(run.Requests.Select(request => request.Time));
        run.Tell(output, string.Create(CultureInfo.InvariantCulture,
            $"backlog of {backlog} at {rate}/s: {figures} · drained in {span:0.0} s, {backlog / (rate * span):P0} of the agreed rate · peak {peak}/s · attempts while it was dead {burden}"));
        figures.AssertNothingLostOrDoubled();

        // Workers that were held up together may begin together, and a timer that fires late lets some more do so.
        Assert.InRange(peak, 1, Math.Max(rate + Workers, (int)(rate * 1.1)));
        Assert.Empty(run.Odd);
    }
}
