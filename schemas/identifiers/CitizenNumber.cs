namespace Hub.Schemas;

/// <summary>Citizen identity number (公民身份号码, GB 11643): 17 digits, the 7th to 14th a date, and an ISO 7064 MOD 11-2 check character. A failing check warns; numbers with doubts were issued.</summary>
/// <param name="Text">Half-width, upper case, without blanks.</param>
public readonly record struct CitizenNumber(string Text, IdentifierDoubt Doubt)
{
    private static readonly int[] Weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

    public static CitizenNumber Parse(string? raw)
    {
        var text = raw is null ? "" : IdentifierText.Fold(raw);
        return new(text, text.Length == 0 ? IdentifierDoubt.Empty
            : text.Contains('*') ? IdentifierDoubt.Masked
            : text.Length != 18 || !IdentifierText.AreDigits(text.AsSpan(0, 17)) || !DateOnly.TryParseExact(text.AsSpan(6, 8), "yyyyMMdd", out _) || !(char.IsAsciiDigit(text[17]) || text[17] == 'X') ? IdentifierDoubt.Form
            : CheckOf(text) == text[17] ? IdentifierDoubt.None : IdentifierDoubt.CheckDigit);
    }

    private static char CheckOf(string text)
    {
        var sum = 0;
        for (var i = 0; i < Weights.Length; i++)
            sum += (text[i] - '0') * Weights[i];
        return "10X98765432"[sum % 11];
    }
}
