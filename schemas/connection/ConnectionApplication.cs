using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Hub.Schemas;

/// <summary>
/// An application for a connection (报装): data of <c>hub.connection.applied.v1</c> and <c>hub.connection.amended.v1</c>, a whole snapshot each time. The government platform,
/// the utility's own channels and the counter send the same record: none of them is favoured (S1 三.5; S2 二(二)2).
/// </summary>
public sealed record ConnectionApplication
{
    [Required, Description("申请编号 · Number of the application; with the operator it names the case.")]
    [StringLength(40, MinimumLength = 1), RegularExpression("^[A-Za-z0-9._-]+$")]
    public string? ApplicationNo { get; init; }

    [Required, Description("版次 · Rises by one with each amendment, from 1.")]
    [Range(1, 1_000_000)]
    public int? Version { get; init; }

    [Required, Description("行政区划 · GB/T 2260, six digits: its policy pack holds the limits.")]
    [RegularExpression(@"^\d{6}$")]
    public string? RegionCode { get; init; }

    [Description("供电企业 · Id of the operator. A utility's own key names it already; a government platform may leave it out: then the place decides.")]
    [StringLength(64, MinimumLength = 1)]
    public string? OperatorCode { get; init; }

    [Required, Description("业务类型 · NEW 新装, INCREASE 增容, TEMPORARY 临时用电, OTHER.")]
    [AllowedValues("NEW", "INCREASE", "TEMPORARY", "OTHER")]
    public string? BusinessType { get; init; }

    [Required, Description("渠道 · ONLINE_GOV 政务平台, ONLINE_UTILITY 供电企业线上, COUNTER 营业厅, VISIT 上门, HOTLINE 热线.")]
    [AllowedValues("ONLINE_GOV", "ONLINE_UTILITY", "COUNTER", "VISIT", "HOTLINE")]
    public string? Channel { get; init; }

    [Required, Description("申请时间 · When the customer applied, RFC 3339 with offset: the clocks begin here.")]
    public string? AppliedAt { get; init; }

    [Description("客户名称 · Name of the applicant; taken over from the project where one is matched.")]
    [StringLength(200, MinimumLength = 1)]
    public string? ApplicantName { get; init; }

    [Description("统一社会信用代码 · Of the applicant, when it is an organisation.")]
    [StringLength(18, MinimumLength = 1)]
    public string? UnitUscc { get; init; }

    [Description("项目代码 · Code of the approved project (立项): the application is matched by it.")]
    [StringLength(30, MinimumLength = 1)]
    public string? ProjectCode { get; init; }

    [Description("用电地址 · Address to be supplied; taken over from the project where one is matched.")]
    [StringLength(500, MinimumLength = 1)]
    public string? Address { get; init; }

    [Description("受电点 · Reference of the supply point: two applications for one point are told apart from a restart by it.")]
    [StringLength(64, MinimumLength = 1)]
    public string? SupplyPoint { get; init; }

    [Description("报装容量 · Capacity applied for, in capacityUnit.")]
    [Range(0, 10_000_000)]
    public decimal? Capacity { get; init; }

    [Description("容量单位 · kW or kVA; never converted.")]
    [AllowedValues("kW", "kVA")]
    public string? CapacityUnit { get; init; }

    [Description("电压等级 · Code: AC02202 220 V, AC03802 380 V, AC00061 6 kV, AC00101 10 kV, AC00201 20 kV, AC00351 35 kV, AC01101 110 kV, AC02201 220 kV.")]
    [RegularExpression(@"^AC\d{5}$")]
    public string? VoltageLevel { get; init; }

    [Description("电源数 · Number of supplies: 1 单电源, 2 双电源.")]
    [Range(1, 9)]
    public int? Supplies { get; init; }

    [Description("城乡 · 01 city, 02 town, 03 country.")]
    [AllowedValues("01", "02", "03")]
    public string? AreaType { get; init; }

    [Description("用电性质 · Usage: 100 large industry, 200 residents, 300 agriculture, 400 general industry and commerce, 500 wholesale, 900 other.")]
    [RegularExpression(@"^[123459]\d{2}$")]
    public string? UsageType { get; init; }

    [Description("附加属性 · SMALL_MICRO 小微企业, IMPORTANT 重要用户, EV_CHARGER 充换电设施, SITE_5G 5G基站. What follows from capacity and voltage is worked out and not taken from here.")]
    [MaxLength(4)]
    public IReadOnlyList<string>? Tags { get; init; }

    [Description("客户类别 · The sender's own view, for comparison: LV_RESIDENT, LV_NONRES, HV_SINGLE, HV_DUAL. The class is worked out from the facts.")]
    [AllowedValues(ConnectionClasses.LvResident, ConnectionClasses.LvNonResident, ConnectionClasses.HvSingle, ConnectionClasses.HvDual)]
    public string? CustomerClass { get; init; }

    [Description("有外线 · Works outside the customer's premises are needed. Leave it out while it is not known.")]
    public bool? HasExternalLine { get; init; }

    [Description("需掘路 · Roads or green have to be opened. Leave it out while it is not known.")]
    public bool? NeedsExcavation { get; init; }

    [Description("新建设施 · The supporting works need a new pole, branch box or duct (新立杆、新建分支箱、新建管沟). Leave it out while it is not known.")]
    public bool? NewStructure { get; init; }

    [Description("需用时间 · Desired supply date, YYYY-MM-DD.")]
    [RegularExpression(@"^\d{4}-\d{2}-\d{2}$")]
    public string? RequiredDate { get; init; }

    [Description("绿色通道 · Ground on which it is handled in the green channel (S1 二; S2 一); absent: it is not.")]
    [StringLength(200, MinimumLength = 1)]
    public string? GreenChannel { get; init; }

    [Description("客户经理 · Reference of the customer manager (双经理, S1 三.4).")]
    [StringLength(64, MinimumLength = 1)]
    public string? CustomerManager { get; init; }

    [Description("项目经理 · Reference of the project manager.")]
    [StringLength(64, MinimumLength = 1)]
    public string? ProjectManager { get; init; }

    [Description("预约时间 · Appointment for a visit, RFC 3339 with offset.")]
    public string? AppointmentAt { get; init; }

    [Description("变更原因 · Why it was amended.")]
    [StringLength(500, MinimumLength = 1)]
    public string? ChangeReason { get; init; }

    [Description("共享依据 · Legal basis of sharing; the sender's agreement where it is left out.")]
    [StringLength(64, MinimumLength = 1)]
    public string? LegalBasisRef { get; init; }
}

/// <summary>A stage begins, ends, stands still or is put right: data of <c>hub.connection.stage_reported.v1</c>. Nothing that was reported is ever changed; what was wrong is corrected by another report.</summary>
public sealed record StageReport
{
    [Required, Description("申请编号 · Number of the application.")]
    [StringLength(40, MinimumLength = 1), RegularExpression("^[A-Za-z0-9._-]+$")]
    public string? ApplicationNo { get; init; }

    [Required, Description("行政区划 · GB/T 2260, six digits.")]
    [RegularExpression(@"^\d{6}$")]
    public string? RegionCode { get; init; }

    [Required, Description("环节 · Stage.")]
    [AllowedValues(
        ConnectionStages.Accepted, ConnectionStages.Survey, ConnectionStages.PlanReplied, ConnectionStages.RouteDesign, ConnectionStages.DesignReview, ConnectionStages.MidCheck,
        ConnectionStages.ExternalWork, ConnectionStages.Permit, ConnectionStages.CompletionCheck, ConnectionStages.Contract, ConnectionStages.Metered, ConnectionStages.Closed)]
    public string? Stage { get; init; }

    [Required, Description("动作 · START, FINISH, PAUSE (补正 or another time that does not count), RESUME, CORRECT, CANCEL (the whole application ends).")]
    [AllowedValues("START", "FINISH", "PAUSE", "RESUME", "CORRECT", "CANCEL")]
    public string? Action { get; init; }

    [Required, Description("发生时间 · When it happened, RFC 3339 with offset. Hub records beside it when it was told.")]
    public string? OccurredAt { get; init; }

    [Description("经办 · Reference of who did it, no name.")]
    [StringLength(64, MinimumLength = 1)]
    public string? Actor { get; init; }

    [Description("暂停类别 · Of PAUSE and RESUME: APPLICANT 客户原因（补正等）, EXTERNAL_WORK 外线施工, PERMIT 行政审批.")]
    [AllowedValues("APPLICANT", "EXTERNAL_WORK", "PERMIT")]
    public string? PauseKind { get; init; }

    [Description("原因 · Needed for PAUSE, CORRECT and CANCEL.")]
    [StringLength(500, MinimumLength = 1)]
    public string? Reason { get; init; }

    [Description("更正的报告 · Of CORRECT: the id of the report (its CloudEvents id) whose time was wrong.")]
    [StringLength(64, MinimumLength = 1)]
    public string? Corrects { get; init; }

    [Description("佐证 · Reference of evidence: photos or video of a remote check (S3 三.7), a signed paper.")]
    [StringLength(200, MinimumLength = 1)]
    public string? EvidenceRef { get; init; }
}

/// <summary>The utility's word on a proposed match (一键接入): data of <c>hub.connection.match_decided.v1</c>.</summary>
public sealed record MatchDecision
{
    [Required, Description("申请编号 · Number of the application.")]
    [StringLength(40, MinimumLength = 1), RegularExpression("^[A-Za-z0-9._-]+$")]
    public string? ApplicationNo { get; init; }

    [Required, Description("行政区划 · GB/T 2260, six digits.")]
    [RegularExpression(@"^\d{6}$")]
    public string? RegionCode { get; init; }

    [Required, Description("项目 · Key of the proposed project.")]
    [StringLength(120, MinimumLength = 1)]
    public string? Project { get; init; }

    [Required, Description("是否同一项目 · True: it is this project.")]
    public bool? Confirmed { get; init; }

    [Required, Description("确认人 · Reference of who decided.")]
    [StringLength(64, MinimumLength = 1)]
    public string? By { get; init; }
}

/// <summary>The customer's opinion (服务评价; S1 三.5): data of <c>hub.connection.evaluated.v1</c>.</summary>
public sealed record ServiceEvaluation
{
    [Required, Description("申请编号 · Number of the application.")]
    [StringLength(40, MinimumLength = 1), RegularExpression("^[A-Za-z0-9._-]+$")]
    public string? ApplicationNo { get; init; }

    [Required, Description("行政区划 · GB/T 2260, six digits.")]
    [RegularExpression(@"^\d{6}$")]
    public string? RegionCode { get; init; }

    [Description("供电企业 · Id of the operator, as in the application.")]
    [StringLength(64, MinimumLength = 1)]
    public string? OperatorCode { get; init; }

    [Required, Description("满意度 · 1 very dissatisfied to 5 very satisfied.")]
    [Range(1, 5)]
    public int? Score { get; init; }

    [Required, Description("评价时间 · When, RFC 3339 with offset.")]
    public string? At { get; init; }

    [Description("意见 · In the customer's words.")]
    [StringLength(500, MinimumLength = 1)]
    public string? Comment { get; init; }
}
