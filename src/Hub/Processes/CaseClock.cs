using System.Text.Json.Serialization;
using Hub.Policies;

namespace Hub.Processes;

/// <summary>
/// One limit running in a case (时钟). Its rule's numbers are copied when it begins, so that it means the same for as long as the case lives; when it began, stood still
/// and ended is given by the case's facts, and everything else is counted from these.
/// </summary>
/// <remarks>Nothing stops or moves a clock but a fact on record: it has no function that sets a due day.</remarks>
internal sealed record CaseClock
{
    /// <summary>Id of the <see cref="LimitRule"/>.</summary>
    public required string Rule { get; init; }

    public required string Span { get; init; }
    public string? Stage { get; init; }
    public string? Part { get; init; }

    /// <summary>The legal limit, in <see cref="Unit"/>.</summary>
    public required int Limit { get; init; }

    /// <summary><c>working_days</c> or <c>calendar_days</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>The operator's own stricter aim; never the legal limit.</summary>
    public int? Target { get; init; }

    /// <summary>Who has to keep it, as in the rule.</summary>
    public required string Responsible { get; init; }

    /// <summary>What it leaves out, of <see cref="Exclusions"/>.</summary>
    public IReadOnlyList<string> Excludes { get; init; } = [];

    public required DateTimeOffset StartedAt { get; init; }
    public IReadOnlyList<ClockPause> Pauses { get; init; } = [];
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>It ended without its aim being reached (cancelled, refused).</summary>
    public bool Dropped { get; init; }

    /// <summary>Last day within the limit, in the city's zone; null while it stands still with days left.</summary>
    public DateOnly? Due { get; init; }

    /// <summary>The same for <see cref="Target"/>.</summary>
    public DateOnly? TargetDue { get; init; }

    /// <summary>The due day lies past the last holiday notice and will be counted again.</summary>
    public bool Provisional { get; init; }

    /// <summary>The calendar it was counted by; null before the first count.</summary>
    public string? Calendar { get; init; }

    /// <summary>Shares of the limit, in percent, whose warning was given; 100 is overdue.</summary>
    public IReadOnlyList<int> Warned { get; init; } = [];

    /// <summary>How the due day moved, oldest first.</summary>
    public IReadOnlyList<ClockChange> Changes { get; init; } = [];

    /// <summary>running, paused, overdue, met, met_late or ended.</summary>
    public string Status { get; init; } = "running";

    [JsonIgnore] public bool Open => EndedAt is null;
}

/// <summary>A time that is left out (补正, 外线施工 …).</summary>
/// <param name="Kind">Of <see cref="Exclusions"/>.</param>
/// <param name="To">Null while it lasts.</param>
/// <param name="Reason">As given.</param>
/// <param name="By">Who said so.</param>
internal sealed record ClockPause(string Kind, DateTimeOffset From, DateTimeOffset? To, string? Reason, string? By);

/// <param name="Why">resumed, corrected or calendar.</param>
internal sealed record ClockChange(DateTimeOffset At, DateOnly? From, DateOnly? To, string Why, string Calendar);

/// <summary>Counts clocks. Days are those of the city; the day something begins is never counted, and a day on which a clock stood still only in part is.</summary>
internal static class Clocks
{
    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    /// <summary>The clock of a limit, begun; nothing is counted before <see cref="Count"/>.</summary>
    public static CaseClock Of(LimitRule rule, DateTimeOffset startedAt) => new()
    {
        Rule = rule.Id,
        Span = rule.Span,
        Stage = rule.Stage,
        Part = rule.Part,
        Limit = rule.Limit,
        Unit = rule.Unit,
        Target = rule.InternalTarget,
        Responsible = rule.Responsible,
        Excludes = rule.Excludes,
        StartedAt = startedAt,
    };

    /// <summary>Works everything out anew from the clock's facts.</summary>
    /// <param name="clock">With its start, pauses and end as the case now knows them.</param>
    /// <param name="calendar">Of the place.</param>
    /// <param name="now">The engine's time.</param>
    /// <param name="why">What a moved due day is put down to.</param>
    public static CaseClock Count(CaseClock clock, WorkingCalendar calendar, DateTimeOffset now, string why)
    {
        var (due, provisional) = DueOf(clock, clock.Limit, calendar);
        var late = due is { } last && (clock.EndedAt ?? now) >= EndOf(last);
        var counted = clock with
        {
            Due = due,
            Provisional = provisional,
            TargetDue = clock.Target is { } target ? DueOf(clock, target, calendar).Due : null,
            Calendar = calendar.Version,
            Status = clock.Dropped ? "ended"
                : clock.EndedAt is not null ? late ? "met_late" : "met"
                : late ? "overdue"
                : IsPaused(clock) ? "paused" : "running",
        };

        // A pause takes the due day away and the resumption brings another: told once, as the move it is.
        return due == clock.Due || clock.Calendar is null ? counted : counted with { Changes = [.. clock.Changes, new(now, clock.Due, due, why, calendar.Version)] };
    }

    /// <summary>Days used up until then, in the clock's unit.</summary>
    public static int Used(CaseClock clock, DateTimeOffset until, WorkingCalendar calendar) =>
        Runs(clock, until).Sum(run => Days(clock, calendar, DayOf(run.From), DayOf(run.To!.Value)));

    /// <summary>Days left: negative when it is over.</summary>
    public static int Left(CaseClock clock, DateTimeOffset now, WorkingCalendar calendar) => clock.Limit - Used(clock, clock.EndedAt ?? now, calendar);

    /// <summary>Which warnings are due by now and were not given yet.</summary>
    public static IReadOnlyList<int> DueWarnings(CaseClock clock, IReadOnlyList<WarningRule> warnings, DateTimeOffset now, WorkingCalendar calendar) =>
        clock.Open ? [.. warnings.Where(rule => !clock.Warned.Contains(rule.Percent) && WarnAt(clock, rule.Percent, calendar) <= now).Select(rule => rule.Percent).Order()] : [];

    /// <summary>When the next warning is due; null: none is, as it stands.</summary>
    public static DateTimeOffset? NextWarning(CaseClock clock, IReadOnlyList<WarningRule> warnings, WorkingCalendar calendar) =>
        clock.Open ? warnings.Where(rule => !clock.Warned.Contains(rule.Percent)).Select(rule => WarnAt(clock, rule.Percent, calendar)).Min() : null;

    public static DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(at.ToOffset(CityOffset).DateTime);

    /// <summary>The first instant after a day of the city.</summary>
    public static DateTimeOffset EndOf(DateOnly day) => new DateTimeOffset(day.AddDays(1).ToDateTime(TimeOnly.MinValue), CityOffset).ToUniversalTime();

    // When that share of the limit is used up, rounded down for warnings and never for the limit itself; null while it stands still before that.
    private static DateTimeOffset? WarnAt(CaseClock clock, int percent, WorkingCalendar calendar) =>
        DueOf(clock, clock.Limit * percent / 100, calendar).Due is { } day ? EndOf(day) : null;

    private static (DateOnly? Due, bool Provisional) DueOf(CaseClock clock, int days, WorkingCalendar calendar)
    {
        var left = days;
        foreach (var run in Runs(clock, end: null))
        {
            var from = DayOf(run.From);
            var (due, provisional) = clock.Unit == "calendar_days" ? (from.AddDays(left), false) : calendar.AddWorkingDays(from, left);

            // A pause that begins on the last day itself still leaves that day; one that begins later helps nobody.
            if (run.To is not { } to || DayOf(to) > due)
                return (due, provisional);
            left -= Days(clock, calendar, from, DayOf(to));
        }

        return (null, false);
    }

    private static int Days(CaseClock clock, WorkingCalendar calendar, DateOnly from, DateOnly to) =>
        clock.Unit == "calendar_days" ? to.DayNumber - from.DayNumber : calendar.WorkingDaysBetween(from, to);

    private static bool IsPaused(CaseClock clock) => clock.Pauses.Any(pause => pause.To is null);

    /// <summary>The times in which it ran, in order; the last is open when <paramref name="end"/> is not given and it runs.</summary>
    private static IEnumerable<(DateTimeOffset From, DateTimeOffset? To)> Runs(CaseClock clock, DateTimeOffset? end)
    {
        var from = clock.StartedAt;
        foreach (var pause in clock.Pauses.OrderBy(pause => pause.From))
        {
            if (end is { } stop && pause.From >= stop)
                break;
            if (pause.From > from)
                yield return (from, pause.From);
            if (pause.To is not { } to)
                yield break;
            from = to > from ? to : from;
        }

        if (end is null || end > from)
            yield return (from, end);
    }
}
