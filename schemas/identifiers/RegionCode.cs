namespace Hub.Schemas;

/// <summary>
/// Division code (行政区划), GB/T 2260. Only the province is looked up: codes of functional zones and of past years are not in any
/// one list, and are told by their first four digits.
/// </summary>
public static class RegionCode
{
    public const int Length = 6;

    /// <summary>County, city, province: the order in which a rule or an operator is looked for.</summary>
    public static ReadOnlySpan<int> PrefixLengths => [6, 4, 2];

    public static IdentifierDoubt DoubtOf(ReadOnlySpan<char> code)
    {
        if (code.Length == 0)
        {
            return IdentifierDoubt.Empty;
        }

        if (code.Length != Length || !IdentifierText.AreDigits(code))
        {
            return IdentifierDoubt.Form;
        }

        return HasProvince(code) ? IdentifierDoubt.None : IdentifierDoubt.UnknownProvince;
    }

    /// <summary>True for 2, 4 or 6 digits that begin with a province: what a pack may name as an area.</summary>
    public static bool IsPrefix(ReadOnlySpan<char> prefix) =>
        PrefixLengths.Contains(prefix.Length) && IdentifierText.AreDigits(prefix) && HasProvince(prefix);

    /// <summary>The code itself, its city, its province; empty when it is not a code.</summary>
    public static IReadOnlyList<string> Fallbacks(string code) =>
        code.Length == Length && IdentifierText.AreDigits(code) ? [code, code[..4], code[..2]] : [];

    private static bool HasProvince(ReadOnlySpan<char> code) => ((code[0] - '0') * 10) + code[1] - '0' is
        (>= 11 and <= 15) or (>= 21 and <= 23) or (>= 31 and <= 37) or (>= 41 and <= 46) or (>= 50 and <= 54) or (>= 61 and <= 65)
        or 71 or 81 or 82;
}
