using System.Text.Json.Serialization;
using Hub.Schemas;

namespace Hub.Connectors.UtilityCrm;

/// <summary>Body of PUT …/licence-result: a licence query that was not answered while the caller waited is answered now; its fields are fetched.</summary>
internal sealed record LocalLicence
{
    [JsonPropertyName("case_ref")] public required string CaseRef { get; init; }
    [JsonPropertyName("sequence")] public required long Sequence { get; init; }
    [JsonPropertyName("licence")] public required LicenceAnswer Licence { get; init; }

    public static LocalLicence From(Command command, LicenceAnswer answer) => new() { CaseRef = command.Subject, Sequence = command.LaneSeq, Licence = answer };
}

/// <summary>Body of PUT and PATCH: the whole snapshot.</summary>
internal sealed record LocalLead
{
    [JsonPropertyName("case_ref")] public required string CaseRef { get; init; }
    [JsonPropertyName("sequence")] public required long Sequence { get; init; }
    [JsonPropertyName("change")] public required string? Change { get; init; }
    [JsonPropertyName("project")] public required LocalProject Project { get; init; }
    [JsonPropertyName("developer")] public required LocalDeveloper Developer { get; init; }
    [JsonPropertyName("approval")] public required LocalApproval Approval { get; init; }
    [JsonPropertyName("demand")] public required LocalDemand Demand { get; init; }
    [JsonPropertyName("service")] public required LocalService Service { get; init; }

    /// <summary>Raw values of what could not be put into this dialect's codes or dates, by field.</summary>
    [JsonPropertyName("source_values")] public IReadOnlyDictionary<string, string>? SourceValues { get; init; }

    public static LocalLead From(Command command, Lead lead, CodeTranslation codes, decimal powerFactor)
    {
        var approval = lead.Approval;
        var dates = new LocalDates();
        var translated = new LocalLead
        {
            CaseRef = command.Subject,
            Sequence = command.LaneSeq,
            Change = codes.Code("change", "change", lead.Change.ToString()),
            Project = new()
            {
                Code = approval.ProjectCode,
                CodeForm = codes.Code("codeScheme", "project.code_form", lead.CodeScheme),
                Name = approval.ProjectName,
                Description = approval.ScaleContent,
                InvestmentYuan = approval.InvestmentWan * 10_000,
                Industry = approval.IndustryCode,
                PlannedStart = dates.Compact("project.planned_start", approval.PlannedStart),
                PlannedFinish = dates.Compact("project.planned_finish", approval.PlannedFinish),
                LandAreaM2 = approval.LandArea,
                FloorAreaM2 = approval.BuildArea,
                Site = new()
                {
                    Address = approval.ProjectAddress,
                    AddressCode = approval.AddressCode,
                    Region = approval.RegionCode,
                    Geometry = approval.ProjectLocation,
                },
            },
            Developer = new()
            {
                Name = approval.UnitName,
                CreditCode = approval.UnitUscc,
                Contact = approval.ContactName is null && approval.ContactPhone is null
                    ? null
                    : new() { Name = approval.ContactName, Phone = approval.ContactPhone },
            },
            Approval = new()
            {
                Kind = codes.Code("approvalType", "approval.kind", approval.ApprovalType),
                Stage = codes.Code("approvalStage", "approval.stage", approval.ApprovalStage),
                DocumentNo = approval.ApprovalDocNo,
                ReplacesDocumentNo = approval.SupersedesDocNo,
                Date = dates.Compact("approval.date", approval.ApprovalDate),
                ValidUntil = dates.Compact("approval.valid_until", approval.ValidUntil),
                Authority = approval.ApprovalAuthority,
                Version = approval.Version,
                ChangeReason = approval.ChangeReason,
                ChangedFields = approval.ChangedFields,
                ContinuesAs = codes.Code("approvalType", "approval.continues_as", approval.NewPath),
            },
            Demand = new()
            {
                CapacityKva = LocalDemand.CapacityOf(approval.LoadKw, powerFactor),
                LoadKw = approval.LoadKw,
                PowerFactor = approval.LoadKw is null ? null : powerFactor,
                Usage = codes.Code("usageType", "demand.usage", approval.UsageType),
                WantedBy = dates.Compact("demand.wanted_by", approval.RequiredDate),
                ConstructionFrom = dates.Compact("demand.construction_from", approval.TemporaryFrom),
                Incomplete = lead.MissingDemand,
            },
            Service = new()
            {
                Operator = lead.OperatorCode,
                LegalBasis = lead.LegalBasisRef,
                FirstContactDue = lead.FirstContactDue?.ToString("yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture),
                Notes = lead.Warnings.Count > 0 ? lead.Warnings : null,
            },
        };
        return translated with { SourceValues = Joined(codes.Unmapped, dates.Partial) };
    }

    private static Dictionary<string, string>? Joined(IReadOnlyDictionary<string, string>? codes, IReadOnlyDictionary<string, string> dates) =>
        codes is null && dates.Count == 0 ? null : new((codes ?? new Dictionary<string, string>()).Concat(dates));
}

internal sealed record LocalProject
{
    [JsonPropertyName("code")] public string? Code { get; init; }
    [JsonPropertyName("code_form")] public string? CodeForm { get; init; }
    [JsonPropertyName("name")] public string? Name { get; init; }
    [JsonPropertyName("description")] public string? Description { get; init; }
    [JsonPropertyName("investment_yuan")] public decimal? InvestmentYuan { get; init; }
    [JsonPropertyName("industry")] public string? Industry { get; init; }
    [JsonPropertyName("planned_start")] public string? PlannedStart { get; init; }
    [JsonPropertyName("planned_finish")] public string? PlannedFinish { get; init; }
    [JsonPropertyName("land_area_m2")] public decimal? LandAreaM2 { get; init; }
    [JsonPropertyName("floor_area_m2")] public decimal? FloorAreaM2 { get; init; }
    [JsonPropertyName("site")] public required LocalSite Site { get; init; }
}

internal sealed record LocalSite
{
    [JsonPropertyName("address")] public string? Address { get; init; }
    [JsonPropertyName("address_code")] public string? AddressCode { get; init; }
    [JsonPropertyName("region")] public string? Region { get; init; }
    [JsonPropertyName("geometry")] public string? Geometry { get; init; }
}

internal sealed record LocalDeveloper
{
    [JsonPropertyName("name")] public string? Name { get; init; }
    [JsonPropertyName("credit_code")] public string? CreditCode { get; init; }
    [JsonPropertyName("contact")] public LocalContact? Contact { get; init; }
}

internal sealed record LocalContact
{
    [JsonPropertyName("name")] public string? Name { get; init; }
    [JsonPropertyName("phone")] public string? Phone { get; init; }
}

internal sealed record LocalApproval
{
    [JsonPropertyName("kind")] public string? Kind { get; init; }
    [JsonPropertyName("stage")] public string? Stage { get; init; }
    [JsonPropertyName("document_no")] public string? DocumentNo { get; init; }
    [JsonPropertyName("replaces_document_no")] public string? ReplacesDocumentNo { get; init; }
    [JsonPropertyName("date")] public string? Date { get; init; }
    [JsonPropertyName("valid_until")] public string? ValidUntil { get; init; }
    [JsonPropertyName("authority")] public string? Authority { get; init; }
    [JsonPropertyName("version")] public int? Version { get; init; }
    [JsonPropertyName("change_reason")] public string? ChangeReason { get; init; }
    [JsonPropertyName("changed_fields")] public IReadOnlyList<string>? ChangedFields { get; init; }
    [JsonPropertyName("continues_as")] public string? ContinuesAs { get; init; }
}

internal sealed record LocalDemand
{
    /// <summary>kVA, computed: what this CRM plans with.</summary>
    [JsonPropertyName("capacity_kva")] public decimal? CapacityKva { get; init; }

    /// <summary>kW, as approved.</summary>
    [JsonPropertyName("load_kw")] public decimal? LoadKw { get; init; }

    /// <summary>The factor used, so that the computed figure can be undone.</summary>
    [JsonPropertyName("power_factor")] public decimal? PowerFactor { get; init; }
    [JsonPropertyName("usage")] public string? Usage { get; init; }
    [JsonPropertyName("wanted_by")] public string? WantedBy { get; init; }
    [JsonPropertyName("construction_from")] public string? ConstructionFrom { get; init; }
    [JsonPropertyName("incomplete")] public bool Incomplete { get; init; }

    /// <summary>Apparent power: kW over the power factor, up to the next hundredth of a kVA so that it is never too small.</summary>
    public static decimal? CapacityOf(decimal? loadKw, decimal powerFactor) =>
        loadKw is { } load ? Math.Ceiling(load / powerFactor * 100) / 100 : null;
}

internal sealed record LocalService
{
    [JsonPropertyName("operator")] public string? Operator { get; init; }
    [JsonPropertyName("legal_basis")] public string? LegalBasis { get; init; }
    [JsonPropertyName("first_contact_due")] public string? FirstContactDue { get; init; }
    [JsonPropertyName("notes")] public IReadOnlyList<string>? Notes { get; init; }
}

/// <summary>Body of a withdrawal.</summary>
internal sealed record LocalWithdrawal
{
    [JsonPropertyName("case_ref")] public required string CaseRef { get; init; }
    [JsonPropertyName("sequence")] public required long Sequence { get; init; }
    [JsonPropertyName("version")] public int? Version { get; init; }
    [JsonPropertyName("reason")] public string? Reason { get; init; }
    [JsonPropertyName("document_no")] public string? DocumentNo { get; init; }
    [JsonPropertyName("continues_as")] public string? ContinuesAs { get; init; }
    [JsonPropertyName("source_values")] public IReadOnlyDictionary<string, string>? SourceValues { get; init; }

    public static LocalWithdrawal From(Command command, Lead lead, CodeTranslation codes)
    {
        var withdrawal = new LocalWithdrawal
        {
            CaseRef = command.Subject,
            Sequence = command.LaneSeq,
            Version = lead.Approval.Version,
            Reason = lead.Approval.ChangeReason,
            DocumentNo = lead.Approval.ApprovalDocNo,
            ContinuesAs = codes.Code("approvalType", "continues_as", lead.Approval.NewPath),
        };
        return withdrawal with { SourceValues = codes.Unmapped };
    }
}

/// <summary>Every JSON answer. Its messages are not read: free text may hold personal data.</summary>
internal sealed record LocalReply
{
    [JsonPropertyName("lead_no")] public string? LeadNo { get; init; }
    [JsonPropertyName("work_no")] public string? WorkNo { get; init; }
    [JsonPropertyName("request_id")] public string? RequestId { get; init; }
    [JsonPropertyName("error")] public LocalError? Error { get; init; }
}

internal sealed record LocalError
{
    [JsonPropertyName("code")] public string? Code { get; init; }
}

/// <summary>This CRM knows whole days only, as <c>yyyyMMdd</c>. A month or a year alone is not made up into a day but kept raw.</summary>
internal sealed class LocalDates
{
    private readonly Dictionary<string, string> partial = [];

    public IReadOnlyDictionary<string, string> Partial => partial;

    public string? Compact(string field, string? date)
    {
        if (date is null or { Length: 10 })
        {
            return date?.Replace("-", "", StringComparison.Ordinal);
        }

        partial[field] = date;
        return null;
    }
}
