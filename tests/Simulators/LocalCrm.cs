using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Hub.Simulators;

/// <summary>A pretended local power company: REST, real statuses, bearer token, repeats dropped by X-Request-Id.</summary>
internal sealed class LocalCrm(PartnerSettings settings, LeadBook book) : Partner(settings, book)
{
    private const string Root = "/api/leads/";
    private const string Orders = "/api/account-orders/";

    private readonly byte[] token = Encoding.UTF8.GetBytes("Bearer " + (settings.Secret ?? throw new InvalidOperationException($"Partner '{settings.Name}' has no secret.")));

    public override Reply Answer(Hit hit)
    {
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(hit.Header("Authorization") ?? ""), token))
        {
            return RefuseCaller();
        }

        if (hit.Path.StartsWith(Orders, StringComparison.Ordinal))
        {
            return (hit.Method, hit.Path[Orders.Length..].Split('/')) switch
            {
                ("POST", [var id, "precheck" or "transfer" or "reversal" or "inquiry"]) => TakeOrder(hit, id, hit.Path.Split('/')[^1]),
                ("GET", ["by-request", var id]) => Find(id),
                _ => Reply.Empty(405),
            };
        }

        if (!hit.Path.StartsWith(Root, StringComparison.Ordinal))
        {
            return Reply.Empty(404);
        }

        return (hit.Method, hit.Path[Root.Length..].Split('/')) switch
        {
            ("PUT", [var id]) => Take(hit, id, "create", 201),
            ("PUT", [var id, "licence-result"]) => Take(hit, id, "licence", 201),
            ("POST", [var id, "message"]) => Take(hit, id, "message", 201),
            ("PATCH", [var id]) => Take(hit, id, "update", 200),
            ("POST", [var id, "withdrawal"]) => Take(hit, id, "withdraw", 200),
            ("GET", ["by-request", var id]) => Find(id),
            _ => Reply.Empty(405),
        };
    }

    public override Reply RefuseContent() => Error(422, "NAME_TOO_LONG");

    public override Reply RefuseCaller() => Error(401, "TOKEN_INVALID");

    private Reply Take(Hit hit, string path, string type, int status)
    {
        if (!Guid.TryParseExact(path, "D", out var id) || hit.Header("X-Request-Id") != path)
        {
            return Error(400, "REQUEST_ID_INVALID");
        }

        try
        {
            using var document = JsonDocument.Parse(hit.Body);
            var body = document.RootElement;
            var repeated = Book.Find(id) is not null;
            var subject = body.GetProperty("case_ref").GetString()!;
            var leadNo = Book.Take(id, subject, type, body.GetProperty("sequence").GetInt64(), hit.Body, hit.Began);
            return leadNo is null ? Error(404, "LEAD_NOT_FOUND") : Reply.Json(repeated ? 200 : status, new { lead_no = leadNo, request_id = path, repeated });
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return Error(400, "BODY_INVALID");
        }
    }

    private Reply TakeOrder(Hit hit, string path, string action)
    {
        if (!Guid.TryParseExact(path, "D", out var id) || hit.Header("X-Request-Id") != path)
        {
            return Error(400, "REQUEST_ID_INVALID");
        }

        try
        {
            using var document = JsonDocument.Parse(hit.Body);
            var body = document.RootElement;
            var repeated = Book.Find(id) is not null;
            var command = action switch { "precheck" => "account.precheck.v1", "transfer" => "account.transfer.v1", "reversal" => "account.reverse.v1", _ => "account.inquire.v1" };
            var workNo = Book.Take(id, body.GetProperty("case_ref").GetString()!, command, body.GetProperty("sequence").GetInt64(), hit.Body, hit.Began);
            if (!repeated)
            {
                Desk?.Take(command, body.GetProperty("about").GetString()!, new(
                    body.GetProperty("order_no").GetString()!, body.GetProperty("unit_no").GetString()!, body.GetProperty("region").GetString()!,
                    body.TryGetProperty("account_no", out var account) ? account.GetString() : null));
            }

            return Reply.Json(repeated ? 200 : 202, new { work_no = workNo, request_id = path, repeated });
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return Error(400, "BODY_INVALID");
        }
    }

    private Reply Find(string path) => Guid.TryParseExact(path, "D", out var id) && Book.Find(id) is { } leadNo
        ? Reply.Json(200, new { request_id = path, lead_no = leadNo })
        : Error(404, "REQUEST_NOT_FOUND");

    private static Reply Error(int status, string code) => Reply.Json(status, new { error = new { code, message = "see the manual" } });
}
