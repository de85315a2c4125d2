using Hub.Schemas;

namespace Hub.Policies;

/// <summary>To which cases a rule applies. What is empty or null does not matter.</summary>
internal sealed record Applies
{
    /// <summary>One of these classes (<see cref="ConnectionClasses"/>).</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>All of these tags (<see cref="ConnectionTags"/>).</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>None of these tags.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    public bool? ExternalLine { get; init; }

    public bool? Excavation { get; init; }

    /// <summary>The works put up a pole or a branch box, or dig a duct (新立杆、新建分支箱、新建管沟).</summary>
    public bool? NewStructure { get; init; }

    /// <summary>First day of acceptance it applies to.</summary>
    public DateOnly? From { get; init; }

    /// <summary>Last day of acceptance it applies to.</summary>
    public DateOnly? To { get; init; }
}

/// <summary>What a limit measures.</summary>
internal static class LimitSpans
{
    /// <summary>From application to energising (全过程, 接电).</summary>
    public const string Whole = "WHOLE";

    /// <summary>The utility's own share (供电企业办理合计): external works, permits and the applicant's time are left out.</summary>
    public const string UtilityTotal = "UTILITY_TOTAL";

    /// <summary>One stage of the connection; <see cref="LimitRule.Stage"/> names it.</summary>
    public const string Stage = "STAGE";

    /// <summary>All permits of an external line together (行政审批).</summary>
    public const string Permits = "PERMITS";

    /// <summary>One permit item, or a part of it; <see cref="LimitRule.Stage"/> and <see cref="LimitRule.Part"/> name it.</summary>
    public const string PermitItem = "PERMIT_ITEM";

    public static IReadOnlyList<string> All { get; } = [Whole, UtilityTotal, Stage, Permits, PermitItem];
}

/// <summary>What a clock leaves out.</summary>
internal static class Exclusions
{
    /// <summary>外线施工.</summary>
    public const string ExternalWork = "EXTERNAL_WORK";

    /// <summary>The time of the permits.</summary>
    public const string Permit = "PERMIT";

    /// <summary>The applicant's own time (补正, works and decisions of the customer).</summary>
    public const string Applicant = "APPLICANT";

    public static IReadOnlyList<string> All { get; } = [ExternalWork, Permit, Applicant];
}

/// <summary>One limit (时限).</summary>
internal sealed record LimitRule
{
    /// <summary>Stable within the pack and what it extends; the pack's own wins over the inherited one of the same id.</summary>
    public required string Id { get; init; }

    public required Bilingual Title { get; init; }

    /// <summary>One of <see cref="LimitSpans"/>.</summary>
    public required string Span { get; init; }

    /// <summary>A stage of <c>stageEvent</c> (ACCEPTED, PLAN_REPLIED, …), or a permit item (PLANNING, EXCAVATION, TRAFFIC, GREEN, HIGHWAY, OTHER); null for the whole.</summary>
    public string? Stage { get; init; }

    /// <summary>Of a permit item: DISTRIBUTE, SURVEY, OWNER_CONSENT, DECISION, FEE; null for the item as a whole.</summary>
    public string? Part { get; init; }

    public required Applies Applies { get; init; }

    /// <summary>Where it begins, <c>stage.action</c> such as <c>ACCEPTED.START</c>; null: where its span does.</summary>
    public string? StartsAt { get; init; }

    /// <summary>Where it ends; null: where its span does.</summary>
    public string? EndsAt { get; init; }

    /// <summary>Number of <see cref="Unit"/>.</summary>
    public required int Limit { get; init; }

    /// <summary><c>working_days</c> or <c>calendar_days</c>.</summary>
    public required string Unit { get; init; }

    /// <summary><c>each</c> case, or the <c>average</c> of all: then it is a figure of the ledger and no clock of a case.</summary>
    public required string Measure { get; init; }

    /// <summary>A stricter aim of the operator's own, in the same unit; never shown as the legal limit.</summary>
    public int? InternalTarget { get; init; }

    /// <summary>Of <see cref="Exclusions"/>.</summary>
    public required IReadOnlyList<string> Excludes { get; init; }

    /// <summary>Who has to keep it: <c>utility</c>, <c>department</c>, <c>window</c> or <c>applicant</c>.</summary>
    public required string Responsible { get; init; }

    /// <summary>Department named for the stage or item, and the one that urges (责任单位, 协调部门).</summary>
    public Bilingual? Department { get; init; }

    public Bilingual? Coordinator { get; init; }

    /// <summary>What the sources say otherwise.</summary>
    public IReadOnlyList<OtherValue> Others { get; init; } = [];

    /// <summary>False for a value that is kept as data and starts no clock (a national minimum beside a stricter local one, a conflict's loser).</summary>
    public bool Applied { get; init; } = true;

    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>A contradicting value of the same rule: kept, with the reason why it does not apply.</summary>
internal sealed record OtherValue(decimal Value, string Clause, Bilingual Why);

/// <summary>The steps (环节) a customer goes through.</summary>
internal sealed record StepRule
{
    public required string Id { get; init; }

    public required Applies Applies { get; init; }

    /// <summary>At most so many; null when the document only abolishes stages.</summary>
    public int? Count { get; init; }

    /// <summary>The city's own names and the stages each covers.</summary>
    public required IReadOnlyList<StepName> Steps { get; init; }

    /// <summary>Stages that must not be asked for.</summary>
    public IReadOnlyList<string> Abolished { get; init; } = [];

    public string? Clause { get; init; }

    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

internal sealed record StepName(Bilingual Title, IReadOnlyList<string> Stages);

/// <summary>A capacity up to which a customer gets something (§ low-voltage access, 零投资).</summary>
internal sealed record ThresholdRule
{
    public required string Id { get; init; }

    /// <summary><c>LOW_VOLTAGE</c> access, a tag of <see cref="ConnectionTags"/>, or <c>COMPANY_PAYS</c> (who pays up to the boundary).</summary>
    public required string Grants { get; init; }

    /// <summary>Null: the document gives a principle and no number.</summary>
    public decimal? Amount { get; init; }

    /// <summary><c>kW</c> or <c>kVA</c>; the two are never compared.</summary>
    public string? Unit { get; init; }

    /// <summary>True: the amount itself is inside.</summary>
    public bool Inclusive { get; init; } = true;

    /// <summary>Codes of 城乡 (01 urban, 02 town, 03 rural); empty: all.</summary>
    public IReadOnlyList<string> Areas { get; init; } = [];

    public required Applies Applies { get; init; }

    public IReadOnlyList<OtherValue> Others { get; init; } = [];

    public string? Clause { get; init; }

    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>When a permit is not needed, or a filing is enough (免批, 备案).</summary>
internal sealed record ExemptionRule
{
    /// <summary>Such as <c>JZ-21-FEIJINMIANPI</c>.</summary>
    public required string Id { get; init; }

    public required Bilingual Title { get; init; }

    /// <summary>What the works are for: LV_SMALL_MICRO, SITE_5G, SUPPORTING_WORK, LOW_VOLTAGE, OTHER; empty: anything.</summary>
    public required IReadOnlyList<string> Purposes { get; init; }

    /// <summary>All must hold; empty when the document gives no figures: then a person decides.</summary>
    public required IReadOnlyList<ExemptionCondition> Conditions { get; init; }

    /// <summary><c>EXEMPT</c>, <c>FILING_ONLY</c> or <c>MANUAL_REVIEW</c>.</summary>
    public required string Result { get; init; }

    /// <summary>Permit items it replaces.</summary>
    public required IReadOnlyList<string> Permits { get; init; }

    /// <summary>The applicant has to promise in writing to restore the surface before work begins.</summary>
    public bool Commitment { get; init; }

    /// <summary>Works may begin once the filing is complete.</summary>
    public bool Filing { get; init; }

    /// <summary>Working days after the end of the works by which the surface is as it was; null: none is set.</summary>
    public int? RestoreWorkingDays { get; init; }

    public string? Clause { get; init; }

    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>One condition on one fact of the line; exactly one of the tests is given.</summary>
/// <param name="Fact">lengthM, inUrbanDistrict, insideForbidden, municipalFacility, laneStillUsable, occupies, workPosition, workQuantity.</param>
internal sealed record ExemptionCondition(string Fact, Bilingual Text)
{
    public bool? Is { get; init; }

    /// <summary>Strictly less.</summary>
    public decimal? Below { get; init; }

    public decimal? AtMost { get; init; }

    /// <summary>Nothing but these.</summary>
    public IReadOnlyList<string>? OnlyOf { get; init; }

    /// <summary>True: the fact must be stated, whatever it says.</summary>
    public bool Given { get; init; }
}

/// <summary>A body that supervises, issues or receives (主管部门).</summary>
internal sealed record Authority
{
    public required string Id { get; init; }

    public required Bilingual Title { get; init; }

    /// <summary>Any of <c>supervisor</c>, <c>permits</c> (the window that distributes), <c>credit</c>, <c>ledger</c>.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>Name of the connector instance by which it is told; null: it reads the pages.</summary>
    public string? Connector { get; init; }

    public string? Clause { get; init; }

    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>A department that decides one permit item.</summary>
internal sealed record PermitRule
{
    /// <summary>PLANNING, EXCAVATION, TRAFFIC, GREEN, HIGHWAY or OTHER.</summary>
    public required string Item { get; init; }

    public required Bilingual Department { get; init; }

    /// <summary>Occupied kinds that need it (SIDEWALK, NON_MOTOR_LANE, MOTOR_LANE, GREEN, TREE, PARK, SQUARE, ROAD, OTHER); empty: always needed.</summary>
    public required IReadOnlyList<string> Occupies { get; init; }

    /// <summary>Name of the connector instance; null: the window's own.</summary>
    public string? Connector { get; init; }

    public string? Clause { get; init; }

    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>When somebody is warned of a limit, once for each.</summary>
/// <param name="Percent">Share of the limit that is used up, 1 to 100; 100 is overdue.</param>
/// <param name="To"><c>responsible</c> and <c>supervisor</c>.</param>
internal sealed record WarningRule(int Percent, IReadOnlyList<string> To)
{
    public string? Clause { get; init; }

    public string Source { get; init; } = RuleSources.HubDefault;

    public Bilingual? Note { get; init; }
}

/// <summary>A reporting duty (工作台账).</summary>
internal sealed record ReportRule
{
    public required string Id { get; init; }

    public required Bilingual Title { get; init; }

    /// <summary>WEEK, QUARTER, HALF_YEAR, MAY, NOVEMBER, YEAR; ON_EVENT for what is told promptly and has no period.</summary>
    public required string Period { get; init; }

    public required Bilingual Reporter { get; init; }

    /// <summary>Ids of <see cref="Authority"/>.</summary>
    public required IReadOnlyList<string> Receivers { get; init; }

    /// <summary>Of a week: the day before which it has to be in, 1 Monday to 7 Sunday (周四前: 4, that is Thursday 00:00).</summary>
    public int? BeforeWeekday { get; init; }

    /// <summary>Calendar days after the period's end by which it has to be in; null where the day is given otherwise or not at all.</summary>
    public int? DueDays { get; init; }

    /// <summary>A fixed first date, such as a plan due by 2021-05-31.</summary>
    public DateOnly? DueOn { get; init; }

    public string? Clause { get; init; }

    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>How truthfully times are kept (如实记录用电报装时间; S1 三.4, S2 二(二)1).</summary>
internal sealed record RecordingRule
{
    /// <summary>A report that comes later after the fact than this many hours is marked as back-dated, and its time does not stop a clock.</summary>
    public required int BackdatedHours { get; init; }

    /// <summary>A new application for the same supply point so many days after one that was cancelled may be a restart.</summary>
    public required int RestartDays { get; init; }

    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>What the document wants to be in place by a day; no clock of a case.</summary>
internal sealed record Milestone
{
    public required string Id { get; init; }

    public required Bilingual Title { get; init; }

    /// <summary>First day of a stage of the plan; null when only its end is given.</summary>
    public DateOnly? From { get; init; }

    /// <summary>Last day.</summary>
    public required DateOnly By { get; init; }

    public string? Clause { get; init; }

    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>What must not be asked of a customer, or done to one.</summary>
internal sealed record Prohibition
{
    public required string Id { get; init; }

    public required Bilingual Title { get; init; }

    public string? Clause { get; init; }

    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}
