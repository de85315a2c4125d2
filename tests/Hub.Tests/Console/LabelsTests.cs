using System.Reflection;
using Hub.Console;
using Hub.Ledger;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Console;

public sealed class LabelsTests
{
    // Those that the engine gives besides what a partner answered.
    private static readonly string[] OfTheEngine = ["lease_ended", "retry_by_operator", "parked_by_operator", WaitRow.Offered];

    [Theory]
    [InlineData("no_outage_rule")]
    [InlineData("no_channel")]
    [InlineData("restoration_overdue")]
    [InlineData("gateway_silent")]
    [InlineData("not_the_gateway")]
    [InlineData("no_such_notification")]
    public void What_holds_up_a_notice_of_an_outage_has_a_word_in_both_languages(string key)
    {
        Assert.NotEqual(key, Labels.Of(key, english: false));
        Assert.NotEqual(key, Labels.Of(key, english: true));
    }

    [Fact]
    public void Every_reason_has_a_word_in_both_languages()
    {
        var reasons = typeof(AnswerReasons).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!);

        Assert.All(reasons.Concat(OfTheEngine).Select(reason => $"reason_{reason}"), key =>
        {
            Assert.NotEqual(key, Labels.Of(key, english: false));
            Assert.NotEqual(key, Labels.Of(key, english: true));
        });
    }
}
