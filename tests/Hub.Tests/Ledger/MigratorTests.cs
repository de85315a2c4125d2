using Hub.Ledger;
using Xunit;

namespace Hub.Tests.Ledger;

public sealed class MigratorTests
{
    private static readonly FakeClock Clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Applies_every_migration_once()
    {
        await using var database = await TestDatabase.CreateAsync(migrated: false);
        Assert.False(await Migrator.IsCurrentAsync(database.Source, Cancellation));

        Assert.Contains("0001_spine", await Migrator.MigrateAsync(database.Source, Clock, Cancellation));

        Assert.True(await Migrator.IsCurrentAsync(database.Source, Cancellation));
        Assert.Empty(await Migrator.MigrateAsync(database.Source, Clock, Cancellation));
    }

    [Fact]
    public async Task Nodes_that_start_together_do_not_meet()
    {
        await using var database = await TestDatabase.CreateAsync(migrated: false);

        var applied = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Migrator.MigrateAsync(database.Source, Clock, Cancellation)));

        Assert.Single(applied, names => names.Count > 0);
    }

    [Fact]
    public async Task A_migration_that_was_edited_after_it_was_applied_is_refused_by_name()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("UPDATE migrations SET digest = 'another' WHERE name = '0001_spine'");

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Migrator.MigrateAsync(database.Source, Clock, Cancellation));

        Assert.Contains("0001_spine", refused.Message);
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused_by_name()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("INSERT INTO migrations (name, digest, applied_at) VALUES ('9999_future', 'x', 'epoch')");

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Migrator.MigrateAsync(database.Source, Clock, Cancellation));

        Assert.Contains("9999_future", refused.Message);
    }

    [Fact]
    public async Task Dropping_everything_leaves_a_database_that_can_be_migrated()
    {
        await using var database = await TestDatabase.CreateAsync();

        await Migrator.DropAllAsync(database.Source, Cancellation);

        Assert.False(await Migrator.IsCurrentAsync(database.Source, Cancellation));
        Assert.NotEmpty(await Migrator.MigrateAsync(database.Source, Clock, Cancellation));
    }
}
