using Hub.Console;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Console;

public sealed class ChartsTests
{
    private static readonly DateOnly Today = new(2026, 3, 2);
    private static readonly WorkingCalendar Calendar = new(new(2026, 1, 1), new(2026, 12, 31), new Dictionary<DateOnly, bool>());

    [Theory]
    [InlineData("Checking", false, 0, "accepted", false)]
    [InlineData("NoConsent", false, 0, "accepted", true)]
    [InlineData("Settling", false, 0, "settling", false)]
    [InlineData("Asking", false, 0, "settling", false)]
    [InlineData("NotDone", false, 0, "settling", true)]
    [InlineData("Transferring", true, 1, "receipts", false)]
    [InlineData("NotDone", true, 2, "receipts", true)]
    [InlineData("Reversing", true, 2, "receipts", true)]
    [InlineData("Reversed", true, 0, "transferring", true)]
    [InlineData("Done", true, 4, "ended", false)]
    [InlineData("PartlyDone", true, 4, "ended", false)]
    public void A_transfer_counts_for_every_step_it_reached_and_drops_out_at_the_last_of_them(string step, bool begun, int sent, string furthest, bool dropped)
    {
        CoTransferProcess.Transfer[] one = [new() { Registration = null!, Step = Enum.Parse<CoTransferProcess.Step>(step), Begun = begun, Sent = sent, EndedAt = null }];
        var steps = TransferBoard.Steps.ToList();

        foreach (var at in steps)
        {
            var (reached, here, gone) = TransferBoard.FunnelOf(at, one);
            Assert.Equal(steps.IndexOf(at) <= steps.IndexOf(furthest) ? 1 : 0, reached);
            Assert.Equal(at == furthest && at != "ended" && !dropped ? 1 : 0, here);
            Assert.Equal(at == furthest && dropped ? 1 : 0, gone);
        }
    }

    [Theory]
    [InlineData("overdue", "2026-02-27", "overdue")]
    [InlineData("running", "2026-03-02", "today")]
    [InlineData("running", "2026-03-03", "one")]
    [InlineData("running", "2026-03-05", "three")]
    [InlineData("running", "2026-03-06", "later")]
    [InlineData("paused", null, "paused")]
    public void A_clock_is_in_one_band(string status, string? due, string band)
    {
        var clock = new CaseClock { Rule = "r", Span = LimitSpans.Whole, Limit = 5, Unit = "working_days", Responsible = "UTILITY", StartedAt = FakeClock.Start, Status = status, Due = due is null ? null : DateOnly.Parse(due, System.Globalization.CultureInfo.InvariantCulture) };

        Assert.Equal(band, Charts.BandOf(new("connection", "k", "141002", null, clock, new("限", "limit"), null, 1), Today, Calendar));
    }
}
