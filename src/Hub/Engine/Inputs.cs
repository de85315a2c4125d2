using Hub.Ledger;
using Hub.Schemas;

namespace Hub.Engine;

/// <summary>One thing for the engine to decide about; every input names its case.</summary>
internal abstract class EngineInput(Guid keyHash)
{
    public Guid KeyHash { get; } = keyHash;

    /// <summary>Completes after the commit, or fails alone.</summary>
    public abstract void Fail(Exception error);
}

/// <summary>An event to accept.</summary>
internal sealed class EventInput(Event @event, object content, string caseType, string caseKey, byte[] digest) : EngineInput(CaseKey.Hash(caseType, caseKey))
{
    private readonly TaskCompletionSource<Accepted> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly IReadOnlyList<Warning> own = @event.Warnings;

    public Event Event { get; set; } = @event;
    public object Content { get; } = content;
    public string CaseType { get; } = caseType;
    public string CaseName { get; } = caseKey;

    /// <summary>SHA-256 of the bytes as received.</summary>
    public byte[] Digest { get; } = digest;
    public Guid Identity { get; } = CaseKey.Digest(@event.Source, @event.SourceId);
    public Task<Accepted> Completion => completion.Task;

    /// <summary>What the decision found odd, beside the event's own warnings. A batch that failed is decided again: said again, it still stands there once.</summary>
    public void Warn(IReadOnlyList<Warning> warnings)
    {
        if (warnings.Count > 0 || Event.Warnings.Count > own.Count)
            Event = Event with { Warnings = [.. own, .. warnings] };
    }

    public void Complete(Accepted accepted) => completion.TrySetResult(accepted);

    public override void Fail(Exception error) => completion.TrySetException(error);
}

/// <summary>What became of an event given to the engine.</summary>
/// <param name="EventId">Hub's id: of the first acceptance when it is a repeat.</param>
/// <param name="Verdict">See <see cref="EngineVerdict"/>.</param>
/// <param name="Position">Log position; 0 for a repeat (ask the log).</param>
/// <param name="Hash">Entry hash; empty for a repeat.</param>
/// <param name="At">When it was recorded.</param>
/// <param name="Refusal">Code when it was recorded but is not allowed in this state.</param>
internal sealed record Accepted(Guid EventId, EngineVerdict Verdict, long Position, byte[] Hash, DateTimeOffset At, string? Refusal);

internal enum EngineVerdict
{
    Accepted,

    /// <summary>The same (source, id) with the same bytes: answered as before.</summary>
    Repeated,

    /// <summary>The same (source, id) with other bytes: nothing was stored.</summary>
    Conflict,
}

/// <summary>A connector's answer to one release of one command.</summary>
internal sealed class AnswerInput(LeasedCommand leased, Answer answer) : EngineInput(leased.KeyHash)
{
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LeasedCommand Leased { get; } = leased;
    public Answer Answer { get; } = answer;

    /// <summary>It came over the bus, where one release may be answered twice and differently.</summary>
    public bool OverBus { get; init; }

    public Task Completion => completion.Task;

    public void Complete() => completion.TrySetResult();

    public override void Fail(Exception error) => completion.TrySetException(error);
}

/// <summary>Something about the case is due: a retry, a lease that ended, a deadline, a change of policy.</summary>
internal sealed class WakeInput(Guid keyHash) : EngineInput(keyHash)
{
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The waiting head that is due, with the attempts it had when it was found; null when something else woke the case.</summary>
    public (short Connector, long LaneSeq, int Attempts)? Due { get; init; }

    /// <summary>Nodes whose leases are void.</summary>
    public IReadOnlySet<int> DeadNodes { get; init; } = new HashSet<int>();

    /// <summary>No lease given by a right clock ends later: one that does is void; null: every end is believed.</summary>
    public DateTimeOffset? LeasesEndBy { get; init; }
    public bool PolicyChanged { get; init; }
    public Task Completion => completion.Task;

    public void Complete() => completion.TrySetResult();

    public override void Fail(Exception error) => completion.TrySetException(error);
}

/// <summary>What an operator may do with the head of a lane.</summary>
internal enum OperatorAct
{
    /// <summary>Try again now, the schedule begins anew.</summary>
    Retry,

    /// <summary>Set aside until somebody acts.</summary>
    Park,

    /// <summary>Settle it as not delivered, with the reason on record; the lane goes on.</summary>
    Skip,

    /// <summary>Put another content in the place of a parked command's, and retry it.</summary>
    Amend,

    /// <summary>Take back what has surely not left, also behind others of its lane.</summary>
    Recall,
}

/// <summary>A corrected content for a parked command.</summary>
/// <param name="CaseId">Of the command, so that its row is read with its case.</param>
/// <param name="Before">SHA-256 of the content it was made from: of another one it says nothing.</param>
internal sealed record Correction(long CaseId, byte[] Before, byte[] After);

/// <summary>Why an operator's act was not done.</summary>
internal static class ActRefusals
{
    public const string NoSuch = "There is no such delivery.";
    public const string Settled = "It is settled already.";
    public const string UnderWay = "An attempt is under way; try again in a minute.";
    public const string NotParked = "Only a parked delivery is corrected.";
    public const string MayHaveIt = "The receiver may have it already.";
    public const string InFeed = "It lies in the receiver's feed and may have been read.";
    public const string Changed = "It changed in the meantime.";
    public const string RecalledBefore = "It was recalled already.";
}

/// <summary>An operator's act on one delivery; operators are partners too.</summary>
internal sealed class OperatorInput(Guid keyHash, short connector, long laneSeq, OperatorAct act, string by, string reason) : EngineInput(keyHash)
{
    private readonly TaskCompletionSource<string?> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public short Connector { get; } = connector;
    public long LaneSeq { get; } = laneSeq;
    public OperatorAct Act { get; } = act;
    public string By { get; } = by;
    public string Reason { get; } = reason;

    /// <summary>The request it came with; null: the command line's.</summary>
    public string? RequestId { get; init; }

    /// <summary>With <see cref="OperatorAct.Amend"/> only.</summary>
    public Correction? Correction { get; init; }

    /// <summary>Null when done, else why not.</summary>
    public Task<string?> Completion => completion.Task;

    public void Complete(string? refusal) => completion.TrySetResult(refusal);

    public override void Fail(Exception error) => completion.TrySetException(error);
}

/// <summary>A command with its lease: what a worker needs, and what its answer must bring back.</summary>
internal sealed record LeasedCommand(Command Command, Guid KeyHash, long CaseId, short Connector, long Fence, DateTimeOffset LeaseUntil, byte[] DataDigest)
{
    /// <summary>The node's number when it was leased; a node that was declared dead has another, and what it still holds is not its own. Only within the process: a node of connectors has no number.</summary>
    [System.Text.Json.Serialization.JsonIgnore] public int Node { get; init; }
}

/// <summary>Where released commands go. The engine asks for room first, under the case's lock, and hands over after the commit.</summary>
internal interface IDispatcher
{
    int Node { get; }

    /// <summary>Length of a lease: longer than the longest attempt.</summary>
    TimeSpan Lease { get; }

    /// <summary>Takes one place of the connector's queue; false when it is full, paused or its breaker is open.</summary>
    bool TryReserve(string connector);

    /// <summary>Gives a place back that was reserved by a batch that did not commit.</summary>
    void Release(string connector);

    /// <summary>Hands over a command whose place was reserved; never blocks.</summary>
    void Hand(LeasedCommand leased);

    /// <summary>True when the receiver fetches its commands: they are offered in its feed instead of handed over.</summary>
    bool Pulls(string connector);
}

/// <summary>For processes without workers (the command line): everything waits for a node that has them.</summary>
internal sealed class NoDispatcher : IDispatcher
{
    public int Node => 0;
    public TimeSpan Lease => TimeSpan.Zero;

    public bool TryReserve(string connector) => false;

    public void Release(string connector)
    {
    }

    public void Hand(LeasedCommand leased) => throw new InvalidOperationException("Nothing is released here.");

    public bool Pulls(string connector) => false;
}
