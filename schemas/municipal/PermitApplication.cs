using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Hub.Schemas;

/// <summary>
/// An external line for which permits are applied for in parallel (外线并联审批; S4 五(二), 六(三), S1 三.2, S3 三.2): data of <c>hub.permit.applied.v1</c> and
/// <c>hub.permit.corrected.v1</c>. The utility sends it for the applicant (全程代办), a whole snapshot each time, with the facts that exemptions are decided by.
/// </summary>
/// <remarks>A fact that is left out is not known: an exemption that needs it is decided by a person, never guessed.</remarks>
public sealed record PermitApplication
{
    [Required, Description("外线审批编号 · Number of the case at the utility; with the utility it names the case.")]
    [StringLength(40, MinimumLength = 1), RegularExpression("^[A-Za-z0-9._-]+$")]
    public string? CaseNo { get; init; }

    [Required, Description("供电企业 · Id of the utility that applies; the partner of the key.")]
    [StringLength(64, MinimumLength = 1)]
    public string? OperatorCode { get; init; }

    [Description("用电申请编号 · Number of the application for a connection that the line is built for.")]
    [StringLength(40, MinimumLength = 1), RegularExpression("^[A-Za-z0-9._-]+$")]
    public string? ApplicationNo { get; init; }

    [Required, Description("行政区划 · GB/T 2260, six digits: its policy pack holds items, limits and exemptions.")]
    [RegularExpression(@"^\d{6}$")]
    public string? RegionCode { get; init; }

    [Required, Description("版次 · From 1, plus one per correction.")]
    [Range(1, 1_000_000)]
    public int? Version { get; init; }

    [Required, Description("申请时间 · When it was applied or corrected, RFC 3339 with offset.")]
    [RegularExpression(@"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,7})?([Zz]|[+-]\d{2}:\d{2})$")]
    public string? AppliedAt { get; init; }

    [Description("申请人 · For whom the line is built; absent: the utility itself.")]
    [StringLength(200, MinimumLength = 1)]
    public string? Applicant { get; init; }

    [Required, Description("客户类别 · LV_RESIDENT, LV_NONRES, HV_SINGLE, HV_DUAL: limits differ by it.")]
    [AllowedValues("LV_RESIDENT", "LV_NONRES", "HV_SINGLE", "HV_DUAL")]
    public string? CustomerClass { get; init; }

    [Description("附加属性 · SANLING, SMALL_MICRO, IMPORTANT, EV_CHARGER, SITE_5G, KV35.")]
    [MaxLength(6)]
    public IReadOnlyList<string>? Tags { get; init; }

    [Description("电压等级 · Code of the voltage level, such as AC00101.")]
    [StringLength(20, MinimumLength = 1)]
    public string? VoltageLevel { get; init; }

    [Required, Description("用途 · LV_SMALL_MICRO 低压小微, SITE_5G 5G 基站, SUPPORTING_WORK 配套电力工程, LOW_VOLTAGE 其他低压, OTHER.")]
    [AllowedValues("LV_SMALL_MICRO", "SITE_5G", "SUPPORTING_WORK", "LOW_VOLTAGE", "OTHER")]
    public string? Purpose { get; init; }

    [Description("长度 · Length of the line in metres, with one decimal.")]
    [Range(0, 1_000_000)]
    public decimal? LengthM { get; init; }

    [Description("路径 · Route, in words or as geometry.")]
    [StringLength(4000, MinimumLength = 1)]
    public string? Route { get; init; }

    [Description("起点 · Where it begins.")]
    [StringLength(200, MinimumLength = 1)]
    public string? StartPoint { get; init; }

    [Description("终点 · Where it ends.")]
    [StringLength(200, MinimumLength = 1)]
    public string? EndPoint { get; init; }

    [Required, Description("占用 · What the works occupy: SIDEWALK, NON_MOTOR_LANE, MOTOR_LANE, GREEN, TREE, PARK, SQUARE, ROAD, OTHER; empty: nothing of these. It decides which items are needed.")]
    [MaxLength(9)]
    public IReadOnlyList<string>? Occupies { get; init; }

    [Description("占用绿地面积 · Green area in square metres.")]
    [Range(0, 100_000_000)]
    public decimal? GreenAreaM2 { get; init; }

    [Description("砍伐株数 · Trees to be felled.")]
    [Range(0, 1_000_000)]
    public int? TreesFelled { get; init; }

    [Description("移植株数 · Trees to be moved.")]
    [Range(0, 1_000_000)]
    public int? TreesMoved { get; init; }

    [Description("绿地权属 · PUBLIC: the bureau obtains the owner's consent; PRIVATE: the applicant does, in the applicant's own time (S4 五(二)4).")]
    [AllowedValues("PUBLIC", "PRIVATE")]
    public string? GreenOwner { get; init; }

    [Description("新立杆 · New poles.")]
    public bool? NewPole { get; init; }

    [Description("新建分支箱 · New branch boxes.")]
    public bool? NewBranchBox { get; init; }

    [Description("新建管沟 · New ducts.")]
    public bool? NewDuct { get; init; }

    [Description("施工方式 · How it is built.")]
    [StringLength(500, MinimumLength = 1)]
    public string? WorkMethod { get; init; }

    [Description("市城区内 · Inside the urban district.")]
    public bool? InUrbanDistrict { get; init; }

    [Description("涉禁区 · Inside a park, a square, an urban road or landscaped green.")]
    public bool? InsideForbidden { get; init; }

    [Description("有市政设施 · Municipal facilities in the area of the works.")]
    public bool? MunicipalFacility { get; init; }

    [Description("非机动车道仍可通行 · The non-motor lane can still be passed in its direction.")]
    public bool? LaneStillUsable { get; init; }

    [Description("施工位置 · Position of the works.")]
    [StringLength(500, MinimumLength = 1)]
    public string? WorkPosition { get; init; }

    [Description("工程量 · Quantity of the works.")]
    [StringLength(500, MinimumLength = 1)]
    public string? WorkQuantity { get; init; }

    [Description("附件 · Drawings and documents, by reference.")]
    [MaxLength(50)]
    public IReadOnlyList<PermitAttachment>? Attachments { get; init; }

    [Description("申请人所列事项 · Items the applicant asks for; one that no rule of the place has is warned.")]
    [MaxLength(6)]
    public IReadOnlyList<string>? WishedItems { get; init; }

    [Description("更正涉及事项 · Of a correction: items it concerns beside those that were refused, returned or lacked material.")]
    [MaxLength(6)]
    public IReadOnlyList<string>? Concerns { get; init; }

    [Description("变更原因 · Reason of the correction.")]
    [StringLength(500, MinimumLength = 1)]
    public string? ChangeReason { get; init; }

    [Description("共享依据 · Agreement or authorisation number; absent: the one registered with the sender's key.")]
    [StringLength(64, MinimumLength = 1)]
    public string? LegalBasisRef { get; init; }
}

/// <summary>A drawing or document, by reference: Hub carries no files.</summary>
public sealed record PermitAttachment
{
    [Required, Description("名称 · Name.")]
    [StringLength(200, MinimumLength = 1)]
    public string? Name { get; init; }

    [Description("引用 · Where the departments fetch it.")]
    [StringLength(500, MinimumLength = 1)]
    public string? Reference { get; init; }

    [Description("摘要 · SHA-256, hexadecimal.")]
    [RegularExpression("^[0-9a-fA-F]{64}$")]
    public string? Sha256 { get; init; }
}
