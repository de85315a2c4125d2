using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hub.Connectors.UtilityCrm;
using Hub.Schemas;

namespace Hub.Connectors.Municipal;

/// <summary>
/// A permit system of a city (综合受理窗口, 并联审批平台; S4 五(二)1, 六(三)), or of one of its departments: gets the items, withdrawals and warnings. HTTP 200 for everything; a code
/// decides. Results come as events, or are read from its list (<see cref="PublisherSettings.Permits"/>). The codes of a city are laid over ours by the settings.
/// </summary>
// Invented for Hub after what public integrations of that kind have in common; no window's interface paper was at hand.
internal sealed class PermitWindowConnector(ConnectorSettings settings, PartnerHttp http, TimeProvider clock) : IConnector
{
    private const string ApplyService = "sqfs";
    private const string WithdrawService = "sqch";
    private const string MessageService = "xxts";
    private const string QuestionService = "qqcx";

    private readonly CodeTables codes = CodeTables.Load("permit-codes.json").With(settings.Codes);
    private readonly string root = settings.Address!.AbsoluteUri.TrimEnd('/') + "/api/v1/wxsp/";
    private readonly byte[] secret = Encoding.UTF8.GetBytes(settings.Secret!);

    public bool CanBeAsked => true;

    public Task<Answer> DeliverAsync(Command command, CancellationToken cancellation) => command.Type switch
    {
        CommandTypes.PermitDistribute => CallAsync(command, ApplyService, OrderOf(command), UnderstandDelivery, cancellation),
        CommandTypes.PermitWithdraw => CallAsync(command, WithdrawService, OrderOf(command), UnderstandDelivery, cancellation),
        CommandTypes.DeadlineWarn => CallAsync(command, MessageService, MessageOf(command), UnderstandDelivery, cancellation),
        _ => throw new InvalidOperationException($"Command {command.Id} is of type '{command.Type}', which a permit window has no service for."),
    };

    public async Task<Answer> AskAsync(Command command, CancellationToken cancellation)
    {
        var number = command.Id.ToString("N");
        var question = JsonSerializer.SerializeToUtf8Bytes(new WindowQuestion { RequestNo = number }, WindowJson.Readable.WindowQuestion);
        return Dialect.OfQuestion(await CallAsync(command, QuestionService, question, response => UnderstandQuestion(response, number), cancellation));
    }

    private Task<Answer> CallAsync(Command command, string service, byte[] body, Func<PartnerResponse, Answer> understand, CancellationToken cancellation)
    {
        var time = clock.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var call = new PartnerCall(HttpMethod.Post, new Uri(root + service))
        {
            Body = body,
            Headers = [("User-Agent", Dialect.UserAgent), ("X-App-Key", settings.AppKey), ("X-Timestamp", time), ("X-Sign", Sign(service, time, body)), ("traceparent", command.TraceParent)],
        };
        return http.CallAsync(call, understand, cancellation);
    }

    /// <summary>0000 taken, 1002 had it already, both with its number; other 1xxx our key, signature or clock; 2xxx the content; 9001 too many; other 9xxx their system.</summary>
    private static Answer UnderstandDelivery(PartnerResponse response) => Read(response) switch
    {
        null => PartnerHttp.ByStatus(response),
        { Code: "0000" or "1002", Data.AcceptanceNo: { Length: > 0 } number } reply => Answer.Taken(Dialect.Reference(number)) with { PartnerCode = reply.Code },
        { } reply => UnderstandFailure(reply.Code!),
    };

    /// <summary>0000 with the number asked for: it has the request; 2404: it never saw it.</summary>
    private static Answer UnderstandQuestion(PartnerResponse response, string number) => Read(response) switch
    {
        null => PartnerHttp.ByStatus(response),
        { Code: "0000", Data: { } data } when data.RequestNo == number => Answer.Taken(Dialect.Reference(data.AcceptanceNo)) with { PartnerCode = "0000" },
        { Code: "2404" } => Answer.Unavailable(AnswerReasons.NotSeen, "2404"),
        { } reply => UnderstandFailure(reply.Code!),
    };

    private static Answer UnderstandFailure(string code) => code[0] switch
    {
        '1' when code is not "1002" => Answer.Unavailable(AnswerReasons.Unauthorised, code),
        '2' => Answer.Refused(AnswerReasons.ContentRefused, code),
        '9' when code is "9001" => Answer.Unavailable(AnswerReasons.Throttled, code) with { Throttle = true },
        '9' => Answer.Unavailable(AnswerReasons.ServerError, code),
        _ => Answer.Unknown(AnswerReasons.Unintelligible) with { PartnerCode = code },
    };

    /// <summary>The reply, or null when there is none to go by: another status, another character set, no JSON, a member twice, or no code of four digits.</summary>
    private static WindowReply? Read(PartnerResponse response)
    {
        try
        {
            return response.IsSuccess && System.Text.Unicode.Utf8.IsValid(response.Body.Span)
                && JsonSerializer.Deserialize(response.Body.Span, WindowJson.Default.WindowReply) is { Code.Length: 4 } reply && reply.Code.All(char.IsAsciiDigit)
                ? reply
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private byte[] OrderOf(Command command)
    {
        var order = JsonSerializer.Deserialize(command.Data.Span, SchemasJson.Default.PermitOrder) ?? throw new InvalidOperationException($"Command {command.Id} carries no permit order.");
        return JsonSerializer.SerializeToUtf8Bytes(WindowApplication.Of(command, order, new CodeTranslation(codes)), WindowJson.Readable.WindowApplication);
    }

    private static byte[] MessageOf(Command command) => JsonSerializer.SerializeToUtf8Bytes(
        new WindowMessage { RequestNo = command.Id.ToString("N"), Subject = command.Subject, Sequence = command.LaneSeq, Type = command.Type, Content = Dialect.ContentOf(command) },
        WindowJson.Readable.WindowMessage);

    /// <summary>HMAC-SHA256 in upper-case hexadecimal over key, service, time and body.</summary>
    private string Sign(string service, string time, byte[] body)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{settings.AppKey}\n{service}\n{time}\n"), .. body];
        return Convert.ToHexString(HMACSHA256.HashData(secret, signed));
    }
}
