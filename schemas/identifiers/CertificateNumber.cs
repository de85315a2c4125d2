namespace Hub.Schemas;

/// <summary>
/// Number of a real-estate certificate (不动产权证号), such as 苏(2017)海门市不动产权第0000183号, or of a certificate of entry (不动产证明). The length of
/// the serial is not fixed. Titles from before 2015 (房产证字号) have forms of their own and are kept as text.
/// </summary>
/// <param name="Text">Without blanks, digits and brackets half-width.</param>
/// <param name="Year">The bracketed year; null in an older form.</param>
/// <param name="Serial">The number between 第 and 号; null in an older form.</param>
public readonly record struct CertificateNumber(string Text, int? Year, string? Serial, IdentifierDoubt Doubt)
{
    private static readonly string[] Titles = ["不动产权第", "不动产证明第"];

    public bool Ok => Doubt == IdentifierDoubt.None;

    public static CertificateNumber Parse(string? raw)
    {
        var text = raw is null ? "" : string.Concat(raw.Where(c => !IdentifierText.IsBlank(c)).Select(Fold));
        if (text.Length == 0)
            return new("", null, null, IdentifierDoubt.Empty);
        if (text.Contains('*'))
            return new(text, null, null, IdentifierDoubt.Masked);
        var title = Array.Find(Titles, title => text.Contains(title, StringComparison.Ordinal));
        var open = text.IndexOf('(', StringComparison.Ordinal);
        if (title is null || open < 1 || text.Length < open + 6 || text[open + 5] != ')' || !IdentifierText.AreDigits(text.AsSpan(open + 1, 4)) || text[^1] != '号')
            return new(text, null, null, IdentifierDoubt.LocalForm);
        var serial = text[(text.IndexOf(title, StringComparison.Ordinal) + title.Length)..^1];
        return serial.Length is >= 4 and <= 12 && IdentifierText.AreDigits(serial)
            ? new(text, int.Parse(text.AsSpan(open + 1, 4), System.Globalization.CultureInfo.InvariantCulture), serial, IdentifierDoubt.None)
            : new(text, null, null, IdentifierDoubt.LocalForm);
    }

    private static char Fold(char c) => c switch
    {
        '〔' or '［' or '【' or '（' or '﹝' or '[' => '(',
        '〕' or '］' or '】' or '）' or '﹞' or ']' => ')',
        _ => IdentifierText.HalfWidth(c),
    };
}
