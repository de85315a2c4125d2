using System.Security.Cryptography;
using System.Text.Json;

namespace Hub.Connectors.Certification;

/// <summary>A sentence in both languages, so that a report that was handed in can be read by both sides.</summary>
public sealed record CertificationText(string Zh, string En)
{
    public string In(bool english) => english ? En : Zh;
}

/// <summary>What one check can come to.</summary>
public static class CertificationVerdicts
{
    public const string Pass = "PASS";
    public const string Fail = "FAIL";
    public const string Skip = "SKIP";
}

/// <summary>One call: what was sent, never with its body, and what came back.</summary>
/// <param name="Sent">In words.</param>
/// <param name="MessageId">Header <c>webhook-id</c>; a receiver finds the call in its own log by it.</param>
/// <param name="Answered">The status, or why there was no answer.</param>
/// <param name="Ms">Milliseconds until then.</param>
public sealed record CertificationExchange(CertificationText Sent, string MessageId, string Answered, long Ms);

/// <summary>One check and what became of it.</summary>
/// <param name="Id">Stable name.</param>
/// <param name="Mandatory">A receiver that does not pass it is not certified.</param>
/// <param name="Verdict">One of <see cref="CertificationVerdicts"/>.</param>
/// <param name="Title">What is asked of the receiver.</param>
/// <param name="Reason">Why the verdict is this one.</param>
/// <param name="Exchanges">The calls it rests on.</param>
public sealed record CertificationCheck(string Id, bool Mandatory, string Verdict, CertificationText Title, CertificationText Reason, IReadOnlyList<CertificationExchange> Exchanges);

/// <summary>What a run of the certification kit found, to be handed in.</summary>
public sealed record CertificationReport
{
    /// <summary>Of the checks: a report says by which it was made.</summary>
    public const int KitVersion = 1;

    /// <summary>Name of the run; stands in the subject of everything that it sent.</summary>
    public required string Run { get; init; }

    public int Kit { get; init; } = KitVersion;

    /// <summary>Version of the hub.</summary>
    public required string Version { get; init; }

    /// <summary>Where it was sent to, without query and user.</summary>
    public required string Address { get; init; }

    /// <summary><c>v1</c>, <c>v1a</c> or both.</summary>
    public required string Signatures { get; init; }

    /// <summary>Longest wait for an answer, seconds.</summary>
    public required double TimeoutSeconds { get; init; }

    /// <summary>The receiver showed what it made of the messages.</summary>
    public required bool EffectsSeen { get; init; }

    public required DateTimeOffset BeganAt { get; init; }

    /// <summary>Null while the run goes on.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    public IReadOnlyList<CertificationCheck> Checks { get; init; } = [];

    /// <summary>Every mandatory check passed.</summary>
    public bool Passed { get; init; }

    /// <summary>SHA-256 over this report without the digest, in hexadecimal; null while the run goes on. It shows that nothing was changed by accident; who handed it in, only the signature on paper does.</summary>
    public string? Digest { get; init; }

    /// <summary>The report at its end.</summary>
    public CertificationReport Ended(DateTimeOffset at)
    {
        var ended = this with { EndedAt = at, Passed = Checks.Count > 0 && Checks.All(check => !check.Mandatory || check.Verdict == CertificationVerdicts.Pass), Digest = null };
        return ended with { Digest = DigestOf(ended) };
    }

    /// <summary>The digest is that of the content.</summary>
    public bool IsWhole() => Digest is not null && Digest == DigestOf(this with { Digest = null });

    /// <summary>UTF-8 JSON: what is handed in.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ConnectorsJson.Readable.CertificationReport);

    /// <returns>Null when it is no report.</returns>
    public static CertificationReport? Read(ReadOnlyMemory<byte> json) => ConnectorsJson.Read(json, ConnectorsJson.Readable.CertificationReport);

    private static string DigestOf(CertificationReport report) => Convert.ToHexStringLower(SHA256.HashData(report.ToJson()));
}
