using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace Hub.Simulators;

/// <summary>
/// A pretended provincial approval platform that is read from: GET a paged list of what changed since a moment, GET one record. Records are given to
/// it as CloudEvents (the shipped examples are), and it shows them under names and codes of its own. A register is asked in the same way
/// (<see cref="RegisterRow"/>), and so is a permit window that cannot push (<see cref="PermitRow"/>).
/// </summary>
public sealed class ApprovalPlatform : Partner
{
    private const int PageSizeMax = 500;

    private static readonly string[] OwnFaults =
        ["page_repeat", "page_skip", "page_other", "total_wrong", "out_of_order", "missing_code", "missing_status", "duplicate_row", "truncated", "gbk", "gbk_declared"];

    private static readonly TimeSpan SkewMax = TimeSpan.FromDays(1);

    // The contract's names and the platform's; the codes are the platform's own.
    private static readonly Dictionary<string, string> Names = new()
    {
        ["projectCode"] = "xmdm", ["projectName"] = "xmmc", ["unitName"] = "xmdw", ["unitUscc"] = "tyshxydm", ["projectAddress"] = "jsdd", ["addressCode"] = "dzbm",
        ["scaleContent"] = "jsgmjnr", ["contactName"] = "lxr", ["contactPhone"] = "lxdh", ["approvalType"] = "splx", ["approvalStage"] = "spjd", ["approvalDocNo"] = "pfwh",
        ["approvalDate"] = "pfrq", ["approvalAuthority"] = "pfjg", ["regionCode"] = "xzqhdm", ["operatorCode"] = "gdqy", ["legalBasisRef"] = "gxyj", ["validUntil"] = "yxqz",
        ["investmentWan"] = "ztz", ["industryCode"] = "gbhy", ["plannedStart"] = "nkgrq", ["plannedFinish"] = "njcrq", ["landArea"] = "ydmj", ["buildArea"] = "jzmj",
        ["projectLocation"] = "zb", ["loadKw"] = "ydfh", ["usageType"] = "ydxz", ["requiredDate"] = "ydrq", ["temporaryFrom"] = "lsydrq", ["version"] = "bbh",
        ["supersedesDocNo"] = "ypfwh", ["changeReason"] = "bgyy", ["newPath"] = "bghlx",
    };

    private static readonly Dictionary<string, string> Codes = new()
    {
        ["splx APPROVAL"] = "1", ["splx VERIFICATION"] = "2", ["splx FILING"] = "3", ["bghlx APPROVAL"] = "1", ["bghlx VERIFICATION"] = "2", ["bghlx FILING"] = "3",
        ["spjd PROJECT_APPROVAL"] = "1", ["spjd PLANNING"] = "2", ["spjd CONSTRUCTION"] = "3", ["spjd COMPLETION"] = "4", ["spjd ENVIRONMENT"] = "5",
        ["ydxz 100"] = "01", ["ydxz 200"] = "02", ["ydxz 300"] = "03", ["ydxz 400"] = "04", ["ydxz 500"] = "05", ["ydxz 900"] = "09",
        ["zt created"] = "01", ["zt amended"] = "02", ["zt extended"] = "03", ["zt revoked"] = "04",
        ["zt transfer_accepted"] = "10", ["zt transfer_registered"] = "01", ["zt transfer_corrected"] = "02", ["zt transfer_withdrawn"] = "03",
    };

    // Left out of the list of every third record: those must be asked for.
    private static readonly string[] OnlyInDetail = ["jsgmjnr", "lxr", "lxdh", "zb", "ywr", "qlr"];

    private readonly TimeProvider clock;
    private readonly byte[] secret;
    private readonly Lock gate = new();
    private readonly Dictionary<string, Kept> records = new(StringComparer.Ordinal);
    private long changes;
    private long firstPages;

    static ApprovalPlatform() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    public ApprovalPlatform(PartnerSettings settings, LeadBook book, TimeProvider clock)
        : base(settings, book, OwnFaults)
    {
        this.clock = clock;
        secret = Encoding.UTF8.GetBytes(settings.Secret ?? throw new InvalidOperationException($"Partner '{settings.Name}' has no secret."));
    }

    /// <summary>By how much its clock is ahead, seconds; below zero: behind.</summary>
    public double AheadSeconds { get; set; }

    /// <summary>Number, stamp and version of every record, oldest change first.</summary>
    public IReadOnlyList<PlatformRecord> Records
    {
        get
        {
            lock (gate)
            {
                return [.. Sorted(DateTimeOffset.MinValue).Select(kept => new PlatformRecord((string)kept.Fields["xmid"]!, (string)kept.Fields["gxsj"]!, (string)kept.Fields["bbh"]!))];
            }
        }
    }

    private DateTimeOffset Now => clock.GetUtcNow().AddSeconds(AheadSeconds);

    /// <summary>Adds a record, or changes the one about the same project.</summary>
    /// <param name="record">A CloudEvent of the contract.</param>
    /// <param name="at">The stamp it gets; null: now.</param>
    /// <returns>The platform's number of the record.</returns>
    public string Add(JsonObject record, DateTimeOffset? at = null)
    {
        var data = record["data"]!.AsObject();
        var isPermit = data.ContainsKey("item");
        var identity = isPermit ? $"{data["operatorCode"]}:{data["caseNo"]}:{data["item"]}" : (string?)data["registryNo"] ?? (string?)data["projectCode"] ?? (string?)data["approvalDocNo"] ?? (string?)record["id"] ?? "";
        var number = "XM" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..16];
        var fields = new JsonObject { ["xmid"] = number, ["zt"] = CodeOf("zt", ((string)record["type"]!).Split('.')[^2]) };
        var isTransfer = data.ContainsKey("registryNo");
        foreach (var (name, value) in isTransfer ? RegisterRow.Of(data) : isPermit ? PermitRow.Of(data) : [])
        {
            fields[name] = value!.DeepClone();
        }

        foreach (var (name, value) in data.Where(field => !isTransfer && !isPermit && field.Value is not null && Names.ContainsKey(field.Key)))
        {
            fields[Names[name]] = CodeOf(Names[name], value!.ToString());
        }

        lock (gate)
        {
            var stamp = at ?? Now;
            fields["gxsj"] = TimeText(stamp);
            if ((string?)record["time"] is { } time)
            {
                fields["bjsj"] = TimeText(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture));
            }

            records[number] = new(fields, DateTimeOffset.FromUnixTimeSeconds(stamp.ToUnixTimeSeconds()), ++changes);
        }

        return number;
    }

    public void Clear()
    {
        lock (gate)
        {
            records.Clear();
        }
    }

    public override Reply Answer(Hit hit) => Answer(hit, mode: "none");

    public override Reply Spoil(Hit hit, string mode) => Answer(hit, mode);

    public override Reply RefuseContent() => Code("2001", "参数错误");

    public override Reply RefuseCaller() => Code("1001", "签名错误");

    /// <summary>Calls for a first page: each poll that finds nothing new makes exactly one.</summary>
    public long FirstPages => Interlocked.Read(ref firstPages);

    private Reply Answer(Hit hit, string mode)
    {
        if (hit.Method is not "GET")
        {
            return Reply.Empty(405);
        }

        if (!IsSigned(hit))
        {
            return RefuseCaller();
        }

        var query = QueryHelpers.ParseQuery(hit.Query);
        string? Asked(string name) => query.TryGetValue(name, out var values) ? values.ToString() : null;
        return hit.Path switch
        {
            "/api/v1/xmsp/gxlb" or "/api/v1/bdcdj/gxlb" or "/api/v1/wxsp/jglb" => List(Asked("gxsjq"), Asked("pageNo"), Asked("pageSize"), mode),
            "/api/v1/xmsp/xmxq" or "/api/v1/bdcdj/djxq" or "/api/v1/wxsp/jgxq" => Record(Asked("xmid") ?? ""),
            _ => Reply.Empty(404),
        };
    }

    private Reply List(string? since, string? pageNo, string? pageSize, string mode)
    {
        if (!DateTime.TryParseExact(since, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            || !int.TryParse(pageNo, CultureInfo.InvariantCulture, out var number) || number < 1
            || !int.TryParse(pageSize, CultureInfo.InvariantCulture, out var size) || size < 1)
        {
            return RefuseContent();
        }

        if (number == 1)
        {
            Interlocked.Increment(ref firstPages);
        }

        lock (gate)
        {
            var from = new DateTimeOffset(local, TimeSpan.FromHours(8));
            size = Math.Min(size, PageSizeMax);
            var all = Sorted(DateTimeOffset.MinValue);
            var earlier = all.FindIndex(kept => kept.ChangedAt >= from);
            earlier = earlier < 0 ? all.Count : earlier;
            var total = all.Count - earlier;
            var shift = mode switch { "page_repeat" => -1, "page_skip" => 1, _ => 0 };
            var offset = Math.Max(0, earlier + ((number - 1 + shift) * size));
            var rows = all.Skip(offset).Take(size).Select(kept => Listed(kept.Fields)).ToList();
            Spoil(rows, mode);
            return Spoiled(mode, new JsonObject
            {
                ["code"] = "0000",
                ["msg"] = "",
                ["data"] = new JsonObject
                {
                    ["pageNo"] = mode is "page_other" ? number + 1 : number,
                    ["pageSize"] = size,
                    ["total"] = mode is "total_wrong" ? total + size : total,
                    ["fwsj"] = TimeText(Now),
                    ["list"] = new JsonArray([.. rows]),
                },
            });
        }
    }

    private static void Spoil(List<JsonObject> rows, string mode)
    {
        switch (mode)
        {
            case "out_of_order":
                rows.Reverse();
                break;
            case "missing_code" when rows.Count > 0:
                rows[0].Remove("xmdm");
                rows[0].Remove("pfwh");
                rows[0]["xqbz"] = "0";
                break;
            case "missing_status" when rows.Count > 0:
                rows[0].Remove("zt");
                rows[0]["xqbz"] = "0";
                break;
            case "duplicate_row" when rows.Count > 0:
                rows.Insert(0, rows[0].DeepClone().AsObject());
                break;
        }
    }

    private static Reply Spoiled(string mode, JsonObject reply)
    {
        var text = reply.ToJsonString(SimulatorJson.Options);
        return mode switch
        {
            "gbk" => new(200, Encoding.GetEncoding("GBK").GetBytes(text)),
            "gbk_declared" => new(200, Encoding.GetEncoding("GBK").GetBytes(text), "application/json; charset=GBK"),
            "truncated" => new(200, Encoding.UTF8.GetBytes(text)[..(Encoding.UTF8.GetByteCount(text) * 2 / 3)]),
            _ => new(200, Encoding.UTF8.GetBytes(text)),
        };
    }

    private Reply Record(string number)
    {
        lock (gate)
        {
            if (!records.TryGetValue(number, out var kept))
            {
                return Code("4040", "无此记录");
            }

            var record = kept.Fields.DeepClone().AsObject();
            record["xqbz"] = IsLong(record) ? "1" : "0";
            return new(200, Encoding.UTF8.GetBytes(new JsonObject { ["code"] = "0000", ["msg"] = "", ["data"] = new JsonObject { ["xm"] = record } }.ToJsonString(SimulatorJson.Options)));
        }
    }

    private static JsonObject Listed(JsonObject fields)
    {
        var row = fields.DeepClone().AsObject();
        row["xqbz"] = IsLong(fields) ? "1" : "0";
        foreach (var name in IsLong(fields) ? OnlyInDetail : [])
        {
            row.Remove(name);
        }

        return row;
    }

    private static bool IsLong(JsonObject fields) => ((string)fields["xmid"]!)[^1] % 3 == 0;

    private List<Kept> Sorted(DateTimeOffset from) => [.. records.Values.Where(kept => kept.ChangedAt >= from).OrderBy(kept => kept.ChangedAt).ThenBy(kept => kept.Change)];

    private bool IsSigned(Hit hit)
    {
        var time = hit.Header("X-Timestamp");
        return hit.Header("X-App-Key") == Settings.AppKey && long.TryParse(time, CultureInfo.InvariantCulture, out var milliseconds)
            && (DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) - clock.GetUtcNow()).Duration() < SkewMax
            && hit.Header("X-Sign") == Convert.ToHexString(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{Settings.AppKey}\n{time}\n{hit.Path}{hit.Query}")));
    }

    private static string CodeOf(string field, string value) => Codes.GetValueOrDefault($"{field} {value}", value);

    private static string TimeText(DateTimeOffset instant) => instant.ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static Reply Code(string code, string msg) => Reply.Json(200, new { code, msg });

    private sealed record Kept(JsonObject Fields, DateTimeOffset ChangedAt, long Change);
}

/// <param name="Number">The platform's number of the record.</param>
/// <param name="ChangedAt">Its stamp, Beijing time.</param>
/// <param name="Version">Its version.</param>
public sealed record PlatformRecord(string Number, string ChangedAt, string Version);
