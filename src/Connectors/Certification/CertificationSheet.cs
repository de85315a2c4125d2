using System.Globalization;
using System.Text;

namespace Hub.Connectors.Certification;

/// <summary>A report as a text for people.</summary>
public static class CertificationSheet
{
    public static string Of(CertificationReport report, bool english)
    {
        var text = new StringBuilder();
        string Word(string zh, string en) => english ? en : zh;
        text.AppendLine(Word("接收方认证报告", "Certification report of a receiver"));
        Fact(Word("结论", "Result"), report.EndedAt is null ? Word("未完成", "not finished") : report.Passed ? Word("通过", "PASSED") : Word("未通过", "NOT PASSED"));
        Fact(Word("地址", "Address"), report.Address);
        Fact(Word("开始", "Began"), Instant(report.BeganAt));
        if (report.EndedAt is { } ended)
            Fact(Word("结束", "Ended"), Instant(ended));
        Fact(Word("版本", "Versions"), string.Create(CultureInfo.InvariantCulture, $"Hub {report.Version}, {Word("检查集", "kit")} {report.Kit}"));
        Fact(Word("签名", "Signatures"), report.Signatures);
        Fact(Word("应答时限", "Limit of an answer"), string.Create(CultureInfo.InvariantCulture, $"{report.TimeoutSeconds} s"));
        Fact(Word("业务结果", "Effects"), report.EffectsSeen ? Word("接收方已提供查询", "shown by the receiver") : Word("接收方未提供查询，只能从应答判断", "not shown by the receiver: only answers can be judged"));
        Fact(Word("运行编号", "Run"), report.Run);
        foreach (var check in report.Checks)
        {
            text.AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"[{check.Verdict}] {check.Title.In(english)} ({check.Id}{(check.Mandatory ? "" : Word("，建议项", ", recommended"))})");
            text.AppendLine(CultureInfo.InvariantCulture, $"       {check.Reason.In(english)}");
            foreach (var exchange in check.Exchanges)
                text.AppendLine(CultureInfo.InvariantCulture, $"       · {exchange.Sent.In(english)} → {exchange.Answered}, {exchange.Ms} ms, {exchange.MessageId}");
        }

        text.AppendLine();
        Fact(Word("摘要 SHA-256", "Digest SHA-256"), report.Digest ?? "—");
        return text.ToString();

        void Fact(string name, string value) => text.AppendLine(CultureInfo.InvariantCulture, $"{name}{Word("：", ": ")}{value}");
    }

    private static string Instant(DateTimeOffset instant) => instant.ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd HH:mm:ss 'UTC+8'", CultureInfo.InvariantCulture);
}
