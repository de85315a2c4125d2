using System.Globalization;
using System.Text.Json.Nodes;
using Hub.Schemas;

namespace Hub.Journeys;

/// <summary>Events as a bureau would send them; a test changes what it is about.</summary>
internal static class Approvals
{
    public const string Source = "urn:hub:bureau:demo";

    // Each region is served by another dialect under the shipped packs.
    public const string LinfenCity = "141002";
    public const string Puxian = "141033";
    public const string Hohhot = "150102";
    public const string NobodyServes = "110101";

    private static int projects;

    /// <summary>A project code that no other test uses, with a true check digit.</summary>
    public static string NewCode(string region = LinfenCity)
    {
        var number = Interlocked.Increment(ref projects).ToString("D5", CultureInfo.InvariantCulture);
        return $"2604-{region}-04-01-{number}{Iso7064.Mod11And10($"2604{region}0401{number}")}";
    }

    public static JsonObject Created(string code, string region = LinfenCity, int version = 1) => Event("created", code, region, version);

    public static JsonObject Amended(string code, string region = LinfenCity, int version = 2) => Event("amended", code, region, version);

    public static JsonObject Extended(string code, string region = LinfenCity, int version = 3) => Event("extended", code, region, version);

    public static JsonObject Revoked(string code, string region = LinfenCity, int version = 4) => Event("revoked", code, region, version);

    public static JsonObject Data(this JsonObject approval) => approval["data"]!.AsObject();

    public static string Id(this JsonObject approval) => (string)approval["id"]!;

    private static JsonObject Event(string change, string code, string region, int version) => new()
    {
        ["specversion"] = "1.0",
        ["id"] = $"{change}-{Guid.CreateVersion7():N}",
        ["source"] = Source,
        ["type"] = $"hub.project_approval.{change}.v1",
        ["subject"] = code,
        ["time"] = "2026-04-01T09:00:00+08:00",
        ["datacontenttype"] = "application/json",
        ["data"] = new JsonObject
        {
            ["projectCode"] = code,
            ["projectName"] = $"示例产业园配电工程 {version}",
            ["unitName"] = "示例产业园管理有限公司",
            ["projectAddress"] = "示例路1号",
            ["scaleContent"] = "新建厂房及配套设施",
            ["contactName"] = "示例",
            ["contactPhone"] = "0357-0000000",
            ["approvalType"] = "FILING",
            ["approvalDocNo"] = $"示例备案〔2026〕{version}号",
            ["approvalDate"] = "2026-04-01",
            ["approvalAuthority"] = "示例审批局",
            ["regionCode"] = region,
            ["loadKw"] = 1000 + version,
            ["usageType"] = "400",
            ["requiredDate"] = "2026-12-01",
            ["version"] = version,
        },
    };
}
