using System.Text.Json;
using Hub.Engine;
using Hub.Intake;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Hub.Console.Pages.Ledgers;

/// <summary>One ledger: its figures, people's words, who has it, and the file to take away.</summary>
internal sealed class DetailModel(Hub.Ledger.Ledgers ledgers, LedgerReports reports, PolicyStore policies, Frame frame) : ConsolePage(frame)
{
    public LedgerReportProcess.Case State { get; private set; } = null!;
    public LedgerReport Report { get; private set; } = null!;
    public IReadOnlyList<string> Receivers { get; private set; } = [];

    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        if (!await FindAsync((string)RouteData.Values["id"]!))
        {
            context.Result = NotFound();
            return;
        }

        await base.OnPageHandlerExecutionAsync(context, next);
    }

    public void OnGet()
    {
    }

    /// <summary>The same files as the interface gives; they name no customer.</summary>
    public IActionResult OnGetFile(string? form) => form switch
    {
        "csv" => File(LedgerSheet.Csv(Report), LedgerSheet.CsvType, LedgerSheet.FileName(Report, "csv")),
        "xlsx" => File(LedgerWorkbook.Of(LedgerSheet.Rows(Report)), LedgerWorkbook.ContentType, LedgerSheet.FileName(Report, "xlsx")),
        "json" => File(JsonSerializer.SerializeToUtf8Bytes(Report, SchemasJson.Readable.LedgerReport), "application/json; charset=utf-8", LedgerSheet.FileName(Report, "json")),
        _ => NotFound(),
    };

    public Task<IActionResult> OnPostNoteAsync(string? progress, string? results, string? problems, string? measures, string? reason)
    {
        var words = new LedgerReportProcess.Words { Progress = Words(progress), Results = Words(results), Problems = Words(problems), Measures = Words(measures) };
        return words == new LedgerReportProcess.Words() ? Task.FromResult(Failed("fail_words", 422))
            : ActAsync(reason, said => reports.NoteAsync(State.Ledger!, new(words, Me.Name, said), HttpContext.TraceIdentifier), "ledger_noted");
    }

    public Task<IActionResult> OnPostSubmitAsync(string? reason) =>
        ActAsync(reason, said => reports.SubmitAsync(State.Ledger!, new(Me.Name, said), HttpContext.TraceIdentifier), "ledger_submitted");

    private async Task<IActionResult> ActAsync(string? reason, Func<string, Task<Accepted>> act, string done)
    {
        var said = OneLine(reason);
        if (!F.Can(Roles.Operator) || Scope is not null)
            return Missing(Roles.Operator);
        if (said.Length is 0 or > ReasonMax)
            return Failed("fail_reason", 422);
        return (await act(said)).Refusal is { } refusal ? Failed(refusal) : Done(done);
    }

    private async Task<bool> FindAsync(string id)
    {
        if (id.Length > 200 || await ledgers.FindAsync(id) is not { } row || ProcessCatalog.LedgerReport.Read(row.State) is var state && !ListModel.IsSeen(state, Scope))
            return false;
        var policy = LedgerReportProcess.PolicyOf(state, policies.Current);
        (State, Report) = (state, LedgerReportProcess.Of(state, policy));
        Receivers = [.. state.SubmittedAt is null ? LedgerReportProcess.Receivers(state, policy) : state.Sent];
        return true;
    }

    private static string? Words(string? text) => text?.Trim() is { Length: > 0 } said ? said[..Math.Min(said.Length, LedgerReportProcess.WordsMax)] : null;
}
