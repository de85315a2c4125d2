using Hub.Connectors.LicenceLibrary;
using Hub.Connectors.Municipal;
using Hub.Connectors.Notification;
using Hub.Connectors.UtilityCrm;

namespace Hub.Connectors;

/// <summary>Every kind of connector there is: one line each.</summary>
public static class ConnectorCatalog
{
    public const string SgccCrm = "sgcc-crm";
    public const string LocalCrm = "local-crm";
    public const string Webhook = "webhook";
    /// <summary>Put into a queue of the utility's own broker.</summary>
    public const string Queue = "queue";

    /// <summary>A library of e-licences or another source that verifies them: it is asked, nothing is sent to it.</summary>
    public const string LicenceLibrary = "licence-library";

    /// <summary>A gateway for short messages, app or WeChat: what people are told.</summary>
    public const string Notification = "notification";

    /// <summary>A city's permit system or one of its departments: permit items, withdrawals and warnings go to it.</summary>
    public const string PermitWindow = "permit-window";

    /// <summary>Not called at all: it fetches what a webhook would be sent.</summary>
    public const string Feed = "feed";

    private delegate IConnector Maker(ConnectorSettings settings, PartnerHttp http, TimeProvider clock);

    private static readonly Dictionary<string, Maker> Makers = new()
    {
        [SgccCrm] = (settings, http, clock) => new SgccCrmConnector(settings, http, clock),
        [LocalCrm] = (settings, http, _) => new LocalCrmConnector(settings, http),
        [Webhook] = (settings, http, clock) => new WebhookConnector(settings, http, clock),
        [Feed] = (settings, _, _) => new FeedConnector(settings),
        [Queue] = (settings, _, clock) => new QueueConnector(settings, clock),
        [Notification] = (settings, http, _) => new NotificationConnector(settings, http),
        [PermitWindow] = (settings, http, clock) => new PermitWindowConnector(settings, http, clock),
        [LicenceLibrary] = (settings, http, clock) => new LicenceLibraryConnector(settings, http, clock),
    };

    public static IReadOnlyList<string> Kinds { get; } = [.. Makers.Keys];

    /// <summary>The kinds that call their partner.</summary>
    public static IReadOnlyList<string> PushedKinds { get; } = [.. Makers.Keys.Where(kind => kind != Feed)];

    /// <summary>Makes a connector with connections of its own, to be kept for the life of the process.</summary>
    /// <exception cref="InvalidOperationException">The settings are wrong; the message names every fault.</exception>
    /// <param name="settings">Checked here once more: nothing half-configured starts.</param>
    /// <param name="clock">Time of signatures, limits and measurements.</param>
    /// <param name="reach">Which addresses may be called, looked at for every connection; null: any.</param>
    public static IConnector Create(ConnectorSettings settings, TimeProvider clock, Reach? reach = null) =>
        Create(Checked(settings), PartnerHttp.CreateHandler(settings, reach), clock);

    /// <param name="settings">Checked here once more: nothing half-configured starts.</param>
    /// <param name="handler">What makes the connections; stays the caller's to dispose.</param>
    /// <param name="clock">Time of signatures, limits and measurements.</param>
    /// <returns>The connector, without breaker: whoever calls it decides what goes through one.</returns>
    public static IConnector Create(ConnectorSettings settings, HttpMessageHandler handler, TimeProvider clock) =>
        Makers[Checked(settings).Kind](settings, new PartnerHttp(settings, handler, clock), clock);

    private static ConnectorSettings Checked(ConnectorSettings settings) =>
        settings.Validate() is { Count: > 0 } problems ? throw new InvalidOperationException(string.Join(" ", problems)) : settings;
}
