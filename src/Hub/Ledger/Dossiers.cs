using System.Text;
using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>A case as it now stands.</summary>
internal sealed record CaseView(string Type, string Key, string State);

/// <summary>One entry <c>data.disclosed</c> of the exchange log.</summary>
internal sealed record DisclosureRow(long Seq, DateTime At, string Partner, byte[] Hash, byte[]? Content)
{
    /// <summary>Its lines by name; empty when retention took the content.</summary>
    public IReadOnlyDictionary<string, string> Lines => Content is null
        ? new Dictionary<string, string>()
        : Encoding.UTF8.GetString(Content).Split('\n').Select(line => line.Split(' ', 2)).ToDictionary(line => line[0], line => line.ElementAtOrDefault(1) ?? "", StringComparer.Ordinal);
}

/// <summary>What the licence side reads beside the engine: a case's state, and who saw whose data.</summary>
internal sealed class Dossiers(NpgsqlDataSource database, BodyCipher bodies)
{
    private const string CaseSql = "SELECT type AS Type, key AS Key, state AS State FROM cases WHERE key_hash = @keyHash";

    private const string DisclosuresSql = """
        SELECT seq AS Seq, at AS At, partner AS Partner, hash AS Hash, content AS Content
          FROM exchange_log
         WHERE kind = 'data.disclosed' AND ref = @holder AND (@receiver::text IS NULL OR partner = @receiver) AND seq < @before
         ORDER BY seq DESC
         LIMIT @limit
        """;

    private const string RecentSql = """
        SELECT seq AS Seq, at AS At, partner AS Partner, hash AS Hash, content AS Content
          FROM exchange_log
         WHERE kind = 'data.disclosed'
         ORDER BY seq DESC
         LIMIT @limit
        """;

    public async Task<CaseView?> CaseAsync(Guid keyHash)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<CaseView>(CaseSql, new { keyHash }) is { } found ? found with { State = bodies.OpenText(found.State) } : null;
    }

    /// <summary>Everything a holder's licences were read for, newest first; that it was asked for is on record too.</summary>
    /// <param name="holder">First 16 bytes of the holder's keyed hash.</param>
    /// <param name="receiver">Only what this partner saw; null: everything.</param>
    /// <param name="before">Only entries before this one.</param>
    /// <param name="limit">Entries at most.</param>
    /// <param name="by">Who asks: a key's id, or a person's name.</param>
    /// <param name="now">When.</param>
    public async Task<IReadOnlyList<DisclosureRow>> DisclosuresAsync(Guid holder, string? receiver, long before, int limit, string by, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var rows = (await connection.QueryAsync<DisclosureRow>(DisclosuresSql, new { holder, receiver, before, limit })).ToList();
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(LogEntry.DisclosuresRead, receiver ?? "hub", holder, $"by {by}\nreceiver {receiver ?? "all"}\nentries {rows.Count}"));
        await transaction.CommitAsync();
        return rows;
    }

    /// <summary>The last disclosures, for the page.</summary>
    public async Task<IReadOnlyList<DisclosureRow>> RecentAsync(int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<DisclosureRow>(RecentSql, new { limit })];
    }
}
