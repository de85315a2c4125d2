namespace Hub.Telemetry;

/// <summary>
/// Names of span attributes. The messaging conventions of OpenTelemetry are still in development, so that they stand here and nowhere else.
/// </summary>
/// <remarks>opentelemetry.io/docs/specs/semconv/messaging, general/attributes, attributes-registry/error.</remarks>
internal static class SemanticNames
{
    public const string System = "messaging.system";
    public const string OperationName = "messaging.operation.name";
    public const string OperationType = "messaging.operation.type";
    public const string Destination = "messaging.destination.name";
    public const string MessageId = "messaging.message.id";
    public const string BatchCount = "messaging.batch.message_count";
    public const string ErrorType = "error.type";

    // No convention has a word for these.
    public const string Type = "hub.type";
    public const string Partner = "hub.partner";
    public const string Attempt = "hub.attempt";
    public const string Outcome = "hub.outcome";
    public const string Refusal = "hub.refusal";

    /// <summary>Value of <see cref="System"/>.</summary>
    public const string Hub = "hub";

    /// <summary>Values of <see cref="OperationType"/>.</summary>
    public const string Receive = "receive";
    public const string Process = "process";
    public const string Send = "send";
}
