namespace Hub.Policies;

/// <summary>What the place makes public (公开, S1 三.11, S2 二(二)9, 附表2-11, S3 三.11): data of the guide. A part the pack does not have is that of the pack it extends.</summary>
internal sealed record PublicRule
{
    public IReadOnlyList<Hotline>? Hotlines { get; init; }

    public IReadOnlyList<ReliabilityTarget>? Reliability { get; init; }

    public PriceNotice? PriceNotice { get; init; }

    /// <summary>What is charged, or is not; where the list can be read.</summary>
    public IReadOnlyList<PublicItem>? Charges { get; init; }

    /// <summary>What a utility has to publish of its own service, and where.</summary>
    public IReadOnlyList<PublicItem>? ServiceStandard { get; init; }

    /// <summary>Places whose grid takes less than is asked for, as the operator has told.</summary>
    public CapacityRule? Capacity { get; init; }

    /// <summary>Where works are never exempt from a permit (禁止区域, S0 任务二).</summary>
    public IReadOnlyList<PublicItem>? ForbiddenZones { get; init; }

    /// <summary>The target of a place: the row with the longest prefix, else the one for everywhere else; null when there is none.</summary>
    public ReliabilityTarget? ReliabilityOf(string region) => Reliability?
        .Where(target => target.Regions.Count == 0 || target.Regions.Any(prefix => region.StartsWith(prefix, StringComparison.Ordinal)))
        .MaxBy(target => target.Regions.Where(prefix => region.StartsWith(prefix, StringComparison.Ordinal)).Select(prefix => prefix.Length).DefaultIfEmpty(0).Max());

    /// <summary>This, with what it does not say taken from another.</summary>
    public PublicRule Over(PublicRule? below) => below is null ? this : new()
    {
        Hotlines = Hotlines ?? below.Hotlines,
        Reliability = Reliability ?? below.Reliability,
        PriceNotice = PriceNotice ?? below.PriceNotice,
        Charges = Charges ?? below.Charges,
        ServiceStandard = ServiceStandard ?? below.ServiceStandard,
        Capacity = Capacity ?? below.Capacity,
        ForbiddenZones = ForbiddenZones ?? below.ForbiddenZones,
    };
}

/// <summary>A telephone number people can turn to.</summary>
internal sealed record Hotline(string Number, Bilingual Title)
{
    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>Aim for the mean time without power (户均停电时间), hours a year and customer.</summary>
internal sealed record ReliabilityTarget
{
    /// <summary>Prefixes of the places it is for; empty: everywhere else in the pack.</summary>
    public required IReadOnlyList<string> Regions { get; init; }

    /// <summary>中心区.</summary>
    public required decimal Centre { get; init; }

    /// <summary>市区.</summary>
    public required decimal Urban { get; init; }

    /// <summary>城镇.</summary>
    public required decimal Town { get; init; }

    /// <summary>农村.</summary>
    public required decimal Rural { get; init; }

    /// <summary>Or so many percent less than the year before; null: no such choice.</summary>
    public decimal? OrLessPercent { get; init; }

    /// <summary>By when; null: the document does not say.</summary>
    public DateOnly? By { get; init; }

    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>How long before it is in force a change of end customers' prices is published (L46: S2 附表2-11, S3 三.11).</summary>
internal sealed record PriceNotice
{
    public required int Months { get; init; }

    /// <summary>Who publishes.</summary>
    public required Bilingual By { get; init; }

    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>One line of what is public.</summary>
internal sealed record PublicItem(Bilingual Title)
{
    /// <summary>Where it can be read, https; null: no address is known.</summary>
    public string? Link { get; init; }

    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <summary>The duty to publish what the grid can take (S1 三.11), and what was told of it.</summary>
internal sealed record CapacityRule
{
    public required IReadOnlyList<CapacityPlace> Places { get; init; }

    public string? Clause { get; init; }

    /// <summary>One of <see cref="RuleSources"/>.</summary>
    public required string Source { get; init; }

    public Bilingual? Note { get; init; }
}

/// <param name="Operator">Whose word it is.</param>
/// <param name="Regions">Prefixes of the place.</param>
/// <param name="Title">The place and what is limited there.</param>
/// <param name="AsOf">Day of the operator's list.</param>
internal sealed record CapacityPlace(string Operator, IReadOnlyList<string> Regions, Bilingual Title, DateOnly? AsOf);
