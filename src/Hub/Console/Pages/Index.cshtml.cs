using System.Globalization;
using System.Text.Json;
using Hub.Dispatch;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schemas;
using Microsoft.AspNetCore.Html;
using Microsoft.AspNetCore.Mvc;
using Npgsql;

namespace Hub.Console.Pages;

/// <summary>The first page: what is wrong and how bad, what came in, what went out, who is well.</summary>
internal sealed class IndexModel(LedgerQueries queries, Traffic traffic, Hub.Ledger.Incidents incidents, DeadlineCounts deadlines, LatencyBands latency, ILanes lanes, Frame frame) : ConsolePage(frame)
{
    public LogTotals Totals { get; private set; } = new(0, [], default, 0, 0, 0);
    public IReadOnlyList<(ConnectorTotals Row, string State)> Connectors { get; private set; } = [];
    public IReadOnlyList<Incident> Incidents { get; private set; } = [];
    public IReadOnlyList<RecentReceipt> Receipts { get; private set; } = [];
    public IReadOnlyList<(string Unit, CoTransferProcess.Case Case)> Transfers { get; private set; } = [];
    public IReadOnlyList<(string Key, PermitProcess.Case Case)> Permits { get; private set; } = [];
    public IReadOnlyList<(string Label, long Accepted, long Taken, long Failed)> Chart { get; private set; } = [];
    public ChartTable? Latency { get; private set; }
    public (int Soon, int Overdue) Due { get; private set; }

    /// <summary>Parts that could not be read, by their words.</summary>
    public List<string> Unread { get; } = [];
    public long EventsToday { get; private set; }
    public long TakenToday { get; private set; }

    /// <summary>Share of today's attempts that were taken, percent; null: there were none.</summary>
    public double? Success { get; private set; }
    public TimeSpan? Oldest { get; private set; }

    public long Open => Connectors.Sum(one => one.Row.Queued - one.Row.Taken - one.Row.Skipped);
    public long Parked => Connectors.Sum(one => one.Row.Parked);

    public async Task<IActionResult> OnGetAsync()
    {
        // Its figures are of everybody; a partner's account begins at its portal.
        if (Scope is not null)
            return Redirect("/portal");
        Totals = await queries.TotalsAsync();
        Connectors = [.. (await F.ConnectorsAsync()).Select(row => (row, Frame.ConnectorState(row, lanes.Find(row.Name))))];
        Incidents = await incidents.OpenAsync(Scope);
        var ages = await F.AgesAsync();
        Oldest = Connectors.Select(one => ages.GetValueOrDefault(one.Row.Name)).Where(age => age > TimeSpan.Zero).Max(age => (TimeSpan?)age);
        await CountTodayAsync();
        await PartAsync("due_soon", async () => Due = await deadlines.GetAsync());
        await PartAsync("chart_title", DrawAsync);
        await PartAsync("chart_latency", async () =>
        {
            var (from, rows) = await latency.GetAsync();
            Latency = Charts.Latency(F, rows, from);
        });
        await PartAsync("receipts", async () => Receipts = await queries.RecentReceiptsAsync(8));
        await PartAsync("permits", async () => Permits = [.. (await queries.CasesAsync(ProcessCatalog.Permit.Type, 8)).Select(row => (row.Key, ProcessCatalog.Permit.Read(row.State)))]);
        await PartAsync("transfers", async () => Transfers = [.. (await queries.CasesAsync(ProcessCatalog.CoTransfer.Type, 8)).Select(row => (row.Key, ProcessCatalog.CoTransfer.Read(row.State)))]);
        return Page();
    }

    // One part that cannot be read must not hide that the others are well.
    private async Task PartAsync(string word, Func<Task> load)
    {
        try
        {
            await load();
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or JsonException)
        {
            Unread.Add(word);
        }
    }

    private async Task CountTodayAsync()
    {
        var midnight = new DateTimeOffset(Frame.City(F.Now.UtcDateTime).Date, TimeSpan.FromHours(8)).ToUniversalTime();
        var start = await traffic.AtAsync(midnight);
        EventsToday = Totals.Events - (start.FirstOrDefault(row => row.Receiver is null)?.Queued ?? 0);
        var names = Connectors.Select(one => one.Row.Name).ToHashSet(StringComparer.Ordinal);
        var before = start.Where(row => row.Receiver is not null && names.Contains(row.Receiver)).ToList();
        TakenToday = Connectors.Sum(one => one.Row.Taken) - before.Sum(row => row.Taken);
        var failed = Connectors.Sum(one => one.Row.Failed) - before.Sum(row => row.Failed);
        Success = TakenToday + failed > 0 ? 100.0 * TakenToday / (TakenToday + failed) : null;
    }

    private async Task DrawAsync()
    {
        var first = Traffic.QuarterOf(F.Now) - TimeSpan.FromHours(24);
        var samples = (await traffic.SinceAsync(first)).GroupBy(row => row.Quarter).Select(group => Sample(group.Key, [.. group])).ToList();
        samples.Add((F.Now.UtcDateTime, Totals.Events, Connectors.Sum(one => one.Row.Taken), Connectors.Sum(one => one.Row.Failed)));
        Chart = [.. samples.Zip(samples.Skip(1), (from, to) => (
            Frame.City(from.At).ToString("HH:mm", CultureInfo.InvariantCulture), to.Events - from.Events, to.Taken - from.Taken, to.Failed - from.Failed))];

        static (DateTime At, long Events, long Taken, long Failed) Sample(DateTime at, IReadOnlyList<TrafficRow> rows) => (
            at, rows.FirstOrDefault(row => row.Receiver is null)?.Queued ?? 0, rows.Where(row => row.Receiver is not null).Sum(row => row.Taken), rows.Where(row => row.Receiver is not null).Sum(row => row.Failed));
    }

    /// <summary>The state of a co-transfer's step or of one utility's side of it.</summary>
    public IHtmlContent Standing(string state) => F.State(CaseLook.Transfer(state), F.W($"transfer_{state}"));

    /// <summary>The state of a permit case's step or of one item.</summary>
    public IHtmlContent Permit(string state) => F.State(CaseLook.Permit(state), F.W($"permit_{state}"));

    /// <summary>The first day that falls due among the clocks that run.</summary>
    public string FirstDue(PermitProcess.Case permits)
    {
        var open = permits.Items.Values.SelectMany(item => item.Clocks).Concat(permits.Clocks).Where(clock => clock.Open && clock.Due is not null).MinBy(clock => clock.Due);
        return open is null ? "—" : $"{open.Due!.Value.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)} {(open.Status == "overdue" ? F.W("clock_overdue") : "")}";
    }

    public static Receipt Read(RecentReceipt row) => JsonSerializer.Deserialize(row.Content, SchemasJson.Default.Receipt)!;
}
