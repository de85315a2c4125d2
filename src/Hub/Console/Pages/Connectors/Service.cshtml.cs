using Hub.Engine;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schedule;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Hub.Console.Pages.Connectors;

/// <summary>How one receiver was served in one month, with the definition of each figure; made to be printed.</summary>
internal sealed class ServiceModel(ServiceReports reports, ExchangeLog log, Frame frame) : ConsolePage(frame)
{
    private const int MonthsBack = 12;

    public ServiceReport Report { get; private set; } = null!;
    public IReadOnlyList<ServiceFigure> Figures { get; private set; } = [];

    /// <summary>Months that can be chosen, the newest first.</summary>
    public IReadOnlyList<string> Months { get; private set; } = [];

    /// <summary>By class of reasons; a reason without a class stands alone.</summary>
    public IReadOnlyList<(string? Class, string Reason, long Count)> Failures { get; private set; } = [];

    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        var name = (string?)RouteData.Values["name"];
        var today = Clocks.DayOf(F.Now);
        var month = Request.Query["month"].ToString() is { Length: > 0 } text ? ServiceSheet.ReadMonth(text) : new DateOnly(today.Year, today.Month, 1);
        if ((await F.ConnectorsAsync()).All(row => row.Name != name) || month is not { } first
            || await reports.CountAsync(name!, first, F.Now, ServiceSheet.ParkedAfter, HttpContext.RequestAborted) is not { } report)
        {
            context.Result = NotFound();
            return;
        }

        Report = report;
        Figures = ServiceSheet.Figures(report);
        Months = [.. Enumerable.Range(0, MonthsBack + 1).Select(back => ServiceSheet.Month(new DateOnly(today.Year, today.Month, 1).AddMonths(-back)))];
        Failures = [.. report.Failures.Select(failure => (IncidentRules.ClassOf(failure.Reason), failure.Reason, failure.Count)).OrderBy(one => one.Item1, StringComparer.Ordinal).ThenByDescending(one => one.Count)];
        await base.OnPageHandlerExecutionAsync(context, next);
    }

    public void OnGet()
    {
    }

    /// <summary>The same for a spreadsheet; that it was taken out is on record.</summary>
    public async Task<IActionResult> OnGetCsvAsync()
    {
        await log.NoteAsync($"act ExportServiceReport\nconnector {Report.Receiver}\nmonth {ServiceSheet.Month(Report.Month)}\nby {Me.Name}\nreason \nrequest {HttpContext.TraceIdentifier}");
        return File(ServiceSheet.Csv(Report, F.Name(Report.Receiver), F.English), ServiceSheet.CsvType, $"service-{Report.Receiver}-{ServiceSheet.Month(Report.Month)}.csv");
    }
}
