using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;

namespace Hub.Journeys.Console;

/// <summary>What needs two persons, from the form to the effect, over real HTTP: whoever asks never decides.</summary>
public sealed partial class TwoPersonsJourney
{
    // Asks and approves, so that only the rule of two persons is in the way.
    private const string Both = "zhou.both";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task A_parked_delivery_is_corrected_seen_masked_allowed_by_another_and_retried_as_the_same()
    {
        await using var hub = await StartAsync();
        var delivery = await ParkedAsync(hub);
        using var asking = await Caller.SignInAsync(hub, Both);
        using var allowing = await Caller.SignInAsync(hub, People.Approver);
        var page = await asking.GetAsync($"/deliveries/{delivery.Id}");
        var content = JsonNode.Parse(WebUtility.HtmlDecode(TextArea().Match(page).Groups["text"].Value))!;
        Assert.DoesNotContain("示例产业园管理有限公司", page, StringComparison.Ordinal);
        content["approval"]!["projectName"] = "更正后的工程";
        content["approval"]!["unitName"] = "更正公司";

        Assert.Equal(422, (await PostAsync(asking, delivery, "Amend", ("reason", "编码有误"), ("content", "{\"change\":\"Nonsense\"}"))).Status);
        Assert.Equal(302, (await PostAsync(asking, delivery, "Amend", ("reason", "编码有误"), ("content", content.ToJsonString()))).Status);
        Assert.Equal(409, (await PostAsync(asking, delivery, "Amend", ("reason", "再次"), ("content", content.ToJsonString()))).Status);
        var own = await asking.DecideAsync(hub);
        Assert.Equal((409, true), (own.Status, own.Text.Contains("it takes another person", StringComparison.Ordinal)));
        Assert.Equal(0, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM approvals WHERE position(convert_to('更正公司', 'UTF8') IN content) > 0"));

        var seen = WebUtility.HtmlDecode(await allowing.GetAsync("/approvals"));
        Assert.Contains("更正后的工程", seen, StringComparison.Ordinal);
        Assert.Contains("更***", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("更正公司", seen, StringComparison.Ordinal);
        hub.Simulators.Partner("sgcc-linfen").Faults.Set(new());
        Assert.Equal(302, (await allowing.DecideAsync(hub)).Status);

        await Until.TrueAsync(async () => await StateAsync(hub, delivery) == "taken", "the corrected delivery is taken");
        Assert.Contains("更正后的工程", JsonNode.Parse(hub.Lead("sgcc-linfen", delivery.CaseKey)!.Fields)!.ToJsonString(Readable), StringComparison.Ordinal);
        Assert.Equal(delivery.Id, Assert.Single(hub.Lead("sgcc-linfen", delivery.CaseKey)!.Commands));
        Assert.Equal(["AskApproval", "Approve", "Amend", "CarryOut"], await ActsAsync(hub, delivery.Id));
        Assert.Equal(1, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM delivery_amendments"));
        Assert.True((await hub.Service<ExchangeLog>().VerifyAsync([], CancellationToken.None)).Ok);
        Assert.Equal(["done"], await hub.Database.ScalarAsync<string[]>("SELECT array_agg(effect) FROM approvals"));
    }

    [Fact]
    public async Task What_has_changed_since_it_was_asked_for_or_is_a_week_old_is_not_done()
    {
        await using var hub = await StartAsync();
        var delivery = await ParkedAsync(hub);
        using var asking = await Caller.SignInAsync(hub, People.Operator);
        using var allowing = await Caller.SignInAsync(hub, People.Approver);
        Assert.Equal(302, (await PostAsync(asking, delivery, "Recall", ("reason", "项目取消"))).Status);
        await hub.Database.ScalarAsync<long>("WITH u AS (UPDATE approvals SET requested_at = requested_at - interval '8 days' RETURNING 1) SELECT count(*) FROM u");

        var old = await allowing.DecideAsync(hub);
        Assert.Equal((409, true), (old.Status, old.Text.Contains("more than 7 days ago", StringComparison.Ordinal)));
        await hub.Database.ScalarAsync<long>("WITH u AS (UPDATE approvals SET requested_at = requested_at + interval '8 days' RETURNING 1) SELECT count(*) FROM u");
        hub.Simulators.Partner("sgcc-linfen").Faults.Set(new());
        Assert.Equal(302, (await PostAsync(asking, delivery, "Retry", ("reason", "已修复"))).Status);
        await Until.TrueAsync(async () => await StateAsync(hub, delivery) == "taken", "it went out meanwhile");
        var late = await allowing.DecideAsync(hub);

        Assert.Equal((409, true), (late.Status, late.Text.Contains("It is settled already.", StringComparison.Ordinal)));
        Assert.Contains("It is settled already.", await allowing.GetAsync("/approvals"), StringComparison.Ordinal);
        Assert.Contains("cannot be recalled", await asking.GetAsync($"/deliveries/{delivery.Id}"), StringComparison.Ordinal);
        Assert.Equal(409, (await PostAsync(asking, delivery, "Recall", ("reason", "again"))).Status);
    }

    [Fact]
    public async Task A_delivery_that_has_not_left_is_recalled_also_behind_another_and_never_sent()
    {
        await using var hub = await StartAsync();
        var first = await ParkedAsync(hub);
        await hub.AcceptedAsync(Approvals.Amended(first.CaseKey));
        var second = await Until.FoundAsync(async () => (await hub.Service<DeliveryList>().OfCaseAsync(first.CaseId, receiver: null, 10)).FirstOrDefault(line => line.LaneSeq == 2), "the second is queued");
        using var asking = await Caller.SignInAsync(hub, Both);
        using var allowing = await Caller.SignInAsync(hub, People.Approver);

        Assert.Equal(302, (await PostAsync(asking, second, "Recall", ("reason", "重复推送"))).Status);
        Assert.Equal(409, (await asking.DecideAsync(hub)).Status);
        Assert.Equal(302, (await allowing.DecideAsync(hub)).Status);
        hub.Simulators.Partner("sgcc-linfen").Faults.Set(new());
        Assert.Equal(302, (await PostAsync(asking, first, "Retry", ("reason", "已修复"))).Status);

        await Until.TrueAsync(async () => await StateAsync(hub, first) == "taken", "the first is taken");
        Assert.Equal("skipped", await StateAsync(hub, second));
        Assert.Equal([first.Id], hub.Lead("sgcc-linfen", first.CaseKey)!.Commands);
        Assert.Equal(["AskApproval", "Approve", "Recall", "CarryOut"], await ActsAsync(hub, second.Id));
    }

    [Fact]
    public async Task Arrears_are_waived_once_another_person_allows_it()
    {
        await using var hub = await HubUnderTest.StartAsync(
            settings => settings with { SitePacks = Path.Combine(Checkout.Root, "scripts", "demo-packs") }, [.. CoTransferHub.Utilities, "register-lianyungang", "notices-lianyungang"]);
        await PeopleAsync(hub);
        await CoTransferHub.OpenDesksAsync(hub);
        var key = await hub.CreateKeyAsync("register-lianyungang", ApiKey.Publish, [CoTransferHub.RegisterSource], ["hub.real_estate.*"]);
        const string Unit = "320706413219GB00029F77770001";
        hub.Simulators.Partner("water-lianyungang").Desk!.Find(new() { UnitNo = Unit, Precheck = "ARREARS", ArrearsYuan = 86.5m, Accounts = [new JsonObject { ["accountNo"] = "8812345678" }] });
        Assert.Equal(202, (await hub.PublishAsync(Registered("DJ77770001", Unit), key)).Status);
        var settling = await CaseAsync(hub, Unit, CoTransferProcess.Step.Settling);
        var task = settling.Tasks.Single(open => open.Kind == CoTransferProcess.TaskKinds.Settle);
        using var asking = await Caller.SignInAsync(hub, Both);
        using var allowing = await Caller.SignInAsync(hub, People.Approver);
        var caseId = await hub.Database.ScalarAsync<long>($"SELECT case_id FROM cases WHERE key = '{Unit}'");

        Assert.Equal(302, (await asking.PostAsync($"/cases/{caseId}", $"/cases/{caseId}?handler=Answer", ("task", task.Id), ("answer", "waive"), ("reason", "小额欠费"))).Status);
        Assert.True((await CaseAsync(hub, Unit, CoTransferProcess.Step.Settling)).Tasks.Single(open => open.Id == task.Id).IsOpen);
        Assert.Equal(409, (await asking.DecideAsync(hub)).Status);
        Assert.Contains("86.50 yuan", await allowing.GetAsync("/approvals"), StringComparison.Ordinal);
        Assert.Equal(302, (await allowing.DecideAsync(hub)).Status);

        var done = await CaseAsync(hub, Unit, CoTransferProcess.Step.Done);
        Assert.Equal((86.5m, $"{Both}, approved by {People.Approver}"), (done.Current!.Parties["water-lianyungang"].Waiver!.ArrearsYuan, done.Current.Parties["water-lianyungang"].Waiver!.By));
        Assert.Contains("data-table=\"funnel\"", await allowing.GetAsync("/transfers"), StringComparison.Ordinal);

        // By its account number and by the register's number the case is found.
        Assert.Contains($"/cases/{caseId}", await FoundAsync(hub, "DJ77770001"), StringComparison.Ordinal);
        Assert.Contains($"/cases/{caseId}", await FoundAsync(hub, done.Current.Parties["water-lianyungang"].AccountNo!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_calendar_is_tried_allowed_by_another_and_in_force()
    {
        await using var hub = await StartAsync();
        using var asking = await Caller.SignInAsync(hub, Both);
        using var allowing = await Caller.SignInAsync(hub, People.Approver);
        var shipped = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "src", "Hub", "Policies", "packs", "calendar", "cn.yaml"));
        var later = shipped.Replace("version: \"2026.1\"", "version: \"2026.9\"", StringComparison.Ordinal).Replace("last_day: 2026-12-31", "last_day: 2027-12-31", StringComparison.Ordinal);
        Assert.NotEqual(shipped, later);
        const string Page = "/deadlines/change";

        Assert.Contains("must be higher", (await asking.PostAsync(Page, $"{Page}?handler=Try", ("text", shipped))).Text, StringComparison.Ordinal);
        Assert.Contains("Line", (await asking.PostAsync(Page, $"{Page}?handler=Ask", ("text", "id: ["), ("reason", "通知"))).Text, StringComparison.Ordinal);
        Assert.Contains("cn@2026.9", (await asking.PostAsync(Page, $"{Page}?handler=Try", ("text", later))).Text, StringComparison.Ordinal);
        Assert.Equal(0, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM approvals"));
        Assert.Equal(302, (await asking.PostAsync(Page, $"{Page}?handler=Ask", ("text", later), ("reason", "2027 年放假通知"))).Status);
        Assert.Equal(409, (await asking.DecideAsync(hub)).Status);
        Assert.Equal("cn@2026.1", hub.Service<PolicyStore>().Current.Calendar.Version);
        Assert.Contains("cn@2026.9", await allowing.GetAsync("/approvals"), StringComparison.Ordinal);
        Assert.Equal(302, (await allowing.DecideAsync(hub)).Status);

        await Until.TrueAsync(() => hub.Service<PolicyStore>().Current.Calendar.Version == "cn@2026.9", "the calendar is in force");
        await Until.TrueAsync(async () => await hub.Database.ScalarAsync<long>("SELECT count(*) FROM exchange_log WHERE kind = 'policy.loaded'") == 1, "that it is in force is on record");
        Assert.Equal(1, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM exchange_log WHERE kind = 'operator.acted' AND position('act PutCalendar' IN convert_from(content, 'UTF8')) = 1"));

        // Whoever starts later has it as well.
        await using var next = await Server.BuildAsync(hub.Settings, TimeProvider.System, CancellationToken.None);
        Assert.Equal("cn@2026.9", ((PolicyStore)next.Services.GetService(typeof(PolicyStore))!).Current.Calendar.Version);
    }

    [Fact]
    public async Task Filters_find_by_number_and_resent_and_are_kept_as_a_view_that_others_see_when_it_is_shared()
    {
        await using var hub = await StartAsync();
        var parked = await ParkedAsync(hub);
        hub.Simulators.Partner("sgcc-linfen").Faults.Set(new() { Mode = "http500", Count = 1 });
        var code = Approvals.NewCode();
        await hub.UntilStatusAsync(await hub.AcceptedAsync(Approvals.Created(code)), "delivered", TimeSpan.FromMinutes(2));
        using var one = await Caller.SignInAsync(hub, People.Operator);
        using var other = await Caller.SignInAsync(hub, People.Viewer);

        var resent = await one.GetAsync("/deliveries?resent=yes");
        Assert.Contains(code, resent, StringComparison.Ordinal);
        Assert.DoesNotContain(parked.CaseKey, resent, StringComparison.Ordinal);
        var byNumber = await one.GetAsync($"/deliveries?case={hub.Lead("sgcc-linfen", code)!.LeadNo}");
        Assert.Contains(code, byNumber, StringComparison.Ordinal);
        Assert.DoesNotContain(parked.CaseKey, byNumber, StringComparison.Ordinal);
        Assert.DoesNotContain(code, await one.GetAsync("/deliveries?case=nothing-of-ours"), StringComparison.Ordinal);
        Assert.Contains("0 would be retried", await one.GetAsync("/deliveries/bulk?case=nothing-of-ours"), StringComparison.Ordinal);

        Assert.Equal(422, (await one.PostAsync("/deliveries", "/deliveries?handler=SaveView", ("name", "x"))).Status);
        Assert.Equal(302, (await one.PostAsync("/deliveries", "/deliveries?resent=yes&handler=SaveView", ("name", "重送的"))).Status);
        Assert.Equal(302, (await one.PostAsync("/deliveries", "/deliveries?state=parked&handler=SaveView", ("name", "搁置的"), ("shared", "true"))).Status);

        var own = await hub.Service<SavedViews>().OfAsync(People.Operator, partner: null);
        var shared = Assert.Single(await hub.Service<SavedViews>().OfAsync(People.Viewer, partner: null));
        Assert.Empty(await hub.Service<SavedViews>().OfAsync(People.OfPartner, "sgcc-linfen"));
        Assert.Equal(["搁置的", "重送的"], own.Select(view => view.Name).Order(StringComparer.Ordinal));
        Assert.Contains("搁置的", WebUtility.HtmlDecode(await other.GetAsync("/deliveries")), StringComparison.Ordinal);
        Assert.Equal(404, (await other.PostAsync("/deliveries", "/deliveries?handler=DeleteView", ("id", $"{shared.Id}"))).Status);
        Assert.Equal(302, (await one.PostAsync("/deliveries", "/deliveries?handler=DeleteView", ("id", $"{shared.Id}"))).Status);
        Assert.Empty(await hub.Service<SavedViews>().OfAsync(People.Viewer, partner: null));
    }

    private static async Task<HubUnderTest> StartAsync()
    {
        var hub = await HubUnderTest.StartAsync("sgcc-linfen", "donggang-energy");
        await PeopleAsync(hub);
        return hub;
    }

    private static async Task PeopleAsync(HubUnderTest hub)
    {
        await People.CreateAsync(hub);
        await hub.Service<Operators>().CreateAsync(Both, "周", [Roles.Operator, Roles.Approver], partner: null, People.Password, "test");
    }

    private static async Task<DeliveryLine> ParkedAsync(HubUnderTest hub)
    {
        hub.Simulators.Partner("sgcc-linfen").Faults.Set(new() { Mode = "http4xx" });
        await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode()));
        return await Until.FoundAsync(async () => (await hub.Service<DeliveryList>().ListAsync(new() { State = WaitRow.Parked }, after: null, 5)).Lines.FirstOrDefault(), "it is parked");
    }

    private static Task<(int Status, string Text)> PostAsync(Caller caller, DeliveryLine delivery, string handler, params (string, string)[] fields) =>
        caller.PostAsync("/account", $"/deliveries/{delivery.Id}?handler={handler}", fields);

    private static async Task<string> StateAsync(HubUnderTest hub, DeliveryLine line) => Hub.Console.Frame.StateOf((await hub.Service<DeliveryList>().FindAsync(line.Id, receiver: null))!);

    private static async Task<IReadOnlyList<string>> ActsAsync(HubUnderTest hub, Guid delivery) =>
        [.. (await hub.Service<CaseFiles>().ActsAsync([delivery])).OrderBy(act => act.Seq).Select(act => act.Lines["act"])];

    private static Task<CoTransferProcess.Case> CaseAsync(HubUnderTest hub, string unit, CoTransferProcess.Step step) => Until.FoundAsync(
        async () =>
        {
            var row = (await hub.Service<LedgerQueries>().CasesAsync(ProcessCatalog.CoTransfer.Type, 10)).FirstOrDefault(candidate => candidate.Key == unit);
            return row is not null && ProcessCatalog.CoTransfer.Read(row.State) is var state && state.Current?.Step == step ? state : null;
        },
        $"{unit} is {step}", TimeSpan.FromMinutes(2));

    private static async Task<string> FoundAsync(HubUnderTest hub, string number) =>
        string.Join(' ', (await hub.Service<CaseFiles>().FindAsync(number, ProcessCatalog.EmptyStates.Keys, NumberKinds.All, partner: null)).Select(line => $"/cases/{line.CaseId}"));

    internal static JsonObject Registered(string number, string unit) => new()
    {
        ["specversion"] = "1.0",
        ["id"] = $"{number}-1",
        ["source"] = CoTransferHub.RegisterSource,
        ["type"] = "hub.real_estate.transfer_registered.v1",
        ["data"] = new JsonObject
        {
            ["registryNo"] = number, ["unitNo"] = unit, ["propertyAddress"] = "连云港市海州区示例路1号示例花园3幢2单元501室", ["registeredAt"] = "2026-01-05T10:00:00+08:00",
            ["regionCode"] = "320706", ["version"] = 1,
            ["oldHolders"] = new JsonArray(new JsonObject { ["name"] = "示例甲" }), ["newHolders"] = new JsonArray(new JsonObject { ["name"] = "示例乙" }),
            ["consent"] = new JsonObject { ["granted"] = true, ["consentId"] = "C-1", ["scope"] = new JsonArray("power", "water", "gas", "heat") },
        },
    };

    [GeneratedRegex("<textarea[^>]*name=\"content\"[^>]*>(?<text>[^<]*)</textarea>", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex TextArea();
}
