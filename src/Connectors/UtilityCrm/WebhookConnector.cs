using Hub.Schemas;

namespace Hub.Connectors.UtilityCrm;

/// <summary>
/// Push to a utility that has a receiver of its own: a structured CloudEvent, signed by Standard Webhooks. Any 2xx is taken: the
/// standard gives the body no meaning, so an HTML page with 200 counts too; a receiver proves itself by its receipts.
/// </summary>
internal sealed class WebhookConnector(ConnectorSettings settings, PartnerHttp http, TimeProvider clock) : IConnector
{
    private readonly SignedEvent signed = new(settings, clock);

    /// <summary>The standard has no such question; the receiver drops repeats by the id, which makes sending again safe.</summary>
    public bool CanBeAsked => false;

    public Task<Answer> DeliverAsync(Command command, CancellationToken cancellation)
    {
        var body = SignedEvent.Body(command);
        var call = new PartnerCall(HttpMethod.Post, settings.Address!)
        {
            Body = body,
            ContentType = "application/cloudevents+json; charset=utf-8",
            Headers = [.. signed.Headers(command, body), ("User-Agent", Dialect.UserAgent)],
        };
        return http.CallAsync(call, response => response.IsSuccess ? Answer.Taken() : PartnerHttp.ByStatus(response), cancellation);
    }

    public Task<Answer> AskAsync(Command command, CancellationToken cancellation) =>
        throw new NotSupportedException($"Connector '{settings.Name}' cannot be asked about command {command.Id}.");
}
