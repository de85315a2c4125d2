using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>One version of a connector that was made in the console.</summary>
/// <param name="Settings">JSON with every secret; sealed where it is stored, and shown to nobody.</param>
/// <param name="Changes">What differs from the version before, one line each, secrets only as "changed".</param>
/// <param name="ApprovalId">The permission it needed; null: none.</param>
/// <param name="RestoredFrom">The version whose settings it brought back; null: it brought none back.</param>
/// <param name="Proof">How the receiver showed that it wants our calls: <c>options</c> or <c>code</c>; null: it has not.</param>
internal sealed record ConnectorVersion(
    long Id, string Connector, int Version, bool Enabled, string Settings, string Changes, string MadeBy, string Reason, DateTime MadeAt, string? ApprovedBy, long? ApprovalId, int? RestoredFrom, string? Proof,
    DateTime? ProvenAt);

/// <summary>A node and the newest version it works with.</summary>
internal sealed record NodeSeen(int Node, long Seen);

/// <summary>Connectors as versions; a version is added and never changed, and each is an entry of the exchange log.</summary>
internal sealed class ConnectorVersions(NpgsqlDataSource database, TimeProvider time, BodyCipher bodies)
{
    private const string Select = """
        SELECT version_id AS Id, connector AS Connector, version AS Version, enabled AS Enabled, settings AS Settings, changes AS Changes, made_by AS MadeBy, reason AS Reason, made_at AS MadeAt,
               approved_by AS ApprovedBy, approval_id AS ApprovalId, restored_from AS RestoredFrom, proof AS Proof, proven_at AS ProvenAt
          FROM connector_versions
        """;

    private const string OfSql = Select + " WHERE connector = @connector ORDER BY version DESC";

    private const string NewestSql = Select + """
         WHERE version_id IN (SELECT DISTINCT ON (connector) version_id FROM connector_versions ORDER BY connector, version DESC)
         ORDER BY connector
        """;

    private const string LastSql = "SELECT COALESCE(max(version_id), 0) FROM connector_versions";

    private const string EnabledSql = """
        SELECT connector
          FROM (SELECT DISTINCT ON (connector) connector, enabled FROM connector_versions ORDER BY connector, version DESC) AS newest
         WHERE enabled
        """;

    // One after another: a node that has seen number 7 must never find a 6 later, and of two people who change the same version one is told.
    private const string LockSql = "LOCK TABLE connector_versions IN EXCLUSIVE MODE";

    private const string InsertSql = """
        INSERT INTO connector_versions (connector, version, enabled, settings, changes, made_by, reason, made_at, approved_by, approval_id, restored_from, proof, proven_at)
        SELECT @Connector, @Version, @Enabled, @sealedSettings, @Changes, @MadeBy, @Reason, @now, @ApprovedBy, @ApprovalId, @RestoredFrom, @Proof, @ProvenAt
         WHERE @Version = (SELECT COALESCE(max(version), 0) + 1 FROM connector_versions WHERE connector = @Connector)
           AND NOT EXISTS (SELECT 1 FROM connector_versions WHERE approval_id = @ApprovalId)
        """;

    private const string NodesSql = "SELECT node_id AS Node, connectors_seen AS Seen FROM nodes WHERE alive_until > @now ORDER BY node_id";

    private const string SeenSql = "UPDATE nodes SET connectors_seen = @seen WHERE node_id = @node";

    private const string DraftSql = "SELECT content FROM connector_drafts WHERE draft_id = @id AND made_by = @by";

    private const string KeepDraftSql = """
        INSERT INTO connector_drafts (draft_id, made_by, content, changed_at)
        VALUES (@id, @by, @content, @now)
        ON CONFLICT (draft_id) DO UPDATE SET content = @content, changed_at = @now
         WHERE connector_drafts.made_by = @by
        """;

    private const string DropDraftSql = "DELETE FROM connector_drafts WHERE draft_id = @id OR changed_at < @before";

    /// <summary>Every version of one connector, the newest first.</summary>
    public async Task<IReadOnlyList<ConnectorVersion>> OfAsync(string connector)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. (await connection.QueryAsync<ConnectorVersion>(OfSql, new { connector })).Select(Opened)];
    }

    /// <summary>The newest version of every connector, enabled or not.</summary>
    public async Task<IReadOnlyList<ConnectorVersion>> NewestAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. (await connection.QueryAsync<ConnectorVersion>(NewestSql)).Select(Opened)];
    }

    /// <summary>Number of the newest version of all; 0 when there is none.</summary>
    public async Task<long> LastAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>(LastSql);
    }

    /// <summary>Names of those that are enabled.</summary>
    public async Task<IReadOnlyList<string>> EnabledAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<string>(EnabledSql)];
    }

    /// <returns>False when somebody else has made that version meanwhile, or the permission was used before.</returns>
    public async Task<bool> AddAsync(ConnectorVersion version, string requestId)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(LockSql);
        var added = await connection.ExecuteAsync(InsertSql, new
        {
            version.Connector, version.Version, version.Enabled, sealedSettings = bodies.SealText(version.Settings), version.Changes, version.MadeBy, version.Reason, now, version.ApprovedBy,
            version.ApprovalId, version.RestoredFrom, version.Proof, version.ProvenAt,
        });
        if (added == 0)
            return false;
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
            LogEntry.OperatorActed, "hub", Guid.CreateVersion7(now),
            $"act ChangeConnector\nconnector {version.Connector}\nversion {version.Version}\nenabled {(version.Enabled ? "yes" : "no")}\nby {version.MadeBy}{(version.ApprovedBy is { } second ? $", approved by {second}" : "")}\nreason {version.Reason}\nrequest {requestId}\n{version.Changes}".TrimEnd('\n')));
        await transaction.CommitAsync();
        return true;
    }

    /// <summary>The nodes that live, and what each works with.</summary>
    public async Task<IReadOnlyList<NodeSeen>> NodesAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<NodeSeen>(NodesSql, new { now = time.GetUtcNow() })];
    }

    public async Task SeenAsync(int node, long seen)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(SeenSql, new { node, seen });
    }

    /// <summary>What this person has typed so far; null when there is no such draft of theirs.</summary>
    public async Task<string?> DraftAsync(Guid id, string by)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<string>(DraftSql, new { id, by }) is { } stored ? bodies.OpenText(stored) : null;
    }

    public async Task KeepDraftAsync(Guid id, string by, string content)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(KeepDraftSql, new { id, by, content = bodies.SealText(content), now = time.GetUtcNow() });
    }

    /// <summary>Forgets a draft, and those that nobody has touched for a week.</summary>
    public async Task DropDraftAsync(Guid id)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(DropDraftSql, new { id, before = time.GetUtcNow().AddDays(-7) });
    }

    private ConnectorVersion Opened(ConnectorVersion stored) => stored with { Settings = bodies.OpenText(stored.Settings) };
}
