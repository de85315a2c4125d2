namespace Hub.Connectors;

/// <summary>Signs with every key the connector has: both while the receiver changes from one to the other.</summary>
public sealed class WebhookSigner(ConnectorSettings settings)
{
    private readonly byte[]? secret = settings.Secret is { } text && WebhookSignature.TryReadSecret(text, out var key) ? key : null;
    private readonly byte[]? seed = settings.PrivateKey is { } text && WebhookSignature.TryReadSeed(text, out var key) ? key : null;

    /// <returns>The list of <c>webhook-signature</c>, separated by spaces; null when the connector has no key.</returns>
    public string? Sign(string id, long timestamp, byte[] body)
    {
        string[] signatures =
        [
            .. seed is null ? Array.Empty<string>() : [WebhookSignature.SignV1a(seed, id, timestamp, body)],
            .. secret is null ? Array.Empty<string>() : [WebhookSignature.SignV1(secret, id, timestamp, body)],
        ];
        return signatures.Length == 0 ? null : string.Join(' ', signatures);
    }
}
