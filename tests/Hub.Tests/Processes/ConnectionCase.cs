using System.Globalization;
using System.Text;
using System.Text.Json;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Policies;

namespace Hub.Tests.Processes;

/// <summary>One application's case, moved by hand.</summary>
internal sealed class ConnectionCase
{
    public const string Utility = "sgcc-linfen";
    private static readonly ConnectionProcess Process = ProcessCatalog.Connection;

    private string state = Process.Empty;
    private string? pin;
    private int reports;

    /// <summary>Monday 2021-03-01 10:00 in the city.</summary>
    public DateTimeOffset Now { get; set; } = At("2021-03-01");

    public PolicySet Policies { get; set; } = Set(Rules());

    public HashSet<string> Connectors { get; } = [Utility, "bureau"];

    public Decision Last { get; private set; } = null!;

    public ConnectionProcess.Case State => Process.Read(state);

    public string LastId { get; private set; } = "";

    public CaseClock Clock(string rule) => State.Clocks.Single(clock => clock.Rule == rule);

    public Decision Apply(
        ConnectionApplication? application = null, string from = Utility, IReadOnlyList<ConnectionProcess.KnownProject>? projects = null,
        IReadOnlyList<ConnectionProcess.EarlierApplication>? earlier = null, string type = EventTypes.ConnectionApplied) =>
        Receive(type, from, new ConnectionProcess.Applied(application ?? Application(), Utility, projects ?? [], earlier ?? []));

    /// <summary>Reported at once, unless <paramref name="at"/> says when it happened.</summary>
    public Decision Stage(string stage, string action, DateTimeOffset? at = null, string? kind = null, string? reason = null, string? corrects = null) => Receive(EventTypes.ConnectionStage, Utility, new StageReport
    {
        ApplicationNo = "A-1", RegionCode = "141002", Stage = stage, Action = action, OccurredAt = Text(at ?? Now), PauseKind = kind, Reason = reason, Corrects = corrects, Actor = "li",
    });

    public Decision Decide(string project, bool confirmed, ConnectionProcess.KnownProject? known = null, string by = Utility) => Receive(
        EventTypes.ConnectionMatchDecided, by,
        new ConnectionProcess.Decided(new MatchDecision { ApplicationNo = "A-1", RegionCode = "141002", Project = project, Confirmed = confirmed, By = "manager-1" }, known));

    public Decision Evaluate(int score) => Receive(EventTypes.ConnectionEvaluated, "platform", new ServiceEvaluation { ApplicationNo = "A-1", RegionCode = "141002", Score = score, At = Text(Now) });

    public Decision TimeUp() => Advance(new Input.TimeUp());

    public Decision PolicyChanged() => Advance(new Input.PolicyChanged());

    public Decision Answer(Answer answer) => Advance(new Input.Answered(Utility, CommandTypes.ApplicationPut, Guid.NewGuid(), answer));

    public Decision Receive(string type, string partner, object content)
    {
        LastId = $"r{++reports}";
        return Advance(new Input.Received(
            new Event
            {
                Id = Guid.CreateVersion7(Now), Source = "urn:test", SourceId = LastId, Type = type, Subject = "key", Partner = partner, Region = "141002", OccurredAt = Now,
                Body = Encoding.UTF8.GetBytes("{}"), DataStart = 0, DataLength = 2,
            },
            content));
    }

    public static ConnectionApplication Application(int version = 1, string applied = "2021-03-01") => new()
    {
        ApplicationNo = "A-1", Version = version, RegionCode = "141002", BusinessType = "NEW", Channel = "COUNTER", AppliedAt = Text(At(applied)), Capacity = 800, CapacityUnit = "kVA",
        VoltageLevel = "AC00101", Supplies = 1, UsageType = "400", HasExternalLine = true, NeedsExcavation = true, ApplicantName = "示例公司",
    };

    public static ApplicationNotice Notice(Order order) => JsonSerializer.Deserialize(order.Data.Span, SchemasJson.Default.ApplicationNotice)!;

    public static DeadlineWarning Warning(Order order) => JsonSerializer.Deserialize(order.Data.Span, SchemasJson.Default.DeadlineWarning)!;

    /// <summary>Ten in the morning of that day, or the time given.</summary>
    public static DateTimeOffset At(string day) => day.Length > 10
        ? DateTimeOffset.Parse(day + "+08:00", CultureInfo.InvariantCulture)
        : new(DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture).ToDateTime(new TimeOnly(10, 0)), TimeSpan.FromHours(8));

    public static string Text(DateTimeOffset at) => at.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    public static PolicySet Set(Policy policy, WorkingCalendar? calendar = null) =>
        new([.. ShippedPacks.Set.Policies.Where(other => other.Id != policy.Id), policy], calendar ?? ShippedPacks.Set.Calendar, [], "test");

    /// <summary>A pack with a whole limit, the utility's own share, one stage, steps and thresholds.</summary>
    public static Policy Rules() => ShippedPacks.Set.For("141002")! with
    {
        Limits =
        [
            Limit("whole", LimitSpans.Whole, 30) with { Excludes = [Exclusions.Applicant] },
            Limit("utility", LimitSpans.UtilityTotal, 15) with { Excludes = [Exclusions.ExternalWork, Exclusions.Permit, Exclusions.Applicant], InternalTarget = 10 },
            Limit("plan", LimitSpans.Stage, 5) with { Stage = ConnectionStages.PlanReplied, StartsAt = "ACCEPTED.FINISH" },
            Limit("lv", LimitSpans.Whole, 5) with { Applies = new Applies { Classes = [ConnectionClasses.LvResident, ConnectionClasses.LvNonResident] } },
            Limit("lv-line", LimitSpans.Whole, 10) with { Applies = new Applies { Classes = [ConnectionClasses.LvNonResident], ExternalLine = true } },
            Limit("kept", LimitSpans.Whole, 1) with { Applied = false },
            Limit("average", LimitSpans.Whole, 1) with { Measure = "average" },
            Limit("next-year", LimitSpans.Whole, 1) with { Applies = new Applies { From = new(2022, 1, 1) } },
            Limit("item", LimitSpans.PermitItem, 1) with { Stage = PermitItems.Planning },
        ],
        Steps =
        [
            new StepRule
            {
                Id = "hv", Applies = new Applies { Classes = [ConnectionClasses.HvSingle] }, Count = 3, Abolished = [ConnectionStages.DesignReview], Source = RuleSources.HubDefault,
                Steps = [Step("受理", ConnectionStages.Accepted), Step("答复", ConnectionStages.PlanReplied), Step("接电", ConnectionStages.CompletionCheck, ConnectionStages.Metered)],
            },
        ],
        Thresholds =
        [
            Threshold("low", "LOW_VOLTAGE", 160, "kW"),
            Threshold("sanling-city", ConnectionTags.Sanling, 160, "kW") with { Areas = ["01"], Applies = new Applies { Classes = [ConnectionClasses.LvNonResident] } },
            Threshold("sanling-country", ConnectionTags.Sanling, 100, "kW") with { Areas = ["02", "03"], Applies = new Applies { Classes = [ConnectionClasses.LvNonResident] } },
        ],
        Authorities = [new Authority { Id = "bureau", Title = new("能源局", "Energy bureau"), Roles = ["supervisor"], Connector = "bureau", Source = RuleSources.HubDefault }],
        Warnings = [new(50, ["responsible"]), new(80, ["responsible", "supervisor"]), new(100, ["responsible", "supervisor"])],
        Recording = new RecordingRule { BackdatedHours = 24, RestartDays = 30, Source = RuleSources.HubDefault },
    };

    public static LimitRule Limit(string id, string span, int limit) => new()
    {
        Id = id, Title = new(id, id), Span = span, Applies = new Applies(), Limit = limit, Unit = "working_days", Measure = "each", Excludes = [],
        Responsible = "utility", Source = RuleSources.Document, Clause = "S1 二",
    };

    private static ThresholdRule Threshold(string id, string grants, decimal amount, string unit) =>
        new() { Id = id, Grants = grants, Amount = amount, Unit = unit, Applies = new Applies(), Source = RuleSources.HubDefault };

    private static StepName Step(string title, params string[] stages) => new(new(title, title), stages);

    private Decision Advance(Input input)
    {
        Last = Process.Advance(state, input, new Context(Now, Policies, pin, Connectors));
        pin ??= Last.Pin;
        state = Last.State;
        return Last;
    }
}
