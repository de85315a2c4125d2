using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Hub.Ledger;
using Hub.Policies;
using Hub.Telemetry;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages.Settings;

/// <summary>Which version this is, its limits, how long it keeps what, and a text for whoever helps.</summary>
internal sealed class AboutModel(HubSettings settings, Health health, LedgerQueries queries, PolicyStore policies, ExchangeLog log, Frame frame) : ConsolePage(frame)
{
    public static string Version { get; } = typeof(AboutModel).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    public HubSettings Settings => settings;

    public Readiness Readiness { get; private set; } = new(false, []);

    public async Task OnGetAsync() => Readiness = await health.CheckAsync(HttpContext.RequestAborted);

    /// <summary>Settings without secrets, checks, counts; no case, no person, no body. That it was taken out is on record.</summary>
    public async Task<IActionResult> OnPostDiagnosticsAsync()
    {
        if (!F.Can(Roles.Operator) || Scope is not null)
            return Missing(Roles.Operator);
        await log.NoteAsync($"act Diagnostics\nby {Me.Name}\nreason \nrequest {HttpContext.TraceIdentifier}");
        var name = $"hub-diagnostics-{F.Now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}.txt";
        return File(Encoding.UTF8.GetBytes(await TextAsync()), "text/plain; charset=utf-8", name);
    }

    private async Task<string> TextAsync()
    {
        var totals = await queries.TotalsAsync();
        var set = policies.Current;
        List<string> lines =
        [
            $"hub {Version}", $"at {F.Now.ToString("O", CultureInfo.InvariantCulture)}", $"runtime {RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}",
            $"packs {string.Join(' ', set.Policies.Select(policy => policy.Pin))}", $"packs digest {set.Digest}", $"calendar {set.Calendar.Version} to {Frame.Day(set.Calendar.LastDay)}",
            $"exchange log {totals.Seq} entries", $"events {totals.Events}", $"cases nobody serves {totals.Unserved}", $"quarantined {totals.Quarantined}",
            "", "checks",
            .. (await health.CheckAsync(HttpContext.RequestAborted)).Checks.Select(check => $"{check.Name} {(check.Ok ? "ok" : check.Warning ? "WARNING" : "NOT OK")} {check.Ms.ToString("0.0", CultureInfo.InvariantCulture)} ms {check.Detail}"),
            "", "connectors",
            .. (await queries.ConnectorsAsync()).Select(row => $"{row.Name} queued {row.Queued} taken {row.Taken} failed {row.Failed} waiting {row.Waiting} parked {row.Parked}{(row.PausedReason is null ? "" : " paused")} last {row.LastReason ?? "-"}"),
            "", "settings", .. SettingsText.Of(settings).Select(setting => $"{setting.Key} {setting.Value}"),
        ];
        return string.Join('\n', lines) + "\n";
    }
}
