using System.ComponentModel;

namespace Hub.Schemas;

/// <summary>What became of a licence query: the answer to the caller, and to those who fetch it later.</summary>
public sealed record LicenceResult
{
    [Description("查询号 · Number of the query.")]
    public required string QueryId { get; init; }

    [Description("关联业务 · The case.")]
    public required string Case { get; init; }

    [Description("证照类型代码 · Type asked for.")]
    public required string CertTypeCode { get; init; }

    [Description("结果 · FOUND, NOT_FOUND, EXPIRED, REVOKED, HOLDER_MISMATCH, CONSENT_REQUIRED, SOURCE_UNAVAILABLE, RATE_LIMITED.")]
    public required string ResultCode { get; init; }

    [Description("状态 · valid, expired, revoked; absent when the library has none.")]
    public string? CertStatus { get; init; }

    [Description("有效期自 · First day.")]
    public DateOnly? ValidFrom { get; init; }

    [Description("有效期至 · Last day; absent when it has no end.")]
    public DateOnly? ValidTo { get; init; }

    [Description("颁发机构 · Issuer.")]
    public string? Issuer { get; init; }

    [Description("字段 · What the pack discloses to this receiver for this purpose, and nothing else; empty unless FOUND.")]
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();

    [Description("电子文件 · Where the library keeps the file, and its digest; Hub keeps no file.")]
    public LicenceFile? File { get; init; }

    [Description("取得时间 · When the library answered, or when Hub gave up.")]
    public required DateTimeOffset RetrievedAt { get; init; }

    [Description("线下提交 · Paper is always possible (S1 三.5).")]
    public required bool Fallback { get; init; }

    [Description("提示 · Codes of warnings, such as check_digit.")]
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>
/// That a licence query was answered: data of <c>hub.licence.answered.v1</c>. It may lie in a queue for days, so it holds nothing that a withdrawal or the end of the
/// keeping time would have to take back: fields and file are fetched at <see cref="Self"/>.
/// </summary>
public sealed record LicenceAnswer
{
    [Description("查询号 · Number of the query.")]
    public required string QueryId { get; init; }

    [Description("关联业务 · The case.")]
    public required string Case { get; init; }

    [Description("证照类型代码 · Type asked for.")]
    public required string CertTypeCode { get; init; }

    [Description("结果 · FOUND, NOT_FOUND, EXPIRED, REVOKED, HOLDER_MISMATCH, CONSENT_REQUIRED, SOURCE_UNAVAILABLE, RATE_LIMITED.")]
    public required string ResultCode { get; init; }

    [Description("状态 · valid, expired, revoked; absent when the library has none.")]
    public string? CertStatus { get; init; }

    [Description("有效期自 · First day.")]
    public DateOnly? ValidFrom { get; init; }

    [Description("有效期至 · Last day; absent when it has no end.")]
    public DateOnly? ValidTo { get; init; }

    [Description("颁发机构 · Issuer.")]
    public string? Issuer { get; init; }

    [Description("取得时间 · When the library answered, or when Hub gave up.")]
    public required DateTimeOffset RetrievedAt { get; init; }

    [Description("线下提交 · Paper is always possible (S1 三.5).")]
    public required bool Fallback { get; init; }

    [Description("提示 · Codes of warnings, such as check_digit.")]
    public IReadOnlyList<string> Warnings { get; init; } = [];

    [Description("取字段的地址 · Where fields and file are fetched, as long as they are kept and the consent stands.")]
    public required string Self { get; init; }

    public static LicenceAnswer Of(LicenceResult result) => new()
    {
        QueryId = result.QueryId,
        Case = result.Case,
        CertTypeCode = result.CertTypeCode,
        ResultCode = result.ResultCode,
        CertStatus = result.CertStatus,
        ValidFrom = result.ValidFrom,
        ValidTo = result.ValidTo,
        Issuer = result.Issuer,
        RetrievedAt = result.RetrievedAt,
        Fallback = result.Fallback,
        Warnings = result.Warnings,
        Self = AddressOf(result.QueryId),
    };

    /// <summary>Where a query is read.</summary>
    public static string AddressOf(string queryId) => $"/api/v1/licence-queries/{queryId}";
}

/// <summary>A licence's file by reference.</summary>
public sealed record LicenceFile
{
    [Description("取件编号 · The library's reference.")]
    public required string Reference { get; init; }

    [Description("摘要算法 · sha-256 or sm3.")]
    public required string HashAlg { get; init; }

    [Description("文件摘要 · Lower-case hexadecimal.")]
    public required string FileHash { get; init; }
}

/// <summary>Result codes of a licence query (field-spec §2).</summary>
public static class LicenceResults
{
    public const string Found = "FOUND";
    public const string NotFound = "NOT_FOUND";
    public const string Expired = "EXPIRED";
    public const string Revoked = "REVOKED";

    /// <summary>The library's record is of somebody else: nothing of it is kept.</summary>
    public const string HolderMismatch = "HOLDER_MISMATCH";
    public const string ConsentRequired = "CONSENT_REQUIRED";
    public const string SourceUnavailable = "SOURCE_UNAVAILABLE";
    public const string RateLimited = "RATE_LIMITED";

    public static IReadOnlyList<string> All { get; } = [Found, NotFound, Expired, Revoked, HolderMismatch, ConsentRequired, SourceUnavailable, RateLimited];
}

/// <summary>Content of the question <c>licence.query.v1</c> to a library or another verification source.</summary>
public sealed record LicenceQuestion
{
    public required string HolderTypeCode { get; init; }
    public required string HolderCode { get; init; }
    public required string CertTypeCode { get; init; }
    public string? CertNo { get; init; }
    public string? CertIdentifier { get; init; }
    public required string UseCause { get; init; }

    /// <summary>Who asks: the operator's id.</summary>
    public required string Applicant { get; init; }

    /// <summary>The case in the library's own log.</summary>
    public required string Case { get; init; }
    public required string LegalBasisRef { get; init; }
    public string? ConsentId { get; init; }
}

/// <summary>What a library said, in Hub's words: content of the answer to a question. Only in memory: what of it may be kept, the decision says.</summary>
public sealed record LicenceFinding
{
    /// <summary>FOUND, NOT_FOUND or HOLDER_MISMATCH; whether it is still in force is in <see cref="Status"/> and the dates.</summary>
    public required string Result { get; init; }

    /// <summary>valid, expired, revoked.</summary>
    public string? Status { get; init; }
    public DateOnly? ValidFrom { get; init; }
    public DateOnly? ValidTo { get; init; }
    public string? Issuer { get; init; }
    public string? CertIdentifier { get; init; }
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();
    public LicenceFile? File { get; init; }
}
