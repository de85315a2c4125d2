using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>A customer that is asked about.</summary>
/// <param name="Application">Its facts; what is left out is not known.</param>
/// <param name="Pauses">Times of the applicant's own (补正).</param>
internal sealed record SupposedCase(string Class, IReadOnlyList<string> Tags, DateOnly Accepted, ConnectionApplication Application, IReadOnlyList<(DateOnly From, DateOnly To)> Pauses)
{
    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    /// <summary>Every limit of a pack that concerns the customer, or may.</summary>
    public IEnumerable<SupposedLimit> Limits(Policy policy, WorkingCalendar calendar)
    {
        foreach (var rule in policy.Limits)
        {
            var missing = new SortedSet<string>(StringComparer.Ordinal);
            var concerns = ConnectionFacts.Matches(rule.Applies, Class, Tags, Application, Accepted, missing);
            if (concerns || missing.Count > 0)
                yield return LimitOf(rule, concerns, [.. missing], calendar);
        }
    }

    private SupposedLimit LimitOf(LimitRule rule, bool concerns, IReadOnlyList<string> missing, WorkingCalendar calendar)
    {
        var begins = rule.StartsAt ?? (rule.Span == LimitSpans.Stage ? $"{rule.Stage}.START" : $"{ConnectionStages.Accepted}.START");
        var ofPermits = rule.Span is LimitSpans.Permits or LimitSpans.PermitItem;
        var standing = (concerns, rule) switch
        {
            (_, { Applied: false }) => SupposedLimit.Kept,
            (_, { Measure: "average" }) => SupposedLimit.Average,
            (false, _) => SupposedLimit.Depends,
            _ => SupposedLimit.Runs,
        };
        return new(rule, standing, missing, begins)
        {
            Clock = standing == SupposedLimit.Runs && !ofPermits && begins.StartsWith(ConnectionStages.Accepted, StringComparison.Ordinal) ? ClockOf(rule, calendar) : null,
        };
    }

    private CaseClock ClockOf(LimitRule rule, WorkingCalendar calendar)
    {
        var started = Noon(Accepted);
        var pauses = rule.Excludes.Contains(Exclusions.Applicant) ? Pauses : [];
        return Clocks.Count(
            Clocks.Of(rule, started) with { Pauses = [.. pauses.Select(pause => new ClockPause(Exclusions.Applicant, Noon(pause.From), Noon(pause.To), Reason: null, By: null))] },
            calendar, started, "what-if");
    }

    private static DateTimeOffset Noon(DateOnly day) => new(day.ToDateTime(new TimeOnly(12, 0)), CityOffset);
}

/// <summary>What one limit would be for a supposed customer.</summary>
/// <param name="Standing"><see cref="Runs"/>, <see cref="Depends"/>, <see cref="Average"/> or <see cref="Kept"/>.</param>
/// <param name="Missing">Facts that are not known and on which it depends.</param>
/// <param name="Begins">The fact it begins with, <c>stage.action</c>; a limit of permits begins with their application.</param>
internal sealed record SupposedLimit(LimitRule Rule, string Standing, IReadOnlyList<string> Missing, string Begins)
{
    public const string Runs = "runs";

    /// <summary>On facts that are not known.</summary>
    public const string Depends = "depends";

    /// <summary>A figure of the ledger.</summary>
    public const string Average = "average";

    /// <summary>Kept as data, it does not run.</summary>
    public const string Kept = "kept";

    public static IReadOnlyList<string> Standings { get; } = [Runs, Depends, Average, Kept];

    /// <summary>Counted; null unless it begins with the acceptance.</summary>
    public CaseClock? Clock { get; init; }
}
