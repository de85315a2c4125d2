using System.Text.Json;
using Hub.Connectors;
using Hub.Dispatch;
using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Hub.Schemas;
using Hub.Tests.Policies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hub.Tests.Dispatch;

public sealed class LanesTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly FakeClock clock = new();
    private readonly NodeLease node = new() { Node = 1 };
    private WebApplication partner = null!;
    private LedgerStore ledger = null!;
    private BatchEngine engine = null!;
    private Lanes lanes = null!;
    private int calls;
    private RequestDelegate answer = _ => Task.CompletedTask;

    private PartnerLane Lane => lanes.Find("utility")!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        partner = builder.Build();
        partner.Run(http =>
        {
            Interlocked.Increment(ref calls);
            return answer(http);
        });
        await partner.StartAsync(TestContext.Current.CancellationToken);
        node.AliveUntil = clock.GetUtcNow().AddHours(1);
        lanes = new Lanes([Settings()], node, clock, NullLoggerFactory.Instance);
        // Never started: the lanes hand their answers to it, and what they do themselves is looked at here.
        ledger = new LedgerStore("Host=nowhere", BodyCipher.None);
        engine = new BatchEngine(
            ledger, ledger, PolicyStore.Open(ShippedPacks.Folder), new ConnectorNames(new Dictionary<string, short> { ["utility"] = 1 }, new HashSet<string> { "utility" }), lanes, clock,
            new EngineSettings(), NullLogger<BatchEngine>.Instance);
        lanes.AnswerTo(engine);
    }

    public async ValueTask DisposeAsync()
    {
        await lanes.DisposeAsync();
        engine.Dispose();
        await ledger.DisposeAsync();
        await partner.DisposeAsync();
    }

    [Fact]
    public void The_lease_outlasts_a_question_and_a_call() => Assert.Equal(TimeSpan.FromSeconds((2 * 10) + 20), lanes.Lease);

    [Fact]
    public void No_more_is_taken_than_the_queue_holds_and_a_place_given_back_is_free()
    {
        for (var i = 0; i < 20; i++)
            Assert.True(lanes.TryReserve("utility"));
        Assert.False(lanes.TryReserve("utility"));

        lanes.Release("utility");

        Assert.True(lanes.TryReserve("utility"));
    }

    [Fact]
    public void What_was_reserved_before_a_connector_changed_is_given_back_after_it()
    {
        Assert.True(lanes.TryReserve("utility"));

        lanes.Apply([Settings() with { Workers = 3 }]);

        Assert.Equal((3, 1), (Lane.Settings.Workers, Lane.InFlight));
        lanes.Release("utility");
        Assert.Equal(0, Lane.InFlight);
    }

    [Fact]
    public void A_connector_that_is_gone_takes_nothing_and_begins_paused_when_it_is_back()
    {
        Assert.True(lanes.TryReserve("utility"));

        lanes.Apply([]);

        Assert.Null(lanes.Find("utility"));
        Assert.Empty(lanes.All);
        Assert.False(lanes.TryReserve("utility"));
        lanes.Release("utility");
        lanes.Apply([Settings()]);
        Assert.Equal((0, "starting"), (Lane.InFlight, Lane.PausedReason));
    }

    [Fact]
    public void A_connector_that_did_not_change_keeps_its_lane()
    {
        var lane = Lane;

        lanes.Apply([lane.Settings]);

        Assert.Same(lane, Lane);
    }

    [Fact]
    public void A_connector_that_is_not_set_up_takes_nothing() => Assert.False(lanes.TryReserve("another"));

    [Fact]
    public void A_paused_connector_takes_nothing_until_it_is_resumed()
    {
        Lane.PausedReason = "maintenance";
        Assert.False(lanes.TryReserve("utility"));

        Lane.PausedReason = null;
        Assert.True(lanes.TryReserve("utility"));
    }

    [Fact]
    public async Task An_open_breaker_takes_nothing_until_its_time_and_then_one_probe()
    {
        await BreakAsync();
        Assert.Equal((BreakerState.Open, 0), (Lane.Breaker.State, Lane.Room()));

        clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(1, Lane.Room());
        Assert.True(lanes.TryReserve("utility"));
        Assert.False(lanes.TryReserve("utility"));
    }

    [Fact]
    public async Task After_a_break_a_tenth_goes_out_then_half_then_all()
    {
        await BreakAsync();
        clock.Advance(TimeSpan.FromSeconds(31));
        for (var good = 0; good < 3; good++)
        {
            // One at a time until the third.
            Assert.Equal((1, (TimeSpan?)null), (Lane.Room(), Lane.Wait()));
            await Lane.Breaker.RunAsync(_ => Task.FromResult(Answer.Taken()), TestContext.Current.CancellationToken);
        }

        Assert.True(Lane.Recovered);
        Assert.Equal(2, Lane.Room());
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(10, Lane.Room());
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(20, Lane.Room());
    }

    [Fact]
    public async Task A_receiver_that_fetches_has_room_whatever_its_breaker_says_and_none_while_it_is_paused()
    {
        await BreakAsync();
        Assert.Equal((false, 0), (lanes.Pulls("utility"), Lane.Room()));

        Lane.Pulls = true;
        Assert.Equal((true, 20), (lanes.Pulls("utility"), Lane.Room()));

        Lane.PausedReason = "maintenance";
        Assert.Equal(0, Lane.Room());
        Assert.False(lanes.Pulls("another"));
    }

    [Fact]
    public async Task A_partner_that_asks_for_fewer_calls_holds_the_whole_connector_for_as_long()
    {
        answer = http =>
        {
            http.Response.StatusCode = 429;
            http.Response.Headers.RetryAfter = "90";
            return Task.CompletedTask;
        };

        await CarryAsync(Leased());

        Assert.Equal((1, clock.GetUtcNow().AddSeconds(90), 0), (calls, Lane.HoldUntil, Lane.Room()));
        clock.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(1, Lane.Room());
    }

    [Fact]
    public async Task What_lies_in_memory_when_the_partner_asks_for_a_pause_is_not_sent()
    {
        var asked = new TaskCompletionSource();
        answer = async http =>
        {
            await asked.Task;
            http.Response.StatusCode = 429;
            http.Response.Headers.RetryAfter = "3600";
        };
        for (var i = 0; i < 20; i++)
        {
            Assert.True(lanes.TryReserve("utility"));
            lanes.Hand(Leased(i + 1));
        }

        await UntilAsync(() => Volatile.Read(ref calls) == 2);
        Assert.Equal(clock.GetUtcNow(), Lane.OldestCarried);
        asked.SetResult();
        await UntilAsync(() => Lane.InFlight == 0);

        // Two workers were on their way; the other eighteen commands never left.
        Assert.Equal((2, (DateTimeOffset?)null), (calls, Lane.OldestCarried));
    }

    [Fact]
    public async Task What_lies_in_memory_when_the_connector_is_paused_is_not_sent()
    {
        Assert.True(lanes.TryReserve("utility"));
        Lane.PausedReason = "maintenance";
        lanes.Hand(Leased());
        await UntilAsync(() => Lane.InFlight == 0);

        Assert.Equal(0, calls);
    }

    [Fact]
    public async Task A_question_that_nobody_waits_for_any_more_calls_nobody_and_says_nothing_about_the_partner()
    {
        var leased = Leased();

        await CarryAsync(leased with { Command = leased.Command with { Type = CommandTypes.LicenceQuery, DueAt = clock.GetUtcNow() } });

        Assert.Equal((0, 0), (calls, Lane.Breaker.AttemptsInWindow));
    }

    [Fact]
    public void Who_asked_in_vain_is_told_once_when_half_of_the_places_are_free()
    {
        var told = 0;
        Lane.HasRoomAgain = () => told++;
        for (var i = 0; i < 20; i++)
            Assert.True(lanes.TryReserve("utility"));
        Assert.False(lanes.TryReserve("utility"));

        for (var i = 0; i < 9; i++)
            lanes.Release("utility");
        Assert.Equal(0, told);
        for (var i = 0; i < 11; i++)
            lanes.Release("utility");
        Assert.Equal(1, told);
    }

    [Fact]
    public async Task A_partner_that_is_gone_pauses_its_connector()
    {
        answer = http =>
        {
            http.Response.StatusCode = 410;
            return Task.CompletedTask;
        };

        await CarryAsync(Leased());

        Assert.Equal(AnswerReasons.Gone, Lane.PausedReason);
    }

    [Fact]
    public async Task A_command_whose_lease_is_shorter_than_an_attempt_is_dropped_unsent()
    {
        await CarryAsync(Leased() with { LeaseUntil = clock.GetUtcNow().AddSeconds(9) });
        Assert.Equal(0, calls);

        await CarryAsync(Leased() with { LeaseUntil = clock.GetUtcNow().AddSeconds(10) });
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task A_node_that_counts_as_dead_sends_nothing()
    {
        Assert.True(lanes.TryReserve("utility"));
        node.AliveUntil = clock.GetUtcNow().AddTicks(-1);

        lanes.Hand(Leased());
        await UntilAsync(() => Lane.InFlight == 0);

        Assert.Equal(0, calls);
    }

    [Fact]
    public void A_node_whose_clock_jumped_past_its_last_beat_takes_nothing_until_the_next()
    {
        clock.Advance(TimeSpan.FromDays(12));
        Assert.False(lanes.TryReserve("utility"));

        node.AliveUntil = clock.GetUtcNow().AddSeconds(10);
        Assert.True(lanes.TryReserve("utility"));
    }

    [Fact]
    public async Task A_node_that_was_declared_dead_and_came_back_sends_nothing_it_was_leased_before()
    {
        node.Node = 2;

        await CarryAsync(Leased());

        Assert.Equal(0, calls);
    }

    [Fact]
    public void A_node_that_was_never_alive_takes_nothing()
    {
        node.AliveUntil = default;

        Assert.False(lanes.TryReserve("utility"));
    }

    // A node of connectors has no number of its own: with the hub's number it would take every command for somebody else's.
    [Fact]
    public void A_command_crosses_the_bus_without_the_number_of_its_hub()
    {
        var text = JsonSerializer.Serialize(new CommandEnvelope(Guid.Empty, [Leased()]), BusJson.Default.CommandEnvelope);

        Assert.Equal(0, Assert.Single(JsonSerializer.Deserialize(text, BusJson.Default.CommandEnvelope)!.Commands).Node);
    }

    [Fact]
    public async Task A_closed_lane_begins_no_more()
    {
        lanes.TryReserve("utility");
        var drained = lanes.DrainAsync(Limit);

        // What was reserved before is still to be handed over, and the engine has to be there to take it back.
        await Lane.Done;
        Assert.False(drained.IsCompleted);
        lanes.Hand(Leased());
        await drained;

        Assert.Equal((0, 0, false), (calls, Lane.InFlight, lanes.TryReserve("utility")));
    }

    [Fact]
    public async Task What_waits_goes_along_in_one_call_and_after_a_refused_batch_each_goes_alone()
    {
        await using var batching = new Lanes([Settings() with { Name = "batching", Workers = 1, BatchMax = 3 }], node, clock, NullLoggerFactory.Instance);
        answer = http =>
        {
            http.Response.StatusCode = http.Request.ContentType!.Contains("batch", StringComparison.Ordinal) ? 422 : 204;
            return Task.CompletedTask;
        };
        await HandAsync(5);
        Assert.Equal(3, calls);

        await HandAsync(2);
        Assert.Equal(5, calls);

        // While the one worker is under way with one, two more come together.
        clock.Advance(TimeSpan.FromMinutes(1));
        var gate = new TaskCompletionSource();
        answer = http =>
        {
            http.Response.StatusCode = 204;
            return gate.Task;
        };
        Hand(1);
        await UntilAsync(() => calls == 6);
        Hand(2);
        gate.SetResult();
        await UntilAsync(() => batching.Find("batching")!.InFlight == 0);
        Assert.Equal(7, calls);

        // Nobody takes anything up before the lane knows whom to answer to, so the first five wait together.
        async Task HandAsync(int count)
        {
            Hand(count);
            batching.AnswerTo(engine);
            await UntilAsync(() => batching.Find("batching")!.InFlight == 0);
        }

        void Hand(int count)
        {
            for (var i = 0; i < count; i++)
            {
                Assert.True(batching.TryReserve("batching"));
                batching.Hand(Leased() with { Command = Leased().Command with { Id = CommandId.Of(i + 1, 1, 1), Connector = "batching" } });
            }
        }
    }

    private async Task CarryAsync(LeasedCommand leased)
    {
        Assert.True(lanes.TryReserve("utility"));
        lanes.Hand(leased);
        await UntilAsync(() => Lane.InFlight == 0);
    }

    private static Task UntilAsync(Func<bool> condition)
    {
        return LookAsync().WaitAsync(Limit);

        async Task LookAsync()
        {
            while (!condition())
                await Task.Yield();
        }
    }

    private async Task BreakAsync()
    {
        for (var i = 0; i < 10; i++)
            await Lane.Breaker.RunAsync(_ => Task.FromResult(Answer.Unavailable(AnswerReasons.Unreachable)), TestContext.Current.CancellationToken);
    }

    private ConnectorSettings Settings() => new()
    {
        Name = "utility", Kind = ConnectorCatalog.Webhook, Address = new Uri(partner.Urls.First()), Secret = "whsec_" + Convert.ToBase64String(new byte[32]), TimeoutSeconds = 10,
        ConnectTimeoutSeconds = 5, QueueLimit = 20, Workers = 2,
    };

    private LeasedCommand Leased(int number = 1) => new(
        new Command
        {
            Id = CommandId.Of(number, 1, 1), Type = CommandTypes.LeadCreate, Connector = "utility", Subject = Approvals.Code(1), LaneSeq = 1, Attempt = 1, CauseId = Guid.NewGuid(),
            CauseType = EventTypes.ProjectApprovalCreated, OccurredAt = clock.GetUtcNow(), RecordedAt = clock.GetUtcNow(), Data = "{}"u8.ToArray(),
        },
        Guid.NewGuid(), 1, 1, 1, clock.GetUtcNow() + lanes.Lease, new byte[32]) { Node = 1 };
}
