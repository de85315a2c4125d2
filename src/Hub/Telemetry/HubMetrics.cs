using System.Diagnostics.Metrics;
using Hub.Schemas;

namespace Hub.Telemetry;

/// <summary>Everything Hub counts, under stable names (docs/operations.md lists them). Base units, few labels, nothing personal.</summary>
internal static class HubMetrics
{
    private static readonly Meter Meter = new("Hub");

    public static readonly Counter<long> EventsAccepted = Meter.CreateCounter<long>("hub_events_accepted_total", description: "Events committed");
    public static readonly Counter<long> EventsRefused = Meter.CreateCounter<long>("hub_events_refused_total", description: "Events answered with 4xx or 5xx, by code");
    public static readonly Counter<long> Poisoned = Meter.CreateCounter<long>("hub_inputs_failed_total", description: "Inputs that failed alone");
    private static readonly Counter<long> PollRows = Meter.CreateCounter<long>("hub_poll_rows_total", description: "Rows read from polled platforms by outcome");
    private static readonly Counter<long> PollFailures = Meter.CreateCounter<long>("hub_poll_failures_total", description: "Polls that failed by reason");
    private static readonly Counter<long> Deliveries = Meter.CreateCounter<long>("hub_deliveries_total", description: "Answers by outcome");
    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>("hub_attempts_total", description: "Attempts by reason");
    private static readonly Counter<long> Batches = Meter.CreateCounter<long>("hub_batches_total", description: "Commits of the engine");
    private static readonly Counter<long> Inputs = Meter.CreateCounter<long>("hub_inputs_total", description: "Inputs committed");
    private static readonly Histogram<double> Latency = Meter.CreateHistogram<double>("hub_delivery_latency_seconds", "s", "Recorded to taken");
    public static readonly Histogram<double> ReceiptLatency = Meter.CreateHistogram<double>("hub_receipt_latency_seconds", "s", "Recorded to first business receipt");

    public static void Batch(int inputs)
    {
        Batches.Add(1);
        Inputs.Add(inputs);
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
        Deliveries.Add(1, new("receiver", receiver), new("outcome", answer.Outcome.ToString().ToLowerInvariant()));
        Attempts.Add(1, new("receiver", receiver), new("reason", answer.Reason ?? "none"));
        if (answer.Outcome == Outcome.Taken)
            Latency.Record(sinceRecorded.TotalSeconds, new KeyValuePair<string, object?>("receiver", receiver));
    }
}
