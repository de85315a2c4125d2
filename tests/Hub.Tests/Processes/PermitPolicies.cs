using Hub.Policies;
using Hub.Schemas;
using Hub.Tests.Policies;

namespace Hub.Tests.Processes;

/// <summary>Three cities by hand, with the numbers of their documents: what a pack's file says is the pack tests' matter.</summary>
internal static class PermitPolicies
{
    public const string Window = "permits-window";
    public const string Roads = "roads-bureau";
    public const string Greens = "greens-bureau";
    public const string Energy = "energy-bureau";
    public const string Credit = "credit-platform";

    // S4 五(二): 1; 5; 5 + 3; 5 + 5, 10 in all; 10 for the works after the permit.
    public static Policy Hohhot { get; } = City("hohhot", "1501", "hohhot-power") with
    {
        Limits =
        [
            Limit("window", LimitSpans.PermitItem, null, "DISTRIBUTE", 1, "window", "S4 五(二)1"),
            Limit("planning", LimitSpans.PermitItem, PermitItems.Planning, null, 5, "department", "S4 五(二)2"),
            Limit("survey", LimitSpans.PermitItem, PermitItems.Excavation, "SURVEY", 5, "department", "S4 五(二)3"),
            Limit("decision", LimitSpans.PermitItem, PermitItems.Excavation, "DECISION", 3, "department", "S4 五(二)3"),
            Limit("green", LimitSpans.PermitItem, PermitItems.Green, null, 10, "department", "S4 五(二)4"),
            Limit("consent", LimitSpans.PermitItem, PermitItems.Green, "OWNER_CONSENT", 5, "department", "S4 五(二)4"),
            Limit("green-decision", LimitSpans.PermitItem, PermitItems.Green, "DECISION", 5, "department", "S4 五(二)4"),
            Limit("fee", LimitSpans.PermitItem, PermitItems.Green, "FEE", 5, "applicant", "S4 五(二)4"),
            Limit("works", LimitSpans.Stage, ConnectionStages.ExternalWork, null, 10, "utility", "S4 五(三)") with { StartsAt = "PERMIT.FINISH" },
            Limit("all", LimitSpans.Permits, null, null, 11, "department", null),
            Limit("all-high", LimitSpans.Permits, null, null, 20, "department", null) with { Applies = new() { Classes = [ConnectionClasses.HvDual] } },
            Limit("kept-as-data", LimitSpans.Permits, null, null, 2, "department", null) with { Applied = false },
        ],
        Permits =
        [
            Permit(PermitItems.Planning, "自然资源局", "Natural resources bureau", null),
            Permit(PermitItems.Excavation, "城管局", "City management bureau", Roads, Occupied.Sidewalk, Occupied.NonMotorLane, Occupied.MotorLane, Occupied.Road),
            Permit(PermitItems.Green, "园林中心", "Gardens centre", Greens, Occupied.Green, Occupied.Tree),
        ],
        Authorities =
        [
            Body("energy", Energy, "supervisor"), Body("window", Window, "permits"), Body("credit", Credit, "credit") with { Clause = "S4 六(四)" },
        ],
        Recording = new() { BackdatedHours = 24, RestartDays = 30, Source = RuleSources.HubDefault },
        Warnings = [new(50, ["responsible"]), new(80, ["responsible", "supervisor"]), new(100, ["responsible", "supervisor"])],
    };

    // S0 任务二: outside of parks, squares, roads and green, no municipal facility, small low-voltage or 5G.
    public static Policy Jinzhong { get; } = Hohhot with
    {
        Id = "jinzhong", Regions = ["1407"], Operators = [Serving("sgcc-jinzhong", "1407")],
        Exemptions =
        [
            new()
            {
                Id = "JZ-21-FEIJINMIANPI", Title = new("非禁免批", "Not forbidden, no permit"), Purposes = ["LV_SMALL_MICRO", "SITE_5G"], Result = ExemptionResults.Exempt, Permits = [PermitItems.Excavation],
                Commitment = true, RestoreWorkingDays = 5, Clause = "S0 任务二", Source = RuleSources.Document,
                Conditions =
                [
                    Condition("inUrbanDistrict", is_: true), Condition("insideForbidden", is_: false), Condition("municipalFacility", is_: false),
                    new("workPosition", new("施工位置", "Position")) { Given = true }, new("workQuantity", new("工程量", "Quantity")) { Given = true },
                ],
            },
        ],
    };

    // S3 三.2: shorter than 1000 m, pavement and part of the non-motor lane only.
    public static Policy Lianyungang { get; } = Hohhot with
    {
        Id = "lianyungang", Regions = ["3207"], Operators = [Serving("sgcc-lianyungang", "3207")],
        Exemptions =
        [
            new()
            {
                Id = "LYG-2-1000M", Title = new("1000米以下备案", "Filing below 1000 m"), Purposes = ["SUPPORTING_WORK"], Result = ExemptionResults.FilingOnly, Filing = true, RestoreWorkingDays = 5,
                Permits = [PermitItems.Excavation, PermitItems.Planning, PermitItems.Green], Clause = "S3 三.2", Source = RuleSources.Document,
                Conditions =
                [
                    new("lengthM", new("长度小于1000米", "Shorter than 1000 m")) { Below = 1000 },
                    new("occupies", new("仅占用人行道和部分非机动车道", "Pavement and part of the non-motor lane only")) { OnlyOf = [Occupied.Sidewalk, Occupied.NonMotorLane] },
                    Condition("laneStillUsable", is_: true),
                ],
            },
        ],
    };

    // S1 二: "符合条件的", without figures.
    public static Policy Linfen { get; } = Hohhot with
    {
        Id = "linfen", Regions = ["1410"], Operators = [Serving("sgcc-linfen", "1410")],
        Exemptions =
        [
            new()
            {
                Id = "SX-LV-SHORT", Title = new("短距离低压免批", "Short low-voltage lines"), Purposes = ["LOW_VOLTAGE"], Result = ExemptionResults.ManualReview, Conditions = [],
                Permits = [PermitItems.Excavation, PermitItems.Planning], Clause = "S1 二", Source = RuleSources.Document,
            },
        ],
    };

    public static PolicySet Set { get; } = new([Hohhot, Jinzhong, Lianyungang, Linfen], ShippedPacks.Set.Calendar, [], "test");

    private static Policy City(string id, string region, string utility) => new()
    {
        Id = id, Title = new(id, id), Version = "1", Regions = [region], Document = new("S4", "示例", null, null), Operators = [Serving(utility, region)],
    };

    private static Operator Serving(string id, string region) => new()
    {
        Id = id, TitleZh = id, TitleEn = id, Utility = Utilities.Power, Serves = [region], Connector = id, Source = RuleSources.HubDefault,
    };

    private static LimitRule Limit(string id, string span, string? stage, string? part, int days, string responsible, string? clause) => new()
    {
        Id = id, Title = new(id, id), Span = span, Stage = stage, Part = part, Applies = new(), Limit = days, Unit = "working_days", Measure = "each", Excludes = [], Responsible = responsible,
        Clause = clause, Source = RuleSources.Document,
    };

    private static PermitRule Permit(string item, string zh, string en, string? connector, params string[] occupies) => new()
    {
        Item = item, Department = new(zh, en), Occupies = occupies, Connector = connector, Source = RuleSources.Document,
    };

    private static Authority Body(string id, string connector, string role) => new() { Id = id, Title = new(id, id), Roles = [role], Connector = connector, Source = RuleSources.Document };

    private static ExemptionCondition Condition(string fact, bool is_) => new(fact, new(fact, fact)) { Is = is_ };
}
