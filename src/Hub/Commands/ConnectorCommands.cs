using System.CommandLine;
using Hub.Ledger;

namespace Hub.Commands;

/// <summary><c>connectors list | pause | resume</c>.</summary>
internal static class ConnectorCommands
{
    public static Command Command() => new("connectors", "Connectors and their health") { List(), Switch("pause", "Send nothing until resumed; nothing is dropped"), Switch("resume", "Send again") };

    private static Command List()
    {
        var command = new Command("list", "Every connector with its counts");
        command.SetAction((_, _) => CommandLine.WithAsync(async (_, database) =>
        {
            foreach (var row in await new LedgerQueries(database).ConnectorsAsync())
            {
                var state = row.PausedReason is { } reason ? $"paused ({reason})" : "on";
                System.Console.WriteLine(
                    $"{row.Name}  {state}  queued {row.Queued}  delivered {row.Taken}  open {row.Queued - row.Taken - row.Skipped}  waiting {row.Waiting}  parked {row.Parked}  failed attempts {row.Failed}  last success {(row.LastTakenAt is { } taken ? $"{taken:u}" : "never")}  last failure {(row.LastFailedAt is { } failed ? $"{failed:u} {row.LastReason}" : "never")}");
            }

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
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (_, database) =>
        {
            var note = parsed.GetValue(reason)!.Trim();
            if (!await new LedgerQueries(database).PauseAsync(parsed.GetValue(connector)!, name == "pause" ? note : null, parsed.GetValue(by)!.Trim(), note, TimeProvider.System.GetUtcNow()))
                throw new InvalidOperationException($"There is no connector {parsed.GetValue(connector)}.");
            System.Console.WriteLine("done");
            return 0;
        }));
        return command;
    }
}
