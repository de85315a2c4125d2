using Hub.Engine;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Ledger;
using Xunit;

namespace Hub.Tests.Engine;

/// <summary>What the engine offers to receivers that fetch, on a real ledger.</summary>
public sealed class FeedEngineTests : IAsyncLifetime
{
    private const string Receiver = "sgcc-linfen";

    private TestDatabase database = null!;
    private RunningEngine hub = null!;
    private Feeds feeds = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private short Feed => hub.Names.Number(Receiver);

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        hub = await RunningEngine.StartAsync(database);
        hub.Dispatcher.Fetched = true;
        feeds = new Feeds(database.Source, TestDatabase.Bodies);
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task The_head_is_offered_with_the_next_sequence_and_leased_to_nobody()
    {
        await hub.AcceptAsync(1);
        await hub.AcceptAsync(2);

        var items = await ItemsAsync();

        Assert.Empty(await hub.ReleasedAsync());
        Assert.Equal(0, hub.Dispatcher.Reserved);
        Assert.Equal([1, 2], items.Select(item => item.Sequence));
        Assert.All(items, item => Assert.Equal(
            (LaneStatus.Offered, 1L, 0, null, 1L), (item.Lane.Status, item.Lane.Fence, item.Lane.Node, item.Lane.LeaseUntil, item.Delivery.LaneSeq)));
        Assert.Equal((2L, 0L, 0L), (await feeds.FindAsync(Feed, Cancellation)) is var feed ? (feed.Last, feed.Acked, feed.Read) : default);
        Assert.Equal(2, (await feeds.LagsAsync()).Single(lag => lag.Name == Receiver).Items);
    }

    [Fact]
    public async Task Only_the_head_is_offered_and_its_acknowledgement_offers_the_next()
    {
        await hub.AcceptAsync();
        await hub.AcceptAsync(version: 2, type: EventTypes.ProjectApprovalAmended);
        var first = Assert.Single(await ItemsAsync());

        await AckAsync(first);

        var items = await ItemsAsync();
        Assert.Equal([(1L, 1L, false), (2L, 2L, true)], items.Select(item => (item.Sequence, item.Delivery.LaneSeq, item.IsOffered)));
        Assert.Equal((1L, 1L), (await hub.TakenAsync(), (await feeds.LagsAsync()).Single(lag => lag.Name == Receiver).Items));
        Assert.NotNull(ProcessCatalog.ProjectApproval.Read((await hub.CaseAsync(first.KeyHash)).State).Receivers[Receiver].TakenAt);

        await AckAsync(items[1]);
        Assert.Equal((2L, 0L), (await hub.TakenAsync(), await hub.CountAsync("waits")));
        Assert.True((await VerifyAsync()).Ok);
    }

    [Fact]
    public async Task An_acknowledgement_given_twice_settles_once()
    {
        await hub.AcceptAsync();
        await hub.AcceptAsync(version: 2, type: EventTypes.ProjectApprovalAmended);
        var first = Assert.Single(await ItemsAsync());

        await AckAsync(first);
        await AckAsync(first);

        Assert.Equal((1L, 1L), (await hub.TakenAsync(), await hub.CountAsync("answers")));
        Assert.Equal(2, (await ItemsAsync()).Count);
        Assert.True((await VerifyAsync()).Ok);
    }

    [Fact]
    public async Task A_batch_that_rolls_back_leaves_no_hole()
    {
        await hub.AcceptAsync(1);
        await database.ExecuteAsync("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
            CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON feed_items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
            """);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => hub.AcceptAsync(2));
        await database.ExecuteAsync("DROP TRIGGER refuse ON feed_items");

        await hub.AcceptAsync(3);

        Assert.Equal([1, 2], (await ItemsAsync()).Select(item => item.Sequence));
    }

    [Fact]
    public async Task Two_engines_number_one_feed_without_hole_or_repeat_and_keep_every_case_in_order()
    {
        const int Cases = 20, Versions = 4;
        await using var second = await RunningEngine.StartAsync(database, hub.Clock, node: 2);
        second.Dispatcher.Fetched = true;
        RunningEngine[] nodes = [hub, second];
        await Task.WhenAll(Enumerable.Range(1, Cases).SelectMany(number => Enumerable.Range(1, Versions).Select(version => nodes[(number + version) % 2].AcceptAsync(
            number, version, version == 1 ? EventTypes.ProjectApprovalCreated : EventTypes.ProjectApprovalAmended))));
        var queued = await hub.CountAsync("deliveries");

        // Each round settles at least the heads of that moment.
        for (var round = 0; round < Cases * Versions && await feeds.OwedAsync(Feed, 0, long.MaxValue, 1000, Cancellation) is { Count: > 0 } owed; round++)
            await Task.WhenAll(owed.Select((item, index) => AckAsync(item, nodes[index % 2])));

        var items = await ItemsAsync();
        Assert.Equal(queued, await hub.TakenAsync());
        Assert.Equal(Enumerable.Range(1, (int)queued).Select(number => (long)number), items.Select(item => item.Sequence));
        Assert.All(items.GroupBy(item => item.KeyHash), lane => Assert.Equal(Enumerable.Range(1, lane.Count()).Select(number => (long)number), lane.Select(item => item.Delivery.LaneSeq)));
        Assert.True((await VerifyAsync()).Ok);
    }

    [Fact]
    public async Task A_connector_that_is_paused_offers_nothing_until_it_is_woken_again()
    {
        hub.Dispatcher.HasRoom = false;
        await hub.AcceptAsync();
        Assert.Empty(await ItemsAsync());

        hub.Dispatcher.HasRoom = true;
        var due = Assert.Single(await new DeliveryQueue(database.Source).DueWaitsAsync(Feed, hub.Clock.GetUtcNow(), 10));
        await hub.WakeAsync(due.KeyHash, Receiver);

        Assert.True(Assert.Single(await ItemsAsync()).IsOffered);
    }

    [Fact]
    public async Task From_pull_to_push_the_offered_head_goes_out_with_its_id_and_without_a_question()
    {
        await hub.AcceptAsync();
        var offered = Assert.Single(await ItemsAsync());
        await hub.WakeAsync(offered.KeyHash, Receiver);
        Assert.True(Assert.Single(await ItemsAsync()).IsOffered);

        hub.Dispatcher.Fetched = false;
        var found = Assert.Single(await new DeliveryQueue(database.Source).OfferedAsync(Feed, 10));
        await hub.WakeAsync(found.KeyHash, Receiver);

        var pushed = await hub.NextAsync();
        Assert.Equal((offered.Delivery.Id, 1, false, offered.Lane.Fence + 1), (pushed.Command.Id, pushed.Command.Attempt, pushed.Command.AskFirst, pushed.Fence));
        Assert.Equal(0, await hub.CountAsync("waits"));

        // Acknowledged while the push is under way: on record, and the push still settles it, once.
        await AckAsync(offered);
        await hub.AnswerAsync(pushed, Answer.Taken());
        Assert.Equal((1L, 2L), (await hub.TakenAsync(), await hub.CountAsync("answers")));
        Assert.True((await VerifyAsync()).Ok);
    }

    [Fact]
    public async Task From_push_to_pull_a_leased_head_finishes_its_push_and_what_failed_is_offered_at_once()
    {
        hub.Dispatcher.Fetched = false;
        await hub.AcceptAsync(1);
        await hub.AcceptAsync(2);
        var (first, second) = (await hub.NextAsync(), await hub.NextAsync());
        hub.Dispatcher.Fetched = true;

        await hub.WakeAsync(first.KeyHash, Receiver);
        Assert.Empty(await ItemsAsync());

        await hub.AnswerAsync(first, Answer.Taken());
        await hub.AnswerAsync(second, Answer.Unavailable(AnswerReasons.Unreachable));

        var item = Assert.Single(await ItemsAsync());
        Assert.Equal((second.Command.Id, true, second.Fence + 1), (item.Delivery.Id, item.IsOffered, item.Lane.Fence));
        await AckAsync(item);
        Assert.Equal((2L, 0L), (await hub.TakenAsync(), await hub.CountAsync("waits")));
        Assert.True((await VerifyAsync()).Ok);
    }

    [Fact]
    public async Task A_late_answer_of_a_push_moves_nothing_that_is_offered_by_now()
    {
        hub.Dispatcher.Fetched = false;
        await hub.AcceptAsync();
        var pushed = await hub.NextAsync();
        hub.Dispatcher.Fetched = true;
        hub.Clock.Advance(hub.Dispatcher.Lease);
        await hub.WakeAsync(pushed.KeyHash);

        await hub.AnswerAsync(pushed, Answer.Unavailable(AnswerReasons.ServerError));

        Assert.True(Assert.Single(await ItemsAsync()).IsOffered);
        Assert.Single(await new DeliveryQueue(database.Source).OfferedAsync(Feed, 10));
    }

    [Fact]
    public async Task A_command_offered_again_has_a_new_sequence_its_old_id_and_is_settled_by_one_acknowledgement()
    {
        await hub.AcceptAsync();
        var first = Assert.Single(await ItemsAsync());

        Assert.Null(await hub.ActAsync(Leased(first), OperatorAct.Retry));

        var items = await ItemsAsync();
        Assert.Equal([(1L, first.Delivery.Id), (2L, first.Delivery.Id)], items.Select(item => (item.Sequence, item.Delivery.Id)));
        Assert.Equal([new FeedRange(1, 2)], await GapsAsync(2));
        await AckAsync(items[0]);
        Assert.Empty(await GapsAsync(2));
    }

    [Fact]
    public async Task An_operator_parks_and_skips_what_is_offered()
    {
        await hub.AcceptAsync();
        await hub.AcceptAsync(version: 2, type: EventTypes.ProjectApprovalAmended);
        var first = Assert.Single(await ItemsAsync());

        Assert.Null(await hub.ActAsync(Leased(first), OperatorAct.Park));
        await AckAsync(first);
        Assert.Equal(0, await hub.TakenAsync());

        Assert.Null(await hub.ActAsync(Leased(first), OperatorAct.Skip));
        Assert.Equal([false, true], (await ItemsAsync()).Select(item => item.IsOffered));
        Assert.Equal([new FeedRange(2, 2)], await GapsAsync(2));
    }

    [Fact]
    public async Task The_gaps_are_what_is_owed_also_when_it_is_parked_or_being_pushed()
    {
        for (var project = 1; project <= 6; project++)
            await hub.AcceptAsync(project);
        var items = await ItemsAsync();
        Assert.Equal([new FeedRange(1, 6)], await GapsAsync(6));

        await AckAsync(items[1]);
        await AckAsync(items[4]);
        Assert.Equal([new FeedRange(1, 1), new FeedRange(3, 4), new FeedRange(6, 6)], await GapsAsync(6));
        Assert.Equal([new FeedRange(1, 1), new FeedRange(3, 3)], await GapsAsync(3));

        await hub.ActAsync(Leased(items[2]), OperatorAct.Park);
        hub.Dispatcher.Fetched = false;
        await hub.WakeAsync(items[3].KeyHash, Receiver);
        Assert.Equal([new FeedRange(1, 1), new FeedRange(3, 4), new FeedRange(6, 6)], await GapsAsync(6));

        await hub.AnswerAsync(await hub.NextAsync(), Answer.Taken());
        Assert.Equal([new FeedRange(1, 1), new FeedRange(3, 3), new FeedRange(6, 6)], await GapsAsync(6));
    }

    [Fact]
    public async Task A_page_a_seek_and_a_switch_are_on_record_and_a_position_never_leaves_the_feed()
    {
        await hub.AcceptAsync();
        var now = hub.Clock.GetUtcNow();

        await feeds.ReadAsync(Feed, Receiver, 1, 1, now, Cancellation);
        await feeds.AckAsync(Feed, 1, Cancellation);
        await feeds.SeekAsync(Feed, Receiver, 0, "key 0123456789abcdef", "lost our disk", now, Cancellation);
        Assert.True(await feeds.SwitchAsync(Receiver, "pull", "li", "no way in", now));
        Assert.False(await feeds.SwitchAsync("nobody", "pull", "li", "no way in", now));

        Assert.Equal(
            [
                ("feed.read", $"feed {Receiver}\nfrom 1\nto 1"), ("feed.seek", $"feed {Receiver}\nfrom 1\nto 0\nby key 0123456789abcdef\nreason lost our disk"),
                ("connector.mode", $"connector {Receiver}\nmode pull\nby li\nreason no way in"),
            ],
            await database.ReadAllAsync<(string, string)>("SELECT kind, convert_from(content, 'UTF8') FROM exchange_log WHERE content IS NOT NULL ORDER BY seq"));
        Assert.Equal([Receiver], await feeds.PullingAsync());
        Assert.Equal((1L, 0L, 1L), (await feeds.FindAsync(Feed, Cancellation)) is var feed ? (feed.Last, feed.Acked, feed.Read) : default);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => feeds.AckAsync(Feed, 2, Cancellation));
        Assert.True((await VerifyAsync()).Ok);
    }

    [Fact]
    public async Task An_append_wakes_who_waits_for_that_feed_and_nobody_else()
    {
        var signal = new FeedSignal();
        var (mine, another) = (signal.NextAsync(1), signal.NextAsync(2));

        signal.Pulse(1);

        await mine.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.False(another.IsCompleted);
        Assert.False(signal.NextAsync(1).IsCompleted);
    }

    private Task<IReadOnlyList<FeedItemRow>> ItemsAsync() => feeds.PageAsync(Feed, 0, 1000, Cancellation);

    private Task<IReadOnlyList<FeedRange>> GapsAsync(long upto) => feeds.GapsAsync(Feed, upto, hub.Clock.GetUtcNow() + hub.Dispatcher.Lease + TimeSpan.FromMinutes(2), 100, Cancellation);

    private Task<ChainReport> VerifyAsync() => new ExchangeLog(database.Source, hub.Clock, TestDatabase.Bodies).VerifyAsync([], Cancellation);

    private Task AckAsync(FeedItemRow item, RunningEngine? at = null) => (at ?? hub).AnswerAsync(Leased(item), Answer.Taken());

    private static LeasedCommand Leased(FeedItemRow item) => new(
        Batch.CommandOf(item.Delivery, item.Subject, item.Lane with { Attempts = item.Lane.Attempts + 1 }, Receiver), item.KeyHash, item.Delivery.CaseId, item.Delivery.Connector,
        item.Lane.Fence, DateTimeOffset.MaxValue, System.Security.Cryptography.SHA256.HashData(item.Delivery.Data));
}
