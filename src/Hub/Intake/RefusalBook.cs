using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Hub.Ledger;
using Npgsql;

namespace Hub.Intake;

/// <summary>Counts what publishers are refused, so that their portal can tell them. Kept in memory for seconds: a flood of bad requests does not become a flood of writes.</summary>
internal sealed partial class RefusalBook(Refusals refusals, TimeProvider time, ILogger<RefusalBook> logger) : BackgroundService
{
    private const int ErrorsMax = 20;
    private const int WaitingMax = 5_000;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<(string Partner, string Code, string Error, string Pointer), long> waiting = new();

    /// <summary>Notes an answer to a publisher, when it is a refusal of what was sent.</summary>
    public void Note(string partner, Problem problem)
    {
        if (problem.Status is < 400 or >= 500 or 401 or 429 || problem.Kind.Retryable || waiting.Count >= WaitingMax)
            return;
        var errors = problem.Errors is { Count: > 0 } known ? known.Take(ErrorsMax).Select(error => (error.Code, Pointer: Shown(error.Pointer))).Distinct() : [("", "")];
        foreach (var (code, pointer) in errors)
            waiting.AddOrUpdate((partner, problem.Code, code, pointer), 1, (_, times) => times + 1);
    }

    /// <summary>A pointer as it may be kept: items of a list are alike, and a name that somebody invented may hold anything.</summary>
    internal static string Shown(string pointer)
    {
        var alike = Index().Replace(pointer, "/*");
        return Harmless().IsMatch(alike) && !Number().IsMatch(alike) ? alike : "";
    }

    internal async Task WriteAsync()
    {
        var taken = waiting.Keys.Select(key => (Key: key, Found: waiting.TryRemove(key, out var times), Times: times)).Where(one => one.Found).ToList();
        if (taken.Count == 0)
            return;
        try
        {
            await refusals.AddAsync(taken.Select(one => (one.Key.Partner, one.Key.Code, one.Key.Error, one.Key.Pointer, one.Times)), time.GetUtcNow());
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException)
        {
            LogFailed(error.Message);
            foreach (var (key, _, times) in taken)
                waiting.AddOrUpdate(key, times, (_, more) => more + times);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Every, time, stoppingToken);
                await WriteAsync();
            }
        }
        catch (OperationCanceledException)
        {
            await WriteAsync();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Counts of refused requests could not be written now: {Reason}")]
    private partial void LogFailed(string reason);

    [GeneratedRegex(@"/\d+(?=/|$)", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Index();

    [GeneratedRegex("^[A-Za-z0-9_/*.-]{0,120}$", RegexOptions.NonBacktracking)]
    private static partial Regex Harmless();

    // Long enough for a phone or a citizen number.
    [GeneratedRegex(@"\d{6}", RegexOptions.NonBacktracking)]
    private static partial Regex Number();
}
