using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Connectors;
using Hub.Ledger;
using Hub.Simulators;
using Npgsql;

namespace Hub.Journeys.Faults;

/// <summary>
/// Hub and simulators as real processes, and publishers that behave as bureaus do: an event goes out again, with the same id, until it was answered;
/// the next of its project only then.
/// </summary>
internal sealed partial class FaultRun : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(50);

    private readonly TestDatabase database;
    private readonly TemporaryFolder folder;
    private readonly string settings;
    private readonly Process simulators;
    private readonly Uri admin;
    private readonly HttpClient http;
    private readonly CancellationTokenSource enough = new();
    private readonly List<Task> publishers = [];
    private Process? hub;
    private int askedToComeBack;

    private FaultRun(TestDatabase database, TemporaryFolder folder, string settings, Process simulators, Uri admin, Uri hubAddress)
    {
        this.database = database;
        this.folder = folder;
        this.settings = settings;
        this.simulators = simulators;
        this.admin = admin;
        http = new HttpClient { BaseAddress = hubAddress, Timeout = TimeSpan.FromSeconds(20) };
    }

    public Recorder Recorder { get; } = new();

    public int Restarts { get; private set; }

    /// <summary>Answers that were neither 202 nor 503 nor trouble with the connection.</summary>
    public System.Collections.Concurrent.ConcurrentBag<string> Odd { get; } = [];

    /// <summary>Answers 503 with a Retry-After.</summary>
    public int AskedToComeBack => Volatile.Read(ref askedToComeBack);

    private string JournalFile => folder.File("journal.jsonl");

    public IReadOnlyList<JournalEntry> Hits => File.Exists(JournalFile) ? Journal.Read(JournalFile) : [];

    public bool HubRuns => hub is { HasExited: false };

    /// <param name="partners">Names of <c>partners.tsv</c>.</param>
    /// <param name="server">Another PostgreSQL than the one of the other tests.</param>
    /// <param name="change">What this run wants otherwise of its connectors.</param>
    /// <param name="environment">Further settings of the hub, as environment variables.</param>
    /// <param name="fetching">Those of the partners that also empty their feeds.</param>
    public static async Task<FaultRun> StartAsync(
        string[] partners, string? server = null, Func<ConnectorSettings, ConnectorSettings>? change = null, IReadOnlyDictionary<string, string>? environment = null,
        params string[] fetching)
    {
        var temporary = new TemporaryFolder();
        var fresh = await TestDatabase.CreateAsync(server);
        var ports = FreePorts(partners.Length + 2);
        var lines = TestPartner.Of(partners);
        await using var keys = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(fresh.ConnectionString) { Pooling = false });
        await Migrator.MigrateAsync(keys, TimeProvider.System, CancellationToken.None);
        var apiKeys = new ApiKeys(keys, TimeProvider.System);
        var fetchKeys = new Dictionary<string, string>();
        foreach (var partner in fetching)
            fetchKeys[partner] = await apiKeys.CreateAsync(partner, ApiKey.Receive, [], [], [], legalBasis: null, days: null, CancellationToken.None);
        await File.WriteAllTextAsync(temporary.File("simulators.json"), JsonSerializer.Serialize(
            new SimulatorSettings
            {
                AdminPort = ports[0],
                Journal = temporary.File("journal.jsonl"),
                Requests = temporary.File("requests.jsonl"),
                HubUrl = fetching.Length == 0 ? null : new Uri($"http://127.0.0.1:{ports[1]}"),
                Partners = [.. lines.Select((line, index) => line.Simulated(ports[index + 2], fetchKeys.GetValueOrDefault(line.Name)))],
            }, JsonSerializerOptions.Web));
        var file = HubProgram.WriteSettings(
            temporary.File("hub.json"), fresh.ConnectionString, $"http://127.0.0.1:{ports[1]}", sitePacks: null,
            lines.Select((line, index) => (change ?? (settings => settings))(line.Connected(new Uri($"http://127.0.0.1:{ports[index + 2]}")))));
        var pretended = Start(Checkout.Program("tests/Simulators", "Hub.Simulators"), ["--settings", temporary.File("simulators.json")], null);
        var run = new FaultRun(fresh, temporary, file, pretended, new Uri($"http://127.0.0.1:{ports[0]}"), new Uri($"http://127.0.0.1:{ports[1]}")) { Environment = environment ?? new Dictionary<string, string>() };
        await Until.TrueAsync(() => run.AnswersAsync(new Uri(run.admin, "/")), "the simulators listen", StartLimit);
        await run.StartHubAsync();
        var key = await apiKeys.CreateAsync("demo-bureau", ApiKey.Publish, [Approvals.Source], [], [], legalBasis: null, days: null, CancellationToken.None);
        run.http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return run;
    }

    public async Task StartHubAsync()
    {
        hub = Start(Checkout.Program("src/Hub", "Hub"), ["serve"], settings, Environment);
        await Until.TrueAsync(() => AnswersAsync(new Uri(http.BaseAddress!, "/readyz")), "the hub is ready", StartLimit);
        Restarts++;
    }

    /// <summary>As <c>kill -9</c>: no handler runs, nothing is flushed.</summary>
    public async Task KillHubAsync()
    {
        hub!.Kill();
        await hub.WaitForExitAsync();
        hub.Dispose();
        hub = null;
    }

    /// <summary>Begins to publish: each publisher has one project, its versions rising.</summary>
    /// <param name="region">Decides the partner.</param>
    /// <param name="count">Publishers at once.</param>
    public void Publish(string region, int count) => publishers.AddRange(Enumerable.Range(0, count).Select(_ => Task.Run(() => PublishAsync(region))));

    /// <summary>The publishers finish what they have begun and stop.</summary>
    public async Task StopPublishingAsync()
    {
        await enough.CancelAsync();
        await Task.WhenAll(publishers).WaitAsync(SettleLimit);
    }

    public async Task SetFaultAsync(string partner, string mode)
    {
        using var reply = await http.PostAsync(new Uri(admin, $"/{partner}/faults"), new StringContent($"{{\"mode\":\"{mode}\"}}", Encoding.UTF8, "application/json"));
        reply.EnsureSuccessStatusCode();
    }

    /// <summary>What goes wrong with the partner's own fetching, at the given share of its pages.</summary>
    public async Task SetFetchFaultAsync(string partner, string mode, double rate)
    {
        using var reply = await http.PostAsync(new Uri(admin, $"/{partner}/fetch-faults"), new StringContent(string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"{{\"mode\":\"{mode}\",\"rate\":{rate}}}"), Encoding.UTF8, "application/json"));
        reply.EnsureSuccessStatusCode();
    }

    public async Task<PartnerStats> StatsAsync(string partner) =>
        JsonSerializer.Deserialize<PartnerStats>(await http.GetStringAsync(new Uri(admin, $"/{partner}/stats")), JsonSerializerOptions.Web)!;

    /// <summary>A command of the real executable.</summary>
    public Task<(int Code, string Output)> CommandAsync(params string[] arguments) => HubProgram.RunAsync(settings, arguments);

    public async Task<string> MetricsAsync() => await http.GetStringAsync("/metrics");

    public Task<long> CountAsync(string sql) => database.ScalarAsync<long>(sql);

    /// <summary>Waits until nothing is under way any more, and counts.</summary>
    /// <param name="recovery">Worst seconds from a fault to the next 202.</param>
    /// <param name="limit">How long that may take; null: 90 s.</param>
    public async Task<Figures> SettleAsync(double recovery, TimeSpan? limit = null)
    {
        await Until.TrueAsync(
            async () => await database.ScalarAsync<long>("SELECT (SELECT count(*) FROM cases WHERE busy) + (SELECT count(*) FROM waits WHERE state IN ('waiting', 'offered'))") == 0,
            "every delivery is settled", limit ?? SettleLimit);
        return await CountAsync(recovery);
    }

    /// <summary>Counts as things stand.</summary>
    public async Task<Figures> CountAsync(double recovery)
    {
        var (code, output) = await HubProgram.RunAsync(settings, "verify");
        return Recorder.Count(Hits, await CommandsAsync(), (int)await database.ScalarAsync<long>("SELECT count(*) FROM waits WHERE state = 'parked'"), recovery, code == 0 && output.StartsWith("ok: ", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await enough.CancelAsync();
        foreach (var process in new[] { hub, second, simulators }.OfType<Process>())
        {
            if (!process.HasExited)
                process.Kill();
            process.Dispose();
        }

        http.Dispose();
        await database.DisposeAsync();
        folder.Dispose();
    }

    private async Task PublishAsync(string region)
    {
        var code = Approvals.NewCode(region);
        for (var version = 1; !enough.IsCancellationRequested; version++)
        {
            var body = Encoding.UTF8.GetBytes((version == 1 ? Approvals.Created(code, region) : Approvals.Amended(code, region, version)).ToJsonString());
            while (await SendAsync(body) is var id)
            {
                if (id is { } known)
                {
                    Recorder.Accept(known, code);
                    break;
                }

                await Task.Delay(Again);
            }
        }
    }

    /// <returns>Hub's id; null when it is to be sent again.</returns>
    private async Task<Guid?> SendAsync(byte[] body)
    {
        try
        {
            using var content = new ByteArrayContent(body);
            content.Headers.TryAddWithoutValidation("Content-Type", "application/cloudevents+json");
            using var reply = await http.PostAsync("/api/v1/events", content);
            var text = await reply.Content.ReadAsStringAsync();
            if (reply.StatusCode == HttpStatusCode.Accepted)
                return (Guid)JsonNode.Parse(text)!["id"]!;
            if (reply.StatusCode != HttpStatusCode.ServiceUnavailable || reply.Headers.RetryAfter is null)
                Odd.Add(text);
            else
                Interlocked.Increment(ref askedToComeBack);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            // No answer: it may be stored or not, and only the same id again can tell.
        }

        return null;
    }

    private async Task<Dictionary<Guid, IReadOnlyList<Guid>>> CommandsAsync()
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false });
        await using var command = source.CreateCommand("SELECT cause_id, case_id, connector_no, lane_seq FROM deliveries");
        await using var reader = await command.ExecuteReaderAsync();
        var commands = new List<(Guid Event, Guid Command)>();
        while (await reader.ReadAsync())
            commands.Add((reader.GetGuid(0), CommandId.Of(reader.GetInt64(1), reader.GetInt16(2), reader.GetInt64(3))));
        return commands.GroupBy(one => one.Event).ToDictionary(group => group.Key, IReadOnlyList<Guid> (group) => [.. group.Select(one => one.Command)]);
    }

    private async Task<bool> AnswersAsync(Uri address)
    {
        try
        {
            using var reply = await http.GetAsync(address);
            return reply.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    // Output goes nowhere: a pipe that nobody empties would stop the process.
    internal static Process Start(string program, string[] arguments, string? settings, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("bash") { UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec dotnet \"$@\" >/dev/null 2>&1");
        start.ArgumentList.Add("hub");
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        if (settings is not null)
            start.Environment["HUB_SETTINGS"] = settings;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    // All held at once before any is let go, so that no two are the same.
    internal static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Stop());
        return ports;
    }
}
