using System.Diagnostics;
using Npgsql;

namespace Hub.Journeys.Faults;

/// <summary>The database's disk is filled to the last byte under load, and freed again.</summary>
[Collection(FaultCollection.Name)]
public sealed class DiskFullTests(ITestOutputHelper output)
{
    [Fact]
    [Trait(Suite.Trait, "disk-full")]
    public Task With_the_disk_of_the_tables_full_events_are_refused_and_reads_are_served() => RunAsync(Suite.Of("disk-full", 1, 10), logOnSmallDisk: false);

    [Fact]
    [Trait(Suite.Trait, "disk-full-log")]
    public Task With_the_disk_of_the_write_ahead_log_full_the_server_ends_and_nothing_is_lost() => RunAsync(Suite.Of("disk-full-log", 1, 10), logOnSmallDisk: true);

    private async Task RunAsync(Suite suite, bool logOnSmallDisk)
    {
        await using var cluster = await Cluster.StartAsync("pg-disk");
        if (await SmallDisk.TryMountAsync(cluster) is not { } disk)
        {
            suite.Skip(output, "a small file system can be mounted by root only");
            return;
        }

        try
        {
            await RunAsync(suite, cluster, disk, logOnSmallDisk);
        }
        finally
        {
            // Its files go with the disk.
            await cluster.DropAsync();
            await disk.DisposeAsync();
        }
    }

    private async Task RunAsync(Suite suite, Cluster cluster, SmallDisk disk, bool logOnSmallDisk)
    {
        if (logOnSmallDisk)
            await cluster.MoveLogAsync(disk.Path);
        else
            await ExecuteAsync(cluster, $"CREATE TABLESPACE small LOCATION '{disk.Path}'");
        await using var run = await FaultRun.StartAsync(["sgcc-linfen", "hohhot-power"], cluster.ConnectionString, new() { Tablespace = logOnSmallDisk ? null : "small" });
        run.Publish(Approvals.LinfenCity, 10);
        run.Publish(Approvals.Hohhot, 10);
        var (recovery, served, asked) = (0d, 0, 0);
        for (var time = 0; time < suite.Length; time++)
        {
            await run.UntilAcceptedAsync(suite.Random.Next(50, 200));
            run.History.TryPeek(out var known);
            var before = run.AskedToComeBack;

            // A hub that has run for a while has sessions; the server may be unable to begin new ones on a full disk.
            await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => run.ReadAsync(known!.Id)));
            await disk.FillAsync();
            await Until.TrueAsync(() => run.AskedToComeBack > before + 20, "publishers are asked to come back", TimeSpan.FromSeconds(120));
            for (var read = 0; read < 10; read++, asked++)
                served += await run.ReadAsync(known!.Id) == 200 ? 1 : 0;
            disk.Free();
            var freed = run.Recorder.Now;

            // A server whose log is full ends itself; its service manager starts it again, Hub is not restarted.
            if (logOnSmallDisk)
                await cluster.UntilRunsAsync();
            recovery = Math.Max(recovery, await run.RecoveredAsync(freed));
        }

        await run.StopPublishingAsync();
        var figures = await run.SettleAsync(recovery);

        suite.Report(output, figures, logOnSmallDisk ? null : Suite.RecoveryMax, $"reads served while full {served} of {asked}", $"publishers saw: {run.AskedToComeBackShare}");
        Assert.True(logOnSmallDisk || served > 0, "No read was served while the disk was full.");
        Assert.Equal(1, run.Restarts);
        Assert.True(run.HubRuns, "The hub ended.");
        Assert.Empty(run.Odd);
    }

    private static async Task ExecuteAsync(Cluster cluster, string sql)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Pooling = false });
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A file system of its own in memory, small enough to be filled.</summary>
    private sealed class SmallDisk(string path) : IAsyncDisposable
    {
        private const int Megabytes = 160;

        public string Path => path;

        private string Ballast => System.IO.Path.Combine(path, "ballast");

        /// <returns>Null where it is not allowed.</returns>
        public static async Task<SmallDisk?> TryMountAsync(Cluster cluster)
        {
            var path = $"/tmp/hub-disk-{Guid.NewGuid():N}";
            Directory.CreateDirectory(path);
            if (await RunAsync("mount", "-t", "tmpfs", "-o", $"size={Megabytes}m,mode=0700", "hub-disk", path) != 0)
            {
                Directory.Delete(path);
                return null;
            }

            await cluster.ScriptAsync($"[ -z \"${{postgres_user:-}}\" ] || chown \"$postgres_user\" {path}");
            return new(path);
        }

        public async Task FillAsync() => await RunAsync("dd", "if=/dev/zero", $"of={Ballast}", "bs=1M");

        public void Free() => File.Delete(Ballast);

        public async ValueTask DisposeAsync()
        {
            await RunAsync("umount", "-l", path);
            Directory.Delete(path);
        }

        private static async Task<int> RunAsync(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
            await process.WaitForExitAsync();
            return process.ExitCode;
        }
    }
}
