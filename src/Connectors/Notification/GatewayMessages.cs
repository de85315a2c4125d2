using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Schemas;

namespace Hub.Connectors.Notification;

/// <summary>A notice in the gateway's words.</summary>
internal sealed record GatewayRequest
{
    /// <summary>The same on every attempt.</summary>
    public required string RequestNo { get; init; }

    /// <summary>Of the case; messages of one business reach the gateway in the order of <see cref="Sequence"/>.</summary>
    public required string BusinessNo { get; init; }
    public required long Sequence { get; init; }

    /// <summary>Comes back in the results.</summary>
    public required string Reference { get; init; }
    public required string TemplateId { get; init; }
    public string? Channel { get; init; }

    /// <summary>What the template names; always with the whole text, textZh and textEn.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }
    public required IReadOnlyList<GatewayReceiver> Receivers { get; init; }
    public string? ReceiversQuery { get; init; }
    public IReadOnlyList<string>? ReceiversOf { get; init; }

    public static GatewayRequest Of(Command command, Notice notice) => new()
    {
        RequestNo = command.Id.ToString("D"),
        BusinessNo = command.Subject,
        Sequence = command.LaneSeq,
        Reference = notice.Reference,
        TemplateId = notice.Kind,
        Channel = notice.Channel,
        Parameters = new Dictionary<string, string>(notice.Parameters ?? new Dictionary<string, string>(), StringComparer.Ordinal) { ["textZh"] = notice.TextZh, ["textEn"] = notice.TextEn },
        Receivers = [.. notice.To.Select((to, place) => new GatewayReceiver(place, to.Role, to.Name, to.Mobile, to.AccountNo))],
        ReceiversQuery = notice.AccountsQueryRef,
        ReceiversOf = notice.ToldBy,
    };
}

/// <param name="No">Place in the list, from 0: the answer names receivers by it, so no number of a person stands there.</param>
internal sealed record GatewayReceiver(int No, string Role, string? Name, string? Mobile, string? AccountNo);

/// <summary>The gateway's answer; its free text is not read.</summary>
internal sealed record GatewayReply
{
    public string? RequestNo { get; init; }
    public string? BatchNo { get; init; }
    public IReadOnlyList<GatewayReceiverReply?>? Receivers { get; init; }
    public GatewayError? Error { get; init; }
}

internal sealed record GatewayReceiverReply
{
    public int? No { get; init; }

    /// <summary>ACCEPTED or REJECTED.</summary>
    public string? State { get; init; }
}

internal sealed record GatewayError
{
    public string? Code { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, AllowDuplicateProperties = false, MaxDepth = 16)]
[JsonSerializable(typeof(GatewayRequest))]
[JsonSerializable(typeof(GatewayReply))]
internal sealed partial class GatewayJson : JsonSerializerContext
{
    private static GatewayJson? readable;

    public static GatewayJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
