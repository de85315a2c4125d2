using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>Something that keeps one receiver from being served, for one class of reasons.</summary>
internal sealed record Incident(
    long Id, short Connector, string Receiver, string Class, DateTime OpenedAt, DateTime SeenAt, DateTime? ClosedAt, string Reason, int Affected, int Most, DateTime? OldestAt,
    DateTime? DueAt, string? Owner);

/// <summary>A line of an incident's history; by null: the hub itself.</summary>
internal sealed record IncidentNote(DateTime At, string Kind, string? By, string Text);

/// <summary>What the ledger knows about what waits for one receiver for one reason.</summary>
/// <param name="OldestAt">When the oldest of it was recorded.</param>
/// <param name="DueAt">The earliest deadline of a case among them; null: none has one.</param>
internal sealed record WaitFact(short Connector, string Receiver, string Reason, int Count, int Parked, int AttemptsMax, DateTime OldestAt, DateTime? DueAt);

/// <summary>One class of reasons at one receiver, as it now stands.</summary>
internal sealed record IncidentFact(short Connector, string Class, string Reason, int Affected, DateTime? OldestAt, DateTime? DueAt);

/// <summary>Incidents: opened once for a receiver and a class, kept up to date, closed once. Whichever node looks first writes.</summary>
internal sealed class Incidents(NpgsqlDataSource database)
{
    private const string Select = """
        SELECT i.incident_id AS Id, i.connector_no AS Connector, n.name AS Receiver, i.class AS Class, i.opened_at AS OpenedAt, i.seen_at AS SeenAt, i.closed_at AS ClosedAt,
               i.reason AS Reason, i.affected AS Affected, i.most AS Most, i.oldest_at AS OldestAt, i.due_at AS DueAt, i.owner AS Owner
          FROM incidents i
          JOIN connectors n ON n.no = i.connector_no
        """;

    // By legal harm: what is due first, then what concerns more.
    private const string OpenSql = Select + """

         WHERE i.closed_at IS NULL AND (@partner::text IS NULL OR n.name = @partner)
         ORDER BY i.due_at NULLS LAST, i.affected DESC, i.incident_id
        """;

    private const string ClosedSql = Select + """

         WHERE i.closed_at IS NOT NULL AND (@partner::text IS NULL OR n.name = @partner)
         ORDER BY i.closed_at DESC
         LIMIT @limit
        """;

    private const string OneSql = Select + " WHERE i.incident_id = @id AND (@partner::text IS NULL OR n.name = @partner)";

    private const string NotesSql = "SELECT at AS At, kind AS Kind, by AS By, text AS Text FROM incident_notes WHERE incident_id = @id ORDER BY note_id DESC LIMIT 200";

    private const string FactsSql = """
        SELECT w.connector_no AS Connector, n.name AS Receiver, w.reason AS Reason, count(*)::integer AS Count, (count(*) FILTER (WHERE w.state = 'parked'))::integer AS Parked,
               max(w.attempts) AS AttemptsMax, min(d.recorded_at) AS OldestAt, min(c.deadline_at) AS DueAt
          FROM waits w
          JOIN connectors n ON n.no = w.connector_no
          JOIN cases c ON c.case_id = w.case_id
          JOIN deliveries d ON d.case_id = w.case_id AND d.connector_no = w.connector_no AND d.lane_seq = w.lane_seq
         WHERE w.state IN ('waiting', 'parked')
         GROUP BY w.connector_no, n.name, w.reason
        """;

    // Keys of receivers that end soon and have no successor.
    private const string EndingKeysSql = """
        SELECT n.no AS Connector, n.name AS Receiver, max(k.expires_at) AS ExpiresAt
          FROM connectors n
          JOIN api_keys k ON k.partner = n.name AND k.revoked_at IS NULL
         GROUP BY n.no, n.name
        HAVING bool_and(k.expires_at IS NOT NULL) AND max(k.expires_at) < @until
        """;

    private const string SeeSql = """
        INSERT INTO incidents AS i (connector_no, class, opened_at, seen_at, reason, affected, most, oldest_at, due_at)
        VALUES (@connector, @class, @now, @now, @reason, @affected, @affected, @oldestAt, @dueAt)
        ON CONFLICT (connector_no, class) WHERE closed_at IS NULL DO UPDATE
           SET seen_at = @now, reason = EXCLUDED.reason, affected = EXCLUDED.affected, most = GREATEST(i.most, EXCLUDED.affected), oldest_at = EXCLUDED.oldest_at, due_at = EXCLUDED.due_at
        RETURNING incident_id AS Id, opened_at AS OpenedAt, most AS Most
        """;

    private const string CloseSql = """
        UPDATE incidents
           SET closed_at = @now, affected = 0
         WHERE incident_id = @id AND closed_at IS NULL AND seen_at <= @quiet
        """;

    private const string OwnSql = "UPDATE incidents SET owner = @by WHERE incident_id = @id AND closed_at IS NULL";

    private const string NoteSql = "INSERT INTO incident_notes (incident_id, at, kind, by, text) VALUES (@id, @now, @kind, @by, @text)";

    /// <summary>Open ones, those with the greatest legal harm first.</summary>
    public async Task<IReadOnlyList<Incident>> OpenAsync(string? partner)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<Incident>(OpenSql, new { partner })];
    }

    public async Task<IReadOnlyList<Incident>> ClosedAsync(string? partner, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<Incident>(ClosedSql, new { partner, limit })];
    }

    public async Task<Incident?> FindAsync(long id, string? partner)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<Incident>(OneSql, new { id, partner });
    }

    public async Task<IReadOnlyList<IncidentNote>> NotesAsync(long id)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<IncidentNote>(NotesSql, new { id })];
    }

    public async Task<IReadOnlyList<WaitFact>> FactsAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<WaitFact>(FactsSql)];
    }

    public async Task<IReadOnlyList<(short Connector, string Receiver, DateTime ExpiresAt)>> EndingKeysAsync(DateTimeOffset until)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<(short, string, DateTime)>(EndingKeysSql, new { until })];
    }

    /// <summary>Opens the incident, or brings it up to date.</summary>
    public async Task SeeAsync(IncidentFact fact, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var (id, openedAt, _) = await connection.QuerySingleAsync<(long Id, DateTime OpenedAt, int Most)>(
            SeeSql, new { fact.Connector, fact.Class, now, fact.Reason, fact.Affected, fact.OldestAt, fact.DueAt });

        // The database keeps microseconds.
        if ((now.UtcDateTime - openedAt).Duration() < TimeSpan.FromMilliseconds(1))
            await connection.ExecuteAsync(NoteSql, new { id, now, kind = "opened", by = (string?)null, text = fact.Reason });
        await transaction.CommitAsync();
    }

    /// <summary>Closes the incident, unless somebody saw its cause after <paramref name="quiet"/>.</summary>
    public async Task CloseAsync(long id, DateTimeOffset now, DateTimeOffset quiet)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteAsync(CloseSql, new { id, now, quiet }) == 1)
            await connection.ExecuteAsync(NoteSql, new { id, now, kind = "closed", by = (string?)null, text = "" });
        await transaction.CommitAsync();
    }

    /// <summary>Somebody takes it on; on record in the exchange log too.</summary>
    /// <returns>False when it is closed.</returns>
    public async Task<bool> OwnAsync(long id, string by, string requestId, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteAsync(OwnSql, new { id, by }) == 0)
            return false;
        await connection.ExecuteAsync(NoteSql, new { id, now, kind = "owned", by, text = "" });
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(LogEntry.OperatorActed, "hub", Guid.CreateVersion7(now), $"act OwnIncident\nincident {id}\nby {by}\nreason \nrequest {requestId}"));
        await transaction.CommitAsync();
        return true;
    }

    /// <summary>Adds a person's note. The log has its digest only: a note may name anybody.</summary>
    public async Task NoteAsync(long id, string by, string text, string requestId, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(NoteSql, new { id, now, kind = "note", by, text });
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
            LogEntry.OperatorActed, "hub", Guid.CreateVersion7(now), $"act NoteIncident\nincident {id}\nby {by}\nreason sha-256 {digest}\nrequest {requestId}"));
        await transaction.CommitAsync();
    }
}
