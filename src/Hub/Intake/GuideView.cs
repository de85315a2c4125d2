using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hub.Intake;

/// <summary>The guide of one place in one language. A list that is empty, or a member that is absent, means that the documents at hand say nothing.</summary>
internal sealed record GuideView
{
    public required string Region { get; init; }
    public required GuidePolicy Policy { get; init; }

    /// <summary>What the clauses cite: the pack's own document first.</summary>
    public required IReadOnlyList<GuideDocument> Documents { get; init; }
    public required IReadOnlyList<GuideOperator> Operators { get; init; }
    public required IReadOnlyList<GuideProcedure> Procedure { get; init; }
    public required IReadOnlyList<GuideLimit> Limits { get; init; }
    public required IReadOnlyList<GuideMaterial> Materials { get; init; }
    public required IReadOnlyList<GuideThreshold> Thresholds { get; init; }
    public required IReadOnlyList<GuideExemption> Exemptions { get; init; }
    public required IReadOnlyList<GuideItem> ForbiddenZones { get; init; }
    public required IReadOnlyList<GuideItem> Charges { get; init; }
    public required IReadOnlyList<GuideItem> ServiceStandard { get; init; }
    public GuidePriceNotice? PriceNotice { get; init; }
    public GuideReliability? Reliability { get; init; }
    public GuideCapacity? Capacity { get; init; }
    public required IReadOnlyList<GuideHotline> Hotlines { get; init; }
    public required IReadOnlyList<GuideChannel> OutageChannels { get; init; }
    public required IReadOnlyList<GuideLead> OutageLead { get; init; }
}

/// <param name="Source">document, regulation, or hub default: a starting value of ours.</param>
internal sealed record GuideBasis(string Source, string? Clause, string? Note);

/// <param name="Digest">SHA-256 over all packs and calendars that are loaded.</param>
internal sealed record GuidePolicy(string Id, string Version, string Title, DateOnly? ValidFrom, DateOnly? ValidTo, string Digest);

internal sealed record GuideDocument(string Short, string Title, string? Number, DateOnly? Date);

internal sealed record GuideOperator(string Id, string Title, string Utility);

/// <summary>To whom a line applies; absent: to all.</summary>
internal sealed record GuideApplies(IReadOnlyList<string> Classes, IReadOnlyList<string> Tags, IReadOnlyList<string> Without, bool? ExternalLine, bool? Excavation, DateOnly? From, DateOnly? To);

internal sealed record GuideProcedure(GuideApplies? Applies, int? Count, IReadOnlyList<string> Steps, IReadOnlyList<string> Abolished, GuideBasis Basis);

internal sealed record GuideLimit(
    string Id, string Title, string Span, string? Stage, string? Part, GuideApplies? Applies, int Limit, string Unit, string Measure, IReadOnlyList<string> Excludes, string Responsible, string? Department, GuideBasis Basis);

internal sealed record GuideMaterial(string Class, string Stage, string Material, string Title, IReadOnlyList<string> SatisfiedBy, GuideBasis Basis);

internal sealed record GuideThreshold(string Grants, decimal? Amount, string? Unit, bool Inclusive, IReadOnlyList<string> Areas, GuideApplies? Applies, GuideBasis Basis);

internal sealed record GuideExemption(string Id, string Title, string Result, IReadOnlyList<string> Conditions, IReadOnlyList<string> Permits, bool Commitment, bool Filing, GuideBasis Basis);

internal sealed record GuideItem(string Title, string? Link, GuideBasis Basis);

internal sealed record GuidePriceNotice(int Months, string By, GuideBasis Basis);

/// <summary>Hours a year and customer.</summary>
internal sealed record GuideReliability(decimal Centre, decimal Urban, decimal Town, decimal Rural, decimal? OrLessPercent, DateOnly? By, GuideBasis Basis);

internal sealed record GuideCapacity(IReadOnlyList<GuidePlace> Places, GuideBasis Basis);

internal sealed record GuidePlace(string Operator, string Title, DateOnly? AsOf);

internal sealed record GuideHotline(string Number, string Title, GuideBasis Basis);

internal sealed record GuideChannel(string Channel, GuideBasis Basis);

internal sealed record GuideLead(string Repair, string To, int Limit, string Unit, GuideBasis Basis);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GuideView))]
internal sealed partial class GuideJson : JsonSerializerContext
{
    private static GuideJson? readable;

    public static GuideJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
