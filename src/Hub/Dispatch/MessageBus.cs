using MassTransit;

namespace Hub.Dispatch;

/// <summary>
/// Makes the bus: one method for each broker, and nothing else knows which it is. The library moves messages and nothing more; order, retry and truth
/// are the ledger's.
/// </summary>
internal static class MessageBus
{
    /// <param name="settings">Where the broker is.</param>
    /// <param name="loggers">For the library's own warnings.</param>
    /// <param name="endpoints">The queues to consume from.</param>
    public static IBusControl Create(BusSettings settings, ILoggerFactory loggers, Action<IBusFactoryConfigurator> endpoints)
    {
        LogContext.ConfigureCurrentLogContext(loggers);
#if AZURE_SERVICE_BUS
        if (settings.Address.Scheme == "sb")
            return OnAzureServiceBus(settings, endpoints);
#endif
        return OnRabbitMq(settings, endpoints);
    }

    /// <summary>
    /// A connection for what is sent. Not the one that is consumed on: when that breaks, the library waits for the messages in work before it connects
    /// anew, and those wait until their answers are sent.
    /// </summary>
    public static IBusControl CreateForSending(BusSettings settings, ILoggerFactory loggers) => Create(settings, loggers, _ => { });

    private static IBusControl OnRabbitMq(BusSettings settings, Action<IBusFactoryConfigurator> endpoints) => Bus.Factory.CreateUsingRabbitMq(bus =>
    {
        var address = settings.Address;
        var tls = address.Scheme == "amqps";
        var (user, password) = Credentials(address);
        bus.Host(address.Host, (ushort)(address.IsDefaultPort || address.Port <= 0 ? tls ? 5671 : 5672 : address.Port), Uri.UnescapeDataString(address.AbsolutePath.Trim('/')) is { Length: > 0 } vhost ? vhost : "/", host =>
        {
            host.Username(user);
            host.Password(password);

            // Nothing counts as sent before the broker has it on disk.
            host.PublisherConfirmation = true;
            if (tls)
                host.UseSsl(ssl => ssl.ServerName = address.Host);
        });
        Common(bus, settings);
        bus.ConnectEndpointConfigurationObserver(new LateAcknowledgement());
        endpoints(bus);
    });

#if AZURE_SERVICE_BUS
    // Compiled only with -p:AzureServiceBus=true and never run by our tests: docs/decisions.md.
    private static IBusControl OnAzureServiceBus(BusSettings settings, Action<IBusFactoryConfigurator> endpoints) => Bus.Factory.CreateUsingAzureServiceBus(bus =>
    {
        var (user, password) = Credentials(settings.Address);
        bus.Host($"Endpoint=sb://{settings.Address.Host}/;SharedAccessKeyName={user};SharedAccessKey={password}");
        Common(bus, settings);
        endpoints(bus);
    });
#endif

    private static void Common(IBusFactoryConfigurator bus, BusSettings settings)
    {
        // In front of the library's own reflection, which stays for its envelope.
        bus.ConfigureJsonSerializerOptions(json =>
        {
            json.TypeInfoResolverChain.Insert(0, BusJson.Default);
            return json;
        });
        bus.MessageTopology.SetEntityNameFormatter(new PrefixEntityNameFormatter(bus.MessageTopology.EntityNameFormatter, settings.Prefix + "-"));
    }

    private static (string User, string Password) Credentials(Uri address)
    {
        var parts = address.UserInfo.Split(':', 2);
        return (Uri.UnescapeDataString(parts[0]), parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : "");
    }
}
