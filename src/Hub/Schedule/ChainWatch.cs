using Hub.Ledger;
using Hub.Telemetry;
using Npgsql;

namespace Hub.Schedule;

/// <summary>A verification under way.</summary>
/// <param name="By">Who asked for it.</param>
/// <param name="Done">Entries that are checked.</param>
/// <param name="Of">Entries there were when it began; 0: not known yet.</param>
internal sealed record ChainRun(string By, DateTimeOffset Since, long Done, long Of);

/// <summary>Verifies the whole exchange log from time to time, so that a change behind the hub's back is an alarm and not a discovery years later.</summary>
internal sealed partial class ChainWatch(ExchangeLog log, HubSettings settings, TimeProvider time, ILogger<ChainWatch> logger) : BackgroundService
{
    // A node that is restarted every night would otherwise never come to it.
    private static readonly TimeSpan FirstAfter = TimeSpan.FromHours(1);

    private readonly Lock gate = new();
    private CancellationTokenSource? stop;

    /// <summary>When a verification last ended without a finding, and how many entries it covered; null before the first.</summary>
    public (DateTimeOffset At, long Entries)? LastGood { get; private set; }

    /// <summary>When a verification last found something, and how much; null: none has.</summary>
    public (DateTimeOffset At, int Findings)? LastBad { get; private set; }

    /// <summary>What a person asked for and is under way on this node; null: nothing.</summary>
    public ChainRun? Run { get; private set; }

    /// <summary>What the last run that a person asked for found; null: none, or it was stopped.</summary>
    public ChainReport? Asked { get; private set; }

    /// <summary>Begins a verification that may take minutes; see <see cref="Run"/> for how far it is.</summary>
    /// <returns>False when one is under way.</returns>
    public bool Begin(string by)
    {
        lock (gate)
        {
            if (Run is not null)
                return false;
            Run = new(by, time.GetUtcNow(), 0, 0);
            Asked = null;
            stop = new CancellationTokenSource();
        }

        _ = RunAsync(by, stop.Token);
        return true;
    }

    /// <summary>Ends the run that a person asked for, without a result.</summary>
    public void Stop() => stop?.Cancel();

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        Stop();
        return base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        stop?.Dispose();
        base.Dispose();
    }

    private async Task RunAsync(string by, CancellationToken cancellation)
    {
        var since = time.GetUtcNow();
        try
        {
            Asked = await VerifyAsync(cancellation, (done, of) => Run = new(by, since, done, of));
        }
        catch (OperationCanceledException)
        {
            // A person, or the end of the hub, stopped it.
        }
        finally
        {
            Run = null;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var every = TimeSpan.FromHours(settings.VerifyEveryHours);
        if (every == TimeSpan.Zero)
            return;
        try
        {
            for (var wait = every < FirstAfter ? every : FirstAfter; ; wait = every)
            {
                await Task.Delay(wait, time, stoppingToken);
                await VerifyAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    /// <returns>Null when it could not be carried out now.</returns>
    internal async Task<ChainReport?> VerifyAsync(CancellationToken cancellation, Action<long, long>? progress = null)
    {
        try
        {
            var started = time.GetTimestamp();
            var report = await log.VerifyAsync([], cancellation, progress);
            foreach (var finding in report.Findings)
                LogFinding(finding);
            HubMetrics.VerifyFailures.Add(report.Findings.Count);
            if (!report.Ok)
            {
                LastBad = (time.GetUtcNow(), report.Findings.Count);
                return report;
            }

            LastGood = (time.GetUtcNow(), report.Entries);
            LogVerified(report.Entries, report.HeadSeq, report.HeadHash, time.GetElapsedTime(started).TotalSeconds);
            return report;
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException)
        {
            LogFailed(error.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The exchange log was verified: {Entries} entries, head {HeadSeq}:{HeadHash}, {Seconds} s")]
    private partial void LogVerified(long entries, long headSeq, string headHash, double seconds);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The exchange log does not hold: {Finding}")]
    private partial void LogFinding(string finding);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The exchange log could not be verified now: {Reason}")]
    private partial void LogFailed(string reason);
}
