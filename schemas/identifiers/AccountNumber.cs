namespace Hub.Schemas;

/// <summary>
/// Account number at a utility (户号). Power companies print 10 digits and, since their systems were merged, 13; which of the two an old bill names is
/// not known, and no rule makes one of the other, so both are kept as they came.
/// </summary>
/// <param name="Text">Half-width, upper case, without blanks.</param>
/// <param name="Form"><c>10</c>, <c>13</c> or <c>other</c>.</param>
public readonly record struct AccountNumber(string Text, string Form)
{
    public static AccountNumber Parse(string? raw)
    {
        var text = raw is null ? "" : IdentifierText.Fold(raw);
        return new(text, text.Length is 10 or 13 && IdentifierText.AreDigits(text) ? text.Length.ToString(System.Globalization.CultureInfo.InvariantCulture) : "other");
    }

    /// <summary>For lists people see: the last four characters, of a short number fewer.</summary>
    public static string Masked(string text) => $"****{text[^Math.Min(4, text.Length / 2)..]}";
}
