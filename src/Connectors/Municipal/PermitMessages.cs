using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Schemas;

namespace Hub.Connectors.Municipal;

/// <summary>One permit item for a department, in the window's words; of a withdrawal only the head and the reason.</summary>
internal sealed record WindowApplication
{
    /// <summary>请求编号: the same on every attempt.</summary>
    [JsonPropertyName("qqbh")] public required string RequestNo { get; init; }

    /// <summary>事项主键 and place in its lane.</summary>
    [JsonPropertyName("xmbs")] public required string Subject { get; init; }
    [JsonPropertyName("xh")] public required long Sequence { get; init; }
    [JsonPropertyName("ajbh")] public required string CaseNo { get; init; }
    [JsonPropertyName("gdqy")] public required string OperatorCode { get; init; }
    [JsonPropertyName("xzqhdm")] public required string RegionCode { get; init; }
    [JsonPropertyName("sxlx")] public required string? Item { get; init; }
    [JsonPropertyName("bmmc")] public required string Department { get; init; }
    [JsonPropertyName("bbh")] public required int Version { get; init; }
    [JsonPropertyName("chyy")] public string? Reason { get; init; }
    [JsonPropertyName("sqr")] public string? Applicant { get; init; }
    [JsonPropertyName("ydsqbh")] public string? ApplicationNo { get; init; }
    [JsonPropertyName("yt")] public string? Purpose { get; init; }
    [JsonPropertyName("dydj")] public string? VoltageLevel { get; init; }
    [JsonPropertyName("cd")] public decimal? LengthM { get; init; }
    [JsonPropertyName("lj")] public string? Route { get; init; }
    [JsonPropertyName("qd")] public string? StartPoint { get; init; }
    [JsonPropertyName("zd")] public string? EndPoint { get; init; }
    [JsonPropertyName("zylx")] public IReadOnlyList<string?>? Occupies { get; init; }
    [JsonPropertyName("ldmj")] public decimal? GreenAreaM2 { get; init; }
    [JsonPropertyName("kfzs")] public int? TreesFelled { get; init; }
    [JsonPropertyName("yzzs")] public int? TreesMoved { get; init; }
    [JsonPropertyName("ldqs")] public string? GreenOwner { get; init; }
    [JsonPropertyName("sgfs")] public string? WorkMethod { get; init; }
    [JsonPropertyName("sgwz")] public string? WorkPosition { get; init; }
    [JsonPropertyName("gcl")] public string? WorkQuantity { get; init; }
    [JsonPropertyName("fj")] public IReadOnlyList<PermitAttachment>? Attachments { get; init; }
    [JsonPropertyName("gxyj")] public string? LegalBasisRef { get; init; }

    /// <summary>Raw values of the fields that went out as "other".</summary>
    [JsonPropertyName("yz")] public IReadOnlyDictionary<string, string>? Unmapped { get; init; }

    public static WindowApplication Of(Command command, PermitOrder order, CodeTranslation codes)
    {
        var line = order.Application;
        var translated = new WindowApplication
        {
            RequestNo = command.Id.ToString("N"),
            Subject = command.Subject,
            Sequence = command.LaneSeq,
            CaseNo = order.CaseNo,
            OperatorCode = order.OperatorCode,
            RegionCode = order.RegionCode,
            Item = codes.Code("item", "sxlx", order.Item),
            Department = order.DepartmentZh,
            Version = order.Version,
            Reason = order.Reason,
            Applicant = line?.Applicant,
            ApplicationNo = line?.ApplicationNo,
            Purpose = codes.Code("purpose", "yt", line?.Purpose),
            VoltageLevel = line?.VoltageLevel,
            LengthM = line?.LengthM,
            Route = line?.Route,
            StartPoint = line?.StartPoint,
            EndPoint = line?.EndPoint,
            Occupies = line?.Occupies?.Select(what => codes.Code("occupies", "zylx", what)).ToList(),
            GreenAreaM2 = line?.GreenAreaM2,
            TreesFelled = line?.TreesFelled,
            TreesMoved = line?.TreesMoved,
            GreenOwner = codes.Code("owner", "ldqs", line?.GreenOwner),
            WorkMethod = line?.WorkMethod,
            WorkPosition = line?.WorkPosition,
            WorkQuantity = line?.WorkQuantity,
            Attachments = line?.Attachments,
            LegalBasisRef = line?.LegalBasisRef,
        };
        return translated with { Unmapped = codes.Unmapped };
    }
}

/// <summary>What the window has no service of its own for (a deadline warning): handed over as a message, its content in Hub's words.</summary>
internal sealed record WindowMessage
{
    [JsonPropertyName("qqbh")] public required string RequestNo { get; init; }
    [JsonPropertyName("xmbs")] public required string Subject { get; init; }
    [JsonPropertyName("xh")] public required long Sequence { get; init; }
    [JsonPropertyName("xxlx")] public required string Type { get; init; }
    [JsonPropertyName("xxnr")] public required JsonElement Content { get; init; }
}

/// <summary>Has the window seen this request?</summary>
internal sealed record WindowQuestion
{
    [JsonPropertyName("qqbh")] public required string RequestNo { get; init; }
}

/// <summary>Every answer of the window. Its <c>msg</c> is not read: free text may hold personal data.</summary>
internal sealed record WindowReply
{
    public string? Code { get; init; }
    public WindowReplyData? Data { get; init; }
}

internal sealed record WindowReplyData
{
    /// <summary>受理号.</summary>
    [JsonPropertyName("slh")] public string? AcceptanceNo { get; init; }
    [JsonPropertyName("qqbh")] public string? RequestNo { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, AllowDuplicateProperties = false, MaxDepth = 16)]
[JsonSerializable(typeof(WindowApplication))]
[JsonSerializable(typeof(WindowMessage))]
[JsonSerializable(typeof(WindowQuestion))]
[JsonSerializable(typeof(WindowReply))]
internal sealed partial class WindowJson : JsonSerializerContext
{
    private static WindowJson? readable;

    // Not a static initialiser: the order of those is not defined across the files of a partial class.
    public static WindowJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
