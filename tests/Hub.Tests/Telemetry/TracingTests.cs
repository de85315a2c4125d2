using System.Diagnostics;
using Hub.Engine;
using Hub.Schemas;
using Hub.Telemetry;
using Xunit;

namespace Hub.Tests.Telemetry;

/// <summary>Whether anybody listens is known to the whole process: no other test runs beside these.</summary>
[CollectionDefinition(nameof(ListeningAlone), DisableParallelization = true)]
public sealed class ListeningAlone;

[Collection(nameof(ListeningAlone))]
public sealed class TracingTests : IDisposable
{
    private const string Bureau = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private const string Unsampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    private const string Other = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01";

    private readonly List<Activity> spans = [];
    private ActivityListener? listener;

    [Fact]
    public void The_span_of_an_event_continues_the_senders_trace_and_is_what_is_stored()
    {
        Listen();
        var input = Input(Bureau);

        using (var span = Tracing.Publish(input, null))
            Assert.Equal(span!.Id, input.Event.TraceParent);

        var publish = Assert.Single(spans);
        Assert.Equal("publish hub.project_approval.created.v1", publish.DisplayName);
        Assert.Equal(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"), (publish.TraceId.ToHexString(), publish.ParentSpanId.ToHexString()));
        Assert.Equal(input.Event.Id.ToString("D"), publish.GetTagItem("messaging.message.id"));
        Assert.Equal(("hub", "publish", "receive"), (publish.GetTagItem("messaging.system"), publish.GetTagItem("messaging.operation.name"), publish.GetTagItem("messaging.operation.type")));
    }

    [Fact]
    public void An_event_without_a_trace_begins_one()
    {
        Listen();
        var input = Input(null);

        Tracing.Publish(input, null)!.Dispose();

        Assert.Equal(default, Assert.Single(spans).ParentSpanId);
        Assert.Equal(spans[0].Id, input.Event.TraceParent);
    }

    [Fact]
    public void The_events_own_context_comes_before_the_requests_which_is_linked()
    {
        Listen();

        Tracing.Publish(Input(Bureau), Other)!.Dispose();

        Assert.Equal("0af7651916cd43dd8448eb211c80319c", Assert.Single(spans).TraceId.ToHexString());
        Assert.Equal("bbbbbbbbbbbbbbbb", Assert.Single(spans[0].Links).Context.SpanId.ToHexString());
    }

    [Theory]
    [InlineData(null, "b7ad6b7169203331", 0)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-cccccccccccccccc-01", "cccccccccccccccc", 0)]
    [InlineData(Other, "b7ad6b7169203331", 1)]
    public void A_receipt_goes_on_where_our_call_ended_and_else_where_the_event_began(string? request, string parent, int links)
    {
        Listen();

        Tracing.Receipt(Input(null), request, Bureau)!.Dispose();

        var receipt = Assert.Single(spans);
        Assert.Equal(("receipt", "0af7651916cd43dd8448eb211c80319c", parent), (receipt.DisplayName, receipt.TraceId.ToHexString(), receipt.ParentSpanId.ToHexString()));
        Assert.Equal(links, receipt.Links.Count());
    }

    [Fact]
    public void Every_attempt_has_its_span_in_the_trace_of_the_event()
    {
        Listen();

        foreach (var (attempt, answer) in new[] { (1, Answer.Unavailable(AnswerReasons.ServerError, "500")), (2, Answer.Taken("L-1")) })
        {
            using var span = Tracing.Send(Command() with { Attempt = attempt });
            Tracing.Answered(span, answer);
        }

        Assert.All(spans, span => Assert.Equal(("send sgcc-linfen", "b7ad6b7169203331"), (span.DisplayName, span.ParentSpanId.ToHexString())));
        Assert.Equal([(ActivityStatusCode.Error, "server_error"), (ActivityStatusCode.Unset, null)], spans.Select(span => (span.Status, (string?)span.GetTagItem("error.type"))));
        Assert.Equal([1, 2], spans.Select(span => span.GetTagItem("hub.attempt")));
        Assert.Equal(2, spans.DistinctBy(span => span.SpanId).Count());
    }

    [Fact]
    public void A_batch_leaves_a_span_with_each_input_whose_trace_is_recorded()
    {
        Listen();
        var began = new DateTimeOffset(2026, 4, 2, 1, 0, 0, TimeSpan.Zero);
        var answer = new AnswerInput(new LeasedCommand(Command(), Guid.NewGuid(), 1, 1, 1, began, []), Answer.Taken());

        Tracing.Processed([Input(Other), Input(null), Input(Unsampled), answer, new WakeInput(Guid.NewGuid())], began, began.AddMilliseconds(7));

        Assert.Equal(["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "0af7651916cd43dd8448eb211c80319c"], spans.Select(span => span.TraceId.ToHexString()));
        Assert.All(spans, span => Assert.Equal(("process", 5, TimeSpan.FromMilliseconds(7)), (span.DisplayName, span.GetTagItem("messaging.batch.message_count"), span.Duration)));
    }

    [Fact]
    public void While_nobody_listens_nothing_is_made()
    {
        var (input, receipt, command, inputs) = (Input(Bureau), Input(Bureau), Command(), new EngineInput[] { Input(Bureau) });
        Once();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Once();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(Bureau, input.Event.TraceParent);

        void Once()
        {
            Assert.Null(Tracing.Publish(input, null));
            Assert.Null(Tracing.Receipt(receipt, Bureau, Bureau));
            Assert.Null(Tracing.Send(command));
            Tracing.Answered(null, null!);
            Tracing.Failed(null, "");
            if (Tracing.IsOn)
                Tracing.Processed(inputs, default, default);
        }
    }

    [Fact]
    public void While_nobody_listens_the_senders_context_goes_on()
    {
        var (own, request) = (Input(Bureau), Input(null));

        Tracing.Publish(own, Other);
        Tracing.Publish(request, Other);

        Assert.Equal((Bureau, Other), (own.Event.TraceParent, request.Event.TraceParent));
    }

    public void Dispose() => listener?.Dispose();

    private void Listen()
    {
        listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Tracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
    }

    private static EventInput Input(string? traceParent)
    {
        var input = Approvals.Read(Approvals.Envelope(), new DateTimeOffset(2026, 4, 2, 1, 0, 0, TimeSpan.Zero));
        input.Event = input.Event with { TraceParent = traceParent };
        return input;
    }

    private static Command Command() => new()
    {
        Id = Guid.NewGuid(),
        Type = CommandTypes.LeadCreate,
        Connector = "sgcc-linfen",
        Subject = Approvals.Code(1),
        LaneSeq = 1,
        Attempt = 1,
        CauseId = Guid.NewGuid(),
        CauseType = EventTypes.ProjectApprovalCreated,
        OccurredAt = default,
        RecordedAt = default,
        Data = default,
        TraceParent = Bureau,
    };
}
