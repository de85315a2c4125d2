using System.Globalization;

namespace Hub.Benchmarks;

/// <summary>A measured stretch of one pipeline.</summary>
/// <param name="Outcome">Rates and latencies.</param>
/// <param name="CpuMs">CPU of the pipeline's processes for one event, from the first request until everything was settled.</param>
/// <param name="PostgresCpuMs">The same for the whole cluster.</param>
internal sealed record Measured(Outcome Outcome, double CpuMs, double PostgresCpuMs);

/// <summary>Something that takes events on one side and pushes them to utilities on the other: processes, their database, the traffic through them.</summary>
internal sealed class Pipeline(string name, Traffic traffic, Database database, IReadOnlyList<Child> processes, IReadOnlyList<Receiver> receivers, IReadOnlyList<Target> targets, Func<Task<double>> openAsync) : IAsyncDisposable
{
    private bool disposed;

    /// <summary>Clients that publish at the same time.</summary>
    public const int Clients = 64;

    /// <summary>Events before anything is measured: until then the code is still being compiled, which halves the rate.</summary>
    public static int WarmEvents { get; } = Trial.Number("HUB_BENCH_WARM_EVENTS", 30_000);

    private static readonly TimeSpan WarmLimit = TimeSpan.FromMinutes(3);

    public string Name { get; } = name;

    public Traffic Traffic { get; } = traffic;

    public Database Database { get; } = database;

    public IReadOnlyList<Child> Processes { get; } = processes;

    /// <summary>Where the first process listens.</summary>
    public int Port => targets[0].Port;

    /// <summary>Utilities whose events are counted.</summary>
    public Func<int, bool> Counted { get; init; } = _ => true;

    private Load Load => new(Traffic, targets, Clients);

    public double PeakMb => Processes.Max(process => Machine.PeakMb(process.Id));

    public async Task<Pipeline> WarmAsync()
    {
        var window = await Load.SaturateAsync(WarmLimit, WarmEvents);
        await SettleAsync();
        var outcome = Traffic.Outcome(window, Counted);
        Report.Note($"{Name}: warmed with {outcome.Accepted} events");

        // What goes to sick utilities, two of ten at most, is not counted.
        if (outcome.Accepted < WarmEvents * 0.75)
            throw new BrokenRunException($"{Name} took only {outcome.Accepted} events in {WarmLimit.TotalMinutes} minutes.");
        return this;
    }

    public Task<Measured> SaturateAsync(double seconds) => MeasureAsync(() => Load.SaturateAsync(TimeSpan.FromSeconds(seconds)));

    public Task<Measured> PaceAsync(double rate, double seconds) => MeasureAsync(() => Load.PaceAsync(rate, TimeSpan.FromSeconds(seconds)));

    public async ValueTask DisposeAsync()
    {
        if (disposed)
            return;
        disposed = true;
        foreach (var process in Processes)
            await process.DisposeAsync();
        foreach (var receiver in receivers)
            receiver.Dispose();
        await Database.DisposeAsync();
    }

    private async Task<Measured> MeasureAsync(Func<Task<Window>> load)
    {
        await Database.CheckpointAsync();
        var postmaster = await Machine.PostmasterAsync(Database.Source);
        var (own, postgres) = (OwnCpuMs(), Machine.TreeCpuMs(postmaster));
        var window = await load();
        await SettleAsync();
        var (ownAfter, postgresAfter) = (OwnCpuMs(), Machine.TreeCpuMs(postmaster));
        var outcome = Traffic.Outcome(window, Counted);
        if (outcome.Accepted == 0)
            throw new BrokenRunException($"{Name} accepted nothing: {Processes[0].Said}");
        return new(outcome, (ownAfter - own) / outcome.Accepted, (postgresAfter - postgres) / outcome.Accepted);
    }

    private double OwnCpuMs() => Processes.Sum(process => Machine.CpuMs(process.Id));

    /// <summary>Until everything arrived, in order and once, and the pipeline has noted that it did.</summary>
    private async Task SettleAsync()
    {
        try
        {
            await Traffic.DrainAsync(Counted);
        }
        catch (BrokenRunException broken)
        {
            foreach (var receiver in receivers)
                receiver.ThrowIfFaulted();
            throw new BrokenRunException($"{Name}: {broken.Message}\n{Processes[0].Said}");
        }

        for (var waits = 0; await openAsync() is > 0 and var open; waits++)
        {
            if (waits > 1000)
                throw new BrokenRunException(string.Create(CultureInfo.InvariantCulture, $"{Name}: {open} deliveries arrived and were never settled."));
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }
}
