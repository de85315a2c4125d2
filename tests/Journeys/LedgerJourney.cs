using System.Globalization;
using System.Text.Json.Nodes;
using Hub.Engine;
using Hub.Intake;
using Hub.Ledger;

namespace Hub.Journeys;

/// <summary>A week's ledger: begun and counted by itself, noted and submitted by people, sent to the bureau, and read in three forms over real HTTP.</summary>
public sealed class LedgerJourney
{
    private const string Week = "linfen:county-week:2021-W47";
    private const string Bureau = "energy-linfen";

    [Fact]
    public async Task One_is_submitted_in_time_and_one_late_and_both_are_read_by_who_may()
    {
        var file = Path.Combine(Path.GetTempPath(), $"hub-clock-{Guid.NewGuid():N}");
        var clock = new DemoClock(file);
        Go(clock, "2021-11-22T09:00");
        await using var hub = await HubUnderTest.StartAsync(settings => settings with { SitePacks = Path.Combine(Checkout.Root, "scripts", "demo-packs"), DemoClock = file }, ["sgcc-linfen", Bureau], clock: clock);
        var code = Approvals.NewCode();
        await hub.UntilStatusAsync(await hub.AcceptedAsync(Approvals.Created(code)), "delivered");
        var (office, bureau, stranger, bureauOnly) = (await hub.CreateKeyAsync("office", ApiKey.Publish, [], [LedgerEndpoint.LedgersScope]), await hub.UtilityKeyAsync(Bureau), await hub.UtilityKeyAsync("sgcc-linfen"), await hub.CreateKeyAsync("elsewhere", ApiKey.Publish, [], [LedgerEndpoint.LedgersScope], ["3207"]));

        // The week is over.
        Go(clock, "2021-11-29T00:05");
        var reports = hub.Service<LedgerReports>();
        await reports.RunAsync(CancellationToken.None);
        // The hub's own look may be at work at the same moment: then this one leaves it to that.
        await Until.TrueAsync(async () => (await hub.GetAsync($"/api/v1/ledgers/{Week}", office)).Status == 200, "the week has its ledger");
        Assert.Equal(404, (await hub.GetAsync($"/api/v1/ledgers/{Week}", bureau)).Status);
        await reports.NoteAsync(Week, new(new() { Progress = "按计划推进" }, "李示例", "周报"));
        await reports.SubmitAsync(Week, new("李示例", "按时报送"));

        var sent = await Until.FoundAsync(() => Task.FromResult(Sent(hub, Week)), "the bureau has the ledger");
        var read = (await hub.GetAsync($"/api/v1/ledgers/{Week}", bureau)).Json;
        Assert.Equal(((string?)read["digest"], "submitted", false, "李示例"), ((string?)sent["digest"], (string?)read["status"], (bool)read["late"]!, (string?)sent["submittedBy"]));
        Assert.Equal((1, 1), (Value(read, "projects.received"), Value(read, "projects.taken")));
        var csv = await hub.GetAsync($"/api/v1/ledgers/{Week}", office, ("Accept", "text/csv"));
        Assert.Equal("text/csv; charset=utf-8", csv.ContentHeaders.ContentType!.ToString());
        Assert.Contains("按计划推进", csv.Text, StringComparison.Ordinal);
        var workbook = await hub.GetAsync($"/api/v1/ledgers/{Week}", office, ("Accept", LedgerWorkbook.ContentType));
        Assert.Equal((200, LedgerWorkbook.ContentType), (workbook.Status, workbook.ContentHeaders.ContentType!.MediaType));

        // What nobody submitted by Thursday is submitted with the command line the day after.
        Assert.Equal((404, 404, 403), ((await hub.GetAsync($"/api/v1/ledgers/{Week}", stranger)).Status, (await hub.GetAsync($"/api/v1/ledgers/{Week}", bureauOnly)).Status, (await hub.GetAsync("/api/v1/ledgers", hub.BureauKey)).Status));
        Go(clock, "2021-12-06T00:05");
        await reports.RunAsync(CancellationToken.None);
        await Until.TrueAsync(async () => (await hub.GetAsync("/api/v1/ledgers/linfen:county-week:2021-W48", office)).Status == 200, "the next week has its ledger");
        Go(clock, "2021-12-10T09:00");
        await hub.DoAsync("reports", "note", "linfen:county-week:2021-W48", "--problems", "两处待协调", "--by", "王示例", "--reason", "补报");
        await hub.DoAsync("reports", "submit", "linfen:county-week:2021-W48", "--by", "王示例", "--reason", "补报");
        Assert.Contains("LATE", await hub.DoAsync("reports", "list"), StringComparison.Ordinal);
        Assert.Contains("ok: position", await hub.DoAsync("reports", "check", Week), StringComparison.Ordinal);
        await hub.DoAsync("reports", "tell", "linfen:county-prompt", "--problems", "大面积停电", "--by", "李示例", "--reason", "及时报告");

        var late = await Until.FoundAsync(() => Task.FromResult(Sent(hub, "linfen:county-week:2021-W48")), "the bureau has the late one");
        Assert.Equal((true, "王示例"), ((bool)late["late"]!, (string?)late["submittedBy"]));
        var list = (await hub.GetAsync("/api/v1/ledgers", bureau)).Json["items"]!.AsArray();
        Assert.Equal(3, list.Count);
        Assert.Contains(list, item => (string?)item!["periodType"] == "ON_EVENT");
        await hub.DoAsync("verify");
    }

    private static JsonNode? Sent(HubUnderTest hub, string ledger) =>
        hub.Simulators.Partner(Bureau).Book.List(ledger, 10).Select(lead => JsonNode.Parse(lead.Fields)!["data"]).FirstOrDefault();

    private static decimal Value(JsonNode ledger, string name) => (decimal)ledger["figures"]!.AsArray().Single(figure => (string?)figure!["name"] == name && figure["part"] is null)!["value"]!;

    private static void Go(DemoClock clock, string at) => clock.Move(DateTimeOffset.Parse(at + ":00+08:00", CultureInfo.InvariantCulture) - TimeProvider.System.GetUtcNow());
}

file static class Commands
{
    public static async Task<string> DoAsync(this HubUnderTest hub, params string[] arguments)
    {
        var (code, output) = await hub.CommandAsync(arguments);
        Assert.True(code == 0, output);
        return output;
    }
}
