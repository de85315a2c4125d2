using System.Globalization;
using System.Security.Cryptography;
using Hub.Dispatch;
using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Hub.Schedule;
using Hub.Schemas;
using Npgsql;

namespace Hub.Console;

/// <summary>
/// Raises what people are to be told of, as events whose name follows from what happened: several nodes, or one that begins anew, raise it once. A gateway that is
/// away is waited for like every other receiver.
/// </summary>
internal sealed partial class AlertWatch(
    AlertRules rules, Incidents incidents, DeadlineCounts deadlines, LedgerQueries queries, ChainWatch chain, BatchEngine engine, PolicyStore policies, ILanes lanes, TimeProvider time,
    ILogger<AlertWatch> logger) : BackgroundService
{
    private const string Source = "urn:hub:alert";

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    // What this node knows to be told; beyond it the ledger knows.
    private const int ToldMax = 10_000;
    private readonly HashSet<string> told = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    await LookAsync();
                }
                catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException or LedgerUnavailableException)
                {
                    LogFailed(error.Message);
                }

                await Task.Delay(Every, time, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    internal async Task LookAsync()
    {
        var known = await rules.ListAsync();
        if (!known.Any(rule => rule.Enabled))
            return;
        var (soon, overdue) = await deadlines.GetAsync();
        var facts = new AlertFacts(await incidents.OpenAsync(partner: null), soon, overdue, (await queries.TotalsAsync()).Quarantined, chain.LastBad?.At);
        foreach (var due in AlertRound.Of(known, facts, time.GetUtcNow()))
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{due.Rule.Id}/{due.Key}");
            if (told.Contains(name))
                continue;
            await RaiseAsync(due.Rule, name, english => string.Format(CultureInfo.InvariantCulture, Labels.Of(due.Word, english), [.. Partner(due, english), .. due.Places]));
            if (told.Count >= ToldMax)
                told.Clear();
            told.Add(name);
        }
    }

    /// <summary>A notice by this rule that says it is a test.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="by">Who wants it.</param>
    /// <param name="requestId">Names it.</param>
    public Task TestAsync(AlertRule rule, string by, string requestId) => RaiseAsync(rule, $"test/{requestId}", english => string.Format(CultureInfo.InvariantCulture, Labels.Of("alert_test", english), by));

    private object[] Partner(AlertDue due, bool english) => due.Partner is null ? [] : [Frame.NameOf(due.Partner, policies.Current, lanes, english)];

    private Task<Accepted> RaiseAsync(AlertRule rule, string name, Func<bool, string> text)
    {
        var now = time.GetUtcNow();
        var raised = new AlertProcess.Raised(rule.Gateway, new Notice { Kind = AlertProcess.Template, Reference = $"alert/{name}", To = rule.People, TextZh = text(false), TextEn = text(true) });
        var body = AlertProcess.Bytes(raised);
        var key = rule.Id.ToString(CultureInfo.InvariantCulture);
        return engine.SubmitAsync(new EventInput(
            new Event
            {
                Id = Guid.CreateVersion7(now), Source = Source, SourceId = name, Type = EventTypes.AlertRaised, Subject = key, Partner = "hub", Region = "", OccurredAt = now,
                Body = body, DataStart = 0, DataLength = body.Length,
            },
            raised, ProcessCatalog.Alert.Type, key, SHA256.HashData(body)));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Nobody could be told now, and is told at the next look: {Reason}")]
    private partial void LogFailed(string reason);
}
