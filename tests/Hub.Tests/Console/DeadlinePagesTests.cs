using Hub.Console;
using Hub.Policies;
using Hub.Processes;
using Hub.Tests.Policies;
using Xunit;

namespace Hub.Tests.Console;

/// <summary>What the pages of deadlines, the calendar and the board work out.</summary>
public sealed class DeadlinePagesTests
{
    // A Thursday before seven days off; the Saturday after them is worked.
    private static readonly DateOnly Today = new(2021, 9, 30);

    [Theory]
    [InlineData("running", "2021-09-30", "today one three")]
    [InlineData("running", "2021-10-08", "one three")]
    [InlineData("running", "2021-10-09", "three")]
    [InlineData("running", "2021-10-11", "three")]
    [InlineData("running", "2021-10-12", "")]
    [InlineData("overdue", "2021-09-29", "overdue")]
    [InlineData("paused", null, "paused")]
    [InlineData("met", "2021-09-30", "")]
    public void How_near_a_limit_is_is_counted_in_working_days(string status, string? due, string near)
    {
        var one = Clocked(status, due is null ? null : DateOnly.ParseExact(due, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal(near.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal), DeadlineQuery.Nears.Where(word => DeadlineQuery.Is(word, one, Today, ShippedPacks.Set.Calendar)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("linfen", null, true)]
    [InlineData("hohhot", null, false)]
    [InlineData(null, "sgcc-linfen", true)]
    [InlineData(null, "other", false)]
    [InlineData("linfen", "other", false)]
    public void A_list_is_narrowed_to_a_place_and_a_utility(string? place, string? utility, bool shown) =>
        Assert.Equal(shown, new DeadlineQuery { Place = place, Operator = utility }.Matches(Clocked("running", Today), Today, ShippedPacks.Set));

    [Fact]
    public void A_month_shows_holidays_and_make_up_days_by_the_notices_names()
    {
        var month = CalendarMonth.Of(ShippedPacks.Set.Calendar, new(2021, 10, 1));
        var days = month.Weeks.SelectMany(week => week).OfType<CalendarDay>().ToDictionary(day => day.Date.Day);

        Assert.Equal((31, 17, true), (days.Count, month.WorkingDays, month.Weeks.All(week => week.Count == 7)));
        Assert.Equal(("holiday", "国庆节"), (days[1].Kind, days[1].Name));
        Assert.Equal(("makeup", "国庆节"), (days[9].Kind, days[9].Name));
        Assert.Equal(("weekend", "work"), (days[10].Kind, days[11].Kind));
        Assert.Null(days[11].Name);
        Assert.Equal(days[4], month.Weeks[1][0]);
        Assert.Contains(ShippedPacks.Set.Calendar.Notices, notice => notice.Number == "国办发明电〔2020〕27号" && !notice.Sure && notice.Days.ContainsKey(new(2021, 10, 1)));
    }

    [Theory]
    [InlineData(CoTransferProcess.Step.Checking, CoTransferProcess.PartyState.Created, TransferBoard.Accepted)]
    [InlineData(CoTransferProcess.Step.Settling, CoTransferProcess.PartyState.WaitingCustomer, TransferBoard.Settling)]
    [InlineData(CoTransferProcess.Step.Asking, CoTransferProcess.PartyState.Created, TransferBoard.Settling)]
    [InlineData(CoTransferProcess.Step.Transferring, CoTransferProcess.PartyState.Prechecked, TransferBoard.Transferring)]
    [InlineData(CoTransferProcess.Step.Transferring, CoTransferProcess.PartyState.Submitted, TransferBoard.Receipts)]
    [InlineData(CoTransferProcess.Step.Reversing, CoTransferProcess.PartyState.Reversing, TransferBoard.Compensating)]
    [InlineData(CoTransferProcess.Step.PartlyDone, CoTransferProcess.PartyState.Rejected, TransferBoard.Ended)]
    [InlineData(CoTransferProcess.Step.Reversed, CoTransferProcess.PartyState.Reversed, TransferBoard.Ended)]
    internal void A_transfer_stands_in_the_column_of_what_it_waits_for(CoTransferProcess.Step step, CoTransferProcess.PartyState party, string column)
    {
        var transfer = new CoTransferProcess.Transfer
        {
            Registration = new(new(), "register", Guid.Empty, "", default),
            Step = step,
            Parties = new Dictionary<string, CoTransferProcess.Party> { ["a"] = new() { Utility = Utilities.Power, Connector = "a", State = party } },
        };

        Assert.Equal(column, TransferBoard.ColumnOf(transfer));
        Assert.False(TransferBoard.IsPast(column, transfer));
    }

    private static Deadline Clocked(string status, DateOnly? due) => new(
        "connection", "sgcc-linfen:1", "141002", "sgcc-linfen",
        new() { Rule = "r", Span = LimitSpans.Whole, Limit = 15, Unit = "working_days", Responsible = "utility", StartedAt = default, Status = status, Due = due, EndedAt = status == "met" ? DateTimeOffset.UnixEpoch : null },
        new("时限", "limit"), Clause: null, Left: 1);
}
