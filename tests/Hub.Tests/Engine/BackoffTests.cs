using Hub.Engine;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Engine;

public sealed class BackoffTests
{
    private static readonly Answer Down = Answer.Unavailable(AnswerReasons.Unreachable);

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 30)]
    [InlineData(3, 120)]
    [InlineData(6, 3600)]
    [InlineData(12, 86_400)]
    public void Waits_grow_as_the_partner_guide_says(int attempts, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.After(Down, attempts, spread: 0.5));

    [Fact]
    public void Thirteen_attempts_bridge_three_days_and_then_a_person_must_look()
    {
        Assert.Equal(13, Backoff.Attempts);
        Assert.Null(Backoff.After(Down, 13, 0.5));
        var all = Enumerable.Range(1, 12).Aggregate(TimeSpan.Zero, (sum, attempts) => sum + Backoff.After(Down, attempts, 0.5)!.Value);
        Assert.InRange(all.TotalHours, 72, 80);
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 6)]
    public void Waits_are_spread_by_a_fifth_each_way(double spread, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.After(Down, 1, spread));

    [Fact]
    public void A_partner_may_ask_for_more_but_not_for_less_and_for_six_hours_at_most()
    {
        Assert.Equal(TimeSpan.FromMinutes(3), Backoff.After(Down with { RetryAfter = TimeSpan.FromMinutes(3) }, 1, 0.5));
        Assert.Equal(TimeSpan.FromSeconds(5), Backoff.After(Down with { RetryAfter = TimeSpan.FromSeconds(1) }, 1, 0.5));
        Assert.Equal(TimeSpan.FromHours(6), Backoff.After(Down with { RetryAfter = TimeSpan.FromDays(30) }, 1, 0.5));
    }

    [Fact]
    public void A_key_that_is_not_accepted_parks_after_three_attempts()
    {
        var refused = Answer.Unavailable(AnswerReasons.Unauthorised);

        Assert.Equal(
            [TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(7), null],
            new[] { 1, 2, 3 }.Select(attempts => Backoff.After(refused, attempts, 0.5)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void What_lapsed_is_not_tried_again(int attempts) => Assert.Null(Backoff.After(Answer.Unavailable(AnswerReasons.Lapsed), attempts, 0.5));

    [Theory]
    [InlineData(AnswerReasons.BreakerOpen, false)]
    [InlineData(AnswerReasons.Queued, false)]
    [InlineData(AnswerReasons.NotSeen, false)]
    [InlineData(AnswerReasons.TimedOut, true)]
    [InlineData(AnswerReasons.Throttled, true)]
    public void Only_an_attempt_that_was_made_counts(string reason, bool counts) => Assert.Equal(counts, Backoff.Counts(Answer.Unavailable(reason)));

    [Fact]
    public void The_spread_of_a_command_is_always_the_same_and_between_nothing_and_one()
    {
        var ids = Enumerable.Range(0, 1000).Select(_ => Guid.NewGuid()).ToList();

        Assert.All(ids, id => Assert.Equal(Backoff.Spread(id, 1), Backoff.Spread(id, 1)));
        Assert.All(ids, id => Assert.InRange(Backoff.Spread(id, 2), 0, 1));
        Assert.InRange(ids.Average(id => Backoff.Spread(id, 1)), 0.4, 0.6);
    }
}
