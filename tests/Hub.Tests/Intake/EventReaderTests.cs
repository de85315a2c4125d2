using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Intake;
using Hub.Ledger;
using Hub.Schemas;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Hub.Tests.Intake;

public sealed class EventReaderTests
{
    private static readonly DateTimeOffset Now = FakeClock.Start;

    private static string Good => Approvals.Envelope().ToJsonString();

    [Fact]
    public void A_good_event_is_read_with_its_bytes_as_they_came()
    {
        var body = Encoding.UTF8.GetBytes(Good);

        var read = EventReader.Structured(body, Approvals.Key, Now).Input!;

        Assert.Equal(body, read.Event.Body.ToArray());
        Assert.Equal("{\"projectCode\"", Encoding.UTF8.GetString(read.Event.Data.Span[..14]));
        Assert.Equal((Approvals.Code(888002), "bureau-test", "141002"), (read.Event.Subject, read.Event.Partner, read.Event.Region));
        Assert.Equal(new DateTimeOffset(2021, 10, 12, 2, 24, 0, TimeSpan.Zero), read.Event.OccurredAt);
        Assert.Equal("AGREEMENT-1", ((ProjectApproval)read.Content).LegalBasisRef);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(body), read.Digest);
    }

    // What was changed in the good event, by its text; the code and the first pointer of the answer.
    [Theory]
    [InlineData("", "", "empty_body", null)]
    [InlineData("*", "[]", "invalid_event", "")]
    [InlineData("*", "null", "invalid_event", "")]
    [InlineData("*", "\"text\"", "invalid_event", "")]
    [InlineData("*", "{", "bad_json", "")]
    [InlineData("*", "{}", "invalid_event", "/specversion")]
    [InlineData("*", "{\"a\":}", "bad_json", "")]
    [InlineData("*", "{'a':1}", "bad_json", "")]
    [InlineData("*", "{/* */}", "bad_json", "")]
    [InlineData("*", "\uFEFF{}", "bad_json", "")]
    [InlineData("}}", "}} x", "bad_json", "")]
    [InlineData("}}", "}}{}", "bad_json", "")]
    [InlineData("}}", "},}", "bad_json", "")]
    [InlineData("\"1.0\"", "\"0.3\"", "invalid_event", "/specversion")]
    [InlineData("\"1.0\"", "1.0", "invalid_event", "/specversion")]
    [InlineData("\"id\":\"1\"", "\"id\":\"\"", "invalid_event", "/id")]
    [InlineData("\"id\":\"1\"", "\"id\":\"  \"", "invalid_event", "/id")]
    [InlineData("\"id\":\"1\"", "\"id\":1", "invalid_event", "/id")]
    [InlineData("\"id\":\"1\"", "\"id\":null", "invalid_event", "/id")]
    [InlineData("\"id\":\"1\"", "\"id\":{\"a\":[1]}", "invalid_event", "/id")]
    [InlineData("\"id\":\"1\"", "\"id\":\"a\\u0000b\"", "invalid_event", "/id")]
    [InlineData("\"id\":\"1\"", "\"id\":\"a\\nb\"", "invalid_event", "/id")]
    [InlineData("\"id\":\"1\"", "\"id\":\"12345678901234567890123456789012345678901234567890123456789012345\"", "invalid_event", "/id")]
    [InlineData("\"id\":\"1\"", "\"id\":\"\\ud800\"", "bad_json", "")]
    [InlineData("\"id\":\"1\"", "\"id\":\"1\",\"id\":\"1\"", "duplicate_key", "/id")]
    [InlineData("\"id\":\"1\"", "\"id\":\"1\",\"i\\u0064\":\"1\"", "duplicate_key", "/id")]
    [InlineData("\"id\":\"1\"", "\"id\":\"1\",\"a\\ud800\":\"1\"", "bad_json", "")]
    [InlineData("\"id\":\"1\"", "\"id\":\"1\",\"Bad\":\"1\"", "invalid_event", "/Bad")]
    [InlineData("\"id\":\"1\"", "\"id\":\"1\",\"bad_name\":\"1\"", "invalid_event", "/bad_name")]
    [InlineData("\"id\":\"1\"", "\"id\":\"1\",\"a/b~c\":1", "invalid_event", "/a~1b~0c")]
    [InlineData("\"id\":\"1\"", "\"id\":\"1\",\"\":1", "invalid_event", "/")]
    [InlineData("\"id\":\"1\"", "\"id\":\"1\",\"abcdefghijklmnopqrstu\":1", "invalid_event", "/abcdefghijklmnopqrstu")]
    [InlineData("\"id\":\"1\"", "\"id\":\"1\",\"ext\":{}", "invalid_event", "/ext")]
    [InlineData("\"id\":\"1\"", "\"id\":\"1\",\"ext\":[]", "invalid_event", "/ext")]
    [InlineData("\"id\":\"1\"", "\"id\":\"1\",\"data_base64\":\"e30=\"", "invalid_event", "/data_base64")]
    [InlineData("\"id\":\"1\"", "\"id\":\"1\",\"datacontenttype\":\"text/xml\"", "invalid_event", "/datacontenttype")]
    [InlineData("urn:hub:bureau:test", "urn:another", "source_not_allowed", "/source")]
    [InlineData("urn:hub:bureau:test", "", "invalid_event", "/source")]
    [InlineData("created.v1", "created.v2", "invalid_event", "/type")]
    [InlineData("created.v1", "CREATED.v1", "invalid_event", "/type")]
    [InlineData("hub.project_approval.created.v1", "hub.delivery.receipt.v1", "invalid_event", "/type")]
    [InlineData("2021-10-12T10:24:00\\u002B08:00", "2021-10-12T10:24:00", "invalid_event", "/time")]
    [InlineData("2021-10-12T10:24:00\\u002B08:00", "2021-10-12", "invalid_event", "/time")]
    [InlineData("2021-10-12T10:24:00\\u002B08:00", "2021-10-12 10:24:00+08:00", "invalid_event", "/time")]
    [InlineData("2021-10-12T10:24:00\\u002B08:00", "2021-13-12T10:24:00+08:00", "invalid_event", "/time")]
    [InlineData("2021-10-12T10:24:00\\u002B08:00", "2021-02-30T10:24:00Z", "invalid_event", "/time")]
    [InlineData("2021-10-12T10:24:00\\u002B08:00", "2021-10-12T10:24:00+99:00", "invalid_event", "/time")]
    [InlineData("2021-10-12T10:24:00\\u002B08:00", "12/10/2021T10:24:00Z", "invalid_event", "/time")]
    [InlineData("2021-10-12T10:24:00\\u002B08:00", "0001-01-01T00:00:00+14:00", "invalid_event", "/time")]
    [InlineData("2021-10-12T10:24:00\\u002B08:00", "9999-12-31T23:59:59-14:00", "invalid_event", "/time")]
    [InlineData("\"version\":1", "\"version\":0", "invalid_event", "/data/version")]
    [InlineData("\"version\":1", "\"version\":1.5", "invalid_event", "/data/version")]
    [InlineData("\"version\":1", "\"version\":\"1\"", "invalid_event", "/data/version")]
    [InlineData("\"version\":1", "\"version\":1e400", "invalid_event", "/data/version")]
    [InlineData("\"version\":1", "\"version\":-1", "invalid_event", "/data/version")]
    [InlineData("\"version\":1", "\"version\":99999999999999999999", "invalid_event", "/data/version")]
    [InlineData("\"version\":1", "\"version\":null", "invalid_event", "/data/version")]
    [InlineData("\"version\":1", "\"version\":true", "invalid_event", "/data/version")]
    [InlineData("\"version\":1", "\"version\":01", "bad_json", "")]
    [InlineData("\"version\":1", "\"version\":NaN", "bad_json", "")]
    [InlineData("\"version\":1", "\"version\":1,\"version\":1", "duplicate_key", "/data/version")]
    [InlineData("\"version\":1", "\"version\":1,\"versio\\u006E\":1", "duplicate_key", "/data/version")]
    [InlineData("\"version\":1", "\"version\":1,\"surprise\":1", "invalid_event", "/data/surprise")]
    [InlineData("\"version\":1", "\"version\":1,\"]odd\":1", "invalid_event", "/data/]odd")]
    [InlineData("\"version\":1", "\"version\":1,\"Version\":1", "invalid_event", "/data/Version")]
    [InlineData("\"version\":1", "\"version\":1,\"a.b\":1", "invalid_event", "/data/a.b")]
    [InlineData("\"version\":1", "\"version\":1,\"\\ud800\":1", "invalid_event", "/data")]
    [InlineData("\"version\":1", "\"version\":1,\"loadKw\":1e400", "invalid_event", "/data/loadKw")]
    [InlineData("\"version\":1", "\"version\":1,\"loadKw\":-1", "invalid_event", "/data/loadKw")]
    [InlineData("\"version\":1", "\"version\":1,\"loadKw\":\"12\"", "invalid_event", "/data/loadKw")]
    [InlineData("\"version\":1", "\"version\":1,\"loadKw\":{}", "invalid_event", "/data/loadKw")]
    [InlineData("\"version\":1", "\"version\":1,\"changedFields\":\"a\"", "invalid_event", "/data/changedFields")]
    [InlineData("\"version\":1", "\"version\":1,\"changedFields\":[\"a\",1]", "invalid_event", "/data/changedFields/1")]
    [InlineData("\"version\":1", "\"version\":1,\"usageType\":\"600\"", "invalid_event", "/data/usageType")]
    [InlineData("\"version\":1", "\"version\":1,\"unitName\":\"\"", "invalid_event", "/data/unitName")]
    [InlineData("\"version\":1", "\"version\":1,\"unitName\":\"a\\u0000\"", "invalid_event", "/data/unitName")]
    [InlineData("\"version\":1", "\"version\":1,\"unitName\":\"\\udc00\"", "invalid_event", "/data/unitName")]
    [InlineData("\"version\":1", "\"version\":1,\"approvalType\":\"filing\"", "invalid_event", "/data/approvalType")]
    [InlineData("\"version\":1", "\"version\":1,\"validUntil\":\"2023-02-30\"", "invalid_event", "/data/validUntil")]
    [InlineData("\"regionCode\":\"141002\"", "\"regionCode\":141002", "invalid_event", "/data/regionCode")]
    [InlineData("\"regionCode\":\"141002\"", "\"regionCode\":\"14100\"", "invalid_event", "/data/regionCode")]
    [InlineData("\"regionCode\":\"141002\"", "\"regionCode\":\"１４１００２\"", "invalid_event", "/data/regionCode")]
    [InlineData("2021-09-22", "2021-09-31", "invalid_event", "/data/approvalDate")]
    [InlineData("2021-09-22", "2021/09/22", "invalid_event", "/data/approvalDate")]
    public void A_bad_body_is_refused_with_its_place(string what, string by, string code, string? pointer)
    {
        var body = what switch
        {
            "" => "",
            "*" => by,
            "}}" => Good[..^2] + by,
            _ when Good.Contains(what, StringComparison.Ordinal) => Good.Replace(what, by, StringComparison.Ordinal),
            _ => throw new InvalidOperationException($"{what} is not in {Good}"),
        };

        var problem = EventReader.Structured(Encoding.UTF8.GetBytes(body), Approvals.Key, Now).Problem!;

        Assert.Equal((code, pointer), (problem.Code, problem.Errors?[0].Pointer));
        Assert.InRange(problem.Status, 400, 499);
    }

    public static TheoryData<string> Fields() => [.. Approvals.Data().Select(member => member.Key), "unitName", "investmentWan", "changedFields", "newPath", "plannedStart"];

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_field_of_the_wrong_type_is_named(string field)
    {
        var data = Approvals.Data();
        data[field] = new JsonObject { ["a"] = 1 };

        var problem = Refused(Approvals.Envelope(data: data));

        Assert.Equal(("invalid_event", $"/data/{field}"), (problem.Code, problem.Errors![0].Pointer));
    }

    [Theory]
    [InlineData("projectName")]
    [InlineData("regionCode")]
    [InlineData("version")]
    public void A_required_field_that_is_absent_is_named(string field)
    {
        var data = Approvals.Data();
        data.Remove(field);

        Assert.Equal(($"/data/{field}", "required"), (Refused(Approvals.Envelope(data: data)).Errors![0] is var error ? (error.Pointer, error.Code) : default));
    }

    [Fact]
    public void An_event_without_data_is_refused()
    {
        var envelope = Approvals.Envelope();
        envelope.Remove("data");

        Assert.Equal("/data", Refused(envelope).Errors![0].Pointer);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"{}\"")]
    [InlineData("1")]
    public void Data_that_is_no_object_is_refused(string data)
    {
        var envelope = Approvals.Envelope();
        envelope["data"] = JsonNode.Parse(data);

        Assert.Equal(("invalid_event", "/data"), (Refused(envelope) is var problem ? (problem.Code, problem.Errors![0].Pointer) : default));
    }

    [Fact]
    public void GBK_is_no_UTF_8()
    {
        byte[] body = [.. "{\"id\":\""u8, 0xCA, 0xBE, 0xC0, 0xFD, .. "\"}"u8];

        Assert.Equal("bad_utf8", EventReader.Structured(body, Approvals.Key, Now).Problem!.Code);
    }

    [Theory]
    [InlineData(17)]
    [InlineData(1000)]
    [InlineData(30_000)]
    public void Nesting_has_a_limit(int depth)
    {
        var body = Good.Replace("\"id\":\"1\"", $"\"id\":\"1\",\"ext\":{new string('[', depth)}{new string(']', depth)}", StringComparison.Ordinal);

        Assert.Equal("too_deep", EventReader.Structured(Encoding.UTF8.GetBytes(body), Approvals.Key, Now).Problem!.Code);
    }

    [Fact]
    public void An_event_has_a_limit_in_bytes()
    {
        var padded = Good + new string(' ', EventReader.EventBytesMax - Encoding.UTF8.GetByteCount(Good));

        Assert.NotNull(EventReader.Structured(Encoding.UTF8.GetBytes(padded), Approvals.Key, Now).Input);
        Assert.Equal("too_large", EventReader.Structured(Encoding.UTF8.GetBytes(padded + " "), Approvals.Key, Now).Problem!.Code);
    }

    [Fact]
    public void A_key_reads_only_its_types_and_regions()
    {
        var body = Encoding.UTF8.GetBytes(Good);

        Assert.Equal("type_not_allowed", EventReader.Structured(body, Approvals.Key with { Types = ["hub.other.*"] }, Now).Problem!.Code);
        Assert.Equal("region_not_allowed", EventReader.Structured(body, Approvals.Key with { Regions = ["1407"] }, Now).Problem!.Code);
    }

    [Fact]
    public void Extensions_are_kept_and_the_trace_is_passed_on()
    {
        var envelope = Approvals.Envelope();
        envelope["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        envelope["sequence"] = 7;
        envelope["flag"] = true;

        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Approvals.Read(envelope, Now).Event.TraceParent);
    }

    [Fact]
    public void What_claims_to_come_from_the_future_is_kept_and_warned()
    {
        var envelope = Approvals.Envelope();
        envelope["time"] = "2099-01-01T00:00:00Z";

        Assert.Contains(Approvals.Read(envelope, Now).Event.Warnings, warning => warning.Code == WarningCodes.TimeOdd);
    }

    [Fact]
    public void A_subject_that_differs_is_kept_and_warned()
    {
        var envelope = Approvals.Envelope();
        envelope["subject"] = "another";
        Assert.Contains(Approvals.Read(envelope, Now).Event.Warnings, warning => warning.Code == WarningCodes.SubjectDiffers);

        envelope["subject"] = Approvals.Code(888002);
        Assert.DoesNotContain(Approvals.Read(envelope, Now).Event.Warnings, warning => warning.Code == WarningCodes.SubjectDiffers);
    }

    [Fact]
    public void Binary_mode_is_read_and_kept_with_its_headers()
    {
        var data = Encoding.UTF8.GetBytes(Approvals.Data().ToJsonString());

        var read = EventReader.Binary(Headers(("ce-subject", "%E7%A4%BA")), data, Approvals.Key, Now).Input!;

        Assert.Equal(data, read.Event.Data.ToArray());
        Assert.StartsWith("ce-id: 1\nce-source: ", Encoding.UTF8.GetString(read.Event.Body.Span));
        Assert.Contains(read.Event.Warnings, warning => warning.Code == WarningCodes.SubjectDiffers);
    }

    [Theory]
    [InlineData("ce-subject", "%E7%A4", "bad_header", "/subject")]
    [InlineData("ce-subject", "%E", "bad_header", "/subject")]
    [InlineData("ce-subject", "%zz", "bad_header", "/subject")]
    [InlineData("ce-subject", "%", "bad_header", "/subject")]
    [InlineData("ce-subject", "示例", "bad_header", "/subject")]
    [InlineData("ce-id", "%00", "invalid_event", "/id")]
    [InlineData("ce-id", "%0A", "invalid_event", "/id")]
    [InlineData("ce-id", "", "invalid_event", "/id")]
    [InlineData("ce-type", "x", "invalid_event", "/type")]
    [InlineData("ce-time", "yesterday", "invalid_event", "/time")]
    [InlineData("ce-bad-name", "x", "invalid_event", "/bad-name")]
    [InlineData("ce-data_base64", "e30=", "invalid_event", "/data_base64")]
    public void A_bad_header_of_binary_mode_is_named(string name, string value, string code, string pointer)
    {
        var problem = EventReader.Binary(Headers((name, value)), Encoding.UTF8.GetBytes(Approvals.Data().ToJsonString()), Approvals.Key, Now).Problem!;

        Assert.Equal((code, pointer), (problem.Code, problem.Errors![0].Pointer));
    }

    [Fact]
    public void A_header_given_twice_is_refused()
    {
        var headers = Headers();
        headers["ce-id"] = new(["1", "2"]);

        Assert.Equal("bad_header", EventReader.Binary(headers, "{}"u8.ToArray(), Approvals.Key, Now).Problem!.Code);
    }

    [Fact]
    public void A_batch_is_split_into_the_bytes_of_its_events()
    {
        var events = new List<ReadOnlyMemory<byte>>();

        Assert.Null(EventReader.Split(Encoding.UTF8.GetBytes("[ {\"a\" : 1},\n[2] , 3, \"四\" ]"), 10, events));

        Assert.Equal(["{\"a\" : 1}", "[2]", "3", "\"四\""], events.Select(one => Encoding.UTF8.GetString(one.Span)));
    }

    [Theory]
    [InlineData("", "empty_body")]
    [InlineData("[]", "empty_body")]
    [InlineData("{}", "invalid_event")]
    [InlineData("[{}", "bad_json")]
    [InlineData("[{}]x", "bad_json")]
    [InlineData("[{},]", "bad_json")]
    [InlineData("[1,2,3,4]", "too_large")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]", "too_deep")]
    public void A_bad_batch_is_refused_whole(string body, string code) =>
        Assert.Equal(code, EventReader.Split(Encoding.UTF8.GetBytes(body), 3, [])!.Code);

    [Theory]
    [InlineData("{\"status\":\"accepted\",\"at\":\"2021-10-12T10:24:00+08:00\"}", null, null)]
    [InlineData("{\"status\":\"accepted\"}", "invalid_receipt", "/at")]
    [InlineData("{\"status\":\"maybe\",\"at\":\"2021-10-12T10:24:00+08:00\"}", "invalid_receipt", "/status")]
    [InlineData("{\"status\":\"rejected\",\"at\":\"2021-10-12T10:24:00+08:00\"}", "invalid_receipt", "/code")]
    [InlineData("{\"status\":\"accepted\",\"at\":\"yesterday\"}", "invalid_receipt", "/at")]
    [InlineData("{\"status\":\"accepted\",\"at\":\"2021-10-12T10:24:00\"}", "invalid_receipt", "/at")]
    [InlineData("{\"status\":\"accepted\",\"at\":\"2021-10-12T10:24:00Z\",\"x\":1}", "invalid_receipt", "/x")]
    [InlineData("{\"status\":\"accepted\",\"at\":\"2021-10-12T10:24:00Z\",\"note\":\"\\u0000\"}", "invalid_receipt", "/note")]
    [InlineData("{\"status\":1}", "invalid_receipt", "/status")]
    [InlineData("null", "invalid_receipt", "")]
    [InlineData("", "empty_body", null)]
    public void A_receipt_is_read_as_strictly(string body, string? code, string? pointer)
    {
        var problem = EventReader.ReadReceipt(Encoding.UTF8.GetBytes(body)).Problem;

        Assert.Equal((code, pointer), (problem?.Code, problem?.Errors?[0].Pointer));
    }

    [Fact]
    public void Whatever_comes_is_read_or_refused_and_never_thrown()
    {
        // A fixed seed: a body that fails today fails tomorrow. The number goes into the message.
        const int Bodies = 30_000, Seed = 20211012;
        var random = new Random(Seed);
        string[] pieces =
        [
            "\"", "\\", "{", "}", "[", "]", ",", ":", "null", "true", "1e400", "-", "\\ud800", "\\u0000", "\\udc00", "\0", "示", "\uFEFF", "\"a\":1,", "\"data\":{},", "\"version\":", "'", "/*", "e",
            "99999999999999999999999999999999", "\"time\":\"+\",", "\"traceparent\":\"\",", "[[[[[[[[[[[[[[[[[[[[", "\"changedFields\":[null],", "\"loadKw\":1e-400,", "\"approvalDocNo\":\"〔〕\",",
        ];
        var (read, refused) = (0, 0);
        for (var i = 0; i < Bodies; i++)
        {
            var body = Encoding.UTF8.GetBytes(Good).ToList();
            for (var changes = random.Next(1, 5); changes > 0; changes--)
                Change(body, random, pieces);
            var bytes = body.ToArray();
            try
            {
                var result = EventReader.Structured(bytes, Approvals.Key, Now);
                Assert.True(result.Input is null != result.Problem is null);
                _ = result.Problem is null ? read++ : refused++;
                if (result.Problem is { } problem)
                    Assert.InRange(problem.Status, 400, 499);
                EventReader.Split(bytes, 100, []);
                EventReader.ReadReceipt(bytes);
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"Body {i} of seed {Seed} threw {error.GetType().Name}: {error.Message}\n{Encoding.UTF8.GetString(bytes)}\n{error.StackTrace}");
            }
        }

        Assert.True(read > 100 && refused > 10_000, $"{read} read and {refused} refused: the changes are too weak or too strong.");
    }

    private static void Change(List<byte> body, Random random, string[] pieces)
    {
        var place = random.Next(body.Count);
        switch (random.Next(5))
        {
            case 0: body[place] = (byte)random.Next(256); break;
            case 1: body.RemoveAt(place); break;
            case 2: body.InsertRange(place, Encoding.UTF8.GetBytes(pieces[random.Next(pieces.Length)])); break;
            case 3: body.RemoveRange(place, Math.Min(random.Next(40), body.Count - place)); break;

            // Just after a comma or brace, where a member may stand.
            default:
                var at = body.FindIndex(place, one => one is (byte)',' or (byte)'{');
                body.InsertRange(at < 0 ? place : at + 1, Encoding.UTF8.GetBytes(pieces[random.Next(pieces.Length)]));
                break;
        }

        if (body.Count == 0)
            body.Add((byte)' ');
    }

    private static Problem Refused(JsonObject envelope) =>
        EventReader.Structured(JsonSerializer.SerializeToUtf8Bytes(envelope), Approvals.Key, Now).Problem!;

    private static HeaderDictionary Headers(params (string Name, string Value)[] changes)
    {
        var headers = new HeaderDictionary
        {
            ["ce-specversion"] = "1.0", ["ce-id"] = "1", ["ce-source"] = Approvals.Source, ["ce-type"] = EventTypes.ProjectApprovalCreated, ["Content-Type"] = "application/json",
        };
        foreach (var (name, value) in changes)
            headers[name] = value;
        return headers;
    }
}
