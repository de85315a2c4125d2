using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Hub.Benchmarks;

/// <summary>What must not outlive a run, however it ends: programs under measurement, and one folder for its files.</summary>
internal static class Leftovers
{
    private static readonly ConcurrentDictionary<Process, bool> Programs = new();
    private static readonly List<IDisposable> Signals = [];
    private static string? folder;

    /// <summary>Where the run keeps its files; made when first asked for.</summary>
    public static string Folder => folder ??= Directory.CreateTempSubdirectory("hub-bench-").FullName;

    /// <summary>From now on the end of this process, also by SIGINT, SIGTERM and SIGHUP, ends the programs and deletes the folder.</summary>
    public static void ClearAtExit()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Clear();
        AppDomain.CurrentDomain.UnhandledException += (_, _) => Clear();

        // By default these end the process without a word to it.
        foreach (var (signal, code) in new[] { (PosixSignal.SIGINT, 130), (PosixSignal.SIGTERM, 143), (PosixSignal.SIGHUP, 129) })
        {
            Signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Environment.Exit(code);
            }));
        }
    }

    public static Process Keep(Process program)
    {
        Programs[program] = true;
        return program;
    }

    public static void Forget(Process program) => Programs.TryRemove(program, out _);

    private static void Clear()
    {
        foreach (var program in Programs.Keys)
        {
            try
            {
                program.Kill();
                program.WaitForExit(TimeSpan.FromSeconds(5));
            }
            catch (InvalidOperationException)
            {
                // It ended meanwhile.
            }
        }

        if (folder is not null && Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
