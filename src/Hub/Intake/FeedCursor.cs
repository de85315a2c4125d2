using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Hub.Intake;

/// <summary>
/// A place in one feed, opaque to its holder: version, connector number, sequence, and 16 bytes of HMAC-SHA256 over them with the feed's own key. It names a place
/// and no page, so it is valid for ever.
/// </summary>
internal static class FeedCursor
{
    private const byte Version = 1;
    private const int Named = 11;
    private const int Length = Named + 16;

    public static string Of(byte[] key, short feed, long sequence)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt16BigEndian(bytes[1..], feed);
        BinaryPrimitives.WriteInt64BigEndian(bytes[3..], sequence);
        Proof(key, bytes[..Named]).CopyTo(bytes[Named..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <returns>The sequence; null for a cursor that was not made by <see cref="Of"/> with this key for this feed.</returns>
    public static long? Read(byte[] key, short feed, string text)
    {
        // 27 bytes fill 36 characters without a bit to spare: there is one way to write each cursor.
        Span<byte> bytes = stackalloc byte[Length];
        if (text.Length != Length / 3 * 4 || !Base64Url.IsValid(text, out var length) || length != Length)
            return null;
        Base64Url.DecodeFromChars(text, bytes);
        return CryptographicOperations.FixedTimeEquals(Proof(key, bytes[..Named]), bytes[Named..])
            && bytes[0] == Version && BinaryPrimitives.ReadInt16BigEndian(bytes[1..]) == feed
            ? BinaryPrimitives.ReadInt64BigEndian(bytes[3..])
            : null;
    }

    private static ReadOnlySpan<byte> Proof(byte[] key, ReadOnlySpan<byte> named) => HMACSHA256.HashData(key, named).AsSpan(0, Length - Named);
}
