using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Connectors;
using Hub.Journeys.Nodes;
using Hub.Ledger;
using Hub.Simulators;
using Npgsql;

namespace Hub.Journeys.Faults;

/// <summary>What a run is to have otherwise than one hub on the database of the tests.</summary>
internal sealed record FaultSetup
{
    /// <summary>Hubs on the one database.</summary>
    public int Nodes { get; init; } = 1;

    /// <summary>Makes of the database's connection string the one the hubs are given.</summary>
    public Func<string, string> Through { get; init; } = database => database;

    /// <summary>What is wanted otherwise of the connectors.</summary>
    public Func<ConnectorSettings, ConnectorSettings> Change { get; init; } = settings => settings;

    /// <summary>Those of the partners that also empty their feeds.</summary>
    public IReadOnlyList<string> Fetching { get; init; } = [];

    /// <summary>Environment of a hub, by its number from 0.</summary>
    public Func<int, IReadOnlyDictionary<string, string>> Environment { get; init; } = _ => new Dictionary<string, string>();

    /// <summary>How long a publisher waits for an answer before it sends again, seconds.</summary>
    public double PatienceSeconds { get; init; } = 20;

    /// <summary>Where the database's files lie; null: where the server keeps them.</summary>
    public string? Tablespace { get; init; }
}

/// <summary>One event as its publisher sent it, once it was accepted.</summary>
internal sealed record Published(Guid Id, string Code, byte[] Body, double At);

/// <summary>
/// Hubs and simulators as real processes, and publishers that behave as bureaus do: an event goes out again, with the same id, until it was answered;
/// the next of its project only then. With several hubs each event goes to the next one, and to another when that does not answer.
/// </summary>
internal sealed partial class FaultRun : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    // A lease that nobody answers ends after 24 s, and is looked for on a grid of a minute.
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(50);

    private readonly TestDatabase database;
    private readonly TemporaryFolder folder;
    private readonly Process simulators;
    private readonly Uri admin;
    private readonly HttpClient http;
    private readonly CancellationTokenSource enough = new();
    private readonly List<Task> publishers = [];
    private int askedToComeBack;
    private int unanswered;
    private int turn;

    private FaultRun(TestDatabase database, TemporaryFolder folder, Process simulators, Uri admin, IReadOnlyList<NodesRun.Node> nodes, double patienceSeconds)
    {
        http = new HttpClient { Timeout = TimeSpan.FromSeconds(patienceSeconds) };
        this.database = database;
        this.folder = folder;
        this.simulators = simulators;
        this.admin = admin;
        Nodes = nodes;
    }

    public Recorder Recorder { get; } = new();

    public IReadOnlyList<NodesRun.Node> Nodes { get; }

    /// <summary>A hub that publishers are led past, as by a load balancer that asks <c>/readyz</c>.</summary>
    public NodesRun.Node? Avoided { get; set; }

    public int Restarts { get; private set; }

    /// <summary>Answers that were neither 202 nor 503 nor trouble with the connection.</summary>
    public ConcurrentBag<string> Odd { get; } = [];

    /// <summary>Answers 503 with a Retry-After.</summary>
    public int AskedToComeBack => Volatile.Read(ref askedToComeBack);

    /// <summary>Tries that ended without an answer: refused, broken off, or longer than the publishers' patience.</summary>
    public int Unanswered => Volatile.Read(ref unanswered);

    /// <summary>What was accepted, with its bytes: a publisher keeps what it may have to send again.</summary>
    public ConcurrentQueue<Published> History { get; } = [];

    /// <summary>Seconds each accepted event waited for its 202, with the moment.</summary>
    public ConcurrentQueue<(double At, double Seconds)> Waits { get; } = [];

    public IReadOnlyList<JournalEntry> Hits => File.Exists(JournalFile) ? Journal.Read(JournalFile) : [];

    public bool HubRuns => Nodes[0].Runs;

    /// <summary>Share of the answered tries that were asked to come back.</summary>
    public string AskedToComeBackShare => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"503 for {100.0 * AskedToComeBack / Math.Max(1, AskedToComeBack + Recorder.Accepted):0.0} % of the answers, {Unanswered} tries without an answer");

    public string Key { get; private set; } = "";

    private string JournalFile => folder.File("journal.jsonl");

    /// <param name="partners">Names of <c>partners.tsv</c>.</param>
    /// <param name="server">Another PostgreSQL than the one of the other tests.</param>
    public static async Task<FaultRun> StartAsync(string[] partners, string? server = null, FaultSetup? setup = null)
    {
        setup ??= new FaultSetup();
        var temporary = new TemporaryFolder();
        var fresh = await TestDatabase.CreateAsync(server, setup.Tablespace);
        var ports = new Queue<int>(FreePorts(partners.Length + setup.Nodes + 1));
        var adminPort = ports.Dequeue();
        
        // Here all are pushed to; one that fetches is said to.
        var lines = TestPartner.Of(partners).Select(line => line.Kind == ConnectorCatalog.Feed ? line with { Kind = ConnectorCatalog.Webhook } : line).ToDictionary(line => line, _ => ports.Dequeue());
        var hubPorts = Enumerable.Range(0, setup.Nodes).Select(_ => ports.Dequeue()).ToList();
        var fetchKeys = await FetchKeysAsync(fresh.ConnectionString, setup.Fetching);
        await File.WriteAllTextAsync(temporary.File("simulators.json"), JsonSerializer.Serialize(
            new SimulatorSettings
            {
                AdminPort = adminPort,
                Journal = temporary.File("journal.jsonl"),
                Requests = temporary.File("requests.jsonl"),
                HubUrl = fetchKeys.Count == 0 ? null : new Uri($"http://127.0.0.1:{hubPorts[0]}"),
                Partners = [.. lines.Select(line => line.Key.Simulated(line.Value, fetchKeys.GetValueOrDefault(line.Key.Name)))],
            }, JsonSerializerOptions.Web));
        var hubs = hubPorts.Select((port, number) => NodeOf(
            temporary, $"hub{number}", port, setup.Through(fresh.ConnectionString), lines, setup.Environment(number), setup.Change)).ToList();
        var pretended = Start(Checkout.Program("tests/Simulators", "Hub.Simulators"), ["--settings", temporary.File("simulators.json")], null);
        var run = new FaultRun(fresh, temporary, pretended, new Uri($"http://127.0.0.1:{adminPort}"), hubs, setup.PatienceSeconds);
        try
        {
            await Until.TrueAsync(() => run.AnswersAsync(new Uri(run.admin, "/")), "the simulators listen", StartLimit);
            foreach (var hub in hubs)
                await run.StartHubAsync(hub);
            await run.MakeKeyAsync();
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    public Task StartHubAsync() => StartHubAsync(Nodes[0]);

    public async Task StartHubAsync(NodesRun.Node node)
    {
        node.Start();
        await Until.TrueAsync(() => AnswersAsync(new Uri(node.Address, "/readyz")), $"{node.Name} is ready", StartLimit);
        Restarts++;
    }

    /// <summary>As <c>kill -9</c>: no handler runs, nothing is flushed.</summary>
    public Task KillHubAsync() => Nodes[0].KillAsync();

    /// <summary>Begins to publish: each publisher has one project, its versions rising.</summary>
    /// <param name="region">Decides the partner.</param>
    /// <param name="count">Publishers at once.</param>
    /// <param name="pauseMs">Between one event of a project and its next.</param>
    public void Publish(string region, int count, int pauseMs = 0) =>
        publishers.AddRange(Enumerable.Range(0, count).Select(_ => Task.Run(() => PublishAsync(region, pauseMs))));

    /// <summary>The publishers finish what they have begun and stop.</summary>
    public async Task StopPublishingAsync()
    {
        await enough.CancelAsync();
        await Task.WhenAll(publishers).WaitAsync(SettleLimit);
    }

    public async Task UntilAcceptedAsync(int more)
    {
        var reached = Recorder.Accepted + more;
        await Until.TrueAsync(() => Recorder.Accepted >= reached, () => $"{reached} events were accepted; they are {Recorder.Accepted}", SettleLimit);
    }

    /// <returns>Seconds from <paramref name="moment"/> to the first 202 after it.</returns>
    public async Task<double> RecoveredAsync(double moment)
    {
        await Until.TrueAsync(() => Recorder.FirstAcceptedAfter(moment) is not null, "events are accepted again", SettleLimit);
        return Recorder.FirstAcceptedAfter(moment)!.Value - moment;
    }

    /// <summary>Sends one accepted event again, as a publisher does who was told that it is gone.</summary>
    /// <returns>Hub's id of it.</returns>
    public async Task<Guid> SendAgainAsync(Published published, Uri hub)
    {
        Guid? id;
        while ((id = await SendAsync(published.Body, hub)) is null)
            await Task.Delay(Again);
        return id.Value;
    }

    public async Task SetFaultAsync(string partner, string mode, int? delayMs = null, int? count = null)
    {
        using var reply = await http.PostAsync(new Uri(admin, $"/{partner}/faults"), new StringContent(JsonSerializer.Serialize(new { mode, delayMs, count }), Encoding.UTF8, "application/json"));
        reply.EnsureSuccessStatusCode();
    }

    /// <summary>What goes wrong with the partner's own fetching, at the given share of its pages.</summary>
    public async Task SetFetchFaultAsync(string partner, string mode, double rate)
    {
        using var reply = await http.PostAsync(new Uri(admin, $"/{partner}/fetch-faults"), new StringContent(JsonSerializer.Serialize(new { mode, rate }), Encoding.UTF8, "application/json"));
        reply.EnsureSuccessStatusCode();
    }

    public async Task<PartnerStats> StatsAsync(string partner) =>
        JsonSerializer.Deserialize<PartnerStats>(await http.GetStringAsync(new Uri(admin, $"/{partner}/stats")), JsonSerializerOptions.Web)!;

    /// <summary>A command of the real executable, as an operator gives it.</summary>
    public Task<(int Code, string Output)> CommandAsync(params string[] arguments) => HubProgram.RunAsync(Nodes[0].Settings, arguments);

    public Task<string> MetricsAsync() => http.GetStringAsync(new Uri(Nodes[0].Address, "/metrics"));

    /// <returns>Status of a read of one event.</returns>
    public async Task<int> ReadAsync(Guid id)
    {
        using var reply = await http.GetAsync(new Uri(Nodes[0].Address, $"/api/v1/events/{id}"));
        return (int)reply.StatusCode;
    }

    public Task<long> CountAsync(string sql) => database.ScalarAsync<long>(sql);

    /// <summary>Lanes with a command under way, as the ledger has it: what a kill now can double.</summary>
    public async Task<int> UnderWayAsync() => (int)await CountAsync("SELECT count(*) FROM cases WHERE busy");

    public Task<int> ParkedAsync() => CountIntAsync("SELECT count(*) FROM waits WHERE state = 'parked'");

    public string ConnectionString => database.ConnectionString;

    /// <summary>Settings of one more hub as the others are, on another database.</summary>
    public NodesRun.Node Elsewhere(string connectionString)
    {
        var text = JsonNode.Parse(File.ReadAllText(Nodes[0].Settings))!;
        text["Hub"]!["Database"] = connectionString;
        return NodesRun.Node.Of(folder, "elsewhere", FreePorts(1)[0], url =>
        {
            text["Hub"]!["Url"] = url;
            return text["Hub"]!;
        });
    }

    /// <summary>Waits until nothing is under way any more, and counts.</summary>
    /// <param name="recovery">Worst seconds from a fault to the next 202.</param>
    public async Task<Figures> SettleAsync(double recovery, TimeSpan? limit = null)
    {
        await Until.TrueAsync(
            async () => await database.ScalarAsync<long>("SELECT (SELECT count(*) FROM cases WHERE busy) + (SELECT count(*) FROM waits WHERE state IN ('waiting', 'offered'))") == 0,
            "every delivery is settled", limit ?? SettleLimit);
        return await CountAsync(recovery);
    }

    /// <summary>Counts as things stand.</summary>
    public Task<Figures> CountAsync(double recovery) => CountAsync(database.ConnectionString, Nodes[0], recovery, new Dictionary<Guid, Guid>());

    /// <summary>Counts against the ledger of one hub, and verifies it.</summary>
    /// <param name="anew">Events whose id is another one in that ledger.</param>
    /// <param name="cases">Project codes that are counted; null: all.</param>
    /// <param name="subjects">The same by the names partners know them by.</param>
    public async Task<Figures> CountAsync(string connectionString, NodesRun.Node node, double recovery, IReadOnlyDictionary<Guid, Guid> anew, Predicate<string>? cases = null, Predicate<string>? subjects = null)
    {
        var commands = await CommandsAsync(connectionString);
        foreach (var (before, now) in anew)
            commands[before] = commands.GetValueOrDefault(now, []);

        var (code, output) = await HubProgram.RunAsync(node.Settings, "verify");
        return Recorder.Count(
            [.. Hits.Where(hit => subjects?.Invoke(hit.Subject) ?? true)], commands, await ParkedAsync(), recovery, code == 0 && output.StartsWith("ok: ", StringComparison.Ordinal), cases);
    }

    public async ValueTask DisposeAsync()
    {
        await enough.CancelAsync();
        foreach (var node in Nodes)
            await node.KillAsync();
        if (second is not null)
            await second.KillAsync();
        if (!simulators.HasExited)
            simulators.Kill();
        simulators.Dispose();
        http.Dispose();
        await database.DisposeAsync();
        folder.Dispose();
        enough.Dispose();
    }

    private static NodesRun.Node NodeOf(
        TemporaryFolder folder, string name, int port, string connectionString, Dictionary<TestPartner, int> partners, IReadOnlyDictionary<string, string> environment,
        Func<ConnectorSettings, ConnectorSettings> change)
    {
        var url = $"http://127.0.0.1:{port}";
        var file = HubProgram.WriteSettings(
            folder.File(name + ".json"), connectionString, url, sitePacks: null, partners.Select(line => change(line.Key.Connected(new Uri($"http://127.0.0.1:{line.Value}")))));
        return new(name, new Uri(url), file) { Environment = environment };
    }

    // The receivers' keys are there before the hub is, so that their first fetch is not turned away.
    private static async Task<Dictionary<string, string>> FetchKeysAsync(string connectionString, IReadOnlyList<string> fetching)
    {
        var made = new Dictionary<string, string>(StringComparer.Ordinal);
        if (fetching.Count == 0)
            return made;
        await using var keys = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false });
        await Migrator.MigrateAsync(keys, TimeProvider.System, CancellationToken.None);
        foreach (var partner in fetching)
            made[partner] = await new ApiKeys(keys, TimeProvider.System).CreateAsync(partner, ApiKey.Receive, [], [], [], legalBasis: null, days: null, CancellationToken.None);
        return made;
    }

    private async Task MakeKeyAsync()
    {
        await using var keys = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false });
        Key = await new ApiKeys(keys, TimeProvider.System).CreateAsync("demo-bureau", ApiKey.Publish, [Approvals.Source], [], [], legalBasis: null, days: null, CancellationToken.None);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
    }

    private async Task<int> CountIntAsync(string sql) => (int)await CountAsync(sql);

    private async Task PublishAsync(string region, int pauseMs)
    {
        var code = Approvals.NewCode(region);
        for (var version = 1; !enough.IsCancellationRequested; version++)
        {
            var body = Encoding.UTF8.GetBytes((version == 1 ? Approvals.Created(code, region) : Approvals.Amended(code, region, version)).ToJsonString());
            var began = Recorder.Now;
            Guid? id;
            while ((id = await SendAsync(body, Next().Address)) is null)
                await Task.Delay(Again);
            Recorder.Accept(id.Value, code);
            Waits.Enqueue((began, Recorder.Now - began));
            History.Enqueue(new(id.Value, code, body, Recorder.Now));
            if (pauseMs > 0)
                await Task.Delay(pauseMs);
        }
    }

    private NodesRun.Node Next()
    {
        var next = Nodes[(Interlocked.Increment(ref turn) & int.MaxValue) % Nodes.Count];
        return next == Avoided ? Next() : next;
    }

    /// <returns>Hub's id; null when it is to be sent again.</returns>
    private async Task<Guid?> SendAsync(byte[] body, Uri hub)
    {
        var (id, status) = await TryAsync(body, hub);

        // These publishers keep within every limit.
        if (status == (int)HttpStatusCode.TooManyRequests)
            Odd.Add("429");
        return id;
    }

    /// <summary>The commands each event caused, as that ledger has them.</summary>
    internal static async Task<Dictionary<Guid, IReadOnlyList<Guid>>> CommandsAsync(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false });
        await using var command = source.CreateCommand("SELECT cause_id, case_id, connector_no, lane_seq FROM deliveries");
        await using var reader = await command.ExecuteReaderAsync();
        var commands = new List<(Guid Event, Guid Command)>();
        while (await reader.ReadAsync())
            commands.Add((reader.GetGuid(0), CommandId.Of(reader.GetInt64(1), reader.GetInt16(2), reader.GetInt64(3))));
        return commands.GroupBy(one => one.Event).ToDictionary(group => group.Key, IReadOnlyList<Guid> (group) => [.. group.Select(one => one.Command)]);
    }

    private Task<bool> AnswersAsync(Uri address) => AnswersAsync(http, address);

    internal static async Task<bool> AnswersAsync(HttpClient http, Uri address)
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

    // Output goes nowhere, because a pipe that nobody empties would stop the process; or into files of the folder named by HUB_FAULTS_LOGS.
    internal static Process Start(string program, string[] arguments, string? settings, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("bash") { UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("[ -z \"${HUB_FAULTS_LOGS:-}\" ] && log=/dev/null || log=$HUB_FAULTS_LOGS/$(basename \"$1\" .dll)-$$.log; exec dotnet \"$@\" >\"$log\" 2>&1");
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
