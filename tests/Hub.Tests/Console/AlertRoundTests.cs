using Hub.Console;
using Hub.Console.Pages.Settings;
using Hub.Ledger;
using Hub.Schedule;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Console;

/// <summary>Who is told what, and when.</summary>
public sealed class AlertRoundTests
{
    // 10:00 in the city.
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 2, 0, 0, TimeSpan.Zero);
    private static readonly AlertFacts Quiet = new([], 0, 0, 0, null);

    [Theory]
    [InlineData("incident_opened", null, 0, true, "7")]
    [InlineData("incident_opened", "slp-puxian", 0, true, null)]
    [InlineData("incident_opened", "sgcc-linfen", 0, true, "7")]
    [InlineData("incident_opened", null, 0, false, null)]
    [InlineData("incident_unowned", null, 20, true, "7")]
    [InlineData("incident_unowned", null, 21, true, null)]
    public void An_incident_is_told_by_the_rules_that_mean_it(string kind, string? receiver, int minutes, bool enabled, string? key)
    {
        var due = Of(Rule(kind, receiver, minutes) with { Enabled = enabled }, Quiet with { Incidents = [Incident(owner: null)] });

        Assert.Equal(key, due.SingleOrDefault()?.Key);
    }

    [Fact]
    public void An_incident_with_an_owner_is_not_told_as_nobodys() => Assert.Empty(Of(Rule(AlertKinds.IncidentUnowned), Quiet with { Incidents = [Incident("li.ming")] }));

    [Theory]
    [InlineData(0, 0, 10, null)]
    [InlineData(1, 0, 10, "2026-03-02")]
    [InlineData(0, 1, 10, "2026-03-02")]
    [InlineData(1, 1, 8.49, null)]
    [InlineData(1, 1, 8.5, "2026-03-02")]
    [InlineData(1, 1, 23.9, "2026-03-02")]
    public void Limits_are_told_once_a_day_from_half_past_eight_of_the_city(int soon, int overdue, double hour, string? key)
    {
        var at = new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.FromHours(8)).AddHours(hour).ToUniversalTime();

        Assert.Equal(key, AlertRound.Of([Rule(AlertKinds.Deadlines)], Quiet with { Soon = soon, Overdue = overdue }, at).SingleOrDefault()?.Key);
    }

    [Fact]
    public void What_could_not_be_processed_is_told_again_when_it_is_more()
    {
        Assert.Empty(Of(Rule(AlertKinds.Quarantined), Quiet));
        Assert.Equal("1", Of(Rule(AlertKinds.Quarantined), Quiet with { Quarantined = 1 }).Single().Key);
        Assert.Equal("2", Of(Rule(AlertKinds.Quarantined), Quiet with { Quarantined = 2 }).Single().Key);
    }

    [Fact]
    public void A_broken_chain_is_told_for_each_verification_that_found_it()
    {
        Assert.Empty(Of(Rule(AlertKinds.ChainBroken), Quiet));
        Assert.NotEqual(Of(Rule(AlertKinds.ChainBroken), Quiet with { ChainBrokenAt = Now }).Single().Key, Of(Rule(AlertKinds.ChainBroken), Quiet with { ChainBrokenAt = Now.AddDays(1) }).Single().Key);
    }

    [Fact]
    public void Every_sentence_has_its_words()
    {
        var facts = new AlertFacts([.. IncidentRules.Classes.Select(one => Incident(owner: null) with { Class = one })], 1, 1, 1, Now);
        var told = AlertRound.Of([.. AlertKinds.All.Select(kind => Rule(kind))], facts, Now).ToList();

        Assert.Equal(IncidentRules.Classes.Count + IncidentRules.Classes.Count + 3, told.Count);
        Assert.All(told, due => Assert.NotNull(Labels.Find(due.Word, english: true)));
        Assert.All(AlertKinds.All, kind => Assert.NotNull(Labels.Find($"alert_kind_{kind}", english: false)));
    }

    [Theory]
    [InlineData("张示例 13800000000", 1)]
    [InlineData("张示例,13800000000\n李 示例 13900000000\r\n\n", 2)]
    [InlineData("13800000000", null)]
    [InlineData("张示例 1380000000", null)]
    [InlineData("张示例 138000000001", null)]
    [InlineData("张示例", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void People_are_a_name_and_a_mobile_number_a_line(string? text, int? count) => Assert.Equal(count, AlertsModel.Read(text)?.Count);

    [Fact]
    public void More_than_ten_people_are_too_many() =>
        Assert.Equal((10, null), (AlertsModel.Read(string.Join('\n', Enumerable.Repeat("张示例 13800000000", 10)))?.Count, AlertsModel.Read(string.Join('\n', Enumerable.Repeat("张示例 13800000000", 11)))?.Count));

    [Fact]
    public void A_number_is_shown_so_that_nobody_can_call_it() => Assert.Equal("张示例 138****0000", AlertsModel.Shown(new NoticeRecipient("duty", "张示例", "13800000000")));

    private static List<AlertDue> Of(AlertRule rule, AlertFacts facts) => [.. AlertRound.Of([rule], facts, Now)];

    private static AlertRule Rule(string kind, string? receiver = null, int minutes = 0) => new(1, kind, minutes, receiver, "sms-gateway", [], Enabled: true, "li.ming", Now.UtcDateTime);

    private static Incident Incident(string? owner) => new(7, 1, "sgcc-linfen", IncidentRules.Unreachable, Now.UtcDateTime.AddMinutes(-20), Now.UtcDateTime, null, "unreachable", 3, 3, null, null, owner);
}
