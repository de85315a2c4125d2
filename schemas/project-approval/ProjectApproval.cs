using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Hub.Schemas;

/// <summary>
/// A project approval (立项): data of <c>hub.project_approval.*.v1</c>. The fields of the letter 市能源办函〔2021〕51号 任务一(一), plus what
/// real approvals carry. An amendment is the whole new snapshot, never a difference.
/// </summary>
/// <remarks>
/// Required are only the fields without which the record cannot be identified, routed and ordered. What the letter also asks for but
/// real records often lack (unit, address, scale, contact, load, usage, date) may be absent: the event then carries a warning.
/// </remarks>
public sealed record ProjectApproval
{
    [Description("项目代码 · Project code, GB/T 40058-2021 or an older form; may be absent only when approvalDocNo is there.")]
    [StringLength(30, MinimumLength = 1)]
    public string? ProjectCode { get; init; }

    [Required, Description("项目名称 · Project name.")]
    [StringLength(300, MinimumLength = 1)]
    public string? ProjectName { get; init; }

    [Description("项目单位名称 · Name of the enterprise, agency or institution that carries the project.")]
    [StringLength(200, MinimumLength = 1)]
    public string? UnitName { get; init; }

    [Description("统一社会信用代码 · GB 32100-2015; a failing check digit warns.")]
    [StringLength(18, MinimumLength = 1)]
    public string? UnitUscc { get; init; }

    [Description("项目地址 · Address; prose is allowed.")]
    [StringLength(500, MinimumLength = 1)]
    public string? ProjectAddress { get; init; }

    [Description("结构化地址码 · Structured address code.")]
    [StringLength(64, MinimumLength = 1)]
    public string? AddressCode { get; init; }

    [Description("建设规模及内容 · Scale and content.")]
    [StringLength(4000, MinimumLength = 1)]
    public string? ScaleContent { get; init; }

    [Description("联系人 · Contact person.")]
    [StringLength(50, MinimumLength = 1)]
    public string? ContactName { get; init; }

    [Description("联系电话 · Contact phone.")]
    [StringLength(30, MinimumLength = 1)]
    public string? ContactPhone { get; init; }

    [Description("立项方式 · APPROVAL 审批, VERIFICATION 核准, FILING 备案.")]
    [AllowedValues("APPROVAL", "VERIFICATION", "FILING")]
    public string? ApprovalType { get; init; }

    [Description("审批阶段 · Stage; PROJECT_APPROVAL 立项 when absent. A created event is sent only after 立项 is complete.")]
    [AllowedValues("PROJECT_APPROVAL", "PLANNING", "CONSTRUCTION", "COMPLETION", "ENVIRONMENT")]
    public string? ApprovalStage { get; init; }

    [Description("批复文号 · Document number; brackets are normalised to 〔〕.")]
    [StringLength(80, MinimumLength = 1)]
    public string? ApprovalDocNo { get; init; }

    [Description("立项日期 · YYYY-MM-DD; YYYY-MM or YYYY where the record says no more (warned).")]
    [RegularExpression(@"^\d{4}(-\d{2}(-\d{2})?)?$")]
    public string? ApprovalDate { get; init; }

    [Description("批准机关 · Approving authority.")]
    [StringLength(100, MinimumLength = 1)]
    public string? ApprovalAuthority { get; init; }

    [Required, Description("行政区划 · GB/T 2260, six digits, as of the record's date; codes of functional zones are accepted.")]
    [RegularExpression(@"^\d{6}$")]
    public string? RegionCode { get; init; }

    [Description("供电企业 · Operator, when the sender knows it; otherwise the hub routes by supply area.")]
    [StringLength(64, MinimumLength = 1)]
    public string? OperatorCode { get; init; }

    [Description("共享依据 · Agreement or authorisation number; absent: the one registered with the sender's key.")]
    [StringLength(64, MinimumLength = 1)]
    public string? LegalBasisRef { get; init; }

    [Description("有效期至 · YYYY-MM-DD.")]
    [RegularExpression(@"^\d{4}-\d{2}-\d{2}$")]
    public string? ValidUntil { get; init; }

    [Description("总投资 · Total investment in 万元 (10 000 yuan).")]
    [Range(0, 999_999_999_999)]
    public decimal? InvestmentWan { get; init; }

    [Description("国标行业 · GB/T 4754.")]
    [StringLength(6, MinimumLength = 1)]
    public string? IndustryCode { get; init; }

    [Description("拟开工 · YYYY-MM-DD or YYYY-MM.")]
    [RegularExpression(@"^\d{4}-\d{2}(-\d{2})?$")]
    public string? PlannedStart { get; init; }

    [Description("拟建成 · YYYY-MM-DD or YYYY-MM.")]
    [RegularExpression(@"^\d{4}-\d{2}(-\d{2})?$")]
    public string? PlannedFinish { get; init; }

    [Description("用地面积 · Land area, square metres.")]
    [Range(0, 999_999_999_999)]
    public decimal? LandArea { get; init; }

    [Description("建筑面积 · Floor area, square metres.")]
    [Range(0, 999_999_999_999)]
    public decimal? BuildArea { get; init; }

    [Description("坐标 · Point or polygon as text, WGS 84 or CGCS2000.")]
    [StringLength(2000, MinimumLength = 1)]
    public string? ProjectLocation { get; init; }

    [Description("用电负荷 · Load in kW (the letter gives no unit; kW is ours). Absent: warned as missing demand.")]
    [Range(0, 9_999_999_999)]
    public decimal? LoadKw { get; init; }

    [Description("用电性质 · Usage: 100 large industry, 200 residents, 300 agriculture, 400 general industry and commerce, 500 wholesale, 900 other.")]
    [RegularExpression(@"^[123459]\d{2}$")]
    public string? UsageType { get; init; }

    [Description("用电时间 · Desired supply date, YYYY-MM-DD.")]
    [RegularExpression(@"^\d{4}-\d{2}-\d{2}$")]
    public string? RequiredDate { get; init; }

    [Description("临时用电自 · Construction power wanted from, YYYY-MM-DD.")]
    [RegularExpression(@"^\d{4}-\d{2}-\d{2}$")]
    public string? TemporaryFrom { get; init; }

    [Required, Description("版次 · Version of the record per project, from 1, plus one per event.")]
    [Range(1, 1_000_000)]
    public int? Version { get; init; }

    [Description("替代文号 · Document number this one replaces.")]
    [StringLength(80, MinimumLength = 1)]
    public string? SupersedesDocNo { get; init; }

    [Description("变更原因 · Reason of the change.")]
    [StringLength(500, MinimumLength = 1)]
    public string? ChangeReason { get; init; }

    [Description("变更字段 · Names of the changed fields (amended).")]
    [MaxLength(60)]
    public IReadOnlyList<string>? ChangedFields { get; init; }

    [Description("变更后方式 · Revoked with a change of path: what the project goes on as.")]
    [AllowedValues("APPROVAL", "VERIFICATION", "FILING")]
    public string? NewPath { get; init; }
}
