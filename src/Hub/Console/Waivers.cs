using System.Globalization;
using System.Text;
using Hub.Engine;
using Hub.Ledger;
using Hub.Processes;

namespace Hub.Console;

/// <summary>A debt that somebody asks to let pass.</summary>
internal sealed record Waived(CaseLine Case, CoTransferProcess.Case State, PersonTask Task, CoTransferProcess.Party Party);

/// <summary>Waiver of arrears (免结清) in a co-transfer: the answer to a task, given once a second person allows it.</summary>
internal sealed class Waivers(CaseFiles cases, Dossiers dossiers, BatchEngine engine, TimeProvider time)
{
    public const string Answer = "waive";

    /// <summary>Where it stands: the case and its task.</summary>
    public static string Subject(long caseId, string task) => string.Create(CultureInfo.InvariantCulture, $"{caseId}/{task}");

    /// <returns>Null when the case does not wait for this.</returns>
    public async Task<Waived?> FindAsync(string subject)
    {
        if (subject.Split('/') is not [var number, var taskId] || !long.TryParse(number, CultureInfo.InvariantCulture, out var caseId) || await cases.OneAsync(caseId, partner: null) is not { } found
            || found.Type != ProcessCatalog.CoTransfer.Type || await dossiers.CaseAsync(CaseKey.Hash(found.Type, found.Key)) is not { } view)
            return null;
        var state = ProcessCatalog.CoTransfer.Read(view.State);
        return state.Tasks.FirstOrDefault(task => task.Id == taskId) is { IsOpen: true, Kind: CoTransferProcess.TaskKinds.Settle, Operator: { } utility } open
            && open.Options.Contains(Answer) && state.Current?.Parties.GetValueOrDefault(utility) is { } party
            ? new(found, state, open, party)
            : null;
    }

    /// <summary>What is asked for: the debt as it stands, since another debt needs another decision.</summary>
    public static byte[] Content(Waived waived) => Encoding.UTF8.GetBytes(waived.Party.ArrearsYuan?.ToString(CultureInfo.InvariantCulture) ?? "");

    /// <returns>Null when done; else a key of <see cref="Labels"/>.</returns>
    public async Task<string?> WaiveAsync(ApprovalRequest asked, string by, string requestId)
    {
        if (await FindAsync(asked.Subject) is not { } waived || !Content(waived).AsSpan().SequenceEqual(asked.Content))
            return "fail_changed";
        var given = new TaskAnswered { TaskId = waived.Task.Id, Answer = Answer, By = by, Reason = asked.Reason };
        var region = waived.State.Current!.Registration.Record.RegionCode!;
        return (await engine.SubmitAsync(TaskAnswers.Input(waived.Case.Type, waived.Case.Key, region, given, time.GetUtcNow(), requestId))).Refusal;
    }
}
