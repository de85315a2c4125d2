using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hub.Schemas;

/// <summary>Source-generated JSON for everything that crosses the border: strict on the way in, Chinese unescaped on the way out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    UseStringEnumConverter = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(ProjectApproval))]
[JsonSerializable(typeof(Lead))]
[JsonSerializable(typeof(Receipt))]
[JsonSerializable(typeof(SupplyApplication))]
[JsonSerializable(typeof(Consent))]
[JsonSerializable(typeof(ConsentWithdrawal))]
[JsonSerializable(typeof(LicenceQuery))]
[JsonSerializable(typeof(DocumentRequest))]
[JsonSerializable(typeof(LicenceQuestion))]
[JsonSerializable(typeof(LicenceFinding))]
[JsonSerializable(typeof(LicenceResult))]
[JsonSerializable(typeof(LicenceAnswer))]
[JsonSerializable(typeof(PropertyTransfer))]
[JsonSerializable(typeof(AccountReport))]
[JsonSerializable(typeof(AccountOrder))]
[JsonSerializable(typeof(TransferFeedback))]
[JsonSerializable(typeof(ConnectionApplication))]
[JsonSerializable(typeof(StageReport))]
[JsonSerializable(typeof(MatchDecision))]
[JsonSerializable(typeof(ServiceEvaluation))]
[JsonSerializable(typeof(ApplicationNotice))]
[JsonSerializable(typeof(Notice))]
[JsonSerializable(typeof(NoticeTaken))]
[JsonSerializable(typeof(OutageNotice))]
[JsonSerializable(typeof(OutageResults))]
[JsonSerializable(typeof(DeadlineWarning))]
[JsonSerializable(typeof(PermitApplication))]
[JsonSerializable(typeof(PermitItemReport))]
[JsonSerializable(typeof(PermitStep))]
[JsonSerializable(typeof(PermitOrder))]
[JsonSerializable(typeof(PermitResult))]
[JsonSerializable(typeof(PermitDelivery))]
[JsonSerializable(typeof(CreditReport))]
[JsonSerializable(typeof(LedgerReport))]
[JsonSerializable(typeof(IReadOnlyList<Warning>))]
public sealed partial class SchemasJson : JsonSerializerContext
{
    private static SchemasJson? readable;

    /// <summary>The context to use: as <see cref="Default"/>, with Chinese text left readable.</summary>
    // Not a static initialiser: the order of those is not defined across the files of a partial class.
    public static SchemasJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
