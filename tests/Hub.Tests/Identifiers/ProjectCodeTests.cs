using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Identifiers;

public sealed class ProjectCodeTests
{
    [Theory]
    [InlineData("2101-140700-04-01-123450", "140700")]
    [InlineData("2108-141161-89-02-776136", "141161")]
    [InlineData("2501-350121-04-01-374624", "350121")]
    [InlineData("2305-430000-04-05-439139", "430000")]
    [InlineData("2303-440114-04-01-883476", "440114")]
    public void Present_codes_hold(string text, string region)
    {
        var code = ProjectCode.Parse(text);

        Assert.Equal((CodeSchemes.Gbt40058, IdentifierDoubt.None), (code.Scheme, code.Doubt));
        Assert.True(code.Ok);
        Assert.True(code.Identifies);
        Assert.Equal(region, code.Region.ToString());
        Assert.Same(text, code.Text);
    }

    [Theory]
    [InlineData("2101-140700-04-01-123456", CodeSchemes.Gbt40058, IdentifierDoubt.CheckDigit)]
    [InlineData("2019-320724-01-01-549184", CodeSchemes.OldYear, IdentifierDoubt.OldForm)]
    [InlineData("2016-320724-01-01-549184", CodeSchemes.OldYear, IdentifierDoubt.OldForm)]
    [InlineData("2020-320724-77-01-535783", CodeSchemes.OldYear, IdentifierDoubt.OldForm)]
    [InlineData("2015-320724-01-01-549184", CodeSchemes.Local, IdentifierDoubt.LocalForm)]
    [InlineData("2021-320724-01-01-549184", CodeSchemes.Local, IdentifierDoubt.LocalForm)]
    [InlineData("2113-320724-01-01-549184", CodeSchemes.Local, IdentifierDoubt.LocalForm)]
    [InlineData("2100-320724-01-01-549184", CodeSchemes.Local, IdentifierDoubt.LocalForm)]
    [InlineData("2015320724FG0094", CodeSchemes.Local, IdentifierDoubt.LocalForm)]
    [InlineData("2101-140700-04-01-12345", CodeSchemes.Local, IdentifierDoubt.LocalForm)]
    [InlineData("2101-140700-04-01-1234500", CodeSchemes.Local, IdentifierDoubt.LocalForm)]
    [InlineData("2101-140700-04-0112-3450", CodeSchemes.Local, IdentifierDoubt.LocalForm)]
    [InlineData("", CodeSchemes.None, IdentifierDoubt.Empty)]
    [InlineData(" \u3000\u00a0", CodeSchemes.None, IdentifierDoubt.Empty)]
    [InlineData(null, CodeSchemes.None, IdentifierDoubt.Empty)]
    [InlineData("2304-*-04-01-*", CodeSchemes.Gbt40058, IdentifierDoubt.Masked)]
    [InlineData("2304-******-04-01-123***", CodeSchemes.Gbt40058, IdentifierDoubt.Masked)]
    [InlineData("2019-320724-01-01-******", CodeSchemes.OldYear, IdentifierDoubt.Masked)]
    [InlineData("****-320724-01-01-549184", CodeSchemes.Local, IdentifierDoubt.Masked)]
    [InlineData("*", CodeSchemes.Local, IdentifierDoubt.Masked)]
    public void Says_the_form_and_what_is_odd(string? text, string scheme, IdentifierDoubt doubt)
    {
        var code = ProjectCode.Parse(text);

        Assert.Equal((scheme, doubt), (code.Scheme, code.Doubt));
    }

    [Theory]
    [InlineData("2008-140700-04-01-12345")]
    [InlineData("2011-140700-04-01-12345")]
    [InlineData("2012-140700-04-01-12345")]
    public void Months_of_2020_are_not_years(string start)
    {
        var holding = Enumerable.Range(0, 10).Select(check => ProjectCode.Parse($"{start}{check}")).ToList();

        Assert.All(holding, code => Assert.Equal(CodeSchemes.Gbt40058, code.Scheme));
        Assert.Single(holding, code => code.Ok);
    }

    [Theory]
    [InlineData("２１０８-141161-89-02-776136")]
    [InlineData("2108－141161－89－02－776136")]
    [InlineData("2108—141161–89‐02−776136")]
    [InlineData(" 2108-141161 -89-02-776136\u3000")]
    [InlineData("\uFEFF2108-141161-89-02-776136\u200B")]
    public void Full_width_blanks_and_dashes_are_put_right(string text)
    {
        Assert.Equal("2108-141161-89-02-776136", ProjectCode.Parse(text).Text);
        Assert.True(ProjectCode.Parse(text).Ok);
    }

    [Fact]
    public void Case_is_put_right() => Assert.Equal("2015320724FG0094", ProjectCode.Parse("2015320724fg0094").Text);

    [Theory]
    [InlineData("2304-*-04-01-*", "")]
    [InlineData("2304-140*00-04-01-*", "")]
    [InlineData("2304-140700-04-01-*", "140700")]
    [InlineData("2015320724FG0094", "")]
    [InlineData("2304-1-1-1-*", "")]
    public void The_region_is_given_only_where_it_can_be_read(string text, string region) => Assert.Equal(region, ProjectCode.Parse(text).Region.ToString());

    [Fact]
    public void A_masked_code_identifies_nothing() => Assert.False(ProjectCode.Parse("2304-*-04-01-＊").Identifies);

    [Fact]
    public void A_text_of_any_length_is_taken() => Assert.Equal(5000, ProjectCode.Parse(new string('a', 5000)).Text.Length);
}
