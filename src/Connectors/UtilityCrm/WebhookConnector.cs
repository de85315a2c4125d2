using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hub.Schemas;

namespace Hub.Connectors.UtilityCrm;

/// <summary>
/// Push to a utility that has a receiver of its own: a structured CloudEvent, signed by Standard Webhooks. Any 2xx is taken: the
/// standard gives the body no meaning, so an HTML page with 200 counts too; a receiver proves itself by its receipts.
/// </summary>
internal sealed class WebhookConnector(ConnectorSettings settings, PartnerHttp http, TimeProvider clock) : IConnector
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly byte[]? secret = settings.Secret is { } text && WebhookSignature.TryReadSecret(text, out var key) ? key : null;
    private readonly byte[]? seed = settings.PrivateKey is { } text && WebhookSignature.TryReadSeed(text, out var key) ? key : null;

    /// <summary>The standard has no such question; the receiver drops repeats by the id, which makes sending again safe.</summary>
    public bool CanBeAsked => false;

    public Task<Answer> DeliverAsync(Command command, CancellationToken cancellation)
    {
        var body = EventOf(command);
        var id = command.Id.ToString("D");
        var timestamp = clock.GetUtcNow().ToUnixTimeSeconds();
        var call = new PartnerCall(HttpMethod.Post, settings.Address!)
        {
            Body = body,
            ContentType = "application/cloudevents+json; charset=utf-8",
            Headers =
            [
                ("webhook-id", id),
                ("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture)),
                ("webhook-signature", Signatures(id, timestamp, body)),
                ("X-Hub-Attempt", command.Attempt.ToString(CultureInfo.InvariantCulture)),
                ("X-Hub-Due", command.DueAt is { } due ? Instant(due) : null),
                ("User-Agent", Dialect.UserAgent),
                ("traceparent", command.TraceParent),
            ],
        };
        return http.CallAsync(call, response => response.IsSuccess ? Answer.Taken() : PartnerHttp.ByStatus(response), cancellation);
    }

    public Task<Answer> AskAsync(Command command, CancellationToken cancellation) =>
        throw new NotSupportedException($"Connector '{settings.Name}' cannot be asked about command {command.Id}.");

    private string Signatures(string id, long timestamp, byte[] body) => string.Join(
        ' ',
        [
            .. seed is null ? Array.Empty<string>() : [WebhookSignature.SignV1a(seed, id, timestamp, body)],
            .. secret is null ? Array.Empty<string>() : [WebhookSignature.SignV1(secret, id, timestamp, body)],
        ]);

    /// <summary>The same bytes on every attempt: what differs between attempts stands in headers.</summary>
    private static byte[] EventOf(Command command)
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

    private static string Instant(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
