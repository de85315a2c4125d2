namespace Hub.Schemas;

/// <summary>Forms of a project code. Words of the contract (<see cref="Lead.CodeScheme"/>).</summary>
public static class CodeSchemes
{
    /// <summary>YYMM-division-department-kind-random and check digit, since 2020-08 (GB/T 40058-2021).</summary>
    public const string Gbt40058 = "GBT40058";

    /// <summary>Year-division-trade-kind-serial, 2016 to 2020, no check digit.</summary>
    public const string OldYear = "OLD_YEAR";

    /// <summary>Anything else, kept as text.</summary>
    public const string Local = "LOCAL";

    /// <summary>There is no code.</summary>
    public const string None = "NONE";
}

/// <summary>
/// Code of an investment project (投资项目统一代码): 20 digits in groups of 4-6-2-2-6 in both national forms, the last of them
/// ISO 7064 MOD 11,10 in the present one. That check was confirmed on published codes; the clause of the standard was not read.
/// </summary>
/// <param name="Text">Half-width, upper case, without blanks; empty when there is no code.</param>
/// <param name="Scheme">One of <see cref="CodeSchemes"/>.</param>
public readonly record struct ProjectCode(string Text, string Scheme, IdentifierDoubt Doubt)
{
    private const int Length = 24;
    private const int RegionStart = 5;
    private const int RegionLength = 6;

    public bool Ok => Doubt == IdentifierDoubt.None;

    /// <summary>True when the code names exactly one project: there is one, and nothing of it is hidden.</summary>
    public bool Identifies => Doubt is not (IdentifierDoubt.Empty or IdentifierDoubt.Masked);

    /// <summary>The division inside the code (GB/T 2260 of the year it was given); empty in a local form or when hidden.</summary>
    public ReadOnlySpan<char> Region => Scheme is CodeSchemes.Gbt40058 or CodeSchemes.OldYear ? RegionOf(Text) : default;

    public static ProjectCode Parse(string? raw)
    {
        var text = raw is null ? "" : IdentifierText.Fold(raw);
        if (text.Length == 0)
        {
            return new("", CodeSchemes.None, IdentifierDoubt.Empty);
        }

        if (text.Contains('*'))
        {
            return new(text, HasMaskedForm(text) ? SchemeOf(text) : CodeSchemes.Local, IdentifierDoubt.Masked);
        }

        var scheme = HasForm(text) ? SchemeOf(text) : CodeSchemes.Local;
        return new(text, scheme, scheme switch
        {
            CodeSchemes.OldYear => IdentifierDoubt.OldForm,
            CodeSchemes.Local => IdentifierDoubt.LocalForm,
            _ => HasCheckDigit(text) ? IdentifierDoubt.None : IdentifierDoubt.CheckDigit,
        });
    }

    // 2008 and 2011 are August 2020 and November 2020, not years: the platform did not exist then. 2016 to 2020 cannot be months.
    private static string SchemeOf(string text)
    {
        var year = int.Parse(text.AsSpan(0, 4), System.Globalization.CultureInfo.InvariantCulture);
        return year is >= 2016 and <= 2020 ? CodeSchemes.OldYear
            : year % 100 is >= 1 and <= 12 ? CodeSchemes.Gbt40058
            : CodeSchemes.Local;
    }

    private static bool HasForm(string text)
    {
        if (text.Length != Length)
        {
            return false;
        }

        for (var i = 0; i < Length; i++)
        {
            if (i is 4 or 11 or 14 or 17 ? text[i] != '-' : !char.IsAsciiDigit(text[i]))
            {
                return false;
            }
        }

        return true;
    }

    // Sites hide whole groups behind one asterisk: 2304-*-04-01-*. The year has to be there to tell the form.
    private static bool HasMaskedForm(string text) =>
        text.Length >= 5 && text[4] == '-' && IdentifierText.AreDigits(text.AsSpan(0, 4)) && text.AsSpan().Count('-') == 4;

    private static ReadOnlySpan<char> RegionOf(string text)
    {
        var region = text.AsSpan(RegionStart, Math.Min(RegionLength, text.Length - RegionStart));
        return region.Length == RegionLength && IdentifierText.AreDigits(region) ? region : default;
    }

    private static bool HasCheckDigit(string text)
    {
        Span<char> digits = stackalloc char[Length];
        var count = 0;
        foreach (var c in text)
        {
            if (c != '-')
            {
                digits[count++] = c;
            }
        }

        return Iso7064.Mod11And10(digits[..(count - 1)]) == digits[count - 1];
    }
}
