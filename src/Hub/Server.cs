using System.Text.Encodings.Web;
using System.Text.Unicode;
using Hub.Connectors;
using Hub.Dispatch;
using Hub.Engine;
using Hub.Intake;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Hub.Schedule;
using Hub.Telemetry;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Npgsql;

namespace Hub;

/// <summary>Wires the hub, in the order of the loop, and runs it.</summary>
internal static class Server
{
    /// <summary>Builds a hub that is ready to start: the database is migrated, connectors have their numbers, packs are read.</summary>
    public static async Task<WebApplication> BuildAsync(HubSettings settings, TimeProvider time, CancellationToken cancellation) =>
        settings.Role == HubRole.Connectors ? BuildConnectors(settings, time) : await BuildHubAsync(settings, time, cancellation);

    private static async Task<WebApplication> BuildHubAsync(HubSettings settings, TimeProvider time, CancellationToken cancellation)
    {
        var database = OpenDatabase(settings);
        if (settings.MigrateAtStart)
            await Migrator.MigrateAsync(database, time, cancellation);
        var cipher = settings.Bodies;
        var bodies = new Bodies(database, cipher, ProcessCatalog.EmptyStates);
        if (settings.MigrateAtStart && await bodies.UnreadableAsync(cancellation) is { } unreadable)
            throw new SettingsException([unreadable]);
        var notices = new CalendarNotices(database);
        var policies = PolicyStore.Open(settings.Packs, settings.SitePacks, [.. (await notices.AllAsync(cancellation)).Select(row => PolicyStore.Approved(row.Pin, row.Content))]);
        var queue = new DeliveryQueue(database);
        var versions = new ConnectorVersions(database, time, cipher);
        var inForce = new ConnectorsInForce(settings.Connectors);

        // A hub that reaches its connectors over the bus has none of its own: those of the console run where there is a database.
        if (settings.Role == HubRole.All)
            await ConnectorWatch.TakeUpAsync(versions, inForce);
        var numbers = await queue.NumberConnectorsAsync(inForce.All.Select(connector => connector.Name));

        var builder = CreateBuilder(settings);
        var services = builder.Services;
        services.AddSingleton(time).AddSingleton(settings).AddSingleton(settings.Engine).AddSingleton(cipher).AddSingleton(database).AddSingleton(policies).AddSingleton(notices).AddSingleton(queue);
        services.AddSingleton(new ConnectorNames(numbers, inForce.All.Select(connector => connector.Name).ToHashSet(StringComparer.Ordinal)));
        services.AddSingleton(versions).AddSingleton(inForce);

        services.AddSingleton(new HolderHash(settings.HolderKey)).AddSingleton<Dossiers>().AddSingleton<DossierEndpoint>();

        // Intake → Engine → Ledger → Dispatch → Connectors, and Schedule beside them.
        services.AddSingleton<CaseNumbers>().AddSingleton<ConnectionIntake>();
        services.AddSingleton<ApiKeys>().AddSingleton<Refusals>().AddSingleton<RefusalBook>().AddSingleton<PartnerAuthentication>().AddSingleton<PublisherRate>().AddSingleton<EventTaker>().AddSingleton<EventAcceptance>().AddSingleton<EventEndpoint>().AddSingleton<ReceiptEndpoint>().AddSingleton<QueueIntake>().AddSingleton<FeedEndpoint>();
        services.AddSingleton<AddressRate>().AddSingleton<GuideEndpoint>();
        services.AddTransient<ILedger>(_ => new LedgerStore(settings.Database, cipher)).AddSingleton<LedgerQueries>().AddSingleton<Feeds>().AddSingleton<FeedSignal>().AddSingleton<ExchangeLog>().AddSingleton<BatchEngine>();
        services.AddSingleton<NodeLease>();
        if (settings.Role == HubRole.Hub)
            services.AddSingleton<ILanes, BusChannel>();
        else
            services.AddSingleton<ILanes>(provider => new Lanes(
                inForce.All, provider.GetRequiredService<NodeLease>(), time, provider.GetRequiredService<ILoggerFactory>(),
                connector => ConnectorCatalog.Create(connector, DemoClock.True(time), inForce.IsOfFile(connector) ? null : settings.Console.Reach)));
        services.AddSingleton<IDispatcher>(provider => provider.GetRequiredService<ILanes>());
        services.AddSingleton<Sweeper>().AddSingleton<PolicyWatch>().AddSingleton<ConnectorWatch>().AddSingleton<ChainWatch>().AddSingleton(bodies).AddSingleton<BodyWatch>();
        services.AddSingleton<Figures>().AddSingleton<Ledgers>().AddSingleton<Reconciliations>().AddSingleton<LedgerReports>().AddSingleton<LedgerWatch>();
        services.AddSingleton<LedgerEndpoint>().AddSingleton<ProgressEndpoint>();
        services.AddSingleton<PolledRows>().AddSingleton<PublisherPoll>().AddSingleton<PollPublisher>(provider => provider.GetRequiredService<PublisherPoll>().RunAsync);
        PublisherSchedule.Register(services, settings);
        services.AddSingleton<MetricsText>().AddSingleton<OldestWaiting>().AddSingleton<Health>().AddSingleton(settings.Telemetry).AddSingleton<OtlpExport>();
        services.AddSingleton<GaugeSource>(provider => provider.GetRequiredService<Health>().GaugesAsync);
        services.AddHostedService(provider => provider.GetRequiredService<RefusalBook>()).AddHostedService<HubLifetime>();
        Console.ConsoleServices.Add(services);

        var app = builder.Build();
        Routes.Map(app);
        return app;
    }

    /// <summary>The connectors by themselves: no ledger, no intake, nothing but the bus and the partners.</summary>
    private static WebApplication BuildConnectors(HubSettings settings, TimeProvider time)
    {
        var builder = CreateBuilder(settings);
        var services = builder.Services;

        // No node's death frees what comes over the bus, so this hold never ends.
        var node = new NodeLease { AliveUntil = DateTimeOffset.MaxValue };
        services.AddSingleton(time).AddSingleton(settings);
        services.AddSingleton(provider => new Lanes(settings.Connectors, node, time, provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<ConnectorsNode>().AddHostedService(provider => provider.GetRequiredService<ConnectorsNode>());
        services.AddSingleton<MetricsText>().AddSingleton<ConnectorsHealth>().AddSingleton(settings.Telemetry);
        services.AddSingleton<GaugeSource>(provider => () => Task.FromResult(provider.GetRequiredService<ConnectorsHealth>().Gauges()));
        services.AddHostedService<OtlpExport>();
        var app = builder.Build();
        app.Services.GetRequiredService<MetricsText>();
        ConnectorsRoutes.Map(app);
        return app;
    }

    private static WebApplicationBuilder CreateBuilder(HubSettings settings)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            // The pages are found by this name, also when another program (a test) runs the hub.
            ApplicationName = typeof(Server).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.WebHost.UseUrls(settings.Url);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(ConfigureKestrel);
        ConfigureLogging(builder.Logging, settings);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(settings.DrainSeconds + 15));
        return builder;
    }

    /// <summary>Logs to standard output, in the form that was asked for.</summary>
    public static void ConfigureLogging(ILoggingBuilder logging, HubSettings settings)
    {
        const string Instant = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
        logging.ClearProviders().SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("Quartz", LogLevel.Warning)
            // At any level it would make an activity for each request, on top of the spans of our own.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            // Their keys are sealed by our own cipher, which it cannot know.
            .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error)
            // It would write the exception's message; Routes writes what may be written.
            .AddFilter("Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware", LogLevel.None);
        if (settings.Logs == "json")
        {
            logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = Instant;
                // Chinese stays readable; what would break the line is escaped as ever.
                console.JsonWriterOptions = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };
            });
            return;
        }

        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = Instant + " ";
        });
    }

    /// <summary>The pool for people's and partners' queries; the engine has its own.</summary>
    public static NpgsqlDataSource OpenDatabase(HubSettings settings) => new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(settings.Database)
    {
        ApplicationName = "hub",
        MaxPoolSize = 20,
        CommandTimeout = 15,
    }.ConnectionString).Build();

    private static void ConfigureKestrel(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        // Above what the endpoints take: they answer 413 themselves, and a sender that is cut off while it still writes never reads the answer.
        kestrel.Limits.MaxRequestBodySize = 8 * EventEndpoint.BatchBytesMax;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.MaxConcurrentConnections = 4096;
    }
}

/// <summary>Starts the parts in the order in which they need one another, and stops them so that nothing taken in is lost.</summary>
internal sealed class HubLifetime(
    BatchEngine engine, ILanes lanes, Sweeper sweeper, PartnerAuthentication authentication, PolicyWatch watch, ConnectorWatch connectors, ChainWatch chain, BodyWatch bodies, LedgerWatch ledgers, PublisherSchedule schedule, DeliveryQueue queue, NodeLease node, HubSettings settings, MetricsText metrics,
    OtlpExport telemetry, QueueIntake queues)
    : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Made now, because it only counts from when it exists.
        _ = metrics;
        await telemetry.StartAsync(cancellationToken);
        lanes.AnswerTo(engine);
        // Known before the first command is released: one that must not be pushed is not.
        await sweeper.ApplyControlAsync();
        await engine.StartAsync(cancellationToken);
        await authentication.StartAsync(cancellationToken);
        await sweeper.StartAsync(cancellationToken);
        await watch.StartAsync(cancellationToken);
        await connectors.StartAsync(cancellationToken);
        await chain.StartAsync(cancellationToken);
        await bodies.StartAsync(cancellationToken);
        await ledgers.StartAsync(cancellationToken);
        await schedule.StartAsync(cancellationToken);
        queues.Start();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // The web server has stopped before: nothing new comes in. Attempts under way end and are settled, then the engine ends.
        await chain.StopAsync(cancellationToken);
        await bodies.StopAsync(cancellationToken);
        await ledgers.StopAsync(cancellationToken);
        await schedule.StopAsync();
        await queues.StopAsync();
        await watch.StopAsync(cancellationToken);
        await connectors.StopAsync(cancellationToken);
        await lanes.DrainAsync(TimeSpan.FromSeconds(settings.DrainSeconds));
        await sweeper.StopAsync(cancellationToken);
        engine.Drain();
        await engine.StopAsync(cancellationToken);
        await authentication.StopAsync(cancellationToken);
        await telemetry.StopAsync(cancellationToken);
        try
        {
            // Declared dead rather than deleted: whoever comes next takes over at once what this node held and did not begin.
            await queue.BeatAsync(node.Node, DateTimeOffset.UnixEpoch);
        }
        catch (NpgsqlException)
        {
            // Without the database the node's lease ends by itself.
        }
    }
}
