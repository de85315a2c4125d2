using System.Globalization;
using Hub.Connectors.UtilityCrm;
using Hub.Schemas;

namespace Hub.Connectors;

/// <summary>Signs with every key the connector has: both while the receiver changes from one to the other.</summary>
public sealed class WebhookSigner(ConnectorSettings settings)
{
    private readonly byte[]? secret = settings.Secret is { } text && WebhookSignature.TryReadSecret(text, out var key) ? key : null;
    private readonly byte[]? seed = settings.PrivateKey is { } text && WebhookSignature.TryReadSeed(text, out var key) ? key : null;
    private readonly byte[]? formerSecret = settings.FormerSecret is { } text && WebhookSignature.TryReadSecret(text, out var key) ? key : null;
    private readonly byte[]? formerSeed = settings.FormerPrivateKey is { } text && WebhookSignature.TryReadSeed(text, out var key) ? key : null;

    /// <summary>What stands beside one command's body on its way, by webhook or by queue; a null value is left out.</summary>
    internal (string Name, string? Value)[] HeadersOf(Command command, byte[] body, DateTimeOffset now)
    {
        var id = CommandEvent.IdOf(command);
        var timestamp = now.ToUnixTimeSeconds();
        return
        [
            ("webhook-id", id),
            ("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture)),
            ("webhook-signature", Sign(id, timestamp, body)),
            ("X-Hub-Attempt", command.Attempt.ToString(CultureInfo.InvariantCulture)),
            ("X-Hub-Due", command.DueAt is { } due ? CommandEvent.Instant(due) : null),
            ("traceparent", command.TraceParent),
        ];
    }

    /// <returns>The list of <c>webhook-signature</c>, separated by spaces; null when the connector has no key.</returns>
    public string? Sign(string id, long timestamp, byte[] body)
    {
        // Both while the receiver changes from one to the other; the present key first.
        var former = settings.FormerUntil is { } until && timestamp < until.ToUnixTimeSeconds();
        string[] signatures =
        [
            .. seed is null ? Array.Empty<string>() : [WebhookSignature.SignV1a(seed, id, timestamp, body)],
            .. secret is null ? Array.Empty<string>() : [WebhookSignature.SignV1(secret, id, timestamp, body)],
            .. !former || formerSeed is null ? Array.Empty<string>() : [WebhookSignature.SignV1a(formerSeed, id, timestamp, body)],
            .. !former || formerSecret is null ? Array.Empty<string>() : [WebhookSignature.SignV1(formerSecret, id, timestamp, body)],
        ];
        return signatures.Length == 0 ? null : string.Join(' ', signatures);
    }
}
