using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Hub.Ledger;

/// <summary>Where the head of a lane stands. A lane is (case, connector); its commands go strictly in order.</summary>
internal enum LaneStatus
{
    /// <summary>Nothing open.</summary>
    Idle,

    /// <summary>The head is with a worker of a node, until its lease ends.</summary>
    Leased,

    /// <summary>The head waits for its next attempt (a row in <c>waits</c>).</summary>
    Waiting,

    /// <summary>The head needs a person (a row in <c>waits</c>); the lane stands still, nothing is dropped.</summary>
    Parked,

    /// <summary>The head lies in its receiver's feed until the receiver acknowledges it (a row in <c>waits</c>); nobody holds a lease.</summary>
    Offered,
}

/// <summary>State of one lane, kept in the case row so that one lock covers it.</summary>
internal sealed record Lane
{
    [JsonPropertyName("c"), JsonIgnore(Condition = JsonIgnoreCondition.Never)] public required short Connector { get; init; }

    /// <summary>Number of the last command queued.</summary>
    [JsonPropertyName("n")] public long Queued { get; init; }

    /// <summary>Number of the last command settled; the head is the next one.</summary>
    [JsonPropertyName("d")] public long Settled { get; init; }

    /// <summary>Grows with every release: an answer that names an older fence moves nothing.</summary>
    [JsonPropertyName("f")] public long Fence { get; init; }

    [JsonPropertyName("s")] public LaneStatus Status { get; init; }

    /// <summary>Attempts of the head that were made.</summary>
    [JsonPropertyName("a")] public int Attempts { get; init; }

    /// <summary>The head may have had its effect: ask first.</summary>
    [JsonPropertyName("k")] public bool Doubt { get; init; }

    [JsonPropertyName("l")] public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>The node that holds the lease.</summary>
    [JsonPropertyName("o")] public int Node { get; init; }

    /// <summary>Numbers behind the head that were taken back: the lane passes over them. Null: none.</summary>
    [JsonPropertyName("r")] public IReadOnlyList<long>? Recalled { get; init; }

    [JsonIgnore] public bool HasOpen => Queued > Settled;

    [JsonIgnore] public long Head => Settled + 1;
}

/// <summary>One case: a row of <c>cases</c>, changed only under its advisory lock.</summary>
internal sealed class CaseRow
{
    public required long CaseId { get; init; }
    public required Guid KeyHash { get; init; }
    public required string Type { get; init; }
    public required string Key { get; init; }
    public required bool IsNew { get; init; }
    public string? Policy { get; set; }
    public string State { get; set; } = "{}";

    /// <summary>The state may name a person: it is stored sealed.</summary>
    public bool Private { get; set; }
    public List<Lane> Lanes { get; set; } = [];
    public bool Closed { get; set; }
    public DateTimeOffset? DeadlineAt { get; set; }
    public DateTimeOffset? WakeAt { get; set; }

    public bool Busy => Lanes.Exists(lane => lane.Status == LaneStatus.Leased);
}

/// <summary>Names a case in a fixed 16 bytes, and its advisory lock in 8 of them.</summary>
internal static class CaseKey
{
    public static Guid Hash(string type, string key) => Digest(type, key);

    public static long Lock(Guid keyHash)
    {
        Span<byte> bytes = stackalloc byte[16];
        keyHash.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadInt64BigEndian(bytes);
    }

    /// <summary>The first 16 bytes of SHA-256 over both texts with a line feed between; neither may contain one.</summary>
    public static Guid Digest(string first, string second)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{first}\n{second}"), hash);
        return new Guid(hash[..16], bigEndian: true);
    }
}

/// <summary>A command's id carries its place (case, connector, number in the lane), so that it is the same on every attempt and leads back to its row.</summary>
internal static class CommandId
{
    /// <summary>UUID version 8: 6 bytes case, version, 2 bytes connector, variant, 4 bytes number in the lane.</summary>
    public static Guid Of(long caseId, short connector, long laneSeq)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, caseId << 16);
        bytes[6] = 0x80;
        bytes[7] = 0;
        BinaryPrimitives.WriteInt16BigEndian(bytes[10..], connector);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], checked((uint)laneSeq));
        bytes[8] = 0x80;
        bytes[9] = 0;
        return new Guid(bytes, bigEndian: true);
    }

    public static bool TryParse(Guid id, out long caseId, out short connector, out long laneSeq)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        caseId = BinaryPrimitives.ReadInt64BigEndian(bytes) >> 16;
        connector = BinaryPrimitives.ReadInt16BigEndian(bytes[10..]);
        laneSeq = BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]);
        return bytes[6] == 0x80 && bytes[7] == 0 && bytes[8] == 0x80 && bytes[9] == 0 && caseId > 0;
    }
}

/// <summary>A row of <c>deliveries</c>: one command, written once.</summary>
internal sealed record DeliveryRow
{
    public required long CaseId { get; init; }
    public required short Connector { get; init; }
    public required long LaneSeq { get; init; }
    public required string Type { get; init; }
    public required Guid CauseId { get; init; }
    public required string CauseType { get; init; }
    public required DateTimeOffset OccurredAt { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }
    public DateTimeOffset? DueAt { get; init; }
    public required byte[] Data { get; init; }
    public string? TraceParent { get; init; }

    public Guid Id => CommandId.Of(CaseId, Connector, LaneSeq);
}

/// <summary>A row of <c>answers</c>: what became of one release.</summary>
internal sealed record AnswerRow(
    long CaseId, short Connector, long LaneSeq, long Fence, int Attempt, string Outcome, string? Reason, string? PartnerCode,
    string? PartnerReference, byte[]? RequestDigest, byte[]? Response, int ElapsedMs, DateTimeOffset RecordedAt, string Content);

/// <summary>A command's new content, and what it was up to this fence.</summary>
internal sealed record AmendmentRow(long CaseId, short Connector, long LaneSeq, long Fence, byte[] Before, byte[] After);

/// <summary>A row of <c>waits</c>.</summary>
internal sealed record WaitRow(
    short Connector, long CaseId, Guid KeyHash, long LaneSeq, string State, string Reason, int Attempts,
    DateTimeOffset Since, DateTimeOffset DueAt, DateTimeOffset? NotBefore)
{
    public const string Waiting = "waiting";
    public const string Parked = "parked";
    public const string Unserved = "unserved";

    /// <summary>In the receiver's feed, not acknowledged yet.</summary>
    public const string Offered = "offered";

    /// <summary>Connector number of cases that no operator serves.</summary>
    public const short NoConnector = 0;
}

/// <summary>One entry for the exchange log; position, time and hash are given by the chain.</summary>
internal sealed record LogEntry(string Kind, string Partner, Guid Ref, byte[] Digest, byte[]? Content)
{
    public const string EventAccepted = "event.accepted";
    public const string DeliveryAttempted = "delivery.attempted";
    public const string DeliveryRepeated = "delivery.repeated";
    public const string OperatorActed = "operator.acted";
    public const string KeyChanged = "key.changed";
    public const string PolicyLoaded = "policy.loaded";

    /// <summary>The clock of a demonstration was moved.</summary>
    public const string ClockMoved = "clock.moved";
    public const string BodiesRemoved = "bodies.removed";
    public const string ConnectorMode = "connector.mode";
    public const string FeedRead = "feed.read";
    public const string FeedSeek = "feed.seek";

    /// <summary>Somebody was shown what a licence says, or that there is none; its reference is the holder's keyed hash.</summary>
    public const string DataDisclosed = "data.disclosed";

    /// <summary>Somebody read the list of a holder's disclosures; its reference is the holder's keyed hash.</summary>
    public const string DisclosuresRead = "disclosures.read";

    /// <summary>A case counts for something in the ledgers; what is put right later is a contrary booking.</summary>
    public const string FigureBooked = "figure.booked";

    /// <summary>Something was asked for that a rule does not allow.</summary>
    public const string RequestRefused = "request.refused";

    /// <summary>An entry whose content is a text of ours.</summary>
    public static LogEntry OfText(string kind, string partner, Guid reference, string text)
    {
        var content = Encoding.UTF8.GetBytes(text);
        return new(kind, partner, reference, SHA256.HashData(content), content);
    }
}

/// <summary>Where a batch landed in the chain.</summary>
internal sealed record Appended(long FirstSeq, DateTimeOffset At, byte[][] Hashes);

/// <summary>An event already known by its identity.</summary>
internal sealed record KnownEvent(Guid EventId, byte[] Digest, string? Refusal);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(List<Lane>))]
internal sealed partial class LedgerJson : JsonSerializerContext;
