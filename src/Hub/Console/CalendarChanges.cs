using System.Text;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;

namespace Hub.Console;

/// <summary>A limit of an open case whose last day another calendar moves.</summary>
internal sealed record MovedLimit(Deadline Now, DateOnly? Then);

/// <summary>What a proposed calendar would do.</summary>
/// <param name="Pin">Its id and version; null while it has problems.</param>
/// <param name="Moved">Limits of open cases that it moves.</param>
/// <param name="Looked">How many limits were looked at.</param>
internal sealed record CalendarTrial(string? Pin, IReadOnlyList<PolicyProblem> Problems, IReadOnlyList<MovedLimit> Moved, int Looked);

/// <summary>A new version of the working calendar: checked, tried on the open cases, and put in force once two people agree.</summary>
internal sealed class CalendarChanges(PolicyStore policies, CalendarNotices notices, LedgerQueries queries, TimeProvider time)
{
    public const int TextMax = 200_000;

    private const int CasesMax = 20_000;

    /// <summary>Checks it with everything that is in force, and counts every limit that runs by it.</summary>
    public async Task<CalendarTrial> TryAsync(string text)
    {
        if (policies.Try(text, out var pin, out var problems) is not { } then)
            return new(null, problems, [], 0);
        var (now, moment) = (policies.Current, time.GetUtcNow());
        var looked = 0;
        var moved = new List<MovedLimit>();
        foreach (var row in await queries.ClockedAsync(CasesMax))
        {
            // The same clocks in the same order, by one calendar and by the other.
            foreach (var (one, other) in Deadlines.Of(row.Type, row.Key, row.State, row.Policy, now, moment).Zip(Deadlines.Of(row.Type, row.Key, row.State, row.Policy, then, moment)))
            {
                looked++;
                if (one.Clock.Due != other.Clock.Due)
                    moved.Add(new(one, other.Clock.Due));
            }
        }

        return new(pin, [], [.. moved.OrderBy(one => one.Then ?? DateOnly.MaxValue)], looked);
    }

    /// <returns>Null when it is kept, for every node to take up; else a key of <see cref="Labels"/>.</returns>
    public async Task<string?> PutAsync(ApprovalRequest asked, string by, string requestId)
    {
        // Another calendar may have come into force since it was asked for.
        var text = Encoding.UTF8.GetString(asked.Content!);
        return policies.Try(text, out var pin, out _) is null || pin != asked.Subject || !await notices.AddAsync(pin, text, by, asked.Reason, requestId, time.GetUtcNow())
            ? "fail_calendar_overtaken"
            : null;
    }
}
