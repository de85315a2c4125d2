using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Hub.Schemas;

/// <summary>
/// A change of ownership in the real-estate register (不动产转移): data of <c>hub.real_estate.transfer_*.v1</c>. S3 三.6 wants property and electricity
/// transferred in one go, S1 三.2 and S2 二(一)2 the joint application; it is sent only once the change is booked (登簿).
/// </summary>
/// <remarks>A correction is the whole new snapshot with the next version; a withdrawal names the same registration.</remarks>
public sealed record PropertyTransfer
{
    [Required, Description("登记业务号 · Number of the registration at the register.")]
    [StringLength(60, MinimumLength = 1)]
    public string? RegistryNo { get; init; }

    [Required, Description("不动产单元号 · Real-estate unit number, GB/T 37346-2019, 28 characters; blanks are stripped, another form is kept as text and warned.")]
    [StringLength(60, MinimumLength = 1)]
    public string? UnitNo { get; init; }

    [Description("不动产权证号 · Number of the new certificate; older forms are kept as text and warned.")]
    [StringLength(100, MinimumLength = 1)]
    public string? CertNo { get; init; }

    [Required, Description("坐落 · Address of the property as the register has it.")]
    [StringLength(500, MinimumLength = 1)]
    public string? PropertyAddress { get; init; }

    [Description("转移原因 · SALE 买卖, GIFT 赠与, INHERIT 继承, DIVISION 分割, COURT 司法, OTHER 其他.")]
    [AllowedValues("SALE", "GIFT", "INHERIT", "DIVISION", "COURT", "OTHER")]
    public string? TransferReason { get; init; }

    [Required, Description("登簿时间 · When the change was booked, RFC 3339 with offset. Before that nothing is sent.")]
    [RegularExpression(@"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,7})?([Zz]|[+-]\d{2}:\d{2})$")]
    public string? RegisteredAt { get; init; }

    [Required, Description("行政区划 · GB/T 2260, six digits.")]
    [RegularExpression(@"^\d{6}$")]
    public string? RegionCode { get; init; }

    [Required, Description("版次 · Version of this registration's record, from 1, plus one per correction.")]
    [Range(1, 1_000_000)]
    public int? Version { get; init; }

    [Description("原权利人 · Holders before the change.")]
    [MaxLength(50)]
    public IReadOnlyList<PropertyHolder>? OldHolders { get; init; }

    [Description("新权利人 · Holders after it, all of them, with their shares. Who becomes the account holder is asked when several are named and none is marked.")]
    [MaxLength(50)]
    public IReadOnlyList<PropertyHolder>? NewHolders { get; init; }

    [Description("联办意愿 · Whether the applicant wants the utilities' accounts to change hands as well. Absent: no.")]
    public TransferConsent? Consent { get; init; }

    [Description("户号 · Account numbers the applicant gave, one per utility.")]
    [MaxLength(8)]
    public IReadOnlyList<GivenAccount>? Accounts { get; init; }

    [Description("共享依据 · Agreement or authorisation number; absent: the one registered with the sender's key.")]
    [StringLength(64, MinimumLength = 1)]
    public string? LegalBasisRef { get; init; }

    [Description("变更原因 · Reason of the correction or withdrawal.")]
    [StringLength(500, MinimumLength = 1)]
    public string? ChangeReason { get; init; }
}

/// <summary>One right holder.</summary>
public sealed record PropertyHolder
{
    [Required, Description("姓名或名称 · Name.")]
    [StringLength(200, MinimumLength = 1)]
    public string? Name { get; init; }

    [Description("证件类型 · 111 citizen identity number, 001 unified social credit code, OTHER.")]
    [AllowedValues("111", "001", "OTHER")]
    public string? IdType { get; init; }

    [Description("证件号码 · Identity number; a failing check digit warns.")]
    [StringLength(32, MinimumLength = 1)]
    public string? IdNo { get; init; }

    [Description("份额 · Share as registered, such as 1/2 or 50%.")]
    [StringLength(40, MinimumLength = 1)]
    public string? Share { get; init; }

    [Description("联系电话 · Mobile.")]
    [StringLength(30, MinimumLength = 1)]
    public string? Mobile { get; init; }

    [Description("开户人 · True for the one who becomes the account holder.")]
    public bool? AccountHolder { get; init; }
}

/// <summary>The applicant's opt-in.</summary>
public sealed record TransferConsent
{
    [Required, Description("同意 · True: yes.")]
    public bool? Granted { get; init; }

    [Description("授权号 · Number of the consent; needed when granted.")]
    [StringLength(64, MinimumLength = 1)]
    public string? ConsentId { get; init; }

    [Description("签署时间 · When it was signed, RFC 3339 with offset.")]
    [RegularExpression(@"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,7})?([Zz]|[+-]\d{2}:\d{2})$")]
    public string? SignedAt { get; init; }

    [Description("范围 · What it covers: power, water, gas, heat. Absent: power.")]
    [MaxLength(4)]
    public IReadOnlyList<string>? Scope { get; init; }
}

/// <summary>An account number as the applicant knows it.</summary>
public sealed record GivenAccount
{
    [Required, Description("行业 · power, water, gas, heat.")]
    [AllowedValues("power", "water", "gas", "heat")]
    public string? Utility { get; init; }

    [Required, Description("户号 · Account number; of power 10 or 13 digits.")]
    [StringLength(20, MinimumLength = 1)]
    public string? AccountNo { get; init; }
}
