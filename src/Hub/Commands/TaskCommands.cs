using System.CommandLine;
using System.Globalization;
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

    public static Command Command() => new("tasks", "What a person has to say before a case goes on") { List(), Answer() };

    private static Command List()
    {
        var command = new Command("list", "Open tasks, those that are due first on top");
        command.SetAction((_, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var rows = await new LedgerQueries(database, settings.Bodies).OpenCasesAsync([.. ProcessCatalog.WithTasks.Select(process => process.Type)], ListMax);
            var tasks = rows.SelectMany(row => ProcessCatalog.Of(row.Type).Tasks(row.State).Where(task => task.IsOpen).Select(task => (row.Key, Task: task)))
                .OrderBy(pair => pair.Task.DueAt).ToList();
            foreach (var (key, task) in tasks)
            {
                var proposal = task.Proposal is null ? "" : $"  proposal {task.Proposal}";
                System.Console.WriteLine(
                    $"{key} {task.Id}  {task.Kind}  {task.Operator ?? task.About ?? "-"}  {task.Status}  due {task.DueAt.ToString("u", CultureInfo.InvariantCulture)}  answers [{string.Join(' ', task.Options)}]{proposal}");
            }

            System.Console.WriteLine($"{tasks.Count} in all");
            return 0;
        }));
        return command;
    }

    private static Command Answer()
    {
        var unit = new Argument<string>("case") { Description = "The case, as listed" };
        var task = new Argument<string>("task") { Description = "Task, as listed" };
        var answer = new Argument<string>("answer") { Description = "One of the answers listed; * stands for a text of your own" };
        var by = new Option<string>("--by") { Required = true, Description = "Who; kept with the case" };
        var reason = new Option<string>("--reason") { Required = true, Description = "Why; kept with the case" };
        var command = new Command("answer", "Say it") { unit, task, answer, by, reason };
        command.SetAction((parsed, cancellation) => CommandLine.WithAsync(async (settings, database) =>
        {
            var (process, key, region) = await FindAsync(new Dossiers(database, settings.Bodies), parsed.GetValue(unit)!, parsed.GetValue(task)!);
            var said = new TaskAnswered
            {
                TaskId = parsed.GetValue(task)!, Answer = parsed.GetValue(answer)!.Trim(), By = parsed.GetValue(by)!.Trim(), Reason = parsed.GetValue(reason)!.Trim(),
            };
            var input = TaskAnswers.Input(process.Type, key, region, said, DemoClock.Of(settings).GetUtcNow());
            var accepted = await OwnEngine.RunAsync(settings, database, engine => engine.SubmitAsync(input), cancellation);
            if (accepted.Refusal is { } refusal)
                throw new InvalidOperationException($"{refusal}: {parsed.GetValue(task)}");
            System.Console.WriteLine("done");
            return 0;
        }));
        return command;
    }

    // A property is known by its unit number however it is written; every other case by its key as listed. Two kinds of case may share a key: the one that asks is meant.
    private static async Task<(Process Process, string Key, string Region)> FindAsync(Dossiers dossiers, string named, string task)
    {
        var found = new List<(Process Process, string Key, string Region, bool Asks)>();
        foreach (var process in ProcessCatalog.WithTasks)
        {
            var key = process == ProcessCatalog.CoTransfer ? UnitNumber.Parse(named).Text : named;
            if (await dossiers.CaseAsync(CaseKey.Hash(process.Type, key)) is { } row && process.Parties(row.State) is { Region: var region })
                found.Add((process, key, region, process.Tasks(row.State).Any(one => one.Id == task && one.IsOpen)));
        }

        var meant = found.OrderByDescending(one => one.Asks).FirstOrDefault();
        return meant.Process is null ? throw new InvalidOperationException($"There is no case {named} in which a person could be asked.") : (meant.Process, meant.Key, meant.Region);
    }
}
