using Hub.Engine;
using Hub.Ledger;
using Hub.Schemas;
using Hub.Tests.Engine;
using Xunit;

namespace Hub.Tests.Ledger;

/// <summary>Reconciliation of a day: what is counted, when it can be signed, and a receiver's own list against ours.</summary>
public sealed class ReconciliationTests : IAsyncLifetime
{
    private static readonly Guid A = Guid.Parse("00000000-0000-0000-0000-00000000000a");
    private static readonly Guid B = Guid.Parse("00000000-0000-0000-0000-00000000000b");
    private static readonly Guid C = Guid.Parse("00000000-0000-0000-0000-00000000000c");
    private static readonly Guid D = Guid.Parse("00000000-0000-0000-0000-00000000000d");

    private TestDatabase database = null!;
    private RunningEngine hub = null!;
    private Reconciliations reconciliations = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        hub = await RunningEngine.StartAsync(database);
        reconciliations = new(database.Source, hub.Clock);
        await new Operators(database.Source, hub.Clock, TestDatabase.Bodies).CreateAsync("li.ming", "李明", [Roles.Operator], partner: null, "correct horse battery", "test");
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_day_is_counted_by_pair_from_what_came_in_on_it()
    {
        var day = Reconciliations.DayOf(hub.Clock.GetUtcNow());
        await hub.AcceptAsync(project: 1);
        await hub.AcceptAsync(project: 2);
        await TakeOneAsync();
        hub.Clock.Advance(TimeSpan.FromDays(1));
        await hub.AcceptAsync(project: 3);

        await reconciliations.CountAsync(day);

        var row = Assert.Single(await reconciliations.OfDayAsync(day, partner: null));
        Assert.Equal((2, 2, 1, 0, 0, 1), (row.Events, row.Sent, row.Taken, row.Skipped, row.Receipted, row.Difference));
        Assert.Equal("sgcc-linfen", row.Receiver);
        Assert.Empty(await reconciliations.OfDayAsync(day, "slp-puxian"));
        Assert.Single(await reconciliations.OfDayAsync(day, row.Publisher));
    }

    [Fact]
    public async Task Only_what_was_counted_after_the_day_can_be_signed_once_and_stays()
    {
        var day = Reconciliations.DayOf(hub.Clock.GetUtcNow());
        await hub.AcceptAsync(project: 1);
        await reconciliations.CountAsync(day);
        var row = Assert.Single(await reconciliations.OfDayAsync(day, partner: null));
        Assert.False(await SignAsync());

        hub.Clock.Advance(TimeSpan.FromDays(1));
        Assert.False(await SignAsync());
        await reconciliations.CountPastAsync();
        Assert.True(await SignAsync());
        Assert.False(await SignAsync());

        await TakeOneAsync();
        await reconciliations.CountAsync(day);
        var signed = Assert.Single(await reconciliations.OfDayAsync(day, partner: null));
        Assert.Equal((1, "li.ming", "对方停机"), (signed.Difference, signed.SignedBy, signed.Note));
        var entry = await database.ReadAsync<string>("SELECT convert_from(content, 'UTF8') FROM exchange_log WHERE kind = 'operator.acted' AND position('act SignReconciliation' IN convert_from(content, 'UTF8')) = 1");
        Assert.Contains("sent 1\ntaken 0\n", entry, StringComparison.Ordinal);
        Assert.Contains("\nby li.ming\nreason 对方停机\nrequest r1", entry, StringComparison.Ordinal);

        Task<bool> SignAsync() => reconciliations.SignAsync(day, row.Publisher, row.Receiver, "对方停机", "li.ming", "r1");
    }

    [Fact]
    public async Task Days_on_which_the_hub_stood_still_are_counted_when_it_is_back()
    {
        var first = Reconciliations.DayOf(hub.Clock.GetUtcNow());
        await hub.AcceptAsync(project: 1);
        hub.Clock.Advance(TimeSpan.FromDays(2));
        await hub.AcceptAsync(project: 2);
        hub.Clock.Advance(TimeSpan.FromDays(5));
        await reconciliations.CountPastAsync();

        Assert.Equal([$"{first.AddDays(2):yyyy-MM-dd}", $"{first:yyyy-MM-dd}"], (await reconciliations.DaysAsync(partner: null)).Select(day => day.Day));
    }

    [Fact]
    public async Task Yesterday_is_counted_once_after_it_ended()
    {
        var day = Reconciliations.DayOf(hub.Clock.GetUtcNow());
        await hub.AcceptAsync(project: 1);
        hub.Clock.Advance(TimeSpan.FromDays(1));
        await reconciliations.CountPastAsync();
        var first = Assert.Single(await reconciliations.OfDayAsync(day, partner: null)).CountedAt;

        hub.Clock.Advance(TimeSpan.FromMinutes(5));
        await reconciliations.CountPastAsync();

        Assert.Equal(first, Assert.Single(await reconciliations.OfDayAsync(day, partner: null)).CountedAt);
    }

    [Fact]
    public async Task A_receivers_list_is_held_against_ours_by_the_ids_of_the_commands()
    {
        var day = Reconciliations.DayOf(hub.Clock.GetUtcNow());
        await hub.AcceptAsync(project: 1);
        await hub.AcceptAsync(project: 2);
        var taken = await TakeOneAsync();

        var same = await reconciliations.CompareAsync(day, "sgcc-linfen", new HashSet<Guid> { taken });
        var wrong = await reconciliations.CompareAsync(day, "sgcc-linfen", new HashSet<Guid> { D });

        Assert.Equal((1, 0, 0, 0), (same.Same, same.Missing.Count, same.Unsure.Count, same.Strange.Count));
        Assert.Equal([taken], wrong.Missing);
        Assert.Equal([D], wrong.Strange);
    }

    /// <summary>The receiver takes the next command.</summary>
    private async Task<Guid> TakeOneAsync()
    {
        var leased = await hub.NextAsync();
        await hub.AnswerAsync(leased, Answer.Taken("1"));
        return leased.Command.Id;
    }

    [Fact]
    public void A_comparison_tells_the_four_kinds_apart()
    {
        var found = ListComparison.Of(new Dictionary<Guid, bool> { [A] = true, [B] = true, [C] = false }, new HashSet<Guid> { A, C, D });

        Assert.Equal(1, found.Same);
        Assert.Equal([B], found.Missing);
        Assert.Equal([C], found.Unsure);
        Assert.Equal([D], found.Strange);
    }
}
