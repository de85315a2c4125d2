using System.Globalization;
using System.Text.RegularExpressions;
using Hub.Connectors.Certification;
using Hub.Ledger;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.RazorPages.Infrastructure;
using Microsoft.AspNetCore.Routing;

namespace Hub.Journeys.Console;

/// <summary>What accounts of partners see and may do, over a hub with pretended partners.</summary>
public sealed partial class PortalJourney(ConsoleBrowser browser) : IClassFixture<ConsoleBrowser>
{
    private const string Own = "sgcc-linfen";
    private const string Other = "hohhot-power";
    private const string Bureau = "demo-bureau";
    private const string Secret = "OTHERS-ONLY";

    private static readonly string Axe = Path.Combine(Checkout.Root, "src", "Hub", "Console", "assets", "node_modules", "axe-core", "axe.min.js");

    [Fact]
    public async Task No_address_shows_a_partner_what_is_of_another_and_none_of_its_acts_touches_it()
    {
        await using var hub = await HubUnderTest.StartAsync(Own, Other, "donggang-energy");
        await People.CreateAsync(hub, Own);
        var other = await OthersAsync(hub);
        using var staff = await SignedInAsync(hub, People.Operator);
        using var partner = await SignedInAsync(hub, People.OfPartner);
        var before = await StateAsync(hub);
        var (seen, leaked, answered) = (new HashSet<string>(StringComparer.Ordinal), new List<string>(), 0);

        foreach (var (path, posts) in await RoutesAsync(hub, other))
        {
            foreach (var mark in Marks(other, await ReadAsync(staff, path)))
                seen.Add(mark);
            // What the address itself says is only said back.
            leaked.AddRange(Marks(other, await ReadAsync(partner, path)).Where(mark => !path.Contains(mark, StringComparison.Ordinal)).Select(mark => $"GET {path} shows {mark}"));
            answered++;
            foreach (var handler in posts)
            {
                var (status, text) = await PostAsync(partner, path, handler);
                leaked.AddRange(Marks(other, text).Where(mark => !path.Contains(mark, StringComparison.Ordinal)).Select(mark => $"POST {path} {handler} shows {mark}"));
                if (status >= 500)
                    leaked.Add($"POST {path} {handler} answered {status}");
                answered++;
            }
        }

        Assert.True(answered > 60, $"{answered} addresses");
        Assert.True(leaked.Count == 0, string.Join('\n', leaked));

        // The marks are there to be seen, by those who may.
        Assert.Equal(other.Marks.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        Assert.Equal(before, await StateAsync(hub));
    }

    [Fact]
    public async Task A_utility_finds_its_connector_feed_keys_receipts_and_report_on_its_own_page()
    {
        await using var hub = await HubUnderTest.StartAsync(Own, "donggang-energy");
        await People.CreateAsync(hub, "donggang-energy");
        var key = await hub.UtilityKeyAsync("donggang-energy");
        var code = Approvals.NewCode("320706");
        var first = await hub.AcceptedAsync(ForDonggang(code));
        await hub.AcceptedAsync(ForDonggang(Approvals.NewCode("320706")));
        Assert.Equal(2, (await hub.GetAsync("/api/v1/feeds/donggang-energy", key)).Json["items"]!.AsArray().Count);
        Assert.Equal(200, (await hub.SendAsync(HttpMethod.Post, "/api/v1/feeds/donggang-energy/ack", key, new ByteArrayContent("""{"upto":"1"}"""u8.ToArray()), "application/json")).Status);
        await hub.UntilStatusAsync(first, "delivered");
        Assert.Equal(202, (await hub.ReceiptAsync(key, first, new { status = "accepted", at = "2026-04-02T10:00:00+08:00" })).Status);
        using var partner = await SignedInAsync(hub, People.OfPartner);

        // It begins at its portal, and what is not for it is not in its navigation.
        var portal = await ReadAsync(partner, "/");
        Assert.Contains("东港能源公司", portal, StringComparison.Ordinal);
        Assert.DoesNotContain("href=\"/evidence\"", portal, StringComparison.Ordinal);
        Assert.DoesNotContain("href=\"/transfers\"", portal, StringComparison.Ordinal);
        Assert.Equal(["1", "2", "2", "1", "无缺漏"], Facts(portal, "取件位置"));
        Assert.Contains("已受理", portal, StringComparison.Ordinal);
        Assert.Contains(key.Split('_')[1], portal, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Split('_')[2], portal, StringComparison.Ordinal);
        Assert.Contains(code, portal, StringComparison.Ordinal);
        // Written once a minute.
        await Until.TrueAsync(async () => await hub.Database.ScalarAsync<long>("SELECT count(*) FROM api_keys WHERE partner = 'donggang-energy' AND last_used_at IS NOT NULL") == 1, "the use of the key is noted", TimeSpan.FromMinutes(3));

        // The report on the page, in the file and by command says the same.
        var month = Month(hub);
        var report = await ReadAsync(partner, $"/connectors/donggang-energy/service?month={month}&lang=en");
        Assert.Matches("data-row=\"received\"[^>]*><th scope=\"row\">Recorded for it</th><td class=\"n\">2</td>", report);
        Assert.Matches("data-row=\"receipts_missing\"[^>]*><th scope=\"row\">[^<]*</th><td class=\"n\">0</td>", report);
        Assert.Contains("Definitions", report, StringComparison.Ordinal);
        var file = hub.TemporaryFile("report.csv");
        var (exit, output) = await hub.CommandAsync("service-report", "donggang-energy", month, "--csv", file, "--lang", "en");
        Assert.True(exit == 0, output);
        var csv = await ReadAsync(partner, $"/connectors/donggang-energy/service?handler=Csv&month={month}&lang=en");
        Assert.Equal(Rows(csv), Rows(await File.ReadAllTextAsync(file)));
        Assert.Contains("\"received\"", csv, StringComparison.Ordinal);
        (exit, output) = await hub.CommandAsync("service-report", "nobody", month);
        Assert.Equal(2, exit);
        Assert.Contains("no connector nobody", output, StringComparison.Ordinal);
        using var wrong = await partner.GetAsync(new Uri("/connectors/donggang-energy/service?month=2026-99", UriKind.Relative));
        Assert.Equal(404, (int)wrong.StatusCode);
    }

    [Fact]
    public async Task A_bureau_sees_what_it_sent_what_was_refused_and_what_became_of_the_rest()
    {
        await using var hub = await HubUnderTest.StartAsync(Own);
        await People.CreateAsync(hub, Bureau);
        var delivered = await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode()));
        await hub.UntilStatusAsync(delivered, "delivered");
        hub.Simulators.Partner(Own).Faults.Set(new() { Mode = "http4xx" });
        var parked = Approvals.NewCode();
        await hub.AcceptedAsync(Approvals.Created(parked));
        await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode(Approvals.NobodyServes), Approvals.NobodyServes));
        var bad = Approvals.Created(Approvals.NewCode());
        bad.Data()["approvalDate"] = "yesterday";
        for (var i = 0; i < 3; i++)
            Assert.Equal(422, (await hub.PublishAsync(bad)).Status);
        Assert.Equal(400, (await hub.PublishAsync("{"u8.ToArray())).Status);
        await Until.TrueAsync(async () => await hub.Database.ScalarAsync<long>("SELECT COALESCE(sum(times), 0)::bigint FROM refusals") == 4 && await hub.Database.ScalarAsync<long>("SELECT count(*) FROM waits WHERE state = 'parked'") == 1, "refusals are counted, one is parked");
        using var partner = await SignedInAsync(hub, People.OfPartner);

        var portal = await ReadAsync(partner, "/portal");
        Assert.Equal(["3", "1", "0", "1", "1", "0", "0"], Cells(portal, "[0-9]{4}-[0-9]{2}-[0-9]{2}"));
        Assert.Contains("/data/approvalDate", portal, StringComparison.Ordinal);
        Assert.Equal("3", Cells(portal, "invalid_event /data/approvalDate")[2]);
        Assert.Contains("请求体不是有效的 JSON", portal, StringComparison.Ordinal);
        Assert.Contains(parked, portal, StringComparison.Ordinal);
        Assert.Contains("国网临汾供电公司", portal, StringComparison.Ordinal);
        Assert.DoesNotContain("yesterday", portal, StringComparison.Ordinal);
        var english = await ReadAsync(partner, "/portal?lang=en");
        Assert.Contains("The body is not valid JSON", english, StringComparison.Ordinal);

        // From there to the case, and only to its own words in it.
        var followed = await ReadAsync(partner, $"/cases?q={delivered}");
        Assert.Contains("created-", followed, StringComparison.Ordinal);
        Assert.Equal(404, (int)(await partner.GetAsync(new Uri($"/portal/{Own}", UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task A_receiver_is_certified_from_its_page_and_the_report_can_be_handed_in()
    {
        await using var hub = await HubUnderTest.StartAsync(
            settings => settings with { Connectors = [.. settings.Connectors.Select(connector => connector with { TimeoutSeconds = 60 })] }, [Other, Own]);
        await People.CreateAsync(hub, Other);
        await using var person = await browser.OpenAsync(hub, People.OfPartner);
        var page = person.Page;

        await page.ClickAsync("text=接收测试与认证");
        await page.FillAsync("#reason", "上线前认证");
        await page.ClickAsync("text=开始认证");
        await Microsoft.Playwright.Assertions.Expect(page.Locator("#result h2")).ToContainTextAsync("通过", new() { Timeout = 120_000 });
        Assert.Equal(CertificationChecks.All.Count, await page.Locator("tbody tr[data-row]").CountAsync());
        var download = await page.RunAndWaitForDownloadAsync(() => page.ClickAsync("text=报告（JSON）"));
        var file = hub.TemporaryFile("report.json");
        await download.SaveAsAsync(file);

        var report = CertificationReport.Read(await File.ReadAllBytesAsync(file))!;
        Assert.True(report.IsWhole() && report.Passed, CertificationSheet.Of(report, english: true));
        Assert.Equal(1, await hub.Database.ScalarAsync<long>($"SELECT count(*) FROM exchange_log WHERE kind = 'operator.acted' AND position('sha-256 {report.Digest}' IN convert_from(content, 'UTF8')) > 0"));
        Assert.Equal(1, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM exchange_log WHERE convert_from(content, 'UTF8') ~ '^act Certify\\nconnector hohhot-power\\nby sgcc.user\\nreason 上线前认证\\nrequest [0-9a-f]{32}$'"));
        Assert.All(hub.Simulators.Partner(Other).Book.List(null, 1000), lead => Assert.StartsWith(CertificationRun.SubjectPrefix, lead.Subject, StringComparison.Ordinal));
        Assert.True((await hub.Service<ExchangeLog>().VerifyAsync([], CancellationToken.None)).Ok);

        // It is on the connector's page with its date, and by command the file is known to be whole.
        await page.GotoAsync($"/connectors/{Other}");
        await Microsoft.Playwright.Assertions.Expect(page.Locator("main")).ToContainTextAsync("接收方认证");
        var (exit, output) = await hub.CommandAsync("certify", "--check", file);
        Assert.True(exit == 0, output);
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("HTTP 204", "HTTP 200", StringComparison.Ordinal));
        Assert.Equal(1, (await hub.CommandAsync("certify", "--check", file)).Code);

        // By command against a receiver that refuses, and against no receiver at all.
        hub.Simulators.Partner(Other).Faults.Set(new() { Mode = "unauthorised" });
        (exit, output) = await hub.CommandAsync("certify", hub.Simulators.AddressOf(Other).ToString(), "--secret", hub.Settings.Connectors.First(one => one.Name == Other).Secret!, "--out", file, "--lang", "zh");
        Assert.Equal(1, exit);
        Assert.Contains("[FAIL] 收下签名正确的报文", output, StringComparison.Ordinal);
        Assert.False(CertificationReport.Read(await File.ReadAllBytesAsync(file))!.Passed);
        Assert.Equal(2, (await hub.CommandAsync("certify", "not-an-address", "--secret", "whsec_x")).Code);
        Assert.DoesNotContain(person.Faults, fault => !fault.Contains("/live", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Portal_pages_are_accessible_in_both_themes_and_languages_and_fit_320_pixels()
    {
        await using var hub = await HubUnderTest.StartAsync(Other, Own);
        await People.CreateAsync(hub, Other);
        await hub.CreateKeyAsync(Other, ApiKey.Publish, ["urn:x"]);
        await hub.UntilStatusAsync(await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode(Approvals.Hohhot), Approvals.Hohhot)), "delivered");
        hub.Simulators.Partner(Other).Faults.Set(new() { Mode = "unauthorised" });
        await hub.Service<Hub.Console.CertificationRunner>().BeginAsync(Other, People.OfPartner, "test", "r");
        await Until.TrueAsync(async () => await hub.Database.ScalarAsync<long>("SELECT count(*) FROM certifications WHERE ended_at IS NOT NULL") == 1, "the run has ended");
        await hub.Service<Refusals>().AddAsync([(Other, "invalid_event", "required", "/data/version", 3)], hub.Service<TimeProvider>().GetUtcNow());
        await using var person = await browser.OpenAsync(hub, People.OfPartner);
        var wrong = new List<string>();

        foreach (var path in new[] { "/portal", $"/connectors/{Other}/certification", $"/connectors/{Other}/service?month={Month(hub)}" })
        {
            foreach (var (theme, language) in new[] { ("light", "zh"), ("light", "en"), ("dark", "zh"), ("dark", "en") })
            {
                await person.Page.GotoAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}theme={theme}&lang={language}");
                await person.Page.EvaluateAsync(await File.ReadAllTextAsync(Axe));
                wrong.AddRange((await person.Page.EvaluateAsync<string[]>("""
                    async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
                      .filter(one => one.impact === 'serious' || one.impact === 'critical').flatMap(one => one.nodes.slice(0, 3).map(node => `${one.id}: ${node.html.slice(0, 200)}`))
                    """)).Select(fault => $"{path} {theme} {language}: {fault}"));
            }

            await person.Page.SetViewportSizeAsync(320, 800);
            if (await person.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth") is > 0 and var over)
                wrong.Add($"{path} is {over} px wider than 320");
            await person.Page.SetViewportSizeAsync(1360, 850);
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Empty(person.Faults);
    }

    // The document draws no area for this company: it is named.
    private static System.Text.Json.Nodes.JsonObject ForDonggang(string code)
    {
        var approval = Approvals.Created(code, "320706");
        approval.Data()["operatorCode"] = "donggang-energy";
        return approval;
    }

    /// <summary>What the other organisation has, and the marks by which it is known when it is shown.</summary>
    private sealed record Others(Guid Delivery, long CaseId, long Incident, long Job, long Run, string Code, IReadOnlyList<string> Marks);

    private static async Task<Others> OthersAsync(HubUnderTest hub)
    {
        hub.Simulators.Partner(Other).Faults.Set(new() { Mode = "http4xx" });
        var code = Approvals.NewCode(Approvals.Hohhot);
        var approval = Approvals.Created(code, Approvals.Hohhot);
        approval["id"] = $"{Secret}-event";
        await hub.AcceptedAsync(approval);
        await hub.UntilStatusAsync(await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode())), "delivered");
        var incident = await Until.FoundAsync(async () => (await hub.Service<Hub.Ledger.Incidents>().OpenAsync(Other)).FirstOrDefault(), "the other's incident");
        var now = hub.Service<TimeProvider>().GetUtcNow();
        await hub.Service<Hub.Ledger.Incidents>().NoteAsync(incident.Id, People.Operator, $"{Secret}-note", "r", now);
        await hub.Service<LedgerQueries>().PauseAsync(Other, $"{Secret}-pause", People.Operator, "x", now);
        var line = (await hub.Service<DeliveryList>().ListAsync(new() { Receiver = Other }, after: null, 1)).Lines[0];
        var (job, _) = await hub.Service<BulkJobs>().CreateAsync(new() { Receiver = Other }, $"receiver={Other}", 1, 1, asked: true, People.Operator, partner: null, $"{Secret}-job", "r", now);
        await hub.Service<ApprovalRequests>().AskAsync("skip", line.Id.ToString(), $"{Secret}-skip", People.Operator, "r");
        var run = (await hub.Service<Certifications>().BeginAsync(Other, $"{Secret}-certifier", "x", "r", now))!.Value;
        var key = (await hub.UtilityKeyAsync(Other)).Split('_')[1];
        await hub.Service<Refusals>().AddAsync([(Other, "too_large", "", $"/{Secret}", 1)], now);
        await hub.CreateKeyAsync(Other, ApiKey.Publish, ["urn:other"]);
        return new(line.Id, line.CaseId, incident.Id, job, run, code,
            [code, key, line.Id.ToString(), $"{Secret}-event", $"{Secret}-note", $"{Secret}-pause", $"{Secret}-job", $"{Secret}-skip", $"{Secret}-certifier", $"/{Secret}", $"data-row=\"{Other}\""]);
    }

    /// <summary>Every page that there is, filled with what is of the other, each with the handlers of its forms.</summary>
    private static async Task<IReadOnlyList<(string Path, IReadOnlyList<string> Posts)>> RoutesAsync(HubUnderTest hub, Others other)
    {
        var routes = new List<(string, IReadOnlyList<string>)>();
        var loader = hub.Service<PageLoader>();
        foreach (var page in hub.Service<IActionDescriptorCollectionProvider>().ActionDescriptors.Items.OfType<PageActionDescriptor>())
        {
            var template = page.AttributeRouteInfo!.Template!;
            if (template is "sign-in" or "sign-out" || template.EndsWith("/Index", StringComparison.Ordinal))
                continue;
            var path = "/" + Parameter().Replace(template, match => match.Groups["name"].Value == "name" ? Other
                : template.StartsWith("incidents", StringComparison.Ordinal) ? Text(other.Incident)
                : template.StartsWith("deliveries/bulk", StringComparison.Ordinal) ? Text(other.Job)
                : template.StartsWith("deliveries", StringComparison.Ordinal) ? other.Delivery.ToString()
                : template.StartsWith("cases", StringComparison.Ordinal) ? Text(other.CaseId)
                : "linfen:county-week:2026-W10");
            var handlers = (await loader.LoadAsync(page, EndpointMetadataCollection.Empty)).HandlerMethods;

            // What a person does to their own account is their own.
            IReadOnlyList<string> posts = template == "account" ? [] : [.. handlers.Where(handler => IsOf(handler, "POST")).Select(handler => handler.Name ?? "")];
            routes.Add((path, posts));
            routes.AddRange(handlers.Where(handler => IsOf(handler, "GET") && handler.Name is not null).Select(handler => ($"{path}?handler={handler.Name}&receiver={Other}&form=json&form=csv", (IReadOnlyList<string>)[])));
        }

        Assert.True(routes.Count > 25, string.Join('\n', routes));
        return
        [
            .. routes, ($"/deliveries?receiver={Other}", []), ($"/deliveries?view=groups&receiver={Other}", []), ($"/deliveries/bulk?receiver={Other}", [""]), ($"/cases?q={other.Code}", []), ($"/cases?q={other.Delivery}", []),
            ($"/cases?q={Secret}-event", []), ($"/evidence?q=1", []), ($"/deadlines?operator={Other}", []), ($"/connectors/{Own}/certification?run={other.Run}", []), ($"/portal?name={Other}", []), ($"/portal/{Bureau}", []),
            ($"/deliveries/bulk/{other.Job}?after=0", []), ($"/approvals?done=granted", []),
        ];

        static bool IsOf(HandlerMethodDescriptor handler, string method) => string.Equals(handler.HttpMethod, method, StringComparison.OrdinalIgnoreCase);
        static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
    }

    // Everything of the other that an act could change.
    private static async Task<string> StateAsync(HubUnderTest hub) => await hub.Database.ScalarAsync<string>($"""
        SELECT concat_ws('|',
               (SELECT string_agg(concat_ws(' ', name, paused_reason, mode), ',' ORDER BY name) FROM connectors WHERE name <> '{Own}'),
               (SELECT string_agg(concat_ws(' ', incident_id, owner, class), ',' ORDER BY incident_id) FROM incidents),
               (SELECT string_agg(text, ',' ORDER BY note_id) FROM incident_notes WHERE kind = 'note'),
               (SELECT string_agg(concat_ws(' ', job_id, state), ',' ORDER BY job_id) FROM bulk_jobs WHERE partner IS NULL),
               (SELECT string_agg(concat_ws(' ', approval_id, decided_by, subject), ',' ORDER BY approval_id) FROM approvals),
               (SELECT string_agg(concat_ws(' ', certification_id, connector_no, by), ',' ORDER BY certification_id) FROM certifications),
               (SELECT string_agg(concat_ws(' ', w.connector_no, w.case_id, w.state, w.attempts), ',' ORDER BY w.connector_no, w.case_id) FROM waits w),
               (SELECT count(*) FROM answers))
        """);

    private static IEnumerable<string> Marks(Others other, string text) => other.Marks.Where(mark => text.Contains(mark, StringComparison.Ordinal));

    private static async Task<HttpClient> SignedInAsync(HubUnderTest hub, string name)
    {
        var http = new HttpClient(new HttpClientHandler { UseProxy = false, UseCookies = false }) { BaseAddress = hub.Address };
        var session = (await hub.Service<Operators>().SignInAsync(name, People.Password, code: null, "test")).Token;
        http.DefaultRequestHeaders.Add("Accept", "text/html");
        http.DefaultRequestHeaders.Add("Cookie", $"hub_session={session}");
        return http;
    }

    private static async Task<string> ReadAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
        Assert.True((int)answer.StatusCode < 500, $"{path} {(int)answer.StatusCode}");
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task<(int Status, string Text)> PostAsync(HttpClient http, string path, string handler)
    {
        // The token stands in every page with a form, and goes with a cookie of its own.
        using var form = await http.GetAsync(new Uri("/account", UriKind.Relative));
        var token = Token().Match(await form.Content.ReadAsStringAsync()).Groups["token"].Value;
        var cookie = form.Headers.TryGetValues("Set-Cookie", out var set) ? set.First(one => one.StartsWith("hub_form=", StringComparison.Ordinal)).Split(';')[0] : "";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}handler={handler}", UriKind.Relative))
        {
            Content = new FormUrlEncodedContent(
            [
                new("__RequestVerificationToken", token), new("reason", "x"), new("note", "x"), new("text", "x"), new("id", "1"), new("canary", "1"), new("rate", "1"), new("task", "x"), new("answer", "x"), new("progress", "x"),
            ]),
        };
        request.Headers.Add("Cookie", $"{http.DefaultRequestHeaders.GetValues("Cookie").Single()}; {cookie}");
        using var answer = await http.SendAsync(request);
        Assert.NotEqual(400, (int)answer.StatusCode);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static string Month(HubUnderTest hub) => hub.Service<TimeProvider>().GetUtcNow().ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM", CultureInfo.InvariantCulture);

    /// <summary>Rows of a file but the one that says until when it was counted.</summary>
    private static IEnumerable<string> Rows(string csv) => csv.TrimStart('\ufeff').Split("\r\n").Where(row => !row.StartsWith("\"Counted until\"", StringComparison.Ordinal) && !row.Contains("\"longest_wait\"", StringComparison.Ordinal) && !row.Contains("\"Monthly service report\"", StringComparison.Ordinal));

    /// <summary>The values behind a heading.</summary>
    private static IEnumerable<string> Facts(string page, string heading) =>
        Value().Matches(page[page.IndexOf($">{heading}<", StringComparison.Ordinal)..].Split("</dl>")[0]).Select(match => match.Groups["value"].Value.Trim());

    /// <summary>The cells of the row with this key.</summary>
    private static IReadOnlyList<string> Cells(string page, string row) =>
        [.. Cell().Matches(Regex.Match(page, $"<tr data-row=\"{row}\".*?</tr>", RegexOptions.Singleline, TimeSpan.FromSeconds(5)).Value).Select(match => Tag().Replace(match.Groups["value"].Value, "").Trim())];

    [GeneratedRegex(@"\{(?<name>\w+)[^}]*\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Parameter();

    [GeneratedRegex("name=\"__RequestVerificationToken\" type=\"hidden\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Token();

    [GeneratedRegex("<dd>(?<value>.*?)</dd>", RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Value();

    [GeneratedRegex("<td[^>]*>(?<value>.*?)</td>", RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Cell();

    [GeneratedRegex("<[^>]+>", RegexOptions.None, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Tag();
}
