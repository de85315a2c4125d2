using Hub.Ledger;
using Hub.Simulators;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Journeys.Console;

/// <summary>What people on duty are told, and what they sign, in a real browser.</summary>
public sealed class DutyJourney(ConsoleBrowser browser) : IClassFixture<ConsoleBrowser>
{
    private const string Gateway = "notices-lianyungang";
    private const string Mobile = "13800000001";

    [Fact]
    public async Task Who_is_on_duty_is_told_of_an_incident_once_and_stands_in_no_log()
    {
        await using var hub = await HubUnderTest.StartAsync("sgcc-linfen", Gateway);
        await People.CreateAsync(hub);
        await using var person = await browser.OpenAsync(hub, People.Operator);
        var page = person.Page;
        var gateway = (NotificationGateway)hub.Simulators.Partner(Gateway);

        // A mistake costs only itself.
        await page.GotoAsync("/settings/alerts");
        await page.FillAsync("#people", "张示例 1380000");
        await page.FillAsync("#reason", "夜间值班");
        await page.GetByRole(AriaRole.Button, new() { Name = "新增规则" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("手机号");
        await Expect(page.Locator("#people")).ToHaveValueAsync("张示例 1380000");
        await Expect(page.Locator("#reason")).ToHaveValueAsync("夜间值班");

        await page.FillAsync("#people", $"张示例 {Mobile}");
        await page.GetByRole(AriaRole.Button, new() { Name = "新增规则" }).ClickAsync();
        await Expect(page.GetByText("规则已新增。")).ToBeVisibleAsync();
        await Expect(page.Locator("table.rows")).ToContainTextAsync("138****0001");
        await Expect(page.Locator("body")).Not.ToContainTextAsync(Mobile);

        await page.GetByRole(AriaRole.Button, new() { Name = "发送测试" }).ClickAsync();
        await Until.TrueAsync(() => Task.FromResult(gateway.Notices.Any(notice => notice.TextZh.Contains("测试通知，由 li.ming 发送", StringComparison.Ordinal))), "the test reached the gateway");

        hub.Simulators.Partner("sgcc-linfen").Faults.Set(new() { Mode = "http500" });
        for (var i = 0; i < 3; i++)
            await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode()));
        await Until.TrueAsync(() => Task.FromResult(gateway.Notices.Any(notice => notice.TextZh.StartsWith("Hub：国网临汾供电公司 接口不通", StringComparison.Ordinal))), "the incident is told");

        // Looked at anew, as after a start: the ledger knows what was told.
        await using (var next = await Server.BuildAsync(hub.Settings, TimeProvider.System, CancellationToken.None))
        {
            await next.StartAsync();
            await Until.TrueAsync(async () => await hub.Database.ScalarAsync<long>("SELECT count(*) FROM nodes") >= 2, "a second node looks too");
            await next.Services.GetRequiredService<Hub.Console.AlertWatch>().LookAsync();
            await next.StopAsync();
        }

        Assert.Single(gateway.Notices, notice => notice.TextZh.Contains("接口不通", StringComparison.Ordinal));
        Assert.Equal(0, await hub.Database.ScalarAsync<long>($"SELECT count(*) FROM exchange_log WHERE position('{Mobile}' IN encode(content, 'escape')) > 0"));
        Assert.Equal(0, await hub.Database.ScalarAsync<long>($"SELECT count(*) FROM alert_rules WHERE position('{Mobile}' IN encode(people, 'escape')) > 0"));
        Assert.True((await hub.Service<ExchangeLog>().VerifyAsync([], CancellationToken.None)).Ok);
    }

    [Fact]
    public async Task Who_only_looks_or_belongs_to_a_partner_changes_no_rule()
    {
        await using var hub = await HubUnderTest.StartAsync("sgcc-linfen", Gateway);
        await People.CreateAsync(hub);
        await using var viewer = await browser.OpenAsync(hub, People.Viewer);
        await viewer.Page.GotoAsync("/settings/alerts");
        await Expect(viewer.Page.Locator("main")).ToContainTextAsync("尚无通知规则");
        Assert.Equal(0, await viewer.Page.Locator("main form[method=post]").CountAsync());

        await using var partners = await browser.OpenAsync(hub, People.OfPartner);
        Assert.Equal(403, (await partners.Page.GotoAsync("/settings/alerts"))!.Status);
    }

    [Fact]
    public async Task A_day_is_signed_with_its_difference_explained_and_held_against_the_receivers_list()
    {
        var clock = new LaterClock();
        await using var hub = await HubUnderTest.StartAsync(settings => settings, ["sgcc-linfen"], clock: clock);
        await People.CreateAsync(hub);
        hub.Simulators.Partner("sgcc-linfen").Faults.Set(new() { Mode = "http4xx", Count = 1 });
        await hub.UntilStatusAsync(await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode())), "parked");
        await hub.UntilStatusAsync(await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode())), "delivered");
        var day = Reconciliations.DayOf(clock.GetUtcNow());
        clock.Ahead = TimeSpan.FromDays(1);
        await using var person = await browser.OpenAsync(hub, People.Operator);
        var page = person.Page;

        await page.GotoAsync($"/evidence/reconciliation?day={day:yyyy-MM-dd}");
        await page.GetByRole(AriaRole.Button, new() { Name = "重新统计" }).ClickAsync();
        var row = page.Locator("section[aria-labelledby=day-title] tbody tr");
        await Expect(row).ToHaveCountAsync(1);
        await Expect(row).ToContainTextAsync("未送达 1 条");

        // Their list: one that we know they have, and one nobody sent.
        var taken = (await hub.Service<DeliveryList>().ListAsync(new() { State = "taken" }, after: null, 1)).Lines.Single().Id;
        var strange = Guid.NewGuid();
        await page.FillAsync("#list", $"id,status\n{taken},OK\n\"{strange}\",OK\n");
        await page.GetByRole(AriaRole.Button, new() { Name = "核对", Exact = true }).ClickAsync();
        await Expect(page.Locator("section[aria-labelledby=compare-title]")).ToContainTextAsync("两边一致 1 条");
        await Expect(page.Locator("section[aria-labelledby=compare-title] code")).ToHaveTextAsync(strange.ToString());

        await page.Locator("tbody input[name=reason]").FillAsync("对方停机检修");
        await page.GetByRole(AriaRole.Button, new() { Name = "签认", Exact = true }).ClickAsync();
        await Expect(page.GetByText("已签认，并写入留痕。")).ToBeVisibleAsync();
        await Expect(row).ToContainTextAsync("对方停机检修");
        Assert.Equal(0, await page.Locator("tbody input[name=reason]").CountAsync());
        Assert.Empty(person.Faults);
    }

    private sealed class LaterClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    }
}
