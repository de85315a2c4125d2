using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>A partner's key as stored: never the secret, only its hash.</summary>
internal sealed record ApiKey
{
    public const string Publish = "publish";
    public const string Receive = "receive";

    public string KeyId { get; init; } = "";
    public string Partner { get; init; } = "";
    public string Direction { get; init; } = "";
    public byte[] SecretHash { get; init; } = [];

    /// <summary>CloudEvents sources it may publish as.</summary>
    public string[] Sources { get; init; } = [];

    /// <summary>Event types or prefixes ending in <c>*</c>; empty: all.</summary>
    public string[] Types { get; init; } = [];

    /// <summary>Prefixes of GB/T 2260 codes; empty: all.</summary>
    public string[] Regions { get; init; } = [];
    public string? LegalBasis { get; init; }
    public DateTime CreatedAt { get; init; }
    public DateTime? ExpiresAt { get; init; }
    public DateTime? RevokedAt { get; init; }

    /// <summary>To a few minutes; null: never since this is noted.</summary>
    public DateTime? LastUsedAt { get; init; }

    /// <param name="type">An event type; a scope may end in <c>*</c>.</param>
    public bool AllowsType(string type) => Types.Length == 0 || Types.Any(scope =>
        scope.EndsWith('*') ? type.StartsWith(scope[..^1], StringComparison.Ordinal) : scope == type);

    /// <param name="region">Six digits; a scope is a prefix of them.</param>
    public bool AllowsRegion(string region) => Regions.Length == 0 || Regions.Any(prefix => region.StartsWith(prefix, StringComparison.Ordinal));

    public bool IsValidAt(DateTimeOffset now) => RevokedAt is null && (ExpiresAt is null || ExpiresAt > now.UtcDateTime);
}

/// <summary>Keys: made and revoked by command, each change in the exchange log.</summary>
internal sealed class ApiKeys(NpgsqlDataSource database, TimeProvider time)
{
    private const string InsertSql = """
        INSERT INTO api_keys (key_id, partner, direction, secret_hash, sources, types, regions, legal_basis, created_at, expires_at)
        VALUES (@keyId, @partner, @direction, @secretHash, @sources, @types, @regions, @legalBasis, @now, @expiresAt)
        """;

    private const string RevokeSql = "UPDATE api_keys SET revoked_at = @now WHERE key_id = @keyId AND revoked_at IS NULL RETURNING partner";

    private const string ListSql = """
        SELECT key_id AS KeyId, partner AS Partner, direction AS Direction, secret_hash AS SecretHash, sources AS Sources, types AS Types,
               regions AS Regions, legal_basis AS LegalBasis, created_at AS CreatedAt, expires_at AS ExpiresAt, revoked_at AS RevokedAt, last_used_at AS LastUsedAt
          FROM api_keys
         ORDER BY created_at, key_id
        """;

    // Two clicks at once are one after another, and the second finds the permission used.
    private const string LockSql = "SELECT partner FROM api_keys WHERE key_id = @keyId AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > @now) FOR UPDATE";

    private const string SucceedSql = """
        INSERT INTO api_keys (key_id, partner, direction, secret_hash, sources, types, regions, legal_basis, created_at, expires_at, approval_id)
        SELECT @fresh, partner, direction, @secretHash, sources, types, regions, legal_basis, @now, @now + (expires_at - created_at), @approval
          FROM api_keys
         WHERE key_id = @keyId AND NOT EXISTS (SELECT 1 FROM api_keys WHERE approval_id = @approval)
        """;

    private const string EndSql = "UPDATE api_keys SET expires_at = LEAST(expires_at, @until) WHERE key_id = @keyId";

    /// <summary>Makes a key with the same rights, as long valid as the one before was; that one goes on until <paramref name="until"/> at the longest.</summary>
    /// <returns>The whole key, shown once; null when the old one is not in force, or the permission was used.</returns>
    public async Task<string?> SucceedAsync(string keyId, long approval, DateTimeOffset until, string by, string approvedBy, string reason, string requestId)
    {
        var fresh = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteScalarAsync<string>(LockSql, new { keyId, now }) is not { } partner
            || await connection.ExecuteAsync(SucceedSql, new { fresh, secretHash = HashSecret(secret), now, approval, keyId }) == 0)
        {
            return null;
        }

        await connection.ExecuteAsync(EndSql, new { keyId, until });
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
            LogEntry.KeyChanged, "hub", Guid.CreateVersion7(now),
            $"changed {keyId} to {fresh}\npartner {partner}\nuntil {until:O}\nby {by}, approved by {approvedBy}\nreason {reason}\nrequest {requestId}"));
        await transaction.CommitAsync();
        return $"hk_{fresh}_{secret}";
    }

    private const string UsedSql = "UPDATE api_keys SET last_used_at = GREATEST(last_used_at, @now) WHERE key_id = ANY(@keyIds)";

    public static byte[] HashSecret(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <returns>The whole key, shown once: <c>hk_&lt;keyId&gt;_&lt;secret&gt;</c>.</returns>
    public async Task<string> CreateAsync(
        string partner, string direction, string[] sources, string[] types, string[] regions, string? legalBasis, int? days, CancellationToken cancellation)
    {
        var keyId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        // 32 random bytes cannot be guessed, so a fast hash is enough; a slow one would only slow every request.
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(InsertSql, new
        {
            keyId, partner, direction, secretHash = HashSecret(secret), sources, types, regions, legalBasis, now,
            expiresAt = days is { } valid ? now.AddDays(valid) : (DateTimeOffset?)null,
        });
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(LogEntry.KeyChanged, "hub", Guid.CreateVersion7(now), $"created {keyId}\npartner {partner}\ndirection {direction}"));
        await transaction.CommitAsync(cancellation);
        return $"hk_{keyId}_{secret}";
    }

    /// <returns>False when there is no such key in force.</returns>
    public async Task<bool> RevokeAsync(string keyId, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await connection.ExecuteScalarAsync<string>(RevokeSql, new { keyId, now }) is not { } partner)
            return false;
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(LogEntry.KeyChanged, "hub", Guid.CreateVersion7(now), $"revoked {keyId}\npartner {partner}"));
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>These were used up to now.</summary>
    public async Task UsedAsync(string[] keyIds, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(UsedSql, new { keyIds, now }, cancellationToken: cancellation));
    }

    public async Task<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<ApiKey>(ListSql)];
    }
}
