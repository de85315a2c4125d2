using System.Diagnostics;
using Hub.Engine;
using Hub.Schemas;

namespace Hub.Telemetry;

/// <summary>
/// The spans of one trace: <c>publish</c> at the intake, <c>process</c> for each input of a batch, <c>send</c> for each attempt, <c>receipt</c> when the partner
/// comes back. The context of <c>publish</c> is stored with the event and its commands, so that an attempt days later, by another node, is in the same trace.
/// While nobody listens nothing is made: every method returns null at once.
/// </summary>
internal static class Tracing
{
    public const string SourceName = "Hub";

    private static readonly ActivitySource Source = new(SourceName);

    public static bool IsOn => Source.HasListeners();

    /// <summary>Begins the span of an event and stores its context with the event, so that everything that follows from it continues there.</summary>
    /// <param name="input">The event; its own <c>traceparent</c> (CloudEvents: of the first sender) comes before the request's.</param>
    /// <param name="request">Header <c>traceparent</c> of the request; null when it had none.</param>
    public static Activity? Publish(EventInput input, string? request) => Begin(input, "publish", input.Event.TraceParent ?? request, request);

    /// <summary>Begins the span of a utility's receipt.</summary>
    /// <param name="input">The receipt.</param>
    /// <param name="request">Header <c>traceparent</c> of the request: the partner went on where our call ended.</param>
    /// <param name="stored">Context of the event the receipt is about.</param>
    // A partner that begins a trace of its own is linked: the way back belongs to the trace that the bureau began.
    public static Activity? Receipt(EventInput input, string? request, string? stored) =>
        Begin(input, "receipt", stored is null || IsSameTrace(request, stored) ? request ?? stored : stored, request);

    /// <summary>Begins the span of one attempt; the partner is sent its context.</summary>
    public static Activity? Send(Command command)
    {
        if (!IsOn)
            return null;
        var span = Start($"send {command.Connector}", ActivityKind.Client, command.TraceParent, []);
        if (span is not { IsAllDataRequested: true })
            return span;
        Describe(span, SemanticNames.Send, SemanticNames.Send, command.Connector, command.Id);
        span.SetTag(SemanticNames.Type, command.Type).SetTag(SemanticNames.Attempt, command.Attempt);
        return span;
    }

    /// <summary>What became of the attempt.</summary>
    public static void Answered(Activity? span, Answer answer)
    {
        if (span is not { IsAllDataRequested: true })
            return;
        span.SetTag(SemanticNames.Outcome, HubMetrics.Word(answer.Outcome));
        if (answer.Outcome != Outcome.Taken)
            Failed(span, answer.Reason ?? HubMetrics.Word(answer.Outcome));
    }

    /// <summary>The span ends without success.</summary>
    public static void Failed(Activity? span, string reason) => span?.SetTag(SemanticNames.ErrorType, reason).SetStatus(ActivityStatusCode.Error, reason);

    /// <summary>A span for each input of a committed batch whose trace is recorded; all of them have the batch's beginning and end.</summary>
    public static void Processed(IReadOnlyList<EngineInput> inputs, DateTimeOffset began, DateTimeOffset ended)
    {
        foreach (var input in inputs)
        {
            var (parent, type, id) = input switch
            {
                EventInput received => (received.Event.TraceParent, received.Event.Type, received.Event.Id),
                AnswerInput answer => (answer.Leased.Command.TraceParent, answer.Leased.Command.Type, answer.Leased.Command.Id),
                _ => (null, "", Guid.Empty),
            };
            if (parent is null || !ActivityContext.TryParse(parent, null, isRemote: true, out var context) || !context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
                continue;
            using var span = Source.StartActivity("process", ActivityKind.Consumer, context, startTime: began);
            if (span is null)
                continue;
            Describe(span, SemanticNames.Process, SemanticNames.Process, destination: null, id);
            span.SetTag(SemanticNames.Type, type).SetTag(SemanticNames.BatchCount, inputs.Count).SetEndTime(ended.UtcDateTime);
        }
    }

    private static Activity? Begin(EventInput input, string operation, string? parent, string? request)
    {
        if (!IsOn)
        {
            // Without spans of our own the sender's context goes on unchanged.
            if (!string.Equals(input.Event.TraceParent, parent, StringComparison.Ordinal))
                input.Event = input.Event with { TraceParent = parent };
            return null;
        }

        // The other trace this request belongs to, if it is another one.
        List<ActivityLink> links = request is not null && !IsSameTrace(request, parent) && ActivityContext.TryParse(request, null, isRemote: true, out var other) ? [new(other)] : [];
        var span = Start(operation == "receipt" ? operation : $"{operation} {input.Event.Type}", ActivityKind.Server, parent, links);
        if (span is null)
            return null;
        input.Event = input.Event with { TraceParent = span.Id };
        if (!span.IsAllDataRequested)
            return span;
        Describe(span, operation, SemanticNames.Receive, input.CaseType, input.Event.Id);
        span.SetTag(SemanticNames.Type, input.Event.Type).SetTag(SemanticNames.Partner, input.Event.Partner);
        return span;
    }

    private static Activity? Start(string name, ActivityKind kind, string? parent, List<ActivityLink> links) =>
        Source.StartActivity(name, kind, ActivityContext.TryParse(parent, null, isRemote: true, out var context) ? context : default, links: links);

    private static void Describe(Activity span, string operation, string type, string? destination, Guid id)
    {
        span.SetTag(SemanticNames.System, SemanticNames.Hub).SetTag(SemanticNames.OperationName, operation).SetTag(SemanticNames.OperationType, type).SetTag(SemanticNames.MessageId, id.ToString("D"));
        if (destination is not null)
            span.SetTag(SemanticNames.Destination, destination);
    }

    // 00-<32 hex: the trace>-…
    private static bool IsSameTrace(string? left, string? right) =>
        left is { Length: >= 35 } && right is { Length: >= 35 } && left.AsSpan(3, 32).SequenceEqual(right.AsSpan(3, 32));
}
