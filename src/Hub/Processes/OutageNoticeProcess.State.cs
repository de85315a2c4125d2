using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Schemas;

namespace Hub.Processes;

// What is known of one notice. Accounts stand in it only until a gateway has them, and masked where nobody could be reached.
internal sealed partial class OutageNoticeProcess
{
    /// <summary>How far the outage is.</summary>
    internal enum Step
    {
        /// <summary>No notice yet; only a report about one that nobody knows.</summary>
        None,
        Announced,
        Repairing,
        Restored,
        Cancelled,
    }

    /// <summary>State of one notice.</summary>
    internal sealed record Case
    {
        public string? Operator { get; init; }

        /// <summary>The revision in force, without its accounts.</summary>
        public OutageNotice? InForce { get; init; }

        /// <summary>PLANNED or FAULT; null while only later events of it are known.</summary>
        public string? Outage { get; init; }
        public Step Step { get; init; }

        /// <summary>The event that set the revision in force.</summary>
        public Cause? Cause { get; init; }

        /// <summary>When the utility was last heard of.</summary>
        public DateTimeOffset HeardAt { get; init; }

        /// <summary>Empty where no rule applies, as for a fault.</summary>
        public IReadOnlyList<LeadTimeCheck> Lead { get; init; } = [];

        /// <summary>Announced as long ahead as every rule asks; null where none applies.</summary>
        public bool? NoticeLeadOk { get; init; }
        public IReadOnlyList<Round> Rounds { get; init; } = [];
        public int RoundsEver { get; init; }

        /// <summary>What no gateway has yet.</summary>
        public IReadOnlyList<Waiting> Waiting { get; init; } = [];

        /// <summary>The newest of those that no channel reached, masked.</summary>
        public IReadOnlyList<Unreached> Unreached { get; init; } = [];

        /// <summary>How many no channel reached.</summary>
        public int UnreachedEver { get; init; }

        /// <summary>Power should be back, or nothing was heard for too long.</summary>
        public bool Overdue { get; init; }

        [JsonIgnore] public bool Ended => Step is Step.Restored or Step.Cancelled;
    }

    /// <summary>The event that orders come from.</summary>
    internal sealed record Cause(Guid EventId, string EventType, DateTimeOffset OccurredAt);

    /// <summary>One rule of lead and how the notice stands to it.</summary>
    internal sealed record LeadTimeCheck
    {
        /// <summary>public or important.</summary>
        public required string To { get; init; }

        /// <summary>days or hours.</summary>
        public required string Unit { get; init; }
        public required int Limit { get; init; }

        /// <summary>From the day or hour it was issued, by the utility's word; rounded down to a tenth.</summary>
        public required decimal Issued { get; init; }

        /// <summary>From when Hub had it.</summary>
        public required decimal Received { get; init; }
        public required string Clause { get; init; }

        [JsonIgnore] public bool Ok => Issued >= Limit;
        [JsonIgnore] public bool Proven => Received >= Limit;
    }

    /// <summary>One time people were told.</summary>
    internal sealed record Round
    {
        public required int No { get; init; }

        /// <summary>planned, fault, revised, progress, restored, cancelled.</summary>
        public required string Kind { get; init; }
        public required int Revision { get; init; }
        public required DateTimeOffset At { get; init; }

        /// <summary>It has receivers of its own; else it goes to those told before.</summary>
        public bool OwnReceivers { get; init; }
        public IReadOnlyDictionary<string, Tally> Channels { get; init; } = new Dictionary<string, Tally>(StringComparer.Ordinal);
    }

    /// <summary>What became of one round on one channel.</summary>
    internal sealed record Tally
    {
        public required string Connector { get; init; }

        /// <summary>Commands ordered, taken and not taken.</summary>
        public int Ordered { get; init; }
        public int Taken { get; init; }
        public int Lost { get; init; }

        /// <summary>Accounts ordered by number; those the gateway finds itself are not in it.</summary>
        public int Accounts { get; init; }
        public int Delivered { get; init; }
        public int Failed { get; init; }

        /// <summary>Batches of results that were counted.</summary>
        public IReadOnlyList<int> Batches { get; init; } = [];

        /// <summary>When the gateway was last heard of; null before.</summary>
        public DateTimeOffset? HeardAt { get; init; }

        /// <summary>It took the notice and has said nothing since.</summary>
        public bool Silent { get; init; }

        [JsonIgnore] public bool AwaitsResults => Taken > 0 && Batches.Count == 0 && Failed < Math.Max(Accounts, 1);
    }

    /// <summary>A command that no gateway has taken yet, or that could not be ordered at all.</summary>
    internal sealed record Waiting
    {
        public required int Round { get; init; }

        /// <summary>Null: there is no channel that could be used.</summary>
        public string? Channel { get; init; }
        public string? Connector { get; init; }
        public required DateTimeOffset Since { get; init; }
        public IReadOnlyList<string>? Accounts { get; init; }
        public string? QueryRef { get; init; }
        public IReadOnlyList<string>? ToldBy { get; init; }

        /// <summary>Another channel has its receivers meanwhile, or none is left.</summary>
        public bool PassedOver { get; init; }
    }

    /// <param name="Account">Masked.</param>
    /// <param name="Round">Number of the round.</param>
    /// <param name="Channel">The last one tried.</param>
    internal sealed record Unreached(string Account, int Round, string Channel);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(OutageNoticeProcess.Case))]
internal sealed partial class OutageJson : JsonSerializerContext
{
    private static OutageJson? readable;

    /// <summary>As <see cref="Default"/>, with Chinese text left as it is: half the bytes.</summary>
    public static OutageJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
