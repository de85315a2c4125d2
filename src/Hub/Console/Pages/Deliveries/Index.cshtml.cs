using System.Globalization;
using System.Text;
using Hub.Ledger;
using Hub.Schemas;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages.Deliveries;

/// <summary>Deliveries, narrowed by what stands in the address, or what waits by receiver and reason.</summary>
internal sealed class ListModel(DeliveryList deliveries, CaseFiles cases, BulkJobs jobs, SavedViews views, ExchangeLog log, Frame frame) : ConsolePage(frame)
{
    private const int PageSize = 50;
    private const int CsvMax = 10_000;

    public DeliveryQuery Query { get; private set; } = new();
    public IReadOnlyList<DeliveryLine> Lines { get; private set; } = [];
    public string? Next { get; private set; }
    public IReadOnlyList<WaitGroup>? Groups { get; private set; }
    public IReadOnlyList<string> Receivers { get; private set; } = [];
    public IReadOnlyList<BulkJob> Jobs { get; private set; } = [];
    public IReadOnlyList<SavedView> Views { get; private set; } = [];

    public IReadOnlyList<string> Types { get; } =
    [
        CommandTypes.LeadCreate, CommandTypes.LeadUpdate, CommandTypes.LeadWithdraw, CommandTypes.LicenceQuery, CommandTypes.LicenceAnswer, CommandTypes.AccountPrecheck, CommandTypes.AccountTransfer,
        CommandTypes.AccountReverse, CommandTypes.AccountInquire, CommandTypes.RegisterFeedback, CommandTypes.NoticeSend,
    ];

    public async Task OnGetAsync(string? after, string? view)
    {
        Query = DeliveryQuery.Read(Request.Query);
        Receivers = [.. (await F.ConnectorsAsync()).Select(row => row.Name)];
        Views = await views.OfAsync(Me.Name, Scope);
        if (view == "groups")
        {
            Groups = await deliveries.GroupsAsync(Scope ?? Query.Receiver);
            return;
        }

        (Lines, Next) = await deliveries.ListAsync(await Query.FilterAsync(Scope, cases), after, PageSize);
        Jobs = [.. (await jobs.RecentAsync(Scope, 10)).Where(job => job.IsRunning || job.State == "asked" || F.Now.UtcDateTime - job.ChangedAt < TimeSpan.FromDays(1))];
    }

    /// <summary>The list as a table for a spreadsheet: no bodies, unit numbers masked; that it was taken out is on record.</summary>
    public async Task<IActionResult> OnGetCsvAsync()
    {
        Query = DeliveryQuery.Read(Request.Query);
        var text = new StringBuilder("\ufeff").AppendJoin(',', new[] { "recorded", "command_type", "case", "receiver", "state", "last_reason", "attempts", "next_try", "due" }.Select(key => Cell(F.W(key)))).Append("\r\n");
        var filter = await Query.FilterAsync(Scope, cases);
        var count = 0;
        string? after = null;
        do
        {
            (var lines, after) = await deliveries.ListAsync(filter, after, 1000);
            foreach (var line in lines.Take(CsvMax - count))
            {
                string[] cells =
                [
                    Frame.Local(line.RecordedAt), F.Type(line.Type), Masked(line), F.Name(line.Receiver), F.W($"state_{Frame.StateOf(line)}"), F.Reason(line.WaitReason ?? line.Reason),
                    (line.WaitAttempts ?? line.Attempt ?? 0).ToString(CultureInfo.InvariantCulture), line.NextAt is { } next ? Frame.Local(next) : "", line.DueAt is { } due ? Frame.Local(due) : "",
                ];
                text.AppendJoin(',', cells.Select(Cell)).Append("\r\n");
                count++;
            }
        }
        while (after is not null && count < CsvMax && !HttpContext.RequestAborted.IsCancellationRequested);

        await log.NoteAsync($"act ExportDeliveries\nfilter {Query.Text}\ndeliveries {count}\nby {Me.Name}\nreason \nrequest {HttpContext.TraceIdentifier}");
        return File(Encoding.UTF8.GetBytes(text.ToString()), "text/csv; charset=utf-8", "deliveries.csv");
    }

    /// <summary>Keeps the filters of the address under a name.</summary>
    public async Task<IActionResult> OnPostSaveViewAsync(string? name, bool shared)
    {
        var (query, said) = (DeliveryQuery.Read(Request.Query), OneLine(name));
        var failure = said.Length is 0 or > SavedViews.NameMax ? "fail_view_name" : query.IsEmpty ? "fail_view_empty"
            : await views.SaveAsync(Me.Name, said, query.Text, shared, HttpContext.TraceIdentifier, F.Now) ? null : "fail_views_most";
        if (failure is null)
            return Redirect($"/deliveries?{query.Text}&done=view_saved");
        await OnGetAsync(after: null, view: null);
        return Failed(failure, 422);
    }

    public async Task<IActionResult> OnPostDeleteViewAsync(long id)
    {
        if (!await views.DeleteAsync(id, Me.Name, HttpContext.TraceIdentifier, F.Now))
            return NotFound();
        return Done("view_deleted");
    }

    /// <summary>A property's number leads to its owner; a project's code to nobody.</summary>
    internal static string Masked(DeliveryLine line) => line.Type.StartsWith("lead.", StringComparison.Ordinal) || line.CaseKey.Length < 12
        ? line.CaseKey
        : $"{line.CaseKey[..6]}****{line.CaseKey[^4..]}";

    // What begins like a formula is none: a spreadsheet would work it out.
    internal static string Cell(string text) => $"\"{(text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" : "")}{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
