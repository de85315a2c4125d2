using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace Hub.Intake;

/// <summary>At most so many requests a minute from one address, for what needs no key. An address that is not heard of again is forgotten by itself.</summary>
internal sealed class AddressRate(HubSettings settings) : IAsyncDisposable
{
    private readonly PartitionedRateLimiter<string> addresses = PartitionedRateLimiter.Create<string, string>(address => settings.PublicRequestsPerMinute == 0
        ? RateLimitPartition.GetNoLimiter(address)
        : RateLimitPartition.GetTokenBucketLimiter(address, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = settings.PublicRequestsPerMinute, TokensPerPeriod = settings.PublicRequestsPerMinute, ReplenishmentPeriod = TimeSpan.FromMinutes(1), QueueLimit = 0,
        }));

    /// <summary>Takes one request from the address's share; null when it may go on, else the seconds to wait.</summary>
    public int? TryTake(HttpContext http)
    {
        using var lease = addresses.AttemptAcquire(Share(http.Connection.RemoteIpAddress));
        if (settings.PublicRequestsPerMinute > 0)
            http.Response.Headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"address\";q={settings.PublicRequestsPerMinute};w=60");
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) : 60;
    }

    public ValueTask DisposeAsync() => addresses.DisposeAsync();

    /// <summary>Of version 6 the first half, which is what one household has.</summary>
    public static string Share(IPAddress? address) => address switch
    {
        null => "",
        { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } => Convert.ToHexStringLower(address.GetAddressBytes().AsSpan(0, 8)),
        _ => address.MapToIPv4().ToString(),
    };
}
