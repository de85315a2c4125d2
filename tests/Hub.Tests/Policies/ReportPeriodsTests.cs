using System.Globalization;
using Hub.Policies;
using Xunit;

namespace Hub.Tests.Policies;

/// <summary>When a reporting duty falls due; days and hours are those of the city.</summary>
public sealed class ReportPeriodsTests
{
    [Theory]
    // S1 四.1: before Thursday, that is Thursday 00:00; the week is Monday to Sunday.
    [InlineData("WEEK", 4, null, "2026-11-21T12:00", "2026-W46", "2026-11-09T00:00", "2026-11-16T00:00", "2026-11-19T00:00")]
    [InlineData("WEEK", 4, null, "2026-11-15T23:59", "2026-W45", "2026-11-02T00:00", "2026-11-09T00:00", "2026-11-12T00:00")]
    [InlineData("WEEK", 4, null, "2026-11-16T00:00", "2026-W46", "2026-11-09T00:00", "2026-11-16T00:00", "2026-11-19T00:00")]
    [InlineData("WEEK", 5, null, "2026-11-21T12:00", "2026-W46", "2026-11-09T00:00", "2026-11-16T00:00", "2026-11-20T00:00")]
    [InlineData("WEEK", 1, null, "2026-11-21T12:00", "2026-W46", "2026-11-09T00:00", "2026-11-16T00:00", "2026-11-23T00:00")]
    // Weeks of a year's turn belong to the year of their Thursday.
    [InlineData("WEEK", 4, null, "2027-01-04T00:00", "2026-W53", "2026-12-28T00:00", "2027-01-04T00:00", "2027-01-07T00:00")]
    // S2 四(一): at the end of a quarter; the day after it is left for it.
    [InlineData("QUARTER", null, 0, "2026-10-01T00:00", "2026-Q3", "2026-07-01T00:00", "2026-10-01T00:00", "2026-10-02T00:00")]
    [InlineData("QUARTER", null, 10, "2026-09-30T23:59", "2026-Q2", "2026-04-01T00:00", "2026-07-01T00:00", "2026-07-12T00:00")]
    // S1 四.2: half-yearly, no day is given.
    [InlineData("HALF_YEAR", null, null, "2026-07-01T00:00", "2026-H1", "2026-01-01T00:00", "2026-07-01T00:00", null)]
    [InlineData("HALF_YEAR", null, null, "2026-06-30T23:59", "2025-H2", "2025-07-01T00:00", "2026-01-01T00:00", null)]
    // S2 四(二): by the end of May and of November.
    [InlineData("MAY", null, 0, "2026-05-01T00:00", "2026-05", "2025-11-01T00:00", "2026-05-01T00:00", "2026-06-01T00:00")]
    [InlineData("MAY", null, null, "2026-04-30T23:59", "2025-05", "2024-11-01T00:00", "2025-05-01T00:00", "2025-06-01T00:00")]
    [InlineData("NOVEMBER", null, 0, "2026-11-21T12:00", "2026-11", "2026-05-01T00:00", "2026-11-01T00:00", "2026-12-01T00:00")]
    // S2 三(二)3: yearly, no day is given.
    [InlineData("YEAR", null, null, "2027-01-01T00:00", "2026", "2026-01-01T00:00", "2027-01-01T00:00", null)]
    [InlineData("YEAR", null, 30, "2026-12-31T23:59", "2025", "2025-01-01T00:00", "2026-01-01T00:00", "2026-02-01T00:00")]
    public void The_last_period_that_is_over(string kind, int? weekday, int? days, string now, string name, string from, string to, string? due)
    {
        var period = ReportPeriods.EndedBy(Rule(kind) with { BeforeWeekday = weekday, DueDays = days }, City(now)).First();

        Assert.Equal(new ReportPeriod(name, City(from), City(to), due is null ? null : City(due)), period);
    }

    [Theory]
    [InlineData("WEEK", "2027-W01 2026-W53 2026-W52")]
    [InlineData("QUARTER", "2026-Q4 2026-Q3 2026-Q2")]
    [InlineData("HALF_YEAR", "2026-H2 2026-H1 2025-H2")]
    [InlineData("MAY", "2026-05 2025-05 2024-05")]
    [InlineData("YEAR", "2026 2025 2024")]
    public void Those_before_follow_without_a_gap_in_their_names(string kind, string names) =>
        Assert.Equal(names.Split(' '), ReportPeriods.EndedBy(Rule(kind), City("2027-01-11T08:00")).Take(3).Select(period => period.Name));

    [Fact]
    public void What_is_told_promptly_has_no_period() => Assert.Empty(ReportPeriods.EndedBy(Rule("ON_EVENT"), City("2027-01-11T08:00")));

    internal static ReportRule Rule(string kind) => new()
    {
        Id = "duty", Title = new("台账", "Ledger"), Period = kind, Reporter = new("供电企业", "Utility"), Receivers = ["bureau"], Source = RuleSources.HubDefault, BeforeWeekday = kind == "WEEK" ? 4 : null,
    };

    internal static DateTimeOffset City(string time) => DateTimeOffset.Parse(time + "+08:00", CultureInfo.InvariantCulture).ToUniversalTime();
}
