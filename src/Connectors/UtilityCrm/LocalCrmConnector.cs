using System.Text.Json;
using Hub.Schemas;

namespace Hub.Connectors.UtilityCrm;

/// <summary>
/// A local power company's REST interface: real HTTP statuses, a bearer token, English words for codes, capacities in kVA.
/// </summary>
// Invented for Hub as the opposite of the gateway dialect. A lead is found by case_ref in the body; the last part of the path
// names the request, and X-Request-Id repeats it, which is what makes a second attempt safe.
internal sealed class LocalCrmConnector(ConnectorSettings settings, PartnerHttp http) : IConnector
{
    private static readonly CodeTables Codes = CodeTables.Load("local-codes.json");

    private readonly string root = settings.Address!.AbsoluteUri.TrimEnd('/');
    private readonly decimal powerFactor = (decimal)settings.PowerFactor;

    public bool CanBeAsked => true;

    public Task<Answer> DeliverAsync(Command command, CancellationToken cancellation) => command.Type switch
    {
        CommandTypes.LeadCreate => CallAsync(HttpMethod.Put, $"{command.Id:D}", SnapshotOf(command), command, UnderstandDelivery, cancellation),
        CommandTypes.LeadUpdate => CallAsync(HttpMethod.Patch, $"{command.Id:D}", SnapshotOf(command), command, UnderstandDelivery, cancellation),
        // Not DELETE: the reason belongs into a body, and bodies of DELETE are dropped on the way by some proxies.
        CommandTypes.LeadWithdraw =>
            CallAsync(HttpMethod.Post, $"{command.Id:D}/withdrawal", WithdrawalOf(command), command, UnderstandDelivery, cancellation),
        CommandTypes.LicenceAnswer => CallAsync(HttpMethod.Put, $"{command.Id:D}/licence-result", LicenceOf(command), command, UnderstandDelivery, cancellation),
        CommandTypes.AccountPrecheck => OrderAsync(command, "precheck", cancellation),
        CommandTypes.AccountTransfer => OrderAsync(command, "transfer", cancellation),
        CommandTypes.AccountReverse => OrderAsync(command, "reversal", cancellation),
        CommandTypes.AccountInquire => OrderAsync(command, "inquiry", cancellation),
        _ when CommandTypes.Messages.Contains(command.Type) => CallAsync(HttpMethod.Post, $"{command.Id:D}/message", MessageOf(command), command, UnderstandDelivery, cancellation),
        _ => throw new InvalidOperationException($"Command {command.Id} is of type '{command.Type}', which this CRM has no call for."),
    };

    private Task<Answer> OrderAsync(Command command, string action, CancellationToken cancellation) =>
        CallAsync(HttpMethod.Post, $"{command.Id:D}/{action}", OrderOf(command), command, UnderstandDelivery, cancellation);

    public async Task<Answer> AskAsync(Command command, CancellationToken cancellation) =>
        Dialect.OfQuestion(await CallAsync(HttpMethod.Get, $"by-request/{command.Id:D}", [], command, UnderstandQuestion, cancellation));

    private Task<Answer> CallAsync(
        HttpMethod method, string path, byte[] body, Command command, Func<PartnerResponse, Answer> understand, CancellationToken cancellation) =>
        http.CallAsync(
            new PartnerCall(method, new Uri(root + (Dialect.IsOfAccount(command) ? "/api/account-orders/" : "/api/leads/") + path))
            {
                Body = body,
                Headers =
                [
                    ("Authorization", "Bearer " + settings.Secret),
                    ("X-Request-Id", command.Id.ToString("D")),
                    ("Accept", "application/json"),
                    ("User-Agent", Dialect.UserAgent),
                    ("traceparent", command.TraceParent),
                ],
            },
            understand,
            cancellation);

    /// <summary>A success counts only with the lead's or the work order's number in it; otherwise it may be anybody's page.</summary>
    private static Answer UnderstandDelivery(PartnerResponse response) => (response.Status, Read(response)) switch
    {
        (>= 200 and < 300, { LeadNo: { Length: > 0 } number }) => Answer.Taken(Dialect.Reference(number)),
        (>= 200 and < 300, { WorkNo: { Length: > 0 } number }) => Answer.Taken(Dialect.Reference(number)),
        // Their own words for what the content lacks; a bare 404 is a wrong address of ours.
        (404, { Error.Code: "LEAD_NOT_FOUND" }) => Answer.Refused(AnswerReasons.ContentRefused, "LEAD_NOT_FOUND"),
        (_, { Error.Code: { } code }) when IsCode(code) => PartnerHttp.ByStatus(response) with { PartnerCode = code },
        _ => PartnerHttp.ByStatus(response),
    };

    /// <summary>Only their own REQUEST_NOT_FOUND says that the command was never seen: a bare 404 may come from a wrong address.</summary>
    private static Answer UnderstandQuestion(PartnerResponse response) => (response.Status, Read(response)) switch
    {
        (200, { RequestId.Length: > 0 } reply) => Answer.Taken(Dialect.Reference(reply.LeadNo ?? reply.WorkNo)),
        (404, { Error.Code: "REQUEST_NOT_FOUND" }) => Answer.Unavailable(AnswerReasons.NotSeen, "REQUEST_NOT_FOUND"),
        _ => PartnerHttp.ByStatus(response),
    };

    private static LocalReply? Read(PartnerResponse response) => ConnectorsJson.Read(response.Body, ConnectorsJson.Default.LocalReply);

    private static bool IsCode(string text) => text.Length is > 0 and <= 40 && text.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c is '_');

    private byte[] SnapshotOf(Command command)
    {
        var lead = LocalLead.From(command, Dialect.ReadLead(command), new CodeTranslation(Codes), powerFactor);
        return JsonSerializer.SerializeToUtf8Bytes(lead, ConnectorsJson.Readable.LocalLead);
    }

    private static byte[] LicenceOf(Command command) =>
        JsonSerializer.SerializeToUtf8Bytes(LocalLicence.From(command, Dialect.ReadLicence(command)), ConnectorsJson.Readable.LocalLicence);

    private static byte[] MessageOf(Command command) => JsonSerializer.SerializeToUtf8Bytes(LocalMessage.Of(command), ConnectorsJson.Readable.LocalMessage);

    private static byte[] OrderOf(Command command) =>
        JsonSerializer.SerializeToUtf8Bytes(LocalAccountOrder.Of(command, Dialect.ReadOrder(command)), ConnectorsJson.Readable.LocalAccountOrder);

    private static byte[] WithdrawalOf(Command command)
    {
        var lead = Dialect.ReadLead(command);
        return JsonSerializer.SerializeToUtf8Bytes(LocalWithdrawal.From(command, lead, new CodeTranslation(Codes)), ConnectorsJson.Readable.LocalWithdrawal);
    }
}
