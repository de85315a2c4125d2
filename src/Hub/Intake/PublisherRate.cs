using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.RateLimiting;

namespace Hub.Intake;

/// <summary>At most so many requests a second for one key, with as many saved up: one flooding bureau must not starve the others.</summary>
internal sealed class PublisherRate(HubSettings settings) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, TokenBucketRateLimiter> buckets = new(StringComparer.Ordinal);

    /// <summary>Takes one request from the key's share and says in the headers what is left of it; false when nothing is.</summary>
    public bool TryTake(string keyId, HttpResponse response)
    {
        var limit = settings.RequestsPerSecondPerKey;
        if (limit == 0)
            return true;
        var bucket = Bucket(keyId);
        using var lease = bucket.AttemptAcquire();

        // Names and form of the IETF draft "RateLimit header fields for HTTP".
        response.Headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"key\";q={limit};w=1");
        response.Headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"key\";r={bucket.GetStatistics()!.CurrentAvailablePermits};t=1");
        return lease.IsAcquired;
    }

    /// <summary>Waits until the key's share has one request: a message stays in its queue meanwhile, and nobody is refused.</summary>
    public async Task TakeAsync(string keyId, CancellationToken cancellation)
    {
        if (settings.RequestsPerSecondPerKey == 0)
            return;
        using var lease = await Bucket(keyId).AcquireAsync(1, cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var bucket in buckets.Values)
            await bucket.DisposeAsync();
    }

    // Only what comes by queue waits: the messages of one publisher, few at a time.
    private TokenBucketRateLimiter Bucket(string keyId) => buckets.GetOrAdd(keyId, _ => new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
    {
        TokenLimit = settings.RequestsPerSecondPerKey, TokensPerPeriod = settings.RequestsPerSecondPerKey, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = int.MaxValue,
    }));
}
