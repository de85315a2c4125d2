using Hub.Journeys.Faults;

namespace Hub.Journeys.Polled;

/// <summary>Hubs that die while they poll, and hubs that poll together.</summary>
[Collection(FaultCollection.Name)]
public sealed class PolledFaultTests(ITestOutputHelper output)
{
    private const int Kills = 24;
    private const int Seed = 53;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Kills_in_the_middle_of_pages_lose_no_record_and_double_none()
    {
        var random = new Random(Seed);
        await using var run = await PolledRun.StartAsync(settings => settings with { PageSize = 4, OverlapSeconds = 2 });
        run.Strike("slow", delayMs: 15);
        for (var kill = 0; kill < Kills; kill++)
        {
            // A number of calls decides the moment, not a time: the blow falls among the pages on any machine.
            run.Add(random.Next(5, 25));
            var blow = run.PlatformStats.Requests + random.Next(1, 14);
            await Until.TrueAsync(() => run.PlatformStats.Requests >= blow, () => $"call {blow} was made; {run.LogOf(0)}", Limit);
            await run.KillAsync(0);
            run.Add(random.Next(0, 5));
            await run.RestartAsync(0);
        }

        run.Strike("none");
        await run.DeliveredAsync($"after {Kills} kills, seed {Seed}");
        Assert.Equal(run.Codes.Count, await run.Database.ScalarAsync<long>("SELECT count(*) FROM events WHERE type LIKE 'hub.project%'"));
        Assert.StartsWith("ok: ", (await run.CommandAsync("verify")).Output, StringComparison.Ordinal);
        var figures = $"polled, kill -9 × {Kills}, seed {Seed}: records {run.Codes.Count}, lost {run.Codes.Count - run.Taken.Leads}, second effects {run.Taken.Effects - run.Codes.Count}, calls {run.PlatformStats.Requests}";
        output.WriteLine(figures);
        System.Console.WriteLine(figures);
    }

    [Fact]
    public async Task Two_hubs_poll_one_at_a_time_and_the_other_goes_on_when_one_dies()
    {
        await using var run = await PolledRun.StartAsync(settings => settings with { PageSize = 100 }, hubs: 2);
        run.Add(22);
        await run.DeliveredAsync("two hubs");

        // Nothing is new now and one page holds it all, so each poll is one call. A hub that starts, and starts again, makes none of its own: there are never more calls
        // than turns of the one trigger, which whoever overwrote it would begin to count anew.
        var before = run.Platform.FirstPages;
        var turnsBefore = await TurnsAsync(run);
        await run.KillAsync(1);
        await run.RestartAsync(1);
        await Until.TrueAsync(() => run.Platform.FirstPages > before + 8, () => $"polls go on; {run.LogOf(0)}{run.LogOf(1)}", Limit);
        var polls = run.Platform.FirstPages - before;
        var turns = await TurnsAsync(run) - turnsBefore;
        Assert.True(polls <= turns + 1, $"{polls} polls in {turns} turns");
        Assert.Equal(1L, await run.Database.ScalarAsync<long>("SELECT count(*) FROM qrtz_triggers"));

        await run.KillAsync(0);
        run.Add(11);
        await run.DeliveredAsync("the first was killed");
        await run.RestartAsync(0);
        Assert.Equal(0, await run.TerminateAsync(1));
        run.Add(11);
        await run.DeliveredAsync("the second was stopped");
    }

    private static Task<long> TurnsAsync(PolledRun run) => run.Database.ScalarAsync<long>("SELECT times_triggered::bigint FROM qrtz_simple_triggers");
}
