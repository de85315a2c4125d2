using System.Globalization;
using Hub.Policies;
using Xunit;

namespace Hub.Tests.Policies;

public sealed class WorkingCalendarTests
{
    private static readonly WorkingCalendar Calendar = ShippedPacks.Set.Calendar;

    [Theory]
    [InlineData("2021-09-30", 1, "2021-10-08")]
    [InlineData("2021-09-30", 2, "2021-10-09")]
    [InlineData("2024-02-08", 1, "2024-02-09")]
    [InlineData("2024-02-08", 2, "2024-02-18")]
    [InlineData("2020-01-23", 1, "2020-02-03")]
    [InlineData("2022-12-30", 1, "2023-01-03")]
    [InlineData("2021-10-02", 0, "2021-10-02")]
    [InlineData("2026-11-20", 3, "2026-11-25")]
    public void Counts_working_days_without_the_start_day(string start, int n, string due) =>
        Assert.Equal((Day(due), false), Calendar.AddWorkingDays(Day(start), n));

    [Theory]
    [InlineData(2020, 249)]
    [InlineData(2021, 250)]
    [InlineData(2022, 249)]
    [InlineData(2023, 249)]
    [InlineData(2024, 251)]
    [InlineData(2025, 248)]
    [InlineData(2026, 248)]
    public void Has_the_working_days_of_each_year(int year, int days)
    {
        Assert.Equal(days, Calendar.WorkingDaysBetween(new(year - 1, 12, 31), new(year, 12, 31)));
        Assert.Equal(days, Enumerable.Range(0, 366).Select(i => new DateOnly(year, 1, 1).AddDays(i)).Count(day => day.Year == year && Calendar.IsWorkingDay(day)));
    }

    [Theory]
    [InlineData(2020, 30, 6)]
    [InlineData(2021, 31, 7)]
    [InlineData(2022, 32, 7)]
    [InlineData(2023, 26, 7)]
    [InlineData(2024, 28, 8)]
    [InlineData(2025, 28, 5)]
    [InlineData(2026, 33, 6)]
    public void Has_the_days_off_and_make_up_days_of_each_year(int year, int off, int makeUp)
    {
        var ofYear = Calendar.Exceptions.Where(exception => exception.Key.Year == year).ToList();

        Assert.Equal((off, makeUp), (ofYear.Count(exception => !exception.Value), ofYear.Count(exception => exception.Value)));
        Assert.All(ofYear.Where(exception => exception.Value), exception => Assert.True(exception.Key.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday));
    }

    [Fact]
    public void Says_the_same_as_the_collected_list_day_by_day()
    {
        var listed = Listed();

        Assert.Equal(listed.OrderBy(row => row.Key), Calendar.Exceptions.OrderBy(row => row.Key));
    }

    [Fact]
    public void Agrees_with_walking_day_by_day_in_100_000_random_cases()
    {
        var listed = Listed();
        var random = new Random(20_211_008);
        var first = new DateOnly(2019, 11, 1).DayNumber;
        var span = new DateOnly(2027, 6, 30).DayNumber - first;
        for (var i = 0; i < 100_000; i++)
        {
            var start = DateOnly.FromDayNumber(first + random.Next(span));
            var n = random.Next(0, 61);
            var due = Walk(listed, start, n);

            var (added, provisional) = Calendar.AddWorkingDays(start, n);

            if (added != due || Calendar.WorkingDaysBetween(start, due) != n || Calendar.WorkingDaysBetween(due, start) != -n)
            {
                Assert.Fail($"{start:O} + {n} is {due:O}, not {added:O}.");
            }

            if (provisional != IsProvisional(start, due))
            {
                Assert.Fail($"{start:O} + {n}: provisional is {provisional}.");
            }
        }
    }

    [Theory]
    [InlineData("2026-12-30", 1, "2026-12-31", false)]
    [InlineData("2026-12-31", 1, "2027-01-01", true)]
    [InlineData("2026-12-28", 10, "2027-01-11", true)]
    [InlineData("2030-01-01", 0, "2030-01-01", true)]
    [InlineData("2019-12-31", 1, "2020-01-02", false)]
    [InlineData("2019-12-30", 1, "2019-12-31", true)]
    [InlineData("2019-12-30", 2, "2020-01-02", true)]
    public void Is_provisional_where_no_notice_has_spoken(string start, int n, string due, bool provisional) =>
        Assert.Equal((Day(due), provisional), Calendar.AddWorkingDays(Day(start), n));

    [Fact]
    public void Regional_days_lie_over_the_national_ones()
    {
        var regional = Calendar.With(new Dictionary<DateOnly, bool> { [new(2021, 9, 30)] = false, [new(2021, 10, 7)] = true }, "nm@1");

        Assert.False(regional.IsWorkingDay(new(2021, 9, 30)));
        Assert.Equal((new DateOnly(2021, 10, 7), false), regional.AddWorkingDays(new(2021, 9, 29), 1));
        Assert.True(Calendar.IsWorkingDay(new(2021, 9, 30)));
    }

    [Fact]
    public void Holds_at_both_ends_of_time()
    {
        Assert.True(Calendar.IsWorkingDay(DateOnly.MinValue));
        Assert.True(Calendar.IsWorkingDay(DateOnly.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => Calendar.AddWorkingDays(DateOnly.MaxValue, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Calendar.AddWorkingDays(new(2021, 1, 1), -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Calendar.AddWorkingDays(new(2021, 1, 1), int.MaxValue));
    }

    // The plain meaning, from the list as collected and not from the pack.
    private static DateOnly Walk(Dictionary<DateOnly, bool> listed, DateOnly start, int n)
    {
        var day = start;
        while (n > 0)
        {
            day = day.AddDays(1);
            n -= listed.GetValueOrDefault(day, day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday)) ? 1 : 0;
        }

        return day;
    }

    private static bool IsProvisional(DateOnly start, DateOnly due)
    {
        for (var day = start == due ? start : start.AddDays(1); day <= due; day = day.AddDays(1))
        {
            if (day.Year is < 2020 or > 2026)
            {
                return true;
            }
        }

        return false;
    }

    private static Dictionary<DateOnly, bool> Listed() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Policies", "cn_calendar_2020_2026.csv")).Skip(1).Select(line => line.Split(','))
            .ToDictionary(row => Day(row[0]), row => row[1] == "workday");

    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}
