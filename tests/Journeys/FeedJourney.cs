using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Hub.Connectors;
using Hub.Ledger;

namespace Hub.Journeys;

/// <summary>A utility that cannot be called fetches its leads by itself.</summary>
public sealed class FeedJourney : IAsyncLifetime
{
    // One feed that is signed, one without a key, one webhook.
    private const string Signed = "hohhot-power";
    private const string Plain = "slp-puxian";
    private const string Pushed = "huozhou-coal-power";

    private HubUnderTest hub = null!;
    private string key = "";

    public async ValueTask InitializeAsync()
    {
        hub = await HubUnderTest.StartAsync(
            settings => settings with
            {
                Connectors =
                [
                    .. settings.Connectors.Select(connector => connector.Name == Pushed ? connector : connector with
                    {
                        Kind = ConnectorCatalog.Feed, Address = null, Secret = connector.Name == Signed ? connector.Secret : null,
                    }),
                ],
            }, [Signed, Plain, Pushed]);
        key = await hub.UtilityKeyAsync(Signed);
    }

    public ValueTask DisposeAsync() => hub.DisposeAsync();

    [Fact]
    public async Task A_lead_is_fetched_checked_acknowledged_and_answered_by_a_receipt()
    {
        var code = Approvals.NewCode(Approvals.Hohhot);
        var id = await hub.AcceptedAsync(Approvals.Created(code, Approvals.Hohhot));
        Assert.Equal("offered", (string?)(await hub.UntilStatusAsync(id, "in_delivery"))["receivers"]![0]!["state"]);

        var page = await ReadAsync();

        var item = Assert.Single(Items(page))!;
        Assert.Equal(("00000000000000000001", false, 0L), ((string?)item["sequence"], (bool)page["has_more"]!, (long)page["lag"]!));
        var body = (string)item["body"]!;
        Assert.True(WebhookSignature.Verify(Keys(), (string?)item["id"], item["timestamp"]!.ToJsonString(), (string?)item["signature"], Encoding.UTF8.GetBytes(body), TimeProvider.System.GetUtcNow()));
        Assert.False(WebhookSignature.Verify(Keys(), (string?)item["id"], item["timestamp"]!.ToJsonString(), (string?)item["signature"], Encoding.UTF8.GetBytes(body + " "), TimeProvider.System.GetUtcNow()));
        var lead = JsonNode.Parse(body)!;
        Assert.Equal(((string?)item["id"], code, "lead.create.v1"), ((string?)lead["id"], (string?)lead["subject"], (string?)lead["hubcommand"]));

        Assert.Equal(200, (await AckAsync((string)page["next"]!)).Status);
        var view = await hub.UntilStatusAsync(id, "delivered");
        Assert.Equal(("delivered", 1, (string?)item["id"]), ((string?)view["receivers"]![0]!["state"], (int)view["receivers"]![0]!["attempts"]!, (string?)view["receivers"]![0]!["deliveryId"]));
        Assert.Equal(202, (await hub.ReceiptAsync(key, item["id"]!, new { status = "accepted", at = TimeProvider.System.GetUtcNow() })).Status);
        Assert.Equal("accepted", (string?)(await hub.EventAsync(id))["receivers"]![0]!["businessStatus"]);
        Assert.Equal(0, (await hub.CommandAsync("verify")).Code);
    }

    [Fact]
    public async Task Commands_of_a_case_come_in_order_the_next_only_after_the_one_before_was_acknowledged()
    {
        var code = Approvals.NewCode(Approvals.Hohhot);
        await hub.AcceptedAsync(Approvals.Created(code, Approvals.Hohhot));
        await hub.AcceptedAsync(Approvals.Amended(code, Approvals.Hohhot));
        await hub.AcceptedAsync(Approvals.Revoked(code, Approvals.Hohhot));
        var seen = new List<string>();
        for (var number = 1; number <= 3; number++)
        {
            var page = await ReadAsync();
            var item = Assert.Single(Items(page))!;
            Assert.Equal(number, long.Parse((string)item["sequence"]!, CultureInfo.InvariantCulture));
            seen.Add((string)JsonNode.Parse((string)item["body"]!)!["hubcommand"]!);
            Assert.Empty(Items(await ReadAsync($"?after={page["next"]}")));
            await AckAsync((string)item["sequence"]!);
        }

        Assert.Equal(["lead.create.v1", "lead.update.v1", "lead.withdraw.v1"], seen);
        Assert.Empty(Items(await ReadAsync()));
    }

    [Fact]
    public async Task A_long_list_is_read_page_by_page_without_a_hole_and_acknowledged_at_once()
    {
        const int Projects = 25;
        await PublishAsync(Projects);
        var (sequences, next, pages) = (new List<string>(), "", 0);
        JsonNode page;
        do
        {
            var reply = await hub.GetAsync($"/api/v1/feeds/{Signed}?limit=10{next}", key);
            page = reply.Json;
            next = $"&after={page["next"]}";
            sequences.AddRange(Items(page).Select(item => (string)item!["sequence"]!));
            Assert.Equal($"</api/v1/feeds/{Signed}?after={page["next"]}&limit=10>; rel=\"next\"", reply.Headers.GetValues("Link").Single());
            pages++;
        }
        while ((bool)page["has_more"]!);

        Assert.Equal(3, pages);
        Assert.Equal(Enumerable.Range(1, Projects).Select(Padded), sequences);
        Assert.Equal([(Padded(1), Padded(Projects))], Ranges(await GapsAsync()));
        var acked = await AckAsync((string)page["next"]!);
        Assert.Equal((Padded(Projects), 0L), ((string?)acked.Json["acked"], (long)acked.Json["lag"]!));
        var gaps = await GapsAsync();
        Assert.Empty(Ranges(gaps));
        Assert.Equal((Padded(1), Padded(Projects), Padded(Projects)), ((string?)gaps["first"], (string?)gaps["last"], (string?)gaps["acked"]));
        Assert.Equal(3, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM exchange_log WHERE kind = 'feed.read'"));
        Assert.Contains($"hub_feed_lag{{receiver=\"{Signed}\"}} 0", (await hub.GetAsync("/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_readers_see_the_same_items_and_settle_them_once()
    {
        const int Projects = 12;
        await PublishAsync(Projects);

        var pages = await Task.WhenAll(ReadAsync(), ReadAsync());
        var acks = await Task.WhenAll(pages.Select(page => AckAsync((string)page["next"]!)));

        Assert.Equal(Ids(pages[0]), Ids(pages[1]));
        Assert.All(acks, ack => Assert.Equal(200, ack.Status));
        Assert.Equal(Projects, await hub.Database.ScalarAsync<long>("SELECT sum(taken)::bigint FROM delivery_totals"));
        Assert.Equal(0, (await hub.CommandAsync("verify")).Code);
    }

    [Fact]
    public async Task A_reader_that_lost_its_cursor_goes_on_from_what_it_acknowledged_and_one_that_seeks_back_reads_the_same_again()
    {
        await PublishAsync(6);
        var page = await ReadAsync("?limit=4");
        await AckAsync(Padded(2));

        var again = await ReadAsync();
        Assert.Equal(Enumerable.Range(3, 4).Select(Padded), Items(again).Select(item => (string)item!["sequence"]!));

        var sought = await PostAsync("seek", new JsonObject { ["sequence"] = 0, ["reason"] = "数据丢失，重新取件" });
        Assert.Equal((200, Padded(0)), (sought.Status, (string?)sought.Json["acked"]));
        var all = await ReadAsync();
        Assert.Equal(Ids(page), Ids(all).Take(4));
        Assert.Equal(Items(page).Select(item => (string)item!["body"]!), Items(all).Take(4).Select(item => (string)item!["body"]!));
        Assert.Contains("reason 数据丢失，重新取件", await hub.Database.ScalarAsync<string>("SELECT convert_from(content, 'UTF8') FROM exchange_log WHERE kind = 'feed.seek'"), StringComparison.Ordinal);

        Assert.Equal(Padded(4), (string?)(await PostAsync("seek", new JsonObject { ["after"] = (string)page["next"]! })).Json["acked"]);
    }

    [Fact]
    public async Task What_a_seek_forward_passed_over_stays_owed_until_it_is_read_and_acknowledged()
    {
        await PublishAsync(5);
        await PostAsync("seek", new JsonObject { ["sequence"] = 3 });
        var page = await ReadAsync();
        await AckAsync((string)page["next"]!);

        Assert.Equal([(Padded(1), Padded(3))], Ranges(await GapsAsync()));
        Assert.Equal(2, await hub.Database.ScalarAsync<long>("SELECT sum(taken)::bigint FROM delivery_totals"));

        await PostAsync("seek", new JsonObject { ["sequence"] = 0 });
        await AckAsync((string)(await ReadAsync())["next"]!);
        Assert.Empty(Ranges(await GapsAsync()));
        Assert.Equal(5, await hub.Database.ScalarAsync<long>("SELECT sum(taken)::bigint FROM delivery_totals"));
    }

    [Fact]
    public async Task An_acknowledgement_covers_only_what_was_handed_out_and_may_be_repeated()
    {
        await PublishAsync(3);
        Assert.Equal((422, "beyond_feed"), await RefusalAsync(AckAsync(Padded(1))));

        await ReadAsync("?limit=2");
        Assert.Equal((422, "beyond_feed"), await RefusalAsync(AckAsync(Padded(3))));
        for (var time = 0; time < 3; time++)
            Assert.Equal((200, Padded(2)), (await AckAsync(Padded(2))) is var reply ? (reply.Status, (string?)reply.Json["acked"]) : default);

        Assert.Equal(Padded(2), (string?)(await AckAsync(Padded(1))).Json["acked"]);
        Assert.Equal(2, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM exchange_log WHERE kind = 'delivery.attempted'"));
    }

    [Fact]
    public async Task A_cursor_that_is_forged_cut_or_anothers_is_refused_everywhere()
    {
        await PublishAsync(1);
        await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode(Approvals.Puxian), Approvals.Puxian));
        var mine = (string)(await ReadAsync())["next"]!;
        var foreign = (string)(await ReadAsync(feed: Plain, withKey: await hub.UtilityKeyAsync(Plain)))["next"]!;
        string[] bad = [foreign, mine[..^1], mine + "A", mine[..^2] + (mine.EndsWith('A') ? "BA" : "AA"), "", "1", "null", "..", new('A', 36), Padded(1)];

        foreach (var cursor in bad)
        {
            Assert.Equal((422, "cursor_invalid"), await RefusalAsync(hub.GetAsync($"/api/v1/feeds/{Signed}?after={Uri.EscapeDataString(cursor)}", key)));
            Assert.Equal((422, "cursor_invalid"), await RefusalAsync(PostAsync("seek", new JsonObject { ["after"] = cursor })));
            if (cursor.Length == 0 || !cursor.All(char.IsAsciiDigit))
                Assert.Equal((422, "cursor_invalid"), await RefusalAsync(AckAsync(cursor)));
        }

        Assert.Equal(200, (await hub.GetAsync($"/api/v1/feeds/{Signed}?after={mine}", key)).Status);

        // A place that the database no longer has: it was set back.
        await hub.Database.ScalarAsync<long>("WITH gone AS (UPDATE feeds SET last_sequence = 0, acked_sequence = 0, read_sequence = 0 RETURNING 1) SELECT count(*) FROM gone");
        Assert.Equal((422, "beyond_feed"), await RefusalAsync(hub.GetAsync($"/api/v1/feeds/{Signed}?after={mine}", key)));
    }

    [Fact]
    public async Task A_feed_is_its_receivers_alone()
    {
        await PublishAsync(1);
        var other = await hub.UtilityKeyAsync(Plain);
        string[] paths = [$"/api/v1/feeds/{Signed}", $"/api/v1/feeds/{Signed}/gaps"];
        foreach (var path in paths)
        {
            Assert.Equal((404, "not_found"), await RefusalAsync(hub.GetAsync(path, other)));
            Assert.Equal((403, "direction_not_allowed"), await RefusalAsync(hub.GetAsync(path, hub.BureauKey)));
            Assert.Equal((401, "unauthorised"), await RefusalAsync(hub.GetAsync(path)));
        }

        foreach (var act in (string[])["ack", "seek"])
        {
            Assert.Equal((404, "not_found"), await RefusalAsync(PostAsync(act, new JsonObject { ["upto"] = Padded(1) }, withKey: other)));
            Assert.Equal((403, "direction_not_allowed"), await RefusalAsync(PostAsync(act, [], withKey: hub.BureauKey)));
        }

        Assert.Equal((404, "not_found"), await RefusalAsync(hub.GetAsync("/api/v1/feeds/nobody", await hub.CreateKeyAsync("nobody", ApiKey.Receive))));
    }

    [Theory]
    [InlineData("?limit=0")]
    [InlineData("?limit=101")]
    [InlineData("?limit=ten")]
    [InlineData("?limit=")]
    [InlineData("?limit=5&limit=6")]
    [InlineData("?wait=31")]
    [InlineData("?wait=-1")]
    [InlineData("?after=a&after=b")]
    public async Task A_query_that_is_not_valid_is_refused(string query) => Assert.Equal((400, "bad_query"), await RefusalAsync(hub.GetAsync($"/api/v1/feeds/{Signed}{query}", key)));

    [Theory]
    [InlineData("ack", "", 400, "empty_body")]
    [InlineData("ack", "{", 400, "bad_json")]
    [InlineData("ack", "[]", 422, "invalid_position")]
    [InlineData("ack", "null", 422, "invalid_position")]
    [InlineData("ack", "{}", 422, "cursor_invalid")]
    [InlineData("ack", """{"upto":7}""", 422, "invalid_position")]
    [InlineData("ack", """{"upto":"1","from":"0"}""", 422, "invalid_position")]
    [InlineData("ack", """{"upto":"1","upto":"1"}""", 400, "duplicate_key")]
    [InlineData("ack", """{"upto":"99999999999999999999"}""", 422, "beyond_feed")]
    [InlineData("seek", "{}", 422, "invalid_position")]
    [InlineData("seek", """{"sequence":1}""", 422, "beyond_feed")]
    [InlineData("seek", """{"sequence":-1}""", 422, "beyond_feed")]
    [InlineData("seek", """{"sequence":1e400}""", 422, "invalid_position")]
    [InlineData("seek", """{"sequence":0,"after":"x"}""", 422, "invalid_position")]
    [InlineData("seek", """{"sequence":0,"reason":"a\nb"}""", 422, "invalid_position")]
    public async Task A_body_that_is_not_valid_is_refused(string act, string body, int status, string code) => Assert.Equal((status, code), await RefusalAsync(
        hub.SendAsync(HttpMethod.Post, $"/api/v1/feeds/{Signed}/{act}", key, new ByteArrayContent(Encoding.UTF8.GetBytes(body)), "application/json")));

    [Fact]
    public async Task A_long_poll_is_answered_when_something_comes_and_when_its_time_is_over()
    {
        Assert.Empty(Items(await ReadAsync("?wait=1")));

        var waiting = ReadAsync("?wait=30");
        await PublishAsync(1);

        Assert.Single(Items(await waiting));
    }

    [Fact]
    public async Task A_long_poll_ends_with_its_client_and_with_its_key()
    {
        using var gone = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/feeds/{Signed}?wait=30");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
        var left = hub.Http.SendAsync(request, gone.Token);
        var other = await hub.CreateKeyAsync(Signed, ApiKey.Receive);
        var waiting = hub.GetAsync($"/api/v1/feeds/{Signed}?wait=20", other);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.Equal(0, (await hub.CommandAsync("keys", "revoke", other.Split('_')[1])).Code);
        await Until.TrueAsync(async () => (await hub.GetAsync($"/api/v1/feeds/{Signed}", other)).Status == 401, "the key is refused");
        await PublishAsync(1);

        Assert.Equal(401, (await waiting).Status);
        Assert.Single(Items(await ReadAsync()));
    }

    [Fact]
    public async Task A_feed_without_a_key_is_unsigned_and_its_body_is_what_a_webhook_would_get()
    {
        var code = Approvals.NewCode(Approvals.Puxian);
        await hub.AcceptedAsync(Approvals.Created(code, Approvals.Puxian));

        var item = Assert.Single(Items(await ReadAsync(feed: Plain, withKey: await hub.UtilityKeyAsync(Plain))))!;

        Assert.Null(item["signature"]);
        Assert.Contains("示例产业园配电工程", (string)item["body"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_is_switched_to_its_feed_and_back_with_the_same_bytes_and_only_one_that_can_be()
    {
        var utility = await hub.UtilityKeyAsync(Pushed);
        await hub.UntilStatusAsync(await hub.AcceptedAsync(For(Approvals.NewCode())), "delivered");

        Assert.Equal(0, (await SwitchAsync("pull")).Code);
        await Until.TrueAsync(() => hub.Service<Dispatch.ILanes>().Pulls(Pushed), "the hub knows of the switch");
        var second = Approvals.NewCode();
        var id = await hub.AcceptedAsync(For(second));
        var item = Assert.Single(Items(await ReadAsync(feed: Pushed, withKey: utility)))!;
        Assert.Null(hub.Lead(Pushed, second));

        // Nobody acknowledged it, so the push brings it; the acknowledgement that comes afterwards finds it settled.
        Assert.Equal(0, (await SwitchAsync("push")).Code);
        await hub.UntilStatusAsync(id, "delivered");
        var lead = hub.Lead(Pushed, second)!;
        Assert.Equal(((string)item["id"]!, (string)item["body"]!), (lead.Commands.Single().ToString(), Encoding.UTF8.GetString(lead.Fields)));
        Assert.Equal(200, (await PostAsync("ack", new JsonObject { ["upto"] = (string)item["sequence"]! }, Pushed, utility)).Status);
        Assert.Equal(2, await hub.Database.ScalarAsync<long>("SELECT sum(taken)::bigint FROM delivery_totals"));

        Assert.NotEqual(0, (await hub.CommandAsync("connectors", "mode", Signed, "push", "--by", "li", "--reason", "x")).Code);
        Assert.NotEqual(0, (await hub.CommandAsync("connectors", "mode", "nobody", "pull", "--by", "li", "--reason", "x")).Code);
        Assert.Contains($"{Signed}  on  pull", (await hub.CommandAsync("connectors", "list")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await hub.CommandAsync("verify")).Code);

        // It serves no place by itself; the bureau names it.
        static JsonObject For(string code)
        {
            var approval = Approvals.Created(code);
            approval.Data()["operatorCode"] = Pushed;
            return approval;
        }

        Task<(int Code, string Output)> SwitchAsync(string mode) => hub.CommandAsync("connectors", "mode", Pushed, mode, "--by", "li", "--reason", "防火墙调整");
    }

    [Fact]
    public async Task The_demos_reader_empties_its_feed_and_sends_receipts()
    {
        await PublishAsync(3);

        hub.Simulators.Fetch(Signed, hub.Address, key);

        await Until.TrueAsync(() => hub.Simulators.StatsOf(Signed) is { Book.Effects: 3, Fetched: { Missing: 0, Unsigned: 0 } }, "the reader took everything");
        await Until.TrueAsync(async () => await hub.Database.ScalarAsync<long>("SELECT COALESCE(sum(taken), 0)::bigint FROM delivery_totals") == 3, "the reader acknowledged everything");
    }

    private async Task PublishAsync(int projects)
    {
        var reply = await hub.PublishBatchAsync(Enumerable.Range(0, projects).Select(_ => Approvals.Created(Approvals.NewCode(Approvals.Hohhot), Approvals.Hohhot)));
        Assert.Equal((200, projects), (reply.Status, (int)reply.Json["accepted"]!));
    }

    private async Task<JsonNode> ReadAsync(string query = "", string feed = Signed, string? withKey = null)
    {
        var reply = await hub.GetAsync($"/api/v1/feeds/{feed}{query}", withKey ?? key);
        Assert.True(reply.Status == 200, reply.Text);
        return reply.Json;
    }

    private Task<Reply> AckAsync(string upto) => PostAsync("ack", new JsonObject { ["upto"] = upto });

    private Task<Reply> PostAsync(string act, JsonObject body, string feed = Signed, string? withKey = null) =>
        hub.SendAsync(HttpMethod.Post, $"/api/v1/feeds/{feed}/{act}", withKey ?? key, new ByteArrayContent(Encoding.UTF8.GetBytes(body.ToJsonString())), "application/json");

    private async Task<JsonNode> GapsAsync()
    {
        var reply = await hub.GetAsync($"/api/v1/feeds/{Signed}/gaps", key);
        Assert.True(reply.Status == 200, reply.Text);
        return reply.Json;
    }

    private static async Task<(int, string?)> RefusalAsync(Task<Reply> asked) => await asked is var reply ? (reply.Status, reply.Code) : default;

    private static JsonArray Items(JsonNode page) => page["items"]!.AsArray();

    private static IEnumerable<string> Ids(JsonNode page) => Items(page).Select(item => (string)item!["id"]!);

    private static IEnumerable<(string, string)> Ranges(JsonNode gaps) => gaps["ranges"]!.AsArray().Select(range => ((string)range!["from"]!, (string)range["to"]!));

    private static string Padded(int sequence) => sequence.ToString("D20", CultureInfo.InvariantCulture);

    private WebhookKeys Keys() => WebhookSignature.TryReadSecret(hub.Settings.Connectors.Single(connector => connector.Name == Signed).Secret!, out var secret)
        ? new([secret], [])
        : throw new InvalidOperationException("The feed's secret cannot be read.");
}
