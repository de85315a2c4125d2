using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Hub.Intake;
using Hub.Ledger;

namespace Hub.Journeys;

/// <summary>The publish interface as a bureau meets it: every answer it can get, over real HTTP.</summary>
public sealed class PublishApiJourney(SharedHub shared) : IClassFixture<SharedHub>
{
    private const string Structured = "application/cloudevents+json";
    private const string Batch = "application/cloudevents-batch+json";

    private HubUnderTest Hub => shared.Hub;

    public static TheoryData<string> ProblemCodes => [.. ProblemKinds.All.Select(kind => kind.Code)];

    [Fact]
    public async Task An_accepted_event_is_answered_with_its_place_in_the_log()
    {
        var approval = Approvals.Created(Approvals.NewCode());

        var reply = await Hub.PublishAsync(approval);

        Assert.Equal(202, reply.Status);
        var body = reply.Json;
        Assert.Equal((Approvals.Source, approval.Id(), "accepted"), ((string?)body["source"], (string?)body["sourceId"], (string?)body["status"]));
        Assert.Equal($"/api/v1/events/{(Guid)body["id"]!}", (string?)body["self"]);
        Assert.Equal((string?)body["self"], reply.Headers.Location!.ToString());
        var position = (long)body["position"]!;
        Assert.Equal((string?)body["hash"], await Hub.Database.ScalarAsync<string>($"SELECT encode(hash, 'hex') FROM exchange_log WHERE seq = {position}"));
        Assert.Equal((Guid)body["id"]!, await Hub.Database.ScalarAsync<Guid>($"SELECT ref FROM exchange_log WHERE seq = {position}"));
        Assert.False(reply.Replayed);
    }

    [Fact]
    public async Task Binary_mode_says_the_same_as_structured_mode()
    {
        var approval = Approvals.Created(Approvals.NewCode());

        var reply = await PublishBinaryAsync(approval);

        Assert.Equal((202, approval.Id()), (reply.Status, (string?)reply.Json["sourceId"]));
        await Hub.UntilStatusAsync((Guid)reply.Json["id"]!, "delivered");
    }

    [Fact]
    public async Task A_batch_is_answered_item_by_item_and_one_bad_event_harms_no_other()
    {
        var bad = Approvals.Created(Approvals.NewCode());
        bad.Data().Remove("regionCode");

        var reply = await Hub.PublishBatchAsync([Approvals.Created(Approvals.NewCode()), bad, Approvals.Created(Approvals.NewCode())]);

        Assert.Equal((200, 2, 1), (reply.Status, (int)reply.Json["accepted"]!, (int)reply.Json["refused"]!));
        Assert.Equal([202, 422, 202], reply.Json["items"]!.AsArray().Select(item => (int)item!["status"]!));
        Assert.Equal("/data/regionCode", (string?)reply.Json["items"]![1]!["problem"]!["errors"]![0]!["pointer"]);
    }

    [Fact]
    public async Task Events_of_one_project_in_one_batch_reach_the_partner_in_their_order()
    {
        var code = Approvals.NewCode();

        var reply = await Hub.PublishBatchAsync([Approvals.Created(code), .. Enumerable.Range(2, 9).Select(version => Approvals.Amended(code, version: version))]);

        await Hub.UntilStatusAsync((Guid)reply.Json["items"]![9]!["accepted"]!["id"]!, "delivered");
        var lead = Hub.Lead("sgcc-linfen", code)!;
        Assert.Equal((10, 10L), (lead.Commands.Count, lead.Sequence));
        Assert.Contains("工程 10", Encoding.UTF8.GetString(lead.Fields), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repeated_event_is_answered_as_the_first_time_and_stored_once()
    {
        var approval = Approvals.Created(Approvals.NewCode());
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Hub.PublishAsync(approval)));

        var later = await Hub.PublishAsync(approval);

        Assert.All(replies.Append(later), reply => Assert.Equal(202, reply.Status));
        Assert.Single(replies, reply => !reply.Replayed);
        Assert.Single(replies.Append(later).Select(reply => $"{reply.Json["id"]} {reply.Json["position"]} {reply.Json["hash"]} {reply.Json["acceptedAt"]}").Distinct());
        Assert.Equal(1, await Hub.Database.ScalarAsync<long>($"SELECT count(*) FROM events WHERE source_id = '{approval.Id()}'"));
    }

    [Fact]
    public async Task The_same_id_with_other_content_is_refused()
    {
        var approval = Approvals.Created(Approvals.NewCode());
        await Hub.AcceptedAsync(approval);
        approval.Data()["projectName"] = "另一个项目";

        var reply = await Hub.PublishAsync(approval);

        Assert.Equal((422, "id_reused", "/id"), (reply.Status, reply.Code, (string?)reply.Json["errors"]![0]!["pointer"]));
    }

    [Fact]
    public async Task An_idempotency_key_replays_the_whole_answer_and_belongs_to_one_request()
    {
        var body = Bytes(Approvals.Created(Approvals.NewCode()));
        var key = ("Idempotency-Key", Guid.CreateVersion7().ToString());

        var first = await Hub.PublishAsync(body, headers: key);
        var second = await Hub.PublishAsync(body, headers: key);
        var other = await Hub.PublishAsync(Bytes(Approvals.Created(Approvals.NewCode())), headers: key);

        Assert.Equal((202, false, 202, true), (first.Status, first.Replayed, second.Status, second.Replayed));
        Assert.Equal(first.Text, second.Text);
        Assert.Equal((422, "idempotency_key_reused"), (other.Status, other.Code));
    }

    [Fact]
    public async Task Requests_with_one_idempotency_key_at_the_same_time_are_one_answer_or_in_progress()
    {
        var body = Bytes(Approvals.Created(Approvals.NewCode()));
        var key = ("Idempotency-Key", Guid.CreateVersion7().ToString());

        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Hub.PublishAsync(body, headers: key)));

        Assert.All(replies, reply => Assert.True(reply.Status == 202 || (reply.Status == 409 && reply.Code == "in_progress" && reply.Headers.RetryAfter is not null), reply.Text));
        Assert.Single(replies, reply => reply.Status == 202 && !reply.Replayed);
    }

    [Fact]
    public async Task A_refusal_is_replayed_too()
    {
        var key = ("Idempotency-Key", Guid.CreateVersion7().ToString());

        var first = await Hub.PublishAsync("{}"u8.ToArray(), headers: key);
        var second = await Hub.PublishAsync("{}"u8.ToArray(), headers: key);

        Assert.Equal((422, 422, true, first.Text), (first.Status, second.Status, second.Replayed, second.Text));
    }

    [Theory]
    [InlineData("", 400, "empty_body", null)]
    [InlineData("{", 400, "bad_json", "")]
    [InlineData("{} {}", 400, "bad_json", "")]
    [InlineData("\uFEFF{}", 400, "bad_json", "")]
    [InlineData("{\"id\":\"\\ud800\"}", 400, "bad_json", "")]
    [InlineData("{\"id\":\"1\",\"id\":\"2\"}", 400, "duplicate_key", "/id")]
    [InlineData("[]", 422, "invalid_event", "")]
    [InlineData("{}", 422, "invalid_event", "/specversion")]
    public async Task A_body_that_is_no_event_is_refused_with_its_place(string body, int status, string code, string? pointer)
    {
        var reply = await Hub.PublishAsync(Encoding.UTF8.GetBytes(body));

        Assert.Equal((status, code), (reply.Status, reply.Code));
        Assert.Equal(pointer, (string?)reply.Json["errors"]?[0]?["pointer"]);
        AssertProblem(reply);
    }

    [Fact]
    public async Task Text_that_is_not_UTF_8_is_refused()
    {
        var reply = await Hub.PublishAsync([.. "{\"id\":\""u8, 0xB9, 0xFA, .. "\"}"u8]);

        Assert.Equal((400, "bad_utf8"), (reply.Status, reply.Code));
    }

    [Fact]
    public async Task Nesting_without_end_is_refused()
    {
        var reply = await Hub.PublishAsync(Encoding.UTF8.GetBytes($"{{\"data\":{new string('[', 5000)}{new string(']', 5000)}}}"));

        Assert.Equal((400, "too_deep"), (reply.Status, reply.Code));
    }

    [Theory]
    [InlineData("regionCode", null, "required")]
    [InlineData("projectName", "", "too_short")]
    [InlineData("version", 0, "range")]
    [InlineData("version", "two", "wrong_type")]
    [InlineData("surprise", 1, "unknown_field")]
    [InlineData("]odd", 1, "unknown_field")]
    [InlineData("approvalType", "GIFT", "not_allowed")]
    [InlineData("approvalDate", "2026-02-30", "not_a_date")]
    public async Task A_field_that_is_wrong_is_named_by_its_pointer_in_both_languages(string field, object? value, string code)
    {
        var approval = Approvals.Created(Approvals.NewCode());
        approval.Data()[field] = value is null ? null : JsonValue.Create(value);

        var reply = await Hub.PublishAsync(approval);

        Assert.Equal((422, "invalid_event"), (reply.Status, reply.Code));
        var error = Assert.Single(reply.Json["errors"]!.AsArray())!;
        Assert.Equal(($"/data/{field}", code), ((string?)error["pointer"], (string?)error["code"]));
        Assert.NotEmpty((string)error["message_zh"]!);
        Assert.NotEmpty((string)error["message_en"]!);
    }

    [Fact]
    public async Task A_problem_speaks_Chinese_unless_English_is_asked_for()
    {
        var chinese = await Hub.PublishAsync("{}"u8.ToArray());
        var english = await Hub.PublishAsync("{}"u8.ToArray(), headers: ("Accept-Language", "en-GB,zh;q=0.5"));

        Assert.Equal(("事件未通过校验", "zh-CN"), ((string?)chinese.Json["title"], chinese.ContentHeaders.ContentLanguage.Single()));
        Assert.Equal(("The event did not pass the checks", "en"), ((string?)english.Json["title"], english.ContentHeaders.ContentLanguage.Single()));
        AssertProblem(chinese);
        AssertProblem(english);
    }

    [Theory]
    [InlineData(0, 202)]
    [InlineData(1, 413)]
    public async Task An_event_may_have_64_KiB_and_not_a_byte_more(int over, int status)
    {
        var body = Padded(Approvals.Created(Approvals.NewCode()), EventReader.EventBytesMax + over);

        Assert.Equal(status, (await Hub.PublishAsync(body)).Status);
        Assert.Equal(status == 202 ? 202 : 413, (await SendChunkedAsync(body)).Status);
    }

    [Fact]
    public async Task A_batch_may_have_100_events_and_2_MiB()
    {
        var hundred = await Hub.PublishBatchAsync(Enumerable.Range(0, 100).Select(_ => Approvals.Created(Approvals.NewCode())));
        var oneMore = await Hub.PublishBatchAsync(Enumerable.Range(0, 101).Select(_ => Approvals.Created(Approvals.NewCode())));
        var tooLong = await Hub.PublishAsync([(byte)'[', .. Enumerable.Repeat((byte)' ', EventEndpoint.BatchBytesMax), (byte)']'], contentType: Batch);

        Assert.Equal((200, 100), (hundred.Status, (int)hundred.Json["accepted"]!));
        Assert.Equal((413, "too_large", 413), (oneMore.Status, oneMore.Code, tooLong.Status));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("application/cloudevents+json; charset=gbk")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task Another_content_type_is_refused(string type)
    {
        var reply = await Hub.PublishAsync(Bytes(Approvals.Created(Approvals.NewCode())), contentType: type);

        Assert.Equal((415, "unsupported_media_type"), (reply.Status, reply.Code));
        AssertProblem(reply);
    }

    [Fact]
    public async Task A_packed_body_is_refused_and_never_unpacked()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            await gzip.WriteAsync(new byte[8 * 1024 * 1024]);

        var reply = await Hub.PublishAsync(packed.ToArray(), headers: ("Content-Encoding", "gzip"));

        Assert.Equal(415, reply.Status);
    }

    [Fact]
    public async Task Another_method_is_405_and_another_path_404()
    {
        var method = await Hub.SendAsync(HttpMethod.Delete, "/api/v1/events", Hub.BureauKey, content: null, contentType: null);
        var path = await Hub.GetAsync("/api/v1/everything", Hub.BureauKey);
        var unknown = await Hub.GetAsync($"/api/v1/events/{Guid.CreateVersion7()}", Hub.BureauKey);

        Assert.Equal((405, "method_not_allowed"), (method.Status, method.Code));
        Assert.Equal((404, "not_found"), (path.Status, path.Code));
        Assert.Equal((404, "not_found"), (unknown.Status, unknown.Code));
        Assert.All([method, path, unknown], AssertProblem);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nonsense")]
    [InlineData("hk_0123456789abcdef_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public async Task Without_a_known_key_there_is_only_401(string? key)
    {
        var reply = await Hub.SendAsync(HttpMethod.Post, "/api/v1/events", key, new ByteArrayContent("{}"u8.ToArray()), Structured);

        Assert.Equal((401, "unauthorised"), (reply.Status, reply.Code));
        Assert.Equal("Bearer", reply.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Fact]
    public async Task A_key_reaches_no_further_than_its_scopes()
    {
        var narrow = await Hub.CreateKeyAsync("narrow", ApiKey.Publish, [Approvals.Source], ["hub.project_approval.created.v1"], ["1410"]);
        var expired = await Hub.CreateKeyAsync("expired", ApiKey.Publish, [Approvals.Source], days: -1);
        var foreign = Approvals.Created(Approvals.NewCode());
        foreign["source"] = "urn:hub:bureau:foreign";

        var inside = await Hub.PublishAsync(Approvals.Created(Approvals.NewCode()), narrow);
        var source = await Hub.PublishAsync(foreign, narrow);
        var type = await Hub.PublishAsync(Approvals.Amended(Approvals.NewCode()), narrow);
        var region = await Hub.PublishAsync(Approvals.Created(Approvals.NewCode(Approvals.Hohhot), Approvals.Hohhot), narrow);
        var direction = await Hub.PublishAsync(Approvals.Created(Approvals.NewCode()), await Hub.UtilityKeyAsync("sgcc-linfen"));
        var old = await Hub.PublishAsync(Approvals.Created(Approvals.NewCode()), expired);

        Assert.Equal(202, inside.Status);
        Assert.Equal([(403, "source_not_allowed"), (403, "type_not_allowed"), (403, "region_not_allowed"), (403, "direction_not_allowed"), (401, "unauthorised")],
            new[] { source, type, region, direction, old }.Select(reply => (reply.Status, reply.Code!)));
    }

    [Fact]
    public async Task A_body_that_stops_half_way_harms_nobody()
    {
        using var slow = new TcpClient();
        await slow.ConnectAsync(Hub.Address.Host, Hub.Address.Port);
        var head = $"POST /api/v1/events HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {Hub.BureauKey}\r\nContent-Type: {Structured}\r\nContent-Length: 1000\r\n\r\n{{\"id\":";
        await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));

        // While one body does not come on, others are served; then it is cut off.
        Assert.Equal(202, (await Hub.PublishAsync(Approvals.Created(Approvals.NewCode()))).Status);
        slow.Client.LingerState = new LingerOption(enable: true, seconds: 0);
        slow.Close();

        Assert.Equal(202, (await Hub.PublishAsync(Approvals.Created(Approvals.NewCode()))).Status);
    }

    [Fact]
    public async Task More_than_may_wait_is_answered_503_with_Retry_After_and_comes_in_later()
    {
        await using var hub = await HubUnderTest.StartAsync(settings => settings with { EventsWaitingMax = 1, BatchMax = 1 }, ["sgcc-linfen"]);
        var approvals = Enumerable.Range(0, 60).Select(_ => Approvals.Created(Approvals.NewCode())).ToList();

        var replies = await Task.WhenAll(approvals.Select(approval => hub.PublishAsync(approval)));

        Assert.All(replies, reply => Assert.True(reply.Status is 202 or 503, reply.Text));
        var busy = replies.Where(reply => reply.Status == 503).ToList();
        Assert.NotEmpty(busy);
        Assert.All(busy, reply => Assert.Equal(("busy", 1d, true), (reply.Code, reply.Headers.RetryAfter!.Delta!.Value.TotalSeconds, (bool)reply.Json["retryable"]!)));
        foreach (var approval in approvals)
            await Until.TrueAsync(async () => (await hub.PublishAsync(approval)).Status == 202, "a repeat comes in");
        Assert.Equal(60, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM events"));
    }

    [Fact]
    public async Task A_key_beyond_its_rate_is_answered_429_with_what_is_left_and_comes_in_later()
    {
        await using var hub = await HubUnderTest.StartAsync(settings => settings with { RequestsPerSecondPerKey = 5 }, ["sgcc-linfen"]);
        var approvals = Enumerable.Range(0, 40).Select(_ => Approvals.Created(Approvals.NewCode())).ToList();

        var replies = await Task.WhenAll(approvals.Select(approval => hub.PublishAsync(approval)));

        Assert.All(replies, reply => Assert.True(reply.Status is 202 or 429, reply.Text));
        var limited = replies.Where(reply => reply.Status == 429).ToList();
        Assert.NotEmpty(limited);
        Assert.All(limited, reply => Assert.Equal(("rate_limited", 1d), (reply.Code, reply.Headers.RetryAfter!.Delta!.Value.TotalSeconds)));
        Assert.All(replies, reply => Assert.Equal("\"key\";q=5;w=1", Assert.Single(reply.Headers.GetValues("RateLimit-Policy"))));
        foreach (var approval in approvals)
            await Until.TrueAsync(async () => (await hub.PublishAsync(approval)).Status == 202, "a repeat comes in");
    }

    [Theory]
    [MemberData(nameof(ProblemCodes))]
    public async Task Every_problem_has_a_page_in_both_languages(string code)
    {
        var page = await Hub.GetAsync($"/problems/{code}");

        var kind = ProblemKinds.Of(code);
        Assert.Equal(200, page.Status);
        Assert.Contains(kind.TitleZh, page.Text, StringComparison.Ordinal);
        Assert.Contains(kind.TitleEn, System.Net.WebUtility.HtmlDecode(page.Text), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_schemas_are_published_and_nothing_else_of_the_disk()
    {
        var list = await Hub.GetAsync("/schemas");
        foreach (var path in list.Json.AsArray().Select(path => (string)path!))
            Assert.Equal((200, "application/schema+json"), ((await Hub.GetAsync(path)) is var schema ? schema.Status : 0, schema.ContentHeaders.ContentType!.MediaType));

        Assert.Equal(200, (await Hub.GetAsync("/schemas/hub.project_approval.created.v1.json")).Status);
        Assert.Equal(404, (await Hub.GetAsync("/schemas/..%2f..%2fappsettings.json")).Status);
        Assert.Equal(404, (await Hub.GetAsync("/problems/none_such")).Status);
    }

    [Fact]
    public async Task Health_readiness_and_metrics_are_there()
    {
        await Hub.UntilStatusAsync(await Hub.AcceptedAsync(Approvals.Created(Approvals.NewCode())), "delivered");

        var alive = await Hub.GetAsync("/healthz");
        var ready = await Hub.GetAsync("/readyz");
        var metrics = await Hub.GetAsync("/metrics");

        Assert.Equal((200, "alive\n"), (alive.Status, alive.Text));
        Assert.True(ready.Status == 200, ready.Text);
        Assert.Equal(["database", "migrations", "ledger", "sweeper", "node", "clock", "disk", "transactions"], ready.Json["checks"]!.AsArray().Select(check => (string?)check!["name"]));
        string[] names =
        [
            "hub_events_accepted_total", "hub_deliveries_total", "hub_delivery_latency_seconds_bucket", "hub_oldest_waiting_seconds", "hub_breaker_state",
            "hub_attempts_total", "hub_events_waiting", "hub_ledger_healthy", "hub_exchange_log_entries", "hub_cases_unserved", "hub_quarantined",
        ];
        Assert.All(names, name => Assert.Contains($"\n{name}", metrics.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_page_shows_counts_in_both_languages_and_lets_no_payload_become_markup()
    {
        await using var hub = await HubUnderTest.StartAsync("sgcc-linfen");
        const string Attack = "<script>alert(1)</script>";
        var approval = Approvals.Created("\"><img src=x onerror=a>", Approvals.NobodyServes);
        approval.Data()["projectName"] = Attack;
        approval.Data()["approvalDocNo"] = "<b>1</b>号";
        Assert.Equal("parked", (string?)(await hub.EventAsync(await hub.AcceptedAsync(approval)))["status"]);
        var served = await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode()));
        await hub.UntilStatusAsync(served, "delivered");
        await hub.ReceiptAsync(await hub.UtilityKeyAsync("sgcc-linfen"), served, new { status = "accepted", code = "<i>", at = DateTimeOffset.UnixEpoch, note = Attack });

        var chinese = await hub.PageAsync("/");
        var english = await hub.PageAsync("/?lang=en");

        Assert.Equal((200, 200), (chinese.Status, english.Status));
        Assert.Contains("政企协同办电信息共享平台", chinese.Text, StringComparison.Ordinal);
        Assert.Contains("<b>1</b><span>Delivered today</span>", english.Text, StringComparison.Ordinal);
        Assert.Contains("State Grid Linfen", english.Text, StringComparison.Ordinal);
        Assert.All([chinese, english], page =>
        {
            Assert.DoesNotContain("<script>", page.Text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("<img", page.Text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("<i>", page.Text, StringComparison.OrdinalIgnoreCase);
        });
        Assert.Equal(200, (await hub.GetAsync("/hub.css")).Status);
    }

    private Task<Reply> PublishBinaryAsync(JsonObject approval) => Hub.PublishAsync(
        Encoding.UTF8.GetBytes(approval["data"]!.ToJsonString()), key: null, "application/json",
        [.. approval.Where(member => member.Key is not ("data" or "datacontenttype")).Select(member => ($"ce-{member.Key}", (string)member.Value!))]);

    private async Task<Reply> SendChunkedAsync(byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/events") { Content = new StreamContent(new Unseekable(body)) };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Hub.BureauKey}");
        request.Content.Headers.TryAddWithoutValidation("Content-Type", Structured);
        request.Headers.TransferEncodingChunked = true;
        using var response = await Hub.Http.SendAsync(request);
        return new((int)response.StatusCode, response.Headers, response.Content.Headers, await response.Content.ReadAsStringAsync());
    }

    private static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());

    // Blanks after the value are JSON, so that the length can be set to the byte.
    private static byte[] Padded(JsonNode approval, int length)
    {
        var padded = Enumerable.Repeat((byte)' ', length).ToArray();
        Bytes(approval).CopyTo(padded, 0);
        return padded;
    }

    private static void AssertProblem(Reply reply)
    {
        Assert.Equal("application/problem+json", reply.ContentHeaders.ContentType!.MediaType);
        Assert.Equal((reply.Status, $"/problems/{reply.Code}"), ((int)reply.Json["status"]!, (string?)reply.Json["type"]));
        Assert.NotEmpty((string)reply.Json["instance"]!);
        Assert.NotEmpty((string)reply.Json["detail"]!);
    }

    private sealed class Unseekable(byte[] body) : MemoryStream(body)
    {
        public override bool CanSeek => false;
    }
}
