using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Hub.Simulators;

/// <summary>
/// A pretended utility with a receiver of its own, or (kind <c>feed</c>) with none: checks every signature it was given a key for and drops repeats by
/// webhook-id, whether a message was pushed or fetched.
/// </summary>
// Written from the standard alone and without the hub's code, so that it can disagree with it.
public sealed class WebhookUtility : Partner
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly TimeProvider clock;
    private byte[]? secret;
    private readonly byte[]? publicKey;

    public WebhookUtility(PartnerSettings settings, LeadBook book, TimeProvider clock)
        : base(settings, book)
    {
        this.clock = clock;
        secret = settings.Secret is null ? null : Convert.FromBase64String(settings.Secret["whsec_".Length..]);
        publicKey = settings.PublicKey is null ? null : Convert.FromBase64String(settings.PublicKey["whpk_".Length..]);
        if (settings.Kind is not "feed" && secret is null && publicKey is null)
        {
            throw new InvalidOperationException($"Partner '{settings.Name}' has neither secret nor public key.");
        }
    }

    /// <summary>Who may call, as it answers to an OPTIONS; null: it knows no such question.</summary>
    public string? AllowedOrigin { get; set; } = "*";

    /// <summary>Calls a minute it allows; null: it names no limit.</summary>
    public int? AllowedRate { get; set; }

    /// <summary>What its administrator has put under the well-known path; null: nothing.</summary>
    public string? Code { get; set; }

    /// <summary>Checks signatures with another key from now on.</summary>
    public void Trust(string key) => secret = Convert.FromBase64String(key["whsec_".Length..]);

    public override Reply Answer(Hit hit)
    {
        if (Kind is "feed")
        {
            return Reply.Empty(404);
        }

        if (hit.Method is "OPTIONS")
        {
            return AllowedOrigin is null ? Reply.Empty(405) : Reply.Empty(200) with
            {
                Headers = [("WebHook-Allowed-Origin", AllowedOrigin), .. AllowedRate is { } rate ? [("WebHook-Allowed-Rate", rate.ToString(CultureInfo.InvariantCulture))] : Array.Empty<(string, string)>()],
            };
        }

        if (hit.Method is "GET" && hit.Path is "/.well-known/hub-webhook-code")
        {
            return Code is null ? Reply.Empty(404) : new Reply(200, Encoding.UTF8.GetBytes(Code + "\n"), "text/plain; charset=utf-8");
        }

        if (hit.Method is not "POST")
        {
            return Reply.Empty(405);
        }

        if (!IsSigned(hit.Header("webhook-id"), hit.Header("webhook-timestamp"), hit.Header("webhook-signature"), hit.Body))
        {
            return RefuseCaller();
        }

        try
        {
            return hit.Header("Content-Type") switch
            {
                "application/cloudevents+json; charset=utf-8" => Take(hit.Header("webhook-id"), hit.Body, hit.Began) ? Reply.Empty(204) : RefuseContent(),
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

    /// <summary>Takes one message in, with its effect; false when it contradicts itself.</summary>
    public bool Take(string? webhookId, byte[] body, DateTimeOffset? began = null)
    {
        using var document = JsonDocument.Parse(body);
        var ce = document.RootElement;
        return webhookId == ce.GetProperty("id").GetString() && Take(ce, began);
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

        var type = ce.GetProperty("hubcommand").GetString() switch { "lead.create.v1" => "create", "lead.update.v1" => "update", "lead.withdraw.v1" => "withdraw", "licence.answer.v1" => "licence", var other => other! };
        // What only tests the connection is kept like everything else, and nobody works on it.
        type = ce.TryGetProperty("hubtest", out var test) && test.ValueKind is JsonValueKind.True ? "test" : type;
        var sequence = long.Parse(ce.GetProperty("sequence").GetString()!, CultureInfo.InvariantCulture);
        var id = ce.GetProperty("id").GetGuid();
        var repeated = Book.Find(id) is not null;
        Book.Take(id, ce.GetProperty("subject").GetString()!, type, sequence, Encoding.UTF8.GetBytes(ce.GetRawText()), began);
        if (!repeated && type.StartsWith("account.", StringComparison.Ordinal))
        {
            var data = ce.GetProperty("data");
            Desk?.Take(type, data.GetProperty("step").GetString()!, new(
                data.GetProperty("orderId").GetString()!, data.GetProperty("unitNo").GetString()!, data.GetProperty("regionCode").GetString()!,
                data.TryGetProperty("accountNo", out var account) ? account.GetString() : null));
        }

        return true;
    }

    /// <summary>True when the message carries a good signature for every key this utility was given.</summary>
    public bool IsSigned(string? webhookId, string? timestamp, string? signatures, byte[] body)
    {
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || (DateTimeOffset.FromUnixTimeSeconds(seconds) - clock.GetUtcNow()).Duration() > Tolerance)
        {
            return false;
        }

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{webhookId}.{seconds}."), .. body];
        var given = (signatures ?? "").Split(' ');

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
