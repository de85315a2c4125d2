using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Intake;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Processes;
using Xunit;

namespace Hub.Tests.Records;

public sealed class OutageRecordTests
{
    private static readonly ApiKey Utility = new()
    {
        KeyId = "0123456789abcdef", Partner = OutageCase.Power, Direction = ApiKey.Publish, Sources = ["urn:hub:utility:sgcc-lianyungang", "urn:hub:utility:app-lianyungang"],
    };

    public static TheoryData<string> Types => [.. EventTypes.OfOutage, EventTypes.OutageNotified];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_has_an_example_without_error_or_warning(string type)
    {
        var example = Example.Read($"{type}.json");

        var (input, problem) = EventReader.Structured(JsonSerializer.SerializeToUtf8Bytes(example.Envelope), Utility, new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero));

        Assert.Null(problem);
        Assert.Equal((type, "outage", $"{OutageCase.Power}/{example.Envelope.GetProperty("data").GetProperty("noticeId").GetString()}"), (input!.Event.Type, input.CaseType, input.CaseName));
        Assert.Empty(input.Event.Warnings);
    }

    // Member, what stands in its place (null: nothing), where the error is, its code.
    public static TheoryData<string, string?, string, string> RefusedNotices => new()
    {
        { "noticeId", null, "/data/noticeId", ErrorCodes.Required },
        { "type", "\"RESTORED\"", "/data/type", ErrorCodes.NotAllowed },
        { "revision", null, "/data/revision", ErrorCodes.Required },
        { "revision", "0", "/data/revision", ErrorCodes.Range },
        { "regionCode", "\"3207\"", "/data/regionCode", ErrorCodes.Pattern },
        { "areaText", "\" \"", "/data/areaText", ErrorCodes.Required },
        { "areaText", "\"a\\u0000b\"", "/data/areaText", ErrorCodes.BadText },
        { "startAt", null, "/data/startAt", ErrorCodes.Required },
        { "startAt", "\"2026-01-12 08:00\"", "/data/startAt", ErrorCodes.NotATime },
        { "endAt", null, "/data/endAt", ErrorCodes.Required },
        { "endAt", "\"2026-01-12T07:00:00+08:00\"", "/data/endAt", ErrorCodes.Range },
        { "reason", null, "/data/reason", ErrorCodes.Required },
        { "reason", "\"BECAUSE\"", "/data/reason", ErrorCodes.NotAllowed },
        { "reason", "\"ORDERED\"", "/data/orderedBy", ErrorCodes.Required },
        { "issuedAt", null, "/data/issuedAt", ErrorCodes.Required },
        { "channels", "[\"SMS\",\"PIGEON\"]", "/data/channels/1", ErrorCodes.NotAllowed },
        { "channels", "[null]", "/data/channels/0", ErrorCodes.Required },
        { "affectedAccounts", "[\"0123456780\",\"\"]", "/data/affectedAccounts/1", ErrorCodes.Required },
        { "affectedAccounts", "[\"012345678012345678012345\"]", "/data/affectedAccounts/0", ErrorCodes.TooLong },
        { "affectedAccounts", "[null]", "/data/affectedAccounts/0", ErrorCodes.Required },
        { "affectedAccounts", "\"0123456780\"", "/data/affectedAccounts", "wrong_type" },
        { "weather", "\"fine\"", "/data/weather", "unknown_field" },
    };

    [Theory]
    [MemberData(nameof(RefusedNotices))]
    public void A_notice_that_cannot_be_told_or_ordered_is_refused_with_its_place(string member, string? value, string pointer, string code) =>
        Assert.Equal((pointer, code), ErrorOf(Changed(EventTypes.OutageAnnounced, data => Put(data, member, value))));

    [Fact]
    public void More_than_a_thousand_accounts_are_too_many()
    {
        var (_, problem) = Changed(EventTypes.OutageAnnounced, data => data["affectedAccounts"] = new JsonArray([.. Enumerable.Range(0, 1001).Select(i => (JsonNode)$"{i:D10}")]));

        Assert.Equal(("/data/affectedAccounts", ErrorCodes.TooLong), (problem!.Errors![0].Pointer, problem.Errors[0].Code));
    }

    [Fact]
    public void Progress_says_how_far_it_is() =>
        Assert.Equal(("/data/detail", ErrorCodes.Required), ErrorOf(Changed(EventTypes.OutageProgress, data => data.Remove("detail"))));

    [Fact]
    public void A_notice_that_names_nobody_is_taken_with_a_warning()
    {
        var (input, _) = Changed(EventTypes.OutageAnnounced, data => data.Remove("affectedAccounts"));

        Assert.Equal([WarningCodes.NobodyToTell], input!.Event.Warnings.Select(warning => warning.Code));
    }

    [Fact]
    public void Accounts_are_normalised_and_an_odd_one_warns()
    {
        var (input, _) = Changed(EventTypes.OutageAnnounced, data => data["affectedAccounts"] = new JsonArray("０１２３４５６７８０", "0123456780", "旧-7"));

        Assert.Equal(["0123456780", "旧-7"], Assert.IsType<OutageNotice>(input!.Content).AffectedAccounts);
        Assert.Equal([("/affectedAccounts/2", WarningCodes.CodeForm)], input.Event.Warnings.Select(warning => (warning.Pointer, warning.Code)));
    }

    [Fact]
    public void The_case_is_of_the_utility_whose_key_it_came_with()
    {
        var (input, _) = Changed(EventTypes.OutageAnnounced, _ => { }, Utility with { Partner = "another" });

        Assert.Equal("another/TD-2026-0112", input!.CaseName);
    }

    public static TheoryData<string, string?, string, string> RefusedResults => new()
    {
        { "operatorCode", null, "/data/operatorCode", ErrorCodes.Required },
        { "reference", null, "/data/reference", ErrorCodes.Required },
        { "channel", "\"FAX\"", "/data/channel", ErrorCodes.NotAllowed },
        { "batch", null, "/data/batch", ErrorCodes.Required },
        { "batch", "1001", "/data/batch", ErrorCodes.Range },
        { "results", "[]", "/data/results", ErrorCodes.Required },
        { "results", "[{\"accountNo\":\"1\",\"state\":\"MAYBE\",\"at\":\"2026-01-04T09:00:40+08:00\"}]", "/data/results/0/state", ErrorCodes.NotAllowed },
        { "results", "[{\"accountNo\":\"1\",\"state\":\"FAILED\",\"at\":\"soon\"}]", "/data/results/0/at", ErrorCodes.NotATime },
        { "results", "[{\"state\":\"FAILED\",\"at\":\"2026-01-04T09:00:40+08:00\"}]", "/data/results/0/accountNo", ErrorCodes.Required },
        { "results", "[null]", "/data/results/0", ErrorCodes.Required },
    };

    [Theory]
    [MemberData(nameof(RefusedResults))]
    public void Results_that_cannot_be_counted_are_refused_with_their_place(string member, string? value, string pointer, string code) =>
        Assert.Equal((pointer, code), ErrorOf(Changed(EventTypes.OutageNotified, data => Put(data, member, value))));

    [Fact]
    public void An_account_stands_once_in_a_batch() => Assert.Equal(
        ("/data/results/1/accountNo", ErrorCodes.NotAllowed), ErrorOf(Changed(EventTypes.OutageNotified, data => data["results"]![1]!["accountNo"] = "０１２３４５６７８０")));

    [Fact]
    public void The_commands_content_has_the_form_that_is_published()
    {
        var outage = new OutageCase();
        outage.Announced();

        var written = JsonSerializer.SerializeToNode(outage.Notice, SchemasJson.Readable.Notice)!.AsObject().Select(member => member.Key);

        var published = JsonNode.Parse(SchemaFiles.All()["notification/notice.schema.json"])!["properties"]!.AsObject().Select(member => member.Key).ToHashSet();
        Assert.All(written, member => Assert.Contains(member, published));
    }

    private static (string, string) ErrorOf(ReadResult read) => read.Problem!.Errors!.Select(error => (error.Pointer, error.Code)).First();

    private static void Put(JsonObject data, string member, string? value)
    {
        data.Remove(member);
        if (value is not null)
            data[member] = JsonNode.Parse(value);
    }

    private static ReadResult Changed(string type, Action<JsonObject> change, ApiKey? key = null)
    {
        var envelope = JsonNode.Parse(Example.Read($"{type}.json").Envelope.GetRawText())!.AsObject();
        change(envelope["data"]!.AsObject());
        return EventReader.Structured(JsonSerializer.SerializeToUtf8Bytes(envelope), key ?? Utility, new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero));
    }
}
