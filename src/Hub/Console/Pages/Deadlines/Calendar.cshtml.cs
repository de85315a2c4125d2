using System.Globalization;
using Hub.Policies;

namespace Hub.Console.Pages.Deadlines;

/// <summary>The working calendar of a place, month by month, with the notices it rests on.</summary>
internal sealed class CalendarModel(PolicyStore policies, Frame frame) : ConsolePage(frame)
{
    public IReadOnlyList<Policy> Places { get; private set; } = [];

    /// <summary>Id of a pack; null: the national calendar.</summary>
    public string? Place { get; private set; }
    public WorkingCalendar Days { get; private set; } = null!;
    public CalendarMonth Month { get; private set; } = null!;

    /// <summary>Those that say something of the month's year.</summary>
    public IReadOnlyList<CalendarNotice> Notices { get; private set; } = [];

    /// <summary>No notice covers the whole month.</summary>
    public bool Provisional => Month.First < Days.FirstDay || Month.First.AddMonths(1).AddDays(-1) > Days.LastDay;

    public void OnGet(string? place, string? month)
    {
        var set = policies.Current;
        Places = [.. set.Policies.Where(policy => policy.Regions.Count > 0)];
        var chosen = Places.FirstOrDefault(policy => policy.Id == place);
        Place = chosen?.Id;
        Days = chosen is null ? set.Calendar : set.CalendarFor(chosen.Regions[0]);
        var today = Processes.Clocks.DayOf(F.Now);
        var first = DateOnly.TryParseExact($"{month}-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var asked) && asked.Year is > 2000 and < 2100 ? asked : new(today.Year, today.Month, 1);
        Month = CalendarMonth.Of(Days, first);
        Notices = [.. Days.Notices.Where(notice => notice.Days.Keys.Any(day => day.Year == first.Year))];
    }

    public string MonthText(int months) => Month.First.AddMonths(months).ToString("yyyy-MM", CultureInfo.InvariantCulture);

    /// <summary>What the notice calls it; in English where there is a word.</summary>
    public string Named(string name) => F.English ? string.Join(", ", name.Split('、').Select(part => Labels.Find($"holiday_{part}", english: true) ?? part)) : name;

    /// <summary>Its days of that year, those that follow one another as a stretch.</summary>
    public IEnumerable<(string Name, bool Works, DateOnly From, DateOnly To)> Stretches(CalendarNotice notice)
    {
        (string Name, bool Works, DateOnly From, DateOnly To)? last = null;
        foreach (var (day, name) in notice.Days.Where(pair => pair.Key.Year == Month.First.Year).OrderBy(pair => Days.IsWorkingDay(pair.Key)).ThenBy(pair => pair.Key))
        {
            var works = Days.IsWorkingDay(day);
            if (last is { } open && open.Name == name && open.Works == works && open.To.AddDays(1) == day)
            {
                last = open with { To = day };
                continue;
            }

            if (last is { } done)
                yield return done;
            last = (name, works, day, day);
        }

        if (last is { } end)
            yield return end;
    }
}
