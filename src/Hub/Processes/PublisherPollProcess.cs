using System.Text.Json.Serialization;

namespace Hub.Processes;

/// <summary>
/// How far a platform that cannot push has been read: one case a publisher, its state is the cursor. It sends nothing and never closes.
/// </summary>
internal sealed class PublisherPollProcess() : Process<PublisherPollProcess.Cursor>(PublisherPollJson.Default.Cursor)
{
    public override string Type => "publisher_poll";

    /// <summary>State of one publisher.</summary>
    // The ids at the watermark are not kept: every poll begins before it, and the ledger knows each row by its identity.
    internal sealed record Cursor
    {
        /// <summary>Everything the platform changed before this moment (its clock) is taken; null before the first page.</summary>
        public DateTimeOffset? Watermark { get; init; }

        /// <summary>By how much the platform's clock was ahead of ours, seconds; below zero: behind.</summary>
        public double AheadSeconds { get; init; }

        /// <summary>When the list was last read to its end.</summary>
        public DateTimeOffset? SucceededAt { get; init; }

        /// <summary>When anything was last put on record.</summary>
        public DateTimeOffset? RecordedAt { get; init; }

        /// <summary>The last page on record; null before the first.</summary>
        public PageRead? LastPage { get; init; }

        /// <summary>Rows of all pages on record, repeats included.</summary>
        public long Rows { get; init; }
        public long Accepted { get; init; }

        /// <summary>Polls that failed, ever.</summary>
        public long Failures { get; init; }

        /// <summary>Polls that failed since the last page.</summary>
        public int FailuresInRow { get; init; }

        /// <summary>Why the last poll failed, a reason word; null when it did not.</summary>
        public string? Failure { get; init; }
        public DateTimeOffset? FailedAt { get; init; }
    }

    /// <summary>Data of <c>hub.publisher_poll.page_read.v1</c>.</summary>
    internal sealed record PageRead
    {
        public required string Publisher { get; init; }

        /// <summary>The moment the page was asked from, platform's clock.</summary>
        public required DateTimeOffset From { get; init; }

        /// <summary>Up to here the list is read, platform's clock.</summary>
        public required DateTimeOffset To { get; init; }

        /// <summary>The platform's clock when it answered.</summary>
        public required DateTimeOffset ServerTime { get; init; }

        /// <summary>That clock minus ours, seconds.</summary>
        public required double AheadSeconds { get; init; }
        public required int Rows { get; init; }
        public required int Accepted { get; init; }
        public required int Repeated { get; init; }
        public IReadOnlyList<RefusedRow> Refused { get; init; } = [];

        /// <summary>The list was read to its end.</summary>
        public required bool Ended { get; init; }
    }

    /// <param name="Id">The name the row would have had as an event, or one made from its bytes.</param>
    /// <param name="Code">Why.</param>
    /// <param name="Pointer">Where, JSON Pointer; empty for the whole.</param>
    internal sealed record RefusedRow(string Id, string Code, string Pointer);

    /// <summary>Data of <c>hub.publisher_poll.failed.v1</c>.</summary>
    internal sealed record PollFailed
    {
        public required string Publisher { get; init; }

        /// <summary>A reason word: of <see cref="Schemas.AnswerReasons"/>, or what spoke against the page.</summary>
        public required string Reason { get; init; }

        /// <summary>Failed polls this stands for: those with the reason of the one before are put on record together.</summary>
        public required int Times { get; init; }
    }

    protected override Decision Decide(Cursor state, Input input, Context context) => input switch
    {
        Input.Received { Content: PageRead page } => To(Move(state, page, context.Now)),
        Input.Received { Content: PollFailed failed } => To(Fail(state, failed, context.Now)),
        _ => To(state),
    };

    private static Cursor Move(Cursor state, PageRead page, DateTimeOffset now) => state with
    {
        Watermark = Watermark(state.Watermark, page),
        // Only with the whole list read: a walk that breaks off must find out again that the clock was set back.
        AheadSeconds = page.Ended || state.Watermark is null ? page.AheadSeconds : state.AheadSeconds,
        SucceededAt = page.Ended ? now : state.SucceededAt,
        RecordedAt = now,
        LastPage = page with { Refused = [] },
        Rows = state.Rows + page.Rows,
        Accepted = state.Accepted + page.Accepted,
        FailuresInRow = 0,
        Failure = null,
    };

    // A page that begins behind the watermark says nothing about what lies between: another node moved it back meanwhile. And nothing is read that
    // the platform's clock has not reached, whatever stamp a record bears: else one mistyped year would hide all that comes.
    private static DateTimeOffset? Watermark(DateTimeOffset? before, PageRead page)
    {
        var read = before is null || (page.From <= before && page.To > before) ? page.To : before.Value;
        return read < page.ServerTime ? read : page.ServerTime;
    }

    private static Cursor Fail(Cursor state, PollFailed failed, DateTimeOffset now) => state with
    {
        RecordedAt = now,
        Failures = state.Failures + failed.Times,
        FailuresInRow = state.FailuresInRow + failed.Times,
        Failure = failed.Reason,
        FailedAt = now,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PublisherPollProcess.Cursor))]
[JsonSerializable(typeof(PublisherPollProcess.PageRead))]
[JsonSerializable(typeof(PublisherPollProcess.PollFailed))]
internal sealed partial class PublisherPollJson : JsonSerializerContext;
