using System.CommandLine;
using System.Globalization;
using Hub.Ledger;
using Hub.Processes;

namespace Hub.Commands;

/// <summary><c>publishers list | refused</c>: platforms that are polled.</summary>
internal static class PublisherCommands
{
    private const int ListMax = 500;

    public static Command Command()
    {
        var command = new Command("publishers", "Platforms that cannot push and are polled") { List(), Refused() };
        command.SetAction((_, _) => ListAsync());
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "How far each was read (the default)");
        command.SetAction((_, _) => ListAsync());
        return command;
    }

    private static Task<int> ListAsync() => CommandLine.WithAsync(async (settings, database) =>
    {
        var polled = new PolledRows(database, settings.Bodies);
        var process = ProcessCatalog.PublisherPoll;
        foreach (var name in settings.Publishers.Select(publisher => publisher.Name))
        {
            var cursor = process.Read(await polled.StateAsync(CaseKey.Hash(process.Type, name)) ?? process.Empty);
            System.Console.WriteLine(
                $"{name}  watermark {Text(cursor.Watermark)}  last success {Text(cursor.SucceededAt)}  lag {Lag(cursor.SucceededAt, DemoClock.Of(settings))}  rows {cursor.Rows}  accepted {cursor.Accepted}  refused {await polled.RefusedCountAsync(name)}  failures {cursor.Failures}  last failure {(cursor.FailedAt is { } at ? $"{at:u} {cursor.Failure ?? "(over)"}" : "never")}");
        }

        return 0;
    });

    private static string Text(DateTimeOffset? instant) => instant is { } known ? known.ToString("u", CultureInfo.InvariantCulture) : "never";

    private static string Lag(DateTimeOffset? succeeded, TimeProvider clock) =>
        succeeded is { } at ? string.Create(CultureInfo.InvariantCulture, $"{(clock.GetUtcNow() - at).TotalSeconds:0} s") : "-";

    private static Command Refused()
    {
        var publisher = new Argument<string>("name") { Description = "Publisher name" };
        var command = new Command("refused", "Rows that were refused, newest first; their content stays in the table quarantine") { publisher };
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var name = parsed.GetValue(publisher)!;
            var rows = await new PolledRows(database, settings.Bodies).RefusedAsync(name, ListMax);
            if (rows.Count == 0 && !settings.Publishers.Any(known => known.Name == name))
                throw new InvalidOperationException($"There is no publisher {name}.");

            // The first line only: what follows is our own fault's whereabouts.
            foreach (var row in rows)
                System.Console.WriteLine($"{row.At:u}  {row.RecordId}  {row.Error.Split('\n')[0]}");
            System.Console.WriteLine(rows.Count == ListMax ? $"the first {ListMax}" : $"{rows.Count} in all");
            return 0;
        }));
        return command;
    }
}
