using System.Globalization;
using System.Text.Json.Nodes;
using Hub.Intake;
using Hub.Ledger;
using Hub.Schemas;

namespace Hub.Journeys;

/// <summary>A platform applies, the utility reports its stages, and whoever may sees how far it is.</summary>
public sealed class ProgressJourney
{
    private const string Utility = "sgcc-lianyungang";
    private const string Number = "P-1";
    private const string Path = $"/api/v1/applications/{Number}/progress";

    [Fact]
    public async Task Progress_shows_steps_stages_and_clocks_to_who_may_and_nothing_to_anybody_else()
    {
        await using var hub = await HubUnderTest.StartAsync(Utility);
        var utility = await hub.CreateKeyAsync(Utility, ApiKey.Publish, [$"urn:hub:utility:{Utility}"]);
        var platform = await hub.CreateKeyAsync("platform-test", ApiKey.Publish, ["urn:hub:platform:test"], ["hub.connection.*"]);
        var office = await hub.CreateKeyAsync("office", ApiKey.Publish, [], [ProgressEndpoint.ConnectionsScope]);
        string[] strangers =
        [
            await hub.CreateKeyAsync("other-platform", ApiKey.Publish, ["urn:x"], ["hub.connection.*"]), await hub.UtilityKeyAsync("sgcc-linfen"), await hub.CreateKeyAsync("elsewhere", ApiKey.Publish, [], [ProgressEndpoint.ConnectionsScope], ["1410"]),
        ];
        Assert.Equal(404, (await hub.GetAsync(Path, platform)).Status);

        await PublishAsync(hub, platform, "urn:hub:platform:test", EventTypes.ConnectionApplied, new()
        {
            ["version"] = 1, ["businessType"] = "NEW", ["channel"] = "ONLINE_GOV", ["appliedAt"] = Now(), ["applicantName"] = "张示例", ["capacity"] = 630, ["capacityUnit"] = "kVA", ["voltageLevel"] = "AC00101",
            ["supplies"] = 1, ["usageType"] = "400", ["hasExternalLine"] = false,
        });
        await StageAsync(hub, utility, "ACCEPTED", "FINISH");
        await StageAsync(hub, utility, "PLAN_REPLIED", "START");

        var reply = await hub.GetAsync(Path, platform);
        Assert.Equal(200, reply.Status);
        Assert.DoesNotContain("张示例", reply.Text, StringComparison.Ordinal);
        var progress = reply.Json;
        Assert.Equal(("open", "HV_SINGLE", Utility), ((string?)progress["status"], (string?)progress["customerClass"], (string?)progress["operator"]));
        Assert.Equal(
            ["业务受理 done", "方案答复 now", "竣工检验和装表接电 ahead"], progress["steps"]!.AsArray().Select(step => $"{step!["titleZh"]} {step["status"]}"));
        Assert.Equal(["ACCEPTED START", "ACCEPTED FINISH", "PLAN_REPLIED START"], progress["stages"]!.AsArray().Select(stage => $"{stage!["stage"]} {stage["action"]}"));
        Assert.All(progress["stages"]!.AsArray(), stage => Assert.True(stage!["occurredAt"] is not null && stage["recordedAt"] is not null));
        var clock = progress["clocks"]!.AsArray().Single(clock => (string?)clock!["rule"] == "hv-single")!;
        Assert.Equal((15, "working_days", 0, "running"), ((int)clock["limit"]!, (string?)clock["unit"], (int)clock["used"]!, (string?)clock["status"]));
        Assert.Equal((200, 200, 200), ((await hub.GetAsync(Path, utility)).Status, (await hub.GetAsync(Path, office)).Status, (await hub.GetAsync($"{Path}?operator={Utility}", await hub.UtilityKeyAsync(Utility))).Status));
        foreach (var stranger in strangers)
            Assert.Equal((404, 404), ((await hub.GetAsync(Path, stranger)).Status, (await hub.GetAsync($"{Path}?operator={Utility}", stranger)).Status));

        // Nothing new: nothing is sent again; a new stage is another page.
        var tag = reply.Headers.ETag!.ToString();
        Assert.Equal(304, (await hub.GetAsync(Path, platform, ("If-None-Match", tag))).Status);
        await StageAsync(hub, utility, "METERED", "FINISH");
        var after = await hub.GetAsync(Path, platform, ("If-None-Match", tag));
        Assert.Equal((200, "energised"), (after.Status, (string?)after.Json["status"]));
        await PublishAsync(hub, platform, "urn:hub:platform:test", EventTypes.ConnectionEvaluated, new() { ["operatorCode"] = Utility, ["score"] = 5, ["at"] = Now(), ["comment"] = "谢谢李师傅" });
        var judged = await hub.GetAsync(Path, platform);
        Assert.Equal(5, (int)judged.Json["evaluation"]!);
        Assert.DoesNotContain("李师傅", judged.Text, StringComparison.Ordinal);
        Assert.Equal((400, 401), ((await hub.GetAsync(Path + "?operator=", platform)).Status, (await hub.GetAsync(Path)).Status));
    }

    private static Task StageAsync(HubUnderTest hub, string key, string stage, string action) =>
        PublishAsync(hub, key, $"urn:hub:utility:{Utility}", EventTypes.ConnectionStage, new() { ["stage"] = stage, ["action"] = action, ["occurredAt"] = Now(), ["actor"] = "CM-1" });

    private static async Task PublishAsync(HubUnderTest hub, string key, string source, string type, JsonObject data)
    {
        data["applicationNo"] = Number;
        data["regionCode"] = "320706";
        var reply = await hub.PublishAsync(
            new JsonObject { ["specversion"] = "1.0", ["id"] = Guid.NewGuid().ToString("N"), ["source"] = source, ["type"] = type, ["datacontenttype"] = "application/json", ["data"] = data }, key);
        Assert.True(reply.Status == 202, reply.Text);
    }

    private static string Now() => TimeProvider.System.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
}
