using Hub.Engine;
using Hub.Ledger;

namespace Hub.Console;

/// <summary>A person's acts on one delivery: inputs of the engine like everything else.</summary>
internal sealed class DeliveryActs(DeliveryList deliveries, BatchEngine engine)
{
    /// <returns>Null when done, else the engine's sentence why not.</returns>
    public async Task<string?> ActAsync(DeliveryLine line, OperatorAct act, string by, string reason, string requestId)
    {
        if (await deliveries.BodyAsync(line) is not { } body)
            return "There is no such delivery.";
        var input = new OperatorInput(body.KeyHash, line.Connector, line.LaneSeq, act, by, reason) { RequestId = requestId };
        engine.Submit(input);
        return await input.Completion;
    }
}
