using Hub.Schemas;
using Hub.Simulators;

namespace Hub.Connectors.Tests;

/// <summary>A connector and the simulator it is made for, over real HTTP, on one clock that only the test moves.</summary>
internal sealed class Partnership : IAsyncDisposable
{
    public const string Name = "partner";

    private static readonly byte[] Seed = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    // Only a failing test waits this long, in place of hanging.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SimulatorHost host;
    private readonly SocketsHttpHandler handler;

    private Partnership(SimulatorHost host, FakeClock clock, ConnectorSettings settings)
    {
        this.host = host;
        Clock = clock;
        Settings = settings;
        handler = PartnerHttp.CreateHandler(settings);
        Connector = ConnectorCatalog.Create(settings, handler, clock);
    }

    public FakeClock Clock { get; }

    public ConnectorSettings Settings { get; }

    public string Kind => Settings.Kind;

    public IConnector Connector { get; }

    public PartnerStats Stats => host.StatsOf(Name);

    public LeadBook Book => host.Partner(Name).Book;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="kind">A line of the catalog.</param>
    /// <param name="change">What this test wants otherwise in the connector's settings.</param>
    public static async Task<Partnership> StartAsync(string kind, Func<ConnectorSettings, ConnectorSettings>? change = null)
    {
        var clock = new FakeClock();
        var settings = SettingsFor(kind);
        var partner = new PartnerSettings
        {
            Name = Name,
            Kind = kind,
            AppKey = settings.AppKey,
            Secret = settings.Secret,
            PublicKey = settings.PrivateKey is null ? null : WebhookSignature.PublicKeyOf(Seed),
        };
        var simulators = await SimulatorHost.StartAsync(new() { Partners = [partner] }, Cancellation, clock);
        settings = settings with { Address = simulators.AddressOf(Name) };
        return new(simulators, clock, change is null ? settings : change(settings));
    }

    /// <summary>
    /// The kinds that tell their partner something over HTTP. A queue has its own tests (<see cref="QueueConnectorTests"/>), and so has a library, which is asked
    /// (<see cref="LicenceLibraryTests"/>).
    /// </summary>
    public static IReadOnlyList<string> HttpKinds { get; } = [.. ConnectorCatalog.PushedKinds.Where(kind => kind is not (ConnectorCatalog.Queue or ConnectorCatalog.LicenceLibrary))];

    public static ConnectorSettings SettingsFor(string kind) => new ConnectorSettings
    {
        Name = Name,
        Kind = kind,
        Title = "模拟",
        TitleEn = "Simulated",
        Address = kind is ConnectorCatalog.Feed ? null : new Uri(kind is ConnectorCatalog.Queue ? "amqp://127.0.0.1:9/" : "http://127.0.0.1:9/"),
    } with
    {
        AppKey = kind is ConnectorCatalog.SgccCrm or ConnectorCatalog.Queue or ConnectorCatalog.LicenceLibrary ? "hub" : null,
        Password = kind is ConnectorCatalog.Queue ? "a password" : null,
        Queue = kind is ConnectorCatalog.Queue ? "approvals" : null,
        Secret = kind is ConnectorCatalog.Webhook or ConnectorCatalog.Queue or ConnectorCatalog.Feed ? "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" : "a shared secret",
        PrivateKey = kind is ConnectorCatalog.Webhook ? "whsk_" + Convert.ToBase64String(Seed) : null,
    };

    public void Strike(Fault fault) => Assert.Null(host.Partner(Name).Faults.Set(fault));

    public void Strike(string mode) => Strike(new Fault { Mode = mode });

    public Task<Answer> DeliverAsync(Command command) => Connector.DeliverAsync(command, Cancellation);

    public Task<Answer> AskAsync(Command command) => Connector.AskAsync(command, Cancellation);

    /// <summary>Moves the clock past the attempt's limit as soon as the partner holds the request.</summary>
    public async Task<Answer> TimeOutAsync(Func<Task<Answer>> call)
    {
        var struck = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Partner(Name).Faults.Struck = _ => struck.TrySetResult();
        var answer = call();
        await struck.Task.WaitAsync(Patience, Cancellation);
        Clock.Advance(TimeSpan.FromSeconds(Settings.TimeoutSeconds));
        return await answer.WaitAsync(Patience, Cancellation);
    }

    /// <summary>The partner stops listening; its address stays.</summary>
    public ValueTask StopPartnerAsync() => host.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        handler.Dispose();
        await host.DisposeAsync();
    }
}
