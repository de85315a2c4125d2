using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Policies;
using Xunit;
using static Hub.Processes.CoTransferProcess;
using static Hub.Tests.Processes.Transfers;

namespace Hub.Tests.Processes;

public sealed class CoTransferProcessTests
{
    private readonly CoTransferCase transfer = new();

    // --- the straight way ----------------------------------------------------------------------------------------------

    [Fact]
    public void A_booked_change_asks_every_utility_the_pack_names_what_speaks_against_it()
    {
        transfer.Registered();

        Assert.Equal(Four.Select(id => $"{id} {CommandTypes.AccountPrecheck}"), transfer.Sent);
        Assert.Equal((Step.Checking, "lianyungang@2021.1.1", false), (transfer.Step, transfer.Last.Pin, transfer.Last.Closed));
        Assert.NotNull(transfer.Last.Deadline);
    }

    [Fact]
    public void Nothing_is_transferred_before_every_utility_was_asked()
    {
        transfer.Registered();
        foreach (var id in Four.SkipLast(1))
            Assert.Empty(transfer.Prechecked(id).Orders);

        transfer.Prechecked(Heat);

        Assert.Equal(Four.Select(id => $"{id} {CommandTypes.AccountTransfer}"), transfer.Sent);
        Assert.Equal(Step.Transferring, transfer.Step);
    }

    [Fact]
    public void It_is_done_when_the_last_utility_has_said_so_and_both_holders_and_the_register_are_told()
    {
        transfer.Registered();
        transfer.AllDone();

        Assert.Equal((Step.Done, true, (DateTimeOffset?)null), (transfer.Step, transfer.Last.Closed, transfer.Last.Deadline));
        var feedback = Assert.Single(transfer.Feedback);
        Assert.Equal(("DONE", 4), (feedback.Result, feedback.Parties.Count(party => party is { State: "DONE", Outcome: "DONE" })));
        var notice = Assert.Single(transfer.Notices);
        Assert.Equal(["new_holder", "old_holder"], notice.To.Select(to => to.Role));
        Assert.Contains("全部过户完成", notice.TextZh, StringComparison.Ordinal);
        Assert.Contains("changed hands", notice.TextEn, StringComparison.Ordinal);
    }

    [Fact]
    public void An_order_carries_what_a_transfer_needs_and_an_inquiry_carries_no_person()
    {
        transfer.Registered();
        transfer.AllPrechecked();
        var order = transfer.OrderTo(Power);

        Assert.Equal(("DJ-1-1", "TRANSFER", "0123456789", "示例乙", "C-1"), (order.OrderId, order.Step, order.AccountNo, order.AccountHolder!.Name, order.ConsentId));
        Assert.Equal($"DJ-1|{Unit}|0123456789|1", order.IdempotencyKey);
        transfer.TimeUp();
        var inquiry = transfer.OrderTo(Power);
        Assert.Equal(("TRANSFER", null, null, null), (inquiry.Step, inquiry.OldHolders, inquiry.NewHolders, inquiry.PropertyAddress));
    }

    [Fact]
    public void A_taken_command_is_no_result()
    {
        transfer.Registered();
        transfer.AllPrechecked();
        foreach (var id in Four)
            transfer.Answered(id, CommandTypes.AccountTransfer, Hub.Schemas.Answer.Taken("X"));

        Assert.Equal(Step.Transferring, transfer.Step);
        Assert.All(Four, id => Assert.Equal(PartyState.Submitted, transfer.Party(id).State));
    }

    [Fact]
    public void A_success_confirms_the_link_between_property_and_account_for_the_next_transfer()
    {
        transfer.Registered();
        transfer.AllDone();
        Assert.Equal((100, "transferred", "10"), transfer.State.Links.Where(link => link.Operator == Power).Select(link => (link.Confidence, link.Basis, link.Form)).Single());

        transfer.Registered(Record(registry: "DJ-2", registeredAt: "2022-03-01T10:00:00+08:00") with { Accounts = null });

        Assert.Equal("0123456789", transfer.OrderTo(Power).AccountNo);
        Assert.Equal("DJ-1", Assert.Single(transfer.State.Past).RegistryNo);
    }

    // --- consent -------------------------------------------------------------------------------------------------------

    [Theory]
    [InlineData(false)]
    [InlineData(null)]
    public void Without_consent_no_order_is_made_and_the_register_is_told(bool? granted)
    {
        transfer.Registered(Record() with { Consent = granted is null ? null : new() { Granted = granted } });

        Assert.Equal((Step.NoConsent, true), (transfer.Step, transfer.Last.Closed));
        Assert.Empty(transfer.Sent);
        Assert.Equal("NO_CONSENT", Assert.Single(transfer.Feedback).Result);
    }

    [Fact]
    public void A_consent_that_comes_later_begins_the_transfer()
    {
        transfer.Registered(Record() with { Consent = null });
        transfer.Corrected(Record(2));

        Assert.Equal(4, transfer.Sent.Count);
    }

    [Fact]
    public void Only_utilities_within_the_consent_are_asked()
    {
        transfer.Registered(Record(scope: "power"));

        Assert.Equal([$"{Power} {CommandTypes.AccountPrecheck}"], transfer.Sent);
        Assert.Equal((PartyState.Cancelled, TransferOutcomes.NoConsent), (transfer.Party(Water).State, transfer.Party(Water).Outcome));
        Assert.Equal([Power], transfer.Partners);
        transfer.AllDone();
        Assert.Equal(Step.Done, transfer.Step);
    }

    // --- what a pre-check may find -------------------------------------------------------------------------------------

    [Theory]
    [InlineData(TransferOutcomes.Arrears, nameof(Step.Settling), nameof(PartyState.WaitingCustomer), TaskKinds.Settle)]
    [InlineData(TransferOutcomes.OpenCase, nameof(Step.Settling), nameof(PartyState.WaitingCustomer), TaskKinds.OpenCase)]
    [InlineData(TransferOutcomes.NameMismatch, nameof(Step.Asking), nameof(PartyState.WaitingCustomer), TaskKinds.ConfirmName)]
    [InlineData(TransferOutcomes.AddressMismatch, nameof(Step.Asking), nameof(PartyState.WaitingCustomer), TaskKinds.ConfirmAddress)]
    [InlineData(TransferOutcomes.AccountNotFound, nameof(Step.Asking), nameof(PartyState.WaitingCustomer), TaskKinds.GiveAccount)]
    [InlineData(TransferOutcomes.MultiAccount, nameof(Step.Asking), nameof(PartyState.WaitingCustomer), TaskKinds.ChooseAccount)]
    [InlineData(TransferOutcomes.AccountClosed, nameof(Step.Transferring), nameof(PartyState.Rejected), null)]
    [InlineData(TransferOutcomes.NoConsent, nameof(Step.Transferring), nameof(PartyState.Rejected), null)]
    [InlineData(TransferOutcomes.Duplicate, nameof(Step.Transferring), nameof(PartyState.Done), null)]
    [InlineData(TransferOutcomes.SystemError, nameof(Step.Checking), nameof(PartyState.Created), null)]
    public void What_one_utility_finds_decides_where_all_stand(string outcome, string step, string state, string? task)
    {
        transfer.Registered();
        foreach (var id in Four.Where(id => id != Water))
            transfer.Prechecked(id);

        transfer.Prechecked(Water, outcome, account: null, outcome == TransferOutcomes.MultiAccount ? [new() { AccountNo = "1" }, new() { AccountNo = "2" }] : []);

        Assert.Equal((step, state, outcome), (transfer.Step.ToString(), transfer.Party(Water).State.ToString(), transfer.Party(Water).Outcome));
        Assert.Equal(task, transfer.State.Tasks.SingleOrDefault(open => open.IsOpen)?.Kind);
        Assert.True(transfer.Last.Deadline is not null || transfer.Last.Unserved is not null);
        Assert.Equal(step == nameof(Step.Transferring) ? 3 : 0, transfer.Sent.Count);
    }

    [Fact]
    public void Arrears_park_the_order_both_sides_and_the_register_are_told_once_and_a_settlement_is_checked_before_it_goes_on()
    {
        transfer.Registered();
        foreach (var id in Four.Where(id => id != Power))
            transfer.Prechecked(id);
        transfer.Report(EventTypes.AccountPrechecked, Power, Report(TransferOutcomes.Arrears, account: "0123456789") with { ArrearsYuan = 86.5m });

        Assert.Equal("WAITING_SETTLEMENT", Assert.Single(transfer.Feedback).Result);
        Assert.Contains("86.5", Assert.Single(transfer.Notices).TextZh, StringComparison.Ordinal);
        transfer.Paid(Power);
        Assert.Equal([$"{Power} {CommandTypes.AccountPrecheck}"], transfer.Sent);
        Assert.Equal(PartyState.WaitingCustomer, transfer.Party(Power).State);

        // Not all of it was paid: nobody is told a second time.
        transfer.Prechecked(Power, TransferOutcomes.Arrears);
        Assert.Empty(transfer.Notices);
        transfer.Paid(Power);
        transfer.Prechecked(Power);

        Assert.Equal(Step.Transferring, transfer.Step);
        Assert.Null(transfer.OrderTo(Power).ArrearsWaiver);
        Assert.Null(transfer.Open(TaskKinds.Settle));
    }

    // What a utility that was left out did of its own accord must not open the gate for the others.
    [Fact]
    public void A_stray_word_of_a_party_that_was_left_out_moves_nobody_past_a_debt()
    {
        transfer.Registered();
        foreach (var id in Four.Where(id => id is not (Power or Water)))
            transfer.Prechecked(id);
        transfer.Prechecked(Water, TransferOutcomes.NameMismatch, "0123456789");
        transfer.Prechecked(Power, TransferOutcomes.Arrears, "0123456789");
        Answer(transfer.Open(TaskKinds.ConfirmName)!.Id, "leave_out");
        Assert.Equal(PartyState.Rejected, transfer.Party(Water).State);

        transfer.Transferred(Water);

        Assert.Equal((PartyState.Done, PartyState.WaitingCustomer), (transfer.Party(Water).State, transfer.Party(Power).State));
        Assert.Empty(transfer.Sent);
        Assert.Equal(Step.Settling, transfer.Step);
        transfer.Paid(Power);
        transfer.Prechecked(Power);
        Assert.Equal(3, transfer.Sent.Count);
    }

    [Fact]
    public void Arrears_are_looked_at_again_on_every_working_day_and_urged_when_they_last()
    {
        transfer.Registered();
        transfer.Prechecked(Power, TransferOutcomes.Arrears);
        var rechecks = 0;
        for (var i = 0; i < 12 && transfer.Open(TaskKinds.Settle)!.Status == "open"; i++)
        {
            transfer.TimeUp();
            rechecks += transfer.Sent.Contains($"{Power} {CommandTypes.AccountPrecheck}") ? 1 : 0;
        }

        Assert.Equal((5, "overdue", "person_needed"), (rechecks, transfer.Open(TaskKinds.Settle)!.Status, transfer.Last.Unserved));
    }

    [Theory]
    [InlineData("", "a reason", "name_and_reason_needed")]
    [InlineData("李", " ", "name_and_reason_needed")]
    [InlineData("李", "经主管批准", null)]
    public void A_waiver_needs_a_name_and_a_reason_and_goes_with_the_order(string by, string reason, string? refusal)
    {
        transfer.Registered(Record(scope: "power"));
        transfer.Report(EventTypes.AccountPrechecked, Power, Report(TransferOutcomes.Arrears) with { ArrearsYuan = 12 });

        var decided = transfer.Say(TaskKinds.Settle, "waive", by, reason);

        Assert.Equal(refusal, decided.Refusal);
        if (refusal is null)
            Assert.Equal(new ArrearsWaiver(by, reason, 12), transfer.OrderTo(Power).ArrearsWaiver);
        else
            Assert.Empty(decided.Orders);
    }

    [Theory]
    [InlineData(TransferOutcomes.NameMismatch, TaskKinds.ConfirmName)]
    [InlineData(TransferOutcomes.AddressMismatch, TaskKinds.ConfirmAddress)]
    public void A_difference_is_no_refusal_a_person_lets_it_pass_or_leaves_the_utility_out(string outcome, string task)
    {
        transfer.Registered(Record(scope: ["power", "water"]));
        transfer.Prechecked(Power, outcome);
        transfer.Prechecked(Water, outcome);
        Assert.Empty(transfer.Sent);
        var mine = transfer.State.Tasks.Where(open => open.Kind == task).ToDictionary(open => open.Operator!);

        Answer(mine[Power].Id, "proceed");
        Answer(mine[Water].Id, "leave_out");

        Assert.Equal([$"{Power} {CommandTypes.AccountTransfer}"], transfer.Sent);
        Assert.Equal("李", transfer.OrderTo(Power).ConfirmedBy);
        transfer.Transferred(Power);
        Assert.Equal(Step.PartlyDone, transfer.Step);
    }

    [Fact]
    public void Of_several_accounts_the_address_proposes_one_and_a_person_chooses()
    {
        transfer.Registered(Record(scope: "power") with { Accounts = null });

        transfer.Prechecked(Power, TransferOutcomes.MultiAccount, account: null,
            new ReportedAccount { AccountNo = "1111111111", Address = "海州区示例路1号示例花园3栋2单元502" },
            new ReportedAccount { AccountNo = "2222222222", Address = "连云港市海州区示例路1号示例花园3号楼2单元501房" });

        var task = transfer.Open(TaskKinds.ChooseAccount)!;
        Assert.Equal(("2222222222", "1111111111 2222222222 leave_out"), (task.Proposal, string.Join(' ', task.Options)));
        Assert.Empty(transfer.Sent);
        transfer.Say(TaskKinds.ChooseAccount, "1111111111");
        Assert.Equal("1111111111", transfer.OrderTo(Power).AccountNo);
        transfer.Prechecked(Power, account: "1111111111");
        Assert.Equal([$"{Power} {CommandTypes.AccountTransfer}"], transfer.Sent);
        Assert.Equal(("李", 100), transfer.State.Links.Where(link => link.AccountNo == "1111111111").Select(link => (link.ConfirmedBy![^1..], link.Confidence)).Single());
    }

    [Fact]
    public void Another_account_than_the_applicant_gave_is_never_taken_silently()
    {
        transfer.Registered(Record(scope: "power"));

        transfer.Prechecked(Power, account: "3200000000013");

        Assert.Equal(["3200000000013", "0123456789", "leave_out"], transfer.Open(TaskKinds.ChooseAccount)!.Options);
    }

    [Fact]
    public void An_account_that_is_not_found_is_asked_for_and_looked_for_again()
    {
        transfer.Registered(Record(scope: "power"));
        transfer.Prechecked(Power, TransferOutcomes.AccountNotFound);

        transfer.Say(TaskKinds.GiveAccount, " ３２００００００００００１ ");

        Assert.Equal(($"{Power} {CommandTypes.AccountPrecheck}", "3200000000001"), (Assert.Single(transfer.Sent), transfer.OrderTo(Power).AccountNo));
    }

    [Fact]
    public void A_utility_whose_system_fails_is_asked_again_and_then_a_person_is()
    {
        transfer.Registered(Record(scope: "power"));
        transfer.Prechecked(Power, TransferOutcomes.SystemError);
        transfer.TimeUp();
        Assert.Equal([$"{Power} {CommandTypes.AccountPrecheck}"], transfer.Sent);
        transfer.Prechecked(Power, TransferOutcomes.SystemError);
        transfer.TimeUp();
        transfer.Prechecked(Power, TransferOutcomes.SystemError);

        Assert.Equal(("person_needed", true), (transfer.Last.Unserved, transfer.Open(TaskKinds.NoAnswer) is not null));
    }

    // --- holders -------------------------------------------------------------------------------------------------------

    [Fact]
    public void Who_of_several_becomes_the_account_holder_is_asked_and_never_guessed()
    {
        var two = Record(scope: "power") with { NewHolders = [new() { Name = "示例乙", Share = "1/2" }, new() { Name = "示例丙", Share = "1/2" }] };
        transfer.Registered(two);
        transfer.AllPrechecked();

        Assert.Equal((Step.Asking, 0), (transfer.Step, transfer.Sent.Count));
        transfer.Say(TaskKinds.ChooseHolder, "2");
        var order = transfer.OrderTo(Power);
        Assert.Equal(("示例丙", 2), (order.AccountHolder!.Name, order.NewHolders!.Count));
    }

    [Fact]
    public void A_marked_holder_is_not_asked_about()
    {
        transfer.Registered(Record(scope: "power") with { NewHolders = [new() { Name = "示例乙" }, new() { Name = "示例丙", AccountHolder = true }] });
        transfer.AllPrechecked();

        Assert.Equal("示例丙", transfer.OrderTo(Power).AccountHolder!.Name);
    }

    // --- transfer ------------------------------------------------------------------------------------------------------

    [Theory]
    [InlineData(TransferOutcomes.Done, nameof(PartyState.Done))]
    [InlineData(TransferOutcomes.InProgress, nameof(PartyState.Submitted))]
    [InlineData(TransferOutcomes.Arrears, nameof(PartyState.WaitingCustomer))]
    [InlineData(TransferOutcomes.OpenCase, nameof(PartyState.WaitingCustomer))]
    [InlineData(TransferOutcomes.NameMismatch, nameof(PartyState.WaitingCustomer))]
    [InlineData(TransferOutcomes.AddressMismatch, nameof(PartyState.WaitingCustomer))]
    [InlineData(TransferOutcomes.AccountNotFound, nameof(PartyState.WaitingCustomer))]
    [InlineData(TransferOutcomes.MultiAccount, nameof(PartyState.WaitingCustomer))]
    [InlineData(TransferOutcomes.AccountClosed, nameof(PartyState.Rejected))]
    [InlineData(TransferOutcomes.NoConsent, nameof(PartyState.Rejected))]
    [InlineData(TransferOutcomes.Duplicate, nameof(PartyState.Unknown))]
    [InlineData(TransferOutcomes.SystemError, nameof(PartyState.Unknown))]
    [InlineData(TransferOutcomes.NotSeen, nameof(PartyState.Unknown))]
    public void Each_result_of_a_transfer_has_its_state(string outcome, string state)
    {
        transfer.Registered(Record(scope: ["power", "water"]));
        transfer.AllPrechecked();

        transfer.Transferred(Power, outcome);

        Assert.Equal(state, transfer.Party(Power).State.ToString());
        Assert.True(transfer.Last.Deadline is not null || transfer.Last.Unserved is not null);
    }

    [Fact]
    public void What_is_not_reported_in_time_is_unknown_and_asked_about_and_never_sent_again_blindly()
    {
        transfer.Registered(Record(scope: "power"));
        transfer.AllPrechecked();

        transfer.TimeUp();

        Assert.Equal((PartyState.Unknown, $"{Power} {CommandTypes.AccountInquire}"), (transfer.Party(Power).State, Assert.Single(transfer.Sent)));
        transfer.Transferred(Power, TransferOutcomes.NotSeen);
        Assert.Equal([$"{Power} {CommandTypes.AccountTransfer}"], transfer.Sent);
        transfer.Transferred(Power);
        Assert.Equal(Step.Done, transfer.Step);
    }

    [Fact]
    public void A_utility_that_does_not_answer_inquiries_becomes_a_persons_task_with_a_due_time()
    {
        transfer.Registered(Record(scope: "power"));
        transfer.AllPrechecked();
        for (var i = 0; i < 10 && transfer.Open(TaskKinds.NoAnswer) is null; i++)
            transfer.TimeUp();

        var task = transfer.Open(TaskKinds.NoAnswer)!;
        Assert.Equal(("ask_again done not_done", "person_needed"), (string.Join(' ', task.Options), transfer.Last.Unserved));
        Assert.True(task.DueAt > transfer.Now);
        transfer.Say(TaskKinds.NoAnswer, "ask_again");
        Assert.Equal([$"{Power} {CommandTypes.AccountInquire}"], transfer.Sent);
        transfer.Transferred(Power);
        Assert.Equal(Step.Done, transfer.Step);
    }

    [Theory]
    [InlineData(CommandTypes.AccountPrecheck, Outcome.Refused)]
    [InlineData(CommandTypes.AccountPrecheck, Outcome.Unavailable)]
    [InlineData(CommandTypes.AccountPrecheck, Outcome.Unknown)]
    [InlineData(CommandTypes.AccountTransfer, Outcome.Refused)]
    [InlineData(CommandTypes.AccountTransfer, Outcome.Unavailable)]
    [InlineData(CommandTypes.AccountTransfer, Outcome.Unknown)]
    public void A_command_that_did_not_get_through_is_no_result_and_needs_a_person(string command, Outcome outcome)
    {
        transfer.Registered(Record(scope: "power"));
        if (command == CommandTypes.AccountTransfer)
            transfer.AllPrechecked();

        transfer.Answered(Power, command, new Answer { Outcome = outcome, Reason = AnswerReasons.TimedOut });

        Assert.Equal(("person_needed", TransferOutcomes.SystemError), (transfer.Last.Unserved, transfer.Party(Power).Outcome));
        Assert.Equal(command == CommandTypes.AccountTransfer ? PartyState.Unknown : PartyState.Created, transfer.Party(Power).State);

        // An operator sent it all the same, and the utility did it: its word ends the question.
        transfer.Report(command == CommandTypes.AccountTransfer ? EventTypes.AccountTransferReported : EventTypes.AccountPrechecked, Power,
            Report(command == CommandTypes.AccountTransfer ? TransferOutcomes.Done : TransferOutcomes.Clear, account: "0123456789"));
        Assert.Null(transfer.Open(TaskKinds.NoAnswer));
    }

    [Theory]
    [InlineData(TransferOutcomes.Duplicate)]
    [InlineData(TransferOutcomes.SystemError)]
    [InlineData(TransferOutcomes.NotSeen)]
    [InlineData(TransferOutcomes.MultiAccount)]
    [InlineData(TransferOutcomes.NameMismatch)]
    public void A_utility_that_always_says_the_same_is_not_asked_for_ever(string outcome)
    {
        transfer.Registered(Record(scope: "power"));
        transfer.AllPrechecked();
        var said = 0;
        while (transfer.Sent.Count > 0 && said++ < 50)
            transfer.Transferred(Power, outcome);

        Assert.InRange(said, 1, 10);
        Assert.Equal("person_needed", transfer.Last.Unserved);
    }

    [Fact]
    public void New_arrears_after_the_gate_hold_up_that_utility_alone()
    {
        transfer.Registered();
        transfer.AllPrechecked();
        transfer.Transferred(Power, TransferOutcomes.Arrears);
        foreach (var id in Four.Where(id => id != Power))
            transfer.Transferred(id);

        Assert.Equal(Step.Settling, transfer.Step);
        transfer.Paid(Power);
        transfer.Prechecked(Power);
        Assert.Equal([$"{Power} {CommandTypes.AccountTransfer}"], transfer.Sent);
        transfer.Transferred(Power);
        Assert.Equal(Step.Done, transfer.Step);
    }

    [Fact]
    public void What_was_given_up_and_was_done_after_all_is_done()
    {
        transfer.Registered(Record(scope: ["power", "water"]));
        transfer.AllPrechecked();
        transfer.Answered(Power, CommandTypes.AccountTransfer, Hub.Schemas.Answer.Unknown(AnswerReasons.TimedOut));
        transfer.Transferred(Water);
        transfer.Say(TaskKinds.NoAnswer, "not_done");
        Assert.Equal(Step.PartlyDone, transfer.Step);

        transfer.Transferred(Power);

        Assert.Equal((Step.Done, "DONE"), (transfer.Step, Assert.Single(transfer.Feedback).Result));
    }

    [Fact]
    public void When_nothing_could_be_done_it_says_so()
    {
        transfer.Registered(Record(scope: "power"));
        transfer.Prechecked(Power, TransferOutcomes.AccountClosed);

        Assert.Equal((Step.NotDone, "NOT_DONE", true), (transfer.Step, Assert.Single(transfer.Feedback).Result, transfer.Last.Closed));
    }

    // --- the way back --------------------------------------------------------------------------------------------------

    [Fact]
    public void A_withdrawn_registration_is_undone_one_by_one_in_reverse_order()
    {
        transfer.Registered();
        transfer.AllDone();

        transfer.Withdrawn();

        var seen = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            var one = Assert.Single(transfer.Sent).Split(' ');
            Assert.Equal((CommandTypes.AccountReverse, Step.Reversing), (one[1], transfer.Step));
            seen.Add(one[0]);
            transfer.Undone(one[0]);
        }

        Assert.Equal([Heat, Gas, Water, Power], seen);
        Assert.Equal((Step.Reversed, "REVERSED", true), (transfer.Step, Assert.Single(transfer.Feedback).Result, transfer.Last.Closed));
        Assert.Contains(transfer.Current.Trail, trace => trace is { What: "sent", Operator: Water, Detail: CommandTypes.AccountReverse });
    }

    [Fact]
    public void Before_the_transfer_a_withdrawal_has_nothing_to_undo()
    {
        transfer.Registered();
        transfer.Prechecked(Power);

        transfer.Withdrawn();

        Assert.Empty(transfer.Sent);
        Assert.Equal(Step.Reversed, transfer.Step);
        Assert.All(Four, id => Assert.Equal(PartyState.Cancelled, transfer.Party(id).State));
    }

    [Fact]
    public void What_may_have_had_its_effect_is_undone_as_well()
    {
        transfer.Registered(Record(scope: ["power", "water"]));
        transfer.AllPrechecked();
        transfer.Transferred(Water);
        transfer.TimeUp();
        Assert.Equal(PartyState.Unknown, transfer.Party(Power).State);

        transfer.Withdrawn();
        Assert.Equal([$"{Water} {CommandTypes.AccountReverse}"], transfer.Sent);
        transfer.Undone(Water);
        Assert.Equal([$"{Power} {CommandTypes.AccountReverse}"], transfer.Sent);

        // Its transfer arrived in the meantime: it does not stop the way back.
        transfer.Transferred(Power);
        transfer.Undone(Power, TransferOutcomes.NotSeen);
        Assert.Equal(Step.Reversed, transfer.Step);
    }

    [Theory]
    [InlineData("undone", nameof(PartyState.Reversed))]
    [InlineData("stays", nameof(PartyState.Reversing))]
    public void What_cannot_be_undone_becomes_a_named_task_with_a_due_time(string answer, string state)
    {
        transfer.Registered(Record(scope: ["power", "water"]));
        transfer.AllDone();
        transfer.Withdrawn();
        transfer.Undone(Water, TransferOutcomes.CannotReverse);

        // The others do not wait for it.
        Assert.Equal([$"{Power} {CommandTypes.AccountReverse}"], transfer.Sent);
        transfer.Undone(Power);
        Assert.Equal((Step.Reversing, "person_needed", Water), (transfer.Step, transfer.Last.Unserved, transfer.Open(TaskKinds.UndoByHand)!.Operator));
        transfer.TimeUp();
        Assert.Equal(("overdue", "person_needed"), (transfer.Open(TaskKinds.UndoByHand)!.Status, transfer.Last.Unserved));
        transfer.Say(TaskKinds.UndoByHand, answer);
        Assert.Equal((Step.Reversed, state, true), (transfer.Step, transfer.Party(Water).State.ToString(), transfer.Last.Closed));
    }

    [Fact]
    public void A_reversal_without_a_word_is_asked_about_and_then_becomes_a_persons_task()
    {
        transfer.Registered(Record(scope: "power"));
        transfer.AllDone();
        transfer.Withdrawn();
        transfer.TimeUp();
        Assert.Equal([$"{Power} {CommandTypes.AccountInquire}"], transfer.Sent);
        Assert.Equal("REVERSE", transfer.OrderTo(Power).Step);
        for (var i = 0; i < 5 && transfer.Open(TaskKinds.UndoByHand) is null; i++)
            transfer.TimeUp();

        Assert.Equal("person_needed", transfer.Last.Unserved);
    }

    [Fact]
    public void A_registration_that_arrives_after_its_withdrawal_begins_nothing()
    {
        transfer.Withdrawn(version: 2);
        transfer.Registered();

        Assert.Null(transfer.State.Current);
        Assert.Equal(WarningCodes.Superseded, Assert.Single(transfer.Last.Warnings).Code);
    }

    [Fact]
    public void A_registration_booked_anew_after_its_withdrawal_begins_again()
    {
        transfer.Registered();
        transfer.AllDone();
        transfer.Withdrawn();
        for (var i = 0; i < 4; i++)
            transfer.Undone(transfer.Sent[0].Split(' ')[0]);

        transfer.Registered(Record(3));

        Assert.Equal((Step.Checking, 4), (transfer.Step, transfer.Sent.Count));
    }

    // --- corrections, order, others ------------------------------------------------------------------------------------

    [Fact]
    public void A_correction_before_the_gate_begins_anew_and_reports_on_the_version_before_count_no_more()
    {
        transfer.Registered();
        transfer.Corrected(Record(2));
        Assert.Equal("DJ-1-2", transfer.OrderTo(Power).OrderId);

        var decided = transfer.Report(EventTypes.AccountPrechecked, Power, Report(TransferOutcomes.Clear, "DJ-1-1", "0123456789"));

        Assert.Equal(("no_such_order", PartyState.Created), (decided.Refusal, transfer.Party(Power).State));
    }

    [Fact]
    public void A_correction_after_the_gate_is_a_persons_decision_and_done_over_what_was_done_before_is_still_undone()
    {
        transfer.Registered(Record(scope: "power"));
        transfer.AllDone();
        transfer.Corrected(Record(2, scope: "power"));
        Assert.Empty(transfer.Sent);

        transfer.Say(TaskKinds.Corrected, "redo");
        Assert.Equal([$"{Power} {CommandTypes.AccountPrecheck}"], transfer.Sent);
        transfer.Withdrawn(version: 3);

        Assert.Equal([$"{Power} {CommandTypes.AccountReverse}"], transfer.Sent);
    }

    [Fact]
    public void An_older_version_that_arrives_late_is_kept_and_not_applied()
    {
        transfer.Registered(Record(3));
        var decided = transfer.Corrected(Record(2));

        Assert.Empty(decided.Orders);
        Assert.Equal(WarningCodes.Superseded, Assert.Single(decided.Warnings).Code);
    }

    [Fact]
    public void A_second_sale_waits_for_the_first_and_an_older_one_moves_nothing()
    {
        transfer.Registered();
        transfer.Registered(Record(registry: "DJ-2", registeredAt: "2021-10-13T10:00:00+08:00"));
        Assert.Equal(WarningCodes.Queued, Assert.Single(transfer.Last.Warnings).Code);
        transfer.Registered(Record(registry: "DJ-0", registeredAt: "2021-10-01T10:00:00+08:00"));
        Assert.Equal(WarningCodes.Superseded, Assert.Single(transfer.Last.Warnings).Code);

        transfer.AllDone();

        Assert.Equal(("DJ-2", Step.Checking, 4), (transfer.Current.RegistryNo, transfer.Step, transfer.Sent.Count));
        transfer.Withdrawn(registry: "DJ-1");
        Assert.NotNull(transfer.Open(TaskKinds.LateChange));
    }

    [Fact]
    public void Only_the_register_that_booked_it_may_change_it_and_only_a_party_may_report()
    {
        transfer.Registered();

        Assert.Equal("not_the_register", transfer.Receive(EventTypes.TransferWithdrawn, Record(2), partner: "another").Refusal);
        Assert.Equal("not_a_party", transfer.Report(EventTypes.AccountPrechecked, "another", Report(TransferOutcomes.Clear)).Refusal);
        Assert.Equal(Step.Checking, transfer.Step);
    }

    [Theory]
    [InlineData(Power, "no_connector")]
    [InlineData(null, null)]
    public void Without_a_way_to_the_power_company_nothing_begins_until_there_is_one(string? missing, string? unserved)
    {
        transfer.Connectors.Remove(missing ?? Water);
        transfer.Registered();
        Assert.Equal((unserved, unserved is null ? 3 : 0), (transfer.Last.Unserved, transfer.Sent.Count));

        transfer.Connectors.Add(missing ?? Water);
        transfer.PolicyChanged();

        Assert.Equal(unserved is null ? 0 : 4, transfer.Sent.Count);
    }

    [Fact]
    public void Where_no_pack_has_a_rule_the_registration_is_kept_and_waits_for_one()
    {
        transfer.Registered(Record() with { RegionCode = "110101" });

        Assert.Equal("no_rule", transfer.Last.Unserved);
    }

    [Fact]
    public void Without_a_connector_for_notices_what_people_would_be_told_stands_in_the_case()
    {
        transfer.Connectors.Remove(Transfers.Notices);
        transfer.Registered();
        transfer.AllDone();

        Assert.Empty(transfer.Notices);
        Assert.Equal(("done", false), transfer.Current.Told.Select(told => (told.Kind, told.Sent)).Single());
    }

    [Fact]
    public void The_whole_clock_warns_and_then_stands_in_the_list_of_those_that_wait()
    {
        transfer.Registered();
        transfer.Prechecked(Power, TransferOutcomes.Arrears);
        for (var i = 0; i < 40 && transfer.Current.Whole!.Status != "overdue"; i++)
            transfer.TimeUp();

        Assert.Equal(new DateOnly(2021, 10, 19), transfer.Current.Whole!.Due);
        Assert.Equal(["warned", "overdue"], transfer.Current.Told.Select(told => told.Kind).Where(kind => kind is "warned" or "overdue"));
        Assert.NotNull(transfer.Last.Unserved);
    }

    private void Answer(string task, string answer) => transfer.Say(transfer.State.Tasks.Single(open => open.Id == task), answer);
}
