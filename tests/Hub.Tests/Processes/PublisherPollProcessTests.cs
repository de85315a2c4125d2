using System.Text;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Processes;

/// <summary>How a page moves the cursor, and how it does not.</summary>
public sealed class PublisherPollProcessTests
{
    private static readonly PublisherPollProcess Process = ProcessCatalog.PublisherPoll;
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 4, 0, 0, TimeSpan.Zero);

    private string state = Process.Empty;

    // Seconds after noon: watermark before, from, to, the platform's clock, watermark after.
    [Theory]
    [InlineData(null, -1000, 5, 60, 5)]
    [InlineData(5, 0, 9, 60, 9)]
    [InlineData(5, 5, 9, 60, 9)]
    [InlineData(5, 0, 5, 60, 5)]
    [InlineData(5, -10, 2, 60, 5)]
    [InlineData(5, 6, 9, 60, 5)]
    [InlineData(5, 0, 100, 60, 60)]
    [InlineData(null, -1000, 100, 60, 60)]
    [InlineData(50, 0, 50, 20, 20)]
    [InlineData(50, 0, 10, 20, 20)]
    public void A_page_moves_the_watermark_forward_without_a_gap_and_never_past_the_platforms_clock(int? before, int from, int to, int clock, int after)
    {
        if (before is { } earlier)
            Read(-1000, earlier, clock: earlier + 1000);

        Assert.Equal(Noon.AddSeconds(after), Read(from, to, clock).Watermark);
    }

    [Fact]
    public void A_page_counts_and_ends_the_failures_before_it()
    {
        Fail("timed_out", 2);
        Assert.Equal((2L, 2, "timed_out"), (Cursor.Failures, Cursor.FailuresInRow, Cursor.Failure));
        Assert.Null(Cursor.Watermark);

        Read(-1000, 5, ended: false);
        Assert.Equal((2L, 0, null), (Cursor.Failures, Cursor.FailuresInRow, Cursor.Failure));
        Assert.Null(Cursor.SucceededAt);

        Read(5, 9);
        Assert.Equal((6L, 2L, (DateTimeOffset?)Noon), (Cursor.Rows, Cursor.Accepted, Cursor.SucceededAt));
    }

    [Fact]
    public void A_failure_leaves_the_watermark_and_the_last_success_where_they_are()
    {
        Read(-1000, 5);
        var before = Cursor;

        Fail("total_short", 1);

        Assert.Equal((before.Watermark, before.SucceededAt, before.LastPage!.To, before.Rows), (Cursor.Watermark, Cursor.SucceededAt, Cursor.LastPage!.To, Cursor.Rows));
    }

    [Fact]
    public void How_far_the_platforms_clock_is_ahead_is_taken_over_only_with_the_whole_list()
    {
        Read(-1000, 5, ahead: 3600, ended: false);
        Assert.Equal(3600, Cursor.AheadSeconds);

        Read(0, 9, ahead: 0, ended: false);
        Assert.Equal(3600, Cursor.AheadSeconds);

        Read(9, 12, ahead: 0);
        Assert.Equal(0, Cursor.AheadSeconds);
    }

    [Fact]
    public void It_sends_nothing_and_is_moved_by_nothing_else()
    {
        Read(-1000, 5);
        var before = state;

        var decision = Process.Advance(state, new Input.TimeUp(), Context);

        Assert.Equal((before, 0, null, false), (decision.State, decision.Orders.Count, decision.Deadline, decision.Closed));
    }

    private static Context Context { get; } = new(Noon, PolicyStore.Open(Policies.ShippedPacks.Folder).Current, Pinned: null, new HashSet<string>());

    private PublisherPollProcess.Cursor Cursor => Process.Read(state);

    private PublisherPollProcess.Cursor Read(int from, int to, int clock = 1000, double ahead = 0, bool ended = true) => Advance(EventTypes.PublisherPageRead, new PublisherPollProcess.PageRead
    {
        Publisher = "p", From = Noon.AddSeconds(from), To = Noon.AddSeconds(to), ServerTime = Noon.AddSeconds(clock), AheadSeconds = ahead, Rows = 3, Accepted = 1, Repeated = 1,
        Refused = [new("a", "required", "/zt")], Ended = ended,
    });

    private void Fail(string reason, int times) => Advance(EventTypes.PublisherPollFailed, new PublisherPollProcess.PollFailed { Publisher = "p", Reason = reason, Times = times });

    private PublisherPollProcess.Cursor Advance(string type, object content)
    {
        var id = Guid.CreateVersion7(Noon);
        state = Process.Advance(state, new Input.Received(
            new Event
            {
                Id = id, Source = "urn:hub:poll:p", SourceId = id.ToString("N"), Type = type, Subject = "p", Partner = "hub", Region = "", OccurredAt = Noon,
                Body = Encoding.UTF8.GetBytes("{}"), DataStart = 0, DataLength = 2,
            },
            content), Context).State;
        return Cursor;
    }
}
