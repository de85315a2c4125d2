using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Text.Unicode;

namespace Hub.Console;

/// <summary>A command's content for people. Masked, it shows what are codes, dates, numbers and words of a fixed list, and of every other text its first character.</summary>
internal static partial class MaskedJson
{
    private static readonly JsonSerializerOptions Form = new() { WriteIndented = true, Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    // Codes of projects, places and documents name no person.
    private static readonly HashSet<string> Plain = new(StringComparer.Ordinal)
    {
        "projectCode", "projectName", "approvalDocNo", "regionCode", "approvingAuthority", "legalBasisRef", "unit", "version", "operatorId", "utility",
    };

    public static string Of(byte[] json, bool masked)
    {
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            // Not ours to read: nothing of it is shown.
            return "…";
        }

        return (masked ? Mask(node, name: "") : node)?.ToJsonString(Form) ?? "null";
    }

    /// <summary>A text that may name a person: its first character.</summary>
    public static string Text(string text) => text.Length == 0 ? "" : $"{text.EnumerateRunes().First()}***";

    /// <summary>One text as it is shown masked.</summary>
    /// <param name="name">Of the member it stands in.</param>
    public static string Text(string name, string text) => Plain.Contains(name) || Harmless().IsMatch(text) ? text : Text(text);

    /// <param name="node">What is masked.</param>
    /// <param name="name">Of the member it stands in; empty for the whole.</param>
    public static JsonNode? Mask(JsonNode? node, string name) => node switch
    {
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Mask(member.Value, member.Key)))),
        JsonArray items => new JsonArray([.. items.Select(item => Mask(item, name))]),
        JsonValue value when value.TryGetValue<string>(out var text) => Text(name, text),
        _ => node?.DeepClone(),
    };

    // A word of a fixed list, a date or a time.
    [GeneratedRegex(@"^([A-Z][A-Z_]{1,30}|[a-z][a-z_.-]{1,40}(\.v\d)?|\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?)$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Harmless();
}
