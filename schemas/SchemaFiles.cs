using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Hub.Schemas;

/// <summary>The JSON Schemas (2020-12) of everything that crosses the border, written from the C# contracts and their attributes.</summary>
public static class SchemaFiles
{
    private static readonly JsonSerializerOptions Written = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Path below <c>schemas/</c> and content of every schema file.</summary>
    public static IReadOnlyDictionary<string, string> All()
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var type in EventTypes.OfApproval)
            files.Add($"project-approval/{type}.schema.json", Write(type, SchemasJson.Default.ProjectApproval, "立项信息 · Project approval, data of this event type."));
        foreach (var type in EventTypes.OfTransfer)
            files.Add($"real-estate/{type}.schema.json", Write(type, SchemasJson.Default.PropertyTransfer, "不动产转移 · Change of ownership, data of this event type."));
        foreach (var type in EventTypes.OfAccount)
            files.Add($"utility-account/{type}.schema.json", Write(type, SchemasJson.Default.AccountReport, "过户单回报 · A utility's word about an order, data of this event type."));
        foreach (var type in EventTypes.OfOutage)
            files.Add($"outage/{type}.schema.json", Write(type, SchemasJson.Default.OutageNotice, "停电通知 · Notice of an outage, data of this event type."));
        files.Add($"outage/{EventTypes.OutageNotified}.schema.json", Write(EventTypes.OutageNotified, SchemasJson.Default.OutageResults, "告知结果 · Whom a gateway reached, data of this event type."));
        foreach (var type in new[] { EventTypes.ConnectionApplied, EventTypes.ConnectionAmended })
            files.Add($"connection/{type}.schema.json", Write(type, SchemasJson.Default.ConnectionApplication, "用电报装申请 · Application for a connection, data of this event type."));
        files.Add($"connection/{EventTypes.ConnectionStage}.schema.json", Write(EventTypes.ConnectionStage, SchemasJson.Default.StageReport, "环节 · A stage of a connection, data of this event type."));
        files.Add($"connection/{EventTypes.ConnectionMatchDecided}.schema.json", Write(EventTypes.ConnectionMatchDecided, SchemasJson.Default.MatchDecision, "匹配确认 · A utility's word on a proposed match, data of this event type."));
        files.Add($"connection/{EventTypes.ConnectionEvaluated}.schema.json", Write(EventTypes.ConnectionEvaluated, SchemasJson.Default.ServiceEvaluation, "服务评价 · The customer's opinion, data of this event type."));
        files.Add("connection/application-notice.schema.json", Write("application-notice", SchemasJson.Default.ApplicationNotice, "报装申请推送 · Data of application.put.v1, what a utility is sent."));
        files.Add("utility-account/account-order.schema.json", Write("account-order", SchemasJson.Default.AccountOrder, "用电过户单 · Order: data of account.*.v1, what a utility is sent."));
        files.Add("real-estate/transfer-feedback.schema.json", Write("transfer-feedback", SchemasJson.Default.TransferFeedback, "反馈登记机构 · Data of register.feedback.v1."));
        files.Add("notification/notice.schema.json", Write("notice", SchemasJson.Default.Notice, "告知 · Words for people: data of notice.send.v1."));
        foreach (var type in EventTypes.OfPermitApplication)
            files.Add($"municipal/{type}.schema.json", Write(type, SchemasJson.Default.PermitApplication, "外线并联审批申请 · Permits applied for, data of this event type."));
        foreach (var type in EventTypes.OfPermitStep)
            files.Add($"municipal/{type}.schema.json", Write(type, SchemasJson.Default.PermitStep, "外线并联审批进展 · What else happens to a permit case, data of this event type."));
        files.Add($"municipal/{EventTypes.PermitItemReported}.schema.json", Write(EventTypes.PermitItemReported, SchemasJson.Default.PermitItemReport, "审批事项回报 · A department's word about an item, data of this event type."));
        files.Add("municipal/permit-order.schema.json", Write("permit-order", SchemasJson.Default.PermitOrder, "审批事项分发 · Item for a department: data of permit.distribute.v1 and permit.withdraw.v1."));
        files.Add("municipal/permit-result.schema.json", Write("permit-result", SchemasJson.Default.PermitResult, "审批结果 · Result: data of permit.result.v1."));
        files.Add("municipal/permit-delivery.schema.json", Write("permit-delivery", SchemasJson.Default.PermitDelivery, "统一送达 · All results together: data of permit.delivered.v1."));
        files.Add("municipal/credit-report.schema.json", Write("credit-report", SchemasJson.Default.CreditReport, "失信报送 · A broken promise: data of credit.report.v1."));
        files.Add("connection/deadline-warning.schema.json", Write("deadline-warning", SchemasJson.Default.DeadlineWarning, "时限预警 · Deadline warning: data of deadline.warn.v1."));
        files.Add("ledger/ledger-report.schema.json", Write("ledger-report", SchemasJson.Default.LedgerReport, "工作台账 · Ledger: data of ledger.report.v1, and what GET /api/v1/ledgers/{id} answers."));
        files.Add("utility-crm/lead.schema.json", Write("lead", SchemasJson.Default.Lead, "办电线索 · Lead: data of what a utility is sent."));
        files.Add("utility-crm/receipt.schema.json", Write("receipt", SchemasJson.Default.Receipt, "业务回执 · Receipt: body of POST /api/v1/events/{id}/receipts."));
        files.Add("licence/supply-application.schema.json", Write("supply-application", SchemasJson.Default.SupplyApplication, "用电申请 · Application: body of POST /api/v1/applications."));
        files.Add("licence/consent.schema.json", Write("consent", SchemasJson.Default.Consent, "授权 · Consent: body of POST /api/v1/consents."));
        files.Add("licence/consent-withdrawal.schema.json", Write("consent-withdrawal", SchemasJson.Default.ConsentWithdrawal, "撤回授权 · Withdrawal: body of POST /api/v1/consents/{id}/withdrawal."));
        files.Add("licence/licence-query.schema.json", Write("licence-query", SchemasJson.Default.LicenceQuery, "证照查询 · Licence query: body of POST /api/v1/licence-queries."));
        files.Add("licence/document-request.schema.json", Write("document-request", SchemasJson.Default.DocumentRequest, "收件 · Documents to collect: body of POST /api/v1/applications/{id}/documents."));
        files.Add("licence/licence-result.schema.json", Write("licence-result", SchemasJson.Default.LicenceResult, "证照查询结果 · Licence result: in the answer to a licence query."));
        files.Add("licence/licence-answer.schema.json", Write("licence-answer", SchemasJson.Default.LicenceAnswer, "证照查询已答复 · Licence answer: data of hub.licence.answered.v1."));
        return files;
    }

    private static string Write(string name, JsonTypeInfo contract, string description)
    {
        var node = contract.GetJsonSchemaAsNode(new JsonSchemaExporterOptions { TransformSchemaNode = Transform, TreatNullObliviousAsNonNullable = true });
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$id"] = $"/schemas/{name}.json",
            ["description"] = description,
        };
        foreach (var (member, value) in node.AsObject())
            schema[member] = value?.DeepClone();
        schema["type"] = "object";
        return schema.ToJsonString(Written) + "\n";
    }

    private static JsonNode Transform(JsonSchemaExporterContext context, JsonNode node)
    {
        if (node is not JsonObject schema)
            return node;
        if (context.PropertyInfo is { AttributeProvider: { } attributes })
            Limit(schema, attributes);
        else if (context.TypeInfo.Kind == JsonTypeInfoKind.Object)
            Require(schema, context.TypeInfo);
        return schema;
    }

    private static void Require(JsonObject schema, JsonTypeInfo type)
    {
        schema["additionalProperties"] = false;
        var required = type.Properties.Where(property => property.IsRequired || property.AttributeProvider?.IsDefined(typeof(RequiredAttribute), inherit: true) == true);
        var names = new JsonArray([.. required.Select(property => (JsonNode)property.Name)]);
        if (names.Count > 0)
            schema["required"] = names;
    }

    private static void Limit(JsonObject schema, ICustomAttributeProvider member)
    {
        foreach (var attribute in member.GetCustomAttributes(inherit: true))
        {
            switch (attribute)
            {
                case DescriptionAttribute text: schema["description"] = text.Description; break;
                case StringLengthAttribute length:
                    if (length.MinimumLength > 0)
                        schema["minLength"] = length.MinimumLength;
                    schema["maxLength"] = length.MaximumLength;
                    break;
                case MaxLengthAttribute length: schema["maxItems"] = length.Length; break;
                case RegularExpressionAttribute pattern: schema["pattern"] = pattern.Pattern; break;
                case RangeAttribute range:
                    schema["minimum"] = JsonValue.Create(Convert.ToDecimal(range.Minimum, System.Globalization.CultureInfo.InvariantCulture));
                    schema["maximum"] = JsonValue.Create(Convert.ToDecimal(range.Maximum, System.Globalization.CultureInfo.InvariantCulture));
                    break;
                case AllowedValuesAttribute allowed: schema["enum"] = new JsonArray([.. allowed.Values.Select(value => (JsonNode?)value?.ToString()), .. Nullable(schema)]); break;
            }
        }
    }

    // A member that may be null says so in its type; an enumeration of its values must then hold null as well.
    private static JsonNode?[] Nullable(JsonObject schema) =>
        schema["type"] is JsonArray types && types.Any(type => type?.GetValue<string>() == "null") ? [null] : [];
}
