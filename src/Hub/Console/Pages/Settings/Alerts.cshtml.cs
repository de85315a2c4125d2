using System.Text.RegularExpressions;
using Hub.Dispatch;
using Hub.Ledger;
using Hub.Schemas;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages.Settings;

/// <summary>Who is told when the hub needs a person, and whether they are reached.</summary>
internal sealed partial class AlertsModel(AlertRules rules, AlertWatch watch, ILanes lanes, Frame frame) : ConsolePage(frame)
{
    public const int PeopleMax = 10;

    public IReadOnlyList<AlertRule> Rules { get; private set; } = [];
    public IReadOnlyList<string> Receivers { get; private set; } = [];

    /// <summary>Connectors that tell people.</summary>
    public IReadOnlyList<string> Gateways { get; private set; } = [];
    public bool MayChange => Scope is null && F.Can(Roles.Operator);

    /// <summary>What was typed, so that a mistake costs only itself.</summary>
    public (string? Kind, int Minutes, string? Receiver, string? Gateway, string? People, string? Reason) Typed { get; private set; } = (null, 15, null, null, null, null);

    public async Task<IActionResult> OnGetAsync()
    {
        if (Scope is not null)
            return Missing(Roles.Operator);
        await LoadAsync();
        return Page();
    }

    public async Task<IActionResult> OnPostAddAsync(string? kind, int minutes, string? receiver, string? gateway, string? people, string? reason)
    {
        if (!MayChange)
            return Missing(Roles.Operator);
        await LoadAsync();
        Typed = (kind, minutes, receiver, gateway, people, reason);
        var said = OneLine(reason);
        if (said.Length is 0 or > ReasonMax)
            return Failed("fail_reason", 422);
        if (kind is null || !AlertKinds.All.Contains(kind) || minutes is < 0 or > 1440 || !Gateways.Contains(gateway ?? "") || (receiver is { Length: > 0 } && !Receivers.Contains(receiver)))
            return Failed("fail_alert_rule", 422);
        if (Read(people) is not { } readable)
            return Failed("fail_people", 422);
        return await rules.AddAsync(kind, kind == AlertKinds.IncidentUnowned ? minutes : 0, receiver is { Length: > 0 } ? receiver : null, gateway!, readable, Me.Name, said, HttpContext.TraceIdentifier)
            ? Done("alert_added")
            : Failed("fail_alert_rules_max");
    }

    public async Task<IActionResult> OnPostSwitchAsync(long id, bool enabled, string? reason)
    {
        if (!MayChange)
            return Missing(Roles.Operator);
        await LoadAsync();
        var said = OneLine(reason);
        if (said.Length is 0 or > ReasonMax)
            return Failed("fail_reason", 422);
        return await rules.SwitchAsync(id, enabled, Me.Name, said, HttpContext.TraceIdentifier) ? Done(enabled ? "alert_on" : "alert_off") : Failed("fail_alert_stands");
    }

    public async Task<IActionResult> OnPostTestAsync(long id)
    {
        if (!MayChange)
            return Missing(Roles.Operator);
        await LoadAsync();
        if (Rules.FirstOrDefault(rule => rule.Id == id) is not { } rule)
            return Failed("fail_alert_stands");
        await watch.TestAsync(rule, Me.Name, HttpContext.TraceIdentifier);
        return Done("alert_tested");
    }

    /// <summary>Name and the last digits of the number: enough to recognise, not to call.</summary>
    public static string Shown(NoticeRecipient one) => $"{one.Name} {(one.Mobile is { Length: >= 7 } mobile ? $"{mobile[..3]}****{mobile[^4..]}" : "****")}";

    /// <summary>One person a line: a name, a blank, a mobile number.</summary>
    /// <returns>Null when a line is not that, there is none, or there are too many.</returns>
    internal static IReadOnlyList<NoticeRecipient>? Read(string? text)
    {
        var lines = (text ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var found = lines.Select(line => Person().Match(line)).ToList();
        return found.Count is 0 or > PeopleMax || found.Exists(match => !match.Success) ? null : [.. found.Select(match => new NoticeRecipient("duty", match.Groups["name"].Value, match.Groups["mobile"].Value))];
    }

    private async Task LoadAsync()
    {
        Rules = await rules.ListAsync();
        Receivers = [.. lanes.All.Select(lane => lane.Settings.Name).Order(StringComparer.Ordinal)];
        Gateways = [.. lanes.All.Where(lane => lane.Settings.Kind == "notification").Select(lane => lane.Settings.Name).Order(StringComparer.Ordinal)];
    }

    // A mobile number of the mainland: 11 digits from 13 to 19.
    [GeneratedRegex(@"^(?<name>[^\d\s][^\d]{0,29}?)[\s,，]+(?<mobile>1[3-9]\d{9})$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Person();
}
