using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;

namespace Hub.Engine;

/// <summary>
/// Begins the ledger of every period that is over, in order, and takes its figures. Everything is an event with a name that follows from the period, so that several
/// nodes, or one that begins anew, do it once; where they counted the same they say the same.
/// </summary>
internal sealed class LedgerReports(BatchEngine engine, Figures figures, Ledgers ledgers, PolicyStore policies, TimeProvider time)
{
    private const string Source = "urn:hub:ledger";
    private readonly HashSet<string> counted = new(StringComparer.Ordinal);

    private static LedgerReportProcess Process => ProcessCatalog.LedgerReport;

    /// <summary>Once around: what is due begins, what began is counted.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (await figures.BeginningAsync(cancellation) is not { } beginning)
            return;
        var known = (await ledgers.KeysAsync(cancellation)).ToHashSet(StringComparer.Ordinal);
        foreach (var policy in policies.Current.Policies)
        {
            foreach (var rule in policy.Reports)
            {
                foreach (var period in Missing(policy, rule, known, beginning))
                    known.Add(await BeginAsync(policy, rule, period));
            }
        }

        foreach (var key in known.Where(key => !counted.Contains(key)).Order(StringComparer.Ordinal))
        {
            if (await CountAsync(key, cancellation))
                counted.Add(key);
        }
    }

    /// <summary>The figures of a ledger, counted again now; null when it is not there, or has no period.</summary>
    public async Task<LedgerReportProcess.Snapshot?> RecountAsync(string key, CancellationToken cancellation) =>
        await ledgers.FindAsync(key) is { } row && Process.Read(row.State) is { From: not null } state ? await SnapshotAsync(state, cancellation) : null;

    /// <param name="key">The ledger.</param>
    /// <param name="noted">What people say.</param>
    /// <param name="requestId">Of the request it came with, which is then its name; null: it gets one.</param>
    public Task<Accepted> NoteAsync(string key, LedgerReportProcess.Noted noted, string? requestId = null) => SayAsync(key, EventTypes.LedgerNoted, noted, LedgerReportJson.Readable.Noted, requestId);

    /// <param name="key">The ledger.</param>
    /// <param name="submitted">By whom and why.</param>
    /// <param name="requestId">As in <see cref="NoteAsync"/>.</param>
    public Task<Accepted> SubmitAsync(string key, LedgerReportProcess.Submitted submitted, string? requestId = null) =>
        SayAsync(key, EventTypes.LedgerSubmitted, submitted, LedgerReportJson.Readable.Submitted, requestId);

    public Task<Accepted> TellAsync(LedgerReportProcess.Told told) => SayAsync(told.Ledger, EventTypes.LedgerTold, told, LedgerReportJson.Readable.Told);

    // From the last one that began; where none did, the last period of which Hub knows anything: nobody is owed years of reports because a pack changed.
    private IEnumerable<ReportPeriod> Missing(Policy policy, ReportRule rule, HashSet<string> known, DateTimeOffset beginning)
    {
        if (policy.Regions.Count == 0)
            return [];
        var over = ReportPeriods.EndedBy(rule, time.GetUtcNow()).TakeWhile(period => period.To > beginning && !known.Contains(LedgerReportProcess.Key(policy.Id, rule.Id, period.Name)));
        var first = LedgerReportProcess.Key(policy.Id, rule.Id, "");
        return known.Any(key => key.StartsWith(first, StringComparison.Ordinal)) ? over.Reverse() : over.Take(1);
    }

    private async Task<string> BeginAsync(Policy policy, ReportRule rule, ReportPeriod period)
    {
        var key = LedgerReportProcess.Key(policy.Id, rule.Id, period.Name);
        await TakeAsync(key, key, EventTypes.LedgerDue, new LedgerReportProcess.Due(key, policy.Pin, rule.Id, period.From, period.To, period.DueAt), LedgerReportJson.Readable.Due);
        return key;
    }

    /// <returns>True when nothing is left to be counted.</returns>
    private async Task<bool> CountAsync(string key, CancellationToken cancellation)
    {
        if (await ledgers.FindAsync(key) is not { } row || Process.Read(row.State) is not { From: not null, Snapshot: null } state)
            return true;
        if (await SnapshotAsync(state, cancellation) is not { } snapshot)
            return false;
        var body = LedgerReportProcess.Bytes(snapshot);
        await TakeAsync(key, key + "/figures", EventTypes.LedgerFigures, snapshot, body);
        return true;
    }

    private async Task<LedgerReportProcess.Snapshot?> SnapshotAsync(LedgerReportProcess.Case state, CancellationToken cancellation)
    {
        var (from, to) = (state.From!.Value, state.To!.Value);
        if (LedgerReportProcess.PolicyOf(state, policies.Current) is not { } policy || await figures.StretchAsync(from, to, cancellation) is not var (after, position))
            return null;
        var found = await figures.CountAsync(policy.Regions, after, position, cancellation);
        return new()
        {
            Ledger = state.Ledger!,
            Regions = policy.Regions,
            From = from,
            To = to,
            After = after,
            Position = position,
            Figures = [.. found.Select(figure => new LedgerReportProcess.Line(figure.Name, figure.Part.Length == 0 ? null : figure.Part, figure.Value))],
        };
    }

    private Task<Accepted> SayAsync<T>(string key, string type, T content, JsonTypeInfo<T> json, string? requestId = null)
        where T : class => TakeAsync(key, requestId ?? Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), type, content, json);

    private Task<Accepted> TakeAsync<T>(string key, string name, string type, T content, JsonTypeInfo<T> json)
        where T : class => TakeAsync(key, name, type, content, JsonSerializer.SerializeToUtf8Bytes(content, json));

    private Task<Accepted> TakeAsync(string key, string name, string type, object content, byte[] body)
    {
        var now = time.GetUtcNow();
        var stored = new Event
        {
            Id = Guid.CreateVersion7(now), Source = Source, SourceId = name, Type = type, Subject = key, Partner = "hub", Region = RegionOf(key), OccurredAt = now,
            Body = body, DataStart = 0, DataLength = body.Length,
        };
        return engine.SubmitAsync(new EventInput(stored, content, Process.Type, key, SHA256.HashData(body)));
    }

    private string RegionOf(string key) => policies.Current.Policies.FirstOrDefault(policy => key.StartsWith(policy.Id + ":", StringComparison.Ordinal))?.Regions.FirstOrDefault() ?? "";
}
