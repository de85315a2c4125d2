using System.Globalization;

namespace Hub.Journeys.Faults;

/// <summary>
/// What one fault suite is asked to do. <c>./test</c> runs the short form with a fixed seed, <c>./faults</c> the long one with a seed and a length of its own
/// (<c>HUB_FAULTS_SEED</c>, <c>HUB_FAULTS_LENGTH</c>), and collects the lines (<c>HUB_FAULTS_REPORT</c>).
/// </summary>
/// <param name="Name">As <c>./faults</c> knows it: the value of the trait <c>fault</c>.</param>
/// <param name="Seed">Of everything random in the run.</param>
/// <param name="Length">How much of it, in the suite's own unit.</param>
/// <param name="IsLong">The long form also holds the times to their bars; a short form may run on any busy machine.</param>
internal sealed record Suite(string Name, int Seed, int Length, bool IsLong)
{
    /// <summary>The trait by which <c>./faults</c> finds a suite.</summary>
    public const string Trait = "fault";

    /// <summary>Seconds from a kill to the next 202 at most.</summary>
    public const double RecoveryMax = 10;

    private const int ShortSeed = 51;

    public Random Random { get; } = new(Seed);

    public static Suite Of(string name, int shortLength, int longLength)
    {
        var isLong = Environment.GetEnvironmentVariable("HUB_FAULTS") == "long";
        return new(name, Number("HUB_FAULTS_SEED") ?? (isLong ? System.Random.Shared.Next(1, 1_000_000) : ShortSeed), Number("HUB_FAULTS_LENGTH") ?? (isLong ? longLength : shortLength), isLong);
    }

    /// <summary>Writes the run's line, and fails when the bar is missed.</summary>
    /// <param name="output">Of the test.</param>
    /// <param name="figures">The run's.</param>
    /// <param name="recoveryMax">Bar of the recovery, seconds; null: none.</param>
    /// <param name="facts">What else this suite measured.</param>
    public void Report(ITestOutputHelper output, Figures figures, double? recoveryMax = null, params string[] facts)
    {
        var inTime = !IsLong || recoveryMax is null || figures.Recovery <= recoveryMax;
        var line = string.Create(CultureInfo.InvariantCulture, $"{Name} × {Length}, seed {Seed}: {figures}");
        Write(output, $"{(figures.NothingLostOrDoubled && inTime ? "ok    " : "MISSED")} {line}");
        Write(output, $"         {string.Join(" · ", [.. facts, .. Load()])}");
        figures.AssertNothingLostOrDoubled();
        Assert.True(inTime, $"Recovery took longer than {recoveryMax} s: {line}");
    }

    /// <summary>Ends the test as skipped, with the reason in the table.</summary>
    public void Skip(ITestOutputHelper output, string reason)
    {
        Write(output, $"skipped {Name}: {reason}");
        Assert.Skip(reason);
    }

    // Times measured on a machine that does much else mean little, and the reader must see it.
    private static IEnumerable<string> Load() => File.Exists("/proc/loadavg")
        ? [string.Create(CultureInfo.InvariantCulture, $"load of the machine {File.ReadAllText("/proc/loadavg").Split(' ')[1]} on {Environment.ProcessorCount} cores")]
        : [];

    private static void Write(ITestOutputHelper output, string line)
    {
        output.WriteLine(line);
        System.Console.WriteLine(line);
        if (Environment.GetEnvironmentVariable("HUB_FAULTS_REPORT") is { Length: > 0 } report)
            File.AppendAllText(report, line + "\n");
    }

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
