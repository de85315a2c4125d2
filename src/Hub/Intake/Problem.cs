using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Engine;
using Hub.Ledger;
using Hub.Schemas;
using Hub.Telemetry;

namespace Hub.Intake;

/// <summary>A refusal in the form of RFC 9457, in both languages.</summary>
internal sealed record Problem(string Code, IReadOnlyList<FieldError>? Errors = null, int? RetryAfterSeconds = null, string? Detail = null)
{
    public ProblemKind Kind => ProblemKinds.Of(Code);

    public int Status => Kind.Status;
}

/// <summary>What a code means; also the page at <c>/problems/{code}</c>.</summary>
internal sealed record ProblemKind(string Code, int Status, bool Retryable, string TitleZh, string TitleEn, string AdviceZh, string AdviceEn);

/// <summary>Every code Hub answers with. A code is never reused for another meaning.</summary>
internal static class ProblemKinds
{
    private static readonly Dictionary<string, ProblemKind> Kinds = new ProblemKind[]
    {
        new("bad_json", 400, false, "请求体不是有效的 JSON", "The body is not valid JSON", "按提示位置检查报文；须为 UTF-8 编码、无 BOM 的一个 JSON 值。", "Check the body at the place named; it must be one JSON value in UTF-8 without BOM."),
        new("bad_utf8", 400, false, "请求体不是有效的 UTF-8", "The body is not valid UTF-8", "发送前把 GBK 等编码转换为 UTF-8。", "Convert GBK or other encodings to UTF-8 before sending."),
        new("duplicate_key", 400, false, "JSON 中有重复的字段", "A JSON member occurs twice", "同一对象中每个字段只能出现一次。", "Each member may occur once in an object."),
        new("too_deep", 400, false, "JSON 嵌套过深", "The JSON is nested too deeply", "嵌套层数不超过 16。", "At most 16 levels."),
        new("empty_body", 400, false, "请求体为空", "The body is empty", "请发送事件报文。", "Send an event."),
        new("bad_header", 400, false, "请求头无效", "A header is not valid", "按错误说明修正请求头。", "Correct the header named."),
        new("bad_query", 400, false, "查询参数无效", "A query parameter is not valid", "事项：before 为上一页给出的值，limit 为 1 至 200。取件箱：limit 为 1 至 100，wait 为 0 至 30 秒。", "Events: before is a value of the page before, limit is 1 to 200. Feeds: limit is 1 to 100, wait 0 to 30 seconds."),
        new("unauthorised", 401, false, "未提供有效的密钥", "No valid key was given", "使用 Authorization: Bearer hk_…；密钥可能已过期或已吊销。", "Send Authorization: Bearer hk_…; the key may have expired or been revoked."),
        new("direction_not_allowed", 403, false, "该密钥不能用于此操作", "The key is not for this operation", "发布用 publish 密钥，回执和取件用 receive 密钥。", "Publishing needs a publish key, receipts and feeds a receive key."),
        new("source_not_allowed", 403, false, "该密钥不能以此来源发布", "The key may not publish as this source", "source 须为登记的来源。", "Use one of the sources registered with the key."),
        new("type_not_allowed", 403, false, "该密钥无权发布此类事项", "The key may not publish this type", "联系管理员调整密钥的事项范围。", "Ask the administrator to widen the key's types."),
        new("region_not_allowed", 403, false, "该密钥无权发布此行政区划的事项", "The key may not publish for this region", "联系管理员调整密钥的区划范围。", "Ask the administrator to widen the key's regions."),
        new("not_found", 404, false, "没有找到", "Not found", "编号不存在，或不属于本密钥。", "There is no such id, or it is not yours."),
        new("consent_required", 403, false, "缺少有效的授权", "A valid consent is missing", "先登记本人授权（/api/v1/consents），用新的查询号再查；客户也可提交纸质材料。", "Record the holder's consent (/api/v1/consents) and ask again with a new query id; paper is always possible."),
        new("purpose_not_allowed", 403, false, "不允许为此用途查询该证照", "The licence may not be read for this purpose", "用途、证照和本单位的组合须在该地规则包之内。", "Purpose, licence and utility must be a combination of the place's policy pack."),
        new("document_not_allowed", 403, false, "不得要求客户提供此材料", "This document may not be asked of a customer", "只能收取规则包列出的材料，见 /api/v1/document-requirements。", "Only what the policy pack lists, see /api/v1/document-requirements."),
        new("case_not_found", 404, false, "没有找到关联业务", "The case was not found", "业务须已登记，且本单位是参与方。", "The case must be on record and you must be a party of it."),
        new("method_not_allowed", 405, false, "不支持此方法", "The method is not supported here", "见接口说明 /openapi.json。", "See /openapi.json."),
        new("in_progress", 409, true, "同一幂等键的请求正在处理", "A request with the same idempotency key is under way", "稍后用相同报文重试。", "Repeat the same request in a moment."),
        new("receipt_move", 409, false, "回执状态不能这样变更", "The receipt may not follow the one before", "已办结或已退回的不能再变更；新的情况请等待新的事项。", "done and rejected are final; wait for a new event."),
        new("case_full", 409, false, "该业务的查询已达上限", "The case has as many queries as it may have", "请核实是否重复查询。", "See whether the same is asked for again and again."),
        new("too_large", 413, false, "请求体过大", "The body is too large", "单个事件不超过 64 KiB，批量不超过 100 个且 2 MiB。", "An event has at most 64 KiB, a batch 100 events and 2 MiB."),
        new("unsupported_media_type", 415, false, "不支持的内容类型", "The content type is not supported", "使用 application/cloudevents+json、application/cloudevents-batch+json，或带 ce-* 头的 application/json，charset 须为 utf-8。", "Use application/cloudevents+json, application/cloudevents-batch+json, or application/json with ce-* headers, charset utf-8."),
        new("invalid_event", 422, false, "事件未通过校验", "The event did not pass the checks", "逐项查看 errors。", "See errors."),
        new("invalid_receipt", 422, false, "回执未通过校验", "The receipt did not pass the checks", "逐项查看 errors。", "See errors."),
        new("cursor_invalid", 422, false, "位置标记无效", "The cursor is not valid", "使用本取件箱给出的 next，原样传回；不带 after 则从已确认的位置继续。", "Use a next that this feed gave, unchanged; without after it goes on from the acknowledged position."),
        new("beyond_feed", 422, false, "位置超出范围", "The position is beyond what is allowed", "只能确认已取走的条目，位置不能超过最后一条。", "Only what was handed out can be acknowledged, and no position lies beyond the last item."),
        new("invalid_position", 422, false, "位置请求未通过校验", "The position request did not pass the checks", "逐项查看 errors。", "See errors."),
        new("invalid_request", 422, false, "请求未通过校验", "The request did not pass the checks", "逐项查看 errors。", "See errors."),
        new("licence_unknown", 422, false, "该地没有此类证照", "The place has no such licence", "证照类型须在该地规则包之内，并与持证主体类型相符。", "The type must stand in the place's policy pack and fit the kind of holder."),
        new("id_reused", 422, false, "同一编号已用于另一份内容", "The same id was used for other content", "更正或补充请使用新的 id。", "A correction is a new event with a new id."),
        new("idempotency_key_reused", 422, false, "同一幂等键已用于另一个请求", "The idempotency key was used for another request", "每个请求使用自己的幂等键。", "Use a key of its own for each request."),
        new("rate_limited", 429, true, "请求过于频繁", "Too many requests", "按 Retry-After 稍后重试；RateLimit 头给出剩余额度，也可改用批量。", "Repeat after Retry-After; the RateLimit header says what is left. Batches count once."),
        new("not_set_up", 503, false, "本系统未设置证照查询", "Licences are not set up here", "请联系管理员（Hub:HolderKey）。", "Ask the administrator (Hub:HolderKey)."),
        new("processing_failed", 503, true, "系统未能处理该事件，已隔离存放待查", "The event could not be processed and was set aside for inspection", "稍后重试；管理员已可见该事件。", "Try again later; the administrator can see it."),
        new("busy", 503, true, "系统繁忙", "The system is busy", "按 Retry-After 稍后重试，事件尚未存入。", "Repeat after Retry-After; nothing was stored."),
        new("ledger_unavailable", 503, true, "存储暂不可用", "The store is not available now", "按 Retry-After 稍后重试，事件尚未存入。", "Repeat after Retry-After; nothing was stored."),
    }.ToDictionary(kind => kind.Code, StringComparer.Ordinal);

    public static IReadOnlyCollection<ProblemKind> All => Kinds.Values;

    public static ProblemKind Of(string code) => Kinds.TryGetValue(code, out var kind) ? kind : throw new InvalidOperationException($"No problem kind {code}.");

    public static ProblemKind? Find(string code) => Kinds.GetValueOrDefault(code);
}

/// <summary>The body of a problem answer.</summary>
internal sealed record ProblemBody(
    string Type, string Title, int Status, string? Detail, string Instance, string Code, IReadOnlyList<ProblemError>? Errors, bool Retryable,
    [property: JsonPropertyName("retry_after_s")] int? RetryAfterSeconds);

internal sealed record ProblemError(
    string Pointer, string Code, [property: JsonPropertyName("message_zh")] string MessageZh, [property: JsonPropertyName("message_en")] string MessageEn);

/// <summary>Writes answers.</summary>
internal static class Answers
{
    /// <summary>Answers a request with the problem it ended in, if any; a fault of the store is one, and who has hung up is told nothing.</summary>
    /// <param name="http">The request.</param>
    /// <param name="answer">Writes the answer itself, or says why there is none.</param>
    public static async Task GuardAsync(HttpContext http, Func<Task<Problem?>> answer)
    {
        Problem? problem;
        try
        {
            problem = await answer();
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (Exception error) when (EventEndpoint.StoreRefusalOf(error) is { } refusal)
        {
            problem = refusal;
        }

        if (problem is not null)
            await WriteAsync(http, problem);
    }

    public static async Task WriteAsync(HttpContext http, Problem problem)
    {
        HubMetrics.EventsRefused.Add(1, new KeyValuePair<string, object?>("code", problem.Code));
        var response = http.Response;
        response.StatusCode = problem.Status;
        response.ContentType = "application/problem+json; charset=utf-8";
        var retryAfter = problem.RetryAfterSeconds ?? (problem.Kind.Retryable ? 1 : null);
        if (retryAfter is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (problem.Status == 401)
            response.Headers.WWWAuthenticate = "Bearer realm=\"hub\"";
        response.Headers.ContentLanguage = PrefersEnglish(http) ? "en" : "zh-CN";
        await SendAsync(http, JsonSerializer.SerializeToUtf8Bytes(Body(http, problem, retryAfter), IntakeJson.Readable.ProblemBody));
    }

    public static ProblemBody Body(HttpContext http, Problem problem, int? retryAfter = null) => Body(PrefersEnglish(http), http.TraceIdentifier, problem, retryAfter);

    /// <param name="english">Else Chinese.</param>
    /// <param name="instance">What the sender can name it by.</param>
    /// <param name="problem">What is wrong.</param>
    /// <param name="retryAfter">Seconds.</param>
    public static ProblemBody Body(bool english, string instance, Problem problem, int? retryAfter = null)
    {
        var kind = problem.Kind;
        return new(
            $"/problems/{problem.Code}", english ? kind.TitleEn : kind.TitleZh, problem.Status, problem.Detail ?? (english ? kind.AdviceEn : kind.AdviceZh), instance,
            problem.Code, problem.Errors?.Select(error => new ProblemError(error.Pointer, error.Code, error.MessageZh, error.MessageEn)).ToList(), kind.Retryable, retryAfter);
    }

    public static bool PrefersEnglish(HttpContext http)
    {
        // The first language named decides; Chinese when none is.
        var accepted = http.Request.Headers.AcceptLanguage.ToString();
        return accepted.StartsWith("en", StringComparison.OrdinalIgnoreCase);
    }

    public static async Task WriteAsync<T>(HttpContext http, int status, T body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        await SendAsync(http, JsonSerializer.SerializeToUtf8Bytes(body, json));
    }

    // With its length known an answer is one write, without chunks.
    private static async Task SendAsync(HttpContext http, byte[] body)
    {
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}

/// <summary>Answer to an accepted event.</summary>
internal sealed record AcceptedBody
{
    /// <summary>Hub's id.</summary>
    public required Guid Id { get; init; }
    public required string Source { get; init; }
    public required string SourceId { get; init; }

    /// <summary>accepted, or a code when the event is on record but moves nothing.</summary>
    public required string Status { get; init; }
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>Position in the exchange log.</summary>
    public required long Position { get; init; }

    /// <summary>Hash of the entry, hex: keep it, it proves the entry.</summary>
    public required string Hash { get; init; }
    public IReadOnlyList<Warning> Warnings { get; init; } = [];
    public required string Self { get; init; }

    /// <summary>What was committed just now.</summary>
    public static AcceptedBody Of(Event stored, Accepted accepted) => new()
    {
        Id = stored.Id,
        Source = stored.Source,
        SourceId = stored.SourceId,
        Status = accepted.Refusal ?? "accepted",
        AcceptedAt = accepted.At,
        Position = accepted.Position,
        Hash = Convert.ToHexStringLower(accepted.Hash),
        Warnings = stored.Warnings,
        Self = $"/api/v1/events/{stored.Id}",
    };

    /// <summary>What was committed before: the same answer again.</summary>
    public static AcceptedBody Of(EventRow row) => new()
    {
        Id = row.EventId,
        Source = row.Source,
        SourceId = row.SourceId,
        Status = row.Refusal ?? "accepted",
        AcceptedAt = new DateTimeOffset(row.RecordedAt, TimeSpan.Zero),
        Position = row.Position,
        Hash = Convert.ToHexStringLower(row.Hash),
        Warnings = WarningsOf(row),
        Self = $"/api/v1/events/{row.EventId}",
    };

    public static IReadOnlyList<Warning> WarningsOf(EventRow row) =>
        row.Warnings is null ? [] : JsonSerializer.Deserialize(row.Warnings, SchemasJson.Default.IReadOnlyListWarning)!;
}

internal sealed record BatchItem(int Index, int Status, AcceptedBody? Accepted, ProblemBody? Problem);

internal sealed record BatchBody(int Accepted, int Refused, IReadOnlyList<BatchItem> Items);

internal sealed record EventLine(Guid Id, string Source, string SourceId, string Type, string Subject, DateTimeOffset ReceivedAt, string? Refused, bool HasWarnings, string Self);

/// <summary>A page of a bureau's own events; <c>Next</c> is null on the last one.</summary>
internal sealed record EventPage(IReadOnlyList<EventLine> Items, string? Next);

internal sealed record EventView(
    Guid Id, string Source, string SourceId, string Type, string Subject, string Region, DateTimeOffset? OccurredAt, DateTimeOffset RecordedAt, long Position, string Hash,
    string Status, string? Reason, string? Policy, IReadOnlyList<Warning> Warnings, IReadOnlyList<ReceiverView> Receivers);

internal sealed record ReceiverView(
    string Receiver, string? TitleZh, string? TitleEn, Guid DeliveryId, string Command, string State, int Attempts, string? Reason, string? PartnerCode, string? PartnerReference,
    DateTimeOffset? DeliveredAt, DateTimeOffset? NextAttemptAt, string? BusinessStatus, ContactView? FirstContact, IReadOnlyList<ReceiptView> Receipts);

internal sealed record ContactView(DateOnly Due, bool Provisional, string Status, string Source);

internal sealed record ReceiptView(Guid Id, string Status, string? Code, DateTimeOffset? At, DateTimeOffset RecordedAt, string? AccountNo, string? Note, string? Refused);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(AcceptedBody))]
[JsonSerializable(typeof(BatchBody))]
[JsonSerializable(typeof(EventView))]
[JsonSerializable(typeof(EventPage))]
[JsonSerializable(typeof(List<ReceiptView>))]
internal sealed partial class IntakeJson : JsonSerializerContext
{
    private static IntakeJson? readable;

    public static IntakeJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
