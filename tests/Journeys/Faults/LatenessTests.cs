using System.Globalization;
using Hub.Connectors;
using Hub.Simulators;

namespace Hub.Journeys.Faults;

/// <summary>R28: a partner that is only slow is late too, and the metric says so.</summary>
[Collection(FaultCollection.Name)]
public sealed class LatenessTests(ITestOutputHelper output)
{
    private const string Partner = "slp-puxian";

    [Theory]
    [InlineData("agreed rate")]
    [InlineData("answers 429")]
    [InlineData("one long case")]
    public async Task The_age_of_the_oldest_is_seen_whatever_holds_it_back(string how)
    {
        var backlog = RunLength.Of(300, 2_000, 10_000);
        var watched = RunLength.Of(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(10));
        await using var run = await FaultRun.StartAsync([Partner], setup: new() { Change = settings => Slowed(settings, how) });
        if (how == "answers 429")
            await run.SetFaultAsync(Partner, new Fault { Mode = "limited", PerSecond = 1, RetryAfter = "1" });
        if (how == "one long case")
            await run.PublishCaseAsync(Partner, versions: backlog / 3);
        else
            await run.PublishBatchesAsync(Partner, backlog);

        var (most, worst, until) = (0d, 0d, run.Recorder.Now + watched.TotalSeconds);
        while (run.Recorder.Now < until)
        {
            await Task.Delay(1000);
            var seen = await run.MetricAsync("hub_oldest_waiting_seconds", Partner);
            var (least, truly) = await run.OldestAsync(Partner);
            most = Math.Max(most, seen);

            // Below: between the two looks one was taken. Above: the hub's look is some seconds old.
            worst = Math.Max(worst, Math.Max(least - seen, seen - truly));
        }

        var (open, parked) = (await run.OpenAsync(Partner), await run.CountAsync("SELECT count(*) FROM waits WHERE state = 'parked'"));
        await run.SetFaultAsync(Partner, new Fault());
        run.Tell(output, string.Create(CultureInfo.InvariantCulture,
            $"lateness ({how}): backlog {backlog}, still open {open} after {watched.TotalSeconds:0} s · hub_oldest_waiting_seconds rose to {most:0.0} s · off by {worst:0.0} s at most · parked {parked}"));
        Assert.True(open > 0, "Nothing was late.");
        Assert.True(most >= watched.TotalSeconds / 2, $"The metric only rose to {most} s.");
        Assert.Equal(0, parked);
        Assert.Empty(run.Odd);
    }

    private static ConnectorSettings Slowed(ConnectorSettings settings, string how) => how == "answers 429" ? settings : settings with { RatePerSecond = 1 };
}
