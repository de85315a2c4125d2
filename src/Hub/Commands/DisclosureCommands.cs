using System.CommandLine;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schemas;
using Command = System.CommandLine.Command;

namespace Hub.Commands;

/// <summary><c>disclosures --holder</c>: who saw a holder's data, for the person who asks. The number itself is neither printed nor kept.</summary>
internal static class DisclosureCommands
{
    private const int ListMax = 1000;

    public static Command Command()
    {
        var holder = new Option<string>("--holder") { Required = true, Description = "Citizen number or credit code; - reads it from standard input, so that it stays out of the shell's history" };
        var by = new Option<string?>("--by") { Description = "Who asks; kept in the exchange log" };
        var command = new Command("disclosures", "Who saw a holder's licence data, why and on which basis; newest first") { holder, by };
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var holders = new HolderHash(settings.HolderKey);
            var given = parsed.GetValue(holder)!;
            var code = (given == "-" ? await System.Console.In.ReadLineAsync() ?? "" : given).Trim().ToUpperInvariant();
            var hash = holders.Of(CitizenNumber.Parse(code).Doubt == IdentifierDoubt.None ? HolderTypes.Citizen : HolderTypes.Organisation, code);
            var rows = await new Dossiers(database, settings.Bodies).DisclosuresAsync(
                DossierProcess.Reference(hash), receiver: null, long.MaxValue, ListMax, parsed.GetValue(by)?.Trim() ?? "command line", DemoClock.Of(settings).GetUtcNow());
            foreach (var row in rows)
            {
                var lines = row.Lines;
                string Line(string name) => lines.GetValueOrDefault(name) is { Length: > 0 } value ? value : "-";
                System.Console.WriteLine(
                    $"{row.At:u}  {row.Partner}  {Line("licence")}  {Line("result")}  fields [{Line("fields")}]  purpose {Line("purpose")}  basis {Line("basis")}  consent {Line("consent")}  case {Line("case")}  entry {row.Seq}");
            }

            System.Console.WriteLine(rows.Count == ListMax ? $"the newest {ListMax}" : $"{rows.Count} in all");
            return 0;
        }));
        return command;
    }
}
