using Hub.Engine;
using Hub.Schemas;
using Hub.Telemetry;

namespace Hub.Intake;

/// <summary>What became of one event: committed (or known before), or why not.</summary>
/// <param name="Accepted">Null when there is a problem.</param>
/// <param name="Problem">Null when it was committed or is a repeat.</param>
/// <param name="Fault">What the engine failed with, when it failed for this event alone.</param>
internal sealed record Taking(Accepted? Accepted, Problem? Problem, Exception? Fault = null);

/// <summary>Gives events that were read to the engine, whichever way they came in: pushed or polled.</summary>
internal sealed partial class EventTaker(BatchEngine engine, ConnectionIntake connections, ILogger<EventTaker> logger)
{
    /// <summary>Done after the commit.</summary>
    /// <param name="read">The event, or why it was refused.</param>
    /// <param name="traceParent">W3C trace context of the call it came with, when there was one.</param>
    public async Task<Taking> TakeAsync(ReadResult read, string? traceParent = null)
    {
        if (read.Input is not { } input)
            return new(null, read.Problem);
        using var span = Tracing.Publish(input, traceParent);
        var taking = await TakeAsync(input);
        if (taking.Problem is { } problem)
            Tracing.Failed(span, problem.Code);
        return taking;
    }

    private async Task<Taking> TakeAsync(EventInput input)
    {
        try
        {
            if (ConnectionIntake.Concerns(input))
            {
                var (completed, problem) = await connections.CompleteAsync(input);
                if (completed is null)
                    return new(null, problem);
                input = completed;
            }

            var accepted = await engine.SubmitAsync(input);
            if (accepted.Verdict == EngineVerdict.Conflict)
                return new(null, new Problem("id_reused", [new("/id", "id_reused", "相同 source 与 id 的事件内容不同", "An event with this source and id has other content")]));
            if (accepted.Verdict == EngineVerdict.Accepted)
                HubMetrics.EventsAccepted.Add(1);
            return new(accepted, null);
        }
        catch (Exception error) when (EventEndpoint.RefusalOf(error) is { } refusal)
        {
            return new(null, refusal);
        }
        catch (Exception error)
        {
            LogFailed(input.Event.Id, error.GetType().Name);
            return new(null, new Problem("processing_failed", RetryAfterSeconds: 60), error);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Event {EventId} could not be processed: {Reason}; it was set aside")]
    private partial void LogFailed(Guid eventId, string reason);
}
