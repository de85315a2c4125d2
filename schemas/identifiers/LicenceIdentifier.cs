namespace Hub.Schemas;

/// <summary>
/// E-licence identifier (电子证照标识), GB/T 36904-2018: <c>1.2.156.3005.2.type.issuer.serial.version.check</c>. The check is ISO 7064 MOD 37,36 over the four
/// parts without dots. Issuers are written as credit codes and as area codes, so only form and check are looked at, and both only warn.
/// </summary>
/// <param name="Text">Half-width, upper case, without blanks.</param>
public readonly record struct LicenceIdentifier(string Text, IdentifierDoubt Doubt)
{
    private const string Root = "1.2.156.3005.2.";

    public bool Ok => Doubt == IdentifierDoubt.None;

    public static LicenceIdentifier Parse(string raw)
    {
        var text = IdentifierText.Fold(raw);
        return new(text, DoubtOf(text));
    }

    private static IdentifierDoubt DoubtOf(string text)
    {
        if (text.Length == 0)
        {
            return IdentifierDoubt.Empty;
        }

        if (!text.StartsWith(Root, StringComparison.Ordinal) || text[Root.Length..].Split('.') is not [{ Length: > 0 } type, { Length: > 0 } issuer, { Length: > 0 } serial, { Length: 3 } version, { Length: 1 } check])
        {
            return IdentifierDoubt.Form;
        }

        return Iso7064.Mod37And36(type + issuer + serial + version) switch
        {
            '\0' => IdentifierDoubt.Form,
            var right when right != check[0] => IdentifierDoubt.CheckDigit,
            _ => IdentifierDoubt.None,
        };
    }
}
