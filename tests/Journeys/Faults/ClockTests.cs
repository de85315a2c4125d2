namespace Hub.Journeys.Faults;

/// <summary>A hub's clock is set wrong in the middle of the work, by libfaketime, and right again. The partner and the database keep the right time.</summary>
[Collection(FaultCollection.Name)]
public sealed class ClockTests(ITestOutputHelper output)
{
    private static readonly string[] Jumps = ["+1h", "-1h", "+10m", "+400d"];

    private const string FallsSql = "SELECT count(*) FROM (SELECT at < lag(at) OVER (ORDER BY seq) AS falls FROM exchange_log) entries WHERE falls";

    private const string FarSql = "SELECT count(*) FROM waits WHERE state = 'waiting' AND due_at > now() + interval '30 minutes'";

    [Fact]
    [Trait(Suite.Trait, "clock-jumps")]
    public async Task A_clock_that_jumps_loses_no_retry_and_the_log_never_goes_back()
    {
        var suite = Suite.Of("clock-jumps", 1, 10);
        if (Library() is not { } library)
        {
            suite.Skip(output, "libfaketime is not installed (Debian's package faketime)");
            return;
        }

        using var folder = new TemporaryFolder();
        Set(folder, 0, "+0");
        Set(folder, 1, "+0");

        // Signatures with a time in them would be refused by the partner while the clock is wrong; this one takes a token.
        await using var run = await FaultRun.StartAsync(["slp-puxian"], setup: new()
        {
            Nodes = 2,
            Environment = node => new Dictionary<string, string>
            {
                ["LD_PRELOAD"] = library,
                ["FAKETIME_TIMESTAMP_FILE"] = folder.File($"clock{node}"),
                ["FAKETIME_NO_CACHE"] = "1",

                // A clock that is set moves the time of day and not the time that has passed.
                ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
            },
        });
        run.Publish(Approvals.Puxian, 10, pauseMs: 20);
        var facts = new List<string>();
        for (var round = 0; round < suite.Length; round++)
        {
            foreach (var jump in Jumps)
            {
                await run.UntilAcceptedAsync(suite.Random.Next(20, 80));
                var node = suite.Random.Next(2);
                Set(folder, node, jump);

                // What a hub accepts it delivers itself: only the one with the wrong clock is to plan retries.
                run.Avoided = run.Nodes[1 - node];
                await run.UntilAcceptedAsync(40);

                // Retries planned while the clock is wrong: their time lies where nobody will be for long.
                await run.SetFaultAsync("slp-puxian", "http500", count: 4);
                await run.UntilAcceptedAsync(60);
                run.Avoided = null;
                var far = await run.CountAsync(FarSql);
                Set(folder, node, "+0");
                var back = run.Recorder.Now;
                await Until.TrueAsync(async () => await run.CountAsync(FarSql) == 0, $"after {jump} no retry waits for a time that is far away");
                facts.Add(FormattableString.Invariant($"{jump}: {far} retries planned for a far time, near again after {run.Recorder.Now - back:0.0} s"));
            }
        }

        await run.StopPublishingAsync();
        var figures = await run.SettleAsync(recovery: 0);

        suite.Report(output, figures, recoveryMax: null, [.. facts, $"entries of the log before their predecessor {await run.CountAsync(FallsSql)}"]);
        Assert.Equal(0, await run.CountAsync(FallsSql));
        Assert.Empty(run.Odd);
    }

    private static void Set(TemporaryFolder folder, int node, string offset)
    {
        // In one step: a hub must not read half a number.
        File.WriteAllText(folder.File("new"), offset + "\n");
        File.Move(folder.File("new"), folder.File($"clock{node}"), overwrite: true);
    }

    private static string? Library() => Directory.Exists("/usr/lib")
        ? Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu*").Append("/usr/lib").Select(folder => Path.Combine(folder, "faketime", "libfaketime.so.1")).FirstOrDefault(File.Exists)
        : null;
}
