using System.Diagnostics;
using Hub.Simulators;

namespace Hub.Journeys.Faults;

/// <summary>R11: many cases, each with a long history, while partners fail at random and operators and restarts interfere.</summary>
[Collection(FaultCollection.Name)]
public sealed class OrderTests(ITestOutputHelper output)
{
    private static readonly string[] Partners = ["sgcc-linfen", "slp-puxian", "hohhot-power"];
    private static readonly string[] Modes = ["http500", "http502", "reset", "effect_then_reset", "reset_mid_body", "http503", "timeout"];

    [Fact]
    public async Task Every_case_arrives_in_order_and_whole_whatever_happens_on_the_way()
    {
        var (cases, events) = RunLength.Of((48, 40), (102, 100), (999, 1000));
        var random = new Random(RunLength.Seed);
        await using var run = await FaultRun.StartAsync(Partners);
        var published = Task.WhenAll(Enumerable.Range(0, cases).Select(number => Task.Run(() => run.PublishCaseAsync(Partners[number % Partners.Length], events))));
        var (faults, pauses, retries, restarts) = (0, 0, 0, 0);
        for (var round = 0; !published.IsCompleted || round < 6; round++)
        {
            foreach (var one in Partners)
                await run.SetFaultAsync(one, new Fault { Mode = Modes[random.Next(Modes.Length)], Rate = RunLength.Of(0.05, 0.1, 0.1) * random.NextDouble(), DelayMs = 100 });
            faults++;
            var partner = Partners[random.Next(Partners.Length)];
            switch (round % 4)
            {
                case 0:
                    await PauseAndResumeAsync(run, partner);
                    pauses++;
                    break;
                case 1:
                    // Nothing gets through, so what an operator picks is still there when the command arrives.
                    await run.SetFaultAsync(partner, new Fault { Mode = "http500", Rate = 1 });
                    var until = Stopwatch.StartNew();
                    while (await RetryAsync(run) is var retried && (retries += retried) == 0 && !published.IsCompleted && until.Elapsed < TimeSpan.FromSeconds(20))
                        continue;
                    break;
                case 2 when restarts < RunLength.Of(1, 3, 20):
                    await run.KillHubAsync();
                    await run.StartHubAsync();
                    restarts++;
                    break;
            }
        }

        await published;
        foreach (var partner in Partners)
            await run.SetFaultAsync(partner, new Fault());
        foreach (var partner in Partners)
            await run.UntilDeliveredAsync(partner);
        var figures = await run.SettleAsync(recovery: 0, RunLength.Limit);

        var struck = run.Requests.Count(request => request.Fault != "none");
        run.Tell(output, $"order of {cases} cases × {events} events, seed {RunLength.Seed}: {figures} · failed requests {struck} in {faults} phases · pauses {pauses} · operator retries {retries} · kills {restarts}");
        figures.AssertNothingLostOrDoubled();
        Assert.Equal(cases * events, figures.Accepted);
        Assert.True(struck > 0 && retries > 0 && pauses > 0 && restarts > 0, "Something of what was to be tested did not happen.");
        Assert.Empty(run.Odd);
    }

    private static async Task PauseAndResumeAsync(FaultRun run, string partner)
    {
        Assert.Equal(0, (await run.CommandAsync("connectors", "pause", partner, "--by", "li", "--reason", "maintenance")).Code);
        Assert.Equal(0, (await run.CommandAsync("connectors", "resume", partner, "--by", "li", "--reason", "maintained")).Code);
    }

    /// <returns>1 when there was something to retry and nobody was quicker.</returns>
    private static async Task<int> RetryAsync(FaultRun run)
    {
        // The last of the list was recorded last and is the least likely to have gone meanwhile.
        var (_, listed) = await run.CommandAsync("deliveries", "list");
        var last = listed.Split('\n').Select(line => line.Split(' ')[0]).LastOrDefault(word => Guid.TryParse(word, out _));
        return last is not null && (await run.CommandAsync("deliveries", "retry", last, "--by", "li", "--reason", "asked for by telephone")).Code == 0 ? 1 : 0;
    }
}
