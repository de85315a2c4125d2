using Hub.Engine;
using Hub.Ledger;

namespace Hub.Console;

/// <summary>A person's acts on one delivery: inputs of the engine like everything else.</summary>
internal sealed class DeliveryActs(DeliveryList deliveries, BatchEngine engine)
{
    /// <returns>Null when done, else the engine's sentence why not.</returns>
    /// <param name="proposal">With <see cref="OperatorAct.Amend"/>: what <see cref="Corrections.Proposal"/> made.</param>
    public async Task<string?> ActAsync(DeliveryLine line, OperatorAct act, string by, string reason, string requestId, byte[]? proposal = null)
    {
        if (await deliveries.BodyAsync(line) is not { } body)
            return ActRefusals.NoSuch;
        var input = new OperatorInput(body.KeyHash, line.Connector, line.LaneSeq, act, by, reason) 
        {
            RequestId = requestId,
            Correction = proposal is not null && Corrections.Read(proposal) is var (before, after) ? new(line.CaseId, before, after) : null,
        };
        engine.Submit(input);
        return await input.Completion;
    }
}
