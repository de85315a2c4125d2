using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Identifiers;

public sealed class UsccTests
{
    [Theory]
    [InlineData("11100000000013338W")]
    [InlineData("11100000MB03271699")]
    [InlineData("11100000000013127D")]
    [InlineData("11100000MB0143028R")]
    [InlineData("11430000006122244L")]
    [InlineData("11330105002500287C")]
    public void Issued_codes_hold(string code)
    {
        Assert.Equal(IdentifierDoubt.None, Uscc.Parse(code).Doubt);
        Assert.True(Uscc.Parse(code).Ok);
    }

    [Theory]
    [InlineData("91350100M0001TGQXM")]
    [InlineData("91350211M0000XUF46")]
    [InlineData("91350203M0001FUE2P")]
    public void Codes_of_the_pilot_batch_fail_their_check_digit_and_are_only_doubted(string code) =>
        Assert.Equal(IdentifierDoubt.CheckDigit, Uscc.Parse(code).Doubt);

    [Theory]
    [InlineData("", IdentifierDoubt.Empty)]
    [InlineData(" \u3000", IdentifierDoubt.Empty)]
    [InlineData("1110000000001333", IdentifierDoubt.Form)]
    [InlineData("11100000000013338WW", IdentifierDoubt.Form)]
    [InlineData("1110000000001333IW", IdentifierDoubt.Form)]
    [InlineData("1110A000000013338W", IdentifierDoubt.Form)]
    [InlineData("111000000000****8W", IdentifierDoubt.Masked)]
    [InlineData("11100000000013339W", IdentifierDoubt.CheckDigit)]
    public void Says_what_is_odd(string code, IdentifierDoubt doubt) => Assert.Equal(doubt, Uscc.Parse(code).Doubt);

    [Fact]
    public void A_sum_of_31_times_n_gives_check_character_0()
    {
        var zero = Enumerable.Range(0, 31).Select(i => "9114100000000001" + "0123456789ABCDEFGHJKLMNPQRTUWXY"[i])
            .Select(start => Uscc.Parse(start + "0")).Where(code => code.Doubt != IdentifierDoubt.CheckDigit);

        Assert.Single(zero);
    }

    [Fact]
    public void An_organisation_code_with_a_wrong_check_digit_is_doubted_though_the_whole_holds()
    {
        var doubts = "0123456789ABCDEFGHJKLMNPQRTUWXY".Select(check => Uscc.Parse("11100000000013339" + check).Doubt).ToList();

        Assert.Equal(IdentifierDoubt.OrganisationCode, Assert.Single(doubts, doubt => doubt != IdentifierDoubt.CheckDigit));
    }

    [Fact]
    public void Full_width_blanks_and_case_are_put_right()
    {
        var code = Uscc.Parse(" １１１00000 000013338ｗ\u3000");

        Assert.Equal("11100000000013338W", code.Text);
        Assert.True(code.Ok);
        Assert.Equal("000013338", code.OrganisationCode.ToString());
    }
}
