using System.Text.Json.Nodes;
using Dapper;
using Hub.Engine;
using Hub.Schemas;
using Hub.Tests.Ledger;
using Npgsql;
using Xunit;

namespace Hub.Tests.Engine;

/// <summary>Two batches of one engine under way at once: the later is decided while the earlier is written, and stands or falls with it.</summary>
public sealed class OverlapTests : IAsyncLifetime
{
    private const long Gate = 4711;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private TestDatabase database = null!;
    private RunningEngine hub = null!;
    private NpgsqlConnection gatekeeper = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        hub = await RunningEngine.StartAsync(database, started: false);

        // Events named "slow" or "bad" stand at a gate when they are written; the bad ones then fail.
        await database.ExecuteAsync("""
            CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.source_id IN ('slow', 'bad') THEN PERFORM pg_advisory_xact_lock_shared(4711); END IF;
                IF NEW.source_id = 'bad' THEN RAISE EXCEPTION 'bad'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER gate BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION gate();
            """);
        gatekeeper = await database.Source.OpenConnectionAsync(Cancellation);
        await gatekeeper.ExecuteAsync("SELECT pg_advisory_lock(@Gate)", new { Gate });
    }

    public async ValueTask DisposeAsync()
    {
        await gatekeeper.DisposeAsync();
        await hub.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task The_next_batch_is_decided_while_the_one_before_is_written()
    {
        var slow = hub.Submit(Created("slow", 1));
        await hub.StartAsync();
        await SeenAsync("the first stands at the gate", waiting: 1, decided: 0);

        var others = Enumerable.Range(2, 8).Select(number => hub.Submit(Created($"{number}", number))).ToList();
        await SeenAsync("the others are decided", waiting: 1, decided: 1);
        Assert.All(others, other => Assert.False(other.Completion.IsCompleted));

        await OpenAsync();
        var first = await slow.Completion.WaitAsync(Limit, Cancellation);
        Assert.Equal(1, first.Position);
        Assert.All(await Task.WhenAll(others.Select(other => other.Completion)).WaitAsync(Limit, Cancellation), other => Assert.True(other.Position > first.Position));
        Assert.Equal(9, (await hub.ReleasedAsync()).Count);
    }

    [Fact]
    public async Task A_batch_behind_one_that_failed_is_decided_again_and_the_order_of_a_case_stays()
    {
        var first = hub.Submit(Created("first", 1));
        var bad = hub.Submit(Created("bad", 2));
        await hub.StartAsync();
        await SeenAsync("the first batch stands at the gate", waiting: 1, decided: 0);

        var second = hub.Submit(Approvals.Envelope(EventTypes.ProjectApprovalAmended, "second", Approvals.Data(1, version: 2)));
        var others = Enumerable.Range(3, 8).Select(number => hub.Submit(Created($"{number}", number))).ToList();
        await SeenAsync("the second batch waits for the case they share", waiting: 2, decided: 0);

        await OpenAsync();
        await Assert.ThrowsAsync<PostgresException>(() => bad.Completion.WaitAsync(Limit, Cancellation));
        var (earlier, later) = (await first.Completion.WaitAsync(Limit, Cancellation), await second.Completion.WaitAsync(Limit, Cancellation));
        Assert.Equal((EngineVerdict.Accepted, EngineVerdict.Accepted), (earlier.Verdict, later.Verdict));
        Assert.True(earlier.Position < later.Position);
        Assert.DoesNotContain(second.Event.Warnings, warning => warning.Code == WarningCodes.NoEarlierRecord);
        Assert.All(await Task.WhenAll(others.Select(other => other.Completion)).WaitAsync(Limit, Cancellation), other => Assert.Equal(EngineVerdict.Accepted, other.Verdict));
        var released = await hub.ReleasedAsync();
        Assert.Equal(9, released.Count);
        Assert.Equal(9, hub.Dispatcher.Reserved);
        Assert.Equal(2, (await hub.CaseAsync(first.KeyHash)).Lanes.Single().Queued);
    }

    private static JsonObject Created(string id, int number) => Approvals.Envelope(id: id, data: Approvals.Data(number));

    private Task<bool> OpenAsync() => gatekeeper.QuerySingleAsync<bool>("SELECT pg_advisory_unlock(@Gate)", new { Gate });

    /// <summary>Waits until so many sessions of the engine wait for a lock, and so many have decided and not yet written.</summary>
    private async Task SeenAsync(string what, long waiting, long decided)
    {
        for (var pauses = Limit / Pause; await SessionsAsync() != (waiting, decided); pauses--)
        {
            Assert.True(pauses > 0, $"{what}: {await SessionsAsync()} instead of {(waiting, decided)}");
            await Task.Delay(Pause, Cancellation);
        }
    }

    private Task<(long Waiting, long Decided)> SessionsAsync() => database.ReadAsync<(long, long)>("""
        SELECT count(*) FILTER (WHERE wait_event_type = 'Lock'), count(*) FILTER (WHERE state = 'idle in transaction')
          FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'hub-engine'
        """);
}
