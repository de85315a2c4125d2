using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Processes;

public sealed class ExemptionsTests
{
    private static readonly ExemptionRule Jinzhong = PermitPolicies.Jinzhong.Exemptions[0];
    private static readonly ExemptionRule Lianyungang = PermitPolicies.Lianyungang.Exemptions[0];

    private static readonly PermitApplication Shop = new()
    {
        Purpose = "LV_SMALL_MICRO", InUrbanDistrict = true, InsideForbidden = false, MunicipalFacility = false, WorkPosition = "示例路1号院内", WorkQuantity = "电缆30米", Occupies = [Occupied.Other],
    };

    private static readonly PermitApplication Line = new() { Purpose = "SUPPORTING_WORK", LengthM = 800, Occupies = [Occupied.Sidewalk, Occupied.NonMotorLane], LaneStillUsable = true };

    [Fact]
    public void All_conditions_of_the_area_rule_make_it_exempt()
    {
        var decision = Exemptions.Decide(Jinzhong, "jinzhong@1", Shop);

        Assert.Equal((ExemptionResults.Exempt, "JZ-21-FEIJINMIANPI", "jinzhong@1", "S0 任务二"), (decision.Result, decision.Rule, decision.Pack, decision.Clause));
        Assert.Equal("purpose=LV_SMALL_MICRO inUrbanDistrict=true insideForbidden=false", string.Join(' ', new[] { "purpose", "inUrbanDistrict", "insideForbidden" }.Select(fact => $"{fact}={decision.Inputs[fact]}")));
        Assert.Empty(decision.Failed);
        Assert.Empty(decision.Missing);
    }

    public static TheoryData<string, string, string> Area => new()
    {
        { "5g", ExemptionResults.Exempt, "" },
        { "other purpose", ExemptionResults.PermitNeeded, "purpose" },
        { "outside the district", ExemptionResults.PermitNeeded, "inUrbanDistrict" },
        { "in a park", ExemptionResults.PermitNeeded, "insideForbidden" },
        { "facility", ExemptionResults.PermitNeeded, "municipalFacility" },
        { "in a park beside a facility", ExemptionResults.PermitNeeded, "insideForbidden municipalFacility" },
        { "district unknown", ExemptionResults.ManualReview, "inUrbanDistrict" },
        { "facility unknown", ExemptionResults.ManualReview, "municipalFacility" },
        { "no position", ExemptionResults.ManualReview, "workPosition" },
        { "no quantity", ExemptionResults.ManualReview, "workQuantity" },
        // What certainly fails decides, whatever else is unknown.
        { "in a park, facility unknown", ExemptionResults.PermitNeeded, "insideForbidden | municipalFacility" },
    };

    [Theory]
    [MemberData(nameof(Area))]
    public void The_area_rule_names_each_failed_and_each_missing_fact(string what, string result, string facts)
    {
        var line = what switch
        {
            "5g" => Shop with { Purpose = "SITE_5G" },
            "other purpose" => Shop with { Purpose = "OTHER" },
            "outside the district" => Shop with { InUrbanDistrict = false },
            "in a park" => Shop with { InsideForbidden = true },
            "facility" => Shop with { MunicipalFacility = true },
            "in a park beside a facility" => Shop with { InsideForbidden = true, MunicipalFacility = true },
            "district unknown" => Shop with { InUrbanDistrict = null },
            "facility unknown" => Shop with { MunicipalFacility = null },
            "no position" => Shop with { WorkPosition = null },
            "no quantity" => Shop with { WorkQuantity = null },
            _ => Shop with { InsideForbidden = true, MunicipalFacility = null },
        };

        var decision = Exemptions.Decide(Jinzhong, "jinzhong@1", line);

        Assert.Equal((result, facts), (decision.Result, Facts(decision)));
        Assert.All(decision.Failed.Concat(decision.Missing), ground => Assert.True(ground.Zh.Length > 0 && ground.En.Length > 0));
    }

    [Theory]
    [InlineData("0", ExemptionResults.FilingOnly, "")]
    [InlineData("999.9", ExemptionResults.FilingOnly, "")]
    [InlineData("1000", ExemptionResults.PermitNeeded, "lengthM")]
    [InlineData("1000.1", ExemptionResults.PermitNeeded, "lengthM")]
    [InlineData(null, ExemptionResults.ManualReview, "lengthM")]
    public void Below_1000_m_does_not_include_1000_m(string? length, string result, string facts)
    {
        var decision = Exemptions.Decide(Lianyungang, "lianyungang@1", Line with { LengthM = length is null ? null : decimal.Parse(length, System.Globalization.CultureInfo.InvariantCulture) });

        Assert.Equal((result, facts), (decision.Result, Facts(decision)));
    }

    [Theory]
    [InlineData("SIDEWALK", true, ExemptionResults.FilingOnly, "")]
    [InlineData("SIDEWALK NON_MOTOR_LANE", true, ExemptionResults.FilingOnly, "")]
    [InlineData("", true, ExemptionResults.FilingOnly, "")]
    [InlineData("SIDEWALK MOTOR_LANE", true, ExemptionResults.PermitNeeded, "occupies")]
    [InlineData("PARK", true, ExemptionResults.PermitNeeded, "occupies")]
    [InlineData("SIDEWALK GREEN", true, ExemptionResults.PermitNeeded, "occupies")]
    [InlineData("SIDEWALK NON_MOTOR_LANE", false, ExemptionResults.PermitNeeded, "laneStillUsable")]
    [InlineData("SIDEWALK NON_MOTOR_LANE", null, ExemptionResults.ManualReview, "laneStillUsable")]
    [InlineData("MOTOR_LANE", null, ExemptionResults.PermitNeeded, "occupies | laneStillUsable")]
    public void Only_pavement_and_part_of_the_non_motor_lane_may_be_filed(string occupies, bool? lane, string result, string facts)
    {
        var decision = Exemptions.Decide(Lianyungang, "lianyungang@1", Line with { Occupies = occupies.Split(' ', StringSplitOptions.RemoveEmptyEntries), LaneStillUsable = lane });

        Assert.Equal((result, facts), (decision.Result, Facts(decision)));
    }

    [Fact]
    public void Both_at_most_and_below_are_read()
    {
        var rule = Lianyungang with { Conditions = [new("lengthM", new("不超过200米", "At most 200 m")) { AtMost = 200 }] };

        Assert.Equal(
            [ExemptionResults.FilingOnly, ExemptionResults.FilingOnly, ExemptionResults.PermitNeeded],
            new[] { 199.9m, 200, 200.1m }.Select(length => Exemptions.Decide(rule, "p", Line with { LengthM = length }).Result));
    }

    [Fact]
    public void A_rule_without_figures_is_decided_by_a_person() =>
        Assert.Equal(ExemptionResults.ManualReview, Exemptions.Decide(PermitPolicies.Linfen.Exemptions[0], "linfen@1", new() { Purpose = "LOW_VOLTAGE", Occupies = [] }).Result);

    private static string Facts(ExemptionDecision decision) =>
        string.Join(" | ", new[] { decision.Failed, decision.Missing }.Where(list => list.Count > 0).Select(list => string.Join(' ', list.Select(ground => ground.Fact))));
}
