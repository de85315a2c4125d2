using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Ledger;
using Hub.Simulators;

namespace Hub.Journeys;

/// <summary>One hub with a library of licences and four utilities.</summary>
public sealed class LicenceHub : IAsyncLifetime
{
    public const string Library = "licence-library";

    internal HubUnderTest Hub { get; private set; } = null!;

    internal LicenceLibrary Simulated => (LicenceLibrary)Hub.Simulators.Partner(Library);

    public async ValueTask InitializeAsync() => Hub = await HubUnderTest.StartAsync(
        settings => settings with { HolderKey = HubProgram.HolderKey }, ["sgcc-linfen", "slp-puxian", "huozhou-coal-power", "donggang-energy"], library: true);

    public ValueTask DisposeAsync() => Hub.DisposeAsync();
}

/// <summary>一证办电 from the utility's counter to the library and back, with the real hub and real HTTP.</summary>
public sealed class LicenceJourney(LicenceHub shared) : IClassFixture<LicenceHub>
{
    private const string Identity = "11100000000013127D001";
    private const string Property = "11100000MB03271699001";
    private const string Business = "11100000MB0143028R001";
    private const string Linfen = "sgcc-linfen";

    private static int numbers;

    private HubUnderTest Hub => shared.Hub;

    private static string NewNumber() => $"A-{Interlocked.Increment(ref numbers)}";

    [Fact]
    public async Task A_quick_library_is_answered_at_once_with_the_packs_fields_and_the_chain_has_it()
    {
        var (number, key) = await OpenedAsync();
        await ConsentAsync(number, key);

        var reply = await AskAsync(number, key, wait: 20);

        Assert.True(reply.Status == 200, reply.Text);
        var result = reply.Json["result"]!;
        Assert.Equal(("FOUND", "张示例", true), ((string?)result["resultCode"], (string?)result["fields"]!["holderName"], (bool)result["fallback"]!));
        Assert.Single(result["fields"]!.AsObject());
        Assert.Equal(64, ((string?)result["file"]!["fileHash"])!.Length);
        Assert.Equal("wait=20", reply.Headers.GetValues("Preference-Applied").Single());
        Assert.DoesNotContain(LicenceLibrary.Citizen, reply.Text, StringComparison.Ordinal);
        Assert.StartsWith("ok: ", (await Hub.CommandAsync("verify")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("library_none", "NOT_FOUND")]
    [InlineData("library_expired", "EXPIRED")]
    [InlineData("library_stale", "EXPIRED")]
    [InlineData("library_revoked", "REVOKED")]
    [InlineData("library_other_holder", "HOLDER_MISMATCH")]
    [InlineData("refuse", "SOURCE_UNAVAILABLE")]
    public async Task A_licence_that_is_not_in_force_or_not_the_holders_discloses_nothing(string fault, string resultCode)
    {
        var (number, key) = await OpenedAsync();
        await ConsentAsync(number, key);

        // Strikes once: the tests of this class run one after another.
        Assert.Null(shared.Simulated.Faults.Set(new() { Mode = fault, Count = 1 }));
        var reply = await AskAsync(number, key, wait: 20);
        shared.Simulated.Faults.Set(new());

        Assert.True(reply.Status == 200, reply.Text);
        Assert.Equal(resultCode, (string?)reply.Json["result"]!["resultCode"]);
        Assert.Empty(reply.Json["result"]!["fields"]!.AsObject());
        Assert.DoesNotContain("张示例", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoked_after_it_was_found_is_told_by_the_next_query_because_nothing_is_served_from_memory()
    {
        var (number, key) = await OpenedAsync();
        await ConsentAsync(number, key);
        var asked = shared.Simulated.Asked;
        Assert.Equal("FOUND", (string?)(await AskAsync(number, key, "Q1", wait: 20)).Json["result"]!["resultCode"]);

        shared.Simulated.Faults.Set(new() { Mode = "library_revoked", Count = 1 });
        var second = await AskAsync(number, key, "Q2", wait: 20);
        shared.Simulated.Faults.Set(new());

        Assert.Equal("REVOKED", (string?)second.Json["result"]!["resultCode"]);
        Assert.Equal(asked + 2, shared.Simulated.Asked);
    }

    [Theory]
    [InlineData(Linfen, "141002")]
    [InlineData("slp-puxian", "141033")]
    [InlineData("huozhou-coal-power", "141082")]
    public async Task What_came_after_the_wait_is_sent_through_the_utilitys_lane_and_its_receipt_is_taken(string partner, string region)
    {
        var (number, key) = await OpenedAsync(partner, region);
        await ConsentAsync(number, key);
        shared.Simulated.Faults.Set(new() { Mode = "slow", DelayMs = 300, Count = 1 });

        var reply = await AskAsync(number, key);

        Assert.Equal((202, "pending"), (reply.Status, (string?)reply.Json["status"]));
        var told = await Until.FoundAsync(() => Task.FromResult(Hub.Lead(partner, $"application:{partner}/{number}")), $"{partner} has the result");
        shared.Simulated.Faults.Set(new());
        Assert.Contains("FOUND", Encoding.UTF8.GetString(told.Fields), StringComparison.Ordinal);
        Assert.Contains((string)reply.Json["self"]!, Encoding.UTF8.GetString(told.Fields), StringComparison.Ordinal);
        Assert.DoesNotContain("张示例", Encoding.UTF8.GetString(told.Fields), StringComparison.Ordinal);
        var fetched = await Hub.GetAsync((string)reply.Json["self"]!, key);
        Assert.Equal(("answered", "张示例"), ((string?)fetched.Json["status"], (string?)fetched.Json["result"]!["fields"]!["holderName"]));
        var receipt = await Hub.ReceiptAsync(key, told.Commands.Single(), new { status = "accepted", at = "2026-03-03T10:00:00+08:00" });
        Assert.Equal(202, receipt.Status);
    }

    [Fact]
    public async Task What_is_on_its_way_when_the_consent_is_withdrawn_brings_no_fields_any_more()
    {
        var (number, key) = await OpenedAsync();
        await ConsentAsync(number, key);
        var partner = Hub.Simulators.Partner(Linfen);
        Assert.Null(partner.Faults.Set(new() { Mode = "http500", Count = 1 }));
        shared.Simulated.Faults.Set(new() { Mode = "slow", DelayMs = 300, Count = 1 });
        var reply = await AskAsync(number, key);
        await Until.FoundAsync(
            async () => await Hub.GetAsync((string)reply.Json["self"]!, key) is { } read && (string?)read.Json["status"] == "answered" ? read : null, "the library has answered");

        var withdrawal = await PostAsync($"/api/v1/consents/C-{number}/withdrawal", key, new { @case = $"application:{number}", at = "2026-03-03T10:00:00+08:00" });
        partner.Faults.Set(new());
        shared.Simulated.Faults.Set(new());
        var told = await Until.FoundAsync(() => Task.FromResult(Hub.Lead(Linfen, $"application:{Linfen}/{number}")), "the utility has the answer");
        var fetched = await Hub.GetAsync((string)reply.Json["self"]!, key);

        Assert.Equal(202, withdrawal.Status);
        Assert.DoesNotContain("张示例", Encoding.UTF8.GetString(told.Fields), StringComparison.Ordinal);
        Assert.Equal("FOUND", (string?)fetched.Json["result"]!["resultCode"]);
        Assert.Empty(fetched.Json["result"]!["fields"]!.AsObject());
    }

    [Fact]
    public async Task A_utility_that_fetches_finds_the_result_in_its_feed()
    {
        var (number, key) = await OpenedAsync("donggang-energy", "320706");
        await ConsentAsync(number, key);
        shared.Simulated.Faults.Set(new() { Mode = "slow", DelayMs = 300, Count = 1 });

        Assert.Equal(202, (await AskAsync(number, key)).Status);

        var page = await Until.FoundAsync(
            async () => await Hub.GetAsync("/api/v1/feeds/donggang-energy", key) is { } read && read.Text.Contains("licence.answer.v1", StringComparison.Ordinal) ? read : null, "the feed has the result");
        shared.Simulated.Faults.Set(new());
        Assert.Contains("hub.licence.answered.v1", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("张示例", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_consent_the_library_is_not_asked_and_with_one_for_another_purpose_neither()
    {
        var (number, key) = await OpenedAsync();
        var asked = shared.Simulated.Asked;

        var without = await AskAsync(number, key, "Q1", change: query => query.Remove("consentId"));
        var unknown = await AskAsync(number, key, "Q2");
        await ConsentAsync(number, key);
        var scope = await AskAsync(number, key, "Q3", change: query => query["purpose"] = "account_transfer");
        var purpose = await AskAsync(number, key, "Q4", change: query => query["purpose"] = "marketing");

        Assert.Equal((403, "consent_required", "/consentId", "consent_missing"), Refusal(without));
        Assert.Equal((403, "consent_required", "/consentId", "consent_unknown"), Refusal(unknown));
        Assert.Equal((403, "consent_required", "/consentId", "consent_scope"), Refusal(scope));
        Assert.Equal((403, "purpose_not_allowed", "/purpose", "not_allowed"), Refusal(purpose));
        Assert.False(string.IsNullOrEmpty((string?)without.Json["errors"]![0]!["message_zh"]) || string.IsNullOrEmpty((string?)without.Json["errors"]![0]!["message_en"]));
        Assert.Equal(asked, shared.Simulated.Asked);
        Assert.Equal("CONSENT_REQUIRED", (string?)(await Hub.GetAsync($"/api/v1/licence-queries/{number}-Q1", key)).Json["result"]!["resultCode"]);
        Assert.True(await Hub.Database.ScalarAsync<long>("SELECT count(*) FROM exchange_log WHERE kind = 'request.refused' AND partner = 'sgcc-linfen'") >= 4);
    }

    [Fact]
    public async Task A_withdrawn_consent_ends_reading_and_what_was_read_is_not_handed_out_again()
    {
        var (number, key) = await OpenedAsync();
        await ConsentAsync(number, key);
        await AskAsync(number, key, "Q1", wait: 20);

        var withdrawal = await PostAsync($"/api/v1/consents/C-{number}/withdrawal", key, new { @case = $"application:{number}", at = "2026-03-03T10:00:00+08:00" });
        var after = await AskAsync(number, key, "Q2");
        var before = await Hub.GetAsync($"/api/v1/licence-queries/{number}-Q1", key);

        Assert.Equal(202, withdrawal.Status);
        Assert.Equal((403, "consent_required", "/consentId", "consent_withdrawn"), Refusal(after));
        Assert.Equal("FOUND", (string?)before.Json["result"]!["resultCode"]);
        Assert.Empty(before.Json["result"]!["fields"]!.AsObject());
        Assert.Equal(404, (await PostAsync("/api/v1/consents/C-none/withdrawal", key, new { @case = $"application:{number}", at = "2026-03-03T10:00:00+08:00" })).Status);
    }

    [Fact]
    public async Task Only_a_party_of_the_case_may_ask_in_it_and_others_do_not_find_it()
    {
        var (number, key) = await OpenedAsync();
        var stranger = await Hub.UtilityKeyAsync("slp-puxian");
        var code = Approvals.NewCode();
        await Hub.UntilStatusAsync(await Hub.AcceptedAsync(Approvals.Created(code)), "delivered");

        Assert.Equal((404, "case_not_found"), Code(await AskAsync(number, stranger)));
        Assert.Equal((404, "case_not_found"), Code(await AskAsync("nothing", key)));
        Assert.Equal((404, "case_not_found"), Code(await AskAsync(number, key, change: query => query["case"] = "somewhere")));
        Assert.Equal((404, "case_not_found"), Code(await AskAsync(number, key, change: query => query["case"] = "publisher_poll:demo-platform")));
        Assert.Equal((404, "case_not_found"), Code(await AskAsync(number, stranger, change: query => query["case"] = $"project_approval:{code}")));

        var party = await AskAsync($"{number}-p", key, wait: 20, change: query =>
        {
            query["case"] = $"project_approval:{code}";
            Organisation(query);
        });
        Assert.True(party.Status == 200, party.Text);
        Assert.Equal("示例产业园管理有限公司", (string?)party.Json["result"]!["fields"]!["holderName"]);
        Assert.Equal(404, (await Hub.GetAsync($"/api/v1/licence-queries/{number}-p-Q", stranger)).Status);
    }

    [Fact]
    public async Task A_repeat_is_answered_as_before_and_another_content_under_the_same_number_is_refused()
    {
        var (number, key) = await OpenedAsync();
        await ConsentAsync(number, key);
        var first = await AskAsync(number, key, wait: 20);
        var asked = shared.Simulated.Asked;

        var second = await AskAsync(number, key, wait: 20);
        var other = await AskAsync(number, key, change: query => query["useCause"] = "别的事由");

        Assert.Equal((200, 200, true), (first.Status, second.Status, second.Replayed));
        Assert.Equal((string?)first.Json["hash"], (string?)second.Json["hash"]);
        Assert.Equal((422, "id_reused"), Code(other));
        Assert.Equal(asked, shared.Simulated.Asked);
    }

    public static TheoryData<string, int, string, string> BadBodies => new()
    {
        { "", 400, "empty_body", "" }, { "{", 400, "bad_json", "" }, { "[]", 422, "invalid_request", "" }, { "null", 422, "invalid_request", "" },
        { """{"queryId":"1","queryId":"2"}""", 400, "duplicate_key", "/queryId" }, { """{"queryId":1}""", 422, "invalid_request", "/queryId" },
        { """{"faceImage":"…"}""", 422, "invalid_request", "/faceImage" }, { "{}", 422, "invalid_request", "/queryId" }, { """{"queryId":"\ud800"}""", 422, "invalid_request", "/queryId" },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task A_bad_body_is_told_by_its_place_at_every_address_and_never_a_fault_of_ours(string body, int status, string code, string pointer)
    {
        var key = await Hub.UtilityKeyAsync(Linfen);

        var reply = await Hub.SendAsync(HttpMethod.Post, "/api/v1/licence-queries", key, new ByteArrayContent(Encoding.UTF8.GetBytes(body)), "application/json");

        Assert.Equal((status, code), Code(reply));
        if (pointer.Length > 0)
            Assert.Equal(pointer, (string?)reply.Json["errors"]![0]!["pointer"]);
        foreach (var path in (string[])["/api/v1/applications", "/api/v1/consents", "/api/v1/consents/C-1/withdrawal", "/api/v1/applications/1/documents", "/api/v1/disclosures/query"])
            Assert.InRange((await Hub.SendAsync(HttpMethod.Post, path, key, new ByteArrayContent(Encoding.UTF8.GetBytes(body)), "application/json")).Status, 400, 499);
    }

    [Fact]
    public async Task Keys_types_and_sizes_are_checked_before_anything_else()
    {
        var key = await Hub.UtilityKeyAsync(Linfen);
        var regional = await Hub.CreateKeyAsync(Linfen, ApiKey.Receive, regions: ["1507"]);

        Assert.Equal((401, "unauthorised"), Code(await Hub.SendAsync(HttpMethod.Post, "/api/v1/licence-queries", null, new ByteArrayContent("{}"u8.ToArray()), "application/json")));
        Assert.Equal((403, "direction_not_allowed"), Code(await PostAsync("/api/v1/licence-queries", Hub.BureauKey, new { })));
        Assert.Equal((415, "unsupported_media_type"), Code(await Hub.SendAsync(HttpMethod.Post, "/api/v1/licence-queries", key, new ByteArrayContent([1]), "text/plain")));
        Assert.Equal((413, "too_large"), Code(await PostAsync("/api/v1/licence-queries", key, new { queryId = new string('x', 20_000) })));
        Assert.Equal((403, "region_not_allowed"), Code(await PostAsync("/api/v1/applications", regional, Application("R-1"))));
        Assert.Equal((422, "invalid_request"), Code(await PostAsync("/api/v1/applications", key, Application("R-2", "659001"))));
        Assert.Equal((422, "invalid_request"), Code(await PostAsync("/api/v1/applications", key, new { applicationId = "R-3", regionCode = "141002", customerClass = "low_voltage", appliedAt = "2026-03-02T09:00:00" })));
    }

    [Fact]
    public async Task The_documents_of_a_place_are_listed_with_their_clauses()
    {
        var key = await Hub.UtilityKeyAsync(Linfen);

        var list = await Hub.GetAsync("/api/v1/document-requirements?region=141002&class=low_voltage&stage=application", key);

        Assert.Equal(200, list.Status);
        Assert.Equal(["identity", "property"], list.Json["requirements"]!.AsArray().Select(one => (string?)one!["material"]));
        Assert.All(list.Json["requirements"]!.AsArray(), one => Assert.Equal(("S1 三.6", "PAPER"), ((string?)one!["clause"], (string?)one["satisfiedBy"]!.AsArray()[^1])));
        Assert.Equal((400, "bad_query"), Code(await Hub.GetAsync("/api/v1/document-requirements?region=141002&class=middle", key)));
        Assert.Equal((404, "not_found"), Code(await Hub.GetAsync("/api/v1/document-requirements?region=659001&class=low_voltage", key)));
    }

    [Fact]
    public async Task Collecting_fetches_what_the_library_has_lists_what_is_owed_and_refuses_what_is_outside_the_rule()
    {
        var (number, key) = await OpenedAsync();
        await ConsentAsync(number, key, [Identity]);

        var reply = await PostAsync($"/api/v1/applications/{number}/documents", key, Documents("R-1"));
        var outside = await PostAsync($"/api/v1/applications/{number}/documents", key, Documents("R-2", "identity", "commitment-letter"));

        Assert.True(reply.Status == 202, reply.Text);
        var list = await Until.FoundAsync(
            async () => await Hub.GetAsync($"/api/v1/applications/{number}/documents", key) is { } read && !read.Text.Contains("\"pending\"", StringComparison.Ordinal) ? read : null, "nothing is pending");
        var documents = list.Json["documents"]!.AsArray();
        Assert.Equal(["identity have FOUND", "property owed CONSENT_REQUIRED"], documents.Select(one => $"{one!["material"]} {one["status"]} {one["resultCode"]}"));
        Assert.Equal(["UPLOAD", "PAPER"], documents[1]!["ways"]!.AsArray().Select(way => (string?)way));
        Assert.True((bool)list.Json["owed"]!);
        Assert.Equal((403, "document_not_allowed", "/materials/1", "not_allowed"), Refusal(outside));
    }

    [Fact]
    public async Task Two_applications_of_a_utility_may_give_their_requests_the_same_number()
    {
        var (first, key) = await OpenedAsync("slp-puxian", "141033");
        var (second, _) = await OpenedAsync("slp-puxian", "141033");
        foreach (var number in (string[])[first, second])
        {
            var reply = await PostAsync($"/api/v1/applications/{number}/documents", key, Documents("R-1", "identity"));
            Assert.True(reply.Status == 202, reply.Text);
            Assert.Equal("CONSENT_REQUIRED", (string?)reply.Json["documents"]!.AsArray().Single()!["resultCode"]);
        }
    }

    [Fact]
    public async Task A_query_for_a_document_that_was_not_taken_is_told_and_not_passed_over()
    {
        var (number, key) = await OpenedAsync("slp-puxian", "141033");
        var hash = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes($"application:{number}\nR-1"));
        var (other, _) = await OpenedAsync("slp-puxian", "141033");
        for (var index = 0; index < 4; index++)
            await AskAsync(other, key, change: query => query["queryId"] = $"doc-{Convert.ToHexStringLower(hash.AsSpan(0, 8))}.{index}");

        Assert.Equal((422, "id_reused"), Code(await PostAsync($"/api/v1/applications/{number}/documents", key, Documents("R-1", "identity"))));
    }

    [Fact]
    public async Task Who_saw_my_data_is_told_to_the_utility_for_itself_to_an_entitled_office_and_by_command_without_the_number()
    {
        var (number, key) = await OpenedAsync();
        await ConsentAsync(number, key);
        await AskAsync(number, key, wait: 20);
        var holder = new { holderTypeCode = "111", holderCode = LicenceLibrary.Citizen };
        var office = await Hub.CreateKeyAsync("citizens-office", ApiKey.Publish, ["urn:hub:bureau:office"], ["hub.disclosures.read"]);

        var own = await PostAsync("/api/v1/disclosures/query", key, holder);
        var others = await PostAsync("/api/v1/disclosures/query", await Hub.UtilityKeyAsync("donggang-energy"), holder);
        var all = await PostAsync("/api/v1/disclosures/query", office, holder);
        var command = await Hub.CommandAsync("disclosures", "--holder", LicenceLibrary.Citizen, "--by", "值班员");

        var entry = own.Json["items"]!.AsArray().Single(item => (string?)item!["case"] == $"application:{number}")!;
        Assert.Equal(("sgcc-linfen", Identity, "new_connection", "GX-2026-07", $"C-{number}", "FOUND"), (
            (string?)entry["receiver"], (string?)entry["certTypeCode"], (string?)entry["purpose"], (string?)entry["legalBasisRef"], (string?)entry["consentId"], (string?)entry["resultCode"]));
        Assert.Equal(["holderName", "file"], entry["fields"]!.AsArray().Select(field => (string?)field));
        Assert.DoesNotContain($"application:{number}", others.Text, StringComparison.Ordinal);
        Assert.Contains($"application:{number}", all.Text, StringComparison.Ordinal);
        Assert.Equal((403, "type_not_allowed"), Code(await PostAsync("/api/v1/disclosures/query", Hub.BureauKey, holder)));
        Assert.Contains($"application:{number}", command.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(LicenceLibrary.Citizen, own.Text + all.Text + command.Output, StringComparison.Ordinal);
        Assert.True(await Hub.Database.ScalarAsync<long>("SELECT count(*) FROM exchange_log WHERE kind = 'disclosures.read'") >= 4);
        var page = await Hub.PageAsync("/evidence?lang=zh");
        Assert.Contains("居民身份证", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(LicenceLibrary.Citizen, page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_state_and_no_entry_of_the_log_holds_the_number()
    {
        var (number, key) = await OpenedAsync();
        await ConsentAsync(number, key);
        await AskAsync(number, key, wait: 20);

        Assert.Equal(0, await Hub.Database.ScalarAsync<long>($"SELECT count(*) FROM cases WHERE state LIKE '%{LicenceLibrary.Citizen}%' OR key LIKE '%{LicenceLibrary.Citizen}%'"));
        Assert.Equal(0, await Hub.Database.ScalarAsync<long>($"SELECT count(*) FROM exchange_log WHERE position('{LicenceLibrary.Citizen}' IN convert_from(content, 'UTF8')) > 0"));
        Assert.Equal(0, await Hub.Database.ScalarAsync<long>("SELECT count(*) FROM exchange_log WHERE kind = 'data.disclosed' AND position('办理新装用电' IN convert_from(content, 'UTF8')) > 0"));
        var bodies = BodyCipher.Of([HubProgram.BodyKey]);
        var responses = await Hub.Database.ScalarAsync<string>("SELECT COALESCE(string_agg(encode(response, 'hex'), ' '), '') FROM answers WHERE response IS NOT NULL");
        Assert.DoesNotContain(responses.Split(' '), body => System.Text.Encoding.UTF8.GetString(bodies.Open(Convert.FromHexString(body))).Contains("张示例", StringComparison.Ordinal));
    }

    private static (int, string?) Code(Reply reply) => (reply.Status, reply.Code);

    private static (int, string?, string?, string?) Refusal(Reply reply) => (reply.Status, reply.Code, (string?)reply.Json["errors"]![0]!["pointer"], (string?)reply.Json["errors"]![0]!["code"]);

    private static object Application(string number, string region = "141002") =>
        new { applicationId = number, regionCode = region, customerClass = "low_voltage", appliedAt = "2026-03-02T09:00:00+08:00" };

    private static object Documents(string request, params string[] materials) => new
    {
        requestId = request, stage = "application", materials = materials.Length == 0 ? null : materials, holderTypeCode = "111", holderCode = LicenceLibrary.Citizen, purpose = "new_connection", useCause = "办理新装用电",
        legalBasisRef = "GX-2026-07", consentId = "C-A",
    };

    private static void Organisation(JsonObject query)
    {
        query["holderTypeCode"] = "001";
        query["holderCode"] = LicenceLibrary.Company;
        query["certTypeCode"] = Business;
        query.Remove("consentId");
    }

    private async Task<(string Number, string Key)> OpenedAsync(string partner = Linfen, string region = "141002")
    {
        var (number, key) = (NewNumber(), await Hub.UtilityKeyAsync(partner));
        var reply = await PostAsync("/api/v1/applications", key, Application(number, region));
        Assert.True(reply.Status == 202, reply.Text);
        return (number, key);
    }

    private async Task ConsentAsync(string number, string key, string[]? types = null)
    {
        var reply = await PostAsync("/api/v1/consents", key, new
        {
            consentId = types is null ? $"C-{number}" : "C-A", @case = $"application:{number}", holderTypeCode = "111", holderCode = LicenceLibrary.Citizen, purposes = (string[])["new_connection"],
            certTypeCodes = types ?? [Identity, Property], givenAt = "2026-03-02T09:00:00+08:00", expiresAt = "2099-03-02T09:00:00+08:00", method = "face", authResultRef = "FR-1",
        });
        Assert.True(reply.Status == 202, reply.Text);
    }

    private Task<Reply> AskAsync(string number, string key, string suffix = "Q", int wait = 0, Action<JsonObject>? change = null)
    {
        var query = new JsonObject
        {
            ["queryId"] = $"{number}-{suffix}", ["case"] = $"application:{number}", ["holderTypeCode"] = "111", ["holderCode"] = LicenceLibrary.Citizen, ["certTypeCode"] = Identity, ["purpose"] = "new_connection",
            ["useCause"] = "办理新装用电", ["legalBasisRef"] = "GX-2026-07", ["consentId"] = $"C-{number}",
        };
        change?.Invoke(query);
        return PostAsync("/api/v1/licence-queries", key, query, wait == 0 ? [] : [("Prefer", $"wait={wait}")]);
    }

    private Task<Reply> PostAsync(string path, string key, object body, params (string, string)[] headers) =>
        Hub.SendAsync(HttpMethod.Post, path, key, new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)), "application/json", headers);
}
