using System.Globalization;

namespace Hub.Journeys.Faults;

/// <summary>How long a fault suite runs and from which seed: <c>HUB_FAULTS_LENGTH</c> (short, medium or long) and <c>HUB_FAULTS_SEED</c>.</summary>
internal static class RunLength
{
    private static readonly string Wanted = Environment.GetEnvironmentVariable("HUB_FAULTS_LENGTH") is { Length: > 0 } text ? text : "short";

    public static int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("HUB_FAULTS_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : 51;

    /// <summary>Longer than any run of its length should take.</summary>
    public static TimeSpan Limit => Of(TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(10), TimeSpan.FromHours(2));

    public static T Of<T>(T small, T medium, T large) => Wanted switch
    {
        "long" => large,
        "medium" => medium,
        "short" => small,
        _ => throw new InvalidOperationException("HUB_FAULTS_LENGTH must be short, medium or long."),
    };
}
