using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hub.Connectors.ApprovalPlatform;

/// <summary>What differs between those that are asked in this way.</summary>
/// <param name="ListPath">Where the list of what changed is.</param>
/// <param name="RecordPath">Where one record is.</param>
/// <param name="Codes">Its tables; one of them is <c>status</c>, in which nothing stands for what is no fact yet.</param>
/// <param name="Write">Writes the contract's members of a record.</param>
internal sealed record RecordDialect(string ListPath, string RecordPath, CodeTables Codes, Action<Utf8JsonWriter, JsonElement> Write);

/// <summary>Translates one record of this dialect into the contract of <c>schemas/project-approval</c>.</summary>
internal static class PlatformRecord
{
    private static readonly CodeTables Codes = CodeTables.Load("approval-platform-codes.json");

    // The platform's field, the contract's, and how the one becomes the other.
    private static readonly (string Theirs, string Ours, Form Form, string? Table)[] Fields =
    [
        ("xmdm", "projectCode", Form.Text, null),
        ("xmmc", "projectName", Form.Text, null),
        ("xmdw", "unitName", Form.Text, null),
        ("tyshxydm", "unitUscc", Form.Text, null),
        ("jsdd", "projectAddress", Form.Text, null),
        ("dzbm", "addressCode", Form.Text, null),
        ("jsgmjnr", "scaleContent", Form.Text, null),
        ("lxr", "contactName", Form.Text, null),
        ("lxdh", "contactPhone", Form.Text, null),
        ("splx", "approvalType", Form.Code, "approvalType"),
        ("spjd", "approvalStage", Form.Code, "approvalStage"),
        ("pfwh", "approvalDocNo", Form.Text, null),
        ("pfrq", "approvalDate", Form.Date, null),
        ("pfjg", "approvalAuthority", Form.Text, null),
        ("xzqhdm", "regionCode", Form.Text, null),
        ("gdqy", "operatorCode", Form.Text, null),
        ("gxyj", "legalBasisRef", Form.Text, null),
        ("yxqz", "validUntil", Form.Date, null),
        ("ztz", "investmentWan", Form.Number, null),
        ("gbhy", "industryCode", Form.Text, null),
        ("nkgrq", "plannedStart", Form.Date, null),
        ("njcrq", "plannedFinish", Form.Date, null),
        ("ydmj", "landArea", Form.Number, null),
        ("jzmj", "buildArea", Form.Number, null),
        ("zb", "projectLocation", Form.Text, null),
        ("ydfh", "loadKw", Form.Number, null),
        ("ydxz", "usageType", Form.Code, "usageType"),
        ("ydrq", "requiredDate", Form.Date, null),
        ("lsydrq", "temporaryFrom", Form.Date, null),
        ("bbh", "version", Form.Number, null),
        ("ypfwh", "supersedesDocNo", Form.Text, null),
        ("bgyy", "changeReason", Form.Text, null),
        ("bghlx", "newPath", Form.Code, "approvalType"),
    ];

    internal enum Form
    {
        Text,
        Code,
        Date,
        Time,
        Number,
    }

    public static RecordDialect Dialect { get; } = new("/api/v1/xmsp/gxlb", "/api/v1/xmsp/xmxq", Codes, (writer, row) => Write(writer, row, Fields, Codes));

    public static PlatformRow Read(JsonElement row, RecordDialect dialect)
    {
        var raw = Encoding.UTF8.GetBytes(row.GetRawText());
        if (row.ValueKind is not JsonValueKind.Object)
        {
            return new() { Raw = raw };
        }

        try
        {
            return Read(row, raw, dialect);
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair: JSON, but no text.
            return new() { Raw = raw };
        }
    }

    private static PlatformRow Read(JsonElement row, byte[] raw, RecordDialect dialect)
    {
        var (number, stamp) = (TextOf(row, "xmid"), TextOf(row, "gxsj"));
        var changedAt = TryTime(stamp, out var at) ? at : (DateTimeOffset?)null;
        var status = TextOf(row, "zt");
        var type = status is null ? null : dialect.Codes["status"].Find(status);
        return new()
        {
            EventId = number is null || changedAt is null ? null : $"{number}-{Stamp(changedAt.Value)}-{TextOf(row, "bbh") ?? "0"}",
            RecordNo = number,
            ChangedAt = changedAt,
            NeedsDetail = TextOf(row, "xqbz") == "1",
            Status = status,
            EventType = type,
            IsPending = type is "",
            HappenedAt = TryTime(TextOf(row, "bjsj"), out var happened) ? Rfc3339(happened) : changedAt is { } changed ? Rfc3339(changed) : null,
            Data = DataOf(row, dialect),
            Raw = raw,
        };
    }

    /// <summary>Beijing time without an offset, as these platforms print it.</summary>
    public static bool TryTime(string? text, out DateTimeOffset instant)
    {
        instant = default;
        if (!DateTime.TryParseExact(text, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return false;
        }

        instant = new DateTimeOffset(local, BeijingOffset).ToUniversalTime();
        return true;
    }

    /// <summary>As <see cref="TryTime"/> reads it.</summary>
    public static string TimeText(DateTimeOffset instant) => instant.ToOffset(BeijingOffset).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static TimeSpan BeijingOffset => TimeSpan.FromHours(8);

    private static string Stamp(DateTimeOffset instant) => instant.ToOffset(BeijingOffset).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    private static string Rfc3339(DateTimeOffset instant) => instant.ToOffset(BeijingOffset).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    // The same record always gives the same bytes: a repeat is known by them.
    private static ReadOnlyMemory<byte> DataOf(JsonElement row, RecordDialect dialect)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            dialect.Write(writer, row);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>The members that stand for one field each; what is absent or blank is left out.</summary>
    internal static void Write(Utf8JsonWriter writer, JsonElement row, IEnumerable<(string Theirs, string Ours, Form Form, string? Table)> fields, CodeTables codes)
    {
        foreach (var (theirs, ours, form, table) in fields)
        {
            if (TextOf(row, theirs) is { } text)
            {
                Write(writer, ours, text, form, table is null ? null : codes[table]);
            }
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, string text, Form form, CodeTable? table)
    {
        switch (form)
        {
            case Form.Number when decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number):
                // 1.0 and 1.00 are the same number, and a version must be a whole one.
                writer.WriteNumber(name, number / 1.000000000000000000000000000000000m);
                break;
            case Form.Code:
                writer.WriteString(name, table!.Find(text) ?? text);
                break;
            case Form.Date:
                writer.WriteString(name, DateText(text));
                break;
            case Form.Time:
                writer.WriteString(name, TryTime(text, out var instant) ? Rfc3339(instant) : text);
                break;
            default:
                writer.WriteString(name, text);
                break;
        }
    }

    // 2026-04-01 00:00:00, 2026/04/01 and 20260401 are days; whatever else is for the contract's checks.
    private static string DateText(string text) =>
        DateTime.TryParseExact(text, ["yyyy-MM-dd HH:mm:ss", "yyyy/MM/dd", "yyyyMMdd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : text;

    /// <summary>A text or number as text; null when absent, blank, or neither.</summary>
    internal static string? TextOf(JsonElement row, string name)
    {
        if (!row.TryGetProperty(name, out var value))
        {
            return null;
        }

        var text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!.Trim(),
            JsonValueKind.Null => "",
            _ => value.GetRawText(),
        };
        return text.Length == 0 ? null : text;
    }
}
