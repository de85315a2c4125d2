using System.Diagnostics;

namespace Hub.Journeys;

/// <summary>Waits for a condition, never for a time; a condition that does not come true in its limit fails the test by name.</summary>
internal static class Until
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    public static Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? limit = null) =>
        FoundAsync(async () => await condition() ? "" : null, what, limit);

    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? limit = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, limit);

    /// <param name="what">Said when it did not come true, as things then stand.</param>
    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> what, TimeSpan? limit = null)
    {
        try
        {
            await TrueAsync(condition, "", limit);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message} {what()}", late);
        }
    }

    /// <inheritdoc cref="TrueAsync(Func{Task{bool}}, Func{string}, TimeSpan?)"/>
    public static Task TrueAsync(Func<bool> condition, Func<string> what, TimeSpan? limit = null) => TrueAsync(() => Task.FromResult(condition()), what, limit);

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
