using System.Globalization;
using System.Text.Json;

namespace Hub.Benchmarks;

/// <summary>The real hub as one process or several, on a fresh database, with bearer key, checks, order, exchange log and signed pushes.</summary>
internal static class HubPipeline
{
    private const string Source = "urn:hub:bench";

    private static readonly string BodyKey = Convert.ToBase64String(new byte[32]);

    private static readonly string Assembly =
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "..", "src", "Hub", "bin", "Release", "net10.0", "Hub.dll"));

    /// <param name="Name">In messages.</param>
    /// <param name="Nodes">Processes on the one database.</param>
    /// <param name="BatchMax">Commands in one push at most.</param>
    /// <param name="Utilities">One for each receiver; cases go to them in turn.</param>
    internal sealed record Options(string Name, int Nodes = 1, int BatchMax = 1, Mix? Mix = null, params IReadOnlyList<Health> Utilities);

    /// <summary>Brings a new database to the hub's version.</summary>
    public static async Task MigrateAsync(Database database)
    {
        var settings = new Dictionary<string, string> { ["Hub__Database"] = database.ConnectionString };
        await Child.RunAsync(Assembly, settings, "migrate");
    }

    /// <param name="admin">Where databases may be created.</param>
    /// <param name="options">What to run.</param>
    /// <param name="filled">A database that is migrated and has a past; null: a fresh one.</param>
    /// <exception cref="NotStartedException">The hub did not take the settings; the message is what it said.</exception>
    public static async Task<Pipeline> StartAsync(string admin, Options options, Database? filled = null)
    {
        var database = filled ?? await Database.CreateAsync(admin);
        var health = options.Utilities is { Count: > 0 } given ? given : [Health.Well];
        var traffic = new Traffic(options.Mix ?? Mix.Usual, health.Count);
        List<Receiver> receivers = [.. health.Select(one => new Receiver(traffic, one))];
        var processes = new List<Child>();
        var folder = Directory.CreateDirectory(Path.Combine(Leftovers.Folder, Guid.NewGuid().ToString("N"))).FullName;
        try
        {
            var packs = Directory.CreateDirectory(Path.Combine(folder, "packs")).FullName;
            await File.WriteAllTextAsync(Path.Combine(packs, "bench.yaml"), Pack(health.Count));
            var ports = Enumerable.Range(0, options.Nodes).Select(_ => Child.FreePort()).ToList();
            var environments = new List<Dictionary<string, string>>();
            foreach (var port in ports)
            {
                var file = Path.Combine(folder, $"{port}.json");
                await File.WriteAllTextAsync(file, Settings(database.ConnectionString, port, packs, options, receivers));
                environments.Add(new() { ["HUB_SETTINGS"] = file });
            }

            await MigrateAsync(database);
            var key = await Child.RunAsync(Assembly, environments[0], "keys", "create", "--partner", "bench", "--direction", "publish", "--source", Source);
            foreach (var (port, environment) in ports.Zip(environments))
            {
                processes.Add(Child.Start(Assembly, environment, "serve"));
                await processes[^1].ReadyAsync(new Uri($"http://127.0.0.1:{port}/readyz"));
            }

            var metrics = new Uri($"http://127.0.0.1:{ports[0]}/metrics");
            var counted = Enumerable.Range(0, health.Count).Where(index => health[index] == Health.Well).ToHashSet();
            // What is parked already stays so.
            var before = await OpenAsync(metrics, counted);
            return new(
                options.Name, traffic, database, processes, receivers, [.. ports.Select(port => new Target(port, "/api/v1/events", key))],
                async () => await OpenAsync(metrics, counted) - before)
            {
                Counted = counted.Contains,
            };
        }
        catch
        {
            foreach (var process in processes)
                await process.DisposeAsync();
            receivers.ForEach(receiver => receiver.Dispose());
            await database.DisposeAsync();
            throw;
        }
    }

    public static string ReceiverName(int index) => string.Create(CultureInfo.InvariantCulture, $"utility-{index}");

    /// <summary>A command of the hub's own command line, on the pipeline's database.</summary>
    /// <returns>What it printed.</returns>
    public static Task<string> CommandAsync(Pipeline pipeline, params string[] arguments) =>
        Child.RunAsync(Assembly, new Dictionary<string, string> { ["Hub__Database"] = pipeline.Database.ConnectionString, ["Hub__BodyKeys__0"] = BodyKey }, arguments);

    private static string Settings(string database, int port, string packs, Options options, List<Receiver> receivers) => JsonSerializer.Serialize(new
    {
        Hub = new
        {
            Database = database,
            BodyKeys = new[] { BodyKey },
            Url = $"http://127.0.0.1:{port}",
            SitePacks = packs,
            Connectors = receivers.Select((receiver, index) =>
            {
                var connector = new Dictionary<string, object>
                {
                    ["Name"] = ReceiverName(index),
                    ["Kind"] = "webhook",
                    ["Address"] = $"http://127.0.0.1:{receiver.Port}/",
                    ["Secret"] = $"whsec_{Convert.ToBase64String(new byte[32])}",
                };
                // One utility for all the traffic of a city is given more than a setting's default; ten share it and have the default.
                if (receivers.Count == 1)
                    (connector["Workers"], connector["QueueLimit"]) = (32, 4096);
                // Left out unless asked for: a hub without it would not start.
                if (options.BatchMax > 1)
                    connector["BatchMax"] = options.BatchMax;
                return connector;
            }).ToList(),
        },
    });

    private static string Pack(int receivers) => $$"""
        id: bench
        version: "2026.1"
        title: { zh: 基准测试, en: Benchmark }
        valid_from: 2026-01-01
        extends: shanxi
        document: { short: B1, title: 基准测试, number: 基准〔2026〕1号, date: 2026-01-01 }
        regions: ["1402"]
        operators:
        {{string.Concat(Enumerable.Range(0, receivers).Select(index => $$"""
          - id: {{ReceiverName(index)}}
            title: { zh: 基准{{index}}, en: Benchmark {{index}} }
            utility: power
            serves: ["{{ProjectCodes.Region(index)}}"]
            source: hub default
            note: { zh: 基准测试。, en: Benchmark. }

        """))}}
        first_contact:
          limit_working_days: 3
          warn_before_working_days: 1
          source: hub default
          note: { zh: 基准测试。, en: Benchmark. }
        """;

    private static async Task<double> OpenAsync(Uri metrics, HashSet<int> counted)
    {
        using var http = new HttpClient();
        var text = await http.GetStringAsync(metrics);
        return text.Split('\n')
            .Where(line => line.StartsWith("hub_deliveries_waiting{", StringComparison.Ordinal) && counted.Any(index => line.Contains($"\"{ReceiverName(index)}\"", StringComparison.Ordinal)))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }
}
