using System.Reflection;
using System.Security.Cryptography;
using Npgsql;

namespace Hub.Ledger;

/// <summary>Brings a database to the newest migration. Forward only; each file once, in order, in its own transaction.</summary>
internal static class Migrator
{
    private const long LockNumber = 0x4855_425F_4D49_4752; // "HUB_MIGR"

    // Several nodes may start together: one migrates, the others wait for it.
    private const string LockSql = "SELECT pg_advisory_lock(@number)";

    private const string TableSql = """
        CREATE TABLE IF NOT EXISTS migrations (
            name       text PRIMARY KEY,
            digest     text NOT NULL,
            applied_at timestamptz NOT NULL
        )
        """;

    private const string AppliedSql = "SELECT name, digest FROM migrations";

    private const string RecordSql = "INSERT INTO migrations (name, digest, applied_at) VALUES (@name, @digest, @at)";

    /// <summary>Applies what is missing.</summary>
    /// <returns>The names applied now.</returns>
    /// <exception cref="InvalidOperationException">A file that was applied before has changed since, or the database is newer than this program.</exception>
    public static async Task<IReadOnlyList<string>> MigrateAsync(NpgsqlDataSource database, TimeProvider time, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await ExecuteAsync(connection, LockSql, cancellation, ("number", LockNumber));
        try
        {
            await ExecuteAsync(connection, TableSql, cancellation);
            var applied = await AppliedAsync(connection, cancellation);
            var files = Files();
            if (applied.Keys.Except(files.Select(file => file.Name)).FirstOrDefault() is { } newer)
                throw new InvalidOperationException($"The database has migration {newer}, which this version of Hub does not know: start the newer version.");

            var done = new List<string>();
            foreach (var (name, sql, digest) in files)
            {
                if (applied.TryGetValue(name, out var before))
                {
                    if (before != digest)
                        throw new InvalidOperationException($"Migration {name} was applied in another form: a migration is never edited, write a new one.");
                    continue;
                }

                await using var transaction = await connection.BeginTransactionAsync(cancellation);
                await ExecuteAsync(connection, sql, cancellation);
                await ExecuteAsync(connection, RecordSql, cancellation, ("name", name), ("digest", digest), ("at", time.GetUtcNow()));
                await transaction.CommitAsync(cancellation);
                done.Add(name);
            }

            return done;
        }
        finally
        {
            await ExecuteAsync(connection, "SELECT pg_advisory_unlock(@number)", CancellationToken.None, ("number", LockNumber));
        }
    }

    /// <summary>True when nothing is left to apply.</summary>
    public static async Task<bool> IsCurrentAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        try
        {
            var applied = await AppliedAsync(connection, cancellation);
            return Files().All(file => applied.ContainsKey(file.Name));
        }
        catch (PostgresException missing) when (missing.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return false;
        }
    }

    /// <summary>Drops everything Hub owns: <c>migrate --fresh</c> and tests.</summary>
    public static async Task DropAllAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var schema = (string?)await ScalarAsync(connection, "SELECT current_schema()", cancellation) ?? "public";
        await ExecuteAsync(connection, $"DROP SCHEMA \"{schema}\" CASCADE; CREATE SCHEMA \"{schema}\"", cancellation);
    }

    private static IReadOnlyList<(string Name, string Sql, string Digest)> Files()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                var sql = reader.ReadToEnd();
                var parts = name.Split('.');
                return (parts[^2], sql, Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(sql))));
            })];
    }

    private static async Task<Dictionary<string, string>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var applied = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand(AppliedSql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            applied.Add(reader.GetString(0), reader.GetString(1));
        return applied;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation, params (string Name, object Value)[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellation);
    }
}
