using System.Text;
using System.Text.Json.Nodes;
using Hub.Console;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Console;

/// <summary>What a person changes in a command's content, and what of it is let through.</summary>
public sealed class CorrectionsTests
{
    private const string Original = """{"change":"Created","approval":{"projectCode":"2604-141002-04-01-100005","projectName":"示例项目","unitName":"示例公司","contactName":"张示例","contactPhone":"13800000000","regionCode":"141002"},"nonesuch":1}""";

    [Fact]
    public void What_is_left_masked_stays_and_what_is_written_counts()
    {
        var shown = JsonNode.Parse(MaskedJson.Of(Encoding.UTF8.GetBytes(Original), masked: true))!;
        shown["approval"]!["unitName"] = "更正公司";

        var (content, failure) = Merge(shown.ToJsonString());

        Assert.Null(failure);
        var expected = JsonNode.Parse(Original)!;
        expected["approval"]!["unitName"] = "更正公司";
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(content)), Encoding.UTF8.GetString(content!));
        var change = Assert.Single(Corrections.Between(Encoding.UTF8.GetBytes(Original), content!));
        Assert.Equal(new("/approval/unitName", "示例公司", "更正公司"), change);
        Assert.Equal(new("/approval/unitName", "示***", "更***"), Assert.Single(Corrections.Between(Encoding.UTF8.GetBytes(Original), content!, masked: true)));
    }

    [Theory]
    [InlineData("{", "line 1")]
    [InlineData("{\"change\":\"Created\",\"change\":\"Amended\"}", "line 1")]
    [InlineData(Original, "fail_nothing_changed")]
    [InlineData("""{"change":"Created","approval":{"unitName":"张***"}}""", "fail_masked_moved")]
    [InlineData("""{"change":"Nonsense","approval":{}}""", "/change: Must be one of")]
    [InlineData("""{"change":"Created","approval":{"colour":"red"}}""", "/approval/colour: There is no such field.")]
    [InlineData("""{"change":"Created","approval":{"unitName":7}}""", "/approval/unitName: Must be of the type")]
    [InlineData("""{"change":"Created","approval":{"unitName":""}}""", "/approval/unitName: At least 1")]
    [InlineData("""{"change":"Created","approval":{"approvalDate":"tomorrow"}}""", "/approval/approvalDate: Not of the expected form.")]
    [InlineData("[]", "type: object")]
    [InlineData("null", "type: object")]
    public void What_the_schema_does_not_allow_is_named_with_its_place(string edited, string names)
    {
        var (content, failure) = Merge(edited);

        Assert.Null(content);
        Assert.Contains(names, failure, StringComparison.Ordinal);
    }

    // Odd records are delivered: what was odd before and is left alone is let pass.
    [Fact]
    public void What_was_odd_before_does_not_hinder() => Assert.Null(Merge(Original.Replace("示例公司", "更正公司", StringComparison.Ordinal)).Failure);

    [Fact]
    public void A_command_whose_content_nobody_writes_is_not_corrected() =>
        Assert.Equal("fail_not_correctable", Corrections.Merge(CommandTypes.LicenceAnswer, "{}"u8.ToArray(), "{\"a\":1}", english: true).Failure);

    [Fact]
    public void A_proposal_is_read_as_it_was_made()
    {
        var (before, after) = Corrections.Read(Corrections.Proposal("{}"u8.ToArray(), "[1]"u8.ToArray()));

        Assert.Equal((32, "[1]"), (before.Length, Encoding.UTF8.GetString(after)));
    }

    private static (byte[]? Content, string? Failure) Merge(string edited) => Corrections.Merge(CommandTypes.LeadCreate, Encoding.UTF8.GetBytes(Original), edited, english: true);
}
