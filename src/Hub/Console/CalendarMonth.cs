using Hub.Policies;

namespace Hub.Console;

/// <summary>One day of a month's page.</summary>
/// <param name="Kind">work, weekend, holiday or makeup.</param>
/// <param name="Name">What the notice calls it, in Chinese; null for ordinary days.</param>
internal sealed record CalendarDay(DateOnly Date, string Kind, string? Name);

/// <summary>A month of a place's working calendar.</summary>
/// <param name="Weeks">From Monday to Sunday; null: a day of another month.</param>
internal sealed record CalendarMonth(DateOnly First, int WorkingDays, IReadOnlyList<IReadOnlyList<CalendarDay?>> Weeks)
{
    /// <summary>Kinds of days.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["work", "weekend", "holiday", "makeup"];

    public static CalendarMonth Of(WorkingCalendar calendar, DateOnly first)
    {
        var days = Enumerable.Range(0, DateTime.DaysInMonth(first.Year, first.Month)).Select(first.AddDays).ToList();
        var before = ((int)first.DayOfWeek + 6) % 7;
        var cells = Enumerable.Repeat<CalendarDay?>(null, before).Concat(days.Select(day => DayOf(calendar, day))).ToList();
        cells.AddRange(Enumerable.Repeat<CalendarDay?>(null, (7 - (cells.Count % 7)) % 7));
        return new(first, days.Count(calendar.IsWorkingDay), [.. cells.Chunk(7)]);
    }

    private static CalendarDay DayOf(WorkingCalendar calendar, DateOnly day) => new(
        day,
        calendar.Exceptions.TryGetValue(day, out var works) ? works ? "makeup" : "holiday" : calendar.IsWorkingDay(day) ? "work" : "weekend",
        calendar.Notices.LastOrDefault(notice => notice.Days.ContainsKey(day))?.Days[day]);
}
