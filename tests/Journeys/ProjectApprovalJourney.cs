using System.Text.Json.Nodes;
using Hub.Ledger;
using Hub.Verifier;

namespace Hub.Journeys;

/// <summary>One hub with all partners, for the journeys that only look at their own project.</summary>
public sealed class SharedHub : IAsyncLifetime
{
    internal HubUnderTest Hub { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Hub = await HubUnderTest.StartAsync();

    public ValueTask DisposeAsync() => Hub.DisposeAsync();
}

/// <summary>A project approval from the bureau to the utility's CRM and back.</summary>
public sealed class ProjectApprovalJourney(SharedHub shared) : IClassFixture<SharedHub>
{
    private static readonly DateTimeOffset Moment = new(2026, 4, 2, 1, 0, 0, TimeSpan.Zero);

    private HubUnderTest Hub => shared.Hub;

    [Theory]
    [InlineData("sgcc-linfen", Approvals.LinfenCity, "/xmmc", "/fhrl", "/xzqh")]
    [InlineData("slp-puxian", Approvals.Puxian, "/project/name", "/demand/load_kw", "/project/site/region")]
    [InlineData("hohhot-power", Approvals.Hohhot, "/data/approval/projectName", "/data/approval/loadKw", "/data/approval/regionCode")]
    public async Task An_approval_becomes_a_lead_in_the_words_of_the_partners_CRM(string partner, string region, string name, string load, string place)
    {
        var code = Approvals.NewCode(region);

        var id = await Hub.AcceptedAsync(Approvals.Created(code, region));

        var view = await Hub.UntilStatusAsync(id, "delivered");
        var lead = Hub.Lead(partner, code)!;
        var fields = JsonNode.Parse(lead.Fields)!;
        Assert.Equal(("open", 1L), (lead.State, lead.Sequence));
        Assert.Equal("示例产业园配电工程 1", (string?)At(fields, name));
        Assert.Equal(1001m, (decimal)At(fields, load)!);
        Assert.Equal(region, (string?)At(fields, place));
        Assert.Equal(partner, (string?)view["receivers"]![0]!["receiver"]);
        Assert.Equal(lead.Commands, [(Guid)view["receivers"]![0]!["deliveryId"]!]);
    }

    [Fact]
    public async Task The_bureau_reads_back_the_state_the_warnings_and_the_first_contact_of_each_receiver()
    {
        var approval = Approvals.Created(Approvals.NewCode());
        approval.Data().Remove("loadKw");

        var id = await Hub.AcceptedAsync(approval);

        var view = await Hub.UntilStatusAsync(id, "delivered");
        var receiver = Assert.Single(view["receivers"]!.AsArray())!;
        Assert.Equal("missing_demand", (string?)Assert.Single(view["warnings"]!.AsArray())!["code"]);
        Assert.Equal(("sgcc-linfen", "国网临汾供电公司", "State Grid Linfen"), ((string?)receiver["receiver"], (string?)receiver["titleZh"], (string?)receiver["titleEn"]));
        Assert.Equal(("lead.create.v1", "delivered", 1), ((string?)receiver["command"], (string?)receiver["state"], (int)receiver["attempts"]!));
        Assert.Equal(("running", "hub default"), ((string?)receiver["firstContact"]!["status"], (string?)receiver["firstContact"]!["source"]));
        Assert.Equal("linfen@2021.1", (string?)view["policy"]);
        Assert.NotNull(receiver["deliveredAt"]);
        Assert.StartsWith("L", (string?)receiver["partnerReference"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_bureau_finds_its_event_by_the_id_it_gave_it()
    {
        var approval = Approvals.Created(Approvals.NewCode());
        var id = await Hub.AcceptedAsync(approval);

        var reply = await Hub.GetAsync($"/api/v1/events/{approval.Id()}", Hub.BureauKey);

        Assert.Equal((200, id), (reply.Status, (Guid)reply.Json["id"]!));
    }

    [Theory]
    [InlineData("sgcc-linfen", Approvals.LinfenCity)]
    [InlineData("slp-puxian", Approvals.Puxian)]
    [InlineData("hohhot-power", Approvals.Hohhot)]
    public async Task Receipts_by_delivery_and_by_event_are_read_by_the_bureau_and_end_the_first_contact_clock(string partner, string region)
    {
        var code = Approvals.NewCode(region);
        var id = await Hub.AcceptedAsync(Approvals.Created(code, region));
        await Hub.UntilStatusAsync(id, "delivered");
        var key = await Hub.UtilityKeyAsync(partner);

        // The utility knows the id it was sent; one that reads back knows the event's as well.
        var accepted = await Hub.ReceiptAsync(key, Hub.Lead(partner, code)!.Commands[0], new { status = "accepted", at = Moment });
        var contacted = await Hub.ReceiptAsync(key, id, new { status = "in_progress", code = "CONTACTED", at = Moment.AddHours(3), note = "已电话联系" });

        Assert.Equal((202, 202), (accepted.Status, contacted.Status));
        var receiver = (await Hub.EventAsync(id))["receivers"]![0]!;
        Assert.Equal("in_progress", (string?)receiver["businessStatus"]);
        Assert.Equal("met", (string?)receiver["firstContact"]!["status"]);
        Assert.Equal(["accepted", "in_progress"], receiver["receipts"]!.AsArray().Select(receipt => (string?)receipt!["status"]));
        var list = await Hub.GetAsync($"/api/v1/events/{id}/receipts", Hub.BureauKey);
        Assert.Equal("CONTACTED", (string?)list.Json[1]!["code"]);
    }

    [Theory]
    [InlineData("sgcc-linfen", Approvals.LinfenCity)]
    [InlineData("slp-puxian", Approvals.Puxian)]
    [InlineData("hohhot-power", Approvals.Hohhot)]
    public async Task An_amendment_an_extension_and_a_revocation_reach_the_CRM_in_order(string partner, string region)
    {
        var code = Approvals.NewCode(region);
        JsonObject[] story = [Approvals.Created(code, region), Approvals.Amended(code, region), Approvals.Extended(code, region), Approvals.Revoked(code, region)];
        var ids = new List<Guid>();
        foreach (var chapter in story)
            ids.Add(await Hub.AcceptedAsync(chapter));

        var views = new List<JsonNode>();
        foreach (var id in ids)
            views.Add(await Hub.UntilStatusAsync(id, "delivered"));

        var lead = Hub.Lead(partner, code)!;
        Assert.Equal(("withdrawn", 4L), (lead.State, lead.Sequence));
        Assert.Equal(lead.Commands, views.Select(view => (Guid)view["receivers"]![0]!["deliveryId"]!));
        Assert.Equal(
            ["lead.create.v1", "lead.update.v1", "lead.update.v1", "lead.withdraw.v1"], views.Select(view => (string?)view["receivers"]![0]!["command"]));
        Assert.Equal(0, Hub.Simulators.StatsOf(partner).Book.OutOfOrder);
    }

    [Fact]
    public async Task An_older_version_is_stored_and_told_to_nobody()
    {
        var code = Approvals.NewCode();
        await Hub.UntilStatusAsync(await Hub.AcceptedAsync(Approvals.Created(code, version: 5)), "delivered");

        var late = await Hub.EventAsync(await Hub.AcceptedAsync(Approvals.Amended(code, version: 2)));

        Assert.Equal(("stored", "superseded"), ((string?)late["status"], (string?)late["reason"]));
        Assert.Empty(late["receivers"]!.AsArray());
        Assert.Single(Hub.Lead("sgcc-linfen", code)!.Commands);
    }

    [Fact]
    public async Task A_utility_reads_what_it_was_sent_and_nothing_else()
    {
        var id = await Hub.AcceptedAsync(Approvals.Created(Approvals.NewCode()));
        await Hub.UntilStatusAsync(id, "delivered");

        var own = await Hub.GetAsync($"/api/v1/events/{id}", await Hub.UtilityKeyAsync("sgcc-linfen"));
        var others = await Hub.GetAsync($"/api/v1/events/{id}", await Hub.UtilityKeyAsync("slp-puxian"));
        var receipt = await Hub.ReceiptAsync(await Hub.UtilityKeyAsync("slp-puxian"), id, new { status = "accepted", at = Moment });

        Assert.Equal((200, 404, 404), (own.Status, others.Status, receipt.Status));
    }

    [Fact]
    public async Task Another_bureau_does_not_find_the_event_by_any_id()
    {
        var approval = Approvals.Created(Approvals.NewCode());
        var id = await Hub.AcceptedAsync(approval);
        var delivery = (Guid)(await Hub.UntilStatusAsync(id, "delivered"))["receivers"]![0]!["deliveryId"]!;
        var stranger = await Hub.CreateKeyAsync("other-bureau", ApiKey.Publish, ["urn:hub:bureau:other"]);

        foreach (var name in new[] { id.ToString(), delivery.ToString(), approval.Id() })
        {
            Assert.Equal(404, (await Hub.GetAsync($"/api/v1/events/{name}", stranger)).Status);
            Assert.Equal(404, (await Hub.GetAsync($"/api/v1/events/{name}/receipts", stranger)).Status);
        }
    }

    [Fact]
    public async Task A_bureau_may_not_send_receipts()
    {
        var id = await Hub.AcceptedAsync(Approvals.Created(Approvals.NewCode()));

        var reply = await Hub.ReceiptAsync(Hub.BureauKey, id, new { status = "accepted", at = Moment });

        Assert.Equal((403, "direction_not_allowed"), (reply.Status, reply.Code));
    }

    [Fact]
    public async Task A_repeated_receipt_is_answered_as_the_first_time()
    {
        var (id, key) = await DeliveredAsync();
        var receipt = new { status = "accepted", at = Moment };

        var first = await Hub.ReceiptAsync(key, id, receipt);
        var second = await Hub.ReceiptAsync(key, id, receipt);

        Assert.Equal((202, 202, false, true), (first.Status, second.Status, first.Replayed, second.Replayed));
        Assert.Equal((string?)first.Json["hash"], (string?)second.Json["hash"]);
        Assert.Single((await Hub.EventAsync(id))["receivers"]![0]!["receipts"]!.AsArray());
    }

    [Theory]
    [InlineData("done", "in_progress")]
    [InlineData("in_progress", "accepted")]
    [InlineData("done", "rejected")]
    [InlineData("rejected", "done")]
    [InlineData("accepted", "accepted")]
    public async Task A_receipt_that_may_not_follow_the_one_before_is_answered_409(string first, string second)
    {
        var (id, key) = await DeliveredAsync();
        await Hub.ReceiptAsync(key, id, new { status = first, code = "OTHER", at = Moment });

        var reply = await Hub.ReceiptAsync(key, id, new { status = second, code = "OTHER", at = Moment.AddHours(1) });

        Assert.Equal((409, "receipt_move"), (reply.Status, reply.Code));
        Assert.Equal(first, (string?)(await Hub.EventAsync(id))["receivers"]![0]!["businessStatus"]);
    }

    [Fact]
    public async Task A_rejection_needs_a_code_of_the_list()
    {
        var (id, key) = await DeliveredAsync();

        var without = await Hub.ReceiptAsync(key, id, new { status = "rejected", at = Moment });
        var unknown = await Hub.ReceiptAsync(key, id, new { status = "rejected", code = "NO_TIME", at = Moment });
        var right = await Hub.ReceiptAsync(key, id, new { status = "rejected", code = "OUT_OF_AREA", at = Moment });

        Assert.Equal((422, "invalid_receipt", "/code", "required"), (without.Status, without.Code, (string?)without.Json["errors"]![0]!["pointer"], (string?)without.Json["errors"]![0]!["code"]));
        Assert.Equal((422, "not_allowed"), (unknown.Status, (string?)unknown.Json["errors"]![0]!["code"]));
        Assert.Equal(202, right.Status);
    }

    [Fact]
    public async Task A_pack_that_arrives_sends_out_what_was_parked_for_want_of_an_operator()
    {
        await using var hub = await HubUnderTest.StartAsync("hohhot-power");
        var code = Approvals.NewCode(Approvals.NobodyServes);
        var id = await hub.AcceptedAsync(Approvals.Created(code, Approvals.NobodyServes));
        Assert.Equal("no_operator", (string?)(await hub.UntilStatusAsync(id, "parked"))["reason"]);
        Assert.Contains("unserved", (await hub.CommandAsync("deliveries", "list", "--state", "unserved")).Output, StringComparison.Ordinal);

        hub.DropPack("beijing.yaml", """
            id: beijing
            version: "2026.1"
            title: { zh: 示例市, en: Example city }
            valid_from: 2026-01-01
            document:
              short: T1
              title: 示例规则
            regions: ["1101"]

            operators:
              - id: example-power
                title: { zh: 示例供电, en: Example Power }
                utility: power
                connector: hohhot-power
                serves: ["1101"]
                source: document
                clause: T1 1

            first_contact:
              limit_working_days: 3
              warn_before_working_days: 1
              source: hub default
              note: { zh: 示例, en: Example }
            """);

        await hub.UntilStatusAsync(id, "delivered");
        Assert.Equal("open", hub.Lead("hohhot-power", code)!.State);
    }

    [Fact]
    public async Task A_paused_connector_is_sent_nothing_until_it_is_resumed_and_then_everything()
    {
        await using var hub = await HubUnderTest.StartAsync("sgcc-linfen", "slp-puxian");
        Assert.Equal(0, (await hub.CommandAsync("connectors", "pause", "sgcc-linfen", "--reason", "系统升级", "--by", "值班员")).Code);
        await Until.TrueAsync(() => hub.Service<Dispatch.ILanes>().Find("sgcc-linfen")!.PausedReason is not null, "the running hub knows of the pause");
        var code = Approvals.NewCode();

        var id = await hub.AcceptedAsync(Approvals.Created(code));
        await hub.UntilStatusAsync(await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode(Approvals.Puxian), Approvals.Puxian)), "delivered");

        Assert.Equal("waiting", (string?)(await hub.EventAsync(id))["receivers"]![0]!["state"]);
        Assert.Contains("paused (系统升级)", (await hub.CommandAsync("connectors", "list")).Output, StringComparison.Ordinal);
        Assert.Null(hub.Lead("sgcc-linfen", code));

        Assert.Equal(0, (await hub.CommandAsync("connectors", "resume", "sgcc-linfen", "--reason", "升级完成", "--by", "值班员")).Code);
        await hub.UntilStatusAsync(id, "delivered");
    }

    [Fact]
    public async Task A_refused_delivery_is_parked_until_a_person_retries_or_skips_it()
    {
        await using var hub = await HubUnderTest.StartAsync("sgcc-linfen");
        hub.Simulators.Partner("sgcc-linfen").Faults.Set(new() { Mode = "refuse" });
        var (retried, skipped) = (Approvals.NewCode(), Approvals.NewCode());
        var retriedId = await hub.AcceptedAsync(Approvals.Created(retried));
        var skippedId = await hub.AcceptedAsync(Approvals.Created(skipped));
        var afterSkip = await hub.AcceptedAsync(Approvals.Amended(skipped));
        var (first, second) = (Delivery(await hub.UntilStatusAsync(retriedId, "parked")), Delivery(await hub.UntilStatusAsync(skippedId, "parked")));
        var list = await hub.CommandAsync("deliveries", "list", "--state", "parked");
        Assert.Contains(first, list.Output, StringComparison.Ordinal);
        Assert.Contains(second, list.Output, StringComparison.Ordinal);
        hub.Simulators.Partner("sgcc-linfen").Faults.Set(new());

        Assert.Equal((0, "done\n"), await hub.CommandAsync("deliveries", "retry", first, "--reason", "对方已修复", "--by", "值班员"));
        Assert.Equal((0, "done\n"), await hub.CommandAsync("deliveries", "skip", second, "--reason", "线下已办", "--by", "值班员"));

        await hub.UntilStatusAsync(retriedId, "delivered");
        await hub.UntilStatusAsync(afterSkip, "delivered");
        Assert.Equal("skipped", (string?)(await hub.EventAsync(skippedId))["receivers"]![0]!["state"]);
        Assert.Single(hub.Lead("sgcc-linfen", skipped)!.Commands);
        Assert.Equal(2, (await hub.CommandAsync("deliveries", "retry", first, "--reason", "再来", "--by", "值班员")).Code);
        Assert.StartsWith("ok: ", (await hub.CommandAsync("verify")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_waiting_delivery_can_be_parked_by_a_person()
    {
        await using var hub = await HubUnderTest.StartAsync("sgcc-linfen");
        hub.Simulators.Partner("sgcc-linfen").Faults.Set(new() { Mode = "http500" });
        var id = await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode()));
        var delivery = "";
        await Until.TrueAsync(async () => await hub.EventAsync(id) is var view && (delivery = Delivery(view)).Length > 0 && (string?)view["receivers"]![0]!["state"] == "waiting", "the delivery waits");

        // An attempt may be under way at the moment of the command, which is then asked to come again.
        await Until.TrueAsync(async () => (await hub.CommandAsync("deliveries", "park", delivery, "--reason", "待核实", "--by", "值班员")).Code == 0, "the delivery was parked");

        Assert.Equal("parked_by_operator", (string?)(await hub.UntilStatusAsync(id, "parked"))["receivers"]![0]!["reason"]);
    }

    [Fact]
    public async Task The_exported_log_holds_against_the_independent_verifier_and_every_receipt_given_out()
    {
        await using var hub = await HubUnderTest.StartAsync("sgcc-linfen");
        var reply = await hub.PublishAsync(Approvals.Created(Approvals.NewCode()));
        await hub.UntilStatusAsync((Guid)reply.Json["id"]!, "delivered");
        var held = $"{(long)reply.Json["position"]!}:{(string)reply.Json["hash"]!}";

        var verified = await hub.CommandAsync("verify", "--receipt", held);
        var forged = await hub.CommandAsync("verify", "--receipt", $"{(long)reply.Json["position"]!}:{new string('0', 64)}");
        var exported = await hub.CommandAsync("export", "--to", hub.TemporaryFile("log.jsonl"));

        Assert.Equal((0, 1, 0), (verified.Code, forged.Code, exported.Code));
        await using var file = File.OpenRead(hub.TemporaryFile("log.jsonl"));
        Assert.True(ChainHead.TryParse(held, out var head));
        var report = ExportVerifier.Verify(file, head);
        Assert.Empty(report.Findings);
        Assert.True(report.Entries >= 3);
    }

    [Fact]
    public async Task A_key_made_by_command_works_at_once_and_a_revoked_one_is_refused_soon()
    {
        var made = await Hub.CommandAsync("keys", "create", "--partner", "commanded", "--direction", "publish", "--source", "urn:hub:bureau:commanded");
        var key = made.Output.Trim();
        var approval = Approvals.Created(Approvals.NewCode());
        approval["source"] = "urn:hub:bureau:commanded";
        Assert.Equal(202, (await Hub.PublishAsync(approval, key)).Status);
        Assert.Contains("commanded  publish  valid", (await Hub.CommandAsync("keys", "list")).Output, StringComparison.Ordinal);

        Assert.Equal(0, (await Hub.CommandAsync("keys", "revoke", key.Split('_')[1])).Code);

        await Until.TrueAsync(async () => (await Hub.PublishAsync(approval, key)).Status == 401, "the revoked key is refused", TimeSpan.FromSeconds(5));
        Assert.Equal(2, (await Hub.CommandAsync("keys", "revoke", key.Split('_')[1])).Code);
    }

    private async Task<(Guid Id, string Key)> DeliveredAsync()
    {
        var id = await Hub.AcceptedAsync(Approvals.Created(Approvals.NewCode()));
        await Hub.UntilStatusAsync(id, "delivered");
        return (id, await Hub.UtilityKeyAsync("sgcc-linfen"));
    }

    private static string Delivery(JsonNode view) => (string?)view["receivers"]![0]!["deliveryId"] ?? "";

    private static JsonNode? At(JsonNode node, string pointer) => pointer.Split('/').Skip(1).Aggregate<string, JsonNode?>(node, (at, name) => at?[name]);
}
