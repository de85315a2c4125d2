using System.CommandLine;
using Hub.Connectors;
using Hub.Ledger;
using Npgsql;

namespace Hub.Commands;

/// <summary><c>connectors list | show | versions | pause | resume | mode</c>.</summary>
internal static class ConnectorCommands
{
    private const string Pull = "pull";

    public static Command Command() => new("connectors", "Connectors and their health") { List(), Show(), Versions(), Switch("pause", "Send nothing until resumed; nothing is dropped"), Switch("resume", "Send again"), Mode() };

    private static Command List()
    {
        var command = new Command("list", "Every connector with its counts");
        command.SetAction((_, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var versions = (await VersionsOf(settings, database).NewestAsync()).ToDictionary(version => version.Connector, StringComparer.Ordinal);
            var lags = (await new Feeds(database, settings.Bodies).LagsAsync()).ToDictionary(lag => lag.Name, StringComparer.Ordinal);
            foreach (var row in await new LedgerQueries(database, settings.Bodies).ConnectorsAsync())
            {
                var lag = lags[row.Name];
                var fetches = lag.Mode == Pull || (settings.Connectors.FirstOrDefault(connector => connector.Name == row.Name) ?? Made(versions.GetValueOrDefault(row.Name))) is { AlwaysPulls: true };
                var source = settings.Connectors.Any(connector => connector.Name == row.Name) ? "settings file" : versions.GetValueOrDefault(row.Name) is { } version ? $"version {version.Version}{(version.Enabled ? "" : " (disabled)")}" : "not set up";
                var state = (row.PausedReason is { } reason ? $"paused ({reason})" : "on") + (fetches ? $"  pull, {lag.Items} in its feed" : "  push");
                System.Console.WriteLine(
                    $"{row.Name}  {state}  {source}  queued {row.Queued}  delivered {row.Taken}  open {row.Queued - row.Taken - row.Skipped}  waiting {row.Waiting}  parked {row.Parked}  failed attempts {row.Failed}  last success {(row.LastTakenAt is { } taken ? $"{taken:u}" : "never")}  last failure {(row.LastFailedAt is { } failed ? $"{failed:u} {row.LastReason}" : "never")}");
            }

            return 0;
        }));
        return command;
    }

    private static Command Show()
    {
        var name = new Argument<string>("name") { Description = "Connector name" };
        var command = new Command("show", "Its settings, secrets masked, and where they come from") { name };
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var wanted = parsed.GetValue(name)!;
            var connector = await FindAsync(settings, database, wanted) ?? throw new InvalidOperationException($"There is no connector {wanted}.");
            var newest = settings.Connectors.Any(candidate => candidate.Name == wanted) ? null : (await VersionsOf(settings, database).OfAsync(wanted))[0];
            System.Console.WriteLine(newest is null ? "from the settings file" : $"version {newest.Version}, {(newest.Enabled ? "enabled" : "disabled")}, by {newest.MadeBy} at {newest.MadeAt:u}: {newest.Reason}");
            foreach (var (key, value) in SettingsText.Of(connector))
                System.Console.WriteLine($"{key}  {value}");
            return 0;
        }));
        return command;
    }

    private static Command Versions()
    {
        var name = new Argument<string>("name") { Description = "Connector name" };
        var command = new Command("versions", "What was changed in the console, when, by whom and why") { name };
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var wanted = parsed.GetValue(name)!;
            if (settings.Connectors.Any(candidate => candidate.Name == wanted))
                throw new InvalidOperationException($"{wanted} is set up in the settings file, which has no versions.");
            var versions = await VersionsOf(settings, database).OfAsync(wanted);
            if (versions.Count == 0)
                throw new InvalidOperationException($"There is no connector {wanted}.");
            foreach (var version in versions)
            {
                System.Console.WriteLine($"{version.Version}  {(version.Enabled ? "enabled" : "disabled")}  {version.MadeAt:u}  by {version.MadeBy}{(version.ApprovedBy is { } second ? $", approved by {second}" : "")}{(version.RestoredFrom is { } from ? $"  restored from {from}" : "")}  {version.Reason}");
                foreach (var line in version.Changes.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                    System.Console.WriteLine($"    {line}");
            }

            return 0;
        }));
        return command;
    }

    private static ConnectorVersions VersionsOf(HubSettings settings, NpgsqlDataSource database) => new(database, DemoClock.Of(settings), settings.Bodies);

    private static ConnectorSettings? Made(ConnectorVersion? version) => version is null ? null : ConnectorsInForce.Read(version.Settings);

    private static async Task<ConnectorSettings?> FindAsync(HubSettings settings, NpgsqlDataSource database, string name) =>
        settings.Connectors.FirstOrDefault(candidate => candidate.Name == name) ?? Made((await VersionsOf(settings, database).OfAsync(name)).FirstOrDefault());

    private static Command Mode()
    {
        var name = new Argument<string>("name") { Description = "Connector name" };
        var mode = new Argument<string>("mode") { Description = "push: Hub calls the receiver. pull: the receiver fetches from its feed" };
        mode.AcceptOnlyFromAmong("push", Pull);
        var reason = new Option<string>("--reason") { Required = true, Description = "Why; kept in the exchange log" };
        var by = new Option<string>("--by") { Required = true, Description = "Who; kept in the exchange log" };
        var command = new Command("mode", "Push to a receiver, or let it fetch; nothing is lost and the ids stay") { name, mode, reason, by };
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var connector = await FindAsync(settings, database, parsed.GetValue(name)!)
                ?? throw new InvalidOperationException($"There is no connector {parsed.GetValue(name)}.");
            if (connector.AlwaysPulls)
                throw new InvalidOperationException($"{connector.Name} is of the kind feed: it is always fetched from.");
            if (!connector.CanPull)
                throw new InvalidOperationException($"{connector.Name} is of the kind {connector.Kind}: only a webhook can be fetched instead of pushed.");
            if (!await new Feeds(database, settings.Bodies).SwitchAsync(connector.Name, parsed.GetValue(mode)!, parsed.GetValue(by)!.Trim(), parsed.GetValue(reason)!.Trim(), DemoClock.Of(settings).GetUtcNow()))
                throw new InvalidOperationException($"The database does not know {connector.Name} yet: start the hub once.");
            System.Console.WriteLine("done");
            return 0;
        }));
        return command;
    }

    private static Command Switch(string name, string description)
    {
        var connector = new Argument<string>("name") { Description = "Connector name" };
        var reason = new Option<string>("--reason") { Required = true, Description = "Why; kept in the exchange log" };
        var by = new Option<string>("--by") { Required = true, Description = "Who; kept in the exchange log" };
        var command = new Command(name, description) { connector, reason, by };
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var note = parsed.GetValue(reason)!.Trim();
            if (!await new LedgerQueries(database, settings.Bodies).PauseAsync(parsed.GetValue(connector)!, name == "pause" ? note : null, parsed.GetValue(by)!.Trim(), note, DemoClock.Of(settings).GetUtcNow()))
                throw new InvalidOperationException($"There is no connector {parsed.GetValue(connector)}.");
            System.Console.WriteLine("done");
            return 0;
        }));
        return command;
    }
}
