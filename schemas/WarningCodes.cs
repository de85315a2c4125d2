namespace Hub.Schemas;

/// <summary>Codes of warnings: an odd government record is kept and delivered, with these beside it.</summary>
public static class WarningCodes
{
    public const string CheckDigit = "check_digit";
    public const string CodeForm = "code_form";
    public const string MissingByRule = "missing_by_rule";
    public const string MissingDemand = "missing_demand";
    public const string PartialDate = "partial_date";
    public const string RegionUnknown = "region_unknown";
    public const string RegionDiffers = "region_differs";
    public const string SubjectDiffers = "subject_differs";
    public const string Normalised = "normalised";
    public const string Masked = "masked";
    public const string Superseded = "superseded";
    public const string NoEarlierRecord = "no_earlier_record";
    public const string TimeOdd = "time_odd";

    /// <summary>Recorded and kept: another transfer of the same property is not finished yet, this one begins after it.</summary>
    public const string Queued = "queued_behind_another";

    /// <summary>A planned outage was announced later than the rule asks for (供电监管办法 第十三条).</summary>
    public const string LeadTooShort = "lead_too_short";

    /// <summary>By its own word announced in time, but Hub received it too late.</summary>
    public const string LeadNotReceived = "lead_not_received";

    /// <summary>Nobody is named whom a notice concerns.</summary>
    public const string NobodyToTell = "nobody_to_tell";

    /// <summary>A batch of results that was counted before.</summary>
    public const string CountedBefore = "counted_before";
}
