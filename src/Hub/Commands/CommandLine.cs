using System.CommandLine;
using System.Globalization;
using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Npgsql;

namespace Hub.Commands;

/// <summary>The commands of the executable. Each answers with what it did; a fault is one sentence and exit code 1 or 2.</summary>
internal static class CommandLine
{
    public static RootCommand Root()
    {
        var root = new RootCommand("Hub: government and utility data sharing / 政企协同办电信息共享平台")
        {
            Serve(), Migrate(), Keys.Command(), Deliveries.Command(), TaskCommands.Command(), ReportCommands.Command(), ConnectorCommands.Command(), PublisherCommands.Command(), DisclosureCommands.Command(), Settings(), Verify(), Export(), PolicyCommands.Command(), SchemaCommands.Command(), BodyCommands.Command(), ClockCommands.Command(), DeadlineCommands.Command(), OperatorCommands.Command(), CertifyCommand.Command(), ServiceReportCommand.Command(),
        };
        root.SetAction((_, cancellation) => ServeAsync(cancellation));
        return root;
    }

    /// <summary>Runs an action with the settings and a database; tells faults of use and surroundings in a sentence.</summary>
    internal static Task<int> WithAsync(Func<HubSettings, NpgsqlDataSource, Task<int>> act) => TellingFaultsAsync(async () =>
    {
        var settings = HubSettings.Read();
        await using var database = Server.OpenDatabase(settings);
        return await act(settings, database);
    });

    internal static async Task<int> TellingFaultsAsync(Func<Task<int>> act)
    {
        try
        {
            return await act();
        }
        catch (Exception fault) when (fault is SettingsException or PolicyException or NpgsqlException or LedgerUnavailableException or TimeoutException or IOException or InvalidOperationException)
        {
            await System.Console.Error.WriteLineAsync(fault is PostgresException postgres ? postgres.MessageText : fault.Message);
            return 2;
        }
    }

    private static Command Serve()
    {
        var command = new Command("serve", "Run the hub (the default)");
        command.SetAction((_, cancellation) => ServeAsync(cancellation));
        return command;
    }

    private static Task<int> ServeAsync(CancellationToken cancellation) => TellingFaultsAsync(async () =>
    {
        var settings = HubSettings.Read();
        using (var loggers = LoggerFactory.Create(logging => Server.ConfigureLogging(logging, settings)))
            SettingsText.Log(loggers.CreateLogger("Hub.Settings"), settings);
        var app = await Server.BuildAsync(settings, DemoClock.Of(settings), cancellation);
        ServiceManager.Follow(app.Lifetime);
        await app.RunAsync();
        return 0;
    });

    private static Command Settings()
    {
        var command = new Command("settings", "Print every setting with the value in force; secrets are masked");
        command.SetAction((_, _) => TellingFaultsAsync(() =>
        {
            var settings = SettingsText.Of(HubSettings.Read());
            var width = settings.Max(setting => setting.Key.Length);
            foreach (var (key, value) in settings)
                System.Console.WriteLine($"{key.PadRight(width)}  {value}");
            return Task.FromResult(0);
        }));
        return command;
    }

    private static Command Migrate()
    {
        var fresh = new Option<bool>("--fresh") { Description = "Drop everything first. All data is lost." };
        var command = new Command("migrate", "Bring the database to this version") { fresh };
        command.SetAction((parsed, cancellation) => WithAsync(async (settings, database) =>
        {
            if (parsed.GetValue(fresh))
                await Migrator.DropAllAsync(database, cancellation);
            var applied = await Migrator.MigrateAsync(database, DemoClock.Of(settings), cancellation);
            System.Console.WriteLine(applied.Count == 0 ? "current" : $"applied: {string.Join(", ", applied)}");
            return 0;
        }));
        return command;
    }

    private static Command Verify()
    {
        var receipts = new Option<string[]>("--receipt") { Description = "POSITION:HASH that a partner holds; may be given several times" };
        var command = new Command("verify", "Recompute the exchange log's hash chain and everything it covers") { receipts };
        command.SetAction((parsed, cancellation) => WithAsync(async (settings, database) =>
        {
            var held = new List<(long, string)>();
            foreach (var text in parsed.GetValue(receipts) ?? [])
            {
                if (text.Split(':') is not [var seq, { Length: 64 } hash] || !long.TryParse(seq, CultureInfo.InvariantCulture, out var position))
                {
                    await System.Console.Error.WriteLineAsync($"'{text}' is not POSITION:HASH.");
                    return 1;
                }

                held.Add((position, hash));
            }

            var report = await new ExchangeLog(database, DemoClock.Of(settings), settings.Bodies).VerifyAsync(held, cancellation);
            foreach (var finding in report.Findings)
                System.Console.WriteLine($"bad: {finding}");
            System.Console.WriteLine(report.Ok ? $"ok: {report.Entries} entries, head {report.HeadSeq}:{report.HeadHash}" : $"NOT ok: {report.Findings.Count} finding(s) in {report.Entries} entries");
            return report.Ok ? 0 : 1;
        }));
        return command;
    }

    private static Command Export()
    {
        var to = new Option<string>("--to") { Required = true, Description = "File to write (JSON Lines)" };
        var bodies = new Option<bool>("--with-bodies") { Description = "Also the events' bodies, which name people; that it was done is on record" };
        var by = new Option<string>("--by") { Description = "With --with-bodies: who takes them out" };
        var reason = new Option<string>("--reason") { Description = "With --with-bodies: what for" };
        var command = new Command("export", "Write the exchange log for an independent verifier") { to, bodies, by, reason };
        command.SetAction((parsed, cancellation) => WithAsync(async (settings, database) =>
        {
            var log = new ExchangeLog(database, DemoClock.Of(settings), settings.Bodies);
            var withBodies = parsed.GetValue(bodies);
            if (withBodies)
            {
                if (string.IsNullOrWhiteSpace(parsed.GetValue(by)) || string.IsNullOrWhiteSpace(parsed.GetValue(reason)))
                    throw new InvalidOperationException("--with-bodies needs --by and --reason: bodies name people.");
                await log.NoteAsync($"act Export\nby {parsed.GetValue(by)!.Trim()}\nreason {parsed.GetValue(reason)!.Trim()}");
            }

            await using var file = File.Create(parsed.GetValue(to)!);
            var report = await log.ExportAsync(file, withBodies, cancellation);
            System.Console.WriteLine($"wrote {report.Entries} entries, head {report.HeadSeq}:{report.HeadHash}");
            return 0;
        }));
        return command;
    }
}
