using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Hub.Telemetry;

/// <summary>A value of the moment that is looked up when somebody asks.</summary>
/// <param name="Name">Stable name.</param>
/// <param name="Help">One line for people.</param>
/// <param name="Labels">Label names and values; empty: none.</param>
/// <param name="Value">The value.</param>
internal readonly record struct Gauge(string Name, string Help, KeyValuePair<string, object?>[] Labels, double Value);

/// <summary>Collects the instruments of <see cref="HubMetrics"/> and writes them as Prometheus text (exposition format 0.0.4).</summary>
internal sealed class MetricsText : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<Series, Sum> sums = new();
    private readonly ConcurrentDictionary<Series, Spread> spreads = new();
    private readonly Lock observing = new();

    public MetricsText()
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == HubMetrics.MeterName)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Count(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Count(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            if (instrument is Histogram<double> histogram)
                spreads.GetOrAdd(Series.Of(instrument, tags), static (_, bounds) => new Spread(bounds), histogram.Advice?.HistogramBucketBoundaries ?? []).Add(value);
            else
                Count(instrument, value, tags);
        });
        listener.Start();
        HubMetrics.Begin();
    }

    /// <param name="gauges">Values of the moment.</param>
    public string Write(IEnumerable<Gauge> gauges)
    {
        lock (observing)
            listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var group in sums.GroupBy(pair => pair.Key.Instrument).OrderBy(group => group.Key.Name, StringComparer.Ordinal))
        {
            Head(text, group.Key.Name, group.Key.Description, group.Key is ObservableGauge<long> or ObservableGauge<int> or ObservableGauge<double> ? "gauge" : "counter");
            foreach (var (series, sum) in group)
                Line(text, group.Key.Name, series.Labels(), sum.Value);
        }

        foreach (var group in spreads.GroupBy(pair => pair.Key.Instrument).OrderBy(group => group.Key.Name, StringComparer.Ordinal))
        {
            Head(text, group.Key.Name, group.Key.Description, "histogram");
            foreach (var (series, spread) in group)
                spread.Write(text, group.Key.Name, series.Labels());
        }

        foreach (var group in gauges.GroupBy(gauge => gauge.Name))
        {
            Head(text, group.Key, group.First().Help, "gauge");
            foreach (var gauge in group)
                Line(text, gauge.Name, Labels(gauge.Labels), gauge.Value);
        }

        return text.ToString();
    }

    public void Dispose() => listener.Dispose();

    private void Count(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var sum = sums.GetOrAdd(Series.Of(instrument, tags), static _ => new Sum());
        if (instrument.IsObservable)
            sum.Set(value);
        else
            sum.Add(value);
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        if (labels.IsEmpty)
            return "";
        var text = new StringBuilder();
        foreach (var (name, value) in labels)
            text.Append(text.Length == 0 ? "" : ",").Append(name).Append("=\"").Append(Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")).Append('"');
        return text.ToString();
    }

    private static string Escape(string value) => value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");

    private static void Head(StringBuilder text, string name, string? help, string type) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n').Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void Line(StringBuilder text, string name, string labels, double value) =>
        text.Append(name).Append(labels.Length == 0 ? "" : $"{{{labels}}}").Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');

    /// <summary>One instrument with one set of label values: found without making a text of them, as it is looked up for every measurement.</summary>
    private readonly record struct Series(Instrument Instrument, KeyValuePair<string, object?> First, KeyValuePair<string, object?> Second)
    {
        private const int LabelsMax = 2;

        public static Series Of(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) => tags.Length <= LabelsMax
            ? new(instrument, tags.Length > 0 ? tags[0] : default, tags.Length > 1 ? tags[1] : default)
            : throw new InvalidOperationException($"{instrument.Name} has more than {LabelsMax} labels.");

        public string Labels() => MetricsText.Labels(Second.Key is not null ? [First, Second] : First.Key is not null ? [First] : []);

        public bool Equals(Series other) =>
            ReferenceEquals(Instrument, other.Instrument) && Same(First, other.First) && Same(Second, other.Second);

        public override int GetHashCode() => HashCode.Combine(Instrument, First.Value, Second.Value);

        private static bool Same(KeyValuePair<string, object?> left, KeyValuePair<string, object?> right) => left.Key == right.Key && Equals(left.Value, right.Value);
    }

    private sealed class Sum
    {
        private double value;

        public double Value => Volatile.Read(ref value);

        public void Set(double now) => Volatile.Write(ref value, now);

        public void Add(double more)
        {
            for (var before = Value; ;)
            {
                var seen = Interlocked.CompareExchange(ref value, before + more, before);
                if (seen.Equals(before))
                    return;
                before = seen;
            }
        }
    }

    private sealed class Spread(IReadOnlyList<double> bounds)
    {
        private readonly long[] counts = new long[bounds.Count + 1];
        private readonly Lock gate = new();
        private double sum;

        public void Add(double value)
        {
            var index = 0;
            while (index < bounds.Count && value > bounds[index])
                index++;
            lock (gate)
            {
                counts[index]++;
                sum += value;
            }
        }

        public void Write(StringBuilder text, string name, string labels)
        {
            lock (gate)
            {
                var before = labels.Length == 0 ? "" : labels + ",";
                long total = 0;
                for (var i = 0; i < counts.Length; i++)
                {
                    total += counts[i];
                    var limit = i < bounds.Count ? bounds[i].ToString("R", CultureInfo.InvariantCulture) : "+Inf";
                    Line(text, name + "_bucket", $"{before}le=\"{limit}\"", total);
                }

                Line(text, name + "_sum", labels, sum);
                Line(text, name + "_count", labels, total);
            }
        }
    }
}
