using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Cryptography;
using Hub.Ledger;
using Npgsql;

namespace Hub.Intake;

/// <summary>Knows the keys by heart: a copy of the table, at most two seconds old, so that a revoked key is refused soon and a request needs no query.</summary>
internal sealed partial class PartnerAuthentication(ApiKeys keys, TimeProvider time, ILogger<PartnerAuthentication> logger) : BackgroundService
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(200);

    // A key's last use is written down this often at most.
    private static readonly TimeSpan UsedGrid = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, byte> used = new(StringComparer.Ordinal);
    private DateTimeOffset usedWritten;
    private readonly SemaphoreSlim loading = new(1, 1);
    private FrozenDictionary<string, ApiKey> known = FrozenDictionary<string, ApiKey>.Empty;
    private readonly TaskCompletionSource loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset lookedAt;

    /// <summary>The key of a request; null when it has none that is valid now.</summary>
    public async ValueTask<ApiKey?> AuthenticateAsync(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer hk_", StringComparison.OrdinalIgnoreCase))
            return null;
        var parts = header["Bearer ".Length..].Trim().Split('_');
        if (parts is not ["hk", { Length: 16 } keyId, { Length: 64 } secret])
            return null;
        if (!known.ContainsKey(keyId))
            await LookAgainAsync(http.RequestAborted);
        if (!known.TryGetValue(keyId, out var key) || !key.IsValidAt(time.GetUtcNow()))
            return null;
        if (!CryptographicOperations.FixedTimeEquals(ApiKeys.HashSecret(secret), key.SecretHash))
            return null;
        used.TryAdd(keyId, 0);
        return key;
    }

    /// <summary>The keys a partner has for a direction, for what comes in by its queue: the broker let it in, its keys say what it may.</summary>
    public async ValueTask<IReadOnlyList<ApiKey>> KeysOfAsync(string partner, string direction, CancellationToken cancellation)
    {
        await loaded.Task.WaitAsync(cancellation);
        var valid = Valid();
        if (valid.Count == 0)
        {
            await LookAgainAsync(cancellation);
            valid = Valid();
        }

        return valid;

        List<ApiKey> Valid() => [.. known.Values.Where(key => key.Partner == partner && key.Direction == direction && key.IsValidAt(time.GetUtcNow())).OrderBy(key => key.KeyId, StringComparer.Ordinal)];
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await LoadAsync(time.GetUtcNow(), stoppingToken);
            await WriteUsedAsync(stoppingToken);
            try
            {
                await Task.Delay(Refresh, time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    // A key made a moment ago works at once; a flood of invented keys does not become a flood of queries, for whoever asks too soon after
    // the last look waits for the next one, and all who wait share it.
    private async Task LookAgainAsync(CancellationToken cancellation)
    {
        var asked = time.GetUtcNow();
        if (lookedAt + LookAgainAfter - asked is var wait && wait > TimeSpan.Zero)
            await Task.Delay(wait, time, cancellation);
        await LoadAsync(asked, cancellation);
    }

    /// <param name="newerThan">A look begun after this moment is new enough.</param>
    private async Task LoadAsync(DateTimeOffset newerThan, CancellationToken cancellation)
    {
        try
        {
            await loading.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        try
        {
            if (lookedAt > newerThan)
                return;
            lookedAt = time.GetUtcNow();
            known = (await keys.ListAsync(cancellation)).ToFrozenDictionary(key => key.KeyId, StringComparer.Ordinal);
            loaded.TrySetResult();
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException or OperationCanceledException)
        {
            // The copy stays in force while the database is away: publishers then get 503 from the engine, not 401.
            if (error is not OperationCanceledException)
                LogStale(error.Message);
        }
        finally
        {
            loading.Release();
        }
    }

    private async Task WriteUsedAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        if (used.IsEmpty || (now - usedWritten).Duration() < UsedGrid)
            return;
        string[] ids = [.. used.Keys];
        try
        {
            await keys.UsedAsync(ids, now, cancellation);
            usedWritten = now;
            foreach (var id in ids)
                used.TryRemove(id, out _);
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException or OperationCanceledException)
        {
            // Written with the next turn.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys could not be read again: {Reason}")]
    private partial void LogStale(string reason);
}
