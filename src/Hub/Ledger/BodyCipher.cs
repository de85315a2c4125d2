using System.Security.Cryptography;
using System.Text;

namespace Hub.Ledger;

/// <summary>Something was sealed with a key that this process does not have: it waits for its settings, and nothing is wrong with what is stored.</summary>
internal sealed class BodyKeyMissingException(string message) : InvalidOperationException(message);

/// <summary>
/// Seals what may name a person before it is stored: bodies of events and commands, partners' answers, states that say so (个人信息保护法 第五十一条: encryption and
/// de-identification). AES-256-GCM under keys that stand in the settings and not in the database; the digests of the chain are of the bytes before sealing.
/// </summary>
/// <remarks>
/// Sealed bytes are: 01 'H' 'B', the first 4 bytes of the key's SHA-256, 12 random bytes, the ciphertext, 16 bytes of tag. What does not begin so was stored before
/// keys were set, and is read as it is.
/// </remarks>
internal sealed class BodyCipher
{
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const string TextMark = "sealed:";

    private static readonly byte[] Mark = [0x01, (byte)'H', (byte)'B'];

    private readonly List<(byte[] Id, byte[] Key)> keys;

    private BodyCipher(IEnumerable<byte[]> keys) => this.keys = [.. keys.Select(key => (SHA256.HashData(key)[..4], key))];

    /// <summary>Seals nothing, and opens nothing that is sealed.</summary>
    public static BodyCipher None { get; } = new([]);

    /// <param name="keys">Base64 of 32 bytes each. The first one seals; the others still open what they sealed.</param>
    public static BodyCipher Of(IReadOnlyList<string> keys) => keys.Count == 0 ? None : new(keys.Select(Convert.FromBase64String));

    public bool IsOn => keys.Count > 0;

    public static bool IsKey(string text) => Convert.TryFromBase64String(text, new byte[text.Length], out var length) && length == KeyBytes;

    public byte[] Seal(byte[] plain)
    {
        if (!IsOn)
            return plain;
        var (id, key) = keys[0];
        var sealedBytes = new byte[Mark.Length + id.Length + NonceBytes + plain.Length + TagBytes];
        Mark.CopyTo(sealedBytes, 0);
        id.CopyTo(sealedBytes, Mark.Length);
        var parts = Split(sealedBytes);
        RandomNumberGenerator.Fill(parts.Nonce);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(parts.Nonce, plain, parts.Text, parts.Tag);
        return sealedBytes;
    }

    /// <exception cref="BodyKeyMissingException">It was sealed with a key that is not set.</exception>
    /// <exception cref="InvalidOperationException">It was changed since.</exception>
    public byte[] Open(byte[] stored)
    {
        if (!IsSealed(stored))
            return stored;
        var (id, key) = keys.Find(candidate => stored.AsSpan(Mark.Length, candidate.Id.Length).SequenceEqual(candidate.Id));
        if (key is null)
            throw new BodyKeyMissingException($"A body was sealed with key {Convert.ToHexStringLower(stored.AsSpan(Mark.Length, 4))}, which Hub:BodyKeys does not have.");
        var parts = Split(stored);
        var plain = new byte[parts.Text.Length];
        using var aes = new AesGcm(key, TagBytes);
        try
        {
            aes.Decrypt(parts.Nonce, parts.Text, parts.Tag, plain);
        }
        catch (AuthenticationTagMismatchException changed)
        {
            throw new InvalidOperationException($"A body that was sealed with key {Convert.ToHexStringLower(id)} was changed since.", changed);
        }

        return plain;
    }

    public string SealText(string plain) => IsOn ? TextMark + Convert.ToBase64String(Seal(Encoding.UTF8.GetBytes(plain))) : plain;

    public string OpenText(string stored) => IsSealedText(stored) ? Encoding.UTF8.GetString(Open(Convert.FromBase64String(stored[TextMark.Length..]))) : stored;

    public static bool IsSealedText(string stored) => stored.StartsWith(TextMark, StringComparison.Ordinal);

    /// <summary>How everything begins that the first key sealed.</summary>
    public byte[] CurrentMark => [.. Mark, .. keys[0].Id];

    /// <summary>The same of a text: the base64 of the first 6 of the 7 bytes.</summary>
    public string CurrentTextMark => TextMark + Convert.ToBase64String(CurrentMark.AsSpan(0, 6));

    private static bool IsSealed(byte[] stored) => stored.Length >= Mark.Length + 4 + NonceBytes + TagBytes && stored.AsSpan().StartsWith(Mark);

    private static Parts Split(byte[] stored)
    {
        var rest = stored.AsSpan(Mark.Length + 4);
        return new() { Nonce = rest[..NonceBytes], Text = rest[NonceBytes..^TagBytes], Tag = rest[^TagBytes..] };
    }

    private ref struct Parts
    {
        public required Span<byte> Nonce { get; init; }
        public required Span<byte> Text { get; init; }
        public required Span<byte> Tag { get; init; }
    }
}
