using System.Text.Json;
using static Hub.Connectors.ApprovalPlatform.PlatformRecord;

namespace Hub.Connectors.ApprovalPlatform;

/// <summary>Translates one record of a real-estate register (不动产登记) into the contract of <c>schemas/real-estate</c>.</summary>
// Invented as the platform's is. The Chinese terms behind the names are those of registers: 业务号, 不动产单元号, 坐落, 权利人, 义务人, 登簿时间.
internal static class RegisterRecord
{
    private static readonly CodeTables Codes = CodeTables.Load("register-codes.json");

    private static readonly (string Theirs, string Ours, Form Form, string? Table)[] Fields =
    [
        ("ywh", "registryNo", Form.Text, null),
        ("bdcdyh", "unitNo", Form.Text, null),
        ("bdcqzh", "certNo", Form.Text, null),
        ("zl", "propertyAddress", Form.Text, null),
        ("zydjyy", "transferReason", Form.Code, "transferReason"),
        ("djsj", "registeredAt", Form.Time, null),
        ("qxdm", "regionCode", Form.Text, null),
        ("bbh", "version", Form.Number, null),
        ("gxyj", "legalBasisRef", Form.Text, null),
        ("bgyy", "changeReason", Form.Text, null),
    ];

    private static readonly (string Theirs, string Ours, Form Form, string? Table)[] HolderFields =
    [
        ("qlrmc", "name", Form.Text, null),
        ("zjzl", "idType", Form.Code, "idType"),
        ("zjh", "idNo", Form.Text, null),
        ("qlbl", "share", Form.Text, null),
        ("dh", "mobile", Form.Text, null),
    ];

    private static readonly (string Theirs, string Ours, Form Form, string? Table)[] ConsentFields = [("sqh", "consentId", Form.Text, null), ("qssj", "signedAt", Form.Time, null)];

    private static readonly (string Theirs, string Ours, Form Form, string? Table)[] AccountFields = [("hylx", "utility", Form.Code, "utility"), ("hh", "accountNo", Form.Text, null)];

    public static RecordDialect Dialect { get; } = new("/api/v1/bdcdj/gxlb", "/api/v1/bdcdj/djxq", Codes, Write);

    private static void Write(Utf8JsonWriter writer, JsonElement row)
    {
        PlatformRecord.Write(writer, row, Fields, Codes);
        List(writer, row, "ywr", "oldHolders", HolderFields);
        List(writer, row, "qlr", "newHolders", HolderFields);
        Consent(writer, row);
        List(writer, row, "hhlb", "accounts", AccountFields);
    }

    private static void List(Utf8JsonWriter writer, JsonElement row, string theirs, string ours, (string Theirs, string Ours, Form Form, string? Table)[] fields)
    {
        if (!row.TryGetProperty(theirs, out var list) || list.ValueKind is JsonValueKind.Null)
        {
            return;
        }

        writer.WritePropertyName(ours);
        if (list.ValueKind is not JsonValueKind.Array || list.EnumerateArray().Any(item => item.ValueKind is not JsonValueKind.Object))
        {
            // For the contract's checks to name.
            list.WriteTo(writer);
            return;
        }

        writer.WriteStartArray();
        foreach (var item in list.EnumerateArray())
        {
            writer.WriteStartObject();
            PlatformRecord.Write(writer, item, fields, Codes);
            if (TextOf(item, "khr") == "1")
            {
                writer.WriteBoolean("accountHolder", true);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    // Only 1 is a yes: without it nothing may be taken for wished.
    private static void Consent(Utf8JsonWriter writer, JsonElement row)
    {
        if (TextOf(row, "lhgh") is not { } wish)
        {
            return;
        }

        writer.WriteStartObject("consent");
        writer.WriteBoolean("granted", wish == "1");
        PlatformRecord.Write(writer, row, ConsentFields, Codes);
        if (TextOf(row, "lhfw") is { } scope)
        {
            writer.WriteStartArray("scope");
            foreach (var code in scope.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                writer.WriteStringValue(Codes["utility"].Find(code) ?? code);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
