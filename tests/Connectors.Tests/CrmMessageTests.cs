using System.Text;
using System.Text.Json;
using Hub.Schemas;

namespace Hub.Connectors.Tests;

/// <summary>What a system has no call of its own for reaches it as a message: taken once, asked about, its content unchanged.</summary>
public sealed class CrmMessageTests
{
    private static readonly DeadlineWarning Warning = new()
    {
        CaseType = "connection", Case = "sgcc-linfen:A-1", Rule = "hv-single", TitleZh = "高压单电源，供电企业办理合计", TitleEn = "High voltage, one supply", Percent = 80, DaysLeft = 3, Unit = "working_days", To = "responsible",
    };

    [Theory]
    [InlineData(ConnectorCatalog.SgccCrm)]
    [InlineData(ConnectorCatalog.LocalCrm)]
    [InlineData(ConnectorCatalog.Webhook)]
    public async Task A_message_is_taken_once_and_carries_its_content(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        var command = CommandOf();

        Assert.Equal(Outcome.Taken, (await partnership.DeliverAsync(command)).Outcome);
        Assert.Equal(Outcome.Taken, (await partnership.DeliverAsync(command with { Attempt = 2 })).Outcome);

        Assert.Equal((1, 1), (partnership.Stats.Book.Effects, partnership.Stats.Book.Repeats));
        var fields = Encoding.UTF8.GetString(partnership.Book.List(null, 1).Single().Fields);
        Assert.All((string[])["高压单电源", "hv-single", CommandTypes.DeadlineWarn[..^3]], word => Assert.Contains(word, fields, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ConnectorCatalog.SgccCrm)]
    [InlineData(ConnectorCatalog.LocalCrm)]
    public async Task After_a_doubt_the_partner_is_asked_about_this_very_message(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        var command = CommandOf();

        Assert.Equal(AnswerReasons.NotSeen, (await partnership.AskAsync(command)).Reason);
        await partnership.DeliverAsync(command);
        Assert.Equal(Outcome.Taken, (await partnership.AskAsync(command)).Outcome);
    }

    private static Command CommandOf() => Commands.Create() with
    {
        Id = Guid.NewGuid(), Type = CommandTypes.DeadlineWarn, CauseType = EventTypes.ConnectionApplied, Subject = Warning.Case, Data = JsonSerializer.SerializeToUtf8Bytes(Warning, SchemasJson.Readable.DeadlineWarning),
    };
}
