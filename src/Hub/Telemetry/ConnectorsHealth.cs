using Hub.Dispatch;

namespace Hub.Telemetry;

/// <summary>Health of a process with the connectors alone: it works while the broker confirms what it says.</summary>
internal sealed class ConnectorsHealth(ConnectorsNode node, Lanes lanes, TimeProvider time, MetricsText metrics)
{
    public Readiness Check()
    {
        var heard = node.ToldAt;
        var ok = time.GetUtcNow() - heard < BusLane.HeardFor;
        return new(ok, [new Check("bus", ok, Warning: false, 0, heard == default ? null : heard, ok ? null : "the broker does not confirm")]);
    }

    public string Metrics() => metrics.Write(Gauges());

    public IReadOnlyList<Gauge> Gauges() => [.. lanes.All.SelectMany(Health.LaneGauges)];
}
