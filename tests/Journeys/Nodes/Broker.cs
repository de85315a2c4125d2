using System.Diagnostics;

namespace Hub.Journeys.Nodes;

/// <summary>RabbitMQ for the journeys: the one that <c>./test</c> gives, or one of the test's own that can be broken.</summary>
internal sealed class Broker : IAsyncDisposable
{
    private const string Name = "mq-faults";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(300);

    private static readonly string? Given = Environment.GetEnvironmentVariable("HUB_TEST_BROKER");

    /// <summary>The given broker's address; the test is skipped where there is none.</summary>
    public static string Required
    {
        get
        {
            Assert.SkipWhen(string.IsNullOrEmpty(Given), "HUB_TEST_BROKER is not set: there is no RabbitMQ (Debian: apt-get install rabbitmq-server), or the tests were not started with ./test.");
            return Given!;
        }
    }

    public string Url { get; private init; } = "";

    /// <summary>A broker of the test's own, made and run by the scripts that <c>./test</c> uses.</summary>
    public static async Task<Broker> StartAsync()
    {
        _ = Required;
        return new() { Url = (await RunAsync($"rabbitmq_start {Name}\necho \"$RABBITMQ_URI\"")).Trim().Split('\n')[^1] };
    }

    /// <summary>As if the machine had been switched off.</summary>
    public static async Task KillAsync() => await RunAsync($"rabbitmq_use {Name}\nrabbitmq_kill");

    public static async Task StopAsync() => await RunAsync($"rabbitmq_use {Name}\nrabbitmq_stop");

    public static async Task StartAgainAsync() => await RunAsync($"rabbitmq_start {Name}");

    public async ValueTask DisposeAsync() => await RunAsync($"rabbitmq_use {Name}\nrabbitmq_stop");

    private static async Task<string> RunAsync(string script)
    {
        var start = new ProcessStartInfo("bash") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Checkout.Root };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"set -eu\nROOT=$PWD\n. scripts/common.sh\n. scripts/postgres.sh\n. scripts/rabbitmq.sh\n{script}");
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"The broker's script ended with {process.ExitCode}: {await output}{await errors}");
    }
}
