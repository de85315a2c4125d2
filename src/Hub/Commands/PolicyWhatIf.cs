using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;

namespace Hub.Commands;

/// <summary>A customer that is asked about.</summary>
/// <param name="Application">Its facts; what is left out is not known.</param>
/// <param name="Pauses">Times of the applicant's own (补正).</param>
internal sealed record SupposedCase(string Class, IReadOnlyList<string> Tags, DateOnly Accepted, ConnectionApplication Application, IReadOnlyList<(DateOnly From, DateOnly To)> Pauses);

/// <summary>Which limits of a pack run for a customer, until when, and which do not and why.</summary>
internal static class PolicyWhatIf
{
    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    /// <returns>
    /// One line for each limit that concerns the customer: <c>&gt;</c> runs, <c>?</c> depends on a fact that is not known, <c>=</c> is a figure of the ledger,
    /// <c>-</c> is kept and does not run. A figure that lost stands below the one that won.
    /// </returns>
    public static IReadOnlyList<string> Lines(Policy policy, SupposedCase supposed, WorkingCalendar calendar) =>
        [.. policy.Limits.SelectMany(rule => Lines(rule, supposed, calendar))];

    private static IEnumerable<string> Lines(LimitRule rule, SupposedCase supposed, WorkingCalendar calendar)
    {
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        var concerns = ConnectionFacts.Matches(rule.Applies, supposed.Class, supposed.Tags, supposed.Application, supposed.Accepted, missing);
        if (!concerns && missing.Count == 0)
        {
            return [];
        }

        var what = $"{rule.Id} {rule.Title.Zh}: {rule.Limit} {rule.Unit}";
        var clause = $" [{rule.Clause ?? rule.Source}]";
        var line = (concerns, rule) switch
        {
            (_, { Applied: false }) => $"- {what}{clause} {Both(rule.Note)}",
            (_, { Measure: "average" }) => $"= {what} on average{clause}",
            (false, _) => $"? {what}{clause} depends on {string.Join(", ", missing)}",
            _ => $"> {what}, {Until(rule, supposed, calendar)}{clause}",
        };
        return rule.Others.Select(other => $"    not {other.Value:0.###} [{other.Clause}]: {Both(other.Why)}").Prepend(line);
    }

    private static string Until(LimitRule rule, SupposedCase supposed, WorkingCalendar calendar)
    {
        var excluded = rule.Excludes.Count == 0 ? "" : $", without {string.Join(", ", rule.Excludes)}";
        if (rule.Span is LimitSpans.Permits or LimitSpans.PermitItem)
        {
            return $"{(rule.Part is null or "DISTRIBUTE" ? "from the application for permits" : "inside its permit")}{excluded}";
        }

        var begins = rule.StartsAt ?? (rule.Span == LimitSpans.Stage ? $"{rule.Stage}.START" : $"{ConnectionStages.Accepted}.START");
        if (!begins.StartsWith(ConnectionStages.Accepted, StringComparison.Ordinal))
        {
            return $"from {begins}{excluded}";
        }

        var started = Noon(supposed.Accepted);
        var pauses = rule.Excludes.Contains(Exclusions.Applicant) ? supposed.Pauses : [];
        var clock = Clocks.Count(
            Clocks.Of(rule, started) with { Pauses = [.. pauses.Select(pause => new ClockPause(Exclusions.Applicant, Noon(pause.From), Noon(pause.To), Reason: null, By: null))] },
            calendar, started, "what-if");
        return $"due {clock.Due:yyyy-MM-dd}{(clock.Provisional ? " (provisional)" : "")}{excluded}{(supposed.Pauses.Count > pauses.Count ? ", the pause counts" : "")}";
    }

    private static DateTimeOffset Noon(DateOnly day) => new(day.ToDateTime(new TimeOnly(12, 0)), CityOffset);

    private static string Both(Bilingual? text) => text is null ? "" : $"{text.Zh} {text.En}";
}
