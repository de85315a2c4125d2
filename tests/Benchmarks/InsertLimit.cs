using System.Diagnostics;
using Npgsql;

namespace Hub.Benchmarks;

/// <summary>What the machine can do at all: one row of 1 KiB, one durable commit each, so many clients (pgbench's shape, with Npgsql).</summary>
internal static class InsertLimit
{
    public static async Task<double> RunAsync(string database, int clients, TimeSpan limit)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { MaxPoolSize = clients, MaxAutoPrepare = 2, AutoPrepareMinUsages = 1 }.ConnectionString);
        await using (var create = source.CreateCommand("CREATE TABLE IF NOT EXISTS bench_limit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, content bytea NOT NULL)"))
            await create.ExecuteNonQueryAsync();
        var content = new byte[1024];
        Random.Shared.NextBytes(content);
        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var insert = new NpgsqlCommand("INSERT INTO bench_limit (content) VALUES ($1)", connection) { Parameters = { new() { Value = content } } };
            var count = 0;
            for (; clock.Elapsed < limit; count++)
                await insert.ExecuteNonQueryAsync();
            return count;
        })));
        return counts.Sum() / clock.Elapsed.TotalSeconds;
    }
}
