using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Hub.Journeys.Faults;

/// <summary>A PostgreSQL cluster of the test's own, so that it can be broken; made and run by the scripts that <c>./test</c> uses.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private const string DefaultName = "pg-faults";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly string name;

    private Cluster(string name) => this.name = name;

    public string ConnectionString { get; private init; } = "";

    public static async Task<Cluster> StartAsync(string name = DefaultName) =>
        new(name) { ConnectionString = (await RunAsync(name, "echo \"$POSTGRES_CONNECTION\"")).Trim().Split('\n')[^1] };

    /// <summary>As if the machine had been switched off: nobody is waited for, what is in memory is gone.</summary>
    public static async Task StopAsync() => await RunAsync(DefaultName, """
        postgres_as "$postgres_bin/pg_ctl" -D "$postgres_home/data" -m immediate -w -t 60 -s stop >/dev/null
        """);

    /// <summary>Every script begins with starting what does not run.</summary>
    public static async Task StartAgainAsync() => await RunAsync(DefaultName, ":");

    /// <summary>Starts what may still be coming down: as a service manager, again and again, until it answers.</summary>
    public Task UntilRunsAsync() => Until.TrueAsync(
        async () =>
        {
            try
            {
                // A killed server counts as running for a moment, and its children hold its memory for another.
                await RunAsync(name, ":");
                await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false });
                await using var connection = await source.OpenConnectionAsync();
                return true;
            }
            catch (Exception error) when (error is InvalidOperationException or NpgsqlException)
            {
                return false;
            }
        },
        "the database runs", Limit);

    /// <summary>As <c>kill -9</c> of the whole server: its children notice by themselves.</summary>
    public async Task KillPostmasterAsync() => await Signal.SendAsync("KILL", await PostmasterAsync());

    /// <summary>Every process of the server stands still, the one that takes connections included.</summary>
    public async Task<int[]> FreezeAsync()
    {
        var postmaster = await PostmasterAsync();
        var all = (await RunAsync(name, $"pgrep -P {postmaster} || true")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.All(char.IsAsciiDigit)).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Prepend(postmaster).ToArray();
        await Signal.SendAsync("STOP", all);
        return all;
    }

    /// <summary>A script with the cluster running and the variables of <c>scripts/postgres.sh</c> set.</summary>
    public Task<string> ScriptAsync(string script) => RunAsync(name, script);

    /// <summary>Moves the write-ahead log to another disk, as operators do.</summary>
    public Task MoveLogAsync(string folder) => RunAsync(name, $"""
        postgres_as "$postgres_bin/pg_ctl" -D "$postgres_home/data" -m fast -w -t 60 -s stop >/dev/null
        postgres_as mv "$postgres_home/data/pg_wal" {folder}/pg_wal
        postgres_as ln -s {folder}/pg_wal "$postgres_home/data/pg_wal"
        postgres_launch
        """);

    /// <summary>Deletes it with its data.</summary>
    public async Task DropAsync() => await BashAsync($"postgres_drop {name}");

    public async ValueTask DisposeAsync() => await RunAsync(name, "postgres_stop");

    private async Task<int> PostmasterAsync() => int.Parse((await RunAsync(name, "postgres_as head -1 \"$postgres_home/data/postmaster.pid\"")).Trim().Split('\n')[^1], CultureInfo.InvariantCulture);

    private static Task<string> RunAsync(string name, string script) => BashAsync($"postgres_start {name}\n{script}");

    private static async Task<string> BashAsync(string script)
    {
        var start = new ProcessStartInfo("bash") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Checkout.Root };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"set -eu\nROOT=$PWD\n. scripts/common.sh\n. scripts/postgres.sh\n{script}");
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"The cluster's script ended with {process.ExitCode}: {await output}{await errors}");
    }
}
