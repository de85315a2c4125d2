using Hub.Ledger;

namespace Hub.Console;

/// <summary>The latency of the last 24 hours, looked at once a minute and shared by every page.</summary>
internal sealed class LatencyBands(Latencies latencies, TimeProvider time) : IDisposable
{
    private const int Hours = 24;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim gate = new(1, 1);
    private (DateTimeOffset At, DateTimeOffset From, IReadOnlyList<LatencyRow> Rows)? last;

    public async Task<(DateTimeOffset From, IReadOnlyList<LatencyRow> Rows)> GetAsync()
    {
        await gate.WaitAsync();
        try
        {
            var now = time.GetUtcNow();
            if (last is not { } known || now - known.At > Kept || now < known.At)
            {
                // Whole hours, the one that runs included.
                var from = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero).AddHours(1 - Hours);
                last = known = (now, from, await latencies.BandsAsync(from, Hours));
            }

            return (known.From, known.Rows);
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();
}
