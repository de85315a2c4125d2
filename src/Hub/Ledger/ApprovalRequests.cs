using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>Something one person asks for and another one has to allow.</summary>
/// <param name="Kind">What is to be done; see <c>Console/TwoPersons</c>.</param>
/// <param name="Subject">To what: the id of a delivery, the number of a bulk job.</param>
/// <param name="Granted">Null while nobody has decided.</param>
/// <param name="Content">What exactly is to be done; null: the subject says all, or it was decided.</param>
/// <param name="Effect">What became of what was allowed: <see cref="Done"/>, else why it was not; null: not known.</param>
internal sealed record ApprovalRequest(
    long Id, string Kind, string Subject, string Reason, string RequestedBy, DateTime RequestedAt, string? DecidedBy, DateTime? DecidedAt, bool? Granted, string? Note, byte[]? Content, string? Effect)
{
    public const string Done = "done";

    /// <summary>An older request is decided no more: what it was about has moved on.</summary>
    public static readonly TimeSpan ValidFor = TimeSpan.FromDays(7);
}

/// <summary>Requests, decisions and what came of them, each an entry of the exchange log. That the two persons differ is a constraint of the table.</summary>
internal sealed class ApprovalRequests(NpgsqlDataSource database, TimeProvider time, BodyCipher bodies)
{
    /// <summary>How long a permission may be used.</summary>
    public static readonly TimeSpan PermissionLasts = TimeSpan.FromDays(3);

    private const string Select = """
        SELECT approval_id AS Id, kind AS Kind, subject AS Subject, reason AS Reason, requested_by AS RequestedBy, requested_at AS RequestedAt, decided_by AS DecidedBy,
               decided_at AS DecidedAt, granted AS Granted, note AS Note, content AS Content, effect AS Effect
          FROM approvals
        """;

    private const string OpenSql = Select + " WHERE decided_at IS NULL ORDER BY approval_id LIMIT 500";

    private const string CountSql = "SELECT count(*) FROM approvals WHERE decided_at IS NULL";

    private const string DecidedSql = Select + " WHERE decided_at IS NOT NULL ORDER BY decided_at DESC LIMIT @limit";

    private const string OneSql = Select + " WHERE approval_id = @id";

    private const string OpenForSql = Select + " WHERE kind = ANY(@kinds) AND subject = @subject AND decided_at IS NULL";

    // Granted to the one who asked, not long ago, and not used yet.
    private const string PermissionSql = Select + """
         WHERE kind = @kind AND subject = @subject AND requested_by = @by AND granted AND decided_at > @since
           AND NOT EXISTS (SELECT 1 FROM connector_versions v WHERE v.approval_id = approvals.approval_id)
           AND NOT EXISTS (SELECT 1 FROM api_keys k WHERE k.approval_id = approvals.approval_id)
         ORDER BY approval_id DESC
         LIMIT 1
        """;

    private const string AskSql = """
        INSERT INTO approvals (kind, subject, reason, requested_by, requested_at, content)
        VALUES (@kind, @subject, @reason, @by, @now, @content)
        ON CONFLICT (kind, subject) WHERE decided_at IS NULL DO NOTHING
        RETURNING approval_id
        """;

    private const string DecideSql = """
        UPDATE approvals
           SET decided_by = @by, decided_at = @now, granted = @granted, note = @note, content = CASE WHEN @granted THEN content END
         WHERE approval_id = @id AND decided_at IS NULL AND requested_by <> @by
        """;

    private const string FinishSql = "UPDATE approvals SET effect = @effect, content = NULL WHERE approval_id = @id";

    public async Task<IReadOnlyList<ApprovalRequest>> OpenAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. (await connection.QueryAsync<ApprovalRequest>(OpenSql)).Select(Opened)];
    }

    public async Task<int> CountAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>(CountSql);
    }

    public async Task<IReadOnlyList<ApprovalRequest>> DecidedAsync(int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<ApprovalRequest>(DecidedSql, new { limit })];
    }

    public async Task<ApprovalRequest?> FindAsync(long id)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<ApprovalRequest>(OneSql, new { id }) is { } found ? Opened(found) : null;
    }

    public async Task<IReadOnlyList<ApprovalRequest>> OpenForAsync(string[] kinds, string subject)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. (await connection.QueryAsync<ApprovalRequest>(OpenForSql, new { kinds, subject })).Select(Opened)];
    }

    /// <summary>What this person was allowed and has not done yet; null: nothing.</summary>
    public async Task<ApprovalRequest?> PermissionAsync(string kind, string subject, string by)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<ApprovalRequest>(PermissionSql, new { kind, subject, by, since = time.GetUtcNow() - PermissionLasts }) is { } found ? Opened(found) : null;
    }

    /// <param name="content">What exactly is to be done, kept sealed until it is decided; its digest is in the log. Null: the subject says all.</param>
    /// <returns>False when the same is asked for already.</returns>
    public async Task<bool> AskAsync(string kind, string subject, string reason, string by, string requestId, byte[]? content = null)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteScalarAsync<long?>(AskSql, new { kind, subject, reason, by, now, content = content is null ? null : bodies.Seal(content) }) is not { } id)
            return false;
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
            LogEntry.OperatorActed, "hub", Reference(subject, now), $"act AskApproval\napproval {id}\nkind {kind}\nsubject {subject}{(content is null ? "" : $"\ncontent-sha256 {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content))}")}\nby {by}\nreason {reason}\nrequest {requestId}"));
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

    /// <summary>Keeps what came of what was allowed.</summary>
    /// <param name="refusal">Why it was not done; null: it was.</param>
    public async Task FinishAsync(ApprovalRequest asked, string? refusal, string by, string requestId)
    {
        var now = time.GetUtcNow();
        var effect = refusal ?? ApprovalRequest.Done;
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(FinishSql, new { asked.Id, effect });
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
            LogEntry.OperatorActed, "hub", Reference(asked.Subject, now), $"act CarryOut\napproval {asked.Id}\nkind {asked.Kind}\nsubject {asked.Subject}\nby {by}\nreason {effect}\nrequest {requestId}"));
        await transaction.CommitAsync();
    }

    private ApprovalRequest Opened(ApprovalRequest row) => row with { Content = row.Content is null ? null : bodies.Open(row.Content) };

    // An entry about a delivery is found from the delivery.
    private static Guid Reference(string subject, DateTimeOffset now) => Guid.TryParse(subject, out var delivery) ? delivery : Guid.CreateVersion7(now);
}
