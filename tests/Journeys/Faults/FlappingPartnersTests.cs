using System.Globalization;
using Hub.Engine;
using Hub.Simulators;

namespace Hub.Journeys.Faults;

/// <summary>R8 and R9: nine partners fail in every way partners are known for, the tenth must not feel it.</summary>
[Collection(FaultCollection.Name)]
public sealed class FlappingPartnersTests(ITestOutputHelper output)
{
    private const string Healthy = "hohhot-power";
    private const string HoldsForAnHour = "slp-xiangning";
    private const int Workers = 8;
    private const double MegabytesMax = 512;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);

    private static readonly TimeSpan Phase = RunLength.Of(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(3));

    // A webhook takes any 2xx for taken, so answers that are wrong beneath a 200 are given by the CRMs, where the body decides.
    private static Dictionary<string, Fault> First => new()
    {
        ["sgcc-jinzhong"] = new() { Mode = "http500", Rate = 0.5 },
        ["sgcc-linfen"] = new() { Mode = "empty" },
        ["sgcc-shanxi"] = new() { Mode = "endless" },
        ["sgcc-lianyungang"] = new() { Mode = "drip" },
        ["slp-puxian"] = new() { Mode = "http429", RetryAfter = "1" },
        [HoldsForAnHour] = new() { Mode = "http429", RetryAfter = TimeProvider.System.GetUtcNow().AddSeconds(4).ToString("r", CultureInfo.InvariantCulture) },
        ["slp-anze"] = new() { Mode = "http429", RetryAfter = "soon, 明天" },
        ["huozhou-coal-power"] = new() { Mode = "redirect" },
        ["donggang-energy"] = new() { Mode = "gone" },
    };

    private static Dictionary<string, Fault> Second => new()
    {
        ["sgcc-jinzhong"] = new() { Mode = "slow", DelayMs = 20_000 },
        ["sgcc-linfen"] = new() { Mode = "informational" },
        ["sgcc-shanxi"] = new() { Mode = "reset_mid_body" },
        ["sgcc-lianyungang"] = new() { Mode = "http503", Rate = 0.5, RetryAfter = "0" },
        ["slp-puxian"] = new() { Mode = "limited", PerSecond = 2, RetryAfter = "1" },
        [HoldsForAnHour] = new() { Mode = "http429", RetryAfter = "3600" },
        ["slp-anze"] = new() { Mode = "effect_then_reset" },
        ["huozhou-coal-power"] = new() { Mode = "http502", Rate = 0.5 },
        ["donggang-energy"] = new() { Mode = "http500", Rate = 0.5 },
    };

    [Fact]
    public async Task Nine_partners_that_fail_in_nine_ways_harm_neither_the_tenth_nor_themselves()
    {
        string[] partners = [.. First.Keys, Healthy];

        // Two projects a partner make few attempts: three in a row are a breakdown here, else the schedule's longer waits would decide.
        await using var run = await FaultRun.StartAsync(partners, setup: new() { Change = settings => settings with { Breaker = settings.Breaker with { Minimum = 3 } } });
        await Task.WhenAll(partners.Select(partner => run.PublishCaseAsync(partner, versions: 5)));
        foreach (var partner in partners)
            await run.UntilDeliveredAsync(partner);
        var calmFrom = TimeProvider.System.GetUtcNow();
        await PublishAsync(run, partners, Phase / 2);
        foreach (var partner in partners)
            await run.UntilDeliveredAsync(partner);

        var memory = await run.MetricAsync("process_resident_memory_bytes");
        var faultsFrom = TimeProvider.System.GetUtcNow();
        memory = Math.Max(memory, await FaultyAsync(run, partners, First));
        await run.UntilDeliveredAsync(Healthy);
        Assert.True(await run.OpenAsync("donggang-energy") > 0, "The partner that is gone has nothing waiting.");
        await run.SetFaultAsync("donggang-energy", new Fault());
        Assert.Equal(0, (await run.CommandAsync("connectors", "resume", "donggang-energy", "--by", "li", "--reason", "back")).Code);

        // What the partner that asks for an hour was sent before is settled first: what it gets from here on stays for an hour.
        await run.SetFaultAsync(HoldsForAnHour, new Fault());
        await run.UntilDeliveredAsync(HoldsForAnHour);
        memory = Math.Max(memory, await FaultyAsync(run, partners, Second));
        await run.UntilDeliveredAsync(Healthy);
        var faultsTo = TimeProvider.System.GetUtcNow();

        foreach (var partner in partners)
            await run.SetFaultAsync(partner, new Fault());
        var repaired = run.Recorder.Now;

        // Life goes on after the repair: the first events show that the partners are back, and free what waits.
        await Task.WhenAll(partners.Where(partner => partner != HoldsForAnHour).Select(partner => run.PublishCaseAsync(partner, versions: 8)));
        var drained = new List<(double Seconds, string Partner)>();
        await Task.WhenAll(partners.Where(partner => partner != HoldsForAnHour).Select(async partner =>
        {
            await run.UntilDeliveredAsync(partner);
            lock (drained)
                drained.Add((run.Recorder.Now - repaired, partner));
        }));
        var last = drained.Max();
        var heldBack = (int)await run.OpenAsync(HoldsForAnHour);
        Assert.Equal(0, await run.CountAsync("SELECT count(*) FROM waits WHERE state = 'parked'"));

        var requests = run.Requests;
        var breaches = FaultRun.RetryAfterBreaches(requests, Workers);
        var attempts = requests.Where(request => request.Command is not null).GroupBy(request => request.Command).Max(group => group.Count());
        long redirects = 0;
        foreach (var partner in partners)
            redirects += (await run.StatsAsync(partner)).RedirectsFollowed;
        var calm = FaultRun.Percentile(await run.LatenessAsync(Healthy, calmFrom, faultsFrom), 95);
        var beside = FaultRun.Percentile(await run.LatenessAsync(Healthy, faultsFrom, faultsTo), 95);
        var figures = await run.CountAsync(recovery: last.Seconds);

        run.Tell(output, string.Create(CultureInfo.InvariantCulture,
            $"flapping partners: {figures} · held back as asked {heldBack} · most attempts of one command {attempts} · Retry-After breaches {breaches} · redirects followed {redirects} · memory {memory / 1048576:0} MB · healthy p95 {calm * 1000:0} → {beside * 1000:0} ms · drained in {last.Seconds:0.0} s, {last.Partner} last"));
        Assert.Equal((0, 0L), (breaches, redirects));
        Assert.InRange(attempts, 2, Backoff.Attempts);
        Assert.InRange(memory / 1048576, 1, MegabytesMax);
        Assert.True(heldBack > 0, "The partner that asked for an hour has everything.");
        Assert.Equal((heldBack, 0, 0, 0, 0, true), (figures.Lost, figures.DuplicateEffects, figures.OutOfOrder, figures.Gaps, figures.Parked, figures.ChainOk));
        Assert.Empty(run.Odd);
    }

    /// <returns>The most memory seen.</returns>
    private static async Task<double> FaultyAsync(FaultRun run, string[] partners, Dictionary<string, Fault> faults)
    {
        foreach (var (partner, fault) in faults)
            await run.SetFaultAsync(partner, fault);
        var published = PublishAsync(run, partners, Phase);
        var memory = 0d;
        while (!published.IsCompleted)
        {
            memory = Math.Max(memory, await run.MetricAsync("process_resident_memory_bytes"));
            await Task.WhenAny(published, Task.Delay(500));
        }

        await published;
        return memory;
    }

    private static async Task PublishAsync(FaultRun run, string[] partners, TimeSpan length)
    {
        using var until = new CancellationTokenSource(length);
        await Task.WhenAll(partners.SelectMany(partner => Enumerable.Range(0, 2).Select(_ => run.PublishCaseAsync(partner, int.MaxValue, Pause, until.Token))));
    }
}
