using System.Globalization;

namespace Hub.Policies;

/// <summary>Reads what a pack makes public.</summary>
internal static class PublicReader
{
    /// <returns>Null when the pack makes nothing public.</returns>
    public static PublicRule? Public(PackNode pack)
    {
        if (pack.OptionalMapping("public") is not { } node)
        {
            return null;
        }

        var rule = new PublicRule
        {
            Hotlines = Rows(node, "hotlines", Hotline),
            Reliability = Rows(node, "reliability", Reliability),
            PriceNotice = PriceNotice(node),
            Charges = Rows(node, "charges", Item),
            ServiceStandard = Rows(node, "service_standard", Item),
            Capacity = Capacity(node),
            ForbiddenZones = Rows(node, "forbidden_zones", Item),
        };
        node.Close();
        return rule;
    }

    private static IReadOnlyList<T>? Rows<T>(PackNode node, string key, Func<PackNode, T> read) =>
        node.OptionalMappings(key) is { Count: > 0 } rows ? [.. rows.Select(read)] : null;

    private static Hotline Hotline(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        var hotline = new Hotline(node.Text("number"), node.Bilingual("title")) { Source = source, Clause = clause, Note = note };
        if (hotline.Number.Length > 0 && !hotline.Number.All(c => char.IsAsciiDigit(c) || c == '-'))
        {
            node.Report("number", "电话号码只能用数字和连字符。", "A telephone number holds digits and hyphens only.");
        }

        node.Close();
        return hotline;
    }

    private static ReliabilityTarget Reliability(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        var hours = node.Mapping("hours");
        var target = new ReliabilityTarget
        {
            Regions = node.Has("regions") ? PackReader.Prefixes(node, "regions") : [],
            Centre = Hours(hours, "centre"),
            Urban = Hours(hours, "urban"),
            Town = Hours(hours, "town"),
            Rural = Hours(hours, "rural"),
            OrLessPercent = node.Has("or_less_percent") ? Decimal(node, "or_less_percent", 100) : null,
            By = node.OptionalDate("by"),
            Source = source,
            Clause = clause,
            Note = note,
        };
        hours?.Close();
        node.Close();
        return target;
    }

    private static decimal Hours(PackNode? hours, string key) => hours is null ? 0 : Decimal(hours, key, 8760);

    private static decimal Decimal(PackNode node, string key, decimal max)
    {
        var text = node.Text(key);
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= max)
        {
            return number;
        }

        if (text.Length > 0)
        {
            node.Report(key, $"“{key}”应大于 0 且不超过 {max}。", $"\"{key}\" must be above 0 and at most {max}.");
        }

        return 0;
    }

    private static PriceNotice? PriceNotice(PackNode parent)
    {
        if (parent.OptionalMapping("price_notice") is not { } node)
        {
            return null;
        }

        var (source, clause, note) = PackReader.Source(node);
        var notice = new PriceNotice { Months = node.Number("months", 1, 24), By = node.Bilingual("by"), Source = source, Clause = clause, Note = note };
        node.Close();
        return notice;
    }

    private static PublicItem Item(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        var item = new PublicItem(node.Bilingual("title")) { Link = node.OptionalText("link"), Source = source, Clause = clause, Note = note };
        if (item.Link is not null && !item.Link.StartsWith("https://", StringComparison.Ordinal))
        {
            node.Report("link", "链接须以 https:// 开头。", "A link must begin with https://.");
        }

        node.Close();
        return item;
    }

    private static CapacityRule? Capacity(PackNode parent)
    {
        if (parent.OptionalMapping("capacity") is not { } node)
        {
            return null;
        }

        var (source, clause, note) = PackReader.Source(node);
        var rule = new CapacityRule { Places = [.. node.OptionalMappings("places").Select(Place)], Source = source, Clause = clause, Note = note };
        node.Close();
        return rule;
    }

    private static CapacityPlace Place(PackNode node)
    {
        var place = new CapacityPlace(PackReader.Id(node, "operator"), PackReader.Prefixes(node, "regions"), node.Bilingual("title"), node.Date("as_of"));
        node.Close();
        return place;
    }
}
