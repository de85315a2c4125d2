using System.Globalization;
using Hub.Ledger;

namespace Hub.Console;

/// <summary>Something a person is to be told of.</summary>
/// <param name="Rule">The rule that says so.</param>
/// <param name="Key">Names the happening, the same on every node and after every start: it is told once.</param>
/// <param name="Word">Key of the sentence in <see cref="Labels"/>.</param>
/// <param name="Partner">The sentence's first place: a connector, by its id; null: it has none.</param>
/// <param name="Places">The other places.</param>
internal sealed record AlertDue(AlertRule Rule, string Key, string Word, string? Partner, object[] Places);

/// <summary>How the hub stands, as far as people may have to be told.</summary>
/// <param name="Incidents">Those that are open.</param>
/// <param name="Soon">Limits due within a working day.</param>
/// <param name="Overdue">Limits that are over.</param>
/// <param name="Quarantined">Inputs that the engine could not process.</param>
/// <param name="ChainBrokenAt">When a verification last found something; null: none has.</param>
internal sealed record AlertFacts(IReadOnlyList<Incident> Incidents, int Soon, int Overdue, long Quarantined, DateTimeOffset? ChainBrokenAt);

/// <summary>Who is to be told what now: pure, so that each rule has its cases.</summary>
internal static class AlertRound
{
    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    // The digest of the limits comes when people begin to work.
    private static readonly TimeSpan DigestAt = new(8, 30, 0);

    public static IEnumerable<AlertDue> Of(IReadOnlyList<AlertRule> rules, AlertFacts facts, DateTimeOffset now) => rules.Where(rule => rule.Enabled).SelectMany(rule => Of(rule, facts, now));

    private static IEnumerable<AlertDue> Of(AlertRule rule, AlertFacts facts, DateTimeOffset now)
    {
        var city = now.ToOffset(CityOffset);
        var incidents = facts.Incidents.Where(incident => rule.Receiver is null || incident.Receiver == rule.Receiver);
        return rule.Kind switch
        {
            AlertKinds.IncidentOpened => incidents.Select(incident => new AlertDue(rule, Text(incident.Id), $"alert_opened_{incident.Class}", incident.Receiver, [incident.Affected, incident.Id])),
            AlertKinds.IncidentUnowned => incidents.Where(incident => incident.Owner is null && now.UtcDateTime - incident.OpenedAt >= TimeSpan.FromMinutes(rule.Minutes))
                .Select(incident => new AlertDue(rule, Text(incident.Id), "alert_unowned", incident.Receiver, [rule.Minutes, incident.Id])),
            AlertKinds.Deadlines when facts.Soon + facts.Overdue > 0 && city.TimeOfDay >= DigestAt =>
                [new(rule, city.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), "alert_deadlines", null, [facts.Overdue, facts.Soon])],
            AlertKinds.Quarantined when facts.Quarantined > 0 => [new(rule, Text(facts.Quarantined), "alert_quarantined", null, [facts.Quarantined])],
            AlertKinds.ChainBroken when facts.ChainBrokenAt is { } at => [new(rule, at.ToString("O", CultureInfo.InvariantCulture), "alert_chain", null, [])],
            _ => [],
        };
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
