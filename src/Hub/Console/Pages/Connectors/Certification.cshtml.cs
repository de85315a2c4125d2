using System.Text;
using Hub.Connectors.Certification;
using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Hub.Console.Pages.Connectors;

/// <summary>The certification kit against one receiver: run it, follow it, take its report away.</summary>
internal sealed class CertificationModel(Certifications certifications, CertificationRunner runner, TimeProvider time, Frame frame) : ConsolePage(frame)
{
    private const int RunsMax = 20;

    public string Receiver { get; private set; } = "";
    public IReadOnlyList<CertificationRow> Runs { get; private set; } = [];

    /// <summary>The run that is shown; null: there was none.</summary>
    public CertificationRow? Shown { get; private set; }
    public CertificationReport? Report { get; private set; }
    public bool CanRun => runner.CanRun(Receiver);

    /// <summary>It ended before its last check, with its node.</summary>
    public bool BrokenOff => Shown is { } shown && Report?.EndedAt is null && (shown.EndedAt is not null || time.GetUtcNow().UtcDateTime - shown.ChangedAt > Certifications.Stale);

    public bool Running => Shown is { EndedAt: null } && !BrokenOff;

    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        var name = (string?)RouteData.Values["name"];
        if ((await F.ConnectorsAsync()).FirstOrDefault(row => row.Name == name) is not { } found)
        {
            context.Result = NotFound();
            return;
        }

        Receiver = found.Name;
        Runs = await certifications.RecentAsync(Receiver, RunsMax);
        Shown = long.TryParse(Request.Query["run"], System.Globalization.CultureInfo.InvariantCulture, out var id) ? await certifications.FindAsync(id, Receiver) : Runs.FirstOrDefault();
        Report = Shown?.Report is { } text ? CertificationReport.Read(Encoding.UTF8.GetBytes(text)) : null;
        await base.OnPageHandlerExecutionAsync(context, next);
    }

    public void OnGet()
    {
    }

    /// <summary>The report as it is handed in (JSON), or as a text.</summary>
    public IActionResult OnGetFile(string? form) => Report is null || Shown is null ? NotFound() : form switch
    {
        "json" => File(Report.ToJson(), "application/json; charset=utf-8", $"certification-{Receiver}-{Shown.Id}.json"),
        "txt" => File(Encoding.UTF8.GetBytes(CertificationSheet.Of(Report, F.English)), "text/plain; charset=utf-8", $"certification-{Receiver}-{Shown.Id}.txt"),
        _ => NotFound(),
    };

    public async Task<IActionResult> OnPostRunAsync(string? reason)
    {
        var said = OneLine(reason);
        if (!F.Can(Roles.Operator))
            return Missing(Roles.Operator);
        if (said.Length is 0 or > ReasonMax)
            return Failed("fail_reason", 422);
        if (!CanRun)
            return Failed("fail_certify_kind");
        return await runner.BeginAsync(Receiver, Me.Name, said, HttpContext.TraceIdentifier) is null ? Failed("fail_certify_running") : Done("certify_begun");
    }

    /// <summary>Icon and colour of a verdict.</summary>
    public static string Look(string verdict) => verdict switch { CertificationVerdicts.Pass => "done", CertificationVerdicts.Fail => "failed", _ => "ended" };
}
