using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages.Cases;

/// <summary>One thing that happened in a case.</summary>
/// <param name="State">Icon and colour, as of a state.</param>
/// <param name="Word">What it was, in a word.</param>
/// <param name="What">Said to or by whom, about what.</param>
/// <param name="More">What else is known.</param>
internal sealed record CaseMoment(DateTime At, string State, string Word, string What, string? Link, string? LinkWord, string? More);

/// <summary>One case from the first word to the last, across everybody who has a share in it.</summary>
internal sealed class DetailModel(CaseFiles cases, DeliveryList deliveries, Dossiers dossiers, PolicyStore policies, BatchEngine engine, Waivers waivers, TwoPersons twoPersons, Frame frame) : ConsolePage(frame)
{
    private const int Most = 300;

    public CaseLine Case { get; private set; } = null!;
    public IReadOnlyList<CaseMoment> Timeline { get; private set; } = [];
    public IReadOnlyList<string> Parties { get; private set; } = [];
    public CaseEvent? Newest { get; private set; }
    public ConnectionView? Connection { get; private set; }
    public PermitView? Permit { get; private set; }
    public CoTransferProcess.Case? Transfer { get; private set; }
    public TasksView? Tasks { get; private set; }

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
        if (await dossiers.CaseAsync(CaseKey.Hash(found.Type, found.Key)) is { } view)
            Show(view);
        return Page();
    }

    /// <summary>What a person says to a task: an event of the case, with name, reason and the request's id.</summary>
    public async Task<IActionResult> OnPostAnswerAsync(long id, string? task, string? answer, string? own, string? reason)
    {
        if (!F.Can(Roles.Operator) || Scope is not null)
            return Missing(Roles.Operator);
        if (await cases.OneAsync(id, Scope) is not { } found || await dossiers.CaseAsync(CaseKey.Hash(found.Type, found.Key)) is not { } view || ProcessCatalog.Of(found.Type).Parties(view.State) is not { } parties)
            return NotFound();
        var (said, word) = (OneLine(reason), OneLine(answer == PersonTask.AnyText ? own : answer));
        if (said.Length is 0 or > ReasonMax || word.Length == 0)
            return await AgainAsync(id, "fail_reason", 422);
        if (word == Waivers.Answer && await waivers.FindAsync(Waivers.Subject(id, task ?? "")) is { } waived)
        {
            return await twoPersons.AskAsync(TwoPersons.Waiver, Waivers.Subject(id, waived.Task.Id), said, Me, HttpContext.TraceIdentifier, Waivers.Content(waived))
                ? Done("proposed")
                : await AgainAsync(id, "fail_asked_already", 409);
        }

        var given = new TaskAnswered { TaskId = task ?? "", Answer = word, By = Me.Name, Reason = said };
        var accepted = await engine.SubmitAsync(TaskAnswers.Input(found.Type, found.Key, parties.Region, given, F.Now, HttpContext.TraceIdentifier));
        return accepted.Refusal is { } refusal ? await AgainAsync(id, refusal, 409) : Done("answered");
    }

    /// <summary>An answer in words.</summary>
    public static string Answer(PersonTask task, string option, bool english) =>
        Labels.Find($"answer_{option}", english) is { } word ? word
        : task.Kind == CoTransferProcess.TaskKinds.ChooseHolder ? string.Format(System.Globalization.CultureInfo.InvariantCulture, Labels.Of("answer_holder", english), option)
        : LedgerTexts.Part(option) is var part && part.Zh != option ? english ? part.En : part.Zh
        : $"****{option[^Math.Min(4, option.Length)..]}";

    private async Task<IActionResult> AgainAsync(long id, string failure, int status)
    {
        await OnGetAsync(id);
        return Failed(failure, status);
    }

    // What a state holds is shown to hub staff and to the operator whose case it is; a department sees its own item.
    private void Show(CaseView view)
    {
        var set = policies.Current;
        var pinned = Case.Policy is { } pin ? set.Pinned(pin) : null;
        switch (Case.Type)
        {
            case "connection" when ProcessCatalog.Connection.Read(view.State) is { Application.RegionCode: { } region } state && IsOwn(state.Operator):
                var policy = pinned ?? set.For(region);
                Connection = new(
                    state, ConnectionProgress.Of(state, policy, set, F.Now, own: true), [.. state.Clocks.Select(clock => ClockLine.Of(clock, policy, set.CalendarFor(region), F.Now))]);
                break;
            case "permit_case" when ProcessCatalog.Permit.Read(view.State) is { Application: { } application } state:
                Permit = PermitOf(state, pinned ?? set.For(application.RegionCode!), set, IsOwn(application.OperatorCode));
                break;
            case "co_transfer" when Scope is null:
                Transfer = ProcessCatalog.CoTransfer.Read(view.State);
                break;
        }

        if (Scope is null && ProcessCatalog.Of(Case.Type).Tasks(view.State) is { Count: > 0 } tasks)
            Tasks = new(tasks, F.Can(Roles.Operator));
    }

    private PermitView? PermitOf(PermitProcess.Case state, Policy? policy, PolicySet set, bool own)
    {
        var calendar = set.CalendarFor(state.Application!.RegionCode!);
        var items = state.Items.Where(pair => own || pair.Value.Connector == Scope).Select(pair => (pair.Key, pair.Value, Lines(pair.Value.Clocks))).ToList();
        return !own && items.Count == 0 ? null
            : new(state, items, own ? Lines(state.Clocks) : [], own ? [.. state.Exemptions.Select(decision => ExemptionView.Of(decision, set))] : []);

        IReadOnlyList<ClockLine> Lines(IReadOnlyList<CaseClock> clocks) => [.. clocks.Select(clock => ClockLine.Of(clock, policy, calendar, F.Now))];
    }

    private bool IsOwn(string? operatorId) => Scope is null || operatorId == Scope || (operatorId is not null && policies.Current.OperatorById(operatorId)?.Connector == Scope);

    private CaseMoment OfEvent(CaseEvent one) => new(
        one.RecordedAt, one.Refusal is null ? "received" : "refused", one.Refusal is null ? F.W(one.About is null ? "received" : "receipt") : F.Reason(one.Refusal), $"{F.Type(one.Type)} ← {F.Name(one.Partner)}",
        Scope is null ? $"/evidence?q={one.Position}" : null, F.W("evidence"), one.Warnings is null ? one.SourceId : $"{one.SourceId} · {F.W("has_warnings")}");
}
