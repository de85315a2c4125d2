namespace Hub.Policies;

/// <summary>Days of one calendar file. The national file gives the announced range; an overlay gives regions instead.</summary>
internal sealed record CalendarFile(
    string Id, string Version, DateOnly? FirstDay, DateOnly? LastDay, IReadOnlyList<string> Regions, IReadOnlyDictionary<DateOnly, bool> Days, IReadOnlyList<CalendarNotice> Notices)
{
    public string Pin => $"{Id}@{Version}";
}

/// <summary>A notice that takes working days away or adds them (放假通知).</summary>
/// <param name="Number">Of the document.</param>
/// <param name="Sure">The number was read on the notice itself.</param>
/// <param name="Page">Where it was published; null when not known.</param>
/// <param name="Days">Its days and what they are called, in Chinese as in the notice.</param>
internal sealed record CalendarNotice(string Number, bool Sure, string? Page, IReadOnlyDictionary<DateOnly, string> Days);

/// <summary>Reads <c>calendar/*.yaml</c>: the national working-day calendar, and the regional ones laid over it.</summary>
internal static class CalendarReader
{
    public const string National = "cn";

    /// <summary>Whether the notice's number was read on the notice itself.</summary>
    private static readonly string[] NumberMarks = ["sure", "unverified"];

    /// <returns>Null when the file has problems.</returns>
    public static CalendarFile? Read(PackNode node, List<PolicyProblem> problems)
    {
        var before = problems.Count;
        var id = PackReader.Id(node, "id");
        var isNational = id == National;
        var version = PackReader.Version(node);
        _ = node.Bilingual("title");
        var first = isNational ? node.Date("first_day") : null;
        var last = isNational ? node.Date("last_day") : null;
        var regions = isNational ? [] : PackReader.Prefixes(node, "regions");
        var days = new Dictionary<DateOnly, bool>();
        var notices = new List<CalendarNotice>();
        foreach (var notice in node.Mappings("notices"))
        {
            notices.Add(ReadNotice(notice, days));
        }

        if (last < first)
        {
            node.Report("last_day", "last_day 早于 first_day。", "last_day is before first_day.");
        }

        if (first is not null && last is not null && days.Keys.FirstOrDefault(day => day < first || day > last) is { DayNumber: > 0 } outside)
        {
            node.Report("notices", $"{outside:yyyy-MM-dd} 不在 first_day 与 last_day 之间。", $"{outside:yyyy-MM-dd} is not between first_day and last_day.");
        }

        node.Close();
        return problems.Count == before ? new(id, version, first, last, regions, days, notices) : null;
    }

    private static CalendarNotice ReadNotice(PackNode notice, Dictionary<DateOnly, bool> days)
    {
        var named = new Dictionary<DateOnly, string>();
        var number = notice.Text("number");
        var sure = notice.Word("number_is", NumberMarks) == "sure";
        var page = notice.OptionalText("page");
        foreach (var holiday in notice.OptionalMappings("holidays"))
        {
            ReadHoliday(holiday, days, named);
        }

        foreach (var workday in notice.OptionalMappings("workdays"))
        {
            var name = workday.Text("name");
            if (workday.Date("day") is { } day)
            {
                Add(workday, "day", day, works: true, days);
                named[day] = name;
            }

            workday.Close();
        }

        notice.Close();
        return new(number, sure, page, named);
    }

    private static void ReadHoliday(PackNode holiday, Dictionary<DateOnly, bool> days, Dictionary<DateOnly, string> named)
    {
        var name = holiday.Text("name");
        var from = holiday.Date("from");
        var to = holiday.Date("to");
        if (to < from || to?.DayNumber - from?.DayNumber > 30)
        {
            holiday.Report("to", "to 应不早于 from，且相差不超过 30 天。", "to must not be before from, nor more than 30 days after it.");
        }
        else
        {
            for (var day = from; day <= to; day = day?.AddDays(1))
            {
                Add(holiday, "from", day!.Value, works: false, days);
                named[day!.Value] = name;
            }
        }

        holiday.Close();
    }

    private static void Add(PackNode node, string key, DateOnly day, bool works, Dictionary<DateOnly, bool> days)
    {
        if (!days.TryAdd(day, works))
        {
            node.Report(key, $"{day:yyyy-MM-dd} 重复。", $"{day:yyyy-MM-dd} stands twice.");
        }
    }
}
