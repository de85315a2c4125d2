using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

// Where the case stands: everything here is worked out anew from its facts after each input.
internal sealed partial class PermitProcess
{
    // Where a pack says nothing of warnings, that a limit is over is told all the same.
    private static readonly WarningRule[] LastResort = [new(100, ["responsible", "supervisor"])];

    private static void Advance(Turn turn)
    {
        var state = turn.State;
        var (items, application) = (state.Items.Values, state.Application!);
        var planned = state is { WithdrawnAt: null, Unserved: null };
        var complete = planned && items.All(item => item.Final) && state.Exemptions.All(decision => decision.Result != ExemptionResults.ManualReview);
        var promised = !turn.Promises.Any(rule => rule.Commitment) || state.Commitment is not null;
        var sent = items.Where(item => item.State is not (ItemState.Held or ItemState.Exempt or ItemState.Dropped)).ToList();
        state = state with
        {
            DeliveredAt = complete && promised ? state.DeliveredAt ?? LastOf(turn, items) : null,
            DistributedAt = state.DistributedAt ?? (planned && sent.Count > 0 && sent.TrueForAll(item => item.ReceivedAt is not null) ? sent.Max(item => item.ReceivedAt) : null),
        };
        var waits = planned && items.Any(item => !item.Final) && state.Items.Where(pair => !pair.Value.Final).All(pair => IsApplicants(pair.Key, pair.Value, application));
        turn.State = state with
        {
            Pauses = !waits ? [.. Closed(state.Pauses, turn.At).Where(pause => pause.To != pause.From)] : state.Pauses.Any(pause => pause.To is null) ? state.Pauses : [.. state.Pauses, new(Exclusions.Applicant, turn.At, null, null, null)],
        };
        foreach (var (name, item) in turn.State.Items)
            turn.Put(name, item with { Clocks = Timed(turn, item.Clocks, ItemClocks(turn, name, item)) });
        turn.State = turn.State with { Clocks = Timed(turn, turn.State.Clocks, CaseClocks(turn)) };
        Warn(turn);
        if (turn.State.DeliveredAt is not null)
            turn.Deliver();
        Move(turn, StepOf(turn.State, complete, waits));
    }

    // When the last of them was decided, so that a late look at the facts does not make the permits late.
    private static DateTimeOffset LastOf(Turn turn, IEnumerable<Item> items) =>
        new[] { items.Max(item => item.DecidedAt), turn.State.Commitment is null ? null : turn.At, turn.State.CountedFrom }.Max() ?? turn.At;

    private static bool IsApplicants(string name, Item item, PermitApplication application) =>
        item.State is ItemState.Paused or ItemState.Returned || (IsPrivateGreen(name, application) && item is { State: ItemState.Received, ConsentedAt: null });

    private static bool IsPrivateGreen(string name, PermitApplication application) => name == PermitItems.Green && application.GreenOwner == Private;

    private static Step StepOf(Case state, bool complete, bool waits) =>
        state.WithdrawnAt is not null ? Step.Withdrawn
        : state.Restoration is { Result: PermitStepResults.Broken } ? Step.Broken
        : state.Items.Values.Any(item => item.State == ItemState.Held) || state.Exemptions.Any(decision => decision.Result == ExemptionResults.ManualReview)
            ? state.Items.Values.Any(item => item.WithDepartment) ? Step.Deciding : Step.Asking
        : !complete ? waits ? Step.Correcting : Step.Deciding
        : state.DeliveredAt is null ? Step.Promising
        : state.Items.Values.Any(item => item.State == ItemState.Refused) ? Step.Refused
        : state.WorksFinishedAt is null ? Step.Granted
        : state.Restoration is not null || !NeedsRestoration(state) ? Step.Finished
        : Step.Restoring;

    private static bool NeedsRestoration(Case state) => state.Exemptions.Any(decision => decision.Result is ExemptionResults.Exempt or ExemptionResults.FilingOnly)
        && (state.Commitment is not null || state.Clocks.Any(clock => clock.Span == RestoreSpan));

    private static void Move(Turn turn, Step step)
    {
        if (turn.State.Step != step || turn.State.StepAt is null)
            turn.State = turn.State with { Step = step, StepAt = turn.At };

        // Nobody has said anything by the day, or there is no day: it has to be looked at.
        var restore = turn.State.Clocks.LastOrDefault(clock => clock.Span == RestoreSpan);
        if (step == Step.Restoring && (restore is null || restore.Status == "overdue"))
            turn.Ask(TaskKinds.CheckRestoration, null, ["restored", "broken"]);
    }

    // --- clocks --------------------------------------------------------------------------------------------------------

    /// <summary>A clock's rule, and the facts it is counted from.</summary>
    private sealed record Timing(CaseClock Fresh, DateTimeOffset? EndedAt, bool Dropped, IEnumerable<ClockPause> Pauses);

    private const string RestoreSpan = "RESTORE";

    private static IEnumerable<Timing> ItemClocks(Turn turn, string name, Item item)
    {
        if (item.ReceivedAt is not { } received)
            yield break;
        var (application, rules) = (turn.State.Application!, turn.Limits(rule => rule.Span == LimitSpans.PermitItem && rule.Stage == name).ToList());
        var mine = IsPrivateGreen(name, application);
        var dropped = item.State is ItemState.Dropped || turn.State.WithdrawnAt is not null;
        var end = item.DecidedAt ?? turn.State.WithdrawnAt;
        var pauses = mine ? item.Pauses.Append(new(Exclusions.Applicant, received, item.ConsentedAt ?? end, "owner's consent", null)) : item.Pauses;
        foreach (var rule in rules)
        {
            switch (rule.Part)
            {
                case null: yield return new(Clocks.Of(rule, received), end, dropped, pauses); break;
                case "SURVEY": yield return new(Clocks.Of(rule, received), item.SurveyedAt ?? end, dropped, item.Pauses); break;

                // Of private green it is the applicant who obtains it: no department's time (S4 五(二)4).
                case "OWNER_CONSENT" when !mine: yield return new(Clocks.Of(rule, received), item.ConsentedAt ?? end, dropped, item.Pauses); break;
                case "DECISION" when DecidesFrom(rules, item, mine) is { } from: yield return new(Clocks.Of(rule, from), end, dropped, item.Pauses); break;
            }
        }
    }

    // After the survey and the owner's consent, where the rules know them: 5 + 3 and 5 + 5 days (S4 五(二)3, 4).
    private static DateTimeOffset? DecidesFrom(List<LimitRule> rules, Item item, bool mine)
    {
        var survey = rules.Exists(rule => rule.Part == "SURVEY");
        var consent = mine || rules.Exists(rule => rule.Part == "OWNER_CONSENT");
        return (survey && item.SurveyedAt is null) || (consent && item.ConsentedAt is null) ? null
            : new[] { survey ? item.SurveyedAt : null, consent ? item.ConsentedAt : null, item.ReceivedAt }.Max();
    }

    private static IEnumerable<Timing> CaseClocks(Turn turn)
    {
        var state = turn.State;
        var withdrawn = state.WithdrawnAt is not null;
        foreach (var rule in turn.Limits(rule => rule is { Span: LimitSpans.PermitItem, Part: "DISTRIBUTE" }))
        {
            var needless = state.Unserved is null && state.Items.Values.All(item => item.State is ItemState.Exempt or ItemState.Dropped) && state.DistributedAt is null;
            yield return new(Clocks.Of(rule, state.AppliedAt!.Value), state.DistributedAt ?? state.WithdrawnAt ?? (needless ? turn.At : null), state.DistributedAt is null, []);
        }

        foreach (var rule in turn.Limits(rule => rule.Span == LimitSpans.Permits))
            yield return new(Clocks.Of(rule, state.CountedFrom!.Value), state.DeliveredAt ?? state.WithdrawnAt, withdrawn, state.Pauses);

        var digging = state.Items.GetValueOrDefault(PermitItems.Excavation);
        var permitted = digging is { State: ItemState.Approved } ? digging.DecidedAt : state.Items.Values.Any(item => item.State == ItemState.Refused) ? null : state.DeliveredAt;
        if (permitted is { } from && !withdrawn)
        {
            foreach (var rule in turn.Limits(rule => rule is { Span: LimitSpans.Stage, Stage: ConnectionStages.ExternalWork, StartsAt: "PERMIT.FINISH" }))
                yield return new(Clocks.Of(rule, from), state.WorksFinishedAt, false, []);
        }

        if (state.WorksFinishedAt is not { } finished)
            yield break;
        var checkedAt = state.Restoration is { } found ? InstantText.Parse(found.At) : null;
        foreach (var rule in turn.Promises)
        {
            if (rule.RestoreWorkingDays is not { } days)
                continue;
            var fresh = new CaseClock { Rule = rule.Id, Span = RestoreSpan, Limit = days, Unit = "working_days", Responsible = "utility", StartedAt = finished };
            yield return new(fresh, checkedAt, state.Restoration is { Result: PermitStepResults.Broken }, []);
        }
    }

    /// <summary>The clocks as the facts make them; those whose facts are gone stay as they ended.</summary>
    private static List<CaseClock> Timed(Turn turn, IReadOnlyList<CaseClock> known, IEnumerable<Timing> timings)
    {
        var clocks = known.ToList();
        foreach (var timing in timings)
        {
            var place = clocks.FindIndex(clock => clock.Rule == timing.Fresh.Rule && clock.StartedAt == timing.Fresh.StartedAt);
            var clock = place < 0 ? timing.Fresh : clocks[place];
            var pauses = timing.Pauses.Where(pause => clock.Excludes.Contains(pause.Kind) || (pause.Kind == Exclusions.Applicant && clock.Responsible is "department" or "window")).ToList();
            var end = timing.EndedAt < clock.StartedAt ? clock.StartedAt : timing.EndedAt;
            clock = Clocks.Count(clock with { Pauses = pauses, EndedAt = end, Dropped = timing.Dropped && end is not null }, turn.Calendar, turn.Now, pauses.Count == clock.Pauses.Count ? "calendar" : "resumed");
            if (place < 0)
                clocks.Add(clock);
            else
                clocks[place] = clock;
        }

        return clocks;
    }

    private static void Warn(Turn turn)
    {
        foreach (var (name, item) in turn.State.Items)
            turn.Put(name, item with { Clocks = [.. item.Clocks.Select(clock => Warned(turn, clock, item.Connector))] });
        turn.State = turn.State with { Clocks = [.. turn.State.Clocks.Select(clock => Warned(turn, clock, department: null))] };
    }

    /// <summary>Of several shares that are due at once only the last is told.</summary>
    private static CaseClock Warned(Turn turn, CaseClock clock, string? department)
    {
        if (!IsOurs(turn, clock) || Clocks.DueWarnings(clock, turn.Warnings, turn.Now, turn.Calendar) is not { Count: > 0 } due)
            return clock;
        turn.Urge(clock, department, due[^1]);
        return clock with { Warned = [.. clock.Warned, .. due] };
    }

    // The works' clock is the connection's, where the line belongs to one: nobody is told of it twice.
    private static bool IsOurs(Turn turn, CaseClock clock) => clock.Span != LimitSpans.Stage || turn.State.Application!.ApplicationNo is null;

    private Decision Finish(Turn turn)
    {
        var state = turn.State;
        var tasks = state.Tasks.Where(task => task.IsOpen).ToList();
        var clocks = state.Items.Values.SelectMany(item => item.Clocks).Concat(state.Clocks).Where(clock => clock.Open && IsOurs(turn, clock)).ToList();
        var ended = state.Application is null || state.Step is Step.Granted or Step.Refused or Step.Finished or Step.Broken or Step.Withdrawn;
        var quiet = !ended && state.Unserved is null && state.StepAt is { } since ? turn.After(QuietWorkingDays, since) : (DateTimeOffset?)null;
        var deadline = clocks.Select(clock => Clocks.NextWarning(clock, turn.Warnings, turn.Calendar))
            .Concat(tasks.Where(task => task.Status == "open").Select(task => (DateTimeOffset?)task.DueAt)).Min();
        return To(state) with
        {
            Orders = turn.Orders,
            Warnings = turn.Given,
            Deadline = deadline ?? (quiet > turn.Now ? quiet : null),

            // Applicants and signatories stand in it.
            Private = true,
            Pin = turn.Pin,
            Numbers = [.. state.Items.Values.Select(item => item.PermitNo).OfType<string>().Select(number => (NumberKinds.Permit, number))],
            Refusal = turn.Refusal,
            Unserved = state.WithdrawnAt is not null && tasks.Count == 0 ? null
                : state.Unserved ?? (tasks.Count > 0 ? "person_needed" : null)
                ?? (state.Items.Values.Any(item => item.State == ItemState.Unserved) ? "no_department" : null)
                ?? (clocks.Exists(clock => clock.Status == "overdue") ? "overdue" : null)
                ?? (quiet <= turn.Now && deadline is null ? "no_word" : null),
            Closed = ended && tasks.Count == 0 && clocks.Count == 0,
        };
    }
}
