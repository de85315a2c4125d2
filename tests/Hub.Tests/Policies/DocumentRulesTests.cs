using System.Globalization;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Policies;

/// <summary>Every number of the five documents, as they were read beside the packs, against the packs as they are shipped.</summary>
public sealed class DocumentRulesTests
{
    private static readonly PolicySet Set = ShippedPacks.Set;

    // The first column is the row of the reading: L limits, then what the clock counts.
    [Theory]
    [InlineData("L1", "jinzhong", "resident", "WHOLE", 1, "calendar_days", "", "S0 任务三(二)")]
    [InlineData("L2", "jinzhong", "small-micro", "WHOLE", 2, "working_days", "", "S0 任务三(二)")]
    [InlineData("L3", "jinzhong", "lv-no-line", "WHOLE", 3, "working_days", "", "S0 任务三(二)")]
    [InlineData("L4", "jinzhong", "lv-line", "WHOLE", 10, "working_days", "", "S0 任务三(二)")]
    [InlineData("L5", "jinzhong", "hv-single", "WHOLE", 15, "working_days", "EXTERNAL_WORK", "S0 任务三(二)")]
    [InlineData("L6", "jinzhong", "hv-dual", "WHOLE", 25, "working_days", "EXTERNAL_WORK", "S0 任务三(二)")]
    [InlineData("L7", "linfen", "approval-lv", "PERMITS", 5, "working_days", "", "S1 二")]
    [InlineData("L8", "linfen", "approval-10kv", "PERMITS", 10, "working_days", "", "S1 二")]
    [InlineData("L9", "linfen", "lv-nonres", "UTILITY_TOTAL", 5, "working_days", "EXTERNAL_WORK PERMIT APPLICANT", "S1 二")]
    [InlineData("L10", "linfen", "hv-single", "UTILITY_TOTAL", 15, "working_days", "EXTERNAL_WORK PERMIT APPLICANT", "S1 二")]
    [InlineData("L11", "linfen", "hv-dual", "UTILITY_TOTAL", 25, "working_days", "EXTERNAL_WORK PERMIT APPLICANT", "S1 二")]
    [InlineData("L12", "linfen", "resident", "WHOLE", 4, "working_days", "", "S1 二")]
    [InlineData("L13", "linfen", "lv-sanling", "WHOLE", 20, "working_days", "", "S1 二")]
    [InlineData("L14", "linfen", "lv-sanling-2022", "WHOLE", 15, "working_days", "", "S1 二")]
    [InlineData("L15", "shanxi", "approval-lv", "PERMITS", 5, "working_days", "", "S2 一")]
    [InlineData("L15", "shanxi", "approval-10kv", "PERMITS", 10, "working_days", "", "S2 一")]
    [InlineData("L15", "shanxi", "lv-nonres", "UTILITY_TOTAL", 5, "working_days", "EXTERNAL_WORK PERMIT APPLICANT", "S2 一")]
    [InlineData("L15", "shanxi", "hv-single", "UTILITY_TOTAL", 15, "working_days", "EXTERNAL_WORK PERMIT APPLICANT", "S2 一")]
    [InlineData("L15", "shanxi", "hv-dual", "UTILITY_TOTAL", 25, "working_days", "EXTERNAL_WORK PERMIT APPLICANT", "S2 一")]
    [InlineData("L15", "shanxi", "resident", "WHOLE", 4, "working_days", "", "S2 一")]
    [InlineData("L15", "shanxi", "lv-sanling", "WHOLE", 20, "working_days", "", "S2 一")]
    [InlineData("L15", "shanxi", "lv-sanling-2022", "WHOLE", 15, "working_days", "", "S2 一")]
    [InlineData("L16", "national", "cn-approval-lv", "PERMITS", 5, "working_days", "", "S2 附表2 一.1")]
    [InlineData("L16", "national", "cn-approval-20kv", "PERMITS", 10, "working_days", "", "S2 附表2 一.1")]
    [InlineData("L17", "national", "cn-lv-nonres", "UTILITY_TOTAL", 6, "working_days", "EXTERNAL_WORK PERMIT APPLICANT", "S2 附表2 一.1")]
    [InlineData("L17", "national", "cn-hv-single", "UTILITY_TOTAL", 22, "working_days", "EXTERNAL_WORK PERMIT APPLICANT", "S2 附表2 一.1")]
    [InlineData("L17", "national", "cn-hv-dual", "UTILITY_TOTAL", 32, "working_days", "EXTERNAL_WORK PERMIT APPLICANT", "S2 附表2 一.1")]
    [InlineData("L18", "national", "cn-resident", "WHOLE", 5, "working_days", "", "S2 附表2 一.1")]
    [InlineData("L18", "national", "cn-lv-sanling", "WHOLE", 25, "working_days", "", "S2 附表2 一.1")]
    [InlineData("L19", "national", "cn-lv-sanling-2021", "WHOLE", 20, "working_days", "", "S2 附表2 一.1")]
    [InlineData("L19", "national", "cn-lv-sanling-2022", "WHOLE", 15, "working_days", "", "S2 附表2 一.1")]
    [InlineData("L21", "lianyungang", "approval", "PERMITS", 5, "working_days", "", "S3 三.2")]
    [InlineData("L22", "lianyungang", "resident", "UTILITY_TOTAL", 3, "working_days", "EXTERNAL_WORK PERMIT APPLICANT", "S3 三.3")]
    [InlineData("L22", "lianyungang", "lv-nonres", "UTILITY_TOTAL", 5, "working_days", "EXTERNAL_WORK PERMIT APPLICANT", "S3 三.3")]
    [InlineData("L22", "lianyungang", "hv-single", "UTILITY_TOTAL", 15, "working_days", "EXTERNAL_WORK PERMIT APPLICANT", "S3 三.3")]
    [InlineData("L22", "lianyungang", "hv-dual", "UTILITY_TOTAL", 25, "working_days", "EXTERNAL_WORK PERMIT APPLICANT", "S3 三.3")]
    [InlineData("L23", "lianyungang", "whole-resident", "WHOLE", 5, "working_days", "", "S3 三.3")]
    [InlineData("L23", "lianyungang", "whole-small-micro", "WHOLE", 15, "working_days", "", "S3 三.3")]
    [InlineData("L24", "lianyungang", "lv-works", "STAGE EXTERNAL_WORK", 5, "working_days", "", "S3 三.3")]
    [InlineData("L25", "lianyungang", "lv-works-structure", "STAGE EXTERNAL_WORK", 10, "working_days", "", "S3 三.3")]
    [InlineData("L26", "lianyungang", "hv-works", "STAGE EXTERNAL_WORK PLAN_REPLIED.FINISH EXTERNAL_WORK.FINISH", 30, "working_days", "", "S3 三.3")]
    [InlineData("L27", "hohhot", "average", "WHOLE", 25, "working_days", "", "S4 三")]
    [InlineData("L28", "hohhot", "whole-no-line", "WHOLE", 5, "working_days", "", "S4 三")]
    [InlineData("L29", "hohhot", "whole-excavation", "WHOLE", 30, "working_days", "", "S4 三")]
    [InlineData("L30", "hohhot", "acceptance", "STAGE ACCEPTED", 1, "working_days", "", "S4 五(一)1")]
    [InlineData("L31", "hohhot", "plan-lv", "STAGE PLAN_REPLIED ACCEPTED.FINISH PLAN_REPLIED.FINISH", 2, "working_days", "", "S4 五(一)2")]
    [InlineData("L32", "hohhot", "plan-hv-single", "STAGE PLAN_REPLIED ACCEPTED.FINISH PLAN_REPLIED.FINISH", 15, "working_days", "", "S4 五(一)2")]
    [InlineData("L32", "hohhot", "plan-hv-dual", "STAGE PLAN_REPLIED ACCEPTED.FINISH PLAN_REPLIED.FINISH", 30, "working_days", "", "S4 五(一)2")]
    [InlineData("L33", "hohhot", "route-design", "STAGE ROUTE_DESIGN", 12, "working_days", "", "S4 五(一)3")]
    [InlineData("L34", "hohhot", "permit-distribute", "PERMIT_ITEM DISTRIBUTE", 1, "working_days", "", "S4 五(二)1")]
    [InlineData("L35", "hohhot", "permit-planning", "PERMIT_ITEM PLANNING", 5, "working_days", "", "S4 五(二)2")]
    [InlineData("L36", "hohhot", "permit-excavation-survey", "PERMIT_ITEM EXCAVATION SURVEY", 5, "working_days", "", "S4 五(二)3")]
    [InlineData("L37", "hohhot", "permit-excavation-decision", "PERMIT_ITEM EXCAVATION DECISION", 3, "working_days", "", "S4 五(二)3")]
    [InlineData("L37", "hohhot", "permit-excavation", "PERMIT_ITEM EXCAVATION", 8, "working_days", "", "S4 五(二)3")]
    [InlineData("L37", "hohhot", "permit-traffic", "PERMIT_ITEM TRAFFIC", 8, "working_days", "", "S4 五(二)3")]
    [InlineData("L38", "hohhot", "permit-green", "PERMIT_ITEM GREEN", 10, "working_days", "APPLICANT", "S4 五(二)4")]
    [InlineData("L39", "hohhot", "permit-green-consent", "PERMIT_ITEM GREEN OWNER_CONSENT", 5, "working_days", "", "S4 五(二)4")]
    [InlineData("L40", "hohhot", "permit-green-decision", "PERMIT_ITEM GREEN DECISION", 5, "working_days", "", "S4 五(二)4")]
    [InlineData("L41", "hohhot", "permit-green-fee", "PERMIT_ITEM GREEN FEE", 5, "working_days", "", "S4 五(二)4")]
    [InlineData("L42", "hohhot", "works", "STAGE EXTERNAL_WORK PERMIT.FINISH EXTERNAL_WORK.FINISH", 10, "working_days", "", "S4 五(三)")]
    public void A_limit_is_the_one_of_the_document(string row, string pack, string id, string counts, int limit, string unit, string excludes, string clause)
    {
        var rule = Assert.Single(Pack(pack).Limits, rule => rule.Id == id);

        Assert.Equal((row, counts, limit, unit, excludes, clause), (row, string.Join(' ', new[] { rule.Span, rule.Stage, rule.Part, rule.StartsAt, rule.EndsAt }.OfType<string>()),
            rule.Limit, rule.Unit, string.Join(' ', rule.Excludes), rule.Clause));
        Assert.Equal(id == "average" ? "average" : "each", rule.Measure);
        Assert.Equal(pack != "national", rule.Applied);
        Assert.Null(rule.InternalTarget);
    }

    [Theory]
    [InlineData("jinzhong", 6)]
    [InlineData("linfen", 8)]
    [InlineData("shanxi", 8)]
    [InlineData("national", 9)]
    [InlineData("lianyungang", 10)]
    [InlineData("hohhot", 19)]
    public void A_pack_has_no_limit_that_is_in_no_document(string pack, int own) =>
        Assert.Equal(own, Pack(pack).Limits.Count(rule => Set.Policies.Where(other => other.Id == Pack(pack).Extends).All(parent => !parent.Limits.Contains(rule))));

    // Which limits run for whom: each line is one customer.
    [Theory]
    [InlineData("jinzhong", "LV_RESIDENT", "", "2021-09-28", null, null, null, "resident approval-lv")]
    [InlineData("jinzhong", "LV_NONRES", "SMALL_MICRO", "2021-09-28", false, false, null, "small-micro approval-lv lv-nonres")]
    [InlineData("jinzhong", "LV_NONRES", "", "2021-09-28", false, false, null, "lv-no-line approval-lv lv-nonres")]
    [InlineData("jinzhong", "LV_NONRES", "SANLING", "2021-09-28", true, true, null, "lv-line approval-lv lv-sanling")]
    [InlineData("jinzhong", "LV_NONRES", "SANLING", "2021-09-28", true, false, null, "approval-lv lv-sanling")]
    [InlineData("jinzhong", "HV_SINGLE", "", "2021-09-28", null, null, null, "hv-single approval-10kv")]
    [InlineData("jinzhong", "HV_DUAL", "KV35", "2021-09-28", null, null, null, "hv-dual")]
    [InlineData("linfen", "LV_RESIDENT", "", "2021-09-28", null, null, null, "approval-lv resident")]
    [InlineData("linfen", "LV_NONRES", "", "2021-09-28", null, null, null, "approval-lv lv-nonres")]
    [InlineData("linfen", "LV_NONRES", "SANLING", "2021-09-28", null, null, null, "approval-lv lv-sanling")]
    [InlineData("linfen", "LV_NONRES", "SANLING", "2022-12-31", null, null, null, "approval-lv lv-sanling")]
    [InlineData("linfen", "LV_NONRES", "SANLING", "2023-01-01", null, null, null, "approval-lv lv-sanling-2022")]
    [InlineData("linfen", "HV_SINGLE", "", "2021-09-28", null, null, null, "approval-10kv hv-single")]
    [InlineData("linfen", "HV_DUAL", "KV35", "2021-09-28", null, null, null, "hv-dual")]
    [InlineData("shanxi", "HV_SINGLE", "", "2021-09-28", null, null, null, "approval-10kv hv-single")]
    [InlineData("national", "HV_SINGLE", "", "2021-09-28", null, null, null, "")]
    [InlineData("lianyungang", "LV_RESIDENT", "", "2021-12-01", false, false, null, "approval resident whole-resident")]
    [InlineData("lianyungang", "LV_NONRES", "SMALL_MICRO", "2021-12-01", true, true, false, "approval lv-nonres whole-small-micro lv-works")]
    [InlineData("lianyungang", "LV_NONRES", "", "2021-12-01", true, true, true, "approval lv-nonres lv-works-structure")]
    [InlineData("lianyungang", "LV_NONRES", "", "2021-12-01", true, true, null, "approval lv-nonres ?newStructure")]
    [InlineData("lianyungang", "HV_SINGLE", "", "2021-12-01", true, null, null, "approval hv-single hv-works")]
    [InlineData("lianyungang", "HV_DUAL", "KV35", "2021-12-01", true, null, null, "hv-dual")]
    [InlineData("hohhot", "LV_NONRES", "", "2020-06-01", false, false, null, "whole-no-line acceptance plan-lv")]
    [InlineData("hohhot", "HV_DUAL", "", "2020-06-01", true, false, null, "acceptance plan-hv-dual route-design permit-distribute permit-planning permit-excavation permit-excavation-survey permit-excavation-decision permit-traffic permit-green permit-green-consent permit-green-decision permit-green-fee works")]
    [InlineData("hohhot", "HV_SINGLE", "", "2020-06-01", true, true, null, "whole-excavation acceptance plan-hv-single route-design permit-distribute permit-planning permit-excavation permit-excavation-survey permit-excavation-decision permit-traffic permit-green permit-green-consent permit-green-decision permit-green-fee works")]
    public void These_limits_run_for_that_customer(string pack, string customerClass, string tags, string accepted, bool? line, bool? excavation, bool? structure, string limits)
    {
        var application = new ConnectionApplication { HasExternalLine = line, NeedsExcavation = excavation, NewStructure = structure };
        var missing = new HashSet<string>();

        Assert.Equal(limits, string.Join(' ', Pack(pack).Limits
            .Where(rule => rule is { Applied: true, Measure: "each" } && ConnectionFacts.Matches(rule.Applies, customerClass, Words(tags), application, Day(accepted), missing)).Select(rule => rule.Id)
            .Concat(missing.Select(fact => "?" + fact))));
    }

    // L5, L6: the name of the task and the division of duties. L31, L32: the text and the box at its end. Lost values say why.
    [Theory]
    [InlineData("jinzhong", "hv-single", 20, "S0 任务三")]
    [InlineData("jinzhong", "hv-dual", 30, "S0 任务三")]
    [InlineData("jinzhong", "resident", 4, "S2 一")]
    [InlineData("hohhot", "plan-hv-single", 2, "S4 五(一)2")]
    [InlineData("hohhot", "plan-hv-dual", 2, "S4 五(一)2")]
    public void A_contradicting_figure_stands_beside_the_one_that_runs(string pack, string id, int value, string clause)
    {
        var other = Assert.Single(Pack(pack).Limits.Single(rule => rule.Id == id).Others);

        Assert.Equal((value, clause), ((int)other.Value, other.Clause));
        Assert.NotEmpty(other.Why.Zh);
        Assert.NotEmpty(other.Why.En);
    }

    [Theory]
    [InlineData("L1", "jinzhong", "resident", "自然日")]
    [InlineData("L17", "national", "cn-hv-dual", "40%")]
    [InlineData("L21", "lianyungang", "approval", "35千伏")]
    [InlineData("L24", "lianyungang", "lv-works", "未写明起算点")]
    [InlineData("L39", "hohhot", "permit-green-consent", "申请人的时间")]
    [InlineData("L41", "hohhot", "permit-green-fee", "先搬迁再缴费")]
    public void A_limit_says_how_it_was_read(string row, string pack, string id, string words) =>
        Assert.True(Pack(pack).Limits.Single(rule => rule.Id == id).Note!.Zh.Contains(words, StringComparison.Ordinal), row);

    // L20: the comparison of 附表1 lost its figures; the pack says so and has none of them.
    [Fact]
    public void What_is_lost_in_the_text_is_said_to_be_lost() =>
        Assert.Contains("附表1 compares steps and limits", File.ReadAllText(Path.Combine(ShippedPacks.Folder, "shanxi.yaml")), StringComparison.Ordinal);

    // L30 to L42 and S4 四(二): every stage names who is responsible, most who urges.
    [Theory]
    [InlineData("acceptance", "utility", "呼和浩特供电局", "市工信局")]
    [InlineData("plan-lv", "utility", "呼和浩特供电局", "市工信局")]
    [InlineData("plan-hv-dual", "utility", "呼和浩特供电局", "市工信局")]
    [InlineData("route-design", "utility", "呼和浩特供电局", "市自然资源局")]
    [InlineData("permit-distribute", "window", "市政服务大厅综合受理窗口", null)]
    [InlineData("permit-planning", "department", "市自然资源局", null)]
    [InlineData("permit-excavation-decision", "department", "市城管执法局（管线局）", null)]
    [InlineData("permit-green-decision", "department", "市行政审批局", null)]
    [InlineData("permit-green-fee", "applicant", "市城管执法局（绿地广场景观管理局）", null)]
    [InlineData("works", "utility", "呼和浩特供电局", "市发展改革委")]
    public void Hohhot_names_who_keeps_a_limit_and_who_urges(string id, string responsible, string department, string? coordinator)
    {
        var rule = Pack("hohhot").Limits.Single(rule => rule.Id == id);

        Assert.Equal((responsible, department, coordinator), (rule.Responsible, rule.Department?.Zh, rule.Coordinator?.Zh));
    }

    // §5 of the reading: 环节.
    [Theory]
    [InlineData("shanxi", "resident", 2, "申请受理 装表接电", "", "S2 一")]
    [InlineData("shanxi", "lv-sanling", 2, "申请受理 装表接电", "", "S2 一")]
    [InlineData("shanxi", "lv-nonres", 3, "申请受理 外部工程实施 装表接电", "", "S2 一")]
    [InlineData("shanxi", "ordinary-no-review", null, "", "DESIGN_REVIEW MID_CHECK", "S2 二(二)3")]
    [InlineData("shanxi", "lv-no-checks", null, "", "DESIGN_REVIEW MID_CHECK COMPLETION_CHECK", "S2 附表2-4")]
    [InlineData("linfen", "resident", 2, "申请受理 装表接电", "", "S1 二")]
    [InlineData("linfen", "lv-sanling", 2, "申请受理 装表接电", "", "S1 二")]
    [InlineData("linfen", "lv-nonres", 3, "申请受理 外部工程实施 装表接电", "", "S1 二")]
    [InlineData("linfen", "ordinary-no-review", null, "", "DESIGN_REVIEW MID_CHECK", "S1 三.6")]
    [InlineData("national", "resident", 2, "受理签约 施工接电", "", "S2 附表2 一.2")]
    [InlineData("national", "lv-sanling", 2, "受理签约 施工接电", "", "S2 附表2 一.2")]
    [InlineData("national", "lv-nonres", 3, "", "", "S2 附表2 一.2")]
    [InlineData("national", "lv-no-checks", null, "", "DESIGN_REVIEW MID_CHECK COMPLETION_CHECK", "S2 附表2-4")]
    [InlineData("lianyungang", "lv", 2, "受理签约 施工接电", "", "S3 三.4")]
    [InlineData("lianyungang", "hv", 3, "业务受理 方案答复 竣工检验和装表接电", "", "S3 三.4")]
    [InlineData("lianyungang", "hv-important", 5, "业务受理 方案答复 设计审查 中间检查 竣工检验和装表接电", "", "S3 三.4")]
    [InlineData("lianyungang", "kv35", 5, "业务受理 方案答复 设计审查 中间检查 竣工检验和装表接电", "", "S3 三.4")]
    [InlineData("hohhot", "lv", 2, "用电申请 竣工装表", "DESIGN_REVIEW MID_CHECK", "S4 三")]
    [InlineData("hohhot", "hv", 2, "用电申请 竣工装表", "", "S4 三")]
    public void The_steps_are_those_of_the_document(string pack, string id, int? count, string names, string abolished, string clause)
    {
        var rule = Assert.Single(Pack(pack).Steps, rule => rule.Id == id);

        Assert.Equal((count, names, abolished, clause), (rule.Count, string.Join(' ', rule.Steps.Select(step => step.Title.Zh)), string.Join(' ', rule.Abolished), rule.Clause));
    }

    [Theory]
    [InlineData("jinzhong", "LV_RESIDENT", "", 2)]
    [InlineData("linfen", "LV_NONRES", "SANLING", 2)]
    [InlineData("linfen", "LV_NONRES", "", 3)]
    [InlineData("linfen", "HV_SINGLE", "", null)]
    [InlineData("lianyungang", "LV_NONRES", "SMALL_MICRO", 2)]
    [InlineData("lianyungang", "HV_SINGLE", "", 3)]
    [InlineData("lianyungang", "HV_DUAL", "IMPORTANT", 5)]
    [InlineData("lianyungang", "HV_DUAL", "KV35", 5)]
    [InlineData("lianyungang", "HV_DUAL", "IMPORTANT KV35", 5)]
    [InlineData("hohhot", "HV_SINGLE", "", 2)]
    public void A_customer_has_one_count_of_steps_at_most(string pack, string customerClass, string tags, int? count)
    {
        var rule = Pack(pack).Steps.SingleOrDefault(rule =>
            rule.Count is not null && ConnectionFacts.Matches(rule.Applies, customerClass, Words(tags), new(), new(2022, 6, 1), new HashSet<string>()));

        Assert.Equal(count, rule?.Count);
        Assert.True(rule is null || rule.Steps.SelectMany(step => step.Stages).Concat(Pack(pack).Steps.SelectMany(other => other.Abolished)).Distinct().Count() >= 10, "Hardly any stage belongs to a step.");
    }

    // §6 of the reading: capacity and who pays.
    [Theory]
    [InlineData("shanxi", "low-voltage", "LOW_VOLTAGE", 160, "kW", "", "SANLING", null, null, "S2 二(二)5")]
    [InlineData("shanxi", "zero-investment-urban", "COMPANY_PAYS", 160, "kW", "01", "SMALL_MICRO", null, "2022-12-31", "S2 一")]
    [InlineData("shanxi", "zero-investment-rural", "COMPANY_PAYS", 100, "kW", "02 03", "SMALL_MICRO", null, "2022-12-31", "S2 一")]
    [InlineData("shanxi", "zero-investment", "COMPANY_PAYS", 160, "kW", "", "SMALL_MICRO", "2023-01-01", null, "S2 一")]
    [InlineData("shanxi", "boundary", "COMPANY_PAYS", null, null, "", "", null, null, "S2 二(二)6")]
    [InlineData("linfen", "low-voltage", "LOW_VOLTAGE", 160, "kW", "", "SANLING", null, null, "S1 三.7")]
    [InlineData("linfen", "zero-investment-urban", "COMPANY_PAYS", 160, "kW", "01", "SMALL_MICRO", null, "2022-12-31", "S1 二")]
    [InlineData("linfen", "zero-investment-rural", "COMPANY_PAYS", 100, "kW", "02 03", "SMALL_MICRO", null, "2022-12-31", "S1 二")]
    [InlineData("linfen", "zero-investment", "COMPANY_PAYS", 160, "kW", "", "SMALL_MICRO", "2023-01-01", null, "S1 二")]
    [InlineData("linfen", "boundary", "COMPANY_PAYS", null, null, "", "", null, null, "S1 三.8")]
    [InlineData("national", "low-voltage", "LOW_VOLTAGE", 160, "kW", "", "SANLING", null, null, "S2 附表2-6")]
    [InlineData("national", "zero-investment-urban", "COMPANY_PAYS", 160, "kW", "01", "SMALL_MICRO", null, "2022-12-31", "S2 附表2 一.3")]
    [InlineData("national", "zero-investment-rural", "COMPANY_PAYS", 100, "kW", "02 03", "SMALL_MICRO", null, "2022-12-31", "S2 附表2 一.3")]
    [InlineData("national", "zero-investment", "COMPANY_PAYS", 160, "kW", "", "SMALL_MICRO", "2023-01-01", null, "S2 附表2 一.3")]
    [InlineData("national", "boundary", "COMPANY_PAYS", null, null, "", "", null, null, "S2 附表2-7")]
    [InlineData("jinzhong", "ev-charger", "COMPANY_PAYS", null, null, "", "EV_CHARGER", null, null, "S0 任务四")]
    [InlineData("lianyungang", "low-voltage", "LOW_VOLTAGE", 160, "kW", "", "", null, null, "S3 三.8")]
    [InlineData("lianyungang", "boundary", "COMPANY_PAYS", null, null, "", "", null, null, "S3 三.9")]
    [InlineData("hohhot", "low-voltage", "LOW_VOLTAGE", 100, "kVA", "", "SMALL_MICRO", null, null, "S4 三")]
    [InlineData("hohhot", "company-pays", "COMPANY_PAYS", 100, "kVA", "", "SMALL_MICRO", null, null, "S4 三")]
    public void A_threshold_is_the_one_of_the_document(
        string pack, string id, string grants, int? amount, string? unit, string areas, string tags, string? from, string? to, string clause)
    {
        var rule = Assert.Single(Pack(pack).Thresholds, rule => rule.Id == id);

        Assert.Equal((grants, (decimal?)amount, unit, true, areas, tags, clause),
            (rule.Grants, rule.Amount, rule.Unit, rule.Inclusive, string.Join(' ', rule.Areas), string.Join(' ', rule.Applies.Tags), rule.Clause));
        Assert.Equal((from is null ? null : Day(from), to is null ? (DateOnly?)null : Day(to)), (rule.Applies.From, rule.Applies.To));
    }

    [Fact]
    public void A_hundred_kilovoltamperes_are_inside_and_the_other_reading_is_kept()
    {
        var rule = Pack("hohhot").Thresholds.Single(rule => rule.Id == "company-pays");

        Assert.True(rule.Inclusive);
        Assert.Equal((100m, "S4 三"), (Assert.Single(rule.Others).Value, rule.Others[0].Clause));
    }

    // §7 of the reading: E1 to E4.
    [Theory]
    [InlineData("E1", "jinzhong", "JZ-21-FEIJINMIANPI", "LV_SMALL_MICRO SITE_5G", "inUrbanDistrict insideForbidden municipalFacility workPosition workQuantity", "EXEMPT", "EXCAVATION", true, false, "S0 任务二")]
    [InlineData("E2", "lianyungang", "LYG-2-1000M", "SUPPORTING_WORK", "lengthM occupies laneStillUsable", "FILING_ONLY", "PLANNING EXCAVATION TRAFFIC GREEN", false, true, "S3 三.2")]
    [InlineData("E3", "linfen", "SHORT-LV", "LOW_VOLTAGE", "", "MANUAL_REVIEW", "PLANNING EXCAVATION GREEN", false, false, "S1 二")]
    [InlineData("E3", "shanxi", "SHORT-LV", "LOW_VOLTAGE", "", "MANUAL_REVIEW", "PLANNING EXCAVATION GREEN", false, false, "S2 一")]
    [InlineData("E4", "linfen", "10KV", "OTHER", "", "MANUAL_REVIEW", "PLANNING EXCAVATION GREEN", false, false, "S1 二")]
    [InlineData("E4", "shanxi", "10KV", "OTHER", "", "MANUAL_REVIEW", "PLANNING EXCAVATION GREEN", false, false, "S2 一")]
    public void An_exemption_is_the_one_of_the_document(
        string row, string pack, string id, string purposes, string facts, string result, string permits, bool commitment, bool filing, string clause)
    {
        var rule = Assert.Single(Pack(pack).Exemptions, rule => rule.Id == id);

        Assert.Equal((row, purposes, facts, result, permits, commitment, filing, clause, null), (row, string.Join(' ', rule.Purposes),
            string.Join(' ', rule.Conditions.Select(condition => condition.Fact)), rule.Result, string.Join(' ', rule.Permits), rule.Commitment, rule.Filing, rule.Clause, rule.RestoreWorkingDays));
    }

    [Fact]
    public void The_conditions_of_the_two_exemptions_with_figures_are_those_of_the_letter()
    {
        var jinzhong = Pack("jinzhong").Exemptions.Single(rule => rule.Id == "JZ-21-FEIJINMIANPI").Conditions;
        var lianyungang = Assert.Single(Pack("lianyungang").Exemptions).Conditions;

        Assert.Equal([true, false, false, null, null], jinzhong.Select(condition => condition.Is));
        Assert.Equal([false, false, false, true, true], jinzhong.Select(condition => condition.Given));
        Assert.Equal((1000m, null), (lianyungang[0].Below, lianyungang[0].AtMost));
        Assert.Equal(["SIDEWALK", "NON_MOTOR_LANE"], lianyungang[1].OnlyOf);
        Assert.True(lianyungang[2].Is);
    }

    // E5: taken in fast, delivered together. E6 is a row of the steps. E7: filing online. E8: price of restoring the road.
    [Theory]
    [InlineData("E5", "linfen", "PLANNING", "统一送达")]
    [InlineData("E5", "shanxi", "EXCAVATION", "统一送达")]
    [InlineData("E8", "hohhot", "EXCAVATION", "路面修复")]
    public void What_eases_a_permit_without_sparing_it_stands_at_the_permit(string row, string pack, string item, string words) =>
        Assert.True(Pack(pack).Permits.Single(permit => permit.Item == item).Note!.Zh.Contains(words, StringComparison.Ordinal), row);

    [Fact]
    public void Filing_goes_online_with_the_parallel_permits() =>
        Assert.Contains("S3 三.6", Assert.Single(Pack("lianyungang").Exemptions).Note!.Zh, StringComparison.Ordinal);

    [Theory]
    [InlineData("hohhot", "PLANNING", "市自然资源局", "", "S4 五(二)2")]
    [InlineData("hohhot", "EXCAVATION", "市城管执法局（管线局）", "SIDEWALK NON_MOTOR_LANE MOTOR_LANE ROAD", "S4 五(二)3")]
    [InlineData("hohhot", "TRAFFIC", "市公安局交管支队", "SIDEWALK NON_MOTOR_LANE MOTOR_LANE ROAD", "S4 五(二)3")]
    [InlineData("hohhot", "GREEN", "市行政审批局", "GREEN TREE PARK", "S4 五(二)4")]
    [InlineData("lianyungang", "PLANNING", "连云港市自然资源局", "", "S3 三.2")]
    [InlineData("lianyungang", "TRAFFIC", "连云港市公安局", "SIDEWALK NON_MOTOR_LANE MOTOR_LANE ROAD", "S3 三.2")]
    [InlineData("jinzhong", "EXCAVATION", "晋中市城市管理局", "SIDEWALK NON_MOTOR_LANE MOTOR_LANE ROAD", "S0 任务二")]
    [InlineData("jinzhong", "PLANNING", "自然资源部门", "", "S2 一")]
    [InlineData("linfen", "PLANNING", "自然资源部门", "", "S1 二")]
    [InlineData("linfen", "EXCAVATION", "市政部门", "SIDEWALK NON_MOTOR_LANE MOTOR_LANE ROAD", "S1 二")]
    [InlineData("linfen", "GREEN", "绿化部门", "GREEN TREE PARK", "S1 二")]
    [InlineData("shanxi", "GREEN", "绿化部门", "GREEN TREE PARK", "S2 一")]
    public void A_permit_has_its_department(string pack, string item, string department, string occupies, string clause)
    {
        var rule = Assert.Single(Pack(pack).Permits, rule => rule.Item == item);

        Assert.Equal((department, occupies, clause), (rule.Department.Zh, string.Join(' ', rule.Occupies), rule.Clause));
    }

    [Theory]
    [InlineData("jinzhong", "supervisor", "city-energy", "S0 head")]
    [InlineData("linfen", "supervisor", "city-energy", "S1 四.1")]
    [InlineData("shanxi", "supervisor", "city-energy", "S2 四(一)")]
    [InlineData("lianyungang", "supervisor", "city-power", "S3 四(三)")]
    [InlineData("hohhot", "supervisor", "industry", "S4 五(一)1")]
    [InlineData("jinzhong", "permits", "permit-window", "S0 任务三(一)")]
    [InlineData("linfen", "permits", "permit-window", "S1 三.2")]
    [InlineData("shanxi", "permits", "permit-window", "S2 二(一)2")]
    [InlineData("lianyungang", "permits", "permit-window", "S3 三.6")]
    [InlineData("hohhot", "permits", "permit-window", "S4 五(二)1")]
    [InlineData("hohhot", "credit", "credit-platform", "S4 六(四)")]
    public void A_place_has_one_supervisor_one_window_and_where_named_one_credit_platform(string pack, string role, string id, string clause)
    {
        var authority = Assert.Single(Pack(pack).Authorities, authority => authority.Roles.Contains(role));

        Assert.Equal((id, clause), (authority.Id, authority.Clause));
    }

    // §9 of the reading.
    [Theory]
    [InlineData("linfen", "county-week", "WEEK", "city-energy", 4, null, null, "S1 四.1")]
    [InlineData("linfen", "county-prompt", "ON_EVENT", "city-energy", null, null, null, "S1 四.1")]
    [InlineData("linfen", "utility-half-year", "HALF_YEAR", "city-energy", null, null, null, "S1 四.2")]
    [InlineData("shanxi", "city-quarter", "QUARTER", "province-energy", null, 0, null, "S2 四(一)")]
    [InlineData("shanxi", "city-prompt", "ON_EVENT", "province-energy regulator", null, null, null, "S2 四(一)")]
    [InlineData("shanxi", "utility-plan", "ON_EVENT", "province-energy regulator", null, null, "2021-05-31", "S2 四(二)")]
    [InlineData("shanxi", "utility-may", "MAY", "province-energy regulator", null, 0, null, "S2 四(二)")]
    [InlineData("shanxi", "utility-november", "NOVEMBER", "province-energy regulator", null, 0, null, "S2 四(二)")]
    [InlineData("shanxi", "province-year", "YEAR", "national-energy regulator", null, null, null, "S2 三(二)3")]
    [InlineData("shanxi", "province-request", "ON_EVENT", "national-energy", null, null, null, "S2 四(四)")]
    [InlineData("jinzhong", "city-quarter", "QUARTER", "province-energy", null, 0, null, "S2 四(一)")]
    [InlineData("linfen", "utility-may", "MAY", "province-energy regulator", null, 0, null, "S2 四(二)")]
    [InlineData("hohhot", "group-regular", "ON_EVENT", "working-group", null, null, null, "S4 六(一)")]
    public void A_report_is_the_one_of_the_document(string pack, string id, string period, string receivers, int? beforeWeekday, int? dueDays, string? dueOn, string clause)
    {
        var rule = Assert.Single(Pack(pack).Reports, rule => rule.Id == id);

        Assert.Equal((period, receivers, beforeWeekday, dueDays, dueOn is null ? (DateOnly?)null : Day(dueOn), clause),
            (rule.Period, string.Join(' ', rule.Receivers), rule.BeforeWeekday, rule.DueDays, rule.DueOn, rule.Clause));
    }

    // L43 to L45, L47 to L49 and the dates of §6 and §9; L46 is told to the public and stands there.
    [Theory]
    [InlineData("L43", "shanxi", "platform-first", null, "2021-07-31", "S2 二(二)4")]
    [InlineData("L43", "shanxi", "platform-all", null, "2021-12-31", "S2 二(二)4")]
    [InlineData("L43", "national", "cn-platform", null, "2021-12-31", "S2 附表2-5")]
    [InlineData("L44", "jinzhong", "one-click", null, "2021-12-31", "S0 任务一")]
    [InlineData("L44", "jinzhong", "exemption-pilot", null, "2021-10-31", "S0 任务二")]
    [InlineData("L45", "shanxi", "utility-rules", null, "2021-05-15", "S2 附表2 三.2")]
    [InlineData("L47", "shanxi", "plan-start", "2020-10-01", "2021-05-31", "S2 三(一)")]
    [InlineData("L47", "shanxi", "plan-work", "2021-06-01", "2022-09-30", "S2 三(二)")]
    [InlineData("L47", "shanxi", "plan-review", "2022-10-01", "2022-12-31", "S2 三(三)")]
    [InlineData("L48", "shanxi", "green-channel", null, "2021-12-31", "S2 一")]
    [InlineData("L48", "linfen", "green-channel", null, "2021-12-31", "S1 二")]
    [InlineData("L49", "shanxi", "sanling", null, "2022-12-31", "S2 一")]
    [InlineData("§6", "shanxi", "leasing-everywhere", null, "2021-12-31", "S2 附表2-6")]
    [InlineData("§6", "shanxi", "leasing-by-choice", null, "2022-12-31", "S2 附表2-6")]
    [InlineData("§9", "national", "cn-service-standard", null, "2020-12-31", "S2 附表2-11")]
    public void A_date_of_the_plan_is_a_milestone(string row, string pack, string id, string? from, string by, string clause)
    {
        var milestone = Assert.Single(Pack(pack).Milestones, milestone => milestone.Id == id);

        Assert.Equal((row, from is null ? null : Day(from), Day(by), clause), (row, milestone.From, milestone.By, milestone.Clause));
    }

    // §4 of the reading, last paragraph.
    [Theory]
    [InlineData("linfen", "extra-steps extra-materials commitment-letter market-barrier named-seller named-contractor forced-channel", "S1 三.6")]
    [InlineData("shanxi", "extra-steps extra-materials commitment-letter market-barrier named-seller named-contractor forced-channel", "S2 二(二)3")]
    [InlineData("jinzhong", "extra-steps extra-materials commitment-letter market-barrier named-seller named-contractor forced-channel", "S2 二(二)3")]
    [InlineData("national", "extra-steps extra-materials commitment-letter forced-channel", "S2 附表2-4")]
    public void What_must_not_be_asked_is_listed(string pack, string ids, string clause)
    {
        Assert.Equal(ids, string.Join(' ', Pack(pack).Prohibitions.Select(one => one.Id)));
        Assert.Equal(clause, Pack(pack).Prohibitions.First(one => one.Id == "extra-materials").Clause);
    }

    [Theory]
    [InlineData("jinzhong")]
    [InlineData("linfen")]
    [InlineData("shanxi")]
    [InlineData("national")]
    [InlineData("lianyungang")]
    [InlineData("hohhot")]
    public void Warnings_are_given_at_50_80_and_100_percent_and_are_ours(string pack) => Assert.Equal(
        ["50 responsible hub default", "80 responsible supervisor hub default", "100 responsible supervisor hub default"],
        Pack(pack).Warnings.Select(warning => $"{warning.Percent} {string.Join(' ', warning.To)} {warning.Source}"));

    [Fact]
    public void Every_rule_cites_a_clause_or_says_that_it_is_ours()
    {
        var origins = Set.Policies.SelectMany(policy => (IEnumerable<(string Rule, string Source, string? Clause, Bilingual? Note)>)
        [
            .. policy.Limits.Select(rule => ($"{policy.Id} {rule.Id}", rule.Source, rule.Clause, rule.Note)),
            .. policy.Steps.Select(rule => ($"{policy.Id} {rule.Id}", rule.Source, rule.Clause, rule.Note)),
            .. policy.Thresholds.Select(rule => ($"{policy.Id} {rule.Id}", rule.Source, rule.Clause, rule.Note)),
            .. policy.Exemptions.Select(rule => ($"{policy.Id} {rule.Id}", rule.Source, rule.Clause, rule.Note)),
            .. policy.Permits.Select(rule => ($"{policy.Id} {rule.Item}", rule.Source, rule.Clause, rule.Note)),
            .. policy.Authorities.Select(rule => ($"{policy.Id} {rule.Id}", rule.Source, rule.Clause, rule.Note)),
            .. policy.Reports.Select(rule => ($"{policy.Id} {rule.Id}", rule.Source, rule.Clause, rule.Note)),
            .. policy.Milestones.Select(rule => ($"{policy.Id} {rule.Id}", rule.Source, rule.Clause, rule.Note)),
            .. policy.Prohibitions.Select(rule => ($"{policy.Id} {rule.Id}", rule.Source, rule.Clause, rule.Note)),
            .. policy.Recording is { } recording ? [($"{policy.Id} recording", recording.Source, recording.Clause, recording.Note)] : Array.Empty<(string, string, string?, Bilingual?)>(),
            .. policy.Warnings.Select(rule => ($"{policy.Id} {rule.Percent}", rule.Source, rule.Clause, rule.Note)),
            .. (policy.Documents ?? []).Select(rule => ($"{policy.Id} {rule.Material}", rule.Source, rule.Clause, rule.Note)),
        ]).ToList();

        Assert.True(origins.Count > 250, $"{origins.Count} rules");
        Assert.All(origins, origin => Assert.True(origin.Source == RuleSources.Document
            ? origin.Clause is ['S', >= '0' and <= '4', ' ', ..]
            : origin is { Source: RuleSources.HubDefault, Clause: null, Note: not null }, origin.Rule));
    }

    private static Policy Pack(string id) => Set.Policies.Single(policy => policy.Id == id);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}
