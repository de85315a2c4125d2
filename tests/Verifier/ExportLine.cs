using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hub.Verifier;

/// <summary>First line of an export.</summary>
internal sealed record ExportHeader(string Format, string Algorithm, long Count, long HeadSeq, string HeadHash, string ExportedAt)
{
    public const string KnownFormat = "hub-exchange-log/1";
}

/// <summary>Every further line of an export.</summary>
/// <param name="Content">Base64, or null when retention has removed it.</param>
internal sealed record ExportEntry(
    long Seq, string At, string Kind, string Partner, string Ref, string Alg, string Digest, string Prev, string Hash, string? Content);

internal static class ExportLine
{
    // Strict: a member the chain does not cover, or one given twice, would let two readers see two different things.
    private static readonly JsonSerializerOptions Strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <returns>The line, or null when it is not one of an export.</returns>
    public static T? Read<T>(string line, out string? fault) where T : class
    {
        try
        {
            var read = JsonSerializer.Deserialize<T>(line, Strict);
            fault = read is null ? "the line is null" : null;
            return read;
        }
        catch (JsonException wrong)
        {
            fault = wrong.Message;
            return null;
        }
    }
}
