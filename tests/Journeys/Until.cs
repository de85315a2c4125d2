using System.Diagnostics;

namespace Hub.Journeys;

/// <summary>Waits for a condition, never for a time; a condition that does not come true in its limit fails the test by name.</summary>
internal static class Until
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? limit = null) =>
        FoundAsync(async () => await condition() ? "" : null, what, limit);

    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? limit = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, limit);

    /// <returns>What <paramref name="look"/> found, once it is not null.</returns>
    public static async Task<T> FoundAsync<T>(Func<Task<T?>> look, string what, TimeSpan? limit = null)
        where T : class
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (await look() is { } found)
                return found;
            if (clock.Elapsed > (limit ?? Patience))
                throw new TimeoutException($"Not within {(limit ?? Patience).TotalSeconds:0} s: {what}.");
            await Task.Delay(Pause);
        }
    }
}
