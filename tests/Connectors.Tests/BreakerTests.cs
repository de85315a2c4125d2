using Hub.Schemas;

namespace Hub.Connectors.Tests;

public sealed class BreakerTests
{
    private readonly FakeClock clock = new();
    private readonly List<BreakerState> changes = [];
    private readonly Breaker breaker;
    private int calls;

    public BreakerTests() => breaker = new Breaker(new BreakerSettings(), clock, changed => changes.Add(changed.State));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stays_closed_below_the_minimum_of_attempts()
    {
        await RunAsync(9, Answer.Unavailable(AnswerReasons.ServerError));

        Assert.Equal((BreakerState.Closed, null), (breaker.State, breaker.NextProbeAt));
    }

    [Fact]
    public async Task Opens_when_half_of_ten_attempts_failed()
    {
        await RunAsync(5, Answer.Taken());
        await RunAsync(5, Answer.Unknown(AnswerReasons.TimedOut));

        Assert.Equal((BreakerState.Open, clock.GetUtcNow().AddSeconds(30)), (breaker.State, breaker.NextProbeAt));
        Assert.Equal((10, 5), (breaker.AttemptsInWindow, breaker.FailuresInWindow));
    }

    [Fact]
    public async Task Stays_closed_when_fewer_than_half_failed()
    {
        await RunAsync(6, Answer.Taken());
        await RunAsync(5, Answer.Unknown(AnswerReasons.TimedOut));

        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Theory]
    [InlineData(AnswerReasons.Unreachable)]
    [InlineData(AnswerReasons.TimedOut)]
    [InlineData(AnswerReasons.ConnectionLost)]
    [InlineData(AnswerReasons.ServerError)]
    [InlineData(AnswerReasons.Unintelligible)]
    public async Task Opens_on_faults_of_the_partner_or_the_way_to_it(string reason)
    {
        await RunAsync(10, Answer.Unavailable(reason));

        Assert.Equal(BreakerState.Open, breaker.State);
    }

    [Theory]
    [InlineData(Outcome.Refused, AnswerReasons.ContentRefused)]
    [InlineData(Outcome.Refused, AnswerReasons.Unintelligible)]
    [InlineData(Outcome.Unavailable, AnswerReasons.Throttled)]
    [InlineData(Outcome.Unavailable, AnswerReasons.Unauthorised)]
    [InlineData(Outcome.Unavailable, AnswerReasons.NotSeen)]
    [InlineData(Outcome.Unavailable, AnswerReasons.Gone)]
    public async Task Stays_closed_on_answers_that_prove_someone_is_there(Outcome outcome, string reason)
    {
        await RunAsync(20, new Answer { Outcome = outcome, Reason = reason });

        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public async Task While_open_it_does_not_call_and_says_when_it_will()
    {
        await OpenAsync();
        clock.Advance(TimeSpan.FromSeconds(12));
        var before = calls;

        var answer = await RunAsync(1, Answer.Taken());

        Assert.Equal((Outcome.Unavailable, AnswerReasons.BreakerOpen), (answer.Outcome, answer.Reason));
        Assert.Equal(TimeSpan.FromSeconds(18), answer.RetryAfter);
        Assert.Equal(before, calls);
    }

    [Fact]
    public async Task Three_good_probes_in_a_row_close_it()
    {
        await OpenAsync();
        clock.Advance(TimeSpan.FromSeconds(30));

        var second = await RunAsync(2, Answer.Taken());
        Assert.Equal((Outcome.Taken, BreakerState.HalfOpen, clock.GetUtcNow()), (second.Outcome, breaker.State, breaker.NextProbeAt));

        await RunAsync(1, Answer.Taken());
        Assert.Equal((BreakerState.Closed, null), (breaker.State, breaker.NextProbeAt));
        Assert.Equal([BreakerState.Open, BreakerState.HalfOpen, BreakerState.Closed], changes);
    }

    [Fact]
    public async Task A_failed_probe_after_good_ones_begins_the_next_longer_break_and_the_count_anew()
    {
        await OpenAsync();
        clock.Advance(TimeSpan.FromSeconds(30));
        await RunAsync(2, Answer.Taken());

        await RunAsync(1, Answer.Unavailable(AnswerReasons.Unreachable));
        Assert.Equal((BreakerState.Open, clock.GetUtcNow().AddSeconds(60)), (breaker.State, breaker.NextProbeAt));

        clock.Advance(TimeSpan.FromSeconds(60));
        await RunAsync(2, Answer.Taken());
        Assert.Equal(BreakerState.HalfOpen, breaker.State);
        await RunAsync(1, Answer.Taken());
        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public async Task A_probe_that_ends_without_an_answer_proves_nothing()
    {
        await OpenAsync();
        clock.Advance(TimeSpan.FromSeconds(30));
        await RunAsync(2, Answer.Taken());

        await Assert.ThrowsAsync<InvalidOperationException>(() => breaker.RunAsync(_ => throw new InvalidOperationException(), Cancellation));

        Assert.Equal((BreakerState.Open, clock.GetUtcNow().AddSeconds(60)), (breaker.State, breaker.NextProbeAt));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_probe_that_was_never_made_leaves_everything_as_it_was(int good)
    {
        await OpenAsync();
        clock.Advance(TimeSpan.FromSeconds(30));
        await RunAsync(good, Answer.Taken());
        var attempts = breaker.AttemptsInWindow;

        await RunAsync(3, Answer.Unavailable(AnswerReasons.Lapsed));

        Assert.NotEqual(BreakerState.Closed, breaker.State);
        Assert.Equal((clock.GetUtcNow(), attempts), (breaker.NextProbeAt, breaker.AttemptsInWindow));
        await RunAsync(2 - good, Answer.Taken());
        Assert.Equal(BreakerState.HalfOpen, breaker.State);
        await RunAsync(1, Answer.Taken());
        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public async Task Failed_probes_lengthen_the_break_to_five_minutes_and_no_further()
    {
        await OpenAsync();
        var breaks = new List<double>();
        for (var probe = 0; probe < 6; probe++)
        {
            breaks.Add((breaker.NextProbeAt!.Value - clock.GetUtcNow()).TotalSeconds);
            clock.Advance(breaker.NextProbeAt.Value - clock.GetUtcNow());
            await RunAsync(1, Answer.Unavailable(AnswerReasons.Unreachable));
        }

        Assert.Equal([30, 60, 120, 300, 300, 300], breaks);
    }

    [Fact]
    public async Task After_it_closed_the_breaks_begin_short_again()
    {
        await OpenAsync();
        clock.Advance(TimeSpan.FromSeconds(30));
        await RunAsync(1, Answer.Unavailable(AnswerReasons.Unreachable));
        clock.Advance(TimeSpan.FromSeconds(60));
        await RunAsync(3, Answer.Taken());
        await RunAsync(10, Answer.Unavailable(AnswerReasons.Unreachable));

        Assert.Equal(clock.GetUtcNow().AddSeconds(30), breaker.NextProbeAt);
    }

    [Fact]
    public async Task Only_one_probe_goes_out_at_a_time()
    {
        await OpenAsync();
        clock.Advance(TimeSpan.FromSeconds(30));
        for (var good = 0; good < 3; good++)
        {
            var probe = new TaskCompletionSource<Answer>();
            var first = breaker.RunAsync(_ => probe.Task, Cancellation);

            var second = await RunAsync(1, Answer.Taken());

            Assert.Equal(BreakerState.HalfOpen, breaker.State);
            Assert.Equal((AnswerReasons.BreakerOpen, TimeSpan.FromSeconds(1)), (second.Reason, second.RetryAfter));
            probe.SetResult(Answer.Taken());
            Assert.Equal(Outcome.Taken, (await first).Outcome);
        }

        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public async Task Old_failures_leave_the_window()
    {
        await RunAsync(9, Answer.Unavailable(AnswerReasons.ServerError));
        clock.Advance(TimeSpan.FromSeconds(301));

        await RunAsync(9, Answer.Unavailable(AnswerReasons.ServerError));

        Assert.Equal((BreakerState.Closed, 9), (breaker.State, breaker.AttemptsInWindow));
    }

    [Fact]
    public async Task Isolated_by_hand_it_never_probes_until_closed_by_hand()
    {
        await breaker.IsolateAsync(Cancellation);
        clock.Advance(TimeSpan.FromDays(3));

        var answer = await RunAsync(1, Answer.Taken());

        Assert.Equal((AnswerReasons.BreakerOpen, null), (answer.Reason, answer.RetryAfter));
        Assert.Equal((BreakerState.Isolated, null, 0), (breaker.State, breaker.NextProbeAt, calls));
        await breaker.CloseAsync(Cancellation);
        Assert.Equal(Outcome.Taken, (await RunAsync(1, Answer.Taken())).Outcome);
    }

    private Task OpenAsync() => RunAsync(10, Answer.Unavailable(AnswerReasons.Unreachable));

    private async Task<Answer> RunAsync(int times, Answer answer)
    {
        var last = answer;
        for (var time = 0; time < times; time++)
        {
            last = await breaker.RunAsync(
                _ =>
                {
                    calls++;
                    return Task.FromResult(answer);
                },
                Cancellation);
        }

        return last;
    }
}
