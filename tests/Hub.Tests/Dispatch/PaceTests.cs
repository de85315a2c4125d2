using Hub.Connectors;
using Hub.Dispatch;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Dispatch;

public sealed class PaceTests
{
    private readonly FakeClock clock = new();

    [Fact]
    public void Without_an_agreed_rate_and_without_a_pause_there_is_no_limit() => Assert.Equal(int.MaxValue, Paced().Limit());

    [Theory]
    [InlineData(0.1, 1)]
    [InlineData(1, 6)]
    [InlineData(100, 204)]
    public void No_more_is_taken_than_gets_its_turn_before_its_lease_is_too_short(double rate, int limit) => Assert.Equal(limit, Paced(rate).Limit());

    [Fact]
    public async Task Calls_follow_one_another_at_the_agreed_distance_and_idle_time_is_not_saved_up()
    {
        var pace = Paced(ratePerSecond: 4);
        clock.Advance(TimeSpan.FromMinutes(1));
        var began = clock.GetUtcNow();
        var turns = Enumerable.Range(0, 5).Select(async _ =>
        {
            await pace.TurnAsync(TestContext.Current.CancellationToken);
            return (clock.GetUtcNow() - began).TotalMilliseconds;
        }).ToArray();

        for (var step = 0; step < 4; step++)
        {
            await turns[step].WaitAsync(TestContext.Current.CancellationToken);
            Assert.False(turns[step + 1].IsCompleted);
            clock.Advance(TimeSpan.FromMilliseconds(250));
        }

        var taken = await Task.WhenAll(turns);
        Assert.Equal([0, 250, 500, 750, 1000], taken);
    }

    [Fact]
    public async Task A_lane_that_closes_waits_for_no_turn()
    {
        var pace = Paced(ratePerSecond: 0.1);
        using var closing = new CancellationTokenSource();
        await pace.TurnAsync(closing.Token);
        var second = pace.TurnAsync(closing.Token);

        await closing.CancelAsync();

        await second.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_pause_ends_with_one_call_and_each_good_answer_adds_one()
    {
        var pace = Paced();
        pace.Observe(Throttled(seconds: 90));
        Assert.Equal((true, 0), (pace.IsHeld, pace.Limit()));

        clock.Advance(TimeSpan.FromSeconds(90));
        var limits = new List<int> { pace.Limit() };
        for (var good = 0; good < 3; good++)
        {
            pace.Observe(Answer.Taken());
            limits.Add(pace.Limit());
        }

        Assert.Equal([1, 2, 3, int.MaxValue], limits);
    }

    [Fact]
    public void Without_a_word_on_how_long_the_pauses_double_to_half_a_minute_and_begin_short_again_after_a_good_answer()
    {
        var pace = Paced();
        var pauses = new List<double>();
        for (var probe = 0; probe < 7; probe++)
        {
            // Three at once are one warning.
            for (var worker = 0; worker < 3; worker++)
                pace.Observe(Throttled());
            pauses.Add(Left(pace));
            clock.Advance(TimeSpan.FromSeconds(Left(pace)));
        }

        pace.Observe(Answer.Taken());
        pace.Observe(Throttled());

        Assert.Equal([1, 2, 4, 8, 16, 30, 30], pauses);
        Assert.Equal(1, Left(pace));
    }

    [Fact]
    public void A_shorter_wait_never_undoes_a_longer_one()
    {
        var pace = Paced();
        pace.Observe(Throttled(seconds: 3600));
        pace.Observe(Throttled(seconds: 1));
        pace.Observe(Throttled());
        pace.Observe(Answer.Taken());

        Assert.Equal((3600, 0), (Left(pace), pace.Limit()));
    }

    [Fact]
    public void The_first_good_answer_after_the_pause_frees_what_waits_and_tells_a_hiccup_from_an_outage()
    {
        var pace = Paced();
        pace.Observe(Throttled(seconds: 5));
        Assert.Equal(Relief.None, pace.Observe(Answer.Taken()));
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(Relief.None, pace.Observe(Answer.Unknown(AnswerReasons.TimedOut)));
        Assert.Equal((Relief.Eased, Relief.None), (pace.Observe(Answer.Taken()), pace.Observe(Answer.Taken())));

        pace.Observe(Throttled(seconds: 61));
        clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(Relief.Recovered, pace.Observe(Answer.Refused(AnswerReasons.ContentRefused)));
    }

    private double Left(Pace pace) => (pace.HoldUntil!.Value - clock.GetUtcNow()).TotalSeconds;

    private static Answer Throttled(double? seconds = null) =>
        Answer.Unavailable(AnswerReasons.Throttled) with { Throttle = true, RetryAfter = seconds is { } wait ? TimeSpan.FromSeconds(wait) : null };

    private Pace Paced(double ratePerSecond = 0) => new(new ConnectorSettings { RatePerSecond = ratePerSecond, Workers = 4 }, clock);
}
