using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Dapper;
using Microsoft.AspNetCore.Identity;
using Npgsql;

namespace Hub.Ledger;

/// <summary>What an operator may do. A role says what it adds; everybody who is signed in may look.</summary>
internal static class Roles
{
    /// <summary>Looks, with personal data masked.</summary>
    public const string Viewer = "viewer";

    /// <summary>Acts on deliveries, connectors and incidents.</summary>
    public const string Operator = "operator";

    /// <summary>Allows what another person asked for.</summary>
    public const string Approver = "approver";

    /// <summary>Sees personal data unmasked (each time on record) and the operators' sessions.</summary>
    public const string SecurityOfficer = "security_officer";

    /// <summary>Reads and exports the exchange log.</summary>
    public const string Auditor = "auditor";

    public static IReadOnlyList<string> All { get; } = [Viewer, Operator, Approver, SecurityOfficer, Auditor];
}

/// <summary>A person who uses the console.</summary>
internal sealed record HubOperator
{
    /// <summary>What is typed at sign-in and stands in the log.</summary>
    public string Name { get; init; } = "";

    /// <summary>How people call them.</summary>
    public string Title { get; init; } = "";
    public string[] Roles { get; init; } = [];

    /// <summary>The partner they belong to, whose data alone they see; null: hub staff.</summary>
    public string? Partner { get; init; }
    public string PasswordHash { get; init; } = "";

    /// <summary>Sealed; null: no second factor.</summary>
    public byte[]? TotpSecret { get; init; }
    public long TotpStep { get; init; }
    public int Failures { get; init; }
    public DateTime? LockedUntil { get; init; }
    public bool Disabled { get; init; }
    public DateTime CreatedAt { get; init; }

    public bool Has(string role) => Roles.Contains(role);

    /// <summary>Whose second factor, once set up, only an administrator takes away.</summary>
    public bool KeepsTotp => Has(Ledger.Roles.Approver) || Has(Ledger.Roles.SecurityOfficer);
}

/// <summary>One browser that is signed in.</summary>
internal sealed record OperatorSession(byte[] TokenHash, string Operator, string Client, DateTime CreatedAt, DateTime SeenAt, DateTime ExpiresAt)
{
    /// <summary>Names it to people; opens nothing.</summary>
    public string Id => Convert.ToHexStringLower(TokenHash.AsSpan(0, 8));
}

/// <summary>What became of a try to sign in.</summary>
/// <param name="Verdict">See <see cref="SignInVerdict"/>.</param>
/// <param name="Token">What the browser keeps; only when <see cref="SignInVerdict.Welcome"/>.</param>
/// <param name="LockedUntil">Only when <see cref="SignInVerdict.Locked"/>.</param>
internal sealed record SignInResult(SignInVerdict Verdict, string? Token = null, DateTimeOffset? LockedUntil = null);

internal enum SignInVerdict
{
    Welcome,

    /// <summary>Name, password or code is wrong; which one is not told.</summary>
    Wrong,

    /// <summary>The password was right; a code is asked for.</summary>
    CodeNeeded,

    Locked,
}

/// <summary>Operators and their sessions; every change and every sign-in is an entry of the exchange log.</summary>
internal sealed partial class Operators(NpgsqlDataSource database, TimeProvider time, BodyCipher bodies)
{
    public const int TriesMax = 5;
    public const int PasswordMin = 10;

    public static readonly TimeSpan LockedFor = TimeSpan.FromMinutes(15);

    // Long enough for a shift, short enough for a forgotten browser.
    public static readonly TimeSpan SessionMax = TimeSpan.FromHours(12);
    public static readonly TimeSpan IdleMax = TimeSpan.FromHours(1);

    // A session's last use is only written down when it is this old.
    private static readonly TimeSpan SeenGrid = TimeSpan.FromMinutes(1);

    private const string Select = """
        SELECT name AS Name, title AS Title, roles AS Roles, partner AS Partner, password_hash AS PasswordHash, totp_secret AS TotpSecret, totp_step AS TotpStep,
               failures AS Failures, locked_until AS LockedUntil, disabled AS Disabled, created_at AS CreatedAt
          FROM operators
        """;

    private const string OneSql = Select + " WHERE name = @name";

    // Tries at the same name are counted one after another: five at once are five.
    private const string LockRowSql = OneSql + " FOR UPDATE";

    private const string AllSql = Select + " ORDER BY name";

    private const string InsertSql = """
        INSERT INTO operators (name, title, roles, partner, password_hash, created_at)
        VALUES (@name, @title, @roles, @partner, @hash, @now)
        ON CONFLICT (name) DO NOTHING
        """;

    private const string TriedSql = "UPDATE operators SET failures = @failures, locked_until = @until, totp_step = @step WHERE name = @name";

    private const string DisabledSql = "UPDATE operators SET disabled = @disabled, failures = 0, locked_until = NULL WHERE name = @name";

    private const string PasswordSql = "UPDATE operators SET password_hash = @hash, failures = 0, locked_until = NULL WHERE name = @name";

    private const string RolesSql = "UPDATE operators SET roles = @roles WHERE name = @name";

    private const string TotpSql = "UPDATE operators SET totp_secret = @secret, totp_step = @step WHERE name = @name";

    private const string OpenSql = """
        INSERT INTO operator_sessions (token_hash, operator, client, created_at, seen_at, expires_at)
        VALUES (@hash, @name, @client, @now, @now, @until)
        """;

    private const string SessionSql = """
        SELECT token_hash AS TokenHash, operator AS Operator, client AS Client, created_at AS CreatedAt, seen_at AS SeenAt, expires_at AS ExpiresAt
          FROM operator_sessions
         WHERE token_hash = @hash AND expires_at > @now AND seen_at > @idle
        """;

    private const string SeenSql = "UPDATE operator_sessions SET seen_at = @now WHERE token_hash = @hash";

    private const string SessionsSql = """
        SELECT token_hash AS TokenHash, operator AS Operator, client AS Client, created_at AS CreatedAt, seen_at AS SeenAt, expires_at AS ExpiresAt
          FROM operator_sessions
         WHERE (@name::text IS NULL OR operator = @name) AND expires_at > @now AND seen_at > @idle
         ORDER BY seen_at DESC
        """;

    private const string EndSql = "DELETE FROM operator_sessions WHERE token_hash = @hash";

    private const string EndAllSql = "DELETE FROM operator_sessions WHERE operator = @name AND token_hash IS DISTINCT FROM @but";

    private const string ForgetSql = "DELETE FROM operator_sessions WHERE expires_at <= @now OR seen_at <= @idle";

    // A password costs a tenth of a second by design: a flood of tries must take neither every core nor every session with the database.
    private readonly SemaphoreSlim checking = new(2);

    private readonly PasswordHasher<HubOperator> hasher = new();
    private readonly string nobody = new PasswordHasher<HubOperator>().HashPassword(new(), "nobody");

    /// <summary>Makes an operator.</summary>
    /// <returns>False when the name is taken.</returns>
    /// <exception cref="InvalidOperationException">Name, role or password will not do; the message says what.</exception>
    public async Task<bool> CreateAsync(string name, string title, string[] roles, string? partner, string password, string by)
    {
        if (!NameForm().IsMatch(name))
            throw new InvalidOperationException($"'{name}' is not a name: 2 to 64 lower-case letters, digits, dots, hyphens or underscores.");
        CheckRoles(roles);
        CheckPassword(password);
        return await ChangeAsync(InsertSql, new { name, title, roles, partner, hash = Hash(password), now = time.GetUtcNow() }, "CreateOperator", name, by, $"roles {string.Join(' ', roles)}, partner {partner ?? "-"}");
    }

    public async Task<IReadOnlyList<HubOperator>> ListAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<HubOperator>(AllSql)];
    }

    public async Task<HubOperator?> FindAsync(string name)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<HubOperator>(OneSql, new { name });
    }

    /// <summary>Tries to sign in. Five wrong tries in a row lock the name for a quarter of an hour, a wrong code counting as one.</summary>
    /// <param name="name">As typed.</param>
    /// <param name="password">As typed.</param>
    /// <param name="code">One-time code; null: not asked for yet.</param>
    /// <param name="client">The browser, as it calls itself.</param>
    public async Task<SignInResult> SignInAsync(string name, string password, string? code, string client)
    {
        await checking.WaitAsync();
        try
        {
            return await TryAsync(name, password, code, client);
        }
        finally
        {
            checking.Release();
        }
    }

    private async Task<SignInResult> TryAsync(string name, string password, string? code, string client)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var found = await connection.QuerySingleOrDefaultAsync<HubOperator>(LockRowSql, new { name });

        // As long for a name that does not exist as for one that does.
        var right = hasher.VerifyHashedPassword(new(), found?.PasswordHash ?? nobody, password) != PasswordVerificationResult.Failed;
        if (found is null || found.Disabled)
            return new(SignInVerdict.Wrong);
        if (found.LockedUntil is { } until && until > now.UtcDateTime)
            return new(SignInVerdict.Locked, LockedUntil: new DateTimeOffset(until, TimeSpan.Zero));

        var step = found.TotpStep;
        if (right && found.TotpSecret is { } secret)
        {
            if (code is null)
                return new(SignInVerdict.CodeNeeded);
            var used = Totp.Verify(bodies.Open(secret), code, now, found.TotpStep);
            right = used is not null;
            step = used ?? step;
        }

        if (!right)
        {
            var failures = found.Failures + 1;
            var locks = failures >= TriesMax;
            await connection.ExecuteAsync(TriedSql, new { name, failures = locks ? 0 : failures, until = locks ? now + LockedFor : (DateTimeOffset?)null, step });
            if (locks)
                await NoteAsync(connection, now, "SignInLocked", name, name, $"{TriesMax} wrong tries");
            await transaction.CommitAsync();
            return locks ? new(SignInVerdict.Locked, LockedUntil: now + LockedFor) : new(SignInVerdict.Wrong);
        }

        var token = RandomNumberGenerator.GetBytes(32);
        await connection.ExecuteAsync(ForgetSql, new { now, idle = now - IdleMax });
        await connection.ExecuteAsync(TriedSql, new { name, failures = 0, until = (DateTimeOffset?)null, step });
        await connection.ExecuteAsync(OpenSql, new { hash = SHA256.HashData(token), name, client = client.Length > 200 ? client[..200] : client, now, until = now + SessionMax });
        await NoteAsync(connection, now, "SignIn", name, name, "");
        await transaction.CommitAsync();
        return new(SignInVerdict.Welcome, Convert.ToHexStringLower(token));
    }

    /// <summary>Who a browser is; null when it is not, or no longer, signed in. Asked on every request, so a session that was ended is refused at once.</summary>
    public async Task<(HubOperator Operator, OperatorSession Session)?> SessionAsync(string token)
    {
        if (TokenHash(token) is not { } hash)
            return null;
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync();
        if (await connection.QuerySingleOrDefaultAsync<OperatorSession>(SessionSql, new { hash, now, idle = now - IdleMax }) is not { } session
            || await connection.QuerySingleOrDefaultAsync<HubOperator>(OneSql, new { name = session.Operator }) is not { Disabled: false } found)
        {
            return null;
        }

        if (now.UtcDateTime - session.SeenAt > SeenGrid)
            await connection.ExecuteAsync(SeenSql, new { hash, now });
        return (found, session);
    }

    public async Task<IReadOnlyList<OperatorSession>> SessionsAsync(string? name)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<OperatorSession>(SessionsSql, new { name, now, idle = now - IdleMax })];
    }

    public async Task SignOutAsync(OperatorSession session)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(EndSql, new { hash = session.TokenHash });
    }

    /// <summary>Ends every session of an operator but <paramref name="but"/>, at once.</summary>
    public Task<int> EndSessionsAsync(string name, OperatorSession? but, string by, string reason) => InTransactionAsync(async (connection, now) =>
    {
        var ended = await connection.ExecuteAsync(EndAllSql, new { name, but = but?.TokenHash });
        await NoteAsync(connection, now, "EndSessions", name, by, reason);
        return ended;
    });

    /// <summary>Keeps an operator out, or lets them in again. Keeping out ends their sessions.</summary>
    /// <returns>False when there is no such operator.</returns>
    public Task<bool> DisableAsync(string name, bool disabled, string by, string reason) => InTransactionAsync(async (connection, now) =>
    {
        if (await connection.ExecuteAsync(DisabledSql, new { name, disabled }) == 0)
            return false;
        if (disabled)
            await connection.ExecuteAsync(EndAllSql, new { name, but = (byte[]?)null });
        await NoteAsync(connection, now, disabled ? "LockOperator" : "UnlockOperator", name, by, reason);
        return true;
    });

    /// <summary>A new password; with <paramref name="dropTotp"/> also without the second factor. Ends all sessions but <paramref name="but"/>.</summary>
    /// <returns>False when there is no such operator.</returns>
    /// <exception cref="InvalidOperationException">The password will not do.</exception>
    public Task<bool> ResetAsync(string name, string password, bool dropTotp, OperatorSession? but, string by, string reason)
    {
        CheckPassword(password);
        return InTransactionAsync(async (connection, now) =>
        {
            if (await connection.ExecuteAsync(PasswordSql, new { name, hash = Hash(password) }) == 0)
                return false;
            if (dropTotp)
                await connection.ExecuteAsync(TotpSql, new { name, secret = (byte[]?)null, step = 0L });
            await connection.ExecuteAsync(EndAllSql, new { name, but = but?.TokenHash });
            await NoteAsync(connection, now, "ResetPassword", name, by, reason);
            return true;
        });
    }

    /// <returns>False when there is no such operator.</returns>
    public Task<bool> SetRolesAsync(string name, string[] roles, string by, string reason)
    {
        CheckRoles(roles);
        return ChangeAsync(RolesSql, new { name, roles }, "SetRoles", name, by, $"{string.Join(' ', roles)}: {reason}");
    }

    public bool IsPassword(HubOperator of, string password) => hasher.VerifyHashedPassword(of, of.PasswordHash, password) != PasswordVerificationResult.Failed;

    /// <summary>Sets up the second factor once its first code was right.</summary>
    /// <returns>False when the code is not of now.</returns>
    public async Task<bool> EnrolTotpAsync(HubOperator of, byte[] secret, string code)
    {
        if (Totp.Verify(secret, code, time.GetUtcNow(), of.TotpStep) is not { } step)
            return false;
        await ChangeAsync(TotpSql, new { name = of.Name, secret = bodies.Seal(secret), step }, "EnrolTotp", of.Name, of.Name, "");
        return true;
    }

    /// <returns>False where the roles ask for one.</returns>
    public async Task<bool> DropTotpAsync(HubOperator of)
    {
        if (of.KeepsTotp)
            return false;
        await ChangeAsync(TotpSql, new { name = of.Name, secret = (byte[]?)null, step = 0L }, "DropTotp", of.Name, of.Name, "");
        return true;
    }

    /// <summary>Hash under which a browser's token is stored; null when it is none.</summary>
    private static byte[]? TokenHash(string token) => token.Length == 64 && token.All(char.IsAsciiHexDigit) ? SHA256.HashData(Convert.FromHexString(token)) : null;

    private static void CheckRoles(string[] roles)
    {
        if (roles.Length == 0 || roles.Except(Roles.All, StringComparer.Ordinal).FirstOrDefault() is not null)
            throw new InvalidOperationException($"Roles are {string.Join(", ", Roles.All)}.");
    }

    private static void CheckPassword(string password)
    {
        if (password.Length is < PasswordMin or > 200)
            throw new InvalidOperationException($"A password has {PasswordMin} to 200 characters.");
    }

    private string Hash(string password) => hasher.HashPassword(new(), password);

    private Task<bool> ChangeAsync(string sql, object parameters, string act, string name, string by, string reason) => InTransactionAsync(async (connection, now) =>
    {
        if (await connection.ExecuteAsync(sql, parameters) == 0)
            return false;
        await NoteAsync(connection, now, act, name, by, reason);
        return true;
    });

    private async Task<T> InTransactionAsync<T>(Func<NpgsqlConnection, DateTimeOffset, Task<T>> act)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var result = await act(connection, time.GetUtcNow());
        await transaction.CommitAsync();
        return result;
    }

    private static Task NoteAsync(NpgsqlConnection connection, DateTimeOffset now, string act, string name, string by, string reason) => ExchangeLog.AppendAsync(
        connection, now, LogEntry.OfText(LogEntry.OperatorActed, "hub", Guid.CreateVersion7(now), $"act {act}\noperator {name}\nby {by}\nreason {reason}"));

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]{1,63}$", RegexOptions.NonBacktracking)]
    private static partial Regex NameForm();
}
