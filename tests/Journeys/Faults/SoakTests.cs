using System.Globalization;

namespace Hub.Journeys.Faults;

/// <summary>No fault at all, for long: what grows, and what gets slower.</summary>
[Collection(FaultCollection.Name)]
public sealed class SoakTests(ITestOutputHelper output)
{
    private const int ShortSeconds = 6;
    private const int Publishers = 20;
    private const int PauseMs = 100;

    [Fact]
    [Trait(Suite.Trait, "soak")]
    public async Task A_steady_load_neither_grows_the_process_nor_slows_it()
    {
        var suite = Suite.Of("soak", 0, 60);
        await using var run = await FaultRun.StartAsync(["sgcc-linfen", "hohhot-power"]);
        run.Publish(Approvals.LinfenCity, Publishers / 2, PauseMs);
        run.Publish(Approvals.Hohhot, Publishers / 2, PauseMs);
        await run.UntilAcceptedAsync(200);
        var (from, until) = (run.Recorder.Now, run.Recorder.Now + (suite.Length > 0 ? suite.Length * 60 : ShortSeconds));
        var memory = new List<(double At, double Megabytes)>();
        while (run.Recorder.Now < until)
        {
            memory.Add((run.Recorder.Now, ResidentMegabytes(run.Nodes[0].ProcessId)));
            await Task.Delay(TimeSpan.FromSeconds(Math.Min(5, (until - from) / 10)));
        }

        var to = run.Recorder.Now;
        await run.StopPublishingAsync();
        var figures = await run.SettleAsync(recovery: 0);

        var third = (to - from) / 3;
        suite.Report(
            output, figures, recoveryMax: null,
            Invariant($"minutes {(to - from) / 60:0.0}"), Invariant($"events a second {run.Waits.Count(wait => wait.At >= from && wait.At <= to) / (to - from):0}"),
            Invariant($"memory at the end {memory[^1].Megabytes:0} MB, growing {SlopeMegabytesPerHour([.. memory.Skip(memory.Count / 3)]):0.0} MB an hour"),
            Invariant($"accepted in p99: first third {P99(run, from, from + third):0} ms, last third {P99(run, to - third, to):0} ms"));
        Assert.Empty(run.Odd);
    }

    private static double P99(FaultRun run, double from, double to)
    {
        var waits = run.Waits.Where(wait => wait.At >= from && wait.At <= to).Select(wait => wait.Seconds).Order().ToList();
        return waits.Count == 0 ? 0 : 1000 * waits[(int)(waits.Count * 0.99)];
    }

    /// <summary>Least squares; the first third is left out by the caller, because a process that starts does grow.</summary>
    internal static double SlopeMegabytesPerHour(IReadOnlyList<(double At, double Megabytes)> samples)
    {
        var (meanAt, meanSize) = (samples.Average(sample => sample.At), samples.Average(sample => sample.Megabytes));
        var spread = samples.Sum(sample => (sample.At - meanAt) * (sample.At - meanAt));
        return spread == 0 ? 0 : 3600 * samples.Sum(sample => (sample.At - meanAt) * (sample.Megabytes - meanSize)) / spread;
    }

    [Fact]
    public void Growth_is_told_by_the_hour() => Assert.Equal(36, SlopeMegabytesPerHour([(0, 100), (100, 101), (200, 102)]), 6);

    private static double ResidentMegabytes(int process)
    {
        var line = File.ReadLines($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
