using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>A run of the certification kit against one receiver.</summary>
/// <param name="EndedAt">Null while it goes on.</param>
/// <param name="Report">As far as it has come, JSON; null before the first check.</param>
internal sealed record CertificationRow(long Id, string Receiver, string By, DateTime BeganAt, DateTime ChangedAt, DateTime? EndedAt, bool Passed, string? Report);

/// <summary>Runs of the certification kit that were started from the console. Beginning and end are entries of the log.</summary>
internal sealed class Certifications(NpgsqlDataSource database)
{
    /// <summary>A run that has not moved for so long died with its node.</summary>
    public static readonly TimeSpan Stale = TimeSpan.FromMinutes(5);

    private const string Select = """
        SELECT c.certification_id AS Id, n.name AS Receiver, c.by AS By, c.began_at AS BeganAt, c.changed_at AS ChangedAt, c.ended_at AS EndedAt, c.passed AS Passed, c.report AS Report
          FROM certifications c
          JOIN connectors n ON n.no = c.connector_no
        """;

    private const string BuryAllSql = "UPDATE certifications SET ended_at = changed_at WHERE ended_at IS NULL AND changed_at < @stale";

    private const string BeginSql = """
        INSERT INTO certifications (connector_no, by, began_at, changed_at)
        SELECT no, @by, @now, @now
          FROM connectors
         WHERE name = @receiver
            ON CONFLICT DO NOTHING
        RETURNING certification_id
        """;

    private const string MoveSql = "UPDATE certifications SET report = @report, changed_at = @now WHERE certification_id = @id AND ended_at IS NULL";

    private const string EndSql = "UPDATE certifications SET report = @report, passed = @passed, changed_at = @now, ended_at = @now WHERE certification_id = @id AND ended_at IS NULL";

    private const string OneSql = Select + " WHERE c.certification_id = @id AND n.name = @receiver";

    private const string RecentSql = Select + """

         WHERE n.name = @receiver
         ORDER BY c.certification_id DESC
         LIMIT @limit
        """;

    /// <returns>The run's number; null while another one goes on.</returns>
    public async Task<long?> BeginAsync(string receiver, string by, string reason, string requestId, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(BuryAllSql, new { stale = now - Stale });
        if (await connection.ExecuteScalarAsync<long?>(BeginSql, new { receiver, by, now }) is not { } id)
            return null;
        await NoteAsync(connection, now, $"act Certify\nconnector {receiver}\nby {by}\nreason {reason}\nrequest {requestId}");
        await transaction.CommitAsync();
        return id;
    }

    public async Task MoveAsync(long id, string report, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(MoveSql, new { id, report, now });
    }

    /// <summary>The end, with the report's digest in the log: what is handed in later can be compared with it.</summary>
    public async Task EndAsync(CertificationRow row, string report, bool passed, string digest, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteAsync(EndSql, new { id = row.Id, report, passed, now }) == 0)
            return;
        await NoteAsync(connection, now, $"act Certified\nconnector {row.Receiver}\nby {row.By}\nreason {(passed ? "passed" : "not passed")}, sha-256 {digest}");
        await transaction.CommitAsync();
    }

    public async Task<CertificationRow?> FindAsync(long id, string receiver)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<CertificationRow>(OneSql, new { id, receiver });
    }

    /// <summary>Those of a receiver, the newest first.</summary>
    public async Task<IReadOnlyList<CertificationRow>> RecentAsync(string receiver, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<CertificationRow>(RecentSql, new { receiver, limit })];
    }

    private static Task NoteAsync(NpgsqlConnection connection, DateTimeOffset now, string text) =>
        ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(LogEntry.OperatorActed, "hub", Guid.CreateVersion7(now), text));
}
