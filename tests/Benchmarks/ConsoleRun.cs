using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Hub.Benchmarks;

/// <summary>How long the console's pages take to be made, on the largest database that was filled, asked for one after another as a person does.</summary>
internal sealed partial class ConsoleRun(string admin, Report report)
{
    private const int Times = 40;

    private const string Operator = "bench";

    // Lists without a filter, with those that leave nothing or little, far back, and by a number.
    private static readonly (string Name, string Path)[] Pages =
    [
        ("overview", "/"),
        ("incidents", "/incidents"),
        ("connectors", "/connectors"),
        ("deliveries", "/deliveries"),
        ("deliveries taken", "/deliveries?state=taken"),
        ("deliveries parked", "/deliveries?state=parked"),
        ("deliveries by receiver", "/deliveries?receiver=utility-0"),
        ("deliveries by day", "/deliveries?from={0}&to={0}"),
        ("deliveries by a rare type", "/deliveries?type=lead.withdraw.v1"),
        ("deliveries by reason", "/deliveries?view=groups"),
        ("cases", "/cases"),
        ("cases found", "/cases?q=nothing-of-that-name"),
        ("deadlines", "/deadlines"),
        ("transfers", "/transfers"),
        ("evidence", "/evidence"),
        ("evidence entry", "/evidence?q=5000000"),
    ];

    public async Task RunAsync()
    {
        var (name, database, events) = FullRun.Filled[^1];
        if (!await Database.ExistsAsync(admin, database))
            throw new BrokenRunException($"{database} was not filled; see what fill said.");
        await using var pipeline = await HubPipeline.StartAsync(admin, new(name), Database.Open(admin, database));
        report.Add("deliveries", events, "0");
        var password = await HubPipeline.CommandAsync(pipeline, "operators", "create", Operator, "--title", "bench", "--roles", "operator", "auditor");
        using var browser = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = true }) { BaseAddress = new Uri($"http://127.0.0.1:{pipeline.Port}") };
        await SignInAsync(browser, password);

        var first = Stopwatch.StartNew();
        await GetAsync(browser, "/");
        report.Add("first_page_ms", first.Elapsed.TotalMilliseconds, "0");

        var day = TimeProvider.System.GetUtcNow().AddDays(-150).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var worst = 0d;
        foreach (var (page, path) in Pages)
        {
            var address = string.Format(CultureInfo.InvariantCulture, path, day);
            await GetAsync(browser, address);
            var took = new List<double>();
            for (var i = 0; i < Times; i++)
            {
                var clock = Stopwatch.GetTimestamp();
                await GetAsync(browser, address);
                took.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
            }

            took.Sort();
            report.Add($"{page} p50_ms", Figures.Percentile(took, 50), "0");
            report.Add($"{page} p95_ms", Figures.Percentile(took, 95), "0");
            worst = Math.Max(worst, Figures.Percentile(took, 95));
        }

        report.Add("worst p95_ms", worst, "0");
    }

    private static async Task SignInAsync(HttpClient browser, string password)
    {
        var token = Token().Match(await GetAsync(browser, "/sign-in")).Groups["token"].Value;
        using var form = new FormUrlEncodedContent([new("name", Operator), new("password", password), new("__RequestVerificationToken", token)]);
        using var reply = await browser.PostAsync("/sign-in", form);
        if (reply.RequestMessage!.RequestUri!.AbsolutePath != "/")
            throw new BrokenRunException($"Nobody could sign in: {(int)reply.StatusCode} at {reply.RequestMessage.RequestUri.AbsolutePath}.");
    }

    private static async Task<string> GetAsync(HttpClient browser, string path)
    {
        using var reply = await browser.GetAsync(path);
        return reply.IsSuccessStatusCode ? await reply.Content.ReadAsStringAsync() : throw new BrokenRunException($"{path} answered {(int)reply.StatusCode}.");
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" type=\"hidden\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Token();
}
