using System.Text.Json;
using Hub.Connectors.ApprovalPlatform;
using static Hub.Connectors.ApprovalPlatform.PlatformRecord;

namespace Hub.Connectors.Municipal;

/// <summary>Translates one item of a permit system's list into the contract of <c>hub.permit.item_reported.v1</c>: for a window that cannot push its results.</summary>
// Invented as the window's other side is. Between two polls only the last status of an item is seen.
internal static class PermitRecord
{
    private static readonly (string Theirs, string Ours, Form Form, string? Table)[] Fields =
    [
        ("ajbh", "caseNo", Form.Text, null),
        ("gdqy", "operatorCode", Form.Text, null),
        ("xzqhdm", "regionCode", Form.Text, null),
        ("sxlx", "item", Form.Code, "item"),
        ("zt", "status", Form.Code, "result"),
        ("blsj", "at", Form.Time, null),
        ("bbh", "version", Form.Number, null),
        ("xkzh", "permitNo", Form.Text, null),
        ("yy", "reason", Form.Text, null),
        ("tkjg", "survey", Form.Text, null),
        ("yjfy", "feeYuan", Form.Number, null),
        ("jbr", "by", Form.Text, null),
    ];

    /// <param name="own">The city's own codes.</param>
    public static RecordDialect Dialect(IReadOnlyList<string> own)
    {
        var codes = CodeTables.Load("permit-result-codes.json").With(own);
        return new("/api/v1/wxsp/jglb", "/api/v1/wxsp/jgxq", codes, (writer, row) => Write(writer, row, codes));
    }

    private static void Write(Utf8JsonWriter writer, JsonElement row, CodeTables codes) => PlatformRecord.Write(writer, row, Fields, codes);
}
