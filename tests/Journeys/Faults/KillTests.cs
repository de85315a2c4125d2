namespace Hub.Journeys.Faults;

/// <summary>R1 and R2: the hub is killed again and again, in the middle of accepting and of delivering.</summary>
[Collection(FaultCollection.Name)]
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Kills = 20;
    private const int Seed = 51;

    [Fact]
    public async Task Twenty_kills_lose_nothing_that_was_accepted_and_double_no_effect()
    {
        var random = new Random(Seed);
        await using var run = await FaultRun.StartAsync(["sgcc-linfen", "hohhot-power"]);
        run.Publish(Approvals.LinfenCity, 10);
        run.Publish(Approvals.Hohhot, 10);
        var recovery = 0d;
        for (var kill = 0; kill < Kills; kill++)
        {
            // Not a time but a number of answers decides the moment: the blow falls into the work, on any machine.
            var blow = run.Recorder.Accepted + random.Next(1, 400);
            await Until.TrueAsync(() => run.Recorder.Accepted >= blow, $"{blow} events were accepted");
            await run.KillHubAsync();
            var killed = run.Recorder.Now;
            await run.StartHubAsync();
            await Until.TrueAsync(() => run.Recorder.FirstAcceptedAfter(killed) is not null, "events are accepted again");
            recovery = Math.Max(recovery, run.Recorder.FirstAcceptedAfter(killed)!.Value - killed);
        }

        await run.StopPublishingAsync();
        var figures = await run.SettleAsync(recovery);

        output.WriteLine($"kill -9 × {Kills}, seed {Seed}: {figures}");
        System.Console.WriteLine($"kill -9 × {Kills}, seed {Seed}: {figures}");
        figures.AssertNothingLostOrDoubled();
        Assert.Empty(run.Odd);
    }
}
