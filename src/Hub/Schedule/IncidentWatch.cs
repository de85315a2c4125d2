using Hub.Connectors;
using Hub.Dispatch;
using Hub.Engine;
using Hub.Ledger;
using Npgsql;

namespace Hub.Schedule;

/// <summary>Looks at what waits and opens, updates and closes incidents; on the way it samples the traffic.</summary>
internal sealed partial class IncidentWatch(Incidents incidents, Traffic traffic, ILanes lanes, ConnectorNames connectors, TimeProvider time, ILogger<IncidentWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(3);

    // With a hundred thousand waiting the look costs some tenths of a second: it takes a twentieth of the time at most.
    private const int CostShare = 20;

    private DateTimeOffset sampled;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                var started = time.GetTimestamp();
                try
                {
                    await SampleAsync();
                    await LookAsync();
                }
                catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException)
                {
                    LogFailed(error.Message);
                }

                var cost = time.GetElapsedTime(started) * CostShare;
                await Task.Delay(cost > Every ? cost : Every, time, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task SampleAsync()
    {
        var now = time.GetUtcNow();
        if (Traffic.QuarterOf(now) == sampled)
            return;
        await traffic.SampleAsync(now);
        sampled = Traffic.QuarterOf(now);
    }

    internal async Task LookAsync()
    {
        var now = time.GetUtcNow();
        var waits = await incidents.FactsAsync();
        var ending = await incidents.EndingKeysAsync(now + IncidentRules.KeyWarning);
        var facts = IncidentRules.Facts(
            waits, [.. lanes.All.Where(lane => !lane.Pulls).Select(lane => (connectors.Number(lane.Settings.Name), lane.BreakerState != BreakerState.Closed, lane.PausedReason is not null))],
            ending.Select(key => key.Connector), now);
        foreach (var fact in facts)
            await incidents.SeeAsync(fact, now);
        foreach (var open in await incidents.OpenAsync(partner: null))
        {
            if (!facts.Any(fact => fact.Connector == open.Connector && fact.Class == open.Class) && now.UtcDateTime - open.SeenAt >= IncidentRules.QuietFor)
                await incidents.CloseAsync(open.Id, now, now - IncidentRules.QuietFor);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Incidents could not be looked at now: {Reason}")]
    private partial void LogFailed(string reason);
}
