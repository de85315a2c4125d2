using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Hub.Policies;

/// <summary>
/// One mapping of a pack, read strictly: every key is either asked for or a problem, and every problem has its place. What cannot
/// be read comes back as null or empty, so that one pass finds everything; nobody uses a pack that has problems.
/// </summary>
internal sealed class PackNode
{
    private readonly string file;
    private readonly List<PolicyProblem> problems;
    private readonly YamlMappingNode mapping;
    private readonly HashSet<string> asked = [];

    private PackNode(string file, YamlMappingNode mapping, List<PolicyProblem> problems)
    {
        this.file = file;
        this.mapping = mapping;
        this.problems = problems;
    }

    /// <summary>Reads the one document of a file; null when it is not a mapping.</summary>
    public static PackNode? Read(string file, string text, List<PolicyProblem> problems)
    {
        var yaml = new YamlStream();
        var parser = new Parser(new StringReader(text));
        try
        {
            yaml.Load(parser);
        }
        catch (YamlException broken)
        {
            problems.Add(Unreadable(file, broken.Start, broken.Message));
            return null;
        }
        catch (InvalidOperationException broken)
        {
            // The library's answer to a list that is never closed; the last thing it understood is the place.
            problems.Add(Unreadable(file, parser.Current?.End ?? Mark.Empty, broken.Message));
            return null;
        }

        if (yaml.Documents is [{ RootNode: YamlMappingNode root }])
        {
            return new(file, root, problems);
        }

        problems.Add(new(file, 1, 1, "文件应当只有一个文档，内容为键值。", "The file must hold one document, a mapping."));
        return null;
    }

    private static PolicyProblem Unreadable(string file, Mark place, string reason) =>
        new(file, place.Line, place.Column, $"YAML 有误：{reason}", $"The YAML cannot be read: {reason}");

    /// <summary>Reports every key that nobody asked for.</summary>
    public void Close()
    {
        foreach (var key in mapping.Children.Keys)
        {
            var name = (key as YamlScalarNode)?.Value ?? "?";
            if (!asked.Contains(name))
            {
                Report(key, $"未知的键“{name}”；可用的键：{string.Join("、", asked)}。", $"Unknown key \"{name}\"; known here: {string.Join(", ", asked)}.");
            }
        }
    }

    public bool Has(string key) => Child(key) is not null;

    public string? OptionalText(string key) => Child(key) is { } node ? TextOf(node, key) : null;

    public string Text(string key) => Required(key) is { } node ? TextOf(node, key) ?? "" : "";

    public string Word(string key, IReadOnlyList<string> allowed)
    {
        var word = Text(key);
        if (word.Length > 0 && !allowed.Contains(word))
        {
            Report(key, $"“{key}”只能是：{string.Join("、", allowed)}。", $"\"{key}\" must be one of: {string.Join(", ", allowed)}.");
        }

        return word;
    }

    public string? OptionalWord(string key, IReadOnlyList<string> allowed) => Child(key) is null ? null : Word(key, allowed);

    /// <summary><c>true</c> or <c>false</c>; null when the key is absent.</summary>
    public bool? OptionalFlag(string key) => OptionalWord(key, ["true", "false"]) is { } word ? word == "true" : null;

    public int? OptionalNumber(string key, int min, int max) => Child(key) is null ? null : Number(key, min, max);

    /// <summary>A number above 0, with up to three decimals.</summary>
    public decimal? OptionalAmount(string key) => Child(key) is null ? null : Amount(key);

    /// <summary>A number above 0, with up to three decimals.</summary>
    public decimal Amount(string key)
    {
        var text = Text(key);
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) && amount > 0 && amount.Scale <= 3)
        {
            return amount;
        }

        if (text.Length > 0)
        {
            Report(key, $"“{key}”应为大于 0 的数字，至多三位小数。", $"\"{key}\" must be a number above 0 with at most three decimals.");
        }

        return 1;
    }

    public DateOnly? OptionalDate(string key) => Child(key) is { } node ? DateOf(node, key) : null;

    public DateOnly? Date(string key) => Required(key) is { } node ? DateOf(node, key) : null;

    public int Number(string key, int min, int max)
    {
        var text = Text(key);
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }

        if (text.Length > 0)
        {
            Report(key, $"“{key}”应为 {min} 至 {max} 的整数。", $"\"{key}\" must be a whole number from {min} to {max}.");
        }

        return min;
    }

    public Bilingual Bilingual(string key) => Required(key) is { } node ? BilingualOf(node, key) : new("", "");

    public Bilingual? OptionalBilingual(string key) => Child(key) is { } node ? BilingualOf(node, key) : null;

    public PackNode? Mapping(string key) => Required(key) is { } node ? MappingOf(node, key) : null;

    public PackNode? OptionalMapping(string key) => Child(key) is { } node ? MappingOf(node, key) : null;

    public IReadOnlyList<PackNode> Mappings(string key) => Items(Required(key), key).Select(item => MappingOf(item, key)).OfType<PackNode>().ToList();

    public IReadOnlyList<PackNode> OptionalMappings(string key) => Items(Child(key), key).Select(item => MappingOf(item, key)).OfType<PackNode>().ToList();

    /// <summary>A list of texts, each of which passes <paramref name="isRight"/> and stands there once.</summary>
    public IReadOnlyList<string> Texts(string key, Func<string, bool> isRight, string expectedZh, string expectedEn) =>
        TextsOf(Required(key), key, isRight, expectedZh, expectedEn);

    /// <summary>A list of words, each allowed and once.</summary>
    public IReadOnlyList<string> Words(string key, IReadOnlyList<string> allowed) => WordsOf(Required(key), key, allowed);

    /// <summary>A list of words, each allowed and once; empty when the key is absent.</summary>
    public IReadOnlyList<string> OptionalWords(string key, IReadOnlyList<string> allowed) => WordsOf(Child(key), key, allowed);

    private IReadOnlyList<string> WordsOf(YamlNode? node, string key, IReadOnlyList<string> allowed) =>
        TextsOf(node, key, allowed.Contains, $"{string.Join("、", allowed)} 之一", $"one of {string.Join(", ", allowed)}");

    private IReadOnlyList<string> TextsOf(YamlNode? node, string key, Func<string, bool> isRight, string expectedZh, string expectedEn)
    {
        var texts = new List<string>();
        foreach (var item in Items(node, key))
        {
            if (TextOf(item, key) is not { } text)
            {
                continue;
            }

            if (!isRight(text))
            {
                Report(item, $"“{key}”中的“{text}”有误：应为{expectedZh}。", $"\"{text}\" in \"{key}\" is wrong: expected {expectedEn}.");
            }
            else if (texts.Contains(text))
            {
                Report(item, $"“{key}”中的“{text}”重复。", $"\"{text}\" stands twice in \"{key}\".");
            }
            else
            {
                texts.Add(text);
            }
        }

        return texts;
    }

    /// <summary>Reports at the value of a key, or at the mapping when the key is absent.</summary>
    public void Report(string key, string zh, string en) =>
        Report(mapping.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : mapping, zh, en);

    private void Report(YamlNode node, string zh, string en) => problems.Add(new(file, node.Start.Line, node.Start.Column, zh, en));

    private YamlNode? Child(string key)
    {
        asked.Add(key);
        return mapping.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : null;
    }

    private YamlNode? Required(string key)
    {
        var node = Child(key);
        if (node is null)
        {
            Report(mapping, $"缺少“{key}”。", $"\"{key}\" is missing.");
        }

        return node;
    }

    private string? TextOf(YamlNode node, string key)
    {
        if (node is YamlScalarNode { Value: { } value } && !string.IsNullOrWhiteSpace(value) && value is not ("~" or "null"))
        {
            return value;
        }

        Report(node, $"“{key}”应为文本，不能为空；没有内容时请删去此键。", $"\"{key}\" must be a text and not empty; drop the key when there is nothing to say.");
        return null;
    }

    private DateOnly? DateOf(YamlNode node, string key)
    {
        if (TextOf(node, key) is not { } text)
        {
            return null;
        }

        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
        {
            return date;
        }

        Report(node, $"“{key}”的“{text}”不是日期（YYYY-MM-DD）。", $"\"{text}\" in \"{key}\" is no date (YYYY-MM-DD).");
        return null;
    }

    private Bilingual BilingualOf(YamlNode node, string key)
    {
        if (MappingOf(node, key) is not { } texts)
        {
            return new("", "");
        }

        var bilingual = new Bilingual(texts.Text("zh"), texts.Text("en"));
        texts.Close();
        return bilingual;
    }

    private PackNode? MappingOf(YamlNode node, string key)
    {
        if (node is YamlMappingNode child)
        {
            return new(file, child, problems);
        }

        Report(node, $"“{key}”应为键值。", $"\"{key}\" must be a mapping.");
        return null;
    }

    private IReadOnlyList<YamlNode> Items(YamlNode? node, string key)
    {
        if (node is null)
        {
            return [];
        }

        if (node is YamlSequenceNode list)
        {
            return [.. list.Children];
        }

        Report(node, $"“{key}”应为列表。", $"\"{key}\" must be a list.");
        return [];
    }
}
