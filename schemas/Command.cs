namespace Hub.Schemas;

/// <summary>One command on its way to one partner, as a connector sees one attempt of it.</summary>
public sealed record Command
{
    /// <summary>The same on every attempt: the partner drops repeats by it. Derived from the case, the lane and the number in the lane.</summary>
    public required Guid Id { get; init; }

    /// <summary>One of <see cref="CommandTypes"/>.</summary>
    public required string Type { get; init; }

    /// <summary>The connector instance that carries it, such as <c>sgcc-linfen</c>.</summary>
    public required string Connector { get; init; }

    /// <summary>The business key of the case; commands of one key reach one partner strictly in order.</summary>
    public required string Subject { get; init; }

    /// <summary>Number in the lane (case, connector), contiguous from 1.</summary>
    public required long LaneSeq { get; init; }

    /// <summary>Attempts including this one, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>True when an earlier attempt may have taken effect: ask the partner first where it can be asked.</summary>
    public bool AskFirst { get; init; }

    /// <summary>Hub's id of the event that caused the command.</summary>
    public required Guid CauseId { get; init; }

    /// <summary>Type of the event that caused the command.</summary>
    public required string CauseType { get; init; }

    /// <summary>When the fact happened by its sender's word, else when Hub recorded it.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>When Hub recorded the command.</summary>
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>The legal or agreed due time, when a rule gives one.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>The command's content, UTF-8 JSON of the contract its type names (<see cref="Lead"/> for <c>lead.*</c>).</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>W3C trace context to pass on.</summary>
    public string? TraceParent { get; init; }
}
