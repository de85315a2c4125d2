using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>A ledger's case.</summary>
internal sealed record LedgerRow(long CaseId, string Key, string State);

/// <summary>Reads the ledgers (工作台账), for the watch, people and partners.</summary>
internal sealed class Ledgers(NpgsqlDataSource database, BodyCipher bodies)
{
    private const string KeysSql = "SELECT key FROM cases WHERE type = 'ledger_report'";

    private const string ListSql = """
        SELECT case_id AS CaseId, key AS Key, state AS State
          FROM cases
         WHERE type = 'ledger_report' AND case_id < @before
         ORDER BY case_id DESC
         LIMIT @limit
        """;

    private const string OneSql = "SELECT case_id AS CaseId, key AS Key, state AS State FROM cases WHERE key_hash = @keyHash";

    public async Task<IReadOnlyCollection<string>> KeysAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<string>(new CommandDefinition(KeysSql, cancellationToken: cancellation))];
    }

    /// <summary>The newest first.</summary>
    /// <param name="before">Only those before this case; <see cref="long.MaxValue"/>: from the newest.</param>
    /// <param name="limit">At most so many.</param>
    public async Task<IReadOnlyList<LedgerRow>> ListAsync(long before, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. (await connection.QueryAsync<LedgerRow>(ListSql, new { before, limit })).Select(Opened)];
    }

    public async Task<LedgerRow?> FindAsync(string key)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<LedgerRow>(OneSql, new { keyHash = CaseKey.Hash("ledger_report", key) }) is { } row ? Opened(row) : null;
    }

    private LedgerRow Opened(LedgerRow row) => row with { State = bodies.OpenText(row.State) };
}
