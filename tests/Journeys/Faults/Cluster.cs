using System.Diagnostics;

namespace Hub.Journeys.Faults;

/// <summary>A PostgreSQL cluster of the test's own, so that it can be broken; made and run by the scripts that <c>./test</c> uses.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private const string Name = "pg-faults";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    public string ConnectionString { get; private init; } = "";

    public static async Task<Cluster> StartAsync() => new() { ConnectionString = (await RunAsync("echo \"$POSTGRES_CONNECTION\"")).Trim().Split('\n')[^1] };

    /// <summary>As if the machine had been switched off: nobody is waited for, what is in memory is gone.</summary>
    public static async Task StopAsync() => await RunAsync("""
        postgres_as "$postgres_bin/pg_ctl" -D "$postgres_home/data" -m immediate -w -t 60 -s stop >/dev/null
        """);

    /// <summary>Every script begins with starting what does not run.</summary>
    public static async Task StartAgainAsync() => await RunAsync(":");

    public async ValueTask DisposeAsync() => await RunAsync("postgres_stop");

    private static async Task<string> RunAsync(string script)
    {
        var start = new ProcessStartInfo("bash") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Checkout.Root };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"set -eu\nROOT=$PWD\n. scripts/common.sh\n. scripts/postgres.sh\npostgres_start {Name}\n{script}");
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"The cluster's script ended with {process.ExitCode}: {await output}{await errors}");
    }
}
