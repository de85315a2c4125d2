using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;

namespace Hub.Benchmarks;

/// <summary>What the machine can do at all: one row of 1 KiB, one durable commit each, 32 clients. pgbench where there is one, else the same with Npgsql.</summary>
internal sealed class InsertLimit : IAsyncDisposable
{
    private const int Clients = 32;
    private const int Threads = 2;
    private const string TableSql = "CREATE TABLE bench_limit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, content bytea NOT NULL)";

    private readonly Database database;
    private readonly string script = Path.Combine(Leftovers.Folder, "insert.sql");
    private readonly byte[] content = new byte[1024];

    private InsertLimit(Database database)
    {
        this.database = database;
        Random.Shared.NextBytes(content);
        Pgbench = Environment.GetEnvironmentVariable("HUB_BENCH_PGBENCH") is { Length: > 0 } path ? path : null;
    }

    /// <summary>The program; null when Npgsql does it.</summary>
    public string? Pgbench { get; }

    public string Method => Pgbench is null ? "Npgsql" : "pgbench";

    public static async Task<InsertLimit> StartAsync(string admin)
    {
        var limit = new InsertLimit(await Database.CreateAsync(admin));
        await limit.database.RunAsync(TableSql);
        await File.WriteAllTextAsync(limit.script, $"INSERT INTO bench_limit (content) VALUES ('\\x{Convert.ToHexStringLower(limit.content)}'::bytea);\n", new UTF8Encoding(false));
        return limit;
    }

    /// <summary>Inserts a second.</summary>
    public async Task<double> RunAsync(int seconds)
    {
        await database.CheckpointAsync();
        return Pgbench is null ? await NpgsqlAsync(TimeSpan.FromSeconds(seconds)) : await PgbenchAsync(Pgbench, seconds);
    }

    public async ValueTask DisposeAsync()
    {
        File.Delete(script);
        await database.DisposeAsync();
    }

    private async Task<double> PgbenchAsync(string program, int seconds)
    {
        var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])[
            "-n", "-M", "prepared", "-c", Text(Clients), "-j", Text(Threads), "-T", Text(seconds), "-f", script,
            "-h", connection.Host!, "-p", Text(connection.Port), "-U", connection.Username!, connection.Database!])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["PGPASSWORD"] = connection.Password ?? "";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return Figures.PgbenchRate(output) ?? throw new BrokenRunException($"pgbench: {output}{await errors}");
    }

    private async Task<double> NpgsqlAsync(TimeSpan length)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxPoolSize = Clients, MaxAutoPrepare = 2, AutoPrepareMinUsages = 1 }.ConnectionString);
        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var insert = new NpgsqlCommand("INSERT INTO bench_limit (content) VALUES ($1)", connection) { Parameters = { new() { Value = content } } };
            var count = 0;
            for (; clock.Elapsed < length; count++)
                await insert.ExecuteNonQueryAsync();
            return count;
        })));
        return counts.Sum() / clock.Elapsed.TotalSeconds;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
