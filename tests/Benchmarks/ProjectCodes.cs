using System.Globalization;
using System.Text;
using Hub.Schemas;

namespace Hub.Benchmarks;

/// <summary>A project code for each case: valid in form and check digit, and leading back to the case's number.</summary>
internal static class ProjectCodes
{
    public const int Length = 24;
    public const int RegionLength = 6;

    private const int SerialsPerKind = 100_000;
    private const int KindAt = 15;
    private const int SerialAt = 18;

    /// <summary>Cases that have a code of their own.</summary>
    public const int CasesMax = 99 * SerialsPerKind;

    /// <summary>The place of a case decides which utility it goes to.</summary>
    public static string Region(int receiver) => string.Create(CultureInfo.InvariantCulture, $"1402{receiver + 1:D2}");

    public static void Write(int caseNumber, int receiver, Span<byte> into)
    {
        Span<char> text = stackalloc char[Length];
        text.TryWrite(CultureInfo.InvariantCulture,
            $"2601-1402{receiver + 1:D2}-04-{(caseNumber / SerialsPerKind) + 1:D2}-{caseNumber % SerialsPerKind:D5}0", out _);
        Span<char> digits = stackalloc char[Length];
        var count = 0;
        foreach (var character in text[..^1])
        {
            if (character != '-')
                digits[count++] = character;
        }

        text[^1] = Iso7064.Mod11And10(digits[..count]);
        Encoding.ASCII.GetBytes(text, into);
    }

    public static int CaseOf(ReadOnlySpan<byte> code) =>
        ((Digits(code.Slice(KindAt, 2)) - 1) * SerialsPerKind) + Digits(code.Slice(SerialAt, 5));

    public static int Digits(ReadOnlySpan<byte> text)
    {
        var value = 0;
        foreach (var digit in text)
            value = (value * 10) + digit - '0';
        return value;
    }
}
