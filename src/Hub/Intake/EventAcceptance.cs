using Hub.Engine;
using Hub.Ledger;
using Hub.Telemetry;

namespace Hub.Intake;

/// <summary>What an event's or a receipt's sender is told, in whichever way it came.</summary>
internal sealed record Acceptance(AcceptedBody? Accepted, Problem? Problem, bool Repeated);

/// <summary>Gives events that were read to the engine, whichever way they came, and finds the word for what became of them.</summary>
internal sealed partial class EventAcceptance(BatchEngine engine, LedgerQueries queries, TimeProvider time, ILogger<EventAcceptance> logger)
{
    /// <summary>Given to the engine before the first wait, so that events submitted one after another keep their order.</summary>
    public async Task<Acceptance> SubmitAsync(ReadResult read, ApiKey key)
    {
        if (read.Input is not { } input)
            return new(null, read.Problem, false);
        try
        {
            var accepted = await engine.SubmitAsync(input);
            switch (accepted.Verdict)
            {
                case EngineVerdict.Conflict:
                    return new(null, new Problem("id_reused", [new("/id", "id_reused", "相同 source 与 id 的事件内容不同", "An event with this source and id has other content")]), false);
                case EngineVerdict.Repeated:
                    return new(AcceptedBody.Of((await queries.EventAsync(accepted.EventId))!), null, true);
                default:
                    HubMetrics.EventsAccepted.Add(1);
                    return new(AcceptedBody.Of(input.Event, accepted), null, false);
            }
        }
        catch (Exception error) when (EventEndpoint.RefusalOf(error) is { } refusal)
        {
            return new(null, refusal, false);
        }
        catch (Exception error)
        {
            LogFailed(input.Event.Id, error.GetType().Name);
            await QuarantineAsync(key, input, error);
            return new(null, new Problem("processing_failed", RetryAfterSeconds: 60), false);
        }
    }

    private async Task QuarantineAsync(ApiKey key, EventInput input, Exception error)
    {
        try
        {
            await queries.QuarantineAsync(time.GetUtcNow(), key.Partner, input.Event.Id, error.ToString(), input.Event.Body.ToArray());
        }
        catch (Npgsql.NpgsqlException)
        {
            // The sender was told that it failed and keeps the event; the log has the reason.
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Event {EventId} could not be processed: {Reason}; it was set aside")]
    private partial void LogFailed(Guid eventId, string reason);
}
