using System.Text;

namespace Hub.Schemas;

/// <summary>
/// An address in a form that can be compared: the register's 坐落 and the utility's 用电地址 of one flat are rarely the same text. It proposes which of
/// several belong together; it never decides, because 3号楼 and 3栋 may be two buildings.
/// </summary>
public static class AddressText
{
    // Words that two offices write differently for the same thing; longer ones first.
    private static readonly (string Word, string Same)[] Same =
    [
        ("号楼", "幢"), ("栋", "幢"), ("座", "幢"), ("号房", "室"), ("号室", "室"), ("房", "室"), ("门洞", "单元"), ("门", "单元"), ("#", "幢"), ("－", "-"), ("—", "-"),
    ];

    private static readonly string[] Dropped = ["江苏省", "山西省", "内蒙古自治区", "小区", "住宅", "市辖区"];

    /// <summary>Half-width, without blanks and punctuation, with one word for one thing.</summary>
    public static string Normalise(string? raw)
    {
        if (raw is null)
            return "";
        var text = new StringBuilder(raw.Length);
        foreach (var c in raw.Where(c => !IdentifierText.IsBlank(c)))
        {
            var folded = char.ToUpperInvariant(IdentifierText.HalfWidth(c));
            if (char.IsLetterOrDigit(folded) || folded is '-' or '#')
                text.Append(folded);
        }

        var plain = Dropped.Aggregate(text.ToString(), (known, word) => known.Replace(word, "", StringComparison.Ordinal));
        return Same.Aggregate(plain, (known, pair) => known.Replace(pair.Word, pair.Same, StringComparison.Ordinal));
    }

    /// <summary>How alike two addresses are, 0 to 100: 100 only when their normalised forms are equal. A figure to sort proposals by, not to act on.</summary>
    public static int Likeness(string? left, string? right)
    {
        var (a, b) = (Normalise(left), Normalise(right));
        if (a.Length == 0 || b.Length == 0)
            return 0;
        if (a == b)
            return 100;

        // Numbers decide which flat it is: where they differ, the rest may be as alike as it wants.
        if (!Numbers(a).SequenceEqual(Numbers(b)))
            return Math.Min(40, Shared(a, b));
        return Math.Min(95, Shared(a, b));
    }

    private static int Shared(string a, string b)
    {
        var pairs = Pairs(b).ToList();
        var count = pairs.Count;
        var shared = Pairs(a).Count(pairs.Remove);
        return 200 * shared / Math.Max(1, a.Length - 1 + count);
    }

    private static IEnumerable<string> Pairs(string text)
    {
        for (var i = 0; i + 1 < text.Length; i++)
            yield return text.Substring(i, 2);
    }

    private static IEnumerable<string> Numbers(string text)
    {
        var digits = new StringBuilder();
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c))
                digits.Append(c);
            else if (digits.Length > 0)
            {
                yield return digits.ToString().TrimStart('0');
                digits.Clear();
            }
        }

        if (digits.Length > 0)
            yield return digits.ToString().TrimStart('0');
    }
}
