using Hub.Policies;
using Hub.Processes;

namespace Hub.Console.Pages.Cases;

/// <summary>One clock as a page shows it.</summary>
/// <param name="Clause">Null when no source gives one.</param>
/// <param name="Clock">Counted now.</param>
/// <param name="Used">Days, in the clock's unit.</param>
internal sealed record ClockLine(Bilingual Title, string? Clause, CaseClock Clock, int Used)
{
    public static ClockLine Of(CaseClock stored, Policy? policy, WorkingCalendar calendar, DateTimeOffset now)
    {
        var (title, clause) = Processes.Deadlines.TitleOf(stored, policy);
        var counted = Clocks.Count(stored, calendar, now, "") with { Changes = stored.Changes };
        return new(title, clause, counted, Clocks.Used(counted, counted.EndedAt ?? now, calendar));
    }
}

/// <summary>A connection (报装) as its page shows it.</summary>
internal sealed record ConnectionView(ConnectionProcess.Case State, ConnectionProgress Progress, IReadOnlyList<ClockLine> Clocks);

/// <summary>Permits of an external line, each item with its clocks.</summary>
/// <param name="Items">Those the reader may see.</param>
/// <param name="Clocks">Of the case as a whole.</param>
internal sealed record PermitView(PermitProcess.Case State, IReadOnlyList<(string Name, PermitProcess.Item Item, IReadOnlyList<ClockLine> Clocks)> Items, IReadOnlyList<ClockLine> Clocks, IReadOnlyList<ExemptionView> Exemptions);

/// <summary>What one exemption rule says, and how each of its conditions stands.</summary>
/// <param name="Title">Null where the pack is no longer there.</param>
internal sealed record ExemptionView(Schemas.ExemptionDecision Decision, Bilingual? Title, IReadOnlyList<ExemptionTest> Tests)
{
    public static ExemptionView Of(Schemas.ExemptionDecision decision, PolicySet policies)
    {
        var rule = policies.Pinned(decision.Pack)?.Exemptions.FirstOrDefault(rule => rule.Id == decision.Rule);
        var tests = (rule?.Conditions ?? []).Select(condition => new ExemptionTest(condition.Text, condition.Fact, decision.Inputs.GetValueOrDefault(condition.Fact), Holds(condition, decision))).ToList();

        // What the rule as it is at hand does not have is shown all the same, such as a purpose it is not for.
        tests.AddRange(decision.Failed.Where(ground => tests.TrueForAll(test => test.Text.Zh != ground.Zh)).Select(ground => new ExemptionTest(new(ground.Zh, ground.En), ground.Fact, decision.Inputs.GetValueOrDefault(ground.Fact), false)));
        tests.AddRange(decision.Missing.Where(ground => tests.TrueForAll(test => test.Text.Zh != ground.Zh)).Select(ground => new ExemptionTest(new(ground.Zh, ground.En), ground.Fact, null, null)));
        return new(decision, rule?.Title, tests);
    }

    private static bool? Holds(ExemptionCondition condition, Schemas.ExemptionDecision decision) =>
        decision.Failed.Any(ground => ground.Fact == condition.Fact && ground.Zh == condition.Text.Zh) ? false
        : decision.Missing.Any(ground => ground.Fact == condition.Fact && ground.Zh == condition.Text.Zh) ? null
        : true;
}

/// <param name="Given">The fact it was decided by, as text; null: not known.</param>
/// <param name="Holds">Null: cannot be told.</param>
internal sealed record ExemptionTest(Bilingual Text, string Fact, string? Given, bool? Holds);

/// <summary>Open tasks of a case, and whether the reader may answer them.</summary>
internal sealed record TasksView(IReadOnlyList<PersonTask> Tasks, bool MayAnswer);
