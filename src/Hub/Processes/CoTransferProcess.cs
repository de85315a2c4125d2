using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>
/// Co-transfer (联合过户, S1 三.2, S2 二(一)2, S3 三.6): once a change of ownership is booked, the accounts of power, and of water, gas and heat where
/// the pack says so, change hands as well. One case a property: it holds the link between the unit and its accounts, and one transfer at a time.
/// </summary>
/// <remarks>
/// Nothing is taken for done that a utility did not report as done; nothing is sent twice before it was asked about; no debt moves; what the
/// records leave open is asked of a person and never guessed; and a case that is not at its end has a deadline or stands in the list of those that wait.
/// </remarks>
internal sealed partial class CoTransferProcess() : Process<CoTransferProcess.Case>(CoTransferJson.Readable.Case)
{
    private const int TrailMax = 200;
    private const int InquiriesMax = 2;

    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    // Only where no pack has a rule any more while a case still runs.
    private static readonly CoTransferRule LastResort = new()
    {
        Utilities = [Utilities.Power], LimitWorkingDays = 5, WarnBeforeWorkingDays = 1, StepWorkingDays = 1, RecheckWorkingDays = 1, SettleWorkingDays = 5, TaskWorkingDays = 2,
        Source = RuleSources.HubDefault,
    };

    public override string Type => "co_transfer";

    // --- decisions -----------------------------------------------------------------------------------------------------

    public override IReadOnlyList<PersonTask> Tasks(string state) => Read(state).Tasks;

    /// <summary>The utilities that take part in the transfer in hand may ask for licences inside it; one that is cancelled, as outside the consent, does not.</summary>
    public override CaseParties? Parties(string state) => Read(state) is { Current: { } transfer }
        ? new(transfer.Registration.Record.RegionCode!, transfer.Parties.Where(pair => pair.Value.State != PartyState.Cancelled).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal))
        : null;

    protected override Func<Case, Context, IEnumerable<Figure>> Figures => (state, _) => FiguresOf(state);

    private static IEnumerable<Figure> FiguresOf(Case state)
    {
        if (state.Current is not { } current)
            yield break;
        var region = current.Registration.Record.RegionCode!;
        yield return new("co_transfers.received", "", region, "hub", state.PastEver.Values.Sum() + 1);
        foreach (var (result, times) in state.PastEver)
            yield return new("co_transfers.ended", result, region, "hub", times);
        if (current.Ended)
            yield return new("co_transfers.ended", ResultOf(current.Step), region, "hub");
    }

    private static string ResultOf(Step step) => System.Text.Json.JsonNamingPolicy.SnakeCaseUpper.ConvertName(step.ToString());

    protected override Decision Decide(Case state, Input input, Context context)
    {
        var turn = new Turn(state, context);
        switch (input)
        {
            case Input.Received { Content: PropertyTransfer record } received: Take(turn, received.Event, record); break;
            case Input.Received { Content: AccountReport report } received: Hear(turn, received.Event, report); break;
            case Input.Received { Content: TaskAnswered answer }: Answer(turn, answer); break;
            case Input.Answered answered: Settle(turn, answered); break;
            case Input.TimeUp: Tick(turn); break;
            case Input.PolicyChanged when turn.Current is { Unserved: not null } current: Begin(turn, current.Registration); break;
        }

        Advance(turn);
        return Finish(turn);
    }

    // --- registrations -------------------------------------------------------------------------------------------------

    private static void Take(Turn turn, Event received, PropertyTransfer record)
    {
        var registration = new Registration(record, received.Partner, received.Id, received.Type, received.OccurredAt ?? turn.Now);
        var mine = turn.Current?.RegistryNo == record.RegistryNo;
        if (mine && turn.Current!.Registration.Register != received.Partner)
            turn.Refusal = "not_the_register";
        else if (received.Type == EventTypes.TransferWithdrawn)
            Withdraw(turn, registration, mine);
        else if (turn.State.Withdrawn.GetValueOrDefault(record.RegistryNo!) >= record.Version)
            turn.Warn(WarningCodes.Superseded, "该登记已撤回：已存档，未办理", "This registration was withdrawn: stored, not acted on");
        else if (mine)
            Correct(turn, registration);
        else if (turn.State.Past.Any(past => past.RegistryNo == record.RegistryNo))
            turn.Ask(TaskKinds.LateChange, null, ["seen"]);
        else if (IsOlder(record, turn.Current))
            turn.Warn(WarningCodes.Superseded, "收到的登记早于现行登记：已存档，未办理", "Booked before the registration in force: stored, not acted on");
        else if (turn.Current is null or { Ended: true })
            Begin(turn, registration);
        else
            Queue(turn, registration);
    }

    // By the day of booking, never by arrival: an older change would give the account back to whoever sold.
    private static bool IsOlder(PropertyTransfer record, Transfer? current) => current is { Step: not (Step.Reversed or Step.NoConsent or Step.NotDone) }
        && InstantText.Parse(record.RegisteredAt) < InstantText.Parse(current.Registration.Record.RegisteredAt);

    private static void Queue(Turn turn, Registration registration)
    {
        var others = turn.State.Next.Where(next => next.Record.RegistryNo != registration.Record.RegistryNo);
        var known = turn.State.Next.FirstOrDefault(next => next.Record.RegistryNo == registration.Record.RegistryNo);
        if (known?.Record.Version >= registration.Record.Version)
            return;
        turn.State = turn.State with { Next = [.. others.Append(registration).OrderBy(next => InstantText.Parse(next.Record.RegisteredAt))] };
        turn.Warn(WarningCodes.Queued, "同一不动产的前一笔过户尚未办结，本笔随后办理", "An earlier transfer of this property is not finished; this one begins after it");
    }

    private static void Correct(Turn turn, Registration registration)
    {
        var current = turn.Current!;
        if (registration.Record.Version <= current.Registration.Record.Version || registration.Record.Version <= current.Correction?.Record.Version)
            turn.Warn(WarningCodes.Superseded, "收到的版本早于现行版本：已存档，未采用", "Older than the version in force: stored, not applied");
        else if (current.Step == Step.Reversing)
            Queue(turn, registration);
        else if (!current.Begun || current.Step == Step.Reversed)
            Begin(turn, registration);
        else
        {
            // Something was sent by the record before: whether it has to be done over is no machine's decision.
            turn.Put(current with { Correction = registration });
            turn.Lapse(TaskKinds.Corrected);
            turn.Ask(TaskKinds.Corrected, null, ["redo", "keep"]);
        }
    }

    private static void Withdraw(Turn turn, Registration registration, bool mine)
    {
        var (number, version) = (registration.Record.RegistryNo!, registration.Record.Version!.Value);
        if (turn.State.Withdrawn.GetValueOrDefault(number) >= version)
            return;
        if (mine && version < turn.Current!.Registration.Record.Version)
        {
            turn.Warn(WarningCodes.Superseded, "收到的版本早于现行版本：已存档，未采用", "Older than the version in force: stored, not applied");
            return;
        }

        turn.State = turn.State with
        {
            Withdrawn = new Dictionary<string, int>(turn.State.Withdrawn, StringComparer.Ordinal) { [number] = version },
            Next = [.. turn.State.Next.Where(next => next.Record.RegistryNo != number)],
        };
        if (mine)
            Reverse(turn);
        else if (turn.State.Past.Any(past => past.RegistryNo == number))
            turn.Ask(TaskKinds.LateChange, null, ["seen"]);
        else
            turn.Warn(WarningCodes.NoEarlierRecord, "此前没有收到该登记", "No earlier record of this registration was received");
    }

    /// <summary>Begins, or begins anew: nobody has done anything yet that would have to be undone, or a person said that it is done over.</summary>
    private static void Begin(Turn turn, Registration registration)
    {
        var before = turn.Current;
        var again = before?.RegistryNo == registration.Record.RegistryNo;
        if (before is not null && !again)
        {
            var result = ResultOf(before.Step);
            turn.State = turn.State with
            {
                Past = [.. turn.State.Past.TakeLast(19), new(before.RegistryNo, before.Registration.Record.Version!.Value, before.Step, turn.Now)],
                PastEver = new Dictionary<string, int>(turn.State.PastEver, StringComparer.Ordinal) { [result] = turn.State.PastEver.GetValueOrDefault(result) + 1 },
            };
        }

        turn.LapseAll();

        // A correction that nobody decided about belongs to a transfer that is over: it must not be forgotten with it.
        if (before?.Correction is not null && !again)
            turn.Ask(TaskKinds.LateChange, null, ["seen"]);
        turn.State = turn.State with { Tasks = [.. turn.State.Tasks.Where(task => task.IsOpen).Concat(turn.State.Tasks.Where(task => !task.IsOpen).TakeLast(20))] };
        turn.Put(new Transfer
        {
            Registration = registration, BeganAt = again ? before!.BeganAt : turn.Now, Whole = again ? before!.Whole : null, Sent = again ? before!.Sent : 0,
            Told = again ? before!.Told : [], Trail = again ? before!.Trail : [],
        });
        turn.Trace("registered", null, registration.Record.Version.ToString());
        if (registration.Record.Consent?.Granted != true)
        {
            // Opt-in by design: without it no order is made, and the register is told so.
            End(turn, Step.NoConsent);
            return;
        }

        if (turn.Policy is not { CoTransfer: { } rule } policy)
        {
            turn.Put(turn.Current! with { Unserved = "no_rule" });
            return;
        }

        turn.Pin = policy.Pin;
        Invite(turn, rule, before is not null && again ? before.Parties : null);
    }

    private static void Invite(Turn turn, CoTransferRule rule, IReadOnlyDictionary<string, Party>? before)
    {
        var record = turn.Current!.Registration.Record;
        var scope = record.Consent!.Scope is { Count: > 0 } given ? given : [Utilities.Power];
        var parties = new Dictionary<string, Party>(StringComparer.Ordinal);
        foreach (var serving in turn.Context.Policies.Route(record.RegionCode!, null, [.. rule.Utilities]))
        {
            var connected = turn.Context.Connectors.Contains(serving.Connector);
            var agreed = scope.Contains(serving.Utility);
            parties[serving.Id] = new Party
            {
                Utility = serving.Utility,
                Connector = serving.Connector,
                State = connected && agreed ? PartyState.Created : PartyState.Cancelled,
                Outcome = agreed ? null : TransferOutcomes.NoConsent,
                AccountNo = Known(turn, serving.Id, serving.Utility),
                EarlierNo = before?.GetValueOrDefault(serving.Id) is { State: not PartyState.Reversed } earlier ? earlier.UndoNo : null,
            };
        }

        if (parties.Values.All(party => party.State == PartyState.Cancelled))
        {
            var power = parties.Values.FirstOrDefault(party => party.Utility == Utilities.Power);
            if (power is null || power.Outcome is null)
                turn.Put(turn.Current with { Unserved = power is null ? "no_operator" : "no_connector" });
            else
                End(turn, Step.NoConsent);
            return;
        }

        // Power is what the clauses name: without it the others do not begin alone.
        if (scope.Contains(Utilities.Power) && !parties.Values.Any(party => party is { Utility: Utilities.Power, State: PartyState.Created }))
        {
            turn.Put(turn.Current with { Unserved = parties.Values.Any(party => party.Utility == Utilities.Power) ? "no_connector" : "no_operator" });
            return;
        }

        turn.Put(turn.Current with { Parties = parties, Whole = turn.Current.Whole ?? turn.StartWhole(rule) });
        foreach (var id in parties.Where(pair => pair.Value.State == PartyState.Created).Select(pair => pair.Key).ToList())
            Precheck(turn, id);
    }

    // What a person or a success confirmed goes before what the applicant wrote down.
    private static string? Known(Turn turn, string operatorId, string utility)
    {
        if (turn.State.Links.FirstOrDefault(link => link.Operator == operatorId && link.Confidence == 100) is { } link)
            return link.AccountNo;
        var given = turn.Current!.Registration.Record.Accounts?.FirstOrDefault(account => account.Utility == utility)?.AccountNo;
        if (given is not null)
            turn.Learn(operatorId, given, 50, "given", null);
        return given;
    }

    // --- what a utility says -------------------------------------------------------------------------------------------

    private static void Hear(Turn turn, Event received, AccountReport report)
    {
        if (turn.Current is not { } current || current.OrderId != report.OrderId)
        {
            // Something was done for a transfer that is no longer the one in hand: nobody would ever see it.
            if (report.Outcome is TransferOutcomes.Done && turn.State.Past.Any(past => $"{past.RegistryNo}-{past.Version}" == report.OrderId))
                turn.Ask(TaskKinds.LateChange, null, ["seen"]);
            turn.Refusal = "no_such_order";
            return;
        }

        if (!current.Parties.TryGetValue(received.Partner, out var party))
        {
            turn.Refusal = "not_a_party";
            return;
        }

        turn.Trace(received.Type.Split('.')[2], received.Partner, report.Outcome);
        switch (received.Type)
        {
            case EventTypes.AccountPrechecked: Prechecked(turn, received.Partner, party, report); break;
            case EventTypes.AccountTransferReported: Transferred(turn, received.Partner, party, report); break;
            case EventTypes.AccountReversalReported: Undone(turn, received.Partner, party, report); break;
            case EventTypes.ArrearsSettled when party is { State: PartyState.WaitingCustomer, Outcome: TransferOutcomes.Arrears } && current.Step != Step.Reversing:
                // The utility's word that it is paid is checked, as everything that opens the gate.
                Precheck(turn, received.Partner);
                break;
        }
    }

    private static void Prechecked(Turn turn, string id, Party party, AccountReport report)
    {
        // Anything else is late or repeated: what comes after the transfer was sent is no longer a pre-check.
        if (turn.Current!.Step == Step.Reversing || turn.Current.Ended || party is not ({ State: PartyState.Created or PartyState.WaitingCustomer } or { State: PartyState.Unknown, SentNo: null }))
            return;
        Weigh(turn, id, party, report);
    }

    private static void Weigh(Turn turn, string id, Party party, AccountReport report)
    {
        turn.LapseOf(id);
        var found = Accounts(report);
        foreach (var account in found)
            turn.Learn(id, account.AccountNo!, Math.Clamp(AddressText.Likeness(account.Address, turn.Current!.Registration.Record.PropertyAddress), 30, 90), "reported", null);
        var told = party.State == PartyState.WaitingCustomer && party.Outcome == report.Outcome;
        party = party with { Outcome = report.Outcome, ArrearsYuan = report.ArrearsYuan, Due = null, State = PartyState.WaitingCustomer };
        switch (report.Outcome)
        {
            case TransferOutcomes.Clear or TransferOutcomes.MultiAccount:
                Choose(turn, id, party, found);
                break;
            case TransferOutcomes.NameMismatch or TransferOutcomes.AddressMismatch when party.ConfirmedBy is null:
                turn.Put(id, party with { AccountNo = party.AccountNo ?? OnlyOne(found) });
                turn.Ask(report.Outcome == TransferOutcomes.NameMismatch ? TaskKinds.ConfirmName : TaskKinds.ConfirmAddress, id, ["proceed", "leave_out"]);
                turn.Tell("question", id);
                break;
            case TransferOutcomes.NameMismatch or TransferOutcomes.AddressMismatch:
                Choose(turn, id, party, found);
                break;
            case TransferOutcomes.AccountNotFound:
                Missing(turn, id, party);
                break;
            case TransferOutcomes.Arrears:
                // The debt stays where it is: both sides are told, and nothing moves before it is settled or a named person lets it pass.
                turn.Put(id, party with { AccountNo = party.AccountNo ?? OnlyOne(found), Due = turn.After(turn.Rule.RecheckWorkingDays), Waiver = null });
                turn.Ask(TaskKinds.Settle, id, ["waive", "leave_out"], days: turn.Rule.SettleWorkingDays);
                if (!told)
                {
                    turn.Tell("arrears", id);
                    turn.FeedBack("WAITING_SETTLEMENT");
                }

                break;
            case TransferOutcomes.OpenCase:
                turn.Put(id, party with { Due = turn.After(turn.Rule.RecheckWorkingDays) });
                turn.Ask(TaskKinds.OpenCase, id, ["leave_out"], days: turn.Rule.SettleWorkingDays);
                if (!told)
                    turn.Tell("open_case", id);
                break;
            case TransferOutcomes.Duplicate:
                // In the new holder's name already, and not by this order: nothing is left to do, and nothing of it is ours to undo.
                turn.Put(id, party with { State = PartyState.Done, DoneAt = turn.Now });
                break;
            case TransferOutcomes.AccountClosed or TransferOutcomes.NoConsent:
                turn.Put(id, party with { State = PartyState.Rejected });
                break;
            case TransferOutcomes.SystemError when party.Asked < InquiriesMax:
                turn.Put(id, party with { State = PartyState.Created, Asked = party.Asked + 1, Due = turn.After(turn.Rule.RecheckWorkingDays) });
                break;
            case TransferOutcomes.SystemError:
                Doubt(turn, id, party with { State = PartyState.Created });
                break;
        }
    }

    private static List<ReportedAccount> Accounts(AccountReport report)
    {
        var found = (report.Accounts ?? []).ToList();
        if (report.AccountNo is { } number && !found.Exists(account => account.AccountNo == number))
            found.Insert(0, new() { AccountNo = number });
        return [.. found.DistinctBy(account => account.AccountNo)];
    }

    private static string? OnlyOne(List<ReportedAccount> found) => found.Count == 1 ? found[0].AccountNo : null;

    /// <summary>One account, and the one that was expected if any was: else a person chooses.</summary>
    private static void Choose(Turn turn, string id, Party party, List<ReportedAccount> found)
    {
        if (party.Chosen || (party.AccountNo is not null && party.Outcome != TransferOutcomes.MultiAccount && (found.Count == 0 || (found.Count == 1 && found[0].AccountNo == party.AccountNo))))
        {
            turn.Put(id, party with { State = PartyState.Prechecked });
            return;
        }

        var candidates = found.Select(account => account.AccountNo!).Concat(party.AccountNo is { } given ? [given] : []).Distinct(StringComparer.Ordinal).ToList();
        switch (candidates.Count)
        {
            case 0:
                Missing(turn, id, party with { Outcome = TransferOutcomes.AccountNotFound });
                break;
            case 1 when party.Outcome != TransferOutcomes.MultiAccount:
                turn.Put(id, party with { State = PartyState.Prechecked, AccountNo = candidates[0] });
                break;
            default:
                turn.Put(id, party with { Outcome = TransferOutcomes.MultiAccount });
                turn.Ask(TaskKinds.ChooseAccount, id, [.. candidates, "leave_out"], Likeliest(turn, found));
                turn.Tell("question", id);
                break;
        }
    }

    // The address proposes. It never decides: two buildings may have one number.
    private static string? Likeliest(Turn turn, List<ReportedAccount> found)
    {
        var address = turn.Current!.Registration.Record.PropertyAddress;
        var sorted = found.Select(account => (account.AccountNo, Likeness: AddressText.Likeness(account.Address, address))).OrderByDescending(pair => pair.Likeness).ToList();
        return sorted.Count > 0 && sorted[0].Likeness >= 60 && (sorted.Count == 1 || sorted[1].Likeness < sorted[0].Likeness) ? sorted[0].AccountNo : null;
    }

    private static void Missing(Turn turn, string id, Party party)
    {
        turn.Put(id, party);
        turn.Ask(TaskKinds.GiveAccount, id, [PersonTask.AnyText, "leave_out"]);
        turn.Tell("question", id);
    }

    private static void Transferred(Turn turn, string id, Party party, AccountReport report)
    {
        if (party is { State: PartyState.Rejected or PartyState.Cancelled } && report.Outcome == TransferOutcomes.Done)
        {
            Late(turn, id, party);
            return;
        }

        if (turn.Current!.Step == Step.Reversing || party is not { State: PartyState.Submitted or PartyState.Unknown, SentNo: not null })
            return;
        switch (report.Outcome)
        {
            case TransferOutcomes.Done:
                turn.LapseOf(id);
                Confirm(turn, id, party with { AccountNo = report.AccountNo ?? party.AccountNo });
                break;
            case TransferOutcomes.InProgress:
                turn.LapseOf(id);
                turn.Put(id, party with { State = PartyState.Submitted, Asked = 0, Due = turn.After(turn.Rule.StepWorkingDays) });
                break;
            case TransferOutcomes.NotSeen when party.Asked > 0 && party.Resent < InquiriesMax:
                // Surely without effect, by the utility's own word when it was asked: only now may it be sent again.
                turn.LapseOf(id);
                turn.Put(id, party with { State = PartyState.Prechecked, SentNo = null, Asked = 0, Due = null, Resent = party.Resent + 1 });
                break;
            case TransferOutcomes.Duplicate or TransferOutcomes.SystemError or TransferOutcomes.NotSeen:
                turn.Put(id, party with { State = PartyState.Unknown, Outcome = report.Outcome });
                Inquire(turn, id);
                break;
            case { } doubt when doubt is not (TransferOutcomes.Clear or TransferOutcomes.CannotReverse):
                // What a person said before does not answer it a second time.
                Weigh(turn, id, party with { SentNo = null, Asked = 0, Chosen = false, ConfirmedBy = null }, report);
                break;
        }
    }

    // It was given up, or taken for not done, and was done after all: the utility's word is what is.
    private static void Late(Turn turn, string id, Party party)
    {
        var current = turn.Current!;
        if (current.Step is Step.Reversing or Step.Reversed)
        {
            turn.Put(id, party with { SentNo = party.SentNo ?? current.Sent + 1, State = PartyState.Done, Outcome = TransferOutcomes.Done });
            turn.Put(turn.Current! with { Step = Step.Reversing, Sent = current.Sent + 1, EndedAt = null });
            return;
        }

        // Of the others it says nothing: who waits for a debt to be settled goes on waiting.
        turn.Put(current with { Sent = current.Sent + 1, Step = Step.Transferring, EndedAt = null });
        Confirm(turn, id, party with { SentNo = party.SentNo ?? current.Sent + 1 });
    }

    private static void Confirm(Turn turn, string id, Party party)
    {
        turn.Put(id, party with { State = PartyState.Done, Outcome = TransferOutcomes.Done, DoneAt = turn.Now, Due = null, Asked = 0 });
        if (party.AccountNo is { } account)
            turn.Learn(id, account, 100, "transferred", null);
    }

    private static void Undone(Turn turn, string id, Party party, AccountReport report)
    {
        // Also of what a person said was undone: the utility's word is what is.
        if (report.Outcome == TransferOutcomes.CannotReverse && turn.Current!.Step is Step.Reversing or Step.Reversed && party is { ByHand: false, Stays: false })
        {
            turn.Put(turn.Current! with { Step = Step.Reversing, EndedAt = null });
            HandOver(turn, id, party);
        }

        if (turn.Current!.Step != Step.Reversing || party.State != PartyState.Reversing)
            return;
        switch (report.Outcome)
        {
            // It had reported the transfer as done, so it cannot have seen nothing of it: somebody has to look.
            case TransferOutcomes.NotSeen when party.DoneAt is not null && party.Asked == 0:
                HandOver(turn, id, party);
                break;

            // It never had the transfer either: as good as undone. When an inquiry was sent, it speaks of the order to undo, which is sent once more.
            case TransferOutcomes.NotSeen when party.Asked > 0 && party.Undos >= InquiriesMax:
                HandOver(turn, id, party);
                break;
            case TransferOutcomes.NotSeen when party.Asked > 0:
                turn.LapseOf(id);
                Undo(turn, id, party with { ByHand = false });
                break;
            case TransferOutcomes.Done or TransferOutcomes.NotSeen:
                turn.LapseOf(id);
                turn.Put(id, party with { State = PartyState.Reversed, Due = null, ByHand = false });
                break;
            case TransferOutcomes.InProgress:
                turn.Put(id, party with { Due = turn.After(turn.Rule.StepWorkingDays), Asked = 0 });
                break;
            case TransferOutcomes.SystemError:
                Inquire(turn, id);
                break;
        }
    }

    // --- what became of a command --------------------------------------------------------------------------------------

    private static void Settle(Turn turn, Input.Answered answered)
    {
        if (turn.Current is not { } current || answered.CauseId != current.Registration.EventId)
            return;
        foreach (var (id, party) in current.Parties.Where(pair => pair.Value.Connector == answered.Connector).ToList())
        {
            if (answered.Answer.Outcome == Outcome.Taken)
                turn.Trace("taken", id, answered.CommandType);
            else
                Undelivered(turn, id, party, answered);
        }
    }

    // The schedule has ended without success and the lane is parked: it may still have had its effect, and an operator may still send it.
    private static void Undelivered(Turn turn, string id, Party party, Input.Answered answered)
    {
        turn.Trace("undelivered", id, answered.Answer.Reason);
        switch (answered.CommandType)
        {
            case CommandTypes.AccountPrecheck or CommandTypes.AccountInquire when party.State is PartyState.Created:
            case CommandTypes.AccountPrecheck when party.State is PartyState.WaitingCustomer:
                Doubt(turn, id, party with { Outcome = TransferOutcomes.SystemError, State = PartyState.Created });
                break;
            case CommandTypes.AccountTransfer or CommandTypes.AccountInquire when party.State is PartyState.Submitted or PartyState.Unknown:
                Doubt(turn, id, party with { Outcome = TransferOutcomes.SystemError, State = PartyState.Unknown });
                break;
            case CommandTypes.AccountReverse or CommandTypes.AccountInquire when party.State == PartyState.Reversing:
                HandOver(turn, id, party);
                break;
        }
    }

    // --- time ----------------------------------------------------------------------------------------------------------

    private static void Tick(Turn turn)
    {
        if (turn.Current is not { } current)
            return;
        foreach (var task in turn.State.Tasks.Where(task => task.Status == "open" && task.DueAt <= turn.Now).ToList())
        {
            turn.Replace(task with { Status = "overdue" });
            turn.Escalate("task_overdue", task.Id);
        }

        if (!current.Ended)
            Urge(turn);
        foreach (var (id, _) in current.Parties.Where(pair => pair.Value.Due <= turn.Now).ToList())
            Wake(turn, id, turn.Current!.Parties[id]);
    }

    private static void Urge(Turn turn)
    {
        if (turn.Current!.Whole is not { } whole)
            return;
        var status = turn.Now >= whole.OverdueAt ? "overdue" : turn.Now >= whole.WarnAt ? "warned" : "running";
        if (whole.Status == status || whole.Status is "overdue" or "ended" || (whole.Status == "warned" && status == "running"))
            return;
        turn.Put(turn.Current with { Whole = whole with { Status = status } });
        turn.Escalate(status, "whole");
    }

    private static void Wake(Turn turn, string id, Party party)
    {
        switch (party.State)
        {
            // It waits for money or for a case to close: looked at again.
            case PartyState.WaitingCustomer:
            // A pre-check that failed is simply asked again: it changes nothing.
            case PartyState.Created when party.Outcome == TransferOutcomes.SystemError:
                Precheck(turn, id);
                break;
            case PartyState.Submitted:
                turn.Put(id, party with { State = PartyState.Unknown });
                Inquire(turn, id);
                break;
            default:
                Inquire(turn, id);
                break;
        }
    }

    // --- people --------------------------------------------------------------------------------------------------------

    private static void Answer(Turn turn, TaskAnswered given)
    {
        var (task, refusal) = PersonTask.Take(turn.State.Tasks, given);
        if (task is null)
        {
            turn.Refusal = refusal;
            return;
        }

        turn.Replace(task);
        turn.Trace("answered", task.Operator, $"{task.Kind} {given.Answer}");
        if (turn.Current is not { } current)
            return;
        if (task.Operator is { } id && current.Parties.TryGetValue(id, out var party))
            AnswerFor(turn, id, party, task, given);
        else if (task.Kind == TaskKinds.ChooseHolder && int.TryParse(given.Answer, System.Globalization.CultureInfo.InvariantCulture, out var place))
            turn.Put(current with { Holder = place - 1 });
        else if (task.Kind == TaskKinds.Corrected && current.Correction is { } correction)
        {
            if (given.Answer == "redo")
                Begin(turn, correction);
            else
                turn.Put(current with { Correction = null });
        }
    }

    private static void AnswerFor(Turn turn, string id, Party party, PersonTask task, TaskAnswered given)
    {
        switch (task.Kind, given.Answer)
        {
            case (_, "leave_out" or "not_done"):
                turn.Put(id, party with { State = PartyState.Rejected, Due = null, SentNo = null });
                break;
            case (TaskKinds.ConfirmName or TaskKinds.ConfirmAddress, _):
                Choose(turn, id, party with { ConfirmedBy = given.By }, []);
                break;
            case (TaskKinds.ChooseAccount, var account):
                turn.Learn(id, account, 100, "person", given.By);
                turn.Put(id, party with { AccountNo = account, Chosen = true });
                Precheck(turn, id);
                break;
            case (TaskKinds.GiveAccount, var account):
                var number = AccountNumber.Parse(account).Text;
                turn.Learn(id, number, 80, "person", given.By);
                turn.Put(id, party with { AccountNo = number });
                Precheck(turn, id);
                break;
            case (TaskKinds.Settle, "waive"):
                Choose(turn, id, party with { Waiver = new(given.By, given.Reason, party.ArrearsYuan), Due = null }, []);
                turn.Tell("waived", id);
                break;
            case (TaskKinds.NoAnswer, "ask_again") when party.SentNo is null:
                turn.Put(id, party with { Outcome = null });
                Precheck(turn, id);
                break;
            case (TaskKinds.NoAnswer, "ask_again"):
                turn.Put(id, party with { Asked = 0 });
                Inquire(turn, id);
                break;
            case (TaskKinds.NoAnswer, "done"):
                Confirm(turn, id, party);
                break;
            case (TaskKinds.UndoByHand, "undone"):
                turn.Put(id, party with { State = PartyState.Reversed, ByHand = false, Due = null });
                break;
            case (TaskKinds.UndoByHand, _):
                turn.Put(id, party with { Stays = true, ByHand = false, Due = null });
                break;
        }
    }

    // --- commands ------------------------------------------------------------------------------------------------------

    private static void Precheck(Turn turn, string id)
    {
        var party = turn.Current!.Parties[id];
        var waiting = party.State == PartyState.WaitingCustomer && party.Outcome is TransferOutcomes.Arrears or TransferOutcomes.OpenCase;
        turn.Put(id, party with
        {
            State = waiting ? PartyState.WaitingCustomer : PartyState.Created,
            Asked = party.Outcome == TransferOutcomes.SystemError ? party.Asked : 0,
            Due = turn.After(waiting ? turn.Rule.RecheckWorkingDays : turn.Rule.StepWorkingDays),
        });
        turn.Send(id, CommandTypes.AccountPrecheck);
    }

    private static void Submit(Turn turn, string id)
    {
        var sent = turn.Current!.Sent + 1;
        turn.Put(turn.Current with { Sent = sent });
        turn.Put(id, turn.Current.Parties[id] with { State = PartyState.Submitted, SentNo = sent, Asked = 0, Due = turn.After(turn.Rule.StepWorkingDays) });
        turn.Send(id, CommandTypes.AccountTransfer);
    }

    /// <summary>The utility is asked, and when it does not say, a person is.</summary>
    private static void Inquire(Turn turn, string id)
    {
        var party = turn.Current!.Parties[id];
        if (party.Asked < InquiriesMax)
        {
            turn.Put(id, party with { Asked = party.Asked + 1, Due = turn.After(turn.Rule.StepWorkingDays) });
            turn.Send(id, CommandTypes.AccountInquire);
        }
        else if (party.State == PartyState.Reversing)
            HandOver(turn, id, party);
        else
            Doubt(turn, id, party);
    }

    private static void Doubt(Turn turn, string id, Party party)
    {
        turn.LapseOf(id);
        turn.Put(id, party with { Due = null });
        turn.Ask(TaskKinds.NoAnswer, id, party.SentNo is null ? ["ask_again", "leave_out"] : ["ask_again", "done", "not_done"]);
    }

    // --- the way back --------------------------------------------------------------------------------------------------

    private static void Reverse(Turn turn)
    {
        if (turn.Current!.Step is Step.Reversing or Step.Reversed or Step.NoConsent)
            return;
        turn.LapseAll();
        turn.Put(turn.Current with { Step = Step.Reversing, EndedAt = null, Correction = null, Unserved = null, Whole = turn.Current.Whole is { } whole ? whole with { Status = "ended" } : null });
        turn.Trace("withdrawn", null, null);
        foreach (var (id, party) in turn.Current.Parties)
        {
            if (party.UndoNo is null && party is { State: PartyState.Done })
                HandOver(turn, id, party);
            else if (party.UndoNo is null && !party.Final)
                turn.Put(id, party with { State = PartyState.Cancelled, Due = null });
            else
                turn.Put(id, party with { Due = null });
        }

        turn.Tell("withdrawn", null);
    }

    /// <summary>One at a time, the last that was sent first.</summary>
    private static void StepBack(Turn turn)
    {
        var parties = turn.Current!.Parties;
        if (parties.Values.Any(party => party is { State: PartyState.Reversing, ByHand: false, Stays: false }))
            return;
        var next = parties.Where(pair => pair.Value is { UndoNo: not null, ByHand: false, Stays: false, State: not PartyState.Reversed }).OrderByDescending(pair => pair.Value.UndoNo).FirstOrDefault();
        if (next.Key is not null)
            Undo(turn, next.Key, next.Value);
        else if (!parties.Values.Any(party => party.ByHand))
            End(turn, Step.Reversed);
    }

    private static void Undo(Turn turn, string id, Party party)
    {
        turn.Put(id, party with { State = PartyState.Reversing, Asked = 0, Undos = party.Undos + 1, Due = turn.After(turn.Rule.StepWorkingDays) });
        turn.Send(id, CommandTypes.AccountReverse);
    }

    private static void HandOver(Turn turn, string id, Party party)
    {
        turn.Put(id, party with { State = PartyState.Reversing, ByHand = true, Due = null });
        turn.LapseOf(id);
        turn.Ask(TaskKinds.UndoByHand, id, ["undone", "stays"]);
    }

    // --- where the whole stands ----------------------------------------------------------------------------------------

    private static void Advance(Turn turn)
    {
        for (var round = 0; round < 4; round++)
        {
            if (turn.Current is { Ended: true } && turn.State.Next is [var next, ..])
            {
                turn.State = turn.State with { Next = [.. turn.State.Next.Skip(1)] };
                Begin(turn, next);
            }

            if (turn.Current is not { Ended: false, Unserved: null } current)
                return;
            if (current.Step == Step.Reversing)
                StepBack(turn);
            else
                Forward(turn, current);
            if (turn.Current is not { Ended: true } || turn.State.Next.Count == 0)
                return;
        }
    }

    private static void Forward(Turn turn, Transfer current)
    {
        var open = current.Parties.Where(pair => !pair.Value.Final).ToList();
        if (open.Count == 0)
        {
            Conclude(turn, current);
            return;
        }

        // The gate: nobody's account moves before every utility was asked and nothing speaks against it anywhere.
        if (!current.Begun && open.TrueForAll(pair => pair.Value.State == PartyState.Prechecked))
            current = turn.Put(current with { Begun = HolderOf(turn) is not null });
        foreach (var (id, _) in current.Begun ? open.Where(pair => pair.Value.State == PartyState.Prechecked) : [])
            Submit(turn, id);
        turn.Put(turn.Current! with { Step = StepOf(turn.Current!) });
    }

    private static Step StepOf(Transfer current)
    {
        var open = current.Parties.Values.Where(party => !party.Final).ToList();
        return open.Exists(party => party.State is PartyState.Submitted || party is { State: PartyState.Unknown, SentNo: not null }) ? Step.Transferring
            : open.Exists(party => party.State is PartyState.Created or PartyState.Unknown) ? Step.Checking
            : open.Exists(party => party is { State: PartyState.WaitingCustomer, Outcome: TransferOutcomes.Arrears or TransferOutcomes.OpenCase }) ? Step.Settling
            : Step.Asking;
    }

    /// <summary>The one new holder, the one that is marked, or the one that a person named. The first of several is never simply taken.</summary>
    private static PropertyHolder? HolderOf(Turn turn)
    {
        var current = turn.Current!;
        var holders = current.Registration.Record.NewHolders!;
        if ((holders.Count == 1 ? holders[0] : holders.FirstOrDefault(holder => holder.AccountHolder == true)) is { } known)
            return known;
        if (current.Holder is { } place && place < holders.Count)
            return holders[place];
        if (!turn.State.Tasks.Any(task => task is { Kind: TaskKinds.ChooseHolder, IsOpen: true }))
        {
            turn.Ask(TaskKinds.ChooseHolder, null, [.. Enumerable.Range(1, holders.Count).Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture))]);
            turn.Tell("holder", null);
        }

        return null;
    }

    private static void Conclude(Turn turn, Transfer current)
    {
        var asked = current.Parties.Values.Where(party => party.State != PartyState.Cancelled).ToList();
        var done = asked.Count(party => party.State == PartyState.Done);
        End(turn, done == 0 ? Step.NotDone : done == asked.Count ? Step.Done : Step.PartlyDone);
    }

    private static void End(Turn turn, Step step)
    {
        var whole = turn.Current!.Whole;
        turn.Put(turn.Current with
        {
            Step = step,
            EndedAt = turn.Now,
            Whole = whole is { Status: "running" or "warned" or "overdue" } ? whole with { Status = turn.Now < whole.OverdueAt ? "met" : "met_late" } : whole,
        });
        turn.Trace("ended", null, Words.Of(step));
        turn.FeedBack(Words.Of(step));
        turn.Tell(Words.Of(step).ToLowerInvariant(), null);
    }

    private Decision Finish(Turn turn)
    {
        var current = turn.Current;
        var tasks = turn.State.Tasks.Where(task => task.IsOpen).ToList();
        DateTimeOffset?[] times =
        [
            .. current?.Parties.Values.Select(party => party.Due) ?? [],
            .. tasks.Where(task => task.Status == "open").Select(task => (DateTimeOffset?)task.DueAt),
            current is { Ended: false, Whole: { } whole } ? whole.Status switch { "running" => whole.WarnAt, "warned" => whole.OverdueAt, _ => null } : null,
        ];
        return To(turn.State) with
        {
            Orders = turn.Orders,
            Warnings = turn.Warnings,
            Deadline = times.Min(),

            // Holders and account holders stand in it.
            Private = true,
            Pin = turn.Pin,
            Refusal = turn.Refusal,
            Numbers = current is null ? []
                : [(NumberKinds.Registration, current.RegistryNo), .. current.Parties.Values.Select(party => party.AccountNo).OfType<string>().Select(number => (NumberKinds.Account, number))],
            Unserved = current?.Unserved
                ?? (tasks.Exists(task => !TaskKinds.WaitForOthers(task.Kind) || task.Status == "overdue") ? "person_needed" : null)
                ?? (current is { Ended: false, Whole.Status: "overdue" } ? "overdue" : null),
            Closed = current is null or { Ended: true } && tasks.Count == 0,
        };
    }

    /// <summary>Words of states as they cross the border and stand on pages.</summary>
    internal static class Words
    {
        public static string Of(Step step) => Upper(step.ToString());

        public static string Of(PartyState state) => Upper(state.ToString());

        private static string Upper(string name) => string.Concat(name.Select((c, at) => char.IsUpper(c) && at > 0 ? $"_{c}" : char.ToUpperInvariant(c).ToString()));
    }
}
