using System.Text.Json.Serialization;
using Hub.Schemas;

namespace Hub.Connectors.UtilityCrm;

/// <summary>Content of ADD, UPD and CANCEL: the whole snapshot under the abbreviated pinyin names of this dialect.</summary>
internal sealed record SgccLead
{
    [JsonPropertyName("xmbs")] public required string Subject { get; init; }
    [JsonPropertyName("xh")] public required long Sequence { get; init; }
    [JsonPropertyName("bglx")] public required string? Change { get; init; }
    [JsonPropertyName("xmdm")] public string? ProjectCode { get; init; }
    [JsonPropertyName("xmmc")] public string? ProjectName { get; init; }
    [JsonPropertyName("jsdw")] public string? UnitName { get; init; }
    [JsonPropertyName("xydm")] public string? UnitUscc { get; init; }
    [JsonPropertyName("jsdz")] public string? ProjectAddress { get; init; }
    [JsonPropertyName("dzbm")] public string? AddressCode { get; init; }
    [JsonPropertyName("jsgm")] public string? ScaleContent { get; init; }
    [JsonPropertyName("lxr")] public string? ContactName { get; init; }
    [JsonPropertyName("lxdh")] public string? ContactPhone { get; init; }
    [JsonPropertyName("splx")] public string? ApprovalType { get; init; }
    [JsonPropertyName("spjd")] public string? ApprovalStage { get; init; }
    [JsonPropertyName("pfwh")] public string? ApprovalDocNo { get; init; }
    [JsonPropertyName("pfrq")] public string? ApprovalDate { get; init; }
    [JsonPropertyName("pzjg")] public string? ApprovalAuthority { get; init; }
    [JsonPropertyName("yxqz")] public string? ValidUntil { get; init; }

    /// <summary>万元.</summary>
    [JsonPropertyName("ztze")] public decimal? InvestmentWan { get; init; }
    [JsonPropertyName("hydm")] public string? IndustryCode { get; init; }
    [JsonPropertyName("nkgsj")] public string? PlannedStart { get; init; }
    [JsonPropertyName("njcsj")] public string? PlannedFinish { get; init; }

    /// <summary>Square metres.</summary>
    [JsonPropertyName("ydmj")] public decimal? LandArea { get; init; }

    /// <summary>Square metres.</summary>
    [JsonPropertyName("jzmj")] public decimal? BuildArea { get; init; }
    [JsonPropertyName("zb")] public string? ProjectLocation { get; init; }

    /// <summary>kW.</summary>
    [JsonPropertyName("fhrl")] public decimal? LoadKw { get; init; }
    [JsonPropertyName("ydxz")] public string? UsageType { get; init; }
    [JsonPropertyName("ydsj")] public string? RequiredDate { get; init; }
    [JsonPropertyName("lsyd")] public string? TemporaryFrom { get; init; }
    [JsonPropertyName("xzqh")] public string? RegionCode { get; init; }
    [JsonPropertyName("gddwbm")] public string? SupplyUnit { get; init; }
    [JsonPropertyName("gdqy")] public string? OperatorCode { get; init; }
    [JsonPropertyName("bbh")] public int? Version { get; init; }
    [JsonPropertyName("tdwh")] public string? SupersedesDocNo { get; init; }
    [JsonPropertyName("bgyy")] public string? ChangeReason { get; init; }
    [JsonPropertyName("bgzd")] public IReadOnlyList<string>? ChangedFields { get; init; }
    [JsonPropertyName("xsplx")] public string? NewPath { get; init; }
    [JsonPropertyName("dmxs")] public string? CodeScheme { get; init; }

    /// <summary>1 when load, usage or date is to be completed with the customer, else 0.</summary>
    [JsonPropertyName("xqqs")] public required string MissingDemand { get; init; }
    [JsonPropertyName("gxyj")] public string? LegalBasisRef { get; init; }
    [JsonPropertyName("sclxsx")] public DateOnly? FirstContactDue { get; init; }
    [JsonPropertyName("tsdm")] public IReadOnlyList<string>? Warnings { get; init; }

    /// <summary>Raw values of the fields that went out as "other".</summary>
    [JsonPropertyName("yz")] public IReadOnlyDictionary<string, string>? Unmapped { get; init; }

    public static SgccLead From(Command command, Lead lead, CodeTranslation codes)
    {
        var approval = lead.Approval;
        var translated = new SgccLead
        {
            Subject = command.Subject,
            Sequence = command.LaneSeq,
            Change = codes.Code("change", "bglx", lead.Change.ToString()),
            ProjectCode = approval.ProjectCode,
            ProjectName = approval.ProjectName,
            UnitName = approval.UnitName,
            UnitUscc = approval.UnitUscc,
            ProjectAddress = approval.ProjectAddress,
            AddressCode = approval.AddressCode,
            ScaleContent = approval.ScaleContent,
            ContactName = approval.ContactName,
            ContactPhone = approval.ContactPhone,
            ApprovalType = codes.Code("approvalType", "splx", approval.ApprovalType),
            ApprovalStage = codes.Code("approvalStage", "spjd", approval.ApprovalStage),
            ApprovalDocNo = approval.ApprovalDocNo,
            ApprovalDate = approval.ApprovalDate,
            ApprovalAuthority = approval.ApprovalAuthority,
            ValidUntil = approval.ValidUntil,
            InvestmentWan = approval.InvestmentWan,
            IndustryCode = approval.IndustryCode,
            PlannedStart = approval.PlannedStart,
            PlannedFinish = approval.PlannedFinish,
            LandArea = approval.LandArea,
            BuildArea = approval.BuildArea,
            ProjectLocation = approval.ProjectLocation,
            LoadKw = approval.LoadKw,
            UsageType = codes.Code("usageType", "ydxz", approval.UsageType),
            RequiredDate = approval.RequiredDate,
            TemporaryFrom = approval.TemporaryFrom,
            RegionCode = approval.RegionCode,
            SupplyUnit = codes.Code("supplyUnit", "gddwbm", approval.RegionCode),
            OperatorCode = lead.OperatorCode,
            Version = approval.Version,
            SupersedesDocNo = approval.SupersedesDocNo,
            ChangeReason = approval.ChangeReason,
            ChangedFields = approval.ChangedFields,
            NewPath = codes.Code("approvalType", "xsplx", approval.NewPath),
            CodeScheme = codes.Code("codeScheme", "dmxs", lead.CodeScheme),
            MissingDemand = lead.MissingDemand ? "1" : "0",
            LegalBasisRef = lead.LegalBasisRef,
            FirstContactDue = lead.FirstContactDue,
            Warnings = lead.Warnings.Count > 0 ? lead.Warnings : null,
        };
        return translated with { Unmapped = codes.Unmapped };
    }
}

/// <summary>Content of ZZ_JG (证照结果): a licence query that was not answered while the caller waited is answered now; its fields are fetched.</summary>
internal sealed record SgccLicence
{
    [JsonPropertyName("xmbs")] public required string Subject { get; init; }
    [JsonPropertyName("xh")] public required long Sequence { get; init; }
    [JsonPropertyName("zzjg")] public required LicenceAnswer Result { get; init; }

    public static SgccLicence From(Command command, LicenceAnswer answer) => new() { Subject = command.Subject, Sequence = command.LaneSeq, Result = answer };
}

/// <summary>Content of QUERY: has the gateway seen this serial?</summary>
internal sealed record SgccQuestion
{
    [JsonPropertyName("bizSerialNo")] public required string Serial { get; init; }
}

/// <summary>Every answer of the gateway. Its <c>msg</c> is not read: free text may hold personal data.</summary>
internal sealed record SgccReply
{
    public string? Code { get; init; }

    public SgccReplyData? Data { get; init; }
}

internal sealed record SgccReplyData
{
    public string? LeadNo { get; init; }

    [JsonPropertyName("bizSerialNo")] public string? Serial { get; init; }
}
