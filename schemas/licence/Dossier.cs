using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Hub.Schemas;

/// <summary>A customer's application (报装) as far as Hub must know it to fetch licences: body of <c>POST /api/v1/applications</c>.</summary>
public sealed record SupplyApplication
{
    [Required, Description("申请编号 · The utility's own number of the application.")]
    [StringLength(40, MinimumLength = 1), RegularExpression("^[A-Za-z0-9._-]+$")]
    public string? ApplicationId { get; init; }

    [Required, Description("行政区划 · GB/T 2260 code of the place, six digits: its policy pack holds the rules.")]
    [RegularExpression("^[1-9][0-9]{5}$")]
    public string? RegionCode { get; init; }

    [Required, Description("用电类别 · low_voltage 低压, high_voltage 高压.")]
    [AllowedValues(CustomerClasses.LowVoltage, CustomerClasses.HighVoltage)]
    public string? CustomerClass { get; init; }

    [Required, Description("受理时间 · When the utility took it in, RFC 3339 with offset.")]
    public DateTimeOffset? AppliedAt { get; init; }
}

/// <summary>Classes of customers that document rules tell apart (S1 三.6, S3 三.5, S4 五(一)1).</summary>
public static class CustomerClasses
{
    public const string LowVoltage = "low_voltage";
    public const string HighVoltage = "high_voltage";

    public static IReadOnlyList<string> All { get; } = [LowVoltage, HighVoltage];
}

/// <summary>A holder's consent (授权) to have licences read: body of <c>POST /api/v1/consents</c>. PIPL art. 23, 29: separate, for a purpose, withdrawable.</summary>
/// <remarks>A face that was checked (刷脸) leaves only the reference of the identity provider's result; there is no member that could hold an image.</remarks>
public sealed record Consent
{
    [Required, Description("授权号 · Number of the consent, unique at the utility that took it.")]
    [StringLength(64, MinimumLength = 1), RegularExpression("^[A-Za-z0-9._-]+$")]
    public string? ConsentId { get; init; }

    [Required, Description("关联业务 · The case it was given for: application:NUMBER, or another case the utility is a party of, such as project_approval:KEY.")]
    [StringLength(120, MinimumLength = 3)]
    public string? Case { get; init; }

    [Required, Description("持证主体类型 · 111 公民身份号码 citizen, 001 统一社会信用代码 organisation.")]
    [AllowedValues(HolderTypes.Citizen, HolderTypes.Organisation)]
    public string? HolderTypeCode { get; init; }

    [Required, Description("持证主体代码 · Whose consent it is; kept by Hub as a keyed hash.")]
    [StringLength(32, MinimumLength = 1)]
    public string? HolderCode { get; init; }

    [Required, Description("授权事由 · Purposes it covers, words of the policy pack.")]
    [MaxLength(20)]
    public IReadOnlyList<string>? Purposes { get; init; }

    [Required, Description("授权证照 · Licence type codes it covers.")]
    [MaxLength(20)]
    public IReadOnlyList<string>? CertTypeCodes { get; init; }

    [Required, Description("授权时间 · When it was given, RFC 3339 with offset.")]
    public DateTimeOffset? GivenAt { get; init; }

    [Required, Description("有效期至 · Until when it holds, RFC 3339 with offset.")]
    public DateTimeOffset? ExpiresAt { get; init; }

    [Required, Description("授权方式 · paper 纸质, app 线上, face 刷脸.")]
    [AllowedValues("paper", "app", "face")]
    public string? Method { get; init; }

    [Description("核验结果编号 · Reference of the identity provider's result; needed for face. Never a picture.")]
    [StringLength(64, MinimumLength = 1)]
    public string? AuthResultRef { get; init; }
}

/// <summary>A consent taken back: body of <c>POST /api/v1/consents/{id}/withdrawal</c>.</summary>
public sealed record ConsentWithdrawal
{
    [Required, Description("关联业务 · As in the consent.")]
    [StringLength(120, MinimumLength = 3)]
    public string? Case { get; init; }

    [Required, Description("撤回时间 · When, RFC 3339 with offset.")]
    public DateTimeOffset? At { get; init; }
}

/// <summary>Kinds of holders, codes of the e-licence platforms.</summary>
public static class HolderTypes
{
    /// <summary>公民身份号码.</summary>
    public const string Citizen = "111";

    /// <summary>统一社会信用代码.</summary>
    public const string Organisation = "001";
}
