using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Hub.Simulators;

/// <summary>
/// A pretended permit system of a city: POST an item, a withdrawal or a message, HTTP 200 for everything, the code decides. What its departments then say is its desk's
/// matter (<see cref="PermitDesk"/>).
/// </summary>
// Written without the hub's code, so that it can disagree with it.
public sealed class PermitWindow : Partner
{
    private const string Root = "/api/v1/wxsp/";

    private static readonly string[] OwnFaults =
        ["window_no_number", "window_other_request", "window_duplicate_key", "window_bom", "window_gbk", "window_drift", "window_busy", "window_down"];

    private static readonly TimeSpan SkewMax = TimeSpan.FromMinutes(10);

    private static readonly Dictionary<string, string> Items = new()
    {
        ["01"] = "PLANNING", ["02"] = "EXCAVATION", ["03"] = "TRAFFIC", ["04"] = "GREEN", ["05"] = "HIGHWAY", ["06"] = "FILING", ["99"] = "OTHER",
    };

    private readonly TimeProvider clock;
    private readonly byte[] secret;

    static PermitWindow() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    public PermitWindow(PartnerSettings settings, LeadBook book, TimeProvider clock)
        : base(settings, book, OwnFaults)
    {
        this.clock = clock;
        secret = Encoding.UTF8.GetBytes(settings.Secret ?? throw new InvalidOperationException($"Partner '{settings.Name}' has no secret."));
    }

    /// <summary>Where its departments decide; null for a window that only takes in.</summary>
    public PermitDesk? Departments { get; set; }

    public override Reply Answer(Hit hit) => Answer(hit, "none");

    public override Reply Spoil(Hit hit, string mode) => Answer(hit, mode);

    public override Reply RefuseContent() => Code("2001", "参数错误");

    public override Reply RefuseCaller() => Code("1001", "签名错误");

    private Reply Answer(Hit hit, string mode)
    {
        if (hit.Method is not "POST" || !hit.Path.StartsWith(Root, StringComparison.Ordinal))
        {
            return Reply.Empty(404);
        }

        var service = hit.Path[Root.Length..];
        if (!IsSigned(hit, service))
        {
            return RefuseCaller();
        }

        switch (mode)
        {
            case "window_busy": return Code("9001", "访问过于频繁");
            case "window_down": return Code("9999", "系统异常");
        }

        if (JsonNode.Parse(hit.Body) is not JsonObject body || !Guid.TryParseExact((string?)body["qqbh"], "N", out var id))
        {
            return RefuseContent();
        }

        return service switch
        {
            "qqcx" => Book.Find(id) is { } known ? Taken(known, id, "0000", mode) : Code("2404", "无此请求"),
            "sqfs" or "sqch" or "xxts" => Take(service, id, body, hit, mode),
            _ => Reply.Empty(404),
        };
    }

    private Reply Take(string service, Guid id, JsonObject body, Hit hit, string mode)
    {
        if ((string?)body["xmbs"] is not { Length: > 0 } subject || (long?)body["xh"] is not { } sequence || (service != "xxts" && ((string?)body["ajbh"] is null || !Items.ContainsKey((string?)body["sxlx"] ?? ""))))
        {
            return RefuseContent();
        }

        var repeated = Book.Find(id) is not null;
        var number = Book.Take(id, subject, service, sequence, hit.Body, hit.Began)!;
        if (!repeated && service != "xxts")
        {
            var application = new TakenItem((string)body["ajbh"]!, (string)body["gdqy"]!, (string)body["xzqhdm"]!, Items[(string)body["sxlx"]!], (int)body["bbh"]!);
            Departments?.Take(application, withdrawn: service == "sqch");
        }

        return Taken(number, id, repeated ? "1002" : "0000", mode);
    }

    private static Reply Taken(string number, Guid id, string code, string mode)
    {
        var data = new JsonObject { ["slh"] = number, ["qqbh"] = (mode is "window_other_request" ? Guid.Empty : id).ToString("N") };
        if (mode is "window_no_number")
        {
            data.Remove("slh");
        }

        var text = new JsonObject { ["code"] = code, ["msg"] = "", ["data"] = mode is "window_drift" ? new JsonArray(data) : data }.ToJsonString(SimulatorJson.Options);
        return mode switch
        {
            "window_duplicate_key" => new(200, Encoding.UTF8.GetBytes(text.Replace("\"code\"", "\"code\":\"2001\",\"code\"", StringComparison.Ordinal))),
            "window_bom" => new(200, [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)]),
            "window_gbk" => new(200, Encoding.GetEncoding("GB18030").GetBytes(text.Replace("\"msg\":\"\"", "\"msg\":\"受理成功\"", StringComparison.Ordinal))),
            _ => new(200, Encoding.UTF8.GetBytes(text)),
        };
    }

    private bool IsSigned(Hit hit, string service)
    {
        var time = hit.Header("X-Timestamp");
        if (hit.Header("X-App-Key") != Settings.AppKey || !long.TryParse(time, CultureInfo.InvariantCulture, out var ms)
            || (DateTimeOffset.FromUnixTimeMilliseconds(ms) - clock.GetUtcNow()).Duration() > SkewMax || !Utf8.IsValid(hit.Body))
        {
            return false;
        }

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{Settings.AppKey}\n{service}\n{time}\n"), .. hit.Body];
        return hit.Header("X-Sign") == Convert.ToHexString(HMACSHA256.HashData(secret, signed));
    }

    private static Reply Code(string code, string msg) => Reply.Json(200, new { code, msg });
}

/// <summary>One item as a window took it in.</summary>
public sealed record TakenItem(string CaseNo, string OperatorCode, string RegionCode, string Item, int Version);
