using System.Text.Json.Nodes;

namespace Hub.Journeys;

/// <summary>The 40 real approvals through the front door, against what was worked out for each of them beside the code.</summary>
public sealed class RecordsJourney
{
    private static readonly JsonArray Expected = JsonNode.Parse(File.ReadAllBytes(Path.Combine(Checkout.Records, "expected.json")))!.AsArray();

    [Fact]
    public async Task Every_record_ends_as_expected_when_sent_alone()
    {
        await using var hub = await HubUnderTest.StartAsync();
        var found = new List<string>();
        foreach (var expected in Expected)
        {
            var reply = await hub.PublishAsync(await File.ReadAllBytesAsync(Path.Combine(Checkout.Records, (string)expected!["file"]!)));
            found.Add(Line(expected, await OutcomeAsync(hub, expected, reply.Status, reply.Json)));
        }

        Assert.Equal(Expected.Select(Line), found);
    }

    [Fact]
    public async Task The_accepted_records_end_the_same_in_one_batch()
    {
        await using var hub = await HubUnderTest.StartAsync();
        var accepted = Expected.Where(expected => (string)expected!["outcome"]! != "REFUSED").ToList();
        var bodies = accepted.Select(expected => JsonNode.Parse(File.ReadAllBytes(Path.Combine(Checkout.Records, (string)expected!["file"]!)))!);

        var reply = await hub.PublishBatchAsync(bodies);

        Assert.Equal((200, accepted.Count, 0), (reply.Status, (int)reply.Json["accepted"]!, (int)reply.Json["refused"]!));
        var found = new List<string>();
        foreach (var (index, expected) in accepted.Index())
        {
            var item = reply.Json["items"]![index]!;
            Assert.Equal(index, (int)item["index"]!);
            found.Add(Line(expected, await OutcomeAsync(hub, expected, (int)item["status"]!, item["accepted"]!)));
        }

        Assert.Equal(accepted.Select(Line), found);
    }

    private static async Task<(string Outcome, string Detail, IEnumerable<string> Errors, IEnumerable<string> Warnings)> OutcomeAsync(HubUnderTest hub, JsonNode? expected, int status, JsonNode answer)
    {
        if (status == 422)
        {
            var errors = answer["errors"]!.AsArray();
            return ("REFUSED", (string)errors[0]!["code"]!, errors.Select(error => $"{(string)error!["code"]!} {((string)error["pointer"]!)["/data".Length..]}"), []);
        }

        Assert.Equal(202, status);
        var id = (Guid)answer["id"]!;
        var view = await Until.FoundAsync(async () => await hub.EventAsync(id) is var event_ && (string)event_["status"]! is "delivered" or "parked" or "stored" ? event_ : null, $"{expected!["file"]} is at rest");
        var warnings = view["warnings"]!.AsArray().Where(warning => (string)warning!["code"]! != "no_earlier_record").Select(Mark).ToList();
        if ((string)view["status"]! != "delivered")
            return (((string)view["status"]!).ToUpperInvariant(), (string?)view["reason"] ?? "", [], warnings);

        var receiver = (string)Assert.Single(view["receivers"]!.AsArray())!["receiver"]!;
        Assert.NotNull(hub.Lead(receiver, (string)view["subject"]!));
        return ("DELIVERED", receiver, [], warnings);
    }

    private static string Line(JsonNode? expected) => Line(expected, (
        (string)expected!["outcome"]!,
        (string?)expected["operator"] ?? (string)expected["code"]!,
        expected["errors"]!.AsArray().Select(Mark),
        (string)expected["outcome"]! == "REFUSED" ? [] : expected["warnings"]!.AsArray().Select(Mark)));

    private static string Line(JsonNode? expected, (string Outcome, string Detail, IEnumerable<string> Errors, IEnumerable<string> Warnings) found) =>
        $"{(string)expected!["file"]!}: {found.Outcome} {found.Detail} errors [{string.Join(", ", found.Errors)}] warnings [{string.Join(", ", found.Warnings)}]";

    private static string Mark(JsonNode? mark) => $"{(string)mark!["code"]!} {(string)mark["pointer"]!}";
}
