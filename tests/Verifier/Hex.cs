using System.Buffers;

namespace Hub.Verifier;

internal static class Hex
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>True for 64 lower-case hexadecimal digits: the chain hashes the text of the digest, so one spelling is right.</summary>
    public static bool IsDigest(string text) => text.Length == 64 && !text.AsSpan().ContainsAnyExcept(Digits);
}
