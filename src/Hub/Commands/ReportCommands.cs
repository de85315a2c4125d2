using System.CommandLine;
using System.Globalization;
using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Npgsql;
using Command = System.CommandLine.Command;

namespace Hub.Commands;

/// <summary><c>reports begin | list | show | check | note | submit | tell</c>: the ledgers, and what people say in them. Each word is an event of the case, with a name and a reason.</summary>
internal static class ReportCommands
{
    private const int ListMax = 1000;

    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    public static Command Command() => new("reports", "Ledgers: what is owed to the authorities, by when, and with which figures") { Begin(), List(), Show(), Check(), Note(), Submit(), Tell() };

    private static Argument<string> Ledger() => new("ledger") { Description = "Ledger, as listed" };

    private static Option<string> By() => new("--by") { Required = true, Description = "Who; kept with the case" };

    private static Option<string> Reason() => new("--reason") { Required = true, Description = "Why; kept with the case" };

    private static Command Begin()
    {
        var command = new Command("begin", "Look now which periods are over; the service looks every minute");
        command.SetAction((_, cancellation) => CommandLine.WithAsync(async (settings, database) =>
        {
            await WithReportsAsync(
                settings, database,
                async reports =>
                {
                    await reports.RunAsync(cancellation);
                    return true;
                },
                cancellation);
            System.Console.WriteLine("done");
            return 0;
        }));
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "The ledgers, the newest first");
        command.SetAction((_, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var rows = await new Ledgers(database, settings.Bodies).ListAsync(long.MaxValue, ListMax);
            foreach (var state in rows.Select(row => ProcessCatalog.LedgerReport.Read(row.State)))
                System.Console.WriteLine($"{state.Ledger}  {state.Status}  due {Text(state.DueAt)}  {Outcome(state)}");
            System.Console.WriteLine($"{rows.Count} in all");
            return 0;
        }));
        return command;
    }

    private static string Outcome(LedgerReportProcess.Case state) => state switch
    {
        { SubmittedAt: not null } => $"submitted {Text(state.SubmittedAt)} by {state.SubmittedBy}{(state.Late ? " LATE" : "")} to [{string.Join(' ', state.Sent)}]",
        { Overdue: true } => "OVERDUE",
        _ => "",
    };

    private static Command Show()
    {
        var (ledger, to) = (Ledger(), new Option<string?>("--to") { Description = "Write it to this CSV file instead" });
        var command = new Command("show", "One ledger with its figures") { ledger, to };
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var state = await ReadAsync(settings, database, parsed.GetValue(ledger)!);
            var report = LedgerReportProcess.Of(state, LedgerReportProcess.PolicyOf(state, PolicyStore.Open(settings.Packs, settings.SitePacks).Current));
            if (parsed.GetValue(to) is { } file)
            {
                await File.WriteAllBytesAsync(file, LedgerSheet.Csv(report));
                System.Console.WriteLine($"wrote {file}");
                return 0;
            }

            foreach (var row in LedgerSheet.Rows(report))
                System.Console.WriteLine(string.Join("  ", row.Where(cell => cell is not null).Select(cell => Convert.ToString(cell, CultureInfo.InvariantCulture))));
            return 0;
        }));
        return command;
    }

    private static Command Check()
    {
        var ledger = Ledger();
        var command = new Command("check", "Count a ledger's figures again from the exchange log and compare") { ledger };
        command.SetAction((parsed, cancellation) => CommandLine.WithAsync(async (settings, database) =>
        {
            var state = await ReadAsync(settings, database, parsed.GetValue(ledger)!);
            var again = await WithReportsAsync(settings, database, reports => reports.RecountAsync(state.Ledger!, cancellation), cancellation);
            var digest = again is null ? "none" : Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(LedgerReportProcess.Bytes(again)));
            System.Console.WriteLine(digest == state.Digest ? $"ok: position {again!.Position}, digest {digest}" : $"NOT the same: recorded {state.Digest ?? "none"}, counted {digest}");
            return digest == state.Digest ? 0 : 1;
        }));
        return command;
    }

    private static Command Note()
    {
        var (ledger, words, by, reason) = (Ledger(), new WordOptions(), By(), Reason());
        var command = words.AddTo(new Command("note", "Add words to a ledger before it is submitted; what was said before is replaced") { ledger, by, reason });
        command.SetAction((parsed, cancellation) => ActAsync(reports => reports.NoteAsync(parsed.GetValue(ledger)!, new(words.Of(parsed), parsed.GetValue(by)!.Trim(), parsed.GetValue(reason)!.Trim())), cancellation));
        return command;
    }

    private static Command Submit()
    {
        var (ledger, by, reason) = (Ledger(), By(), Reason());
        var command = new Command("submit", "Submit a ledger to whoever receives it; nothing in it changes afterwards") { ledger, by, reason };
        command.SetAction((parsed, cancellation) => ActAsync(reports => reports.SubmitAsync(parsed.GetValue(ledger)!, new(parsed.GetValue(by)!.Trim(), parsed.GetValue(reason)!.Trim())), cancellation));
        return command;
    }

    private static Command Tell()
    {
        var duty = new Argument<string>("duty") { Description = "PACK:DUTY, one that is owed promptly (ON_EVENT)" };
        var (words, by, reason) = (new WordOptions(), By(), Reason());
        var command = words.AddTo(new Command("tell", "Tell results or problems promptly, outside the periods") { duty, by, reason });
        command.SetAction((parsed, cancellation) => CommandLine.WithAsync(async (settings, database) =>
        {
            var set = PolicyStore.Open(settings.Packs, settings.SitePacks).Current;
            if (parsed.GetValue(duty)!.Split(':') is not [var pack, var report] || set.Policies.FirstOrDefault(policy => policy.Id == pack) is not { } policy
                || !policy.Reports.Any(rule => rule.Id == report && rule.Period == ReportPeriods.OnEvent))
                throw new InvalidOperationException($"There is no prompt duty {parsed.GetValue(duty)}.");
            var key = LedgerReportProcess.Key(pack, report, DemoClock.Of(settings).GetUtcNow().ToOffset(CityOffset).ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture));
            var told = new LedgerReportProcess.Told(key, policy.Pin, report, words.Of(parsed), parsed.GetValue(by)!.Trim(), parsed.GetValue(reason)!.Trim());
            Tell(key, await WithReportsAsync(settings, database, reports => reports.TellAsync(told), cancellation));
            return 0;
        }));
        return command;
    }

    private static Task<int> ActAsync(Func<LedgerReports, Task<Accepted>> act, CancellationToken cancellation) => CommandLine.WithAsync(async (settings, database) =>
    {
        Tell("done", await WithReportsAsync(settings, database, act, cancellation));
        return 0;
    });

    private static void Tell(string done, Accepted accepted)
    {
        if (accepted.Refusal is { } refusal)
            throw new InvalidOperationException($"{refusal}: nothing was done.");
        System.Console.WriteLine(done);
    }

    private static async Task<LedgerReportProcess.Case> ReadAsync(HubSettings settings, NpgsqlDataSource database, string ledger) =>
        await new Ledgers(database, settings.Bodies).FindAsync(ledger) is { } row ? ProcessCatalog.LedgerReport.Read(row.State) : throw new InvalidOperationException($"There is no ledger {ledger}.");

    private static Task<T> WithReportsAsync<T>(HubSettings settings, NpgsqlDataSource database, Func<LedgerReports, Task<T>> act, CancellationToken cancellation) => OwnEngine.RunAsync(
        settings, database,
        engine => act(new LedgerReports(engine, new Figures(database), new Ledgers(database, settings.Bodies), PolicyStore.Open(settings.Packs, settings.SitePacks), DemoClock.Of(settings))), cancellation);

    private static string Text(DateTimeOffset? at) => at?.ToOffset(CityOffset).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "-";

    /// <summary>The four things people say.</summary>
    private sealed class WordOptions
    {
        private readonly Option<string?> progress = new("--progress") { Description = "进度" };
        private readonly Option<string?> results = new("--results") { Description = "成效" };
        private readonly Option<string?> problems = new("--problems") { Description = "问题" };
        private readonly Option<string?> measures = new("--measures") { Description = "措施" };

        public Command AddTo(Command command)
        {
            command.Add(progress);
            command.Add(results);
            command.Add(problems);
            command.Add(measures);
            return command;
        }

        public LedgerReportProcess.Words Of(ParseResult parsed)
        {
            var words = new LedgerReportProcess.Words { Progress = Given(progress), Results = Given(results), Problems = Given(problems), Measures = Given(measures) };
            return words != new LedgerReportProcess.Words() ? words : throw new InvalidOperationException("Say something: --progress, --results, --problems or --measures.");

            string? Given(Option<string?> option) => parsed.GetValue(option)?.Trim() is { Length: > 0 } text
                ? text.Length <= LedgerReportProcess.WordsMax ? text : throw new InvalidOperationException($"At most {LedgerReportProcess.WordsMax} characters each.")
                : null;
        }
    }
}
