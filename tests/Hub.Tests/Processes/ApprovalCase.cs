using System.Text;
using System.Text.Json;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Policies;

namespace Hub.Tests.Processes;

/// <summary>One project's case, moved by hand: what the engine would keep between the inputs is kept here.</summary>
internal sealed class ApprovalCase
{
    private static readonly ProjectApprovalProcess Process = ProcessCatalog.ProjectApproval;

    private string state = Process.Empty;

    /// <summary>2021-10-12 11:00 in the city.</summary>
    public DateTimeOffset Now { get; set; } = new(2021, 10, 12, 3, 0, 0, TimeSpan.Zero);

    public PolicySet Policies { get; set; } = ShippedPacks.Set;

    public HashSet<string> Connectors { get; } = ["sgcc-linfen", "slp-puxian", "sgcc-jinzhong", "huozhou-coal-power", "op-beijing"];

    public Decision Last { get; private set; } = null!;

    public ProjectApprovalProcess.Case State
    {
        get => Process.Read(state);
        set => state = JsonSerializer.Serialize(value, ProcessJson.Readable.Case);
    }

    public ProjectApprovalProcess.Clock? Clock(string operatorId = "sgcc-linfen") => State.Receivers[operatorId].FirstContact;

    public Guid LastEvent { get; private set; }

    public Decision Receive(string type, ProjectApproval approval, params Warning[] warnings)
    {
        LastEvent = Guid.CreateVersion7(Now);
        return Advance(new Input.Received(Event(type, "bureau-test", about: null) with { Id = LastEvent, Warnings = warnings }, approval));
    }

    public Decision Created(ProjectApproval? approval = null) => Receive(EventTypes.ProjectApprovalCreated, approval ?? Approval());

    public Decision Amended(ProjectApproval approval) => Receive(EventTypes.ProjectApprovalAmended, approval);

    public Decision Revoked(ProjectApproval approval) => Receive(EventTypes.ProjectApprovalRevoked, approval);

    public Decision Answer(string command, Answer answer, string connector = "sgcc-linfen") =>
        Advance(new Input.Answered(connector, command, LastEvent, answer));

    public Decision Taken(string command = CommandTypes.LeadCreate, string connector = "sgcc-linfen") => Answer(command, Hub.Schemas.Answer.Taken("L-1"), connector);

    public Decision Report(string status, string partner = "sgcc-linfen", Guid? about = null, string? accountNo = null) => Advance(new Input.Received(
        Event(EventTypes.ReceiptReported, partner, about ?? LastEvent),
        new Receipt { Status = status, At = Now, AccountNo = accountNo, Code = status == "rejected" ? "OTHER" : null }));

    public Decision TimeUp() => Advance(new Input.TimeUp());

    public Decision PolicyChanged() => Advance(new Input.PolicyChanged());

    public Decision ReportAboutNothing(string partner) =>
        Advance(new Input.Received(Event(EventTypes.ReceiptReported, partner, about: null), new Receipt { Status = "accepted", At = Now }));

    public static ProjectApproval Approval(int version = 1, string? date = "2021-09-22", string region = "141002", string? operatorCode = null) => new()
    {
        ProjectCode = "2110-141002-04-01-888002", ProjectName = "示例项目", ApprovalDate = date, RegionCode = region, Version = version, OperatorCode = operatorCode,
        LegalBasisRef = "AGREEMENT-1",
    };

    public static Lead Lead(Order order) => JsonSerializer.Deserialize(order.Data.Span, SchemasJson.Default.Lead)!;

    private Decision Advance(Input input)
    {
        Last = Process.Advance(state, input, new Context(Now, Policies, Pinned: null, Connectors));
        state = Last.State;
        return Last;
    }

    private Event Event(string type, string partner, Guid? about) => new()
    {
        Id = Guid.CreateVersion7(Now), Source = "urn:test", SourceId = Guid.NewGuid().ToString("N"), Type = type, Subject = "2110-141002-04-01-888002", Partner = partner, About = about,
        Region = "141002", OccurredAt = Now, Body = Encoding.UTF8.GetBytes("{}"), DataStart = 0, DataLength = 2,
    };
}
