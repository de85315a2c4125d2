using System.Text;
using Hub.Console;
using Xunit;

namespace Hub.Tests.Console;

public sealed class MaskedJsonTests
{
    [Theory]
    [InlineData("""{"contactName":"张示例"}""", "张***")]
    [InlineData("""{"contact":{"phone":"13800000000"}}""", "1***")]
    [InlineData("""{"holders":[{"name":"李四","number":"11010519491231002X"}]}""", "李***")]
    [InlineData("""{"address":"示范路 1 号"}""", "示***")]
    [InlineData("""{"note":"Zhang San"}""", "Z***")]
    public void What_may_name_a_person_shows_its_first_character(string json, string shown)
    {
        var text = MaskedJson.Of(Encoding.UTF8.GetBytes(json), masked: true);

        Assert.Contains(shown, text, StringComparison.Ordinal);
        Assert.DoesNotContain("13800000000", text, StringComparison.Ordinal);
        Assert.DoesNotContain("11010519491231002X", text, StringComparison.Ordinal);
        Assert.DoesNotContain("张示例", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Codes_dates_numbers_and_words_of_lists_are_shown()
    {
        var text = MaskedJson.Of("""{"projectCode":"2604-141002-04-01-100005","approvalDate":"2026-04-01","approvalType":"FILING","version":2,"load":1.5,"open":true,"none":null}"""u8.ToArray(), masked: true);

        Assert.DoesNotContain("***", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_JSON_is_not_shown() => Assert.Equal("…", MaskedJson.Of("张示例"u8.ToArray(), masked: false));
}
