using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Hub.Schemas;

/// <summary>A utility's word about one order of a co-transfer: data of <c>hub.utility_account.*.v1</c>. Business, not transport.</summary>
public sealed record AccountReport
{
    [Required, Description("过户单号 · The orderId of the command it speaks of.")]
    [StringLength(80, MinimumLength = 1)]
    public string? OrderId { get; init; }

    [Required, Description("不动产单元号 · The unitNo of the command.")]
    [StringLength(60, MinimumLength = 1)]
    public string? UnitNo { get; init; }

    [Required, Description("行政区划 · GB/T 2260, six digits.")]
    [RegularExpression(@"^\d{6}$")]
    public string? RegionCode { get; init; }

    [Required, Description("时间 · When it happened at the utility, RFC 3339 with offset.")]
    [RegularExpression(@"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,7})?([Zz]|[+-]\d{2}:\d{2})$")]
    public string? At { get; init; }

    [Description("结果 · Needed except for arrears_settled. See the list of outcomes of each type in the partner guide.")]
    [AllowedValues(
        "CLEAR", "IN_PROGRESS", "DONE", "ARREARS", "ADDRESS_MISMATCH", "NAME_MISMATCH", "NO_CONSENT", "ACCOUNT_NOT_FOUND", "MULTI_ACCOUNT", "DUPLICATE", "ACCOUNT_CLOSED", "OPEN_CASE",
        "SYSTEM_ERROR", "NOT_SEEN", "CANNOT_REVERSE")]
    public string? Outcome { get; init; }

    [Description("户号 · The account it is about.")]
    [StringLength(20, MinimumLength = 1)]
    public string? AccountNo { get; init; }

    [Description("候选户号 · The accounts found, when there is not exactly one.")]
    [MaxLength(20)]
    public IReadOnlyList<ReportedAccount>? Accounts { get; init; }

    [Description("欠费 · Arrears in yuan.")]
    [Range(0, 999_999_999)]
    public decimal? ArrearsYuan { get; init; }

    [Description("说明 · Note for people.")]
    [StringLength(500)]
    public string? Note { get; init; }
}

/// <summary>One account a utility found for a property.</summary>
public sealed record ReportedAccount
{
    [Required, Description("户号 · Account number.")]
    [StringLength(20, MinimumLength = 1)]
    public string? AccountNo { get; init; }

    [Description("用电地址 · Address of the account, as the utility has it.")]
    [StringLength(500, MinimumLength = 1)]
    public string? Address { get; init; }
}

/// <summary>Outcomes of an order at one utility (用电过户单 结果), and what a report may say besides.</summary>
public static class TransferOutcomes
{
    public const string Done = "DONE";
    public const string Arrears = "ARREARS";
    public const string AddressMismatch = "ADDRESS_MISMATCH";
    public const string NameMismatch = "NAME_MISMATCH";
    public const string NoConsent = "NO_CONSENT";
    public const string AccountNotFound = "ACCOUNT_NOT_FOUND";
    public const string MultiAccount = "MULTI_ACCOUNT";
    public const string Duplicate = "DUPLICATE";
    public const string AccountClosed = "ACCOUNT_CLOSED";
    public const string OpenCase = "OPEN_CASE";
    public const string SystemError = "SYSTEM_ERROR";

    /// <summary>Report only: nothing speaks against the transfer.</summary>
    public const string Clear = "CLEAR";

    /// <summary>Report only: it is being worked on.</summary>
    public const string InProgress = "IN_PROGRESS";

    /// <summary>Report only: the utility does not know the order it was asked about; it surely had no effect.</summary>
    public const string NotSeen = "NOT_SEEN";

    /// <summary>Report only: what was done cannot be undone there.</summary>
    public const string CannotReverse = "CANNOT_REVERSE";

    private static readonly string[] Doubts =
        [Arrears, AddressMismatch, NameMismatch, NoConsent, AccountNotFound, MultiAccount, Duplicate, AccountClosed, OpenCase, SystemError];

    private static readonly string[] OfPrecheck = [Clear, .. Doubts];
    private static readonly string[] OfTransfer = [Done, InProgress, NotSeen, .. Doubts];
    private static readonly string[] OfReversal = [Done, InProgress, NotSeen, CannotReverse, SystemError];

    /// <summary>What a report of this event type may say; empty: nothing.</summary>
    public static IReadOnlyList<string> Of(string eventType) => eventType switch
    {
        EventTypes.AccountPrechecked => OfPrecheck,
        EventTypes.AccountTransferReported => OfTransfer,
        EventTypes.AccountReversalReported => OfReversal,
        _ => [],
    };
}
