using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>
/// Project push (立项推送, 市能源办函〔2021〕51号 任务一(一)): an approved project becomes a lead at the utility that serves the place, is
/// kept up to date and is withdrawn. The normal end is rest: most projects never become an application.
/// </summary>
internal sealed class ProjectApprovalProcess() : Process<ProjectApprovalProcess.Case>(ProcessJson.Readable.Case)
{
    // The document names power and, in its title, water; packs say who serves a place, and only power is connected to this process so far.
    private static readonly string[] Utilities = ["power"];

    private static readonly TimeSpan CityOffset = TimeSpan.FromHours(8);

    public override string Type => "project_approval";

    /// <summary>State of one project.</summary>
    internal sealed record Case
    {
        /// <summary>The version in force; null before the first event.</summary>
        public Standing? InForce { get; init; }

        /// <summary>The approval in full, kept only until somebody can be told of it; from then on it stands in its event and in the commands.</summary>
        public ProjectApproval? Approval { get; init; }
        public bool Revoked { get; init; }
        public string? LegalBasisRef { get; init; }

        /// <summary>The event the version in force came with, for commands that a later policy change causes.</summary>
        public Guid EventId { get; init; }
        public string EventType { get; init; } = "";
        public DateTimeOffset OccurredAt { get; init; }
        public IReadOnlyList<string> WarningCodes { get; init; } = [];

        /// <summary>Why nobody can be told, a code; null when somebody was, or nobody needs to be.</summary>
        public string? Unserved { get; init; }

        /// <summary>Every operator that was told, by id.</summary>
        public IReadOnlyDictionary<string, Receiver> Receivers { get; init; } = new Dictionary<string, Receiver>(StringComparer.Ordinal);
    }

    /// <summary>What tells a later version from an earlier one, and where the project lies.</summary>
    internal sealed record Standing(string RegionCode, string? ApprovalDate, int? Version)
    {
        public static Standing Of(ProjectApproval approval) => new(approval.RegionCode!, approval.ApprovalDate, approval.Version);
    }

    /// <summary>One operator's side of the case.</summary>
    internal sealed record Receiver
    {
        public required string Connector { get; init; }

        /// <summary>False after the lead was withdrawn.</summary>
        public bool Told { get; init; }

        /// <summary>The event the last command told of.</summary>
        public Guid ToldEvent { get; init; }

        /// <summary>First time a command was taken.</summary>
        public DateTimeOffset? TakenAt { get; init; }

        /// <summary>The last refusal, a reason word.</summary>
        public string? Refused { get; init; }

        /// <summary>Business status per event: accepted, rejected, in_progress, done.</summary>
        public IReadOnlyDictionary<Guid, string> Receipts { get; init; } = new Dictionary<Guid, string>();
        public string? AccountNo { get; init; }
        public Clock? FirstContact { get; init; }
    }

    /// <summary>The first-contact deadline.</summary>
    internal sealed record Clock
    {
        /// <summary>Last day, in the city's zone.</summary>
        public required DateOnly Due { get; init; }

        /// <summary>True when the due day lies past the last known holiday notice.</summary>
        public bool Provisional { get; init; }
        public required DateTimeOffset WarnAt { get; init; }
        public required DateTimeOffset OverdueAt { get; init; }

        /// <summary>running, warned, overdue, met, met_late, ended.</summary>
        public string Status { get; init; } = "running";

        /// <summary>Where the limit comes from, as the pack says.</summary>
        public required string Source { get; init; }
    }

    /// <summary>The operators that have the lead.</summary>
    public override CaseParties? Parties(string state) => Current(Read(state)) is { InForce: { } standing } known
        ? new(standing.RegionCode, known.Receivers.Where(pair => pair.Value.Told).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal))
        : null;

    protected override Decision Decide(Case state, Input input, Context context) => Decide(input, Current(state), context);

    // Cases of before 2026-11 kept the approval itself and nothing beside it.
    private static Case Current(Case state) =>
        state is { InForce: null, Approval: { } approval } ? state with { InForce = Standing.Of(approval) } : state;

    private Decision Decide(Input input, Case state, Context context) => input switch
    {
        Input.Received { Content: ProjectApproval approval } received => Apply(state, received.Event, approval, context),
        Input.Received { Content: Receipt receipt } received => Note(state, received.Event, receipt, context),
        Input.Answered answered => Settle(state, answered, context),
        Input.TimeUp => Finish(Mark(state, context.Now)),
        Input.PolicyChanged when state.Approval is not null => Tell(state, [], context),
        _ => Finish(state),
    };

    private Decision Apply(Case state, Event received, ProjectApproval approval, Context context)
    {
        if (state.InForce is { } current && IsOlder(approval, current))
        {
            return Finish(state) with
            {
                Warnings = [new("/version", WarningCodes.Superseded, "收到的版本早于现行版本：已存档，未采用", "Older than the version in force: stored, not applied")],
            };
        }

        var revoked = received.Type == EventTypes.ProjectApprovalRevoked;
        var first = state.InForce is null;
        var next = state with
        {
            InForce = Standing.Of(approval),
            Approval = approval,
            Revoked = revoked,
            LegalBasisRef = approval.LegalBasisRef ?? state.LegalBasisRef,
            EventId = received.Id,
            EventType = received.Type,
            OccurredAt = received.OccurredAt ?? context.Now,
            WarningCodes = [.. received.Warnings.Select(warning => warning.Code).Distinct(StringComparer.Ordinal)],
        };
        Warning[] warnings = first && received.Type != EventTypes.ProjectApprovalCreated
            ? [new("", WarningCodes.NoEarlierRecord, "此前没有收到该项目的立项信息", "No earlier record of this project was received")]
            : [];
        return Tell(next, warnings, context);
    }

    /// <summary>By date of approval, then version, never by arrival. A date known only to the year or month decides only as far as it goes.</summary>
    private static bool IsOlder(ProjectApproval candidate, Standing current)
    {
        var byDate = CompareKnown(candidate.ApprovalDate, current.ApprovalDate);
        return byDate < 0 || (byDate == 0 && candidate.Version < current.Version);
    }

    private static int CompareKnown(string? left, string? right)
    {
        if (left is null || right is null)
            return 0;
        var length = Math.Min(left.Length, right.Length);
        return string.CompareOrdinal(left[..length], right[..length]);
    }

    /// <summary>Brings every operator concerned up to the state in force.</summary>
    private Decision Tell(Case state, Warning[] warnings, Context context)
    {
        var approval = state.Approval!;
        var receivers = new Dictionary<string, Receiver>(state.Receivers, StringComparer.Ordinal);
        var orders = new List<Order>();
        var operators = context.Policies.Route(approval.RegionCode!, approval.OperatorCode, Utilities);
        var reachable = operators.Where(candidate => context.Connectors.Contains(candidate.Connector)).ToList();

        // An operator that no longer serves the place, or a project that is no more: the lead is withdrawn where it was told.
        foreach (var (id, receiver) in state.Receivers.Where(pair => pair.Value.Told))
        {
            if (!state.Revoked && (operators.Count == 0 || operators.Any(candidate => candidate.Id == id)))
                continue;
            orders.Add(LeadOrder(state, id, receiver.Connector, CommandTypes.LeadWithdraw, LeadChange.Revoked));
            receivers[id] = receiver with { Told = false, FirstContact = receiver.FirstContact is { Status: "running" or "warned" } clock ? clock with { Status = "ended" } : receiver.FirstContact };
        }

        if (!state.Revoked)
        {
            foreach (var target in reachable)
            {
                var known = receivers.GetValueOrDefault(target.Id);
                // After a policy change an operator that already has this very event is not told again.
                if (known is { Told: true } && known.ToldEvent == state.EventId)
                    continue;
                var command = known is { Told: true } ? CommandTypes.LeadUpdate : CommandTypes.LeadCreate;
                orders.Add(LeadOrder(state, target.Id, target.Connector, command, command == CommandTypes.LeadCreate ? LeadChange.Created : ChangeOf(state.EventType)));
                receivers[target.Id] = (known ?? new Receiver { Connector = target.Connector }) with { Connector = target.Connector, Told = true, ToldEvent = state.EventId, Refused = null };
            }
        }

        // A revocation that nobody could be told of is shown too: the place has no operator, whatever became of the project.
        var served = reachable.Count > 0 || (state.Revoked && (orders.Count > 0 || operators.Count > 0));
        var unserved = served ? null : operators.Count == 0 ? "no_operator" : "no_connector";
        return Finish(state with { Receivers = receivers, Unserved = unserved, Approval = unserved is null ? null : approval }) with
        {
            Orders = orders,
            Warnings = warnings,
            Numbers = NumbersOf(approval),
            Pin = context.Policies.For(approval.RegionCode!)?.Pin,
        };
    }

    // An application is matched to its project by them (一键接入).
    private static List<(string, string)> NumbersOf(ProjectApproval approval)
    {
        var numbers = new List<(string, string)>(2);
        if (approval.UnitUscc is { } uscc)
            numbers.Add((NumberKinds.Uscc, uscc));
        if (AddressText.Normalise(approval.ProjectAddress) is { Length: > 0 } address)
            numbers.Add((NumberKinds.Address, address));
        return numbers;
    }

    private static LeadChange ChangeOf(string eventType) => eventType switch
    {
        EventTypes.ProjectApprovalExtended => LeadChange.Extended,
        EventTypes.ProjectApprovalRevoked => LeadChange.Revoked,
        _ => LeadChange.Amended,
    };

    private static Order LeadOrder(Case state, string operatorId, string connector, string command, LeadChange change)
    {
        var lead = new Lead
        {
            Change = change,
            Approval = state.Approval!,
            CodeScheme = ProjectCode.Parse(state.Approval!.ProjectCode).Scheme,
            MissingDemand = state.Approval.LoadKw is null || state.Approval.UsageType is null || state.Approval.RequiredDate is null,
            OperatorCode = operatorId,
            LegalBasisRef = state.LegalBasisRef,
            Warnings = state.WarningCodes,
        };
        return new Order(connector, command, state.EventId, state.EventType, state.OccurredAt, JsonSerializer.SerializeToUtf8Bytes(lead, SchemasJson.Readable.Lead), DueAt: null);
    }

    private Decision Settle(Case state, Input.Answered answered, Context context)
    {
        var (id, receiver) = state.Receivers.FirstOrDefault(pair => pair.Value.Connector == answered.Connector);
        if (receiver is null)
            return Finish(state);
        if (answered.Answer.Outcome != Outcome.Taken)
            return Finish(With(state, id, receiver with { Refused = answered.Answer.Reason }));

        // The clock starts once, when the utility first has the lead: later amendments do not restart it. A clock that a withdrawal ended
        // belongs to that lead; the lead of a project approved again has its own.
        var clock = receiver.FirstContact;
        var begins = clock is null ? answered.CommandType != CommandTypes.LeadWithdraw : clock.Status == "ended" && answered.CommandType == CommandTypes.LeadCreate;
        if (begins && receiver.Told)
            clock = StartFirstContact(state, context);
        return Finish(With(state, id, receiver with { TakenAt = receiver.TakenAt ?? context.Now, Refused = null, FirstContact = clock }));
    }

    private static Clock? StartFirstContact(Case state, Context context)
    {
        var region = state.InForce!.RegionCode;
        if (PolicyOf(region, context) is not { FirstContact: { } rule })
            return null;
        var calendar = context.Policies.CalendarFor(region);
        var today = DateOnly.FromDateTime(context.Now.ToOffset(CityOffset).DateTime);
        var due = calendar.AddWorkingDays(today, rule.LimitWorkingDays);
        var warn = calendar.AddWorkingDays(today, rule.LimitWorkingDays - rule.WarnBeforeWorkingDays);
        return new Clock { Due = due.Due, Provisional = due.Provisional, WarnAt = EndOf(warn.Due), OverdueAt = EndOf(due.Due), Source = rule.Source };
    }

    // The version the case began under, as long as it is at hand and still covers the place.
    private static Policy? PolicyOf(string region, Context context) =>
        context.Pinned is { } pin && context.Policies.Pinned(pin) is { } pinned && pinned.Covers(region) ? pinned : context.Policies.For(region);

    private static DateTimeOffset EndOf(DateOnly day) =>
        new DateTimeOffset(day.AddDays(1).ToDateTime(TimeOnly.MinValue), CityOffset).ToUniversalTime();

    private Decision Note(Case state, Event received, Receipt receipt, Context context)
    {
        if (!state.Receivers.TryGetValue(received.Partner, out var receiver) || received.About is not { } about)
            return Finish(state) with { Refusal = "not_a_receiver" };

        var before = receiver.Receipts.GetValueOrDefault(about);
        if (!MayMove(before, receipt.Status!))
            return Finish(state) with { Refusal = "receipt_move" };

        var receipts = new Dictionary<Guid, string>(receiver.Receipts) { [about] = receipt.Status! };
        return Finish(With(state, received.Partner, receiver with
        {
            Receipts = receipts,
            AccountNo = receipt.AccountNo ?? receiver.AccountNo,
            FirstContact = receipt.Status == "accepted" ? receiver.FirstContact : Met(receiver.FirstContact, context.Now),
        }));
    }

    private static bool MayMove(string? before, string after) => (before, after) switch
    {
        (null, _) => true,
        ("accepted", "rejected" or "in_progress" or "done") => true,
        ("in_progress", "in_progress" or "rejected" or "done") => true,
        _ => false,
    };

    // Business acceptance alone is not contact with the customer; progress, an end or a reasoned rejection is.
    private static Clock? Met(Clock? clock, DateTimeOffset now) => clock switch
    {
        { Status: "running" or "warned" } => clock with { Status = now < clock.OverdueAt ? "met" : "met_late" },
        { Status: "overdue" } => clock with { Status = "met_late" },
        _ => clock,
    };

    private static Case Mark(Case state, DateTimeOffset now)
    {
        foreach (var (id, receiver) in state.Receivers)
        {
            var marked = receiver.FirstContact switch
            {
                { Status: "running" or "warned" } clock when now >= clock.OverdueAt => clock with { Status = "overdue" },
                { Status: "running" } clock when now >= clock.WarnAt => clock with { Status = "warned" },
                var same => same,
            };
            state = With(state, id, receiver with { FirstContact = marked });
        }

        return state;
    }

    private Decision Finish(Case state) => To(state) with
    {
        Deadline = state.Receivers.Values.Min(receiver => receiver.FirstContact switch
        {
            { Status: "running" } clock => clock.WarnAt,
            { Status: "warned" } clock => clock.OverdueAt,
            _ => (DateTimeOffset?)null,
        }),
        // Said with every decision: an input that changes nothing about it must not make an unserved case look served.
        Unserved = state.Unserved,
        Closed = state.Revoked,

        // The approval has a contact's name and phone.
        Private = state.Approval is not null,
    };

    private static Case With(Case state, string id, Receiver receiver) =>
        state with { Receivers = new Dictionary<string, Receiver>(state.Receivers, StringComparer.Ordinal) { [id] = receiver } };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProjectApprovalProcess.Case))]
internal sealed partial class ProcessJson : JsonSerializerContext
{
    private static ProcessJson? readable;

    /// <summary>As <see cref="Default"/>, with Chinese text left as it is: half the bytes.</summary>
    public static ProcessJson Readable => readable ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
