using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Schemas;

namespace Hub.Console;

/// <summary>One place at which two contents differ; null: it is not there.</summary>
internal sealed record Difference(string Pointer, string? Before, string? After);

/// <summary>
/// A command's content as a person puts it right. They are shown it masked and leave as it is what they do not know: a text that still stands there as it was
/// masked is the original's.
/// </summary>
internal static class Corrections
{
    public const int BytesMax = 256 * 1024;

    private const int DigestBytes = 32;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };
    private static readonly JsonSerializerOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="type">Type of the command, whose schema the result has to follow where it differs from the original.</param>
    /// <param name="original">The content as it stands.</param>
    /// <param name="edited">What the person sent.</param>
    /// <param name="english">Language of what is wrong.</param>
    /// <returns>The whole corrected content; or a key of <see cref="Labels"/>, or sentences that name the places.</returns>
    public static (byte[]? Content, string? Failure) Merge(string type, byte[] original, string edited, bool english)
    {
        if (SchemaCheck.OfCommand(type) is not { } schema)
            return (null, "fail_not_correctable");
        JsonNode? before, after;
        try
        {
            before = JsonNode.Parse(original);
            after = JsonNode.Parse(edited, documentOptions: Strict);
        }
        catch (JsonException wrong)
        {
            return (null, string.Format(System.Globalization.CultureInfo.InvariantCulture, Labels.Of("fail_not_json", english), (wrong.LineNumber ?? 0) + 1));
        }

        var merged = Unmasked(before, after, name: "");
        var content = JsonSerializer.SerializeToUtf8Bytes(merged, Written);
        if (content.Length > BytesMax)
            return (null, "fail_too_large");
        var changed = Between(original, content);
        if (changed.Count == 0)
            return (null, "fail_nothing_changed");
        if (changed.Any(one => one.After?.EndsWith("***", StringComparison.Ordinal) == true))
            return (null, "fail_masked_moved");

        // What was odd before and is left alone is let pass: odd records are delivered.
        var wrongs = SchemaCheck.Of(merged, schema).Where(error => changed.Any(one => Touches(one.Pointer, error.Pointer))).ToList();
        return wrongs.Count == 0 ? (content, null) : (null, string.Join(' ', wrongs.Take(5).Select(error => $"{error.Pointer}: {(english ? error.MessageEn : error.MessageZh)}")));
    }

    /// <summary>Where two contents differ, leaf by leaf, in the order of the first.</summary>
    /// <param name="before">Old content.</param>
    /// <param name="after">New content.</param>
    /// <param name="masked">For who may not see personal data.</param>
    public static IReadOnlyList<Difference> Between(byte[] before, byte[] after, bool masked = false)
    {
        var (old, now) = (JsonNode.Parse(before), JsonNode.Parse(after));
        var (first, second) = (Leaves(old), Leaves(now));
        var (oldShown, nowShown) = masked ? (Leaves(MaskedJson.Mask(old, "")), Leaves(MaskedJson.Mask(now, ""))) : (first, second);
        return [.. first.Keys.Union(second.Keys, StringComparer.Ordinal).Where(pointer => first.GetValueOrDefault(pointer) != second.GetValueOrDefault(pointer))
            .Select(pointer => new Difference(pointer, oldShown.GetValueOrDefault(pointer), nowShown.GetValueOrDefault(pointer)))];
    }

    /// <summary>What is kept with the request: the digest of the content it was made from, and the corrected content.</summary>
    public static byte[] Proposal(byte[] original, byte[] corrected) => [.. SHA256.HashData(original), .. corrected];

    public static (byte[] Before, byte[] After) Read(byte[] proposal) => (proposal[..DigestBytes], proposal[DigestBytes..]);

    private static JsonNode? Unmasked(JsonNode? original, JsonNode? edited, string name) => edited switch
    {
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Unmasked((original as JsonObject)?[member.Key], member.Value, member.Key)))),
        JsonArray items => new JsonArray([.. items.Select((item, index) => Unmasked(original is JsonArray others && index < others.Count ? others[index] : null, item, name))]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String && original is JsonValue before && before.GetValueKind() == JsonValueKind.String && MaskedJson.Text(name, (string)before!) == (string)value! => before.DeepClone(),
        _ => edited?.DeepClone(),
    };

    private static Dictionary<string, string> Leaves(JsonNode? node)
    {
        var leaves = new Dictionary<string, string>(StringComparer.Ordinal);
        Walk(node, "");
        return leaves;

        void Walk(JsonNode? at, string pointer)
        {
            switch (at)
            {
                case JsonObject { Count: > 0 } members:
                    foreach (var (name, member) in members)
                        Walk(member, $"{pointer}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}");
                    break;
                case JsonArray { Count: > 0 } items:
                    for (var i = 0; i < items.Count; i++)
                        Walk(items[i], $"{pointer}/{i}");
                    break;
                default:
                    leaves[pointer] = at is null ? "null" : at.GetValueKind() == JsonValueKind.String ? (string)at! : at.ToJsonString(Written);
                    break;
            }
        }
    }

    // A change inside a fault's place, or a fault inside what was changed.
    private static bool Touches(string changed, string wrong) => changed == wrong || changed.StartsWith($"{wrong}/", StringComparison.Ordinal) || wrong.StartsWith($"{changed}/", StringComparison.Ordinal);
}
