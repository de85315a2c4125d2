using System.CommandLine;
using Hub.Ledger;

namespace Hub.Commands;

/// <summary><c>connectors list | pause | resume | mode</c>.</summary>
internal static class ConnectorCommands
{
    private const string Pull = "pull";

    public static Command Command() => new("connectors", "Connectors and their health") { List(), Switch("pause", "Send nothing until resumed; nothing is dropped"), Switch("resume", "Send again"), Mode() };

    private static Command List()
    {
        var command = new Command("list", "Every connector with its counts");
        command.SetAction((_, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var lags = (await new Feeds(database, settings.Bodies).LagsAsync()).ToDictionary(lag => lag.Name, StringComparer.Ordinal);
            foreach (var row in await new LedgerQueries(database, settings.Bodies).ConnectorsAsync())
            {
                var lag = lags[row.Name];
                var fetches = lag.Mode == Pull || settings.Connectors.Any(connector => connector.Name == row.Name && connector.AlwaysPulls);
                var state = (row.PausedReason is { } reason ? $"paused ({reason})" : "on") + (fetches ? $"  pull, {lag.Items} in its feed" : "  push");
                System.Console.WriteLine(
                    $"{row.Name}  {state}  queued {row.Queued}  delivered {row.Taken}  open {row.Queued - row.Taken - row.Skipped}  waiting {row.Waiting}  parked {row.Parked}  failed attempts {row.Failed}  last success {(row.LastTakenAt is { } taken ? $"{taken:u}" : "never")}  last failure {(row.LastFailedAt is { } failed ? $"{failed:u} {row.LastReason}" : "never")}");
            }

            return 0;
        }));
        return command;
    }

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
            var connector = settings.Connectors.FirstOrDefault(candidate => candidate.Name == parsed.GetValue(name))
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
