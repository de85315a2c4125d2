using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Hub.Telemetry;

/// <summary>Collects the instruments of <see cref="HubMetrics"/> and writes them as Prometheus text (exposition format 0.0.4).</summary>
internal sealed class MetricsText : IDisposable
{
    private static readonly double[] Bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600];

    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<(string Name, string Labels), Sum> sums = new();
    private readonly ConcurrentDictionary<(string Name, string Labels), Spread> spreads = new();
    private readonly ConcurrentDictionary<string, string> help = new(StringComparer.Ordinal);

    public MetricsText()
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name != "Hub")
                return;
            help[instrument.Name] = instrument.Description ?? "";
            self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            Interlocked.Add(ref sums.GetOrAdd((instrument.Name, Labels(tags)), _ => new Sum()).Value, value));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
            spreads.GetOrAdd((instrument.Name, Labels(tags)), _ => new Spread(Bounds.Length)).Add(value, Bounds));
        listener.Start();
    }

    /// <param name="gauges">Values of the moment: name, help, labels (already written as in the format) and value.</param>
    public string Write(IEnumerable<(string Name, string Help, string Labels, double Value)> gauges)
    {
        var text = new StringBuilder();
        foreach (var group in sums.GroupBy(pair => pair.Key.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            Head(text, group.Key, help.GetValueOrDefault(group.Key, ""), "counter");
            foreach (var (key, sum) in group)
                Line(text, key.Name, key.Labels, Interlocked.Read(ref sum.Value));
        }

        foreach (var group in spreads.GroupBy(pair => pair.Key.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            Head(text, group.Key, help.GetValueOrDefault(group.Key, ""), "histogram");
            foreach (var (key, spread) in group)
                spread.Write(text, key.Name, key.Labels, Bounds);
        }

        foreach (var group in gauges.GroupBy(gauge => gauge.Name))
        {
            Head(text, group.Key, group.First().Help, "gauge");
            foreach (var gauge in group)
                Line(text, gauge.Name, gauge.Labels, gauge.Value);
        }

        return text.ToString();
    }

    public void Dispose() => listener.Dispose();

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
            return "";
        var text = new StringBuilder();
        foreach (var (name, value) in tags)
            text.Append(text.Length == 0 ? "" : ",").Append(name).Append("=\"").Append(Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")).Append('"');
        return text.ToString();
    }

    public static string Escape(string value) => value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");

    private static void Head(StringBuilder text, string name, string help, string type) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n').Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void Line(StringBuilder text, string name, string labels, double value) =>
        text.Append(name).Append(labels.Length == 0 ? "" : $"{{{labels}}}").Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');

    private sealed class Sum
    {
        public long Value;
    }

    private sealed class Spread(int bounds)
    {
        private readonly long[] counts = new long[bounds + 1];
        private readonly Lock gate = new();
        private double sum;

        public void Add(double value, double[] limits)
        {
            var index = Array.FindIndex(limits, limit => value <= limit);
            lock (gate)
            {
                counts[index < 0 ? counts.Length - 1 : index]++;
                sum += value;
            }
        }

        public void Write(StringBuilder text, string name, string labels, double[] limits)
        {
            lock (gate)
            {
                var before = labels.Length == 0 ? "" : labels + ",";
                long total = 0;
                for (var i = 0; i < counts.Length; i++)
                {
                    total += counts[i];
                    var limit = i < limits.Length ? limits[i].ToString("R", CultureInfo.InvariantCulture) : "+Inf";
                    Line(text, name + "_bucket", $"{before}le=\"{limit}\"", total);
                }

                Line(text, name + "_sum", labels, sum);
                Line(text, name + "_count", labels, total);
            }
        }
    }
}
