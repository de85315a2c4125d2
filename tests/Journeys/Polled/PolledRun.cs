using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Hub.Journeys.Faults;
using Hub.Connectors;
using Hub.Simulators;

namespace Hub.Journeys.Polled;

/// <summary>A platform that is polled, a utility, and one or more hubs as real processes on one database.</summary>
internal sealed class PolledRun : IAsyncDisposable
{
    public const string Publisher = "demo-platform";
    public const string Source = "urn:hub:bureau:demo-platform";
    public const string Utility = "sgcc-linfen";

    private const string Secret = "a platform's secret";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(150);

    private readonly TestDatabase database;
    private readonly TemporaryFolder folder = new();
    private readonly SimulatorHost simulators;
    private readonly Func<PublisherSettings, PublisherSettings> change;
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly List<Node> nodes = [];

    private PolledRun(TestDatabase database, SimulatorHost simulators, Func<PublisherSettings, PublisherSettings> change)
    {
        this.database = database;
        this.simulators = simulators;
        this.change = change;
    }

    public ApprovalPlatform Platform => (ApprovalPlatform)simulators.Partner(Publisher);

    public PartnerStats PlatformStats => simulators.StatsOf(Publisher);

    public BookStats Taken => simulators.Partner(Utility).Book.Stats;

    public LeadBook Leads => simulators.Partner(Utility).Book;

    public Uri AdminAddress => simulators.AdminAddress;

    public TestDatabase Database => database;

    /// <summary>Codes of the projects the platform was given, one each.</summary>
    public List<string> Codes { get; } = [];

    /// <param name="change">What this test wants otherwise; the usual is a poll a second, pages of 10, an overlap of 5 s.</param>
    /// <param name="hubs">How many to start.</param>
    public static async Task<PolledRun> StartAsync(Func<PublisherSettings, PublisherSettings>? change = null, int hubs = 1)
    {
        var utility = TestPartner.Of([Utility]).Single();
        var pretended = await SimulatorHost.StartAsync(
            new SimulatorSettings { Partners = [utility.Simulated(), new() { Name = Publisher, Kind = PublisherSettings.ApprovalPlatform, AppKey = "hub", Secret = Secret }] }, CancellationToken.None);
        var run = new PolledRun(await TestDatabase.CreateAsync(), pretended, change ?? (settings => settings));
        // All at once, as a cluster starts: one of them makes the tables, the others find them.
        await Task.WhenAll(Enumerable.Range(0, hubs).Select(_ => run.StartHubAsync()));
        return run;
    }

    /// <returns>Its index.</returns>
    public async Task<int> StartHubAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        listener.Stop();
        var settings = HubProgram.WriteSettings(
            folder.File($"hub-{nodes.Count}.json"), database.ConnectionString, address.GetLeftPart(UriPartial.Authority), sitePacks: null,
            [TestPartner.Of([Utility]).Single().Connected(simulators.AddressOf(Utility))],
            change(new PublisherSettings
            {
                Name = Publisher, Kind = PublisherSettings.ApprovalPlatform, Address = simulators.AddressOf(Publisher), AppKey = "hub", Secret = Secret, Source = Source,
                Every = 1, PageSize = 10, OverlapSeconds = 5, TimeoutSeconds = 20, Breaker = new() { Minimum = 1000 },
            }));
        var log = folder.File($"hub-{nodes.Count}.log");
        var (index, node) = (nodes.Count, new Node(address, settings, log, Run(settings, log)));
        nodes.Add(node);
        await Until.TrueAsync(() => AnswersAsync(node), () => $"the hub is ready: {node.Log}", Limit);
        return index;
    }

    /// <summary>As <c>kill -9</c>.</summary>
    public async Task KillAsync(int hub)
    {
        nodes[hub].Process.Kill();
        await nodes[hub].Process.WaitForExitAsync();
    }

    /// <summary>The same node again.</summary>
    public async Task RestartAsync(int hub)
    {
        nodes[hub] = nodes[hub] with { Process = Run(nodes[hub].Settings, nodes[hub].LogFile) };
        await Until.TrueAsync(() => AnswersAsync(nodes[hub]), () => $"the hub is ready again: {nodes[hub].Log}", Limit);
    }

    /// <summary>Asks the process to end, as systemd does.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> TerminateAsync(int hub)
    {
        using (var kill = Process.Start("kill", ["-TERM", nodes[hub].Process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        await nodes[hub].Process.WaitForExitAsync(new CancellationTokenSource(Limit).Token);
        return nodes[hub].Process.ExitCode;
    }

    public string LogOf(int hub) => nodes[hub].Log;

    public Task<string> MetricsAsync(int hub = 0) => http.GetStringAsync(new Uri(nodes[hub].Address, "/metrics"));

    public async Task<HttpStatusCode> ReadyAsync(int hub = 0)
    {
        using var reply = await http.GetAsync(new Uri(nodes[hub].Address, "/readyz"));
        return reply.StatusCode;
    }

    public Task<(int Code, string Output)> CommandAsync(params string[] arguments) => HubProgram.RunAsync(nodes[0].Settings, arguments);

    /// <summary>New projects on the platform.</summary>
    /// <param name="count">How many.</param>
    /// <param name="at">Their stamp; null: the platform's clock.</param>
    public void Add(int count, DateTimeOffset? at = null)
    {
        for (var i = 0; i < count; i++)
        {
            Codes.Add(Approvals.NewCode());
            Platform.Add(Approvals.Created(Codes[^1]), at);
        }
    }

    /// <summary>Waits until the utility has every project of the platform, and sees that none was told twice.</summary>
    public async Task DeliveredAsync(string what, int changes = 0)
    {
        await Until.TrueAsync(
            () => Taken.Effects >= Codes.Count + changes, () => $"{what}: {Taken.Effects} of {Codes.Count + changes} came, the platform {PlatformStats}; {nodes[^1].Log}", Limit);
        Assert.Equal((what, Codes.Count, (long)Codes.Count + changes, 0L), (what, Taken.Leads, Taken.Effects, Taken.OutOfOrder));
        Assert.All(Codes, code => Assert.Single(Leads.List(code, 2)));
    }

    /// <summary>The cursor on record. The rows are committed before it, so a record may be delivered while there is none yet: it is waited for.</summary>
    public async Task<JsonNode> CursorAsync() => JsonNode.Parse(await Until.FoundAsync(
        async () => await database.ScalarAsync<string>("SELECT coalesce(max(state), '') FROM cases WHERE type = 'publisher_poll'") is { Length: > 0 } state ? state : null, "a cursor is on record", Limit))!;

    /// <summary>The watermark, once the list was read to the newest record the platform has.</summary>
    public async Task<DateTimeOffset> WatermarkAsync()
    {
        var newest = DateTimeOffset.Parse(Platform.Records[^1].ChangedAt + "+08:00", System.Globalization.CultureInfo.InvariantCulture);
        await Until.TrueAsync(async () => Instant((await CursorAsync())["watermark"]) == newest, () => $"the watermark is at {newest}; {LogOf(0)}", Limit);
        return newest;
    }

    private static DateTimeOffset? Instant(JsonNode? text) => text is null ? null : DateTimeOffset.Parse((string)text!, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Faults for the platform's next answers; none: back to normal.</summary>
    public void Strike(string mode, double rate = 1, int? count = null, int? delayMs = null) =>
        Assert.Null(Platform.Faults.Set(new Fault { Mode = mode, Rate = rate, Count = count, DelayMs = delayMs }));

    public long Struck(string mode) => Platform.Faults.Counts.GetValueOrDefault(mode);

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
        {
            if (!node.Process.HasExited)
                node.Process.Kill();
            node.Process.Dispose();
        }

        http.Dispose();
        await simulators.DisposeAsync();
        await database.DisposeAsync();
        folder.Dispose();
    }

    private Task<bool> AnswersAsync(Node node)
    {
        Assert.False(node.Process.HasExited, node.Log);
        return FaultRun.AnswersAsync(http, new Uri(node.Address, "/readyz"));
    }

    // Into a file: a pipe that nobody empties would stop the process.
    private static Process Run(string settings, string log)
    {
        var start = new ProcessStartInfo("bash") { UseShellExecute = false };
        foreach (var argument in (string[])["-c", "exec dotnet \"$1\" serve >>\"$2\" 2>&1", "hub", Checkout.Program("src/Hub", "Hub"), log])
            start.ArgumentList.Add(argument);
        start.Environment["HUB_SETTINGS"] = settings;
        return Process.Start(start)!;
    }

    private sealed record Node(Uri Address, string Settings, string LogFile, Process Process)
    {
        public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";
    }
}
