using System.Globalization;

namespace Hub;

/// <summary>
/// The hub's clock in a demonstration: as many seconds away from the true time as a file says, so that days can pass while people watch. Only where
/// <c>Hub:DemoClock</c> names the file; every move is an entry in the exchange log. Calls to partners keep the true time, which their signatures carry.
/// </summary>
internal sealed class DemoClock(string file) : TimeProvider
{
    private const long LookEveryMilliseconds = 200;

    private readonly Lock gate = new();
    private long lookedAt = long.MinValue;
    private TimeSpan ahead;

    /// <summary>The clock by these settings.</summary>
    public static TimeProvider Of(HubSettings settings) => settings.DemoClock is { } file ? new DemoClock(file) : System;

    /// <summary>The true time, whatever is pretended to the rest.</summary>
    public static TimeProvider True(TimeProvider clock) => clock is DemoClock ? System : clock;

    public TimeSpan Ahead
    {
        get
        {
            lock (gate)
            {
                var now = Environment.TickCount64;
                if (now < lookedAt + LookEveryMilliseconds && lookedAt != long.MinValue)
                    return ahead;
                lookedAt = now;
                ahead = Read();
                return ahead;
            }
        }
    }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;

    /// <summary>Every process that reads the file has the new time within a second.</summary>
    public void Move(TimeSpan to)
    {
        var fresh = file + ".new";
        File.WriteAllText(fresh, ((long)to.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        File.Move(fresh, file, overwrite: true);
        lock (gate)
            lookedAt = long.MinValue;
    }

    private TimeSpan Read()
    {
        try
        {
            return TimeSpan.FromSeconds(long.Parse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture));
        }
        catch (FileNotFoundException)
        {
            return TimeSpan.Zero;
        }
        catch (Exception unreadable) when (unreadable is IOException or FormatException or OverflowException)
        {
            return ahead;
        }
    }
}
