using System.Globalization;

namespace Hub.Benchmarks;

/// <summary>What a figure should be.</summary>
/// <param name="Name">The figure.</param>
/// <param name="Least">At least this, or null.</param>
/// <param name="Most">At most this, or null.</param>
internal sealed record Mark(string Name, double? Least = null, double? Most = null)
{
    public static IReadOnlyList<Mark> All { get; } =
    [
        new("hub/limit", Least: 0.28),
        new("hub/bare", Least: 0.70),
        new("hub_batch/limit", Least: 0.40),
        new("growth_1m", Least: 0.8),
        new("growth_10m", Least: 0.8),
        new("growth_parked", Least: 0.8),
        new("healthy_p95_change_percent", Most: 10),
        new("at_1500 accept_p50_ms", Most: 3),
        new("at_1500 accept_p99_ms", Most: 15),
        new("at_1500 e2e_p50_ms", Most: 5),
        new("at_1500 e2e_p99_ms", Most: 25),
        new("two_nodes/one", Least: 0.65),
        new("inversions", Most: 0),
        new("deadlocks", Most: 0),
        new("memory_peak_mb", Most: 300),
    ];

    /// <param name="value">Null when it was not measured.</param>
    public string Judge(double? value)
    {
        var limit = Least is { } least ? string.Create(CultureInfo.InvariantCulture, $">= {least:0.##}") : string.Create(CultureInfo.InvariantCulture, $"<= {Most:0.##}");
        var word = value is not { } measured ? "not measured" : (Least is null || measured >= Least) && (Most is null || measured <= Most) ? "yes" : "no";
        return $"pass {Name} {limit} {word}";
    }
}
