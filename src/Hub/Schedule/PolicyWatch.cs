using Hub.Ledger;
using Hub.Policies;
using Npgsql;

namespace Hub.Schedule;

/// <summary>Takes up changed policy packs while the hub runs; a set with a fault is named in the log and not taken.</summary>
internal sealed partial class PolicyWatch(PolicyStore policies, CalendarNotices notices, HubSettings settings, NpgsqlDataSource database, TimeProvider time, ILogger<PolicyWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Of the calendars in the database none counts as seen: one may have come since the start.
        var (seen, kept, well) = (Stamp(), -1L, true);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Poll, time, stoppingToken);
                var (stamp, last) = (Stamp(), await notices.LastAsync(stoppingToken));
                well = true;
                if ((stamp, last) == (seen, kept))
                    continue;
                await ReloadAsync(stoppingToken);
                (seen, kept) = (stamp, last);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or NpgsqlException or TimeoutException)
            {
                if (well)
                    LogFailed(error.Message);
                well = false;
            }
        }
    }

    private async Task ReloadAsync(CancellationToken cancellation)
    {
        var before = policies.Current.Digest;
        var approved = (await notices.AllAsync(cancellation)).Select(row => PolicyStore.Approved(row.Pin, row.Content)).ToList();
        if (!policies.TryReload(out var problems, approved))
        {
            foreach (var problem in problems)
                LogRefused(problem.ToString());
            return;
        }

        if (policies.Current.Digest == before)
            return;
        LogLoaded(policies.Current.Digest);
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var pins = string.Join('\n', policies.Current.Policies.Select(policy => policy.Pin));
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(LogEntry.PolicyLoaded, "hub", Guid.CreateVersion7(now), $"digest {policies.Current.Digest}\n{pins}"));
    }

    private string Stamp() => string.Join('\n', new[] { settings.Packs, settings.SitePacks }.OfType<string>().Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories))
        .Order(StringComparer.Ordinal)
        .Select(file => $"{file} {File.GetLastWriteTimeUtc(file).Ticks} {new FileInfo(file).Length}"));

    [LoggerMessage(Level = LogLevel.Information, Message = "Policy packs {Digest} are in force")]
    private partial void LogLoaded(string digest);

    [LoggerMessage(Level = LogLevel.Error, Message = "Changed policy packs were not taken: {Problem}")]
    private partial void LogRefused(string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Policy packs could not be looked at: {Reason}")]
    private partial void LogFailed(string reason);
}
