using System.Text;
using System.Threading.Channels;
using Hub.Connectors;
using Hub.Connectors.Certification;
using Hub.Ledger;

namespace Hub.Console;

/// <summary>Runs the certification kit for pages, one receiver after another; each check is stored as it ends. A run that dies with its node is called ended after a while.</summary>
internal sealed partial class CertificationRunner(Certifications certifications, HubSettings settings, TimeProvider time, ILogger<CertificationRunner> logger) : BackgroundService
{
    private readonly Channel<CertificationRow> asked = Channel.CreateUnbounded<CertificationRow>();

    /// <summary>A webhook whose keys are here.</summary>
    public bool CanRun(string receiver) => Find(receiver) is { Kind: ConnectorCatalog.Webhook, Address: not null } found && (found.Secret ?? found.PrivateKey) is not null;

    /// <returns>The run's number; null while another one goes on.</returns>
    public async Task<long?> BeginAsync(string receiver, string by, string reason, string requestId)
    {
        if (await certifications.BeginAsync(receiver, by, reason, requestId, time.GetUtcNow()) is not { } id)
            return null;
        asked.Writer.TryWrite((await certifications.FindAsync(id, receiver))!);
        return id;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var row in asked.Reader.ReadAllAsync(stoppingToken))
                await RunAsync(row, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // Stopping: what was under way stays as far as it came.
        }
    }

    private async Task RunAsync(CertificationRow row, CancellationToken stopping)
    {
        if (Find(row.Receiver) is not { } receiver)
            return;
        try
        {
            // Signatures go by the true time, whatever a demonstration's clock says.
            using var run = new CertificationRun(receiver, receiver.EffectsAddress, DemoClock.True(time));
            var report = await run.RunAsync(so => certifications.MoveAsync(row.Id, Text(so), time.GetUtcNow()), stopping);
            await certifications.EndAsync(row, Text(report), report.Passed, report.Digest!, time.GetUtcNow());
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // One run that breaks must not end the hub; it stays as far as it came.
            LogFailed(row.Receiver, error.Message);
        }
    }

    private ConnectorSettings? Find(string name) => settings.Connectors.FirstOrDefault(connector => connector.Name == name);

    private static string Text(CertificationReport report) => Encoding.UTF8.GetString(report.ToJson());

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certification of {Receiver} was given up: {Reason}")]
    private partial void LogFailed(string receiver, string reason);
}
