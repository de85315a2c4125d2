using System.Globalization;
using Hub.Engine;
using Hub.Ledger;
using Xunit;

namespace Hub.Tests.Ledger;

public sealed class ServiceReportsTests
{
    private static readonly DateOnly March = new(2026, 3, 1);

    // The first moment of March in the city.
    private static readonly DateTimeOffset Begin = new(2026, 2, 28, 16, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Later = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", 0)]
    [InlineData("0-60", 60)]
    [InlineData("0-60,30-90", 90)]
    [InlineData("0-60,10-20", 60)]
    [InlineData("0-60,100-160", 120)]
    [InlineData("-100-30", 30)]
    [InlineData("1000-", 440)]
    [InlineData("-100-9999", 1440)]
    public void Time_with_incidents_counts_once_and_within_the_stretch(string spans, int minutes)
    {
        var until = Begin.AddMinutes(1440);
        var read = spans.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(text =>
        {
            var at = text.LastIndexOf('-');
            return new IncidentSpan("unreachable", Minute(text[..at]), text.Length == at + 1 ? null : Minute(text[(at + 1)..]));
        });

        Assert.Equal(TimeSpan.FromMinutes(minutes), ServiceReport.Covered(read, Begin, until));

        static DateTime Minute(string text) => Begin.AddMinutes(int.Parse(text, CultureInfo.InvariantCulture)).UtcDateTime;
    }

    [Theory]
    [InlineData("2026-03", "2026-03-01")]
    [InlineData("2026-3", null)]
    [InlineData("2026-13", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("9999-01", null)]
    public void A_month_is_read_or_none(string? text, string? first) => Assert.Equal(first, ServiceSheet.ReadMonth(text)?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    [Fact]
    public async Task A_month_counts_what_lies_in_it_and_nothing_else()
    {
        await using var database = await FilledAsync();

        var report = (await CountAsync(database, Later))!;

        Assert.True(report.Final);
        Assert.Equal((5L, 4L, 3L), (report.Received, report.Delivered, report.OnTime));
        Assert.Equal(75, report.OnTimeShare!.Value, 3);

        // 10 s, 20 s, 30 s and 7200 s.
        Assert.Equal(25, report.P50!.Value, 3);
        Assert.Equal(6124.5, report.P95!.Value, 3);
        Assert.Equal((7L, 2L), (report.Attempts, report.Retries));
        Assert.Equal([("refused", "content_refused", 1L), ("unavailable", "unreachable", 1L), ("unknown", "timed_out", 1L)], report.Failures.Select(one => (one.Outcome, one.Reason, one.Count)).Order());
        Assert.Equal((2L, 1L), (report.Open, report.Parked));
        Assert.Equal((3L, 2L), (report.Leads, report.ReceiptsMissing));
        Assert.Equal((TimeSpan.FromMinutes(60), TimeSpan.FromMinutes(90), 2), (report.Away, report.Troubled, report.Incidents));

        // What was recorded in February and never settled has waited the whole month.
        Assert.Equal((ServiceReport.EndOf(March) - Begin).TotalSeconds, report.LongestWait!.Value, 3);
    }

    [Fact]
    public async Task A_month_that_is_over_gives_the_same_whatever_comes_after_it_and_without_bodies()
    {
        await using var database = await FilledAsync();
        var before = ServiceSheet.Csv((await CountAsync(database, Later))!, "x", english: true);

        await DeliverAsync(database, 90, Begin.AddDays(40), "lead.create.v1", due: null, (40 * 24 * 60, "taken", null, 1));
        await AnswerAsync(database, 3, 9, Begin.AddDays(33), "taken", null, 3);
        await ReceiptAsync(database, 1, Begin.AddDays(35));
        await database.ExecuteAsync("UPDATE deliveries SET data = NULL");
        await database.ExecuteAsync("UPDATE incidents SET closed_at = COALESCE(closed_at, '2026-05-01')");

        Assert.Equal(before, ServiceSheet.Csv((await CountAsync(database, Later.AddDays(200)))!, "x", english: true));
    }

    [Fact]
    public async Task A_month_under_way_is_counted_until_now_and_a_stranger_has_none()
    {
        await using var database = await FilledAsync();

        var report = (await CountAsync(database, Begin.AddSeconds(25)))!;

        Assert.False(report.Final);
        Assert.Equal((2L, 2L), (report.Received, report.Delivered));
        Assert.Null(await new ServiceReports(database.Source).CountAsync("nobody", March, Later, ServiceSheet.ParkedAfter, Cancellation));
    }

    [Fact]
    public async Task A_receiver_that_was_sent_nothing_has_waited_for_nothing()
    {
        await using var database = await FilledAsync();
        await database.ExecuteAsync("INSERT INTO connectors (name) VALUES ('heat')");

        var report = (await new ServiceReports(database.Source).CountAsync("heat", March, Later, ServiceSheet.ParkedAfter, Cancellation))!;

        Assert.Equal((0L, 0L, 0L), (report.Received, report.Attempts, report.Open));
        Assert.Null(report.LongestWait);
        Assert.Null(report.P50);
        Assert.Null(report.OnTimeShare);
        Assert.Equal(100, report.Availability, 3);
    }

    [Fact]
    public async Task Every_figure_has_a_title_and_a_definition_in_both_languages_and_a_file_is_no_formula()
    {
        await using var database = await FilledAsync();
        var report = (await CountAsync(database, Later))!;

        Assert.All(ServiceSheet.Figures(report), figure =>
        {
            Assert.All(new[] { figure.Title.Zh, figure.Title.En, figure.Means.Zh, figure.Means.En, figure.Value }, Assert.NotEmpty);
            Assert.Matches("[\u4e00-\u9fff]", figure.Means.Zh);
        });
        var text = System.Text.Encoding.UTF8.GetString(ServiceSheet.Csv(report, "=1+1", english: false));
        Assert.Contains("\"'=1+1\"", text, StringComparison.Ordinal);
        Assert.Contains("月度服务报告", text, StringComparison.Ordinal);
    }

    private static Task<ServiceReport?> CountAsync(TestDatabase database, DateTimeOffset now) =>
        new ServiceReports(database.Source).CountAsync("gas", March, now, ServiceSheet.ParkedAfter, Cancellation);

    // Minutes of answers are counted from the beginning of March.
    private static async Task<TestDatabase> FilledAsync()
    {
        var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("INSERT INTO connectors (name) VALUES ('gas'), ('water')");

        // Before the month: one delivered before it, one never.
        await DeliverAsync(database, 10, Begin.AddDays(-2), "lead.create.v1", due: null, (-60, "taken", null, 1));
        await DeliverAsync(database, 11, Begin.AddDays(-1), "lead.update.v1", due: null, (-50, "unavailable", "unreachable", 1));

        // In it: two quick ones, one with a retry, one too late though it has no due time of its own, one refused.
        await DeliverAsync(database, 1, Begin, "lead.create.v1", due: null, (10.0 / 60, "taken", null, 1));
        await DeliverAsync(database, 2, Begin, "account.precheck.v1", due: null, (20.0 / 60, "taken", null, 1));
        await DeliverAsync(database, 3, Begin.AddMinutes(60), "lead.create.v1", due: null, (60.1, "unknown", "timed_out", 1), (60.5, "taken", null, 2));
        await DeliverAsync(database, 4, Begin.AddMinutes(120), "lead.update.v1", due: null, (120.1, "unavailable", "unreachable", 1), (240, "taken", null, 2));
        await DeliverAsync(database, 5, Begin.AddMinutes(300), "lead.create.v1", due: null, (300.1, "refused", "content_refused", 1));

        // Not attempts, after it, and of somebody else.
        await AnswerAsync(database, 11, 7, Begin.AddMinutes(301), "unavailable", "breaker_open", 1);
        await DeliverAsync(database, 20, Begin.AddDays(31), "lead.create.v1", due: null, (31 * 24 * 60, "taken", null, 1));
        await database.ExecuteAsync("""
            INSERT INTO deliveries (case_id, connector_no, lane_seq, type, cause_id, cause_type, occurred_at, recorded_at, data)
            SELECT 99, no, 1, 'lead.create.v1', gen_random_uuid(), 'x', @Begin, @Begin, ''
              FROM connectors
             WHERE name = 'water'
            """, new { Begin });
        await ReceiptAsync(database, 3, Begin.AddMinutes(70));
        await database.ExecuteAsync("""
            INSERT INTO incidents (connector_no, class, opened_at, seen_at, closed_at, reason, affected, most)
            SELECT no, c.class, @Begin + c.opens, @Begin, @Begin + c.closes, 'x', 1, 1
              FROM connectors,
                   (VALUES ('unreachable', interval '2 hours', interval '3 hours'), ('rejected', interval '150 minutes', interval '210 minutes'), ('certificate', interval '0', interval '1 day'),
                           ('unreachable', interval '40 days', NULL)) AS c (class, opens, closes)
             WHERE name = 'gas'
            """, new { Begin });
        return database;
    }

    private static async Task DeliverAsync(TestDatabase database, int id, DateTimeOffset at, string type, DateTimeOffset? due, params (double Minute, string Outcome, string? Reason, int Attempt)[] answers)
    {
        await database.ExecuteAsync("""
            INSERT INTO deliveries (case_id, connector_no, lane_seq, type, cause_id, cause_type, occurred_at, recorded_at, due_at, data)
            SELECT @id, no, 1, @type, @cause, 'x', @at, @at, @due, ''
              FROM connectors
             WHERE name = 'gas'
            """, new { id, type, at, due, cause = Cause(id) });
        foreach (var (index, (minute, outcome, reason, attempt)) in answers.Index())
            await AnswerAsync(database, id, index + 1, Begin.AddMinutes(minute), outcome, reason, attempt);
    }

    private static Task AnswerAsync(TestDatabase database, int id, int fence, DateTimeOffset at, string outcome, string? reason, int attempt) => database.ExecuteAsync("""
        INSERT INTO answers (case_id, connector_no, lane_seq, fence, attempt, outcome, reason, elapsed_ms, recorded_at, content)
        SELECT @id, no, 1, @fence, @attempt, @outcome, @reason, 1, @at, ''
          FROM connectors
         WHERE name = 'gas'
        """, new { id, fence, at, outcome, reason, attempt });

    private static Task ReceiptAsync(TestDatabase database, int id, DateTimeOffset at) => database.ExecuteAsync("""
        INSERT INTO events (event_id, identity, case_id, partner, type, source, source_id, about, region, received_at, digest, data_start, data_length)
        VALUES (gen_random_uuid(), gen_random_uuid(), @id, 'gas', 'hub.delivery.receipt.v1', 's', 'i', @cause, '', @at, '', 0, 0)
        """, new { id, at, cause = Cause(id) });

    private static Guid Cause(int id) => new(id, 0, 0, new byte[8]);
}
