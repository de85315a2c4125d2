namespace Hub.Schemas;

/// <summary>What changed about a lead; decides which call of the partner is used.</summary>
public enum LeadChange
{
    Created,
    Amended,
    Extended,
    Revoked,
}

/// <summary>Content of <c>lead.create|update|withdraw.v1</c>: an approved project as the utility needs it to prepare the supply (办电准备).</summary>
public sealed record Lead
{
    public required LeadChange Change { get; init; }

    /// <summary>The approval as it now stands: the whole snapshot, identifiers normalised.</summary>
    public required ProjectApproval Approval { get; init; }

    /// <summary>Form of the project code: GBT40058, OLD_YEAR, LOCAL or NONE.</summary>
    public required string CodeScheme { get; init; }

    /// <summary>True when load, usage or date is absent: the customer manager completes it with the customer.</summary>
    public required bool MissingDemand { get; init; }

    /// <summary>The operator (供电企业) of the supply area.</summary>
    public required string OperatorCode { get; init; }

    /// <summary>Sharing basis (共享依据) under which the record is passed on.</summary>
    public string? LegalBasisRef { get; init; }

    /// <summary>First contact is due by the end of this day (date in the city's zone), when the pack has such a rule.</summary>
    public DateOnly? FirstContactDue { get; init; }

    /// <summary>Codes of the warnings the record carries.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
