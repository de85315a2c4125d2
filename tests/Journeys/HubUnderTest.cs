using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Ledger;
using Hub.Simulators;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Hub.Journeys;

/// <summary>What came back from the hub.</summary>
internal sealed record Reply(int Status, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders, string Text)
{
    public JsonNode Json => JsonNode.Parse(Text)!;

    public string? Code => (string?)Json["code"];

    public bool Replayed => Headers.TryGetValues("Idempotency-Replayed", out var values) && values.Contains("true");
}

/// <summary>A hub in this process, on a database of its own, with pretended partners around it; spoken to over real HTTP.</summary>
internal sealed class HubUnderTest : IAsyncDisposable
{
    private readonly TestDatabase database;
    private readonly SimulatorHost simulators;
    private readonly WebApplication app;
    private readonly TemporaryFolder folder;
    private readonly NpgsqlDataSource keysDatabase;
    private readonly Dictionary<string, string> utilityKeys = [];
    private string? settingsFile;
    private string? session;

    private HubUnderTest(TestDatabase database, SimulatorHost simulators, WebApplication app, TemporaryFolder folder, HubSettings settings)
    {
        this.database = database;
        this.simulators = simulators;
        this.app = app;
        this.folder = folder;
        Settings = settings;
        keysDatabase = NpgsqlDataSource.Create(settings.Database);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public HubSettings Settings { get; }

    public Uri Address { get; }

    /// <summary>Carries no key of its own.</summary>
    public HttpClient Http { get; }

    public string BureauKey { get; private set; } = "";

    public TestDatabase Database => database;

    public SimulatorHost Simulators => simulators;

    public T Service<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    public static Task<HubUnderTest> StartAsync(params string[] partners) => StartAsync(settings => settings, partners);

    /// <param name="change">What this test wants otherwise.</param>
    /// <param name="partners">Names of <c>partners.tsv</c>; none: all of them.</param>
    /// <param name="server">Another PostgreSQL than the one of the other tests.</param>
    /// <param name="clock">Of the hub; the simulators keep the right time.</param>
    /// <param name="library">With a library of licences beside the partners.</param>
    public static async Task<HubUnderTest> StartAsync(
        Func<HubSettings, HubSettings> change, IReadOnlyCollection<string> partners, string? server = null, TimeProvider? clock = null, bool library = false)
    {
        var temporary = new TemporaryFolder();
        var fresh = await TestDatabase.CreateAsync(server);
        IReadOnlyList<TestPartner> lines = library ? [.. TestPartner.Of(partners), TestPartner.Library] : TestPartner.Of(partners);
        var pretended = await SimulatorHost.StartAsync(new SimulatorSettings { Partners = [.. lines.Select(line => line.Simulated())] }, CancellationToken.None);
        var settings = change(new HubSettings
        {
            Database = fresh.ConnectionString,
            BodyKeys = [HubProgram.BodyKey],
            Url = "http://127.0.0.1:0",
            SitePacks = Directory.CreateDirectory(temporary.File("packs")).FullName,
            DrainSeconds = 5,
            Connectors = [.. lines.Select(line => line.Connected(pretended.AddressOf(line.Name)))],
        });
        var started = await Server.BuildAsync(settings, clock ?? TimeProvider.System, CancellationToken.None);
        await started.StartAsync();
        var hub = new HubUnderTest(fresh, pretended, started, temporary, settings);
        hub.BureauKey = await hub.CreateKeyAsync("demo-bureau", ApiKey.Publish, [Approvals.Source]);
        return hub;
    }

    public Task<string> CreateKeyAsync(string partner, string direction, string[]? sources = null, string[]? types = null, string[]? regions = null, int? days = null) =>
        new ApiKeys(keysDatabase, Service<TimeProvider>()).CreateAsync(partner, direction, sources ?? [], types ?? [], regions ?? [], "测试约定", days, CancellationToken.None);

    public async Task<string> UtilityKeyAsync(string partner) =>
        utilityKeys.TryGetValue(partner, out var known) ? known : utilityKeys[partner] = await CreateKeyAsync(partner, ApiKey.Receive);

    /// <summary>A command of the real executable against this hub's database.</summary>
    public Task<(int Code, string Output)> CommandAsync(params string[] arguments) => HubProgram.RunAsync(
        settingsFile ??= AtItsTime(HubProgram.WriteSettings(folder.File("settings.json"), Settings.Database, "http://127.0.0.1:0", Settings.SitePacks, Settings.Connectors)), arguments);

    // A command goes by the same clock as its hub.
    private string AtItsTime(string file)
    {
        if (Settings.DemoClock is null)
            return file;
        var settings = JsonNode.Parse(File.ReadAllText(file))!;
        settings["Hub"]!["DemoClock"] = Settings.DemoClock;
        File.WriteAllText(file, settings.ToJsonString());
        return file;
    }

    public void DropPack(string name, string yaml) => File.WriteAllText(Path.Combine(Settings.SitePacks!, name), yaml);

    public string TemporaryFile(string name) => folder.File(name);

    public Task<Reply> PublishAsync(JsonNode approval, string? key = null) =>
        PublishAsync(Encoding.UTF8.GetBytes(approval.ToJsonString()), key);

    public Task<Reply> PublishAsync(byte[] body, string? key = null, string contentType = "application/cloudevents+json; charset=utf-8", params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, "/api/v1/events", key ?? BureauKey, new ByteArrayContent(body), contentType, headers);

    public Task<Reply> PublishBatchAsync(IEnumerable<JsonNode> approvals, string? key = null) =>
        PublishAsync(Encoding.UTF8.GetBytes($"[{string.Join(',', approvals.Select(approval => approval.ToJsonString()))}]"), key, "application/cloudevents-batch+json");

    public Task<Reply> GetAsync(string path, string? key = null, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, key, content: null, contentType: null, headers);

    /// <summary>A page of the console as a person sees it who has every role but approver; without scripts.</summary>
    public async Task<Reply> PageAsync(string path)
    {
        if (session is null)
        {
            var operators = Service<Operators>();
            await operators.CreateAsync("page.reader", "Reader", [.. Roles.All.Where(role => role != Roles.Approver)], partner: null, "correct horse battery", "test");
            session = (await operators.SignInAsync("page.reader", "correct horse battery", code: null, "test")).Token;
        }

        return await GetAsync(path, key: null, ("Cookie", $"hub_session={session}"), ("Accept", "text/html"));
    }

    public async Task<JsonNode> EventAsync(Guid id, string? key = null)
    {
        var reply = await GetAsync($"/api/v1/events/{id}", key ?? BureauKey);
        Assert.Equal(200, reply.Status);
        return reply.Json;
    }

    public Task<Reply> ReceiptAsync(string partnerKey, object id, object receipt) => SendAsync(
        HttpMethod.Post, $"/api/v1/events/{id}/receipts", partnerKey, new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(receipt)), "application/json");

    public async Task<Reply> SendAsync(HttpMethod method, string path, string? key, HttpContent? content, string? contentType, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (key is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
        if (contentType is not null)
            content!.Headers.TryAddWithoutValidation("Content-Type", contentType);
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                content!.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Http.SendAsync(request);
        return new((int)response.StatusCode, response.Headers, response.Content.Headers, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Publishes and expects that it is taken.</summary>
    /// <returns>Hub's id.</returns>
    public async Task<Guid> AcceptedAsync(JsonNode approval)
    {
        var reply = await PublishAsync(approval);
        Assert.True(reply.Status == 202, reply.Text);
        return (Guid)reply.Json["id"]!;
    }

    /// <summary>Waits until the event stands so.</summary>
    /// <returns>The event as its publisher reads it.</returns>
    public Task<JsonNode> UntilStatusAsync(Guid id, string status, TimeSpan? limit = null) => Until.FoundAsync(
        async () => await EventAsync(id) is var view && (string?)view["status"] == status ? view : null, $"event {id} is {status}", limit);

    /// <summary>The lead as the partner has it; null before it has one.</summary>
    public SimulatedLead? Lead(string partner, string subject) => simulators.Partner(partner).Book.List(subject, 10).SingleOrDefault();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        await simulators.DisposeAsync();
        await keysDatabase.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        await database.DisposeAsync();
        folder.Dispose();
    }
}
