using System.CommandLine;
using System.Globalization;
using Hub.Ledger;

namespace Hub.Commands;

/// <summary><c>clock</c>: the time Hub goes by; in a demonstration it can be moved, and every move is on record.</summary>
internal static class ClockCommands
{
    public static Command Command()
    {
        var command = new Command("clock", "Print the time Hub goes by") { Move() };
        command.SetAction((_, _) => CommandLine.WithAsync((settings, _) =>
        {
            System.Console.WriteLine(DemoClock.Of(settings).GetUtcNow().ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture));
            return Task.FromResult(0);
        }));
        return command;
    }

    private static Command Move()
    {
        var by = new Option<double>("--days") { Required = true, Description = "Days to move by; less than 0 only while nothing is recorded yet" };
        var command = new Command("move", "Move the clock of a demonstration (Hub:DemoClock)") { by };
        command.SetAction((parsed, cancellation) => CommandLine.WithAsync(async (settings, database) =>
        {
            if (DemoClock.Of(settings) is not DemoClock clock)
            {
                await System.Console.Error.WriteLineAsync("Hub:DemoClock is not set: this is no demonstration, and its clock cannot be moved.");
                return 1;
            }

            var days = parsed.GetValue(by);
            if (double.IsNaN(days) || Math.Abs(days) > 3660)
            {
                await System.Console.Error.WriteLineAsync("--days must lie between -3660 and 3660.");
                return 1;
            }

            var (before, ahead) = (clock.GetUtcNow(), clock.Ahead + TimeSpan.FromDays(days));
            var now = before + TimeSpan.FromDays(days);
            await using var connection = await database.OpenConnectionAsync(cancellation);
            if (days < 0 && now < await ExchangeLog.LastAtAsync(connection))
            {
                await System.Console.Error.WriteLineAsync("There are later entries in the exchange log: time never falls.");
                return 1;
            }

            clock.Move(ahead);
            await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(LogEntry.ClockMoved, "hub", Guid.CreateVersion7(now), string.Create(CultureInfo.InvariantCulture, $"from {before:O}\nto {now:O}")));
            System.Console.WriteLine(now.ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture));
            return 0;
        }));
        return command;
    }
}
