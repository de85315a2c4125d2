using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages;

/// <summary>What came in, went out and was confirmed, for a day and each pair; a receiver's own list against ours; and who answers for it.</summary>
internal sealed partial class ReconciliationModel(Reconciliations reconciliations, ExchangeLog log, Frame frame) : ConsolePage(frame)
{
    /// <summary>Ids that are shown of each kind of difference.</summary>
    public const int ShownMax = 100;

    private const int ListMax = 4_000_000;

    public static IReadOnlyList<(string Path, string Word)> Tabs { get; } = [("/evidence", "chain_and_proofs"), ("/evidence/reconciliation", "reconciliation")];

    public DateOnly Day { get; private set; }
    public string DayText => Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>More may still come in.</summary>
    public bool IsRunning => Day >= Reconciliations.DayOf(F.Now);
    public IReadOnlyList<Reconciliation> Rows { get; private set; } = [];
    public IReadOnlyList<ReconciledDay> Days { get; private set; } = [];
    public (string Receiver, ListComparison Result)? Compared { get; private set; }
    public bool MayAct => Scope is null && F.Can(Roles.Operator);

    public async Task OnGetAsync(string? day)
    {
        Choose(day);
        await LoadAsync();
    }

    /// <summary>The day's rows as a table for a spreadsheet.</summary>
    public async Task<IActionResult> OnGetCsvAsync(string? day)
    {
        Choose(day);
        await LoadAsync();
        var text = new StringBuilder("\ufeff").AppendJoin(',', new[] { "day", "publisher", "receiver", "events", "sent", "taken_count", "skipped_count", "receipted_count", "difference", "signed_by", "reason" }.Select(key => Cell(F.W(key)))).Append("\r\n");
        foreach (var row in Rows)
        {
            string[] cells = [row.Day, F.Name(row.Publisher), F.Name(row.Receiver), Number(row.Events), Number(row.Sent), Number(row.Taken), Number(row.Skipped), Number(row.Receipted), Number(row.Difference), row.SignedBy ?? "", row.Note ?? ""];
            text.AppendJoin(',', cells.Select(Cell)).Append("\r\n");
        }

        return File(Encoding.UTF8.GetBytes(text.ToString()), "text/csv; charset=utf-8", $"reconciliation-{DayText}.csv");

        static string Cell(string text) => Deliveries.ListModel.Cell(text);
        static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    public async Task<IActionResult> OnPostCountAsync(string? day)
    {
        if (!MayAct)
            return Missing(Roles.Operator);
        Choose(day);
        await reconciliations.CountAsync(Day);
        return Redirect($"/evidence/reconciliation?day={DayText}&done=counted");
    }

    public async Task<IActionResult> OnPostSignAsync(string? day, string? publisher, string? receiver, string? reason)
    {
        if (!MayAct)
            return Missing(Roles.Operator);
        Choose(day);
        await LoadAsync();
        var said = OneLine(reason);
        if (Rows.FirstOrDefault(row => row.Publisher == publisher && row.Receiver == receiver) is not { } row)
            return Failed("fail_not_counted");
        if (said.Length > ReasonMax || (said.Length == 0 && row.Difference > 0))
            return Failed("fail_difference", 422);
        return await reconciliations.SignAsync(Day, row.Publisher, row.Receiver, said, Me.Name, HttpContext.TraceIdentifier)
            ? Redirect($"/evidence/reconciliation?day={DayText}&done=signed")
            : Failed(IsRunning || new DateTimeOffset(row.CountedAt, TimeSpan.Zero) < Reconciliations.EndOf(Day) ? "fail_day_running" : "fail_signed_before");
    }

    /// <summary>What the receiver says that it has: ids, one way or another, out of whatever its system exported.</summary>
    public async Task<IActionResult> OnPostCompareAsync(string? day, string? receiver, string? list)
    {
        Choose(day);
        await LoadAsync();
        if (Rows.All(row => row.Receiver != receiver))
            return Failed("fail_not_counted");
        if (list is null or { Length: > ListMax } || Id().Matches(list).Select(match => Guid.Parse(match.Value)).ToHashSet() is not { Count: > 0 } theirs)
            return Failed("fail_list", 422);
        await log.NoteAsync($"act CompareLists\nsubject {DayText} {receiver}\nids {theirs.Count}\nby {Me.Name}\nreason \nrequest {HttpContext.TraceIdentifier}");
        Compared = (receiver!, await reconciliations.CompareAsync(Day, receiver!, theirs));
        return Page();
    }

    /// <summary>How a day stands: a state and its word.</summary>
    public (string State, string Word) Look(ReconciledDay one) => one.Signed == one.Pairs ? ("done", F.W("signed_all")) : one.Difference > 0 ? ("bad", F.W("differences_n", F.N(one.Difference))) : ("waiting", F.W("unsigned_n", F.N(one.Pairs - one.Signed)));

    private void Choose(string? day) =>
        Day = DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var asked) && asked.Year is > 2000 and < 2100 ? asked : Reconciliations.DayOf(F.Now).AddDays(-1);

    private async Task LoadAsync()
    {
        Rows = await reconciliations.OfDayAsync(Day, Scope);
        Days = await reconciliations.DaysAsync(Scope);
    }

    [GeneratedRegex("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", RegexOptions.None, 2000)]
    private static partial Regex Id();
}
