using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

// What a permit case remembers.
internal sealed partial class PermitProcess
{
    /// <summary>State of one external line's permits.</summary>
    internal sealed record Case
    {
        /// <summary>The snapshot in force; null before the first.</summary>
        public PermitApplication? Application { get; init; }

        /// <summary>The event that brought it: what has no event of its own is put down to it.</summary>
        public Cause? Cause { get; init; }

        /// <summary>When the first was applied for: the clocks begin here.</summary>
        public DateTimeOffset? AppliedAt { get; init; }

        public Step Step { get; init; }

        /// <summary>Since when it stands there.</summary>
        public DateTimeOffset? StepAt { get; init; }

        /// <summary>By item, those of the pack first.</summary>
        public IReadOnlyDictionary<string, Item> Items { get; init; } = new Dictionary<string, Item>(StringComparer.Ordinal);

        /// <summary>Of every rule that concerns works of this kind.</summary>
        public IReadOnlyList<ExemptionDecision> Exemptions { get; init; } = [];

        /// <summary>Clocks of the case as a whole; those of an item stand with it.</summary>
        public IReadOnlyList<CaseClock> Clocks { get; init; } = [];

        /// <summary>Consultations beforehand and opinions of owners, in the order of their time.</summary>
        public IReadOnlyList<Said> Said { get; init; } = [];

        /// <summary>The signed letter.</summary>
        public Said? Commitment { get; init; }
        public DateTimeOffset? WithdrawnAt { get; init; }

        /// <summary>When every department that has to be told had its item, the first time.</summary>
        public DateTimeOffset? DistributedAt { get; init; }

        /// <summary>From when the permits as a whole are counted: the application, or a correction after they were delivered.</summary>
        public DateTimeOffset? CountedFrom { get; init; }

        /// <summary>Times in which every open item was the applicant's.</summary>
        public IReadOnlyList<ClockPause> Pauses { get; init; } = [];

        /// <summary>When all results were there; null while one is open.</summary>
        public DateTimeOffset? DeliveredAt { get; init; }

        /// <summary>What was last delivered together, as a text of items and results; null: nothing yet.</summary>
        public string? Delivered { get; init; }
        public DateTimeOffset? WorksFinishedAt { get; init; }

        /// <summary>What was found when somebody looked at the surface.</summary>
        public Said? Restoration { get; init; }

        /// <summary>Why nothing could begin, a code.</summary>
        public string? Unserved { get; init; }
        public IReadOnlyList<PersonTask> Tasks { get; init; } = [];
        public int TasksEver { get; init; }

        /// <summary>Orders to departments so far: answers come in that order within a lane.</summary>
        public int Told { get; init; }
        public IReadOnlyList<Trace> Trail { get; init; } = [];
    }

    internal enum Step
    {
        /// <summary>Departments are at work.</summary>
        Deciding,

        /// <summary>A person has to say whether a permit is needed.</summary>
        Asking,

        /// <summary>Every open item waits for the applicant: returned, material missing, the owner's consent of private green.</summary>
        Correcting,

        /// <summary>Exempt once the letter is signed.</summary>
        Promising,

        /// <summary>All results are there and the works may begin.</summary>
        Granted,

        /// <summary>All results are there and one of them is a no.</summary>
        Refused,

        /// <summary>The works are done, the surface has to be as it was.</summary>
        Restoring,
        Finished,

        /// <summary>The promise was not kept.</summary>
        Broken,
        Withdrawn,
    }

    internal enum ItemState
    {
        /// <summary>Waits for a person's word on an exemption.</summary>
        Held,

        /// <summary>No department can be told.</summary>
        Unserved,
        Sent,
        Received,

        /// <summary>Material is missing.</summary>
        Paused,
        Returned,
        Approved,
        Refused,
        Filed,
        Exempt,

        /// <summary>No longer needed after a correction.</summary>
        Dropped,
    }

    /// <summary>One item at one department.</summary>
    internal sealed record Item
    {
        public required Bilingual Department { get; init; }

        /// <summary>Null while none is set up.</summary>
        public string? Connector { get; init; }
        public ItemState State { get; init; }

        /// <summary>Of the application the department has.</summary>
        public int Version { get; init; }

        /// <summary>Number of its last order among all of the case; null: it was told nothing.</summary>
        public int? Told { get; init; }
        public Guid? ToldBy { get; init; }

        /// <summary>Its last order was taken.</summary>
        public bool Arrived { get; init; }

        /// <summary>The department has it: by its answer, or by its word.</summary>
        public DateTimeOffset? ReceivedAt { get; init; }
        public DateTimeOffset? SurveyedAt { get; init; }
        public DateTimeOffset? ConsentedAt { get; init; }
        public DateTimeOffset? DecidedAt { get; init; }
        public string? Survey { get; init; }
        public string? PermitNo { get; init; }
        public string? Reason { get; init; }

        /// <summary>The exemption rule that replaced it, or that a person has to decide about.</summary>
        public string? Rule { get; init; }
        public decimal? FeeYuan { get; init; }
        public DateOnly? FeeDue { get; init; }

        /// <summary>When its last word was said, by the department's own time: an older one moves nothing.</summary>
        public DateTimeOffset? LastAt { get; init; }

        /// <summary>Words up to then speak of the version before.</summary>
        public DateTimeOffset? Before { get; init; }
        public IReadOnlyList<ClockPause> Pauses { get; init; } = [];
        public IReadOnlyList<CaseClock> Clocks { get; init; } = [];

        /// <summary>Why the last order did not arrive; it stands in the list of those that wait.</summary>
        public string? Undelivered { get; init; }

        /// <summary>What the utility was last told of it.</summary>
        public string? FedBack { get; init; }

        [JsonIgnore] public bool Final => State is ItemState.Approved or ItemState.Refused or ItemState.Filed or ItemState.Exempt or ItemState.Dropped;

        [JsonIgnore] public bool WithDepartment => State is ItemState.Sent or ItemState.Received or ItemState.Unserved;
    }

    /// <summary>An event, as a command names it.</summary>
    internal sealed record Cause(Guid Id, string Type, DateTimeOffset OccurredAt);

    /// <summary>Somebody's word, as given.</summary>
    internal sealed record Said(string Kind, string At, string? By, string? Result, string? Reference, string? Note);

    internal sealed record Trace(DateTimeOffset At, string What, string? About, string? Detail);

    /// <summary>Kinds of <see cref="PersonTask"/>.</summary>
    internal static class TaskKinds
    {
        /// <summary>Does the exemption hold? About a rule.</summary>
        public const string Exemption = "exemption";

        /// <summary>Nobody has said whether the surface is as it was.</summary>
        public const string CheckRestoration = "check_restoration";

        /// <summary>No credit platform is connected: it has to be reported by hand.</summary>
        public const string ReportCredit = "report_credit";
    }

    /// <summary>Words of states as they cross the border and stand on pages.</summary>
    internal static class Words
    {
        public static string Of(Step step) => step.ToString().ToUpperInvariant();

        public static string Of(ItemState state) => state.ToString().ToUpperInvariant();
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(PermitProcess.Case))]
internal sealed partial class PermitJson : JsonSerializerContext
{
    private static PermitJson? readable;

    /// <summary>As <see cref="Default"/>, with Chinese text left as it is: half the bytes.</summary>
    public static PermitJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
