using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hub.Policies;

/// <summary>What two packs say differently, rule by rule, with all they inherit.</summary>
internal static class PolicyDiff
{
    private static readonly JsonSerializerOptions Names = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    // What names a row of a list, the first that it has.
    private static readonly string[] Keys = ["id", "item", "percent", "material"];

    /// <returns>One line for each rule that came (+), went (-) or has another value (~ old → new), with its clause; empty when they say the same.</returns>
    public static IReadOnlyList<string> Between(Policy before, Policy after)
    {
        var (old, now) = (RulesOf(before), RulesOf(after));
        var lines = new List<string>();
        foreach (var (name, rule) in old)
        {
            lines.AddRange(now.TryGetValue(name, out var other) ? Changes(name, rule, other) : [$"- {name}{Title(rule)}{Clause(rule)}"]);
        }

        lines.AddRange(now.Where(rule => !old.ContainsKey(rule.Key)).Select(rule => $"+ {rule.Key}{Title(rule.Value)}{Clause(rule.Value)}"));
        return lines;
    }

    private static IEnumerable<string> Changes(string name, Dictionary<string, string> old, Dictionary<string, string> now) =>
        from field in old.Keys.Union(now.Keys)
        let before = old.GetValueOrDefault(field, "—")
        let after = now.GetValueOrDefault(field, "—")
        where before != after
        select $"~ {name} {field}: {before} → {after}{Clause(now)}";

    private static string Title(Dictionary<string, string> rule) => rule.TryGetValue("title.zh", out var title) ? " " + title : "";

    private static string Clause(Dictionary<string, string> rule) => rule.TryGetValue("clause", out var clause) ? $" ({clause})" : "";

    // Rule by name, field by name. What the pack says of itself is a rule of its own.
    private static Dictionary<string, Dictionary<string, string>> RulesOf(Policy policy)
    {
        var rules = new Dictionary<string, Dictionary<string, string>> { ["pack"] = [] };
        foreach (var (section, content) in JsonSerializer.SerializeToNode(policy, Names)!.AsObject())
        {
            if (content is JsonArray rows && rows.All(row => row is JsonObject))
            {
                foreach (var row in rows.OfType<JsonObject>())
                {
                    Flatten("", row, rules[Unused(rules, $"{section}/{NameOf(row)}")] = []);
                }
            }
            else if (content is JsonObject one && section is not ("title" or "document"))
            {
                Flatten("", one, rules[section] = []);
            }
            else
            {
                Flatten(section, content, rules["pack"]);
            }
        }

        return rules;
    }

    // A document stands once for each class and stage.
    private static string NameOf(JsonObject row) => string.Join('/', new[] { row["class"], row["stage"] }.Where(_ => row.ContainsKey("material"))
        .Append(Keys.Select(key => row[key]).FirstOrDefault(value => value is not null)).Where(part => part is not null));

    private static string Unused(Dictionary<string, Dictionary<string, string>> rules, string name)
    {
        var unused = name;
        for (var i = 2; rules.ContainsKey(unused); i++)
        {
            unused = $"{name}#{i}";
        }

        return unused;
    }

    private static void Flatten(string path, JsonNode? node, Dictionary<string, string> fields)
    {
        switch (node)
        {
            case null:
                break;
            case JsonObject members:
                foreach (var (name, member) in members)
                {
                    Flatten(path.Length == 0 ? name : $"{path}.{name}", member, fields);
                }

                break;
            case JsonArray items when items.Any(item => item is JsonObject):
                for (var i = 0; i < items.Count; i++)
                {
                    Flatten($"{path}[{i}]", items[i], fields);
                }

                break;
            case JsonArray words:
                fields[path] = $"[{string.Join(", ", words.Select(word => word?.ToString()))}]";
                break;
            default:
                fields[path] = node.ToString();
                break;
        }
    }
}
