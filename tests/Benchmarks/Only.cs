using System.Globalization;

namespace Hub.Benchmarks;

/// <summary>One variant alone, for a profiler or a quick look: <c>./bench only hub --seconds 20 --wait</c>.</summary>
internal sealed class Only(string database, Report report, IReadOnlyList<string> options)
{
    private readonly int seconds = Number(options, "--seconds", 10);
    private readonly bool wait = options.Contains("--wait");

    public Task RunAsync(string variant) => variant switch
    {
        "limit" => LimitAsync(),
        "bare" => PipelineAsync(() => BarePipeline.StartAsync(database), rate: null),
        "hub" => PipelineAsync(() => HubPipeline.StartAsync(database, new("hub")), rate: null),
        "batch" => PipelineAsync(() => HubPipeline.StartAsync(database, new("hub_batch", BatchMax: 64)), rate: null),
        "steady" => PipelineAsync(() => HubPipeline.StartAsync(database, new("hub")), Number(options, "--rate", 1500)),
        "growth" => new FullRun(database, report, quick: false).GrowthAloneAsync(),
        "partners" => new FullRun(database, report, quick: false).PartnersAsync(),
        "nodes" => new FullRun(database, report, quick: false).NodesAsync(),
        "console" => new ConsoleRun(database, report).RunAsync(),
        _ => throw new BrokenRunException($"There is no variant {variant}."),
    };

    private async Task LimitAsync()
    {
        await using var limit = await InsertLimit.StartAsync(database);
        report.Add("limit_method", limit.Method);
        report.Add("limit/s", await limit.RunAsync(seconds), "0");
    }

    private async Task PipelineAsync(Func<Task<Pipeline>> start, int? rate)
    {
        await using var limit = await InsertLimit.StartAsync(database);
        await using var pipeline = await start();
        await pipeline.WarmAsync();
        Report.Note($"{pipeline.Name} is process {string.Join(", ", pipeline.Processes.Select(process => process.Id))}; PostgreSQL {await Machine.PostmasterAsync(pipeline.Database.Source)}");
        if (wait)
        {
            Report.Note("Enter starts the load ...");
            await Console.In.ReadLineAsync();
        }

        var before = await limit.RunAsync(Math.Min(seconds, 5));
        var measured = rate is { } paced ? await pipeline.PaceAsync(paced, seconds) : await pipeline.SaturateAsync(seconds);
        var inserts = (before + await limit.RunAsync(Math.Min(seconds, 5))) / 2;
        report.Add("limit/s", inserts, "0");
        Describe(report, pipeline, measured);
        report.Add($"{pipeline.Name}/limit", measured.Outcome.DeliveredPerSecond / inserts);
    }

    private static void Describe(Report report, Pipeline pipeline, Measured measured)
    {
        var outcome = measured.Outcome;
        report.Add($"{pipeline.Name}/s", outcome.DeliveredPerSecond, "0");
        report.Add($"{pipeline.Name}_accepted/s", outcome.AcceptedPerSecond, "0");
        report.Add("answers_503", outcome.Turned, "0");
        report.Add("accept_p50_ms", Figures.Percentile(outcome.Accept, 50), "0.0");
        report.Add("accept_p99_ms", Figures.Percentile(outcome.Accept, 99), "0.0");
        report.Add("e2e_p50_ms", Figures.Percentile(outcome.EndToEnd, 50), "0.0");
        report.Add("e2e_p99_ms", Figures.Percentile(outcome.EndToEnd, 99), "0.0");
        report.Add($"{pipeline.Name}_cpu_ms_per_event", measured.CpuMs, "0.000");
        report.Add("postgres_cpu_ms_per_event", measured.PostgresCpuMs, "0.000");
        report.Add("memory_peak_mb", pipeline.PeakMb, "0");
    }

    private static int Number(IReadOnlyList<string> options, string name, int otherwise)
    {
        var at = options.ToList().IndexOf(name);
        return at >= 0 && at + 1 < options.Count ? int.Parse(options[at + 1], CultureInfo.InvariantCulture) : otherwise;
    }
}
