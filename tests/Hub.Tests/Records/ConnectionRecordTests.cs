using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Intake;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Records;

public sealed class ConnectionRecordTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 2, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> Types => [.. EventTypes.OfConnection];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_has_an_example_that_is_read(string type)
    {
        var (input, problem) = Read(type, _ => { });

        Assert.Null(problem);
        Assert.Equal((type, ProcessCatalog.Connection.Type), (input!.Event.Type, input.CaseType));
        Assert.EndsWith(":BZ-2026-0001", input.CaseName, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string?, string, string> Bad => new()
    {
        { EventTypes.ConnectionApplied, "applicationNo", null, "/data/applicationNo", "required" },
        { EventTypes.ConnectionApplied, "applicationNo", "\"a b\"", "/data/applicationNo", "pattern" },
        { EventTypes.ConnectionApplied, "version", "0", "/data/version", "range" },
        { EventTypes.ConnectionApplied, "version", null, "/data/version", "required" },
        { EventTypes.ConnectionApplied, "regionCode", "\"3207\"", "/data/regionCode", "pattern" },
        { EventTypes.ConnectionApplied, "businessType", "\"MOVE\"", "/data/businessType", "not_allowed" },
        { EventTypes.ConnectionApplied, "channel", "\"FAX\"", "/data/channel", "not_allowed" },
        { EventTypes.ConnectionApplied, "appliedAt", "\"2026-01-05\"", "/data/appliedAt", "not_a_time" },
        { EventTypes.ConnectionApplied, "appliedAt", "\"2026-03-02T00:00:00+08:00\"", "/data/appliedAt", "not_allowed" },
        { EventTypes.ConnectionApplied, "capacityUnit", null, "/data/capacityUnit", "required" },
        { EventTypes.ConnectionApplied, "capacityUnit", "\"MW\"", "/data/capacityUnit", "not_allowed" },
        { EventTypes.ConnectionApplied, "capacity", "-1", "/data/capacity", "range" },
        { EventTypes.ConnectionApplied, "voltageLevel", "\"AC99999\"", "/data/voltageLevel", "not_allowed" },
        { EventTypes.ConnectionApplied, "supplies", "0", "/data/supplies", "range" },
        { EventTypes.ConnectionApplied, "areaType", "\"04\"", "/data/areaType", "not_allowed" },
        { EventTypes.ConnectionApplied, "usageType", "\"4\"", "/data/usageType", "pattern" },
        { EventTypes.ConnectionApplied, "tags", "[\"SANLING\"]", "/data/tags/0", "not_allowed" },
        { EventTypes.ConnectionApplied, "tags", "[null]", "/data/tags/0", "required" },
        { EventTypes.ConnectionApplied, "requiredDate", "\"2026-02-30\"", "/data/requiredDate", "pattern" },
        { EventTypes.ConnectionApplied, "appointmentAt", "\"soon\"", "/data/appointmentAt", "not_a_time" },
        { EventTypes.ConnectionApplied, "colour", "\"red\"", "/data/colour", "unknown_field" },
        { EventTypes.ConnectionStage, "stage", "\"DONE\"", "/data/stage", "not_allowed" },
        { EventTypes.ConnectionStage, "action", "\"BEGIN\"", "/data/action", "not_allowed" },
        { EventTypes.ConnectionStage, "action", "\"PAUSE\"", "/data/pauseKind", "required" },
        { EventTypes.ConnectionStage, "action", "\"CORRECT\"", "/data/reason", "required" },
        { EventTypes.ConnectionStage, "action", "\"CANCEL\"", "/data/reason", "required" },
        { EventTypes.ConnectionStage, "occurredAt", "\"2026-03-01T12:00:00+08:00\"", "/data/occurredAt", "not_allowed" },
        { EventTypes.ConnectionMatchDecided, "confirmed", null, "/data/confirmed", "required" },
        { EventTypes.ConnectionMatchDecided, "by", null, "/data/by", "required" },
        { EventTypes.ConnectionEvaluated, "score", "6", "/data/score", "range" },
        { EventTypes.ConnectionEvaluated, "at", null, "/data/at", "required" },
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
        });

        Assert.Null(input);
        Assert.Contains(problem!.Errors!, error => (error.Pointer, error.Code) == (pointer, code));
    }

    [Fact]
    public void A_doubtful_credit_code_warns_and_does_not_refuse() =>
        Assert.Contains(Read(EventTypes.ConnectionApplied, data => data["unitUscc"] = "91320706MA1EXAMPL1").Input!.Event.Warnings, warning => warning.Code == WarningCodes.CheckDigit);

    private static ReadResult Read(string type, Action<JsonObject> change)
    {
        var envelope = JsonNode.Parse(Example.Read($"{type}.json").Envelope.GetRawText())!.AsObject();
        change(envelope["data"]!.AsObject());
        var key = new ApiKey { KeyId = "k", Partner = "sgcc-lianyungang", Direction = ApiKey.Publish, Sources = ["urn:hub:utility:demo"], LegalBasis = "AGREEMENT" };
        return EventReader.Structured(JsonSerializer.SerializeToUtf8Bytes(envelope), key, Now);
    }
}
