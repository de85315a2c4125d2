using System.Globalization;

namespace Hub.Journeys.Faults;

/// <summary>R13 and R14: a receiver that is switched between push and pull, forgets its place and dies between reading and acknowledging; a hub that is killed there.</summary>
[Collection(FaultCollection.Name)]
public sealed class FeedTests(ITestOutputHelper output)
{
    private const string Receiver = "hohhot-power";
    private const int Kills = 5;
    private const int Seed = 14;

    // HUB_FAULTS_SWITCHES=100 is the long form.
    private static readonly int Switches = int.Parse(Environment.GetEnvironmentVariable("HUB_FAULTS_SWITCHES") ?? "10", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Switching_between_push_and_pull_under_load_loses_and_repeats_nothing()
    {
        await using var run = await FaultRun.StartAsync([Receiver], setup: new() { Fetching = [Receiver] });
        run.Publish(Approvals.Hohhot, 10);
        var fetched = 0L;
        for (var turn = 0; turn < Switches; turn++)
        {
            var reached = run.Recorder.Accepted + 60;
            await Until.TrueAsync(() => run.Recorder.Accepted >= reached, $"{reached} events were accepted");
            var mode = turn % 2 == 0 ? "pull" : "push";
            var (code, said) = await run.CommandAsync("connectors", "mode", Receiver, mode, "--by", "test", "--reason", "R13");
            Assert.True(code == 0, said);
            if (mode == "push")
                continue;
            var before = fetched;
            await Until.TrueAsync(async () => (fetched = (await run.StatsAsync(Receiver)).Fetched!.Items) > before, "something was fetched");
        }

        await run.StopPublishingAsync();
        var figures = await run.SettleAsync(recovery: 0);
        var stats = await run.StatsAsync(Receiver);

        Report($"push ↔ pull × {Switches}: {figures} · fetched {stats.Fetched!.Items} in {stats.Fetched.Pages} pages · sequences missing {stats.Fetched.Missing}");
        figures.AssertNothingLostOrDoubled();
        Assert.Empty(run.Odd);
        Assert.Equal((0L, 0L), (stats.Fetched.Missing, stats.Fetched.Unsigned));
        Assert.True(stats.Requests > 0 && stats.Fetched.Items > 0, "Both ways were not used.");
    }

    [Fact]
    public async Task Kills_of_the_hub_and_deaths_of_the_reader_between_reading_and_acknowledging_lose_nothing()
    {
        var random = new Random(Seed);
        await using var run = await FaultRun.StartAsync([Receiver], setup: new() { Fetching = [Receiver] });
        Assert.Equal(0, (await run.CommandAsync("connectors", "mode", Receiver, "pull", "--by", "test", "--reason", "R14")).Code);
        await run.SetFetchFaultAsync(Receiver, "crash_before_ack", 0.3);
        run.Publish(Approvals.Hohhot, 10);
        var recovery = 0d;
        for (var kill = 0; kill < Kills; kill++)
        {
            var blow = run.Recorder.Accepted + random.Next(1, 200);
            await Until.TrueAsync(() => run.Recorder.Accepted >= blow, $"{blow} events were accepted");
            await run.KillHubAsync();
            var killed = run.Recorder.Now;
            await run.StartHubAsync();
            await Until.TrueAsync(() => run.Recorder.FirstAcceptedAfter(killed) is not null, "events are accepted again");
            recovery = Math.Max(recovery, run.Recorder.FirstAcceptedAfter(killed)!.Value - killed);
            await run.SetFetchFaultAsync(Receiver, kill % 2 == 0 ? "lose_cursor" : "crash_before_ack", 0.3);
        }

        await run.SetFetchFaultAsync(Receiver, "none", 1);
        await run.StopPublishingAsync();
        var figures = await run.SettleAsync(recovery);
        var stats = await run.StatsAsync(Receiver);

        Report($"feed, kill -9 × {Kills}, seed {Seed}: {figures} · fetched {stats.Fetched!.Items} in {stats.Fetched.Pages} pages · sequences missing {stats.Fetched.Missing}");
        figures.AssertNothingLostOrDoubled();
        Assert.Empty(run.Odd);
        Assert.Equal((0L, 0L, 0L), (stats.Fetched.Missing, stats.Fetched.Unsigned, stats.Requests));
        Assert.True(figures.Duplicated > 0, "Nothing was ever read twice: no death fell between reading and acknowledging.");
        Assert.Equal(0, await run.CountAsync("SELECT last_sequence - (SELECT count(*) FROM feed_items) FROM feeds"));
    }

    private void Report(string line)
    {
        output.WriteLine(line);
        System.Console.WriteLine(line);
    }
}
