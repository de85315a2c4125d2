using Quartz;

namespace Hub.Schedule;

/// <summary>Polls one publisher once; given by the wiring, because an edge does not know another.</summary>
internal delegate Task PollPublisher(string publisher, CancellationToken cancellation);

/// <summary>What Quartz wakes: the job's name is the publisher's. Never two at once in the whole cluster; were there two, each row would still be taken once.</summary>
[DisallowConcurrentExecution]
internal sealed partial class PollJob(PollPublisher poll, PublisherSchedule schedule, ILogger<PollJob> logger) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var publisher = context.JobDetail.Key.Name;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(schedule.Stopping, cancellationToken);
        try
        {
            await poll(publisher, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // The hub stops: whatever was not put on record is read again.
        }
        catch (Exception error)
        {
            // The next tick tries again: a publisher that is no longer polled would be a silent stop.
            LogFailed(publisher, error);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The poll of {Publisher} failed and is repeated at its next turn")]
    private partial void LogFailed(string publisher, Exception error);
}
