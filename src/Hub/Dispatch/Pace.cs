using Hub.Connectors;
using Hub.Schemas;

namespace Hub.Dispatch;

/// <summary>Whether what waits for a partner may go earlier than planned.</summary>
internal enum Relief
{
    /// <summary>Nothing changed.</summary>
    None,

    /// <summary>The partner had asked for fewer calls for some seconds and takes them again: a rate limit, or a hiccup.</summary>
    Eased,

    /// <summary>
    /// It is well: it took some in a row without asking for another pause, or one after it had been away (asking for none for more than a minute, or
    /// failing as often in a row as would open a breaker).
    /// </summary>
    Recovered,
}

/// <summary>How fast one partner may be called: the rate agreed with it, the pause it asked for, and the slow start after one.</summary>
internal sealed class Pace(ConnectorSettings settings, TimeProvider time)
{
    // What a partner without a Retry-After gets: doubled while it goes on asking, so that a long outage is not hammered.
    private static readonly TimeSpan FirstHold = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(30);
    private const int WellAfter = 8;
    private static readonly TimeSpan Outage = TimeSpan.FromMinutes(1);

    // A command waits for its turn at most so long: well within what a lease leaves beyond the longest attempt.
    private const double TurnSecondsMax = 10;

    private readonly Lock gate = new();
    private readonly TimeSpan interval = settings.RatePerSecond > 0 ? TimeSpan.FromSeconds(1 / settings.RatePerSecond) : TimeSpan.Zero;
    private DateTimeOffset nextTurn;
    private DateTimeOffset holdUntil;
    private DateTimeOffset? throttledSince;
    private int holds;
    private int failures;
    private int window = int.MaxValue;

    /// <summary>Until when the partner wants no call; null when it never said.</summary>
    public DateTimeOffset? HoldUntil
    {
        get
        {
            lock (gate)
                return holdUntil == default ? null : holdUntil;
        }
    }

    public bool IsHeld
    {
        get
        {
            lock (gate)
                return holdUntil > time.GetUtcNow();
        }
    }

    /// <summary>How many commands may be on their way, in memory included: none in a pause, then one as a probe, then one more for each good answer.</summary>
    public int Limit()
    {
        lock (gate)
        {
            if (holdUntil > time.GetUtcNow())
                return 0;
            return interval == TimeSpan.Zero ? window : Math.Min(window, InAgreedRate());
        }
    }

    /// <summary>Waits until the agreed rate allows one more call, or the lane closes. A turn not taken is not saved up.</summary>
    // Turns instead of a bucket of tokens: calls are spread over the second, and the only clock is the one that is given.
    public async Task TurnAsync(CancellationToken closing)
    {
        if (interval == TimeSpan.Zero || closing.IsCancellationRequested)
            return;
        TimeSpan wait;
        lock (gate)
        {
            var now = time.GetUtcNow();
            var turn = nextTurn > now ? nextTurn : now;
            nextTurn = turn + interval;
            wait = turn - now;
        }

        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, time, closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Notes what an attempt brought.</summary>
    public Relief Observe(Answer answer)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            if (answer.Throttle)
                Hold(answer.RetryAfter, now);
            if (answer.Outcome is not (Outcome.Taken or Outcome.Refused))
            {
                // Faults that open no breaker count here too (redirects, a wrong address, a wrong key), but not what never left.
                failures += answer.Reason is AnswerReasons.BreakerOpen or AnswerReasons.NotSeen or AnswerReasons.Lapsed ? 0 : 1;
                return Relief.None;
            }

            // What was sent before the pause and answered in it says nothing about the partner now.
            return holdUntil > now ? Relief.None : Relieve(now);
        }
    }

    private Relief Relieve(DateTimeOffset now)
    {
        var well = window == WellAfter - 1;
        window = well || window == int.MaxValue ? int.MaxValue : window + 1;
        var relief = well || failures >= settings.Breaker.Minimum || now - throttledSince > Outage ? Relief.Recovered
            : throttledSince is null ? Relief.None
            : Relief.Eased;
        (throttledSince, holds, failures) = (null, 0, 0);
        return relief;
    }

    private void Hold(TimeSpan? asked, DateTimeOffset now)
    {
        // Those that were under way together are one warning, not several.
        if (holdUntil <= now)
            holds++;
        throttledSince ??= now;
        window = 1;
        var own = FirstHold * Math.Pow(2, Math.Min(holds - 1, 10));
        var wait = asked >= FirstHold ? asked.Value : own < LongestHold ? own : LongestHold;

        // A later answer with a shorter wait does not undo a longer one.
        if (now + wait > holdUntil)
            holdUntil = now + wait;
    }

    private int InAgreedRate() =>
        Math.Max(1, (int)Math.Min(settings.Workers + (2 * settings.RatePerSecond), TurnSecondsMax * settings.RatePerSecond));
}
