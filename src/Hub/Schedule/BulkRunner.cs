using Hub.Engine;
using Hub.Ledger;
using Npgsql;

namespace Hub.Schedule;

/// <summary>
/// Carries bulk retries out: first the canaries, and only when every one of them was taken the others, at the job's rate. A job that fails as often as it
/// succeeds stops itself. Each retry is an operator's act of its own, under the name of whoever began the job.
/// </summary>
internal sealed partial class BulkRunner(BulkJobs jobs, BatchEngine engine, TimeProvider time, ILogger<BulkRunner> logger) : BackgroundService
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    // Below so many answers a ratio says nothing.
    private const int JudgeFrom = 10;

    private long mine;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await StepAsync(stoppingToken);
                }
                catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException or LedgerUnavailableException)
                {
                    LogFailed(error.Message);
                }

                await Task.Delay(Step, time, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping; another node, or this one after its start, goes on.
        }
    }

    /// <summary>One second's work at one job.</summary>
    /// <returns>False when there is no job.</returns>
    internal async Task<bool> StepAsync(CancellationToken stopping)
    {
        var now = time.GetUtcNow();
        if (await jobs.TakeAsync(mine, now, now + Lease) is not { } job)
            return false;
        mine = job.Id;
        await jobs.SettleAsync(job.Id);
        var counts = await jobs.CountsAsync(job.Id);
        var (send, next) = Next(job, counts.GetValueOrDefault);
        if (next != job.State)
        {
            await jobs.MoveAsync(job.Id, [job.State], next, now);
            LogMoved(job.Id, next);
            return true;
        }

        foreach (var item in send == 0 ? [] : await jobs.ItemsAsync(job.Id, "open", 0, send))
        {
            // An answer may be quicker than the note that it was asked for.
            var before = time.GetUtcNow();
            var input = new OperatorInput(item.KeyHash, item.Connector, item.LaneSeq, OperatorAct.Retry, job.By, job.Reason) { RequestId = $"bulk-{job.Id}" };
            engine.Submit(input);
            await jobs.SentAsync(job.Id, item.Item, await input.Completion.WaitAsync(stopping), before);
        }

        return true;
    }

    /// <summary>How many go now, or what the job becomes.</summary>
    internal static (int Send, string State) Next(BulkJob job, Func<string, long> count)
    {
        var (open, sent, taken, again) = (count("open"), count("sent"), count("taken"), count("again"));
        if (job.State == "canary")
        {
            var begun = sent + taken + again + count("refused");
            if (again > 0)
                return (0, "failed");
            if (begun < job.Canary && open > 0)
                return ((int)Math.Min(job.Canary - begun, open), job.State);
            return sent > 0 ? (0, job.State) : (0, open == 0 ? "done" : "ramp");
        }

        if (taken + again >= JudgeFrom && again > taken)
            return (0, "failed");
        if (open == 0 && sent == 0)
            return (0, "done");
        return ((int)Math.Min(open, job.Rate), job.State);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Bulk retry {Job} is {State}")]
    private partial void LogMoved(long job, string state);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Bulk retries stand still: {Reason}")]
    private partial void LogFailed(string reason);
}
