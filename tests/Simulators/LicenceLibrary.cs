using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Hub.Simulators;

/// <summary>
/// A pretended e-licence library: POST a holder and a type, HTTP 200 for everything, the code decides. Its few holders are invented; what it does wrong is switched
/// on as a fault.
/// </summary>
public sealed class LicenceLibrary : Partner
{
    /// <summary>Invented persons and organisations, each with numbers whose check digits hold.</summary>
    public const string Citizen = "11010519491231002X";
    public const string OtherCitizen = "110105200001010016";
    public const string Company = "911410020000000191";

    private static readonly string[] OwnFaults =
        ["library_revoked", "library_expired", "library_stale", "library_none", "library_other_holder", "library_other_type", "library_check_digit", "library_no_status", "library_bad_day", "library_bad_digest",
         "library_duplicate_key", "library_bom", "library_gbk", "library_drift", "library_busy", "library_down"];

    private static readonly TimeSpan SkewMax = TimeSpan.FromMinutes(10);

    private readonly TimeProvider clock;
    private readonly byte[] secret;
    private long asked;

    static LicenceLibrary() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    public LicenceLibrary(PartnerSettings settings, LeadBook book, TimeProvider clock)
        : base(settings, book, OwnFaults)
    {
        this.clock = clock;
        secret = Encoding.UTF8.GetBytes(settings.Secret ?? throw new InvalidOperationException($"Partner '{settings.Name}' has no secret."));
    }

    /// <summary>Questions that were understood and signed.</summary>
    public long Asked => Interlocked.Read(ref asked);

    public override Reply Answer(Hit hit) => Answer(hit, "none");

    public override Reply Spoil(Hit hit, string mode) => Answer(hit, mode);

    public override Reply RefuseContent() => Code("2001", "参数错误");

    public override Reply RefuseCaller() => Code("1001", "签名错误");

    private Reply Answer(Hit hit, string mode)
    {
        if (hit.Method is not "POST" || hit.Path is not "/api/v1/cert/query")
        {
            return Reply.Empty(404);
        }

        if (!IsSigned(hit))
        {
            return RefuseCaller();
        }

        if (JsonNode.Parse(hit.Body) is not JsonObject question || (string?)question["holderCode"] is not { } holder || (string?)question["certTypeCode"] is not { } type
            || (string?)question["useCause"] is not { Length: > 0 and <= 200 })
        {
            return RefuseContent();
        }

        Interlocked.Increment(ref asked);
        return mode switch
        {
            "library_none" => Code("4040", "未查询到证照"),
            "library_busy" => Code("9001", "访问过于频繁"),
            "library_down" => Code("9999", "系统异常"),
            _ => RecordOf(holder, (string?)question["holderTypeCode"], type) is { } record ? Written(Spoiled(record, mode), mode) : Code("4040", "未查询到证照"),
        };
    }

    private static JsonObject? RecordOf(string holder, string? holderType, string type) => (holder, type) switch
    {
        (Citizen, "11100000000013127D001") => Record(holder, holderType, type, "示例市公安局", new() { ["holderName"] = "张示例", ["sex"] = "男", ["nation"] = "汉", ["address"] = "示例市示范路1号", ["certNo"] = holder }),
        (Citizen or Company, "11100000MB03271699001") => Record(holder, holderType, type, "示例市自然资源局", new()
        {
            ["holderName"] = holder == Citizen ? "张示例" : "示例产业园管理有限公司", ["certNo"] = "晋(2024)示例市不动产权第0000001号", ["unitNo"] = "141002001001GB00001F00010001",
            ["propertyAddress"] = "临汾市尧都区示范路1号", ["share"] = "单独所有",
        }),
        (Company, "11100000MB0143028R001") => Record(holder, holderType, type, "示例市市场监督管理局", new()
        {
            ["holderName"] = "示例产业园管理有限公司", ["legalRepresentative"] = "李示例", ["address"] = "临汾市尧都区示范路1号", ["registeredCapital"] = "1000万元",
        }),
        (Company, "x-project-approval") => Record(holder, holderType, type, "示例市行政审批局", new() { ["holderName"] = "示例产业园管理有限公司", ["projectName"] = "示例产业园配电工程", ["documentNo"] = "示例审批〔2026〕1号" }),
        _ => null,
    };

    private static JsonObject Record(string holder, string? holderType, string type, string issuer, JsonObject data) => new()
    {
        ["holderTypeCode"] = holderType,
        ["holderCode"] = holder,
        ["certTypeCode"] = type,
        ["certIdentifier"] = Identifier(type),
        ["issuer"] = issuer,
        ["certStatus"] = "1",
        ["validFrom"] = "2024-01-01",
        ["validTo"] = "长期",
        ["certData"] = data,
        ["file"] = new JsonObject { ["fileNo"] = $"F-{type}", ["hashAlg"] = "SHA256", ["hash"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(holder + type))) },
    };

    private static string Identifier(string type)
    {
        const string Issuer = "340100";
        const string Serial = "20240000001";
        const string Version = "001";
        var code = new string([.. type.ToUpperInvariant().Where(char.IsAsciiLetterOrDigit)]);
        return $"1.2.156.3005.2.{code}.{Issuer}.{Serial}.{Version}.{Check(code + Issuer + Serial + Version)}";
    }

    // ISO 7064 MOD 37,36, written here once more: the simulator shares no code with what it tests.
    private static char Check(string text)
    {
        const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        var product = 36;
        foreach (var c in text)
        {
            product = (product + Alphabet.IndexOf(c)) % 36;
            product = 2 * (product == 0 ? 36 : product) % 37;
        }

        return Alphabet[(37 - product) % 36];
    }

    private static JsonObject Spoiled(JsonObject record, string mode)
    {
        switch (mode)
        {
            case "library_revoked": record["certStatus"] = "3"; break;
            case "library_expired": record["certStatus"] = "2"; break;
            // Still called valid, and its last day is over.
            case "library_stale": record["validTo"] = "2024-12-31"; break;
            case "library_other_holder": record["holderCode"] = OtherCitizen; break;
            case "library_other_type": record["certTypeCode"] = "11100000000000000X999"; break;
            case "library_check_digit": record["certIdentifier"] = ((string)record["certIdentifier"]!)[..^1] + "-"; break;
            case "library_no_status": record.Remove("certStatus"); break;
            case "library_bad_day": record["validTo"] = "31/12/2030"; break;
            case "library_bad_digest": record["file"]!["hash"] = "0123"; break;
            // The data has become a list, as in a new version nobody announced.
            case "library_drift": record["certData"] = new JsonArray(record["certData"]!.DeepClone()); break;
        }

        return record;
    }

    private static Reply Written(JsonObject record, string mode)
    {
        var text = new JsonObject { ["code"] = "0000", ["msg"] = "", ["data"] = record }.ToJsonString(SimulatorJson.Options);
        return mode switch
        {
            "library_duplicate_key" => new(200, Encoding.UTF8.GetBytes(text.Replace("\"certStatus\"", "\"certStatus\":\"3\",\"certStatus\"", StringComparison.Ordinal))),
            "library_bom" => new(200, [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)]),
            "library_gbk" => new(200, Encoding.GetEncoding("GB18030").GetBytes(text)),
            _ => new(200, Encoding.UTF8.GetBytes(text)),
        };
    }

    private bool IsSigned(Hit hit)
    {
        var time = hit.Header("X-Timestamp");
        if (hit.Header("X-App-Key") != Settings.AppKey || !long.TryParse(time, CultureInfo.InvariantCulture, out var ms) || (DateTimeOffset.FromUnixTimeMilliseconds(ms) - clock.GetUtcNow()).Duration() > SkewMax || !Utf8.IsValid(hit.Body))
        {
            return false;
        }

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{Settings.AppKey}\n{time}\n"), .. hit.Body];
        return hit.Header("X-Sign") == Convert.ToHexString(HMACSHA256.HashData(secret, signed));
    }

    private static Reply Code(string code, string msg) => Reply.Json(200, new { code, msg });
}
