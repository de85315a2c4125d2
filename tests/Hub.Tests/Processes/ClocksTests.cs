using System.Globalization;
using Hub.Policies;
using Hub.Processes;
using Hub.Tests.Policies;
using Xunit;

namespace Hub.Tests.Processes;

public sealed class ClocksTests
{
    private static readonly WorkingCalendar Calendar = ShippedPacks.Set.Calendar;
    private static readonly WarningRule[] Warnings = [new(50, ["responsible"]), new(80, ["responsible", "supervisor"]), new(100, ["responsible", "supervisor"])];

    [Theory]
    // National day 2021: 10-01 to 10-07 off, Saturday 10-09 worked.
    [InlineData("2021-09-28", 5, "2021-10-11")]
    [InlineData("2021-09-28", 2, "2021-09-30")]
    [InlineData("2021-02-05", 3, "2021-02-09")]
    public void Counts_from_the_day_after_it_began(string start, int limit, string due) =>
        Assert.Equal(Day(due), Count(Clock(limit, start), start).Due);

    [Fact]
    public void One_day_in_calendar_days_passes_a_weekend()
    {
        var clock = Count(Clock(1, "2021-09-30") with { Unit = "calendar_days" }, "2021-09-30");

        Assert.Equal(Day("2021-10-01"), clock.Due);
        Assert.Equal("overdue", Count(clock, "2021-10-02").Status);
    }

    [Fact]
    public void A_pause_over_a_holiday_with_a_make_up_day_leaves_only_the_days_it_ran()
    {
        // Begun Monday 09-27, limit 5; two days used by 09-29. Resumed on the make-up Saturday 10-09: three days from the Sunday on.
        var paused = Count(Clock(5, "2021-09-27") with { Pauses = [Pause("2021-09-29", null)] }, "2021-09-30");
        var resumed = Count(paused with { Pauses = [Pause("2021-09-29", "2021-10-09")] }, "2021-10-09");

        Assert.Equal((null, "paused"), (paused.Due, paused.Status));
        Assert.Equal((Day("2021-10-13"), "running"), (resumed.Due, resumed.Status));
        Assert.Equal([(null, Day("2021-10-13"), "why")], resumed.Changes.TakeLast(1).Select(change => (change.From, change.To, change.Why)));
    }

    [Theory]
    [InlineData("2021-03-05", "met")]
    [InlineData("2021-03-06", "met_late")]
    [InlineData("2021-03-08", "met_late")]
    public void Is_late_from_the_end_of_the_last_day_also_on_a_weekend(string end, string status) =>
        Assert.Equal(status, Count(Clock(4, "2021-03-01") with { EndedAt = At(end) }, end).Status);

    [Theory]
    // On the last day itself (Friday): one working day is not over, so it stays.
    [InlineData("2021-03-05", "2021-03-10", "2021-03-10", "running")]
    // On the Saturday after: too late to help.
    [InlineData("2021-03-06", "2021-03-10", "2021-03-05", "overdue")]
    public void A_pause_helps_only_while_there_is_time_left(string from, string to, string due, string status)
    {
        var clock = Count(Clock(4, "2021-03-01") with { Pauses = [Pause(from, to)] }, to);

        Assert.Equal((Day(due), status), (clock.Due, clock.Status));
    }

    [Fact]
    public void Pauses_that_overlap_or_share_a_day_are_left_out_once()
    {
        var clock = Count(Clock(10, "2021-03-01") with { Pauses = [Pause("2021-03-03", "2021-03-09"), Pause("2021-03-05", "2021-03-10"), Pause("2021-03-11", "2021-03-11")] }, "2021-03-12");

        // Two days until the 3rd, then the 11th and 12th.
        Assert.Equal(4, Clocks.Used(clock, At("2021-03-12"), Calendar));
        Assert.Equal(Day("2021-03-22"), clock.Due);
    }

    [Theory]
    [InlineData(10, 50, "2021-03-08")]
    [InlineData(10, 80, "2021-03-11")]
    [InlineData(10, 100, "2021-03-15")]
    [InlineData(1, 50, "2021-03-01")]
    [InlineData(1, 100, "2021-03-02")]
    public void Warns_when_a_share_of_the_limit_is_used_up(int limit, int percent, string day)
    {
        var clock = Count(Clock(limit, "2021-03-01"), "2021-03-01") with { Warned = [.. Warnings.Select(rule => rule.Percent).Where(other => other < percent)] };

        Assert.Equal(Clocks.EndOf(Day(day)), Clocks.NextWarning(clock, Warnings, Calendar));
        Assert.Empty(Clocks.DueWarnings(clock, Warnings, Clocks.EndOf(Day(day)).AddTicks(-1), Calendar));
        Assert.Contains(percent, Clocks.DueWarnings(clock, Warnings, Clocks.EndOf(Day(day)), Calendar));
    }

    [Fact]
    public void A_clock_that_stands_still_or_has_ended_warns_nobody()
    {
        Assert.Null(Clocks.NextWarning(Count(Clock(10, "2021-03-01") with { Pauses = [Pause("2021-03-02", null)] }, "2021-03-02"), Warnings, Calendar));
        Assert.Null(Clocks.NextWarning(Count(Clock(10, "2021-03-01") with { EndedAt = At("2021-03-02") }, "2021-03-02"), Warnings, Calendar));
    }

    [Fact]
    public void The_aim_of_the_operator_stands_beside_the_limit()
    {
        var clock = Count(Clock(10, "2021-03-01") with { Target = 6 }, "2021-03-01");

        Assert.Equal((Day("2021-03-15"), Day("2021-03-09")), (clock.Due, clock.TargetDue));
    }

    [Fact]
    public void Another_calendar_moves_the_due_day_and_says_so()
    {
        var regional = new WorkingCalendar(Calendar.FirstDay, Calendar.LastDay, new Dictionary<DateOnly, bool>(Calendar.Exceptions) { [Day("2021-03-03")] = false }) { Version = "other" };
        var clock = Clocks.Count(Count(Clock(5, "2021-03-01"), "2021-03-01"), regional, At("2021-03-02"), "calendar");

        Assert.Equal([new ClockChange(At("2021-03-02"), Day("2021-03-08"), Day("2021-03-09"), "calendar", "other")], clock.Changes);
    }

    [Fact]
    public void Past_the_last_notice_it_is_provisional() =>
        Assert.True(Count(Clock(30, "2026-12-15"), "2026-12-15").Provisional);

    private static CaseClock Clock(int limit, string start) => new()
    {
        Rule = "rule", Span = LimitSpans.Whole, Limit = limit, Unit = "working_days", Responsible = "utility", StartedAt = At(start),
    };

    private static CaseClock Count(CaseClock clock, string now) => Clocks.Count(clock, Calendar, At(now), "why");

    private static ClockPause Pause(string from, string? to) => new(Exclusions.Applicant, At(from), to is null ? null : At(to), "reason", "li");

    private static DateOnly Day(string day) => DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    // Ten in the morning in China.
    private static DateTimeOffset At(string day) => new(Day(day).ToDateTime(new TimeOnly(10, 0)), TimeSpan.FromHours(8));
}
