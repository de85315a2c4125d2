namespace Hub.Policies;

/// <summary>
/// Working days (工作日) of one place: Monday to Friday, except the days the yearly notices take away, plus the make-up days they
/// add. The start day is never counted: no source says how to count, and this is the reading that favours whoever has to act.
/// </summary>
/// <remarks>
/// Outside the announced range the answer is Monday to Friday and every date that rests on it is provisional: it has to be worked
/// out again when the next notice is loaded.
/// </remarks>
internal sealed class WorkingCalendar
{
    // Working days from the first known day through each known day.
    private readonly int[] counts;

    /// <param name="firstDay">First day the notices cover.</param>
    /// <param name="lastDay">Last day the notices cover.</param>
    /// <param name="exceptions">True: worked, though a weekend. False: off, or a weekend day inside a holiday.</param>
    public WorkingCalendar(DateOnly firstDay, DateOnly lastDay, IReadOnlyDictionary<DateOnly, bool> exceptions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lastDay, firstDay);
        FirstDay = firstDay;
        LastDay = lastDay;
        Exceptions = exceptions;
        counts = new int[lastDay.DayNumber - firstDay.DayNumber + 1];
        var count = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            var day = firstDay.AddDays(i);
            count += exceptions.GetValueOrDefault(day, IsWeekday(day)) ? 1 : 0;
            counts[i] = count;
        }
    }

    /// <summary>Which calendar this is, such as <c>cn@2026.1</c> or <c>cn@2026.1+nm@2026.1</c> with regional days: what was counted by it says so.</summary>
    public string Version { get; init; } = "";

    /// <summary>Where the days that differ come from, in the order they were laid over one another.</summary>
    public IReadOnlyList<CalendarNotice> Notices { get; init; } = [];

    public DateOnly FirstDay { get; }

    public DateOnly LastDay { get; }

    internal IReadOnlyDictionary<DateOnly, bool> Exceptions { get; }

    public bool IsWorkingDay(DateOnly day) => CountThrough(day.DayNumber) > CountThrough(day.DayNumber - 1);

    /// <summary>The n-th working day after <paramref name="start"/>; the start itself when <paramref name="n"/> is 0.</summary>
    /// <returns>Provisional when a day that was counted is outside the announced range.</returns>
    public (DateOnly Due, bool Provisional) AddWorkingDays(DateOnly start, int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        var due = n == 0 ? start : DateOnly.FromDayNumber(DayOfCount((long)CountThrough(start.DayNumber) + n, start.DayNumber));
        var firstCounted = n == 0 ? start : start.AddDays(1);
        return (due, firstCounted < FirstDay || due > LastDay);
    }

    /// <summary>Working days after <paramref name="from"/> through <paramref name="to"/>; negative when <paramref name="to"/> is earlier.</summary>
    public int WorkingDaysBetween(DateOnly from, DateOnly to) => CountThrough(to.DayNumber) - CountThrough(from.DayNumber);

    /// <summary>This calendar with the days of a region laid over it; the announced range stays that of the notices.</summary>
    /// <param name="regional">True: worked. False: off.</param>
    /// <param name="pin">Which regional days these are, for <see cref="Version"/>.</param>
    /// <param name="notices">Where they come from; null: nothing is known of it.</param>
    public WorkingCalendar With(IReadOnlyDictionary<DateOnly, bool> regional, string pin, IReadOnlyList<CalendarNotice>? notices = null)
    {
        var all = new Dictionary<DateOnly, bool>(Exceptions);
        foreach (var (day, works) in regional)
        {
            all[day] = works;
        }

        return new(FirstDay, LastDay, all) { Version = $"{Version}+{pin}", Notices = [.. Notices, .. notices ?? []] };
    }

    private static bool IsWeekday(DateOnly day) => day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday);

    // Day number 0 is a Monday, which makes Monday to Friday a formula; -1 is the day before time.
    private static int Weekdays(int dayNumber) => ((dayNumber + 1) / 7 * 5) + Math.Min((dayNumber + 1) % 7, 5);

    private int CountThrough(int day)
    {
        var before = Weekdays(FirstDay.DayNumber - 1);
        return day < FirstDay.DayNumber ? Weekdays(day)
            : day <= LastDay.DayNumber ? before + counts[day - FirstDay.DayNumber]
            : before + counts[^1] + Weekdays(day) - Weekdays(LastDay.DayNumber);
    }

    private int DayOfCount(long count, int after)
    {
        var low = after;
        var high = DateOnly.MaxValue.DayNumber;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, CountThrough(high));
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = CountThrough(middle) < count ? (middle, high) : (low, middle);
        }

        return high;
    }
}
