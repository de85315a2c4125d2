using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>
/// Permits for an external line (外线并联审批; S4 五(二), 六(三), S1 二, 三.2, S3 三.2, 三.6): one application goes to all departments at once, each with its own clocks; results go
/// back to the utility as they come and once more together. What an exemption replaces is not asked for; what a rule leaves open is asked of a person.
/// </summary>
/// <remarks>
/// A clock stands still only while the facts say that it is the applicant's time. An older word of a department that arrives late moves nothing, so the order in which
/// independent items report does not matter.
/// </remarks>
internal sealed partial class PermitProcess() : Process<PermitProcess.Case>(PermitJson.Readable.Case)
{
    /// <summary>By when a person has answered, and after how long a case without any limit is shown to one. No source gives either.</summary>
    private const int TaskWorkingDays = 2;
    private const int QuietWorkingDays = 10;
    private const int TrailMax = 200;
    private const int SaidMax = 100;

    private const string Private = "PRIVATE";

    public override string Type => "permit_case";

    public override IReadOnlyList<PersonTask> Tasks(string state) => Read(state).Tasks;

    /// <summary>The utility that applies may ask for licences inside the case.</summary>
    public override CaseParties? Parties(string state) => Read(state).Application is { } application
        ? new(application.RegionCode!, new HashSet<string>(StringComparer.Ordinal) { application.OperatorCode! })
        : null;

    /// <summary>Those of its items and of the case as a whole; the works' own clock is the connection's, where the line belongs to one.</summary>
    public override CaseClocks? ClocksOf(string state) => Read(state) is { Application: { } application } known
        ? new(
            application.RegionCode!, application.OperatorCode,
            [.. known.Items.Values.SelectMany(item => item.Clocks).Concat(known.Clocks).Where(clock => clock.Span != LimitSpans.Stage || application.ApplicationNo is null)])
        : null;

    protected override Func<Case, Context, IEnumerable<Figure>> Figures => (state, _) => state.Application is not { } application ? []
        : state.Items.Values.Where(item => item.State is ItemState.Exempt or ItemState.Filed)
            .Select(item => new Figure("permits.exempt", item.State == ItemState.Exempt ? "EXEMPT" : "FILING_ONLY", application.RegionCode!, application.OperatorCode!));

    protected override Decision Decide(Case state, Input input, Context context)
    {
        var turn = new Turn(state, input, context);
        switch (input)
        {
            case Input.Received { Content: PermitApplication application } received: Take(turn, received.Event.Type, application); break;
            case Input.Received { Content: PermitItemReport report } received: Hear(turn, received.Event.Partner, report); break;
            case Input.Received { Content: PermitStep step } received: Note(turn, received.Event, step); break;
            case Input.Received { Content: TaskAnswered answer }: Answer(turn, answer); break;
            case Input.Answered { CommandType: CommandTypes.PermitDistribute } answered: Settle(turn, answered); break;
            case Input.TimeUp: turn.ExpireTasks(); break;
            case Input.PolicyChanged when state.Application is not null && state.WithdrawnAt is null: Plan(turn, correction: false); break;
        }

        if (turn.State.Application is not null)
            Advance(turn);
        return Finish(turn);
    }

    // --- the application -----------------------------------------------------------------------------------------------

    private static void Take(Turn turn, string eventType, PermitApplication application)
    {
        var before = turn.State.Application;
        if (turn.State.WithdrawnAt is not null)
            turn.Warn(WarningCodes.Superseded, "该申请已撤回：已存档，未办理", "This application was withdrawn: stored, not acted on");
        else if (before?.Version >= application.Version)
            turn.Warn(WarningCodes.Superseded, "收到的版本不新于现行版本：已存档，未采用", "Not newer than the version in force: stored, not applied");
        else
        {
            if (before is null && eventType == EventTypes.PermitCorrected)
                turn.Warn(WarningCodes.NoEarlierRecord, "此前没有收到该申请", "No earlier version of this application was received");
            var at = turn.When(application.AppliedAt!);
            var again = turn.State.DeliveredAt is not null;
            turn.State = turn.State with
            {
                Application = application, Cause = turn.Cause, AppliedAt = turn.State.AppliedAt ?? at, CountedFrom = again ? at : turn.State.CountedFrom ?? at,
                DeliveredAt = null, Pauses = again ? [] : turn.State.Pauses,
            };
            turn.Trace(before is null ? "applied" : "corrected", null, $"{application.Version}");
            Plan(turn, correction: before is not null);
        }
    }

    /// <summary>Which items are needed, which of them an exemption replaces, and who has to be told.</summary>
    private static void Plan(Turn turn, bool correction)
    {
        var application = turn.State.Application!;
        if (turn.Policy is not { Permits.Count: > 0 } policy)
        {
            turn.State = turn.State with { Unserved = "no_permit_rule" };
            return;
        }

        turn.State = turn.State with { Unserved = null };
        turn.Pin = policy.Pin;
        Judge(turn, policy, application);
        var needed = policy.Permits.Where(rule => rule.Occupies.Count == 0 || rule.Occupies.Intersect(application.Occupies!).Any()).ToList();
        foreach (var wish in (application.WishedItems ?? []).Where(wish => policy.Permits.All(rule => rule.Item != wish)))
            turn.Warn("/wishedItems", WarningCodes.NoSuchItem, $"当地规则中没有该审批事项：{wish}", $"No rule of the place has this item: {wish}");
        foreach (var rule in needed)
            Place(turn, rule.Item, rule.Department, rule.Connector ?? turn.Window, correction);
        if (turn.State.Exemptions.Any(decision => decision.Result == ExemptionResults.FilingOnly))
            Place(turn, PermitRules.Filing, turn.WindowTitle, turn.Window, correction);
        else
            Drop(turn, PermitRules.Filing);
        foreach (var gone in turn.State.Items.Keys.Where(name => name != PermitRules.Filing && needed.TrueForAll(rule => rule.Item != name)).ToList())
            Drop(turn, gone);
    }

    /// <summary>Every rule for works of this kind. What a person decided stays as long as the facts it was decided by do.</summary>
    private static void Judge(Turn turn, Policy policy, PermitApplication application)
    {
        var decisions = new List<ExemptionDecision>();
        foreach (var rule in policy.Exemptions.Where(rule => Exemptions.Concerns(rule, application)))
        {
            var decision = Exemptions.Decide(rule, policy.Pin, application);
            var known = turn.State.Exemptions.FirstOrDefault(earlier => earlier.Rule == rule.Id);
            var unchanged = known is not null && known.Inputs.OrderBy(pair => pair.Key, StringComparer.Ordinal).SequenceEqual(decision.Inputs.OrderBy(pair => pair.Key, StringComparer.Ordinal));
            if (unchanged)
            {
                decisions.Add(known!);
                continue;
            }

            decisions.Add(decision);
            turn.Lapse(TaskKinds.Exemption, rule.Id);
            turn.Trace("exemption", rule.Id, decision.Result);
            if (decision.Result == ExemptionResults.ManualReview)
                turn.Ask(TaskKinds.Exemption, rule.Id, [rule.Result == ExemptionResults.ManualReview ? ExemptionResults.Exempt : rule.Result, ExemptionResults.PermitNeeded]);
            turn.FeedBack(decision, rule);
        }

        foreach (var gone in turn.State.Exemptions.Where(earlier => decisions.TrueForAll(decision => decision.Rule != earlier.Rule)))
            turn.Lapse(TaskKinds.Exemption, gone.Rule);
        turn.State = turn.State with { Exemptions = decisions };
    }

    private static void Place(Turn turn, string name, Bilingual department, string? connector, bool correction)
    {
        var known = turn.State.Items.GetValueOrDefault(name);
        var concerned = correction && known is not null
            && (known.State is ItemState.Paused or ItemState.Returned or ItemState.Refused || turn.State.Application!.Concerns?.Contains(name) == true);
        var decision = name == PermitRules.Filing ? null : turn.Replacing(name);
        var replaced = decision is not null && decision.Result != ExemptionResults.ManualReview && known is { Final: false };
        if (known is not null && !concerned && !replaced && known.State is not (ItemState.Dropped or ItemState.Held or ItemState.Unserved) && (known.State != ItemState.Exempt || known.Rule is null))
            return;
        var item = known ?? new Item { Department = department };
        if (decision is not null)
        {
            if (known is { Told: not null, State: not (ItemState.Dropped or ItemState.Held or ItemState.Exempt) })
                turn.Recall(name, known, "exempt");
            var state = decision.Result == ExemptionResults.ManualReview ? ItemState.Held : ItemState.Exempt;
            turn.Put(name, item with { State = state, Rule = decision.Rule, DecidedAt = state == ItemState.Exempt ? item.DecidedAt ?? turn.At : null, Pauses = Closed(item.Pauses, turn.At) });
            if (state == ItemState.Exempt)
                turn.FeedBack(name, ExemptionResults.Exempt, null);
        }
        else if (connector is null || !turn.Context.Connectors.Contains(connector))
            turn.Put(name, Anew(turn, item) with { State = ItemState.Unserved, Connector = null, Rule = null });
        else
        {
            turn.Put(name, Anew(turn, item) with { State = ItemState.Sent, Connector = connector, Rule = null });
            turn.Distribute(name);
        }
    }

    /// <summary>A returned item goes on where it stood; one that was decided begins again.</summary>
    private static Item Anew(Turn turn, Item item)
    {
        item = item with { Before = item.LastAt, Arrived = false, Undelivered = null, FedBack = null, DecidedAt = null, Pauses = Closed(item.Pauses, turn.At) };
        return item.State is ItemState.Paused or ItemState.Returned
            ? item
            : item with { ReceivedAt = null, SurveyedAt = null, ConsentedAt = null, Survey = null, PermitNo = null, Reason = null, FeeYuan = null, FeeDue = null, Pauses = [] };
    }

    private static void Drop(Turn turn, string name)
    {
        if (turn.State.Items.GetValueOrDefault(name) is not { State: not ItemState.Dropped } item)
            return;
        if (item.Told is not null)
            turn.Recall(name, item, "not_needed");
        turn.Put(name, item with { State = ItemState.Dropped, DecidedAt = turn.At, Pauses = Closed(item.Pauses, turn.At), Rule = null });
    }

    // --- what a department says ----------------------------------------------------------------------------------------

    private static void Hear(Turn turn, string partner, PermitItemReport report)
    {
        if (turn.State.Application is null)
            turn.Refusal = "no_such_case";
        else if (turn.State.Items.GetValueOrDefault(report.Item!) is not { } item)
            turn.Refusal = "no_such_item";
        else if (partner != item.Connector && partner != turn.Window)
            turn.Refusal = "not_a_party";
        else if (item.Told is null)
            turn.Refusal = "not_distributed";
        else if (turn.State.WithdrawnAt is not null || item.State == ItemState.Dropped)
            turn.Warn(WarningCodes.Superseded, "该事项已撤回：已存档，未采用", "This item was withdrawn: stored, not applied");
        else if (InstantText.Parse(report.At) is not { } said || said < item.LastAt || said <= item.Before || report.Version < item.Version)
            turn.Warn(WarningCodes.Superseded, "所述时间或版次早于现行回报：已存档，未采用", "Older than what was reported before: stored, not applied");
        else
            Weigh(turn, report, item with { LastAt = said, ReceivedAt = item.ReceivedAt ?? turn.When(report.At!), State = item.State == ItemState.Sent ? ItemState.Received : item.State });
    }

    private static void Weigh(Turn turn, PermitItemReport report, Item item)
    {
        var (name, at) = (report.Item!, turn.When(report.At!));
        item = report.FeeYuan is { } yuan ? item with { FeeYuan = yuan, FeeDue = turn.FeeDue(name, at) } : item;
        if (!PermitStatuses.Decisions.Contains(report.Status))
        {
            turn.Put(name, item.Final ? item : report.Status switch
            {
                PermitStatuses.Surveyed => item with { SurveyedAt = item.SurveyedAt ?? at, Survey = report.Survey },
                PermitStatuses.OwnerConsented => item with { ConsentedAt = item.ConsentedAt ?? at },
                PermitStatuses.MaterialMissing when item.State is ItemState.Received => item with { State = ItemState.Paused, Reason = report.Reason, Pauses = [.. item.Pauses, Waiting(at, report)] },
                PermitStatuses.Resumed when item.State is ItemState.Paused or ItemState.Returned => item with { State = ItemState.Received, Reason = null, FedBack = null, Pauses = Closed(item.Pauses, at) },
                _ => item,
            });
            if (turn.State.Items[name].State == ItemState.Paused)
                turn.FeedBack(name, PermitStatuses.MaterialMissing, report.At);
            return;
        }

        var state = report.Status switch
        {
            PermitStatuses.Approved => ItemState.Approved,
            PermitStatuses.Refused => ItemState.Refused,
            PermitStatuses.Filed => ItemState.Filed,
            PermitStatuses.Exempt => ItemState.Exempt,
            _ => ItemState.Returned,
        };
        var returned = state == ItemState.Returned;
        var pauses = !returned ? Closed(item.Pauses, at) : item.State == ItemState.Returned ? item.Pauses : [.. Closed(item.Pauses, at), Waiting(at, report)];
        turn.Put(name, item with { State = state, DecidedAt = returned ? null : at, PermitNo = report.PermitNo, Reason = report.Reason, Pauses = pauses });
        turn.FeedBack(name, report.Status!, report.At);
    }

    private static ClockPause Waiting(DateTimeOffset from, PermitItemReport report) => new(Exclusions.Applicant, from, null, report.Reason, report.By);

    private static IReadOnlyList<ClockPause> Closed(IReadOnlyList<ClockPause> pauses, DateTimeOffset at) =>
        pauses.Any(pause => pause.To is null) ? [.. pauses.Select(pause => pause.To is null ? pause with { To = at > pause.From ? at : pause.From } : pause)] : pauses;

    /// <summary>Orders of one lane are answered in their order, so the first one that is open is the one meant.</summary>
    private static void Settle(Turn turn, Input.Answered answered)
    {
        var (name, item) = turn.State.Items.Where(pair => pair.Value is { Arrived: false, Told: not null } && pair.Value.Connector == answered.Connector && pair.Value.ToldBy == answered.CauseId)
            .OrderBy(pair => pair.Value.Told).FirstOrDefault();
        if (item is null)
            return;
        turn.Put(name, answered.Answer.Outcome == Outcome.Taken
            ? item with { Arrived = true, Undelivered = null, ReceivedAt = item.ReceivedAt ?? turn.Now, State = item.State == ItemState.Sent ? ItemState.Received : item.State }
            : item with { Undelivered = answered.Answer.Reason });
        turn.Trace(answered.Answer.Outcome == Outcome.Taken ? "arrived" : "undelivered", name, answered.Answer.Reason);
    }

    // --- what else happens ---------------------------------------------------------------------------------------------

    private static void Note(Turn turn, Event received, PermitStep step)
    {
        var said = new Said(received.Type.Split('.')[2], step.At!, step.By, step.Result, step.Reference, step.Note);
        switch (received.Type)
        {
            case EventTypes.PermitConsulted or EventTypes.PermitOpinion:
                if (!turn.State.Said.Contains(said))
                    turn.State = turn.State with { Said = [.. turn.State.Said.Append(said).OrderBy(one => InstantText.Parse(one.At)).ThenBy(one => one.By, StringComparer.Ordinal).TakeLast(SaidMax)] };
                break;
            case EventTypes.PermitWithdrawn when turn.State.WithdrawnAt is null: Withdraw(turn, step); break;
            case EventTypes.PermitCommitmentSigned when turn.State.Commitment is null:
                turn.State = turn.State with { Commitment = said };
                turn.Trace("promised", null, step.Reference);
                break;
            case EventTypes.PermitWorksFinished when turn.State.WorksFinishedAt is null:
                if (turn.State.Step != Step.Granted)
                    turn.Warn("", WarningCodes.TimeOdd, "许可或备案尚未齐备即施工完毕", "The works were finished before permits or filing were complete");
                turn.State = turn.State with { WorksFinishedAt = turn.When(step.At!) };
                turn.Trace("works_finished", null, null);
                break;
            case EventTypes.PermitRestored: Check(turn, received.Partner, said); break;
        }
    }

    private static void Withdraw(Turn turn, PermitStep step)
    {
        turn.State = turn.State with { WithdrawnAt = turn.When(step.At!) };
        foreach (var (name, item) in turn.State.Items.Where(pair => pair.Value is { Told: not null, State: not ItemState.Dropped }))
            turn.Recall(name, item, step.Note!);
        turn.LapseAll();
        turn.Trace("withdrawn", null, step.Note);
    }

    private static void Check(Turn turn, string partner, Said said)
    {
        if (turn.State.Application is not { } application)
            turn.Refusal = "no_such_case";
        else if (partner != application.OperatorCode && partner != turn.Window && !turn.State.Items.Values.Any(item => item.Connector == partner))
            turn.Refusal = "not_a_party";
        else if (turn.State.Restoration is { } known && (known == said || InstantText.Parse(said.At) < InstantText.Parse(known.At)))
            turn.Warn(WarningCodes.Superseded, "早于已有的检查结果：已存档，未采用", "Older than the check on record: stored, not applied");
        else
            Found(turn, said);
    }

    private static void Found(Turn turn, Said said)
    {
        turn.State = turn.State with { Restoration = said };
        turn.Lapse(TaskKinds.CheckRestoration, null);
        turn.Trace("restoration", said.By, said.Result);
        if (said.Result != PermitStepResults.Broken)
            return;
        if (turn.Promises.Count == 0)
            turn.Warn("", WarningCodes.NothingPromised, "没有恢复承诺在案：已记录，未报送信用平台", "No promise is on record: recorded, not reported as broken");
        else if (!turn.ReportCredit(said))
            turn.Ask(TaskKinds.ReportCredit, null, ["reported"]);
    }

    private static void Answer(Turn turn, TaskAnswered given)
    {
        var (task, refusal) = PersonTask.Take(turn.State.Tasks, given);
        if (task is null)
        {
            turn.Refusal = refusal;
            return;
        }

        turn.Replace(task);
        turn.Trace("answered", task.About, $"{task.Kind} {given.Answer}");
        switch (task.Kind)
        {
            case TaskKinds.Exemption when turn.Policy?.Exemptions.FirstOrDefault(rule => rule.Id == task.About) is { } rule:
                turn.State = turn.State with
                {
                    Exemptions = [.. turn.State.Exemptions.Select(decision => decision.Rule == rule.Id ? decision with { Result = given.Answer, By = given.By, Reason = given.Reason } : decision)],
                };
                turn.FeedBack(turn.State.Exemptions.First(decision => decision.Rule == rule.Id), rule);
                Plan(turn, correction: false);
                break;
            case TaskKinds.CheckRestoration:
                var result = given.Answer == "restored" ? PermitStepResults.Restored : PermitStepResults.Broken;
                Found(turn, new("restored", turn.Now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture), given.By, result, $"task {task.Id}", given.Reason));
                break;
        }
    }
}
