using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Connectors.ApprovalPlatform;
using Hub.Connectors.Certification;
using Hub.Connectors.UtilityCrm;

namespace Hub.Connectors;

/// <summary>Source-generated JSON for the partners' dialects: forgiving on the way in, Chinese unescaped on the way out.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 16)]
[JsonSerializable(typeof(Dictionary<string, CodeTable>))]
[JsonSerializable(typeof(SgccLead))]
[JsonSerializable(typeof(SgccQuestion))]
[JsonSerializable(typeof(SgccReply))]
[JsonSerializable(typeof(SgccLicence))]
[JsonSerializable(typeof(LocalLicence))]
[JsonSerializable(typeof(LocalLead))]
[JsonSerializable(typeof(LocalWithdrawal))]
[JsonSerializable(typeof(LocalAccountOrder))]
[JsonSerializable(typeof(SgccAccountOrder))]
[JsonSerializable(typeof(LocalMessage))]
[JsonSerializable(typeof(SgccMessage))]
[JsonSerializable(typeof(LocalReply))]
[JsonSerializable(typeof(WebhookReply[]))]
[JsonSerializable(typeof(PlatformReply))]
[JsonSerializable(typeof(CertificationReport))]
[JsonSerializable(typeof(Acted))]
internal sealed partial class ConnectorsJson : JsonSerializerContext
{
    private static ConnectorsJson? readable;

    // Not a static initialiser: the order of those is not defined across the files of a partial class.
    public static ConnectorsJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Reads what a partner sent; null when it is not such a document.</summary>
    public static T? Read<T>(ReadOnlyMemory<byte> body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
