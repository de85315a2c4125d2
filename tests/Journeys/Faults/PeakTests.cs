using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Hub.Journeys.Faults;

/// <summary>R23 and R24: ten times the load for a while, and one publisher that floods the others.</summary>
[Collection(FaultCollection.Name)]
public sealed class PeakTests(ITestOutputHelper output)
{
    private const string Partner = "hohhot-power";

    [Fact]
    public async Task Ten_times_the_load_is_refused_or_delivered_and_nothing_between()
    {
        var length = RunLength.Of(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10));
        var usual = RunLength.Of(20, 20, 100);
        var environment = new Dictionary<string, string> { ["Hub__EventsWaitingMax"] = "32", ["Hub__BatchMax"] = "16" };
        await using var run = await FaultRun.StartAsync([Partner], setup: new() { Environment = _ => environment });
        await run.PublishAtAsync(Partner, usual, length / 2);
        await run.UntilDeliveredAsync(Partner);

        var clock = Stopwatch.StartNew();
        var statuses = new ConcurrentDictionary<int, int>();
        await Task.WhenAll(Enumerable.Range(0, usual * 10).Select(_ => Task.Run(async () =>
        {
            while (clock.Elapsed < length)
            {
                var code = FaultRun.NewCode(Partner);
                var (id, status) = await run.TryAsync(Encoding.UTF8.GetBytes(FaultRun.Approval(Partner, code, version: 1).ToJsonString()));
                statuses.AddOrUpdate(status, 1, (_, count) => count + 1);
                if (id is { } known)
                    run.Accept(known, code);
            }
        })));
        var seconds = clock.Elapsed.TotalSeconds;
        var over = run.Recorder.Now;
        await run.UntilDeliveredAsync(Partner);
        var normal = run.Recorder.Now - over;
        await run.PublishAtAsync(Partner, usual, length / 2);
        await run.UntilDeliveredAsync(Partner);
        var figures = await run.SettleAsync(normal);

        var shape = string.Join(", ", statuses.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}: {pair.Value}"));
        run.Tell(output, string.Create(CultureInfo.InvariantCulture,
            $"peak of {usual * 10} publishers at once for {seconds:0} s: {figures} · answers {shape} · goodput {statuses.GetValueOrDefault(202) / seconds:0}/s · normal again {normal:0.0} s after the peak"));
        figures.AssertNothingLostOrDoubled();
        Assert.True(statuses.GetValueOrDefault(503) > 0, "Nobody was asked to come back: it was no peak.");
        Assert.DoesNotContain(statuses.Keys, status => status is not (0 or 202 or 429 or 503));
        Assert.Empty(run.Odd);
    }

    [Fact]
    public async Task One_publisher_that_floods_is_slowed_and_the_others_go_on()
    {
        var length = RunLength.Of(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(5));
        await using var run = await FaultRun.StartAsync([Partner], setup: new() { Environment = _ => new Dictionary<string, string> { ["Hub__RequestsPerSecondPerKey"] = "50" } });
        var flooder = await run.KeyAsync("flooding-bureau");
        var alone = await UsualAsync(run, length);

        using var until = new CancellationTokenSource(length);
        var (let, slowed) = (0, 0);
        var flood = Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            while (!until.IsCancellationRequested)
            {
                var code = FaultRun.NewCode(Partner);
                var (id, status) = await run.TryAsync(Encoding.UTF8.GetBytes(FaultRun.Approval(Partner, code, version: 1).ToJsonString()), key: flooder);
                if (id is { } known)
                {
                    run.Accept(known, code);
                    Interlocked.Increment(ref let);
                }
                else if (status == 429)
                {
                    Interlocked.Increment(ref slowed);
                }
            }
        })));
        var beside = await UsualAsync(run, length);
        await flood;
        await run.UntilDeliveredAsync(Partner);
        var figures = await run.SettleAsync(recovery: 0);

        run.Tell(output, string.Create(CultureInfo.InvariantCulture,
            $"one of two floods: {figures} · flooder let in {let / length.TotalSeconds:0}/s, answered 429 {slowed} · the other's accept p95 {FaultRun.Percentile(alone, 95) * 1000:0} → {FaultRun.Percentile(beside, 95) * 1000:0} ms, ratio {FaultRun.Percentile(beside, 95) / FaultRun.Percentile(alone, 95):0.00}"));
        figures.AssertNothingLostOrDoubled();

        // The first second has the saved-up share as well.
        Assert.InRange(let, 1, (int)(50 * (length.TotalSeconds + 2)));
        Assert.True(slowed > 0, "The flooder was never slowed.");
        Assert.Empty(run.Odd);
    }

    /// <returns>Seconds to each 202 of a publisher of twenty a second, sorted.</returns>
    private static async Task<double[]> UsualAsync(FaultRun run, TimeSpan length)
    {
        var (clock, taken) = (Stopwatch.StartNew(), new List<double>());
        while (clock.Elapsed < length)
        {
            var began = clock.Elapsed;
            await run.PublishCaseAsync(Partner, versions: 1);
            taken.Add((clock.Elapsed - began).TotalSeconds);
            if (began.Add(TimeSpan.FromMilliseconds(50)) - clock.Elapsed is var rest && rest > TimeSpan.Zero)
                await Task.Delay(rest);
        }

        return [.. taken.Order()];
    }
}
