namespace Hub.Schemas;

/// <summary>How identifiers are really typed: full-width, with blanks, with long dashes, in lower case.</summary>
internal static class IdentifierText
{
    private const int StackChars = 128;

    /// <summary>Half-width, upper case, without blanks; returns <paramref name="raw"/> itself when it is so already.</summary>
    public static string Fold(string raw)
    {
        if (IsFolded(raw))
        {
            return raw;
        }

        Span<char> folded = raw.Length <= StackChars ? stackalloc char[StackChars] : new char[raw.Length];
        var length = 0;
        foreach (var c in raw)
        {
            if (!IsBlank(c))
            {
                folded[length++] = FoldDash(char.ToUpperInvariant(HalfWidth(c)));
            }
        }

        return new string(folded[..length]);
    }

    /// <summary>White space of any width, and the invisible characters that come along when text is copied from a web page.</summary>
    public static bool IsBlank(char c) => char.IsWhiteSpace(c) || c is >= '\u200B' and <= '\u200D' or '\u2060' or '\uFEFF';

    public static bool IsBlank(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!IsBlank(c))
            {
                return false;
            }
        }

        return true;
    }

    public static char HalfWidth(char c) => c is >= '\uFF01' and <= '\uFF5E' ? (char)(c - 0xFEE0) : c;

    public static bool AreDigits(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');

    private static bool IsFolded(string raw)
    {
        foreach (var c in raw)
        {
            if (c is <= ' ' or (>= 'a' and <= 'z') or > '~')
            {
                return false;
            }
        }

        return true;
    }

    private static char FoldDash(char c) => c is (>= '\u2010' and <= '\u2015') or '\u2212' or '\uFE63' ? '-' : c;
}
