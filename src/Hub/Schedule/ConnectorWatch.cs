using Hub.Dispatch;
using Hub.Engine;
using Hub.Ledger;
using Npgsql;

namespace Hub.Schedule;

/// <summary>Takes up connectors that were made or changed in the console while the hub runs, on every node within a second or two.</summary>
internal sealed partial class ConnectorWatch(
    ConnectorVersions versions, ConnectorsInForce inForce, ConnectorNames names, DeliveryQueue queue, ILanes lanes, Sweeper sweeper, NodeLease node, TimeProvider time, ILogger<ConnectorWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private (int Node, long Seen) told;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Over the bus the connectors run without a database.
        if (lanes is not Lanes own)
            return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(own);
                await Task.Delay(Poll, time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException or InvalidOperationException)
            {
                LogFailed(error.Message);
                await Task.Delay(Poll, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task LookAsync(Lanes own)
    {
        var last = await versions.LastAsync();
        if (last != inForce.Seen)
        {
            foreach (var problem in inForce.Change(await versions.NewestAsync()))
                LogRefused(problem);
            var configured = inForce.All.Select(connector => connector.Name).ToHashSet(StringComparer.Ordinal);
            names.Change(await queue.NumberConnectorsAsync(configured), configured);
            own.Apply(inForce.All);
            await sweeper.ApplyControlAsync();
            sweeper.ConnectorsChanged();

            // Last: a look that failed half-way is taken again from the beginning.
            inForce.Seen = last;
            LogTaken(last);
        }

        if (told != (node.Node, inForce.Seen) && node.IsHeldAt(time.GetUtcNow()))
        {
            await versions.SeenAsync(node.Node, inForce.Seen);
            told = (node.Node, inForce.Seen);
        }
    }

    /// <summary>The versions in force when a hub starts. One that cannot be used is taken up, and told of, by the first look.</summary>
    public static async Task TakeUpAsync(ConnectorVersions versions, ConnectorsInForce inForce)
    {
        var last = await versions.LastAsync();
        if (inForce.Change(await versions.NewestAsync()).Count == 0)
            inForce.Seen = last;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connectors of version {Last} are in force")]
    private partial void LogTaken(long last);

    [LoggerMessage(Level = LogLevel.Error, Message = "A changed connector was not taken: {Problem}")]
    private partial void LogRefused(string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Changed connectors could not be looked at: {Reason}")]
    private partial void LogFailed(string reason);
}
