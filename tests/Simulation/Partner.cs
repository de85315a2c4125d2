using Hub.Connectors;
using Hub.Ledger;
using Hub.Schemas;

namespace Hub.Simulation;

/// <summary>A call of a node that the partner has not answered.</summary>
internal sealed record Call(Node Node, Command Command, bool Asks, DateTimeOffset Since)
{
    public TaskCompletionSource<Answer> Answer { get; } = new();

    /// <summary>True once the partner has carried the command out.</summary>
    public bool Landed { get; set; }
}

/// <summary>A partner with a book of its own: what it was sent, what it did, in which order.</summary>
internal sealed class Partner(Simulation simulation, string name, short number, bool canBeAsked)
{
    private readonly Dictionary<long, long> lastEffect = [];

    public string Name => name;

    public short Number => number;

    public bool CanBeAsked => canBeAsked;

    public List<Call> Calls { get; } = [];

    /// <summary>Requests still on their way although nobody waits for an answer.</summary>
    public List<Command> Late { get; } = [];

    /// <summary>What it did, by command: the content it did it with.</summary>
    public Dictionary<Guid, byte[]> Effects { get; } = [];

    /// <summary>Calls so far; rises when a node's attempt has left.</summary>
    public int Received => Volatile.Read(ref received);

    private int received;

    public Task<Answer> Call(Node node, Command command, bool asks)
    {
        var call = new Call(node, command, asks, simulation.Now);
        if (!asks)
            simulation.Invariants.Sent(command);
        lock (Calls)
            Calls.Add(call);
        Interlocked.Increment(ref received);
        return call.Answer.Task;
    }

    /// <summary>It drops repeats by the command's id.</summary>
    public void Do(Command command)
    {
        if (!Effects.TryAdd(command.Id, command.Data.ToArray()))
            return;
        _ = CommandId.TryParse(command.Id, out var caseId, out _, out var laneSeq);
        simulation.Invariants.Done(number, caseId, laneSeq, lastEffect.GetValueOrDefault(caseId));
        lastEffect[caseId] = Math.Max(laneSeq, lastEffect.GetValueOrDefault(caseId));
    }
}

/// <summary>One node's connector to it.</summary>
internal sealed class PartnerConnector(Partner partner, Node node) : IConnector
{
    public bool CanBeAsked => partner.CanBeAsked;

    public Task<Answer> DeliverAsync(Command command, CancellationToken cancellation) => partner.Call(node, command, asks: false);

    public Task<Answer> AskAsync(Command command, CancellationToken cancellation) => partner.Call(node, command, asks: true);
}
