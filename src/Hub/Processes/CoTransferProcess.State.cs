using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Schemas;

namespace Hub.Processes;

// What a property's case remembers.
internal sealed partial class CoTransferProcess
{
    /// <summary>State of one property.</summary>
    internal sealed record Case
    {
        /// <summary>The transfer in hand, or the last one; null before the first.</summary>
        public Transfer? Current { get; init; }

        /// <summary>Booked while another was in hand, in the order of booking.</summary>
        public IReadOnlyList<Registration> Next { get; init; } = [];

        /// <summary>Registrations whose withdrawal is known, with its version: one that arrives after its withdrawal begins nothing.</summary>
        public IReadOnlyDictionary<string, int> Withdrawn { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

        /// <summary>Earlier transfers, numbers and results only.</summary>
        public IReadOnlyList<Past> Past { get; init; } = [];

        /// <summary>How many ended how, also of those that the list has lost since.</summary>
        public IReadOnlyDictionary<string, int> PastEver { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

        /// <summary>Accounts that belong, or may belong, to the property.</summary>
        public IReadOnlyList<Link> Links { get; init; } = [];
        public IReadOnlyList<PersonTask> Tasks { get; init; } = [];
        public int TasksEver { get; init; }
    }

    internal enum Step
    {
        /// <summary>Every utility is asked what speaks against it.</summary>
        Checking,

        /// <summary>Arrears, or a case the utility has open.</summary>
        Settling,

        /// <summary>A person has to say something.</summary>
        Asking,
        Transferring,
        Reversing,
        Done,
        PartlyDone,
        NotDone,
        NoConsent,
        Reversed,
    }

    internal sealed record Transfer
    {
        public required Registration Registration { get; init; }
        public Step Step { get; init; }
        public DateTimeOffset BeganAt { get; init; }
        public DateTimeOffset? EndedAt { get; init; }

        /// <summary>By operator id.</summary>
        public IReadOnlyDictionary<string, Party> Parties { get; init; } = new Dictionary<string, Party>(StringComparer.Ordinal);

        /// <summary>The gate was passed once: from here on each party goes its own way.</summary>
        public bool Begun { get; init; }

        /// <summary>Place of the account holder among the new holders, from 0, as a person said; null while nobody had to.</summary>
        public int? Holder { get; init; }

        /// <summary>A correction that came after the gate, until a person says what becomes of it.</summary>
        public Registration? Correction { get; init; }
        public ProjectApprovalProcess.Clock? Whole { get; init; }

        /// <summary>Transfers sent so far: their order is undone backwards.</summary>
        public int Sent { get; init; }

        /// <summary>Why nothing could begin, a code.</summary>
        public string? Unserved { get; init; }

        /// <summary>What people were told, and whether a connector carried it.</summary>
        public IReadOnlyList<Told> Told { get; init; } = [];

        /// <summary>The last result given back to the register; null before the first.</summary>
        public string? FedBack { get; init; }
        public IReadOnlyList<Trace> Trail { get; init; } = [];

        [JsonIgnore] public bool Ended => Step is Step.Done or Step.PartlyDone or Step.NotDone or Step.NoConsent or Step.Reversed;

        [JsonIgnore] public string RegistryNo => Registration.Record.RegistryNo!;

        [JsonIgnore] public string OrderId => $"{RegistryNo}-{Registration.Record.Version}";
    }

    /// <summary>A booked change as it came.</summary>
    internal sealed record Registration(PropertyTransfer Record, string Register, Guid EventId, string EventType, DateTimeOffset OccurredAt);

    /// <param name="Result">The step it ended in.</param>
    internal sealed record Past(string RegistryNo, int Version, Step Result, DateTimeOffset At);

    /// <summary>Words of field-spec §4 (用电过户单 状态), and two for the way back.</summary>
    internal enum PartyState
    {
        Created,
        Prechecked,
        Submitted,

        /// <summary>It may have had its effect: asked about before anything is sent again.</summary>
        Unknown,
        WaitingCustomer,
        Done,
        Rejected,
        Cancelled,
        Reversing,
        Reversed,
    }

    /// <summary>One utility's side.</summary>
    internal sealed record Party
    {
        public required string Utility { get; init; }
        public required string Connector { get; init; }
        public PartyState State { get; init; }

        /// <summary>One of <see cref="TransferOutcomes"/>, as last reported; null before.</summary>
        public string? Outcome { get; init; }
        public string? AccountNo { get; init; }

        /// <summary>A person chose the account.</summary>
        public bool Chosen { get; init; }

        /// <summary>Who let a difference of name or address pass.</summary>
        public string? ConfirmedBy { get; init; }
        public decimal? ArrearsYuan { get; init; }
        public ArrearsWaiver? Waiver { get; init; }

        /// <summary>Inquiries in the present step.</summary>
        public int Asked { get; init; }

        /// <summary>When something has to be done about it by itself; null: nothing has.</summary>
        public DateTimeOffset? Due { get; init; }

        /// <summary>Number of its transfer among all that were sent; null when none was, or when it surely had no effect.</summary>
        public int? SentNo { get; init; }

        /// <summary>The same of the version before a correction: its effect stays until it is undone.</summary>
        public int? EarlierNo { get; init; }
        public DateTimeOffset? DoneAt { get; init; }

        /// <summary>How often the transfer was sent again after the utility said that it never saw it.</summary>
        public int Resent { get; init; }

        /// <summary>How often it was sent back.</summary>
        public int Undos { get; init; }

        /// <summary>Undoing it is a person's task.</summary>
        public bool ByHand { get; init; }

        /// <summary>A person said that it stays as it is.</summary>
        public bool Stays { get; init; }

        [JsonIgnore] public bool Final => State is PartyState.Done or PartyState.Rejected or PartyState.Cancelled;

        [JsonIgnore] public int? UndoNo => SentNo ?? EarlierNo;
    }

    /// <summary>An account and how sure it is that it belongs to the property.</summary>
    internal sealed record Link
    {
        public required string Operator { get; init; }
        public required string AccountNo { get; init; }

        /// <summary>10, 13 or other digits.</summary>
        public required string Form { get; init; }

        /// <summary>0 to 100; only 100 is acted on, and only a report of success or a person makes it 100.</summary>
        public int Confidence { get; init; }

        /// <summary>given, reported, transferred or person.</summary>
        public required string Basis { get; init; }
        public string? ConfirmedBy { get; init; }
        public DateTimeOffset? ConfirmedAt { get; init; }
    }

    /// <summary>Kinds of <see cref="PersonTask"/>.</summary>
    internal static class TaskKinds
    {
        public const string ChooseHolder = "choose_holder";
        public const string ChooseAccount = "choose_account";
        public const string GiveAccount = "give_account";
        public const string ConfirmName = "confirm_name";
        public const string ConfirmAddress = "confirm_address";
        public const string Settle = "settle";
        public const string OpenCase = "open_case";
        public const string NoAnswer = "no_answer";
        public const string UndoByHand = "undo_by_hand";
        public const string Corrected = "corrected_after_transfer";

        /// <summary>A correction or withdrawal of a transfer that a later one has followed.</summary>
        public const string LateChange = "late_change";

        /// <summary>Others have to act first: such a task stands in the list of those that wait once it is overdue.</summary>
        public static bool WaitForOthers(string kind) => kind is Settle or OpenCase;
    }

    /// <param name="Kind">A word of <see cref="CoTransferNotices"/>.</param>
    /// <param name="Sent">False: no connector for notices is set up, and it stands here only.</param>
    internal sealed record Told(DateTimeOffset At, string Kind, bool Sent);

    /// <summary>One step, shown.</summary>
    internal sealed record Trace(DateTimeOffset At, string What, string? Operator, string? Detail);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(CoTransferProcess.Case))]
internal sealed partial class CoTransferJson : JsonSerializerContext
{
    private static CoTransferJson? readable;

    /// <summary>As <see cref="Default"/>, with Chinese text left as it is: half the bytes.</summary>
    public static CoTransferJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
