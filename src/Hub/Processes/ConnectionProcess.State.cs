using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Schemas;

namespace Hub.Processes;

// What an application's case remembers, and what intake looks up for it.
internal sealed partial class ConnectionProcess
{
    /// <summary>An application as intake gives it: with what the ledger knows beside it.</summary>
    /// <param name="Operator">Id of the operator the application is for.</param>
    /// <param name="Projects">Approved projects it may belong to, the surest first.</param>
    /// <param name="Earlier">Other applications for the same supply point.</param>
    internal sealed record Applied(ConnectionApplication Application, string Operator, IReadOnlyList<KnownProject> Projects, IReadOnlyList<EarlierApplication> Earlier);

    /// <summary>A decision about a match, with the project it is about; null when Hub does not know that project.</summary>
    internal sealed record Decided(MatchDecision Decision, KnownProject? Project);

    /// <summary>An approved project as the earlier push told of it.</summary>
    internal sealed record KnownProject
    {
        /// <summary>Key of its case.</summary>
        public required string Key { get; init; }

        /// <summary>code, uscc, address or person.</summary>
        public required string MatchedBy { get; init; }

        /// <summary>0 to 100. 100: the same code; less: somebody has to say so.</summary>
        public required int Confidence { get; init; }
        public string? Name { get; init; }
        public string? UnitName { get; init; }
        public string? UnitUscc { get; init; }
        public string? Address { get; init; }
        public decimal? LoadKw { get; init; }
        public string? UsageType { get; init; }
        public string? RequiredDate { get; init; }

        /// <summary>When the operator of the application first had it; null when it never did.</summary>
        public DateTimeOffset? TakenAt { get; init; }
        public string? ConfirmedBy { get; init; }
    }

    /// <param name="EndedAt">Null while it is open.</param>
    internal sealed record EarlierApplication(string ApplicationNo, bool Cancelled, DateTimeOffset? EndedAt);

    /// <summary>State of one application.</summary>
    internal sealed record Case
    {
        /// <summary>Null before the first report names the case.</summary>
        public string? Operator { get; init; }

        /// <summary>The version in force, with what the project fills in; null while only stages were reported.</summary>
        public ConnectionApplication? Application { get; init; }

        /// <summary>Members that were taken over from the project.</summary>
        public IReadOnlyList<string> Prefilled { get; init; } = [];

        /// <summary>Who sent the application.</summary>
        public string? From { get; init; }
        public Guid EventId { get; init; }
        public string EventType { get; init; } = "";
        public DateTimeOffset OccurredAt { get; init; }

        /// <summary>One of <see cref="ConnectionClasses"/>; null while facts are missing.</summary>
        public string? Class { get; init; }
        public IReadOnlyList<string> Tags { get; init; } = [];

        /// <summary>Facts without which the class or a limit cannot be told, names of members.</summary>
        public IReadOnlyList<string> Missing { get; init; } = [];
        public KnownProject? Project { get; init; }
        public IReadOnlyList<KnownProject> Proposals { get; init; } = [];

        /// <summary>Everything that was reported, in the order of its arrival; nothing in it ever changes.</summary>
        public IReadOnlyList<StageFact> Facts { get; init; } = [];
        public IReadOnlyList<CaseClock> Clocks { get; init; } = [];
        public IReadOnlyList<Mark> Marks { get; init; } = [];
        public IReadOnlyList<GivenWarning> Warnings { get; init; } = [];
        public Evaluation? Evaluation { get; init; }

        /// <summary>open, energised, closed or cancelled.</summary>
        public string Status { get; init; } = "open";

        /// <summary>Last refusal of what the utility was sent, a reason word.</summary>
        public string? Refused { get; init; }

        /// <summary>Why it stands still, a code.</summary>
        public string? Unserved { get; init; }
    }

    /// <summary>One report about one stage.</summary>
    /// <param name="Id">CloudEvents id of the report.</param>
    /// <param name="At">When it happened, as claimed.</param>
    /// <param name="RecordedAt">When it was recorded; Hub's own clock.</param>
    /// <param name="Corrects">Id of the report whose time this one puts right.</param>
    internal sealed record StageFact(string Id, string Stage, string Action, DateTimeOffset At, DateTimeOffset RecordedAt)
    {
        public string? Kind { get; init; }
        public string? Actor { get; init; }
        public string? Reason { get; init; }
        public string? Evidence { get; init; }
        public string? Corrects { get; init; }
    }

    /// <summary>Something about the times that somebody should look at; kept for ever.</summary>
    /// <param name="Code">One of <see cref="MarkCodes"/>.</param>
    /// <param name="About">The report, step or application it is about.</param>
    internal sealed record Mark(string Code, string About, DateTimeOffset At);

    /// <summary>Codes of <see cref="Mark"/>.</summary>
    internal static class MarkCodes
    {
        /// <summary>Reported later after the fact than the pack allows (后补流程).</summary>
        public const string Backdated = "BACKDATED";

        /// <summary>Begun anew for the same point (重走流程).</summary>
        public const string RestartSuspect = "RESTART_SUSPECT";

        /// <summary>Done before, or beside, what the system knows (体外循环).</summary>
        public const string OutsideSystem = "OUTSIDE_SYSTEM";

        /// <summary>A stage the pack abolished, or knows no step for.</summary>
        public const string ExtraStep = "EXTRA_STEP";

        /// <summary>More steps than the pack allows.</summary>
        public const string StepCount = "STEP_COUNT";

        /// <summary>A correction let a clock begin later than first reported.</summary>
        public const string StartMoved = "START_MOVED";

        /// <summary>Reported after the application had ended.</summary>
        public const string AfterEnd = "AFTER_END";

        public static IReadOnlyList<string> All { get; } = [Backdated, RestartSuspect, OutsideSystem, ExtraStep, StepCount, StartMoved, AfterEnd];
    }

    /// <param name="To">responsible, supervisor.</param>
    /// <param name="Sent">Names of the connectors it was sent by; empty: it stands here only.</param>
    internal sealed record GivenWarning(DateTimeOffset At, string Rule, int Percent, IReadOnlyList<string> To, IReadOnlyList<string> Sent);

    internal sealed record Evaluation(int Score, string? Comment, DateTimeOffset At);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConnectionProcess.Case))]
internal sealed partial class ConnectionJson : JsonSerializerContext
{
    private static ConnectionJson? readable;

    /// <summary>As <see cref="Default"/>, with Chinese text left as it is: half the bytes.</summary>
    public static ConnectionJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
