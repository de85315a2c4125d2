using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Hub.Schemas;

/// <summary>Checks what a person wrote against one of our own schemas: the keywords that <see cref="SchemaFiles"/> writes, and no others.</summary>
public static class SchemaCheck
{
    private static readonly TimeSpan PatternLimit = TimeSpan.FromSeconds(1);
    private static readonly Lazy<IReadOnlyDictionary<string, JsonObject>> Schemas = new(() => SchemaFiles.All().ToDictionary(file => file.Key, file => JsonNode.Parse(file.Value)!.AsObject(), StringComparer.Ordinal));

    /// <summary>The schema of a command's data; null when it has none, and nobody writes it by hand.</summary>
    public static JsonObject? OfCommand(string type) => type switch
    {
        CommandTypes.LeadCreate or CommandTypes.LeadUpdate or CommandTypes.LeadWithdraw => Schemas.Value["utility-crm/lead.schema.json"],
        CommandTypes.AccountPrecheck or CommandTypes.AccountTransfer or CommandTypes.AccountReverse or CommandTypes.AccountInquire => Schemas.Value["utility-account/account-order.schema.json"],
        CommandTypes.ApplicationPut => Schemas.Value["connection/application-notice.schema.json"],
        CommandTypes.RegisterFeedback => Schemas.Value["real-estate/transfer-feedback.schema.json"],
        CommandTypes.NoticeSend => Schemas.Value["notification/notice.schema.json"],
        CommandTypes.PermitDistribute or CommandTypes.PermitWithdraw => Schemas.Value["municipal/permit-order.schema.json"],
        CommandTypes.PermitResult => Schemas.Value["municipal/permit-result.schema.json"],
        CommandTypes.PermitDelivered => Schemas.Value["municipal/permit-delivery.schema.json"],
        CommandTypes.CreditReport => Schemas.Value["municipal/credit-report.schema.json"],
        CommandTypes.DeadlineWarn => Schemas.Value["connection/deadline-warning.schema.json"],
        _ => null,
    };

    /// <summary>Everything that is wrong with it; none: it is as the schema says.</summary>
    public static IReadOnlyList<FieldError> Of(JsonNode? value, JsonObject schema)
    {
        var errors = new List<FieldError>();
        Check(value, schema, schema, "", errors);
        return errors;
    }

    private static void Check(JsonNode? value, JsonObject schema, JsonObject root, string at, List<FieldError> errors)
    {
        if ((string?)schema["$ref"] is { } reference)
        {
            Check(value, Follow(root, reference), root, at, errors);
            return;
        }

        if (schema["enum"] is JsonArray allowed)
        {
            if (!allowed.Any(one => JsonNode.DeepEquals(one, value)))
                Add(ErrorCodes.NotAllowed, $"只能是：{string.Join("、", allowed.Select(Text))}。", $"Must be one of: {string.Join(", ", allowed.Select(Text))}.");
            return;
        }

        if (schema["type"] is { } type && !Types(type).Contains(KindOf(value)) && !(KindOf(value) == "integer" && Types(type).Contains("number")))
        {
            Add(ErrorCodes.NotAllowed, $"类型应为：{string.Join("、", Types(type))}。", $"Must be of the type: {string.Join(", ", Types(type))}.");
            return;
        }

        switch (value)
        {
            case JsonObject members: CheckMembers(members, schema, root, at, errors); break;
            case JsonArray items:
                if ((int?)schema["maxItems"] is { } most && items.Count > most)
                    Add(ErrorCodes.TooLong, $"最多 {most} 项。", $"At most {most} items.");
                if (schema["items"] is JsonObject each)
                {
                    for (var i = 0; i < items.Count; i++)
                        Check(items[i], each, root, $"{at}/{i}", errors);
                }

                break;
            case JsonValue one when one.GetValueKind() == JsonValueKind.String: CheckText((string)one!, schema, Add); break;
            case JsonValue one when one.GetValueKind() == JsonValueKind.Number: CheckNumber(one, schema, Add); break;
        }

        void Add(string code, string zh, string en) => errors.Add(new(at, code, zh, en));
    }

    private static void CheckMembers(JsonObject members, JsonObject schema, JsonObject root, string at, List<FieldError> errors)
    {
        var known = schema["properties"] as JsonObject;
        foreach (var (name, value) in members)
        {
            var place = $"{at}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
            if (known?[name] is JsonObject expected)
                Check(value, expected, root, place, errors);
            else if (schema["additionalProperties"]?.GetValueKind() == JsonValueKind.False)
                errors.Add(new(place, ErrorCodes.NotAllowed, "没有这个字段。", "There is no such field."));
        }

        foreach (var name in (schema["required"] as JsonArray ?? []).Select(name => (string)name!).Where(name => !members.ContainsKey(name)))
            errors.Add(new($"{at}/{name}", ErrorCodes.Required, "必填。", "Required."));
    }

    private static void CheckText(string text, JsonObject schema, Action<string, string, string> add)
    {
        if ((int?)schema["minLength"] is { } least && text.Length < least)
            add(ErrorCodes.TooShort, $"至少 {least} 个字符。", $"At least {least} characters.");
        if ((int?)schema["maxLength"] is { } most && text.Length > most)
            add(ErrorCodes.TooLong, $"最多 {most} 个字符。", $"At most {most} characters.");
        if ((string?)schema["pattern"] is { } pattern && !Regex.IsMatch(text, pattern, RegexOptions.None, PatternLimit))
            add(ErrorCodes.Pattern, "格式不对。", "Not of the expected form.");
        if ((string?)schema["format"] == "date" && !DateOnly.TryParseExact(text, "yyyy-MM-dd", out _))
            add(ErrorCodes.NotADate, "须为日期，如 2026-01-05。", "Must be a date such as 2026-01-05.");
        if ((string?)schema["format"] == "date-time" && InstantText.Parse(text) is null)
            add(ErrorCodes.NotATime, "须为 RFC 3339 时间并带时区。", "Must be RFC 3339 with an offset.");
        if (ApprovalRules.HasBadCharacter(text))
            add(ErrorCodes.BadText, "含有控制字符或不完整的字符。", "Contains a control character or half of a character.");
    }

    private static void CheckNumber(JsonValue value, JsonObject schema, Action<string, string, string> add)
    {
        if (!decimal.TryParse(value.ToJsonString(), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number)
            || number < (decimal?)schema["minimum"] || number > (decimal?)schema["maximum"])
            add(ErrorCodes.Range, "数值超出范围。", "The number is out of its range.");
    }

    private static JsonObject Follow(JsonObject root, string reference)
    {
        JsonNode? place = root;
        foreach (var part in reference.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
            place = place?[part];
        return place as JsonObject ?? throw new InvalidOperationException($"The schema has no {reference}.");
    }

    private static string[] Types(JsonNode type) => type is JsonArray several ? [.. several.Select(one => (string)one!)] : [(string)type!];

    private static string KindOf(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => value.ToJsonString().IndexOfAny(['.', 'e', 'E']) < 0 ? "integer" : "number",
        _ => "boolean",
    };

    private static string Text(JsonNode? value) => value is null ? "null" : value.GetValueKind() == JsonValueKind.String ? (string)value! : value.ToJsonString();
}
