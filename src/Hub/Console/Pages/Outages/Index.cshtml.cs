using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;

namespace Hub.Console.Pages.Outages;

/// <summary>Notices of outages (停电通知): announced in time or not, who was told, and who could not be reached.</summary>
internal sealed class ListModel(LedgerQueries queries, PolicyStore policies, Frame frame) : ConsolePage(frame)
{
    private const int RowsMax = 300;

    /// <summary>To what a list can be narrowed.</summary>
    public static IReadOnlyList<string> States { get; } = ["open", "ended", "late", "overdue", "unreached"];

    public string? State { get; private set; }
    public IReadOnlyList<(string Key, OutageNoticeProcess.Case Case)> Lines { get; private set; } = [];
    public bool Any { get; private set; }

    public async Task OnGetAsync(string? state)
    {
        State = States.Contains(state) ? state : null;
        var seen = (await queries.OutagesAsync(RowsMax)).Select(row => (row.Key, Case: ProcessCatalog.OutageNotice.Read(row.State))).Where(one => one.Case.InForce is not null && IsSeen(one.Case)).ToList();
        Any = seen.Count > 0;
        Lines = [.. seen.Where(one => State is null || Is(State, one.Case))];
    }

    internal static bool Is(string state, OutageNoticeProcess.Case one) => state switch
    {
        "open" => !one.Ended,
        "ended" => one.Ended,
        "late" => one.NoticeLeadOk == false,
        "overdue" => one.Overdue,
        _ => one.UnreachedEver > 0,
    };

    /// <summary>Customers told, and not told, over all rounds and channels.</summary>
    public static (int Delivered, int Failed) Told(OutageNoticeProcess.Case one) =>
        (one.Rounds.Sum(round => round.Channels.Values.Sum(tally => tally.Delivered)), one.Rounds.Sum(round => round.Channels.Values.Sum(tally => tally.Failed)));

    private bool IsSeen(OutageNoticeProcess.Case one) => Scope is null || one.Operator == Scope || (one.Operator is not null && policies.Current.OperatorById(one.Operator)?.Connector == Scope);
}
