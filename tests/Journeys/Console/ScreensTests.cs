using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hub.Journeys.Console;

/// <summary>
/// Pictures of every page in both languages, of a hub that has seen something: HUB_SCREENS_OF is the address of one that <c>./run</c> started from this checkout,
/// and docs/screens is made anew. Hub.Tests hold that no page is without.
/// </summary>
public sealed partial class ScreensTests
{
    private const int Width = 1200;
    private const int Height = 750;

    private static readonly string Folder = Path.Combine(Checkout.Root, "docs", "screens");

    [Fact]
    public async Task Every_page_is_pictured_in_both_languages()
    {
        var hub = Environment.GetEnvironmentVariable("HUB_SCREENS_OF");
        Assert.SkipWhen(string.IsNullOrEmpty(hub), "HUB_SCREENS_OF is not set: it is the address of a hub that ./run started here, http://127.0.0.1:8080.");
        var password = File.ReadLines(Path.Combine(Checkout.Root, ".hub", "demo.env")).Single(line => line.StartsWith("ADMIN_PASSWORD=", StringComparison.Ordinal)).Split('=', 2)[1];
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox"] });
        var page = await browser.NewPageAsync(new() { BaseURL = hub, ViewportSize = new() { Width = Width, Height = Height }, Locale = "zh-CN", ReducedMotion = ReducedMotion.Reduce });
        Directory.CreateDirectory(Folder);

        var pictured = new List<string>();
        foreach (var language in (string[])["zh", "en"])
        {
            await page.GotoAsync($"/sign-in?lang={language}");
            await TakeAsync(page, "sign-in", language);
            await page.FillAsync("#name", "admin");
            await page.FillAsync("#password", password);
            await page.ClickAsync("main button.btn-primary");
            await Expect(page.Locator("#strip")).ToBeVisibleAsync();
            foreach (var route in Routes().Where(route => route is not ("/sign-in" or "/sign-out")))
            {
                if (await AddressAsync(page, route) is not { } address)
                    continue;
                await page.GotoAsync($"{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}lang={language}&theme=light");
                await TakeAsync(page, NameOf(route), language);
                pictured.Add(route);
            }

            await page.Locator("form[action*='sign-out' i] button").ClickAsync();
        }

        Assert.True(pictured.Count > 40, $"Only {pictured.Count} pages had something to show.");
    }

    /// <summary>Routes of the pages, from their sources.</summary>
    private static IEnumerable<string> Routes() =>
        from file in Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src", "Hub", "Console", "Pages"), "*.cshtml", SearchOption.AllDirectories)
        let page = Route().Match(File.ReadAllText(file))
        where page.Success
        let route = page.Groups["route"].Success ? page.Groups["route"].Value : "/"
        orderby route
        select route;

    private static string NameOf(string route) => route == "/" ? "overview" : Place().Replace(route.Trim('/'), "one").Replace('/', '-');

    /// <summary>The page itself; of one thing the first that the list above it leads to; null: there is none.</summary>
    private static async Task<string?> AddressAsync(IPage page, string route)
    {
        if (!route.Contains('{', StringComparison.Ordinal))
            return route;
        var end = route.IndexOf('}', StringComparison.Ordinal) + 1;
        await page.GotoAsync(route[..route.IndexOf("/{", StringComparison.Ordinal)].Replace("/drafts", "", StringComparison.Ordinal));

        // A draft is nobody's before somebody begins it.
        if (route.Contains("/drafts/", StringComparison.Ordinal))
        {
            await page.Locator("main .head form button").ClickAsync();
            return new Uri(page.Url).AbsolutePath;
        }

        var pattern = $"^{Place().Replace(route[..end], "[^/?]+")}$";
        var links = await page.EvaluateAsync<string[]>("[...document.querySelectorAll('main a')].map(link => link.pathname)");
        return links.FirstOrDefault(link => Regex.IsMatch(link, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)) && Routes().All(other => other != link)) is { } found ? found + route[end..] : null;
    }

    private static async Task TakeAsync(IPage page, string name, string language)
    {
        await page.WaitForLoadStateAsync(LoadState.Load);
        await page.ScreenshotAsync(new() { Path = Path.Combine(Folder, $"{name}.{language}.jpg"), Type = ScreenshotType.Jpeg, Quality = 55 });
    }

    [GeneratedRegex("^@page( \"(?<route>[^\"]+)\")?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Route();

    [GeneratedRegex(@"\{[^}]+\}", RegexOptions.None, 1000)]
    private static partial Regex Place();
}
