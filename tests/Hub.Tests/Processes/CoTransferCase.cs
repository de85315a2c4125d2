using System.Text;
using System.Text.Json;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Policies;
using static Hub.Tests.Processes.Transfers;

namespace Hub.Tests.Processes;

/// <summary>One property's case, moved by hand: what the engine would keep between the inputs is kept here.</summary>
internal sealed class CoTransferCase
{
    private static readonly CoTransferProcess Process = ProcessCatalog.CoTransfer;

    private string state = Process.Empty;
    private string? pinned;

    /// <summary>Tuesday 2021-10-12 11:00 in the city.</summary>
    public DateTimeOffset Now { get; set; } = new(2021, 10, 12, 3, 0, 0, TimeSpan.Zero);

    public PolicySet Policies { get; set; } = DemoPacks.Set;

    public HashSet<string> Connectors { get; } = [.. Four, Transfers.Register, Transfers.Notices];

    public Decision Last { get; private set; } = null!;

    public CoTransferProcess.Case State => Process.Read(state);

    public CoTransferProcess.Transfer Current => State.Current!;

    public CoTransferProcess.Step Step => Current.Step;

    /// <summary>Who may ask for licences inside the case.</summary>
    public IReadOnlySet<string> Partners => Process.Parties(state)!.Partners;

    public CoTransferProcess.Party Party(string id) => Current.Parties[id];

    public PersonTask? Open(string kind) => State.Tasks.SingleOrDefault(task => task.Kind == kind && task.IsOpen);

    /// <summary>Commands to utilities of the last decision, as "operator command".</summary>
    public IReadOnlyList<string> Sent => [.. Last.Orders.Where(order => order.Type.StartsWith("account.", StringComparison.Ordinal)).Select(order => $"{order.Connector} {order.Type}")];

    public IReadOnlyList<Notice> Notices => [.. Last.Orders.Where(order => order.Type == CommandTypes.NoticeSend).Select(order => JsonSerializer.Deserialize(order.Data.Span, SchemasJson.Default.Notice)!)];

    public IReadOnlyList<TransferFeedback> Feedback =>
        [.. Last.Orders.Where(order => order.Type == CommandTypes.RegisterFeedback).Select(order => JsonSerializer.Deserialize(order.Data.Span, SchemasJson.Default.TransferFeedback)!)];

    public AccountOrder OrderTo(string id) => JsonSerializer.Deserialize(Last.Orders.Single(order => order.Connector == id).Data.Span, SchemasJson.Default.AccountOrder)!;

    public Decision Receive(string type, PropertyTransfer record, string partner = Register) => Advance(new Input.Received(Event(type, partner), record));

    public Decision Registered(PropertyTransfer? record = null) => Receive(EventTypes.TransferRegistered, record ?? Record());

    public Decision Corrected(PropertyTransfer record) => Receive(EventTypes.TransferCorrected, record);

    public Decision Withdrawn(int version = 2, string registry = "DJ-1") => Receive(EventTypes.TransferWithdrawn, Record(version, registry));

    public Decision Report(string type, string id, AccountReport report) => Advance(new Input.Received(Event(type, id), report));

    public Decision Prechecked(string id, string outcome = TransferOutcomes.Clear, string? account = null, params ReportedAccount[] accounts) =>
        Report(EventTypes.AccountPrechecked, id, Transfers.Report(outcome, Current.OrderId, account ?? (outcome == TransferOutcomes.Clear ? Account(id) : null), accounts));

    public Decision Transferred(string id, string outcome = TransferOutcomes.Done) => Report(EventTypes.AccountTransferReported, id, Transfers.Report(outcome, Current.OrderId));

    public Decision Undone(string id, string outcome = TransferOutcomes.Done) => Report(EventTypes.AccountReversalReported, id, Transfers.Report(outcome, Current.OrderId));

    public Decision Paid(string id) => Report(EventTypes.ArrearsSettled, id, Transfers.Report(TransferOutcomes.Clear, Current.OrderId) with { Outcome = null });

    public Decision AllPrechecked()
    {
        foreach (var id in Current.Parties.Where(pair => pair.Value.State == CoTransferProcess.PartyState.Created).Select(pair => pair.Key).ToList())
            Prechecked(id);
        return Last;
    }

    public Decision AllDone()
    {
        AllPrechecked();
        foreach (var id in Current.Parties.Where(pair => pair.Value.State == CoTransferProcess.PartyState.Submitted).Select(pair => pair.Key).ToList())
            Transferred(id);
        return Last;
    }

    public Decision Answered(string id, string command, Answer answer) => Advance(new Input.Answered(id, command, Current.Registration.EventId, answer));

    public Decision Say(string kind, string answer, string by = "值班员李", string reason = "电话核实") => Advance(new Input.Received(
        Event(EventTypes.TaskAnswered, "hub"), new TaskAnswered { TaskId = Open(kind)?.Id ?? "none", Answer = answer, By = by, Reason = reason }));

    public Decision Say(PersonTask task, string answer) => Advance(new Input.Received(
        Event(EventTypes.TaskAnswered, "hub"), new TaskAnswered { TaskId = task.Id, Answer = answer, By = "李", Reason = "电话核实" }));

    /// <summary>To the next moment the case asked for.</summary>
    public Decision TimeUp()
    {
        Now = Last.Deadline!.Value;
        return Advance(new Input.TimeUp());
    }

    public Decision PolicyChanged() => Advance(new Input.PolicyChanged());

    public static string Account(string id) => id == Power ? "0123456789" : $"{Four.ToList().IndexOf(id)}00001";

    private Decision Advance(Input input)
    {
        Last = Process.Advance(state, input, new Context(Now, Policies, pinned, Connectors));
        state = Last.State;
        pinned ??= Last.Pin;
        return Last;
    }

    private Event Event(string type, string partner) => new()
    {
        Id = Guid.CreateVersion7(Now), Source = "urn:test", SourceId = Guid.NewGuid().ToString("N"), Type = type, Subject = Unit, Partner = partner, Region = "320706", OccurredAt = Now,
        Body = Encoding.UTF8.GetBytes("{}"), DataStart = 0, DataLength = 2,
    };
}
