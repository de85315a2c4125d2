using System.Globalization;
using System.Text;
using System.Text.Json;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using static Hub.Tests.Processes.PermitPolicies;

namespace Hub.Tests.Processes;

/// <summary>One permit case, moved by hand: what the engine would keep between the inputs is kept here.</summary>
internal sealed class PermitCase
{
    public const string Utility = "hohhot-power";

    private static readonly PermitProcess Process = ProcessCatalog.Permit;

    private string state = Process.Empty;
    private string? pinned;

    /// <summary>Every input, for a replay.</summary>
    public List<(DateTimeOffset Now, Input Input)> Inputs { get; } = [];

    /// <summary>Monday 2021-09-13 10:00 in the city.</summary>
    public DateTimeOffset Now { get; set; } = At("2021-09-13");

    public PolicySet Policies { get; set; } = Set;

    public HashSet<string> Connectors { get; } = [Utility, "sgcc-jinzhong", "sgcc-lianyungang", "sgcc-linfen", Window, Roads, Greens, Energy, Credit];

    public string Region { get; set; } = "150102";

    public string Operator { get; set; } = Utility;

    public List<Order> Sent { get; } = [];

    public Decision Last { get; private set; } = null!;

    public PermitProcess.Case State => Process.Read(state);

    public PermitProcess.Step Step => State.Step;

    public PermitProcess.Item Item(string name) => State.Items[name];

    public CaseClock Clock(string rule) => State.Items.Values.SelectMany(item => item.Clocks).Concat(State.Clocks).Last(clock => clock.Rule == rule);

    /// <summary>Commands of the last decision, as "connector command item".</summary>
    public IReadOnlyList<string> Said => [.. Last.Orders.Select(order => $"{order.Connector} {order.Type.Split('.')[1]} {About(order)}".TrimEnd())];

    public IReadOnlyList<DeadlineWarning> Warned => Read(CommandTypes.DeadlineWarn, SchemasJson.Default.DeadlineWarning);

    public IReadOnlyList<PermitResult> Results => Read(CommandTypes.PermitResult, SchemasJson.Default.PermitResult);

    public IReadOnlyList<PermitDelivery> Deliveries => Read(CommandTypes.PermitDelivered, SchemasJson.Default.PermitDelivery);

    public IReadOnlyList<CreditReport> Credits => Read(CommandTypes.CreditReport, SchemasJson.Default.CreditReport);

    public PersonTask? Open(string kind) => State.Tasks.SingleOrDefault(task => task.Kind == kind && task.IsOpen);

    /// <summary>With excavation, planning and public green.</summary>
    public PermitApplication Application(int version = 1) => new()
    {
        CaseNo = "WX-1", OperatorCode = Operator, ApplicationNo = null, RegionCode = Region, Version = version, AppliedAt = Text(Now), CustomerClass = ConnectionClasses.LvNonResident,
        Purpose = "OTHER", LengthM = 300, Occupies = [Occupied.Sidewalk, Occupied.Green], GreenOwner = "PUBLIC",
    };

    public Decision Applied(PermitApplication? application = null) => Receive(EventTypes.PermitApplied, Operator, application ?? Application());

    public Decision Corrected(PermitApplication application) => Receive(EventTypes.PermitCorrected, Operator, application);

    /// <summary>Every department took what it was sent.</summary>
    public Decision Arrive(params string[] connectors)
    {
        foreach (var connector in connectors.Length > 0 ? connectors : [Window, Roads, Greens])
        {
            foreach (var item in State.Items.Values.Where(item => item is { Arrived: false, Told: not null } && item.Connector == connector).OrderBy(item => item.Told).ToList())
                Answered(connector, item.ToldBy!.Value, global::Hub.Schemas.Answer.Taken());
        }

        return Last;
    }

    public Decision Answered(string connector, Guid cause, Answer answer) => Advance(new Input.Answered(connector, CommandTypes.PermitDistribute, cause, answer));

    public Decision Report(string item, string status, Func<PermitItemReport, PermitItemReport>? change = null, string? by = null)
    {
        var report = new PermitItemReport
        {
            CaseNo = "WX-1", OperatorCode = Operator, RegionCode = Region, Item = item, Status = status, At = Text(Now),
            PermitNo = status is PermitStatuses.Approved or PermitStatuses.Filed ? $"{item}-1" : null,
            Reason = status is PermitStatuses.Refused or PermitStatuses.Returned or PermitStatuses.MaterialMissing ? "示例原因" : null,
            Survey = status == PermitStatuses.Surveyed ? "可行" : null,
        };
        return Receive(EventTypes.PermitItemReported, by ?? State.Items.GetValueOrDefault(item)?.Connector ?? Window, change is null ? report : change(report));
    }

    public Decision Happened(string type, string? by = null, string? result = null, string? reference = null, string? note = null, string? partner = null) => Receive(
        type, partner ?? Operator, new PermitStep { CaseNo = "WX-1", OperatorCode = Operator, RegionCode = Region, At = Text(Now), By = by, Result = result, Reference = reference, Note = note });

    public Decision Answer(string kind, string answer) => Receive(
        EventTypes.TaskAnswered, "hub", new TaskAnswered { TaskId = Open(kind)?.Id ?? "none", Answer = answer, By = "值班员李", Reason = "现场核实" });

    /// <summary>To ten o'clock of that day, past every deadline on the way.</summary>
    public Decision On(string day)
    {
        var to = At(day);
        for (var deadline = Last.Deadline; deadline <= to && deadline > Now; deadline = Last.Deadline)
        {
            Now = deadline.Value;
            Advance(new Input.TimeUp());
        }

        Now = to;
        return Last;
    }

    public Decision TimeUp()
    {
        Now = Last.Deadline!.Value;
        return Advance(new Input.TimeUp());
    }

    public Decision PolicyChanged() => Advance(new Input.PolicyChanged());

    public Decision Receive(string type, string partner, object content) => Advance(new Input.Received(Event(type, partner), content));

    public Decision Advance(Input input)
    {
        Inputs.Add((Now, input));
        Last = Process.Advance(state, input, new Context(Now, Policies, pinned, Connectors));
        state = Last.State;
        pinned ??= Last.Pin;
        Sent.AddRange(Last.Orders);
        return Last;
    }

    public static DateTimeOffset At(string day, int hour = 10) =>
        new DateTimeOffset(DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture).ToDateTime(new TimeOnly(hour, 0)), TimeSpan.FromHours(8)).ToUniversalTime();

    public static string Text(DateTimeOffset at) => at.ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    private IReadOnlyList<T> Read<T>(string type, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json) =>
        [.. Last.Orders.Where(order => order.Type == type).Select(order => JsonSerializer.Deserialize(order.Data.Span, json)!)];

    private static string? About(Order order) => order.Type switch
    {
        CommandTypes.PermitDistribute or CommandTypes.PermitWithdraw => JsonSerializer.Deserialize(order.Data.Span, SchemasJson.Default.PermitOrder)!.Item,
        CommandTypes.PermitResult => JsonSerializer.Deserialize(order.Data.Span, SchemasJson.Default.PermitResult) is var result && result!.Item is { } item ? $"{item.Item} {item.Result}" : $"{result!.Exemption!.Rule} {result.Exemption.Result}",
        CommandTypes.DeadlineWarn => JsonSerializer.Deserialize(order.Data.Span, SchemasJson.Default.DeadlineWarning) is var warning ? $"{warning!.Rule} {warning.Percent} {warning.To}" : null,
        _ => null,
    };

    private Event Event(string type, string partner) => new()
    {
        Id = Guid.CreateVersion7(Now), Source = "urn:test", SourceId = Guid.NewGuid().ToString("N"), Type = type, Subject = $"{Operator}:WX-1", Partner = partner, Region = Region, OccurredAt = Now,
        Body = Encoding.UTF8.GetBytes("{}"), DataStart = 0, DataLength = 2,
    };
}
