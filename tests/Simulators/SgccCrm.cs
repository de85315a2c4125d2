using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Hub.Simulators;

/// <summary>A pretended State-Grid-like gateway: POST /gateway, HTTP 200 for everything, the code decides.</summary>
internal sealed class SgccCrm(PartnerSettings settings, LeadBook book, TimeProvider clock) : Partner(settings, book)
{
    private static readonly TimeSpan SkewMax = TimeSpan.FromMinutes(10);

    private readonly byte[] secret = Encoding.UTF8.GetBytes(settings.Secret ?? throw new InvalidOperationException($"Partner '{settings.Name}' has no secret."));

    public override Reply Answer(Hit hit)
    {
        if (hit.Method is not "POST" || hit.Path is not "/gateway")
        {
            return Reply.Empty(404);
        }

        using var document = Parse(hit.Body);
        return document is null ? Code("2001", "报文不是JSON") : Answer(document.RootElement, hit.Began);
    }

    public override Reply RefuseContent() => Code("2003", "项目名称超长");

    public override Reply RefuseCaller() => Code("1001", "签名错误");

    private Reply Answer(JsonElement envelope, DateTimeOffset? began)
    {
        if (!IsSigned(envelope))
        {
            return RefuseCaller();
        }

        if (!Guid.TryParseExact(Text(envelope, "bizSerialNo"), "N", out var id))
        {
            return Code("2002", "流水号格式错误");
        }

        var data = envelope.GetProperty("data");
        return Text(envelope, "serviceCode") switch
        {
            "YKBZ_LX_ADD" => Take(id, "create", data, began),
            "YKBZ_LX_UPD" => Take(id, "update", data, began),
            "YKBZ_LX_CANCEL" => Take(id, "withdraw", data, began),
            "YKBZ_ZZ_JG" => Take(id, "licence", data, began),
            "YKBZ_TY_MSG" when Text(data, "xxlx") is { Length: > 0 } type => Take(id, type, data, began, isMessage: true),
            "YKBZ_LX_QUERY" or "YKBZ_GH_SERIAL" => Query(data),
            "YKBZ_GH_CHECK" => TakeOrder(id, "account.precheck.v1", data, began),
            "YKBZ_GH_ADD" => TakeOrder(id, "account.transfer.v1", data, began),
            "YKBZ_GH_CANCEL" => TakeOrder(id, "account.reverse.v1", data, began),
            "YKBZ_GH_QUERY" => TakeOrder(id, "account.inquire.v1", data, began),
            _ => Code("2005", "服务代码不存在"),
        };
    }

    private Reply Take(Guid id, string type, JsonElement data, DateTimeOffset? began, bool isMessage = false)
    {
        if (Text(data, "xmbs") is not { Length: > 0 } subject || (type is not "licence" && !isMessage && Text(data, "xmmc") is not { Length: > 0 }))
        {
            return Code("2003", "缺少必填项");
        }

        var code = Book.Find(id) is null ? "0000" : "1002";
        long? sequence = data.TryGetProperty("xh", out var number) ? number.GetInt64() : null;
        var leadNo = Book.Take(id, subject, type, sequence, Encoding.UTF8.GetBytes(data.GetRawText()), began);
        return leadNo is null
            ? Code("2004", "线索不存在")
            : Reply.Json(200, new { code, msg = code is "0000" ? "" : "流水号重复", data = new { leadNo } });
    }

    private Reply TakeOrder(Guid id, string command, JsonElement data, DateTimeOffset? began)
    {
        if (Text(data, "xmbs") is not { Length: > 0 } subject || Text(data, "ghdh") is not { Length: > 0 } order || Text(data, "bdcdyh") is not { } unit || Text(data, "xzqh") is not { } region)
        {
            return Code("2003", "缺少必填项");
        }

        var code = Book.Find(id) is null ? "0000" : "1002";
        long? sequence = data.TryGetProperty("xh", out var number) ? number.GetInt64() : null;
        var leadNo = Book.Take(id, subject, command, sequence, Encoding.UTF8.GetBytes(data.GetRawText()), began);
        if (code is "0000")
        {
            Desk?.Take(command, Text(data, "bz") ?? "", new(order, unit, region, Text(data, "consNo")));
        }

        return Reply.Json(200, new { code, msg = "", data = new { leadNo } });
    }

    private Reply Query(JsonElement data)
    {
        var asked = Text(data, "bizSerialNo");
        return Guid.TryParseExact(asked, "N", out var id) && Book.Find(id) is { } leadNo
            ? Reply.Json(200, new { code = "0000", msg = "", data = new { bizSerialNo = asked, leadNo } })
            : Code("2404", "无此流水号");
    }

    private bool IsSigned(JsonElement envelope)
    {
        var (service, serial, time) = (Text(envelope, "serviceCode"), Text(envelope, "bizSerialNo"), Text(envelope, "reqTime"));
        if (Text(envelope, "appKey") != Settings.AppKey || !envelope.TryGetProperty("data", out var data)
            || !DateTime.TryParseExact(time, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            || (new DateTimeOffset(local, TimeSpan.FromHours(8)) - clock.GetUtcNow()).Duration() > SkewMax)
        {
            return false;
        }

        var expected = HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{Settings.AppKey}\n{service}\n{serial}\n{time}\n{data.GetRawText()}"));
        return Text(envelope, "sign") == Convert.ToHexString(expected);
    }

    private static JsonDocument? Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static Reply Code(string code, string msg) => Reply.Json(200, new { code, msg });
}
