using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Hub.Connectors;

/// <summary>Signatures of Standard Webhooks 1.0: over <c>id.timestamp.body</c>, the body's bytes exactly as sent.</summary>
public static class WebhookSignature
{
    /// <summary>How far a receiver lets the timestamp be from its own clock.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>Symmetric signature, <c>v1,</c> and base64 of HMAC-SHA256.</summary>
    /// <param name="key">The bytes behind <c>whsec_</c>.</param>
    /// <param name="id">The message id; without dots, which separate the parts.</param>
    /// <param name="timestamp">Of this attempt, Unix seconds.</param>
    /// <param name="body">As sent.</param>
    public static string SignV1(ReadOnlySpan<byte> key, string id, long timestamp, ReadOnlySpan<byte> body) =>
        "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Signed(id, timestamp, body)));

    /// <summary>Asymmetric signature, <c>v1a,</c> and base64 of Ed25519; parameters as of <see cref="SignV1"/>.</summary>
    /// <param name="seed">The 32 bytes behind <c>whsk_</c>.</param>
    /// <param name="id">The message id.</param>
    /// <param name="timestamp">Of this attempt, Unix seconds.</param>
    /// <param name="body">As sent.</param>
    public static string SignV1a(ReadOnlySpan<byte> seed, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        var signed = Signed(id, timestamp, body);
        var signature = new byte[Ed25519.SignatureSize];
        Ed25519.Sign(seed.ToArray(), 0, signed, 0, signed.Length, signature, 0);
        return "v1a," + Convert.ToBase64String(signature);
    }

    /// <summary>True when at least one signature of the list is good and the timestamp is near.</summary>
    /// <param name="keys">What the receiver trusts.</param>
    /// <param name="id">Header <c>webhook-id</c>.</param>
    /// <param name="timestamp">Header <c>webhook-timestamp</c>.</param>
    /// <param name="signatures">Header <c>webhook-signature</c>, space-separated.</param>
    /// <param name="body">As received.</param>
    /// <param name="now">The receiver's time.</param>
    public static bool Verify(WebhookKeys keys, string? id, string? timestamp, string? signatures, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (string.IsNullOrEmpty(id) || id.Contains('.') || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs((decimal)seconds - now.ToUnixTimeSeconds()) > (decimal)Tolerance.TotalSeconds)
        {
            return false;
        }

        var signed = Signed(id, seconds, body);
        return (signatures ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Any(signature => IsGood(keys, signature, signed));
    }

    /// <summary>Reads <c>whsec_</c> and base64 of 24 to 64 bytes.</summary>
    public static bool TryReadSecret(string text, out byte[] key) => TryRead(text, "whsec_", 24, 64, out key);

    /// <summary>Reads <c>whsk_</c> and base64 of 32 bytes.</summary>
    public static bool TryReadSeed(string text, out byte[] seed) => TryRead(text, "whsk_", 32, 32, out seed);

    /// <summary>Reads <c>whpk_</c> and base64 of 32 bytes.</summary>
    public static bool TryReadPublicKey(string text, out byte[] publicKey) => TryRead(text, "whpk_", 32, 32, out publicKey);

    /// <summary>The <c>whpk_</c> a receiver needs to check what the seed signs.</summary>
    public static string PublicKeyOf(ReadOnlySpan<byte> seed)
    {
        var publicKey = new byte[Ed25519.PublicKeySize];
        Ed25519.GeneratePublicKey(seed.ToArray(), 0, publicKey, 0);
        return "whpk_" + Convert.ToBase64String(publicKey);
    }

    private static bool IsGood(WebhookKeys keys, string signature, byte[] signed) =>
        signature.Split(',', 2) is [var version, var text] && TryDecode(text, out var bytes) && version switch
        {
            "v1" => keys.Secrets.Any(key => CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key, signed), bytes)),
            "v1a" => bytes.Length == Ed25519.SignatureSize
                && keys.PublicKeys.Any(key => Ed25519.Verify(bytes, 0, key, 0, signed, 0, signed.Length)),
            _ => false,
        };

    private static byte[] Signed(string id, long timestamp, ReadOnlySpan<byte> body) =>
        [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")), .. body];

    private static bool TryRead(string text, string prefix, int least, int most, out byte[] bytes)
    {
        bytes = [];
        return text.StartsWith(prefix, StringComparison.Ordinal) && TryDecode(text[prefix.Length..], out bytes)
            && bytes.Length >= least && bytes.Length <= most;
    }

    private static bool TryDecode(string text, out byte[] bytes)
    {
        var buffer = new byte[text.Length];
        var decoded = Convert.TryFromBase64String(text, buffer, out var length);
        bytes = buffer[..length];
        return decoded;
    }
}

/// <summary>The keys a receiver trusts: two of a sort while they are being rotated.</summary>
/// <param name="Secrets">For <c>v1</c>.</param>
/// <param name="PublicKeys">For <c>v1a</c>, 32 bytes each.</param>
public sealed record WebhookKeys(IReadOnlyList<byte[]> Secrets, IReadOnlyList<byte[]> PublicKeys);
