namespace Hub.Schemas;

/// <summary>A fact someone outside told us: immutable, named once by (<see cref="Source"/>, <see cref="SourceId"/>).</summary>
public sealed record Event
{
    /// <summary>Hub's own id of the event: UUID version 7, so that it sorts by time of arrival.</summary>
    public required Guid Id { get; init; }

    /// <summary>CloudEvents <c>source</c>: one of the sources registered for the partner.</summary>
    public required string Source { get; init; }

    /// <summary>CloudEvents <c>id</c>, chosen by the sender, unique within the source.</summary>
    public required string SourceId { get; init; }

    /// <summary>One of <see cref="EventTypes"/>.</summary>
    public required string Type { get; init; }

    /// <summary>The business key of the case the event belongs to: a project code, or <c>doc:</c> and a document number.</summary>
    public required string Subject { get; init; }

    /// <summary>The partner whose key the event came in with.</summary>
    public required string Partner { get; init; }

    /// <summary>What a receipt speaks of: Hub's id of an event. Null for every other type.</summary>
    public Guid? About { get; init; }

    /// <summary>GB/T 2260 code the fact is about, six digits as the sender gave them.</summary>
    public required string Region { get; init; }

    /// <summary>When it happened, as claimed by the sender (CloudEvents <c>time</c>); null when the sender did not say.</summary>
    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>The bytes as received: the whole structured event, or the body of a binary-mode request.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The part of <see cref="Body"/> that is the CloudEvents <c>data</c>, UTF-8 JSON.</summary>
    public ReadOnlyMemory<byte> Data => Body.Slice(DataStart, DataLength);

    /// <summary>Where <see cref="Data"/> begins in <see cref="Body"/>, bytes.</summary>
    public required int DataStart { get; init; }

    /// <summary>Length of <see cref="Data"/>, bytes.</summary>
    public required int DataLength { get; init; }

    /// <summary>What was odd but not wrong enough to refuse: kept with the event for ever.</summary>
    public IReadOnlyList<Warning> Warnings { get; init; } = [];

    /// <summary>W3C trace context of the sender, when given.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>Something odd in an accepted record. The texts are for people; <see cref="Code"/> is stable.</summary>
/// <param name="Pointer">JSON Pointer (RFC 6901) into the event's <c>data</c>; empty for the whole.</param>
/// <param name="Code">A code of <see cref="WarningCodes"/>.</param>
/// <param name="MessageZh">Chinese text.</param>
/// <param name="MessageEn">English text.</param>
public sealed record Warning(string Pointer, string Code, string MessageZh, string MessageEn);
