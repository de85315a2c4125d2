using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Hub.Schemas;

namespace Hub.Connectors;

/// <summary>
/// The one place that calls partners: limits, digest and the meaning of what the transport says. A dialect only says what an
/// answer that arrived means.
/// </summary>
public sealed class PartnerHttp(ConnectorSettings settings, HttpMessageHandler handler, TimeProvider clock, int bodyBytesMax = PartnerHttp.ResponseBytesMax)
{
    public const int ResponseBytesMax = 64 * 1024;

    public static readonly TimeSpan RetryAfterMax = TimeSpan.FromHours(6);

    private readonly HttpMessageInvoker invoker = new(handler, disposeHandler: false);

    /// <summary>Connections for one partner. Redirects are never followed, nothing is unpacked, no cookie is kept.</summary>
    /// <param name="settings">Limits.</param>
    /// <param name="reach">Which addresses may be called; null: any.</param>
    public static SocketsHttpHandler CreateHandler(ConnectorSettings settings, Reach? reach = null) => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        // A proxy's 502 would be read as the partner's word.
        UseProxy = false,
        // The trace context goes out as the dialect writes it, or not at all.
        ActivityHeadersPropagator = null,
        ConnectCallback = reach is { } limit ? (context, cancellation) => Addresses.ConnectAsync(limit, context.DnsEndPoint, cancellation) : null,
        ConnectTimeout = TimeSpan.FromSeconds(settings.ConnectTimeoutSeconds),
        MaxConnectionsPerServer = settings.Workers,
        MaxResponseDrainSize = ResponseBytesMax,
        // A partner that moves to another address is found again without a restart.
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
    };

    /// <summary>Makes one call. Throws only when <paramref name="cancellation"/> is set: everything a partner or a network does is an answer.</summary>
    /// <param name="call">What to send.</param>
    /// <param name="understand">What an answer that arrived whole means in this dialect.</param>
    /// <param name="cancellation">The hub stops.</param>
    public async Task<Answer> CallAsync(PartnerCall call, Func<PartnerResponse, Answer> understand, CancellationToken cancellation)
    {
        var started = clock.GetTimestamp();
        var answer = await AttemptAsync(call, understand, cancellation);
        return answer with
        {
            RequestDigest = call.Began ? SHA256.HashData(call.Body.Span) : ReadOnlyMemory<byte>.Empty,
            Elapsed = clock.GetElapsedTime(started),
        };
    }

    /// <summary>What a status means where the dialect has no word of its own about it.</summary>
    public static Answer ByStatus(PartnerResponse response)
    {
        var code = response.Status.ToString(CultureInfo.InvariantCulture);
        return response.Status switch
        {
            >= 200 and < 300 => Answer.Unknown(AnswerReasons.Unintelligible) with { PartnerCode = code },
            >= 300 and < 400 => Answer.Unavailable(AnswerReasons.Redirected, code),
            401 or 403 => Answer.Unavailable(AnswerReasons.Unauthorised, code),
            404 or 405 => Answer.Unavailable(AnswerReasons.NotFound, code),
            410 => Answer.Unavailable(AnswerReasons.Gone, code) with { StopConnector = true },
            429 or 503 => Answer.Unavailable(AnswerReasons.Throttled, code) with { Throttle = true, RetryAfter = response.RetryAfter },
            502 or 504 => Answer.Unavailable(AnswerReasons.ServerError, code) with { Throttle = true },
            408 or 425 or (>= 500 and < 600) => Answer.Unavailable(AnswerReasons.ServerError, code),
            // 400, 413, 415, 422 and what else blames the request: the same again cannot help.
            >= 400 and < 500 => Answer.Refused(AnswerReasons.ContentRefused, code),
            _ => Answer.Unknown(AnswerReasons.Unintelligible) with { PartnerCode = code },
        };
    }

    private async Task<Answer> AttemptAsync(PartnerCall call, Func<PartnerResponse, Answer> understand, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(settings.TimeoutSeconds), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            using var message = await SendAsync(call, either.Token);
            var response = await ReadAsync(message, either.Token);
            return Judge(response, understand) with { ResponseBody = response.Body };
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return call.MayHaveLeft(connectionFailed: false) ? Answer.Unknown(AnswerReasons.TimedOut) : Answer.Unavailable(AnswerReasons.Unreachable);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            var connectionFailed = fault is HttpRequestException
            {
                HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError,
            };
            return call.MayHaveLeft(connectionFailed) ? Answer.Unknown(AnswerReasons.ConnectionLost) : Answer.Unavailable(AnswerReasons.Unreachable);
        }
    }

    // Tried again at once and once, and only when nothing has left us: waiting belongs to the ledger's schedule.
    private async Task<HttpResponseMessage> SendAsync(PartnerCall call, CancellationToken cancellation)
    {
        try
        {
            return await invoker.SendAsync(call.ToMessage(), cancellation);
        }
        catch (HttpRequestException fault) when (fault.HttpRequestError == HttpRequestError.ConnectionError && !call.Began)
        {
            return await invoker.SendAsync(call.ToMessage(), cancellation);
        }
    }

    private async Task<PartnerResponse> ReadAsync(HttpResponseMessage message, CancellationToken cancellation)
    {
        var response = new PartnerResponse
        {
            Status = (int)message.StatusCode,
            RetryAfter = ReadRetryAfter(message.Headers, clock.GetUtcNow()),
            Delivery = message.Headers.TryGetValues("webhook-delivery", out var words) ? words.First().Trim() : null,
            Charset = message.Content.Headers.ContentType?.CharSet?.Trim('"'),
        };
        try
        {
            return response with { Body = await ReadBodyAsync(message.Content, bodyBytesMax, cancellation) };
        }
        catch (Exception fault) when (!message.IsSuccessStatusCode && fault is HttpRequestException or IOException or OperationCanceledException)
        {
            // The status already says that nothing was taken; the rest of the body would add nothing.
            return response;
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContent content, int max, CancellationToken cancellation)
    {
        // Many say no length and send nothing: a buffer of their own for each of them was most of what a push allocated.
        var limit = (int)Math.Clamp(content.Headers.ContentLength ?? max, 0, max);
        var buffer = ArrayPool<byte>.Shared.Rent(limit);
        try
        {
            await using var stream = await content.ReadAsStreamAsync(cancellation);
            var length = await stream.ReadAtLeastAsync(buffer.AsMemory(0, limit), limit, throwOnEndOfStream: false, cancellation);
            return buffer.AsSpan(0, length).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static Answer Judge(PartnerResponse response, Func<PartnerResponse, Answer> understand) => response.Delivery switch
    {
        "abort-message" => Answer.Refused(AnswerReasons.Aborted, response.Status.ToString(CultureInfo.InvariantCulture)),
        "disable" => understand(response) with { StopConnector = true },
        _ => understand(response),
    };

    private static TimeSpan? ReadRetryAfter(HttpResponseHeaders headers, DateTimeOffset now)
    {
        var text = headers.NonValidated.TryGetValues("Retry-After", out var values) ? values.ToString().Trim() : "";
        var wait = text switch
        {
            "" => (TimeSpan?)null,
            _ when text.All(char.IsAsciiDigit) => long.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds < RetryAfterMax.TotalSeconds
                ? TimeSpan.FromSeconds(seconds)
                : RetryAfterMax,
            _ => RetryConditionHeaderValue.TryParse(text, out var value) ? value.Date - now : null,
        };
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait > RetryAfterMax ? RetryAfterMax : wait;
    }

    /// <summary>A wait in seconds as a partner may name it in a body; null when it is none.</summary>
    internal static TimeSpan? Limited(double? seconds) =>
        seconds is >= 0 ? TimeSpan.FromSeconds(Math.Min(seconds.Value, RetryAfterMax.TotalSeconds)) : null;
}

/// <summary>One request to a partner; used for one call only.</summary>
public sealed class PartnerCall(HttpMethod method, Uri address)
{
    /// <summary>The bytes as they are signed, digested and sent; empty for a question without a body.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    public string ContentType { get; init; } = "application/json; charset=utf-8";

    /// <summary>Header names and values; a null value is left out.</summary>
    public IReadOnlyList<(string Name, string? Value)> Headers { get; init; } = [];

    /// <summary>True from the moment the body began to leave: from here on the partner may have it.</summary>
    public bool Began { get; private set; }

    internal bool MayHaveLeft(bool connectionFailed) => Body.IsEmpty ? !connectionFailed : Began;

    internal HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(method, address) { Content = Body.IsEmpty ? null : new WatchedContent(this) };
        foreach (var (name, value) in Headers)
        {
            if (value is not null)
            {
                message.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return message;
    }

    /// <summary>Notes the moment of leaving, which no exception of the transport tells reliably.</summary>
    private sealed class WatchedContent : HttpContent
    {
        private readonly PartnerCall call;

        public WatchedContent(PartnerCall call)
        {
            this.call = call;
            Headers.TryAddWithoutValidation("Content-Type", call.ContentType);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            call.Began = true;
            return stream.WriteAsync(call.Body, cancellationToken).AsTask();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = call.Body.Length;
            return true;
        }
    }
}

/// <summary>What came back, before anyone said what it means.</summary>
public sealed record PartnerResponse
{
    public required int Status { get; init; }

    /// <summary>At most <see cref="PartnerHttp.ResponseBytesMax"/> bytes, or what else was set; what was longer is cut, so that it no longer parses.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The wait asked for, between zero and <see cref="PartnerHttp.RetryAfterMax"/>; null when none or not readable.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Header <c>webhook-delivery</c>: the receiver's own word about this message or all of them.</summary>
    public string? Delivery { get; init; }

    /// <summary>The character set the partner says it writes; null when it does not say.</summary>
    public string? Charset { get; init; }

    public bool IsSuccess => Status is >= 200 and < 300;
}
