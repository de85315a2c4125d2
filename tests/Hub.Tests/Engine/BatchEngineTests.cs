using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Ledger;
using Hub.Tests.Policies;
using Xunit;

namespace Hub.Tests.Engine;

public sealed class BatchEngineTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private RunningEngine hub = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        hub = await RunningEngine.StartAsync(database);
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task An_accepted_event_its_case_its_command_and_its_entry_are_there_together()
    {
        var accepted = await hub.AcceptAsync();
        var leased = await hub.NextAsync();

        Assert.Equal((EngineVerdict.Accepted, 1L, 32), (accepted.Verdict, accepted.Position, accepted.Hash.Length));
        Assert.Equal((1L, 1L, 1L, 1L), (await hub.CountAsync("events"), await hub.CountAsync("cases"), await hub.CountAsync("deliveries"), await hub.CountAsync("exchange_log")));
        Assert.Equal(("sgcc-linfen", CommandTypes.LeadCreate, 1L, 1, false), (leased.Command.Connector, leased.Command.Type, leased.Command.LaneSeq, leased.Command.Attempt, leased.Command.AskFirst));
        Assert.Equal(CommandId.Of(leased.CaseId, leased.Connector, 1), leased.Command.Id);
        Assert.Equal(accepted.EventId, leased.Command.CauseId);
        Assert.Equal(hub.Clock.GetUtcNow() + hub.Dispatcher.Lease, leased.LeaseUntil);
    }

    [Fact]
    public async Task An_event_that_cannot_be_written_leaves_nothing_behind_and_gives_its_place_back()
    {
        await database.ExecuteAsync("ALTER TABLE deliveries ADD CONSTRAINT refuse CHECK (lane_seq > 1)");

        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => hub.AcceptAsync());

        Assert.Equal((0L, 0L, 0L), (await hub.CountAsync("events"), await hub.CountAsync("cases"), await hub.CountAsync("exchange_log")));
        Assert.Empty(await hub.ReleasedAsync());
        Assert.Equal(0, hub.Dispatcher.Reserved);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_same_event_again_is_answered_by_the_first_and_another_under_its_name_conflicts(bool inOneBatch)
    {
        await using var second = await RunningEngine.StartAsync(database, started: !inOneBatch);
        var first = second.Submit(Approvals.Envelope());
        if (!inOneBatch)
            await first.Completion;
        var again = second.Submit(Approvals.Envelope());
        var other = second.Submit(Approvals.Envelope(data: Approvals.Data(version: 2)));
        await second.StartAsync(inOneBatch);

        Assert.Equal(EngineVerdict.Accepted, (await first.Completion).Verdict);
        Assert.Equal((EngineVerdict.Repeated, first.Event.Id), ((await again.Completion).Verdict, (await again.Completion).EventId));
        Assert.Equal(EngineVerdict.Conflict, (await other.Completion).Verdict);
        Assert.Equal((1L, 1L), (await hub.CountAsync("events"), await hub.CountAsync("deliveries")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_receipt_that_was_refused_is_refused_again_when_it_is_repeated(bool inOneBatch)
    {
        var about = await hub.AcceptAsync();
        await using var second = await RunningEngine.StartAsync(database, started: !inOneBatch);
        var (first, again) = (ReceiptOf(about, "nobody"), ReceiptOf(about, "nobody"));
        var firstAnswer = second.SubmitAsync(first);
        if (!inOneBatch)
            await firstAnswer;
        var secondAnswer = second.SubmitAsync(again);
        await second.StartAsync(inOneBatch);

        Assert.Equal((EngineVerdict.Accepted, "not_a_receiver"), ((await firstAnswer).Verdict, (await firstAnswer).Refusal));
        Assert.Equal((EngineVerdict.Repeated, "not_a_receiver"), ((await secondAnswer).Verdict, (await secondAnswer).Refusal));
    }

    [Fact]
    public async Task Events_of_one_case_are_folded_in_their_order_and_only_the_head_is_released()
    {
        await using var second = await RunningEngine.StartAsync(database, started: false);
        var inputs = Enumerable.Range(1, 4).Select(version => second.Submit(Approvals.Envelope(
            version == 1 ? EventTypes.ProjectApprovalCreated : EventTypes.ProjectApprovalAmended, $"{version}", Approvals.Data(version: version)))).ToList();
        await second.StartAsync();
        var positions = new List<long>();
        foreach (var input in inputs)
            positions.Add((await input.Completion).Position);

        Assert.Equal([1, 2, 3, 4], positions);
        for (var number = 1; number <= 4; number++)
        {
            var leased = Assert.Single(await second.ReleasedAsync());
            Assert.Equal((number, number == 1 ? CommandTypes.LeadCreate : CommandTypes.LeadUpdate), ((int)leased.Command.LaneSeq, leased.Command.Type));
            await second.AnswerAsync(leased, Answer.Taken($"L-{number}"));
        }

        Assert.Empty(await second.ReleasedAsync());
        Assert.Equal((4L, 0L), (await hub.TakenAsync(), await hub.CountAsync("waits")));
    }

    [Fact]
    public async Task Lanes_of_one_case_do_not_wait_for_one_another()
    {
        await hub.AcceptAsync(region: "141002");
        await hub.AcceptAsync(version: 2, type: EventTypes.ProjectApprovalAmended, region: "141033");

        var released = await hub.ReleasedAsync();

        Assert.Equal([("sgcc-linfen", CommandTypes.LeadCreate), ("slp-puxian", CommandTypes.LeadCreate)], released.Select(leased => (leased.Command.Connector, leased.Command.Type)));
    }

    [Fact]
    public async Task An_answer_with_an_old_fence_is_recorded_and_moves_nothing()
    {
        await hub.AcceptAsync();
        var old = await hub.NextAsync();
        hub.Clock.Advance(TimeSpan.FromMinutes(2));
        await hub.WakeAsync(old.KeyHash);
        var current = await hub.NextAsync();
        Assert.True(current.Fence > old.Fence);

        await hub.AnswerAsync(old, Answer.Taken("late"));

        var lane = Assert.Single((await hub.CaseAsync(old.KeyHash)).Lanes);
        Assert.Equal((LaneStatus.Leased, 0L, current.Fence), (lane.Status, lane.Settled, lane.Fence));
        Assert.Equal((1L, 0L), (await hub.CountAsync("answers"), await hub.TakenAsync()));
        Assert.Equal(1, await database.ReadAsync<long>("SELECT count(*) FROM exchange_log WHERE kind = 'delivery.attempted'"));

        await hub.AnswerAsync(current, Answer.Taken("now"));
        Assert.Equal((2L, 1L), (await hub.CountAsync("answers"), await hub.TakenAsync()));
    }

    [Fact]
    public async Task An_answer_given_twice_settles_once()
    {
        await hub.AcceptAsync();
        var leased = await hub.NextAsync();

        await hub.AnswerAsync(leased, Answer.Taken("L-1"));
        await hub.AnswerAsync(leased, Answer.Taken("L-1"));

        Assert.Equal((1L, 1L), (await hub.CountAsync("answers"), await hub.TakenAsync()));
        Assert.True((await new ExchangeLog(database.Source, hub.Clock, TestDatabase.Bodies).VerifyAsync([], TestContext.Current.CancellationToken)).Ok);
    }

    [Fact]
    public async Task Unavailable_waits_as_the_schedule_says_and_is_released_by_its_wake()
    {
        await hub.AcceptAsync();
        var leased = await hub.NextAsync();

        await hub.AnswerAsync(leased, Answer.Unavailable(AnswerReasons.ServerError, "500"));

        var wait = (await hub.WaitOfAsync(leased))!;
        var spread = Backoff.Spread(leased.Command.Id, 1);
        Assert.Equal((WaitRow.Waiting, AnswerReasons.ServerError, 1), (wait.State, wait.Reason, wait.Attempts));
        Assert.Equal(hub.Clock.GetUtcNow() + (TimeSpan.FromSeconds(5) * (0.8 + (0.4 * spread))), wait.Due, TimeSpan.FromMilliseconds(1));
        Assert.Empty(await hub.ReleasedAsync());

        hub.Clock.Advance(TimeSpan.FromSeconds(6));
        await hub.WakeAsync(leased.KeyHash, "sgcc-linfen");
        var again = await hub.NextAsync();
        Assert.Equal((leased.Command.Id, 2, false), (again.Command.Id, again.Command.Attempt, again.Command.AskFirst));
        Assert.Null(await hub.WaitOfAsync(leased));
    }

    [Fact]
    public async Task A_wake_for_another_connector_does_not_release_what_waits()
    {
        await hub.AcceptAsync();
        var leased = await hub.NextAsync();
        await hub.AnswerAsync(leased, Answer.Unavailable(AnswerReasons.ServerError));

        await hub.WakeAsync(leased.KeyHash, "slp-puxian");
        await hub.WakeAsync(leased.KeyHash);

        Assert.Empty(await hub.ReleasedAsync());
    }

    [Fact]
    public async Task Doubt_asks_first_until_the_partner_says_that_it_never_saw_the_command()
    {
        await hub.AcceptAsync();
        var first = await hub.NextAsync();
        await hub.AnswerAsync(first, Answer.Unknown(AnswerReasons.TimedOut));
        var second = await AgainAsync(first);
        Assert.True(second.Command.AskFirst);

        await hub.AnswerAsync(second, Answer.Unavailable(AnswerReasons.ServerError));
        var third = await AgainAsync(second);
        Assert.True(third.Command.AskFirst);

        await hub.AnswerAsync(third, Answer.Unavailable(AnswerReasons.NotSeen));
        Assert.Equal(hub.Clock.GetUtcNow(), (await hub.WaitOfAsync(third))!.Due);
        var fourth = await AgainAsync(third);
        Assert.Equal((false, 3), (fourth.Command.AskFirst, fourth.Command.Attempt));
    }

    [Fact]
    public async Task A_break_of_the_breaker_is_no_attempt()
    {
        await hub.AcceptAsync();
        var first = await hub.NextAsync();

        await hub.AnswerAsync(first, Answer.Unavailable(AnswerReasons.BreakerOpen) with { RetryAfter = TimeSpan.FromSeconds(42) });

        var wait = (await hub.WaitOfAsync(first))!;
        Assert.Equal((0, hub.Clock.GetUtcNow() + TimeSpan.FromSeconds(42)), (wait.Attempts, wait.Due));
        Assert.Equal(1, (await AgainAsync(first)).Command.Attempt);
    }

    [Fact]
    public async Task What_a_lane_gave_back_unsent_is_no_attempt_leaves_no_record_and_raises_no_doubt()
    {
        await hub.AcceptAsync();
        var first = await hub.NextAsync();

        await hub.AnswerAsync(first, Answer.Unavailable(AnswerReasons.Queued));

        var wait = (await hub.WaitOfAsync(first))!;
        Assert.Equal((0, hub.Clock.GetUtcNow(), AnswerReasons.Queued), (wait.Attempts, wait.Due, wait.Reason));
        Assert.Equal(0, await hub.CountAsync("answers"));
        var again = await AgainAsync(first);
        Assert.Equal((1, false), (again.Command.Attempt, again.Command.AskFirst));
    }

    [Fact]
    public async Task The_end_of_the_schedule_parks_the_delivery_and_the_case_goes_on_no_further()
    {
        await hub.AcceptAsync();
        await hub.AcceptAsync(version: 2, type: EventTypes.ProjectApprovalAmended);
        var leased = await hub.NextAsync();
        for (var attempt = 1; attempt < Backoff.Attempts; attempt++)
        {
            await hub.AnswerAsync(leased, Answer.Unavailable(AnswerReasons.Unreachable));
            Assert.Equal(WaitRow.Waiting, (await hub.WaitOfAsync(leased))!.State);
            leased = await AgainAsync(leased);
        }

        await hub.AnswerAsync(leased, Answer.Unavailable(AnswerReasons.Unreachable));

        var wait = (await hub.WaitOfAsync(leased))!;
        Assert.Equal((WaitRow.Parked, AnswerReasons.Unreachable, 13, 1L), (wait.State, wait.Reason, wait.Attempts, wait.LaneSeq));
        await hub.WakeAsync(leased.KeyHash, "sgcc-linfen");
        Assert.Empty(await hub.ReleasedAsync());
    }

    [Fact]
    public async Task A_wake_that_two_nodes_found_releases_a_head_once_and_never_before_its_next_time()
    {
        await hub.AcceptAsync();
        var first = await hub.NextAsync();
        await hub.AnswerAsync(first, Answer.Unavailable(AnswerReasons.Unreachable));
        var found = await hub.DueAsync(first.KeyHash, "sgcc-linfen");
        hub.Submit(new WakeInput(first.KeyHash) { Due = found });
        var second = await hub.NextAsync();
        await hub.AnswerAsync(second, Answer.Unavailable(AnswerReasons.Unreachable));

        hub.Submit(new WakeInput(first.KeyHash) { Due = found });

        Assert.Empty(await hub.ReleasedAsync());
        Assert.Equal((WaitRow.Waiting, 2), ((await hub.WaitOfAsync(first))!.State, (await hub.WaitOfAsync(first))!.Attempts));
    }

    [Fact]
    public async Task A_refusal_parks_the_delivery_and_tells_the_case()
    {
        await hub.AcceptAsync();
        var leased = await hub.NextAsync();

        await hub.AnswerAsync(leased, Answer.Refused(AnswerReasons.ContentRefused, "E-7"));

        Assert.Equal((WaitRow.Parked, AnswerReasons.ContentRefused), ((await hub.WaitOfAsync(leased))!.State, (await hub.WaitOfAsync(leased))!.Reason));
        var state = ProcessCatalog.ProjectApproval.Read((await hub.CaseAsync(leased.KeyHash)).State);
        Assert.Equal(AnswerReasons.ContentRefused, state.Receivers["sgcc-linfen"].Refused);
    }

    [Fact]
    public async Task A_partner_that_wants_no_more_calls_pauses_its_connector()
    {
        await hub.AcceptAsync();

        await hub.AnswerAsync(await hub.NextAsync(), Answer.Unavailable(AnswerReasons.Gone, "410") with { StopConnector = true });

        Assert.Equal(AnswerReasons.Gone, (await new DeliveryQueue(database.Source).PausedAsync())["sgcc-linfen"]);
    }

    [Fact]
    public async Task A_lease_given_by_a_clock_that_was_ahead_is_void_once_the_clock_is_right()
    {
        await hub.AcceptAsync();
        var first = await hub.NextAsync();
        hub.Clock.Set(hub.Clock.GetUtcNow() - TimeSpan.FromDays(400));
        await hub.WakeAsync(first.KeyHash);
        Assert.Empty(await hub.ReleasedAsync());

        hub.Submit(new WakeInput(first.KeyHash) { LeasesEndBy = hub.Clock.GetUtcNow() + hub.Dispatcher.Lease });

        Assert.True((await hub.NextAsync()).Command.AskFirst);
    }

    [Theory]
    [InlineData("FATAL", "XX000", true)]
    [InlineData("ERROR", "XX000", false)]
    [InlineData("ERROR", "53100", true)]
    [InlineData("ERROR", "23505", false)]
    public void What_ends_the_session_is_the_ledgers_trouble_and_not_the_events(string severity, string state, bool unavailable) =>
        Assert.Equal(unavailable, BatchEngine.IsUnavailable(new Npgsql.PostgresException("could not write init file", severity, severity, state)));

    [Fact]
    public async Task A_node_that_stands_still_in_the_middle_of_a_batch_does_not_keep_the_others_from_its_cases()
    {
        var key = Guid.NewGuid();
        await using var standing = new LedgerStore(database.ConnectionString, TestDatabase.Bodies);
        await standing.BeginAsync([key], [], [], TestContext.Current.CancellationToken);

        await using var other = new LedgerStore(database.ConnectionString, TestDatabase.Bodies);
        await other.BeginAsync([key], [], [], TestContext.Current.CancellationToken);

        await other.RollbackAsync();
        await standing.RollbackAsync();
    }

    [Fact]
    public async Task A_lease_that_ended_is_released_again_in_doubt()
    {
        await hub.AcceptAsync();
        var first = await hub.NextAsync();

        await hub.WakeAsync(first.KeyHash);
        Assert.Empty(await hub.ReleasedAsync());

        hub.Clock.Advance(hub.Dispatcher.Lease);
        await hub.WakeAsync(first.KeyHash);
        var second = await hub.NextAsync();
        Assert.Equal((true, 2), (second.Command.AskFirst, second.Command.Attempt));
    }

    [Fact]
    public async Task The_leases_of_a_dead_node_are_void_at_once_and_those_of_others_stand()
    {
        await hub.AcceptAsync();
        var first = await hub.NextAsync();

        await hub.WakeAsync(first.KeyHash, deadNodes: [7]);
        Assert.Empty(await hub.ReleasedAsync());

        await hub.WakeAsync(first.KeyHash, deadNodes: [hub.Dispatcher.Node]);
        Assert.True((await hub.NextAsync()).Command.AskFirst);
    }

    [Fact]
    public async Task An_operator_retries_a_parked_delivery_from_the_beginning_of_the_schedule()
    {
        var leased = await ParkedAsync();

        Assert.Null(await hub.ActAsync(leased, OperatorAct.Retry));

        Assert.Equal((leased.Command.Id, 1), (await hub.NextAsync() is var again ? (again.Command.Id, again.Command.Attempt) : default));
        Assert.Equal(1, await database.ReadAsync<long>("SELECT count(*) FROM exchange_log WHERE kind = 'operator.acted'"));
    }

    [Fact]
    public async Task An_operator_parks_what_waits()
    {
        await hub.AcceptAsync();
        var leased = await hub.NextAsync();
        await hub.AnswerAsync(leased, Answer.Unavailable(AnswerReasons.Unreachable));

        Assert.Null(await hub.ActAsync(leased, OperatorAct.Park));

        await hub.WakeAsync(leased.KeyHash, "sgcc-linfen");
        Assert.Empty(await hub.ReleasedAsync());
        Assert.Equal((WaitRow.Parked, "parked_by_operator"), ((await hub.WaitOfAsync(leased))!.State, (await hub.WaitOfAsync(leased))!.Reason));
    }

    [Fact]
    public async Task An_operator_skips_a_parked_delivery_and_the_next_goes_on()
    {
        var leased = await ParkedAsync();
        await hub.AcceptAsync(version: 2, type: EventTypes.ProjectApprovalAmended);
        Assert.Empty(await hub.ReleasedAsync());

        Assert.Null(await hub.ActAsync(leased, OperatorAct.Skip));

        var next = await hub.NextAsync();
        Assert.Equal((2L, CommandTypes.LeadUpdate), (next.Command.LaneSeq, next.Command.Type));
        Assert.Equal(1, await database.ReadAsync<long>("SELECT count(*) FROM answers WHERE outcome = 'skipped'"));
        Assert.Null(await hub.WaitOfAsync(leased));
        await hub.AnswerAsync(next, Answer.Taken());
        Assert.Empty(await hub.ReleasedAsync());
    }

    [Fact]
    public async Task An_operator_may_not_act_on_what_is_under_way_settled_behind_another_or_not_there()
    {
        await hub.AcceptAsync();
        await hub.AcceptAsync(version: 2, type: EventTypes.ProjectApprovalAmended);
        var leased = await hub.NextAsync();
        Assert.Equal("An attempt is under way; try again in a minute.", await hub.ActAsync(leased, OperatorAct.Retry));
        Assert.Equal("There is no such delivery.", await hub.ActAsync(leased, OperatorAct.Retry, laneSeq: 3));
        Assert.Equal($"An earlier delivery of the same case comes first: {leased.Command.Id}.", await hub.ActAsync(leased, OperatorAct.Skip, laneSeq: 2));

        await hub.AnswerAsync(leased, Answer.Taken());

        Assert.Equal("It is settled already.", await hub.ActAsync(leased, OperatorAct.Skip));
        Assert.Equal("There is no such delivery.", await hub.ActAsync(leased with { KeyHash = Guid.NewGuid() }, OperatorAct.Skip));
        Assert.Equal(0, await database.ReadAsync<long>("SELECT count(*) FROM exchange_log WHERE kind = 'operator.acted'"));
    }

    [Fact]
    public async Task Without_room_the_command_waits_and_is_released_when_there_is_some()
    {
        hub.Dispatcher.HasRoom = false;
        var accepted = await hub.AcceptAsync();
        Assert.Empty(await hub.ReleasedAsync());
        var due = Assert.Single(await new DeliveryQueue(database.Source).DueWaitsAsync(hub.Names.Number("sgcc-linfen"), hub.Clock.GetUtcNow(), 10));

        await hub.WakeAsync(due.KeyHash, "sgcc-linfen");
        Assert.Empty(await hub.ReleasedAsync());

        hub.Dispatcher.HasRoom = true;
        await hub.WakeAsync(due.KeyHash, "sgcc-linfen");
        var leased = await hub.NextAsync();
        Assert.Equal((accepted.EventId, 1), (leased.Command.CauseId, leased.Command.Attempt));
        Assert.Null(await hub.WaitOfAsync(leased));
    }

    [Fact]
    public async Task A_poisoned_input_fails_alone_and_the_others_of_its_batch_are_committed()
    {
        await using var second = await RunningEngine.StartAsync(database, started: false);
        var good = second.Submit(Approvals.Envelope(id: "good-1", data: Approvals.Data(1)));
        var poisoned = new EventInput(Approvals.Read(Approvals.Envelope(id: "bad"), second.Clock.GetUtcNow()).Event, new object(), "no_such_process", "x", new byte[32]);
        var failing = second.SubmitAsync(poisoned);
        var alsoGood = second.Submit(Approvals.Envelope(id: "good-2", data: Approvals.Data(2)));
        await second.StartAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        Assert.Equal((EngineVerdict.Accepted, EngineVerdict.Accepted), ((await good.Completion).Verdict, (await alsoGood.Completion).Verdict));
        Assert.Equal(2, await hub.CountAsync("events"));
        Assert.Equal(2, (await second.ReleasedAsync()).Count);
        Assert.Equal(2, second.Dispatcher.Reserved);
    }

    [Fact]
    public async Task While_the_ledger_cannot_commit_events_are_refused_and_answers_are_kept_and_committed_later()
    {
        await hub.AcceptAsync();
        var leased = await hub.NextAsync();
        await database.ExecuteAsync("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON exchange_log FOR EACH STATEMENT EXECUTE FUNCTION refuse();
            """);

        var answered = hub.AnswerAsync(leased, Answer.Taken("L-1"));
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => hub.AcceptAsync(2));
        Assert.False(hub.Healthy);
        Assert.False(answered.IsCompleted);

        await database.ExecuteAsync("DROP TRIGGER refuse ON exchange_log");
        await answered;
        Assert.Equal((1L, 1L, 1L), (await hub.CountAsync("events"), await hub.CountAsync("answers"), await hub.TakenAsync()));
        await hub.AcceptAsync(2);
        Assert.True(hub.Healthy);
        Assert.Equal(2, hub.Dispatcher.Reserved);
    }

    [Fact]
    public async Task The_engine_finds_back_to_a_ledger_that_closed_its_connection()
    {
        await hub.AcceptAsync(1);
        await database.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hub-engine' AND datname = current_database()");

        await Assert.ThrowsAsync<LedgerUnavailableException>(() => hub.AcceptAsync(2));

        Assert.Equal(EngineVerdict.Accepted, (await hub.AcceptAsync(2)).Verdict);
    }

    [Fact]
    public async Task More_events_than_may_wait_are_asked_to_come_back()
    {
        await using var second = await RunningEngine.StartAsync(database, started: false);
        for (var number = 1; number <= 100; number++)
            second.Submit(Approvals.Envelope(id: $"{number}", data: Approvals.Data(number)));

        await Assert.ThrowsAsync<EngineBusyException>(() => second.AcceptAsync(101));
    }

    [Fact]
    public async Task A_case_that_nobody_serves_is_listed_read_again_and_told_once_a_pack_serves_it()
    {
        var site = Directory.CreateTempSubdirectory("site-");
        try
        {
            var policies = PolicyStore.Open(ShippedPacks.Folder, site.FullName);
            await using var second = await RunningEngine.StartAsync(database, policies: policies, connectors: ["op-beijing"]);
            var accepted = await second.AcceptAsync(region: "110101");
            Assert.Empty(await second.ReleasedAsync());
            var unserved = Assert.Single(await new DeliveryQueue(database.Source).UnservedAsync(0, 10));

            await second.AcceptAsync(version: 2, type: EventTypes.ProjectApprovalAmended, region: "110101");
            await second.WakeAsync(unserved.KeyHash, policyChanged: true);
            Assert.Single(await new DeliveryQueue(database.Source).UnservedAsync(0, 10));

            await File.WriteAllTextAsync(Path.Combine(site.FullName, "beijing.yaml"), """
                id: beijing
                version: "1"
                title: { zh: 北京, en: Beijing }
                document: { short: S9, title: 文件 }
                regions: ["11"]
                operators:
                  - id: op-beijing
                    title: { zh: 北京供电, en: Beijing Power }
                    utility: power
                    serves: ["11"]
                    source: document
                    clause: S9 一
                """, TestContext.Current.CancellationToken);
            Assert.True(policies.TryReload(out _));
            await second.WakeAsync(unserved.KeyHash, policyChanged: true);

            var leased = await second.NextAsync();
            Assert.Equal(("op-beijing", CommandTypes.LeadCreate, 1L), (leased.Command.Connector, leased.Command.Type, leased.Command.LaneSeq));
            Assert.NotEqual(accepted.EventId, leased.Command.CauseId);
            Assert.Empty(await new DeliveryQueue(database.Source).UnservedAsync(0, 10));
        }
        finally
        {
            site.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task An_older_version_does_not_take_an_unserved_case_off_the_list()
    {
        await hub.AcceptAsync(version: 2, region: "110101");
        await hub.AcceptAsync(version: 1, type: EventTypes.ProjectApprovalAmended, region: "110101");

        Assert.Single(await new DeliveryQueue(database.Source).UnservedAsync(0, 10));
    }

    [Fact]
    public async Task A_deadline_wakes_the_case()
    {
        await hub.AcceptAsync();
        var leased = await hub.NextAsync();
        await hub.AnswerAsync(leased, Answer.Taken("L-1"));
        var row = await hub.CaseAsync(leased.KeyHash);
        var queue = new DeliveryQueue(database.Source);
        await queue.SettleWakesAsync(hub.Clock.GetUtcNow(), 10);
        Assert.Empty(await queue.DueCasesAsync(hub.Clock.GetUtcNow(), 10));

        hub.Clock.Set(row.DeadlineAt!.Value);
        Assert.Equal(leased.KeyHash, Assert.Single(await queue.DueCasesAsync(hub.Clock.GetUtcNow(), 10)).KeyHash);
        await hub.WakeAsync(leased.KeyHash);

        var after = await hub.CaseAsync(leased.KeyHash);
        Assert.Equal("warned", ProcessCatalog.ProjectApproval.Read(after.State).Receivers["sgcc-linfen"].FirstContact!.Status);
        Assert.True(after.DeadlineAt > row.DeadlineAt);
    }

    [Fact]
    public async Task A_case_is_read_back_as_it_was_written()
    {
        await hub.AcceptAsync();
        var leased = await hub.NextAsync();
        await hub.AnswerAsync(leased, Answer.Unknown(AnswerReasons.TimedOut));

        await using var second = await RunningEngine.StartAsync(database, hub.Clock, node: 2);
        await second.AcceptAsync(version: 2, type: EventTypes.ProjectApprovalAmended);
        await second.WakeAsync(leased.KeyHash, "sgcc-linfen");

        var again = await second.NextAsync();
        Assert.Equal((leased.Command.Id, 2, true, leased.Fence + 1), (again.Command.Id, again.Command.Attempt, again.Command.AskFirst, again.Fence));
        Assert.Equal(leased.Command.Data.ToArray(), again.Command.Data.ToArray());
        var row = await hub.CaseAsync(leased.KeyHash);
        Assert.Equal(("linfen@2021.1", 2, 2L), (row.Policy, ProcessCatalog.ProjectApproval.Read(row.State).InForce!.Version, Assert.Single(row.Lanes).Queued));
    }

    [Fact]
    public async Task Two_engines_on_one_database_keep_every_lane_in_order_and_settle_nothing_twice()
    {
        const int Cases = 12, Versions = 5;
        await using var second = await RunningEngine.StartAsync(database, hub.Clock, node: 2);
        RunningEngine[] nodes = [hub, second];
        using var stop = new CancellationTokenSource();
        var workers = nodes.Select((node, index) => WorkAsync(node, nodes[1 - index], stop.Token)).ToArray();

        var accepts = Enumerable.Range(1, Cases).SelectMany(number => Enumerable.Range(1, Versions).Select(version => nodes[(number + version) % 2].AcceptAsync(
            number, version, version == 1 ? EventTypes.ProjectApprovalCreated : EventTypes.ProjectApprovalAmended)));
        await Task.WhenAll(accepts);
        var queued = await hub.CountAsync("deliveries");
        await AllTakenAsync(queued).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Task.WhenAll(workers);

        Assert.Equal(queued, await hub.TakenAsync());
        Assert.Equal(queued, await hub.CountAsync("answers"));
        Assert.Equal(0, await database.ReadAsync<long>(
            """
            SELECT count(*)
              FROM (SELECT lane_seq, row_number() OVER (PARTITION BY case_id ORDER BY fence) AS place FROM answers) AS a
             WHERE lane_seq <> place
            """));
        Assert.True((await new ExchangeLog(database.Source, hub.Clock, TestDatabase.Bodies).VerifyAsync([], TestContext.Current.CancellationToken)).Ok);
    }

    private async Task AllTakenAsync(long queued)
    {
        while (await hub.TakenAsync() < queued)
            await Task.Yield();
    }

    private static async Task WorkAsync(RunningEngine node, RunningEngine other, CancellationToken stop)
    {
        try
        {
            await foreach (var leased in node.Dispatcher.Commands.ReadAllAsync(stop))
            {
                // Half of the answers come in at the other node.
                await (leased.Command.LaneSeq % 2 == 0 ? node : other).AnswerAsync(leased, Answer.Taken());
            }
        }
        catch (OperationCanceledException)
        {
            // All is done.
        }
    }

    private async Task<LeasedCommand> AgainAsync(LeasedCommand leased)
    {
        hub.Clock.Advance(TimeSpan.FromDays(2));
        await hub.WakeAsync(leased.KeyHash, "sgcc-linfen");
        return await hub.NextAsync();
    }

    private async Task<LeasedCommand> ParkedAsync()
    {
        await hub.AcceptAsync();
        var leased = await hub.NextAsync();
        await hub.AnswerAsync(leased, Answer.Refused(AnswerReasons.ContentRefused));
        return leased;
    }

    private static EventInput ReceiptOf(Accepted about, string partner)
    {
        var approval = Approvals.Read(Approvals.Envelope(id: "1-1", data: Approvals.Data(1)), about.At);
        var stored = approval.Event with { Id = Guid.CreateVersion7(), Source = "urn:hub:receiver:" + partner, SourceId = "r-1", Type = EventTypes.ReceiptReported, Partner = partner, About = about.EventId };
        return new EventInput(stored, new Receipt { Status = "accepted", At = about.At }, approval.CaseType, approval.CaseName, new byte[32]);
    }
}
