using System.Globalization;
using System.Text.RegularExpressions;

namespace Hub.Tests.Telemetry;

/// <summary>One line with a value.</summary>
internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>All samples of one name (a histogram's parts together).</summary>
internal sealed record Family(string Name, string Type, string Help, IReadOnlyList<Sample> Samples);

/// <summary>Reads the Prometheus text format 0.0.4 strictly: what a forgiving scraper would let pass is a fault here.</summary>
/// <remarks>prometheus.io/docs/instrumenting/exposition_formats.</remarks>
internal static partial class PrometheusText
{
    public static IReadOnlyDictionary<string, Family> Parse(string text)
    {
        if (text.Length == 0 || text[^1] != '\n' || text.Contains('\r'))
            throw new FormatException("Lines end with a line feed, the last one too.");
        var families = new Dictionary<string, Family>(StringComparer.Ordinal);
        var lines = text[..^1].Split('\n');
        for (var at = 0; at < lines.Length;)
        {
            var help = Match(Help(), lines[at], "a HELP line");
            var type = Match(Type(), at + 1 < lines.Length ? lines[at + 1] : "", "a TYPE line");
            var name = type.Groups["name"].Value;
            if (help.Groups["name"].Value != name)
                throw new FormatException($"HELP of {help.Groups["name"].Value}, TYPE of {name}.");
            var samples = new List<Sample>();
            for (at += 2; at < lines.Length && !lines[at].StartsWith('#'); at++)
                samples.Add(ReadSample(lines[at]));
            var family = new Family(name, type.Groups["type"].Value, help.Groups["help"].Value, samples);
            Check(family);
            if (!families.TryAdd(name, family))
                throw new FormatException($"{name} comes twice: all lines of a name stand together.");
        }

        return families;
    }

    private static Sample ReadSample(string line)
    {
        var match = Match(SampleLine(), line, "a sample");
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var pairs = match.Groups["labels"].Value;
        while (pairs.Length > 0)
        {
            var pair = Match(Label(), pairs, "a label");
            if (!labels.TryAdd(pair.Groups["name"].Value, Unescape(pair.Groups["value"].Value)))
                throw new FormatException($"A label comes twice: {line}");
            pairs = pairs[pair.Length..];
            if (pairs.Length > 0 && pairs[0] != ',')
                throw new FormatException($"No comma between labels: {line}");
            pairs = pairs.Length > 0 ? pairs[1..] : pairs;
            if (pairs.Length == 0 && line.Contains(",}", StringComparison.Ordinal))
                throw new FormatException($"A comma after the last label: {line}");
        }

        return new(match.Groups["name"].Value, labels, match.Groups["value"].Value switch
        {
            "+Inf" => double.PositiveInfinity,
            var value => double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture),
        });
    }

    private static void Check(Family family)
    {
        if (family.Help.Length == 0)
            throw new FormatException($"{family.Name} has no help.");
        if ((family.Type == "counter") != family.Name.EndsWith("_total", StringComparison.Ordinal))
            throw new FormatException($"{family.Name} is a {family.Type}: counters, and only they, end with _total.");
        if (family.Samples.GroupBy(sample => $"{sample.Name}{Key(sample, except: null)}").FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new FormatException($"{twice.Key} comes twice.");
        if (family.Type == "histogram")
            CheckHistogram(family);
        else if (family.Samples.FirstOrDefault(sample => sample.Name != family.Name) is { } stranger)
            throw new FormatException($"{stranger.Name} stands under {family.Name}.");
        if (family.Type == "counter" && family.Samples.Any(sample => sample.Value is < 0 or double.NaN))
            throw new FormatException($"{family.Name} is negative.");
    }

    private static void CheckHistogram(Family family)
    {
        foreach (var series in family.Samples.GroupBy(sample => Key(sample, except: "le"), StringComparer.Ordinal))
        {
            var buckets = series.Where(sample => sample.Name == family.Name + "_bucket").ToList();
            var bounds = buckets.ConvertAll(bucket => bucket.Labels["le"] == "+Inf" ? double.PositiveInfinity : double.Parse(bucket.Labels["le"], CultureInfo.InvariantCulture));
            if (buckets.Count < 2 || !double.IsPositiveInfinity(bounds[^1]) || !bounds.SequenceEqual(bounds.Order()))
                throw new FormatException($"{family.Name}{series.Key}: the buckets do not rise to +Inf.");
            if (!buckets.Select(bucket => bucket.Value).SequenceEqual(buckets.Select(bucket => bucket.Value).Order()))
                throw new FormatException($"{family.Name}{series.Key}: the counts are not cumulative.");
            if (!series.Single(sample => sample.Name == family.Name + "_count").Value.Equals(buckets[^1].Value))
                throw new FormatException($"{family.Name}{series.Key}: the count is not that of +Inf.");
            _ = series.Single(sample => sample.Name == family.Name + "_sum");
            if (series.Count() != buckets.Count + 2)
                throw new FormatException($"{family.Name}{series.Key}: something else stands among the buckets.");
        }
    }

    private static string Key(Sample sample, string? except) => string.Join(',', sample.Labels.Where(label => label.Key != except).OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));

    private static string Unescape(string value) => value.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);

    private static Match Match(Regex pattern, string line, string what) =>
        pattern.Match(line) is { Success: true } match ? match : throw new FormatException($"Not {what}: {line}");

    [GeneratedRegex(@"^# HELP (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<help>.*)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Help();

    [GeneratedRegex(@"^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Type();

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.+)\})? (?<value>[-+]?[0-9.]+([eE][-+]?[0-9]+)?|\+Inf|-Inf|NaN)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SampleLine();

    [GeneratedRegex(@"^(?<name>[a-zA-Z_][a-zA-Z0-9_]*)=""(?<value>([^""\\]|\\[\\""n])*)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();
}
