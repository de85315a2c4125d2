using System.CommandLine;
using System.Security.Cryptography;
using Hub.Ledger;

namespace Hub.Commands;

/// <summary><c>operators create | list | lock | unlock | reset | roles | sessions</c>: the people who use the console.</summary>
internal static class OperatorCommands
{
    // Without what is easily mistaken for another; 16 of 31 signs are 79 bits.
    private const string Signs = "abcdefghjkmnpqrstuvwxyz23456789";

    public static Command Command() => new("operators", "People who use the console") { Create(), List(), Disable("lock", "Keep an operator out; their sessions end at once", disabled: true), Disable("unlock", "Let an operator in again, also after too many wrong tries", disabled: false), Reset(), SetRoles(), Sessions() };

    private static Command Create()
    {
        var name = NameArgument();
        var title = new Option<string?>("--title") { Description = "How people call them; none: the name" };
        var roles = RolesOption();
        var partner = new Option<string?>("--partner") { Description = "The partner whose data alone they see; none: hub staff" };
        var by = new Option<string>("--by") { DefaultValueFactory = _ => "command line", Description = "Who; kept in the exchange log" };
        var command = new Command("create", "Make an operator; the password is shown once") { name, title, roles, partner, by };
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var password = NewPassword();
            if (!await Of(settings, database).CreateAsync(parsed.GetValue(name)!, parsed.GetValue(title) ?? parsed.GetValue(name)!, parsed.GetValue(roles)!, parsed.GetValue(partner), password, parsed.GetValue(by)!.Trim()))
                throw new InvalidOperationException($"There is an operator {parsed.GetValue(name)} already.");
            System.Console.WriteLine(password);
            return 0;
        }));
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "Every operator, without secrets");
        command.SetAction((_, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            foreach (var one in await Of(settings, database).ListAsync())
            {
                var state = one.Disabled ? "locked" : one.LockedUntil is { } until && until > DemoClock.Of(settings).GetUtcNow().UtcDateTime ? $"locked until {until:u}" : "in force";
                System.Console.WriteLine($"{one.Name}  {one.Title}  {state}  roles [{string.Join(' ', one.Roles)}]  {(one.Partner is null ? "hub staff" : $"partner {one.Partner}")}  second factor {(one.TotpSecret is null ? "off" : "on")}");
            }

            return 0;
        }));
        return command;
    }

    private static Command Disable(string word, string description, bool disabled)
    {
        var name = NameArgument();
        var (by, reason) = ByAndReason();
        var command = new Command(word, description) { name, by, reason };
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (settings, database) =>
            Tell(await Of(settings, database).DisableAsync(parsed.GetValue(name)!, disabled, parsed.GetValue(by)!.Trim(), parsed.GetValue(reason)!.Trim()), parsed.GetValue(name)!)));
        return command;
    }

    private static Command Reset()
    {
        var name = NameArgument();
        var (by, reason) = ByAndReason();
        var totp = new Option<bool>("--totp") { Description = "Also take the second factor away (a lost phone)" };
        var command = new Command("reset", "A new password, shown once; every session ends") { name, totp, by, reason };
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var password = NewPassword();
            if (!await Of(settings, database).ResetAsync(parsed.GetValue(name)!, password, parsed.GetValue(totp), but: null, parsed.GetValue(by)!.Trim(), parsed.GetValue(reason)!.Trim()))
                throw Unknown(parsed.GetValue(name)!);
            System.Console.WriteLine(password);
            return 0;
        }));
        return command;
    }

    private static Command SetRoles()
    {
        var name = NameArgument();
        var roles = RolesOption();
        var (by, reason) = ByAndReason();
        var command = new Command("roles", "Give an operator these roles and no others") { name, roles, by, reason };
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (settings, database) =>
            Tell(await Of(settings, database).SetRolesAsync(parsed.GetValue(name)!, parsed.GetValue(roles)!, parsed.GetValue(by)!.Trim(), parsed.GetValue(reason)!.Trim()), parsed.GetValue(name)!)));
        return command;
    }

    private static Command Sessions()
    {
        var name = new Argument<string?>("name") { Arity = ArgumentArity.ZeroOrOne, Description = "Only this operator's" };
        var end = new Option<bool>("--end") { Description = "End them, at once" };
        var by = new Option<string>("--by") { DefaultValueFactory = _ => "command line", Description = "With --end: who" };
        var command = new Command("sessions", "Who is signed in") { name, end, by };
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var operators = Of(settings, database);
            foreach (var session in await operators.SessionsAsync(parsed.GetValue(name)))
                System.Console.WriteLine($"{session.Id}  {session.Operator}  since {session.CreatedAt:u}  seen {session.SeenAt:u}  {session.Client}");
            if (!parsed.GetValue(end))
                return 0;
            System.Console.WriteLine($"{await operators.EndSessionsAsync(parsed.GetValue(name) ?? throw new InvalidOperationException("--end needs a name."), but: null, parsed.GetValue(by)!.Trim(), "ended by command")} ended");
            return 0;
        }));
        return command;
    }

    private static Operators Of(HubSettings settings, Npgsql.NpgsqlDataSource database) => new(database, DemoClock.Of(settings), settings.Bodies);

    private static string NewPassword() => RandomNumberGenerator.GetString(Signs, 16);

    private static Argument<string> NameArgument() => new("name") { Description = "What is typed at sign-in: lower-case letters, digits, dots, hyphens, underscores" };

    private static Option<string[]> RolesOption() => new("--roles") { Required = true, AllowMultipleArgumentsPerToken = true, Description = string.Join(", ", Roles.All) };

    private static (Option<string> By, Option<string> Reason) ByAndReason() => (
        new("--by") { Required = true, Description = "Who; kept in the exchange log" }, new("--reason") { Required = true, Description = "Why; kept in the exchange log" });

    private static int Tell(bool done, string name)
    {
        if (!done)
            throw Unknown(name);
        System.Console.WriteLine("done");
        return 0;
    }

    private static InvalidOperationException Unknown(string name) => new($"There is no operator {name}.");
}
