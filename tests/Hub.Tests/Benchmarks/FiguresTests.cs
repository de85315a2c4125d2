using System.Text;
using Hub.Benchmarks;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Benchmarks;

/// <summary>The arithmetic of the published figures.</summary>
public sealed class FiguresTests
{
    [Theory]
    [InlineData(50, 50)]
    [InlineData(95, 95)]
    [InlineData(99, 99)]
    [InlineData(100, 100)]
    public void A_percentile_of_1_to_100_is_its_own_number(double percent, double expected) =>
        Assert.Equal(expected, Figures.Percentile([.. Enumerable.Range(1, 100).Select(value => (double)value)], percent));

    [Fact]
    public void The_p99_of_few_values_is_the_worst_and_never_a_better_one() => Assert.Equal(9, Figures.Percentile([1, 2, 9], 99));

    [Fact]
    public void Nothing_measured_is_zero() => Assert.Equal((0, 0), (Figures.Percentile([], 50), Figures.Median([])));

    [Theory]
    [InlineData(new double[] { 3, 1, 2 }, 2)]
    [InlineData(new double[] { 4, 1, 2, 3 }, 2.5)]
    public void The_median_does_not_care_about_order(double[] values, double expected) => Assert.Equal(expected, Figures.Median(values));

    [Fact]
    public void The_spread_is_from_the_lowest_to_the_highest() => Assert.Equal(0.2, Figures.Spread([90, 100, 110]), precision: 9);

    [Fact]
    public void The_rate_is_read_from_pgbench_15()
    {
        const string output = """
            pgbench (15.18)
            transaction type: /tmp/x.sql
            number of clients: 32
            number of transactions actually processed: 27702
            latency average = 3.466 ms
            initial connection time = 29.518 ms
            tps = 9232.126458 (without initial connection time)
            """;

        Assert.Equal(9232.126458, Figures.PgbenchRate(output));
    }

    [Fact]
    public void Of_the_two_rates_of_an_old_pgbench_the_one_without_connecting_counts() => Assert.Equal(120.5, Figures.PgbenchRate("""
        tps = 110.1 (including connections establishing)
        tps = 120.5 (excluding connections establishing)
        """));

    [Fact]
    public void No_rate_is_not_taken_for_zero() => Assert.Null(Figures.PgbenchRate("pgbench: error: connection to server failed"));

    [Fact]
    public void Slots_are_even_and_go_round_the_clients()
    {
        var pace = new Pace(Rate: 1500, Clients: 64);

        Assert.Equal((1.0, 3000L, 1500 % 64), (pace.Due(1500), pace.SlotsIn(2), pace.ClientOf(1500)));
    }

    [Theory]
    [InlineData("usual")]
    [InlineData("eight")]
    public void Every_event_is_found_again_by_its_case_and_version(string name)
    {
        var mix = name == "usual" ? Mix.Usual : Mix.Eight;

        Assert.All(Enumerable.Range(0, 1000), number =>
        {
            var (caseNumber, version) = mix.Of(number);
            Assert.Equal(number, mix.NumberOf(caseNumber, version));
        });
    }

    [Fact]
    public void Two_of_three_events_open_a_case() =>
        Assert.Equal(200, Enumerable.Range(0, 300).Select(number => Mix.Usual.Of(number)).Count(of => of.Version == 1));

    [Fact]
    public void A_version_that_was_never_sent_has_no_number() => Assert.Equal(-1, Mix.Usual.NumberOf(1, 2));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(99_999, 9)]
    [InlineData(100_000, 3)]
    [InlineData(ProjectCodes.CasesMax - 1, 5)]
    public void A_project_code_is_valid_and_leads_back_to_its_case(int caseNumber, int receiver)
    {
        var bytes = new byte[ProjectCodes.Length];
        ProjectCodes.Write(caseNumber, receiver, bytes);
        var code = ProjectCode.Parse(Encoding.ASCII.GetString(bytes));

        Assert.Equal((true, ProjectCodes.Region(receiver), caseNumber), (code.Ok, code.Region.ToString(), ProjectCodes.CaseOf(bytes)));
    }

    [Theory]
    [InlineData(0.28, "pass hub/limit >= 0.28 yes")]
    [InlineData(0.27, "pass hub/limit >= 0.28 no")]
    [InlineData(null, "pass hub/limit >= 0.28 not measured")]
    public void A_mark_says_what_became_of_it(double? value, string expected) => Assert.Equal(expected, new Mark("hub/limit", Least: 0.28).Judge(value));

    [Fact]
    public void A_mark_may_be_a_ceiling() => Assert.Equal("pass inversions <= 0 no", new Mark("inversions", Most: 0).Judge(1));
}
