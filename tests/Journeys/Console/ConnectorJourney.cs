using System.Collections.Concurrent;
using Hub.Connectors;
using Hub.Console;
using Hub.Ledger;
using Hub.Simulators;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Journeys.Console;

/// <summary>Connectors that are made and changed in the console, over real receivers.</summary>
public sealed class ConnectorJourney(ConsoleBrowser browser) : IClassFixture<ConsoleBrowser>
{
    private const string Name = "hohhot-power";
    private const string Other = "gas-lianyungang";

    private static readonly string[] Partners = [Name, Other];

    [Fact]
    public async Task Events_keep_coming_while_a_connector_changes_its_address_and_key_and_none_is_lost_doubled_or_overtaken()
    {
        await using var hub = await StartAsync();
        var arrived = new ConcurrentQueue<Guid>();
        foreach (var partner in Partners)
        {
            hub.Simulators.Partner(partner).Book.Took = (id, _) => arrived.Enqueue(id);

            // Slow enough for every change to meet attempts that are under way.
            Assert.Null(hub.Simulators.Partner(partner).Faults.Set(new Fault { Mode = "slow", DelayMs = 150 }));
        }

        ConnectorSettings[] turns = [.. Partners.Select(partner => TestPartner.Of([partner])[0].Connected(hub.Simulators.AddressOf(partner)) with { Name = Name, Workers = 3, TimeoutSeconds = 10 })];
        await ChangeAsync(hub, null, turns[0], 1);
        using var done = new CancellationTokenSource();
        var publishing = Enumerable.Range(0, 4).Select(_ => PublishAsync(hub, arrived, done.Token)).ToList();
        for (var version = 2; version <= 7; version++)
        {
            var before = arrived.Count;
            await Until.TrueAsync(() => arrived.Count >= before + 6, "deliveries go on");
            await ChangeAsync(hub, turns[version % 2], turns[(version + 1) % 2], version);
        }

        await done.CancelAsync();
        var published = (await Task.WhenAll(publishing)).Sum();
        await Until.TrueAsync(() => arrived.Count >= published, () => $"{arrived.Count} of {published} arrived");

        BookStats[] books = [.. Partners.Select(partner => hub.Simulators.Partner(partner).Book.Stats)];
        Assert.Equal((published, published, 0L, 0L), ((int)books.Sum(book => book.Effects), arrived.Distinct().Count(), books.Sum(book => book.Repeats), books.Sum(book => book.OutOfOrder)));
        Assert.All(books, book => Assert.True(book.Effects > 0));

        // Also across the two of them: whatever a case's first lane number is, its commands arrived in that order.
        var place = arrived.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        var lanes = await hub.Database.ScalarAsync<string>("SELECT string_agg(case_id || ' ' || connector_no || ' ' || lane_seq, ',' ORDER BY case_id, lane_seq) FROM deliveries");
        foreach (var lane in lanes.Split(',').Select(line => line.Split(' ').Select(long.Parse).ToArray()).GroupBy(parts => parts[0]))
        {
            var places = lane.Select(parts => place[CommandId.Of(parts[0], (short)parts[1], parts[2])]).ToList();
            Assert.Equal(places.Order(), places);
        }

        Assert.Equal(7, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM exchange_log WHERE position('act ChangeConnector' IN convert_from(content, 'UTF8')) = 1"));
        Assert.True((await hub.Service<ExchangeLog>().VerifyAsync([], CancellationToken.None)).Ok);
    }

    [Fact]
    public async Task A_connector_is_made_in_four_steps_proven_changed_restored_and_gets_another_key_by_two_persons()
    {
        await using var hub = await StartAsync();
        var receiver = (WebhookUtility)hub.Simulators.Partner(Name);
        var waiting = await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode(Approvals.Hohhot), Approvals.Hohhot));
        await using var person = await browser.OpenAsync(hub, People.Operator, scripts: false);
        var page = person.Page;

        // Who: what was typed stays when something else is wrong.
        await page.GotoAsync("/connectors");
        await ClickAsync(page, "新建连接器");
        await page.FillAsync("[name=Name]", "Hohhot Power");
        await page.FillAsync("[name=Title]", "呼和浩特供电局");
        await ClickAsync(page, "下一步");
        await Expect(page.Locator("main")).ToContainTextAsync("须为 1 至 64 个小写字母、数字或连字符");
        await Expect(page.Locator("[name=Title]")).ToHaveValueAsync("呼和浩特供电局");
        await page.FillAsync("[name=Name]", Name);
        await ClickAsync(page, "下一步");

        // Where: neither another scheme nor an address that no partner has.
        await page.FillAsync("[name=Address]", "ftp://hohhot.example/");
        await ClickAsync(page, "下一步");
        await Expect(page.Locator("main")).ToContainTextAsync("须为完整的 http 或 https 地址");
        await page.FillAsync("[name=Address]", "http://169.254.169.254/latest");
        await ClickAsync(page, "下一步");
        await Expect(page.Locator("main")).ToContainTextAsync("平台不允许访问该地址");
        await page.FillAsync("[name=Address]", hub.Simulators.AddressOf(Name).ToString());
        await ClickAsync(page, "下一步");

        // How fast.
        await page.FillAsync("[name=Workers]", "many");
        await ClickAsync(page, "下一步");
        await Expect(page.Locator("main")).ToContainTextAsync("须为 1 至 1024 的整数");
        await page.FillAsync("[name=Workers]", "4");
        await ClickAsync(page, "下一步");

        // Prove it: whoever agrees to somebody else, or to nobody, gets no data.
        receiver.AllowedOrigin = "somebody.else";
        await ClickAsync(page, "询问接收方");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("接收方只允许其他来源");
        await page.FillAsync("#reason", "新接入");
        await ClickAsync(page, "保存并启用");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("接收方尚未确认愿意接收");
        receiver.AllowedOrigin = null;
        await ClickAsync(page, "询问接收方");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("没有出示验证码");
        receiver.Code = await page.Locator("#code").InnerTextAsync();
        await ClickAsync(page, "询问接收方");
        await Expect(page.Locator("#proof")).ToContainTextAsync("接收方出示了正确的验证码");
        Assert.Equal(0, receiver.Book.Stats.Effects);

        // Enabled: what waited for it goes out, signed with the key that was shown once.
        await page.FillAsync("#reason", "新接入");
        await ClickAsync(page, "保存并启用");
        var first = await page.Locator("#secret").InnerTextAsync();
        receiver.Trust(first);
        await hub.UntilStatusAsync(waiting, "delivered", TimeSpan.FromSeconds(60));

        // Changed: the difference is seen before it is saved, and again in the history.
        await page.GotoAsync($"/connectors/{Name}/versions");
        await ClickAsync(page, "修改");
        await page.GotoAsync(page.Url + "?step=pace");
        await page.FillAsync("[name=Workers]", "6");
        await ClickAsync(page, "下一步");
        await Expect(page.Locator("tr", new() { HasText = "并发数" })).ToContainTextAsync("4");
        await Expect(page.Locator("tr", new() { HasText = "并发数" })).ToContainTextAsync("6");
        await page.FillAsync("#reason", "提高并发");
        await ClickAsync(page, "保存并启用");
        await Expect(page.Locator("#now")).ToContainTextAsync("版本 2");
        await page.Locator("tr", new() { HasText = "新接入" }).Locator("[name=reason]").FillAsync("对方吃不消");
        await ClickAsync(page, "恢复此版本");
        await Expect(page.Locator("#now")).ToContainTextAsync("版本 3");
        await page.GotoAsync($"/connectors/{Name}/versions?from=2&to=3");
        await Expect(page.Locator("#diff")).ToContainTextAsync("并发数");
        await Until.TrueAsync(() => hub.Service<Hub.Dispatch.ILanes>().Find(Name)?.Settings.Workers == 4, "the restored version runs");

        // Another key: two persons, both keys good for a while, each permission used once.
        await page.GotoAsync($"/connectors/{Name}/keys");
        await page.FillAsync("#reason", "每年更换");
        await page.Locator("#signing button").ClickAsync();
        await using var allowing = await browser.OpenAsync(hub, People.Approver, scripts: false);
        await GrantAsync(allowing.Page);
        await page.GotoAsync($"/connectors/{Name}/keys");
        await ClickAsync(page, "更换");
        var second = await page.Locator("#secret").InnerTextAsync();
        Assert.NotEqual(first, second);
        await Until.TrueAsync(() => hub.Service<Hub.Dispatch.ILanes>().Find(Name)?.Settings.Secret == second, "the new key signs");
        await DeliveredAsync(hub);
        receiver.Trust(second);
        await DeliveredAsync(hub);
        await page.GotoAsync($"/connectors/{Name}/keys");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "更换", Exact = true })).ToHaveCountAsync(0);

        // The key of the other direction, in the same way.
        var old = await hub.UtilityKeyAsync(Name);
        await page.ReloadAsync();
        await page.Locator("#partner-keys [name=reason]").FillAsync("每年更换");
        await page.Locator("#partner-keys button").ClickAsync();
        await GrantAsync(allowing.Page);
        await page.GotoAsync($"/connectors/{Name}/keys");
        await ClickAsync(page, "更换");
        var fresh = await page.Locator("#secret").InnerTextAsync();
        foreach (var key in new[] { old, fresh })
            Assert.Equal(200, (await hub.GetAsync($"/api/v1/feeds/{Name}", key)).Status);

        // On record, and no secret anywhere.
        var (_, told) = await hub.CommandAsync("connectors", "versions", Name);
        Assert.Contains("restored from 1", told, StringComparison.Ordinal);
        Assert.Contains($"by {People.Operator}, approved by {People.Approver}", told, StringComparison.Ordinal);
        foreach (var secret in new[] { first, second, fresh })
        {
            Assert.DoesNotContain(secret, told + (await hub.CommandAsync("connectors", "show", Name)).Output + (await hub.PageAsync($"/connectors/{Name}")).Text + (await hub.PageAsync($"/connectors/{Name}/versions?from=3&to=4")).Text, StringComparison.Ordinal);
            Assert.Equal(0, await hub.Database.ScalarAsync<long>($"SELECT count(*) FROM exchange_log WHERE position('{secret}' IN convert_from(content, 'UTF8')) > 0"));
            Assert.Equal(0, await hub.Database.ScalarAsync<long>($"SELECT count(*) FROM connector_versions WHERE position('{secret}' IN settings) > 0"));
        }

        Assert.True((await hub.Service<ExchangeLog>().VerifyAsync([], CancellationToken.None)).Ok);
        Assert.DoesNotContain(person.Faults, fault => !fault.Contains(" 4", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connector_that_is_disabled_keeps_what_waits_and_goes_on_when_it_is_enabled_again()
    {
        await using var hub = await StartAsync();
        var settings = TestPartner.Of([Name])[0].Connected(hub.Simulators.AddressOf(Name));
        hub.Simulators.Partner(Name).Faults.Set(new Fault { Mode = "http500" });
        await ChangeAsync(hub, null, settings, 1);
        var stuck = await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode(Approvals.Hohhot), Approvals.Hohhot));
        await Until.TrueAsync(async () => await hub.Database.ScalarAsync<long>("SELECT count(*) FROM waits WHERE state = 'waiting'") == 1, "it waits");

        await ChangeAsync(hub, settings, settings, 2, enabled: false);
        hub.Simulators.Partner(Name).Faults.Set(new Fault());
        var late = await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode(Approvals.Hohhot), Approvals.Hohhot));
        Assert.Null(hub.Service<Hub.Dispatch.ILanes>().Find(Name));
        Assert.Contains("version 2 (disabled)", (await hub.CommandAsync("connectors", "list")).Output, StringComparison.Ordinal);
        await ChangeAsync(hub, settings, settings, 3);

        await hub.UntilStatusAsync(stuck, "delivered", TimeSpan.FromSeconds(60));
        await hub.UntilStatusAsync(late, "delivered", TimeSpan.FromSeconds(60));
        Assert.Equal((2L, 0L), (hub.Simulators.Partner(Name).Book.Stats.Effects, hub.Simulators.Partner(Name).Book.Stats.Repeats));
    }

    [Fact]
    public async Task Whoever_only_looks_sees_no_button_and_is_refused()
    {
        await using var hub = await StartAsync();
        await ChangeAsync(hub, null, TestPartner.Of([Name])[0].Connected(hub.Simulators.AddressOf(Name)), 1);
        await using var person = await browser.OpenAsync(hub, People.Viewer, scripts: false);
        var page = person.Page;

        foreach (var (path, handler) in new[] { ("/connectors", "New"), ($"/connectors/{Name}/versions", "Edit"), ($"/connectors/{Name}/versions", "Disable"), ($"/connectors/{Name}/keys", "Ask"), ($"/connectors/{Name}/keys", "Signing") })
        {
            await page.GotoAsync(path);
            await Expect(page.Locator("main form[method=post]")).ToHaveCountAsync(0);
            var form = page.APIRequest.CreateFormData();
            form.Set("__RequestVerificationToken", await page.Locator("[name=__RequestVerificationToken]").First.InputValueAsync());
            form.Set("reason", "forged");
            form.Set("days", 7);
            var answer = await page.APIRequest.PostAsync($"{path}?handler={handler}", new() { Form = form });
            Assert.True(answer.Status == 403, $"{path} {handler} {answer.Status}");
        }

        Assert.Single(await hub.Service<ConnectorVersions>().OfAsync(Name));
    }

    private static async Task<HubUnderTest> StartAsync()
    {
        var hub = await HubUnderTest.StartAsync(settings => settings with { Connectors = [], Console = new() { Reach = Reach.Local } }, Partners);
        await People.CreateAsync(hub, Name);
        return hub;
    }

    /// <summary>Saves a version and waits until the hub works with it.</summary>
    private static async Task ChangeAsync(HubUnderTest hub, ConnectorSettings? before, ConnectorSettings now, int number, bool enabled = true)
    {
        var version = new ConnectorVersion(0, Name, number, enabled, "", "", People.Operator, "test", default, null, null, null, "options", hub.Service<TimeProvider>().GetUtcNow().UtcDateTime);
        Assert.Null(await hub.Service<ConnectorEditing>().SaveAsync(version, before, now, "test"));
        await Until.TrueAsync(async () => hub.Service<ConnectorsInForce>().Seen == await hub.Service<ConnectorVersions>().LastAsync(), "the version is in force");
    }

    /// <returns>How many were published.</returns>
    /// <summary>Three events of a project after another; the next project once not too much is on its way, so that what waits in the end is little.</summary>
    private static async Task<int> PublishAsync(HubUnderTest hub, ConcurrentQueue<Guid> arrived, CancellationToken done)
    {
        var published = 0;
        while (!done.IsCancellationRequested)
        {
            if (await hub.Database.ScalarAsync<long>("SELECT events FROM chain_head") - arrived.Count > 60)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
                continue;
            }

            var code = Approvals.NewCode(Approvals.Hohhot);
            await hub.AcceptedAsync(Approvals.Created(code, Approvals.Hohhot));
            await hub.AcceptedAsync(Approvals.Amended(code, Approvals.Hohhot));
            await hub.AcceptedAsync(Approvals.Extended(code, Approvals.Hohhot));
            published += 3;
        }

        return published;
    }

    private static async Task DeliveredAsync(HubUnderTest hub) =>
        await hub.UntilStatusAsync(await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode(Approvals.Hohhot), Approvals.Hohhot)), "delivered", TimeSpan.FromSeconds(60));

    private static Task ClickAsync(IPage page, string button) => page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).First.ClickAsync();

    private static async Task GrantAsync(IPage page)
    {
        await page.GotoAsync("/approvals");
        await page.GetByPlaceholder("审批意见").FillAsync("同意更换");
        await ClickAsync(page, "同意");
        await Expect(page.GetByText("已同意并执行")).ToBeVisibleAsync();
    }
}
