using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Journeys.Faults;
using Hub.Ledger;
using Hub.Simulators;
using Npgsql;
using Figures = Hub.Journeys.Faults.Figures;

namespace Hub.Journeys.Nodes;

/// <summary>
/// Several hubs on one database, with the connectors in them or in processes of their own behind a broker. Publishers go from hub to hub: every event to
/// the next one, and to another when one does not answer.
/// </summary>
internal sealed class NodesRun : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(50);
    private static readonly JsonSerializerOptions SettingsForm = new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    // A lease that nobody answers ends after 24 s, and is looked for on a grid of a minute.
    public static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(150);

    private readonly TestDatabase database;
    private readonly TemporaryFolder folder;
    private readonly Process simulators;
    private readonly Uri admin;
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly CancellationTokenSource enough = new();
    private readonly List<Task> publishers = [];
    private int turn;

    private NodesRun(TestDatabase database, TemporaryFolder folder, Process simulators, Uri admin, IReadOnlyList<Node> hubs, IReadOnlyList<Node> connectors)
    {
        this.database = database;
        this.folder = folder;
        this.simulators = simulators;
        this.admin = admin;
        Hubs = hubs;
        Connectors = connectors;
    }

    /// <summary>Counts from when everything runs.</summary>
    public Recorder Recorder { get; private set; } = new();

    public IReadOnlyList<Node> Hubs { get; }

    public IReadOnlyList<Node> Connectors { get; }

    /// <summary>Answers that were neither 202 nor 503 nor trouble with the connection.</summary>
    public ConcurrentBag<string> Odd { get; } = [];

    /// <summary>Tries that were not answered 202, each with the hub and the moment.</summary>
    public ConcurrentBag<(Node Hub, double At, string Trouble)> Troubles { get; } = [];

    public IReadOnlyList<JournalEntry> Hits => File.Exists(folder.File("journal.jsonl")) ? Journal.Read(folder.File("journal.jsonl")) : [];

    /// <param name="hubs">Hub processes.</param>
    /// <param name="connectors">Processes with the connectors; 0: each hub has its own, and no broker is used.</param>
    /// <param name="partners">Names of <c>partners.tsv</c>.</param>
    /// <param name="broker">Address of the broker.</param>
    public static async Task<NodesRun> StartAsync(int hubs, int connectors, string[] partners, string? broker = null)
    {
        var temporary = new TemporaryFolder();
        var fresh = await TestDatabase.CreateAsync();
        var ports = new Queue<int>(FaultRun.FreePorts(partners.Length + hubs + connectors + 1));
        var lines = TestPartner.Of(partners);
        var addresses = lines.ToDictionary(line => line, _ => ports.Dequeue());
        var adminPort = ports.Dequeue();
        await File.WriteAllTextAsync(temporary.File("simulators.json"), JsonSerializer.Serialize(
            new SimulatorSettings { AdminPort = adminPort, Journal = temporary.File("journal.jsonl"), Partners = [.. lines.Select(line => line.Simulated(addresses[line]))] }, JsonSerializerOptions.Web));
        var bus = connectors == 0 ? null : new { Url = broker ?? Broker.Required, Prefix = $"t{Guid.NewGuid():N}"[..12] };
        var whole = lines.Select(line => line.Connected(new Uri($"http://127.0.0.1:{addresses[line]}"))).ToList();

        // What a hub must know of connectors that run elsewhere: neither addresses nor secrets.
        var named = whole.Select(one => new { one.Name, one.Kind, one.TimeoutSeconds, one.ConnectTimeoutSeconds }).ToList();
        var hubNodes = Enumerable.Range(0, hubs).Select(number => Node.Of(temporary, $"hub{number}", ports.Dequeue(), url =>
            connectors == 0
                ? new { Database = fresh.ConnectionString, BodyKeys = new[] { HubProgram.BodyKey }, Url = url, Connectors = whole }
                : new { Role = "hub", Database = fresh.ConnectionString, BodyKeys = new[] { HubProgram.BodyKey }, Url = url, Bus = bus, Connectors = named })).ToList();
        var connectorNodes = Enumerable.Range(0, connectors).Select(number => Node.Of(temporary, $"connectors{number}", ports.Dequeue(), url =>
            new { Role = "connectors", Url = url, Bus = bus, Connectors = whole })).ToList();
        var pretended = FaultRun.Start(Checkout.Program("tests/Simulators", "Hub.Simulators"), ["--settings", temporary.File("simulators.json")], null);
        var run = new NodesRun(fresh, temporary, pretended, new Uri($"http://127.0.0.1:{adminPort}"), hubNodes, connectorNodes);
        await Until.TrueAsync(() => run.AnswersAsync(new Uri(run.admin, "/")), "the simulators listen", StartLimit);
        foreach (var node in hubNodes.Concat(connectorNodes))
            await run.StartAsync(node);
        await using var keys = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(fresh.ConnectionString) { Pooling = false });
        var key = await new ApiKeys(keys, TimeProvider.System).CreateAsync("demo-bureau", ApiKey.Publish, [Approvals.Source], [], [], legalBasis: null, days: null, CancellationToken.None);
        run.http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        run.Recorder = new();
        return run;
    }

    public async Task StartAsync(Node node)
    {
        node.Start();
        await Until.TrueAsync(() => AnswersAsync(new Uri(node.Address, "/readyz")), $"{node.Name} is ready", StartLimit);
    }

    /// <summary>Begins to publish: each publisher has one project, its versions rising, each version to another hub.</summary>
    /// <param name="region">Decides the partner.</param>
    /// <param name="count">Publishers at once.</param>
    /// <param name="pauseMs">Between one event of a project and its next.</param>
    public void Publish(string region, int count, int pauseMs = 0) => publishers.AddRange(Enumerable.Range(0, count).Select(_ => Task.Run(() => PublishAsync(region, pauseMs))));

    public async Task StopPublishingAsync()
    {
        await enough.CancelAsync();
        await Task.WhenAll(publishers).WaitAsync(SettleLimit);
    }

    public async Task UntilAcceptedAsync(int more)
    {
        var reached = Recorder.Accepted + more;
        await Until.TrueAsync(() => Recorder.Accepted >= reached, $"{reached} events were accepted", SettleLimit);
    }

    public async Task SetFaultAsync(string partner, string mode)
    {
        using var reply = await http.PostAsync(new Uri(admin, $"/{partner}/faults"), new StringContent($"{{\"mode\":\"{mode}\"}}", Encoding.UTF8, "application/json"));
        reply.EnsureSuccessStatusCode();
    }

    public Task<string> MetricsAsync(Node node) => http.GetStringAsync(new Uri(node.Address, "/metrics"));

    public Task<long> CountAsync(string sql) => database.ScalarAsync<long>(sql);

    /// <summary>Waits until nothing is under way any more, and counts.</summary>
    public async Task<Figures> SettleAsync(double recovery = 0)
    {
        await Until.TrueAsync(
            async () => await CountAsync("SELECT (SELECT count(*) FROM cases WHERE busy) + (SELECT count(*) FROM waits WHERE state = 'waiting')") == 0, "every delivery is settled", SettleLimit);
        var (code, output) = await HubProgram.RunAsync(Hubs[0].Settings, "verify");
        return Recorder.Count(Hits, await FaultRun.CommandsAsync(database.ConnectionString), (int)await CountAsync("SELECT count(*) FROM waits WHERE state = 'parked'"), recovery, code == 0 && output.StartsWith("ok: ", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await enough.CancelAsync();
        foreach (var node in Hubs.Concat(Connectors))
            await node.KillAsync();
        if (!simulators.HasExited)
            simulators.Kill();
        simulators.Dispose();
        http.Dispose();
        await database.DisposeAsync();
        folder.Dispose();
    }

    private async Task PublishAsync(string region, int pauseMs)
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

            await Task.Delay(pauseMs);
        }
    }

    private async Task<Guid?> SendAsync(byte[] body)
    {
        var hub = Hubs[(Interlocked.Increment(ref turn) & int.MaxValue) % Hubs.Count];
        try
        {
            using var content = new ByteArrayContent(body);
            content.Headers.TryAddWithoutValidation("Content-Type", "application/cloudevents+json");
            using var reply = await http.PostAsync(new Uri(hub.Address, "/api/v1/events"), content);
            var text = await reply.Content.ReadAsStringAsync();
            if (reply.StatusCode == HttpStatusCode.Accepted)
                return (Guid)JsonNode.Parse(text)!["id"]!;
            if (reply.StatusCode != HttpStatusCode.ServiceUnavailable || reply.Headers.RetryAfter is null)
                Odd.Add(text);
            Troubles.Add((hub, Recorder.Now, ((int)reply.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            // No answer: it may be stored or not, and only the same id again can tell.
            Troubles.Add((hub, Recorder.Now, error.GetType().Name));
        }

        return null;
    }

    private Task<bool> AnswersAsync(Uri address) => FaultRun.AnswersAsync(http, address);

    /// <summary>One process of the run.</summary>
    internal sealed class Node(string name, Uri address, string settings)
    {
        private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(60);

        private Process? process;

        public string Name { get; } = name;

        public Uri Address { get; } = address;

        public string Settings { get; } = settings;

        public bool Runs => process is { HasExited: false };

        /// <summary>What its process finds in its environment besides ours.</summary>
        public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

        public int ProcessId => process!.Id;

        public static Node Of(TemporaryFolder folder, string name, int port, Func<string, object> settings)
        {
            var url = $"http://127.0.0.1:{port}";
            File.WriteAllText(folder.File(name + ".json"), JsonSerializer.Serialize(new { Hub = settings(url) }, SettingsForm));
            return new(name, new Uri(url), folder.File(name + ".json"));
        }

        public void Start() => process = FaultRun.Start(Checkout.Program("src/Hub", "Hub"), ["serve"], Settings, Environment);

        /// <summary>As <c>kill -9</c>: no handler runs, nothing is flushed.</summary>
        public async Task KillAsync()
        {
            if (process is null)
                return;
            if (!process.HasExited)
                process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
            process = null;
        }

        /// <summary>As when a machine stands still: SIGSTOP. <see cref="ContinueAsync"/> ends it.</summary>
        public Task PauseAsync() => Signal.SendAsync("STOP", ProcessId);

        public Task ContinueAsync() => Signal.SendAsync("CONT", ProcessId);

        /// <summary>As an operator stops it: it is asked, and ends by itself.</summary>
        /// <returns>Its exit code.</returns>
        public async Task<int> TerminateAsync()
        {
            await Signal.SendAsync("TERM", process!.Id);
            using var limit = new CancellationTokenSource(EndLimit);
            await process.WaitForExitAsync(limit.Token);
            var code = process.ExitCode;
            process.Dispose();
            process = null;
            return code;
        }
    }
}
