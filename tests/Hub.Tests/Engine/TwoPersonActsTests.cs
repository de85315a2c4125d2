using System.Security.Cryptography;
using System.Text;
using Hub.Engine;
using Hub.Ledger;
using Hub.Schemas;
using Hub.Tests.Ledger;
using Xunit;

namespace Hub.Tests.Engine;

/// <summary>Correcting and recalling a delivery, as the engine does it once two people agree.</summary>
public sealed class TwoPersonActsTests : IAsyncLifetime
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
    public async Task A_corrected_command_is_the_same_delivery_with_another_content_and_the_log_holds_both()
    {
        var parked = await ParkedAsync();

        Assert.Null(await AmendAsync(parked, "{\"corrected\":1}"));

        var again = await hub.NextAsync();
        Assert.Equal((parked.Command.Id, 1, "{\"corrected\":1}"), (again.Command.Id, again.Command.Attempt, Encoding.UTF8.GetString(again.Command.Data.Span)));
        await hub.AnswerAsync(again, Answer.Taken("L-1"));
        Assert.True((await VerifyAsync()).Ok, string.Join('\n', (await VerifyAsync()).Findings));
        var act = await database.ReadAsync<string>("SELECT convert_from(content, 'UTF8') FROM exchange_log WHERE kind = 'operator.acted'");
        Assert.Contains($"before-sha256 {Hex(parked.Command.Data.Span)}\nafter-sha256 {Hex(again.Command.Data.Span)}", act, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_first_attempts_said_cannot_be_changed_unseen()
    {
        var parked = await ParkedAsync();
        Assert.Null(await AmendAsync(parked, "{\"corrected\":1}"));
        await hub.AnswerAsync(await hub.NextAsync(), Answer.Taken("L-1"));

        await database.ExecuteAsync("UPDATE delivery_amendments SET data = '{}'");

        Assert.Contains("command-sha256", Assert.Single((await VerifyAsync()).Findings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_corrected_a_second_time_also_while_nothing_went_out_in_between()
    {
        var parked = await ParkedAsync();
        hub.Dispatcher.HasRoom = false;
        Assert.Null(await AmendAsync(parked, "{\"corrected\":1}"));
        Assert.Null(await hub.ActAsync(parked, OperatorAct.Park));
        hub.Dispatcher.HasRoom = true;

        Assert.Null(await AmendAsync(parked, "{\"corrected\":2}", "{\"corrected\":1}"));

        Assert.Equal("{\"corrected\":2}", Encoding.UTF8.GetString((await hub.NextAsync()).Command.Data.Span));
        Assert.True((await VerifyAsync()).Ok);
    }

    [Theory]
    [InlineData("changed", ActRefusals.Changed)]
    [InlineData("waiting", ActRefusals.NotParked)]
    [InlineData("doubt", ActRefusals.MayHaveIt)]
    [InlineData("taken", ActRefusals.Settled)]
    public async Task What_cannot_be_corrected_is_refused_and_nothing_is_written(string how, string refusal)
    {
        await hub.AcceptAsync();
        var leased = await hub.NextAsync();
        await hub.AnswerAsync(leased, how switch
        {
            "changed" => Answer.Refused(AnswerReasons.ContentRefused),
            "waiting" => Answer.Unavailable(AnswerReasons.ServerError),
            "doubt" => Answer.Unknown(AnswerReasons.TimedOut),
            _ => Answer.Taken(),
        });
        if (how == "doubt")
            Assert.Null(await hub.ActAsync(leased, OperatorAct.Park));
        var before = await hub.CountAsync("exchange_log");

        Assert.Equal(refusal, await AmendAsync(leased, "{}", how == "changed" ? "{\"other\":1}" : null));

        Assert.Equal((before, 0L), (await hub.CountAsync("exchange_log"), await hub.CountAsync("delivery_amendments")));
    }

    [Fact]
    public async Task What_waits_behind_another_is_recalled_and_passed_over_and_the_head_is_recalled_as_well()
    {
        var parked = await ParkedAsync();
        for (var version = 2; version <= 4; version++)
            await hub.AcceptAsync(version: version, type: EventTypes.ProjectApprovalAmended);

        Assert.Null(await hub.ActAsync(parked, OperatorAct.Recall, laneSeq: 3));
        Assert.Equal(ActRefusals.RecalledBefore, await hub.ActAsync(parked, OperatorAct.Recall, laneSeq: 3));
        Assert.Null(await hub.ActAsync(parked, OperatorAct.Recall));

        var second = await hub.NextAsync();
        await hub.AnswerAsync(second, Answer.Taken());
        var fourth = await hub.NextAsync();
        Assert.Equal((2L, 4L), (second.Command.LaneSeq, fourth.Command.LaneSeq));
        await hub.AnswerAsync(fourth, Answer.Taken());
        Assert.Empty(await hub.ReleasedAsync());
        Assert.Equal(2, await database.ReadAsync<long>("SELECT count(*) FROM answers WHERE outcome = 'skipped' AND reason = 'recalled_by_operator'"));
        Assert.Equal((2L, 2L, 4L), await database.ReadAsync<(long, long, long)>("SELECT skipped, taken, queued FROM delivery_totals"));
        Assert.True((await VerifyAsync()).Ok);
    }

    [Theory]
    [InlineData("leased", ActRefusals.UnderWay)]
    [InlineData("doubt", ActRefusals.MayHaveIt)]
    [InlineData("taken", ActRefusals.Settled)]
    public async Task What_may_have_arrived_is_not_recalled(string how, string refusal)
    {
        await hub.AcceptAsync();
        var leased = await hub.NextAsync();
        if (how != "leased")
            await hub.AnswerAsync(leased, how == "doubt" ? Answer.Unknown(AnswerReasons.TimedOut) : Answer.Taken());

        Assert.Equal(refusal, await hub.ActAsync(leased, OperatorAct.Recall));
    }

    private async Task<LeasedCommand> ParkedAsync()
    {
        await hub.AcceptAsync();
        var leased = await hub.NextAsync();
        await hub.AnswerAsync(leased, Answer.Refused(AnswerReasons.ContentRefused));
        return leased;
    }

    /// <param name="of">The content it was made from; null: the command's own.</param>
    private Task<string?> AmendAsync(LeasedCommand leased, string content, string? of = null)
    {
        var before = of is null ? SHA256.HashData(leased.Command.Data.Span) : SHA256.HashData(Encoding.UTF8.GetBytes(of));
        var input = new OperatorInput(leased.KeyHash, leased.Connector, leased.Command.LaneSeq, OperatorAct.Amend, "li, approved by wang", "a reason")
        {
            Correction = new(leased.CaseId, before, Encoding.UTF8.GetBytes(content)),
        };
        hub.Submit(input);
        return input.Completion.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private Task<ChainReport> VerifyAsync() => new ExchangeLog(database.Source, hub.Clock, TestDatabase.Bodies).VerifyAsync([], TestContext.Current.CancellationToken);

    private static string Hex(ReadOnlySpan<byte> data) => Convert.ToHexStringLower(SHA256.HashData(data));
}
