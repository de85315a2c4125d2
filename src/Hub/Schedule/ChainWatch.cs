using Hub.Ledger;
using Hub.Telemetry;
using Npgsql;

namespace Hub.Schedule;

/// <summary>Verifies the whole exchange log from time to time, so that a change behind the hub's back is an alarm and not a discovery years later.</summary>
internal sealed partial class ChainWatch(ExchangeLog log, HubSettings settings, TimeProvider time, ILogger<ChainWatch> logger) : BackgroundService
{
    // A node that is restarted every night would otherwise never come to it.
    private static readonly TimeSpan FirstAfter = TimeSpan.FromHours(1);

    /// <summary>When a verification last ended without a finding, and how many entries it covered; null before the first.</summary>
    public (DateTimeOffset At, long Entries)? LastGood { get; private set; }

    /// <summary>When a verification last found something, and how much; null: none has.</summary>
    public (DateTimeOffset At, int Findings)? LastBad { get; private set; }

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

    internal async Task VerifyAsync(CancellationToken cancellation)
    {
        try
        {
            var started = time.GetTimestamp();
            var report = await log.VerifyAsync([], cancellation);
            foreach (var finding in report.Findings)
                LogFinding(finding);
            HubMetrics.VerifyFailures.Add(report.Findings.Count);
            if (!report.Ok)
            {
                LastBad = (time.GetUtcNow(), report.Findings.Count);
                return;
            }

            LastGood = (time.GetUtcNow(), report.Entries);
            LogVerified(report.Entries, report.HeadSeq, report.HeadHash, time.GetElapsedTime(started).TotalSeconds);
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException)
        {
            LogFailed(error.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The exchange log was verified: {Entries} entries, head {HeadSeq}:{HeadHash}, {Seconds} s")]
    private partial void LogVerified(long entries, long headSeq, string headHash, double seconds);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The exchange log does not hold: {Finding}")]
    private partial void LogFinding(string finding);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The exchange log could not be verified now: {Reason}")]
    private partial void LogFailed(string reason);
}
