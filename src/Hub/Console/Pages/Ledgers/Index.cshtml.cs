using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;

namespace Hub.Console.Pages.Ledgers;

/// <summary>The ledgers (工作台账): what is owed, by when, and what was submitted.</summary>
internal sealed class ListModel(Hub.Ledger.Ledgers ledgers, PolicyStore policies, Frame frame) : ConsolePage(frame)
{
    private const int RowsMax = 500;

    /// <summary>To what a list can be narrowed.</summary>
    public static IReadOnlyList<string> States { get; } = ["open", "frozen", "submitted", "overdue", "late"];

    public string? State { get; private set; }

    /// <summary>Id of the pack.</summary>
    public string? Place { get; private set; }
    public IReadOnlyList<Policy> Places { get; private set; } = [];
    public IReadOnlyList<(LedgerReport Report, bool Overdue)> Lines { get; private set; } = [];
    public bool Any { get; private set; }

    public async Task OnGetAsync(string? state, string? place)
    {
        var set = policies.Current;
        Places = [.. set.Policies.Where(policy => policy.Reports.Count > 0 && policy.Regions.Count > 0)];
        (State, Place) = (States.Contains(state) ? state : null, Places.Any(policy => policy.Id == place) ? place : null);
        var seen = (await ledgers.ListAsync(long.MaxValue, RowsMax)).Select(row => ProcessCatalog.LedgerReport.Read(row.State)).Where(one => IsSeen(one, Scope)).ToList();
        Any = seen.Count > 0;
        Lines =
        [
            .. seen.Select(one => (Report: LedgerReportProcess.Of(one, LedgerReportProcess.PolicyOf(one, set)), Overdue: one.SubmittedAt is null && one.DueAt <= F.Now))
                .Where(one => (Place is null || one.Report.Policy.StartsWith(Place + "@", StringComparison.Ordinal)) && (State is null || Is(State, one.Report, one.Overdue)))
                .OrderByDescending(one => one.Overdue).ThenByDescending(one => one.Report.To ?? one.Report.SubmittedAt),
        ];
    }

    /// <summary>A receiver sees what was submitted to it.</summary>
    internal static bool IsSeen(LedgerReportProcess.Case one, string? scope) => one.Ledger is not null && (scope is null || (one.SubmittedAt is not null && one.Sent.Contains(scope)));

    internal static bool Is(string state, LedgerReport report, bool overdue) => state switch
    {
        "overdue" => overdue,
        "late" => report.Late,
        _ => report.Status == state,
    };
}
