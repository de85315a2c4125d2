using System.Security.Cryptography;
using System.Text;

namespace Hub.Ledger;

/// <summary>Names a licence holder without saying who it is: HMAC-SHA256 under a key that stands in the settings and not in the database.</summary>
/// <param name="key">Base64 of at least 32 bytes; null: licences are not set up.</param>
internal sealed class HolderHash(string? key)
{
    private readonly byte[]? secret = key is null ? null : Convert.FromBase64String(key);

    public bool IsSetUp => secret is not null;

    public static bool IsKey(string text) => Convert.TryFromBase64String(text, new byte[text.Length], out var length) && length >= 32;

    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <param name="type">111 or 001.</param>
    /// <param name="code">The holder's number, in either case.</param>
    public string Of(string type, string code) => Convert.ToHexStringLower(HMACSHA256.HashData(
        secret ?? throw new InvalidOperationException("Hub:HolderKey is not set."), Encoding.UTF8.GetBytes($"{type}\n{code.Trim().ToUpperInvariant()}")));
}
