namespace Hub.Policies;

/// <summary>A text for people in both languages of the house.</summary>
internal sealed record Bilingual(string Zh, string En);

/// <summary>Where a rule comes from.</summary>
internal static class RuleSources
{
    /// <summary>The pack's document says it, at the rule's clause.</summary>
    public const string Document = "document";

    /// <summary>No source says it: a starting value of ours, to be settled with the authority.</summary>
    public const string HubDefault = "hub default";

    /// <summary>A national rule beside the pack's document says it, at the rule's clause; a note says how the text was read.</summary>
    public const string Regulation = "regulation";
}

/// <summary>Kinds of utility.</summary>
internal static class Utilities
{
    public const string Power = "power";
    public const string Water = "water";
    public const string Gas = "gas";
    public const string Heat = "heat";

    public static IReadOnlyList<string> All { get; } = [Power, Water, Gas, Heat];
}

/// <summary>Policy pack (地市规则包): the rules of one authority, in one version.</summary>
internal sealed record Policy
{
    /// <summary>Stable word such as <c>linfen</c>.</summary>
    public required string Id { get; init; }

    public required Bilingual Title { get; init; }

    /// <summary>Numbers joined by dots, compared number by number: 2021.10 is later than 2021.9.</summary>
    public required string Version { get; init; }

    /// <summary>What a case keeps: <c>linfen@2021.1</c>.</summary>
    public string Pin => $"{Id}@{Version}";

    /// <summary>First day in force; null when the document does not say.</summary>
    public DateOnly? ValidFrom { get; init; }

    /// <summary>Last day in force; null while it is.</summary>
    public DateOnly? ValidTo { get; init; }

    /// <summary>The pack whose rules hold where this one has none: its id, or its pin, by which a site's pack extends the shipped one of the same id.</summary>
    public string? Extends { get; init; }

    /// <summary>Prefixes of GB/T 2260 codes, of 2, 4 or 6 digits; empty for a pack that is only there to be extended.</summary>
    public required IReadOnlyList<string> Regions { get; init; }

    public required DocumentReference Document { get; init; }

    public required IReadOnlyList<Operator> Operators { get; init; }

    /// <summary>The pack's own rule, else that of the pack it extends; null when neither has one.</summary>
    public FirstContactRule? FirstContact { get; init; }

    /// <summary>The pack's own, else that of the pack it extends; null when neither shares licences.</summary>
    public LicenceRule? Licences { get; init; }

    /// <summary>Every document that may be asked for; the pack's own list, else that of the pack it extends; null when neither has one.</summary>
    public IReadOnlyList<DocumentRule>? Documents { get; init; }
    /// <summary>The pack's own rule, else that of the pack it extends; null when neither has one: ownership changes are recorded and go nowhere.</summary>
    public CoTransferRule? CoTransfer { get; init; }

    /// <summary>The pack's own rule, else that of the pack it extends; null when neither has one: notices of outages are recorded and go nowhere.</summary>
    public OutageRule? Outage { get; init; }

    /// <summary>What the place makes public, part by part the pack's own, else that of the pack it extends.</summary>
    public PublicRule? Public { get; init; }

    /// <summary>The pack's own rule, else that of the pack it extends; null: times are kept and none is marked.</summary>
    public RecordingRule? Recording { get; init; }

    // Lists below: the pack's own rows, and those of the pack it extends whose id (or item) it does not have itself.
    public IReadOnlyList<LimitRule> Limits { get; init; } = [];

    public IReadOnlyList<StepRule> Steps { get; init; } = [];

    public IReadOnlyList<ThresholdRule> Thresholds { get; init; } = [];

    public IReadOnlyList<ExemptionRule> Exemptions { get; init; } = [];

    public IReadOnlyList<PermitRule> Permits { get; init; } = [];

    public IReadOnlyList<Authority> Authorities { get; init; } = [];

    public IReadOnlyList<ReportRule> Reports { get; init; } = [];

    public IReadOnlyList<Milestone> Milestones { get; init; } = [];

    public IReadOnlyList<Prohibition> Prohibitions { get; init; } = [];

    /// <summary>The pack's own list, else that of the pack it extends.</summary>
    public IReadOnlyList<WarningRule> Warnings { get; init; } = [];

    public bool Covers(ReadOnlySpan<char> region) => LongestPrefix(region) > 0;

    /// <summary>Length of the longest prefix that covers the place; 0 when none does.</summary>
    public int LongestPrefix(ReadOnlySpan<char> region)
    {
        var longest = 0;
        foreach (var prefix in Regions)
        {
            if (prefix.Length > longest && region.StartsWith(prefix))
            {
                longest = prefix.Length;
            }
        }

        return longest;
    }
}

/// <summary>The document a pack puts into rules.</summary>
/// <param name="ShortName">The name clauses are cited by, S0 to S4.</param>
/// <param name="Number">Null when the text at hand carries none.</param>
/// <param name="Date">Day of issue; null when the text at hand carries none.</param>
internal sealed record DocumentReference(string ShortName, string Title, string? Number, DateOnly? Date);

/// <summary>A supply company (供电企业) and the area it serves.</summary>
internal sealed record Operator
{
    public required string Id { get; init; }

    public required string TitleZh { get; init; }

    public required string TitleEn { get; init; }

    /// <summary>One of <see cref="Utilities"/>.</summary>
    public required string Utility { get; init; }

    /// <summary>Prefixes of 2, 4 or 6 digits; empty when its area is not known: then only a sender that names it reaches it.</summary>
    public required IReadOnlyList<string> Serves { get; init; }

    /// <summary>Name of the connector instance; the operator's id unless the pack says otherwise.</summary>
    public required string Connector { get; init; }

    /// <summary>Null only when the source is <see cref="RuleSources.HubDefault"/>.</summary>
    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>By when the operator has to have been in touch with the project's unit, counted from the day the lead is sent.</summary>
internal sealed record FirstContactRule
{
    public required int LimitWorkingDays { get; init; }

    /// <summary>Working days before the limit at which a warning is due; less than the limit.</summary>
    public required int WarnBeforeWorkingDays { get; init; }

    /// <summary>Null only when the source is <see cref="RuleSources.HubDefault"/>.</summary>
    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>Property and electricity change hands together (联合过户).</summary>
internal sealed record CoTransferRule
{
    /// <summary>Kinds of utility whose accounts change hands; power is always among them.</summary>
    public required IReadOnlyList<string> Utilities { get; init; }

    /// <summary>Connector by which the register is told what became of it; null: it reads that itself.</summary>
    public string? Register { get; init; }

    /// <summary>Connector by which people are told; null: what they would be told stands in the case.</summary>
    public string? Notices { get; init; }

    /// <summary>Of the whole, from the day the registration arrives.</summary>
    public required int LimitWorkingDays { get; init; }

    /// <summary>Working days before the limit at which a warning is due; less than the limit.</summary>
    public required int WarnBeforeWorkingDays { get; init; }

    /// <summary>By when a utility has reported on one step; then it is asked, then a person is.</summary>
    public required int StepWorkingDays { get; init; }

    /// <summary>How often an order that waits for settlement is checked again.</summary>
    public required int RecheckWorkingDays { get; init; }

    /// <summary>After how long an unsettled order is urged.</summary>
    public required int SettleWorkingDays { get; init; }

    /// <summary>By when a person has answered a task.</summary>
    public required int TaskWorkingDays { get; init; }

    /// <summary>Null only when the source is <see cref="RuleSources.HubDefault"/>.</summary>
    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}
