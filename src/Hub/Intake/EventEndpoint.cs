using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hub.Engine;
using Hub.Ledger;

namespace Hub.Intake;

/// <summary><c>POST /api/v1/events</c>: one event or a batch. 202 only after the commit.</summary>
internal sealed class EventEndpoint(PartnerAuthentication authentication, PublisherRate rate, EventAcceptance acceptance, LedgerQueries queries, RefusalBook refusals, TimeProvider time)
{
    public const int BatchEventsMax = 100;
    public const int BatchBytesMax = 2 * 1024 * 1024;

    public async Task PostAsync(HttpContext http)
    {
        if (await authentication.AuthenticateAsync(http) is not { } key)
        {
            await Answers.WriteAsync(http, new Problem("unauthorised"));
            return;
        }

        if (key.Direction != ApiKey.Publish)
        {
            await Answers.WriteAsync(http, new Problem("direction_not_allowed"));
            return;
        }

        if (!rate.TryTake(key.KeyId, http.Response))
        {
            await Answers.WriteAsync(http, new Problem("rate_limited", RetryAfterSeconds: 1));
            return;
        }

        if (Mode(http.Request) is not { } mode)
        {
            await RefuseAsync(http, key, new Problem("unsupported_media_type"));
            return;
        }

        var body = await ReadBodyAsync(http, mode == ContentMode.Batch ? BatchBytesMax : EventReader.EventBytesMax);
        if (body is null)
        {
            await RefuseAsync(http, key, new Problem("too_large"));
            return;
        }

        var idempotencyKey = http.Request.Headers["Idempotency-Key"];
        if (idempotencyKey.Count == 0)
        {
            await AnswerAsync(http, key, mode, body);
            return;
        }

        await AnswerOnceAsync(http, key, mode, body, idempotencyKey.ToString());
    }

    /// <summary>Answers with the problem, and counts it for the publisher's portal.</summary>
    private Task RefuseAsync(HttpContext http, ApiKey key, Problem problem)
    {
        refusals.Note(key.Partner, problem);
        return Answers.WriteAsync(http, problem);
    }

    private enum ContentMode
    {
        Structured,
        Binary,
        Batch,
    }

    private Task AnswerAsync(HttpContext http, ApiKey key, ContentMode mode, byte[] body) =>
        mode == ContentMode.Batch ? AnswerBatchAsync(http, key, body) : AnswerOneAsync(http, key, mode, body);

    private static ContentMode? Mode(HttpRequest request)
    {
        if (!Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(request.ContentType, out var type))
            return null;
        if (type.Charset.HasValue && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) && !type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase))
            return null;
        if (request.Headers.ContentEncoding.Count > 0)
            return null;
        return type.MediaType.Value?.ToLowerInvariant() switch
        {
            "application/cloudevents+json" => ContentMode.Structured,
            "application/cloudevents-batch+json" => ContentMode.Batch,
            "application/json" when request.Headers.ContainsKey("ce-specversion") => ContentMode.Binary,
            _ => null,
        };
    }

    /// <returns>Null when it is longer than <paramref name="max"/>.</returns>
    internal static async Task<byte[]?> ReadBodyAsync(HttpContext http, int max)
    {
        if (http.Request.ContentLength > max)
            return null;
        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            if (read.Buffer.Length > max)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private async Task AnswerOneAsync(HttpContext http, ApiKey key, ContentMode mode, byte[] body)
    {
        var now = time.GetUtcNow();
        var read = mode == ContentMode.Binary ? EventReader.Binary(http.Request.Headers, body, key, now) : EventReader.Structured(body, key, now);
        var (accepted, problem, repeated) = await acceptance.SubmitAsync(read, key, EventReader.TraceParent(http.Request));
        if (problem is not null)
        {
            await RefuseAsync(http, key, problem);
            return;
        }

        if (repeated)
            http.Response.Headers["Idempotency-Replayed"] = "true";
        http.Response.Headers.Location = accepted!.Self;
        await Answers.WriteAsync(http, 202, accepted, IntakeJson.Readable.AcceptedBody);
    }

    private async Task AnswerBatchAsync(HttpContext http, ApiKey key, byte[] body)
    {
        var events = new List<ReadOnlyMemory<byte>>();
        if (EventReader.Split(body, BatchEventsMax, events) is { } unreadable)
        {
            await RefuseAsync(http, key, unreadable);
            return;
        }

        // All go to the engine together, in their order: one commit takes most of them.
        var now = time.GetUtcNow();
        var traceParent = EventReader.TraceParent(http.Request);
        var submitted = events.Select(bytes => acceptance.SubmitAsync(EventReader.Structured(bytes, key, now), key, traceParent)).ToList();
        var items = new List<BatchItem>(events.Count);
        foreach (var (index, submission) in submitted.Index())
        {
            var (accepted, problem, _) = await submission;
            if (problem is not null)
                refusals.Note(key.Partner, problem);
            items.Add(problem is null
                ? new(index, 202, accepted, null)
                : new(index, problem.Status, null, Answers.Body(http, problem)));
        }

        var count = items.Count(item => item.Status == 202);
        await Answers.WriteAsync(http, 200, new BatchBody(count, items.Count - count, items), IntakeJson.Readable.BatchBody);
    }

    /// <summary>The answer to what is nobody's fault but the moment's; null for anything else.</summary>
    internal static Problem? RefusalOf(Exception error) => error switch
    {
        EngineBusyException => new Problem("busy", RetryAfterSeconds: 1),
        LedgerUnavailableException or Npgsql.NpgsqlException { IsTransient: true } or TimeoutException => new Problem("ledger_unavailable", RetryAfterSeconds: 5),
        _ => null,
    };

    /// <summary>As <see cref="RefusalOf"/>, for plain queries: there any fault of the database is the moment's.</summary>
    internal static Problem? StoreRefusalOf(Exception error) =>
        RefusalOf(error) ?? (error is Npgsql.NpgsqlException ? new Problem("ledger_unavailable", RetryAfterSeconds: 5) : null);

    /// <summary>
    /// With an <c>Idempotency-Key</c> the whole answer is kept. A crash in between leaves a claim without an answer: the request may then be made
    /// again, and each event's own (source, id) keeps it from being stored twice.
    /// </summary>
    private async Task AnswerOnceAsync(HttpContext http, ApiKey key, ContentMode mode, byte[] body, string idempotencyKey)
    {
        if (idempotencyKey.Length is 0 or > 255 || idempotencyKey.AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0)
        {
            await Answers.WriteAsync(http, new Problem("bad_header", [new("/Idempotency-Key", "bad_header", "须为 1 至 255 个可见 ASCII 字符", "1 to 255 visible ASCII characters")]));
            return;
        }

        var keyHash = CaseKey.Digest($"idempotency:{key.Partner}", idempotencyKey);
        var digest = RequestDigest(http, body);
        try
        {
            if (await queries.ClaimAsync(keyHash, digest, time.GetUtcNow()) is { } stored)
            {
                await ReplayAsync(http, stored, digest);
                return;
            }
        }
        catch (Exception error) when (StoreRefusalOf(error) is { } refusal)
        {
            await Answers.WriteAsync(http, refusal);
            return;
        }

        var kept = http.Response.Body;
        using var copy = new MemoryStream();
        http.Response.Body = copy;
        try
        {
            await AnswerAsync(http, key, mode, body);
        }
        finally
        {
            http.Response.Body = kept;
        }

        // An answer of the moment (503) is not the answer.
        if (http.Response.StatusCode >= 500)
            await queries.ForgetClaimAsync(keyHash);
        else
            await queries.KeepAnswerAsync(keyHash, http.Response.StatusCode, copy.ToArray());
        await kept.WriteAsync(copy.ToArray(), http.RequestAborted);
    }

    private static byte[] RequestDigest(HttpContext http, byte[] body)
    {
        var attributes = http.Request.Headers.Where(header => header.Key.StartsWith("ce-", StringComparison.OrdinalIgnoreCase))
            .OrderBy(header => header.Key, StringComparer.OrdinalIgnoreCase).Select(header => $"{header.Key.ToLowerInvariant()}:{header.Value}\n");
        return SHA256.HashData([.. Encoding.UTF8.GetBytes($"{http.Request.ContentType}\n{string.Concat(attributes)}\n"), .. body]);
    }

    private static async Task ReplayAsync(HttpContext http, IdempotentAnswer stored, byte[] digest)
    {
        if (!stored.RequestDigest.AsSpan().SequenceEqual(digest))
        {
            await Answers.WriteAsync(http, new Problem("idempotency_key_reused"));
            return;
        }

        if (stored.Status is not { } status)
        {
            await Answers.WriteAsync(http, new Problem("in_progress", RetryAfterSeconds: 1));
            return;
        }

        http.Response.StatusCode = status;
        http.Response.Headers["Idempotency-Replayed"] = "true";
        http.Response.ContentType = status is >= 400 ? "application/problem+json; charset=utf-8" : "application/json; charset=utf-8";
        await http.Response.Body.WriteAsync(stored.Response, http.RequestAborted);
    }
}
