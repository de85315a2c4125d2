using System.Text.Json.Nodes;
using Hub.Ledger;
using Hub.Processes;
using Microsoft.Playwright;

namespace Hub.Journeys.Console;

/// <summary>Charts in a real browser: each is drawn, and what is drawn stands in the table behind it.</summary>
public sealed class ChartsJourney(ConsoleBrowser browser) : IClassFixture<ConsoleBrowser>
{
    private const string Unit = "320706413219GB00029F66660001";

    [Fact]
    public async Task Each_chart_is_drawn_and_its_table_holds_the_same_numbers()
    {
        await using var hub = await HubUnderTest.StartAsync(
            settings => settings with { SitePacks = Path.Combine(Checkout.Root, "scripts", "demo-packs") }, [.. CoTransferHub.Utilities, "register-lianyungang", "notices-lianyungang"]);
        await People.CreateAsync(hub);
        await CoTransferHub.OpenDesksAsync(hub);
        var register = await hub.CreateKeyAsync("register-lianyungang", ApiKey.Publish, [CoTransferHub.RegisterSource], ["hub.real_estate.*"]);
        Assert.Equal(202, (await hub.PublishAsync(TwoPersonsJourney.Registered("DJ66660001", Unit), register)).Status);
        await PublishAsync(hub, "hub.connection.applied.v1");
        await Until.TrueAsync(
            async () => (await hub.Service<LedgerQueries>().CasesAsync(ProcessCatalog.CoTransfer.Type, 10)).Any(row => ProcessCatalog.CoTransfer.Read(row.State).Current?.Step == CoTransferProcess.Step.Done), "the transfer is done", TimeSpan.FromMinutes(2));
        await using var person = await browser.OpenAsync(hub, People.Operator);
        var seen = new List<string>();

        foreach (var path in new[] { "/", "/connectors", "/deadlines", "/transfers" })
        {
            foreach (var look in new[] { "theme=light&lang=zh", "theme=dark&lang=en" })
            {
                await person.Page.GotoAsync($"{path}?{look}");
                await Assertions.Expect(person.Page.Locator("[data-chart] canvas").First).ToBeVisibleAsync();
                var charts = JsonNode.Parse(await person.Page.EvaluateAsync<string>(Drawn))!.AsArray();
                Assert.NotEmpty(charts);
                foreach (var chart in charts)
                {
                    Assert.True(JsonNode.DeepEquals(chart!["drawn"], chart["table"]), $"{path} {chart.ToJsonString()}");
                    Assert.NotEmpty(chart["drawn"]!.AsArray());
                    seen.Add((string)chart["id"]!);
                }

                if (Environment.GetEnvironmentVariable("HUB_TEST_SHOTS") is { Length: > 0 } folder)
                    await person.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"chart{path.Replace('/', '-')}-{look[^2..]}.png"), FullPage = true });
            }
        }

        Assert.Equal(["funnel", "lag", "latency", "load", "oldest", "traffic"], seen.Distinct().Order(StringComparer.Ordinal));
        Assert.DoesNotContain(person.Faults, fault => !fault.Contains("/live", StringComparison.Ordinal));
    }

    // What the chart was given beside what its table says; an empty cell is no figure.
    private const string Drawn = """
        () => JSON.stringify([...document.querySelectorAll('[data-chart]')].map(place => {
          const series = echarts.getInstanceByDom(place).getOption().series;
          const rows = [...document.querySelector(`[data-table="${place.dataset.chart}"]`).tBodies[0].rows];
          return {
            id: place.dataset.chart,
            drawn: rows.map((row, at) => series.map(one => one.data[at] ?? null)),
            table: rows.map(row => [...row.cells].slice(1, 1 + series.length).map(cell => cell.textContent === '' ? null : Number(cell.textContent))),
          };
        }))
        """;

    private static async Task PublishAsync(HubUnderTest hub, string type)
    {
        var body = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "schemas", "examples", $"{type}.json")))!;
        var key = await hub.CreateKeyAsync("sgcc-lianyungang", ApiKey.Publish, [(string)body["source"]!]);
        var reply = await hub.PublishAsync(body, key);
        Assert.True(reply.Status == 202, reply.Text);
    }
}
