using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Hub.Telemetry;

/// <summary>The values of the moment of this process.</summary>
internal delegate Task<IReadOnlyList<Gauge>> GaugeSource();

/// <summary>
/// Sends spans and metrics to a collector while <see cref="TelemetrySettings.OtlpEndpoint"/> is set. What it cannot send it drops: telemetry never holds up
/// what it tells about.
/// </summary>
internal sealed partial class OtlpExport(TelemetrySettings settings, GaugeSource source, TimeProvider time, ILogger<OtlpExport> logger) : BackgroundService
{
    private const string MomentMeter = "Hub.Moment";
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(5);

    private readonly Meter moment = new(MomentMeter);
    private readonly HashSet<string> known = new(StringComparer.Ordinal);
    private TracerProvider? traces;
    private MeterProvider? metrics;
    private volatile IReadOnlyList<Gauge> gauges = [];

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.OtlpEndpoint is null)
            return Task.CompletedTask;
        var resource = ResourceBuilder.CreateEmpty().AddService(
            "hub", serviceVersion: typeof(OtlpExport).Assembly.GetName().Version?.ToString(3), serviceInstanceId: $"{Environment.MachineName}-{Environment.ProcessId}");
        traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(Tracing.SourceName)
            // By the id alone: a sender's flag neither forces nor forbids that its trace is recorded here.
            .SetSampler(new TraceIdRatioBasedSampler(settings.SamplingRatio))
            .AddOtlpExporter(options => Configure(options, "v1/traces"))
            .Build();
        metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(HubMetrics.MeterName, MomentMeter)
            .AddOtlpExporter((options, reader) =>
            {
                Configure(options, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)(settings.MetricsSeconds * 1000);
            })
            .Build();
        LogOn(settings.OtlpEndpoint.GetLeftPart(UriPartial.Authority), settings.SamplingRatio);
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        traces?.ForceFlush((int)FlushLimit.TotalMilliseconds);
        metrics?.ForceFlush((int)FlushLimit.TotalMilliseconds);
    }

    public override void Dispose()
    {
        traces?.Dispose();
        metrics?.Dispose();
        moment.Dispose();
        base.Dispose();
    }

    // The values that /metrics looks up when it is asked are looked up here as often as they are sent.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(settings.MetricsSeconds), time);
        try
        {
            do
            {
                gauges = await source();
                foreach (var gauge in gauges.Where(gauge => known.Add(gauge.Name)).DistinctBy(gauge => gauge.Name))
                    moment.CreateObservableGauge(gauge.Name, () => gauges.Where(now => now.Name == gauge.Name).Select(now => new Measurement<double>(now.Value, now.Labels)), description: gauge.Help);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private void Configure(OtlpExporterOptions options, string path)
    {
        options.Protocol = settings.OtlpProtocol == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        // An address given in code is used as it is; over HTTP each signal has its path below the collector's address.
        options.Endpoint = settings.OtlpProtocol == "grpc" ? settings.OtlpEndpoint! : new Uri($"{settings.OtlpEndpoint!.AbsoluteUri.TrimEnd('/')}/{path}");
        options.TimeoutMilliseconds = (int)FlushLimit.TotalMilliseconds;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Traces and metrics are sent to {Address}; share of traces {Ratio}")]
    private partial void LogOn(string address, double ratio);
}
