using System.Text.Json;
using Hub.Dispatch;
using Hub.Engine;
using Hub.Intake;
using Hub.Ledger;
using Hub.Schemas;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages;

/// <summary>Where a feed stands, as its receiver is shown it.</summary>
/// <param name="Gaps">Acknowledged over, and still owed.</param>
internal sealed record FeedStanding(long Last, long Acked, long Read, IReadOnlyList<FeedRange> Gaps)
{
    public long Behind => Last - Acked;
}

/// <summary>One organisation's own page: as a receiver its connector, feed, keys, receipts and reports; as a publisher its submissions, what was refused and what became of the rest.</summary>
internal sealed class PortalModel(
    ApiKeys keys, Feeds feeds, LedgerQueries queries, Submissions submissions, Refusals refusals, Certifications certifications, ConnectorNames names, ILanes lanes, Frame frame)
    : ConsolePage(frame)
{
    private const int PageSize = 20;
    private const int RefusalsMax = 50;
    private const int ReceiptsMax = 10;
    private const int GapsMax = 20;
    private const int Days = 14;

    /// <summary>States of a submission, in the order of a table's columns.</summary>
    public static IReadOnlyList<string> States { get; } = ["taken", "open", "parked", "unserved", "none", "refused"];

    /// <summary>Null: hub staff choose one.</summary>
    public string? Organisation { get; private set; }

    /// <summary>For hub staff: everybody with a connector or a key.</summary>
    public IReadOnlyList<(string Name, bool Receives, bool Publishes)> Organisations { get; private set; } = [];
    public ConnectorTotals? Connector { get; private set; }
    public IPartnerLane? Lane { get; private set; }
    public FeedStanding? Feed { get; private set; }
    public CertificationRow? Certification { get; private set; }
    public IReadOnlyList<ApiKey> Keys { get; private set; } = [];
    public IReadOnlyList<(RecentReceipt Row, Receipt Receipt)> Receipts { get; private set; } = [];
    public bool Publishes { get; private set; }
    public ILookup<DateOnly, SubmissionCount> Counts { get; private set; } = Array.Empty<SubmissionCount>().ToLookup(one => one.Day);
    public IReadOnlyList<RefusalRow> Refused { get; private set; } = [];
    public IReadOnlyList<Submission> Submitted { get; private set; } = [];
    public Guid? Next => Submitted.Count == PageSize ? Submitted[^1].EventId : null;

    /// <summary>The month that is over.</summary>
    public string LastMonth => ServiceSheet.Month(Processes.Clocks.DayOf(F.Now).AddMonths(-1));

    public async Task<IActionResult> OnGetAsync(string? name, Guid? before)
    {
        if (Scope is not null && name is not null && name != Scope)
            return NotFound();
        Organisation = Scope ?? name;
        var all = await keys.ListAsync(HttpContext.RequestAborted);
        if (Organisation is null)
        {
            var receivers = (await F.ConnectorsAsync()).Select(row => row.Name).ToHashSet(StringComparer.Ordinal);
            Organisations = [.. all.Select(key => key.Partner).Concat(receivers).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .Select(one => (one, receivers.Contains(one), all.Any(key => key.Partner == one && key.Direction == ApiKey.Publish)))];
            return Page();
        }

        Keys = [.. all.Where(key => key.Partner == Organisation && key.RevokedAt is null)];
        Connector = (await F.ConnectorsAsync()).FirstOrDefault(row => row.Name == Organisation);
        Publishes = Keys.Any(key => key.Direction == ApiKey.Publish) || await submissions.AnyAsync(Organisation);
        if (Scope is null && Connector is null && Keys.Count == 0 && !Publishes)
            return NotFound();
        if (Connector is not null)
            await ReceiveAsync(Connector.Name);
        if (Publishes)
            await PublishAsync(Organisation, before);
        return Page();
    }

    /// <summary>What is wrong, in a sentence of the problem it was answered with.</summary>
    public string Said(RefusalRow row) => ProblemKinds.Find(row.Code) is { } kind ? F.English ? kind.TitleEn : kind.TitleZh : row.Code;

    public string Advice(RefusalRow row) => Labels.Find($"error_{row.Error}", F.English) ?? (ProblemKinds.Find(row.Code) is { } kind ? F.English ? kind.AdviceEn : kind.AdviceZh : "");

    private async Task ReceiveAsync(string receiver)
    {
        Lane = lanes.Find(receiver);
        Certification = (await certifications.RecentAsync(receiver, 1)).FirstOrDefault();
        Receipts = [.. (await queries.ReceiptsOfAsync(receiver, ReceiptsMax)).Select(row => (row, JsonSerializer.Deserialize(row.Content, SchemasJson.Default.Receipt)!))];
        if (Lane is not { Pulls: true })
            return;
        var number = names.Number(receiver);
        var feed = await feeds.FindAsync(number, HttpContext.RequestAborted);
        Feed = new(feed.Last, feed.Acked, feed.Read, await feeds.GapsAsync(number, feed.Acked, F.Now + lanes.Lease + TimeSpan.FromMinutes(2), GapsMax, HttpContext.RequestAborted));
    }

    private async Task PublishAsync(string partner, Guid? before)
    {
        var first = Processes.Clocks.DayOf(F.Now).AddDays(1 - Days);
        Counts = (await submissions.CountsAsync(partner, new DateTimeOffset(first.ToDateTime(TimeOnly.MinValue), TimeSpan.FromHours(8)).ToUniversalTime())).ToLookup(one => one.Day);
        Refused = await refusals.OfAsync(partner, RefusalsMax);
        Submitted = await submissions.PageAsync(partner, before, PageSize);
    }
}
