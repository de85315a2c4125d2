using System.CommandLine;
using System.Globalization;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;

namespace Hub.Commands;

/// <summary><c>deadlines</c>: every clock that runs, the most pressing first.</summary>
internal static class DeadlineCommands
{
    private const int ListMax = 1_000_000;

    public static Command Command()
    {
        var overdue = new Option<bool>("--overdue") { Description = "Only what is over" };
        var within = new Option<int?>("--within") { Description = "Only what is due within so many days of its unit" };
        var command = new Command("deadlines", "Limits that run in open cases, the most pressing first") { overdue, within };
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var policies = PolicyStore.Open(settings.Packs, settings.SitePacks).Current;
            var now = DemoClock.Of(settings).GetUtcNow();
            var rows = await new LedgerQueries(database, settings.Bodies).ClockedAsync(ListMax);
            var deadlines = Deadlines.Sorted(rows.SelectMany(row => Deadlines.Of(row.Type, row.Key, row.State, row.Policy, policies, now)))
                .Where(one => !parsed.GetValue(overdue) || one.Clock.Status == "overdue")
                .Where(one => parsed.GetValue(within) is not { } days || (one.Clock.Due is not null && one.Left <= days)).ToList();
            foreach (var one in deadlines)
            {
                var due = one.Clock.Due?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "-";
                System.Console.WriteLine(
                    $"{one.CaseType} {one.CaseKey}  {one.Clock.Status}  due {due}{(one.Clock.Provisional ? " (provisional)" : "")}  left {one.Left} of {one.Clock.Limit} {one.Clock.Unit}  {one.Title.Zh} {one.Title.En}  {one.Clause}");
            }

            System.Console.WriteLine($"{deadlines.Count} in all, {deadlines.Count(one => one.Clock.Status == "overdue")} overdue");
            return 0;
        }));
        return command;
    }
}
