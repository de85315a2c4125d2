using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Hub.Connectors;

/// <summary>What a receiver said when it was asked whether it wants our calls.</summary>
public enum ReceiverConsent
{
    /// <summary>It named us, or everybody, in <c>WebHook-Allowed-Origin</c>.</summary>
    Agreed,

    /// <summary>It shows the code that only its administrator was given.</summary>
    ShowsCode,

    /// <summary>It allows somebody else.</summary>
    AllowsOthers,

    /// <summary>It allows fewer calls than the connector would make.</summary>
    AllowsFewer,

    /// <summary>It answered, but neither agreed nor shows the code: whoever it belongs to has not asked for us.</summary>
    Silent,

    /// <summary>Nobody answers there.</summary>
    Unreachable,
}

/// <param name="Said">See <see cref="ReceiverConsent"/>.</param>
/// <param name="RatePerMinute">The calls it allows; null: it named no limit.</param>
public sealed record HandshakeResult(ReceiverConsent Said, int? RatePerMinute = null)
{
    public bool IsProof => Said is ReceiverConsent.Agreed or ReceiverConsent.ShowsCode;
}

/// <summary>
/// Asks a receiver for its consent before it gets any data (CloudEvents, HTTP 1.1 Web Hooks, section 4): a question by OPTIONS, and for a receiver that cannot
/// answer one, a code that its administrator puts under a well-known path of the same host.
/// </summary>
public static class WebhookHandshake
{
    public const string CodePath = "/.well-known/hub-webhook-code";

    private const int CodeBytesMax = 256;

    /// <param name="settings">Of the webhook; its rate is asked for.</param>
    /// <param name="origin">The name we go by.</param>
    /// <param name="code">What the receiver's administrator was told.</param>
    /// <param name="reach">Which addresses may be called.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public static async Task<HandshakeResult> AskAsync(ConnectorSettings settings, string origin, string code, Reach reach, CancellationToken cancellation)
    {
        using var handler = PartnerHttp.CreateHandler(settings, reach);
        using var http = new HttpMessageInvoker(handler);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(settings.TimeoutSeconds));
        try
        {
            return await OptionsAsync(http, settings, origin, limit.Token) ?? new(await ShowsCodeAsync(http, new Uri(settings.Address!, CodePath), code, limit.Token) ? ReceiverConsent.ShowsCode : ReceiverConsent.Silent);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException || (fault is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return new(ReceiverConsent.Unreachable);
        }
    }

    /// <returns>Null when it says nothing about it.</returns>
    private static async Task<HandshakeResult?> OptionsAsync(HttpMessageInvoker http, ConnectorSettings settings, string origin, CancellationToken cancellation)
    {
        using var question = new HttpRequestMessage(HttpMethod.Options, settings.Address);
        question.Headers.TryAddWithoutValidation("WebHook-Request-Origin", origin);
        if (settings.RatePerSecond > 0)
            question.Headers.TryAddWithoutValidation("WebHook-Request-Rate", Math.Ceiling(settings.RatePerSecond * 60).ToString(CultureInfo.InvariantCulture));
        using var answer = await http.SendAsync(question, cancellation);

        // The status alone is no consent: many servers answer every OPTIONS with 200.
        if (Header(answer, "WebHook-Allowed-Origin") is not { } allowed)
            return null;
        if (allowed != "*" && !allowed.Equals(origin, StringComparison.OrdinalIgnoreCase))
            return new(ReceiverConsent.AllowsOthers);
        if (!int.TryParse(Header(answer, "WebHook-Allowed-Rate"), NumberStyles.None, CultureInfo.InvariantCulture, out var rate))
            return new(ReceiverConsent.Agreed);
        return new(settings.RatePerSecond > 0 && settings.RatePerSecond * 60 <= rate ? ReceiverConsent.Agreed : ReceiverConsent.AllowsFewer, rate);
    }

    private static async Task<bool> ShowsCodeAsync(HttpMessageInvoker http, Uri place, string code, CancellationToken cancellation)
    {
        using var question = new HttpRequestMessage(HttpMethod.Get, place);
        using var answer = await http.SendAsync(question, cancellation);
        if (!answer.IsSuccessStatusCode)
            return false;
        var bytes = new byte[CodeBytesMax];
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes, 0, length).Trim()), Encoding.UTF8.GetBytes(code));
    }

    private static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? values.First().Trim() : null;
}
