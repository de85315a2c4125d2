namespace Hub.Schemas;

/// <summary>What a department may say of a permit item.</summary>
public static class PermitStatuses
{
    public const string Received = "RECEIVED";

    /// <summary>The site was looked at (踏勘), with what was found.</summary>
    public const string Surveyed = "SURVEYED";

    /// <summary>The owner of the green consents (所有权人意见).</summary>
    public const string OwnerConsented = "OWNER_CONSENTED";

    /// <summary>Something is missing (补正): the time until it is there is the applicant's.</summary>
    public const string MaterialMissing = "MATERIAL_MISSING";
    public const string Resumed = "RESUMED";
    public const string Approved = "APPROVED";
    public const string Refused = "REFUSED";

    /// <summary>Sent back to be corrected: not the end of the item.</summary>
    public const string Returned = "RETURNED";

    /// <summary>On file (备案): no permit is needed.</summary>
    public const string Filed = "FILED";

    /// <summary>The department itself asks for no permit.</summary>
    public const string Exempt = "EXEMPT";

    public static IReadOnlyList<string> All { get; } = [Received, Surveyed, OwnerConsented, MaterialMissing, Resumed, Approved, Refused, Returned, Filed, Exempt];

    /// <summary>Those after which only another word about a later version counts.</summary>
    public static IReadOnlyList<string> Decisions { get; } = [Approved, Refused, Returned, Filed, Exempt];
}

/// <summary>Results of an exemption rule (免批).</summary>
public static class ExemptionResults
{
    public const string Exempt = "EXEMPT";
    public const string FilingOnly = "FILING_ONLY";
    public const string PermitNeeded = "PERMIT_NEEDED";

    /// <summary>A fact is missing, or the document gives no figures: a person decides.</summary>
    public const string ManualReview = "MANUAL_REVIEW";
}

/// <summary>What the works of a line are for, as exemption rules ask.</summary>
public static class WorkPurposes
{
    public static IReadOnlyList<string> All { get; } = ["LV_SMALL_MICRO", "SITE_5G", "SUPPORTING_WORK", "LOW_VOLTAGE", "OTHER"];
}

/// <summary>What else is said about a case, by event type.</summary>
public static class PermitStepResults
{
    public const string Clear = "CLEAR";
    public const string Conflict = "CONFLICT";
    public const string Agreed = "AGREED";
    public const string Conditions = "CONDITIONS";
    public const string Objected = "OBJECTED";
    public const string Restored = "RESTORED";
    public const string Broken = "BROKEN";

    /// <summary>What a step of this type may say; empty: nothing.</summary>
    public static IReadOnlyList<string> Of(string eventType) => eventType switch
    {
        EventTypes.PermitConsulted => [Clear, Conflict],
        EventTypes.PermitOpinion => [Agreed, Conditions, Objected],
        EventTypes.PermitRestored => [Restored, Broken],
        _ => [],
    };
}
