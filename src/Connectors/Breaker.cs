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

    /// <summary>A probe is on its way.</summary>
    HalfOpen,

    /// <summary>An operator, or the partner itself, stopped it: no probe until it is closed by hand.</summary>
    Isolated,
}

/// <summary>One connector's breaker. It probes for ever and never gives a partner up by itself.</summary>
public sealed class Breaker
{
    // A probe that is under way has no time of its own; this keeps those who ask meanwhile from asking in a tight loop.
    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(1);

    private readonly TimeProvider clock;
    private readonly Action<Breaker>? stateChanged;
    private readonly CircuitBreakerStateProvider provider = new();
    private readonly CircuitBreakerManualControl control = new();
    private readonly ResiliencePipeline<Answer> pipeline;
    private readonly RollingCount recent;
    private long nextProbeTicks;

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
                BreakDurationGenerator = broken => ValueTask.FromResult(BreakAfter(settings.Breaks, broken.HalfOpenAttempts)),
                ShouldHandle = attempt => ValueTask.FromResult(attempt.Outcome.Result is { } answer && IsFailure(answer)),
                OnOpened = opened => Changed(opened.IsManual ? null : clock.GetUtcNow() + opened.BreakDuration),
                OnHalfOpened = _ => Changed(null),
                OnClosed = _ => Changed(null),
                StateProvider = provider,
                ManualControl = control,
            })
            .Build();
    }

    public BreakerState State => provider.CircuitState switch
    {
        CircuitState.Closed => BreakerState.Closed,
        CircuitState.Open => BreakerState.Open,
        CircuitState.HalfOpen => BreakerState.HalfOpen,
        _ => BreakerState.Isolated,
    };

    /// <summary>From when on the next call goes out as a probe; null unless the state is <see cref="BreakerState.Open"/>.</summary>
    public DateTimeOffset? NextProbeAt => Interlocked.Read(ref nextProbeTicks) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>Calls that went out in the rolling window, to a thirtieth of it.</summary>
    public int AttemptsInWindow => recent.Read().Attempts;

    /// <summary>Those of them that failed.</summary>
    public int FailuresInWindow => recent.Read().Failures;

    /// <summary>Makes the call, or answers <see cref="AnswerReasons.BreakerOpen"/> without making it.</summary>
    public async Task<Answer> RunAsync(Func<CancellationToken, Task<Answer>> call, CancellationToken cancellation)
    {
        try
        {
            return await pipeline.ExecuteAsync(
                static async (state, token) => state.self.Counted(await state.call(token)), (self: this, call), cancellation);
        }
        catch (IsolatedCircuitException)
        {
            return Answer.Unavailable(AnswerReasons.BreakerOpen);
        }
        catch (BrokenCircuitException)
        {
            var wait = NextProbeAt - clock.GetUtcNow();
            return Answer.Unavailable(AnswerReasons.BreakerOpen) with { RetryAfter = wait > LeastWait ? wait : LeastWait };
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

    private static TimeSpan BreakAfter(IReadOnlyList<double> breaks, int failedProbes) =>
        TimeSpan.FromSeconds(breaks[Math.Min(failedProbes, breaks.Count - 1)]);

    private Answer Counted(Answer answer)
    {
        recent.Add(IsFailure(answer));
        return answer;
    }

    private ValueTask Changed(DateTimeOffset? nextProbeAt)
    {
        Interlocked.Exchange(ref nextProbeTicks, nextProbeAt?.UtcTicks ?? 0);
        stateChanged?.Invoke(this);
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
