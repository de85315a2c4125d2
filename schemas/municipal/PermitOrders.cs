namespace Hub.Schemas;

/// <summary>Content of <c>permit.distribute.v1</c> and <c>permit.withdraw.v1</c>: one item, to the department that decides it (S4 五(二)1). Sent again, with the next version, only when it concerns it.</summary>
public sealed record PermitOrder
{
    public required string CaseNo { get; init; }
    public required string OperatorCode { get; init; }
    public required string RegionCode { get; init; }

    /// <summary>PLANNING, EXCAVATION, TRAFFIC, GREEN, HIGHWAY, OTHER or FILING.</summary>
    public required string Item { get; init; }
    public required string DepartmentZh { get; init; }
    public required string DepartmentEn { get; init; }

    /// <summary>Of the application.</summary>
    public required int Version { get; init; }

    /// <summary>Why it is withdrawn; null when it is distributed.</summary>
    public string? Reason { get; init; }

    /// <summary>The whole snapshot; null when it is withdrawn.</summary>
    public PermitApplication? Application { get; init; }
}

/// <summary>Content of <c>permit.result.v1</c>: what one item, or one exemption rule, came to; to the utility as soon as it is known (S1 二, 附表2-5: 自动反馈).</summary>
public sealed record PermitResult
{
    public required string CaseNo { get; init; }
    public string? ApplicationNo { get; init; }
    public required int Version { get; init; }

    /// <summary>Null when it is about an exemption rule.</summary>
    public PermitItemResult? Item { get; init; }

    /// <summary>Null when it is about an item.</summary>
    public ExemptionDecision? Exemption { get; init; }

    /// <summary>Words of the letter the applicant has to sign (告知承诺); null when none is needed.</summary>
    public string? CommitmentZh { get; init; }
    public string? CommitmentEn { get; init; }
}

/// <summary>One item as it stands.</summary>
public sealed record PermitItemResult
{
    public required string Item { get; init; }
    public required string DepartmentZh { get; init; }
    public required string DepartmentEn { get; init; }

    /// <summary>APPROVED, REFUSED, RETURNED, MATERIAL_MISSING, FILED or EXEMPT.</summary>
    public required string Result { get; init; }
    public string? PermitNo { get; init; }
    public string? Reason { get; init; }

    /// <summary>By the department's own word.</summary>
    public string? At { get; init; }
    public decimal? FeeYuan { get; init; }

    /// <summary>Last day for the fee, where a rule gives one.</summary>
    public DateOnly? FeeDue { get; init; }

    /// <summary>Id of the exemption rule that replaced it.</summary>
    public string? Rule { get; init; }
}

/// <summary>Content of <c>permit.delivered.v1</c>: all results together (统一送达; S1 二), once the last is known and again when one of them changes.</summary>
public sealed record PermitDelivery
{
    public required string CaseNo { get; init; }
    public string? ApplicationNo { get; init; }
    public required int Version { get; init; }

    /// <summary>No item was refused, and what an exemption asks for is there.</summary>
    public required bool WorksMayBegin { get; init; }
    public required IReadOnlyList<PermitItemResult> Items { get; init; }
    public required IReadOnlyList<ExemptionDecision> Exemptions { get; init; }
}

/// <summary>What an exemption rule says of a line, and by which facts (免批).</summary>
public sealed record ExemptionDecision
{
    public required string Rule { get; init; }

    /// <summary>Pack and version, such as <c>jinzhong@2021.1</c>.</summary>
    public required string Pack { get; init; }

    /// <summary>One of <see cref="ExemptionResults"/>.</summary>
    public required string Result { get; init; }
    public string? Clause { get; init; }

    /// <summary>The facts it was decided by, as text; one that was not given is not among them.</summary>
    public required IReadOnlyDictionary<string, string> Inputs { get; init; }

    /// <summary>Conditions that do not hold.</summary>
    public required IReadOnlyList<ExemptionGround> Failed { get; init; }

    /// <summary>Conditions whose fact is not known.</summary>
    public required IReadOnlyList<ExemptionGround> Missing { get; init; }

    /// <summary>The person who decided; null: the rule itself did.</summary>
    public string? By { get; init; }
    public string? Reason { get; init; }
}

/// <summary>One condition, in words.</summary>
public sealed record ExemptionGround(string Fact, string Zh, string En);

/// <summary>Content of <c>credit.report.v1</c>: a promise was broken (失信; S4 六(四)).</summary>
public sealed record CreditReport
{
    public required string CaseNo { get; init; }
    public required string OperatorCode { get; init; }
    public required string RegionCode { get; init; }

    /// <summary>Who promised: who signed the letter, else the applicant; null when the case names neither, and the utility stands for it.</summary>
    public string? Subject { get; init; }
    public string? CommitmentRef { get; init; }
    public string? CommittedAt { get; init; }

    /// <summary>Exemption rules that were used.</summary>
    public required IReadOnlyList<string> Rules { get; init; }
    public string? Clause { get; init; }
    public required string FoundAt { get; init; }
    public required string FoundBy { get; init; }
    public required string EvidenceRef { get; init; }
    public string? Note { get; init; }
}
