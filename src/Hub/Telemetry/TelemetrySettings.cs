namespace Hub.Telemetry;

/// <summary>Where traces and metrics are sent: the section <c>Hub:Telemetry</c>.</summary>
internal sealed record TelemetrySettings
{
    /// <summary>Address of an OpenTelemetry collector (OTLP); null: nothing is sent and no span is made. <c>/metrics</c> is there in any case.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary><c>http</c> (protobuf over HTTP, usually port 4318) or <c>grpc</c> (usually port 4317).</summary>
    public string OtlpProtocol { get; init; } = "http";

    /// <summary>Share of the traces that is recorded, 0 to 1. By the trace's id: every node decides alike, also for a retry days later.</summary>
    public double SamplingRatio { get; init; } = 1;

    /// <summary>How often metrics are sent, seconds.</summary>
    public double MetricsSeconds { get; init; } = 15;

    internal IEnumerable<string> Problems()
    {
        if (OtlpEndpoint is not null and not { IsAbsoluteUri: true, Scheme: "http" or "https" })
            yield return "Hub:Telemetry:OtlpEndpoint must be an absolute http or https address.";
        else if (OtlpEndpoint is { UserInfo.Length: > 0 } or { Query.Length: > 0 })
            yield return "Hub:Telemetry:OtlpEndpoint must carry neither a user name nor a query; OTEL_EXPORTER_OTLP_HEADERS takes what the collector wants to see.";
        if (OtlpProtocol is not ("http" or "grpc"))
            yield return "Hub:Telemetry:OtlpProtocol must be http or grpc.";
        if (SamplingRatio is not (>= 0 and <= 1))
            yield return "Hub:Telemetry:SamplingRatio must be 0 to 1.";
        if (MetricsSeconds is not (>= 1 and <= 3600))
            yield return "Hub:Telemetry:MetricsSeconds must be 1 to 3600.";
    }
}
