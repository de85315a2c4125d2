using Hub.Policies;
using Xunit;

namespace Hub.Tests.Policies;

/// <summary>A pack's rules of connections, read strictly: what is odd is named with its place.</summary>
public sealed class ConnectionReaderTests : IDisposable
{
    // Line numbers in the tests are those of this text.
    private const string Pack = """
        id: city
        version: "1"
        title: { zh: 市, en: City }
        document: { short: S9, title: 文件 }
        regions: ["1410"]
        operators: []
        limits:
          - id: whole
            title: { zh: 全过程, en: Whole }
            span: WHOLE
            applies: { classes: [HV_SINGLE], tags: [IMPORTANT], without: [KV35], external_line: true, excavation: false, new_structure: true, from: 2021-01-01, to: 2022-12-31 }
            limit: 15
            unit: working_days
            measure: average
            internal_target: 10
            excludes: [EXTERNAL_WORK]
            responsible: utility
            department: { zh: 甲, en: A }
            coordinator: { zh: 乙, en: B }
            others:
              - { value: 20, clause: S9 三, why: { zh: 输了, en: lost } }
            applied: false
            source: document
            clause: S9 一
            note: { zh: 说明, en: a note }
          - id: plan
            title: { zh: 答复, en: Plan }
            span: STAGE
            stage: PLAN_REPLIED
            starts_at: ACCEPTED.FINISH
            ends_at: PLAN_REPLIED.FINISH
            limit: 2
            unit: calendar_days
            responsible: department
            source: document
            clause: S9 二
          - id: survey
            title: { zh: 踏勘, en: Survey }
            span: PERMIT_ITEM
            stage: EXCAVATION
            part: SURVEY
            limit: 5
            unit: working_days
            responsible: window
            source: document
            clause: S9 二
        steps:
          - id: two
            count: 2
            steps:
              - { title: { zh: 受理, en: First }, stages: [ACCEPTED] }
              - { title: { zh: 接电, en: Last }, stages: [METERED] }
            abolished: [MID_CHECK]
            source: document
            clause: S9 四
        thresholds:
          - id: low
            grants: LOW_VOLTAGE
            amount: 100.5
            unit: kVA
            inclusive: false
            areas: ["01"]
            source: document
            clause: S9 五
        exemptions:
          - id: S9-1
            title: { zh: 免批, en: Exempt }
            purposes: [SITE_5G]
            conditions:
              - { fact: lengthM, below: 1000, text: { zh: 短, en: short } }
              - { fact: occupies, only_of: [SIDEWALK], text: { zh: 人行道, en: pavement } }
            result: FILING_ONLY
            permits: [EXCAVATION]
            filing: true
            restore_working_days: 7
            source: document
            clause: S9 六
        permits:
          - item: GREEN
            department: { zh: 绿化, en: Greenery }
            occupies: [TREE]
            connector: green
            source: document
            clause: S9 七
        authorities:
          - id: bureau
            title: { zh: 能源局, en: Bureau }
            roles: [supervisor, ledger]
            connector: bureau
            source: document
            clause: S9 八
        reports:
          - id: weekly
            title: { zh: 台账, en: Ledger }
            period: WEEK
            reporter: { zh: 县局, en: County }
            receivers: [bureau]
            before_weekday: 4
            source: document
            clause: S9 九
        milestones:
          - id: pilot
            title: { zh: 试点, en: Pilot }
            from: 2021-01-01
            by: 2021-12-31
            source: document
            clause: S9 十
        prohibitions:
          - id: extra
            title: { zh: 加材料, en: Extra }
            source: document
            clause: S9 十
        warnings:
          - { percent: 50, to: [responsible], source: hub default, note: { zh: 起始, en: ours } }
          - { percent: 100, to: [supervisor], source: hub default, note: { zh: 起始, en: ours } }
        recording:
          backdated_hours: 24
          restart_days: 30
          source: hub default
          note: { zh: 起始, en: ours }
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("packs-").FullName;

    public ConnectionReaderTests()
    {
        Directory.CreateDirectory(Path.Combine(folder, "calendar"));
        File.Copy(Path.Combine(ShippedPacks.Folder, "calendar", "cn.yaml"), Path.Combine(folder, "calendar", "cn.yaml"));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Reads_everything_a_pack_says_of_connections()
    {
        var policy = Open(Pack);

        var whole = policy.Limits[0];
        Assert.Equal(("whole", "WHOLE", 15, "working_days", "average", (int?)10, "utility", false), (whole.Id, whole.Span, whole.Limit, whole.Unit, whole.Measure, whole.InternalTarget, whole.Responsible, whole.Applied));
        Assert.Equal((new Bilingual("甲", "A"), new Bilingual("乙", "B"), new Bilingual("说明", "a note"), "S9 一"), (whole.Department, whole.Coordinator, whole.Note, whole.Clause));
        Assert.Equal(new OtherValue(20, "S9 三", new("输了", "lost")), Assert.Single(whole.Others));
        Assert.Equal("HV_SINGLE IMPORTANT KV35", string.Join(' ', [.. whole.Applies.Classes, .. whole.Applies.Tags, .. whole.Applies.Without]));
        Assert.Equal((true, false, true, new DateOnly(2021, 1, 1), new DateOnly(2022, 12, 31)),
            (whole.Applies.ExternalLine, whole.Applies.Excavation, whole.Applies.NewStructure, whole.Applies.From, whole.Applies.To));
        Assert.Equal(("PLAN_REPLIED", "ACCEPTED.FINISH", "PLAN_REPLIED.FINISH", "each", true), (policy.Limits[1].Stage, policy.Limits[1].StartsAt, policy.Limits[1].EndsAt, policy.Limits[1].Measure, policy.Limits[1].Applied));
        Assert.Equal(("EXCAVATION", "SURVEY"), (policy.Limits[2].Stage, policy.Limits[2].Part));
        Assert.Equal((100.5m, "kVA", false, "01"), (policy.Thresholds[0].Amount, policy.Thresholds[0].Unit, policy.Thresholds[0].Inclusive, policy.Thresholds[0].Areas[0]));
        Assert.Equal(("S9-1", "FILING_ONLY", true, 7, 1000m), (policy.Exemptions[0].Id, policy.Exemptions[0].Result, policy.Exemptions[0].Filing, policy.Exemptions[0].RestoreWorkingDays, policy.Exemptions[0].Conditions[0].Below));
        Assert.Equal(("green", "bureau"), (policy.Permits[0].Connector, policy.Authorities[0].Connector));
        Assert.Equal((4, 24), (policy.Reports[0].BeforeWeekday, policy.Recording!.BackdatedHours));
        Assert.Equal([50, 100], policy.Warnings.Select(warning => warning.Percent));
    }

    [Fact]
    public void A_pack_has_its_own_rows_and_those_of_the_one_it_extends_under_other_names()
    {
        File.WriteAllText(Path.Combine(folder, "city.yaml"), Pack);
        File.WriteAllText(Path.Combine(folder, "town.yaml"), """
            id: town
            version: "1"
            extends: city
            title: { zh: 镇, en: Town }
            document: { short: S8, title: 文件 }
            regions: ["141002"]
            operators: []
            limits:
              - { id: plan, title: { zh: 答复, en: Plan }, span: STAGE, stage: PLAN_REPLIED, limit: 1, unit: working_days, responsible: utility, source: document, clause: S8 一 }
            permits:
              - { item: PLANNING, department: { zh: 规划, en: Planning }, source: document, clause: S8 二 }
            """);

        var town = PolicyStore.Open(folder).Current.For("141002")!;

        Assert.Equal(["plan 1 S8 一", "whole 15 S9 一", "survey 5 S9 二"], town.Limits.Select(rule => $"{rule.Id} {rule.Limit} {rule.Clause}"));
        Assert.Equal(["PLANNING", "GREEN"], town.Permits.Select(rule => rule.Item));
        Assert.Equal([50, 100], town.Warnings.Select(warning => warning.Percent));
        Assert.Equal("weekly", Assert.Single(town.Reports).Id);
        Assert.Equal(24, town.Recording?.BackdatedHours);
    }

    [Theory]
    [InlineData("limits:", "limitz:", 7, "Unknown key \"limitz\"")]
    [InlineData("responsible: department", "responsible: department\n    responsable: x", 35, "Unknown key \"responsable\"")]
    [InlineData("id: plan", "id: whole", 26, "\"whole\" stands twice in \"limits\"")]
    [InlineData("id: plan", "id: Plan", 26, "lower-case")]
    [InlineData("span: STAGE", "span: SOME", 28, "WHOLE, UTILITY_TOTAL, STAGE, PERMITS, PERMIT_ITEM")]
    [InlineData("    stage: PLAN_REPLIED\n", "", 28, "needs its stage")]
    [InlineData("stage: PLAN_REPLIED", "stage: PLANNING", 29, "must be one of: ACCEPTED")]
    [InlineData("    stage: EXCAVATION\n", "", 39, "needs its stage")]
    [InlineData("stage: EXCAVATION", "stage: ACCEPTED", 40, "must be one of: PLANNING")]
    [InlineData("part: SURVEY", "part: LOOK", 41, "must be one of: DISTRIBUTE")]
    [InlineData("starts_at: ACCEPTED.FINISH", "starts_at: ACCEPTED.END", 30, "must be one of: ACCEPTED.START")]
    [InlineData("stage: PLAN_REPLIED", "stage: PLAN_REPLIED\n    part: FEE", 30, "Only a PERMIT_ITEM has parts")]
    [InlineData("span: WHOLE", "span: WHOLE\n    stage: METERED", 11, "of no single stage")]
    [InlineData("limit: 2", "limit: 0", 32, "from 1 to 366")]
    [InlineData("limit: 2", "limit: -2", 32, "from 1 to 366")]
    [InlineData("unit: calendar_days", "unit: days", 33, "working_days, calendar_days")]
    [InlineData("measure: average", "measure: median", 14, "each, average")]
    [InlineData("internal_target: 10", "internal_target: 15", 15, "stricter than the limit")]
    [InlineData("excludes: [EXTERNAL_WORK]", "excludes: [WEEKENDS]", 16, "\"WEEKENDS\" in \"excludes\"")]
    [InlineData("stage: PLAN_REPLIED", "stage: EXTERNAL_WORK\n    excludes: [EXTERNAL_WORK]", 30, "cannot leave them out")]
    [InlineData("clause: S9 三, why", "why", 21, "\"clause\" is missing")]
    [InlineData("value: 20", "value: none", 21, "above 0")]
    [InlineData("    note: { zh: 说明, en: a note }\n", "", 22, "needs a note that says why")]
    [InlineData("applied: false", "applied: no", 22, "true, false")]
    [InlineData("    source: document\n    clause: S9 一\n", "    source: document\n", 23, "needs its clause")]
    [InlineData("classes: [HV_SINGLE]", "classes: [HV]", 11, "\"HV\" in \"classes\"")]
    [InlineData("tags: [IMPORTANT]", "tags: [KV35]", 11, "both required and excluded")]
    [InlineData("to: 2022-12-31", "to: 2020-12-31", 11, "to is before from")]
    [InlineData("count: 2", "count: 3", 51, "As many steps")]
    [InlineData("stages: [METERED]", "stages: [ACCEPTED]", 51, "more than one step")]
    [InlineData("stages: [METERED]", "stages: [POWERED]", 52, "\"POWERED\" in \"stages\"")]
    [InlineData("grants: LOW_VOLTAGE", "grants: MONEY", 58, "LOW_VOLTAGE, COMPANY_PAYS")]
    [InlineData("    amount: 100.5\n", "", 59, "given together")]
    [InlineData("amount: 100.5", "amount: -1", 59, "above 0")]
    [InlineData("unit: kVA", "unit: MW", 60, "kW, kVA")]
    [InlineData("id: S9-1", "id: s9_1", 66, "upper-case letters")]
    [InlineData("fact: lengthM, below: 1000", "fact: lengthM, is: true", 70, "needs exactly one test")]
    [InlineData("fact: lengthM, below: 1000", "fact: lengthM, below: 1000, at_most: 900", 70, "needs exactly one test")]
    [InlineData("fact: lengthM", "fact: width", 70, "must be one of: lengthM")]
    [InlineData("only_of: [SIDEWALK]", "only_of: [CLOUD]", 71, "\"CLOUD\" in \"only_of\"")]
    [InlineData("result: FILING_ONLY", "result: EXEMPT", 74, "goes with FILING_ONLY")]
    [InlineData("result: FILING_ONLY", "result: MANUAL_REVIEW", 72, "A rule without conditions")]
    [InlineData("permits: [EXCAVATION]", "permits: [FISHING]", 73, "\"FISHING\" in \"permits\"")]
    [InlineData("item: GREEN", "item: FISHING", 79, "must be one of: PLANNING")]
    [InlineData("occupies: [TREE]", "occupies: [CLOUD]", 81, "\"CLOUD\" in \"occupies\"")]
    [InlineData("roles: [supervisor, ledger]", "roles: [king]", 88, "\"king\" in \"roles\"")]
    [InlineData("roles: [supervisor, ledger]", "roles: []", 88, "At least one role")]
    [InlineData("period: WEEK", "period: MONTH", 95, "WEEK, QUARTER")]
    [InlineData("before_weekday: 4", "before_weekday: 8", 98, "from 1 to 7")]
    [InlineData("    before_weekday: 4\n", "", 93, "before_weekday goes with WEEK")]
    [InlineData("before_weekday: 4", "before_weekday: 4\n    due_days: 3", 99, "a quarter and more")]
    [InlineData("receivers: [bureau]", "receivers: [nobody]", 93, "\"nobody\" is not among the authorities")]
    [InlineData("by: 2021-12-31", "by: 2020-12-31", 105, "by is before from")]
    [InlineData("percent: 50", "percent: 0", 114, "from 1 to 100")]
    [InlineData("percent: 50", "percent: 100", 115, "\"100\" stands twice in \"warnings\"")]
    [InlineData("percent: 100", "percent: 40", 114, "must rise")]
    [InlineData("to: [supervisor]", "to: [everybody]", 115, "\"everybody\" in \"to\"")]
    [InlineData("to: [supervisor]", "to: []", 115, "needs somebody")]
    [InlineData("backdated_hours: 24", "backdated_hours: soon", 117, "whole number")]
    public void Says_where_and_what_is_wrong(string right, string wrong, long line, string english)
    {
        Assert.Contains(right, Pack, StringComparison.Ordinal);

        var problems = Assert.Throws<PolicyException>(() => Open(Once(right, wrong))).Problems;

        Assert.True(
            problems.Any(problem => (problem.File, problem.Line) == ("city.yaml", line) && problem.MessageEn.Contains(english, StringComparison.Ordinal) && problem.MessageZh.Any(c => c > '\u4e00')),
            string.Join('\n', problems));
    }

    [Fact]
    public void A_threshold_without_a_figure_states_its_principle()
    {
        var problems = Assert.Throws<PolicyException>(() => Open(Once("    amount: 100.5\n    unit: kVA\n", ""))).Problems;

        Assert.Contains("states the principle", Assert.Single(problems).MessageEn, StringComparison.Ordinal);
    }

    private static string Once(string right, string wrong)
    {
        var at = Pack.IndexOf(right, StringComparison.Ordinal);
        return Pack[..at] + wrong + Pack[(at + right.Length)..];
    }

    private Policy Open(string text)
    {
        File.WriteAllText(Path.Combine(folder, "city.yaml"), text);
        return PolicyStore.Open(folder).Current.For("141000")!;
    }
}
