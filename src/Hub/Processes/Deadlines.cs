using Hub.Policies;

namespace Hub.Processes;

/// <summary>One clock of one case, as people look at it.</summary>
/// <param name="Title">Of the limit; its id where the pack no longer has it.</param>
/// <param name="Clause">Null when no source gives one.</param>
/// <param name="Left">Days left after today, in the clock's unit; negative when it is over.</param>
internal sealed record Deadline(string CaseType, string CaseKey, string Region, string? Operator, CaseClock Clock, Bilingual Title, string? Clause, int Left, string? Class = null);

/// <summary>The list of what is due (时限台账), the most pressing first.</summary>
internal static class Deadlines
{
    /// <summary>The open clocks of one case.</summary>
    public static IEnumerable<Deadline> Of(string type, string key, string state, string? pin, PolicySet policies, DateTimeOffset now)
    {
        if (ProcessCatalog.Find(type)?.ClocksOf(state) is not { } clocks)
            yield break;
        var policy = (pin is null ? null : policies.Pinned(pin)) ?? policies.For(clocks.Region);
        var calendar = policies.CalendarFor(clocks.Region);
        foreach (var clock in clocks.Clocks.Where(clock => clock.Open))
        {
            var (title, clause) = TitleOf(clock, policy);

            // A state is as old as its last input: what has run out since is seen by counting again.
            var counted = Clocks.Count(clock, calendar, now, "");
            yield return new(type, key, clocks.Region, clocks.Operator, counted, title, clause, Clocks.Left(clock, now, calendar), clocks.Class);
        }
    }

    /// <summary>What a clock is called, and by which clause; its rule's id where the pack no longer has it.</summary>
    public static (Bilingual Title, string? Clause) TitleOf(CaseClock clock, Policy? policy) =>
        policy?.Limits.FirstOrDefault(limit => limit.Id == clock.Rule) is { } rule ? (rule.Title, rule.Clause)
        : policy?.Exemptions.FirstOrDefault(exemption => exemption.Id == clock.Rule) is { } exemption ? (PermitTexts.Restoration(exemption.Title), exemption.Clause)
        : (new(clock.Rule, clock.Rule), null);

    /// <summary>Overdue first, then by the day they are due; what stands still comes last.</summary>
    public static IReadOnlyList<Deadline> Sorted(IEnumerable<Deadline> deadlines) =>
        [.. deadlines.OrderBy(one => one.Clock.Due ?? DateOnly.MaxValue).ThenBy(one => one.CaseKey, StringComparer.Ordinal).ThenBy(one => one.Clock.Rule, StringComparer.Ordinal)];
}
