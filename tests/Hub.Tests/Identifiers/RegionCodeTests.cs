using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Identifiers;

public sealed class RegionCodeTests
{
    [Theory]
    [InlineData("141033", IdentifierDoubt.None)]
    [InlineData("141161", IdentifierDoubt.None)]
    [InlineData("820000", IdentifierDoubt.None)]
    [InlineData("000052", IdentifierDoubt.UnknownProvince)]
    [InlineData("160000", IdentifierDoubt.UnknownProvince)]
    [InlineData("990000", IdentifierDoubt.UnknownProvince)]
    [InlineData("14103", IdentifierDoubt.Form)]
    [InlineData("1410333", IdentifierDoubt.Form)]
    [InlineData("14103a", IdentifierDoubt.Form)]
    [InlineData("１４１０３３", IdentifierDoubt.Form)]
    [InlineData("", IdentifierDoubt.Empty)]
    public void Says_what_is_odd(string code, IdentifierDoubt doubt) => Assert.Equal(doubt, RegionCode.DoubtOf(code));

    [Fact]
    public void There_are_34_provinces() =>
        Assert.Equal(34, Enumerable.Range(0, 100).Count(n => RegionCode.DoubtOf($"{n:D2}0000") == IdentifierDoubt.None));

    [Fact]
    public void Falls_back_from_county_to_city_to_province() => Assert.Equal(["141033", "1410", "14"], RegionCode.Fallbacks("141033"));

    [Theory]
    [InlineData("1410")]
    [InlineData("abcdef")]
    public void What_is_no_code_has_no_fallbacks(string code) => Assert.Empty(RegionCode.Fallbacks(code));

    [Theory]
    [InlineData("14", true)]
    [InlineData("1410", true)]
    [InlineData("141033", true)]
    [InlineData("141", false)]
    [InlineData("", false)]
    [InlineData("99", false)]
    [InlineData("1x", false)]
    public void A_prefix_has_2_4_or_6_digits_and_begins_with_a_province(string prefix, bool isPrefix) => Assert.Equal(isPrefix, RegionCode.IsPrefix(prefix));
}
