using System.Globalization;

namespace Hub.Benchmarks;

/// <summary>The arithmetic of the figures: pure, so that it is tested.</summary>
internal static class Figures
{
    /// <summary>Nearest-rank percentile: the smallest value that at least so many percent of the values do not exceed.</summary>
    /// <param name="sorted">Ascending; 0 is answered for none.</param>
    /// <param name="percent">Above 0, at most 100.</param>
    public static double Percentile(IReadOnlyList<double> sorted, double percent) =>
        sorted.Count == 0 ? 0 : sorted[Math.Clamp((int)Math.Ceiling(sorted.Count * percent / 100) - 1, 0, sorted.Count - 1)];

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? 0 : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>How far the values lie apart, as a share of their median: 0.1 is ten percent from the lowest to the highest.</summary>
    public static double Spread(IReadOnlyCollection<double> values) =>
        values.Count < 2 || Median(values) == 0 ? 0 : (values.Max() - values.Min()) / Median(values);

    /// <summary>Transactions a second from what pgbench prints, connecting left out; null when it is not there.</summary>
    public static double? PgbenchRate(string output)
    {
        foreach (var line in output.Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["tps", "=", var rate, ..] && !line.Contains("including", StringComparison.Ordinal)
                && double.TryParse(rate, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                return value;
            }
        }

        return null;
    }
}

/// <summary>
/// An even schedule for many clients in turn: slot after slot, one client each. Every latency is counted from the slot, so that a stall
/// of the hub shows in all the events that were due meanwhile and not only in the one that happened to wait.
/// </summary>
/// <param name="Rate">Events a second, all clients together.</param>
/// <param name="Clients">How many clients take turns.</param>
internal sealed record Pace(double Rate, int Clients)
{
    /// <summary>When a slot is due, seconds from the start.</summary>
    public double Due(long slot) => slot / Rate;

    /// <summary>Slots that lie within so many seconds.</summary>
    public long SlotsIn(double seconds) => (long)Math.Ceiling(seconds * Rate);

    public int ClientOf(long slot) => (int)(slot % Clients);
}

/// <summary>
/// Which events make up the traffic. Events are numbered from 0 and come in groups of some cases; a case's events follow one another, because
/// its bureau sends an amendment after the answer to what it amends.
/// </summary>
internal sealed class Mix
{
    private readonly (int Case, int Version)[] steps;
    private readonly Dictionary<(int Case, int Version), int> places;

    /// <param name="steps">The events of one group in order: case within the group from 0, version from 1.</param>
    private Mix(params (int Case, int Version)[] steps)
    {
        this.steps = steps;
        places = steps.Index().ToDictionary(step => step.Item, step => step.Index);
        Cases = steps.Max(step => step.Case) + 1;
    }

    /// <summary>Two new projects, then an amendment of the first: two thirds of the events open a case.</summary>
    public static Mix Usual { get; } = new((0, 1), (1, 1), (0, 2));

    /// <summary>Eight events to a case, for the order between two nodes.</summary>
    public static Mix Eight { get; } = new([.. Enumerable.Range(1, 8).Select(version => (0, version))]);

    /// <summary>Events in a group.</summary>
    public int Events => steps.Length;

    /// <summary>Cases in a group.</summary>
    public int Cases { get; }

    public (int Case, int Version) Of(int number)
    {
        var (place, version) = steps[number % Events];
        return ((number / Events * Cases) + place, version);
    }

    /// <summary>The event that a case's command of this number tells of; -1 when there is none.</summary>
    public int NumberOf(int caseNumber, int version) =>
        places.TryGetValue((caseNumber % Cases, version), out var step) ? (caseNumber / Cases * Events) + step : -1;
}
