using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Connectors.ApprovalPlatform;
using Hub.Schemas;
using Hub.Simulators;

namespace Hub.Connectors.Tests;

/// <summary>The dialect of real-estate registers, against the simulator over real HTTP and against rows that no simulator gives.</summary>
public sealed class RegisterRecordTests
{
    private static readonly PublisherSettings Settings = new()
    {
        Name = "register", Kind = PublisherSettings.Register, Address = new Uri("http://127.0.0.1:9/"), AppKey = "hub", Secret = "a shared secret", Source = "urn:test", PageSize = 9,
    };

    private const string Data = """
        {
          "registryNo": "DJ-1", "unitNo": "320706413219GB00029F00010002", "certNo": "苏(2026)连云港市不动产权第0000183号", "propertyAddress": "连云港市海州区示例路1号示例花园3幢2单元501室",
          "transferReason": "SALE", "registeredAt": "2026-01-05T10:00:00+08:00", "regionCode": "320706", "version": 2, "oldHolders": [{ "name": "示例甲", "mobile": "13800000000" }],
          "newHolders": [{ "name": "示例乙", "idType": "111", "idNo": "110101199003074514", "share": "1/2", "accountHolder": true }, { "name": "示例丙", "idType": "OTHER", "share": "1/2" }],
          "consent": { "granted": true, "consentId": "C-1", "signedAt": "2026-01-05T09:30:00+08:00", "scope": ["power", "water", "gas", "heat"] },
          "accounts": [{ "utility": "power", "accountNo": "0123456789" }], "legalBasisRef": "示例共享约定1号", "changeReason": "示例"
        }
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("registered", EventTypes.TransferRegistered)]
    [InlineData("corrected", EventTypes.TransferCorrected)]
    [InlineData("withdrawn", EventTypes.TransferWithdrawn)]
    public async Task A_transfer_comes_through_the_register_as_it_was(string change, string type)
    {
        await using var host = await StartAsync();
        var example = new JsonObject { ["type"] = $"hub.real_estate.transfer_{change}.v1", ["data"] = JsonNode.Parse(Data) };
        var number = Register(host).Add(example);
        using var handler = ApprovalPlatformReader.CreateHandler(Settings);
        var reader = new ApprovalPlatformReader(Settings with { Address = host.AddressOf("register") }, handler, new FakeClock());

        var listed = Assert.Single((await reader.ListAsync(DateTimeOffset.UnixEpoch, 1, Cancellation)).Page!.Rows);
        var (row, _) = await reader.RecordAsync(number, Cancellation);

        Assert.Equal((number, type, false), (listed.RecordNo, listed.EventType, listed.IsPending));
        Assert.True(JsonNode.DeepEquals(Read(Data), Read(Text(row!.Data))), Text(row.Data));
    }

    [Fact]
    public async Task What_is_not_booked_yet_is_pending_and_an_unknown_status_is_not()
    {
        var page = await PageAsync("""{"xmid":"a","gxsj":"2026-03-02 09:30:00","zt":"10"},{"xmid":"b","gxsj":"2026-03-02 09:30:00","zt":"11"},{"xmid":"c","gxsj":"2026-03-02 09:30:00","zt":"77"}""");

        Assert.Equal([true, true, false], page.Rows.Select(row => row.IsPending));
        Assert.Null(page.Rows[2].EventType);
    }

    [Fact]
    public async Task Only_a_plain_yes_is_consent_and_what_cannot_be_translated_goes_on_as_it_is()
    {
        var page = await PageAsync("""{"xmid":"a","gxsj":"2026-03-02 09:30:00","zt":"01","ywh":"DJ-1","djsj":"soon","zydjyy":"8","lhgh":"Y","lhfw":"1, 7","qlr":"示例乙","ywr":[{"qlrmc":"示例甲","khr":"0"}]}""");

        Assert.Equal(
            """{"registryNo":"DJ-1","transferReason":"8","registeredAt":"soon","oldHolders":[{"name":"示例甲"}],"newHolders":"示例乙","consent":{"granted":false,"scope":["power","7"]}}""",
            Text(page.Rows[0].Data));
    }

    private static async Task<PlatformPage> PageAsync(string rows)
    {
        var body = """{"code":"0000","data":{"pageNo":1,"pageSize":9,"total":9,"fwsj":"2026-03-02 09:30:00","list":[ROWS]}}""".Replace("ROWS", rows, StringComparison.Ordinal);
        return (await new ApprovalPlatformReader(Settings, StubPartner.Answering(200, body), new FakeClock()).ListAsync(DateTimeOffset.UnixEpoch, 1, Cancellation)).Page!;
    }

    // As the contract reads it: the order of members and the offset's way of writing do not matter.
    private static JsonNode Read(string json) => JsonSerializer.SerializeToNode(JsonSerializer.Deserialize(json, SchemasJson.Default.PropertyTransfer)!, SchemasJson.Default.PropertyTransfer)!;

    private static Simulators.ApprovalPlatform Register(SimulatorHost host) => (Simulators.ApprovalPlatform)host.Partner("register");

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static Task<SimulatorHost> StartAsync() => SimulatorHost.StartAsync(
        new() { Partners = [new() { Name = "register", Kind = PublisherSettings.Register, AppKey = "hub", Secret = "a shared secret" }] }, Cancellation, new FakeClock());
}
