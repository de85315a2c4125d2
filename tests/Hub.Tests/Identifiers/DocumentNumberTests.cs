using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Identifiers;

public sealed class DocumentNumberTests
{
    [Theory]
    [InlineData("临能源电力发〔2021〕189号")]
    [InlineData("临能源电力发[2021]189号")]
    [InlineData("临能源电力发［2021］189号")]
    [InlineData("临能源电力发【2021】189号")]
    [InlineData("临能源电力发(2021)189号")]
    [InlineData("临能源电力发（2021）189号")]
    [InlineData("临能源电力发〖2021〗189号")]
    [InlineData("临能源电力发〔2021)189号")]
    [InlineData(" 临能源电力发 〔 ２０２１ 〕 １８９ 号\u3000")]
    public void All_prints_of_a_number_become_one(string raw)
    {
        var number = DocumentNumber.Parse(raw);

        Assert.Equal(("临能源电力发〔2021〕189号", 2021, IdentifierDoubt.None), (number.Text, number.Year, number.Doubt));
        Assert.Equal(number.Text, DocumentNumber.Normalise(raw));
    }

    [Theory]
    [InlineData("浔发改2024年10号", "浔发改2024年10号", IdentifierDoubt.NoYear)]
    [InlineData("发改(能源)第7号", "发改(能源)第7号", IdentifierDoubt.NoYear)]
    [InlineData("发改（12）7号", "发改（12）7号", IdentifierDoubt.NoYear)]
    [InlineData("(20211)7", "(20211)7", IdentifierDoubt.NoYear)]
    [InlineData("〔2021〕", "〔2021〕", IdentifierDoubt.None)]
    [InlineData("(2021", "(2021", IdentifierDoubt.NoYear)]
    [InlineData("A(b)[2021]1号(c)", "A(b)〔2021〕1号(c)", IdentifierDoubt.None)]
    [InlineData("", "", IdentifierDoubt.Empty)]
    [InlineData("  ", "", IdentifierDoubt.Empty)]
    public void Only_the_year_gets_brackets(string raw, string text, IdentifierDoubt doubt)
    {
        Assert.Equal((text, doubt), (DocumentNumber.Parse(raw).Text, DocumentNumber.Parse(raw).Doubt));
    }

    [Fact]
    public void A_number_that_is_right_is_the_same_string()
    {
        var raw = "临能源电力发〔2021〕189号";

        Assert.Same(raw, DocumentNumber.Normalise(raw));
    }
}
