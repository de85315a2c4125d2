using System.Globalization;

namespace Hub.Policies;

/// <summary>A period of a reporting duty, in the city's zone.</summary>
/// <param name="Name">Such as 2026-W47, 2026-Q3, 2026-H1, 2026-05, 2026.</param>
/// <param name="From">First instant of it, UTC.</param>
/// <param name="To">First instant after it, UTC.</param>
/// <param name="DueAt">It has to be in before this instant; null when no day is set.</param>
internal sealed record ReportPeriod(string Name, DateTimeOffset From, DateTimeOffset To, DateTimeOffset? DueAt);

/// <summary>When a reporting duty falls due (S1 四; S2 三(二)3, 四). Figures are closed before the day on which they are due, so that there is time to say something about them.</summary>
internal static class ReportPeriods
{
    public const string Week = "WEEK";
    public const string Quarter = "QUARTER";
    public const string HalfYear = "HALF_YEAR";
    public const string May = "MAY";
    public const string November = "NOVEMBER";
    public const string Year = "YEAR";

    /// <summary>Told promptly (及时); it has no period.</summary>
    public const string OnEvent = "ON_EVENT";

    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    public static IReadOnlyList<string> All { get; } = [Week, Quarter, HalfYear, May, November, Year, OnEvent];

    /// <summary>The periods that are over, the last one first; without end, and empty for what has no period.</summary>
    public static IEnumerable<ReportPeriod> EndedBy(ReportRule rule, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.ToOffset(CityOffset).DateTime);
        return rule.Period switch
        {
            // Monday to Sunday; the day on which it is due lies in the week after (周四前).
            Week => Before(today.AddDays(-(((int)today.DayOfWeek + 6) % 7)), end => end.AddDays(-7), first => $"{ISOWeek.GetYear(AsTime(first)):D4}-W{ISOWeek.GetWeekOfYear(AsTime(first)):D2}", rule),
            Quarter => Before(new DateOnly(today.Year, ((today.Month - 1) / 3 * 3) + 1, 1), end => end.AddMonths(-3), first => $"{first.Year:D4}-Q{((first.Month - 1) / 3) + 1}", rule),
            HalfYear => Before(new DateOnly(today.Year, today.Month <= 6 ? 1 : 7, 1), end => end.AddMonths(-6), first => $"{first.Year:D4}-H{(first.Month <= 6 ? 1 : 2)}", rule),
            Year => Before(new DateOnly(today.Year, 1, 1), end => end.AddYears(-1), first => $"{first.Year:D4}", rule),
            May => EachYear(today, 5, rule),
            November => EachYear(today, 11, rule),
            _ => [],
        };
    }

    private static IEnumerable<ReportPeriod> Before(DateOnly end, Func<DateOnly, DateOnly> back, Func<DateOnly, string> name, ReportRule rule)
    {
        for (var first = back(end); first.Year > 2000; (end, first) = (first, back(first)))
            yield return new(name(first), StartOf(first), StartOf(end), DueAfter(end, rule));
    }

    // What has to be in by the end of that month is counted to the end of the month before: six months, since the report before.
    private static IEnumerable<ReportPeriod> EachYear(DateOnly today, int month, ReportRule rule)
    {
        for (var end = new DateOnly(today.Year, month, 1); end.Year > 2000; end = end.AddYears(-1))
        {
            if (end <= today)
                yield return new($"{end.Year:D4}-{month:D2}", StartOf(end.AddMonths(-6)), StartOf(end), StartOf(end.AddMonths(1).AddDays(rule.DueDays ?? 0)));
        }
    }

    private static DateTimeOffset? DueAfter(DateOnly end, ReportRule rule) => rule switch
    {
        { BeforeWeekday: { } weekday } => StartOf(end.AddDays(weekday == 1 ? 7 : weekday - 1)),

        // The day after the period is not counted, as with every limit: 0 days leave that day.
        { DueDays: { } days } => StartOf(end.AddDays(days + 1)),
        _ => null,
    };

    private static DateTime AsTime(DateOnly day) => day.ToDateTime(TimeOnly.MinValue);

    private static DateTimeOffset StartOf(DateOnly day) => new DateTimeOffset(AsTime(day), CityOffset).ToUniversalTime();
}
