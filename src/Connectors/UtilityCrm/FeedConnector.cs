using Hub.Schemas;

namespace Hub.Connectors.UtilityCrm;

/// <summary>
/// A utility that cannot be called: it fetches its commands from its feed, in the very form in which they would be pushed to a webhook. So there is nothing
/// to carry out here.
/// </summary>
internal sealed class FeedConnector(ConnectorSettings settings) : IConnector
{
    public bool CanBeAsked => false;

    public Task<Answer> DeliverAsync(Command command, CancellationToken cancellation) =>
        throw new NotSupportedException($"Connector '{settings.Name}' pushes nothing; command {command.Id} belongs into its feed.");

    public Task<Answer> AskAsync(Command command, CancellationToken cancellation) =>
        throw new NotSupportedException($"Connector '{settings.Name}' cannot be asked about command {command.Id}.");
}
