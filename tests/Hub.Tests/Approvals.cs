using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Engine;
using Hub.Intake;
using Hub.Ledger;
using Hub.Schemas;

namespace Hub.Tests;

/// <summary>Approvals as a bureau sends them: bytes, read by the intake.</summary>
internal static class Approvals
{
    public const string Source = "urn:hub:bureau:test";

    public static ApiKey Key { get; } = new()
    {
        KeyId = "0123456789abcdef", Partner = "bureau-test", Direction = ApiKey.Publish, Sources = [Source], LegalBasis = "AGREEMENT-1",
    };

    public static string Code(int number) => $"2110-141002-04-01-{number:D6}";

    /// <summary>A whole structured event.</summary>
    public static JsonObject Envelope(string type = EventTypes.ProjectApprovalCreated, string id = "1", JsonObject? data = null) => new()
    {
        ["specversion"] = "1.0",
        ["id"] = id,
        ["source"] = Source,
        ["type"] = type,
        ["time"] = "2021-10-12T10:24:00+08:00",
        ["data"] = data ?? Data(),
    };

    public static JsonObject Data(int number = 888002, int version = 1, string date = "2021-09-22", string region = "141002") => new()
    {
        ["projectCode"] = Code(number),
        ["projectName"] = "示例项目",
        ["approvalDate"] = date,
        ["regionCode"] = region,
        ["version"] = version,
    };

    public static EventInput Read(JsonObject envelope, DateTimeOffset now) =>
        EventReader.Structured(JsonSerializer.SerializeToUtf8Bytes(envelope), Key, now) switch
        {
            { Input: { } input } => input,
            var refused => throw new InvalidOperationException($"Not a good event: {refused.Problem!.Code} {string.Join(' ', refused.Problem.Errors?.Select(error => error.Pointer) ?? [])}"),
        };
}
