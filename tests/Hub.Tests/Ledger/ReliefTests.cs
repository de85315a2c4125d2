using Hub.Ledger;
using Hub.Schemas;
using Hub.Tests.Engine;
using Xunit;

namespace Hub.Tests.Ledger;

/// <summary>What a partner that is well again frees, and how long the oldest has waited.</summary>
public sealed class ReliefTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private RunningEngine hub = null!;
    private DeliveryQueue queue = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        hub = await RunningEngine.StartAsync(database);
        queue = new DeliveryQueue(database.Source);
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_partner_that_is_back_frees_everything_but_never_before_the_moment_it_named()
    {
        await FailAsync(project: 1, Answer.Unavailable(AnswerReasons.Unreachable));
        await FailAsync(project: 2, Answer.Unavailable(AnswerReasons.Throttled) with { RetryAfter = TimeSpan.FromHours(1) });

        // Ten minutes by the schedule, one minute by the partner's word.
        await FailAsync(project: 3, Answer.Unavailable(AnswerReasons.Throttled) with { RetryAfter = TimeSpan.FromMinutes(1) }, attempts: 4);

        Assert.Equal(2, await queue.RecoverAsync(hub.Names.Number("sgcc-linfen"), hub.Clock.GetUtcNow()));

        Assert.Single(await DueAsync());
        hub.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, (await DueAsync()).Count);
        hub.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(3, (await DueAsync()).Count);
    }

    [Fact]
    public async Task A_short_pause_frees_what_was_turned_away_while_it_has_attempts_to_spare()
    {
        await FailAsync(project: 1, Answer.Unavailable(AnswerReasons.Unreachable));
        await FailAsync(project: 2, Answer.Unavailable(AnswerReasons.Throttled));
        await FailAsync(project: 3, Answer.Unavailable(AnswerReasons.Throttled), attempts: 7);

        Assert.Equal(1, await queue.EaseAsync(hub.Names.Number("sgcc-linfen"), hub.Clock.GetUtcNow()));
    }

    [Fact]
    public async Task The_oldest_is_counted_from_when_it_was_recorded_also_behind_another_of_its_case()
    {
        var queries = new LedgerQueries(database.Source, TestDatabase.Bodies);
        await hub.AcceptAsync(project: 1);
        hub.Clock.Advance(TimeSpan.FromHours(1));
        await hub.AcceptAsync(project: 1, version: 2, type: EventTypes.ProjectApprovalAmended);
        var recorded = hub.Clock.GetUtcNow().UtcDateTime;
        var first = await hub.NextAsync();
        Assert.Empty(await queries.OldestOpenAsync());

        // Two hours later the first is taken, and there is no room for the second.
        hub.Clock.Advance(TimeSpan.FromHours(2));
        hub.Dispatcher.HasRoom = false;
        await hub.AnswerAsync(first, Answer.Taken());

        Assert.Equal([("sgcc-linfen", recorded)], (await queries.OldestOpenAsync()).Select(pair => (pair.Key, pair.Value)));
    }

    private async Task FailAsync(int project, Answer answer, int attempts = 1)
    {
        await hub.AcceptAsync(project);
        for (var attempt = 1; attempt <= attempts; attempt++)
        {
            var leased = await hub.NextAsync();
            await hub.AnswerAsync(leased, answer);
            if (attempt < attempts)
                await hub.WakeAsync(leased.KeyHash, "sgcc-linfen");
        }
    }

    private Task<IReadOnlyList<DueWait>> DueAsync() => queue.DueWaitsAsync(hub.Names.Number("sgcc-linfen"), hub.Clock.GetUtcNow(), 100);
}
