using System.Globalization;
using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>What customers are told about an outage: plain words, no account, no person.</summary>
internal static class OutageTexts
{
    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    /// <param name="kind">planned, fault, revised, progress, restored, cancelled.</param>
    /// <param name="notice">The revision in force.</param>
    public static Bilingual Of(string kind, OutageNotice notice)
    {
        var (area, start, end, reason) = (notice.AreaText, Time(notice.StartAt), Time(notice.EndAt), Reason(notice));
        var (detailZh, detailEn) = notice.Detail is { } detail ? ($"{detail}", $" {detail}") : ("", "");
        return kind switch
        {
            "planned" => new($"{area}计划于 {start} 至 {end} 停电，原因：{reason.Zh}。{detailZh}", $"Planned outage in {area}, {start} to {end}; reason: {reason.En}.{detailEn}"),
            "fault" => new(
                $"{area}自 {start} 起停电，原因：{reason.Zh}。{(end is null ? "" : $"预计 {end} 恢复供电。")}{detailZh}",
                $"No power in {area} since {start}; reason: {reason.En}.{(end is null ? "" : $" Expected back at {end}.")}{detailEn}"),
            "revised" => new($"停电通知变更：{area}，{start}{(end is null ? "" : $" 至 {end}")}，原因：{reason.Zh}。{detailZh}", $"Changed notice of an outage: {area}, {start}{(end is null ? "" : $" to {end}")}; reason: {reason.En}.{detailEn}"),
            "progress" => new($"{area}抢修进展：{notice.Detail}{(end is null ? "" : $"。预计 {end} 恢复供电")}。", $"Repair in {area}: {notice.Detail}.{(end is null ? "" : $" Power expected at {end}.")}"),
            "restored" => new($"{area}已恢复供电。{detailZh}", $"Power is back in {area}.{detailEn}"),
            _ => new($"{area}原定的停电已取消。{detailZh}", $"The outage announced for {area} is cancelled.{detailEn}"),
        };
    }

    /// <summary>The same facts for a gateway's own template.</summary>
    public static IReadOnlyDictionary<string, string> Parameters(OutageNotice notice)
    {
        var reason = Reason(notice);
        (string Name, string? Value)[] all =
        [
            ("noticeId", notice.NoticeId), ("area", notice.AreaText), ("startAt", Time(notice.StartAt)), ("endAt", Time(notice.EndAt)), ("reasonZh", reason.Zh), ("reasonEn", reason.En), ("detail", notice.Detail),
        ];
        return all.Where(one => one.Value is not null).ToDictionary(one => one.Name, one => one.Value!, StringComparer.Ordinal);
    }

    // In the city's time, to the minute: a notice is read by people there.
    private static string? Time(string? instant) => InstantText.Parse(instant)?.ToOffset(CityOffset).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static Bilingual Reason(OutageNotice notice) => notice.Reason switch
    {
        OutageWords.ScheduledRepair => new("计划检修", "scheduled repair"),
        OutageWords.TemporaryRepair => new("临时检修", "temporary repair"),
        "WORKS_DAMAGE" => new("外力破坏（施工）", "damage by works"),
        "ILLEGAL_USE" => new("违规用电", "unlawful use of power"),
        "EQUIPMENT" => new("设备故障", "equipment failure"),
        "WEATHER" => new("天气", "weather"),
        OutageWords.Ordered => new($"按{notice.OrderedBy}指令停电", $"ordered by {notice.OrderedBy}"),
        _ => new("其他", "other"),
    };
}
