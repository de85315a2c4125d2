using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hub.Schemas;

namespace Hub.Connectors.UtilityCrm;

/// <summary>
/// Push to a utility that has a receiver of its own: a structured CloudEvent, signed by Standard Webhooks. Any 2xx is taken: the
/// standard gives the body no meaning, so an HTML page with 200 counts too; a receiver proves itself by its receipts.
/// </summary>
internal sealed class WebhookConnector(ConnectorSettings settings, PartnerHttp http, TimeProvider clock) : IBatchConnector
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly byte[]? secret = settings.Secret is { } text && WebhookSignature.TryReadSecret(text, out var key) ? key : null;
    private readonly byte[]? seed = settings.PrivateKey is { } text && WebhookSignature.TryReadSeed(text, out var key) ? key : null;

    /// <summary>The standard has no such question; the receiver drops repeats by the id, which makes sending again safe.</summary>
    public bool CanBeAsked => false;

    public Task<Answer> DeliverAsync(Command command, CancellationToken cancellation)
    {
        var call = Call(
            command.Id.ToString("D"),
            EventOf(command),
            "application/cloudevents+json; charset=utf-8",
            ("X-Hub-Attempt", command.Attempt.ToString(CultureInfo.InvariantCulture)),
            ("X-Hub-Due", command.DueAt is { } due ? Instant(due) : null),
            ("traceparent", command.TraceParent));
        return http.CallAsync(call, response => response.IsSuccess ? Answer.Taken() : PartnerHttp.ByStatus(response), cancellation);
    }

    public async Task<IReadOnlyList<Answer>> DeliverAsync(IReadOnlyList<Command> commands, CancellationToken cancellation)
    {
        WebhookReply[]? replies = null;
        var call = Call(BatchId(commands), BatchOf(commands), "application/cloudevents-batch+json; charset=utf-8");
        var whole = await http.CallAsync(call, Understand, cancellation);

        // One of them may be what the partner cannot take; only alone can it be told which.
        if (whole.Outcome == Outcome.Refused)
            whole = whole with { Outcome = Outcome.Unavailable, Reason = AnswerReasons.BatchRefused };
        return [.. commands.Select(command => replies is null ? whole : Of(command, whole, replies))];

        Answer Understand(PartnerResponse response)
        {
            if (!response.IsSuccess)
                return PartnerHttp.ByStatus(response);

            // Without a list of its own the status speaks for all, as it does for one.
            replies = ConnectorsJson.Read(response.Body, ConnectorsJson.Default.WebhookReplyArray);
            return Answer.Taken();
        }
    }

    /// <summary>One command's own answer; one that the partner does not name may have had its effect or not.</summary>
    private static Answer Of(Command command, Answer whole, WebhookReply[] replies)
    {
        if (Array.Find(replies, reply => reply.Id == command.Id) is not { Status: { } status } own)
            return Answer.Unknown(AnswerReasons.Unintelligible) with { RequestDigest = whole.RequestDigest, Elapsed = whole.Elapsed };
        var answer = status is >= 200 and < 300
            ? Answer.Taken()
            : PartnerHttp.ByStatus(new PartnerResponse { Status = status, RetryAfter = PartnerHttp.Limited(own.RetryAfter) });
        return answer with
        {
            RequestDigest = whole.RequestDigest,
            Elapsed = whole.Elapsed,
            ResponseBody = JsonSerializer.SerializeToUtf8Bytes(own, ConnectorsJson.Default.WebhookReply),
        };
    }

    private PartnerCall Call(string id, byte[] body, string contentType, params ReadOnlySpan<(string Name, string? Value)> more)
    {
        var timestamp = clock.GetUtcNow().ToUnixTimeSeconds();
        return new(HttpMethod.Post, settings.Address!)
        {
            Body = body,
            ContentType = contentType,
            Headers =
            [
                ("webhook-id", id),
                ("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture)),
                ("webhook-signature", Signatures(id, timestamp, body)),
                ("User-Agent", Dialect.UserAgent),
                .. more,
            ],
        };
    }

    public Task<Answer> AskAsync(Command command, CancellationToken cancellation) =>
        throw new NotSupportedException($"Connector '{settings.Name}' cannot be asked about command {command.Id}.");

    private string Signatures(string id, long timestamp, byte[] body) => string.Join(
        ' ',
        [
            .. seed is null ? Array.Empty<string>() : [WebhookSignature.SignV1a(seed, id, timestamp, body)],
            .. secret is null ? Array.Empty<string>() : [WebhookSignature.SignV1(secret, id, timestamp, body)],
        ]);

    /// <summary>The same for the same commands: the receiver tells repeats apart by the ids inside, this one only names the call.</summary>
    private static string BatchId(IReadOnlyList<Command> commands)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var command in commands)
            hash.AppendData(command.Id.ToByteArray(bigEndian: true));
        return "batch_" + Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }

    /// <summary>The same bytes on every attempt: what differs between attempts stands in headers.</summary>
    private static byte[] EventOf(Command command)
    {
        var buffer = new ArrayBufferWriter<byte>(command.Data.Length + 1024);
        using (var writer = new Utf8JsonWriter(buffer, Readable))
            Write(writer, command);
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] BatchOf(IReadOnlyList<Command> commands)
    {
        var buffer = new ArrayBufferWriter<byte>(commands.Sum(command => command.Data.Length + 1024));
        using (var writer = new Utf8JsonWriter(buffer, Readable))
        {
            writer.WriteStartArray();
            foreach (var command in commands)
                Write(writer, command);
            writer.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, Command command)
    {
        writer.WriteStartObject();
        writer.WriteString("specversion"u8, "1.0"u8);
        writer.WriteString("id"u8, command.Id);
        writer.WriteString("source"u8, "urn:hub"u8);
        writer.WriteString("type"u8, command.CauseType);
        writer.WriteString("subject"u8, command.Subject);
        writer.WriteString("partitionkey"u8, command.Subject);
        writer.WriteString("time"u8, Instant(command.OccurredAt));
        writer.WriteString("recordedtime"u8, Instant(command.RecordedAt));
        writer.WriteString("sequence"u8, command.LaneSeq.ToString("D10", CultureInfo.InvariantCulture));
        writer.WriteString("causationid"u8, command.CauseId);
        writer.WriteString("hubcommand"u8, command.Type);
        writer.WriteString("datacontenttype"u8, "application/json"u8);
        writer.WritePropertyName("data"u8);
        // The engine's own bytes, valid by construction.
        writer.WriteRawValue(command.Data.Span, skipInputValidation: true);
        writer.WriteEndObject();
    }

    private static string Instant(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}

/// <summary>One line of a receiver's answer to a batch.</summary>
internal sealed record WebhookReply
{
    /// <summary>The event's <c>id</c>.</summary>
    public Guid? Id { get; init; }

    /// <summary>What the receiver would have answered to it alone, an HTTP status.</summary>
    public int? Status { get; init; }

    /// <summary>Seconds the receiver asks for before the next try.</summary>
    public double? RetryAfter { get; init; }
}
