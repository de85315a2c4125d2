using System.Text;
using System.Text.Json;
using Hub.Schemas;

namespace Hub.Connectors.Tests;

/// <summary>Orders of a co-transfer in each dialect: taken once, asked about by the command's id, and carrying what the order carries.</summary>
public sealed class AccountOrderTests
{
    private static readonly AccountOrder Order = new()
    {
        OrderId = "DJ-1-1", IdempotencyKey = "DJ-1|U|0123456789|1", Step = "TRANSFER", RegistryNo = "DJ-1", UnitNo = "320706413219GB00029F00010002", RegionCode = "320706", Utility = "water",
        OperatorCode = "water-lianyungang", AccountNo = "0123456789", PropertyAddress = "示例路1号", OldHolders = [new() { Name = "示例甲" }],
        NewHolders = [new() { Name = "示例乙", Share = "1/2" }, new() { Name = "示例丙", Share = "1/2" }], AccountHolder = new() { Name = "示例丙" }, ConsentId = "C-1",
        ArrearsWaiver = new("值班员", "经批准", 12),
    };

    // A gateway takes notices and no orders.
    public static TheoryData<string> Kinds => [.. Partnership.HttpKinds.Where(kind => kind is not ConnectorCatalog.Notification)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_order_is_taken_once_however_often_it_is_sent(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        string[] types = [CommandTypes.AccountPrecheck, CommandTypes.AccountTransfer, CommandTypes.AccountReverse, CommandTypes.AccountInquire];
        foreach (var command in types.Select(CommandOf))
        {
            Assert.Equal(Outcome.Taken, (await partnership.DeliverAsync(command)).Outcome);
            Assert.Equal(Outcome.Taken, (await partnership.DeliverAsync(command with { Attempt = 2 })).Outcome);
        }

        Assert.Equal((4, 4), (partnership.Stats.Book.Effects, partnership.Stats.Book.Repeats));
        var fields = Encoding.UTF8.GetString(partnership.Book.List(null, 1).Single().Fields);
        Assert.All((string[])["DJ-1-1", "示例甲", "示例乙", "示例丙", "0123456789", "值班员"], word => Assert.Contains(word, fields, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ConnectorCatalog.SgccCrm)]
    [InlineData(ConnectorCatalog.LocalCrm)]
    public async Task After_a_doubt_the_partner_is_asked_about_this_very_order(string kind)
    {
        await using var partnership = await Partnership.StartAsync(kind);
        var command = CommandOf(CommandTypes.AccountTransfer);

        Assert.Equal(AnswerReasons.NotSeen, (await partnership.AskAsync(command)).Reason);
        await partnership.DeliverAsync(command);
        Assert.Equal(Outcome.Taken, (await partnership.AskAsync(command)).Outcome);
    }

    private static Command CommandOf(string type) => Commands.Create() with
    {
        Id = Guid.NewGuid(), Type = type, CauseType = EventTypes.TransferRegistered, Subject = Order.UnitNo, Data = JsonSerializer.SerializeToUtf8Bytes(Order, SchemasJson.Readable.AccountOrder),
    };
}
