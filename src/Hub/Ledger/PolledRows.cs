using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>A row of a polled platform that was refused, without its content.</summary>
internal sealed record RefusedRecord(DateTime At, string RecordId, string Error);

/// <summary>What the polls of platforms look up and keep beside the engine: cursors, rows known already, rows refused.</summary>
internal sealed class PolledRows(NpgsqlDataSource database, BodyCipher bodies)
{
    private const string StateSql = "SELECT state FROM cases WHERE key_hash = @keyHash";

    private const string KnownSql = """
        SELECT e.source_id
          FROM unnest(@ids, @identities) AS k (id, identity)
          JOIN events e ON e.identity = k.identity
        """;

    // A row read again, by this node or another, is kept once.
    private const string KeepSql = """
        INSERT INTO quarantine (at, partner, reference, error, content, record_id)
        VALUES (@at, @partner, @reference, @error, @content, @recordId)
        ON CONFLICT (partner, reference) WHERE record_id IS NOT NULL DO NOTHING
        """;

    private const string RefusedSql = """
        SELECT at AS At, record_id AS RecordId, error AS Error
          FROM quarantine
         WHERE partner = @partner AND record_id IS NOT NULL
         ORDER BY quarantine_id DESC
         LIMIT @limit
        """;

    private const string RefusedCountSql = "SELECT count(*) FROM quarantine WHERE partner = @partner AND record_id IS NOT NULL";

    /// <summary>The state of one publisher's case, JSON; null before its first page.</summary>
    public async Task<string?> StateAsync(Guid keyHash)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<string?>(StateSql, new { keyHash });
    }

    /// <summary>Which of these names are events already. A refused row is not known: the platform may have answered wrongly for a moment.</summary>
    public async Task<IReadOnlySet<string>> KnownAsync(string source, IReadOnlyCollection<string> ids)
    {
        await using var connection = await database.OpenConnectionAsync();
        var known = await connection.QueryAsync<string>(KnownSql, new { ids = ids.ToArray(), identities = ids.Select(id => CaseKey.Digest(source, id)).ToArray() });
        return known.ToHashSet(StringComparer.Ordinal);
    }

    /// <returns>False when it is kept already.</returns>
    public async Task<bool> KeepAsync(DateTimeOffset at, string partner, string recordId, Guid reference, string error, byte[] content)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteAsync(KeepSql, new { at, partner, recordId, reference, error, content = bodies.Seal(content) }) == 1;
    }

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<RefusedRecord>> RefusedAsync(string partner, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<RefusedRecord>(RefusedSql, new { partner, limit })];
    }

    public async Task<long> RefusedCountAsync(string partner)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>(RefusedCountSql, new { partner });
    }
}
