using Hub.Policies;
using Hub.Processes;

namespace Hub.Commands;

/// <summary>Which limits of a pack run for a customer, until when, and which do not and why; as lines of text.</summary>
internal static class PolicyWhatIf
{
    /// <returns>
    /// One line for each limit that concerns the customer: <c>&gt;</c> runs, <c>?</c> depends on a fact that is not known, <c>=</c> is a figure of the ledger,
    /// <c>-</c> is kept and does not run. A figure that lost stands below the one that won.
    /// </returns>
    public static IReadOnlyList<string> Lines(Policy policy, SupposedCase supposed, WorkingCalendar calendar) =>
        [.. supposed.Limits(policy, calendar).SelectMany(limit => Lines(limit, supposed))];

    private static IEnumerable<string> Lines(SupposedLimit limit, SupposedCase supposed)
    {
        var rule = limit.Rule;
        var what = $"{rule.Id} {rule.Title.Zh}: {rule.Limit} {rule.Unit}";
        var clause = $" [{rule.Clause ?? rule.Source}]";
        var line = limit.Standing switch
        {
            SupposedLimit.Kept => $"- {what}{clause} {Both(rule.Note)}",
            SupposedLimit.Average => $"= {what} on average{clause}",
            SupposedLimit.Depends => $"? {what}{clause} depends on {string.Join(", ", limit.Missing)}",
            _ => $"> {what}, {Until(limit, supposed)}{clause}",
        };
        return rule.Others.Select(other => $"    not {other.Value:0.###} [{other.Clause}]: {Both(other.Why)}").Prepend(line);
    }

    private static string Until(SupposedLimit limit, SupposedCase supposed)
    {
        var rule = limit.Rule;
        var excluded = rule.Excludes.Count == 0 ? "" : $", without {string.Join(", ", rule.Excludes)}";
        return limit.Clock is { } clock ? $"due {clock.Due:yyyy-MM-dd}{(clock.Provisional ? " (provisional)" : "")}{excluded}{(supposed.Pauses.Count > clock.Pauses.Count ? ", the pause counts" : "")}"
            : rule.Span is LimitSpans.Permits or LimitSpans.PermitItem ? $"{(rule.Part is null or "DISTRIBUTE" ? "from the application for permits" : "inside its permit")}{excluded}"
            : $"from {limit.Begins}{excluded}";
    }

    private static string Both(Bilingual? text) => text is null ? "" : $"{text.Zh} {text.En}";
}
