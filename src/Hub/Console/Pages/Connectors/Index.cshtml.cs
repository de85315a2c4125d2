using Hub.Dispatch;
using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages.Connectors;

/// <summary>One connector in the list.</summary>
/// <param name="Success">Share of the last 24 hours' attempts that were taken, percent; null: there were none.</param>
/// <param name="KeyDays">Days until the partner's last key ends; null: none ends, or there is none.</param>
internal sealed record ConnectorLine(ConnectorTotals Row, string State, string Kind, bool Pulls, string Breaker, TimeSpan Age, double? Success, int? KeyDays, string Source);

/// <summary>Every connector beside its siblings: is it one receiver or all?</summary>
internal sealed class ListModel(Traffic traffic, ApiKeys keys, ILanes lanes, ConnectorVersions versions, ConnectorsInForce inForce, ConnectorEditing editing, Frame frame) : ConsolePage(frame)
{
    public IReadOnlyList<ConnectorLine> Lines { get; private set; } = [];
    public IReadOnlyList<ChartTable> Graphs { get; private set; } = [];

    public async Task OnGetAsync()
    {
        var ages = await F.AgesAsync();
        var before = (await traffic.AtAsync(F.Now - TimeSpan.FromHours(24))).Where(row => row.Receiver is not null).ToDictionary(row => row.Receiver!, StringComparer.Ordinal);
        var known = await keys.ListAsync(HttpContext.RequestAborted);
        var made = (await versions.NewestAsync()).ToDictionary(version => version.Connector, StringComparer.Ordinal);
        Lines = [.. (await F.ConnectorsAsync()).Select(row =>
        {
            var lane = lanes.Find(row.Name);
            var then = before.GetValueOrDefault(row.Name);
            var (taken, failed) = (row.Taken - (then?.Taken ?? 0), row.Failed - (then?.Failed ?? 0));
            return new ConnectorLine(
                row, Frame.ConnectorState(row, lane), lane?.Settings.Kind ?? F.W("not_set_up"), lane is { Pulls: true }, BreakerText(F, lane), ages.GetValueOrDefault(row.Name),
                taken + failed > 0 ? 100.0 * taken / (taken + failed) : null, KeyDays(known, row.Name, F.Now),
                inForce.IsOfFile(row.Name) ? F.W("connector_of_file") : made.GetValueOrDefault(row.Name) is { } version ? F.W(version.Enabled ? "connector_made" : "connector_made_off", version.Version) : "—");
        })];
        var rows = await F.ConnectorsAsync();
        if (rows.Count > 0)
            Graphs = [Charts.Lag(F, await traffic.SinceAsync(F.Now - TimeSpan.FromHours(24)), rows), Charts.Oldest(F, rows, ages)];
    }

    /// <summary>Begins the four steps.</summary>
    public async Task<IActionResult> OnPostNewAsync()
    {
        if (!F.Can(Roles.Operator) || Scope is not null)
            return Missing(Roles.Operator);
        if (editing.IsRemote)
            return await RemoteAsync();
        return Redirect($"/connectors/drafts/{await editing.BeginAsync(from: null, Me.Name)}");
    }

    private async Task<IActionResult> RemoteAsync()
    {
        await OnGetAsync();
        return Failed("fail_connector_remote");
    }

    /// <summary>The breaker's state, with the moment of its next probe.</summary>
    public static string BreakerText(Frame frame, IPartnerLane? lane)
    {
        if (lane is null || lane.Pulls)
            return "—";
        var word = frame.W($"breaker_{lane.BreakerState}");
        return lane is PartnerLane { Breaker.NextProbeAt: { } probe } && probe > frame.Now ? $"{word} · {frame.W("next_probe", frame.Span(probe - frame.Now))}" : word;
    }

    public static int? KeyDays(IReadOnlyList<ApiKey> keys, string partner, DateTimeOffset now)
    {
        var own = keys.Where(key => key.Partner == partner && key.IsValidAt(now)).ToList();
        return own.Count == 0 || own.Exists(key => key.ExpiresAt is null) ? null : (int)(own.Max(key => key.ExpiresAt!.Value) - now.UtcDateTime).TotalDays;
    }
}
