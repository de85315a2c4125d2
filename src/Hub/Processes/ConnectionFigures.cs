using Hub.Policies;
using Hub.Schemas;
using static Hub.Processes.ConnectionProcess;

namespace Hub.Processes;

/// <summary>What an application counts for in the ledgers.</summary>
internal static class ConnectionFigures
{
    /// <summary>No class yet: facts are missing.</summary>
    public const string Unknown = "UNKNOWN";

    public static IEnumerable<Figure> Of(Case state, Context context)
    {
        if (state is not { Application.RegionCode: { } region, Operator: { } serving })
            yield break;
        Figure Count(string name, string? part = null, int amount = 1) => new(name, part ?? "", region, serving, amount);

        yield return Count("applications.received", state.Class ?? Unknown);
        if (state.Project is { } project)
            yield return Count("projects.matched", project.MatchedBy);
        foreach (var pauses in state.Facts.Where(fact => fact is { Action: "PAUSE", Corrects: null }).GroupBy(fact => fact.Kind, StringComparer.Ordinal))
            yield return Count("applications.paused", pauses.Key, pauses.Count());
        foreach (var marks in state.Marks.GroupBy(mark => mark.Code, StringComparer.Ordinal))
            yield return Count("applications.marks", marks.Key, marks.Count());
        if (state.Evaluation is { } evaluation)
            yield return Count("applications.evaluated", FormattableString.Invariant($"{evaluation.Score}"));
        if (state.Status == "cancelled")
            yield return Count("applications.cancelled");

        // The limits of the whole and of the utility's share are what a customer is promised; those of stages are means to them.
        var legal = state.Clocks.Where(clock => clock is { Dropped: false, Span: LimitSpans.Whole or LimitSpans.UtilityTotal }).ToList();
        var late = legal.Exists(clock => clock.Status is "overdue" or "met_late");
        if (late)
            yield return Count("applications.overdue");
        var times = new ConnectionTimes(state.Facts, PolicyOf(state, context.Policies, context.Pinned)?.Recording);
        if (state.Status == "cancelled" || times.AppliedAt is not { } applied || times.Point(ConnectionStages.Metered + ".FINISH") is not { } metered)
            yield break;
        yield return Count("applications.energised", late ? "late" : legal.Count > 0 ? "in_time" : "no_limit");
        yield return Count("applications.working_days", amount: context.Policies.CalendarFor(region).WorkingDaysBetween(Clocks.DayOf(applied), Clocks.DayOf(metered)));
    }
}
