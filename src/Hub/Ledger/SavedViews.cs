using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>A list's filters under a name.</summary>
/// <param name="Query">The part of the address that says them.</param>
/// <param name="Shared">Shown to everybody who sees the same data as its owner.</param>
internal sealed record SavedView(long Id, string Owner, string Name, string Query, bool Shared);

/// <summary>Views that operators keep of the list of deliveries.</summary>
internal sealed class SavedViews(NpgsqlDataSource database)
{
    public const int NameMax = 40;

    /// <summary>Views of one operator at most.</summary>
    public const int ViewsMax = 50;

    private const string OfSql = """
        SELECT v.view_id AS Id, v.owner AS Owner, v.name AS Name, v.query AS Query, v.shared AS Shared
          FROM saved_views v
          JOIN operators o ON o.name = v.owner
         WHERE v.owner = @owner OR (v.shared AND o.partner IS NOT DISTINCT FROM @partner)
         ORDER BY v.owner <> @owner, v.name, v.view_id
         LIMIT 200
        """;

    // The same name again is the same view with other filters.
    private const string SaveSql = """
        INSERT INTO saved_views (owner, name, query, shared, created_at)
        SELECT @owner, @name, @query, @shared, @now
         WHERE (SELECT count(*) FROM saved_views WHERE owner = @owner AND name <> @name) < @ViewsMax
        ON CONFLICT (owner, name) DO UPDATE
           SET query = EXCLUDED.query, shared = EXCLUDED.shared
        """;

    private const string DeleteSql = "DELETE FROM saved_views WHERE view_id = @id AND owner = @owner RETURNING name";

    /// <summary>An operator's own views, then those that others share.</summary>
    public async Task<IReadOnlyList<SavedView>> OfAsync(string owner, string? partner)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<SavedView>(OfSql, new { owner, partner })];
    }

    /// <returns>False when the operator has as many as may be.</returns>
    public async Task<bool> SaveAsync(string owner, string name, string query, bool shared, string requestId, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteAsync(SaveSql, new { owner, name, query, shared, now, ViewsMax }) == 0)
            return false;
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(LogEntry.OperatorActed, "hub", Guid.CreateVersion7(now), $"act SaveView\nview {name}\nshared {(shared ? "yes" : "no")}\nby {owner}\nreason \nrequest {requestId}"));
        await transaction.CommitAsync();
        return true;
    }

    /// <returns>False when the operator has no such view.</returns>
    public async Task<bool> DeleteAsync(long id, string owner, string requestId, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteScalarAsync<string?>(DeleteSql, new { id, owner }) is not { } name)
            return false;
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(LogEntry.OperatorActed, "hub", Guid.CreateVersion7(now), $"act DeleteView\nview {name}\nby {owner}\nreason \nrequest {requestId}"));
        await transaction.CommitAsync();
        return true;
    }
}
