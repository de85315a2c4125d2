using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Policies;
using Xunit;
using static Hub.Processes.OutageNoticeProcess;
using static Hub.Tests.Processes.OutageCase;

namespace Hub.Tests.Processes;

public sealed class OutageNoticeProcessTests
{
    private readonly OutageCase outage = new();

    // --- how long ahead ------------------------------------------------------------------------------------------------

    // 供电监管办法 第十三条, 电力供应与使用条例 第二十八条: 7 natural days, 24 hours; the day of issue is not counted.
    [Theory]
    [InlineData("SCHEDULED_REPAIR", "2026-01-05T09:00:00+08:00", "2026-01-12T08:00:00+08:00", true, 7)]
    [InlineData("SCHEDULED_REPAIR", "2026-01-05T23:59:00+08:00", "2026-01-12T00:01:00+08:00", true, 7)]
    [InlineData("SCHEDULED_REPAIR", "2026-01-05T16:30:00Z", "2026-01-12T08:00:00+08:00", false, 6)]
    [InlineData("SCHEDULED_REPAIR", "2026-01-06T00:00:00+08:00", "2026-01-12T23:00:00+08:00", false, 6)]
    [InlineData("SCHEDULED_REPAIR", "2026-01-13T00:00:00+08:00", "2026-01-12T23:00:00+08:00", false, -1)]
    // Over a holiday, which does not count otherwise.
    [InlineData("SCHEDULED_REPAIR", "2026-02-14T09:00:00+08:00", "2026-02-21T08:00:00+08:00", true, 7)]
    [InlineData("TEMPORARY_REPAIR", "2026-01-05T09:00:00+08:00", "2026-01-06T09:00:00+08:00", true, 24)]
    [InlineData("TEMPORARY_REPAIR", "2026-01-05T09:00:01+08:00", "2026-01-06T09:00:00+08:00", false, 23.9)]
    [InlineData("TEMPORARY_REPAIR", "2026-01-05T09:00:00+08:00", "2026-01-05T11:30:00+08:00", false, 2.5)]
    public void A_planned_outage_is_announced_long_enough_ahead_or_marked(string reason, string issued, string start, bool ok, double ahead)
    {
        outage.Now = DateTimeOffset.Parse(issued, System.Globalization.CultureInfo.InvariantCulture);

        outage.Announced(Planned(start: start, issued: issued) with { Reason = reason, EndAt = null });

        var check = Assert.Single(outage.State.Lead);
        Assert.Equal((ok, (decimal)ahead, "public"), (outage.State.NoticeLeadOk, check.Issued, check.To));
        Assert.Equal(ok ? [] : [WarningCodes.LeadTooShort], outage.Warned);
        Assert.NotEmpty(outage.Last.Orders);
    }

    [Theory]
    [InlineData("TEMPORARY_REPAIR", true, 2)]
    [InlineData("TEMPORARY_REPAIR", null, 1)]
    [InlineData("SCHEDULED_REPAIR", true, 1)]
    [InlineData("ORDERED", true, 0)]
    public void Important_customers_have_a_rule_of_their_own(string reason, bool? important, int rules)
    {
        outage.Announced(Planned() with { Reason = reason, OrderedBy = "示例调度", ImportantCustomers = important });

        Assert.Equal((rules, rules == 0 ? null : true), (outage.State.Lead.Count, outage.State.NoticeLeadOk));
    }

    [Fact]
    public void A_fault_has_no_lead()
    {
        outage.Announced(Fault());

        Assert.Null(outage.State.NoticeLeadOk);
        Assert.Empty(outage.Warned);
    }

    [Fact]
    public void Issued_in_time_by_its_own_word_and_received_too_late_is_said()
    {
        outage.Now = outage.Now.AddDays(3);

        outage.Announced();

        Assert.True(outage.State.NoticeLeadOk);
        Assert.Equal([WarningCodes.LeadNotReceived], outage.Warned);
        Assert.Equal((7m, 4m), (outage.State.Lead[0].Issued, outage.State.Lead[0].Received));
    }

    [Theory]
    [InlineData("2026-01-12T08:00:00+08:00", true)]
    [InlineData("2026-01-12T00:00:00Z", true)]
    [InlineData("2026-01-12T07:00:00+08:00", false)]
    [InlineData("2026-01-13T08:00:00+08:00", false)]
    public void A_revision_keeps_the_lead_while_the_time_does_not_change(string start, bool ok)
    {
        outage.Announced();
        outage.Now = outage.Now.AddDays(4);

        outage.Announced(Planned(2, start, "2026-01-09T09:00:00+08:00") with { EndAt = "2026-01-13T12:00:00+08:00" });

        Assert.Equal(ok, outage.State.NoticeLeadOk);
    }

    // --- revisions -----------------------------------------------------------------------------------------------------

    [Fact]
    public void An_older_revision_that_arrives_late_is_stored_and_not_applied()
    {
        outage.Announced(Planned(2) with { AreaText = "新范围" });

        outage.Announced(Planned(1) with { AreaText = "旧范围" });

        Assert.Equal("新范围", outage.State.InForce!.AreaText);
        Assert.Equal([WarningCodes.Superseded], outage.Warned);
        Assert.Empty(outage.Last.Orders);
    }

    [Fact]
    public void Progress_that_arrives_after_the_restoration_changes_nothing()
    {
        outage.Announced(Fault());
        outage.Restored(3);

        outage.Progress(2);

        Assert.Equal(Step.Restored, outage.State.Step);
        Assert.Equal([WarningCodes.Superseded], outage.Warned);
    }

    [Fact]
    public void What_progress_leaves_out_is_as_it_was_announced()
    {
        outage.Announced(Fault() with { FeederRef = "示例线" });

        outage.Progress();

        Assert.Equal(("示例线", "EQUIPMENT", "2026-01-05T08:50:00+08:00"), (outage.State.InForce!.FeederRef, outage.State.InForce.Reason, outage.State.InForce.StartAt));
    }

    [Fact]
    public void Progress_of_a_notice_nobody_announced_is_recorded_with_a_warning()
    {
        outage.Progress();

        Assert.Equal([WarningCodes.NoEarlierRecord], outage.Warned);
        Assert.Equal((Step.Repairing, false), (outage.State.Step, outage.Last.Closed));
        Assert.Empty(outage.Last.Orders);
    }

    [Fact]
    public void A_notice_announced_again_after_it_was_cancelled_is_open_again()
    {
        outage.Announced();
        outage.Cancelled();

        outage.Announced(Planned(3));

        Assert.Equal((Step.Announced, false), (outage.State.Step, outage.Last.Closed));
        Assert.Equal("outage_revised", outage.Notice.Kind);
    }

    // --- who is told ---------------------------------------------------------------------------------------------------

    [Fact]
    public void A_notice_goes_over_the_first_channel_of_the_place()
    {
        outage.Announced();

        Assert.Equal([$"{App} outage_planned APP 0123456780+0123456781"], outage.Sent);
        Assert.Equal($"{Power}/TD-1/1-APP", outage.Notice.Reference);
        Assert.Contains("示例路1号至99号计划于 2026-01-12 08:00 至 2026-01-12 12:00 停电，原因：计划检修", outage.Notice.TextZh, StringComparison.Ordinal);
        Assert.Equal("2026-01-12 08:00", outage.Notice.Parameters!["startAt"]);
        Assert.Equal("lianyungang@2021.1.1", outage.Last.Pin);
        Assert.True(outage.Last.Private);
    }

    [Theory]
    [InlineData("SMS", Sms, "SMS")]
    [InlineData("WECHAT", App, "WECHAT")]
    [InlineData("SMS WECHAT", App, "WECHAT")]
    public void A_notice_may_name_its_channels_and_the_place_their_order(string channels, string connector, string channel)
    {
        outage.Announced(Planned() with { Channels = channels.Split(' ') });

        Assert.Equal([$"{connector} outage_planned {channel} 0123456780+0123456781"], outage.Sent);
    }

    [Fact]
    public void Those_that_a_channel_did_not_reach_are_told_over_the_next_and_at_last_listed_masked()
    {
        outage.Announced();
        outage.Taken();

        outage.Results("APP", 1, App, "0123456780", "-0123456781");
        Assert.Equal([$"{App} outage_planned WECHAT 0123456781"], outage.Sent);
        outage.Taken();
        outage.Results("WECHAT", 1, App, "-0123456781");
        Assert.Equal([$"{Sms} outage_planned SMS 0123456781"], outage.Sent);
        outage.Taken(Sms);
        outage.Results("SMS", 1, Sms, "-0123456781");

        Assert.Empty(outage.Last.Orders);
        Assert.Equal(("****6781", "SMS"), (Assert.Single(outage.State.Unreached).Account, outage.State.Unreached[0].Channel));
        Assert.Equal((1, 1, 1, 1), (outage.Tally(1, "APP").Delivered, outage.Tally(1, "APP").Failed, outage.Tally(1, "SMS").Failed, outage.State.UnreachedEver));
    }

    [Fact]
    public void Those_whom_the_gateway_turns_away_at_once_go_to_the_next_channel_at_once()
    {
        outage.Announced();

        outage.Taken(App, 1);

        Assert.Equal([$"{App} outage_planned WECHAT 0123456781"], outage.Sent);
        Assert.Equal((1, 1), (outage.Tally(1, "APP").Taken, outage.Tally(1, "APP").Failed));
    }

    [Fact]
    public void No_account_stays_in_the_state_once_a_gateway_has_it()
    {
        outage.Announced();
        Assert.Contains("0123456780", outage.Text, StringComparison.Ordinal);

        outage.Taken();
        outage.Results("APP", 1, App, "0123456780", "-0123456781");
        outage.Taken();
        outage.Results("WECHAT", 1, App, "-0123456781");
        outage.Taken(Sms);

        Assert.DoesNotContain("012345678", outage.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gateway_that_refuses_is_passed_over_with_the_same_receivers()
    {
        outage.Announced(Planned() with { Channels = ["APP", "SMS"], AccountsQueryRef = "feeder-7" });

        outage.Refused();

        Assert.Equal([$"{Sms} outage_planned SMS 0123456780+0123456781"], outage.Sent);
        Assert.Equal(("feeder-7", 1), (outage.Notice.AccountsQueryRef, outage.Tally(1, "APP").Lost));
    }

    [Fact]
    public void A_gateway_that_is_away_is_passed_over_after_the_packs_time_and_its_late_answer_counts_without_a_second_word()
    {
        outage.Announced(Planned() with { Channels = ["APP", "SMS"] });
        Assert.Equal(outage.Now.AddMinutes(30), outage.Last.Deadline);

        outage.TimeUp();
        Assert.Equal([$"{Sms} outage_planned SMS 0123456780+0123456781"], outage.Sent);
        outage.Taken(App, 0);

        Assert.Empty(outage.Last.Orders);
        Assert.Equal((1, 1), (outage.Tally(1, "APP").Taken, outage.Tally(1, "APP").Failed));
    }

    [Fact]
    public void A_batch_of_results_counts_once()
    {
        outage.Announced();
        outage.Taken();
        outage.Results("APP", 1, App, "0123456780", "-0123456781");

        outage.Results("APP", 1, App, "0123456780", "-0123456781");

        Assert.Equal([WarningCodes.CountedBefore], outage.Warned);
        Assert.Empty(outage.Last.Orders);
        Assert.Equal(1, outage.Tally(1, "APP").Delivered);
    }

    [Theory]
    [InlineData("sgcc-lianyungang/TD-1/1-APP", "APP", Sms, "not_the_gateway")]
    [InlineData("sgcc-lianyungang/TD-1/2-APP", "APP", App, "no_such_notification")]
    [InlineData("sgcc-lianyungang/TD-1/1-APP", "SMS", App, "no_such_notification")]
    [InlineData("sgcc-lianyungang/TD-2/1-APP", "APP", App, "no_such_notification")]
    public void Only_the_gateway_that_was_asked_can_report(string reference, string channel, string partner, string refusal)
    {
        outage.Announced();
        outage.Taken();

        outage.ResultsOf(reference, channel, 1, partner, "-0123456780");

        Assert.Equal(refusal, outage.Last.Refusal);
        Assert.Empty(outage.Last.Orders);
        Assert.Equal(0, outage.Tally(1, "APP").Failed);
    }

    [Fact]
    public void A_report_about_a_notice_nobody_knows_leaves_no_open_case()
    {
        outage.Results("APP", 1, App, "0123456780");

        Assert.Equal(("no_such_notification", true, false), (outage.Last.Refusal, outage.Last.Closed, outage.Last.Private));
    }

    // --- the end -------------------------------------------------------------------------------------------------------

    [Fact]
    public void A_restoration_is_told_to_those_who_were_told_by_the_references_of_the_earlier_notices()
    {
        outage.Announced();
        outage.Taken();
        outage.Results("APP", 1, App, "0123456780", "-0123456781");
        outage.Taken();
        outage.Results("WECHAT", 1, App, "-0123456781");
        outage.Taken(Sms);

        outage.Restored();

        Assert.Equal([$"{App} outage_restored APP", $"{App} outage_restored WECHAT", $"{Sms} outage_restored SMS"], outage.Sent);
        Assert.Equal(("restored", false), (outage.State.Rounds[^1].Kind, outage.Last.Closed));
        outage.Taken();
        outage.Taken();
        outage.Taken(Sms);
        Assert.Equal((true, null, null), (outage.Last.Closed, outage.Last.Deadline, outage.Last.Unserved));
    }

    [Fact]
    public void A_cancellation_nobody_was_told_about_before_tells_nobody()
    {
        outage.Connectors.Clear();
        outage.Announced();

        outage.Cancelled();

        Assert.Empty(outage.Last.Orders);
        Assert.True(outage.Last.Closed);
        Assert.Empty(outage.State.Waiting);
    }

    [Fact]
    public void A_channel_that_lost_the_notice_is_not_asked_to_tell_of_its_end()
    {
        outage.Announced(Planned() with { Channels = ["APP", "SMS"] });
        outage.Refused();
        outage.Taken(Sms);

        outage.Cancelled();

        Assert.Equal([$"{Sms} outage_cancelled SMS"], outage.Sent);
        Assert.Equal([$"{Power}/TD-1/1-SMS"], outage.Notice.ToldBy);
    }

    [Fact]
    public void A_failure_reported_after_the_end_is_counted_and_told_nobody()
    {
        outage.Announced();
        outage.Taken();
        outage.Cancelled();

        outage.Results("APP", 1, App, "-0123456780");

        Assert.Empty(outage.Last.Orders);
        Assert.Equal(1, outage.Tally(1, "APP").Failed);
    }

    [Fact]
    public void Progress_is_told_to_those_who_were_told_and_a_failure_of_the_notice_still_goes_on()
    {
        outage.Announced(Fault());
        outage.Taken();

        outage.Progress();
        Assert.Equal([$"{App} outage_progress APP"], outage.Sent);
        outage.Results("APP", 1, App, "-0123456780");

        Assert.Equal([$"{App} outage_fault WECHAT 0123456780"], outage.Sent);
    }

    // --- what people have to look at -----------------------------------------------------------------------------------

    [Fact]
    public void Without_a_gateway_it_waits_for_one_and_goes_out_when_there_is()
    {
        outage.Connectors.Clear();
        outage.Announced();
        Assert.Equal("no_channel", outage.Last.Unserved);

        outage.Connectors.Add(Sms);
        outage.PolicyChanged();

        Assert.Equal([$"{Sms} outage_planned SMS 0123456780+0123456781"], outage.Sent);
        Assert.Null(outage.Last.Unserved);
    }

    [Fact]
    public void A_place_without_a_rule_is_shown()
    {
        outage.Announced(Planned() with { RegionCode = "110101" });

        Assert.Equal(("no_outage_rule", null), (outage.Last.Unserved, outage.State.NoticeLeadOk));
    }

    [Fact]
    public void Power_that_is_not_back_when_it_should_be_is_shown_until_the_utility_says_more()
    {
        outage.Announced(Fault() with { EndAt = "2026-01-05T11:00:00+08:00" });
        outage.Taken();
        outage.Results("APP", 1, App, "0123456780", "0123456781");

        outage.TimeUp();
        Assert.Equal("restoration_overdue", outage.Last.Unserved);
        outage.Progress();

        Assert.Null(outage.Last.Unserved);
    }

    [Fact]
    public void A_fault_without_an_expected_end_is_shown_when_nothing_was_heard_for_the_packs_time()
    {
        outage.Announced(Fault());
        outage.Taken();
        outage.Results("APP", 1, App, "0123456780", "0123456781");
        Assert.Equal(outage.State.HeardAt.AddHours(24), outage.Last.Deadline);

        outage.TimeUp();

        Assert.Equal("restoration_overdue", outage.Last.Unserved);
    }

    [Fact]
    public void A_gateway_that_took_a_notice_and_says_nothing_is_shown_until_it_does()
    {
        outage.Announced();
        outage.Taken();
        outage.TimeUp();
        Assert.Equal("gateway_silent", outage.Last.Unserved);

        outage.Results("APP", 1, App, "0123456780");

        Assert.Null(outage.Last.Unserved);
    }

    [Fact]
    public void Every_step_that_is_not_an_end_has_a_deadline_or_is_shown()
    {
        outage.Announced();
        outage.Taken();
        outage.Results("APP", 1, App, "0123456780");
        for (var i = 0; i < 10 && outage.Last.Unserved is null; i++)
        {
            Assert.NotNull(outage.Last.Deadline);
            outage.TimeUp();
        }

        Assert.NotNull(outage.Last.Unserved);
    }

    [Fact]
    public void No_text_names_an_account()
    {
        outage.Announced();
        Assert.DoesNotContain("0123456780", outage.Notice.TextZh + outage.Notice.TextEn + string.Join(' ', outage.Notice.Parameters!.Values), StringComparison.Ordinal);
        Assert.DoesNotContain("0123456780", string.Join(' ', outage.Last.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void The_shipped_packs_name_three_channels_everywhere() => Assert.All(
        ShippedPacks.Set.Policies.Where(policy => policy.Regions.Count > 0), policy => Assert.Equal(["APP", "WECHAT", "SMS"], policy.Outage!.Channels.Select(channel => channel.Channel)));
}
