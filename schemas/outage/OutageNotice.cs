using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Hub.Schemas;

/// <summary>A utility's notice of an outage (停电通知, S1 三.10, S2 二(二)8): data of <c>hub.outage.announced | progress | restored | cancelled .v1</c>. A later revision replaces the earlier one.</summary>
public sealed record OutageNotice
{
    [Required, Description("通知编号 · Number of the notice, the same in all its revisions; unique at the utility.")]
    [StringLength(60, MinimumLength = 1)]
    public string? NoticeId { get; init; }

    [Required, Description("类型 · announced: PLANNED or FAULT; progress: REPAIR_PROGRESS; restored: RESTORED; cancelled: CANCELLED.")]
    [AllowedValues("PLANNED", "FAULT", "REPAIR_PROGRESS", "RESTORED", "CANCELLED")]
    public string? Type { get; init; }

    [Required, Description("版次 · From 1, rising by one over all events of the notice; decides which one is in force, not the order of arrival.")]
    [Range(1, 1_000_000)]
    public int? Revision { get; init; }

    [Required, Description("行政区划 · GB/T 2260, six digits.")]
    [RegularExpression(@"^\d{6}$")]
    public string? RegionCode { get; init; }

    [Required, Description("停电范围 · The area in plain words, as customers read it.")]
    [StringLength(1000, MinimumLength = 1)]
    public string? AreaText { get; init; }

    [Description("线路 · Feeder.")]
    [StringLength(60, MinimumLength = 1)]
    public string? FeederRef { get; init; }

    [Description("台区 · Transformer.")]
    [StringLength(60, MinimumLength = 1)]
    public string? TransformerRef { get; init; }

    [Description("受影响户号 · Accounts concerned; of more than 1000 give accountsQueryRef.")]
    [MaxLength(OutageRules.AccountsMax)]
    public IReadOnlyList<string>? AffectedAccounts { get; init; }

    [Description("户号查询引用 · By which the notification gateway finds the accounts itself.")]
    [StringLength(200, MinimumLength = 1)]
    public string? AccountsQueryRef { get; init; }

    [Description("涉及重要用户 · Important customers are among those concerned: a limit of their own applies.")]
    public bool? ImportantCustomers { get; init; }

    [Description("停电时间 · Planned or actual begin, RFC 3339 with offset. Needed when announced.")]
    [RegularExpression(OutageRules.InstantPattern)]
    public string? StartAt { get; init; }

    [Description("送电时间 · Planned or expected end; needed for PLANNED. Of restored: when power was back.")]
    [RegularExpression(OutageRules.InstantPattern)]
    public string? EndAt { get; init; }

    [Description("原因 · Needed when announced. ORDERED (拉闸) names who ordered it; WORKS_DAMAGE is damage by others' works (S2 附表2-10).")]
    [AllowedValues("SCHEDULED_REPAIR", "TEMPORARY_REPAIR", "WORKS_DAMAGE", "ILLEGAL_USE", "EQUIPMENT", "WEATHER", "ORDERED", "OTHER")]
    public string? Reason { get; init; }

    [Description("拉闸指令单位 · Who ordered it; needed for ORDERED.")]
    [StringLength(100, MinimumLength = 1)]
    public string? OrderedBy { get; init; }

    [Description("说明 · Progress of the repair, or what else customers should know, in plain words. Needed for progress.")]
    [StringLength(500, MinimumLength = 1)]
    public string? Detail { get; init; }

    [Required, Description("发布时间 · When the utility issued this revision, RFC 3339 with offset.")]
    [RegularExpression(OutageRules.InstantPattern)]
    public string? IssuedAt { get; init; }

    [Description("渠道 · Channels that may be used; left out: those of the place.")]
    [MaxLength(3)]
    public IReadOnlyList<string>? Channels { get; init; }

    [Description("替代的通知 · Number of another notice that this one replaces; that one is cancelled by an event of its own.")]
    [StringLength(60, MinimumLength = 1)]
    public string? Supersedes { get; init; }
}

/// <summary>What became of a notification at a gateway: data of <c>hub.outage.notified.v1</c>, in batches.</summary>
public sealed record OutageResults
{
    [Required, Description("供电企业 · The operator whose notice it is.")]
    [StringLength(64, MinimumLength = 1)]
    public string? OperatorCode { get; init; }

    [Required, Description("通知编号 · Number of the notice.")]
    [StringLength(60, MinimumLength = 1)]
    public string? NoticeId { get; init; }

    [Required, Description("行政区划 · GB/T 2260, six digits.")]
    [RegularExpression(@"^\d{6}$")]
    public string? RegionCode { get; init; }

    [Required, Description("告知编号 · reference of the command it speaks of.")]
    [StringLength(200, MinimumLength = 1)]
    public string? Reference { get; init; }

    [Required, Description("渠道 · Channel of that command.")]
    [AllowedValues("APP", "WECHAT", "SMS")]
    public string? Channel { get; init; }

    [Required, Description("批号 · Number of this batch among those of the reference, from 1: a batch counts once.")]
    [Range(1, OutageRules.BatchMax)]
    public int? Batch { get; init; }

    [Required, Description("结果 · One account once; of an account that is reported in two batches only the first counts for the customer.")]
    [MaxLength(OutageRules.ResultsMax)]
    public IReadOnlyList<OutageResult>? Results { get; init; }
}

/// <summary>One account's result on one channel.</summary>
public sealed record OutageResult
{
    [Required, Description("户号 · Account.")]
    [StringLength(20, MinimumLength = 1)]
    public string? AccountNo { get; init; }

    [Required, Description("状态 · Reached or not.")]
    [AllowedValues("DELIVERED", "FAILED")]
    public string? State { get; init; }

    [Required, Description("时间 · RFC 3339 with offset.")]
    [RegularExpression(OutageRules.InstantPattern)]
    public string? At { get; init; }

    [Description("原因代码 · The channel's own code.")]
    [StringLength(40, MinimumLength = 1)]
    public string? Code { get; init; }
}

/// <summary>Words of a notice.</summary>
public static class OutageWords
{
    public const string Planned = "PLANNED";
    public const string Fault = "FAULT";
    public const string Ordered = "ORDERED";
    public const string ScheduledRepair = "SCHEDULED_REPAIR";
    public const string TemporaryRepair = "TEMPORARY_REPAIR";
    public const string Delivered = "DELIVERED";
    public const string Failed = "FAILED";

    public static IReadOnlyList<string> Reasons { get; } = [ScheduledRepair, TemporaryRepair, "WORKS_DAMAGE", "ILLEGAL_USE", "EQUIPMENT", "WEATHER", Ordered, "OTHER"];

    public static IReadOnlyList<string> Channels { get; } = ["APP", "WECHAT", "SMS"];

    /// <summary>What <c>type</c> may say in an event.</summary>
    public static IReadOnlyList<string> TypesOf(string eventType) => eventType switch
    {
        EventTypes.OutageAnnounced => [Planned, Fault],
        EventTypes.OutageProgress => ["REPAIR_PROGRESS"],
        EventTypes.OutageRestored => ["RESTORED"],
        _ => ["CANCELLED"],
    };
}
