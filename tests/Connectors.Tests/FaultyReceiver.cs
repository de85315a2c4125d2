using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hub.Connectors.Tests;

/// <summary>Ways in which a receiver can be wrong; each is one mistake somebody could make.</summary>
public enum Flaw
{
    None,
    AnswersNothing,
    RefusesAll,
    ChecksNoSignature,
    ChecksFormOnly,
    TakesUnsigned,

    /// <summary>Checks the signature over what it knows of the body, written anew.</summary>
    SignsWhatItKnows,

    /// <summary>Checks the signature over the id in the body instead of that of the header.</summary>
    SignsIdOfBody,
    ChecksNoTime,
    ErrorInsteadOfRefusal,
    ActsBeforeChecking,
    ActsOnRepeats,
    RefusesRepeats,
    OlderOverwrites,
    RefusesOlder,
    RefusesUnknownTypes,
    RefusesUnknownFields,
    ShortBodies,
    RemembersBeforeReading,
    RemembersAfterAnswering,
    BreaksUnderLoad,
    ThrottlesForEver,

    /// <summary>Asks to be left alone in a burst, and takes all in the end: no mistake.</summary>
    Throttles,
    Slow,
}

/// <summary>A small receiver that does everything right but one thing.</summary>
internal sealed class FaultyReceiver : IAsyncDisposable
{
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private static readonly byte[] Key = Convert.FromBase64String(Secret["whsec_".Length..]);

    private readonly Flaw flaw;
    private readonly WebApplication app;
    private readonly Lock gate = new();
    private readonly HashSet<string> seen = [];
    private readonly Dictionary<string, long> turnedAway = [];
    private readonly Dictionary<string, (int Effects, long Sequence)> cases = [];
    private readonly TaskCompletionSource ending = new();
    private int underWay;

    private FaultyReceiver(Flaw flaw, WebApplication app) => (this.flaw, this.app) = (flaw, app);

    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>Longest body that was taken.</summary>
    public int Longest { get; private set; }

    /// <summary>Calls that came although it had asked to be left alone.</summary>
    public int TooSoon { get; private set; }

    /// <summary>Every subject that came.</summary>
    public IReadOnlyCollection<string> Subjects => cases.Keys;

    public static async Task<FaultyReceiver> StartAsync(Flaw flaw)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var server = builder.Build();
        var receiver = new FaultyReceiver(flaw, server);
        server.MapGet("/effects", (string subject) => receiver.Effects(subject));
        server.MapPost("/", receiver.ServeAsync);
        await server.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        ending.TrySetResult();
        await app.DisposeAsync();
    }

    private IResult Effects(string subject)
    {
        lock (gate)
        {
            var (effects, sequence) = cases.GetValueOrDefault(subject);
            return Results.Json(new { effects, sequence });
        }
    }

    private async Task ServeAsync(HttpContext http)
    {
        var id = http.Request.Headers["webhook-id"].ToString();
        if (flaw == Flaw.AnswersNothing)
        {
            await Task.WhenAny(ending.Task, Task.Delay(Timeout.Infinite, http.RequestAborted));
            http.Abort();
            return;
        }

        if (flaw == Flaw.RemembersBeforeReading)
        {
            lock (gate)
            {
                if (!seen.Add(id))
                {
                    http.Response.StatusCode = 200;
                    return;
                }
            }
        }

        var together = Interlocked.Increment(ref underWay);
        try
        {
            var buffer = new MemoryStream();
            await http.Request.Body.CopyToAsync(buffer);

            // So that those of a burst meet.
            if (flaw is Flaw.BreaksUnderLoad or Flaw.Throttles or Flaw.ThrottlesForEver)
                await Task.Delay(TimeSpan.FromMilliseconds(300));
            http.Response.StatusCode = flaw == Flaw.BreaksUnderLoad && together > 2 ? 500
                : IsTurnedAway(http, id, together) ? 429
                : await AnswerAsync(http, id, buffer.ToArray());
        }
        finally
        {
            Interlocked.Decrement(ref underWay);
        }
    }

    private bool IsTurnedAway(HttpContext http, string id, int together)
    {
        lock (gate)
        {
            var now = TimeProvider.System.GetTimestamp();
            if (turnedAway.TryGetValue(id, out var at) && TimeProvider.System.GetElapsedTime(at, now) < TimeSpan.FromSeconds(0.9))
                TooSoon++;
            if (together <= 2 || flaw is not (Flaw.Throttles or Flaw.ThrottlesForEver) || (flaw == Flaw.Throttles && turnedAway.ContainsKey(id)))
                return false;
            turnedAway[id] = now;
            http.Response.Headers.RetryAfter = flaw == Flaw.ThrottlesForEver ? "86400" : "1";
            return true;
        }
    }

    private async Task<int> AnswerAsync(HttpContext http, string id, byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        var message = json.RootElement;
        if (flaw == Flaw.ActsBeforeChecking)
            Act(id, message);
        if (flaw == Flaw.RefusesAll || !IsSigned(http.Request.Headers, id, body))
            return flaw == Flaw.ErrorInsteadOfRefusal ? 500 : 401;
        if (flaw == Flaw.ShortBodies && body.Length > 16 * 1024)
            return 413;
        if (flaw == Flaw.RefusesUnknownTypes && !message.GetProperty("hubcommand").GetString()!.StartsWith("lead.", StringComparison.Ordinal))
            return 422;
        if (flaw == Flaw.RefusesUnknownFields && message.GetProperty("data").TryGetProperty("addedLater", out _))
            return 400;
        if (flaw == Flaw.Slow && message.TryGetProperty("hubextra", out _))
            await Task.Delay(TimeSpan.FromSeconds(1.5));
        Longest = Math.Max(Longest, body.Length);
        var answer = Act(id, message);
        if (flaw == Flaw.RemembersAfterAnswering)
            await RememberAsync(http, id);
        return answer;
    }

    private async Task RememberAsync(HttpContext http, string id)
    {
        try
        {
            await Task.Delay(TimeSpan.FromSeconds(1), http.RequestAborted);
            lock (gate)
                seen.Add(id);
        }
        catch (OperationCanceledException)
        {
            // Its caller has gone, and it forgets.
        }
    }

    private int Act(string id, JsonElement message)
    {
        var subject = message.GetProperty("subject").GetString()!;
        var sequence = long.Parse(message.GetProperty("sequence").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        lock (gate)
        {
            var (effects, last) = cases.GetValueOrDefault(subject);
            if (flaw == Flaw.RefusesOlder && sequence < last)
                return 409;
            var repeated = flaw switch
            {
                Flaw.RemembersBeforeReading => false,
                Flaw.RemembersAfterAnswering => seen.Contains(id),
                _ => !seen.Add(id),
            };
            if (repeated && flaw == Flaw.RefusesRepeats)
                return 409;
            if (repeated && flaw == Flaw.OlderOverwrites)
                cases[subject] = (effects, sequence);
            if (!repeated || flaw == Flaw.ActsOnRepeats)
                cases[subject] = (effects + 1, Math.Max(last, sequence));
            return 204;
        }
    }

    private bool IsSigned(IHeaderDictionary headers, string id, byte[] body)
    {
        var given = headers["webhook-signature"].ToString();
        var seconds = long.Parse(headers["webhook-timestamp"].ToString(), System.Globalization.CultureInfo.InvariantCulture);
        if (flaw != Flaw.ChecksNoTime && Math.Abs(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - seconds) > 300)
            return false;
        if (flaw == Flaw.ChecksNoSignature || (flaw == Flaw.TakesUnsigned && given.Length == 0) || (flaw == Flaw.ChecksFormOnly && given.StartsWith("v1,", StringComparison.Ordinal)))
            return true;
        byte[] signed = flaw == Flaw.SignsWhatItKnows ? Known(body) : body;
        var named = flaw == Flaw.SignsIdOfBody ? JsonNode.Parse(body)!["id"]!.GetValue<string>() : id;
        byte[] whole = [.. Encoding.UTF8.GetBytes($"{named}.{seconds}."), .. signed];
        return given.Split(' ').Contains("v1," + Convert.ToBase64String(HMACSHA256.HashData(Key, whole)));
    }

    private static byte[] Known(byte[] body)
    {
        var message = JsonNode.Parse(body)!.AsObject();
        message.Remove("hubextra");
        message["data"]!.AsObject().Remove("addedLater");
        return JsonSerializer.SerializeToUtf8Bytes(message, new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
