using Hub.Ledger;
using Npgsql;

namespace Hub.Schedule;

/// <summary>Takes bodies away every day that are older than the site keeps them.</summary>
internal sealed partial class BodyWatch(Bodies bodies, HubSettings settings, TimeProvider time, ILogger<BodyWatch> logger) : BackgroundService
{
    // A node that is restarted every night would otherwise never come to it.
    private static readonly TimeSpan FirstAfter = TimeSpan.FromMinutes(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!settings.Bodies.IsOn)
            LogClear();
        if (settings.BodyDays == 0)
            return;
        try
        {
            for (var wait = FirstAfter; ; wait = TimeSpan.FromDays(1))
            {
                await Task.Delay(wait, time, stoppingToken);
                await RemoveAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task RemoveAsync(CancellationToken cancellation)
    {
        try
        {
            var now = time.GetUtcNow();
            if (await bodies.RemoveAsync(now.AddDays(-settings.BodyDays), now, cancellation) is { Total: > 0 } count)
                LogRemoved(count.Total);
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException)
        {
            LogFailed(error.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Hub:BodyKeys is empty: bodies with personal data stand in the database in the clear")]
    private partial void LogClear();

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} bodies were kept long enough and are gone; their digests and entries stay")]
    private partial void LogRemoved(long count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Bodies that were kept long enough could not be removed now: {Reason}")]
    private partial void LogFailed(string reason);
}
