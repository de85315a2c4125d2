using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Hub.Connectors.UtilityCrm;
using Hub.Schemas;

namespace Hub.Connectors.LicenceLibrary;

/// <summary>
/// A library of e-licences (电子证照库), or another source that verifies them (S1 三.2: identity cards, real-estate registration, business licences, approvals,
/// permits): asked by holder and type. One family for all of them; which type is asked where, the policy packs say. HTTP 200 for everything; a code decides.
/// </summary>
// Invented for Hub after what public integrations of that kind have in common (holderCode, holderTypeCode, certTypeCode, useCause); no library's interface paper was
// at hand.
internal sealed class LicenceLibraryConnector(ConnectorSettings settings, PartnerHttp http, TimeProvider clock) : IConnector
{
    private readonly Uri address = new(settings.Address!.AbsoluteUri.TrimEnd('/') + "/api/v1/cert/query");
    private readonly byte[] secret = Encoding.UTF8.GetBytes(settings.Secret!);

    /// <summary>A question has no effect: whether an earlier one arrived is of no interest.</summary>
    public bool CanBeAsked => false;

    public async Task<Answer> DeliverAsync(Command command, CancellationToken cancellation)
    {
        if (command.Type != CommandTypes.LicenceQuery)
        {
            throw new InvalidOperationException($"Command {command.Id} is of type '{command.Type}', which a licence library has no service for.");
        }

        // It lay in a queue for so long that its caller was told otherwise: what nobody waits for is not read.
        if (command.DueAt <= clock.GetUtcNow())
        {
            return Answer.Unavailable(AnswerReasons.Lapsed);
        }

        var question = JsonSerializer.Deserialize(command.Data.Span, SchemasJson.Default.LicenceQuestion) ?? throw new InvalidOperationException($"Command {command.Id} carries no question.");
        var body = JsonSerializer.SerializeToUtf8Bytes(LibraryRequest.Of(command, question), LibraryJson.Readable.LibraryRequest);
        var time = clock.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var call = new PartnerCall(HttpMethod.Post, address)
        {
            Body = body,
            Headers = [("User-Agent", Dialect.UserAgent), ("X-App-Key", settings.AppKey), ("X-Timestamp", time), ("X-Sign", Sign(time, body)), ("traceparent", command.TraceParent)],
        };
        var answer = await http.CallAsync(call, response => Understand(response, question), cancellation);

        // The bytes may be of a person, even of another one than was asked for: their digest is kept, they are not.
        return answer with { ResponseBody = default, PartnerReference = answer.ResponseBody.IsEmpty ? null : $"sha-256 {Convert.ToHexStringLower(SHA256.HashData(answer.ResponseBody.Span))}" };
    }

    public Task<Answer> AskAsync(Command command, CancellationToken cancellation) =>
        throw new NotSupportedException($"Connector '{settings.Name}' cannot be asked about command {command.Id}.");

    /// <summary>0000 a record; 4040 none; other 1xxx our key, signature or clock; 2xxx the content; 9001 too many; other 9xxx their system.</summary>
    private static Answer Understand(PartnerResponse response, LicenceQuestion question)
    {
        if (!response.IsSuccess)
        {
            return PartnerHttp.ByStatus(response);
        }

        return Read(response.Body) switch
        {
            { Code: "0000", Data: { } data } => data.Finding(question) is { } finding ? Found(finding, "0000") : Unintelligible("0000"),
            { Code: "4040" } => Found(new() { Result = LicenceResults.NotFound }, "4040"),
            { Code: "9001" } => Answer.Unavailable(AnswerReasons.Throttled, "9001") with { Throttle = true },
            { Code: { Length: 4 } code } when code.All(char.IsAsciiDigit) => code[0] switch
            {
                '1' => Answer.Unavailable(AnswerReasons.Unauthorised, code),
                '2' => Answer.Refused(AnswerReasons.ContentRefused, code),
                '9' => Answer.Unavailable(AnswerReasons.ServerError, code),
                _ => Unintelligible(code),
            },
            _ => Unintelligible("200"),
        };
    }

    private static Answer Found(LicenceFinding finding, string code) =>
        Answer.Taken() with { PartnerCode = code, Content = JsonSerializer.SerializeToUtf8Bytes(finding, SchemasJson.Readable.LicenceFinding) };

    private static Answer Unintelligible(string code) => Answer.Unknown(AnswerReasons.Unintelligible) with { PartnerCode = code };

    /// <summary>Null when it is no such document; nothing is guessed at, whatever it is instead (a page, GBK, a BOM, a member twice).</summary>
    private static LibraryReply? Read(ReadOnlyMemory<byte> body)
    {
        if (!Utf8.IsValid(body.Span))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(body.Span, LibraryJson.Default.LibraryReply);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>HMAC-SHA256 in upper-case hexadecimal over key, time and body.</summary>
    private string Sign(string time, byte[] body)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{settings.AppKey}\n{time}\n"), .. body];
        return Convert.ToHexString(HMACSHA256.HashData(secret, signed));
    }
}
