using Dapper;
using Hub.Ledger;
using Npgsql;
using Xunit;

namespace Hub.Tests.Ledger;

/// <summary>A database of its own for one test, gone afterwards.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private const string Variable = "HUB_TEST_DATABASE";

    private readonly string administrator;
    private readonly string name;

    private TestDatabase(string administrator, string name)
    {
        this.administrator = administrator;
        this.name = name;
        ConnectionString = new NpgsqlConnectionStringBuilder(administrator) { Database = name }.ConnectionString;
        Source = NpgsqlDataSource.Create(ConnectionString);
    }

    /// <summary>The tests' ledgers are sealed as a site's are.</summary>
    public static BodyCipher Bodies { get; } = BodyCipher.Of([Convert.ToBase64String(new byte[32])]);

    public string ConnectionString { get; }

    public NpgsqlDataSource Source { get; }

    public static async Task<TestDatabase> CreateAsync(bool migrated = true)
    {
        var connection = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(connection))
            Assert.Fail($"{Variable} is not set: it names a PostgreSQL whose user may create databases. ./test starts one and sets it.");
        var database = new TestDatabase(connection, $"hub_{Guid.NewGuid():N}");
        await database.AdministerAsync($"CREATE DATABASE {database.name}");
        if (migrated)
            await Migrator.MigrateAsync(database.Source, TimeProvider.System, TestContext.Current.CancellationToken);
        return database;
    }

    public async Task ExecuteAsync(string sql, object? parameters = null)
    {
        await using var connection = await Source.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }

    public async Task<T?> ReadAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Source.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<T>(sql, parameters);
    }

    public async Task<IReadOnlyList<T>> ReadAllAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await AdministerAsync($"DROP DATABASE {name} WITH (FORCE)");
    }

    private async Task AdministerAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(administrator);
        await connection.OpenAsync();
        await connection.ExecuteAsync(sql);
    }
}
