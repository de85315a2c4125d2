using System.Text;
using Hub.Engine;
using Hub.Ledger;
using Hub.Schemas;
using Hub.Tests.Engine;
using Hub.Verifier;
using Xunit;

namespace Hub.Tests.Ledger;

public sealed class ExchangeLogTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private RunningEngine hub = null!;
    private ExchangeLog log = null!;
    private Accepted first = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Seven entries: three events, three attempts (of two commands), one act.
    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        hub = await RunningEngine.StartAsync(database);
        // Small pages, so that seven entries cross several of them.
        log = new ExchangeLog(database.Source, hub.Clock, TestDatabase.Bodies) { PageRows = 2 };
        first = await hub.AcceptAsync(1);
        await hub.AcceptAsync(1, 2, EventTypes.ProjectApprovalAmended);
        await hub.AcceptAsync(2);
        var released = await hub.ReleasedAsync();
        await hub.AnswerAsync(released[0], Full(Answer.Unavailable(AnswerReasons.ServerError, "500")));
        await hub.ActAsync(released[0], OperatorAct.Retry);
        await hub.AnswerAsync(await hub.NextAsync(), Full(Answer.Taken("L-1")));
        await hub.AnswerAsync(released[1], Full(Answer.Taken("L-2")));
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task An_untouched_log_is_whole_here_and_for_the_verifier()
    {
        var report = await log.VerifyAsync([(first.Position, Convert.ToHexString(first.Hash))], Cancellation);

        Assert.Empty(report.Findings);
        Assert.Equal((7L, 7L), (report.Entries, report.HeadSeq));
        var exported = await ExportAsync(new ChainHead(first.Position, Convert.ToHexStringLower(first.Hash)));
        Assert.Empty(exported.Findings);
        Assert.Equal((7L, 0L, report.HeadHash), (exported.Entries, exported.ContentsRemoved, exported.Head.Hash));
    }

    [Fact]
    public async Task An_empty_log_is_whole()
    {
        await using var empty = await TestDatabase.CreateAsync();

        Assert.True((await new ExchangeLog(empty.Source, hub.Clock, TestDatabase.Bodies).VerifyAsync([], Cancellation)).Ok);
    }

    // What the independent verifier can see too: the entries and the contents behind them.
    [Theory]
    [InlineData("UPDATE events SET content = set_byte(content, 10, get_byte(content, 10) # 1) WHERE event_id = (SELECT ref FROM exchange_log WHERE seq = 1)")]
    [InlineData("UPDATE exchange_log SET digest = set_byte(digest, 0, get_byte(digest, 0) # 1) WHERE seq = 2")]
    [InlineData("UPDATE exchange_log SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1) WHERE seq = 2")]
    [InlineData("UPDATE exchange_log SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1) WHERE seq = 7")]
    [InlineData("UPDATE exchange_log SET partner = 'another' WHERE seq = 2")]
    [InlineData("UPDATE exchange_log SET kind = 'key.changed' WHERE seq = 2")]
    [InlineData("UPDATE exchange_log SET at = at + interval '1 microsecond' WHERE seq = 7")]
    [InlineData("UPDATE exchange_log SET at = at - interval '1 day' WHERE seq = 3")]
    [InlineData("UPDATE exchange_log SET ref = gen_random_uuid() WHERE seq = 5")]
    [InlineData("UPDATE exchange_log SET alg = 'sha-512' WHERE seq = 5")]
    [InlineData("UPDATE exchange_log SET content = content || '\\x20'::bytea WHERE kind = 'operator.acted'")]
    [InlineData("DELETE FROM exchange_log WHERE seq = 1")]
    [InlineData("DELETE FROM exchange_log WHERE seq = 4")]
    [InlineData("DELETE FROM exchange_log WHERE seq = 7")]
    [InlineData("INSERT INTO exchange_log SELECT 8, at, 'key.changed', partner, ref, alg, digest, hash, content FROM exchange_log WHERE seq = 7")]
    [InlineData("INSERT INTO exchange_log SELECT 0, at, 'key.changed', partner, ref, alg, digest, hash, content FROM exchange_log WHERE seq = 1")]
    [InlineData("UPDATE exchange_log SET seq = CASE seq WHEN 2 THEN 1003 ELSE 1002 END WHERE seq IN (2, 3); UPDATE exchange_log SET seq = seq - 1000 WHERE seq > 1000")]
    [InlineData("UPDATE chain_head SET seq = 6")]
    [InlineData("UPDATE chain_head SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1)")]
    public async Task Tampering_is_found_here_and_by_the_verifier(string sql)
    {
        await database.ExecuteAsync(sql);

        Assert.False((await log.VerifyAsync([], Cancellation)).Ok);
        Assert.False((await ExportAsync()).Ok);
    }

    // What stands outside the export, in the rows the hub works with.
    [Theory]
    [InlineData("UPDATE answers SET outcome = 'taken' WHERE outcome = 'unavailable'")]
    [InlineData("UPDATE answers SET outcome = 'skipped' WHERE outcome = 'unavailable'")]
    [InlineData("UPDATE answers SET reason = 'throttled' WHERE reason IS NOT NULL")]
    [InlineData("UPDATE answers SET partner_code = NULL WHERE partner_code IS NOT NULL")]
    [InlineData("UPDATE answers SET partner_reference = 'L-9' WHERE partner_reference = 'L-1'")]
    [InlineData("UPDATE answers SET fence = fence + 10 WHERE partner_reference = 'L-1'")]
    [InlineData("UPDATE answers SET attempt = attempt + 1 WHERE partner_reference = 'L-1'")]
    [InlineData("UPDATE answers SET request_digest = NULL WHERE partner_reference = 'L-1'")]
    [InlineData("UPDATE answers SET response = '\\x00' WHERE partner_reference = 'L-1'")]
    [InlineData("UPDATE answers SET content = content || E'\\n' WHERE partner_reference = 'L-1'")]
    [InlineData("UPDATE answers SET lane_seq = 2 WHERE partner_reference = 'L-1'")]
    [InlineData("UPDATE answers SET case_id = case_id + 1 WHERE partner_reference = 'L-1'")]
    [InlineData("DELETE FROM answers WHERE partner_reference = 'L-1'")]
    [InlineData("INSERT INTO answers SELECT case_id, connector_no, lane_seq, fence + 10, attempt, outcome, reason, partner_code, partner_reference, request_digest, response, elapsed_ms, recorded_at, replace(content, 'fence', 'fence 1') FROM answers LIMIT 1")]
    [InlineData("UPDATE deliveries SET data = data || '\\x20'::bytea WHERE lane_seq = 1")]
    [InlineData("UPDATE deliveries SET type = 'lead.withdraw.v1' WHERE lane_seq = 1")]
    [InlineData("DELETE FROM deliveries WHERE lane_seq = 1")]
    [InlineData("UPDATE events SET digest = set_byte(digest, 0, get_byte(digest, 0) # 1)")]
    [InlineData("DELETE FROM events WHERE event_id = (SELECT ref FROM exchange_log WHERE seq = 1)")]
    [InlineData("INSERT INTO events SELECT gen_random_uuid(), gen_random_uuid(), case_id, partner, type, source, 'x', about, region, occurred_at, received_at, content, digest, data_start, data_length, warnings, refusal, trace_parent FROM events LIMIT 1")]
    public async Task Tampering_with_what_lies_behind_the_entries_is_found(string sql)
    {
        await database.ExecuteAsync(sql);

        Assert.False((await log.VerifyAsync([], Cancellation)).Ok);
    }

    [Fact]
    public async Task A_cut_tail_with_a_new_head_is_found_by_who_holds_a_receipt()
    {
        var receipt = await database.ReadAsync<string>("SELECT encode(hash, 'hex') FROM exchange_log WHERE seq = 7");
        await database.ExecuteAsync("""
            DELETE FROM answers WHERE partner_reference = 'L-2';
            DELETE FROM exchange_log WHERE seq = 7;
            UPDATE chain_head SET seq = 6, hash = (SELECT hash FROM exchange_log WHERE seq = 6);
            """);

        Assert.True((await log.VerifyAsync([], Cancellation)).Ok);
        Assert.True((await ExportAsync()).Ok);
        Assert.False((await log.VerifyAsync([(7, receipt!)], Cancellation)).Ok);
        Assert.False((await ExportAsync(new ChainHead(7, receipt!))).Ok);
    }

    [Fact]
    public async Task A_log_written_anew_is_found_by_who_holds_a_receipt()
    {
        var receipt = await database.ReadAsync<string>("SELECT encode(hash, 'hex') FROM exchange_log WHERE seq = 3");
        await database.ExecuteAsync("""
            CREATE TABLE kept AS SELECT * FROM exchange_log ORDER BY seq;
            DELETE FROM exchange_log;
            UPDATE chain_head SET seq = 0, hash = decode(repeat('00', 32), 'hex'), at = 'epoch', events = 0;
            SELECT exchange_append(now(), array_agg(kind ORDER BY seq), array_agg(replace(partner, 'bureau-test', 'another') ORDER BY seq), array_agg(ref ORDER BY seq),
                                   array_agg(digest ORDER BY seq), array_agg(content ORDER BY seq)) FROM kept;
            """);

        Assert.True((await log.VerifyAsync([], Cancellation)).Ok);
        Assert.False((await log.VerifyAsync([(3, receipt!)], Cancellation)).Ok);
        Assert.False((await ExportAsync(new ChainHead(3, receipt!))).Ok);
    }

    [Fact]
    public async Task A_content_that_retention_took_away_leaves_the_chain_whole()
    {
        await database.ExecuteAsync("UPDATE events SET content = NULL");

        Assert.True((await log.VerifyAsync([], Cancellation)).Ok);
        var exported = await ExportAsync();
        Assert.Equal((true, 3L), (exported.Ok, exported.ContentsRemoved));
    }

    [Fact]
    public async Task Times_never_fall_when_the_clock_goes_back()
    {
        hub.Clock.Set(FakeClock.Start.AddHours(-1));

        var accepted = await hub.AcceptAsync(3);

        Assert.Equal(FakeClock.Start, accepted.At);
        Assert.True((await log.VerifyAsync([], Cancellation)).Ok);
        Assert.True((await ExportAsync()).Ok);
    }

    [Fact]
    public async Task Every_attempts_content_names_the_bytes_both_sides_saw()
    {
        var content = await database.ReadAsync<string>("SELECT content FROM answers WHERE partner_reference = 'L-1'");

        var lines = content!.Split('\n').Select(line => line.Split(' ', 2)).ToDictionary(parts => parts[0], parts => parts[1]);
        Assert.Equal(
            ["command", "type", "attempt", "fence", "outcome", "reason", "partner-code", "partner-reference", "command-sha256", "request-sha256", "response-sha256"],
            lines.Keys);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("{}"u8)), lines["response-sha256"]);
    }

    private static Answer Full(Answer answer) => answer with
    {
        RequestDigest = System.Security.Cryptography.SHA256.HashData("request"u8), ResponseBody = Encoding.UTF8.GetBytes("{}"), Elapsed = TimeSpan.FromMilliseconds(12),
    };

    private async Task<VerifyReport> ExportAsync(ChainHead? expected = null)
    {
        using var export = new MemoryStream();
        await log.ExportAsync(export, withBodies: true, Cancellation);
        export.Position = 0;
        return ExportVerifier.Verify(export, expected);
    }
}
