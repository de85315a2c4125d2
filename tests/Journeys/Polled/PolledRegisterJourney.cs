using System.Text.Json.Nodes;
using Hub.Connectors;
using Hub.Ledger;
using Hub.Processes;
using Hub.Simulators;

namespace Hub.Journeys.Polled;

/// <summary>A real-estate register that cannot push, from its list to four utilities and back.</summary>
public sealed class PolledRegisterJourney
{
    private const string Register = "register-lianyungang";
    private const string Secret = "a register's secret";

    [Fact]
    public async Task A_change_is_taken_once_it_is_booked_and_undone_once_it_is_withdrawn()
    {
        await using var simulators = await SimulatorHost.StartAsync(
            new SimulatorSettings { Partners = [new() { Name = Register, Kind = PublisherSettings.Register, AppKey = "hub", Secret = Secret }] }, CancellationToken.None);
        var publisher = new PublisherSettings
        {
            Name = Register, Kind = PublisherSettings.Register, Address = simulators.AddressOf(Register), AppKey = "hub", Secret = Secret, Source = CoTransferHub.RegisterSource, Every = 1,
            PageSize = 2, OverlapSeconds = 5,
        };
        await using var hub = await HubUnderTest.StartAsync(
            settings => settings with { SitePacks = Path.Combine(Checkout.Root, "scripts", "demo-packs"), Publishers = [publisher] }, [.. CoTransferHub.Utilities, Register, "notices-lianyungang"]);
        await CoTransferHub.OpenDesksAsync(hub);
        var register = (ApprovalPlatform)simulators.Partner(Register);

        // Three, so that there is a second page; one of them never comes so far.
        foreach (var place in (int[])[1, 2, 3])
            register.Add(Transfer("accepted", place, 1));
        foreach (var place in (int[])[1, 2])
            register.Add(Transfer("registered", place, 1));
        await UntilAsync(hub, 1, CoTransferProcess.Step.Done);
        await UntilAsync(hub, 2, CoTransferProcess.Step.Done);

        register.Add(Transfer("withdrawn", 1, 2));
        await UntilAsync(hub, 1, CoTransferProcess.Step.Reversed);

        Assert.All(CoTransferHub.Utilities, utility => Assert.Equal("transferred", hub.Simulators.Partner(utility).Desk!.Orders.Single(order => order.UnitNo == Unit(2)).State));
        Assert.Null(await StateAsync(hub, 3));
        Assert.Equal(3L, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM events WHERE type LIKE 'hub.real_estate.%' AND partner = 'register-lianyungang'"));
        Assert.Equal(0L, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM quarantine"));
    }

    private static string Unit(int place) => $"320706413219GB00029F0009000{place}";

    private static JsonObject Transfer(string change, int place, int version) => new()
    {
        ["type"] = $"hub.real_estate.transfer_{change}.v1",
        ["data"] = new JsonObject
        {
            ["registryNo"] = $"DJ-P{place}", ["unitNo"] = Unit(place), ["propertyAddress"] = $"连云港市海州区示例路{place}号示例花园3幢2单元501室", ["registeredAt"] = "2026-01-05T10:00:00+08:00",
            ["regionCode"] = "320706", ["version"] = version,
            ["oldHolders"] = new JsonArray(new JsonObject { ["name"] = "示例甲" }), ["newHolders"] = new JsonArray(new JsonObject { ["name"] = "示例乙" }),
            ["consent"] = new JsonObject { ["granted"] = true, ["consentId"] = "C-1", ["scope"] = new JsonArray("power", "water", "gas", "heat") },
        },
    };

    private static async Task<CoTransferProcess.Case?> StateAsync(HubUnderTest hub, int place) =>
        (await hub.Service<LedgerQueries>().CasesAsync(ProcessCatalog.CoTransfer.Type, 200)).FirstOrDefault(row => row.Key == Unit(place)) is { } row ? ProcessCatalog.CoTransfer.Read(row.State) : null;

    private static Task<CoTransferProcess.Case> UntilAsync(HubUnderTest hub, int place, CoTransferProcess.Step step) => Until.FoundAsync(
        async () => await StateAsync(hub, place) is { } state && state.Current?.Step == step ? state : null, $"{Unit(place)} is {step}", TimeSpan.FromMinutes(2));
}
