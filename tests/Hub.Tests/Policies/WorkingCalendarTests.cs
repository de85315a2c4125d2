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

    // A million sums and a million differences, a quarter each under the national calendar and under three invented regions.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Agrees_with_walking_day_by_day_in_a_million_random_cases(int region)
    {
        const int Cases = 250_000;
        var random = new Random(20_211_008 + region);
        var regional = Enumerable.Range(0, region * 40).Select(_ => new DateOnly(2019, 7, 1).AddDays(random.Next(3_000))).Distinct().ToDictionary(day => day, _ => random.Next(2) == 0);
        var calendar = region == 0 ? Calendar : Calendar.With(regional, $"region-{region}@1");
        var counter = new DayByDay(Listed(), regional);
        for (var i = 0; i < Cases; i++)
        {
            var start = counter.First.AddDays(random.Next(DayByDay.Days - 400));
            var n = random.Next(0, 121);
            var (due, provisional) = counter.Add(start, n);
            if (calendar.AddWorkingDays(start, n) != (due, provisional))
            {
                Assert.Fail($"{start:O} + {n} is {due:O} (provisional: {provisional}), not {calendar.AddWorkingDays(start, n)}.");
            }

            var end = counter.First.AddDays(random.Next(DayByDay.Days));
            var far = end.DayNumber - start.DayNumber is > 500 or < -500 ? start.AddDays(random.Next(-200, 200)) : end;
            far = far < counter.First ? counter.First : far;
            var between = counter.Between(start, far);
            if (calendar.WorkingDaysBetween(start, far) != between || calendar.WorkingDaysBetween(far, start) != -between)
            {
                Assert.Fail($"From {start:O} to {far:O} there are {between} working days, not {calendar.WorkingDaysBetween(start, far)}.");
            }
        }
    }

    [Fact]
    public void Says_which_calendar_it_is()
    {
        Assert.Equal("cn@2026.1", Calendar.Version);
        Assert.Equal("cn@2026.1+nm@2021.1", Calendar.With(new Dictionary<DateOnly, bool>(), "nm@2021.1").Version);
    }

    [Fact]
    public void Regional_days_past_the_last_notice_wait_for_the_notice()
    {
        var regional = Calendar.With(new Dictionary<DateOnly, bool> { [new(2027, 1, 4)] = false }, "nm@1");

        Assert.Equal((new DateOnly(2027, 1, 4), true), regional.AddWorkingDays(new(2027, 1, 1), 1));
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

    private static Dictionary<DateOnly, bool> Listed() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Policies", "cn_calendar_2020_2026.csv")).Skip(1).Select(line => line.Split(','))
            .ToDictionary(row => Day(row[0]), row => row[1] == "workday");

    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    // The plain meaning, from the list as collected and not from the pack: no formula, one day after another.
    private sealed class DayByDay
    {
        public const int Days = 3_653;

        private readonly bool[] works = new bool[Days];
        private readonly bool[] announced = new bool[Days];

        public DayByDay(Dictionary<DateOnly, bool> listed, Dictionary<DateOnly, bool> regional)
        {
            for (var i = 0; i < Days; i++)
            {
                var day = First.AddDays(i);
                announced[i] = day.Year is >= 2020 and <= 2026;
                works[i] = announced[i] && regional.TryGetValue(day, out var here) ? here
                    : listed.TryGetValue(day, out var everywhere) ? everywhere
                    : day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday);
            }
        }

        public DateOnly First { get; } = new(2018, 7, 1);

        public (DateOnly Due, bool Provisional) Add(DateOnly start, int n)
        {
            var day = start.DayNumber - First.DayNumber;
            var provisional = n == 0 && !announced[day];
            while (n > 0)
            {
                day++;
                provisional |= !announced[day];
                n -= works[day] ? 1 : 0;
            }

            return (First.AddDays(day), provisional);
        }

        public int Between(DateOnly from, DateOnly to)
        {
            if (to < from)
            {
                return -Between(to, from);
            }

            var count = 0;
            for (var day = from.DayNumber + 1; day <= to.DayNumber; day++)
            {
                count += works[day - First.DayNumber] ? 1 : 0;
            }

            return count;
        }
    }
}
