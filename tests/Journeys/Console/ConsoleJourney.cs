using System.Diagnostics;
using System.Globalization;
using Hub.Ledger;
using Hub.Simulators;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Journeys.Console;

/// <summary>The console in a real browser, over a hub with pretended partners.</summary>
public sealed class ConsoleJourney(ConsoleBrowser browser, ITestOutputHelper output) : IClassFixture<ConsoleBrowser>
{
    private static readonly string[] Themes = ["light", "dark"];
    private static readonly string[] Languages = ["zh", "en"];

    private static readonly string Axe = Path.Combine(Checkout.Root, "src", "Hub", "Console", "assets", "node_modules", "axe-core", "axe.min.js");

    [Fact]
    public async Task Whoever_is_not_signed_in_is_asked_to_and_comes_to_where_they_wanted()
    {
        await using var hub = await StartAsync();
        await using var person = await browser.OpenAsync(hub, name: null);
        var page = person.Page;

        await page.GotoAsync("/deliveries?state=parked");
        await page.WaitForURLAsync(url => url.Contains("/sign-in?back=", StringComparison.Ordinal));
        await SignInAsync(page, People.Operator, "not the password");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("用户名、密码或验证码不正确");
        await SignInAsync(page, People.Operator, People.Password);

        await Expect(page).ToHaveURLAsync(new Uri(hub.Address, "/deliveries?state=parked").ToString());
        await page.GetByRole(AriaRole.Button, new() { Name = "退出登录" }).ClickAsync();
        await page.GotoAsync("/");
        await Expect(page).ToHaveURLAsync(new Uri(hub.Address, "/sign-in").ToString());
    }

    [Fact]
    public async Task Language_and_theme_are_switched_and_stay()
    {
        await using var hub = await StartAsync();
        await using var person = await browser.OpenAsync(hub, People.Operator);
        var page = person.Page;

        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("总览");
        await page.GetByRole(AriaRole.Link, new() { Name = "English" }).ClickAsync();
        await page.GotoAsync("/connectors");

        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Connectors");
        Assert.Equal("en", await page.Locator("html").GetAttributeAsync("lang"));
        await page.GetByRole(AriaRole.Link, new() { Name = "Dark theme" }).ClickAsync();
        await page.GotoAsync("/");
        Assert.Equal("dark", await page.Locator("html").GetAttributeAsync("data-bs-theme"));
    }

    [Fact]
    public async Task Keys_search_go_move_and_help_but_not_while_somebody_types()
    {
        await using var hub = await StartAsync();
        for (var i = 0; i < 3; i++)
            await hub.UntilStatusAsync(await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode())), "delivered");
        await using var person = await browser.OpenAsync(hub, People.Operator);
        var page = person.Page;

        await page.Keyboard.PressAsync("/");
        await Expect(page.Locator("#search")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("gd?");
        await Expect(page.Locator("#search")).ToHaveValueAsync("gd?");
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("d");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("送达");
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("j");
        await Expect(page.Locator("tr.at")).ToHaveCountAsync(1);
        Assert.Equal(1, await page.EvaluateAsync<int>("[...document.querySelectorAll('table.rows tbody tr')].findIndex(row => row.classList.contains('at'))"));
        await page.Keyboard.PressAsync("k");
        Assert.Equal(0, await page.EvaluateAsync<int>("[...document.querySelectorAll('table.rows tbody tr')].findIndex(row => row.classList.contains('at'))"));
        await page.Keyboard.PressAsync("?");
        await Expect(page.Locator("#help")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("#help")).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync(url => Guid.TryParse(url.Split('/')[^1], out _));
    }

    [Fact]
    public async Task Every_page_is_accessible_in_both_themes_and_languages_fits_320_pixels_and_asks_nobody_else()
    {
        await using var hub = await StartAsync();
        await BreakAsync(hub, "http500", 4);
        var paths = await PathsAsync(hub);
        await using var person = await browser.OpenAsync(hub, People.Operator);
        var wrong = new List<string>();

        foreach (var path in paths)
        {
            foreach (var (theme, language) in Themes.SelectMany(theme => Languages.Select(language => (theme, language))))
            {
                await person.Page.GotoAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}theme={theme}&lang={language}");
                wrong.AddRange((await AxeAsync(person.Page)).Select(fault => $"{path} {theme} {language}: {fault}"));
            }

            // A small telephone, and an office screen of 1280 pixels at 200 %.
            foreach (var width in (int[])[320, 640])
            {
                await person.Page.SetViewportSizeAsync(width, 800);
                if (await person.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth") is > 0 and var over)
                    wrong.Add($"{path} is {over} px wider than {width}");
            }

            await person.Page.SetViewportSizeAsync(1360, 850);
        }

        await using var nobody = await browser.OpenAsync(hub, name: null);
        foreach (var (theme, language) in Themes.SelectMany(theme => Languages.Select(language => (theme, language))))
        {
            await nobody.Page.GotoAsync($"/sign-in?theme={theme}&lang={language}");
            wrong.AddRange((await AxeAsync(nobody.Page)).Select(fault => $"/sign-in {theme} {language}: {fault}"));
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Empty(person.Faults);
    }

    [Fact]
    public async Task No_field_that_others_fill_becomes_markup()
    {
        const string Attack = "<img src=x onerror=alert(1)><script>alert(2)</script>";
        await using var hub = await StartAsync();
        hub.Simulators.Partner("sgcc-linfen").Faults.Set(new() { Mode = "http500" });
        var approval = Approvals.Created(Approvals.NewCode());
        approval.Data()["projectName"] = Attack;
        approval.Data()["contactName"] = "<script>alert(5)</script>";
        approval["id"] = "<img src=x onerror=alert(4)>";
        await hub.AcceptedAsync(approval);
        var nobodys = Approvals.Created("\"><img src=x onerror=alert(3)>", Approvals.NobodyServes);
        await hub.AcceptedAsync(nobodys);
        await hub.Service<LedgerQueries>().PauseAsync("donggang-energy", Attack, Attack, Attack, DateTimeOffset.UnixEpoch);
        await hub.Service<ExchangeLog>().NoteAsync($"act {Attack}\nby {Attack}\nreason {Attack}");
        var incident = await IncidentAsync(hub);
        await hub.Service<Incidents>().NoteAsync(incident.Id, People.Operator, Attack, Attack, hub.Service<TimeProvider>().GetUtcNow());
        await hub.Service<ApprovalRequests>().AskAsync("skip", Attack, Attack, People.Viewer, Attack);
        await using var person = await browser.OpenAsync(hub, People.Operator);

        foreach (var path in (await PathsAsync(hub)).Append($"/cases?q={Uri.EscapeDataString(Attack)}").Append($"/deliveries?reason={Uri.EscapeDataString(Attack)}&receiver={Uri.EscapeDataString(Attack)}").Append($"/evidence?q={Uri.EscapeDataString(Attack)}").Append($"/?done={Uri.EscapeDataString(Attack)}"))
        {
            await person.Page.GotoAsync(path);
            Assert.Equal(0, await person.Page.Locator("main img, main script").CountAsync());
        }

        Assert.Empty(person.Faults);
    }

    [Fact]
    public async Task The_first_minute_of_an_incident_and_a_bulk_retry_to_its_result()
    {
        await using var hub = await StartAsync();
        await BreakAsync(hub, "http4xx", 6);
        await using var person = await browser.OpenAsync(hub, People.Operator);
        var page = person.Page;

        // Who and how bad; then the incident.
        var clock = Stopwatch.StartNew();
        var steps = new List<string>();
        await page.GotoAsync("/");
        await Expect(page.Locator("#strip")).ToContainTextAsync("国网临汾供电公司 退回推送内容");
        Step("the sentence says who and how bad");
        await page.Locator("#strip a").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("内容被退回");
        Step("the incident is open");
        await page.GetByRole(AriaRole.Button, new() { Name = "我来处置" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status).Filter(new() { HasText = "已认领" })).ToBeVisibleAsync();
        Step("it is owned");
        var incident = page.Url.Split('?')[0];

        // Us, the line, or them; and no more of it until they have said something.
        await page.GetByRole(AriaRole.Button, new() { Name = "测试连接" }).ClickAsync();
        await Expect(page.Locator(".alert").Filter(new() { HasText = "连接" })).ToBeVisibleAsync();
        Step("the connection is tested");
        await page.FillAsync("#reason", "对方退回，待其确认");
        await page.GetByRole(AriaRole.Button, new() { Name = "暂停推送" }).ClickAsync();
        await Expect(page.GetByText("已暂停。")).ToBeVisibleAsync();
        Step("it is paused with a reason");

        // They are told, from the template, and that is on record.
        await page.GotoAsync(incident);
        await page.GetByText("通知对方的模板").ClickAsync();
        await Expect(page.Locator("details.template pre")).ToContainTextAsync("国网临汾供电公司");
        await page.FillAsync("#text", "已按模板电话通知对方值班");
        await page.GetByRole(AriaRole.Button, new() { Name = "记录", Exact = true }).ClickAsync();
        await Expect(page.GetByText("已记录。")).ToBeVisibleAsync();
        Step("they are told and that is noted");
        output.WriteLine($"the first minute, the machine's share: {string.Join(" · ", steps)}");
        await page.GotoAsync("/connectors/sgcc-linfen");
        await page.FillAsync("#reason", "对方已确认");
        await page.GetByRole(AriaRole.Button, new() { Name = "恢复推送" }).ClickAsync();
        await Expect(page.GetByText("已恢复。")).ToBeVisibleAsync();

        // Repaired: a few first, then the rest.
        hub.Simulators.Partner("sgcc-linfen").Faults.Set(new());
        await page.GotoAsync("/deliveries?class=rejected");
        await page.GetByRole(AriaRole.Link, new() { Name = "批量重试" }).First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "将重试 6 条" })).ToBeVisibleAsync();
        await page.FillAsync("#canary", "2");
        await page.FillAsync("#rate", "50");
        await page.FillAsync("#reason", "对方已修复");
        await page.GetByRole(AriaRole.Button, new() { Name = "开始" }).ClickAsync();
        await Expect(page.Locator(".head .st")).ToHaveTextAsync("完成", new() { Timeout = 30_000 });
        await Expect(page.Locator(".facts.counts dd").First).ToHaveTextAsync("6");

        Assert.Equal(6, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM exchange_log WHERE kind = 'operator.acted' AND position('act Retry' IN convert_from(content, 'UTF8')) = 1 AND position('by li.ming' IN convert_from(content, 'UTF8')) > 0"));
        Assert.True((await hub.Service<ExchangeLog>().VerifyAsync([], CancellationToken.None)).Ok);
        Assert.DoesNotContain(person.Faults, fault => !fault.Contains("/live", StringComparison.Ordinal));

        void Step(string what) => steps.Add(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds:0.0} s {what}"));
    }

    [Fact]
    public async Task The_log_is_verified_on_the_page_and_a_change_behind_the_hubs_back_is_told()
    {
        await using var hub = await StartAsync();
        await hub.UntilStatusAsync(await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode())), "delivered");
        await using var person = await browser.OpenAsync(hub, People.Operator);
        var page = person.Page;

        await page.GotoAsync("/evidence");
        await page.GetByRole(AriaRole.Button, new() { Name = "立即核验" }).ClickAsync();
        await Expect(page.Locator("#live .alert-success")).ToBeVisibleAsync();

        await hub.Database.ScalarAsync<long>("WITH u AS (UPDATE exchange_log SET partner = 'another' WHERE seq = 2 RETURNING 1) SELECT count(*) FROM u");
        await page.GetByRole(AriaRole.Button, new() { Name = "立即核验" }).ClickAsync();
        await Expect(page.Locator("#live .alert-danger")).ToBeVisibleAsync();
        await Expect(page.Locator("#live progress")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_part_that_cannot_be_read_is_named_and_the_others_are_shown()
    {
        await using var hub = await StartAsync();
        await hub.UntilStatusAsync(await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode())), "delivered");
        await hub.Database.ScalarAsync<long>("WITH i AS (INSERT INTO cases (case_id, key_hash, type, key, state, lanes, busy, closed) VALUES (-1, gen_random_uuid(), 'co_transfer', 'X', '{', '[]', false, false), (-2, gen_random_uuid(), 'connection', 'Y', '{', '[]', false, false) RETURNING 1) SELECT count(*) FROM i");
        await using var person = await browser.OpenAsync(hub, People.Operator);

        await person.Page.GotoAsync("/");

        await Expect(person.Page.Locator(".alert")).ToContainTextAsync("部分数据暂时读不出来：联合过户");
        await Expect(person.Page.Locator("#strip")).ToContainTextAsync("全部正常");
        await Expect(person.Page.Locator("#connectors-title")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_canary_that_fails_again_stops_the_job_and_the_others_stand_as_before()
    {
        await using var hub = await StartAsync();
        await BreakAsync(hub, "http4xx", 5);
        await using var person = await browser.OpenAsync(hub, People.Operator);
        var page = person.Page;

        await page.GotoAsync("/deliveries/bulk?class=rejected");
        await page.FillAsync("#canary", "1");
        await page.FillAsync("#reason", "试试");
        await page.GetByRole(AriaRole.Button, new() { Name = "开始" }).ClickAsync();

        await Expect(page.Locator(".head .st")).ToHaveTextAsync("自动停止", new() { Timeout = 30_000 });
        Assert.Equal(4, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM bulk_items WHERE state = 'open'"));
    }

    [Fact]
    public async Task A_skip_needs_a_second_person_and_both_are_on_record()
    {
        await using var hub = await StartAsync();
        await BreakAsync(hub, "http4xx", 1);
        await using var asking = await browser.OpenAsync(hub, People.Operator);
        await using var allowing = await browser.OpenAsync(hub, People.Approver);

        await asking.Page.GotoAsync("/deliveries?state=parked");
        await asking.Page.Locator("tbody a").First.ClickAsync();
        var delivery = asking.Page.Url;
        await asking.Page.FillAsync("#reason", "对方确认线下办理");
        await asking.Page.GetByRole(AriaRole.Button, new() { Name = "申请跳过" }).ClickAsync();
        await Expect(asking.Page.GetByText("已提交，等待审批人决定")).ToBeVisibleAsync();
        await asking.Page.GotoAsync("/approvals");
        await Expect(asking.Page.GetByRole(AriaRole.Button, new() { Name = "同意" })).ToHaveCountAsync(0);

        await allowing.Page.GotoAsync("/approvals");
        await allowing.Page.GetByPlaceholder("审批意见").FillAsync("已核实");
        await allowing.Page.GetByRole(AriaRole.Button, new() { Name = "同意" }).ClickAsync();
        await Expect(allowing.Page.GetByText("已同意并执行")).ToBeVisibleAsync();

        await allowing.Page.GotoAsync(delivery);
        await Expect(allowing.Page.Locator(".head .st")).ToHaveTextAsync("跳过");
        Assert.Equal(1, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM exchange_log WHERE position('by li.ming, approved by wang.fang' IN convert_from(content, 'UTF8')) > 0"));
    }

    [Fact]
    public async Task Without_scripts_everything_is_still_there()
    {
        await using var hub = await StartAsync();
        await BreakAsync(hub, "http4xx", 1);
        await using var person = await browser.OpenAsync(hub, People.Operator, scripts: false);

        foreach (var path in await PathsAsync(hub))
        {
            var answer = await person.Page.GotoAsync(path);
            Assert.True(answer!.Ok, path);
            await Expect(person.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
        }

        await person.Page.GotoAsync("/connectors/sgcc-linfen");
        await person.Page.FillAsync("#reason", "检修");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "暂停推送" }).ClickAsync();
        await Expect(person.Page.Locator("main")).ToContainTextAsync("已暂停");
    }

    [Fact]
    public async Task An_open_page_follows_what_happens()
    {
        await using var hub = await StartAsync();
        await using var person = await browser.OpenAsync(hub, People.Viewer);
        await Expect(person.Page.Locator("#strip")).ToContainTextAsync("全部正常");

        await BreakAsync(hub, "http4xx", 1);

        await Expect(person.Page.Locator("#strip")).ToContainTextAsync("退回推送内容", new() { Timeout = 30_000 });
    }

    private static async Task<HubUnderTest> StartAsync()
    {
        var hub = await HubUnderTest.StartAsync("sgcc-linfen", "donggang-energy");
        await People.CreateAsync(hub);
        return hub;
    }

    private static async Task SignInAsync(IPage page, string name, string password)
    {
        await page.FillAsync("#name", name);
        await page.FillAsync("#password", password);
        await page.ClickAsync("main button.btn-primary");
    }

    /// <summary>Some deliveries that fail, and the incident that comes of it.</summary>
    private static async Task BreakAsync(HubUnderTest hub, string mode, int count)
    {
        Assert.Null(hub.Simulators.Partner("sgcc-linfen").Faults.Set(new Fault { Mode = mode }));
        for (var i = 0; i < count; i++)
            await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode()));
        await IncidentAsync(hub);
        if (mode == "http4xx")
            await Until.TrueAsync(async () => await hub.Database.ScalarAsync<long>("SELECT count(*) FROM waits WHERE state = 'parked'") == count, "all are parked");
    }

    private static Task<Incident> IncidentAsync(HubUnderTest hub) =>
        Until.FoundAsync(async () => (await hub.Service<Incidents>().OpenAsync(partner: null)).FirstOrDefault(), "an incident is open");

    /// <summary>Every page, with something on it: those without a place in their address as they are, the others with what there is.</summary>
    private static async Task<IReadOnlyList<string>> PathsAsync(HubUnderTest hub)
    {
        var line = (await hub.Service<DeliveryList>().ListAsync(new DeliveryFilter(), after: null, 1)).Lines[0];
        var incident = await IncidentAsync(hub);
        var plain = hub.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not null)
            .Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/'))
            .Where(path => !path.Contains('{', StringComparison.Ordinal) && path is not ("/sign-in" or "/sign-out" or "/SignOut")).Distinct().Order(StringComparer.Ordinal);
        return
        [
            .. plain, $"/incidents/{incident.Id}", "/connectors/sgcc-linfen", "/connectors/sgcc-linfen/certification", "/connectors/sgcc-linfen/versions", "/connectors/sgcc-linfen/keys",
            "/connectors/sgcc-linfen/service", "/portal", "/portal/sgcc-linfen", "/deliveries?view=groups", "/deliveries?state=skipped", $"/deliveries/{line.Id}",
            "/deliveries/bulk?receiver=sgcc-linfen", $"/cases/{line.CaseId}", "/evidence?q=1",
        ];
    }

    private static async Task<IReadOnlyList<string>> AxeAsync(IPage page)
    {
        // Through the debugger, which the page's policy does not bind.
        await page.EvaluateAsync(await File.ReadAllTextAsync(Axe));
        return await page.EvaluateAsync<string[]>("""
            async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
              .filter(one => one.impact === 'serious' || one.impact === 'critical')
              .flatMap(one => one.nodes.slice(0, 3).map(node => `${one.id}: ${node.html.slice(0, 160)} ${node.any.map(check => check.message).join(' ').slice(0, 200)}`))
            """);
    }
}
