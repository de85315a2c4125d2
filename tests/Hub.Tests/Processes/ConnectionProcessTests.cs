using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Xunit;
using static Hub.Tests.Processes.ConnectionCase;

namespace Hub.Tests.Processes;

public sealed class ConnectionProcessTests
{
    private readonly ConnectionCase one = new();

    // --- class and limits ----------------------------------------------------------------------------------------------

    [Theory]
    [InlineData("AC03802", 50, "kW", null, "200", null, null, "LV_RESIDENT", "")]
    [InlineData("AC02202", null, null, null, "202", null, null, "LV_RESIDENT", "")]
    [InlineData("AC03802", 50, "kW", null, "400", "01", null, "LV_NONRES", "SANLING")]
    [InlineData("AC03802", 160, "kW", null, "400", "01", null, "LV_NONRES", "SANLING")]
    [InlineData("AC03802", 161, "kW", null, "400", "01", null, "LV_NONRES", "")]
    [InlineData("AC03802", 120, "kW", null, "400", "03", null, "LV_NONRES", "")]
    [InlineData("AC00101", 800, "kVA", 1, "400", null, null, "HV_SINGLE", "")]
    [InlineData("AC00101", 800, "kVA", 2, "400", null, null, "HV_DUAL", "")]
    [InlineData("AC00351", 8000, "kVA", 2, "100", null, null, "HV_DUAL", "KV35")]
    [InlineData("AC02201", 8000, "kVA", 2, "100", null, null, "HV_DUAL", "KV35")]
    // Without a voltage the capacity tells, in the unit of the threshold only.
    [InlineData(null, 160, "kW", null, "400", "01", null, "LV_NONRES", "SANLING")]
    [InlineData(null, 161, "kW", 1, "400", "01", null, "HV_SINGLE", "")]
    [InlineData(null, 160, "kVA", 1, "400", "01", "voltageLevel", null, "")]
    [InlineData(null, null, null, 1, "400", "01", "capacity,voltageLevel", null, "")]
    // Facts that are missing are named and not assumed.
    [InlineData("AC00101", 800, "kVA", null, "400", null, "supplies", null, "")]
    [InlineData("AC03802", 50, "kW", null, null, null, "usageType", null, "")]
    [InlineData("AC03802", 120, "kW", null, "400", null, "areaType", "LV_NONRES", "")]
    [InlineData("AC03802", 90, "kW", null, "400", null, null, "LV_NONRES", "SANLING")]
    public void The_class_follows_from_the_facts(string? voltage, int? capacity, string? unit, int? supplies, string? usage, string? area, string? missing, string? expected, string tags)
    {
        one.Apply(Application() with { VoltageLevel = voltage, Capacity = capacity, CapacityUnit = unit, Supplies = supplies, UsageType = usage, AreaType = area });

        Assert.Equal((expected, tags), (one.State.Class, string.Join(',', one.State.Tags)));
        Assert.Equal(missing ?? "", string.Join(',', one.State.Missing));
        Assert.Equal(expected is null ? "class_unknown" : null, one.Last.Unserved);
    }

    // Shanxi's own figures (S2 一): zero investment up to 160 kW in cities and 100 kW in the country until the end of 2022, 160 kW everywhere from then on.
    [Theory]
    [InlineData("2021-06-01", 160, "01", true)]
    [InlineData("2021-06-01", 161, "01", false)]
    [InlineData("2021-06-01", 160, "03", false)]
    [InlineData("2021-06-01", 100, "03", true)]
    [InlineData("2023-06-01", 160, "03", true)]
    public void A_small_firm_inside_the_capacity_that_costs_it_nothing_is_sanling(string applied, int capacity, string area, bool sanling)
    {
        one.Policies = Hub.Tests.Policies.ShippedPacks.Set;
        one.Apply(Application(applied: applied) with { VoltageLevel = "AC03802", Capacity = capacity, CapacityUnit = "kW", AreaType = area, Tags = ["SMALL_MICRO"], RegionCode = "140105" });

        Assert.Equal(sanling, one.State.Tags.Contains("SANLING"));
    }

    [Fact]
    public void A_class_that_was_stated_and_differs_is_told_back()
    {
        var decision = one.Apply(Application() with { CustomerClass = "HV_DUAL" });

        Assert.Equal("HV_SINGLE", one.State.Class);
        Assert.Contains(decision.Warnings, warning => warning.Code == "class_differs");
    }

    [Fact]
    public void Both_the_whole_and_the_stage_limits_run_and_what_is_only_kept_does_not()
    {
        one.Apply();
        one.Stage("ACCEPTED", "FINISH");

        Assert.Equal(["whole", "utility", "plan"], one.State.Clocks.Select(clock => clock.Rule));
        Assert.Equal(("2021-04-13", "2021-03-22", "2021-03-08"), (Due("whole"), Due("utility"), Due("plan")));
        Assert.Equal("2021-03-15", one.Clock("utility").TargetDue?.ToString("yyyy-MM-dd"));
    }

    [Fact]
    public void A_limit_that_hangs_on_an_unknown_fact_waits_for_it_and_then_counts_from_the_application()
    {
        var low = Application() with { VoltageLevel = "AC03802", Capacity = 50, CapacityUnit = "kW", AreaType = "01", HasExternalLine = null };
        Assert.Contains(one.Apply(low).Warnings, warning => warning is { Code: "missing_fact", Pointer: "/hasExternalLine" });
        one.Now = At("2021-03-04");
        one.Apply(low with { Version = 2, HasExternalLine = true }, type: EventTypes.ConnectionAmended);

        Assert.Equal("2021-03-15", Due("lv-line"));
        Assert.Empty(one.State.Missing);
    }

    // --- one-click connect ---------------------------------------------------------------------------------------------

    [Fact]
    public void An_application_with_the_projects_code_is_matched_and_filled_in()
    {
        var bare = Application() with { ApplicantName = null, Capacity = null, CapacityUnit = null, UsageType = null, ProjectCode = "2110-141002-04-01-888002" };
        var decision = one.Apply(bare, projects: [Project(100)]);

        var notice = Notice(Assert.Single(decision.Orders));
        Assert.Equal(CommandTypes.ApplicationPut, decision.Orders[0].Type);
        Assert.Equal(("示例公司", 630m, "kW", "400", "HV_SINGLE"), (notice.Application.ApplicantName, notice.Application.Capacity, notice.Application.CapacityUnit, notice.Application.UsageType, notice.CustomerClass));
        Assert.Equal(["address", "applicantName", "capacity", "requiredDate", "unitUscc", "usageType"], notice.Prefilled.Order(StringComparer.Ordinal));
        Assert.Equal(("code", 100, 11), (notice.Project!.MatchedBy, notice.Project.Confidence, notice.Project.LeadWorkingDays));
    }

    [Fact]
    public void What_the_customer_says_wins_over_the_project()
    {
        one.Apply(projects: [Project(100)]);

        Assert.Equal((800m, "kVA"), (one.State.Application!.Capacity, one.State.Application.CapacityUnit));
        Assert.DoesNotContain("capacity", one.State.Prefilled);
    }

    [Fact]
    public void A_likely_project_is_only_proposed_until_somebody_says_that_it_is_the_one()
    {
        var proposed = Notice(Assert.Single(one.Apply(Application() with { ApplicantName = null }, projects: [Project(80)]).Orders));
        Assert.Null(proposed.Project);
        Assert.Null(proposed.Application.ApplicantName);
        Assert.Equal(80, Assert.Single(proposed.Proposals).Confidence);

        var confirmed = Notice(Assert.Single(one.Decide(Project(80).Key, confirmed: true, Project(80)).Orders));
        Assert.Equal(("person", "示例公司"), (confirmed.Project!.MatchedBy, confirmed.Application.ApplicantName));
        Assert.Equal("manager-1", one.State.Project!.ConfirmedBy);
        Assert.Empty(one.State.Proposals);
    }

    [Fact]
    public void A_proposal_that_is_denied_goes_and_nothing_is_taken_over()
    {
        one.Apply(projects: [Project(80)]);
        Assert.Empty(one.Decide(Project(80).Key, confirmed: false).Orders);

        Assert.Empty(one.State.Proposals);
        Assert.Null(one.State.Project);
    }

    [Fact]
    public void Only_the_operator_decides_about_a_match_and_only_about_a_known_project()
    {
        one.Apply(projects: [Project(80)]);

        Assert.Equal("not_a_party", one.Decide(Project(80).Key, confirmed: true, Project(80), by: "slp-puxian").Refusal);
        Assert.Equal("project_not_found", one.Decide("unknown", confirmed: true).Refusal);
    }

    [Fact]
    public void An_application_from_the_platform_is_put_before_the_utility_and_its_own_is_not()
    {
        Assert.Empty(one.Apply().Orders);

        var other = new ConnectionCase();
        Assert.Equal("A-1", Notice(Assert.Single(other.Apply(from: "platform").Orders)).ApplicationNo);
    }

    [Fact]
    public void The_counter_and_the_platform_are_equal()
    {
        one.Apply(Application() with { Channel = "COUNTER" }, from: "platform");
        var online = new ConnectionCase();
        online.Apply(Application() with { Channel = "ONLINE_GOV" }, from: "platform");

        Assert.Equal(online.State.Clocks.Select(clock => (clock.Rule, clock.Due)), one.State.Clocks.Select(clock => (clock.Rule, clock.Due)));
    }

    // --- truthful times ------------------------------------------------------------------------------------------------

    [Fact]
    public void A_finish_that_is_reported_late_is_marked_and_stops_the_clock_only_when_it_was_reported()
    {
        one.Apply();
        one.Stage("ACCEPTED", "FINISH");
        one.Now = At("2021-03-12");
        var decision = one.Stage("PLAN_REPLIED", "FINISH", At("2021-03-05"));

        Assert.Equal("met_late", one.Clock("plan").Status);
        Assert.Equal(MarkCodes("BACKDATED"), one.State.Marks.Select(mark => mark.Code));
        Assert.Contains(decision.Warnings, warning => warning.Code == "backdated");
        Assert.Equal(At("2021-03-05"), one.State.Facts[^1].At);
    }

    [Fact]
    public void A_report_within_the_tolerance_counts_as_it_was_claimed()
    {
        one.Apply();
        one.Stage("ACCEPTED", "FINISH");
        one.Now = At("2021-03-09T09:00:00");
        one.Stage("PLAN_REPLIED", "FINISH", At("2021-03-08T16:00:00"));

        Assert.Equal("met", one.Clock("plan").Status);
        Assert.Empty(one.State.Marks);
    }

    [Fact]
    public void A_correction_is_another_report_and_cannot_shorten_what_was_long()
    {
        one.Apply();
        one.Stage("ACCEPTED", "FINISH");
        one.Now = At("2021-03-12");
        one.Stage("PLAN_REPLIED", "FINISH");
        var wrong = one.LastId;
        one.Now = At("2021-03-13");
        one.Stage("PLAN_REPLIED", "CORRECT", At("2021-03-04"), reason: "typed wrong", corrects: wrong);

        Assert.Equal("met_late", one.Clock("plan").Status);
        Assert.Equal(4, one.State.Facts.Count);
        Assert.Contains(one.State.Marks, mark => mark.Code == "BACKDATED");
    }

    [Fact]
    public void A_correction_within_the_tolerance_moves_the_time_and_says_so()
    {
        one.Apply();
        one.Stage("ACCEPTED", "FINISH");
        one.Now = At("2021-03-09T09:00:00");
        one.Stage("PLAN_REPLIED", "FINISH");
        Assert.Equal("met_late", one.Clock("plan").Status);
        one.Stage("PLAN_REPLIED", "CORRECT", At("2021-03-08T17:00:00"), reason: "reported the morning after", corrects: one.LastId);

        Assert.Equal("met", one.Clock("plan").Status);
    }

    [Fact]
    public void A_start_that_a_correction_moves_later_is_marked()
    {
        one.Apply();
        var application = one.LastId;
        one.Now = At("2021-03-02");
        one.Stage("ACCEPTED", "CORRECT", At("2021-03-02"), reason: "day mistyped", corrects: application);

        Assert.Equal("2021-04-14", Due("whole"));
        Assert.Contains(one.State.Marks, mark => mark.Code == "START_MOVED");
        Assert.Equal("corrected", one.Clock("whole").Changes[^1].Why);
    }

    [Fact]
    public void There_must_be_something_to_correct()
    {
        one.Apply();

        Assert.Equal("nothing_to_correct", one.Stage("ACCEPTED", "CORRECT", reason: "x", corrects: "nowhere").Refusal);
    }

    [Fact]
    public void An_application_for_a_point_that_was_cancelled_lately_may_be_a_restart()
    {
        one.Apply(earlier: [new("A-0", Cancelled: true, At("2021-02-20")), new("A-00", Cancelled: true, At("2020-02-20")), new("A-000", Cancelled: false, null)]);

        Assert.Equal([("RESTART_SUSPECT", "A-0")], one.State.Marks.Select(mark => (mark.Code, mark.About)));
    }

    [Fact]
    public void A_stage_before_the_application_was_handled_outside_the_system()
    {
        one.Apply();
        one.Stage("SURVEY", "FINISH", At("2021-02-26"));

        Assert.Contains(one.State.Marks, mark => mark.Code == "OUTSIDE_SYSTEM");
    }

    [Fact]
    public void Stages_without_an_application_are_kept_and_shown_and_count_once_it_comes()
    {
        Assert.Equal("no_earlier_record", one.Stage("ACCEPTED", "FINISH").Unserved);
        one.Apply();

        Assert.Null(one.Last.Unserved);
        Assert.Equal("2021-03-08", Due("plan"));
    }

    [Theory]
    [InlineData("DESIGN_REVIEW", "EXTRA_STEP")]
    [InlineData("MID_CHECK", "EXTRA_STEP")]
    [InlineData("CONTRACT", "EXTRA_STEP")]
    [InlineData("SURVEY", null)]
    [InlineData("EXTERNAL_WORK", null)]
    [InlineData("COMPLETION_CHECK", null)]
    public void A_step_the_city_does_not_have_is_marked(string stage, string? mark)
    {
        one.Apply();
        one.Stage(stage, "START");

        Assert.Equal(mark is null ? [] : MarkCodes(mark), one.State.Marks.Select(found => found.Code));
    }

    [Fact]
    public void What_is_reported_after_the_end_is_kept_and_marked()
    {
        one.Apply();
        one.Stage("CLOSED", "FINISH");
        one.Stage("METERED", "FINISH");

        Assert.Equal(MarkCodes("AFTER_END"), one.State.Marks.Select(mark => mark.Code));
    }

    // --- pauses --------------------------------------------------------------------------------------------------------

    [Fact]
    public void A_pause_over_a_holiday_with_a_make_up_day_leaves_out_only_what_it_should()
    {
        one.Now = At("2021-09-27");
        one.Apply(Application(applied: "2021-09-27"));
        one.Now = At("2021-09-29");
        one.Stage("ACCEPTED", "PAUSE", kind: "APPLICANT", reason: "补正：缺产权证明");
        Assert.Equal(("paused", null), (one.Clock("whole").Status, one.Clock("whole").Due));
        Assert.Equal(("APPLICANT", "补正：缺产权证明", "li"), (one.Clock("whole").Pauses[0].Kind, one.Clock("whole").Pauses[0].Reason, one.Clock("whole").Pauses[0].By));
        Assert.Null(one.Last.Deadline);

        // The make-up Saturday.
        one.Now = At("2021-10-09");
        one.Stage("ACCEPTED", "RESUME", kind: "APPLICANT");

        // Two of fifteen days used; thirteen more from Monday 10-11 on.
        Assert.Equal("2021-10-27", Due("utility"));
        Assert.Equal("resumed", one.Clock("utility").Changes[^1].Why);
    }

    [Fact]
    public void External_works_are_left_out_of_the_utilitys_share_and_not_of_the_whole()
    {
        one.Apply();
        one.Now = At("2021-03-05");
        one.Stage("EXTERNAL_WORK", "START");
        one.Now = At("2021-03-19");
        one.Stage("EXTERNAL_WORK", "FINISH");

        Assert.Equal(("2021-04-13", "2021-04-06"), (Due("whole"), Due("utility")));
    }

    [Fact]
    public void A_pause_of_a_kind_that_a_limit_does_not_leave_out_does_not_stop_it()
    {
        one.Apply();
        one.Stage("ACCEPTED", "FINISH");
        one.Stage("PLAN_REPLIED", "PAUSE", kind: "APPLICANT", reason: "客户考虑方案");

        Assert.Equal(("running", "2021-03-08"), (one.Clock("plan").Status, Due("plan")));
    }

    // --- warnings ------------------------------------------------------------------------------------------------------

    [Fact]
    public void Warnings_go_out_once_each_first_to_the_operator_and_then_to_the_bureau()
    {
        one.Apply();
        one.Stage("ACCEPTED", "FINISH");
        var told = new List<(string Rule, int Percent, string Connector)>();
        for (var day = 1; one.Last.Deadline is { } deadline && day < 60; day++)
        {
            one.Now = deadline;
            told.AddRange(one.TimeUp().Orders.Select(order => (Warning(order).Rule, Warning(order).Percent, order.Connector)));
        }

        Assert.Equal(
            [
                ("plan", 50, Utility), ("plan", 80, Utility), ("plan", 80, "bureau"), ("plan", 100, Utility), ("plan", 100, "bureau"), ("utility", 50, Utility),
                ("utility", 80, Utility), ("utility", 80, "bureau"), ("whole", 50, Utility), ("utility", 100, Utility), ("utility", 100, "bureau"),
                ("whole", 80, Utility), ("whole", 80, "bureau"), ("whole", 100, Utility), ("whole", 100, "bureau"),
            ],
            told);
        Assert.All(one.State.Clocks, clock => Assert.Equal("overdue", clock.Status));
    }

    [Fact]
    public void What_falls_due_together_is_told_once_and_by_the_highest_share()
    {
        one.Apply();
        one.Now = At("2021-04-20");

        Assert.Equal(4, one.TimeUp().Orders.Count);
        Assert.All(one.Last.Orders, order => Assert.Equal(100, Warning(order).Percent));
        Assert.Empty(one.TimeUp().Orders);
    }

    [Fact]
    public void A_warning_says_which_limit_by_which_clause_and_how_many_days_are_left()
    {
        one.Apply();
        one.Now = one.Last.Deadline!.Value;
        var warning = Warning(Assert.Single(one.TimeUp().Orders));

        Assert.Equal(("connection", "sgcc-linfen:A-1", "utility", 50, 7, "S1 二", "responsible"), (warning.CaseType, warning.Case, warning.Rule, warning.Percent, warning.DaysLeft, warning.Clause, warning.To));
    }

    [Fact]
    public void Energising_ends_the_whole_and_a_cancelled_application_ends_everything()
    {
        one.Apply();
        one.Now = At("2021-03-05");
        one.Stage("METERED", "FINISH");
        Assert.Equal(("energised", "met"), (one.State.Status, one.Clock("whole").Status));

        var other = new ConnectionCase();
        other.Apply();
        other.Stage("CLOSED", "CANCEL", reason: "客户撤回");
        Assert.Equal(("cancelled", true), (other.State.Status, other.Last.Closed));
        Assert.All(other.State.Clocks, clock => Assert.Equal("ended", clock.Status));
        Assert.Null(other.Last.Deadline);
    }

    [Fact]
    public void Another_calendar_moves_open_clocks_with_their_history()
    {
        one.Apply();
        var calendar = one.Policies.Calendar;
        one.Policies = Set(Rules(), new WorkingCalendar(calendar.FirstDay, calendar.LastDay, new Dictionary<DateOnly, bool>(calendar.Exceptions) { [new(2021, 3, 10)] = false }) { Version = "cn@new" });
        one.PolicyChanged();

        Assert.Equal("2021-03-23", Due("utility"));
        Assert.Equal(("calendar", "cn@new"), (one.Clock("utility").Changes[^1].Why, one.Clock("utility").Changes[^1].Calendar));
    }

    // --- the rest ------------------------------------------------------------------------------------------------------

    [Fact]
    public void An_older_version_is_stored_and_not_applied()
    {
        one.Apply(Application(2));

        Assert.Contains(one.Apply(Application(1)).Warnings, warning => warning.Code == WarningCodes.Superseded);
        Assert.Equal(2, one.State.Application!.Version);
    }

    [Fact]
    public void A_stranger_cannot_change_the_application()
    {
        one.Apply(from: "platform");

        Assert.Equal("not_a_party", one.Apply(Application(2), from: "other-platform").Refusal);
        Assert.Null(one.Apply(Application(2), from: Utility).Refusal);
    }

    [Fact]
    public void The_customers_opinion_is_kept()
    {
        one.Apply();
        one.Evaluate(5);

        Assert.Equal(5, one.State.Evaluation!.Score);
    }

    [Fact]
    public void A_refusal_of_the_utility_is_shown_until_it_takes_the_application()
    {
        one.Apply(from: "platform");
        one.Answer(Answer.Refused(AnswerReasons.ContentRefused, "2001"));
        Assert.Equal(AnswerReasons.ContentRefused, one.State.Refused);
        one.Answer(Answer.Taken("1"));
        Assert.Null(one.State.Refused);
    }

    [Fact]
    public void Only_the_operator_is_a_party_and_only_while_it_is_open()
    {
        one.Apply();
        Assert.Equal([Utility], ProcessCatalog.Connection.Parties(one.Last.State)!.Partners);
        one.Stage("CLOSED", "FINISH");

        Assert.Null(ProcessCatalog.Connection.Parties(one.Last.State));
    }

    [Fact]
    public void It_is_found_by_its_numbers()
    {
        var numbers = one.Apply(Application() with { UnitUscc = "91141000MA0H1T0000", SupplyPoint = "P-1" }, projects: [Project(100)]).Numbers;

        Assert.Equal(
            [(NumberKinds.Application, "A-1"), (NumberKinds.Uscc, "91141000MA0H1T0000"), (NumberKinds.SupplyPoint, "sgcc-linfen P-1"), (NumberKinds.Project, "2110-141002-04-01-888002")],
            numbers);
    }

    private string? Due(string rule) => one.Clock(rule).Due?.ToString("yyyy-MM-dd");

    private static string[] MarkCodes(params string[] codes) => codes;

    private static ConnectionProcess.KnownProject Project(int confidence) => new()
    {
        Key = "2110-141002-04-01-888002", MatchedBy = confidence == 100 ? "code" : "uscc", Confidence = confidence, Name = "示例项目", UnitName = "示例公司", UnitUscc = "91141000MA0H1T0000",
        Address = "临汾市尧都区示例路1号", LoadKw = 630, UsageType = "400", RequiredDate = "2021-09-01", TakenAt = At("2021-02-08"),
    };
}
