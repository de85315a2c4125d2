namespace Hub.Schemas;

/// <summary>
/// Real-estate unit number (不动产单元号, GB/T 37346-2019): 28 characters without check digit, county 6, cadastral area 3, sub-area 3, kind of
/// land 2, plot 5, kind of fixture 1, fixture 8. Printed forms carry blanks. What has another form is kept as text: the key of a property is
/// whatever its register calls it.
/// </summary>
/// <param name="Text">Half-width, upper case, without blanks.</param>
public readonly record struct UnitNumber(string Text, IdentifierDoubt Doubt)
{
    private const int Length = 28;

    public bool Ok => Doubt == IdentifierDoubt.None;

    /// <summary>The county inside the number (GB/T 2260 of the year of registration); empty in another form.</summary>
    public ReadOnlySpan<char> Region => HasForm(Text) ? Text.AsSpan(0, 6) : default;

    public static UnitNumber Parse(string? raw)
    {
        var text = raw is null ? "" : IdentifierText.Fold(raw);
        return new(text, text.Length == 0 ? IdentifierDoubt.Empty
            : text.Contains('*') ? IdentifierDoubt.Masked
            : HasForm(text) ? IdentifierDoubt.None : IdentifierDoubt.LocalForm);
    }

    private static bool HasForm(string text) => text.Length == Length
        && IdentifierText.AreDigits(text.AsSpan(0, 12)) && text[12] is 'G' or 'J' or 'Z' && text[13] is >= 'A' and <= 'H' or 'S' or 'X' or 'W' or 'Y'
        && IdentifierText.AreDigits(text.AsSpan(14, 5)) && text[19] is 'F' or 'L' or 'Q' or 'W' && IdentifierText.AreDigits(text.AsSpan(20));
}
