using Npgsql;

namespace Hub.Journeys;

/// <summary>A database of a test's own: empty when it begins, gone when it ends.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly string server;
    private readonly string name = $"journey_{Guid.CreateVersion7():N}";

    private TestDatabase(string server) => this.server = server;

    public string ConnectionString => new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;

    /// <param name="server">Connection string of a user who may create databases; null: the one <c>./test</c> gives.</param>
    /// <param name="tablespace">Where its files lie; null: where the server keeps them.</param>
    public static async Task<TestDatabase> CreateAsync(string? server = null, string? tablespace = null)
    {
        var database = new TestDatabase(server ?? Environment.GetEnvironmentVariable("HUB_TEST_DATABASE")
            ?? throw new InvalidOperationException("HUB_TEST_DATABASE is not set; start the tests with ./test."));
        await database.OnServerAsync($"CREATE DATABASE {database.name}{(tablespace is null ? "" : $" TABLESPACE {tablespace}")}");
        return database;
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false });
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync() => await OnServerAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)");

    private async Task OnServerAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server) { Pooling = false });
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
