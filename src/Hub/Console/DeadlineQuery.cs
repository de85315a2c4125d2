using Hub.Policies;
using Hub.Processes;

namespace Hub.Console;

/// <summary>The filters of the list of deadlines, as they stand in its address.</summary>
internal sealed record DeadlineQuery
{
    /// <summary>How near they are. Working days are counted from today, whatever the limit's own unit; what is due today is due within one day as well.</summary>
    public static IReadOnlyList<string> Nears { get; } = ["overdue", "today", "one", "three", "paused"];

    public string? Near { get; init; }

    /// <summary>Id of the pack whose places are shown.</summary>
    public string? Place { get; init; }
    public string? Operator { get; init; }

    public bool IsEmpty => this == new DeadlineQuery();

    /// <param name="query">As it came; what is not known is no filter.</param>
    public static DeadlineQuery Read(IQueryCollection query)
    {
        return new()
        {
            Near = Nears.Contains(query["near"].ToString()) ? query["near"].ToString() : null,
            Place = Text("place"),
            Operator = Text("operator"),
        };

        string? Text(string name) => query[name].ToString() is { Length: > 0 and <= 100 } text ? text : null;
    }

    public bool Matches(Deadline one, DateOnly today, PolicySet policies) =>
        (Operator is null || one.Operator == Operator)
        && (Place is null || policies.For(one.Region)?.Id == Place)
        && (Near is null || Is(Near, one, today, policies.CalendarFor(one.Region)));

    public static bool Is(string near, Deadline one, DateOnly today, WorkingCalendar calendar)
    {
        return near switch
        {
            "overdue" or "paused" => one.Clock.Status == near,
            "today" => Within(0),
            "one" => Within(1),
            _ => Within(3),
        };

        bool Within(int days) => one.Clock.Status == "running" && one.Clock.Due <= calendar.AddWorkingDays(today, days).Due;
    }

    /// <summary>Icon and colour of a clock.</summary>
    public static string Look(CaseClock clock, int left) => clock.Status switch
    {
        "overdue" or "met_late" => "bad",
        "paused" => "paused",
        "met" => "done",
        "ended" => "ended",
        _ => left <= 1 ? "waiting" : "open",
    };
}
