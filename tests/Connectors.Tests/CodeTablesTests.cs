using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Hub.Schemas;

namespace Hub.Connectors.Tests;

public sealed class CodeTablesTests
{
    public static TheoryData<string> Files => ["sgcc-codes.json", "local-codes.json"];

    /// <summary>The usage codes in circulation; the contract itself allows any three digits of these families.</summary>
    private static readonly string[] Usages = ["100", "200", "201", "202", "203", "300", "301", "400", "401", "402", "403", "405", "500", "900"];

    [Theory, MemberData(nameof(Files))]
    public void Every_code_of_the_contract_has_one_of_the_partners_own(string file)
    {
        var tables = CodeTables.Load(file);
        var contract = new Dictionary<string, IEnumerable<string>>
        {
            ["approvalType"] = Allowed(nameof(ProjectApproval.ApprovalType)).Concat(Allowed(nameof(ProjectApproval.NewPath))),
            ["approvalStage"] = Allowed(nameof(ProjectApproval.ApprovalStage)),
            ["change"] = Enum.GetNames<LeadChange>(),
            ["codeScheme"] = ["GBT40058", "OLD_YEAR", "LOCAL", "NONE"],
            ["usageType"] = Usages,
        };

        var unmapped = contract.SelectMany(table => table.Value.Where(code => tables[table.Key].Find(code) is null).Select(code => $"{table.Key} {code}"));

        Assert.Empty(unmapped);
    }

    [Theory, MemberData(nameof(Files))]
    public void A_table_says_what_it_is_and_what_other_means(string file)
    {
        foreach (var name in (string[])["approvalType", "approvalStage", "change", "codeScheme", "usageType"])
        {
            Assert.NotEmpty(CodeTables.Load(file)[name].About);
            Assert.NotEmpty(CodeTables.Load(file)[name].Other);
        }
    }

    [Theory]
    [InlineData("141002", "1441001")]
    [InlineData("141082", "1441017")]
    [InlineData("141099", "14410")]
    [InlineData("150102", "15401")]
    public void A_division_without_a_supply_unit_of_its_own_falls_back_to_its_city(string region, string unit) =>
        Assert.Equal(unit, CodeTables.Load("sgcc-codes.json")["supplyUnit"].Find(region));

    [Fact]
    public void Nothing_is_translated_by_chance_of_a_prefix_where_the_table_has_none() =>
        Assert.Null(CodeTables.Load("sgcc-codes.json")["usageType"].Find("4031"));

    [Fact]
    public void A_translation_keeps_what_had_no_code_and_only_that()
    {
        var codes = new CodeTranslation(CodeTables.Load("sgcc-codes.json"));

        Assert.Equal("403", codes.Code("usageType", "ydxz", "403"));
        Assert.Null(codes.Code("usageType", "ydxz", null));
        Assert.Null(codes.Unmapped);
        Assert.Equal("900", codes.Code("usageType", "ydxz", "599"));
        Assert.Equal(KeyValuePair.Create("ydxz", "599"), Assert.Single(codes.Unmapped!));
    }

    private static IEnumerable<string> Allowed(string property) =>
        typeof(ProjectApproval).GetProperty(property)!.GetCustomAttribute<AllowedValuesAttribute>()!.Values.Cast<string>();
}
