using System.Diagnostics;
using System.Globalization;
using Hub.Simulation;

// ./simulate: seeds from 1 on, or one seed with its steps. Ends with one line of figures; the exit code is 1 when a seed failed.
const int SeedsUsual = 200;

var single = Number("--seed");
if (args.Contains("--trace"))
{
    var traced = new Simulation(single ?? 1, trace: Console.WriteLine).Run();
    return Report([traced]);
}

var count = args.Length > 0 && int.TryParse(args[0], NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : SeedsUsual;
var seeds = single is { } one ? [one] : Enumerable.Range(Number("--from") ?? 1, count);
var watch = Stopwatch.StartNew();
var results = seeds.AsParallel().AsOrdered().WithDegreeOfParallelism(Math.Min(Environment.ProcessorCount, 512)).Select(seed => new Simulation(seed).Run()).ToList();
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:F1} s"));
return Report(results);

int? Number(string name) =>
    Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length && int.TryParse(args[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

static int Report(List<SimulationResult> results)
{
    var failing = results.Where(result => result.Broken is not null).ToList();
    foreach (var result in failing.Take(20))
        Console.WriteLine($"seed {result.Seed}: {result.Broken}");
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"seeds {results.Count}, failing {failing.Count}, events/seed {results.Average(result => result.Events):F1}, steps/seed {results.Average(result => result.Steps):F1}"));
    return failing.Count == 0 ? 0 : 1;
}
