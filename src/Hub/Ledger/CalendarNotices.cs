using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>A working calendar that two people put in force.</summary>
/// <param name="Pin">Id and version, such as <c>cn@2027.1</c>.</param>
/// <param name="Content">The file as it was proposed (YAML).</param>
internal sealed record CalendarNoticeRow(long Id, string Pin, string Content);

/// <summary>Calendars put in force from the console: in the database, so that every node has them.</summary>
internal sealed class CalendarNotices(NpgsqlDataSource database)
{
    private const string AllSql = "SELECT notice_id AS Id, pin AS Pin, content AS Content FROM calendar_notices ORDER BY notice_id";

    private const string LastSql = "SELECT COALESCE(max(notice_id), 0) FROM calendar_notices";

    private const string AddSql = """
        INSERT INTO calendar_notices (pin, content, approved_at)
        VALUES (@pin, @content, @now)
        ON CONFLICT (pin) DO NOTHING
        """;

    public async Task<IReadOnlyList<CalendarNoticeRow>> AllAsync(CancellationToken cancellation = default)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<CalendarNoticeRow>(AllSql)];
    }

    /// <summary>Number of the newest; 0 when there is none.</summary>
    public async Task<long> LastAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<long>(LastSql);
    }

    /// <summary>Keeps it, with its entry in the log.</summary>
    /// <returns>False when a calendar of this id and version is kept already.</returns>
    public async Task<bool> AddAsync(string pin, string content, string by, string reason, string requestId, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteAsync(AddSql, new { pin, content, now }) == 0)
            return false;
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
            LogEntry.OperatorActed, "hub", Guid.CreateVersion7(now), $"act PutCalendar\ncalendar {pin}\nsha256 {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}\nby {by}\nreason {reason}\nrequest {requestId}"));
        await transaction.CommitAsync();
        return true;
    }
}
