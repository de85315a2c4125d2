using Hub.Schemas;

namespace Hub.Engine;

/// <summary>When the next attempt is due, or that a person must look: docs/partner-guide.md holds the same table for partners.</summary>
internal static class Backoff
{
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(6);

    // The span follows the example of Standard Webhooks (about 75 h), so that a long weekend is bridged. From the end of the last try.
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(5), TimeSpan.FromHours(10), TimeSpan.FromHours(14),
        TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    // A key that was just changed, or a clock that is just being set right; longer waiting would only hide it.
    private static readonly TimeSpan[] UnauthorisedWaits = [TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(7)];

    /// <summary>Attempts made before a delivery is parked.</summary>
    public static int Attempts => Waits.Length + 1;

    /// <summary>Attempts made before a delivery is parked that the partner does not let in.</summary>
    public static int UnauthorisedAttempts => UnauthorisedWaits.Length + 1;

    /// <summary>No wait is longer: one that is was planned by a clock that was wrong.</summary>
    public static TimeSpan Longest => Waits[^1] * 1.2;

    /// <summary>The wait after a failed attempt.</summary>
    /// <param name="answer">What the attempt brought.</param>
    /// <param name="attempts">Attempts made so far, from 1.</param>
    /// <param name="spread">A number from 0 to 1 that spreads the waits by ±20 %, fixed per delivery and attempt.</param>
    /// <returns>The wait; null when the schedule, or the command's own time, has ended: the delivery is to be parked, a question ends.</returns>
    public static TimeSpan? After(Answer answer, int attempts, double spread)
    {
        if (answer.Reason == AnswerReasons.Lapsed)
            return null;
        if (answer.Reason == AnswerReasons.BreakerOpen)
            return answer.RetryAfter ?? Waits[0];
        if (answer.Reason is AnswerReasons.NotSeen or AnswerReasons.BatchRefused or AnswerReasons.Queued)
            return TimeSpan.Zero;
        var waits = answer.Reason == AnswerReasons.Unauthorised ? UnauthorisedWaits : Waits;
        if (attempts > waits.Length)
            return null;
        var wait = waits[attempts - 1] * (0.8 + (0.4 * spread));
        var asked = answer.RetryAfter is { } retryAfter ? Min(retryAfter, MaxRetryAfter) : TimeSpan.Zero;
        return wait > asked ? wait : asked;
    }

    /// <summary>True when the attempt counts against the schedule: one that was never made, or surely reached nobody, does not.</summary>
    public static bool Counts(Answer answer) => WasMade(answer) && answer.Reason is not (AnswerReasons.NotSeen or AnswerReasons.BatchRefused);

    /// <summary>True when something crossed the border: then it is on record.</summary>
    public static bool WasMade(Answer answer) => answer.Reason is not (AnswerReasons.BreakerOpen or AnswerReasons.Queued or AnswerReasons.Lapsed);

    /// <summary>A number from 0 to 1 that only depends on the command and the attempt, so that a decision stays repeatable.</summary>
    public static double Spread(Guid commandId, int attempt)
    {
        Span<byte> bytes = stackalloc byte[16];
        commandId.TryWriteBytes(bytes);
        var hash = 14695981039346656037UL;
        foreach (var part in bytes)
            hash = (hash ^ part) * 1099511628211UL;
        hash = (hash ^ (uint)attempt) * 1099511628211UL;
        return (hash >> 11) / (double)(1UL << 53);
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
