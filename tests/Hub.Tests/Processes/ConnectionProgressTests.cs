using System.Text.Json;
using Hub.Processes;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Processes;

public sealed class ConnectionProgressTests
{
    private readonly ConnectionCase connection = new();

    [Fact]
    public void Steps_bear_the_citys_names_and_say_what_is_done_now_and_ahead()
    {
        connection.Apply();
        Assert.Equal(["受理 now", "答复 ahead", "接电 ahead"], Steps());
        connection.Stage(ConnectionStages.Accepted, "FINISH");
        Assert.Equal(["受理 done", "答复 ahead", "接电 ahead"], Steps());
        connection.Stage(ConnectionStages.PlanReplied, "START");
        Assert.Equal(["受理 done", "答复 now", "接电 ahead"], Steps());

        // The check of completion was never reported; the supply is there all the same.
        connection.Stage(ConnectionStages.Metered, "FINISH");
        Assert.Equal(["受理 done", "答复 done", "接电 done"], Steps());
    }

    [Fact]
    public void A_step_that_nobody_reported_on_lies_ahead()
    {
        connection.Apply();
        connection.Stage(ConnectionStages.CompletionCheck, "START");

        Assert.Equal(["受理 done", "答复 ahead", "接电 now"], Steps());
    }

    [Fact]
    public void A_clock_is_counted_to_the_moment_of_asking()
    {
        connection.Apply();
        connection.Now = ConnectionCase.At("2021-03-08");
        var clock = Of().Clocks.Single(clock => clock.Rule == "utility");
        Assert.Equal((15, 5, "running", new DateOnly(2021, 3, 22)), (clock.Limit, clock.Used, clock.Status, clock.Due!.Value));

        connection.Now = ConnectionCase.At("2021-03-23");
        Assert.Equal("overdue", Of().Clocks.Single(clock => clock.Rule == "utility").Status);
    }

    [Fact]
    public void A_pause_shows_and_takes_the_due_day_away()
    {
        connection.Apply();
        connection.Stage(ConnectionStages.Accepted, "PAUSE", kind: "APPLICANT", reason: "补正");
        var clock = Of().Clocks.Single(clock => clock.Rule == "whole");

        Assert.Equal(("paused", null, "APPLICANT"), (clock.Status, clock.Due, Assert.Single(clock.Pauses).Kind));
    }

    [Fact]
    public void The_operators_own_aim_is_told_to_the_operator_alone()
    {
        connection.Apply();

        Assert.Equal((10, null), (Of(own: true).Clocks.Single(clock => clock.Rule == "utility").Target, Of(own: false).Clocks.Single(clock => clock.Rule == "utility").Target));
        Assert.All(Of(own: false).Clocks, clock => Assert.Null(clock.TargetDue));
    }

    [Fact]
    public void What_is_missing_and_marked_and_matched_is_told_and_nobody_is_named()
    {
        connection.Apply(
            ConnectionCase.Application() with { ApplicantName = "张示例", HasExternalLine = true, Supplies = null, UnitUscc = "911410020000000191" },
            projects: [new() { Key = "2110-141002-04-01-000001", MatchedBy = "code", Confidence = 100, TakenAt = ConnectionCase.At("2021-02-22"), UnitName = "示例公司" }]);
        connection.Stage(ConnectionStages.Survey, "FINISH", ConnectionCase.At("2021-02-01"));
        connection.Evaluate(4);
        var progress = Of();

        Assert.Equal(["supplies"], progress.Missing);
        Assert.Null(progress.CustomerClass);
        Assert.Equal(new ProgressProject("2110-141002-04-01-000001", "code", 5), progress.Project);
        Assert.Contains(progress.Marks, mark => mark is { Code: "OUTSIDE_SYSTEM", TitleZh.Length: > 4, TitleEn.Length: > 4 });
        Assert.Equal(4, progress.Evaluation);
        Assert.DoesNotContain("示例", JsonSerializer.Serialize(progress, ProgressJson.Readable.ConnectionProgress).Replace("国网", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private IEnumerable<string> Steps() => Of().Steps.Select(step => $"{step.TitleZh} {step.Status}");

    private ConnectionProgress Of(bool own = false) => ConnectionProgress.Of(connection.State, ConnectionProcess.PolicyOf(connection.State, connection.Policies, null), connection.Policies, connection.Now, own);
}
