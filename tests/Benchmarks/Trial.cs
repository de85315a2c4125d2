using System.Globalization;

namespace Hub.Benchmarks;

/// <summary>Shorter everything, for whoever works on the benchmark itself. Said at the start, because such figures mean nothing.</summary>
internal static class Trial
{
    public static bool IsOn => Environment.GetEnvironmentVariables().Keys.Cast<string>().Any(name => name is "HUB_BENCH_WARM_EVENTS" or "HUB_BENCH_SECONDS");

    public static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
