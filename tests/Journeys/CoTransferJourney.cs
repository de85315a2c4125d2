using System.Text.Json.Nodes;
using Hub.Ledger;
using Hub.Processes;
using Hub.Simulators;

namespace Hub.Journeys;

/// <summary>A hub with four utilities that work on orders, a register and a system for notices.</summary>
public sealed class CoTransferHub : IAsyncLifetime
{
    internal const string RegisterSource = "urn:hub:register:test";

    internal static readonly string[] Utilities = ["sgcc-lianyungang", "water-lianyungang", "gas-lianyungang", "heat-lianyungang"];

    internal HubUnderTest Hub { get; private set; } = null!;

    internal string RegisterKey { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Hub = await HubUnderTest.StartAsync(
            settings => settings with { SitePacks = Path.Combine(Checkout.Root, "scripts", "demo-packs") }, [.. Utilities, "register-lianyungang", "notices-lianyungang"]);
        RegisterKey = await Hub.CreateKeyAsync("register-lianyungang", ApiKey.Publish, [RegisterSource], ["hub.real_estate.*"]);
        await OpenDesksAsync(Hub);
    }

    internal static async Task OpenDesksAsync(HubUnderTest hub)
    {
        foreach (var utility in Utilities)
        {
            var key = await hub.CreateKeyAsync(utility, ApiKey.Publish, [$"urn:hub:utility:{utility}"], ["hub.utility_account.*"]);
            hub.Simulators.OpenDesk(utility, hub.Address, new PartnerSettings { Name = utility, Kind = "webhook" }, key);
        }
    }

    public ValueTask DisposeAsync() => Hub.DisposeAsync();
}

/// <summary>Property and electricity change hands together: register, hub, four utilities in three dialects, and back.</summary>
public sealed class CoTransferJourney(CoTransferHub shared) : IClassFixture<CoTransferHub>
{
    private static int last = Random.Shared.Next(1_000_000) * 10;

    private readonly string registration = $"DJ{Interlocked.Increment(ref last)}";

    private HubUnderTest Hub => shared.Hub;

    private string Unit => $"320706413219GB00029F{int.Parse(registration[2..], System.Globalization.CultureInfo.InvariantCulture):D8}";

    [Fact]
    public async Task A_booked_change_is_done_at_four_utilities_and_the_register_and_both_holders_are_told()
    {
        var id = await PublishAsync("registered");

        var transfer = await UntilAsync(CoTransferProcess.Step.Done);

        Assert.Equal(4, transfer.Current!.Parties.Count(party => party.Value is { State: CoTransferProcess.PartyState.Done, Outcome: "DONE", AccountNo: not null }));
        Assert.All(CoTransferHub.Utilities, utility => Assert.Equal("transferred", Desk(utility).Orders.Single(order => order.UnitNo == Unit).State));
        await Until.TrueAsync(() => Task.FromResult(Sent("register-lianyungang").Count == 1 && Sent("notices-lianyungang").Count == 1), "the register and the holders are told");
        Assert.Equal("DONE", (string?)Sent("register-lianyungang")[0]["data"]!["result"]);
        await Until.FoundAsync(async () => await Hub.EventAsync(id, shared.RegisterKey) is var view && (string?)view["status"] == "delivered" ? view : null, "the register reads that all of it was delivered");
    }

    [Fact]
    public async Task Arrears_park_it_and_it_is_done_after_the_settlement()
    {
        Desk("water-lianyungang").Find(new() { UnitNo = Unit, Precheck = "ARREARS", ArrearsYuan = 86.5m });
        await PublishAsync("registered");
        await UntilAsync(CoTransferProcess.Step.Settling);
        Assert.All(CoTransferHub.Utilities, utility => Assert.NotEqual("transferred", Desk(utility).Orders.SingleOrDefault(order => order.UnitNo == Unit)?.State));

        Assert.True(Desk("water-lianyungang").Settle(Unit));

        var transfer = await UntilAsync(CoTransferProcess.Step.Done);
        Assert.Null(transfer.Current!.Parties["water-lianyungang"].Waiver);
    }

    [Fact]
    public async Task A_withdrawn_registration_is_undone_everywhere_and_what_cannot_be_becomes_a_task_that_a_person_answers()
    {
        Desk("gas-lianyungang").Find(new() { UnitNo = Unit, Reversal = "CANNOT_REVERSE" });
        await PublishAsync("registered");
        await UntilAsync(CoTransferProcess.Step.Done);
        await PublishAsync("withdrawn", 2);

        var transfer = await UntilAsync(CoTransferProcess.Step.Reversing, candidate => candidate.Tasks.Any(task => task.IsOpen) && candidate.Current!.Parties.Values.Count(party => party.State == CoTransferProcess.PartyState.Reversed) == 3);
        var task = transfer.Tasks.Single(open => open.IsOpen);
        var (_, listed) = await Hub.CommandAsync("tasks", "list");
        Assert.Contains($"{Unit} {task.Id}  undo_by_hand  gas-lianyungang", listed, StringComparison.Ordinal);
        var (code, output) = await Hub.CommandAsync("tasks", "answer", Unit, task.Id, "undone", "--by", "值班员", "--reason", "电话核实");

        Assert.True(code == 0, output);
        var ended = await UntilAsync(CoTransferProcess.Step.Reversed);
        Assert.Equal(("undone", "值班员"), (ended.Tasks.Single(answered => answered.Id == task.Id).Answer, ended.Tasks.Single(answered => answered.Id == task.Id).By));
        var page = await Hub.PageAsync("/?lang=en");
        Assert.Contains("Undone", page.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("twice")]
    [InlineData("other_order")]
    [InlineData("unknown_field")]
    [InlineData("html")]
    public async Task Wrong_words_of_a_utility_change_nothing_and_its_right_ones_count(string wrong)
    {
        Desk("heat-lianyungang").Find(new() { UnitNo = Unit, Report = wrong });
        await PublishAsync("registered");

        await UntilAsync(CoTransferProcess.Step.Done);
    }

    [Theory]
    [InlineData("effect_then_timeout")]
    [InlineData("html")]
    [InlineData("reset")]
    public async Task A_utility_that_answers_wrongly_has_one_order_in_the_end(string mode)
    {
        Hub.Simulators.Partner("water-lianyungang").Faults.Set(new() { Mode = mode, Count = 2 });
        await PublishAsync("registered");

        await UntilAsync(CoTransferProcess.Step.Done, limit: TimeSpan.FromMinutes(2));

        Assert.Single(Desk("water-lianyungang").Orders, order => order.UnitNo == Unit);
    }

    private AccountDesk Desk(string utility) => Hub.Simulators.Partner(utility).Desk!;

    private List<JsonNode> Sent(string partner) => [.. Hub.Simulators.Partner(partner).Book.List(Unit, 10).Select(lead => JsonNode.Parse(lead.Fields)!)];

    private async Task<Guid> PublishAsync(string change, int version = 1)
    {
        var reply = await Hub.PublishAsync(
            new JsonObject
            {
                ["specversion"] = "1.0",
                ["id"] = $"{registration}-{version}",
                ["source"] = CoTransferHub.RegisterSource,
                ["type"] = $"hub.real_estate.transfer_{change}.v1",
                ["data"] = new JsonObject
                {
                    ["registryNo"] = registration, ["unitNo"] = Unit, ["propertyAddress"] = "连云港市海州区示例路1号示例花园3幢2单元501室", ["registeredAt"] = "2026-01-05T10:00:00+08:00",
                    ["regionCode"] = "320706", ["version"] = version,
                    ["oldHolders"] = new JsonArray(new JsonObject { ["name"] = "示例甲" }), ["newHolders"] = new JsonArray(new JsonObject { ["name"] = "示例乙" }),
                    ["consent"] = new JsonObject { ["granted"] = true, ["consentId"] = "C-1", ["scope"] = new JsonArray("power", "water", "gas", "heat") },
                },
            },
            shared.RegisterKey);
        Assert.True(reply.Status == 202, reply.Text);
        return (Guid)reply.Json["id"]!;
    }

    private Task<CoTransferProcess.Case> UntilAsync(CoTransferProcess.Step step, Func<CoTransferProcess.Case, bool>? and = null, TimeSpan? limit = null) => Until.FoundAsync(
        async () =>
        {
            var row = (await Hub.Service<LedgerQueries>().CasesAsync(ProcessCatalog.CoTransfer.Type, 200)).FirstOrDefault(candidate => candidate.Key == Unit);
            return row is not null && ProcessCatalog.CoTransfer.Read(row.State) is var state && state.Current?.Step == step && (and is null || and(state)) ? state : null;
        },
        $"{Unit} is {step}", limit);
}
