using Hub.Engine;
using Hub.Ledger;

namespace Hub.Schedule;

/// <summary>Looks every minute which period of a reporting duty is over, and which days are to be reconciled. Every node looks; each ledger begins once.</summary>
internal sealed partial class LedgerWatch(LedgerReports reports, Reconciliations reconciliations, TimeProvider time, ILogger<LedgerWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await reports.RunAsync(stoppingToken);
                await reconciliations.CountPastAsync();
                await Task.Delay(Look, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // The next look tries again: a ledger that does not begin would be a silent stop.
                LogFailed(error.GetType().Name, error.Message);
                await Task.Delay(Look, time, CancellationToken.None);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ledgers that are due could not be looked at and are looked at again: {Fault} {Reason}")]
    private partial void LogFailed(string fault, string reason);
}
