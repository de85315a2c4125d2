using System.CommandLine;
using Hub.Engine;
using Hub.Ledger;

namespace Hub.Commands;

/// <summary><c>deliveries list | retry | park | skip</c>: what an operator does goes through the same engine as everything else.</summary>
internal static class Deliveries
{
    private const int ListMax = 500;

    public static Command Command() => new("deliveries", "Deliveries that wait or are parked")
    {
        List(),
        Act("retry", "Try again now", OperatorAct.Retry),
        Act("park", "Set aside until somebody acts", OperatorAct.Park),
        Act("skip", "Settle as not delivered, with the reason on record; the next of the case goes on", OperatorAct.Skip),
    };

    private static Command List()
    {
        var state = new Option<string?>("--state") { Description = "waiting, parked, unserved or offered" };
        state.AcceptOnlyFromAmong(WaitRow.Waiting, WaitRow.Parked, WaitRow.Unserved, WaitRow.Offered);
        var receiver = new Option<string?>("--receiver") { Description = "Only this receiver's" };
        var command = new Command("list", "What waits, is parked, or has no operator") { state, receiver };
        command.SetAction((parsed, _) => CommandLine.WithAsync(async (settings, database) =>
        {
            var rows = await new LedgerQueries(database, settings.Bodies).WaitsAsync(parsed.GetValue(state), parsed.GetValue(receiver), ListMax);
            foreach (var row in rows)
            {
                var id = row.State == WaitRow.Unserved ? $"case {row.CaseId}" : CommandId.Of(row.CaseId, row.Connector, row.LaneSeq).ToString();
                System.Console.WriteLine($"{id}  {row.Name ?? "-"}  {row.State}  {row.Reason}  attempts {row.Attempts}  since {row.Since:u}  {(row.State == WaitRow.Waiting ? $"due {row.DueAt:u}  " : "")}{row.CaseKey}");
            }

            System.Console.WriteLine(rows.Count == ListMax ? $"the first {ListMax}" : $"{rows.Count} in all");
            return 0;
        }));
        return command;
    }

    private static Command Act(string name, string description, OperatorAct act)
    {
        var id = new Argument<Guid>("id") { Description = "Delivery id, as listed" };
        var reason = new Option<string>("--reason") { Required = true, Description = "Why; kept in the exchange log" };
        var by = new Option<string>("--by") { Required = true, Description = "Who; kept in the exchange log" };
        var command = new Command(name, description) { id, reason, by };
        command.SetAction((parsed, cancellation) => CommandLine.WithAsync(async (settings, database) =>
        {
            var delivery = parsed.GetValue(id);
            if (!CommandId.TryParse(delivery, out var caseId, out var connector, out var laneSeq) || await new LedgerQueries(database, settings.Bodies).KeyHashAsync(caseId) is not { } keyHash)
                throw new InvalidOperationException($"There is no delivery {delivery}.");
            var input = new OperatorInput(keyHash, connector, laneSeq, act, parsed.GetValue(by)!.Trim(), parsed.GetValue(reason)!.Trim());
            var refusal = await OwnEngine.RunAsync(settings, database, engine =>
            {
                engine.Submit(input);
                return input.Completion;
            }, cancellation);
            if (refusal is not null)
                throw new InvalidOperationException(refusal);
            System.Console.WriteLine("done");
            return 0;
        }));
        return command;
    }
}
