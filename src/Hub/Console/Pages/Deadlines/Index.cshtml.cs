using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;

namespace Hub.Console.Pages.Deadlines;

/// <summary>Every limit that runs, the most pressing first (时限台账).</summary>
internal sealed class ListModel(LedgerQueries queries, PolicyStore policies, Frame frame) : ConsolePage(frame)
{
    /// <summary>Cases that are looked at for one page.</summary>
    private const int CasesMax = 20_000;

    private const int RowsMax = 500;

    public static IReadOnlyList<(string Path, string Word)> Tabs { get; } = [("/deadlines", "deadlines_list"), ("/deadlines/calendar", "calendar"), ("/deadlines/what-if", "what_if"), ("/deadlines/change", "calendar_change")];

    public DeadlineQuery Query { get; private set; } = new();
    public IReadOnlyList<Deadline> Lines { get; private set; } = [];
    public IReadOnlyDictionary<string, int> Counts { get; private set; } = new Dictionary<string, int>(StringComparer.Ordinal);
    public IReadOnlyList<Policy> Places { get; private set; } = [];
    public IReadOnlyList<string> Operators { get; private set; } = [];

    /// <summary>How many match, shown or not.</summary>
    public int Found { get; private set; }

    public bool Any { get; private set; }
    public ChartTable? Load { get; private set; }

    public async Task OnGetAsync()
    {
        Query = DeadlineQuery.Read(Request.Query);
        var set = policies.Current;
        var today = Processes.Clocks.DayOf(F.Now);
        var all = (await queries.ClockedAsync(CasesMax)).SelectMany(row => Processes.Deadlines.Of(row.Type, row.Key, row.State, row.Policy, set, F.Now)).Where(IsSeen).ToList();
        Any = all.Count > 0;
        Places = [.. set.Policies.Where(policy => policy.Regions.Count > 0)];
        Operators = [.. all.Select(one => one.Operator).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var elsewhere = Query with { Near = null };
        var here = all.Where(one => elsewhere.Matches(one, today, set)).ToList();
        Counts = DeadlineQuery.Nears.ToDictionary(near => near, near => here.Count(one => DeadlineQuery.Is(near, one, today, set.CalendarFor(one.Region))), StringComparer.Ordinal);
        var found = Processes.Deadlines.Sorted(here.Where(one => Query.Matches(one, today, set)));
        Load = Charts.Load(F, found, today, set);
        (Found, Lines) = (found.Count, [.. found.Take(RowsMax)]);
    }

    public int WorkingDaysTo(Deadline one) => policies.Current.CalendarFor(one.Region).WorkingDaysBetween(Processes.Clocks.DayOf(F.Now), one.Clock.Due!.Value);

    private bool IsSeen(Deadline one) => Scope is null || one.Operator == Scope || (one.Operator is not null && policies.Current.OperatorById(one.Operator)?.Connector == Scope);
}
