using System.Globalization;
using System.Text.Json.Nodes;
using Hub.Connectors;
using Hub.Ledger;
using Hub.Processes;
using Hub.Simulators;

namespace Hub.Journeys;

/// <summary>A hub with three utilities, a permit window with its departments, and a credit platform.</summary>
public sealed class PermitHub : IAsyncLifetime
{
    internal const string Window = "permits-demo";

    internal static readonly string[] Utilities = ["hohhot-power", "sgcc-jinzhong", "sgcc-lianyungang"];

    internal HubUnderTest Hub { get; private set; } = null!;

    internal PermitDesk Departments { get; private set; } = null!;

    internal Dictionary<string, string> Keys { get; } = [];

    internal string WindowKey { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Hub = await HubUnderTest.StartAsync(
            settings => settings with { SitePacks = Path.Combine(Checkout.Root, "scripts", "demo-packs") }, [.. Utilities, Window, "credit-demo"]);
        foreach (var utility in Utilities)
            Keys[utility] = await Hub.CreateKeyAsync(utility, ApiKey.Publish, [$"urn:hub:utility:{utility}"], ["hub.permit.*"]);
        WindowKey = await Hub.CreateKeyAsync(Window, ApiKey.Publish, [$"urn:hub:permits:{Window}"], ["hub.permit.*"]);
        Departments = Hub.Simulators.OpenDepartments(Window, Hub.Address, WindowKey);
    }

    public ValueTask DisposeAsync() => Hub.DisposeAsync();
}

/// <summary>Permits for an external line, from the utility over the window and its departments and back, over real HTTP.</summary>
public sealed class PermitJourney(PermitHub shared) : IClassFixture<PermitHub>
{
    private static int last = Random.Shared.Next(1_000_000) * 10;

    private readonly string number = $"WX{Interlocked.Increment(ref last)}";
    private int sent;

    private HubUnderTest Hub => shared.Hub;

    [Fact]
    public async Task All_departments_decide_in_parallel_and_the_utility_gets_each_result_and_all_together()
    {
        var id = await ApplyAsync("hohhot-power", "150102");

        var permits = await UntilAsync("hohhot-power", PermitProcess.Step.Granted);

        Assert.Equal(["PLANNING", "EXCAVATION", "TRAFFIC", "GREEN"], permits.Items.Keys);
        Assert.All(permits.Items.Values, item => Assert.Equal((PermitProcess.ItemState.Approved, true), (item.State, item.PermitNo is not null)));
        await Until.TrueAsync(() => Last("hohhot-power") is { } told && (string?)told["hubcommand"] == "permit.delivered.v1", "the utility has all results together");
        var delivered = Last("hohhot-power")!["data"]!;
        Assert.Equal((true, 4), ((bool)delivered["worksMayBegin"]!, delivered["items"]!.AsArray().Count));
        await Until.FoundAsync(async () => await Hub.EventAsync(id, shared.Keys["hohhot-power"]) is var view && (string?)view["status"] == "delivered" ? view : null, "the application was delivered to every department");
    }

    [Fact]
    public async Task A_refused_item_is_corrected_and_goes_to_its_department_alone()
    {
        shared.Departments.Rule(new() { CaseNo = number, Item = "EXCAVATION", Result = "REFUSED" });
        await ApplyAsync("hohhot-power", "150102");
        var refused = await UntilAsync("hohhot-power", PermitProcess.Step.Refused);
        Assert.Equal("示例：图纸缺少断面", refused.Items["EXCAVATION"].Reason);

        await PublishAsync("hohhot-power", "corrected", Line("hohhot-power", "150102", 2));

        var permits = await UntilAsync("hohhot-power", PermitProcess.Step.Granted);
        Assert.Equal([1, 2, 1, 1], permits.Items.Values.Select(item => item.Version));
    }

    [Theory]
    [InlineData("twice")]
    [InlineData("other_case")]
    [InlineData("unknown_field")]
    [InlineData("html")]
    public async Task Wrong_words_of_a_department_change_nothing_and_its_right_ones_count(string wrong)
    {
        shared.Departments.Rule(new() { CaseNo = number, Item = "GREEN", Report = wrong });
        await ApplyAsync("hohhot-power", "150102");

        await UntilAsync("hohhot-power", PermitProcess.Step.Granted);
    }

    [Theory]
    [InlineData("effect_then_timeout")]
    [InlineData("html")]
    [InlineData("reset")]
    [InlineData("window_bom")]
    public async Task A_window_that_answers_wrongly_has_each_item_once_in_the_end(string mode)
    {
        var window = Hub.Simulators.Partner(PermitHub.Window);
        window.Faults.Set(new() { Mode = mode, Count = 2 });
        await ApplyAsync("hohhot-power", "150102");

        await UntilAsync("hohhot-power", PermitProcess.Step.Granted, limit: TimeSpan.FromMinutes(2));

        // Four items of one case, one command each, whatever was tried twice.
        Assert.Equal(4, window.Book.List($"hohhot-power:{number}", 1).Single().Commands.Count);
    }

    [Fact]
    public async Task A_withdrawal_reaches_the_departments()
    {
        foreach (var item in (string[])["PLANNING", "EXCAVATION", "TRAFFIC", "GREEN"])
            shared.Departments.Rule(new() { CaseNo = number, Item = item, Result = "silent" });
        await ApplyAsync("hohhot-power", "150102");
        await UntilAsync("hohhot-power", PermitProcess.Step.Deciding, state => state.DistributedAt is not null);

        await PublishAsync("hohhot-power", "withdrawn", Step("hohhot-power", "150102", "note", "改用既有管沟"));

        await UntilAsync("hohhot-power", PermitProcess.Step.Withdrawn);
        await Until.TrueAsync(() => shared.Departments.Withdrawn.Count(item => item.CaseNo == number) == 4, "all four were told");
    }

    [Fact]
    public async Task What_a_missing_fact_leaves_open_a_person_says_and_a_broken_promise_reaches_the_credit_platform()
    {
        var line = Line("sgcc-jinzhong", "140702", 1);
        foreach (var (name, value) in new (string, JsonNode)[] { ("purpose", "LV_SMALL_MICRO"), ("inUrbanDistrict", true), ("insideForbidden", false), ("workPosition", "示例路1号"), ("workQuantity", "电缆30米") })
            line[name] = value;
        line["occupies"] = new JsonArray("SIDEWALK");
        await PublishAsync("sgcc-jinzhong", "applied", line);
        var asked = await UntilAsync("sgcc-jinzhong", PermitProcess.Step.Asking);
        var task = asked.Tasks.Single(one => one.IsOpen);
        var (_, listed) = await Hub.CommandAsync("tasks", "list");
        Assert.Contains($"sgcc-jinzhong:{number} {task.Id}  exemption  JZ-21-FEIJINMIANPI", listed, StringComparison.Ordinal);

        var (code, output) = await Hub.CommandAsync("tasks", "answer", $"sgcc-jinzhong:{number}", task.Id, "EXEMPT", "--by", "值班员", "--reason", "现场核实无市政设施");
        Assert.True(code == 0, output);
        await UntilAsync("sgcc-jinzhong", PermitProcess.Step.Promising);
        await PublishAsync("sgcc-jinzhong", "commitment_signed", Step("sgcc-jinzhong", "140702", "by", "示例便利店", "reference", "CN-1"));
        await UntilAsync("sgcc-jinzhong", PermitProcess.Step.Granted);
        await PublishAsync("sgcc-jinzhong", "works_finished", Step("sgcc-jinzhong", "140702"));
        await UntilAsync("sgcc-jinzhong", PermitProcess.Step.Restoring);
        await PublishAsync(PermitHub.Window, "restored", Step("sgcc-jinzhong", "140702", "by", "城管巡查", "result", "BROKEN", "reference", "照片3张"));

        await UntilAsync("sgcc-jinzhong", PermitProcess.Step.Broken);
        await Until.TrueAsync(() => Last("credit-demo", "sgcc-jinzhong") is { } told && (string?)told["data"]!["subject"] == "示例便利店", "the credit platform is told");
        var page = await Hub.PageAsync("/?lang=en");
        Assert.Contains("Promise broken", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_short_line_is_filed_and_may_be_built()
    {
        var line = Line("sgcc-lianyungang", "320706", 1);
        line["purpose"] = "SUPPORTING_WORK";
        line["lengthM"] = 999.9;
        line["laneStillUsable"] = true;
        line["occupies"] = new JsonArray("SIDEWALK", "NON_MOTOR_LANE");
        await PublishAsync("sgcc-lianyungang", "applied", line);

        var permits = await UntilAsync("sgcc-lianyungang", PermitProcess.Step.Granted);

        Assert.Equal((PermitProcess.ItemState.Filed, "LYG-2-1000M"), (permits.Items["FILING"].State, permits.Items["EXCAVATION"].Rule));
    }

    private JsonNode? Last(string partner, string utility = "hohhot-power") =>
        Hub.Simulators.Partner(partner).Book.List($"{utility}:{number}", 1).SingleOrDefault() is { } told ? JsonNode.Parse(told.Fields) : null;

    private async Task<Guid> ApplyAsync(string utility, string region) => await PublishAsync(utility, "applied", Line(utility, region, 1));

    private JsonObject Line(string utility, string region, int version) => new()
    {
        ["caseNo"] = number, ["operatorCode"] = utility, ["regionCode"] = region, ["version"] = version, ["appliedAt"] = Now, ["customerClass"] = "LV_NONRES", ["purpose"] = "OTHER",
        ["lengthM"] = 300.5, ["occupies"] = new JsonArray("SIDEWALK", "GREEN"), ["greenOwner"] = "PUBLIC",
    };

    private JsonObject Step(string utility, string region, params string[] members)
    {
        var step = new JsonObject { ["caseNo"] = number, ["operatorCode"] = utility, ["regionCode"] = region, ["at"] = Now };
        for (var i = 0; i < members.Length; i += 2)
            step[members[i]] = members[i + 1];
        return step;
    }

    private static string Now => TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private async Task<Guid> PublishAsync(string partner, string change, JsonObject data)
    {
        var source = partner == PermitHub.Window ? $"urn:hub:permits:{partner}" : $"urn:hub:utility:{partner}";
        var reply = await Hub.PublishAsync(
            new JsonObject { ["specversion"] = "1.0", ["id"] = $"{number}-{++sent}", ["source"] = source, ["type"] = $"hub.permit.{change}.v1", ["data"] = data },
            partner == PermitHub.Window ? shared.WindowKey : shared.Keys[partner]);
        Assert.True(reply.Status == 202, reply.Text);
        return (Guid)reply.Json["id"]!;
    }

    private Task<PermitProcess.Case> UntilAsync(string utility, PermitProcess.Step step, Func<PermitProcess.Case, bool>? and = null, TimeSpan? limit = null) =>
        UntilAsync(Hub, utility, number, step, and, limit);

    internal static Task<PermitProcess.Case> UntilAsync(HubUnderTest hub, string utility, string number, PermitProcess.Step step, Func<PermitProcess.Case, bool>? and = null, TimeSpan? limit = null) => Until.FoundAsync(
        async () =>
        {
            var row = (await hub.Service<LedgerQueries>().CasesAsync(ProcessCatalog.Permit.Type, 200)).FirstOrDefault(candidate => candidate.Key == $"{utility}:{number}");
            return row is not null && ProcessCatalog.Permit.Read(row.State) is var state && state.Step == step && (and is null || and(state)) ? state : null;
        },
        $"{utility}:{number} is {step}", limit);
}

/// <summary>A window that cannot push its results: they are read from its list.</summary>
public sealed class PolledPermitJourney
{
    private const string Secret = "a window's secret";

    [Fact]
    public async Task Results_are_read_from_the_windows_list()
    {
        await using var simulators = await SimulatorHost.StartAsync(
            new SimulatorSettings { Partners = [new() { Name = PermitHub.Window, Kind = PublisherSettings.Permits, AppKey = "hub", Secret = Secret }] }, CancellationToken.None);
        var publisher = new PublisherSettings
        {
            Name = PermitHub.Window, Kind = PublisherSettings.Permits, Address = simulators.AddressOf(PermitHub.Window), AppKey = "hub", Secret = Secret, Source = "urn:hub:permits:list", Every = 1,
            PageSize = 3, OverlapSeconds = 5,
        };
        await using var hub = await HubUnderTest.StartAsync(
            settings => settings with { SitePacks = Path.Combine(Checkout.Root, "scripts", "demo-packs"), Publishers = [publisher] }, ["hohhot-power", PermitHub.Window, "credit-demo"]);
        var key = await hub.CreateKeyAsync("hohhot-power", ApiKey.Publish, ["urn:hub:utility:hohhot-power"], ["hub.permit.*"]);
        var list = (ApprovalPlatform)simulators.Partner(PermitHub.Window);
        var now = TimeProvider.System.GetUtcNow();
        var reply = await hub.PublishAsync(
            new JsonObject
            {
                ["specversion"] = "1.0", ["id"] = "p-1", ["source"] = "urn:hub:utility:hohhot-power", ["type"] = "hub.permit.applied.v1",
                ["data"] = new JsonObject
                {
                    ["caseNo"] = "WX-P1", ["operatorCode"] = "hohhot-power", ["regionCode"] = "150102", ["version"] = 1, ["appliedAt"] = Text(now), ["customerClass"] = "LV_NONRES", ["purpose"] = "OTHER",
                    ["occupies"] = new JsonArray("SIDEWALK", "GREEN"), ["greenOwner"] = "PUBLIC",
                },
            },
            key);
        Assert.True(reply.Status == 202, reply.Text);
        await PermitJourney.UntilAsync(hub, "hohhot-power", "WX-P1", PermitProcess.Step.Deciding, state => state.DistributedAt is not null);

        foreach (var item in (string[])["PLANNING", "EXCAVATION", "TRAFFIC", "GREEN"])
            list.Add(Row(item, "PENDING", now));
        foreach (var item in (string[])["PLANNING", "EXCAVATION", "TRAFFIC", "GREEN"])
            list.Add(Row(item, "APPROVED", TimeProvider.System.GetUtcNow()));

        var permits = await PermitJourney.UntilAsync(hub, "hohhot-power", "WX-P1", PermitProcess.Step.Granted, limit: TimeSpan.FromMinutes(2));
        Assert.All(permits.Items.Values, item => Assert.Equal("示例许1号", item.PermitNo));
        Assert.Equal(0L, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM quarantine"));
    }

    private static JsonObject Row(string item, string status, DateTimeOffset at) => new()
    {
        ["type"] = "hub.permit.item_reported.v1",
        ["data"] = new JsonObject
        {
            ["caseNo"] = "WX-P1", ["operatorCode"] = "hohhot-power", ["regionCode"] = "150102", ["item"] = item, ["status"] = status, ["at"] = Text(at), ["version"] = 1,
            ["permitNo"] = status == "APPROVED" ? "示例许1号" : null,
        },
    };

    private static string Text(DateTimeOffset at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
