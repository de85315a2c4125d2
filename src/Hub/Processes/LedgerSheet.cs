using System.Globalization;
using System.Text;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>A ledger as a table: the same rows whether they become CSV or a workbook.</summary>
internal static class LedgerSheet
{
    public const string CsvType = "text/csv; charset=utf-8";

    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    /// <summary>Rows of texts and numbers; null: an empty cell.</summary>
    public static IReadOnlyList<IReadOnlyList<object?>> Rows(LedgerReport report)
    {
        List<IReadOnlyList<object?>> rows =
        [
            [report.TitleZh, report.Ledger],
            [report.TitleEn],
            ["填报单位 Reporter", report.ReporterZh, report.ReporterEn],
            ["统计期 Period", Text(report.From), Text(report.To)],
            ["报送时限 Due", Text(report.DueAt)],
            ["报送 Submitted", Text(report.SubmittedAt), report.SubmittedBy, report.Late ? "迟报 late" : null],
            ["状态 Status", LedgerTexts.Status(report.Status).Zh, LedgerTexts.Status(report.Status).En],
            ["依据 Clause", report.Clause],
            ["存证位置 Position", report.Position is { } position ? (decimal)position : null],
            ["摘要 SHA-256", report.Digest],
            ["进度 Progress", report.Progress],
            ["成效 Results", report.Results],
            ["问题 Problems", report.Problems],
            ["措施 Measures", report.Measures],
            [],
            ["指标", "分项", "数值", "代码"],
            ["Figure", "Part", "Value", "Code"],
        ];
        foreach (var figure in report.Figures)
        {
            var (title, part) = (LedgerTexts.Title(figure.Name), LedgerTexts.Part(figure.Part));
            rows.Add([$"{title.Zh} {title.En}", figure.Part is null ? null : $"{part.Zh} {part.En}", figure.Value, figure.Part is null ? figure.Name : $"{figure.Name}/{figure.Part}"]);
        }

        return rows;
    }

    /// <summary>UTF-8 with a byte order mark, without which Excel takes it for GBK.</summary>
    public static byte[] Csv(LedgerReport report)
    {
        var text = new StringBuilder();
        foreach (var row in Rows(report))
            text.AppendJoin(',', row.Select(Cell)).Append("\r\n");
        return [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text.ToString())];
    }

    public static string FileName(LedgerReport report, string extension) => $"{report.Ledger.Replace(':', '-')}.{extension}";

    private static string? Text(DateTimeOffset? at) => at?.ToOffset(CityOffset).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static string Cell(object? value) => value switch
    {
        null => "",
        decimal number => number.ToString(CultureInfo.InvariantCulture),

        // What people wrote must not become a formula where the file is opened.
        string text => $"\"{(text.Length > 0 && "=+-@\t\r".Contains(text[0]) ? "'" : "")}{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"",
        _ => throw new InvalidOperationException($"A cell holds {value.GetType().Name}."),
    };
}
