using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Hub.Verifier;

/// <summary>A place in the chain: the number of an entry and its hash. Written <c>SEQ:HASH</c>, as heads and receipts are handed out.</summary>
/// <param name="Seq">Number of the entry, from 1; 0 for a chain without entries.</param>
/// <param name="Hash">64 lower-case hexadecimal digits.</param>
public sealed record ChainHead(long Seq, string Hash)
{
    /// <summary>What the first entry follows: 32 zero bytes.</summary>
    public static ChainHead Origin { get; } = new(0, new('0', 64));

    public static bool TryParse(string? text, [NotNullWhen(true)] out ChainHead? head)
    {
        head = text?.Split(':') is [var seq, var hash]
            && long.TryParse(seq, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && Hex.IsDigest(hash.ToLowerInvariant())
                ? new(number, hash.ToLowerInvariant())
                : null;
        return head is not null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Seq}:{Hash}");
}
