using System.Globalization;
using Hub.Commands;
using Hub.Policies;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Policies;

/// <summary><c>policy diff</c> and <c>policy what-if</c>.</summary>
public sealed class PolicyQuestionsTests
{
    private static readonly Policy Linfen = Pack("linfen");

    [Fact]
    public void A_pack_says_the_same_as_itself() => Assert.All(ShippedPacks.Set.Policies, policy => Assert.Empty(PolicyDiff.Between(policy, policy)));

    [Fact]
    public void What_came_went_and_changed_is_told_rule_by_rule_with_its_clause()
    {
        var later = Linfen with
        {
            Version = "2021.2",
            Limits = [.. Linfen.Limits.Where(rule => rule.Id != "resident").Select(rule => rule.Id == "hv-single" ? rule with { Limit = 12, Excludes = [], Clause = "S1 二(新)" } : rule)],
            Permits = [.. Linfen.Permits, new PermitRule { Item = "HIGHWAY", Department = new("公路", "Highways"), Occupies = [], Source = "document", Clause = "S1 九" }],
            FirstContact = Linfen.FirstContact! with { LimitWorkingDays = 5 },
        };

        Assert.Equal(
            [
                "~ pack version: 2021.1 → 2021.2",
                "~ pack pin: linfen@2021.1 → linfen@2021.2",
                "~ first_contact limit_working_days: 3 → 5",
                "~ limits/hv-single limit: 15 → 12 (S1 二(新))",
                "~ limits/hv-single excludes: [EXTERNAL_WORK, PERMIT, APPLICANT] → [] (S1 二(新))",
                "~ limits/hv-single clause: S1 二 → S1 二(新) (S1 二(新))",
                "- limits/resident 居民，报装申请到装表接电全过程 (S1 二)",
                "+ permits/HIGHWAY (S1 九)",
            ],
            PolicyDiff.Between(Linfen, later).OrderBy(line => line[0] == '~' ? 0 : line[0] == '-' ? 1 : 2));
    }

    [Fact]
    public void Two_cities_differ_by_their_documents()
    {
        var lines = PolicyDiff.Between(Pack("shanxi"), Linfen);

        Assert.Contains("~ limits/hv-single clause: S2 一 → S1 二 (S1 二)", lines);
        Assert.Contains("+ reports/county-week 工作台账 (S1 四.1)", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("~ limits/hv-single limit:", StringComparison.Ordinal));
        Assert.Contains("~ documents/low_voltage/application/identity clause: S2 二(二)3 → S1 三.6 (S1 三.6)", lines);
    }

    [Theory]
    [InlineData("jinzhong", "HV_SINGLE", "2021-09-28", "> hv-single 高压单电源接电: 15 working_days, due 2021-10-25, without EXTERNAL_WORK, the pause counts [S0 任务三(二)]")]
    [InlineData("linfen", "HV_SINGLE", "2021-09-28", "> hv-single 高压单电源，供电企业办理合计: 15 working_days, due 2021-10-28, without EXTERNAL_WORK, PERMIT, APPLICANT [S1 二]")]
    [InlineData("linfen", "LV_RESIDENT", "2026-12-29", "> resident 居民，报装申请到装表接电全过程: 4 working_days, due 2027-01-04 (provisional), the pause counts [S1 二]")]
    [InlineData("jinzhong", "LV_RESIDENT", "2021-09-30", "> resident 低压居民用电报装: 1 calendar_days, due 2021-10-01, the pause counts [S0 任务三(二)]")]
    [InlineData("hohhot", "HV_DUAL", "2020-06-01", "= average 平均用时: 25 working_days on average [S4 三]")]
    [InlineData("hohhot", "HV_DUAL", "2020-06-01", "> works 外线工程建设: 10 working_days, from PERMIT.FINISH [S4 五(三)]")]
    [InlineData("hohhot", "HV_DUAL", "2020-06-01", "? whole-excavation 有外线且需道路开挖，全过程: 30 working_days [S4 三] depends on needsExcavation")]
    [InlineData("lianyungang", "LV_NONRES", "2021-12-01", "> approval 10、20千伏及以下接入行政审批: 5 working_days, from the application for permits [S3 三.2]")]
    public void A_limit_is_told_with_its_last_day_or_why_it_has_none(string pack, string customer, string accepted, string line) =>
        Assert.Contains(line, Ask(pack, customer, accepted));

    [Fact]
    public void What_does_not_run_says_why()
    {
        var lines = Ask("jinzhong", "HV_SINGLE", "2021-09-28");

        Assert.Contains(lines, line => line.StartsWith("    not 20 [S0 任务三]: 任务名称中的数值", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("- cn-hv-single 高压单电源，供电企业办理合计（全国）: 22 working_days [S2 附表2 一.1] 全国最低要求", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("hv-dual", StringComparison.Ordinal));
    }

    // Three days of the applicant's own, of which the first is counted.
    private static IReadOnlyList<string> Ask(string pack, string customer, string accepted) => PolicyWhatIf.Lines(
        Pack(pack), new(customer, [], DateOnly.ParseExact(accepted, "yyyy-MM-dd", CultureInfo.InvariantCulture), new ConnectionApplication { HasExternalLine = true }, [(new(2021, 10, 11), new(2021, 10, 14))]),
        ShippedPacks.Set.Calendar);

    private static Policy Pack(string id) => ShippedPacks.Set.Policies.Single(policy => policy.Id == id);
}
