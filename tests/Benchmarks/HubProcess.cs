using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Npgsql;

namespace Hub.Benchmarks;

internal sealed record Sample(double CpuMs, double MemoryMb, double Inputs, double Batches);

/// <summary>A real hub in a process of its own, on a fresh database, with one partner that says yes to everything.</summary>
internal sealed class HubProcess : IAsyncDisposable
{
    private readonly Process hub;
    private readonly WebApplication partner;
    private readonly string admin;
    private readonly string databaseName;
    private readonly HttpClient http = new();

    private HubProcess(Process process, WebApplication sink, string admin, string name, string database, int port, string key)
    {
        (hub, partner, this.admin, databaseName) = (process, sink, admin, name);
        (Database, Port, Key) = (database, port, key);
    }

    public string Database { get; }
    public int Port { get; }
    public string Key { get; }

    public static async Task<HubProcess> StartAsync(string admin)
    {
        var name = $"hub_bench_{Guid.NewGuid():N}"[..24];
        await ExecuteAsync(admin, $"CREATE DATABASE {name}");
        var database = new NpgsqlConnectionStringBuilder(admin) { Database = name }.ConnectionString;
        var (sink, sinkPort) = await StartSinkAsync();
        var port = FreePort();
        var settings = Path.Combine(Path.GetTempPath(), $"{name}.json");
        await File.WriteAllTextAsync(settings, JsonSerializer.Serialize(new
        {
            Hub = new
            {
                Database = database,
                Url = $"http://127.0.0.1:{port}",
                Connectors = new[]
                {
                    new
                    {
                        Name = "sgcc-linfen", Kind = "webhook", Address = $"http://127.0.0.1:{sinkPort}/", Secret = $"whsec_{Convert.ToBase64String(new byte[32])}",
                        Workers = 32, QueueLimit = 4096,
                    },
                },
            },
        }));
        await RunAsync(settings, "migrate");
        var key = (await RunAsync(settings, "keys", "create", "--partner", "bench", "--direction", "publish", "--source", "urn:hub:bench")).Trim();
        var process = Process.Start(Command(settings, "serve"))!;
        process.BeginOutputReadLine();
        var started = new HubProcess(process, sink, admin, name, database, port, key);
        for (var i = 0; i < 300 && !process.HasExited; i++)
        {
            try
            {
                if ((await started.http.GetAsync(new Uri($"http://127.0.0.1:{port}/readyz"))).IsSuccessStatusCode)
                    return started;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        throw new InvalidOperationException("The hub did not become ready.");
    }

    public async Task<Sample> SampleAsync()
    {
        hub.Refresh();
        var metrics = await MetricsAsync();
        return new(hub.TotalProcessorTime.TotalMilliseconds, hub.WorkingSet64 / 1048576.0, metrics.GetValueOrDefault("hub_inputs_total"), metrics.GetValueOrDefault("hub_batches_total"));
    }

    /// <returns>Seconds until nothing was open any more.</returns>
    public async Task<double> DrainAsync()
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromMinutes(5))
        {
            var open = (await MetricsAsync()).Where(pair => pair.Key.StartsWith("hub_deliveries_waiting", StringComparison.Ordinal)).Sum(pair => pair.Value);
            if (open == 0)
                return clock.Elapsed.TotalSeconds;
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }

        throw new InvalidOperationException("Deliveries are still open after five minutes.");
    }

    public async ValueTask DisposeAsync()
    {
        hub.Kill(entireProcessTree: true);
        await hub.WaitForExitAsync();
        hub.Dispose();
        await partner.DisposeAsync();
        http.Dispose();
        NpgsqlConnection.ClearAllPools();
        await ExecuteAsync(admin, $"DROP DATABASE {databaseName} WITH (FORCE)");
    }

    private async Task<Dictionary<string, double>> MetricsAsync()
    {
        var text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{Port}/metrics"));
        return text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => (Line: line, Space: line.LastIndexOf(' ')))
            .ToDictionary(line => line.Line[..line.Space], line => double.Parse(line.Line[(line.Space + 1)..], CultureInfo.InvariantCulture), StringComparer.Ordinal);
    }

    private static async Task<(WebApplication Sink, int Port)> StartSinkAsync()
    {
        var port = FreePort();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Logging.ClearProviders();
        var sink = builder.Build();
        sink.Run(async http =>
        {
            await http.Request.Body.CopyToAsync(Stream.Null);
            http.Response.StatusCode = 204;
        });
        await sink.StartAsync();
        return (sink, port);
    }

    private static ProcessStartInfo Command(string settings, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "..", "src", "Hub", "bin", "Release", "net10.0", "Hub.dll")));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["HUB_SETTINGS"] = settings;
        return start;
    }

    private static async Task<string> RunAsync(string settings, params string[] arguments)
    {
        using var command = Process.Start(Command(settings, arguments))!;
        var output = await command.StandardOutput.ReadToEndAsync();
        await command.WaitForExitAsync();
        return command.ExitCode == 0 ? output : throw new InvalidOperationException($"Hub {arguments[0]} failed.");
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
