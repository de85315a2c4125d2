using System.Diagnostics;
using System.Diagnostics.Metrics;
using Hub.Schemas;

namespace Hub.Telemetry;

/// <summary>Everything Hub counts, under stable names (docs/operations.md lists them). Base units, few labels, nothing personal.</summary>
internal static class HubMetrics
{
    public const string MeterName = "Hub";

    private const double Day = 86_400;

    private static readonly Meter Meter = new(MeterName);

    public static readonly Counter<long> EventsAccepted = Meter.CreateCounter<long>("hub_events_accepted_total", description: "Events committed");
    public static readonly Counter<long> EventsRefused = Meter.CreateCounter<long>("hub_events_refused_total", description: "Events answered with 4xx or 5xx, by code");
    public static readonly Counter<long> Poisoned = Meter.CreateCounter<long>("hub_inputs_failed_total", description: "Inputs that failed alone");
    public static readonly Counter<long> VerifyFailures = Meter.CreateCounter<long>("hub_chain_verify_failures_total", description: "Findings of the regular verifications of the exchange log");
    private static readonly Counter<long> PollRows = Meter.CreateCounter<long>("hub_poll_rows_total", description: "Rows read from polled platforms by outcome");
    private static readonly Counter<long> PollFailures = Meter.CreateCounter<long>("hub_poll_failures_total", description: "Polls that failed by reason");
    private static readonly Counter<long> Deliveries = Meter.CreateCounter<long>("hub_deliveries_total", description: "Answers by outcome");
    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>("hub_attempts_total", description: "Attempts by reason");
    private static readonly Counter<long> Batches = Meter.CreateCounter<long>("hub_batches_total", description: "Commits of the engine");
    private static readonly Counter<long> Inputs = Meter.CreateCounter<long>("hub_inputs_total", description: "Inputs committed");
    private static readonly Histogram<double> BatchInputs = Histogram("hub_batch_inputs", null, "Inputs committed together", 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048);
    private static readonly Histogram<double> BatchTime = Histogram("hub_batch_seconds", "s", "First statement of a batch to its commit", 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5);
    private static readonly Histogram<double> RoundTrip = Histogram("hub_ledger_round_trip_seconds", "s", "One round trip to the database, by step", 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5);
    private static readonly Histogram<double> Latency = Histogram("hub_delivery_latency_seconds", "s", "Recorded to taken", 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600, 21_600, Day, 3 * Day);
    public static readonly Histogram<double> ReceiptLatency = Histogram("hub_receipt_latency_seconds", "s", "Event recorded to business receipt", 1, 10, 60, 600, 3600, 21_600, Day, 2 * Day, 3 * Day, 5 * Day, 10 * Day, 20 * Day);

    static HubMetrics()
    {
        // Names as Prometheus users know them from its own client libraries.
        Meter.CreateObservableCounter("process_cpu_seconds_total", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Processor time, user and system");
        Meter.CreateObservableGauge("process_resident_memory_bytes", () => Environment.WorkingSet, "By", "Memory of the process");
        Meter.CreateObservableGauge("process_start_time_seconds", StartTime, "s", "Start of the process, Unix time");
        Meter.CreateObservableGauge("dotnet_gc_heap_bytes", () => GC.GetTotalMemory(forceFullCollection: false), "By", "Managed heap");
        Meter.CreateObservableCounter("dotnet_gc_allocated_bytes_total", () => GC.GetTotalAllocatedBytes(), "By", "Bytes allocated on the managed heap");
        Meter.CreateObservableCounter("dotnet_gc_pause_seconds_total", () => GC.GetTotalPauseDuration().TotalSeconds, "s", "Time the program stood still for the garbage collector");
        Meter.CreateObservableCounter("dotnet_gc_collections_total", Collections, description: "Garbage collections by generation");
        Meter.CreateObservableGauge("dotnet_threadpool_threads", () => ThreadPool.ThreadCount, description: "Threads of the pool");
        Meter.CreateObservableGauge("dotnet_threadpool_queue_length", () => ThreadPool.PendingWorkItemCount, description: "Work that waits for a thread");
    }

    /// <summary>Makes the counters that an alarm looks at visible before anything was counted.</summary>
    public static void Begin()
    {
        EventsAccepted.Add(0);
        Poisoned.Add(0);
        VerifyFailures.Add(0);
    }

    /// <param name="inputs">Inputs of the batch.</param>
    /// <param name="began">Timestamps (<see cref="Stopwatch.GetTimestamp"/>) before the locks and reads,</param>
    /// <param name="read">after them,</param>
    /// <param name="decided">before the writes, and</param>
    /// <param name="committed">after the commit.</param>
    public static void Batch(int inputs, long began, long read, long decided, long committed)
    {
        Batches.Add(1);
        Inputs.Add(inputs);
        BatchInputs.Record(inputs);
        BatchTime.Record(Stopwatch.GetElapsedTime(began, committed).TotalSeconds);
        RoundTrip.Record(Stopwatch.GetElapsedTime(began, read).TotalSeconds, new KeyValuePair<string, object?>("step", "read"));
        RoundTrip.Record(Stopwatch.GetElapsedTime(decided, committed).TotalSeconds, new KeyValuePair<string, object?>("step", "commit"));
    }

    /// <param name="outcome">accepted, repeated or refused; a row refused before counts as repeated.</param>
    public static void Polled(string publisher, string outcome, int rows)
    {
        if (rows > 0)
            PollRows.Add(rows, new("publisher", publisher), new("outcome", outcome));
    }

    public static void PollFailed(string publisher, string reason) => PollFailures.Add(1, new("publisher", publisher), new("reason", reason));

    public static void Attempted(string receiver, Answer answer, TimeSpan sinceRecorded)
    {
        // With the breaker open nothing was attempted.
        if (answer.Reason == AnswerReasons.BreakerOpen)
            return;
        Deliveries.Add(1, new("receiver", receiver), new("outcome", Word(answer.Outcome)));
        Attempts.Add(1, new("receiver", receiver), new("reason", answer.Reason ?? "none"));
        if (answer.Outcome == Outcome.Taken)
            Latency.Record(sinceRecorded.TotalSeconds, new KeyValuePair<string, object?>("receiver", receiver));
    }

    public static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Taken => "taken",
        Outcome.Refused => "refused",
        Outcome.Unavailable => "unavailable",
        _ => "unknown",
    };

    private static Histogram<double> Histogram(string name, string? unit, string description, params double[] bounds) =>
        Meter.CreateHistogram(name, unit, description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });

    private static double StartTime()
    {
        using var self = Process.GetCurrentProcess();
        return new DateTimeOffset(self.StartTime).ToUnixTimeMilliseconds() / 1000.0;
    }

    private static IEnumerable<Measurement<long>> Collections() =>
        Enumerable.Range(0, GC.MaxGeneration + 1).Select(generation => new Measurement<long>(GC.CollectionCount(generation), new KeyValuePair<string, object?>("generation", generation.ToString(System.Globalization.CultureInfo.InvariantCulture))));
}
