using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Hub.Commands;

/// <summary>An engine without workers, for one act of an operator: it decides and commits; a running hub is told by NOTIFY and does the rest.</summary>
internal static class OwnEngine
{
    public static async Task<T> RunAsync<T>(HubSettings settings, NpgsqlDataSource database, Func<BatchEngine, Task<T>> act, CancellationToken cancellation)
    {
        var made = settings.Role == HubRole.All ? await new ConnectorVersions(database, DemoClock.Of(settings), settings.Bodies).EnabledAsync() : [];
        var configured = settings.Connectors.Select(connector => connector.Name).Concat(made).ToHashSet(StringComparer.Ordinal);
        var numbers = await new DeliveryQueue(database).NumberConnectorsAsync(configured);
        await using LedgerStore ledger = new(settings.Database, settings.Bodies), second = new(settings.Database, settings.Bodies);
        using var engine = new BatchEngine(
            ledger, second, PolicyStore.Open(settings.Packs, settings.SitePacks), new ConnectorNames(numbers, configured),
            new NoDispatcher(), DemoClock.Of(settings), settings.Engine, NullLogger<BatchEngine>.Instance);
        await engine.StartAsync(cancellation);
        var result = await act(engine);
        engine.Drain();
        await engine.StopAsync(cancellation);
        return result;
    }
}
