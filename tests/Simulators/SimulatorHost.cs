using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Hub.Simulators;

/// <summary>All pretended partners in one process: a port each, and one more for the index page and the switches.</summary>
public sealed class SimulatorHost : IAsyncDisposable
{
    private const int BodyBytesMax = 1024 * 1024;

    private readonly Journal journal;
    private readonly RequestLog requests;
    private readonly TimeProvider clock;
    private readonly List<RunningPartner> partners = [];
    private WebApplication? admin;

    private SimulatorHost(Journal journal, RequestLog requests, TimeProvider clock)
    {
        this.journal = journal;
        this.requests = requests;
        this.clock = clock;
    }

    public Uri AdminAddress => AddressOf(admin!);

    /// <param name="settings">Which partners, on which ports; port 0 takes a free one.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <param name="clock">Tests give their own.</param>
    public static async Task<SimulatorHost> StartAsync(SimulatorSettings settings, CancellationToken cancellation, TimeProvider? clock = null)
    {
        var host = new SimulatorHost(Journal.Open(settings.Journal), RequestLog.Open(settings.Requests), clock ?? TimeProvider.System);
        try
        {
            foreach (var partner in settings.Partners)
            {
                host.partners.Add(await host.StartPartnerAsync(settings, partner, cancellation));
            }

            host.admin = await host.StartAdminAsync(settings, cancellation);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public Uri AddressOf(string partner) => Running(partner).Address;

    public Partner Partner(string name) => Running(name).Partner;

    public Task WaitForShutdownAsync() => admin!.WaitForShutdownAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var running in partners)
        {
            await running.App.DisposeAsync();
            await (running.Reader?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (running.Receipts?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (running.Partner.Desk?.DisposeAsync() ?? ValueTask.CompletedTask);
            await ((running.Partner as NotificationGateway)?.Reports?.DisposeAsync() ?? ValueTask.CompletedTask);
            await ((running.Partner as PermitWindow)?.Departments?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        await (admin?.DisposeAsync() ?? ValueTask.CompletedTask);
        journal.Dispose();
        requests.Dispose();
    }

    private RunningPartner Running(string name) =>
        partners.Find(running => running.Partner.Name == name) ?? throw new InvalidOperationException($"There is no partner '{name}'.");

    private async Task<RunningPartner> StartPartnerAsync(SimulatorSettings settings, PartnerSettings partnerSettings, CancellationToken cancellation)
    {
        var book = new LeadBook(partnerSettings.Name, journal, clock);
        book.Restore(journal.Earlier);
        var partner = Simulators.Partner.Create(partnerSettings, book, clock);
        var receipts = settings.HubUrl is null || partnerSettings.HubKey is null ? null : new Receipts(settings, partnerSettings, clock);
        book.Took = receipts is null ? null : receipts.Plan;
        if (settings.HubUrl is not null && partnerSettings.PublishKey is { } publishKey)
        {
            if (partner is NotificationGateway gateway)
            {
                gateway.Reports = new NoticeReports(settings.HubUrl, partnerSettings.Name, publishKey, TimeSpan.FromSeconds(settings.AcceptAfterSeconds), clock);
            }
            else if (partner is PermitWindow window)
            {
                window.Departments = DepartmentsOf(settings.HubUrl, partnerSettings.Name, publishKey, TimeSpan.FromSeconds(settings.AcceptAfterSeconds));
            }
            else
            {
                partner.Desk = new AccountDesk(settings, partnerSettings, publishKey, clock);
            }
        }

        var app = Build(settings.Host, partnerSettings.Port);
        var running = new RunningPartner(partner, receipts, app);
        app.Run(context => ServeAsync(context, running));
        await app.StartAsync(cancellation);
        if (settings.HubUrl is { } hub && partnerSettings.HubKey is { } key && (partnerSettings.Fetches || partnerSettings.Kind is "feed"))
        {
            running.Reader = new FeedReader(hub, key, (WebhookUtility)partner, clock);
        }

        return running;
    }

    /// <summary>Lets a partner fetch whose key was not known at the start.</summary>
    public void Fetch(string partner, Uri hub, string key)
    {
        var running = Running(partner);
        running.Reader = new FeedReader(hub, key, (WebhookUtility)running.Partner, clock);
    }

    /// <summary>Lets a partner work on orders whose key was not known at the start.</summary>
    public void OpenDesk(string partner, Uri hub, PartnerSettings settings, string key) =>
        Running(partner).Partner.Desk = new AccountDesk(hub, settings, key, TimeSpan.FromMilliseconds(20), clock);

    /// <summary>Lets a gateway report whom it reached.</summary>
    public void OpenReports(string partner, Uri hub, string key) =>
        ((NotificationGateway)Running(partner).Partner).Reports = new NoticeReports(hub, partner, key, TimeSpan.FromMilliseconds(20), clock);

    /// <summary>Lets the departments behind a permit window decide.</summary>
    public PermitDesk OpenDepartments(string partner, Uri hub, string key) =>
        ((PermitWindow)Running(partner).Partner).Departments = DepartmentsOf(hub, partner, key, TimeSpan.FromMilliseconds(20));

    private PermitDesk DepartmentsOf(Uri hub, string partner, string key, TimeSpan delay) => new(hub, $"urn:hub:permits:{partner}", key, delay, clock);

    private async Task<WebApplication> StartAdminAsync(SimulatorSettings settings, CancellationToken cancellation)
    {
        var app = Build(settings.Host, settings.AdminPort);
        app.MapGet("/", () => Results.Text(IndexPage.Render(partners), "text/html; charset=utf-8"));
        app.MapGet("/{partner}/leads", (string partner, string? subject, int? limit) => ForPartner(partner, running => LeadsOf(running, subject, limit)));
        app.MapGet("/{partner}/effects", (string partner, string subject) => ForPartner(partner, running => EffectsOf(running, subject)));
        app.MapGet("/{partner}/stats", (string partner) => ForPartner(partner, running => Json(running.Stats)));
        app.MapPost("/{partner}/faults", (string partner, Fault fault) => ForPartner(partner, running => SetFault(running, fault)));
        app.MapPost("/{partner}/fetch-faults", (string partner, Fault fault) =>
            ForPartner(partner, running => running.Partner.FetchFaults.Set(fault) is { } problem ? Json(new { error = problem }, 400) : Json(fault)));
        app.MapGet("/{partner}/notices", (string partner) => ForPartner(
            partner, running => running.Partner is NotificationGateway gateway ? Json(gateway.Notices) : Json(new { error = $"'{partner}' is no gateway" }, 400)));
        app.MapGet("/{partner}/orders", (string partner) => ForDesk(partner, desk => Json(desk.Orders)));
        app.MapPost("/{partner}/findings", (string partner, Finding finding) => ForDesk(partner, desk =>
        {
            desk.Find(finding);
            return Json(finding);
        }));
        app.MapPost("/{partner}/rulings", (string partner, Ruling ruling) => ForPartner(partner, running =>
        {
            (running.Partner as PermitWindow)?.Departments?.Rule(ruling);
            return Json(ruling);
        }));
        app.MapPost("/{partner}/settle", (string partner, string unit) => ForDesk(partner, desk => Json(new { settled = desk.Settle(unit) })));
        app.MapPost("/{partner}/reset", (string partner) => ForPartner(partner, Reset));
        app.MapGet("/{partner}/records", (string partner) => ForPlatform(partner, platform => Json(platform.Records)));
        app.MapPost("/{partner}/records", (string partner, JsonArray events, string? at) => ForPlatform(partner, platform => Add(platform, events, at)));
        app.MapPost("/{partner}/clock", (string partner, double seconds) => ForPlatform(partner, platform => Json(new { seconds = platform.AheadSeconds = seconds })));
        await app.StartAsync(cancellation);
        return app;
    }

    private IResult ForPartner(string name, Func<RunningPartner, IResult> serve) =>
        partners.Find(running => running.Partner.Name == name) is { } running ? serve(running) : Json(new { error = $"no partner '{name}'" }, 404);

    private IResult ForPlatform(string name, Func<ApprovalPlatform, IResult> serve) => ForPartner(
        name, running => running.Partner is ApprovalPlatform platform ? serve(platform) : Json(new { error = $"'{name}' is no approval platform" }, 400));

    private IResult ForDesk(string name, Func<AccountDesk, IResult> serve) => ForPartner(
        name, running => running.Partner.Desk is { } desk ? serve(desk) : Json(new { error = $"'{name}' takes no orders" }, 400));

    private static IResult Add(ApprovalPlatform platform, JsonArray events, string? at)
    {
        DateTimeOffset? stamp = at is null ? null : DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture);
        return Json(events.Select(record => platform.Add(record!.AsObject(), stamp)).ToList());
    }

    private static IResult LeadsOf(RunningPartner running, string? subject, int? limit) =>
        Json(running.Partner.Book.List(subject, Math.Clamp(limit ?? 1000, 1, 100_000)).Select(lead => new
        {
            lead.LeadNo,
            lead.Subject,
            lead.State,
            lead.Sequence,
            lead.Commands,
            lead.ChangedAt,
            fields = lead.Fields.Length > 0 ? JsonSerializer.Deserialize<JsonElement>(lead.Fields) : (JsonElement?)null,
        }));

    // What the certification kit may ask: how often a case was acted on, and by which of its messages it now stands.
    private static IResult EffectsOf(RunningPartner running, string subject) =>
        Json(running.Partner.Book.List(subject, 1) is [var lead] ? new { effects = lead.Commands.Count, sequence = lead.Sequence ?? 0 } : new { effects = 0, sequence = 0L });

    private static IResult SetFault(RunningPartner running, Fault fault) =>
        running.Partner.Faults.Set(fault) is { } problem ? Json(new { error = problem }, 400) : Json(fault);

    private static IResult Reset(RunningPartner running)
    {
        running.Partner.Book.Clear();
        (running.Partner as ApprovalPlatform)?.Clear();
        running.Partner.Faults.Set(new());
        return Json(running.Stats);
    }

    private static IResult Json(object value, int status = 200) => Results.Json(value, SimulatorJson.Options, statusCode: status);

    private async Task ServeAsync(HttpContext context, RunningPartner running)
    {
        var began = clock.GetUtcNow();
        Interlocked.Increment(ref running.Requests);
        if (context.Request.Path == "/elsewhere")
        {
            Interlocked.Increment(ref running.RedirectsFollowed);
        }

        var arrived = clock.GetUtcNow();
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var hit = new Hit(context.Request.Method, context.Request.Path, context.Request.Headers, body.ToArray()) { Query = context.Request.QueryString.Value ?? "", Began = began };
        running.LastDigest = hit.Digest;
        var faults = running.Partner.Faults;
        var fault = faults.Next(arrived);
        requests.Append(arrived, running.Partner.Name, hit, fault);
        try
        {
            await faults.ServeAsync(context, running.Partner, hit, fault, clock);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller gave up, as the fault wanted.
        }
    }

    private static WebApplication Build(string host, int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
            kestrel.Listen(IPAddress.Parse(host), port);
        });
        // A caller that waits for a fault must not keep the process from stopping.
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(2));
        return builder.Build();
    }

    private static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    internal sealed class RunningPartner(Partner partner, Receipts? receipts, WebApplication app)
    {
        public long Requests;
        public long RedirectsFollowed;

        public Partner Partner => partner;

        public Receipts? Receipts => receipts;

        /// <summary>Empties the partner's feed; null for one that does not fetch.</summary>
        public FeedReader? Reader { get; set; }

        public WebApplication App => app;

        public Uri Address => AddressOf(app);

        /// <summary>SHA-256 of the last request body.</summary>
        public string? LastDigest { get; set; }

        public PartnerStats Stats => new(
            partner.Name, partner.Kind, Interlocked.Read(ref Requests), Interlocked.Read(ref RedirectsFollowed), LastDigest, partner.Book.Stats,
            partner.Faults.Current, partner.Faults.Counts, receipts?.Stats, Reader?.Stats);
    }

    public PartnerStats StatsOf(string partner) => Running(partner).Stats;
}

/// <summary>Counts since the start of the process; the book's since the last reset.</summary>
public sealed record PartnerStats(
    string Name,
    string Kind,
    long Requests,
    long RedirectsFollowed,
    string? LastDigest,
    BookStats Book,
    Fault Fault,
    IReadOnlyDictionary<string, long> FaultsStruck,
    ReceiptStats? Receipts,
    FetchStats? Fetched);
