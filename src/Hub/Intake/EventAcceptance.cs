using Hub.Engine;
using Hub.Ledger;
using Hub.Telemetry;

namespace Hub.Intake;

/// <summary>What an event's or a receipt's sender is told, in whichever way it came.</summary>
internal sealed record Acceptance(AcceptedBody? Accepted, Problem? Problem, bool Repeated);

/// <summary>Takes events in for senders that wait for the word of what became of them: over HTTP or a queue.</summary>
internal sealed class EventAcceptance(EventTaker taker, LedgerQueries queries, TimeProvider time)
{
    /// <summary>Given to the engine before the first wait, so that events submitted one after another keep their order.</summary>
    public async Task<Acceptance> SubmitAsync(ReadResult read, ApiKey key, string? traceParent = null)
    {
        var (accepted, problem, fault) = await taker.TakeAsync(read, traceParent);
        if (fault is not null)
            await QuarantineAsync(key, read.Input!, fault);
        if (accepted is not { } taken)
            return new(null, problem, false);
        if (taken.Verdict != EngineVerdict.Repeated)
            return new(AcceptedBody.Of(read.Input!.Event, taken), null, false);
        try
        {
            return new(AcceptedBody.Of((await queries.EventAsync(taken.EventId))!), null, true);
        }
        catch (Exception error) when (EventEndpoint.StoreRefusalOf(error) is { } refusal)
        {
            return new(null, refusal, false);
        }
    }

    private async Task QuarantineAsync(ApiKey key, EventInput input, Exception error)
    {
        try
        {
            await queries.QuarantineAsync(time.GetUtcNow(), key.Partner, input.Event.Id, FaultText.Of(error), input.Event.Body.ToArray());
        }
        catch (Npgsql.NpgsqlException)
        {
            // The sender was told that it failed and keeps the event; the log has the reason.
        }
    }
}
