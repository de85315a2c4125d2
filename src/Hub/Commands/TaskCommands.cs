using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Hub.Engine;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schemas;
using Command = System.CommandLine.Command;

namespace Hub.Commands;

/// <summary><c>tasks list | answer</c>: what only a person can say. The answer is an event of the case, with a name and a reason.</summary>
internal static class TaskCommands
{
    private const int ListMax = 1_000_000;

    public static Command Command() => new("tasks", "What a person has to say before a co-transfer goes on") { List(), Answer() };

    private static Command List()
    {
        var command = new Command("list", "Open tasks, those that are due first on top");
        command.SetAction((_, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var rows = await new LedgerQueries(database, settings.Bodies).OpenCoTransfersAsync(ListMax);
            var tasks = rows.SelectMany(row => ProcessCatalog.CoTransfer.Read(row.State).Tasks.Where(task => task.IsOpen).Select(task => (row.Key, Task: task)))
                .OrderBy(pair => pair.Task.DueAt).ToList();
            foreach (var (key, task) in tasks)
            {
                var proposal = task.Proposal is null ? "" : $"  proposal {task.Proposal}";
                System.Console.WriteLine(
                    $"{key} {task.Id}  {task.Kind}  {task.Operator ?? "-"}  {task.Status}  due {task.DueAt.ToString("u", CultureInfo.InvariantCulture)}  answers [{string.Join(' ', task.Options)}]{proposal}");
            }

            System.Console.WriteLine($"{tasks.Count} in all");
            return 0;
        }));
        return command;
    }

    private static Command Answer()
    {
        var unit = new Argument<string>("unit") { Description = "Unit number, as listed" };
        var task = new Argument<string>("task") { Description = "Task, as listed" };
        var answer = new Argument<string>("answer") { Description = "One of the answers listed; * stands for a text of your own" };
        var by = new Option<string>("--by") { Required = true, Description = "Who; kept with the case" };
        var reason = new Option<string>("--reason") { Required = true, Description = "Why; kept with the case" };
        var command = new Command("answer", "Say it") { unit, task, answer, by, reason };
        command.SetAction((parsed, cancellation) => CommandLine.WithAsync(async (settings, database) =>
        {
            var key = UnitNumber.Parse(parsed.GetValue(unit)).Text;
            var found = await new Dossiers(database, settings.Bodies).CaseAsync(CaseKey.Hash(ProcessCatalog.CoTransfer.Type, key));
            if (found is null || ProcessCatalog.CoTransfer.Parties(found.State) is not { Region: var region })
                throw new InvalidOperationException($"There is no co-transfer of {key}.");
            var said = new CoTransferProcess.TaskAnswered
            {
                TaskId = parsed.GetValue(task)!, Answer = parsed.GetValue(answer)!.Trim(), By = parsed.GetValue(by)!.Trim(), Reason = parsed.GetValue(reason)!.Trim(),
            };
            var input = Input(key, region, said, DemoClock.Of(settings).GetUtcNow());
            var accepted = await OwnEngine.RunAsync(settings, database, engine => engine.SubmitAsync(input), cancellation);
            if (accepted.Refusal is { } refusal)
                throw new InvalidOperationException($"{refusal}: {parsed.GetValue(task)}");
            System.Console.WriteLine("done");
            return 0;
        }));
        return command;
    }

    internal static EventInput Input(string key, string region, CoTransferProcess.TaskAnswered said, DateTimeOffset now)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(said, CoTransferJson.Readable.TaskAnswered);
        var id = Guid.CreateVersion7(now);
        return new EventInput(
            new Event
            {
                Id = id, Source = "urn:hub:operator", SourceId = id.ToString("N"), Type = EventTypes.TaskAnswered, Subject = key, Partner = "hub", Region = region, OccurredAt = now,
                Body = body, DataStart = 0, DataLength = body.Length,
            },
            said, ProcessCatalog.CoTransfer.Type, key, SHA256.HashData(body));
    }
}
