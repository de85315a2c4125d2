using System.Text;
using System.Text.Json;
using Hub.Schemas;

namespace Hub.Connectors.Tests;

/// <summary>What the hub may rely on from a notification gateway beside the contract of all: an answer for every receiver, and nothing believed that is not about them.</summary>
public sealed class NotificationTests
{
    private static IReadOnlyList<int> Rejected(Answer answer) => answer.Content.IsEmpty ? [] : JsonSerializer.Deserialize(answer.Content.Span, SchemasJson.Default.NoticeTaken)!.Rejected;

    [Theory]
    [InlineData("0123456780 0123456781", "")]
    [InlineData("0123456789 0123456781", "0")]
    [InlineData("0123456780 0123456789 1123456789", "1 2")]
    public async Task Those_whom_the_gateway_turns_away_at_once_are_named_by_their_place(string accounts, string places)
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.Notification);

        var answer = await partnership.DeliverAsync(Commands.Notify("outage_fault", 1, accounts.Split(' ')));

        Assert.Equal((Outcome.Taken, places), (answer.Outcome, string.Join(' ', Rejected(answer))));
    }

    [Fact]
    public async Task Asking_after_a_doubt_tells_the_same_as_the_answer_that_was_lost()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.Notification);
        partnership.Strike("effect_then_reset");
        var command = Commands.Notify("outage_fault", 1, "0123456780", "0123456789");
        Assert.Equal(Outcome.Unknown, (await partnership.DeliverAsync(command)).Outcome);
        partnership.Strike("none");

        var truth = await partnership.AskAsync(command);

        Assert.Equal((Outcome.Taken, 1), (truth.Outcome, Assert.Single(Rejected(truth))));
    }

    [Fact]
    public async Task The_answer_names_no_account()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.Notification);

        var answer = await partnership.DeliverAsync(Commands.Notify("outage_fault", 1, "0123456789"));

        Assert.DoesNotContain("0123456789", Encoding.UTF8.GetString(answer.ResponseBody.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_notice_of_another_case_takes_the_same_way()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.Notification);
        var command = Commands.Notify("done", 1) with
        {
            Data = JsonSerializer.SerializeToUtf8Bytes(
                new Notice { Kind = "done", Reference = "DJ-1-1", To = [new("new_holder", "示例乙", "13800000002"), new("officer")], TextZh = "已过户。", TextEn = "Done." }, SchemasJson.Readable.Notice),
        };

        Assert.Equal(Outcome.Taken, (await partnership.DeliverAsync(command)).Outcome);
        Assert.Contains("示例乙", Encoding.UTF8.GetString(Assert.Single(partnership.Book.List(null, 1)).Fields), StringComparison.Ordinal);
    }

    // R26: whatever comes instead of an answer is a doubt, and asking ends it.
    [Theory]
    [InlineData("gateway_other_request")]
    [InlineData("gateway_other_receivers")]
    [InlineData("gateway_short_list")]
    [InlineData("gateway_twice_one")]
    [InlineData("gateway_no_batch")]
    [InlineData("gateway_duplicate_key")]
    [InlineData("gateway_bom")]
    [InlineData("gateway_gbk")]
    [InlineData("gateway_drift")]
    [InlineData("gateway_new_state")]
    [InlineData("html")]
    [InlineData("huge")]
    public async Task A_wrong_answer_is_a_doubt_and_carries_nothing(string fault)
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.Notification);
        partnership.Strike(fault);
        var command = Commands.Notify("outage_fault", 1);

        var answer = await partnership.DeliverAsync(command);

        Assert.Equal((Outcome.Unknown, AnswerReasons.Unintelligible), (answer.Outcome, answer.Reason));
        Assert.True(answer.Content.IsEmpty);
    }

    [Fact]
    public async Task A_refusal_carries_the_gateways_own_code()
    {
        await using var partnership = await Partnership.StartAsync(ConnectorCatalog.Notification);
        partnership.Strike("refuse");

        Assert.Equal("TEMPLATE_UNKNOWN", (await partnership.DeliverAsync(Commands.Notify("outage_fault", 1))).PartnerCode);
    }
}
