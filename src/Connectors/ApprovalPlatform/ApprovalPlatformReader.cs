using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using Hub.Connectors.Municipal;
using Hub.Connectors.UtilityCrm;
using Hub.Schemas;

namespace Hub.Connectors.ApprovalPlatform;

/// <summary>
/// Reads a provincial project approval platform (投资项目在线审批监管平台) that cannot push: a paged list of what changed since a moment, and one
/// record at a time where the list holds only a part of it. HTTP 200 for everything; a code in the answer decides. A real-estate register is asked in the same way
/// at addresses of its own, and its records have other fields.
/// </summary>
// Invented for Hub after what public integrations of that kind have in common: abbreviated pinyin names, Beijing time in whole seconds without an
// offset, page numbers and a total, a signed query. No platform's interface paper was at hand.
public sealed class ApprovalPlatformReader
{
    /// <summary>A page of a thousand long records.</summary>
    public const int ResponseBytesMax = 8 * 1024 * 1024;

    private readonly PublisherSettings settings;
    private readonly RecordDialect dialect;
    private readonly PartnerHttp http;
    private readonly TimeProvider clock;
    private readonly string root;
    private readonly byte[] secret;

    static ApprovalPlatformReader() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <param name="settings">Must have passed <see cref="PublisherSettings.Validate"/>.</param>
    /// <param name="handler">What makes the connections; stays the caller's to dispose.</param>
    /// <param name="clock">Time of signatures and limits.</param>
    public ApprovalPlatformReader(PublisherSettings settings, HttpMessageHandler handler, TimeProvider clock)
    {
        this.settings = settings;
        dialect = settings.Kind switch
        {
            PublisherSettings.Register => RegisterRecord.Dialect,
            PublisherSettings.Permits => PermitRecord.Dialect(settings.Codes),
            _ => PlatformRecord.Dialect,
        };
        this.clock = clock;
        http = new PartnerHttp(settings.Http, handler, clock, ResponseBytesMax);
        root = settings.Address!.AbsoluteUri.TrimEnd('/');
        secret = Encoding.UTF8.GetBytes(settings.Secret!);
        Breaker = new Breaker(settings.Breaker, clock);
    }

    public Breaker Breaker { get; }

    /// <summary>Connections for one platform, to be kept for the life of the process.</summary>
    public static SocketsHttpHandler CreateHandler(PublisherSettings settings) => PartnerHttp.CreateHandler(settings.Http);

    /// <summary>One page of what changed at <paramref name="from"/> or later, oldest change first.</summary>
    /// <param name="from">Whole seconds.</param>
    /// <param name="page">From 1.</param>
    /// <param name="cancellation">The hub stops.</param>
    /// <returns>The page, when the answer says taken.</returns>
    public async Task<(PlatformPage? Page, Answer Answer)> ListAsync(DateTimeOffset from, int page, CancellationToken cancellation)
    {
        PlatformPage? read = null;
        var query = string.Create(
            CultureInfo.InvariantCulture, $"{dialect.ListPath}?gxsjq={Uri.EscapeDataString(PlatformRecord.TimeText(from))}&pageNo={page}&pageSize={settings.PageSize}");
        var answer = await CallAsync(query, data => (read = PageOf(data)) is not null, cancellation);
        return (answer.Outcome is Outcome.Taken ? read : null, answer);
    }

    /// <summary>One whole record.</summary>
    /// <returns>The record, when the answer says taken; the reason <see cref="AnswerReasons.NotSeen"/> when the platform has no such record.</returns>
    public async Task<(PlatformRow? Row, Answer Answer)> RecordAsync(string recordNo, CancellationToken cancellation)
    {
        PlatformRow? read = null;
        // Of another record than was asked for is no answer.
        var answer = await CallAsync(
            $"{dialect.RecordPath}?xmid={Uri.EscapeDataString(recordNo)}",
            data => data.Record is { } record && (read = PlatformRecord.Read(record, dialect)) is { ChangedAt: not null } row && row.RecordNo == recordNo,
            cancellation);
        return (answer.Outcome is Outcome.Taken ? read : null, answer);
    }

    private Task<Answer> CallAsync(string query, Func<PlatformReplyData, bool> accept, CancellationToken cancellation)
    {
        var time = clock.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var call = new PartnerCall(HttpMethod.Get, new Uri(root + query))
        {
            Headers = [("User-Agent", Dialect.UserAgent), ("X-App-Key", settings.AppKey), ("X-Timestamp", time), ("X-Sign", Sign(time, query))],
        };
        return Breaker.RunAsync(token => http.CallAsync(call, response => Understand(response, accept), token), cancellation);
    }

    /// <summary>0000 the data; 4040 no such record; other 1xxx our key, signature or clock; 9xxx their system.</summary>
    private static Answer Understand(PartnerResponse response, Func<PlatformReplyData, bool> accept)
    {
        if (!response.IsSuccess)
        {
            return PartnerHttp.ByStatus(response);
        }

        var reply = Utf8Of(response) is { } body ? ConnectorsJson.Read(body, ConnectorsJson.Default.PlatformReply) : null;
        return reply?.Code switch
        {
            "0000" when reply.Data is { } data && accept(data) => Answer.Taken(),
            "4040" => Answer.Unavailable(AnswerReasons.NotSeen, "4040"),
            { Length: 4 } code when code[0] is '1' && code.All(char.IsAsciiDigit) => Answer.Unavailable(AnswerReasons.Unauthorised, code),
            { Length: 4 } code when code[0] is '9' && code.All(char.IsAsciiDigit) => Answer.Unavailable(AnswerReasons.ServerError, code),
            _ => Answer.Unavailable(AnswerReasons.Unintelligible, "200"),
        };
    }

    /// <summary>The body in UTF-8. What says that it is GBK is translated; what is neither is not guessed at, for a wrong guess would change names.</summary>
    private static ReadOnlyMemory<byte>? Utf8Of(PartnerResponse response)
    {
        var body = response.Body;
        if (Utf8.IsValid(body.Span))
        {
            return body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body;
        }

        if (response.Charset?.ToLowerInvariant() is not ("gbk" or "gb2312" or "gb18030"))
        {
            return null;
        }

        try
        {
            var gb18030 = Encoding.GetEncoding("GB18030", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
            return Encoding.UTF8.GetBytes(gb18030.GetString(body.Span));
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private PlatformPage? PageOf(PlatformReplyData data) =>
        data is { PageNo: { } number, PageSize: > 0 and { } size, Total: >= 0 and { } total, List: { } list } && PlatformRecord.TryTime(data.ServerTime, out var serverTime)
            ? new(number, size, total, serverTime, [.. list.Select(row => PlatformRecord.Read(row, dialect))])
            : null;

    private string Sign(string time, string query) =>
        Convert.ToHexString(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{settings.AppKey}\n{time}\n{query}")));
}
