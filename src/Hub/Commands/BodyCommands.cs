using System.CommandLine;
using System.Security.Cryptography;
using Hub.Ledger;
using Hub.Processes;

namespace Hub.Commands;

/// <summary><c>bodies key | reseal | remove</c>.</summary>
internal static class BodyCommands
{
    public static Command Command() => new("bodies", "Stored bodies: their keys and how long they are kept") { Key(), Reseal(), Remove() };

    private static Command Key()
    {
        var command = new Command("key", "Make a key for Hub:BodyKeys; on every node behind those that are there, and in front once every node has it");
        command.SetAction(_ => System.Console.WriteLine(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))));
        return command;
    }

    private static Command Reseal()
    {
        var command = new Command("reseal", "Seal everything with the first of Hub:BodyKeys; afterwards the others may go. The hub may run meanwhile");
        command.SetAction((_, cancellation) => CommandLine.WithAsync(async (settings, database) =>
        {
            System.Console.WriteLine($"{await new Bodies(database, settings.Bodies, ProcessCatalog.EmptyStates).ResealAsync(cancellation)} sealed anew");
            return 0;
        }));
        return command;
    }

    private static Command Remove()
    {
        var days = new Option<int>("--older-than-days") { Required = true, Description = "Recorded so many days ago or earlier" };
        var command = new Command("remove", "Take bodies away that belong to no case with something under way; digests and the log stay") { days };
        command.SetAction((parsed, cancellation) => CommandLine.WithAsync(async (settings, database) =>
        {
            if (parsed.GetValue(days) < 0)
                throw new InvalidOperationException("--older-than-days must not be negative.");
            var now = DemoClock.Of(settings).GetUtcNow();
            var count = await new Bodies(database, settings.Bodies, ProcessCatalog.EmptyStates).RemoveAsync(now.AddDays(-parsed.GetValue(days)), now, cancellation);
            System.Console.WriteLine(count is null
                ? "another process is at it"
                : $"removed: events {count.Events}, commands {count.Commands}, answers {count.Answers}, states {count.States}, quarantined {count.Quarantined}");
            return count is null ? 1 : 0;
        }));
        return command;
    }
}
