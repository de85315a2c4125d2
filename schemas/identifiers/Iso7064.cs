namespace Hub.Schemas;

/// <summary>The hybrid check systems of ISO 7064.</summary>
public static class Iso7064
{
    /// <summary>MOD 11,10: the check digit of a project code of GB/T 40058.</summary>
    /// <param name="digits">The characters before the check digit.</param>
    /// <returns>The check digit, or <c>'\0'</c> when there is something else than a digit.</returns>
    public static char Mod11And10(ReadOnlySpan<char> digits) => Hybrid(digits, 10);

    /// <summary>MOD 37,36 over 0-9A-Z: the check character of an e-licence identifier (GB/T 36904).</summary>
    /// <returns>The check character, or <c>'\0'</c> when there is something outside the alphabet.</returns>
    public static char Mod37And36(ReadOnlySpan<char> characters) => Hybrid(characters, 36);

    private static char Hybrid(ReadOnlySpan<char> characters, int modulus)
    {
        var product = modulus;
        foreach (var c in characters)
        {
            var value = ValueOf(c);
            if (value < 0 || value >= modulus)
            {
                return '\0';
            }

            var sum = (product + value) % modulus;
            product = 2 * (sum == 0 ? modulus : sum) % (modulus + 1);
        }

        return CharacterOf((modulus + 1 - product) % modulus);
    }

    private static int ValueOf(char c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'A' and <= 'Z' => c - 'A' + 10,
        _ => -1,
    };

    private static char CharacterOf(int value) => (char)(value < 10 ? '0' + value : 'A' + value - 10);
}
