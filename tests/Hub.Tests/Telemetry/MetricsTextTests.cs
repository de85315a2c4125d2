using Hub.Schemas;
using Hub.Telemetry;
using Xunit;

namespace Hub.Tests.Telemetry;

public sealed class MetricsTextTests
{
    private const string Odd = "a\\b\"c\nd{}=,电";

    [Fact]
    public void What_was_counted_is_written_in_the_form_that_scrapers_read()
    {
        using var metrics = new MetricsText();
        HubMetrics.Attempted(Odd, Answer.Taken(), TimeSpan.FromSeconds(0.3));
        HubMetrics.Attempted(Odd, Answer.Taken(), TimeSpan.FromDays(9));
        HubMetrics.Attempted(Odd, Answer.Refused(AnswerReasons.ContentRefused), TimeSpan.Zero);
        HubMetrics.Attempted(Odd, Answer.Unavailable(AnswerReasons.BreakerOpen), TimeSpan.Zero);

        var families = PrometheusText.Parse(metrics.Write([new("hub_events_waiting", "Waiting", [], 3), new("hub_breaker_state", "State", [new("receiver", Odd)], 2)]));

        Assert.Equal(2, One(families["hub_deliveries_total"], "outcome", "taken").Value);
        Assert.Equal(1, One(families["hub_deliveries_total"], "outcome", "refused").Value);
        Assert.Equal(1, One(families["hub_attempts_total"], "reason", AnswerReasons.ContentRefused).Value);
        Assert.DoesNotContain(families["hub_attempts_total"].Samples, sample => sample.Labels["receiver"] == Odd && sample.Labels["reason"] == AnswerReasons.BreakerOpen);
        var latency = families["hub_delivery_latency_seconds"].Samples.Where(sample => sample.Labels["receiver"] == Odd).ToList();
        Assert.Equal((0, 1, 2), (Bucket(latency, "0.25"), Bucket(latency, "0.5"), Bucket(latency, "+Inf")));
        Assert.Equal(0.3 + (9 * 86_400), latency.Single(sample => sample.Name.EndsWith("_sum", StringComparison.Ordinal)).Value, 3);
        Assert.Equal(2, One(families["hub_breaker_state"], "receiver", Odd).Value);
        Assert.Equal(3, Assert.Single(families["hub_events_waiting"].Samples).Value);
    }

    [Theory]
    [InlineData("hub_events_accepted_total", "counter")]
    [InlineData("hub_inputs_failed_total", "counter")]
    [InlineData("hub_chain_verify_failures_total", "counter")]
    [InlineData("process_cpu_seconds_total", "counter")]
    [InlineData("process_resident_memory_bytes", "gauge")]
    [InlineData("process_start_time_seconds", "gauge")]
    [InlineData("dotnet_gc_heap_bytes", "gauge")]
    [InlineData("dotnet_gc_pause_seconds_total", "counter")]
    [InlineData("dotnet_gc_collections_total", "counter")]
    [InlineData("dotnet_threadpool_queue_length", "gauge")]
    public void An_alarm_finds_its_metric_before_anything_happened(string name, string type)
    {
        using var metrics = new MetricsText();

        Assert.Equal(type, PrometheusText.Parse(metrics.Write([]))[name].Type);
    }

    [Fact]
    public void What_is_looked_up_is_not_added_up()
    {
        using var metrics = new MetricsText();
        _ = metrics.Write([]);

        var allocated = PrometheusText.Parse(metrics.Write([]))["dotnet_gc_allocated_bytes_total"];

        Assert.True(Assert.Single(allocated.Samples).Value <= GC.GetTotalAllocatedBytes());
    }

    [Fact]
    public void Counting_makes_no_garbage()
    {
        using var metrics = new MetricsText();
        var (taken, refused) = (Answer.Taken(), Answer.Refused(AnswerReasons.ContentRefused));
        Count();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Count();

        // Nothing for each; the first look-ups after a change of the table may cost a little.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);

        void Count()
        {
            HubMetrics.EventsAccepted.Add(1);
            HubMetrics.Batch(5, 0, 1, 2, 3);
            HubMetrics.Attempted("counted", taken, TimeSpan.FromSeconds(1));
            HubMetrics.Attempted("counted", refused, TimeSpan.Zero);
        }
    }

    [Theory]
    [InlineData("a 1\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\na 1")]
    [InlineData("# HELP a x\n# TYPE a gauge\na one\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\na 1\na 2\n")]
    [InlineData("# HELP a x\n# TYPE a counter\na 1\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\na{b=\"c} 1\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\na{b=\"c\",} 1\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\nb 1\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\na 1\n# HELP b x\n# TYPE b gauge\nb 1\n# HELP a x\n# TYPE a gauge\na{c=\"d\"} 1\n")]
    [InlineData("# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n")]
    [InlineData("# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"2\"} 1\na_sum 1\na_count 1\n")]
    public void The_parser_of_these_tests_is_strict(string text) => Assert.ThrowsAny<Exception>(() => PrometheusText.Parse(text));

    private static Sample One(Family family, string label, string value) =>
        Assert.Single(family.Samples, sample => sample.Labels["receiver"] == Odd && sample.Labels[label] == value);

    private static double Bucket(List<Sample> samples, string bound) => samples.Single(sample => sample.Labels.GetValueOrDefault("le") == bound).Value;
}
