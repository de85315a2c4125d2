using System.Buffers;

namespace Hub.Schemas;

/// <summary>
/// Unified social credit code (统一社会信用代码), GB 32100-2015: registering department 1, kind 1, division 6, organisation code 9,
/// check 1. Agencies (11), institutions (12), enterprises (91), households (92) and cooperatives (93) all have one.
/// </summary>
/// <param name="Text">Half-width, upper case, without blanks.</param>
public readonly record struct Uscc(string Text, IdentifierDoubt Doubt)
{
    private const int Length = 18;

    // No I, O, S, V, Z.
    private const string Alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";

    private static readonly SearchValues<char> AlphabetSet = SearchValues.Create(Alphabet);

    public bool Ok => Doubt == IdentifierDoubt.None;

    /// <summary>The organisation code of GB 11714 (positions 9 to 17, with its own check digit); empty when the form is wrong.</summary>
    public ReadOnlySpan<char> OrganisationCode => HasForm(Text) ? Text.AsSpan(8, 9) : default;

    // 3^i mod 31.
    private static ReadOnlySpan<byte> Weights => [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

    private static ReadOnlySpan<byte> OrganisationWeights => [3, 7, 9, 10, 5, 8, 4, 2];

    public static Uscc Parse(string raw)
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

        if (text.Contains('*'))
        {
            return IdentifierDoubt.Masked;
        }

        if (!HasForm(text))
        {
            return IdentifierDoubt.Form;
        }

        if (CheckCharacter(text) != text[^1])
        {
            return IdentifierDoubt.CheckDigit;
        }

        return OrganisationCheck(text.AsSpan(8, 8)) == text[16] ? IdentifierDoubt.None : IdentifierDoubt.OrganisationCode;
    }

    private static bool HasForm(string text) =>
        text.Length == Length && !text.AsSpan().ContainsAnyExcept(AlphabetSet) && IdentifierText.AreDigits(text.AsSpan(2, 6));

    private static char CheckCharacter(string text)
    {
        var sum = 0;
        for (var i = 0; i < Weights.Length; i++)
        {
            sum += Alphabet.IndexOf(text[i]) * Weights[i];
        }

        // 31 - 0 is 31, which stands for 0.
        return Alphabet[(31 - (sum % 31)) % 31];
    }

    private static char OrganisationCheck(ReadOnlySpan<char> code)
    {
        var sum = 0;
        for (var i = 0; i < code.Length; i++)
        {
            sum += (char.IsAsciiDigit(code[i]) ? code[i] - '0' : code[i] - 'A' + 10) * OrganisationWeights[i];
        }

        return (11 - (sum % 11)) switch { 10 => 'X', 11 => '0', var check => (char)('0' + check) };
    }
}
