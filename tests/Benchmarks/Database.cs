using System.Globalization;
using Npgsql;

namespace Hub.Benchmarks;

/// <summary>A fresh database in the cluster the run was given; dropped at the end.</summary>
internal sealed class Database : IAsyncDisposable
{
    private static int count;

    private readonly string admin;
    private readonly string databaseName;

    private Database(string admin, string name)
    {
        (this.admin, databaseName) = (admin, name);
        ConnectionString = new NpgsqlConnectionStringBuilder(admin) { Database = name, Pooling = true }.ConnectionString;
        Source = NpgsqlDataSource.Create(ConnectionString);
    }

    public string ConnectionString { get; }

    public NpgsqlDataSource Source { get; }

    /// <param name="admin">Where databases may be created.</param>
    /// <param name="name">Null: one that no other run has.</param>
    public static async Task<Database> CreateAsync(string admin, string? name = null)
    {
        name ??= string.Create(CultureInfo.InvariantCulture, $"bench_{Environment.ProcessId}_{Interlocked.Increment(ref count)}");
        await RunAsync(admin, $"CREATE DATABASE {name}");
        return new(admin, name);
    }

    /// <summary>One that was created before.</summary>
    public static Database Open(string admin, string name) => new(admin, name);

    /// <summary>Lets go of it and keeps it.</summary>
    public ValueTask CloseAsync() => Source.DisposeAsync();

    public static async Task<bool> ExistsAsync(string admin, string name)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(admin) { Pooling = false }.ConnectionString);
        await using var command = source.CreateCommand("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)");
        command.Parameters.Add(new() { Value = name });
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    public async Task RunAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    public async Task<long> NumberAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        command.CommandTimeout = 0;
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>Every measured stretch begins as far from a checkpoint as every other.</summary>
    public Task CheckpointAsync() => RunAsync("CHECKPOINT");

    public Task<long> DeadlocksAsync() => NumberAsync("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");

    public Task<long> BytesAsync() => NumberAsync("SELECT pg_database_size(current_database())");

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await RunAsync(admin, $"DROP DATABASE IF EXISTS {databaseName} WITH (FORCE)");
    }

    private static async Task RunAsync(string admin, string sql)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(admin) { Pooling = false }.ConnectionString);
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }
}
