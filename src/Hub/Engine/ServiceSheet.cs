using System.Globalization;
using System.Text;
using Hub.Ledger;
using Hub.Policies;

namespace Hub.Engine;

/// <summary>One line of a service report.</summary>
/// <param name="Id">Stable name.</param>
/// <param name="Value">A number or a dash, without its unit.</param>
/// <param name="Unit">Empty: a count.</param>
/// <param name="Means">How it is counted.</param>
internal sealed record ServiceFigure(string Id, Bilingual Title, string Value, Bilingual Unit, Bilingual Means);

/// <summary>The figures of a service report with their definitions: the same on the page, in the file and at the command line.</summary>
internal static class ServiceSheet
{
    public const string CsvType = "text/csv; charset=utf-8";

    private const string None = "—";

    private static readonly Bilingual Count = new("", "");
    private static readonly Bilingual Percent = new("%", "%");
    private static readonly Bilingual Seconds = new("秒", "s");
    private static readonly Bilingual Minutes = new("分钟", "min");

    /// <summary>Attempts after which a command is parked; of those that were not let in.</summary>
    public static (int Attempts, int Unauthorised) ParkedAfter => (Backoff.Attempts, Backoff.UnauthorisedAttempts);

    public static IReadOnlyList<ServiceFigure> Figures(ServiceReport report) =>
    [
        new("received", new("应送", "Recorded for it"), N(report.Received), Count, new("本月记入、须送达该接收方的命令", "Commands recorded for this receiver in the month")),
        new("delivered", new("送达", "Delivered"), N(report.Delivered), Count, new("接收方在本月首次收下的命令，不论何时记入", "Commands that the receiver first took in the month, whenever they were recorded")),
        new("on_time_share", new("按时送达率", "Delivered on time"), D(report.OnTimeShare), Percent, new(
            $"送达中不晚于到期时间的；没有到期时间的，自记入起 {ServiceReports.Target.TotalMinutes:0} 分钟内收下即为按时（本平台取值）",
            $"Of the delivered, those not later than their due time; without one, those taken within {ServiceReports.Target.TotalMinutes:0} minutes of their record (our value)")),
        new("latency_p50", new("收下用时 p50", "Time to acceptance, p50"), D(report.P50), Seconds, new("自记入至收下；一半不长于此", "From the record to the acceptance; half take no longer")),
        new("latency_p95", new("收下用时 p95", "Time to acceptance, p95"), D(report.P95), Seconds, new("95% 不长于此", "95 of 100 take no longer")),
        new("latency_p99", new("收下用时 p99", "Time to acceptance, p99"), D(report.P99), Seconds, new("99% 不长于此", "99 of 100 take no longer")),
        new("availability", new("可用率", "Availability"), report.Availability.ToString("0.00", CultureInfo.InvariantCulture), Percent, new(
            "统计时间减去“无法连通”类事件持续的时间；熔断打开时即有此类事件", "The time counted without that in which an incident of the class unreachable was open; an open breaker is one")),
        new("away", new("无法连通", "Not reachable"), D(report.Away.TotalMinutes), Minutes, new("“无法连通”类事件持续的时间，重叠只计一次", "Time with an open incident of the class unreachable; what overlaps counts once")),
        new("troubled", new("有事件的时间", "Time with an incident"), D(report.Troubled.TotalMinutes), Minutes, new("任一类事件（密钥到期除外）持续的时间，重叠只计一次", "Time with any open incident but those of a key's end; what overlaps counts once")),
        new("incidents", new("事件", "Incidents"), N(report.Incidents), Count, new("本月持续过的事件（密钥到期除外）", "Incidents open at any time of the month, but those of a key's end")),
        new("attempts", new("尝试", "Attempts"), N(report.Attempts), Count, new("本月的投递尝试；熔断期间未发出的不计", "Attempts in the month; what an open breaker held back is none")),
        new("retries", new("其中重试", "Of these, retries"), N(report.Retries), Count, new("同一命令的第二次及以后的尝试", "Second and further attempts at a command")),
        new("failures", new("失败的尝试", "Failed attempts"), N(report.Failures.Sum(one => one.Count)), Count, new("未收下的尝试，分原因见下表", "Attempts that were not taken; by reason below")),
        new("open", new("期末未送达", "Open at the end"), N(report.Open), Count, new("期末之前记入、尚未收下或跳过的命令；查询除外", "Commands recorded before the end and neither taken nor skipped; no questions")),
        new("parked", new("其中搁置", "Of these, parked"), N(report.Parked), Count, new(
            "最后一次应答是退回，或重试已用完；人工搁置的不计", "The last answer was a refusal, or no retry was left; what a person parked does not count")),
        new("longest_wait", new("最长等待", "Longest wait"), D(report.LongestWait), Seconds, new("本月内一条命令等待最久的时间，含期末未送达的", "The longest that any command waited within the month, the open ones included")),
        new("leads", new("送达的线索", "Leads delivered"), N(report.Leads), Count, new("送达中须回执的命令（新建、更新、撤回线索）", "Of the delivered, commands that ask for a receipt (lead created, updated, withdrawn)")),
        new("receipts_missing", new("其中缺回执", "Of these, without a receipt"), N(report.ReceiptsMissing), Count, new("期末之前没有收到该接收方的任何回执", "No receipt of this receiver had come before the end")),
    ];

    /// <summary>For spreadsheets, with a byte order mark, without which Excel takes it for GBK.</summary>
    /// <param name="report">The figures.</param>
    /// <param name="name">The receiver's name in that language.</param>
    /// <param name="english">Else Chinese.</param>
    public static byte[] Csv(ServiceReport report, string name, bool english)
    {
        string Word(string zh, string en) => english ? en : zh;
        List<string[]> rows =
        [
            [Word("月度服务报告", "Monthly service report"), name, report.Receiver],
            [Word("月份", "Month"), Month(report.Month)],
            [Word("统计至", "Counted until"), Instant(report.Until), report.Final ? Word("已定", "final") : Word("本月未结束", "the month is not over")],
            [Word("指标", "Figure"), Word("数值", "Value"), Word("单位", "Unit"), Word("代码", "Code"), Word("口径", "Definition")],
            .. Figures(report).Select(figure => new[] { In(figure.Title), figure.Value, In(figure.Unit), figure.Id, In(figure.Means) }),
            .. report.Failures.Select(failure => new[] { Word("失败原因", "Failed for"), failure.Count.ToString(CultureInfo.InvariantCulture), "", $"{failure.Outcome}/{failure.Reason}", "" }),
        ];
        var text = new StringBuilder();
        foreach (var row in rows)
            text.AppendJoin(',', row.Select(cell => $"\"{(cell.Length > 0 && "=+-@\t\r".Contains(cell[0]) ? "'" : "")}{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")).Append("\r\n");
        return [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text.ToString())];

        string In(Bilingual words) => english ? words.En : words.Zh;
    }

    /// <returns>The first day of <c>yyyy-MM</c>; null when it is none.</returns>
    public static DateOnly? ReadMonth(string? text) =>
        DateOnly.TryParseExact($"{text}-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var first) && first.Year is > 2000 and < 2100 ? first : null;

    public static string Month(DateOnly month) => month.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    public static string Instant(DateTimeOffset instant) => instant.ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string N(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string D(double? number) => number?.ToString("0.0", CultureInfo.InvariantCulture) ?? None;
}
