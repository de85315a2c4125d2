using Hub.Intake;
using Xunit;

namespace Hub.Tests.Intake;

public sealed class PublisherRateTests
{
    [Fact]
    public async Task Messages_beyond_the_rate_wait_and_none_is_refused()
    {
        await using var rate = new PublisherRate(new HubSettings { RequestsPerSecondPerKey = 1 });
        using var stopping = new CancellationTokenSource();

        var taken = Enumerable.Range(0, 100).Select(_ => rate.TakeAsync("key", stopping.Token)).ToList();

        Assert.True(taken[0].IsCompletedSuccessfully);
        Assert.False(taken[^1].IsCompleted);
        Assert.True(rate.TakeAsync("another", stopping.Token).IsCompletedSuccessfully);
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taken[^1]);
    }

    [Fact]
    public async Task Without_a_rate_nothing_waits()
    {
        await using var rate = new PublisherRate(new HubSettings { RequestsPerSecondPerKey = 0 });

        Assert.All(Enumerable.Range(0, 100), _ => Assert.True(rate.TakeAsync("key", CancellationToken.None).IsCompletedSuccessfully));
    }
}
