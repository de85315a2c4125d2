namespace Hub.Schemas;

/// <summary>Content of <c>account.*.v1</c> (用电过户单): one step of a co-transfer at one utility. The answer says only that it was taken; the result is reported as an event.</summary>
public sealed record AccountOrder
{
    /// <summary>Registration and version; the utility repeats it in its reports.</summary>
    public required string OrderId { get; init; }

    /// <summary>Registration, unit, account and version joined: the same order is never carried out twice.</summary>
    public required string IdempotencyKey { get; init; }

    /// <summary>PRECHECK, TRANSFER or REVERSE: of an inquiry, the step it asks about.</summary>
    public required string Step { get; init; }

    public required string RegistryNo { get; init; }
    public required string UnitNo { get; init; }
    public required string RegionCode { get; init; }
    public required string Utility { get; init; }
    public required string OperatorCode { get; init; }

    /// <summary>Null when the utility has to find it by property and name.</summary>
    public string? AccountNo { get; init; }

    /// <summary>The following are null in an inquiry, which needs none of them.</summary>
    public string? CertNo { get; init; }
    public string? PropertyAddress { get; init; }
    public string? TransferReason { get; init; }
    public string? RegisteredAt { get; init; }
    public IReadOnlyList<PropertyHolder>? OldHolders { get; init; }

    /// <summary>All of them, with their shares.</summary>
    public IReadOnlyList<PropertyHolder>? NewHolders { get; init; }

    /// <summary>Who becomes the account holder; null before that is settled.</summary>
    public PropertyHolder? AccountHolder { get; init; }
    public string? ConsentId { get; init; }
    public string? LegalBasisRef { get; init; }

    /// <summary>Arrears that an operator let pass. The debt stays with the holder before: nothing but this waiver moves the account.</summary>
    public ArrearsWaiver? ArrearsWaiver { get; init; }

    /// <summary>A person has seen the difference in name or address and lets the transfer go on.</summary>
    public string? ConfirmedBy { get; init; }
}

/// <param name="By">Name of the operator.</param>
/// <param name="Reason">Why.</param>
/// <param name="ArrearsYuan">As last reported; null when the utility gave no figure.</param>
public sealed record ArrearsWaiver(string By, string Reason, decimal? ArrearsYuan);
