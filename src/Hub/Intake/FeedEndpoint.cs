using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Hub.Connectors;
using Hub.Connectors.UtilityCrm;
using Hub.Engine;
using Hub.Ledger;
using Hub.Schemas;
using Hub.Telemetry;

namespace Hub.Intake;

/// <summary>
/// The feeds of receivers that cannot be called: <c>/api/v1/feeds/{feed}</c> and below. A receiver reads a page, takes it in, acknowledges it; until then every item
/// is still owed. Its position is kept here, so a receiver that forgot everything goes on where it had acknowledged.
/// </summary>
internal sealed partial class FeedEndpoint(
    PartnerAuthentication authentication, PublisherRate rate, BatchEngine engine, IDispatcher dispatcher, Feeds feeds, FeedSignal signal, ConnectorNames connectors,
    ConnectorsInForce inForce, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<FeedEndpoint> logger)
{
    private const int PageMax = 100;
    private const int WaitSecondsMax = 30;
    private const int RequestBytesMax = 8 * 1024;
    private const int ReasonLengthMax = 200;
    private const int RangesMax = 1000;

    // Readers of one feed that may be kept waiting at once; one more is answered at once.
    private const int PollsMax = 16;

    // Items settled together: an acknowledgement of a year's backlog must neither fill the engine's queue nor the memory.
    private const int AckPage = 256;

    // The signal comes over the database's notifications, which may break off unseen.
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan CommitLimit = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<short, SemaphoreSlim> polls = new();

    /// <summary>The next items, with a long poll when there are none.</summary>
    public Task GetAsync(HttpContext http, string name) => ForAsync(http, name, async feed =>
    {
        var query = http.Request.Query;
        if (!TryNumber(query["limit"], 1, PageMax, PageMax, out var limit) || !TryNumber(query["wait"], 0, WaitSecondsMax, 0, out var wait) || query["after"].Count > 1)
            return new Problem("bad_query");
        var after = feed.Row.Acked;
        if (query.ContainsKey("after") && Place(feed, query["after"].ToString(), "/after", digits: false, out after) is { } problem)
            return problem;

        var rows = await ItemsAsync(feed, after, limit, TimeSpan.FromSeconds(wait), http.RequestAborted);

        // A key that was revoked while its request waited reads nothing more.
        if (wait > 0 && await authentication.AuthenticateAsync(http) is null)
            return new Problem("unauthorised");
        var next = rows.Count > 0 ? rows[^1].Sequence : after;
        var items = rows.Select(row => Item(feed, row)).ToList();
        if (rows.Count > 0)
            await feeds.ReadAsync(feed.Number, feed.Name, rows[0].Sequence, next, time.GetUtcNow(), http.RequestAborted);
        var last = (await feeds.FindAsync(feed.Number, http.RequestAborted)).Last;
        var cursor = FeedCursor.Of(feed.Row.CursorKey, feed.Number, next);
        http.Response.Headers.Link = $"</api/v1/feeds/{feed.Name}?after={cursor}&limit={limit}>; rel=\"next\"";
        http.Response.Headers.CacheControl = "no-store";
        await Answers.WriteAsync(http, 200, new FeedPage(items, cursor, last > next, last - next), FeedJson.Readable.FeedPage);
        return null;
    });

    /// <summary>The receiver has everything up to a place: what is still offered of it is settled, then the position moves.</summary>
    public Task AckAsync(HttpContext http, string name) => ForAsync(http, name, async feed =>
    {
        var (request, problem) = await ReadAsync(http, FeedJson.Readable.AckRequest);
        if (problem is not null)
            return problem;
        if (Place(feed, request!.Upto ?? "", "/upto", digits: true, out var upto) is { } misplaced)
            return misplaced;
        if (upto > feed.Row.Read)
            return Beyond("/upto", "不能确认尚未取走的条目", "Only what was handed out can be acknowledged");

        await SettleAsync(feed, upto, http.RequestAborted);
        var row = await feeds.FindAsync(feed.Number, http.RequestAborted);
        await Answers.WriteAsync(http, 200, new FeedPosition(Padded(row.Acked), FeedCursor.Of(row.CursorKey, feed.Number, row.Acked), row.Last - row.Acked), FeedJson.Readable.FeedPosition);
        return null;
    });

    /// <summary>Moves the position. Going forward settles nothing: what was passed over stays owed and is shown by the gaps.</summary>
    public Task SeekAsync(HttpContext http, string name) => ForAsync(http, name, async feed =>
    {
        var (request, problem) = await ReadAsync(http, FeedJson.Readable.SeekRequest);
        if (problem is not null)
            return problem;
        if (request!.After is null == request.Sequence is null)
            return Invalid("", "after 与 sequence 须且只须给出一个", "Give either after or sequence");
        if (request.Reason is { } given && (given.Length > ReasonLengthMax || given.Any(char.IsControl)))
            return Invalid("/reason", $"至多 {ReasonLengthMax} 个字符，不含控制字符", $"At most {ReasonLengthMax} characters, no control characters");
        var to = request.Sequence ?? 0;
        if (request.After is { } after && Place(feed, after, "/after", digits: false, out to) is { } misplaced)
            return misplaced;
        if (to < 0 || to > feed.Row.Last)
            return Beyond("/sequence", "位置不在取件箱之内", "The place is not in the feed");

        await feeds.SeekAsync(feed.Number, feed.Name, to, $"key {feed.Key.KeyId}", request.Reason ?? "", time.GetUtcNow(), http.RequestAborted);
        await Answers.WriteAsync(http, 200, new FeedPosition(Padded(to), FeedCursor.Of(feed.Row.CursorKey, feed.Number, to), feed.Row.Last - to), FeedJson.Readable.FeedPosition);
        return null;
    });

    /// <summary>What the receiver has passed or read and not acknowledged: empty ranges prove that nothing is missing.</summary>
    public Task GapsAsync(HttpContext http, string name) => ForAsync(http, name, async feed =>
    {
        var upto = Math.Max(feed.Row.Acked, feed.Row.Read);
        var ranges = await feeds.GapsAsync(feed.Number, upto, time.GetUtcNow() + dispatcher.Lease + TimeSpan.FromMinutes(2), RangesMax + 1, http.RequestAborted);
        var body = new FeedGaps(
            Padded(await feeds.FirstAsync(feed.Number, http.RequestAborted)), Padded(feed.Row.Last), Padded(feed.Row.Acked), Padded(feed.Row.Read),
            [.. ranges.Take(RangesMax).Select(range => new FeedGap(Padded(range.From), Padded(range.To)))], ranges.Count > RangesMax);
        await Answers.WriteAsync(http, 200, body, FeedJson.Readable.FeedGaps);
        return null;
    });

    private Task ForAsync(HttpContext http, string name, Func<OpenFeed, Task<Problem?>> answer) => Answers.GuardAsync(http, async () =>
    {
        var (feed, refusal) = await OpenAsync(http, name);
        return feed is null ? refusal : await answer(feed);
    });

    private async Task<(OpenFeed? Feed, Problem? Refusal)> OpenAsync(HttpContext http, string name)
    {
        if (await authentication.AuthenticateAsync(http) is not { } key)
            return (null, new Problem("unauthorised"));
        if (key.Direction != ApiKey.Receive)
            return (null, new Problem("direction_not_allowed"));
        if (!rate.TryTake(key.KeyId, http.Response))
            return (null, new Problem("rate_limited", RetryAfterSeconds: 1));

        // Whether somebody else has a feed is nobody's business.
        if (key.Partner != name || Offering(name) is not { } by)
            return (null, new Problem("not_found"));
        return (new OpenFeed(by.Name, by.Number, by.Signer, key, await feeds.FindAsync(by.Number, http.RequestAborted)), null);
    }

    private async Task<IReadOnlyList<FeedItemRow>> ItemsAsync(OpenFeed feed, long after, int limit, TimeSpan wait, CancellationToken aborted)
    {
        var waiting = polls.GetOrAdd(feed.Number, _ => new SemaphoreSlim(PollsMax, PollsMax));
        if (wait == TimeSpan.Zero || !await waiting.WaitAsync(TimeSpan.Zero, aborted))
            return await feeds.PageAsync(feed.Number, after, limit, aborted);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        try
        {
            var begun = time.GetTimestamp();
            while (true)
            {
                var appended = signal.NextAsync(feed.Number);
                var rows = await feeds.PageAsync(feed.Number, after, limit, aborted);
                var left = wait - time.GetElapsedTime(begun);
                if (rows.Count > 0 || left <= TimeSpan.Zero || ended.IsCancellationRequested)
                    return rows;
                await Task.WhenAny(appended, Task.Delay(left < Poll ? left : Poll, time, ended.Token));
                aborted.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            waiting.Release();
        }
    }

    // Page by page, the position after each: a crash in between leaves at most one page that the repeated acknowledgement finds settled.
    private async Task SettleAsync(OpenFeed feed, long upto, CancellationToken aborted)
    {
        for (var after = feed.Row.Acked; after < upto;)
        {
            var owed = await feeds.OwedAsync(feed.Number, after, upto, AckPage, aborted);
            var settling = owed.Where(row => row.IsOffered).DistinctBy(row => row.Delivery.Id).Select(row => (Row: row, Input: Taken(feed, row))).ToList();
            settling.ForEach(one => engine.Submit(one.Input));
            foreach (var (row, input) in settling)
                await SettledAsync(feed, row, input, aborted);
            after = owed.Count == AckPage ? owed[^1].Sequence : upto;
            await feeds.AckAsync(feed.Number, after, aborted);
        }
    }

    private async Task SettledAsync(OpenFeed feed, FeedItemRow row, AnswerInput input, CancellationToken aborted)
    {
        try
        {
            await input.Completion.WaitAsync(CommitLimit, time, aborted);
            HubMetrics.Attempted(feed.Name, input.Answer, time.GetUtcNow() - row.Delivery.RecordedAt);
        }
        catch (Exception error) when (error is not (LedgerUnavailableException or TimeoutException or OperationCanceledException))
        {
            // One case that cannot be decided must not keep the receiver from all others: it stays owed, and the gaps show it.
            LogFailed(feed.Name, row.Delivery.Id, error.Message);
        }
    }

    /// <summary>As a worker's answer to this very offer, with the digest of the body that was handed out.</summary>
    private static AnswerInput Taken(OpenFeed feed, FeedItemRow row)
    {
        var command = CommandOf(feed, row);
        var leased = new LeasedCommand(
            command, row.KeyHash, row.Delivery.CaseId, row.Delivery.Connector, row.Lane.Fence, DateTimeOffset.MaxValue, SHA256.HashData(row.Delivery.Data));
        return new AnswerInput(leased, Answer.Taken() with { RequestDigest = SHA256.HashData(CommandEvent.BodyOf(command)) });
    }

    // Being fetched is the attempt after those that were pushed.
    private static Command CommandOf(OpenFeed feed, FeedItemRow row) =>
        Batch.CommandOf(row.Delivery, row.Subject, row.Lane with { Attempts = row.Lane.Attempts + 1, Doubt = false }, feed.Name);

    private FeedItem Item(OpenFeed feed, FeedItemRow row)
    {
        var command = CommandOf(feed, row);
        var (id, timestamp, body) = (CommandEvent.IdOf(command), time.GetUtcNow().ToUnixTimeSeconds(), CommandEvent.BodyOf(command));
        return new(Padded(row.Sequence), id, timestamp, feed.Signer.Sign(id, timestamp, body), Encoding.UTF8.GetString(body));
    }

    /// <summary>Reads a cursor or, where they are allowed, the digits of a sequence.</summary>
    private static Problem? Place(OpenFeed feed, string text, string pointer, bool digits, out long sequence)
    {
        sequence = 0;
        if (digits && text.Length is > 0 and <= 20 && text.All(char.IsAsciiDigit))
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out sequence))
                return Beyond(pointer, "位置不在取件箱之内", "The place is not in the feed");
        }
        else if (FeedCursor.Read(feed.Row.CursorKey, feed.Number, text) is { } place)
        {
            sequence = place;
        }
        else
        {
            return new Problem("cursor_invalid", [new(pointer, "cursor_invalid", "不是本取件箱的位置标记", "Not a cursor of this feed")]);
        }

        // A place that is not there yet: taken from a database that was later set back to an earlier state. To wait for it would be to miss what comes first.
        return sequence > feed.Row.Last ? Beyond(pointer, "位置不在取件箱之内", "The place is not in the feed") : null;
    }

    private static Problem Beyond(string pointer, string zh, string en) => new("beyond_feed", [new(pointer, "beyond_feed", zh, en)]);

    private static Problem Invalid(string pointer, string zh, string en) => new("invalid_position", [new(pointer, "invalid_position", zh, en)]);

    private static async Task<(T? Request, Problem? Problem)> ReadAsync<T>(HttpContext http, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        if (!ReceiptEndpoint.IsJson(http.Request.ContentType))
            return (null, new Problem("unsupported_media_type"));
        return await EventEndpoint.ReadBodyAsync(http, RequestBytesMax) is { } body ? EventReader.ReadPlain(body, type, "invalid_position") : (null, new Problem("too_large"));
    }

    private static bool TryNumber(Microsoft.Extensions.Primitives.StringValues given, int least, int most, int usual, out int number)
    {
        number = usual;
        return given.Count == 0
            || (given.Count == 1 && int.TryParse(given.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most);
    }

    // Sorts as text, as the CloudEvents extension asks.
    private static string Padded(long sequence) => sequence.ToString("D20", CultureInfo.InvariantCulture);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Feed}: the acknowledged {CommandId} could not be settled and stays owed: {Reason}")]
    private partial void LogFailed(string feed, Guid commandId, string reason);

    private OfferedBy? Offering(string name) =>
        inForce.Find(name) is { CanPull: true } connector ? new(connector.Name, connectors.Number(connector.Name), new WebhookSigner(connector)) : null;

    private sealed record OfferedBy(string Name, short Number, WebhookSigner Signer);

    private sealed record OpenFeed(string Name, short Number, WebhookSigner Signer, ApiKey Key, FeedRow Row);
}

/// <summary>Body of an acknowledgement: a cursor, or the digits of a sequence.</summary>
internal sealed record AckRequest
{
    public string? Upto { get; init; }
}

/// <summary>Body of a move of the position: behind a cursor, or behind a sequence.</summary>
internal sealed record SeekRequest
{
    public string? After { get; init; }

    [JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
    public long? Sequence { get; init; }

    /// <summary>Kept in the exchange log.</summary>
    public string? Reason { get; init; }
}

/// <summary>One item: what a push would carry in its headers, and its body as a text, byte for byte.</summary>
internal sealed record FeedItem(string Sequence, string Id, long Timestamp, string? Signature, string Body);

/// <summary>A page of a feed; <c>Lag</c> counts what lies behind it.</summary>
internal sealed record FeedPage(IReadOnlyList<FeedItem> Items, string Next, [property: JsonPropertyName("has_more")] bool HasMore, long Lag);

internal sealed record FeedPosition(string Acked, string Next, long Lag);

internal sealed record FeedGaps(string First, string Last, string Acked, string Read, IReadOnlyList<FeedGap> Ranges, [property: JsonPropertyName("has_more")] bool HasMore);

internal sealed record FeedGap(string From, string To);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false, MaxDepth = 16)]
[JsonSerializable(typeof(AckRequest))]
[JsonSerializable(typeof(SeekRequest))]
[JsonSerializable(typeof(FeedPage))]
[JsonSerializable(typeof(FeedPosition))]
[JsonSerializable(typeof(FeedGaps))]
internal sealed partial class FeedJson : JsonSerializerContext
{
    private static FeedJson? readable;

    public static FeedJson Readable => readable ??= new(new System.Text.Json.JsonSerializerOptions(Default.Options!) { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
