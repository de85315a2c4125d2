using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Hub.Schemas;

namespace Hub.Connectors.UtilityCrm;

/// <summary>
/// Push to a utility that has a receiver of its own: a structured CloudEvent, signed by Standard Webhooks. Any 2xx is taken: the
/// standard gives the body no meaning, so an HTML page with 200 counts too; a receiver proves itself by its receipts.
/// </summary>
internal sealed class WebhookConnector(ConnectorSettings settings, PartnerHttp http, TimeProvider clock) : IBatchConnector
{
    private readonly WebhookSigner signer = new(settings);

    /// <summary>The standard has no such question; the receiver drops repeats by the id, which makes sending again safe.</summary>
    public bool CanBeAsked => false;

    public Task<Answer> DeliverAsync(Command command, CancellationToken cancellation)
    {
        var call = Call(
            CommandEvent.IdOf(command),
            CommandEvent.BodyOf(command),
            "application/cloudevents+json; charset=utf-8",
            ("X-Hub-Attempt", command.Attempt.ToString(CultureInfo.InvariantCulture)),
            ("X-Hub-Due", command.DueAt is { } due ? CommandEvent.Instant(due) : null),
            ("traceparent", command.TraceParent));
        return http.CallAsync(call, response => response.IsSuccess ? Answer.Taken() : PartnerHttp.ByStatus(response), cancellation);
    }

    public async Task<IReadOnlyList<Answer>> DeliverAsync(IReadOnlyList<Command> commands, CancellationToken cancellation)
    {
        WebhookReply[]? replies = null;
        var call = Call(BatchId(commands), CommandEvent.BatchOf(commands), "application/cloudevents-batch+json; charset=utf-8");
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
                ("webhook-signature", signer.Sign(id, timestamp, body)),
                ("User-Agent", Dialect.UserAgent),
                .. more,
            ],
        };
    }

    public Task<Answer> AskAsync(Command command, CancellationToken cancellation) =>
        throw new NotSupportedException($"Connector '{settings.Name}' cannot be asked about command {command.Id}.");

    /// <summary>The same for the same commands: the receiver tells repeats apart by the ids inside, this one only names the call.</summary>
    private static string BatchId(IReadOnlyList<Command> commands)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var command in commands)
            hash.AppendData(command.Id.ToByteArray(bigEndian: true));
        return "batch_" + Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }
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
