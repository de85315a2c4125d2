using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hub.Schemas;

namespace Hub.Connectors.UtilityCrm;

/// <summary>What a webhook and a queue are sent alike: a structured CloudEvent, signed by Standard Webhooks.</summary>
internal sealed class SignedEvent(ConnectorSettings settings, TimeProvider clock)
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly byte[]? secret = settings.Secret is { } text && WebhookSignature.TryReadSecret(text, out var key) ? key : null;
    private readonly byte[]? seed = settings.PrivateKey is { } text && WebhookSignature.TryReadSeed(text, out var key) ? key : null;

    /// <summary>The headers of this attempt; a null value is left out.</summary>
    public IReadOnlyList<(string Name, string? Value)> Headers(Command command, byte[] body)
    {
        var id = command.Id.ToString("D");
        var timestamp = clock.GetUtcNow().ToUnixTimeSeconds();
        return
        [
            ("webhook-id", id),
            ("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture)),
            ("webhook-signature", Signatures(id, timestamp, body)),
            ("X-Hub-Attempt", command.Attempt.ToString(CultureInfo.InvariantCulture)),
            ("X-Hub-Due", command.DueAt is { } due ? Instant(due) : null),
            ("traceparent", command.TraceParent),
        ];
    }

    /// <summary>The same bytes on every attempt: what differs between attempts stands in headers.</summary>
    public static byte[] Body(Command command)
    {
        using var stream = new MemoryStream(command.Data.Length + 1024);
        using (var writer = new Utf8JsonWriter(stream, Readable))
        {
            writer.WriteStartObject();
            writer.WriteString("specversion", "1.0");
            writer.WriteString("id", command.Id.ToString("D"));
            writer.WriteString("source", "urn:hub");
            writer.WriteString("type", command.CauseType);
            writer.WriteString("subject", command.Subject);
            writer.WriteString("partitionkey", command.Subject);
            writer.WriteString("time", Instant(command.OccurredAt));
            writer.WriteString("recordedtime", Instant(command.RecordedAt));
            writer.WriteString("sequence", command.LaneSeq.ToString("D10", CultureInfo.InvariantCulture));
            writer.WriteString("causationid", command.CauseId.ToString("D"));
            writer.WriteString("hubcommand", command.Type);
            writer.WriteString("datacontenttype", "application/json");
            writer.WritePropertyName("data");
            writer.WriteRawValue(command.Data.Span);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private string Signatures(string id, long timestamp, byte[] body) => string.Join(
        ' ',
        [
            .. seed is null ? Array.Empty<string>() : [WebhookSignature.SignV1a(seed, id, timestamp, body)],
            .. secret is null ? Array.Empty<string>() : [WebhookSignature.SignV1(secret, id, timestamp, body)],
        ]);

    private static string Instant(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
