using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Hub.Simulators;

/// <summary>A pretended utility with a receiver of its own: checks every signature it was given a key for and drops repeats by webhook-id.</summary>
// Written from the standard alone and without the hub's code, so that it can disagree with it.
internal sealed class WebhookUtility : Partner
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly TimeProvider clock;
    private readonly byte[]? secret;
    private readonly byte[]? publicKey;

    public WebhookUtility(PartnerSettings settings, LeadBook book, TimeProvider clock)
        : base(settings, book)
    {
        this.clock = clock;
        secret = settings.Secret is null ? null : Convert.FromBase64String(settings.Secret["whsec_".Length..]);
        publicKey = settings.PublicKey is null ? null : Convert.FromBase64String(settings.PublicKey["whpk_".Length..]);
        if (secret is null && publicKey is null)
        {
            throw new InvalidOperationException($"Partner '{settings.Name}' has neither secret nor public key.");
        }
    }

    public override Reply Answer(Hit hit)
    {
        if (hit.Method is not "POST")
        {
            return Reply.Empty(405);
        }

        if (!IsSigned(hit))
        {
            return RefuseCaller();
        }

        try
        {
            return hit.Header("Content-Type") switch
            {
                "application/cloudevents+json; charset=utf-8" => Take(hit),
                "application/cloudevents-batch+json; charset=utf-8" => TakeAll(hit),
                _ => Reply.Empty(415),
            };
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or FormatException)
        {
            return RefuseContent();
        }
    }

    public override Reply RefuseContent() => Reply.Empty(422);

    public override Reply RefuseCaller() => Reply.Empty(401);

    private Reply Take(Hit hit)
    {
        using var document = JsonDocument.Parse(hit.Body);
        var ce = document.RootElement;
        return hit.Header("webhook-id") == ce.GetProperty("id").GetString() && Take(ce, hit.Began) ? Reply.Empty(204) : RefuseContent();
    }

    // Each is answered for: one that is not understood must not keep the others out.
    private Reply TakeAll(Hit hit)
    {
        using var document = JsonDocument.Parse(hit.Body);
        return Reply.Json(200, document.RootElement.EnumerateArray().Select(ce => new { id = ce.GetProperty("id").GetGuid(), status = Take(ce, hit.Began) ? 200 : 422 }).ToArray());
    }

    private bool Take(JsonElement ce, DateTimeOffset? began)
    {
        if (ce.GetProperty("specversion").GetString() is not "1.0")
        {
            return false;
        }

        var type = ce.GetProperty("hubcommand").GetString() switch { "lead.create.v1" => "create", "lead.update.v1" => "update", _ => "withdraw" };
        var sequence = long.Parse(ce.GetProperty("sequence").GetString()!, CultureInfo.InvariantCulture);
        Book.Take(ce.GetProperty("id").GetGuid(), ce.GetProperty("subject").GetString()!, type, sequence, Encoding.UTF8.GetBytes(ce.GetRawText()), began);
        return true;
    }

    private bool IsSigned(Hit hit)
    {
        if (!long.TryParse(hit.Header("webhook-timestamp"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || (DateTimeOffset.FromUnixTimeSeconds(seconds) - clock.GetUtcNow()).Duration() > Tolerance)
        {
            return false;
        }

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{hit.Header("webhook-id")}.{seconds}."), .. hit.Body];
        var given = (hit.Header("webhook-signature") ?? "").Split(' ');

        // Stricter than the standard, which is content with one good signature: a hub that has both keys must sign with both.
        return (secret is null || given.Contains("v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, signed))))
            && (publicKey is null || given.Any(signature => IsGoodV1a(signature, signed)));
    }

    private bool IsGoodV1a(string signature, byte[] signed)
    {
        var bytes = new byte[Ed25519.SignatureSize];
        return signature.StartsWith("v1a,", StringComparison.Ordinal)
            && Convert.TryFromBase64String(signature["v1a,".Length..], bytes, out var length) && length == bytes.Length
            && Ed25519.Verify(bytes, 0, publicKey!, 0, signed, 0, signed.Length);
    }
}
