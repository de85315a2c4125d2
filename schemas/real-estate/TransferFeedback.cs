namespace Hub.Schemas;

/// <summary>Content of <c>register.feedback.v1</c>: what became of a co-transfer, back to the register that began it (反馈登记机构).</summary>
public sealed record TransferFeedback
{
    public required string RegistryNo { get; init; }
    public required string UnitNo { get; init; }
    public required int Version { get; init; }

    /// <summary>WAITING_SETTLEMENT, DONE, PARTLY_DONE, NOT_DONE, NO_CONSENT or REVERSED.</summary>
    public required string Result { get; init; }
    public required IReadOnlyList<TransferFeedbackParty> Parties { get; init; }
}

/// <param name="Utility">power, water, gas, heat.</param>
/// <param name="Operator">The utility's id.</param>
/// <param name="State">State of the order there.</param>
/// <param name="Outcome">One of <see cref="TransferOutcomes"/>; null while there is none.</param>
public sealed record TransferFeedbackParty(string Utility, string Operator, string State, string? Outcome);
