using Hub.Ledger;
using Microsoft.Playwright;

namespace Hub.Journeys.Console;

/// <summary>Debian's chromium, driven by Playwright; where it is not installed the tests are skipped and say so.</summary>
public sealed class ConsoleBrowser : IAsyncLifetime
{
    private IPlaywright? playwright;
    private IBrowser? browser;

    private static string? Program { get; } = new[] { Environment.GetEnvironmentVariable("HUB_TEST_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser" }.FirstOrDefault(path => !string.IsNullOrEmpty(path) && File.Exists(path));

    public async ValueTask InitializeAsync()
    {
        if (Program is null)
            return;
        // Tests of kills and floods run beside these: a page may be slow then, and is right all the same.
        Assertions.SetDefaultExpectTimeout(30_000);
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Args = ["--no-sandbox"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
        playwright?.Dispose();
    }

    /// <summary>A person's window on a hub, signed in; nobody: not signed in.</summary>
    internal async Task<Person> OpenAsync(HubUnderTest hub, string? name, int width = 1360, bool scripts = true)
    {
        Assert.SkipWhen(browser is null, "There is no chromium at /usr/bin/chromium (Debian: apt-get install chromium); HUB_TEST_CHROMIUM names another one.");
        var context = await browser!.NewContextAsync(new() { BaseURL = hub.Address.ToString(), ViewportSize = new() { Width = width, Height = 850 }, Locale = "zh-CN", JavaScriptEnabled = scripts });
        context.SetDefaultTimeout(60_000);
        var page = await context.NewPageAsync();
        var person = new Person(context, page, hub.Address);
        if (name is null)
            return person;
        await page.GotoAsync("/sign-in");
        await page.FillAsync("#name", name);
        await page.FillAsync("#password", People.Password);
        await page.ClickAsync("main button.btn-primary");
        await Assertions.Expect(page.Locator("#strip")).ToBeVisibleAsync();
        return person;
    }
}

/// <summary>A browser's window, and everything it complained about or asked of others.</summary>
internal sealed class Person : IAsyncDisposable
{
    private readonly IBrowserContext context;

    public Person(IBrowserContext context, IPage page, Uri hub)
    {
        this.context = context;
        Page = page;
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(hub.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
                Faults.Add($"asked {request.Url}");
        };
        page.PageError += (_, error) => Faults.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                Faults.Add($"{message.Text} {message.Location}");
        };
        page.Dialog += (_, dialog) => Faults.Add($"dialog {dialog.Message}");
    }

    public IPage Page { get; }

    public List<string> Faults { get; } = [];

    public ValueTask DisposeAsync() => context.DisposeAsync();
}

/// <summary>Operators of the tests.</summary>
internal static class People
{
    public const string Password = "correct horse battery";

    /// <summary>May do everything that needs no second person.</summary>
    public const string Operator = "li.ming";

    /// <summary>Allows what others ask for.</summary>
    public const string Approver = "wang.fang";

    /// <summary>Looks.</summary>
    public const string Viewer = "zhao";

    /// <summary>Of one partner.</summary>
    public const string OfPartner = "sgcc.user";

    public static async Task CreateAsync(HubUnderTest hub, string partner = "sgcc-linfen")
    {
        var operators = hub.Service<Operators>();
        await operators.CreateAsync(Operator, "李明", [Roles.Operator, Roles.SecurityOfficer, Roles.Auditor], partner: null, Password, "test");
        await operators.CreateAsync(Approver, "王芳", [Roles.Approver], partner: null, Password, "test");
        await operators.CreateAsync(Viewer, "赵", [Roles.Viewer], partner: null, Password, "test");
        await operators.CreateAsync(OfPartner, "国网", [Roles.Operator], partner, Password, "test");
    }
}
