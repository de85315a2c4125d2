using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;

namespace Hub.Console;

/// <summary>How many legal limits are over or nearly so, counted from the clocks of the open cases a few times a minute and shared by every page.</summary>
internal sealed class DeadlineCounts(LedgerQueries queries, PolicyStore policies, TimeProvider time) : IDisposable
{
    private const int CasesMax = 20_000;
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim gate = new(1, 1);
    private (DateTimeOffset At, int Soon, int Overdue)? last;

    /// <returns>Limits due today or on the next working day, and those that are over.</returns>
    public async Task<(int Soon, int Overdue)> GetAsync()
    {
        await gate.WaitAsync();
        try
        {
            var now = time.GetUtcNow();
            if (last is not { } known || now - known.At > Kept || now < known.At)
            {
                var set = policies.Current;
                var today = Clocks.DayOf(now);
                var due = (await queries.ClockedAsync(CasesMax)).SelectMany(row => Of(row, set, now)).Where(one => one.Clock.Due is not null).ToList();
                var overdue = due.Count(one => one.Clock.Status == "overdue");
                last = known = (now, due.Count(one => one.Clock.Status != "overdue" && set.CalendarFor(one.Region).WorkingDaysBetween(today, one.Clock.Due!.Value) <= 1), overdue);
            }

            return (known.Soon, known.Overdue);
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    // A state that this version cannot read, after a step back, must not take the sentence from every page.
    private static IEnumerable<Deadline> Of(ClockedRow row, PolicySet set, DateTimeOffset now)
    {
        try
        {
            return [.. Deadlines.Of(row.Type, row.Key, row.State, row.Policy, set, now)];
        }
        catch (System.Text.Json.JsonException)
        {
            return [];
        }
    }
}
