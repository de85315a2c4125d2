using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>What of a publisher was not taken, for one reason.</summary>
/// <param name="Code">Of the problem it was answered with.</param>
/// <param name="Error">Code of the field's error; empty: the whole request.</param>
/// <param name="Pointer">JSON Pointer; empty: the whole.</param>
internal sealed record RefusalRow(string Partner, string Code, string Error, string Pointer, long Times, DateTime FirstAt, DateTime LastAt);

/// <summary>Refused requests by publisher and reason: counts and times, no content.</summary>
internal sealed class Refusals(NpgsqlDataSource database)
{
    /// <summary>Different reasons kept of one publisher; beyond them only those known already are counted.</summary>
    public const int KindsMax = 200;

    private const string AddSql = """
        INSERT INTO refusals AS r (partner, code, error, pointer, times, first_at, last_at)
        SELECT @partner, @code, @error, @pointer, @times, @now, @now
         WHERE (SELECT count(*) FROM refusals WHERE partner = @partner) < @KindsMax
            OR EXISTS (SELECT 1 FROM refusals WHERE partner = @partner AND code = @code AND error = @error AND pointer = @pointer)
            ON CONFLICT (partner, code, error, pointer) DO UPDATE
           SET times = r.times + EXCLUDED.times, last_at = EXCLUDED.last_at
        """;

    private const string OfSql = """
        SELECT partner AS Partner, code AS Code, error AS Error, pointer AS Pointer, times AS Times, first_at AS FirstAt, last_at AS LastAt
          FROM refusals
         WHERE partner = @partner
         ORDER BY last_at DESC, code, error, pointer
         LIMIT @limit
        """;

    public async Task AddAsync(IEnumerable<(string Partner, string Code, string Error, string Pointer, long Times)> refused, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();

        // In one order on every node, so that two of them never wait for one another.
        foreach (var one in refused.OrderBy(one => $"{one.Partner} {one.Code} {one.Error} {one.Pointer}", StringComparer.Ordinal))
            await connection.ExecuteAsync(AddSql, new { one.Partner, one.Code, one.Error, one.Pointer, one.Times, now, KindsMax });
        await transaction.CommitAsync();
    }

    /// <summary>Those of a publisher, the latest first.</summary>
    public async Task<IReadOnlyList<RefusalRow>> OfAsync(string partner, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<RefusalRow>(OfSql, new { partner, limit })];
    }
}
