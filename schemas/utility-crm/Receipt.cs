using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Hub.Schemas;

/// <summary>A utility's word on what it was sent: body of <c>POST /api/v1/events/{id}/receipts</c>. Business, not transport.</summary>
public sealed record Receipt
{
    [Required, Description("状态 · accepted 已受理, rejected 退回, in_progress 办理中, done 办结.")]
    [AllowedValues("accepted", "rejected", "in_progress", "done")]
    public string? Status { get; init; }

    [Description("原因代码 · Needed when rejected: DUPLICATE, OUT_OF_AREA, INSUFFICIENT, CUSTOMER_DECLINED, OTHER; free otherwise, such as CONTACTED.")]
    [StringLength(40, MinimumLength = 1)]
    public string? Code { get; init; }

    [Required, Description("时间 · When it happened at the utility, RFC 3339 with offset.")]
    public DateTimeOffset? At { get; init; }

    [Description("户号 · Account number, when one was opened.")]
    [StringLength(20, MinimumLength = 1)]
    public string? AccountNo { get; init; }

    [Description("说明 · Note for people.")]
    [StringLength(500)]
    public string? Note { get; init; }
}
