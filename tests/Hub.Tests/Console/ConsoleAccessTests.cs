using System.Net;
using System.Text.RegularExpressions;
using Hub.Connectors;
using Hub.Console;
using Hub.Ledger;
using Hub.Tests.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Console;

public sealed partial class ConsoleAccessTests : IAsyncLifetime
{
    private const string Password = "correct horse battery";

    private TestDatabase database = null!;
    private WebApplication app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static IReadOnlyList<(string File, string Text)> Pages { get; } = [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Hub", "Console", "Pages"), "*.cshtml", SearchOption.AllDirectories).Select(file => (Path.GetFileName(file), File.ReadAllText(file)))];

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        app = await Server.BuildAsync(
            new HubSettings
            {
                Database = database.ConnectionString,
                Url = "http://127.0.0.1:0",
                DrainSeconds = 1,
                Connectors = [Webhook("sgcc-linfen"), Webhook("hohhot-power")],
            }, TimeProvider.System, Cancellation);
        await app.StartAsync(Cancellation);
        var operators = app.Services.GetRequiredService<Operators>();
        await operators.CreateAsync("operator", "Operator", [Roles.Operator], partner: null, Password, "test");
        await operators.CreateAsync("viewer", "Viewer", [Roles.Viewer], partner: null, Password, "test");
        await operators.CreateAsync("partner", "Partner", [Roles.Operator], "sgcc-linfen", Password, "test");
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task No_page_opens_without_sign_in()
    {
        var paths = Pages.Select(page => Route().Match(page.Text)).Where(match => match.Success).Select(match => match.Groups["path"] is { Length: > 0 } path ? Parameter().Replace(path.Value, match => match.Value.Contains("guid", StringComparison.Ordinal) ? Guid.Empty.ToString() : "1") : "/").Append("/live").Except(["/sign-in"]).ToList();
        Assert.True(paths.Count > 12, string.Join(' ', paths));
        using var http = Client();

        foreach (var path in paths)
        {
            using var read = await http.GetAsync(path, Cancellation);
            using var sent = await http.PostAsync(path, new FormUrlEncodedContent([]), Cancellation);
            Assert.True(read.StatusCode is HttpStatusCode.Redirect or HttpStatusCode.Unauthorized, $"{path} {read.StatusCode}");
            Assert.True(sent.StatusCode is HttpStatusCode.Redirect or HttpStatusCode.Unauthorized or HttpStatusCode.MethodNotAllowed, $"POST {path} {sent.StatusCode}");
        }
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    public async Task Sign_in_leads_nowhere_else(string back)
    {
        using var http = Client();
        var form = await http.GetStringAsync($"/sign-in?back={Uri.EscapeDataString(back)}", Cancellation);
        using var answer = await http.PostAsync("/sign-in", Form(form, ("name", "viewer"), ("password", Password), ("back", back)), Cancellation);

        Assert.Equal((HttpStatusCode.Redirect, "/"), (answer.StatusCode, answer.Headers.Location!.ToString()));
        Assert.Contains(answer.Headers.GetValues("Set-Cookie"), cookie => cookie.StartsWith("hub_session=", StringComparison.Ordinal) && cookie.Contains("httponly", StringComparison.OrdinalIgnoreCase) && cookie.Contains("samesite=strict", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_form_without_its_token_does_nothing()
    {
        using var http = await SignedInAsync("operator");

        using var answer = await http.PostAsync("/connectors/sgcc-linfen?handler=Pause", new FormUrlEncodedContent([new("reason", "forged")]), Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Null(await database.ReadAsync<string>("SELECT paused_reason FROM connectors WHERE name = 'sgcc-linfen'"));
    }

    [Fact]
    public async Task An_act_needs_its_role_a_reason_and_is_on_record_with_the_request()
    {
        using var viewer = await SignedInAsync("viewer");
        using var refused = await PostAsync(viewer, "/connectors/sgcc-linfen", "Pause", ("reason", "检修"));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("操作员", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);

        using var http = await SignedInAsync("operator");
        using var bare = await PostAsync(http, "/connectors/sgcc-linfen", "Pause", ("reason", " "));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, bare.StatusCode);
        using var done = await PostAsync(http, "/connectors/sgcc-linfen", "Pause", ("reason", "检修\nby somebody else"));

        Assert.Equal(HttpStatusCode.Redirect, done.StatusCode);
        var entry = Assert.Single(await database.ReadAllAsync<string>("SELECT convert_from(content, 'UTF8') FROM exchange_log WHERE position('act Pause' IN convert_from(content, 'UTF8')) = 1"));
        Assert.Matches("^act Pause\nconnector sgcc-linfen\nby operator\nreason 检修 by somebody else\nrequest [0-9a-f]{32}$", entry);
    }

    [Fact]
    public async Task A_partners_operator_sees_and_touches_its_own_alone()
    {
        using var http = await SignedInAsync("partner");

        var list = await http.GetStringAsync("/connectors", Cancellation);
        using var other = await http.GetAsync("/connectors/hohhot-power", Cancellation);
        using var own = await http.GetAsync("/connectors/sgcc-linfen", Cancellation);
        var evidence = await http.GetStringAsync("/evidence", Cancellation);

        Assert.Contains("/connectors/sgcc-linfen", list, StringComparison.Ordinal);
        Assert.DoesNotContain("hohhot-power", list, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.OK), (other.StatusCode, own.StatusCode));
        Assert.DoesNotContain(Labels.Of("verify_now", english: false), evidence, StringComparison.Ordinal);
        using var verify = await PostAsync(http, "/evidence", "Verify");
        Assert.Equal(HttpStatusCode.Forbidden, verify.StatusCode);
    }

    [Fact]
    public async Task A_session_that_was_ended_is_refused_by_the_next_request()
    {
        using var http = await SignedInAsync("operator");
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/", Cancellation)).StatusCode);

        await app.Services.GetRequiredService<Operators>().EndSessionsAsync("operator", but: null, "test", "test");

        Assert.Equal(HttpStatusCode.Redirect, (await http.GetAsync("/", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Pages_carry_a_strict_policy_and_are_kept_nowhere()
    {
        using var http = await SignedInAsync("operator");
        using var answer = await http.GetAsync("/", Cancellation);

        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal(("nosniff", "DENY", true), (answer.Headers.GetValues("X-Content-Type-Options").Single(), answer.Headers.GetValues("X-Frame-Options").Single(), answer.Headers.CacheControl!.NoStore));
    }

    [Theory]
    [InlineData("/lib/tabler.min.css")]
    [InlineData("/lib/htmx.min.js")]
    [InlineData("/lib/echarts.min.js")]
    [InlineData("/lib/icons.svg")]
    [InlineData("/hub.css")]
    [InlineData("/hub.js")]
    [InlineData("/icon.svg")]
    public async Task What_pages_load_is_there_and_names_no_other_address(string path)
    {
        using var http = Client();

        var text = await http.GetStringAsync(path, Cancellation);

        Assert.NotEmpty(text);
        Assert.DoesNotMatch(@"url\(['""]?https?:|@import|sourceMappingURL", text);
    }

    [Fact]
    public void No_page_has_anything_inline() => Assert.All(Pages, page =>
        Assert.False(Inline().IsMatch(page.Text), $"{page.File}: {Inline().Match(page.Text).Value}"));

    private HttpClient Client() => new(new HttpClientHandler { AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = new Uri(app.Urls.First()), DefaultRequestHeaders = { { "Accept", "text/html" } } };

    private async Task<HttpClient> SignedInAsync(string name)
    {
        var http = Client();
        using var answer = await http.PostAsync("/sign-in", Form(await http.GetStringAsync("/sign-in", Cancellation), ("name", name), ("password", Password)), Cancellation);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return http;
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, string path, string handler, params (string Name, string Value)[] fields) =>
        await http.PostAsync($"{path}?handler={handler}", Form(await http.GetStringAsync(path, Cancellation), fields), Cancellation);

    private static FormUrlEncodedContent Form(string page, params (string Name, string Value)[] fields) =>
        new(fields.Append((Name: "__RequestVerificationToken", Value: Token().Match(page).Groups["token"].Value)).Select(field => KeyValuePair.Create(field.Name, field.Value)));

    private static ConnectorSettings Webhook(string name) => new() { Name = name, Kind = ConnectorCatalog.Webhook, Address = new Uri("http://127.0.0.1:9/"), Secret = "whsec_" + Convert.ToBase64String(new byte[32]) };

    [GeneratedRegex("^@page( \"(?<path>[^\"]+)\")?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Route();

    [GeneratedRegex(@"\{[^}]+\}", RegexOptions.None, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Parameter();

    [GeneratedRegex("name=\"__RequestVerificationToken\" type=\"hidden\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Token();

    [GeneratedRegex(@"\sstyle=|<style|\son\w+=""|<script(?! src=)|javascript:|hx-on|https?://", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Inline();
}
