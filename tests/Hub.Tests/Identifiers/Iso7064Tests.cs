using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Identifiers;

public sealed class Iso7064Tests
{
    [Theory]
    [InlineData("2101140700040112345", '0')]
    [InlineData("2108141161890277613", '6')]
    [InlineData("2501350121040137462", '4')]
    [InlineData("2305430000040543913", '9')]
    [InlineData("2303440114040188347", '6')]
    public void Mod_11_10_gives_the_check_digit_of_published_project_codes(string digits, char check) =>
        Assert.Equal(check, Iso7064.Mod11And10(digits));

    [Theory]
    [InlineData("11100000000013338W01111430000006122244L20230000403001", 'U')]
    [InlineData("11100000MB03271699022340100000000016001", '9')]
    [InlineData("11100000000013338W00911330105002500287C2025052201002", '0')]
    public void Mod_37_36_gives_the_check_character_of_issued_e_licences(string characters, char check) =>
        Assert.Equal(check, Iso7064.Mod37And36(characters));

    [Fact]
    public void Every_single_wrong_digit_is_found()
    {
        const string Right = "21081411618902776136";
        for (var i = 0; i < Right.Length; i++)
        {
            for (var digit = '0'; digit <= '9'; digit++)
            {
                var wrong = Right[..i] + digit + Right[(i + 1)..];
                Assert.Equal(wrong == Right, Iso7064.Mod11And10(wrong.AsSpan(0, 19)) == wrong[19]);
            }
        }
    }

    [Theory]
    [InlineData("12A4")]
    [InlineData("12 4")]
    public void What_is_no_digit_has_no_check_digit(string text) => Assert.Equal('\0', Iso7064.Mod11And10(text));

    [Theory]
    [InlineData("ab")]
    [InlineData("1.2")]
    public void What_is_outside_the_alphabet_has_no_check_character(string text) => Assert.Equal('\0', Iso7064.Mod37And36(text));
}
