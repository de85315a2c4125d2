using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages.Cases;

/// <summary>One thing that happened in a case.</summary>
/// <param name="State">Icon and colour, as of a state.</param>
/// <param name="Word">What it was, in a word.</param>
/// <param name="What">Said to or by whom, about what.</param>
/// <param name="More">What else is known.</param>
internal sealed record CaseMoment(DateTime At, string State, string Word, string What, string? Link, string? LinkWord, string? More);

/// <summary>One case from the first word to the last, across everybody who has a share in it.</summary>
internal sealed class DetailModel(CaseFiles cases, DeliveryList deliveries, Frame frame) : ConsolePage(frame)
{
    private const int Most = 300;

    public CaseLine Case { get; private set; } = null!;
    public IReadOnlyList<CaseMoment> Timeline { get; private set; } = [];
    public IReadOnlyList<string> Parties { get; private set; } = [];
    public CaseEvent? Newest { get; private set; }

    public async Task<IActionResult> OnGetAsync(long id)
    {
        if (await cases.OneAsync(id, Scope) is not { } found)
            return NotFound();
        Case = found;
        var lines = await deliveries.OfCaseAsync(id, Scope, Most);

        // A partner is shown its own words and what it was sent something for, not what other partners say in the same case.
        var causes = lines.Select(line => line.CauseId).ToHashSet();
        var events = (await cases.EventsAsync(id, Most)).Where(one => Scope is null || one.Partner == Scope || causes.Contains(one.EventId)).ToList();
        var attempts = await cases.AttemptsAsync(id, Scope, Most);
        var acts = Scope is null ? await cases.ActsAsync(lines.Select(line => line.Id)) : [];
        Newest = events.FirstOrDefault();
        Parties = [.. events.Select(one => one.Partner).Concat(lines.Select(line => line.Receiver)).Distinct(StringComparer.Ordinal)];
        Timeline =
        [
            .. events.Select(OfEvent)
                .Concat(lines.Select(line => new CaseMoment(line.RecordedAt, Frame.StateOf(line), F.W($"state_{Frame.StateOf(line)}"), $"{F.Type(line.Type)} → {F.Name(line.Receiver)}", $"/deliveries/{line.Id}", F.W("delivery"), null)))
                .Concat(attempts.Select(one => new CaseMoment(
                    one.RecordedAt, one.Outcome, F.W($"outcome_word_{one.Outcome}"), F.W("attempt_at", one.Attempt, F.Name(one.Receiver)), $"/deliveries/{CommandId.Of(id, one.Connector, one.LaneSeq)}", F.W("attempts"), F.Reason(one.Reason))))
                .Concat(acts.Select(act => new CaseMoment(act.At, "act", F.W("by_hand"), $"{Labels.Find($"act_{act.Lines.GetValueOrDefault("act")}", F.English) ?? act.Lines.GetValueOrDefault("act")} · {act.Lines.GetValueOrDefault("by")}", $"/evidence?q={act.Seq}", F.W("evidence"), act.Lines.GetValueOrDefault("reason"))))
                .OrderByDescending(moment => moment.At).Take(Most),
        ];
        return Page();
    }

    private CaseMoment OfEvent(CaseEvent one) => new(
        one.RecordedAt, one.Refusal is null ? "received" : "refused", one.Refusal is null ? F.W(one.About is null ? "received" : "receipt") : F.Reason(one.Refusal), $"{F.Type(one.Type)} ← {F.Name(one.Partner)}",
        Scope is null ? $"/evidence?q={one.Position}" : null, F.W("evidence"), one.Warnings is null ? one.SourceId : $"{one.SourceId} · {F.W("has_warnings")}");
}
