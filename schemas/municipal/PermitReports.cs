using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Hub.Schemas;

/// <summary>A department's word about one item of a permit case: data of <c>hub.permit.item_reported.v1</c>, pushed or read from its platform.</summary>
public sealed record PermitItemReport
{
    [Required, Description("外线审批编号 · As in the order.")]
    [StringLength(40, MinimumLength = 1), RegularExpression("^[A-Za-z0-9._-]+$")]
    public string? CaseNo { get; init; }

    [Required, Description("供电企业 · As in the order.")]
    [StringLength(64, MinimumLength = 1)]
    public string? OperatorCode { get; init; }

    [Required, Description("行政区划 · GB/T 2260, six digits.")]
    [RegularExpression(@"^\d{6}$")]
    public string? RegionCode { get; init; }

    [Required, Description("事项 · PLANNING 规划许可, EXCAVATION 占道挖掘, TRAFFIC 交管, GREEN 绿化, HIGHWAY 公路, OTHER; FILING 备案.")]
    [AllowedValues("PLANNING", "EXCAVATION", "TRAFFIC", "GREEN", "HIGHWAY", "OTHER", "FILING")]
    public string? Item { get; init; }

    [Required, Description("状态 · RECEIVED 收件, SURVEYED 踏勘, OWNER_CONSENTED 所有权人同意, MATERIAL_MISSING 补正, RESUMED 补正完成, APPROVED 准予, REFUSED 不予, RETURNED 退回, FILED 备案, EXEMPT 免批.")]
    [AllowedValues("RECEIVED", "SURVEYED", "OWNER_CONSENTED", "MATERIAL_MISSING", "RESUMED", "APPROVED", "REFUSED", "RETURNED", "FILED", "EXEMPT")]
    public string? Status { get; init; }

    [Required, Description("时间 · When it happened at the department, RFC 3339 with offset. An older word that arrives late moves nothing.")]
    [RegularExpression(@"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,7})?([Zz]|[+-]\d{2}:\d{2})$")]
    public string? At { get; init; }

    [Description("版次 · Version of the application it speaks of; absent: the last one the department was sent.")]
    [Range(1, 1_000_000)]
    public int? Version { get; init; }

    [Description("许可证号或备案号 · Number of the permit or of the filing; needed with APPROVED and FILED.")]
    [StringLength(100, MinimumLength = 1)]
    public string? PermitNo { get; init; }

    [Description("原因 · Why; needed with MATERIAL_MISSING, REFUSED and RETURNED.")]
    [StringLength(1000, MinimumLength = 1)]
    public string? Reason { get; init; }

    [Description("踏勘结果 · What was found; needed with SURVEYED.")]
    [StringLength(1000, MinimumLength = 1)]
    public string? Survey { get; init; }

    [Description("应缴费用 · Fee due in yuan: recorded, never a precondition (S4 五(二)4).")]
    [Range(0, 999_999_999)]
    public decimal? FeeYuan { get; init; }

    [Description("经办 · Who says so.")]
    [StringLength(100, MinimumLength = 1)]
    public string? By { get; init; }
}

/// <summary>
/// What else happens to a permit case: data of <c>hub.permit.withdrawn | consulted | opinion | commitment_signed | works_finished | restored .v1</c>. Which members are
/// needed depends on the type.
/// </summary>
public sealed record PermitStep
{
    [Required, Description("外线审批编号 · Number of the case at the utility.")]
    [StringLength(40, MinimumLength = 1), RegularExpression("^[A-Za-z0-9._-]+$")]
    public string? CaseNo { get; init; }

    [Required, Description("供电企业 · Id of the utility.")]
    [StringLength(64, MinimumLength = 1)]
    public string? OperatorCode { get; init; }

    [Required, Description("行政区划 · GB/T 2260, six digits.")]
    [RegularExpression(@"^\d{6}$")]
    public string? RegionCode { get; init; }

    [Required, Description("时间 · When it happened, RFC 3339 with offset.")]
    [RegularExpression(@"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,7})?([Zz]|[+-]\d{2}:\d{2})$")]
    public string? At { get; init; }

    [Description("何方 · The road authority consulted, the pipeline's owner, the firm that signed, who checked; needed with consulted, opinion, commitment_signed and restored.")]
    [StringLength(200, MinimumLength = 1)]
    public string? By { get; init; }

    [Description("结果 · consulted: CLEAR, CONFLICT; opinion: AGREED, CONDITIONS, OBJECTED; restored: RESTORED, BROKEN.")]
    [AllowedValues("CLEAR", "CONFLICT", "AGREED", "CONDITIONS", "OBJECTED", "RESTORED", "BROKEN")]
    public string? Result { get; init; }

    [Description("凭据 · Number of the commitment letter, reference of the evidence; needed with commitment_signed and with BROKEN.")]
    [StringLength(200, MinimumLength = 1)]
    public string? Reference { get; init; }

    [Description("说明 · Reason or note; needed with withdrawn and with CONFLICT, CONDITIONS, OBJECTED.")]
    [StringLength(1000, MinimumLength = 1)]
    public string? Note { get; init; }
}
