using Hub.Schemas;
using Polly;
using Polly.CircuitBreaker;
using Outcome = Hub.Schemas.Outcome;

namespace Hub.Connectors;

/// <summary>Whether a connector's calls go out.</summary>
public enum BreakerState
{
    /// <summary>Calls go out.</summary>
    Closed,

    /// <summary>No call goes out before <see cref="Breaker.NextProbeAt"/>; the first after it is the probe.</summary>
    Open,

    /// <summary>A probe is on its way, or was good and the next one may go.</summary>
    HalfOpen,

    /// <summary>An operator, or the partner itself, stopped it: no probe until it is closed by hand.</summary>
    Isolated,
}

/// <summary>One connector's breaker. It closes after three good probes in a row, one at a time; it probes for ever and never gives a partner up by itself.</summary>
public sealed class Breaker
{
    private const int ProbesToClose = 3;

    // A probe that is under way has no time of its own; this keeps those who ask meanwhile from asking in a tight loop.
    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(1);

    private readonly TimeProvider clock;
    private readonly Action<Breaker>? stateChanged;
    private readonly CircuitBreakerStateProvider provider = new();
    private readonly CircuitBreakerManualControl control = new();
    private readonly ResiliencePipeline<Answer> pipeline;
    private readonly RollingCount recent;
    private long nextProbeTicks;
    private int goodProbes;
    private int breaksInRow;
    private int probing;
    private bool unproven;
    private BreakerState told;

    /// <param name="settings">Window, minimum, ratio and breaks.</param>
    /// <param name="clock">The only time it knows.</param>
    /// <param name="stateChanged">Called after each change of <see cref="State"/>; must return quickly.</param>
    public Breaker(BreakerSettings settings, TimeProvider clock, Action<Breaker>? stateChanged = null)
    {
        this.clock = clock;
        this.stateChanged = stateChanged;
        recent = new RollingCount(TimeSpan.FromSeconds(settings.WindowSeconds), clock);
        pipeline = new ResiliencePipelineBuilder<Answer> { TimeProvider = clock }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<Answer>
            {
                SamplingDuration = TimeSpan.FromSeconds(settings.WindowSeconds),
                MinimumThroughput = settings.Minimum,
                FailureRatio = settings.FailureRatio,

                // Polly closes on one good probe: a good one that is not yet the last opens it again, without a break. So does one that was never made.
                BreakDurationGenerator = _ => ValueTask.FromResult(goodProbes > 0 || unproven ? TimeSpan.Zero : BreakAfter(settings.Breaks, breaksInRow++)),
                ShouldHandle = attempt => ValueTask.FromResult(KeepsOpen(attempt.Outcome.Result)),
                OnOpened = opened => Changed(opened.IsManual ? null : clock.GetUtcNow() + opened.BreakDuration),
                OnHalfOpened = _ => Changed(null),
                OnClosed = _ =>
                {
                    (goodProbes, breaksInRow) = (0, 0);
                    return Changed(null);
                },
                StateProvider = provider,
                ManualControl = control,
            })
            .Build();
    }

    public BreakerState State => provider.CircuitState switch
    {
        CircuitState.Closed => BreakerState.Closed,
        CircuitState.Open => Volatile.Read(ref goodProbes) > 0 ? BreakerState.HalfOpen : BreakerState.Open,
        CircuitState.HalfOpen => BreakerState.HalfOpen,
        _ => BreakerState.Isolated,
    };

    /// <summary>From when on the next call goes out as a probe; null while one is on its way, and when none is needed.</summary>
    public DateTimeOffset? NextProbeAt => Interlocked.Read(ref nextProbeTicks) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Calls that went out in the rolling window, to a thirtieth of it.</summary>
    public int AttemptsInWindow => recent.Read().Attempts;

    /// <summary>Those of them that failed.</summary>
    public int FailuresInWindow => recent.Read().Failures;

    /// <summary>Makes the call, or answers <see cref="AnswerReasons.BreakerOpen"/> without making it.</summary>
    public async Task<Answer> RunAsync(Func<CancellationToken, Task<Answer>> call, CancellationToken cancellation)
    {
        // Polly lets another probe out when the break has passed once more, and after a good one there is none.
        var probes = State is BreakerState.Open or BreakerState.HalfOpen;
        if (probes && Interlocked.Exchange(ref probing, 1) == 1)
            return NotNow();
        try
        {
            return await pipeline.ExecuteAsync(
                static (state, token) => new ValueTask<Answer>(state.self.CountedAsync(state.call, token)), (self: this, call), cancellation);
        }
        catch (IsolatedCircuitException)
        {
            return Answer.Unavailable(AnswerReasons.BreakerOpen);
        }
        catch (BrokenCircuitException)
        {
            return NotNow();
        }
        finally
        {
            if (probes)
                Volatile.Write(ref probing, 0);
        }
    }

    /// <summary>Stops every call until <see cref="CloseAsync"/>.</summary>
    public Task IsolateAsync(CancellationToken cancellation) => control.IsolateAsync(cancellation);

    /// <summary>Lets calls out again at once, whatever the state was.</summary>
    public Task CloseAsync(CancellationToken cancellation) => control.CloseAsync(cancellation);

    /// <summary>Faults of the partner's system or of the way to it. A refusal, a throttling or a bad key proves that someone is there.</summary>
    private static bool IsFailure(Answer answer) =>
        answer.Outcome is Outcome.Unavailable or Outcome.Unknown
        && answer.Reason is AnswerReasons.Unreachable or AnswerReasons.TimedOut or AnswerReasons.ConnectionLost
            or AnswerReasons.ServerError or AnswerReasons.Unintelligible;

    private static TimeSpan BreakAfter(IReadOnlyList<double> breaks, int breaksInRow) =>
        TimeSpan.FromSeconds(breaks[Math.Min(breaksInRow, breaks.Count - 1)]);

    private bool IsHalfOpen => provider.CircuitState == CircuitState.HalfOpen;

    /// <param name="answer">Null when the call ended without one, which proves nothing.</param>
    private bool KeepsOpen(Answer? answer) => (answer is not null && IsFailure(answer)) || (IsHalfOpen && goodProbes < ProbesToClose);

    private Answer NotNow()
    {
        var wait = NextProbeAt - clock.GetUtcNow();
        return Answer.Unavailable(AnswerReasons.BreakerOpen) with { RetryAfter = wait > LeastWait ? wait : LeastWait };
    }

    private async Task<Answer> CountedAsync(Func<CancellationToken, Task<Answer>> call, CancellationToken cancellation)
    {
        // Not good until it has answered.
        var before = IsHalfOpen ? Interlocked.Exchange(ref goodProbes, 0) : 0;
        var answer = await call(cancellation);

        // A call that was never made proves nothing: all stays as it was before.
        unproven = IsHalfOpen && answer.Reason == AnswerReasons.Lapsed;
        if (answer.Reason != AnswerReasons.Lapsed)
            recent.Add(IsFailure(answer));
        if (IsHalfOpen && !IsFailure(answer))
            Volatile.Write(ref goodProbes, unproven ? before : before + 1);
        return answer;
    }

    private ValueTask Changed(DateTimeOffset? nextProbeAt)
    {
        Interlocked.Exchange(ref nextProbeTicks, nextProbeAt?.UtcTicks ?? 0);
        if (State != told)
        {
            told = State;
            stateChanged?.Invoke(this);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>For people only: the breaker's own numbers are not readable from outside.</summary>
    private sealed class RollingCount(TimeSpan window, TimeProvider clock)
    {
        private const int Slots = 30;

        private readonly Lock gate = new();
        private readonly (long Slot, int Attempts, int Failures)[] ring = new (long, int, int)[Slots];
        private readonly long slotTicks = Math.Max(1, window.Ticks / Slots);

        private long Now => clock.GetUtcNow().UtcTicks / slotTicks;

        public void Add(bool failed)
        {
            lock (gate)
            {
                var now = Now;
                var held = ring[now % Slots];
                var (attempts, failures) = held.Slot == now ? (held.Attempts, held.Failures) : (0, 0);
                ring[now % Slots] = (now, attempts + 1, failures + (failed ? 1 : 0));
            }
        }

        public (int Attempts, int Failures) Read()
        {
            lock (gate)
            {
                var oldest = Now - Slots;
                var live = ring.Where(held => held.Slot > oldest).ToArray();
                return (live.Sum(held => held.Attempts), live.Sum(held => held.Failures));
            }
        }
    }
}
