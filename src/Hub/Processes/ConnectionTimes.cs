using Hub.Policies;
using Hub.Schemas;
using static Hub.Processes.ConnectionProcess;

namespace Hub.Processes;

/// <summary>
/// The times of one application, read from what was reported. A time that would help its reporter counts only when it was reported soon after: nobody shortens a
/// process afterwards (禁止后补流程; S1 三.4, S2 二(二)1). What was claimed stays on record beside it.
/// </summary>
internal sealed class ConnectionTimes
{
    /// <summary>Stages that are the utility's or somebody else's inner business and no step of the customer's by themselves.</summary>
    public static IReadOnlyList<string> Inner { get; } = [ConnectionStages.Survey, ConnectionStages.RouteDesign, ConnectionStages.Permit, ConnectionStages.ExternalWork, ConnectionStages.Closed];

    private readonly IReadOnlyList<StageFact> facts;
    private readonly TimeSpan? tolerance;
    private readonly Dictionary<string, StageFact> corrections;

    public ConnectionTimes(IReadOnlyList<StageFact> facts, RecordingRule? rule)
    {
        this.facts = facts;
        tolerance = rule is null ? null : TimeSpan.FromHours(rule.BackdatedHours);
        corrections = facts.Where(fact => fact.Corrects is not null).GroupBy(fact => fact.Corrects!, StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => same.Last(), StringComparer.Ordinal);
    }

    public DateTimeOffset? AppliedAt => Begun(ConnectionStages.Accepted);

    public DateTimeOffset? CancelledAt => Times("CANCEL").Select(fact => (DateTimeOffset?)Helping(fact)).Min();

    public bool IsFinished(string stage) => Ended(stage) is not null;

    /// <summary>When a point such as <c>ACCEPTED.START</c> was reached; null while it was not.</summary>
    public DateTimeOffset? Point(string point)
    {
        var dot = point.IndexOf('.', StringComparison.Ordinal);
        var stage = point[..dot];
        return point[(dot + 1)..] == "FINISH" ? Ended(stage) : Begun(stage);
    }

    /// <summary>The same, where reaching it begins a clock: then the finish counts as claimed.</summary>
    public DateTimeOffset? BeginsAt(string point)
    {
        var dot = point.IndexOf('.', StringComparison.Ordinal);
        return Of(point[..dot], point[(dot + 1)..]).Select(fact => (DateTimeOffset?)Claimed(fact)).Min();
    }

    /// <summary>Times that do not count, of the kinds asked for.</summary>
    public IReadOnlyList<ClockPause> Pauses(IReadOnlyList<string> kinds)
    {
        var pauses = new List<ClockPause>();
        foreach (var kind in kinds)
        {
            var edges = facts.Where(fact => fact.Corrects is null && KindOf(fact) == kind).OrderBy(fact => IsPause(fact) ? Helping(fact) : Claimed(fact));
            StageFact? open = null;
            foreach (var edge in edges)
            {
                if (IsPause(edge))
                    open ??= edge;
                else if (open is not null)
                {
                    pauses.Add(Pause(kind, open, Claimed(edge)));
                    open = null;
                }
            }

            if (open is not null)
                pauses.Add(Pause(kind, open, null));
        }

        return [.. pauses.OrderBy(pause => pause.From)];
    }

    /// <summary>What somebody should look at.</summary>
    /// <param name="rules">The steps the pack allows; empty: it says nothing of them.</param>
    /// <param name="limited">Stages the pack has a limit for: part of the process whatever the steps are called.</param>
    public IEnumerable<(string Code, string About)> Oddities(IReadOnlyList<StepRule> rules, IReadOnlyCollection<string> limited)
    {
        var applied = AppliedAt;
        foreach (var fact in facts)
        {
            // A correction is held against the day of the report it corrects: it is always later than the fact itself.
            var reported = fact.Corrects is { } corrected ? facts.FirstOrDefault(other => other.Id == corrected) ?? fact : fact;
            if (reported.RecordedAt - fact.At > tolerance)
                yield return (MarkCodes.Backdated, fact.Id);
            if (fact.Corrects is null && applied is { } from && Claimed(fact) < from)
                yield return (MarkCodes.OutsideSystem, fact.Id);
            if (CancelledAt is not null && fact is { Stage: ConnectionStages.Accepted, Action: "START" } && facts.Any(other => other.Action == "CANCEL" && other.RecordedAt < fact.RecordedAt))
                yield return (MarkCodes.RestartSuspect, fact.Id);
        }

        foreach (var (id, correction) in corrections)
        {
            if (facts.FirstOrDefault(fact => fact.Id == id) is { Action: "START" or "RESUME" } moved && correction.At > moved.At)
                yield return (MarkCodes.StartMoved, correction.Id);
        }

        if (applied is null && facts.FirstOrDefault(fact => fact.Stage == ConnectionStages.Metered) is { } metered)
            yield return (MarkCodes.RestartSuspect, metered.Id);
        var stages = facts.Where(fact => fact.Action is "START" or "FINISH").Select(fact => fact.Stage).Distinct(StringComparer.Ordinal).ToList();
        var counted = rules.Where(rule => rule.Count is not null).ToList();
        foreach (var stage in stages.Where(stage => rules.Any(rule => rule.Abolished.Contains(stage)) || (!limited.Contains(stage) && counted.Exists(rule => IsExtra(rule, stage)))))
            yield return (MarkCodes.ExtraStep, stage);
        foreach (var rule in counted.Where(rule => StepsTaken(rule, stages) > rule.Count))
            yield return (MarkCodes.StepCount, rule.Id);
    }

    private static bool IsExtra(StepRule rule, string stage) => rule.Steps.Count > 0 && !Inner.Contains(stage) && !rule.Steps.Any(step => step.Stages.Contains(stage));

    /// <summary>How many of the customer's steps were begun.</summary>
    public static int StepsTaken(StepRule rule, IReadOnlyCollection<string> stages) => rule.Steps.Count(step => step.Stages.Any(stages.Contains));

    private static bool IsPause(StageFact fact) => fact.Action is "PAUSE" or "START";

    // External works and permits stand still by themselves while they last; everything else is said with PAUSE and RESUME.
    private static string? KindOf(StageFact fact) => fact switch
    {
        { Action: "PAUSE" or "RESUME" } => fact.Kind,
        { Stage: ConnectionStages.ExternalWork, Action: "START" or "FINISH" } => Exclusions.ExternalWork,
        { Stage: ConnectionStages.Permit, Action: "START" or "FINISH" } => Exclusions.Permit,
        _ => null,
    };

    private static ClockPause Pause(string kind, StageFact begun, DateTimeOffset from, DateTimeOffset? to) => new(kind, from, to is { } end && end < from ? from : to, begun.Reason, begun.Actor);

    private ClockPause Pause(string kind, StageFact begun, DateTimeOffset? to) => Pause(kind, begun, Helping(begun), to);

    private IEnumerable<StageFact> Times(string action) => facts.Where(fact => fact.Corrects is null && fact.Action == action);

    private IEnumerable<StageFact> Of(string stage, string action) => Times(action).Where(fact => fact.Stage == stage);

    private DateTimeOffset? Begun(string stage) => Of(stage, "START").Select(fact => (DateTimeOffset?)Claimed(fact)).Min();

    private DateTimeOffset? Ended(string stage) => Of(stage, "FINISH").Select(fact => (DateTimeOffset?)Helping(fact)).Max();

    private DateTimeOffset Claimed(StageFact fact) => corrections.TryGetValue(fact.Id, out var correction) ? correction.At : fact.At;

    private DateTimeOffset Helping(StageFact fact)
    {
        var claimed = Claimed(fact);
        return fact.RecordedAt - claimed > tolerance ? fact.RecordedAt : claimed;
    }
}
