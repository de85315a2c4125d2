using Dapper;
using Hub.Ledger;
using Hub.Schedule;
using Hub.Telemetry;
using Hub.Tests.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Hub.Tests.Telemetry;

public sealed class HealthTests : IAsyncLifetime
{
    private TestDatabase database = null!;
    private WebApplication app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => database = await TestDatabase.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_transaction_that_stays_open_is_a_warning_and_the_hub_stays_ready()
    {
        var health = await StartAsync(new());
        health.TransactionMax = TimeSpan.Zero;
        await using var forgotten = await database.Source.OpenConnectionAsync(Cancellation);
        await using var transaction = await forgotten.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Cancellation);
        await forgotten.ExecuteScalarAsync<long>("SELECT count(*) FROM events");

        var warned = await health.CheckAsync(Cancellation);
        await transaction.RollbackAsync(Cancellation);
        health.TransactionMax = TimeSpan.FromMinutes(1);
        var calm = await health.CheckAsync(Cancellation);

        var check = Assert.Single(warned.Checks, check => check.Name == "transactions");
        Assert.Equal((true, false, true), (warned.Ready, check.Ok, check.Warning));
        Assert.Equal((true, true, false), (calm.Ready, calm.Checks[^1].Ok, calm.Checks[^1].Warning));
    }

    [Fact]
    public async Task A_full_disk_of_the_hub_makes_it_not_ready()
    {
        var health = await StartAsync(new() { DiskFreeMegabytesMin = 1_000_000 });
        if (new DriveInfo(Path.GetTempPath()).AvailableFreeSpace > 1_000_000L * 1024 * 1024)
            Assert.Skip("More than a terabyte is free here.");

        var readiness = await health.CheckAsync(Cancellation);

        Assert.False(readiness.Ready);
        Assert.EndsWith("1000000 are wanted", Assert.Single(readiness.Checks, check => !check.Ok).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_behind_the_hubs_back_is_counted_by_the_regular_verification()
    {
        var health = await StartAsync(new());
        var watch = app.Services.GetRequiredService<ChainWatch>();
        await using (var connection = await database.Source.OpenConnectionAsync(Cancellation))
            await ExchangeLog.AppendAsync(connection, DateTimeOffset.UnixEpoch, LogEntry.OfText(LogEntry.OperatorActed, "hub", Guid.NewGuid(), "act"));

        await watch.VerifyAsync(Cancellation);
        var good = PrometheusText.Parse(await health.MetricsAsync());
        await database.ExecuteAsync("UPDATE exchange_log SET partner = 'another'");
        await watch.VerifyAsync(Cancellation);
        var bad = PrometheusText.Parse(await health.MetricsAsync());

        Assert.Equal(1, good["hub_chain_verified_entries"].Samples[0].Value);
        Assert.True(bad["hub_chain_verify_failures_total"].Samples[0].Value > good["hub_chain_verify_failures_total"].Samples[0].Value);
        Assert.Equal(good["hub_chain_verified_entries"].Samples[0].Value, bad["hub_chain_verified_entries"].Samples[0].Value);
        Assert.True(bad.ContainsKey("hub_exchange_log_age_seconds"));
    }

    private async Task<Health> StartAsync(HubSettings settings)
    {
        app = await Server.BuildAsync(settings with { Database = database.ConnectionString, Url = "http://127.0.0.1:0", DrainSeconds = 1 }, TimeProvider.System, Cancellation);
        await app.StartAsync(Cancellation);
        var health = app.Services.GetRequiredService<Health>();
        var sweeper = app.Services.GetRequiredService<Sweeper>();
        var node = app.Services.GetRequiredService<Hub.Dispatch.NodeLease>();
        for (var tries = 0; tries < 500 && (sweeper.LastProgress == default || node.Node == 0); tries++)
            await Task.Delay(20, Cancellation);
        return health;
    }
}
