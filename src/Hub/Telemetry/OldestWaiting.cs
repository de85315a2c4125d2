using Hub.Dispatch;
using Hub.Ledger;

namespace Hub.Telemetry;

/// <summary>
/// Since when the oldest delivery of each connector is not settled: in a retry's wait, parked, held back by a throttled partner or its agreed rate,
/// behind another one of its case, or with a worker of this node. A partner that is only slow is late too.
/// </summary>
internal sealed class OldestWaiting(LedgerQueries queries, ILanes lanes, TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    // With a hundred thousand waiting the look costs some tenths of a second: however often somebody asks, it takes a twentieth of the time at most.
    private const int CostShare = 20;

    private readonly SemaphoreSlim looking = new(1, 1);
    private IReadOnlyDictionary<string, DateTime> waiting = new Dictionary<string, DateTime>(StringComparer.Ordinal);
    private DateTimeOffset freshUntil;

    /// <summary>The ages by connector, at most some seconds old; zero where nothing waits.</summary>
    public async Task<IReadOnlyDictionary<string, TimeSpan>> AgesAsync()
    {
        await LookAsync();
        var now = time.GetUtcNow();
        return lanes.All.Select(lane => lane.Settings.Name).Union(waiting.Keys).ToDictionary(
            name => name,
            name => Earlier(waiting.TryGetValue(name, out var recorded) ? new DateTimeOffset(recorded, TimeSpan.Zero) : null, lanes.Find(name)?.OldestCarried) is { } oldest && oldest < now
                ? now - oldest
                : TimeSpan.Zero,
            StringComparer.Ordinal);
    }

    private async Task LookAsync()
    {
        await looking.WaitAsync();
        try
        {
            if (time.GetUtcNow() < freshUntil)
                return;
            var started = time.GetTimestamp();
            waiting = await queries.OldestOpenAsync();
            var cost = time.GetElapsedTime(started) * CostShare;
            freshUntil = time.GetUtcNow() + (cost > Kept ? cost : Kept);
        }
        finally
        {
            looking.Release();
        }
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) => left is null || right < left ? right ?? left : left;
}
