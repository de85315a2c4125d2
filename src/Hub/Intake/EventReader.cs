using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Hub.Engine;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schemas;

namespace Hub.Intake;

/// <summary>An event that was read, or why not.</summary>
internal sealed record ReadResult(EventInput? Input, Problem? Problem);

/// <summary>Reads CloudEvents 1.0 (JSON format; structured and binary mode) strictly: whatever is odd is said with its place.</summary>
internal static partial class EventReader
{
    public const int EventBytesMax = 64 * 1024;

    private const int DepthMax = 16;
    private static readonly TimeSpan FutureTolerance = TimeSpan.FromMinutes(10);

    private sealed class Attributes
    {
        public string? SpecVersion, Id, Source, Type, Subject, Time, DataContentType, DataSchema, TraceParent;
        public int DataStart = -1, DataLength;
        public bool HasBase64;
        public List<FieldError> Errors { get; } = [];
        public List<Warning> Warnings { get; } = [];
    }

    /// <summary>Reads one structured event.</summary>
    /// <param name="body">The event's bytes as received.</param>
    /// <param name="key">The sender's key: its scopes are checked here.</param>
    /// <param name="now">For an event that claims to come from the future.</param>
    public static ReadResult Structured(ReadOnlyMemory<byte> body, ApiKey key, DateTimeOffset now)
    {
        if (Unreadable(body.Span) is { } unreadable)
            return new(null, unreadable);
        var attributes = new Attributes();
        if (ReadEnvelope(body.Span, attributes) is { } problem)
            return new(null, problem);
        return Finish(attributes, body, key, now);
    }

    /// <summary>Reads a binary-mode request: attributes in <c>ce-*</c> headers, the body is the data.</summary>
    public static ReadResult Binary(IHeaderDictionary headers, ReadOnlyMemory<byte> body, ApiKey key, DateTimeOffset now)
    {
        if (Unreadable(body.Span) is { } unreadable)
            return new(null, unreadable);
        var attributes = new Attributes();
        var lines = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["content-type"] = headers.ContentType.ToString() };
        foreach (var (name, value) in headers.Where(header => header.Key.StartsWith("ce-", StringComparison.OrdinalIgnoreCase)))
        {
            var attribute = name[3..].ToLowerInvariant();
            if (value.Count != 1 || !TryPercentDecode(value.ToString(), out var text))
                return new(null, new Problem("bad_header", [Error($"/{attribute}", "bad_header", "请求头须为一个百分号编码的 UTF-8 值", "The header must be one percent-encoded UTF-8 value")]));
            lines[name.ToLowerInvariant()] = value.ToString();
            SetAttribute(attributes, attribute, text);
        }

        // What is kept is what came: the event's headers in a fixed order, an empty line, the body.
        var head = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => $"{line.Key}: {line.Value}\n")) + "\n");
        attributes.DataStart = head.Length;
        attributes.DataLength = body.Length;
        attributes.DataContentType ??= "application/json";
        return Finish(attributes, (byte[])[.. head, .. body.Span], key, now);
    }

    /// <summary>Header <c>traceparent</c>; null when there is none that can be used.</summary>
    public static string? TraceParent(HttpRequest request) =>
        request.Headers.TraceParent is { Count: 1 } values && values[0] is { } value && IsTraceParent(value) ? value : null;

    /// <summary>Splits a batch into the bytes of its events.</summary>
    public static Problem? Split(ReadOnlyMemory<byte> body, int max, List<ReadOnlyMemory<byte>> events)
    {
        if (Unreadable(body.Span) is { } unreadable)
            return unreadable;
        try
        {
            var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = DepthMax + 2 });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
                return new Problem("invalid_event", [Error("", "wrong_type", "批量报文须为数组", "A batch must be an array")]);
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                events.Add(body[start..(int)reader.BytesConsumed]);
                if (events.Count > max)
                    return new Problem("too_large");
            }

            reader.Read();
        }
        catch (JsonException error)
        {
            return BadJson(error);
        }

        return events.Count == 0 ? new Problem("empty_body") : null;
    }

    /// <summary>Reads a receipt's body.</summary>
    public static (Receipt? Receipt, Problem? Problem) ReadReceipt(ReadOnlyMemory<byte> body)
    {
        var (receipt, problem) = ReadPlain(body, SchemasJson.Default.Receipt, "invalid_receipt");
        if (receipt is null)
            return (null, problem);
        var errors = new List<FieldError>();
        ReceiptRules.Check(receipt, errors);
        CheckInstants(body.Span, errors, "at");
        return errors.Count == 0 ? (receipt, null) : (null, new Problem("invalid_receipt", errors));
    }

    /// <summary>Reports every one of these members that is a time without an offset, which the serializer takes for one of this machine's zone.</summary>
    /// <param name="body">A flat object that was read before.</param>
    /// <param name="errors">Gets them.</param>
    /// <param name="members">Names of members.</param>
    public static void CheckInstants(ReadOnlySpan<byte> body, List<FieldError> errors, params ReadOnlySpan<string> members)
    {
        foreach (var member in members)
        {
            if (TextOf(body, Encoding.UTF8.GetBytes(member)) is { Length: > 0 } text && !TryInstant(text, out _))
                errors.Add(Error($"/{member}", "not_a_time", "须为 RFC 3339 时间并带时区，例如 2026-01-05T09:00:00+08:00", "Must be RFC 3339 with an offset, such as 2026-01-05T09:00:00+08:00"));
        }
    }

    /// <summary>Reads a JSON object that is no event, as strictly.</summary>
    /// <param name="body">As received.</param>
    /// <param name="type">The contract.</param>
    /// <param name="refusal">The problem code for members that do not fit it.</param>
    public static (T? Value, Problem? Problem) ReadPlain<T>(ReadOnlyMemory<byte> body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string refusal)
        where T : class
    {
        if (Unreadable(body.Span) is { } unreadable)
            return (null, unreadable);
        return TryDeserialise(body.Span, type, "", out var value, out var error) ? (value, null) : (null, error!.Code == "invalid_event" ? error with { Code = refusal } : error);
    }

    // The text of one member of a flat object that was read before.
    private static string TextOf(ReadOnlySpan<byte> json, ReadOnlySpan<byte> member)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals(member))
                continue;
            reader.Read();
            return reader.GetString() ?? "";
        }

        return "";
    }

    private static Problem? Unreadable(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
            return new Problem("empty_body");
        if (!Utf8.IsValid(body))
            return new Problem("bad_utf8");
        return body.StartsWith("\uFEFF"u8) ? new Problem("bad_json", [Error("", "bom", "报文不得以 BOM 开头", "The body must not begin with a BOM")]) : null;
    }

    private static Problem? ReadEnvelope(ReadOnlySpan<byte> body, Attributes attributes)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = DepthMax + 1 });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                return new Problem("invalid_event", [Error("", "wrong_type", "事件须为 JSON 对象", "An event must be a JSON object")]);
            var seen = new HashSet<string>(StringComparer.Ordinal);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                if (!seen.Add(name))
                    return new Problem("duplicate_key", [Error($"/{Escape(name)}", "duplicate_key", "字段重复", "The member occurs twice")]);
                reader.Read();
                ReadMember(ref reader, name, attributes);
            }

            // Anything after the closing brace is an error too.
            reader.Read();
            return null;
        }
        catch (JsonException error)
        {
            return BadJson(error);
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair: JSON, but no text.
            return new Problem("bad_json", [Error("", "bad_text", "字符串中有不成对的代理字符", "A string has half of a surrogate pair")]);
        }
    }

    private static void ReadMember(ref Utf8JsonReader reader, string name, Attributes attributes)
    {
        if (name == "data")
        {
            attributes.DataStart = (int)reader.TokenStartIndex;
            reader.Skip();
            attributes.DataLength = (int)reader.BytesConsumed - attributes.DataStart;
            return;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                SetAttribute(attributes, name, reader.GetString()!);
                break;
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False when !IsCore(name):
                CheckExtension(attributes, name);
                break;
            case JsonTokenType.Null:
                break;
            default:
                attributes.Errors.Add(Error($"/{Escape(name)}", "wrong_type", "属性须为字符串", "The attribute must be a string"));
                reader.Skip();
                break;
        }
    }

    private static bool IsCore(string name) => name is "specversion" or "id" or "source" or "type" or "subject" or "time" or "datacontenttype" or "dataschema" or "data_base64";

    private static void SetAttribute(Attributes attributes, string name, string value)
    {
        switch (name)
        {
            case "specversion": attributes.SpecVersion = value; break;
            case "id": attributes.Id = value; break;
            case "source": attributes.Source = value; break;
            case "type": attributes.Type = value; break;
            case "subject": attributes.Subject = value; break;
            case "time": attributes.Time = value; break;
            case "datacontenttype": attributes.DataContentType = value; break;
            case "dataschema": attributes.DataSchema = value; break;
            case "data_base64": attributes.HasBase64 = true; break;
            default:
                CheckExtension(attributes, name);
                if (name == "traceparent" && IsTraceParent(value))
                    attributes.TraceParent = value;
                break;
        }
    }

    // W3C Trace Context: 00-<32 hex>-<16 hex>-<2 hex>. It goes out again as a header and into a text column, so anything else is passed over.
    private static bool IsTraceParent(string value) =>
        value is { Length: 55 } && value[2] == '-' && value[35] == '-' && value[52] == '-'
        && value.AsSpan().IndexOfAnyExcept("0123456789abcdef-") < 0;

    // CloudEvents allows extensions of any such name; they are kept with the bytes and passed over.
    private static void CheckExtension(Attributes attributes, string name)
    {
        if (name.Length is 0 or > 20 || name.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789"))
            attributes.Errors.Add(Error($"/{Escape(name)}", "unknown_field", "不是 CloudEvents 属性；扩展属性名为 1 至 20 位小写字母或数字", "Not a CloudEvents attribute; extension names are 1 to 20 lower-case letters or digits"));
    }

    private static ReadResult Finish(Attributes attributes, ReadOnlyMemory<byte> body, ApiKey key, DateTimeOffset now)
    {
        if (body.Length > EventBytesMax)
            return new(null, new Problem("too_large"));
        CheckAttributes(attributes);
        if (attributes.Errors.Count > 0)
            return new(null, new Problem("invalid_event", attributes.Errors));
        if (Forbidden(key, attributes) is { } forbidden)
            return new(null, forbidden);

        var occurredAt = CheckTime(attributes, now);
        if (ReadContent(attributes, body.Span.Slice(attributes.DataStart, attributes.DataLength), key, now, out var problem) is not { } read)
            return new(null, problem);
        var process = ProcessCatalog.ForEvent(attributes.Type!);
        return new(new EventInput(
            new Event
            {
                Id = Guid.CreateVersion7(now),
                Source = attributes.Source!,
                SourceId = attributes.Id!,
                Type = attributes.Type!,
                Subject = read.CaseKey,
                Partner = key.Partner,
                Region = read.Region,
                OccurredAt = occurredAt,
                Body = body,
                DataStart = attributes.DataStart,
                DataLength = attributes.DataLength,
                Warnings = attributes.Warnings,
                TraceParent = attributes.TraceParent,
            },
            read.Data,
            process.Type,
            read.CaseKey,
            SHA256.HashData(body.Span)), null);
    }

    /// <summary>An event's data, checked and normalised.</summary>
    /// <param name="Names">What else may stand in <c>subject</c> for the case.</param>
    private sealed record Content(object Data, string CaseKey, string Region, IReadOnlyList<string?> Names);

    private static Content? ReadContent(Attributes attributes, ReadOnlySpan<byte> data, ApiKey key, DateTimeOffset now, out Problem? problem)
    {
        var content = EventTypes.OfTransfer.Contains(attributes.Type) ? ReadTransfer(attributes, data, key, now, out problem)
            : EventTypes.OfAccount.Contains(attributes.Type) ? ReadReport(attributes, data, out problem)
            : EventTypes.OfOutage.Contains(attributes.Type) ? ReadOutage(attributes, data, key, out problem)
            : attributes.Type == EventTypes.OutageNotified ? ReadResults(attributes, data, out problem)
            : EventTypes.OfConnection.Contains(attributes.Type) ? ReadConnection(attributes, data, key, now, out problem)
            : ReadApproval(attributes, data, key, out problem);
        if (content is null)
            return null;
        if (!key.AllowsRegion(content.Region))
        {
            problem = new Problem("region_not_allowed", [Error("/data/regionCode", "region_not_allowed", "密钥范围之外的行政区划", "Outside the regions of the key")]);
            return null;
        }

        if (attributes.Subject is { Length: > 0 } subject && subject != content.CaseKey && !content.Names.Contains(subject))
            attributes.Warnings.Add(new("", WarningCodes.SubjectDiffers, "subject 与数据中的项目不一致，以数据为准", "subject differs from the project in the data; the data decides"));
        return content;
    }

    private static Content? ReadApproval(Attributes attributes, ReadOnlySpan<byte> data, ApiKey key, out Problem? problem)
    {
        if (!TryDeserialise(data, SchemasJson.Default.ProjectApproval, "/data", out var raw, out problem))
            return null;
        var errors = new List<FieldError>();
        ApprovalRules.Check(raw, attributes.Type!, errors, attributes.Warnings);
        if (Refuse(attributes, errors) is { } refused)
        {
            problem = refused;
            return null;
        }

        var approval = ApprovalRules.Normalise(raw);
        approval = approval.LegalBasisRef is null ? approval with { LegalBasisRef = key.LegalBasis } : approval;
        // An amendment's own number names it as well as the number it replaces, which its case goes by.
        var named = attributes.Subject is { Length: > 0 } subject && approval.ApprovalDocNo is not null
            && DocumentNumber.Normalise(subject.StartsWith("doc:", StringComparison.Ordinal) ? subject[4..] : subject) == approval.ApprovalDocNo ? attributes.Subject : null;
        return new(approval, ApprovalRules.CaseKey(approval), approval.RegionCode!, [approval.ProjectCode, approval.ApprovalDocNo, named]);
    }

    private static Content? ReadTransfer(Attributes attributes, ReadOnlySpan<byte> data, ApiKey key, DateTimeOffset now, out Problem? problem)
    {
        if (!TryDeserialise(data, SchemasJson.Default.PropertyTransfer, "/data", out var raw, out problem))
            return null;
        var errors = new List<FieldError>();
        TransferRules.Check(raw, attributes.Type!, now, errors, attributes.Warnings);
        if (Refuse(attributes, errors) is { } refused)
        {
            problem = refused;
            return null;
        }

        var transfer = TransferRules.Normalise(raw);
        transfer = transfer.LegalBasisRef is null ? transfer with { LegalBasisRef = key.LegalBasis } : transfer;
        return new(transfer, transfer.UnitNo!, transfer.RegionCode!, [raw.UnitNo, transfer.RegistryNo]);
    }

    private static Content? ReadReport(Attributes attributes, ReadOnlySpan<byte> data, out Problem? problem)
    {
        if (!TryDeserialise(data, SchemasJson.Default.AccountReport, "/data", out var raw, out problem))
            return null;
        var errors = new List<FieldError>();
        AccountReportRules.Check(raw, attributes.Type!, errors);
        if (Refuse(attributes, errors) is { } refused)
        {
            problem = refused;
            return null;
        }

        var report = AccountReportRules.Normalise(raw);
        return new(report, report.UnitNo!, report.RegionCode!, [raw.UnitNo, report.OrderId]);
    }

    // Whose application it is may depend on the packs: ConnectionIntake completes what is read here.
    private static Content? ReadConnection(Attributes attributes, ReadOnlySpan<byte> data, ApiKey key, DateTimeOffset now, out Problem? problem) => attributes.Type switch
    {
        EventTypes.ConnectionStage => Read(attributes, data, SchemasJson.Default.StageReport, (report, errors) => ConnectionRules.Check(report, now, errors),
            report => OfConnection(report, key.Partner, report.ApplicationNo!, report.RegionCode!), out problem),
        EventTypes.ConnectionMatchDecided => Read(attributes, data, SchemasJson.Default.MatchDecision, ConnectionRules.Check,
            decision => OfConnection(decision, key.Partner, decision.ApplicationNo!, decision.RegionCode!), out problem),
        EventTypes.ConnectionEvaluated => Read(attributes, data, SchemasJson.Default.ServiceEvaluation, (evaluation, errors) => ConnectionRules.Check(evaluation, now, errors),
            evaluation => OfConnection(evaluation, evaluation.OperatorCode ?? key.Partner, evaluation.ApplicationNo!, evaluation.RegionCode!), out problem),
        _ => Read(attributes, data, SchemasJson.Default.ConnectionApplication, (application, errors) => ConnectionRules.Check(application, now, errors, attributes.Warnings),
            application => OfConnection(
                ConnectionRules.Normalise(application) with { LegalBasisRef = application.LegalBasisRef ?? key.LegalBasis },
                application.OperatorCode ?? key.Partner, application.ApplicationNo!, application.RegionCode!), out problem),
    };

    private static Content OfConnection(object data, string operatorId, string applicationNo, string region) => new(data, ConnectionProcess.Key(operatorId, applicationNo), region, [applicationNo]);

    private static Content? Read<T>(
        Attributes attributes, ReadOnlySpan<byte> data, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, Action<T, List<FieldError>> check, Func<T, Content> content, out Problem? problem)
        where T : class
    {
        if (!TryDeserialise(data, type, "/data", out var raw, out problem))
            return null;
        var errors = new List<FieldError>();
        check(raw, errors);
        problem = Refuse(attributes, errors);
        return problem is null ? content(raw) : null;
    }

    private static Problem? Refuse(Attributes attributes, List<FieldError> errors)
    {
        attributes.Errors.AddRange(errors.Select(error => error with { Pointer = "/data" + error.Pointer }));
        return attributes.Errors.Count > 0 ? new Problem("invalid_event", attributes.Errors) : null;
    }

    private static void CheckAttributes(Attributes attributes)
    {
        var errors = attributes.Errors;
        if (attributes.SpecVersion != "1.0")
            errors.Add(Error("/specversion", attributes.SpecVersion is null ? "required" : "not_allowed", "specversion 须为 1.0", "specversion must be 1.0"));
        CheckText(errors, "/id", attributes.Id, 64);
        CheckText(errors, "/source", attributes.Source, 200);
        if (attributes.Type is null)
            errors.Add(Error("/type", "required", "缺少 type", "type is missing"));
        else if (!EventTypes.Publishable.Contains(attributes.Type))
            errors.Add(Error("/type", "not_allowed", "未知的事项类型，见 /schemas", "Unknown event type, see /schemas"));
        if (attributes.DataContentType is { } type && !type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
            errors.Add(Error("/datacontenttype", "not_allowed", "数据须为 application/json", "data must be application/json"));
        if (attributes.HasBase64)
            errors.Add(Error("/data_base64", "not_allowed", "不接受 data_base64，请用 data", "data_base64 is not accepted, use data"));
        else if (attributes.DataStart < 0)
            errors.Add(Error("/data", "required", "缺少 data", "data is missing"));
    }

    private static void CheckText(List<FieldError> errors, string pointer, string? value, int max)
    {
        if (string.IsNullOrWhiteSpace(value))
            errors.Add(Error(pointer, "required", "不能缺少或为空", "Must be there and not empty"));
        else if (value.Length > max)
            errors.Add(Error(pointer, "too_long", $"不超过 {max} 个字符", $"At most {max} characters"));
        else if (value.AsSpan().IndexOfAnyInRange('\0', '\u001F') >= 0)
            errors.Add(Error(pointer, "bad_text", "不得含控制字符", "No control characters"));
    }

    private static Problem? Forbidden(ApiKey key, Attributes attributes)
    {
        if (!key.Sources.Contains(attributes.Source!))
            return new Problem("source_not_allowed", [Error("/source", "source_not_allowed", "密钥未登记此来源", "Not a source of this key")]);
        return key.AllowsType(attributes.Type!)
            ? null
            : new Problem("type_not_allowed", [Error("/type", "type_not_allowed", "密钥范围之外的事项类型", "Outside the types of the key")]);
    }

    private static DateTimeOffset? CheckTime(Attributes attributes, DateTimeOffset now)
    {
        if (attributes.Time is not { } text)
            return null;
        if (!TryInstant(text, out var instant))
        {
            attributes.Errors.Add(Error("/time", "not_a_time", "须为 RFC 3339 时间并带时区，例如 2026-01-05T09:00:00+08:00", "Must be RFC 3339 with an offset, such as 2026-01-05T09:00:00+08:00"));
            return null;
        }

        if (instant > now + FutureTolerance)
            attributes.Warnings.Add(new("/time", WarningCodes.TimeOdd, "发生时间晚于收到时间", "It claims to have happened after it was received"));
        return instant.ToUniversalTime();
    }

    /// <summary>RFC 3339: a full date and time with an offset; the parser alone would also take half of it.</summary>
    public static bool TryInstant(string text, out DateTimeOffset instant)
    {
        instant = default;
        return text.Length is >= 20 and <= 35 && text[10] is 'T' or 't' && (text[^1] is 'Z' or 'z' || text[^6] is '+' or '-')
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out instant);
    }

    private static bool TryDeserialise<T>(
        ReadOnlySpan<byte> json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string at,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? value, out Problem? problem)
        where T : class
    {
        value = null;
        try
        {
            value = JsonSerializer.Deserialize(json, type);
            problem = value is null ? new Problem("invalid_event", [Error(at, "wrong_type", "须为 JSON 对象", "Must be a JSON object")]) : null;
            return value is not null;
        }
        catch (JsonException error)
        {
            problem = FieldProblem(error, at);
            return false;
        }
    }

    private static Problem FieldProblem(JsonException error, string at)
    {
        var pointer = at + ToPointer(error.Path);
        // The serializer says in words only which of these it was.
        if (error.Message.Contains("could not be mapped", StringComparison.Ordinal))
            return new Problem("invalid_event", [Error(pointer, "unknown_field", "未知字段", "Unknown field")]);
        if (error.Message.Contains("uplicate", StringComparison.Ordinal))
            return new Problem("duplicate_key", [Error(pointer, "duplicate_key", "字段重复", "The member occurs twice")]);
        if (error.Path is null or "" || error.InnerException is JsonException { Path: null })
            return BadJson(error);
        return new Problem("invalid_event", [Error(pointer, "wrong_type", "类型或格式不对", "Wrong type or form")]);
    }

    private static Problem BadJson(JsonException error)
    {
        // Not "depth" alone: a body that ends too early is told with that word too.
        if (error.Message.Contains("maximum configured depth", StringComparison.OrdinalIgnoreCase))
            return new Problem("too_deep");
        var place = $"{error.LineNumber + 1}:{error.BytePositionInLine + 1}";
        return new Problem("bad_json", [Error("", "bad_json", $"第 {place} 处（行:字节）", $"At {place} (line:byte)")]);
    }

    // "$.a.b[3]" → "/a/b/3"; names with odd characters come as ['…'].
    private static string ToPointer(string? path)
    {
        if (path is null or "" or "$")
            return "";
        var pointer = new StringBuilder();
        var rest = path.AsSpan(1);
        while (!rest.IsEmpty)
        {
            if (rest[0] == '.')
            {
                var end = rest[1..].IndexOfAny('.', '[');
                var name = end < 0 ? rest[1..] : rest.Slice(1, end);
                pointer.Append('/').Append(Escape(name.ToString()));
                rest = rest[(1 + name.Length)..];
            }
            else
            {
                // Looked for behind the opening, because the name itself may begin with a bracket.
                var mark = rest.StartsWith("['") ? 2 : 1;
                var end = rest[mark..].IndexOf(mark == 2 ? "']" : "]");
                if (end < 0)
                    break;
                pointer.Append('/').Append(Escape(rest.Slice(mark, end).ToString()));
                rest = rest[(mark + end + mark)..];
            }
        }

        return pointer.ToString();
    }

    private static string Escape(string name)
    {
        var shown = name.Length > 60 ? name[..60] : name;
        return shown.Replace("~", "~0").Replace("/", "~1");
    }

    private static bool TryPercentDecode(string value, out string text)
    {
        text = value;
        if (!value.Contains('%'))
            return value.All(character => character is >= ' ' and <= '~');
        var bytes = new List<byte>(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] != '%')
            {
                if (value[i] is < ' ' or > '~')
                    return false;
                bytes.Add((byte)value[i]);
                continue;
            }

            if (i + 2 >= value.Length || !byte.TryParse(value.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var decoded))
                return false;
            bytes.Add(decoded);
            i += 2;
        }

        if (!Utf8.IsValid(bytes.ToArray()))
            return false;
        text = Encoding.UTF8.GetString([.. bytes]);
        return true;
    }

    private static FieldError Error(string pointer, string code, string zh, string en) => new(pointer, code, zh, en);
}
