using Hub.Ledger;
using Xunit;

namespace Hub.Tests.Ledger;

public sealed class ApiKeysTests
{
    private readonly FakeClock clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_is_stored_as_a_hash_and_every_change_is_in_the_log_without_the_secret()
    {
        await using var database = await TestDatabase.CreateAsync();
        var keys = new ApiKeys(database.Source, clock);

        var whole = await keys.CreateAsync("bureau", ApiKey.Publish, ["urn:a"], ["hub.*"], ["1410"], "AGREEMENT-1", days: 30, Cancellation);

        Assert.True(whole.Split('_') is ["hk", { Length: 16 }, { Length: 64 }]);
        var stored = Assert.Single(await keys.ListAsync(Cancellation));
        var secret = whole.Split('_')[2];
        Assert.Equal(ApiKeys.HashSecret(secret), stored.SecretHash);
        Assert.Equal(("bureau", ApiKey.Publish, "AGREEMENT-1", "urn:a", "hub.*", "1410"), (stored.Partner, stored.Direction, stored.LegalBasis, stored.Sources[0], stored.Types[0], stored.Regions[0]));
        Assert.True(await keys.RevokeAsync(stored.KeyId, Cancellation));
        Assert.False(await keys.RevokeAsync(stored.KeyId, Cancellation));
        Assert.False((await keys.ListAsync(Cancellation))[0].IsValidAt(clock.GetUtcNow()));

        var entries = await database.ReadAllAsync<string>("SELECT convert_from(content, 'UTF8') FROM exchange_log WHERE kind = 'key.changed' ORDER BY seq");
        Assert.Equal(["created", "revoked"], entries.Select(entry => entry.Split(' ')[0]));
        Assert.All(entries, entry => Assert.DoesNotContain(secret, entry));
        Assert.True((await new ExchangeLog(database.Source, clock, TestDatabase.Bodies).VerifyAsync([], Cancellation)).Ok);
    }

    [Fact]
    public async Task A_key_ends_on_its_day_and_one_without_a_day_does_not()
    {
        await using var database = await TestDatabase.CreateAsync();
        var keys = new ApiKeys(database.Source, clock);
        await keys.CreateAsync("ends", ApiKey.Receive, [], [], [], legalBasis: null, days: 1, Cancellation);
        await keys.CreateAsync("stays", ApiKey.Receive, [], [], [], legalBasis: null, days: null, Cancellation);

        clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal(["stays"], (await keys.ListAsync(Cancellation)).Where(key => key.IsValidAt(clock.GetUtcNow())).Select(key => key.Partner));
    }

    [Theory]
    [InlineData(new string[0], "hub.any.v1", true)]
    [InlineData(new[] { "hub.project_approval.*" }, "hub.project_approval.created.v1", true)]
    [InlineData(new[] { "hub.project_approval.*" }, "hub.project.created.v1", false)]
    [InlineData(new[] { "hub.a.v1" }, "hub.a.v1", true)]
    [InlineData(new[] { "hub.a.v1" }, "hub.a.v10", false)]
    public void A_scope_of_types_is_a_name_or_a_prefix(string[] types, string type, bool allowed) =>
        Assert.Equal(allowed, new ApiKey { Types = types }.AllowsType(type));

    [Theory]
    [InlineData(new string[0], "110101", true)]
    [InlineData(new[] { "1410" }, "141002", true)]
    [InlineData(new[] { "1410", "15" }, "150102", true)]
    [InlineData(new[] { "1410" }, "140700", false)]
    public void A_scope_of_regions_is_a_prefix(string[] regions, string region, bool allowed) =>
        Assert.Equal(allowed, new ApiKey { Regions = regions }.AllowsRegion(region));
}
