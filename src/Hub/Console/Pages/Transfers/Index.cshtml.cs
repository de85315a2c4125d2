using Hub.Ledger;
using Hub.Processes;

namespace Hub.Console.Pages.Transfers;

/// <summary>Co-transfers by how far they are, and what only a person can say in any case.</summary>
internal sealed class ListModel(LedgerQueries queries, Frame frame) : ConsolePage(frame)
{
    public const int EndedMax = 20;

    private const int OpenMax = 2_000;
    private const int NewestMax = 500;

    /// <summary>By column of the board, the longest under way first; of those that ended, the last.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<(string Unit, CoTransferProcess.Case Case, CoTransferProcess.Transfer Transfer)>> Board { get; private set; } =
        new Dictionary<string, IReadOnlyList<(string, CoTransferProcess.Case, CoTransferProcess.Transfer)>>(StringComparer.Ordinal);

    public IReadOnlyList<(string Type, string Key, PersonTask Task)> Tasks { get; private set; } = [];

    public ChartTable? Funnel { get; private set; }

    public bool Any => Board.Values.Any(cards => cards.Count > 0);

    public async Task OnGetAsync()
    {
        // A unit's number leads to its owner, and a card shows several utilities: this page is for hub staff.
        if (Scope is not null)
            return;
        var open = await queries.OpenCasesAsync([.. ProcessCatalog.WithTasks.Select(process => process.Type)], OpenMax);
        Tasks = [.. open.SelectMany(row => ProcessCatalog.Of(row.Type).Tasks(row.State).Where(task => task.IsOpen).Select(task => (row.Type, row.Key, task))).OrderBy(one => one.task.DueAt)];
        var newest = (await queries.CasesAsync(ProcessCatalog.CoTransfer.Type, NewestMax)).Select(Read).ToList();
        Funnel = Charts.Funnel(F, [.. newest.Select(one => one.Case.Current).OfType<CoTransferProcess.Transfer>()]);
        var transfers = open.Where(row => row.Type == ProcessCatalog.CoTransfer.Type).Select(Read).Concat(newest).DistinctBy(one => one.Unit, StringComparer.Ordinal).Where(one => one.Case.Current is not null)
            .Select(one => (one.Unit, one.Case, Transfer: one.Case.Current!)).ToLookup(one => TransferBoard.ColumnOf(one.Transfer), StringComparer.Ordinal);
        Board = TransferBoard.Columns.ToDictionary(
            column => column,
            column => (IReadOnlyList<(string, CoTransferProcess.Case, CoTransferProcess.Transfer)>)[.. column == TransferBoard.Ended
                ? transfers[column].OrderByDescending(one => one.Transfer.EndedAt).Take(EndedMax)
                : transfers[column].OrderBy(one => one.Transfer.BeganAt)],
            StringComparer.Ordinal);
    }

    private static (string Unit, CoTransferProcess.Case Case) Read(CaseOfType row) => (row.Key, ProcessCatalog.CoTransfer.Read(row.State));

    /// <summary>As lists show it: enough to find it again, not enough to look its owner up.</summary>
    public static string Masked(string unit) => unit.Length < 12 ? unit : $"{unit[..6]}****{unit[^4..]}";
}
