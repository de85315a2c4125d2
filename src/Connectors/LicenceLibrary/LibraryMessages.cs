using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Schemas;

namespace Hub.Connectors.LicenceLibrary;

/// <summary>A question in the library's words.</summary>
internal sealed record LibraryRequest
{
    /// <summary>The same on every attempt.</summary>
    public required string RequestNo { get; init; }
    public required string HolderTypeCode { get; init; }
    public required string HolderCode { get; init; }
    public required string CertTypeCode { get; init; }
    public string? CertNo { get; init; }
    public string? CertIdentifier { get; init; }
    public required string UseCause { get; init; }
    public required string Applicant { get; init; }
    public required string BusinessNo { get; init; }
    public required string BasisNo { get; init; }
    public string? AuthNo { get; init; }

    public static LibraryRequest Of(Command command, LicenceQuestion question) => new()
    {
        RequestNo = command.Id.ToString("N"),
        HolderTypeCode = question.HolderTypeCode,
        HolderCode = question.HolderCode,
        CertTypeCode = question.CertTypeCode,
        CertNo = question.CertNo,
        CertIdentifier = question.CertIdentifier,
        UseCause = question.UseCause,
        Applicant = question.Applicant,
        BusinessNo = question.Case,
        BasisNo = question.LegalBasisRef,
        AuthNo = question.ConsentId,
    };
}

/// <summary>Every answer of a library. Its <c>msg</c> is not read: free text may hold personal data.</summary>
internal sealed record LibraryReply
{
    public string? Code { get; init; }
    public LibraryRecord? Data { get; init; }
}

/// <summary>One licence as the library has it. Members it has besides are passed over; one that is missing or odd makes the record none.</summary>
internal sealed record LibraryRecord
{
    private const int FieldsMax = 40;
    private const int FieldLengthMax = 1000;

    public string? HolderTypeCode { get; init; }
    public string? HolderCode { get; init; }
    public string? CertTypeCode { get; init; }
    public string? CertIdentifier { get; init; }
    public string? Issuer { get; init; }

    /// <summary>1 valid, 2 expired, 3 revoked, 4 cancelled.</summary>
    public string? CertStatus { get; init; }

    /// <summary>yyyy-MM-dd.</summary>
    public string? ValidFrom { get; init; }

    /// <summary>yyyy-MM-dd, or 长期.</summary>
    public string? ValidTo { get; init; }

    /// <summary>What is printed on it, by name.</summary>
    public Dictionary<string, string>? CertData { get; init; }
    public LibraryFile? File { get; init; }

    /// <returns>Null when it cannot be understood, or is of another type than was asked for.</returns>
    public LicenceFinding? Finding(LicenceQuestion question)
    {
        if (HolderCode is not { Length: > 0 } || CertTypeCode != question.CertTypeCode || CertData is not { Count: <= FieldsMax } || CertData.Values.Any(value => value is null || value.Length > FieldLengthMax))
        {
            return null;
        }

        // Somebody else's record: not a word of it goes on.
        if (!string.Equals(HolderCode, question.HolderCode, StringComparison.OrdinalIgnoreCase) || (HolderTypeCode is not null && HolderTypeCode != question.HolderTypeCode))
        {
            return new() { Result = LicenceResults.HolderMismatch };
        }

        return Status is { } status && TryDay(ValidFrom, out var from) && TryDay(ValidTo is "长期" ? null : ValidTo, out var to) && TryFile(out var file)
            ? new() { Result = LicenceResults.Found, Status = status, ValidFrom = from, ValidTo = to, Issuer = Issuer, CertIdentifier = CertIdentifier, Fields = CertData, File = file }
            : null;
    }

    private string? Status => CertStatus switch { "1" => "valid", "2" => "expired", "3" or "4" => "revoked", _ => null };

    private static bool TryDay(string? text, out DateOnly? day)
    {
        day = null;
        if (text is null)
        {
            return true;
        }

        var readable = DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var parsed);
        day = parsed;
        return readable;
    }

    private bool TryFile(out LicenceFile? file)
    {
        file = null;
        if (File is null)
        {
            return true;
        }

        if (File is not { FileNo: { Length: > 0 and <= 200 } number, HashAlg: "SHA256" or "SM3", Hash: { Length: 64 } hash } || !hash.All(char.IsAsciiHexDigit))
        {
            return false;
        }

        file = new() { Reference = number, HashAlg = File.HashAlg is "SM3" ? "sm3" : "sha-256", FileHash = hash.ToLowerInvariant() };
        return true;
    }
}

/// <summary>Where the library keeps the file. A file without a digest is no evidence.</summary>
internal sealed record LibraryFile
{
    public string? FileNo { get; init; }
    public string? HashAlg { get; init; }
    public string? Hash { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, AllowDuplicateProperties = false, MaxDepth = 16)]
[JsonSerializable(typeof(LibraryRequest))]
[JsonSerializable(typeof(LibraryReply))]
internal sealed partial class LibraryJson : JsonSerializerContext
{
    private static LibraryJson? readable;

    public static LibraryJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
