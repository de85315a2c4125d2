using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Hub.Connectors;
using Hub.Console;
using Hub.Ledger;
using Hub.Tests.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Console;

/// <summary>Pages of deadlines, cases, co-transfers, ledgers, outages and settings, filled by the published examples.</summary>
public sealed partial class CasePagesTests : IAsyncLifetime
{
    private const string Password = "correct horse battery";

    private static readonly string[] Sent =
    [
        "hub.connection.applied.v1", "hub.connection.stage_reported.v1", "hub.outage.announced.v1", "hub.permit.applied.v1", "hub.permit.item_reported.v1", "hub.real_estate.transfer_registered.v1",
    ];

    private static readonly string[] Pages =
    [
        "/deadlines", "/deadlines?near=overdue", "/deadlines?near=three&place=linfen", "/deadlines/calendar", "/deadlines/calendar?month=2021-10", "/deadlines/calendar?place=hohhot&month=2030-01",
        "/deadlines/what-if", "/deadlines/change", "/deadlines/what-if?pack=hohhot%402021.1&customer=HV_DUAL&accepted=2020-06-01&hasExternalLine=yes&tag=KV35", "/transfers", "/ledgers", "/ledgers?state=late", "/outages",
        "/outages?state=late", "/settings", "/settings/packs", "/settings/events", "/settings/about", "/cases?q=sgcc-lianyungang:BZ-2026-0001", "/cases?q=hohhot-power:WX-2026-0001",
        "/cases?q=320706413219GB00029F00010002",
    ];

    private TestDatabase database = null!;
    private WebApplication app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        app = await Server.BuildAsync(
            new HubSettings { Database = database.ConnectionString, Url = "http://127.0.0.1:0", DrainSeconds = 1, Connectors = [Webhook("sgcc-lianyungang"), Webhook("hohhot-power")] }, TimeProvider.System, Cancellation);
        await app.StartAsync(Cancellation);
        var operators = app.Services.GetRequiredService<Operators>();
        await operators.CreateAsync("operator", "Operator", [Roles.Operator], partner: null, Password, "test");
        await operators.CreateAsync("partner", "Partner", [Roles.Operator], "hohhot-power", Password, "test");
        foreach (var type in Sent)
            await PublishAsync(type);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Every_page_shows_itself_in_words_of_both_languages_and_names_nobody()
    {
        using var http = await SignedInAsync("operator");
        foreach (var language in new[] { "zh", "en" })
        {
            foreach (var path in Pages)
            {
                using var answer = await http.GetAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}lang={language}", Cancellation);
                using var page = answer.StatusCode == HttpStatusCode.Redirect ? await http.GetAsync($"{answer.Headers.Location}?lang={language}", Cancellation) : null;
                var found = page ?? answer;
                var text = await found.Content.ReadAsStringAsync(Cancellation);

                Assert.True(found.StatusCode == HttpStatusCode.OK, $"{path} {found.StatusCode} {text}");
                var shown = Hidden().Replace(text, "");
                Assert.True(!Key().IsMatch(shown), $"{path} {language}: {Key().Match(shown).Value}");
                if (!path.StartsWith("/settings/events", StringComparison.Ordinal))
                    Assert.DoesNotMatch("13800000000|示例乙|示例丙|CM-017|示例制造", text);
            }
        }
    }

    [Fact]
    public async Task A_connection_shows_its_clocks_and_what_was_claimed_beside_what_was_recorded()
    {
        using var http = await SignedInAsync("operator");

        var text = await CaseAsync(http, "sgcc-lianyungang:BZ-2026-0001");
        var list = await http.GetStringAsync("/deadlines", Cancellation);

        Assert.Contains("2026-01-08 16:20:00", text, StringComparison.Ordinal);
        Assert.Contains(Labels.Of("recorded_ours", english: false), text, StringComparison.Ordinal);
        Assert.Contains("<progress class=\"bar\"", text, StringComparison.Ordinal);
        Assert.Contains("sgcc-lianyungang:BZ-2026-0001", list, StringComparison.Ordinal);
        Assert.Contains("hohhot-power:WX-2026-0001", list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_partner_sees_its_own_deadlines_outages_and_cases_alone()
    {
        using var http = await SignedInAsync("partner");

        var list = await http.GetStringAsync("/deadlines", Cancellation);
        var outages = await http.GetStringAsync("/outages", Cancellation);
        var transfers = await http.GetStringAsync("/transfers", Cancellation);
        using var diagnostics = await http.PostAsync("/settings/about?handler=Diagnostics", Form(await http.GetStringAsync("/settings/about", Cancellation)), Cancellation);

        Assert.Contains("hohhot-power:WX-2026-0001", list, StringComparison.Ordinal);
        Assert.DoesNotContain("BZ-2026-0001", list, StringComparison.Ordinal);
        Assert.DoesNotContain("TD-2026-0112", outages, StringComparison.Ordinal);
        Assert.DoesNotContain("320706****0002", transfers, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, diagnostics.StatusCode);
    }

    [Fact]
    public async Task Diagnostics_tell_no_secret_and_taking_them_out_is_on_record()
    {
        using var http = await SignedInAsync("operator");

        using var answer = await http.PostAsync("/settings/about?handler=Diagnostics", Form(await http.GetStringAsync("/settings/about", Cancellation)), Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal((HttpStatusCode.OK, "text/plain"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Contains("Hub:Connectors:0:Name sgcc-lianyungang", text, StringComparison.Ordinal);
        Assert.DoesNotContain("whsec_", text, StringComparison.Ordinal);
        Assert.DoesNotContain("BZ-2026-0001", text, StringComparison.Ordinal);
        Assert.Single(await database.ReadAllAsync<string>("SELECT convert_from(content, 'UTF8') FROM exchange_log WHERE position('act Diagnostics' IN convert_from(content, 'UTF8')) = 1"));
    }

    private async Task<string> CaseAsync(HttpClient http, string key)
    {
        using var found = await http.GetAsync($"/cases?q={Uri.EscapeDataString(key)}", Cancellation);
        Assert.Equal(HttpStatusCode.Redirect, found.StatusCode);
        return await http.GetStringAsync(found.Headers.Location, Cancellation);
    }

    private async Task PublishAsync(string type)
    {
        var body = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "schemas", "examples", $"{type}.json"), Cancellation);
        var partner = type.Contains(".permit.", StringComparison.Ordinal) ? type.Contains("item_reported", StringComparison.Ordinal) ? "hohhot-planning" : "hohhot-power" : "sgcc-lianyungang";
        var source = Source().Match(body).Groups["source"].Value;
        var key = await app.Services.GetRequiredService<ApiKeys>().CreateAsync(partner, ApiKey.Publish, [source], [], [], "test", days: 1, Cancellation);
        using var http = Client();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var content = new StringContent(body, Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/cloudevents+json");
        using var answer = await http.PostAsync("/api/v1/events", content, Cancellation);
        Assert.True(answer.StatusCode is HttpStatusCode.Accepted, $"{type} {answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancellation)}");
    }

    private HttpClient Client() => new(new HttpClientHandler { AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = new Uri(app.Urls.First()), DefaultRequestHeaders = { { "Accept", "text/html" } } };

    private async Task<HttpClient> SignedInAsync(string name)
    {
        var http = Client();
        using var answer = await http.PostAsync("/sign-in", Form(await http.GetStringAsync("/sign-in", Cancellation), ("name", name), ("password", Password)), Cancellation);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return http;
    }

    private static FormUrlEncodedContent Form(string page, params (string Name, string Value)[] fields) =>
        new(fields.Append((Name: "__RequestVerificationToken", Value: Token().Match(page).Groups["token"].Value)).Select(field => KeyValuePair.Create(field.Name, field.Value)));

    private static ConnectorSettings Webhook(string name) => new() { Name = name, Kind = ConnectorCatalog.Webhook, Address = new Uri("http://127.0.0.1:9/"), Secret = "whsec_" + Convert.ToBase64String(new byte[32]) };

    [GeneratedRegex("\"source\": \"(?<source>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Source();

    [GeneratedRegex("name=\"__RequestVerificationToken\" type=\"hidden\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Token();

    // Attributes and codes are no words.
    [GeneratedRegex("<code[^>]*>[^<]*</code>|<pre[^>]*>[^<]*</pre>|<[^>]*>", RegexOptions.None, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Hidden();

    // A key of the words that has none; notices carry the number of their page on gov.cn.
    [GeneratedRegex(@"\b(?!content_[0-9])[a-z]+_[a-zA-Z0-9_]+\b", RegexOptions.None, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Key();
}
