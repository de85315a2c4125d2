using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Hub.Ledger;

/// <summary>One-time passwords by time (RFC 6238 over RFC 4226): HMAC-SHA-1, six digits, steps of 30 s, as every authenticator app makes them.</summary>
internal static class Totp
{
    public const int SecretBytes = 20;

    private const int StepSeconds = 30;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretBytes);

    public static long StepAt(DateTimeOffset instant) => instant.ToUnixTimeSeconds() / StepSeconds;

    public static string Code(byte[] secret, long step, int digits = 6)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[20];
#pragma warning disable CA5350 // RFC 6238's default, and what authenticator apps do; its strength does not rest on collisions.
        HMACSHA1.HashData(secret, counter, hash);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadInt32BigEndian(hash[(hash[19] & 0x0f)..]) & 0x7fff_ffff;
        return (number % (int)Math.Pow(10, digits)).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
    }

    /// <summary>The step that a code belongs to; a phone's clock may be one step off.</summary>
    /// <param name="secret">The shared secret.</param>
    /// <param name="code">As typed; spaces do not count.</param>
    /// <param name="instant">Now.</param>
    /// <param name="after">A code of this step or an earlier one was used before and is void.</param>
    /// <returns>Null when it is no code of now.</returns>
    public static long? Verify(byte[] secret, string? code, DateTimeOffset instant, long after)
    {
        var typed = Encoding.ASCII.GetBytes((code ?? "").Replace(" ", "", StringComparison.Ordinal));
        var now = StepAt(instant);
        for (var step = now - 1; step <= now + 1; step++)
        {
            if (step > after && CryptographicOperations.FixedTimeEquals(typed, Encoding.ASCII.GetBytes(Code(secret, step))))
                return step;
        }

        return null;
    }

    /// <summary>Base32 (RFC 4648) without padding, in groups of four, as people type it into an app.</summary>
    public static string Text(byte[] secret)
    {
        var text = new StringBuilder();
        int bits = 0, held = 0;
        foreach (var one in secret)
        {
            held = (held << 8) | one;
            for (bits += 8; bits >= 5; bits -= 5)
                text.Append(Alphabet[(held >> (bits - 5)) & 31]);
            held &= (1 << bits) - 1;
        }

        if (bits > 0)
            text.Append(Alphabet[(held << (5 - bits)) & 31]);
        return string.Join(' ', text.ToString().Chunk(4).Select(group => new string(group)));
    }
}
