using System.Globalization;
using System.Text.Json.Nodes;
using Hub.Ledger;
using Hub.Processes;
using Hub.Simulators;

namespace Hub.Journeys;

/// <summary>A hub with a utility that announces outages and two gateways: one for app and WeChat, one for short messages.</summary>
public sealed class OutageHub : IAsyncLifetime
{
    internal const string Utility = "sgcc-lianyungang";
    internal const string App = "app-lianyungang";
    internal const string Sms = "notices-lianyungang";

    internal HubUnderTest Hub { get; private set; } = null!;

    internal string Key { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Hub = await HubUnderTest.StartAsync(settings => settings with { SitePacks = Path.Combine(Checkout.Root, "scripts", "demo-packs") }, [Utility, App, Sms]);
        Key = await Hub.CreateKeyAsync(Utility, ApiKey.Publish, ["urn:hub:utility:outage"], ["hub.outage.announced.v1", "hub.outage.progress.v1", "hub.outage.restored.v1", "hub.outage.cancelled.v1"]);
        foreach (var gateway in (string[])[App, Sms])
            Hub.Simulators.OpenReports(gateway, Hub.Address, await Hub.CreateKeyAsync(gateway, ApiKey.Publish, [$"urn:hub:utility:{gateway}"], ["hub.outage.notified.v1"]));
    }

    public ValueTask DisposeAsync() => Hub.DisposeAsync();
}

/// <summary>An outage is announced, repaired, restored or cancelled: utility, hub, gateways, and the results back; and the guide that everybody may read.</summary>
public sealed class OutageJourney(OutageHub shared) : IClassFixture<OutageHub>
{
    private readonly string notice = $"TD-{Guid.NewGuid():N}"[..20];

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private HubUnderTest Hub => shared.Hub;

    [Fact]
    public async Task Those_that_one_channel_did_not_reach_are_told_over_the_next_and_all_who_were_told_hear_of_the_end()
    {
        var reply = await PublishAsync("announced", 1, Planned(Now.AddDays(9), "0123456780", "0123456781", "0123456708", "0123456709", "0123456788"));
        Assert.Empty(reply["warnings"]!.AsArray());

        // One unknown to every gateway, one that nothing reaches; one by short message only.
        var state = await UntilAsync(state => state.UnreachedEver == 2 && state.Waiting.Count == 0 && Delivered(state) == 3);
        Assert.True(state.NoticeLeadOk);
        Assert.Equal((2, 1), (state.Rounds[0].Channels["APP"].Delivered, state.Rounds[0].Channels["SMS"].Delivered));
        Assert.Equal(["****6709", "****6788"], state.Unreached.Select(one => one.Account).Order(StringComparer.Ordinal));

        await PublishAsync("cancelled", 2, new() { ["type"] = "CANCELLED", ["detail"] = "检修改期" });

        await UntilAsync(state => state.Step == OutageNoticeProcess.Step.Cancelled && Delivered(state) == 6, closed: true);
        Assert.Equal(["0123456780", "0123456781"], Reached(OutageHub.App, "outage_cancelled"));
        Assert.Equal(["0123456708"], Reached(OutageHub.Sms, "outage_cancelled"));
    }

    [Fact]
    public async Task A_notice_too_late_is_taken_told_and_marked()
    {
        var reply = await PublishAsync("announced", 1, Planned(Now.AddDays(2), "0123456780"));

        Assert.Equal("lead_too_short", (string)Assert.Single(reply["warnings"]!.AsArray())!["code"]!);
        var state = await UntilAsync(state => Delivered(state) == 1);
        Assert.False(state.NoticeLeadOk);
    }

    [Fact]
    public async Task A_fault_is_told_at_once_with_progress_and_restoration_and_a_late_word_changes_nothing()
    {
        await PublishAsync("announced", 1, new()
        {
            ["type"] = "FAULT", ["startAt"] = Instant(Now.AddMinutes(-10)), ["reason"] = "WORKS_DAMAGE", ["accountsQueryRef"] = "feeder:示例线",
        });
        await UntilAsync(state => Delivered(state) == 12);
        await PublishAsync("progress", 2, new() { ["type"] = "REPAIR_PROGRESS", ["detail"] = "正在更换电缆" });
        await UntilAsync(state => state.Rounds.Count == 2 && Delivered(state) == 24);
        await PublishAsync("restored", 4, new() { ["type"] = "RESTORED" });
        await UntilAsync(state => state.Step == OutageNoticeProcess.Step.Restored && Delivered(state) == 36, closed: true);

        var late = await PublishAsync("progress", 3, new() { ["type"] = "REPAIR_PROGRESS", ["detail"] = "迟到" });

        Assert.Equal("superseded", (string)Assert.Single(late["warnings"]!.AsArray())!["code"]!);
        Assert.Equal(["outage_fault", "outage_progress", "outage_restored"], Sent(OutageHub.App).Select(sent => sent.TemplateId));
        Assert.DoesNotContain(Sent(OutageHub.App), sent => sent.TextZh.Contains("迟到", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gateway_that_refuses_is_passed_over()
    {
        Hub.Simulators.Partner(OutageHub.App).Faults.Set(new() { Mode = "refuse", Count = 1 });
        await PublishAsync("announced", 1, Planned(Now.AddDays(9), "0123456780"), ["APP", "SMS"]);

        var state = await UntilAsync(state => Delivered(state) == 1);

        Assert.Equal((1, 1), (state.Rounds[0].Channels["APP"].Lost, state.Rounds[0].Channels["SMS"].Delivered));
    }

    [Theory]
    [InlineData("effect_then_timeout")]
    [InlineData("html")]
    [InlineData("gateway_drift")]
    public async Task A_gateway_that_answers_wrongly_has_told_everybody_once_in_the_end(string mode)
    {
        Hub.Simulators.Partner(OutageHub.App).Faults.Set(new() { Mode = mode, Count = 1 });
        await PublishAsync("announced", 1, Planned(Now.AddDays(9), "0123456780", "0123456781"));

        await UntilAsync(state => Delivered(state) == 2, TimeSpan.FromMinutes(2));

        Assert.Single(Sent(OutageHub.App));
    }

    [Fact]
    public async Task A_gateway_cannot_report_on_what_another_one_was_sent()
    {
        await PublishAsync("announced", 1, Planned(Now.AddDays(9), "0123456780"));
        await UntilAsync(state => Delivered(state) == 1);
        var key = await Hub.CreateKeyAsync(OutageHub.Sms, ApiKey.Publish, ["urn:hub:gateway:other"], ["hub.outage.notified.v1"]);

        var reply = await Hub.PublishAsync(
            new JsonObject
            {
                ["specversion"] = "1.0", ["id"] = $"{notice}-x", ["source"] = "urn:hub:gateway:other", ["type"] = "hub.outage.notified.v1",
                ["data"] = new JsonObject
                {
                    ["operatorCode"] = OutageHub.Utility, ["noticeId"] = notice, ["regionCode"] = "320706", ["reference"] = $"{OutageHub.Utility}/{notice}/1-APP", ["channel"] = "APP", ["batch"] = 9,
                    ["results"] = new JsonArray(new JsonObject { ["accountNo"] = "0123456780", ["state"] = "FAILED", ["at"] = "2026-01-05T09:00:00+08:00" }),
                },
            },
            key);

        Assert.Equal("not_the_gateway", (string?)reply.Json["status"]);
        Assert.Equal(0, (await UntilAsync(_ => true)).Rounds[0].Channels["APP"].Failed);
    }

    [Fact]
    public async Task The_guide_is_read_without_a_key_and_kept_by_its_tag()
    {
        var guide = await Hub.GetAsync("/api/v1/guide?region=320706&operator=sgcc-lianyungang", null, ("Accept-Language", "en"));

        Assert.Equal(200, guide.Status);
        Assert.Equal(("lianyungang", "2021.1.1", "S3 三.13"), ((string)guide.Json["policy"]!["id"]!, (string)guide.Json["policy"]!["version"]!, (string)guide.Json["reliability"]!["basis"]!["clause"]!));
        Assert.Equal(["APP", "WECHAT", "SMS"], guide.Json["outageChannels"]!.AsArray().Select(channel => (string)channel!["channel"]!));
        var again = await Hub.GetAsync("/api/v1/guide?region=320706&operator=sgcc-lianyungang", null, ("Accept-Language", "en"), ("If-None-Match", guide.Headers.ETag!.Tag));
        Assert.Equal((304, ""), (again.Status, again.Text));
        Assert.Equal("not_found", (await Hub.GetAsync("/api/v1/guide?region=110101")).Code);
    }

    private static int Delivered(OutageNoticeProcess.Case state) => state.Rounds.Sum(round => round.Channels.Values.Sum(tally => tally.Delivered));

    private static string Instant(DateTimeOffset at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static JsonObject Planned(DateTimeOffset start, params string[] accounts) => new()
    {
        ["type"] = "PLANNED", ["startAt"] = Instant(start), ["endAt"] = Instant(start.AddHours(4)), ["reason"] = "SCHEDULED_REPAIR", ["affectedAccounts"] = new JsonArray([.. accounts.Select(account => (JsonNode)account)]),
    };

    private IReadOnlyList<SimulatedNotice> Sent(string gateway) =>
        [.. ((NotificationGateway)Hub.Simulators.Partner(gateway)).Notices.Where(sent => sent.Reference.Contains($"/{notice}/", StringComparison.Ordinal))];

    private IEnumerable<string> Reached(string gateway, string template) => Sent(gateway).Where(sent => sent.TemplateId == template).SelectMany(sent => sent.Reached);

    private async Task<JsonNode> PublishAsync(string change, int revision, JsonObject data, string[]? channels = null)
    {
        (data["noticeId"], data["revision"], data["regionCode"], data["areaText"], data["issuedAt"]) = (notice, revision, "320706", "海州区示例路", Instant(Now));
        if (channels is not null)
            data["channels"] = new JsonArray([.. channels.Select(channel => (JsonNode)channel)]);
        var reply = await Hub.PublishAsync(
            new JsonObject { ["specversion"] = "1.0", ["id"] = $"{notice}-{revision}", ["source"] = "urn:hub:utility:outage", ["type"] = $"hub.outage.{change}.v1", ["data"] = data }, shared.Key);
        Assert.True(reply.Status == 202, reply.Text);
        return reply.Json;
    }

    private Task<OutageNoticeProcess.Case> UntilAsync(Func<OutageNoticeProcess.Case, bool> holds, TimeSpan? limit = null, bool closed = false) => Until.FoundAsync(
        async () =>
        {
            var row = (await Hub.Service<LedgerQueries>().OutagesAsync(200)).FirstOrDefault(candidate => candidate.Key == OutageNoticeProcess.Key(OutageHub.Utility, notice));
            return row is not null && ProcessCatalog.OutageNotice.Read(row.State) is var state && holds(state) && (!closed || row.Closed) ? state : null;
        },
        $"{notice} stands so", limit);
}
