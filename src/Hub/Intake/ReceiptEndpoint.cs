using System.Security.Cryptography;
using System.Text.Json;
using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Hub.Telemetry;

namespace Hub.Intake;

/// <summary>Reading back, and the receipts of utilities: <c>/api/v1/events/{id}</c> and below.</summary>
internal sealed class ReceiptEndpoint(
    PartnerAuthentication authentication, BatchEngine engine, LedgerQueries queries, PolicyStore policies, TimeProvider time)
{
    private const int PageMax = 200;
    private const int ReceiptBytesMax = 8 * 1024;

    public Task GetAsync(HttpContext http, string id) => GuardAsync(http, async key =>
    {
        if (await FindAsync(key, id) is not { } row)
            return new Problem("not_found");
        var view = await ViewAsync(row, key);
        await Answers.WriteAsync(http, 200, view, IntakeJson.Readable.EventView);
        return null;
    });

    /// <summary>The bureau's own events, newest first, with a cursor.</summary>
    public Task ListAsync(HttpContext http) => GuardAsync(http, async key =>
    {
        if (key.Direction != ApiKey.Publish)
            return new Problem("direction_not_allowed");
        var query = http.Request.Query;
        Guid before = default;
        if (query.ContainsKey("before") && !Guid.TryParse(query["before"], out before))
            return new Problem("bad_query");
        var limit = 100;
        if (query.ContainsKey("limit") && (!int.TryParse(query["limit"], System.Globalization.CultureInfo.InvariantCulture, out limit) || limit is < 1 or > PageMax))
            return new Problem("bad_query");
        var rows = await queries.OwnAsync(key.Partner, query.ContainsKey("before") ? before : null, limit);
        var next = rows.Count == limit ? $"/api/v1/events?before={rows[^1].EventId}&limit={limit}" : null;
        if (next is not null)
            http.Response.Headers.Link = $"<{next}>; rel=\"next\"";
        var items = rows.Select(row => new EventLine(
            row.EventId, row.Source, row.SourceId, row.Type, row.Subject, Utc(row.ReceivedAt)!.Value, row.Refusal, row.Warned, $"/api/v1/events/{row.EventId}")).ToList();
        await Answers.WriteAsync(http, 200, new EventPage(items, next), IntakeJson.Readable.EventPage);
        return null;
    });

    public Task GetReceiptsAsync(HttpContext http, string id) => GuardAsync(http, async key =>
    {
        if (await FindAsync(key, id) is not { } row)
            return new Problem("not_found");
        var receipts = await queries.ReceiptsAsync(row.EventId);
        var mine = receipts.Where(receipt => key.Direction == ApiKey.Publish || receipt.Partner == key.Partner).Select(View).ToList();
        await Answers.WriteAsync(http, 200, mine, IntakeJson.Readable.ListReceiptView);
        return null;
    });

    public Task PostReceiptAsync(HttpContext http, string id) => GuardAsync(http, async key =>
    {
        if (key.Direction != ApiKey.Receive)
            return new Problem("direction_not_allowed");
        if (!IsJson(http.Request.ContentType))
            return new Problem("unsupported_media_type");
        if (await EventEndpoint.ReadBodyAsync(http, ReceiptBytesMax) is not { } body)
            return new Problem("too_large");
        var (accepted, problem, repeated) = await TakeReceiptAsync(key, id, body, EventReader.TraceParent(http.Request));
        if (problem is not null)
            return problem;
        if (repeated)
            http.Response.Headers["Idempotency-Replayed"] = "true";
        await Answers.WriteAsync(http, 202, accepted!, IntakeJson.Readable.AcceptedBody);
        return null;
    });

    /// <summary>Takes a receipt in, whichever way it came. Throws what the database throws.</summary>
    /// <param name="key">A key to receive with.</param>
    /// <param name="id">Of the event or of the delivery.</param>
    /// <param name="body">The receipt as received.</param>
    /// <param name="traceParent">W3C trace context of the call it came with, when there was one.</param>
    public async Task<Acceptance> TakeReceiptAsync(ApiKey key, string id, byte[] body, string? traceParent = null)
    {
        if (body.Length > ReceiptBytesMax)
            return Refused(new Problem("too_large"));
        if (await FindAsync(key, id) is not { } row)
            return Refused(new Problem("not_found"));
        var (receipt, problem) = EventReader.ReadReceipt(body);
        if (problem is not null)
            return Refused(problem);

        var now = time.GetUtcNow();
        var at = receipt!.At!.Value;
        // Idempotent by (event, receiver, status, at): these four are its name.
        var stored = new Event
        {
            Id = Guid.CreateVersion7(now),
            Source = $"urn:hub:receiver:{key.Partner}",
            SourceId = $"{row.EventId:N}-{receipt.Status}-{at.ToUnixTimeMilliseconds()}",
            Type = EventTypes.ReceiptReported,
            Subject = row.CaseKey,
            Partner = key.Partner,
            About = row.EventId,
            Region = row.Region,
            OccurredAt = at.ToUniversalTime(),
            Body = body,
            DataStart = 0,
            DataLength = body.Length,
        };
        var input = new EventInput(stored, receipt, row.CaseType, row.CaseKey, SHA256.HashData(body));
        using var span = Tracing.Receipt(input, traceParent, row.TraceParent);
        var accepted = await engine.SubmitAsync(input);
        if (accepted.Verdict == EngineVerdict.Conflict)
            return Refused(new Problem("id_reused"));
        if (accepted.Refusal is { } refusal)
            return Refused(new Problem(refusal == "not_a_receiver" ? "not_found" : refusal));
        var repeated = accepted.Verdict == EngineVerdict.Repeated;
        if (!repeated)
            HubMetrics.ReceiptLatency.Record((now - new DateTimeOffset(row.RecordedAt, TimeSpan.Zero)).TotalSeconds, new KeyValuePair<string, object?>("receiver", key.Partner));
        var answer = repeated ? AcceptedBody.Of((await queries.EventAsync(accepted.EventId))!) : AcceptedBody.Of(stored, accepted);
        return new(answer with { Self = $"/api/v1/events/{row.EventId}/receipts" }, null, repeated);
    }

    private static Acceptance Refused(Problem problem) => new(null, problem, Repeated: false);

    private Task GuardAsync(HttpContext http, Func<ApiKey, Task<Problem?>> answer) => Answers.GuardAsync(http, async () =>
        await authentication.AuthenticateAsync(http) is { } key ? await answer(key) : new Problem("unauthorised"));

    internal static bool IsJson(string? contentType) => contentType is not null
        && Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(contentType, out var type) && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    /// <summary>By Hub's id, by a delivery's id (what a receiver was sent), or by the sender's own id. Others' events are not found.</summary>
    private async Task<EventRow?> FindAsync(ApiKey key, string id)
    {
        if (Guid.TryParse(id, out var guid))
        {
            var eventId = CommandId.TryParse(guid, out var caseId, out var connector, out var laneSeq)
                ? await queries.CauseAsync(caseId, connector, laneSeq)
                : guid;
            if (eventId is { } known && await queries.EventAsync(known) is { } row && await MayReadAsync(key, row))
                return row;
        }

        if (key.Direction != ApiKey.Publish || id.Length > 64)
            return null;
        var own = await queries.EventsAsync([.. key.Sources.Select(source => CaseKey.Digest(source, id))]);
        return own.Count == 1 ? own[0] : null;
    }

    private async Task<bool> MayReadAsync(ApiKey key, EventRow row) => key.Direction == ApiKey.Publish
        ? row.Partner == key.Partner
        : (await queries.DeliveriesAsync(row.CaseId, row.EventId)).Any(delivery => delivery.Name == key.Partner);

    private async Task<EventView> ViewAsync(EventRow row, ApiKey key)
    {
        var deliveries = (await queries.DeliveriesAsync(row.CaseId, row.EventId)).Where(delivery => key.Direction == ApiKey.Publish || delivery.Name == key.Partner).ToList();
        var receipts = await queries.ReceiptsAsync(row.EventId);
        var lanes = JsonSerializer.Deserialize(row.Lanes, LedgerJson.Default.ListLane)!;
        var state = row.CaseType == ProcessCatalog.ProjectApproval.Type ? ProcessCatalog.ProjectApproval.Read(row.State) : null;
        var receivers = deliveries.ConvertAll(delivery => Receiver(delivery, lanes, receipts, state));
        var warnings = AcceptedBody.WarningsOf(row);
        var superseded = warnings.Any(warning => warning.Code == WarningCodes.Superseded);
        var unserved = deliveries.Count == 0 && lanes.Exists(lane => lane.Connector == WaitRow.NoConnector);
        var status = row.Refusal is not null ? "refused"
            : superseded ? "stored"
            : unserved ? "parked"
            : receivers.Count == 0 ? "stored"
            : receivers.TrueForAll(receiver => receiver.State is "delivered") ? "delivered"
            : receivers.Exists(receiver => receiver.State is "parked") ? "parked" : "in_delivery";
        var reason = row.Refusal ?? (superseded ? WarningCodes.Superseded : unserved ? state?.Unserved : null);
        return new(
            row.EventId, row.Source, row.SourceId, row.Type, row.CaseKey, row.Region, Utc(row.OccurredAt), Utc(row.RecordedAt)!.Value, row.Position,
            Convert.ToHexStringLower(row.Hash), status, reason, row.Policy, warnings, receivers);
    }

    private ReceiverView Receiver(DeliveryView delivery, List<Lane> lanes, IReadOnlyList<ReceiptRow> receipts, ProjectApprovalProcess.Case? state)
    {
        var lane = lanes.Find(candidate => candidate.Connector == delivery.Connector);
        var mine = receipts.Where(receipt => receipt.Partner == delivery.Name).Select(View).ToList();
        var title = policies.Current.OperatorById(delivery.Name);
        var contact = state?.Receivers.GetValueOrDefault(delivery.Name)?.FirstContact;
        return new(
            delivery.Name, title?.TitleZh, title?.TitleEn, CommandId.Of(delivery.CaseId, delivery.Connector, delivery.LaneSeq), delivery.Type,
            StateOf(delivery, lane), lane is not null && lane.Head == delivery.LaneSeq ? lane.Attempts : delivery.Attempt ?? 0,
            delivery.WaitReason ?? delivery.Reason, delivery.PartnerCode, delivery.PartnerReference,
            delivery.Outcome == "taken" ? Utc(delivery.AnsweredAt) : null, delivery.WaitState == WaitRow.Waiting ? Utc(delivery.DueAt) : null,
            mine.LastOrDefault(receipt => receipt.Refused is null)?.Status,
            contact is null ? null : new(contact.Due, contact.Provisional, contact.Status, contact.Source), mine);
    }

    /// <summary>One word for where a delivery stands: queued, sending, waiting, offered (in the receiver's feed), parked, delivered, skipped.</summary>
    private static string StateOf(DeliveryView delivery, Lane? lane)
    {
        // The case was read a moment before its deliveries: one that its lanes do not know yet has only just been queued.
        if (lane is null || delivery.LaneSeq > lane.Head)
            return "queued";
        if (delivery.LaneSeq <= lane.Settled)
            return delivery.Outcome == "skipped" ? "skipped" : "delivered";
        return lane.Status switch
        {
            LaneStatus.Leased => "sending",
            LaneStatus.Waiting => "waiting",
            LaneStatus.Parked => "parked",
            LaneStatus.Offered => "offered",
            _ => "queued",
        };
    }

    private static ReceiptView View(ReceiptRow row)
    {
        var receipt = JsonSerializer.Deserialize(row.Content, SchemasJson.Default.Receipt)!;
        return new(row.EventId, receipt.Status!, receipt.Code, receipt.At, Utc(row.RecordedAt)!.Value, receipt.AccountNo, receipt.Note, row.Refusal);
    }

    private static DateTimeOffset? Utc(DateTime? instant) => instant is { } known ? new DateTimeOffset(known, TimeSpan.Zero) : null;
}
