using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Hub.Connectors;
using Hub.Connectors.ApprovalPlatform;
using Hub.Engine;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schemas;
using Hub.Telemetry;

namespace Hub.Intake;

/// <summary>
/// Reads a platform from its cursor to the end of its list. Each row becomes an event and is committed; only then does an event of Hub's own move the
/// cursor. Whatever breaks off in between is read again, and the ledger knows the repeats by their identity.
/// </summary>
internal sealed partial class PublisherPoll(
    EventTaker taker, BatchEngine engine, PolledRows polled, HubSettings settings, TimeProvider time, ILogger<PublisherPoll> logger) : IDisposable
{
    /// <summary>A poll that brings nothing new, or fails as the one before did, is put on record this often: the log is for what happened.</summary>
    public static readonly TimeSpan RecordIdleEvery = TimeSpan.FromMinutes(5);

    private const string Internal = "hub";
    private const int TriesPerPage = 3;
    private const int SubmittedTogetherMax = 100;
    private const double ClockStepSecondsMax = 10;

    private readonly Dictionary<string, Platform> platforms = settings.Publishers.ToDictionary(publisher => publisher.Name, publisher => new Platform(publisher, time), StringComparer.Ordinal);

    /// <summary>One poll, to the end of the list. What the platform does wrong is recorded, not thrown.</summary>
    /// <param name="publisher">A name in the settings.</param>
    /// <param name="cancellation">The hub stops: the page under way is given up, the cursor stays before it.</param>
    public async Task RunAsync(string publisher, CancellationToken cancellation)
    {
        // Another node of the cluster may have it in its settings already, or still.
        if (!platforms.TryGetValue(publisher, out var platform))
        {
            LogStranger(publisher);
            return;
        }

        try
        {
            await PollAsync(platform, cancellation);
        }
        catch (PollException wrong)
        {
            await FailAsync(platform, wrong.Reason);
        }
        catch (Exception error) when (EventEndpoint.StoreRefusalOf(error) is not null)
        {
            LogFailed(publisher, "ledger_unavailable");
        }
    }

    public void Dispose()
    {
        foreach (var platform in platforms.Values)
            platform.Dispose();
    }

    private async Task PollAsync(Platform platform, CancellationToken cancellation)
    {
        var cursor = await CursorAsync(platform);
        var from = Begin(platform.Settings, cursor);
        var walk = new PageWalk(from, platform.Settings.PageSize);
        PolledPage? unconfirmed = null;
        for (var first = true; !walk.Ended; first = false)
        {
            var (page, before) = await ReadAsync(platform, walk, cancellation);
            var ahead = (page.ServerTime - time.GetUtcNow()).TotalSeconds;
            if (first && SteppedBack(platform.Settings, cursor, ahead) is { } step)
            {
                // What it stamped since its clock was set back lies behind the watermark by as much.
                LogSteppedBack(platform.Name, step.TotalSeconds);
                walk = new PageWalk(Seconds(from - step), platform.Settings.PageSize);
                (page, before) = await ReadAsync(platform, walk, cancellation);
            }

            // This page agrees with the one before it, so that one was true.
            if (unconfirmed is not null)
                await RecordAsync(platform, unconfirmed, cancellation);
            var asked = walk.At;
            var taken = await TakeAsync(platform, [.. page.Rows, .. before?.Rows ?? []], cancellation);
            walk.Take(page, before);
            unconfirmed = new(taken.News, new()
            {
                Publisher = platform.Name, From = asked, To = walk.ReadTo, ServerTime = page.ServerTime, AheadSeconds = Math.Round(ahead), Rows = page.Rows.Count,
                Accepted = taken.Accepted, Repeated = taken.Repeated, Refused = taken.Refused, Ended = walk.Ended,
            });
        }

        await RecordAsync(platform, unconfirmed!, cancellation);
    }

    private static DateTimeOffset Begin(PublisherSettings settings, PublisherPollProcess.Cursor cursor) =>
        cursor.Watermark is { } watermark ? Seconds(watermark - TimeSpan.FromSeconds(settings.OverlapSeconds)) : Seconds(settings.Since ?? DateTimeOffset.UnixEpoch);

    // The platform's stamps are whole seconds.
    private static DateTimeOffset Seconds(DateTimeOffset instant) => DateTimeOffset.FromUnixTimeSeconds(Math.Max(0, instant.ToUnixTimeSeconds()));

    /// <summary>By how much the platform's clock was set back since the last page on record; null when it was not. Our own clock set ahead looks the same and does no harm.</summary>
    private static TimeSpan? SteppedBack(PublisherSettings settings, PublisherPollProcess.Cursor cursor, double ahead) =>
        cursor.Watermark is not null && cursor.AheadSeconds - ahead > StepSeconds(settings) ? TimeSpan.FromSeconds(cursor.AheadSeconds - ahead) : null;

    private static double StepSeconds(PublisherSettings settings) => Math.Min(ClockStepSecondsMax, settings.OverlapSeconds / 2d);

    /// <summary>The next page of the walk, and the one before it where the walk wants it, when nothing speaks against them.</summary>
    private static async Task<(PlatformPage Page, PlatformPage? Before)> ReadAsync(Platform platform, PageWalk walk, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var page = await ListAsync(platform, walk.At, walk.Page, cancellation);
            var before = walk.WantsPageBefore ? await ListAsync(platform, walk.At, walk.Page - 1, cancellation) : null;
            if (walk.Doubt(page, before) is not { } doubt)
                return (page, before);

            // A list that changes between its count and its rows is right a moment later.
            if (attempt == TriesPerPage)
                throw new PollException(doubt);
        }
    }

    private static async Task<PlatformPage> ListAsync(Platform platform, DateTimeOffset from, int number, CancellationToken cancellation)
    {
        var (page, answer) = await platform.Reader.ListAsync(from, number, cancellation);
        return page ?? throw new PollException(answer.Reason!);
    }

    private async Task<TakenRows> TakeAsync(Platform platform, IReadOnlyList<PlatformRow> rows, CancellationToken cancellation)
    {
        var taken = new TakenRows();
        var known = await KnownAsync(platform, rows);
        var whole = new List<(PlatformRow Row, ReadResult Read)>(rows.Count);
        foreach (var row in rows.Where(row => !row.IsPending))
        {
            if (row.NeedsDetail && row.EventId is { } id && known.Contains(id))
                taken.Repeated++;
            else
                whole.Add(await WholeAsync(platform, row, cancellation));
        }

        foreach (var chunk in whole.Chunk(SubmittedTogetherMax))
        {
            // Not cancelled in the middle: what was given to the engine is waited for.
            cancellation.ThrowIfCancellationRequested();
            var takings = await Task.WhenAll(chunk.Select(one => taker.TakeAsync(one.Read)));
            foreach (var (one, taking) in chunk.Zip(takings))
                await CountAsync(platform, one.Row, taking, taken);
        }

        HubMetrics.Polled(platform.Name, "accepted", taken.Accepted);
        HubMetrics.Polled(platform.Name, "repeated", taken.Repeated + taken.Refused.Count - taken.RefusedNow);
        HubMetrics.Polled(platform.Name, "refused", taken.RefusedNow);
        return taken;
    }

    // Asking for every record of the overlap again and again would cost the platform more than the list does.
    private async Task<IReadOnlySet<string>> KnownAsync(Platform platform, IReadOnlyList<PlatformRow> rows)
    {
        var ids = rows.Where(row => row.NeedsDetail).Select(row => row.EventId).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        return ids.Count == 0 ? new HashSet<string>() : await polled.KnownAsync(platform.Settings.Source, ids);
    }

    private async Task<(PlatformRow Row, ReadResult Read)> WholeAsync(Platform platform, PlatformRow listed, CancellationToken cancellation)
    {
        var row = listed;
        if (listed is { NeedsDetail: true, RecordNo: { } number })
        {
            var (record, answer) = await platform.Reader.RecordAsync(number, cancellation);
            if (answer.Reason == AnswerReasons.NotSeen)
                return (listed, new(null, Refusal("record_gone", "/xmid", "列表中有而详情中没有该记录", "The list has this record, but it cannot be read")));
            row = record ?? throw new PollException(answer.Reason!);
        }

        return (row, EventOf(platform, row));
    }

    private ReadResult EventOf(Platform platform, PlatformRow row) => row switch
    {
        { RecordNo: null } => new(null, Refusal("required", "/xmid", "缺少记录编号", "The record has no number")),
        { EventId: null } => new(null, Refusal("not_a_time", "/gxsj", "缺少更新时间或格式不对", "The time of change is missing or not readable")),
        { Status: null } => new(null, Refusal("required", "/zt", "缺少状态", "The status is missing")),
        { EventType: null } => new(null, Refusal("unknown_code", "/zt", "未知的状态代码", "Unknown status code")),
        _ => EventReader.Structured(PolledEvent.Write(row.EventId, platform.Settings.Source, row.EventType, row.HappenedAt, row.Data.Span).Body, platform.Key, time.GetUtcNow()),
    };

    private static Problem Refusal(string code, string pointer, string zh, string en) => new("invalid_event", [new(pointer, code, zh, en)]);

    private async Task CountAsync(Platform platform, PlatformRow row, Taking taking, TakenRows taken)
    {
        switch (taking)
        {
            case { Accepted.Verdict: EngineVerdict.Repeated }:
                taken.Repeated++;
                break;
            case { Accepted: not null }:
                taken.Accepted++;
                break;
            case { Problem: { Kind.Retryable: true } moment, Fault: null }:
                // Nothing is wrong with the row: the page is read again.
                throw new PollException(moment.Code);
            default:
                await RefuseAsync(platform, row, taking, taken);
                break;
        }
    }

    private async Task RefuseAsync(Platform platform, PlatformRow row, Taking taking, TakenRows taken)
    {
        var problem = taking.Problem!;
        var id = row.EventId ?? "row-" + Convert.ToHexStringLower(SHA256.HashData(row.Raw.Span)[..16]);
        var errors = problem.Errors is { Count: > 0 } found ? found : [new("", problem.Code, "", "")];
        var named = string.Join("; ", errors.Select(error => $"{error.Code} {error.Pointer}".TrimEnd()));
        var reference = CaseKey.Digest(platform.Settings.Source, $"{id} {named}");
        if (await polled.KeepAsync(time.GetUtcNow(), platform.Name, id, reference, taking.Fault is { } fault ? $"{named}: {fault}" : named, row.Raw.ToArray()))
            taken.RefusedNow++;
        taken.Refused.Add(new(id, errors[0].Code, errors[0].Pointer));
    }

    private async Task<PublisherPollProcess.Cursor> CursorAsync(Platform platform)
    {
        var process = ProcessCatalog.PublisherPoll;
        return process.Read(await polled.StateAsync(CaseKey.Hash(process.Type, platform.Name)) ?? process.Empty);
    }

    private async Task RecordAsync(Platform platform, PolledPage page, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var cursor = await CursorAsync(platform);
        var read = page.Read;
        var moves = cursor.Watermark is null || (read.To < read.ServerTime ? read.To : read.ServerTime) > cursor.Watermark || read.ServerTime < cursor.Watermark;
        var stepped = read.Ended && Math.Abs(cursor.AheadSeconds - read.AheadSeconds) > StepSeconds(platform.Settings);
        if (page.News || moves || stepped || cursor.Failure is not null || (read.Ended && IsDue(cursor)))
            await SubmitAsync(platform, EventTypes.PublisherPageRead, read, JsonSerializer.SerializeToUtf8Bytes(read, PublisherPollJson.Default.PageRead));
        if (read.Ended)
            platform.Failures = (0, null);
    }

    private bool IsDue(PublisherPollProcess.Cursor cursor) => !(time.GetUtcNow() - cursor.RecordedAt < RecordIdleEvery);

    private async Task FailAsync(Platform platform, string reason)
    {
        HubMetrics.PollFailed(platform.Name, reason);
        LogFailed(platform.Name, reason);

        // With the breaker open nothing crossed the border: there is nothing to put on record.
        if (reason == AnswerReasons.BreakerOpen)
            return;
        try
        {
            var cursor = await CursorAsync(platform);
            platform.Failures = (platform.Failures.Reason == reason ? platform.Failures.Times + 1 : 1, reason);
            if (cursor.Failure == reason && !IsDue(cursor))
                return;
            var failed = new PublisherPollProcess.PollFailed { Publisher = platform.Name, Reason = reason, Times = platform.Failures.Times };
            await SubmitAsync(platform, EventTypes.PublisherPollFailed, failed, JsonSerializer.SerializeToUtf8Bytes(failed, PublisherPollJson.Default.PollFailed));
            platform.Failures = (0, reason);
        }
        catch (Exception error) when (error is PollException || EventEndpoint.StoreRefusalOf(error) is not null)
        {
            // The ledger is away too: the log has the reason, and the next failure tells both.
        }
    }

    /// <summary>An event of Hub's own, into the publisher's case.</summary>
    private async Task SubmitAsync(Platform platform, string type, object content, byte[] data)
    {
        var now = time.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var source = $"urn:hub:poll:{platform.Name}";
        var written = PolledEvent.Write(id.ToString("N"), source, type, now.ToString("O", CultureInfo.InvariantCulture), data);
        var moved = new EventInput(
            new Event
            {
                Id = id, Source = source, SourceId = id.ToString("N"), Type = type, Subject = platform.Name, Partner = Internal, Region = "", OccurredAt = now,
                Body = written.Body, DataStart = written.DataStart, DataLength = written.DataLength,
            },
            content, ProcessCatalog.ForEvent(type).Type, platform.Name, SHA256.HashData(written.Body.Span));
        try
        {
            await engine.SubmitAsync(moved);
        }
        catch (Exception error) when (EventEndpoint.RefusalOf(error) is { } refusal)
        {
            throw new PollException(refusal.Code);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Publisher {Publisher} could not be read: {Reason}; its cursor did not move")]
    private partial void LogFailed(string publisher, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The clock of publisher {Publisher} was set back by {Seconds} s; its list is read again from before that")]
    private partial void LogSteppedBack(string publisher, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Publisher {Publisher} is not in this node's settings: nodes of one hub must have the same")]
    private partial void LogStranger(string publisher);

    /// <summary>The poll ends here, for a reason that is a word.</summary>
    private sealed class PollException(string reason) : Exception(reason)
    {
        public string Reason => Message;
    }

    /// <param name="News">It brought an event or a refusal that was not known.</param>
    /// <param name="Read">What goes on record once the next page agrees.</param>
    private sealed record PolledPage(bool News, PublisherPollProcess.PageRead Read);

    private sealed class TakenRows
    {
        public int Accepted { get; set; }
        public int Repeated { get; set; }
        public int RefusedNow { get; set; }
        public List<PublisherPollProcess.RefusedRow> Refused { get; } = [];
        public bool News => Accepted + RefusedNow > 0;
    }

    private sealed class Platform : IDisposable
    {
        private readonly SocketsHttpHandler connections;

        public Platform(PublisherSettings settings, TimeProvider time)
        {
            Settings = settings;
            connections = ApprovalPlatformReader.CreateHandler(settings);
            Reader = new ApprovalPlatformReader(settings, connections, time);

            // The rules of a publisher that pushes stand with its key; here they stand in the settings.
            Key = new ApiKey { Partner = settings.Name, Direction = ApiKey.Publish, Sources = [settings.Source], Regions = [.. settings.Regions], LegalBasis = settings.LegalBasis };
        }

        public PublisherSettings Settings { get; }
        public string Name => Settings.Name;
        public ApprovalPlatformReader Reader { get; }
        public ApiKey Key { get; }

        /// <summary>Failed polls that are not on record yet, and why.</summary>
        public (int Times, string? Reason) Failures { get; set; }

        public void Dispose() => connections.Dispose();
    }
}
