using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Policies;
using Xunit;
using static Hub.Tests.Processes.ApprovalCase;

namespace Hub.Tests.Processes;

public sealed class ProjectApprovalProcessTests
{
    private const string Created = EventTypes.ProjectApprovalCreated;
    private const string Amended = EventTypes.ProjectApprovalAmended;
    private const string Extended = EventTypes.ProjectApprovalExtended;
    private const string Revoked = EventTypes.ProjectApprovalRevoked;

    [Fact]
    public void A_created_approval_becomes_a_lead_at_the_operator_that_serves_the_place()
    {
        var order = Assert.Single(new ApprovalCase().Created().Orders);

        Assert.Equal(("sgcc-linfen", CommandTypes.LeadCreate), (order.Connector, order.Type));
        var lead = Lead(order);
        Assert.Equal((LeadChange.Created, "sgcc-linfen", "GBT40058", "AGREEMENT-1"), (lead.Change, lead.OperatorCode, lead.CodeScheme, lead.LegalBasisRef));
        Assert.True(lead.MissingDemand);
    }

    [Fact]
    public void The_case_is_pinned_to_the_pack_of_the_place() => Assert.Equal("linfen@2021.1", new ApprovalCase().Created().Pin);

    [Theory]
    [InlineData(Amended, CommandTypes.LeadUpdate, LeadChange.Amended)]
    [InlineData(Extended, CommandTypes.LeadUpdate, LeadChange.Extended)]
    [InlineData(Revoked, CommandTypes.LeadWithdraw, LeadChange.Revoked)]
    [InlineData(Created, CommandTypes.LeadUpdate, LeadChange.Amended)]
    public void What_follows_a_lead_is_told_by_its_kind(string type, string command, LeadChange change)
    {
        var project = new ApprovalCase();
        project.Created();

        var order = Assert.Single(project.Receive(type, Approval(version: 2)).Orders);

        Assert.Equal((command, change), (order.Type, Lead(order).Change));
        Assert.Equal(2, Lead(order).Approval.Version);
    }

    [Theory]
    [InlineData(Amended, CommandTypes.LeadCreate)]
    [InlineData(Extended, CommandTypes.LeadCreate)]
    public void A_change_without_an_earlier_record_is_a_new_lead_and_says_so(string type, string command)
    {
        var decided = new ApprovalCase().Receive(type, Approval(version: 3));

        Assert.Equal(command, Assert.Single(decided.Orders).Type);
        Assert.Equal(WarningCodes.NoEarlierRecord, Assert.Single(decided.Warnings).Code);
    }

    [Fact]
    public void A_revocation_without_an_earlier_record_tells_nobody_and_closes()
    {
        var decided = new ApprovalCase().Revoked(Approval(version: 2));

        Assert.Empty(decided.Orders);
        Assert.True(decided.Closed);
        Assert.Null(decided.Unserved);
    }

    // Each: what is in force (version, date), what comes later, whether it is applied.
    [Theory]
    [InlineData(2, "2021-09-22", 1, "2021-09-22", false)]
    [InlineData(2, "2021-09-22", 2, "2021-09-22", true)]
    [InlineData(2, "2021-09-22", 3, "2021-09-22", true)]
    [InlineData(1, "2021-09-22", 9, "2021-09-21", false)]
    [InlineData(9, "2021-09-22", 1, "2021-09-23", true)]
    [InlineData(2, "2021-09-22", 1, "2021-09", false)]
    [InlineData(1, "2021-09-22", 2, "2021-09", true)]
    [InlineData(1, "2021-09-22", 2, "2021-08", false)]
    [InlineData(2, "2021", 1, "2021-12-31", false)]
    [InlineData(2, "2021", 1, "2022", true)]
    [InlineData(2, null, 1, "2021-09-22", false)]
    [InlineData(1, "2021-09-22", 2, null, true)]
    public void Which_version_is_in_force_is_decided_by_date_then_version_never_by_arrival(int version, string? date, int laterVersion, string? laterDate, bool applied)
    {
        var project = new ApprovalCase();
        project.Created(Approval(version, date));

        var decided = project.Amended(Approval(laterVersion, laterDate));

        Assert.Equal(applied, decided.Orders.Count == 1);
        Assert.Equal(applied, decided.Warnings.All(warning => warning.Code != WarningCodes.Superseded));
        Assert.Equal(applied ? (laterVersion, laterDate) : (version, date), (project.State.InForce!.Version!.Value, project.State.InForce.ApprovalDate));
    }

    [Fact]
    public void A_change_of_path_withdraws_the_lead_and_keeps_what_the_project_goes_on_as()
    {
        var project = new ApprovalCase();
        project.Created();

        var decided = project.Revoked(Approval(version: 2) with { NewPath = "FILING" });

        Assert.Equal("FILING", Lead(Assert.Single(decided.Orders)).Approval.NewPath);
        Assert.True(decided.Closed);
    }

    [Fact]
    public void A_project_approved_again_after_its_revocation_is_a_new_lead()
    {
        var project = new ApprovalCase();
        project.Created();
        project.Revoked(Approval(version: 2));

        var decided = project.Created(Approval(version: 3));

        Assert.Equal(CommandTypes.LeadCreate, Assert.Single(decided.Orders).Type);
        Assert.False(decided.Closed);
    }

    [Fact]
    public void A_revocation_that_is_older_than_the_version_in_force_withdraws_nothing()
    {
        var project = new ApprovalCase();
        project.Created(Approval(version: 3));

        var decided = project.Revoked(Approval(version: 2));

        Assert.Empty(decided.Orders);
        Assert.False(decided.Closed);
    }

    [Fact]
    public void A_second_revocation_withdraws_nothing_more()
    {
        var project = new ApprovalCase();
        project.Created();
        project.Revoked(Approval(version: 2));

        Assert.Empty(project.Revoked(Approval(version: 3)).Orders);
    }

    [Fact]
    public void A_named_operator_goes_before_the_area()
    {
        var decided = new ApprovalCase().Created(Approval(operatorCode: "huozhou-coal-power"));

        Assert.Equal("huozhou-coal-power", Assert.Single(decided.Orders).Connector);
    }

    [Fact]
    public void A_named_operator_of_another_authority_is_passed_over()
    {
        var decided = new ApprovalCase().Created(Approval(operatorCode: "sgcc-jinzhong"));

        Assert.Equal("sgcc-linfen", Assert.Single(decided.Orders).Connector);
    }

    [Fact]
    public void A_project_moved_to_another_area_is_withdrawn_there_and_created_here()
    {
        var project = new ApprovalCase();
        project.Created();

        var orders = project.Amended(Approval(version: 2, region: "141033")).Orders;

        Assert.Equal(
            [("sgcc-linfen", CommandTypes.LeadWithdraw), ("slp-puxian", CommandTypes.LeadCreate)],
            orders.Select(order => (order.Connector, order.Type)));
    }

    [Fact]
    public void A_place_nobody_serves_is_said_and_told_once_a_pack_serves_it()
    {
        var project = new ApprovalCase();
        var before = project.Created(Approval(region: "110101"));
        Assert.Equal("no_operator", before.Unserved);
        Assert.Empty(before.Orders);

        project.Policies = WithBeijing();
        var after = project.PolicyChanged();

        Assert.Null(after.Unserved);
        var order = Assert.Single(after.Orders);
        Assert.Equal(("op-beijing", CommandTypes.LeadCreate, "beijing@1"), (order.Connector, order.Type, after.Pin));
    }

    [Fact]
    public void An_operator_without_a_connector_is_said()
    {
        var project = new ApprovalCase();
        project.Connectors.Remove("sgcc-linfen");

        var decided = project.Created();

        Assert.Empty(decided.Orders);
        Assert.Equal("no_connector", decided.Unserved);
    }

    [Fact]
    public void An_older_version_leaves_a_case_that_nobody_serves_unserved()
    {
        var project = new ApprovalCase();
        project.Created(Approval(version: 2, region: "110101"));

        Assert.Equal("no_operator", project.Amended(Approval(version: 1, region: "110101")).Unserved);
    }

    [Fact]
    public void A_policy_change_does_not_tell_again_what_was_told()
    {
        var project = new ApprovalCase();
        project.Created();

        Assert.Empty(project.PolicyChanged().Orders);
    }

    [Fact]
    public void The_approval_is_kept_in_the_case_only_until_somebody_was_told_of_it()
    {
        var project = new ApprovalCase();
        project.Created(Approval(region: "110101"));
        Assert.NotNull(project.State.Approval);

        project.Policies = WithBeijing();
        project.PolicyChanged();

        Assert.Null(project.State.Approval);
        Assert.Equal("110101", project.State.InForce!.RegionCode);
    }

    [Fact]
    public void A_case_that_was_kept_with_its_whole_approval_still_knows_its_version()
    {
        var project = new ApprovalCase();
        project.Created(Approval(version: 2));
        project.State = project.State with { InForce = null, Approval = Approval(version: 2) };

        Assert.Contains(project.Amended(Approval(version: 1)).Warnings, warning => warning.Code == WarningCodes.Superseded);
    }

    [Fact]
    public void A_policy_change_before_any_event_decides_nothing() => Assert.Empty(new ApprovalCase().PolicyChanged().Orders);

    [Fact]
    public void The_lead_carries_the_codes_of_the_records_warnings_once_each()
    {
        var decided = new ApprovalCase().Receive(Created, Approval(), new Warning("/a", "check_digit", "", ""), new Warning("/b", "check_digit", "", ""));

        Assert.Equal(["check_digit"], Lead(Assert.Single(decided.Orders)).Warnings);
    }

    [Fact]
    public void The_first_contact_clock_starts_when_the_lead_is_first_taken_and_not_before()
    {
        var project = new ApprovalCase();
        Assert.Null(project.Created().Deadline);

        project.Answer(CommandTypes.LeadCreate, Hub.Schemas.Answer.Refused(AnswerReasons.ContentRefused));
        Assert.Null(project.Clock());
        Assert.Equal(AnswerReasons.ContentRefused, project.State.Receivers["sgcc-linfen"].Refused);

        project.Taken();
        Assert.Equal("running", project.Clock()!.Status);
        Assert.Null(project.State.Receivers["sgcc-linfen"].Refused);
    }

    // Day 1 is Friday the 8th, day 2 the make-up Saturday the 9th, day 3 Monday the 11th.
    [Theory]
    [InlineData("2021-09-30T02:00:00Z")]
    [InlineData("2021-09-29T17:00:00Z")]
    [InlineData("2021-09-30T15:59:59Z")]
    [InlineData("2021-10-03T02:00:00Z")]
    public void Working_days_are_counted_in_the_citys_zone_over_the_national_holiday(string taken)
    {
        var project = Running(Instant(taken));

        var clock = project.Clock()!;
        Assert.Equal((new DateOnly(2021, 10, 11), false), (clock.Due, clock.Provisional));
        Assert.Equal((Instant("2021-10-09T16:00:00Z"), Instant("2021-10-11T16:00:00Z")), (clock.WarnAt, clock.OverdueAt));
        Assert.Equal(Instant("2021-10-09T16:00:00Z"), project.Last.Deadline);
        Assert.Equal("hub default", clock.Source);
    }

    [Fact]
    public void A_due_day_past_the_last_known_notice_is_provisional()
    {
        var clock = Running(Instant("2026-12-30T02:00:00Z")).Clock()!;

        Assert.Equal((new DateOnly(2027, 1, 4), true), (clock.Due, clock.Provisional));
    }

    [Fact]
    public void The_clock_warns_then_is_overdue_each_at_its_instant()
    {
        var project = Running(Instant("2021-09-30T02:00:00Z"));

        project.Now = Instant("2021-10-09T15:59:59Z");
        project.TimeUp();
        Assert.Equal("running", project.Clock()!.Status);

        project.Now = Instant("2021-10-09T16:00:00Z");
        Assert.Equal(Instant("2021-10-11T16:00:00Z"), project.TimeUp().Deadline);
        Assert.Equal("warned", project.Clock()!.Status);

        project.Now = Instant("2021-10-11T16:00:00Z");
        Assert.Null(project.TimeUp().Deadline);
        Assert.Equal("overdue", project.Clock()!.Status);
    }

    // Each: the utility's word, when it came, what the clock then says.
    [Theory]
    [InlineData("in_progress", "2021-10-08T02:00:00Z", "met")]
    [InlineData("done", "2021-10-11T15:59:59Z", "met")]
    [InlineData("rejected", "2021-10-08T02:00:00Z", "met")]
    [InlineData("in_progress", "2021-10-11T16:00:00Z", "met_late")]
    [InlineData("accepted", "2021-10-08T02:00:00Z", "running")]
    public void Progress_an_end_or_a_rejection_is_contact_and_acceptance_alone_is_not(string status, string at, string expected)
    {
        var project = Running(Instant("2021-09-30T02:00:00Z"));

        project.Now = Instant(at);
        project.Report(status);

        Assert.Equal(expected, project.Clock()!.Status);
    }

    [Fact]
    public void Contact_after_the_clock_was_marked_overdue_is_late()
    {
        var project = Running(Instant("2021-09-30T02:00:00Z"));
        project.Now = Instant("2021-10-12T02:00:00Z");
        project.TimeUp();

        project.Report("in_progress");

        Assert.Equal("met_late", project.Clock()!.Status);
    }

    [Fact]
    public void A_met_clock_asks_for_no_more_time_ups() => Assert.Null(Running(Instant("2021-09-30T02:00:00Z")).Report("done").Deadline);

    [Fact]
    public void A_revocation_ends_the_clock()
    {
        var project = Running(Instant("2021-09-30T02:00:00Z"));

        Assert.Null(project.Revoked(Approval(version: 2)).Deadline);
        Assert.Equal("ended", project.Clock()!.Status);
    }

    [Fact]
    public void Amendments_do_not_restart_the_clock()
    {
        var project = Running(Instant("2021-09-30T02:00:00Z"));
        var before = project.Clock();

        project.Now = Instant("2021-10-08T02:00:00Z");
        project.Amended(Approval(version: 2));
        project.Taken(CommandTypes.LeadUpdate);

        Assert.Equal(before, project.Clock());
    }

    [Fact]
    public void A_withdrawal_that_is_taken_starts_no_clock()
    {
        var project = new ApprovalCase();
        project.Created();
        project.Revoked(Approval(version: 2));

        project.Taken();
        project.Taken(CommandTypes.LeadWithdraw);

        Assert.Null(project.Clock());
    }

    [Fact]
    public void A_project_approved_again_has_a_clock_of_its_own()
    {
        var project = Running(Instant("2021-09-30T02:00:00Z"));
        project.Revoked(Approval(version: 2));
        project.Taken(CommandTypes.LeadWithdraw);
        project.Now = Instant("2021-11-01T02:00:00Z");
        project.Created(Approval(version: 3));

        project.Taken();

        Assert.Equal(("running", new DateOnly(2021, 11, 4)), (project.Clock()!.Status, project.Clock()!.Due));
    }

    [Fact]
    public void An_answer_of_a_stranger_moves_nothing()
    {
        var project = new ApprovalCase();
        var before = project.Created().State;

        Assert.Equal(before, project.Taken(connector: "slp-puxian").State);
    }

    public static TheoryData<string?, string, bool> Moves()
    {
        var moves = new TheoryData<string?, string, bool>();
        string[] all = ["accepted", "rejected", "in_progress", "done"];
        string[] allowed = ["accepted>rejected", "accepted>in_progress", "accepted>done", "in_progress>in_progress", "in_progress>rejected", "in_progress>done"];
        foreach (var after in all)
        {
            moves.Add(null, after, true);
            foreach (var before in all)
                moves.Add(before, after, allowed.Contains($"{before}>{after}"));
        }

        return moves;
    }

    [Theory]
    [MemberData(nameof(Moves))]
    public void Receipts_move_forward_only(string? before, string after, bool allowed)
    {
        var project = Running(Instant("2021-09-30T02:00:00Z"));
        if (before is not null)
            Assert.Null(project.Report(before).Refusal);

        Assert.Equal(allowed ? null : "receipt_move", project.Report(after).Refusal);
        Assert.Equal(allowed ? after : before, project.State.Receivers["sgcc-linfen"].Receipts[project.LastEvent]);
    }

    [Fact]
    public void Receipts_of_two_events_are_kept_apart()
    {
        var project = Running(Instant("2021-09-30T02:00:00Z"));
        var first = project.LastEvent;
        project.Report("done", accountNo: "1400001");
        project.Amended(Approval(version: 2));

        Assert.Null(project.Report("accepted").Refusal);
        Assert.Equal("receipt_move", project.Report("accepted", about: first).Refusal);
        Assert.Equal("1400001", project.State.Receivers["sgcc-linfen"].AccountNo);
    }

    [Fact]
    public void A_receipt_of_somebody_who_was_not_told_is_refused()
    {
        var project = new ApprovalCase();
        project.Created();

        Assert.Equal("not_a_receiver", project.Report("accepted", partner: "slp-puxian").Refusal);
        Assert.Equal("not_a_receiver", project.ReportAboutNothing("sgcc-linfen").Refusal);
    }

    private static ApprovalCase Running(DateTimeOffset taken)
    {
        var project = new ApprovalCase { Now = taken };
        project.Created();
        project.Taken();
        return project;
    }

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static PolicySet WithBeijing()
    {
        var site = Directory.CreateTempSubdirectory("site-");
        try
        {
            File.WriteAllText(Path.Combine(site.FullName, "beijing.yaml"), """
                id: beijing
                version: "1"
                title: { zh: 北京, en: Beijing }
                document: { short: S9, title: 文件 }
                regions: ["11"]
                operators:
                  - id: op-beijing
                    title: { zh: 北京供电, en: Beijing Power }
                    utility: power
                    serves: ["11"]
                    source: document
                    clause: S9 一
                """);
            return PolicyStore.Open(ShippedPacks.Folder, site.FullName).Current;
        }
        finally
        {
            site.Delete(recursive: true);
        }
    }
}
