using System.CommandLine;
using System.Text.RegularExpressions;
using Hub.Ledger;

namespace Hub.Commands;

/// <summary><c>keys create | list | revoke</c>.</summary>
internal static partial class Keys
{
    public static Command Command() => new("keys", "API keys of partners") { Create(), List(), Revoke() };

    private static Command Create()
    {
        var partner = new Option<string>("--partner") { Required = true, Description = "Lower-case letters, digits, hyphens; for a utility: its operator id" };
        var direction = new Option<string>("--direction") { Required = true, Description = "publish (bureau) or receive (utility)" };
        direction.AcceptOnlyFromAmong(ApiKey.Publish, ApiKey.Receive);
        var sources = new Option<string[]>("--source") { Description = "CloudEvents source it may publish as; several may be given" };
        var types = new Option<string[]>("--types") { Description = "Event type or prefix with *; none: all" };
        var regions = new Option<string[]>("--regions") { Description = "Prefix of GB/T 2260 codes; none: all" };
        var basis = new Option<string?>("--basis") { Description = "Sharing basis (共享依据), agreement number" };
        var days = new Option<int?>("--days") { Description = "Valid for so many days; none: until revoked" };
        var command = new Command("create", "Make a key; it is shown once") { partner, direction, sources, types, regions, basis, days };
        command.SetAction((parsed, cancellation) => CommandLine.WithAsync(async (settings, database) =>
        {
            var name = parsed.GetValue(partner)!;
            if (!PartnerName().IsMatch(name))
                throw new InvalidOperationException($"'{name}' is not a partner name: 1 to 64 lower-case letters, digits or hyphens.");
            if (parsed.GetValue(direction) == ApiKey.Publish && parsed.GetValue(sources) is not { Length: > 0 })
                throw new InvalidOperationException("A publish key needs at least one --source.");
            System.Console.WriteLine(await new ApiKeys(database, DemoClock.Of(settings)).CreateAsync(
                name, parsed.GetValue(direction)!, parsed.GetValue(sources) ?? [], parsed.GetValue(types) ?? [], parsed.GetValue(regions) ?? [], parsed.GetValue(basis), parsed.GetValue(days), cancellation));
            return 0;
        }));
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "Keys without their secrets");
        command.SetAction((_, cancellation) => CommandLine.WithAsync(async (settings, database) =>
        {
            foreach (var key in await new ApiKeys(database, DemoClock.Of(settings)).ListAsync(cancellation))
            {
                var state = key.RevokedAt is { } revoked ? $"revoked {revoked:u}" : key.ExpiresAt is { } expires ? $"until {expires:u}" : "valid";
                System.Console.WriteLine($"{key.KeyId}  {key.Partner}  {key.Direction}  {state}  sources [{string.Join(' ', key.Sources)}] types [{string.Join(' ', key.Types)}] regions [{string.Join(' ', key.Regions)}]");
            }

            return 0;
        }));
        return command;
    }

    private static Command Revoke()
    {
        var keyId = new Argument<string>("keyId") { Description = "The 16 characters after hk_" };
        var command = new Command("revoke", "End a key; it is refused within two seconds") { keyId };
        command.SetAction((parsed, cancellation) => CommandLine.WithAsync(async (settings, database) =>
        {
            if (!await new ApiKeys(database, DemoClock.Of(settings)).RevokeAsync(parsed.GetValue(keyId)!, cancellation))
                throw new InvalidOperationException($"There is no key {parsed.GetValue(keyId)} in force.");
            System.Console.WriteLine("revoked");
            return 0;
        }));
        return command;
    }

    [GeneratedRegex("^[a-z0-9-]{1,64}$", RegexOptions.NonBacktracking)]
    private static partial Regex PartnerName();
}
