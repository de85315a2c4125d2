using System.Diagnostics;
using System.Globalization;

namespace Hub.Benchmarks;

/// <summary>
/// Every figure from one run. What is compared is measured in turn (limit, bare, hub, limit, bare, hub …), so that a machine which is slow for a while is slow
/// for all of them; each ratio is the median of the rounds' ratios.
/// </summary>
internal sealed class FullRun(string admin, Report report, bool quick)
{
    /// <summary>Databases that <c>fill</c> left, and how many events are in them.</summary>
    public static IReadOnlyList<(string Name, string Database, int Events)> Filled { get; } =
        [("growth_1m", "bench_growth_1m", 1_000_000), ("growth_10m", "bench_growth_10m", 10_000_000)];

    private const double Steady = 1500;
    private const double PartnersRate = 600;
    private const int BatchPush = 64;

    // Ten utilities, of which one is dead and one slow, and the same ten in good health.
    private static readonly Health[] Sick = [Health.Dead, Health.Slow, .. Enumerable.Repeat(Health.Well, 8)];
    private static readonly Health[] Sound = [.. Enumerable.Repeat(Health.Well, 10)];

    private readonly int rounds = quick ? 2 : 3;
    private readonly int seconds = Trial.Number("HUB_BENCH_SECONDS", quick ? 4 : 7);
    private readonly Stopwatch clock = Stopwatch.StartNew();

    public async Task RunAsync()
    {
        await using var hub = await (await HubPipeline.StartAsync(admin, new("hub"))).WarmAsync();
        await CoreAsync(hub);
        await SteadyAsync(hub);
        if (!quick)
            await GrowthAsync(hub);
        report.Add("memory_peak_mb", hub.PeakMb, "0");
        await hub.DisposeAsync();
        if (!quick)
            await PartnersAsync();
        await NodesAsync();
        report.Add("seconds", clock.Elapsed.TotalSeconds, "0");
    }

    public async Task GrowthAloneAsync()
    {
        await using var hub = await (await HubPipeline.StartAsync(admin, new("hub"))).WarmAsync();
        await GrowthAsync(hub);
    }

    private async Task CoreAsync(Pipeline hub)
    {
        await using var limit = await InsertLimit.StartAsync(admin);
        await using var bare = await (await BarePipeline.StartAsync(admin)).WarmAsync();
        await using var batch = await BatchAsync();
        var (limits, bares, hubs, batches) = (new List<double>(), new List<Measured>(), new List<Measured>(), new List<Measured>());
        for (var round = 1; round <= rounds; round++)
        {
            limits.Add(await limit.RunAsync(Math.Min(seconds, quick ? 3 : 4)));
            bares.Add(await bare.SaturateAsync(seconds));
            hubs.Add(await hub.SaturateAsync(seconds));
            if (batch is not null)
                batches.Add(await batch.SaturateAsync(seconds));
            Note($"round {round}: limit {limits[^1]:0}, bare {Rate(bares[^1]):0}, hub {Rate(hubs[^1]):0}{(batch is null ? "" : $", hub_batch {Rate(batches[^1]):0}")} /s");
        }

        report.Add("limit_method", limit.Method);
        report.Add("limit/s", Figures.Median(limits), "0");
        report.Add("bare/s", MedianRate(bares), "0");
        Describe("hub", hubs);
        report.Add("bare_accept_p50_ms", Median(bares, one => Figures.Percentile(one.Outcome.Accept, 50)), "0.0");
        report.Add("bare_e2e_p50_ms", Median(bares, one => Figures.Percentile(one.Outcome.EndToEnd, 50)), "0.0");
        report.Add("bare_cpu_ms_per_event", Median(bares, one => one.CpuMs), "0.000");
        report.Add("bare_postgres_cpu_ms_per_event", Median(bares, one => one.PostgresCpuMs), "0.000");
        report.Add("bare/limit", Ratio(bares.Select(Rate), limits));
        report.Add("hub/limit", Ratio(hubs.Select(Rate), limits));
        report.Add("hub/bare", Ratio(hubs.Select(Rate), bares.Select(Rate)));
        if (batch is not null)
        {
            report.Add("hub_batch/s", MedianRate(batches), "0");
            report.Add("hub_batch_cpu_ms_per_event", Median(batches, one => one.CpuMs), "0.000");
            report.Add("hub_batch_postgres_cpu_ms_per_event", Median(batches, one => one.PostgresCpuMs), "0.000");
            report.Add("hub_batch/limit", Ratio(batches.Select(Rate), limits));
        }

        report.Add("limit_spread", Figures.Spread(limits));
        report.Add("bare_spread", Figures.Spread([.. bares.Select(Rate)]));
        report.Add("hub_spread", Figures.Spread([.. hubs.Select(Rate)]));
    }

    private void Describe(string name, List<Measured> rounds)
    {
        report.Add($"{name}/s", MedianRate(rounds), "0");
        report.Add($"{name}_accepted/s", Median(rounds, one => one.Outcome.AcceptedPerSecond), "0");
        report.Add("answers_503", rounds.Sum(one => one.Outcome.Turned), "0");
        report.Add("accept_p50_ms", Median(rounds, one => Figures.Percentile(one.Outcome.Accept, 50)), "0.0");
        report.Add("accept_p99_ms", Median(rounds, one => Figures.Percentile(one.Outcome.Accept, 99)), "0.0");
        report.Add("e2e_p50_ms", Median(rounds, one => Figures.Percentile(one.Outcome.EndToEnd, 50)), "0.0");
        report.Add("e2e_p99_ms", Median(rounds, one => Figures.Percentile(one.Outcome.EndToEnd, 99)), "0.0");
        report.Add($"{name}_cpu_ms_per_event", Median(rounds, one => one.CpuMs), "0.000");
        report.Add("postgres_cpu_ms_per_event", Median(rounds, one => one.PostgresCpuMs), "0.000");
    }

    private async Task<Pipeline?> BatchAsync()
    {
        try
        {
            return await (await HubPipeline.StartAsync(admin, new("hub_batch", BatchMax: BatchPush))).WarmAsync();
        }
        catch (NotStartedException refused) when (refused.Message.Contains("BatchMax", StringComparison.Ordinal))
        {
            Note($"hub_batch skipped, the hub does not take the setting BatchMax: {refused.Message}");
            report.Add("hub_batch", "skipped");
            return null;
        }
    }

    private async Task SteadyAsync(Pipeline hub)
    {
        var measured = await hub.PaceAsync(Steady, seconds * 2);
        var outcome = measured.Outcome;
        report.Add("at_1500 accepted/s", outcome.AcceptedPerSecond, "0");
        report.Add("at_1500 accept_p50_ms", Figures.Percentile(outcome.Accept, 50), "0.0");
        report.Add("at_1500 accept_p99_ms", Figures.Percentile(outcome.Accept, 99), "0.0");
        report.Add("at_1500 e2e_p50_ms", Figures.Percentile(outcome.EndToEnd, 50), "0.0");
        report.Add("at_1500 e2e_p99_ms", Figures.Percentile(outcome.EndToEnd, 99), "0.0");
        report.Add("at_1500 hub_cpu_ms_per_event", measured.CpuMs, "0.000");
        report.Add("at_1500 postgres_cpu_ms_per_event", measured.PostgresCpuMs, "0.000");
        Note("steady rate done");
    }

    /// <summary>The hub on databases with a past beside the same hub on an empty one.</summary>
    private async Task GrowthAsync(Pipeline empty)
    {
        var grown = new List<(string Name, Pipeline Hub, List<double> Ratios)>();
        try
        {
            foreach (var (name, database, _) in Filled)
            {
                if (!await Database.ExistsAsync(admin, database))
                    report.Add(name, "skipped");
                else
                    grown.Add((name, await StartOnAsync(name, Database.Open(admin, database)), []));
            }

            var parked = await Database.CreateAsync(admin);
            await HubPipeline.MigrateAsync(parked);
            await Filler.ParkAsync(parked);
            grown.Add(("growth_parked", await StartOnAsync("growth_parked", parked), []));

            for (var round = 1; round <= 2; round++)
            {
                var without = Rate(await empty.SaturateAsync(seconds));
                var line = new List<string>();
                foreach (var (name, hub, ratios) in grown)
                {
                    var rate = Rate(await hub.SaturateAsync(seconds));
                    ratios.Add(rate / without);
                    line.Add(string.Create(CultureInfo.InvariantCulture, $"{name} {rate:0}"));
                }

                Note($"growth round {round}: empty {without:0}, {string.Join(", ", line)} /s");
            }

            foreach (var (name, _, ratios) in grown)
                report.Add(name, Figures.Median(ratios));
        }
        finally
        {
            foreach (var (_, hub, _) in grown)
                await hub.DisposeAsync();
        }
    }

    private async Task<Pipeline> StartOnAsync(string name, Database database) =>
        await (await HubPipeline.StartAsync(admin, new(name), database)).WarmAsync();

    /// <summary>What the healthy utilities notice of a dead and a slow one.</summary>
    public async Task PartnersAsync()
    {
        await using var sound = await (await HubPipeline.StartAsync(admin, new("ten well", Utilities: Sound))).WarmAsync();
        await using var sick = await (await HubPipeline.StartAsync(admin, new("two of ten sick", Utilities: Sick))).WarmAsync();
        var (without, with) = (new List<double>(), new List<double>());
        for (var round = 1; round <= 2; round++)
        {
            without.Add(HealthyP95(await sound.PaceAsync(PartnersRate, seconds)));
            with.Add(HealthyP95(await sick.PaceAsync(PartnersRate, seconds)));
            Note(string.Create(CultureInfo.InvariantCulture, $"partners round {round}: p95 {without[^1]:0.0} ms with all well, {with[^1]:0.0} ms beside the sick"));
        }

        report.Add("healthy_p95_ms", Figures.Median(without), "0.0");
        report.Add("healthy_p95_beside_sick_ms", Figures.Median(with), "0.0");
        report.Add("healthy_p95_change_percent", ((Figures.Median(with) / Figures.Median(without)) - 1) * 100, "0.0");
    }

    private static double HealthyP95(Measured measured) => Figures.Percentile(measured.Outcome.EndToEnd, 95);

    /// <summary>Two processes on one database, the events of a case going to them in turn, beside one process with the same traffic.</summary>
    public async Task NodesAsync()
    {
        await using var one = await (await HubPipeline.StartAsync(admin, new("one node", Mix: Mix.Eight))).WarmAsync();
        await using var two = await (await HubPipeline.StartAsync(admin, new("two nodes", Nodes: 2, Mix: Mix.Eight))).WarmAsync();
        var (ones, twos) = (new List<double>(), new List<double>());
        for (var round = 1; round <= 2; round++)
        {
            ones.Add(Rate(await one.SaturateAsync(seconds)));
            twos.Add(Rate(await two.SaturateAsync(seconds)));
            Note(string.Create(CultureInfo.InvariantCulture, $"nodes round {round}: one {ones[^1]:0}, two {twos[^1]:0} /s"));
        }

        report.Add("one_node/s", Figures.Median(ones), "0");
        report.Add("two_nodes/s", Figures.Median(twos), "0");
        report.Add("two_nodes/one", Ratio(twos, ones));
        report.Add("inversions", two.Traffic.Inversions, "0");
        report.Add("deadlocks", await two.Database.DeadlocksAsync(), "0");
    }

    private static double Rate(Measured measured) => measured.Outcome.DeliveredPerSecond;

    private static double MedianRate(IEnumerable<Measured> rounds) => Figures.Median(rounds.Select(Rate));

    private static double Median(IEnumerable<Measured> rounds, Func<Measured, double> of) => Figures.Median(rounds.Select(of));

    private static double Ratio(IEnumerable<double> of, IEnumerable<double> to) => Figures.Median(of.Zip(to, (left, right) => left / right));

    private void Note(string text) => Report.Note(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds:0} s: {text}"));
}
