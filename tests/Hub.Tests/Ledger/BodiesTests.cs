using System.Text;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Engine;
using Xunit;

namespace Hub.Tests.Ledger;

/// <summary>What names a person is sealed in the database, opens with the keys that are set, and goes when its time has come; the chain holds through all of it.</summary>
public sealed class BodiesTests : IAsyncLifetime
{
    private const string Person = "张示例";
    private const string Phone = "13800000000";

    private TestDatabase database = null!;
    private RunningEngine hub = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

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
    public void What_was_sealed_opens_with_its_key_also_behind_a_newer_one_and_with_no_other()
    {
        string[] keys = [Key(1), Key(2)];
        var text = Encoding.UTF8.GetBytes("{\"contactName\":\"张示例\"}");
        var stored = BodyCipher.Of([keys[0]]).Seal(text);

        Assert.Equal(text, BodyCipher.Of([keys[1], keys[0]]).Open(stored));
        Assert.NotEqual(stored, BodyCipher.Of([keys[0]]).Seal(text));
        Assert.Contains("does not have", Assert.Throws<BodyKeyMissingException>(() => BodyCipher.Of([keys[1]]).Open(stored)).Message, StringComparison.Ordinal);
        Assert.Throws<BodyKeyMissingException>(() => BodyCipher.None.Open(stored));
        for (var position = 7; position < stored.Length; position++)
        {
            var changed = (byte[])stored.Clone();
            changed[position] ^= 1;
            Assert.Contains("changed since", Assert.Throws<InvalidOperationException>(() => BodyCipher.Of([keys[0]]).Open(changed)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_was_stored_before_there_were_keys_is_read_as_it_is()
    {
        var text = Encoding.UTF8.GetBytes("{}");
        Assert.Equal(text, BodyCipher.Of([Key(1)]).Open(text));
        Assert.Equal("{}", BodyCipher.Of([Key(1)]).OpenText("{}"));
        Assert.Equal(text, BodyCipher.None.Seal(text));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("not base64", false)]
    [InlineData("AAAA", false)]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", true)]
    public void A_key_is_32_bytes(string text, bool good) => Assert.Equal(good, BodyCipher.IsKey(text));

    [Fact]
    public async Task No_table_shows_a_persons_name_or_phone()
    {
        await DeliveredAsync(1);
        await hub.AcceptAsync(Named(2, region: "110101"));

        foreach (var table in await database.ReadAllAsync<string>("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"))
        {
            foreach (var secret in new[] { Person, Phone, "u5F20" })
            {
                var rows = await database.ReadAsync<long>(
                    $"SELECT count(*) FROM {table} t WHERE t::text LIKE '%' || @secret || '%' OR t::text LIKE '%' || encode(convert_to(@secret, 'UTF8'), 'hex') || '%'", new { secret });
                Assert.True(rows == 0, $"{table} shows {secret}");
            }
        }

        Assert.True((await VerifyAsync(TestDatabase.Bodies)).Ok);
    }

    [Fact]
    public async Task A_sealed_state_is_decided_on_as_any_other()
    {
        var unserved = await hub.AcceptAsync(Named(1, region: "110101"));
        Assert.StartsWith("sealed:", await database.ReadAsync<string>("SELECT state FROM cases"), StringComparison.Ordinal);

        var older = Approvals.Read(Approvals.Envelope(EventTypes.ProjectApprovalAmended, "older", Approvals.Data(1, date: "2020-01-01", region: "110101")), hub.Clock.GetUtcNow());
        await hub.SubmitAsync(older);

        Assert.NotEqual(Guid.Empty, unserved.EventId);
        Assert.Contains(older.Event.Warnings, warning => warning.Code == WarningCodes.Superseded);
    }

    [Fact]
    public async Task A_new_key_seals_everything_anew_and_the_old_one_may_go()
    {
        await DeliveredAsync(1);
        await hub.AcceptAsync(Named(2, region: "110101"));
        var both = BodyCipher.Of([Key(7), Convert.ToBase64String(new byte[32])]);

        Assert.Equal(5, await Bodies(both).ResealAsync(Cancellation));
        Assert.Equal(0, await Bodies(both).ResealAsync(Cancellation));

        var only = BodyCipher.Of([Key(7)]);
        Assert.Null(await Bodies(only).UnreadableAsync(Cancellation));
        Assert.NotNull(await Bodies(TestDatabase.Bodies).UnreadableAsync(Cancellation));
        Assert.True((await VerifyAsync(only)).Ok);
        Assert.False((await VerifyAsync(TestDatabase.Bodies)).Ok);
    }

    [Fact]
    public async Task Bodies_go_when_their_time_has_come_and_the_chain_still_verifies()
    {
        await DeliveredAsync(1);
        await hub.AcceptAsync(Named(2));
        var open = await hub.NextAsync();
        var horizon = hub.Clock.GetUtcNow().AddDays(1);

        var removed = await Bodies(TestDatabase.Bodies).RemoveAsync(horizon, hub.Clock.GetUtcNow(), Cancellation);

        Assert.Equal(new BodyCount(1, 1, 1, 0, 0), removed);
        Assert.Equal((1L, 1L), (await LeftAsync("events", "content"), await LeftAsync("deliveries", "data")));
        Assert.True((await VerifyAsync(TestDatabase.Bodies)).Ok);
        Assert.Equal(1, await database.ReadAsync<long>("SELECT count(*) FROM exchange_log WHERE kind = 'bodies.removed'"));

        await hub.AnswerAsync(open, Answer.Taken("L-2"));
        await Bodies(TestDatabase.Bodies).RemoveAsync(horizon, hub.Clock.GetUtcNow(), Cancellation);
        Assert.Equal((0L, 0L, 0L), (await LeftAsync("events", "content"), await LeftAsync("deliveries", "data"), await LeftAsync("answers", "response")));
        Assert.True((await VerifyAsync(TestDatabase.Bodies)).Ok);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_state_of_a_closed_case_goes_sealed_or_not_unless_the_engine_has_it_in_hand(bool isSealed)
    {
        await hub.AcceptAsync(Named(1, region: "110101"));
        var revoked = Named(1, region: "110101");
        revoked["id"] = "revoked";
        revoked["type"] = EventTypes.ProjectApprovalRevoked;
        var input = Approvals.Read(revoked, hub.Clock.GetUtcNow());
        await hub.SubmitAsync(input);
        var state = await database.ReadAsync<string>("SELECT state FROM cases WHERE closed");
        Assert.StartsWith("sealed:", state, StringComparison.Ordinal);
        if (!isSealed)
            await database.ExecuteAsync("UPDATE cases SET state = @plain, changed_at = NULL", new { plain = TestDatabase.Bodies.OpenText(state!) });

        await using (var engine = await database.Source.OpenConnectionAsync(Cancellation))
        {
            await using var transaction = await engine.BeginTransactionAsync(Cancellation);
            await using var command = new Npgsql.NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", engine) { Parameters = { new() { Value = CaseKey.Lock(input.KeyHash) } } };
            await command.ExecuteNonQueryAsync(Cancellation);
            Assert.Equal(0, (await RemoveAllAsync()).States);
        }

        Assert.Equal(1, (await RemoveAllAsync()).States);
        Assert.Equal(ProcessCatalog.ProjectApproval.Empty, await database.ReadAsync<string>("SELECT state FROM cases"));
        Assert.Equal(0, (await RemoveAllAsync()).States);

        async Task<BodyCount> RemoveAllAsync() => (await Bodies(TestDatabase.Bodies).RemoveAsync(hub.Clock.GetUtcNow().AddDays(1), hub.Clock.GetUtcNow(), Cancellation))!;
    }

    [Fact]
    public async Task A_state_that_stood_in_the_clear_is_sealed_as_well()
    {
        await hub.AcceptAsync(Named(1, region: "110101"));
        await database.ExecuteAsync("UPDATE cases SET state = @plain", new { plain = TestDatabase.Bodies.OpenText((await database.ReadAsync<string>("SELECT state FROM cases"))!) });

        Assert.Equal(1, await Bodies(TestDatabase.Bodies).ResealAsync(Cancellation));
        Assert.StartsWith("sealed:", await database.ReadAsync<string>("SELECT state FROM cases"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_is_missing_is_the_moments_trouble_and_not_the_inputs() =>
        Assert.True(Hub.Engine.BatchEngine.IsUnavailable(new BodyKeyMissingException("A body was sealed with key 00000000.")));

    [Fact]
    public async Task What_is_younger_stays()
    {
        await DeliveredAsync(1);

        Assert.Equal(0, (await Bodies(TestDatabase.Bodies).RemoveAsync(hub.Clock.GetUtcNow().AddDays(-1), hub.Clock.GetUtcNow(), Cancellation))!.Total);
    }

    [Fact]
    public async Task A_body_that_was_changed_is_found()
    {
        await DeliveredAsync(1);
        await database.ExecuteAsync("UPDATE deliveries SET data = set_byte(data, 40, get_byte(data, 40) # 1)");

        Assert.Contains("command-sha256", Assert.Single((await VerifyAsync(TestDatabase.Bodies)).Findings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_has_bodies_only_when_they_are_asked_for()
    {
        await DeliveredAsync(1);
        var log = new ExchangeLog(database.Source, hub.Clock, TestDatabase.Bodies);

        Assert.DoesNotContain(Phone, await ExportAsync(withBodies: false), StringComparison.Ordinal);
        Assert.Contains(Phone, await ExportAsync(withBodies: true), StringComparison.Ordinal);

        async Task<string> ExportAsync(bool withBodies)
        {
            using var stream = new MemoryStream();
            await log.ExportAsync(stream, withBodies, Cancellation);
            var lines = Encoding.UTF8.GetString(stream.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return string.Join('\n', lines.Select(line => (string?)System.Text.Json.Nodes.JsonNode.Parse(line)!["content"]).OfType<string>().Select(content => Encoding.UTF8.GetString(Convert.FromBase64String(content))));
        }
    }

    private static string Key(byte fill) => Convert.ToBase64String([.. Enumerable.Repeat(fill, 32)]);

    private static System.Text.Json.Nodes.JsonObject Named(int number, string region = "141002")
    {
        var data = Approvals.Data(number, region: region);
        data["contactName"] = Person;
        data["contactPhone"] = Phone;
        return Approvals.Envelope(id: $"named-{number}", data: data);
    }

    private async Task DeliveredAsync(int number)
    {
        await hub.AcceptAsync(Named(number));
        await hub.AnswerAsync(await hub.NextAsync(), Answer.Taken("L-1") with { ResponseBody = Encoding.UTF8.GetBytes("{\"to\":\"张示例\"}") });
    }

    private Bodies Bodies(BodyCipher cipher) => new(database.Source, cipher, ProcessCatalog.EmptyStates);

    private Task<long> LeftAsync(string table, string column) => database.ReadAsync<long>($"SELECT count(*) FROM {table} WHERE {column} IS NOT NULL");

    private Task<ChainReport> VerifyAsync(BodyCipher bodies) => new ExchangeLog(database.Source, hub.Clock, bodies).VerifyAsync([], Cancellation);
}
