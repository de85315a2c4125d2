using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>Something one person asks for and another one has to allow.</summary>
/// <param name="Kind">What is to be done; see <c>Console/TwoPersons</c>.</param>
/// <param name="Subject">To what: the id of a delivery, the number of a bulk job.</param>
/// <param name="Granted">Null while nobody has decided.</param>
internal sealed record ApprovalRequest(
    long Id, string Kind, string Subject, string Reason, string RequestedBy, DateTime RequestedAt, string? DecidedBy, DateTime? DecidedAt, bool? Granted, string? Note);

/// <summary>Requests and decisions, each an entry of the exchange log. That the two persons differ is a constraint of the table.</summary>
internal sealed class ApprovalRequests(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>How long a permission may be used.</summary>
    public static readonly TimeSpan PermissionLasts = TimeSpan.FromDays(3);

    private const string Select = """
        SELECT approval_id AS Id, kind AS Kind, subject AS Subject, reason AS Reason, requested_by AS RequestedBy, requested_at AS RequestedAt, decided_by AS DecidedBy,
               decided_at AS DecidedAt, granted AS Granted, note AS Note
          FROM approvals
        """;

    private const string OpenSql = Select + " WHERE decided_at IS NULL ORDER BY approval_id LIMIT 500";

    private const string DecidedSql = Select + " WHERE decided_at IS NOT NULL ORDER BY decided_at DESC LIMIT @limit";

    private const string OneSql = Select + " WHERE approval_id = @id";

    private const string OpenForSql = Select + " WHERE kind = @kind AND subject = @subject AND decided_at IS NULL";

    // Granted to the one who asked, not long ago, and not used yet.
    private const string PermissionSql = Select + """
         WHERE kind = @kind AND subject = @subject AND requested_by = @by AND granted AND decided_at > @since
           AND NOT EXISTS (SELECT 1 FROM connector_versions v WHERE v.approval_id = approvals.approval_id)
           AND NOT EXISTS (SELECT 1 FROM api_keys k WHERE k.approval_id = approvals.approval_id)
         ORDER BY approval_id DESC
         LIMIT 1
        """;

    private const string AskSql = """
        INSERT INTO approvals (kind, subject, reason, requested_by, requested_at)
        VALUES (@kind, @subject, @reason, @by, @now)
        ON CONFLICT (kind, subject) WHERE decided_at IS NULL DO NOTHING
        RETURNING approval_id
        """;

    private const string DecideSql = """
        UPDATE approvals
           SET decided_by = @by, decided_at = @now, granted = @granted, note = @note
         WHERE approval_id = @id AND decided_at IS NULL AND requested_by <> @by
        """;

    public async Task<IReadOnlyList<ApprovalRequest>> OpenAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<ApprovalRequest>(OpenSql)];
    }

    public async Task<IReadOnlyList<ApprovalRequest>> DecidedAsync(int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<ApprovalRequest>(DecidedSql, new { limit })];
    }

    public async Task<ApprovalRequest?> FindAsync(long id)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<ApprovalRequest>(OneSql, new { id });
    }

    public async Task<ApprovalRequest?> OpenForAsync(string kind, string subject)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<ApprovalRequest>(OpenForSql, new { kind, subject });
    }

    /// <summary>What this person was allowed and has not done yet; null: nothing.</summary>
    public async Task<ApprovalRequest?> PermissionAsync(string kind, string subject, string by)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<ApprovalRequest>(PermissionSql, new { kind, subject, by, since = time.GetUtcNow() - PermissionLasts });
    }

    /// <returns>False when the same is asked for already.</returns>
    public async Task<bool> AskAsync(string kind, string subject, string reason, string by, string requestId)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteScalarAsync<long?>(AskSql, new { kind, subject, reason, by, now }) is not { } id)
            return false;
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
            LogEntry.OperatorActed, "hub", Reference(subject, now), $"act AskApproval\napproval {id}\nkind {kind}\nsubject {subject}\nby {by}\nreason {reason}\nrequest {requestId}"));
        await transaction.CommitAsync();
        return true;
    }

    /// <returns>False when it was decided before, or was asked for by the same person.</returns>
    public async Task<bool> DecideAsync(ApprovalRequest asked, bool granted, string note, string by, string requestId)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteAsync(DecideSql, new { asked.Id, by, now, granted, note }) == 0)
            return false;
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
            LogEntry.OperatorActed, "hub", Reference(asked.Subject, now),
            $"act {(granted ? "Approve" : "Decline")}\napproval {asked.Id}\nkind {asked.Kind}\nsubject {asked.Subject}\nby {by}\nreason {note}\nrequest {requestId}"));
        await transaction.CommitAsync();
        return true;
    }

    // An entry about a delivery is found from the delivery.
    private static Guid Reference(string subject, DateTimeOffset now) => Guid.TryParse(subject, out var delivery) ? delivery : Guid.CreateVersion7(now);
}
