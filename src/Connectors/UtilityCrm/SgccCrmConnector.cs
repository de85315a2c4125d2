using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hub.Schemas;

namespace Hub.Connectors.UtilityCrm;

/// <summary>
/// A marketing system in the manner of State Grid: one gateway address, services told apart by a code, HTTP 200 for everything,
/// and a code in the answer that alone decides.
/// </summary>
// Invented for Hub after what public integrations of that kind have in common; no operator's interface paper was at hand.
internal sealed class SgccCrmConnector(ConnectorSettings settings, PartnerHttp http, TimeProvider clock) : IConnector
{
    private static readonly CodeTables Codes = CodeTables.Load("sgcc-codes.json");

    private readonly Uri gateway = new(settings.Address!.AbsoluteUri.TrimEnd('/') + "/gateway");
    private readonly byte[] secret = Encoding.UTF8.GetBytes(settings.Secret!);

    public bool CanBeAsked => true;

    public Task<Answer> DeliverAsync(Command command, CancellationToken cancellation) =>
        CallAsync(command, ServiceFor(command), DataOf(command), UnderstandDelivery, cancellation);

    public async Task<Answer> AskAsync(Command command, CancellationToken cancellation)
    {
        var question = JsonSerializer.SerializeToUtf8Bytes(new SgccQuestion { Serial = Serial(command) }, ConnectorsJson.Readable.SgccQuestion);
        return Dialect.OfQuestion(await CallAsync(command, Dialect.IsOfAccount(command) ? "YKBZ_GH_SERIAL" : "YKBZ_LX_QUERY", question, UnderstandQuestion, cancellation));
    }

    private Task<Answer> CallAsync(
        Command command, string service, byte[] data, Func<PartnerResponse, Answer> understand, CancellationToken cancellation) =>
        http.CallAsync(
            new PartnerCall(HttpMethod.Post, gateway)
            {
                Body = Envelope(service, Serial(command), data),
                Headers = [("User-Agent", Dialect.UserAgent), ("traceparent", command.TraceParent)],
            },
            understand,
            cancellation);

    /// <summary>0000 taken; 1002 had it already; other 1xxx our key, signature or clock; 2xxx the content; 9xxx their system.</summary>
    private static Answer UnderstandDelivery(PartnerResponse response) => Read(response) switch
    {
        null => PartnerHttp.ByStatus(response),
        { Code: "0000" or "1002" } reply => Answer.Taken(Reference(reply)) with { PartnerCode = reply.Code },
        { } reply => UnderstandFailure(reply.Code!),
    };

    /// <summary>0000 with the same serial: it has the command; 2404: it never saw it.</summary>
    private static Answer UnderstandQuestion(PartnerResponse response) => Read(response) switch
    {
        null => PartnerHttp.ByStatus(response),
        { Code: "0000", Data.Serial: { Length: > 0 } } reply => Answer.Taken(Reference(reply)) with { PartnerCode = reply.Code },
        { Code: "0000" } => Answer.Unknown(AnswerReasons.Unintelligible),
        { Code: "2404" } => Answer.Unavailable(AnswerReasons.NotSeen, "2404"),
        { } reply => UnderstandFailure(reply.Code!),
    };

    private static Answer UnderstandFailure(string code) => code[0] switch
    {
        '1' => Answer.Unavailable(AnswerReasons.Unauthorised, code),
        '2' => Answer.Refused(AnswerReasons.ContentRefused, code),
        '9' when code is "9001" => Answer.Unavailable(AnswerReasons.Throttled, code) with { Throttle = true },
        '9' => Answer.Unavailable(AnswerReasons.ServerError, code),
        _ => Answer.Unknown(AnswerReasons.Unintelligible) with { PartnerCode = code },
    };

    /// <summary>The reply, or null when there is none to go by: another status, no JSON, or no code of four digits.</summary>
    private static SgccReply? Read(PartnerResponse response) =>
        response.IsSuccess && ConnectorsJson.Read(response.Body, ConnectorsJson.Default.SgccReply) is { Code.Length: 4 } reply && reply.Code.All(char.IsAsciiDigit)
            ? reply
            : null;

    private static string? Reference(SgccReply reply) => Dialect.Reference(reply.Data?.LeadNo);

    private static string Serial(Command command) => command.Id.ToString("N");

    private static string ServiceFor(Command command) => command.Type switch
    {
        CommandTypes.LeadCreate => "YKBZ_LX_ADD",
        CommandTypes.LeadUpdate => "YKBZ_LX_UPD",
        CommandTypes.LeadWithdraw => "YKBZ_LX_CANCEL",
        CommandTypes.LicenceAnswer => "YKBZ_ZZ_JG",
        CommandTypes.AccountPrecheck => "YKBZ_GH_CHECK",
        CommandTypes.AccountTransfer => "YKBZ_GH_ADD",
        CommandTypes.AccountReverse => "YKBZ_GH_CANCEL",
        CommandTypes.AccountInquire => "YKBZ_GH_QUERY",
        _ when CommandTypes.Messages.Contains(command.Type) => "YKBZ_TY_MSG",
        _ => throw new InvalidOperationException($"Command {command.Id} is of type '{command.Type}', which this CRM has no service for."),
    };

    private static byte[] DataOf(Command command)
    {
        if (command.Type == CommandTypes.LicenceAnswer)
        {
            return JsonSerializer.SerializeToUtf8Bytes(SgccLicence.From(command, Dialect.ReadLicence(command)), ConnectorsJson.Readable.SgccLicence);
        }

        if (Dialect.IsOfAccount(command))
            return JsonSerializer.SerializeToUtf8Bytes(SgccAccountOrder.Of(command, Dialect.ReadOrder(command)), ConnectorsJson.Readable.SgccAccountOrder);
        if (CommandTypes.Messages.Contains(command.Type))
            return JsonSerializer.SerializeToUtf8Bytes(SgccMessage.Of(command), ConnectorsJson.Readable.SgccMessage);
        var lead = Dialect.ReadLead(command);
        return JsonSerializer.SerializeToUtf8Bytes(SgccLead.From(command, lead, new CodeTranslation(Codes)), ConnectorsJson.Readable.SgccLead);
    }

    private byte[] Envelope(string service, string serial, byte[] data)
    {
        // China has one time zone without summer time, and the gateway reads the time without an offset.
        var time = clock.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        using var stream = new MemoryStream(data.Length + 512);
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("serviceCode", service);
            writer.WriteString("bizSerialNo", serial);
            writer.WriteString("reqTime", time);
            writer.WriteString("appKey", settings.AppKey);
            writer.WriteString("sign", Sign(service, serial, time, data));
            writer.WritePropertyName("data");
            writer.WriteRawValue(data, skipInputValidation: true);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>HMAC-SHA256 in upper-case hexadecimal over the four envelope fields, each ended by a line feed, and the bytes of <c>data</c>.</summary>
    private string Sign(string service, string serial, string time, byte[] data)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{settings.AppKey}\n{service}\n{serial}\n{time}\n"), .. data];
        return Convert.ToHexString(HMACSHA256.HashData(secret, signed));
    }
}
