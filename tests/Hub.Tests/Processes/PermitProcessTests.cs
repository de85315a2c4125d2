using System.Globalization;
using Hub.Processes;
using Hub.Schemas;
using Xunit;
using static Hub.Tests.Processes.PermitPolicies;
using Step = Hub.Processes.PermitProcess.Step;

namespace Hub.Tests.Processes;

public sealed class PermitProcessTests
{
    private const string Planning = PermitItems.Planning;
    private const string Digging = PermitItems.Excavation;
    private const string Green = PermitItems.Green;

    // --- all at once ---------------------------------------------------------------------------------------------------

    [Fact]
    public void One_application_goes_to_every_department_at_once()
    {
        var permits = new PermitCase();

        permits.Applied();

        Assert.Equal([$"{Window} distribute PLANNING", $"{Roads} distribute EXCAVATION", $"{Greens} distribute GREEN"], permits.Said);
        Assert.Equal((Step.Deciding, "hohhot@1", false), (permits.Step, permits.Last.Pin, permits.Last.Closed));
        Assert.True(permits.Last.Private);
    }

    [Theory]
    [InlineData("SIDEWALK", "PLANNING EXCAVATION")]
    [InlineData("TREE", "PLANNING GREEN")]
    [InlineData("OTHER", "PLANNING")]
    [InlineData("ROAD GREEN", "PLANNING EXCAVATION GREEN")]
    public void What_the_line_occupies_decides_which_items_are_needed(string occupies, string items)
    {
        var permits = new PermitCase();

        permits.Applied(permits.Application() with { Occupies = occupies.Split(' ') });

        Assert.Equal(items.Split(' '), permits.State.Items.Keys);
    }

    [Fact]
    public void An_item_the_applicant_asks_for_and_no_rule_has_is_warned()
    {
        var permits = new PermitCase();

        permits.Applied(permits.Application() with { WishedItems = [PermitItems.Highway, Planning] });

        Assert.Equal((WarningCodes.NoSuchItem, "/wishedItems"), (Assert.Single(permits.Last.Warnings).Code, permits.Last.Warnings[0].Pointer));
        Assert.DoesNotContain(PermitItems.Highway, permits.State.Items.Keys);
    }

    [Fact]
    public void Results_go_back_as_they_come_and_once_more_together()
    {
        var permits = new PermitCase();
        permits.Applied();
        permits.Arrive();

        permits.Report(Planning, PermitStatuses.Approved);
        Assert.Equal([$"{PermitCase.Utility} result PLANNING APPROVED"], permits.Said);
        permits.Report(Green, PermitStatuses.Approved);
        permits.Report(Digging, PermitStatuses.Surveyed);
        Assert.Empty(permits.Said);
        permits.Report(Digging, PermitStatuses.Approved);

        Assert.Equal([$"{PermitCase.Utility} result EXCAVATION APPROVED", $"{PermitCase.Utility} delivered"], permits.Said);
        var delivery = Assert.Single(permits.Deliveries);
        Assert.True(delivery.WorksMayBegin);
        Assert.Equal(["PLANNING-1", "EXCAVATION-1", "GREEN-1"], delivery.Items.Select(item => item.PermitNo));
        Assert.Equal(Step.Granted, permits.Step);
    }

    [Fact]
    public void A_fee_is_recorded_with_its_day_and_holds_nothing_up()
    {
        var permits = new PermitCase();
        permits.Applied();
        permits.Arrive();

        permits.Report(Green, PermitStatuses.Approved, report => report with { FeeYuan = 1200.5m });

        Assert.Equal((1200.5m, Day("2021-09-18"), "APPROVED"), (permits.Results[0].Item!.FeeYuan!.Value, permits.Results[0].Item!.FeeDue!.Value, permits.Results[0].Item!.Result));
    }

    // --- refusal and correction ----------------------------------------------------------------------------------------

    [Fact]
    public void A_refused_item_is_corrected_and_goes_again_only_to_its_department()
    {
        var permits = new PermitCase();
        permits.Applied();
        permits.Arrive();
        permits.Report(Planning, PermitStatuses.Approved);
        permits.Report(Green, PermitStatuses.Approved);
        permits.Report(Digging, PermitStatuses.Refused);
        Assert.Equal((Step.Refused, false), (permits.Step, Assert.Single(permits.Deliveries).WorksMayBegin));
        Assert.Equal("met", permits.Clock("all").Status);
        Assert.True(permits.Last.Closed);

        permits.On("2021-09-15");
        permits.Corrected(permits.Application(2));

        Assert.Equal([$"{Roads} distribute EXCAVATION"], permits.Said);
        Assert.Equal((Step.Deciding, 2, null), (permits.Step, permits.Item(Digging).Version, permits.Item(Digging).DecidedAt));
        permits.Arrive();
        permits.Report(Digging, PermitStatuses.Approved);
        Assert.Equal((Step.Granted, true), (permits.Step, Assert.Single(permits.Deliveries).WorksMayBegin));
        Assert.Equal(2, permits.State.Clocks.Count(clock => clock.Rule == "all"));
    }

    [Fact]
    public void A_word_about_the_version_before_moves_nothing_after_a_correction()
    {
        var permits = new PermitCase();
        permits.Applied();
        permits.Arrive();
        permits.Report(Digging, PermitStatuses.Refused);
        var refusedAt = PermitCase.Text(permits.Now);
        permits.On("2021-09-14");
        permits.Corrected(permits.Application(2));

        permits.Report(Digging, PermitStatuses.Refused, report => report with { At = refusedAt });
        Assert.Equal(WarningCodes.Superseded, Assert.Single(permits.Last.Warnings).Code);
        permits.Report(Digging, PermitStatuses.Refused, report => report with { Version = 1 });

        Assert.Equal((WarningCodes.Superseded, PermitProcess.ItemState.Sent), (Assert.Single(permits.Last.Warnings).Code, permits.Item(Digging).State));
    }

    [Fact]
    public void A_correction_may_name_what_else_it_concerns_and_take_an_item_away()
    {
        var permits = new PermitCase();
        permits.Applied();
        permits.Arrive();
        permits.Report(Planning, PermitStatuses.Approved);

        permits.Corrected(permits.Application(2) with { Occupies = [Occupied.Sidewalk], Concerns = [Planning] });

        Assert.Equal([$"{Window} distribute PLANNING", $"{Greens} withdraw GREEN"], permits.Said);
        Assert.Equal(PermitProcess.ItemState.Dropped, permits.Item(Green).State);
    }

    [Fact]
    public void Returned_material_is_the_applicants_time_until_it_is_corrected()
    {
        // Five days from Monday 09-13; two used when it is returned on Wednesday; Mid-autumn 09-19 to 09-21 and the worked Saturday 09-18 lie in between.
        var permits = new PermitCase();
        permits.Applied(permits.Application() with { Occupies = [Occupied.Other] });
        permits.Arrive();
        Assert.Equal(Day("2021-09-18"), permits.Clock("planning").Due);
        permits.On("2021-09-15");
        permits.Report(Planning, PermitStatuses.Returned);
        Assert.Equal((Step.Correcting, "paused", "paused", "示例原因"), (permits.Step, permits.Clock("planning").Status, permits.Clock("all").Status, permits.Clock("planning").Pauses.Single().Reason));
        Assert.Equal("RETURNED", permits.Results.Single().Item!.Result);

        permits.On("2021-09-22");
        permits.Corrected(permits.Application(2) with { Occupies = [Occupied.Other] });

        Assert.Equal((Day("2021-09-26"), "running"), (permits.Clock("planning").Due, permits.Clock("planning").Status));
        Assert.Equal([$"{Window} distribute PLANNING"], permits.Said);
    }

    [Fact]
    public void Missing_material_stops_the_items_clock_and_its_return_lets_it_run_on()
    {
        var permits = new PermitCase();
        permits.Applied();
        permits.Arrive();
        permits.On("2021-09-14");
        permits.Report(Planning, PermitStatuses.MaterialMissing, report => report with { By = "窗口王" });

        Assert.Equal(("paused", "窗口王"), (permits.Clock("planning").Status, permits.Clock("planning").Pauses.Single().By));
        Assert.Equal("running", permits.Clock("all").Status);
        Assert.Equal([$"{PermitCase.Utility} result PLANNING MATERIAL_MISSING"], permits.Said);

        permits.On("2021-09-16");
        permits.Report(Planning, PermitStatuses.Resumed);

        // One day used before the pause, four left after the 16th: 17th, worked Saturday 18th, 22nd, 23rd.
        Assert.Equal((Day("2021-09-23"), "running"), (permits.Clock("planning").Due, permits.Clock("planning").Status));
    }

    // --- Hohhot's own numbers ------------------------------------------------------------------------------------------

    [Fact]
    public void The_window_has_one_day_the_departments_five_five_and_three_ten()
    {
        var permits = new PermitCase();
        permits.Applied();
        Assert.Equal((Day("2021-09-14"), "running"), (permits.Clock("window").Due, permits.Clock("window").Status));
        permits.Arrive();
        Assert.Equal("met", permits.Clock("window").Status);
        Assert.Equal((Day("2021-09-18"), Day("2021-09-18"), Day("2021-09-18"), Day("2021-09-27")), (permits.Clock("planning").Due, permits.Clock("survey").Due, permits.Clock("consent").Due, permits.Clock("green").Due));
        Assert.DoesNotContain(permits.State.Items.Values.SelectMany(item => item.Clocks), clock => clock.Rule is "decision" or "green-decision");

        permits.On("2021-09-16");
        permits.Report(Digging, PermitStatuses.Surveyed);
        permits.Report(Green, PermitStatuses.OwnerConsented);

        // 3 days from the 16th: 17th, worked 18th, 22nd. 5 days: to the 24th.
        Assert.Equal((Day("2021-09-22"), "met", Day("2021-09-24"), "met"), (permits.Clock("decision").Due, permits.Clock("survey").Status, permits.Clock("green-decision").Due, permits.Clock("consent").Status));

        permits.On("2021-09-17");
        permits.Report(Digging, PermitStatuses.Approved);

        // The works: ten days from the permit to dig, National day in between.
        Assert.Equal(Day("2021-10-08"), permits.Clock("works").Due);
        permits.Happened(EventTypes.PermitWorksFinished);
        Assert.Equal("met", permits.Clock("works").Status);
    }

    [Fact]
    public void The_limit_of_the_customers_class_is_the_one_that_runs()
    {
        var permits = new PermitCase();

        permits.Applied(permits.Application() with { CustomerClass = ConnectionClasses.HvDual });

        Assert.Equal(["all", "all-high", "window"], permits.State.Clocks.Select(clock => clock.Rule).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_late_survey_is_warned_of_to_the_department_and_then_to_the_supervisor_once_each()
    {
        var permits = new PermitCase();
        permits.Applied(permits.Application() with { Occupies = [Occupied.Road] });
        permits.Arrive();
        permits.Report(Planning, PermitStatuses.Approved);

        permits.On("2021-09-23");

        var told = permits.Sent.Where(order => order.Type == CommandTypes.DeadlineWarn)
            .Select(order => System.Text.Json.JsonSerializer.Deserialize(order.Data.Span, SchemasJson.Default.DeadlineWarning)!).Where(warning => warning.Rule == "survey").ToList();
        Assert.Equal(["50 responsible", "80 responsible", "80 supervisor", "100 responsible", "100 supervisor"], told.Select(warning => $"{warning.Percent} {warning.To}"));
        Assert.Equal([2, 0, 0, 0, 0], told.Select(warning => warning.DaysLeft));
        Assert.Equal(("S4 五(二)3", Day("2021-09-18"), "permit_case", $"{PermitCase.Utility}:WX-1"), (told[0].Clause, told[0].DueDay, told[0].CaseType, told[0].Case));
        Assert.Equal([Roads, Roads, Energy, Roads, Energy], permits.Sent.Where(order => order.Type == CommandTypes.DeadlineWarn && System.Text.Encoding.UTF8.GetString(order.Data.Span).Contains("\"survey\"", StringComparison.Ordinal)).Select(order => order.Connector));
        Assert.Equal("overdue", permits.Last.Unserved);
        permits.Report(Digging, PermitStatuses.Surveyed);
        Assert.Equal("met_late", permits.Clock("survey").Status);
    }

    [Fact]
    public void The_owner_of_private_green_is_the_applicants_matter_also_over_a_holiday()
    {
        var permits = new PermitCase { Now = PermitCase.At("2021-09-27") };
        permits.Applied(permits.Application() with { GreenOwner = "PRIVATE" });
        permits.Arrive();

        Assert.Equal("paused", permits.Clock("green").Status);
        Assert.DoesNotContain(permits.Item(Green).Clocks, clock => clock.Rule == "consent");

        // National day 10-01 to 10-07; the consent comes on the worked Saturday 10-09.
        permits.On("2021-10-09");
        permits.Report(Green, PermitStatuses.OwnerConsented);

        Assert.Equal((Day("2021-10-22"), Day("2021-10-15")), (permits.Clock("green").Due, permits.Clock("green-decision").Due));
    }

    [Fact]
    public void What_is_claimed_long_before_it_arrives_keeps_no_limit()
    {
        var permits = new PermitCase();
        permits.Applied();
        permits.Arrive();
        permits.On("2021-09-26");

        permits.Report(Planning, PermitStatuses.Approved, report => report with { At = PermitCase.Text(PermitCase.At("2021-09-17")) });

        Assert.Equal(WarningCodes.BackDated, Assert.Single(permits.Last.Warnings).Code);
        Assert.Equal("met_late", permits.Clock("planning").Status);
    }

    [Fact]
    public void The_clock_of_the_works_is_warned_of_by_the_connection_when_there_is_one()
    {
        var permits = new PermitCase();
        permits.Applied(permits.Application() with { Occupies = [Occupied.Road], ApplicationNo = "YK-1" });
        permits.Arrive();
        permits.Report(Planning, PermitStatuses.Approved);

        permits.Report(Digging, PermitStatuses.Approved);

        Assert.Equal(("running", null, true), (permits.Clock("works").Status, permits.Last.Deadline, permits.Last.Closed));
    }

    // --- withdrawal, and what arrives where it has no place --------------------------------------------------------------

    [Fact]
    public void A_withdrawal_tells_every_department_that_was_told_and_nothing_begins_again()
    {
        var permits = new PermitCase();
        permits.Connectors.Remove(Greens);
        permits.Applied();
        permits.Arrive();
        permits.Report(Planning, PermitStatuses.Approved);

        permits.Happened(EventTypes.PermitWithdrawn, note: "改用地下通道");

        Assert.Equal([$"{Window} withdraw PLANNING", $"{Roads} withdraw EXCAVATION"], permits.Said);
        Assert.Equal((Step.Withdrawn, true, null, null), (permits.Step, permits.Last.Closed, permits.Last.Deadline, permits.Last.Unserved));
        Assert.Equal("ended", permits.Clock("survey").Status);
        permits.Report(Digging, PermitStatuses.Approved);
        permits.Corrected(permits.Application(2));
        Assert.Equal((Step.Withdrawn, 0), (permits.Step, permits.Last.Orders.Count));
    }

    [Fact]
    public void A_withdrawal_that_overtakes_its_application_counts()
    {
        var permits = new PermitCase();
        permits.Happened(EventTypes.PermitWithdrawn, note: "不再需要");

        permits.Applied();

        Assert.Empty(permits.Said);
        Assert.Equal(WarningCodes.Superseded, Assert.Single(permits.Last.Warnings).Code);
    }

    [Fact]
    public void Only_who_was_told_may_speak_of_an_item()
    {
        var permits = new PermitCase();
        permits.Report(Planning, PermitStatuses.Approved);
        Assert.Equal("no_such_case", permits.Last.Refusal);
        permits.Applied();

        permits.Report(Planning, PermitStatuses.Approved, by: Greens);
        Assert.Equal("not_a_party", permits.Last.Refusal);
        permits.Report(PermitItems.Highway, PermitStatuses.Approved);
        Assert.Equal("no_such_item", permits.Last.Refusal);

        // The window speaks for all.
        permits.Report(Digging, PermitStatuses.Received, by: Window);
        Assert.Null(permits.Last.Refusal);
    }

    [Fact]
    public void An_older_word_that_arrives_late_moves_nothing()
    {
        var permits = new PermitCase();
        permits.Applied();
        permits.Arrive();
        permits.On("2021-09-15");
        permits.Report(Planning, PermitStatuses.Resumed);

        permits.Report(Planning, PermitStatuses.MaterialMissing, report => report with { At = PermitCase.Text(PermitCase.At("2021-09-14")) });

        Assert.Equal((WarningCodes.Superseded, "running"), (Assert.Single(permits.Last.Warnings).Code, permits.Clock("planning").Status));
    }

    [Fact]
    public void An_item_that_nobody_can_be_told_of_is_shown_and_goes_out_once_somebody_can()
    {
        var permits = new PermitCase();
        permits.Connectors.Remove(Roads);
        permits.Applied();
        permits.Arrive();
        Assert.Equal(("no_department", PermitProcess.ItemState.Unserved), (permits.Last.Unserved, permits.Item(Digging).State));
        Assert.Null(permits.State.DistributedAt);

        permits.Connectors.Add(Roads);
        permits.PolicyChanged();

        Assert.Equal([$"{Roads} distribute EXCAVATION"], permits.Said);
        Assert.Null(permits.Last.Unserved);
    }

    [Fact]
    public void A_place_without_rules_is_shown()
    {
        var permits = new PermitCase { Region = "110101" };

        permits.Applied();

        Assert.Equal(("no_permit_rule", false), (permits.Last.Unserved, permits.Last.Closed));
    }

    [Fact]
    public void An_order_that_did_not_arrive_starts_no_clock_of_the_department()
    {
        var permits = new PermitCase();
        permits.Applied();

        permits.Answered(Roads, permits.Item(Digging).ToldBy!.Value, Answer.Refused(AnswerReasons.ContentRefused, "2001"));

        Assert.Equal((AnswerReasons.ContentRefused, null, 0), (permits.Item(Digging).Undelivered, permits.Item(Digging).ReceivedAt, permits.Item(Digging).Clocks.Count));
    }

    [Fact]
    public void Consultations_and_opinions_are_kept_also_before_the_application_and_without_repeats()
    {
        var permits = new PermitCase();
        permits.Happened(EventTypes.PermitConsulted, "市政工程管理局", PermitStepResults.Conflict, note: "与燃气管冲突");
        permits.Happened(EventTypes.PermitConsulted, "市政工程管理局", PermitStepResults.Conflict, note: "与燃气管冲突");
        permits.Happened(EventTypes.PermitOpinion, "示例燃气", PermitStepResults.Agreed);

        Assert.Equal(["consulted CONFLICT", "opinion AGREED"], permits.State.Said.Select(said => $"{said.Kind} {said.Result}"));
        Assert.True(permits.Last.Closed);
        permits.Applied();
        Assert.Equal(2, permits.State.Said.Count);
    }

    [Fact]
    public void A_case_of_which_nobody_says_anything_and_no_limit_runs_is_shown_in_the_end()
    {
        var unlimited = Hohhot with { Limits = [] };
        var permits = new PermitCase { Policies = new([unlimited], Set.Calendar, [], "test") };
        permits.Applied();
        permits.Arrive();
        Assert.NotNull(permits.Last.Deadline);

        permits.TimeUp();

        Assert.Equal(("no_word", null), (permits.Last.Unserved, permits.Last.Deadline));
    }

    // --- exemptions ----------------------------------------------------------------------------------------------------

    private static PermitCase InJinzhong() => new() { Region = "140702", Operator = "sgcc-jinzhong" };

    private static PermitApplication Shop(PermitCase permits) => permits.Application() with
    {
        Purpose = "LV_SMALL_MICRO", Applicant = "示例便利店", Occupies = [Occupied.Sidewalk], InUrbanDistrict = true, InsideForbidden = false, MunicipalFacility = false, WorkPosition = "示例路1号", WorkQuantity = "电缆30米",
    };

    [Fact]
    public void An_exempt_item_waits_for_the_signed_letter()
    {
        var permits = InJinzhong();

        permits.Applied(Shop(permits));

        Assert.Equal([$"sgcc-jinzhong result JZ-21-FEIJINMIANPI EXEMPT", $"{Window} distribute PLANNING", "sgcc-jinzhong result EXCAVATION EXEMPT"], permits.Said);
        var letter = permits.Results.Single(result => result.Exemption is not null);
        Assert.Contains("示例便利店在示例路1号", letter.CommitmentZh, StringComparison.Ordinal);
        Assert.Contains("within 5 working days", letter.CommitmentEn, StringComparison.Ordinal);
        permits.Arrive();
        permits.Report(Planning, PermitStatuses.Approved);
        Assert.Equal((Step.Promising, 0), (permits.Step, permits.Deliveries.Count));

        permits.Happened(EventTypes.PermitCommitmentSigned, "示例便利店", reference: "CN-1");

        Assert.Equal((Step.Granted, true), (permits.Step, Assert.Single(permits.Deliveries).WorksMayBegin));
    }

    [Fact]
    public void A_failed_condition_sends_the_item_to_its_department_with_the_reasons()
    {
        var permits = InJinzhong();

        permits.Applied(Shop(permits) with { InsideForbidden = true });

        Assert.Contains($"{Roads} distribute EXCAVATION", permits.Said);
        Assert.Equal((ExemptionResults.PermitNeeded, "insideForbidden"), (permits.State.Exemptions[0].Result, permits.State.Exemptions[0].Failed[0].Fact));
    }

    [Theory]
    [InlineData("EXEMPT", "EXEMPT")]
    [InlineData("PERMIT_NEEDED", "SENT")]
    public void A_missing_fact_is_a_persons_task_and_holds_only_what_it_may_replace(string answer, string state)
    {
        var permits = InJinzhong();
        permits.Applied(Shop(permits) with { MunicipalFacility = null });
        Assert.Equal((PermitProcess.ItemState.Held, PermitProcess.ItemState.Sent, "person_needed"), (permits.Item(Digging).State, permits.Item(Planning).State, permits.Last.Unserved));
        Assert.Equal(["EXEMPT", "PERMIT_NEEDED"], permits.Open("exemption")!.Options);

        permits.Answer("exemption", answer);

        Assert.Equal((state, "值班员李", null), (PermitProcess.Words.Of(permits.Item(Digging).State), permits.State.Exemptions[0].By, permits.Last.Unserved));

        // What was decided stays when the next snapshot has the same facts.
        permits.Corrected(Shop(permits) with { MunicipalFacility = null, Version = 2 });
        Assert.Equal(("值班员李", null), (permits.State.Exemptions[0].By, permits.Open("exemption")));
    }

    [Fact]
    public void The_fact_itself_answers_the_task()
    {
        var permits = InJinzhong();
        permits.Applied(Shop(permits) with { MunicipalFacility = null });

        permits.Corrected(Shop(permits) with { Version = 2 });

        Assert.Equal((null, PermitProcess.ItemState.Exempt, null), (permits.Open("exemption"), permits.Item(Digging).State, permits.State.Exemptions[0].By));
    }

    [Fact]
    public void A_rule_without_figures_asks_a_person()
    {
        var permits = new PermitCase { Region = "141002", Operator = "sgcc-linfen" };

        permits.Applied(permits.Application() with { Purpose = "LOW_VOLTAGE", Occupies = [Occupied.Sidewalk] });

        Assert.Equal((Step.Asking, "person_needed"), (permits.Step, permits.Last.Unserved));
        permits.Answer("exemption", "EXEMPT");
        Assert.Equal((Step.Granted, true), (permits.Step, Assert.Single(permits.Deliveries).WorksMayBegin));
    }

    [Fact]
    public void A_task_that_nobody_answers_is_overdue_and_a_wrong_answer_is_refused()
    {
        var permits = InJinzhong();
        permits.Applied(Shop(permits) with { MunicipalFacility = null });
        permits.On("2021-09-16");
        Assert.Equal("overdue", permits.Open("exemption")!.Status);

        permits.Answer("exemption", "maybe");

        Assert.Equal("not_an_option", permits.Last.Refusal);
    }

    [Fact]
    public void A_filing_stands_for_the_permits_and_its_number_opens_the_works()
    {
        var permits = new PermitCase { Region = "320706", Operator = "sgcc-lianyungang" };
        permits.Applied(permits.Application() with { Purpose = "SUPPORTING_WORK", LengthM = 999.9m, Occupies = [Occupied.Sidewalk], LaneStillUsable = true });
        Assert.Contains($"{Window} distribute FILING", permits.Said);
        Assert.DoesNotContain($"{Roads} distribute EXCAVATION", permits.Said);
        permits.Arrive();

        permits.Report(PermitRules.Filing, PermitStatuses.Filed);

        Assert.Equal((Step.Granted, true), (permits.Step, Assert.Single(permits.Deliveries).WorksMayBegin));
        Assert.Equal("FILING-1", permits.Deliveries[0].Items.Single(item => item.Item == PermitRules.Filing).PermitNo);
    }

    // --- restoration ---------------------------------------------------------------------------------------------------

    private static PermitCase Built()
    {
        var permits = InJinzhong();
        permits.Applied(Shop(permits));
        permits.Arrive();
        permits.Report(Planning, PermitStatuses.Approved);
        permits.Happened(EventTypes.PermitCommitmentSigned, "示例便利店", reference: "CN-1");
        permits.Happened(EventTypes.PermitWorksFinished);
        return permits;
    }

    [Fact]
    public void The_surface_is_due_some_days_after_the_works_and_a_good_check_ends_the_case()
    {
        var permits = Built();
        Assert.Equal((Step.Restoring, Day("2021-09-18")), (permits.Step, permits.Clock("JZ-21-FEIJINMIANPI").Due));

        permits.Happened(EventTypes.PermitRestored, "城管巡查", PermitStepResults.Restored, partner: Window);

        Assert.Equal((Step.Finished, true, "met"), (permits.Step, permits.Last.Closed, permits.Clock("JZ-21-FEIJINMIANPI").Status));
    }

    [Fact]
    public void A_broken_promise_goes_to_the_credit_platform_with_its_evidence()
    {
        var permits = Built();

        permits.Happened(EventTypes.PermitRestored, "城管巡查", PermitStepResults.Broken, "照片 3 张", "未恢复");

        var report = Assert.Single(permits.Credits);
        Assert.Equal(("示例便利店", "CN-1", "照片 3 张", "S4 六(四)", "JZ-21-FEIJINMIANPI"), (report.Subject, report.CommitmentRef, report.EvidenceRef, report.Clause, report.Rules.Single()));
        Assert.Equal((Step.Broken, true), (permits.Step, permits.Last.Closed));
        permits.Happened(EventTypes.PermitRestored, "城管巡查", PermitStepResults.Broken, "照片 3 张", "未恢复");
        Assert.Empty(permits.Credits);
    }

    [Fact]
    public void Without_a_credit_platform_a_person_reports_it()
    {
        var permits = Built();
        permits.Connectors.Remove(Credit);

        permits.Happened(EventTypes.PermitRestored, "城管巡查", PermitStepResults.Broken, "照片 3 张");
        Assert.Equal(("person_needed", false), (permits.Last.Unserved, permits.Last.Closed));

        permits.Answer("report_credit", "reported");
        Assert.True(permits.Last.Closed);
    }

    [Fact]
    public void A_surface_nobody_looked_at_is_warned_of_and_then_a_persons_task()
    {
        var permits = Built();

        permits.On("2021-09-22");

        Assert.Contains(permits.Sent, order => order.Type == CommandTypes.DeadlineWarn && order.Connector == "sgcc-jinzhong" && System.Text.Encoding.UTF8.GetString(order.Data.Span).Contains("地面恢复", StringComparison.Ordinal));
        permits.Answer("check_restoration", "broken");
        Assert.Equal((Step.Broken, 1), (permits.Step, permits.Credits.Count));
    }

    private static DateOnly Day(string day) => DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}
