namespace Hub.Schemas;

/// <summary>Number of an official document (发文字号), such as 临能源电力发〔2021〕189号. GB/T 9704 puts the year in 〔〕; pages print what they like.</summary>
/// <param name="Text">Without blanks, digits half-width, the year in 〔〕.</param>
/// <param name="Year">The bracketed year; null when there is none.</param>
public readonly record struct DocumentNumber(string Text, int? Year, IdentifierDoubt Doubt)
{
    private const int StackChars = 128;
    private const string Opening = "〔[［【(（〖﹝";
    private const string Closing = "〕]］】)）〗﹞";

    public bool Ok => Doubt == IdentifierDoubt.None;

    public static DocumentNumber Parse(string raw)
    {
        Span<char> text = raw.Length <= StackChars ? stackalloc char[StackChars] : new char[raw.Length];
        text = text[..CopyWithoutBlanks(raw, text)];
        var year = BracketYear(text);
        var doubt = text.Length == 0 ? IdentifierDoubt.Empty : year is null ? IdentifierDoubt.NoYear : IdentifierDoubt.None;
        return new(text.SequenceEqual(raw) ? raw : new string(text), year, doubt);
    }

    /// <summary>The comparable form; a number printed without brackets stays without, since where its year ends is a guess.</summary>
    public static string Normalise(string raw) => Parse(raw).Text;

    private static int CopyWithoutBlanks(string raw, Span<char> text)
    {
        var length = 0;
        foreach (var c in raw)
        {
            if (!IdentifierText.IsBlank(c))
            {
                text[length++] = c is >= '０' and <= '９' ? IdentifierText.HalfWidth(c) : c;
            }
        }

        return length;
    }

    private static int? BracketYear(Span<char> text)
    {
        for (var open = 0; open + 5 < text.Length; open++)
        {
            var year = text.Slice(open + 1, 4);
            if (Opening.Contains(text[open]) && Closing.Contains(text[open + 5]) && IdentifierText.AreDigits(year))
            {
                text[open] = '〔';
                text[open + 5] = '〕';
                return int.Parse(year, System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        return null;
    }
}
