using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Hub.Schemas;

/// <summary>
/// A utility asks for one e-licence inside one case (S1 三.2, S2 二(一)2, S3 三.6): body of <c>POST /api/v1/licence-queries</c>. Without a case, a purpose and a
/// legal basis nothing is asked; of a citizen nothing without a consent.
/// </summary>
public sealed record LicenceQuery
{
    [Required, Description("查询号 · Number of the query, unique at the utility; a repeat is answered as before.")]
    [StringLength(40, MinimumLength = 1), RegularExpression("^[A-Za-z0-9._-]+$")]
    public string? QueryId { get; init; }

    [Required, Description("关联业务 · The case: application:NUMBER, or another case the utility is a party of, such as project_approval:KEY.")]
    [StringLength(120, MinimumLength = 3)]
    public string? Case { get; init; }

    [Required, Description("持证主体类型 · 111 公民身份号码 citizen, 001 统一社会信用代码 organisation.")]
    [AllowedValues(HolderTypes.Citizen, HolderTypes.Organisation)]
    public string? HolderTypeCode { get; init; }

    [Required, Description("持证主体代码 · The holder; kept by Hub as a keyed hash.")]
    [StringLength(32, MinimumLength = 1)]
    public string? HolderCode { get; init; }

    [Required, Description("证照类型代码 · Type: 18 of the ministry and 3, or the pack's own word where no national code is known.")]
    [StringLength(21, MinimumLength = 1)]
    public string? CertTypeCode { get; init; }

    [Description("证照编号 · Number of the licence, where it is known.")]
    [StringLength(80, MinimumLength = 1)]
    public string? CertNo { get; init; }

    [Description("电子证照标识 · GB/T 36904 identifier, where it is known; a failing check character warns.")]
    [StringLength(100, MinimumLength = 1)]
    public string? CertIdentifier { get; init; }

    [Required, Description("用途 · A purpose of the policy pack; it decides which fields are disclosed.")]
    [StringLength(40, MinimumLength = 1)]
    public string? Purpose { get; init; }

    [Required, Description("用证事由 · The cause in words, as the library asks for it.")]
    [StringLength(200, MinimumLength = 1)]
    public string? UseCause { get; init; }

    [Description("共享依据 · Legal basis; that of the key when absent, and one of the two must be there.")]
    [StringLength(64, MinimumLength = 1)]
    public string? LegalBasisRef { get; init; }

    [Description("授权号 · The consent; needed for a citizen.")]
    [StringLength(64, MinimumLength = 1)]
    public string? ConsentId { get; init; }
}

/// <summary>What a utility needs of an application's documents at one stage: body of <c>POST /api/v1/applications/{id}/documents</c>. One citizen or organisation at a time.</summary>
public sealed record DocumentRequest
{
    [Required, Description("请求号 · Number of the request, unique in the application.")]
    [StringLength(24, MinimumLength = 1), RegularExpression("^[A-Za-z0-9._-]+$")]
    public string? RequestId { get; init; }

    [Required, Description("环节 · application 受理, design_review 设计审查, interim_inspection 中间检查, completion 竣工检验.")]
    [AllowedValues("application", "design_review", "interim_inspection", "completion")]
    public string? Stage { get; init; }

    [Description("材料 · Words of the pack; all that the rule names when absent. One outside the rule is refused.")]
    [MaxLength(20)]
    public IReadOnlyList<string>? Materials { get; init; }

    [Required, Description("持证主体类型 · 111 citizen, 001 organisation.")]
    [AllowedValues(HolderTypes.Citizen, HolderTypes.Organisation)]
    public string? HolderTypeCode { get; init; }

    [Required, Description("持证主体代码 · The holder; kept by Hub as a keyed hash.")]
    [StringLength(32, MinimumLength = 1)]
    public string? HolderCode { get; init; }

    [Required, Description("用途 · A purpose of the policy pack.")]
    [StringLength(40, MinimumLength = 1)]
    public string? Purpose { get; init; }

    [Required, Description("用证事由 · The cause in words.")]
    [StringLength(200, MinimumLength = 1)]
    public string? UseCause { get; init; }

    [Description("共享依据 · Legal basis; that of the key when absent.")]
    [StringLength(64, MinimumLength = 1)]
    public string? LegalBasisRef { get; init; }

    [Description("授权号 · The consent; needed for a citizen.")]
    [StringLength(64, MinimumLength = 1)]
    public string? ConsentId { get; init; }
}
