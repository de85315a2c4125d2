using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Intake;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schemas;
using NJsonSchema;
using Xunit;

namespace Hub.Tests.Records;

public sealed class PermitRecordTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 2, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> Types => [.. EventTypes.OfPermit];

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Every_type_has_an_example_that_is_read_and_fits_its_schema(string type)
    {
        var (input, problem) = Read(type, _ => { });

        Assert.Null(problem);
        Assert.Equal((type, ProcessCatalog.Permit.Type, "hohhot-power:WX-2026-0001"), (input!.Event.Type, input.CaseType, input.CaseName));
        Assert.Empty(input.Event.Warnings);
        var schema = await JsonSchema.FromJsonAsync(SchemaFiles.All()[$"municipal/{type}.schema.json"], TestContext.Current.CancellationToken);
        Assert.Empty(schema.Validate(Example.Read($"{type}.json").Envelope.GetProperty("data").GetRawText()));
    }

    public static TheoryData<string, string, string?, string, string> Bad => new()
    {
        { EventTypes.PermitApplied, "caseNo", null, "/data/caseNo", "required" },
        { EventTypes.PermitApplied, "caseNo", "\"a:b\"", "/data/caseNo", "pattern" },
        { EventTypes.PermitApplied, "operatorCode", null, "/data/operatorCode", "required" },
        { EventTypes.PermitApplied, "operatorCode", "\"sgcc-linfen\"", "/data/operatorCode", "not_allowed" },
        { EventTypes.PermitApplied, "applicationNo", "\"a b\"", "/data/applicationNo", "pattern" },
        { EventTypes.PermitApplied, "regionCode", "\"1501\"", "/data/regionCode", "pattern" },
        { EventTypes.PermitApplied, "version", null, "/data/version", "required" },
        { EventTypes.PermitApplied, "version", "0", "/data/version", "range" },
        { EventTypes.PermitApplied, "appliedAt", "\"2026-01-05 09:30:00\"", "/data/appliedAt", "not_a_time" },
        { EventTypes.PermitApplied, "appliedAt", "\"2026-03-03T09:30:00+08:00\"", "/data/appliedAt", "not_allowed" },
        { EventTypes.PermitApplied, "customerClass", "\"SMALL\"", "/data/customerClass", "not_allowed" },
        { EventTypes.PermitApplied, "customerClass", null, "/data/customerClass", "required" },
        { EventTypes.PermitApplied, "tags", "[\"VIP\"]", "/data/tags/0", "not_allowed" },
        { EventTypes.PermitApplied, "purpose", null, "/data/purpose", "required" },
        { EventTypes.PermitApplied, "purpose", "\"FUN\"", "/data/purpose", "not_allowed" },
        { EventTypes.PermitApplied, "lengthM", "-1", "/data/lengthM", "range" },
        { EventTypes.PermitApplied, "lengthM", "\"300\"", "/data/lengthM", "wrong_type" },
        { EventTypes.PermitApplied, "occupies", null, "/data/occupies", "required" },
        { EventTypes.PermitApplied, "occupies", "[\"MOON\"]", "/data/occupies/0", "not_allowed" },
        { EventTypes.PermitApplied, "occupies", "[null]", "/data/occupies/0", "required" },
        { EventTypes.PermitApplied, "greenOwner", "\"MINE\"", "/data/greenOwner", "not_allowed" },
        { EventTypes.PermitApplied, "treesMoved", "-1", "/data/treesMoved", "range" },
        { EventTypes.PermitApplied, "wishedItems", "[\"NOISE\"]", "/data/wishedItems/0", "not_allowed" },
        { EventTypes.PermitApplied, "attachments", "[{\"reference\":\"x\"}]", "/data/attachments/0/name", "required" },
        { EventTypes.PermitApplied, "attachments", "[{\"name\":\"x\",\"sha256\":\"12\"}]", "/data/attachments/0/sha256", "pattern" },
        { EventTypes.PermitApplied, "colour", "\"red\"", "/data/colour", "unknown_field" },
        { EventTypes.PermitItemReported, "item", "\"NOISE\"", "/data/item", "not_allowed" },
        { EventTypes.PermitItemReported, "status", null, "/data/status", "required" },
        { EventTypes.PermitItemReported, "permitNo", null, "/data/permitNo", "required" },
        { EventTypes.PermitItemReported, "status", "\"REFUSED\"", "/data/reason", "required" },
        { EventTypes.PermitItemReported, "status", "\"SURVEYED\"", "/data/survey", "required" },
        { EventTypes.PermitItemReported, "at", "\"2026-03-02T18:00:00+08:00\"", "/data/at", "not_allowed" },
        { EventTypes.PermitItemReported, "feeYuan", "-0.01", "/data/feeYuan", "range" },
        { EventTypes.PermitWithdrawn, "note", null, "/data/note", "required" },
        { EventTypes.PermitWithdrawn, "result", "\"CLEAR\"", "/data/result", "not_allowed" },
        { EventTypes.PermitConsulted, "by", null, "/data/by", "required" },
        { EventTypes.PermitConsulted, "note", null, "/data/note", "required" },
        { EventTypes.PermitConsulted, "result", "\"AGREED\"", "/data/result", "not_allowed" },
        { EventTypes.PermitOpinion, "result", null, "/data/result", "required" },
        { EventTypes.PermitCommitmentSigned, "reference", null, "/data/reference", "required" },
        { EventTypes.PermitCommitmentSigned, "operatorCode", "\"another\"", "/data/operatorCode", "not_allowed" },
        { EventTypes.PermitWorksFinished, "at", null, "/data/at", "required" },
        { EventTypes.PermitRestored, "result", "\"BROKEN\"", "/data/reference", "required" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_is_wrong_is_said_with_its_place(string type, string member, string? value, string pointer, string code)
    {
        var (input, problem) = Read(type, data =>
        {
            if (value is null)
                data.Remove(member);
            else
                data[member] = JsonNode.Parse(value);
            if (pointer == "/data/reference" && type == EventTypes.PermitRestored)
                data.Remove("reference");
        });

        Assert.Null(input);
        Assert.Contains(problem!.Errors!, error => (error.Pointer, error.Code) == (pointer, code) && error.MessageZh.Length > 0 && error.MessageEn.Length > 0);
    }

    [Fact]
    public void Green_without_an_owner_is_warned_and_taken() =>
        Assert.Equal("/greenOwner", Assert.Single(Read(EventTypes.PermitApplied, data => data.Remove("greenOwner")).Input!.Event.Warnings).Pointer);

    [Fact]
    public void A_key_of_another_region_may_not_speak() =>
        Assert.Equal("region_not_allowed", Read(EventTypes.PermitApplied, _ => { }, regions: ["1407"]).Problem!.Code);

    private static ReadResult Read(string type, Action<JsonObject> change, string[]? regions = null)
    {
        var envelope = JsonNode.Parse(Example.Read($"{type}.json").Envelope.GetRawText())!.AsObject();
        change(envelope["data"]!.AsObject());
        var key = new ApiKey
        {
            KeyId = "k", Partner = "hohhot-power", Direction = ApiKey.Publish, Sources = ["urn:hub:utility:demo", "urn:hub:permits:demo"], LegalBasis = "AGREEMENT", Regions = regions ?? [],
        };
        return EventReader.Structured(JsonSerializer.SerializeToUtf8Bytes(envelope), key, Now);
    }
}
