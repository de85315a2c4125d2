using System.Text.Json;
using System.Text.Unicode;
using Hub.Connectors.UtilityCrm;
using Hub.Schemas;

namespace Hub.Connectors.Notification;

/// <summary>
/// A gateway that tells people something, by short message, app or WeChat (S1 三.10, S2 二(二)8): JSON over HTTP, real statuses, a bearer token, one request for many
/// receivers with an answer for each. It drops repeats by the request's number, and can be asked for it.
/// </summary>
// Invented for Hub after what such gateways have in common (template, parameters, list of receivers); no vendor's interface paper was at hand.
internal sealed class NotificationConnector(ConnectorSettings settings, PartnerHttp http) : IConnector
{
    private readonly string root = settings.Address!.AbsoluteUri.TrimEnd('/') + "/api/v1/messages";

    public bool CanBeAsked => true;

    public Task<Answer> DeliverAsync(Command command, CancellationToken cancellation)
    {
        if (command.Type != CommandTypes.NoticeSend)
        {
            throw new InvalidOperationException($"Command {command.Id} is of type '{command.Type}', which a notification gateway has no call for.");
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(GatewayRequest.Of(command, NoticeOf(command)), GatewayJson.Readable.GatewayRequest);
        return CallAsync(HttpMethod.Post, root, body, command, cancellation);
    }

    public async Task<Answer> AskAsync(Command command, CancellationToken cancellation) =>
        Dialect.OfQuestion(await CallAsync(HttpMethod.Get, $"{root}/{command.Id:D}", [], command, cancellation));

    private Task<Answer> CallAsync(HttpMethod method, string address, byte[] body, Command command, CancellationToken cancellation) => http.CallAsync(
        new PartnerCall(method, new Uri(address))
        {
            Body = body,
            Headers =
            [
                ("Authorization", "Bearer " + settings.Secret), ("X-Request-Id", command.Id.ToString("D")), ("Accept", "application/json"), ("User-Agent", Dialect.UserAgent),
                ("traceparent", command.TraceParent),
            ],
        },
        response => Understand(response, command),
        cancellation);

    /// <summary>A success counts only with our request's number and the gateway's own in it, and with an answer for every receiver; otherwise it may be about anybody.</summary>
    private static Answer Understand(PartnerResponse response, Command command) => (response.Status, Read(response.Body)) switch
    {
        (>= 200 and < 300, { BatchNo.Length: > 0 } reply) when reply.RequestNo == command.Id.ToString("D") && RejectedOf(reply, NoticeOf(command).To.Count) is { } rejected =>
            Answer.Taken(Dialect.Reference(reply.BatchNo)) with { Content = rejected.Count == 0 ? default : JsonSerializer.SerializeToUtf8Bytes(new NoticeTaken(rejected), SchemasJson.Readable.NoticeTaken) },
        (404, { Error.Code: "REQUEST_NOT_FOUND" }) => Answer.Unavailable(AnswerReasons.NotSeen, "REQUEST_NOT_FOUND"),
        (_, { Error.Code: { } code }) when IsCode(code) => PartnerHttp.ByStatus(response) with { PartnerCode = code },
        _ => PartnerHttp.ByStatus(response),
    };

    /// <returns>Places of the receivers that were turned away; null when the list is not about those that were sent.</returns>
    private static List<int>? RejectedOf(GatewayReply reply, int count)
    {
        if (reply.Receivers is not { } receivers || receivers.Count != count)
        {
            return count == 0 && reply.Receivers is null ? [] : null;
        }

        var places = new HashSet<int>();
        return receivers.All(receiver => receiver is { No: { } no, State: "ACCEPTED" or "REJECTED" } && no >= 0 && no < count && places.Add(no))
            ? [.. receivers.Where(receiver => receiver!.State == "REJECTED").Select(receiver => receiver!.No!.Value).Order()]
            : null;
    }

    private static Notice NoticeOf(Command command) =>
        JsonSerializer.Deserialize(command.Data.Span, SchemasJson.Default.Notice) ?? throw new InvalidOperationException($"Command {command.Id} carries no notice.");

    /// <summary>Null when it is no such document; nothing is guessed at, whatever it is instead (a page, GBK, a BOM, a member twice).</summary>
    private static GatewayReply? Read(ReadOnlyMemory<byte> body)
    {
        if (!Utf8.IsValid(body.Span))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(body.Span, GatewayJson.Default.GatewayReply);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool IsCode(string text) => text.Length is > 0 and <= 40 && text.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c is '_');
}
