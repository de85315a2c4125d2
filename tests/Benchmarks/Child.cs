using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Hub.Benchmarks;

/// <summary>A program under measurement, in a process of its own with an environment of its own.</summary>
internal sealed class Child : IAsyncDisposable
{
    // What the runner sets for itself (see ./bench) must not reach what is measured.
    private static readonly string[] Ours = ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "DOTNET_TieredPGO", "DOTNET_gcConcurrent"];

    private readonly Process process;
    private readonly ConcurrentQueue<string> said = new();

    private Child(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    /// <summary>The last lines it wrote.</summary>
    public string Said => string.Join('\n', said);

    public static Child Start(string assembly, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        new(Leftovers.Keep(Process.Start(Command(assembly, environment, arguments))!));

    /// <summary>Runs a command to its end; throws with what it said when it failed.</summary>
    public static async Task<string> RunAsync(string assembly, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var command = Process.Start(Command(assembly, environment, arguments))!;
        var errors = command.StandardError.ReadToEndAsync();
        var output = await command.StandardOutput.ReadToEndAsync();
        await command.WaitForExitAsync();
        return command.ExitCode == 0 ? output.Trim() : throw new NotStartedException($"{Path.GetFileName(assembly)} {arguments[0]}: {output}{await errors}");
    }

    /// <summary>Waits until it answers there; throws with what it said when it ended instead.</summary>
    public async Task ReadyAsync(Uri address)
    {
        using var http = new HttpClient();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(90) && !process.HasExited; await Task.Delay(TimeSpan.FromMilliseconds(100)))
        {
            try
            {
                if ((await http.GetAsync(address)).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }

        throw new NotStartedException(Said);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync();
        Leftovers.Forget(process);
        process.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static ProcessStartInfo Command(string assembly, IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(assembly);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var name in Ours)
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return start;
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        said.Enqueue(line);
        while (said.Count > 20)
            said.TryDequeue(out _);
    }
}

/// <summary>A program did not start, or could not do what it was asked; the message is what it said.</summary>
internal sealed class NotStartedException(string message) : Exception(message);
