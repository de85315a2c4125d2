using System.CommandLine;
using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;

namespace Hub.Commands;

/// <summary><c>service-report</c>: how one receiver was served in one month.</summary>
internal static class ServiceReportCommand
{
    public static Command Command()
    {
        var receiver = new Argument<string>("receiver") { Description = "Connector name" };
        var month = new Argument<string>("month") { Description = "yyyy-MM, by the city's calendar" };
        var csv = new Option<string?>("--csv") { Description = "Write it to this CSV file instead" };
        var language = new Option<string>("--lang") { DefaultValueFactory = _ => "en", Description = "zh or en" };
        language.AcceptOnlyFromAmong("zh", "en");
        var command = new Command("service-report", "How a receiver was served in a month: counted from the ledger, the same whenever it is counted after the month") { receiver, month, csv, language };
        command.SetAction((parsed, cancellation) => CommandLine.WithAsync(async (settings, database) =>
        {
            var first = ServiceSheet.ReadMonth(parsed.GetValue(month)) ?? throw new InvalidOperationException($"'{parsed.GetValue(month)}' is not a month such as 2026-03.");
            var now = DemoClock.Of(settings).GetUtcNow();
            var name = parsed.GetValue(receiver)!;
            var report = await new ServiceReports(database).CountAsync(name, first, now, ServiceSheet.ParkedAfter, cancellation) ?? throw new InvalidOperationException($"There is no connector {name}.");
            var english = parsed.GetValue(language) == "en";
            if (parsed.GetValue(csv) is { } file)
            {
                var connector = settings.Connectors.FirstOrDefault(one => one.Name == name);
                await File.WriteAllBytesAsync(file, ServiceSheet.Csv(report, (english ? connector?.TitleEn : connector?.Title) is { Length: > 0 } title ? title : name, english), cancellation);
                System.Console.WriteLine($"wrote {file}");
                return 0;
            }

            System.Console.WriteLine($"{name} {ServiceSheet.Month(first)}  {(english ? "until" : "统计至")} {ServiceSheet.Instant(report.Until)} (UTC+8){(report.Final ? "" : english ? "  not over" : "  本月未结束")}");
            foreach (var figure in ServiceSheet.Figures(report))
                System.Console.WriteLine($"{figure.Id}  {figure.Value}{(In(figure.Unit) is { Length: > 0 } unit ? $" {unit}" : "")}  {In(figure.Title)}: {In(figure.Means)}");
            foreach (var failure in report.Failures)
                System.Console.WriteLine($"failures/{failure.Outcome}/{failure.Reason}  {failure.Count}");
            return 0;

            string In(Bilingual words) => english ? words.En : words.Zh;
        }));
        return command;
    }
}
