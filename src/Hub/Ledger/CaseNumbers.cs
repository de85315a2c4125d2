using Dapper;
using Hub.Schemas;
using Npgsql;

namespace Hub.Ledger;

/// <summary>A case found by one of its numbers.</summary>
internal sealed record NumberedCase(long CaseId, string Type, string Key, string State, bool Closed, string? Policy);

/// <summary>Finds cases by business numbers, and reads the event a case's state names.</summary>
internal sealed class CaseNumbers(NpgsqlDataSource database, BodyCipher bodies)
{
    private const string FindSql = """
        SELECT c.case_id AS CaseId, c.type AS Type, c.key AS Key, c.state AS State, c.closed AS Closed, c.policy AS Policy
          FROM case_numbers n
          JOIN cases c ON c.case_id = n.case_id
         WHERE n.number = @number AND c.type = @type
         ORDER BY c.case_id DESC
         LIMIT @limit
        """;

    private const string ByKeySql = "SELECT case_id AS CaseId, type AS Type, key AS Key, state AS State, closed AS Closed, policy AS Policy FROM cases WHERE key_hash = @keyHash";

    private const string DataSql = "SELECT content AS Content, data_start AS DataStart, data_length AS DataLength FROM events WHERE event_id = @eventId AND content IS NOT NULL";

    /// <summary>What a number is stored as.</summary>
    public static Guid Digest(string kind, string number) => CaseKey.Digest(kind, number);

    /// <summary>Cases of one type that have this number, the latest first.</summary>
    public async Task<IReadOnlyList<NumberedCase>> FindAsync(string kind, string number, string type, int limit, CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var found = await connection.QueryAsync<NumberedCase>(FindSql, new { number = Digest(kind, number), type, limit });
        return [.. found.Select(Opened)];
    }

    public async Task<NumberedCase?> ByKeyAsync(string type, string key, CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<NumberedCase>(ByKeySql, new { keyHash = CaseKey.Hash(type, key) }) is { } found ? Opened(found) : null;
    }

    /// <summary>The data of an event, as received; null when retention took it.</summary>
    public async Task<ReadOnlyMemory<byte>?> DataAsync(Guid eventId, CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<StoredData>(DataSql, new { eventId }) is { } row ? bodies.Open(row.Content).AsMemory(row.DataStart, row.DataLength) : null;
    }

    private NumberedCase Opened(NumberedCase row) => row with { State = bodies.OpenText(row.State) };

    private sealed record StoredData(byte[] Content, int DataStart, int DataLength);
}
