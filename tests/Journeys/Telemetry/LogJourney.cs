using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Hub.Journeys.Telemetry;

/// <summary>What the real executable writes to its log while things go well and badly: enough to act on, and nothing that is not the log's business.</summary>
public sealed class LogJourney : IAsyncLifetime
{
    private const string Phone = "13912345678";
    private const string Citizen = "110101199003071233";
    private const string Person = "欧阳测试人";
    private const string Project = "不入日志的配电工程";
    private const string Echo = "echoed-by-the-partner";
    private const string Password = "db-s3cret";

    private readonly TemporaryFolder folder = new();
    private readonly StringBuilder log = new();
    private TestDatabase database = null!;
    private PushedPartner partner = null!;
    private Socket manager = null!;
    private Process hub = null!;
    private HttpClient http = null!;
    private string publisher = "", utility = "", secret = "";

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync();
        partner = await PushedPartner.StartAsync();
        var connector = TestPartner.Of(["hohhot-power"])[0].Connected(partner.Address);
        secret = connector.Secret!;
        var settings = HubProgram.WriteSettings(folder.File("settings.json"), $"{database.ConnectionString};Password={Password}", "http://127.0.0.1:0", null, [connector]);
        Assert.Equal(0, (await HubProgram.RunAsync(settings, "migrate")).Code);
        publisher = await KeyAsync(settings, "--partner", "demo-bureau", "--direction", "publish", "--source", Approvals.Source);
        utility = await KeyAsync(settings, "--partner", "hohhot-power", "--direction", "receive");

        // In place of systemd. A short path: the address of a socket has room for about a hundred bytes.
        manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 60_000 };
        manager.Bind(new UnixDomainSocketEndPoint(folder.File("n")));
        hub = HubProgram.Start(settings, [("Hub__Logs", "json"), ("NOTIFY_SOCKET", folder.File("n"))], "serve");
        hub.OutputDataReceived += (_, line) => Keep(line.Data);
        hub.ErrorDataReceived += (_, line) => Keep(line.Data);
        hub.BeginOutputReadLine();
        hub.BeginErrorReadLine();
        Assert.Equal("READY=1", Told());
        await Until.TrueAsync(() => Log().Contains("Now listening on: ", StringComparison.Ordinal), "the hub says where it listens");
        http = new HttpClient { BaseAddress = new Uri(Lines().Select(line => (string?)line["State"]?["address"]).First(address => address is not null)!) };
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        if (!hub.HasExited)
            hub.Kill();
        hub.Dispose();
        manager.Dispose();
        await partner.DisposeAsync();
        await database.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task The_log_of_a_journey_holds_no_body_no_person_and_no_secret()
    {
        // The partner breaks down, then refuses and gives back what it was sent, then takes.
        partner.Answers.Enqueue((500, $"{Echo} {Phone} {Person}"));
        partner.Answers.Enqueue((400, $"{Echo} {Phone} {Person}"));

        Assert.Equal(202, await PublishAsync(Approval()));
        await Until.TrueAsync(() => partner.Calls.Count == 2, "the partner has refused");
        Assert.Equal(202, await PublishAsync(Approval()));
        await Until.TrueAsync(() => partner.Calls.Count == 3, "the partner has taken");
        Assert.Contains(Phone, partner.Calls.Last().Body, StringComparison.Ordinal);
        Assert.Equal(202, await SendAsync(
            $"/api/v1/events/{partner.Calls.Last().Id}/receipts", utility, "application/json", $$"""{"status":"accepted","at":"2026-04-02T01:00:00Z","note":"{{Person}} {{Phone}}"}"""));

        // What is refused.
        var bad = Approval();
        bad["data"]!["approvalDate"] = $"{Citizen} {Phone}";
        Assert.Equal(422, await PublishAsync(bad));
        Assert.Equal(400, await SendAsync("/api/v1/events", publisher, "application/cloudevents+json", $"{{\"{Person}\": {Phone}{Citizen}"));
        Assert.Equal(401, await SendAsync("/api/v1/events", publisher + "x", "application/cloudevents+json", Approval().ToJsonString()));
        Assert.Equal(404, await SendAsync($"/none/{Phone}?token={publisher}", publisher, "application/json", "{}"));

        Assert.Equal(0, await StopAsync());
        Assert.Equal("STOPPING=1", Told());
        string[] business = [Phone, Citizen, Person, Project, Echo, Password, secret, publisher, publisher.Split('_')[^1], utility, utility.Split('_')[^1]];
        Assert.All(business, word => Assert.DoesNotContain(word, Log(), StringComparison.Ordinal));

        // What is there instead: one object a line, and what happened with the ids that lead to the rest.
        var lines = Lines();
        Assert.Contains(lines, line => line["LogLevel"]!.ToString() == "Warning" && line["State"]!["Reason"]?.ToString() == "content_refused" && line["State"]!["CommandId"]?.ToString() == partner.Calls.First().Id);
        Assert.Contains(lines, line => (string?)line["State"]?["Key"] == "Hub:Database" && (string?)line["State"]?["Value"] is { } value && value.Contains("Password=***", StringComparison.Ordinal));
        Assert.All(lines, line => Assert.NotNull(line["Timestamp"]));
    }

    private static JsonObject Approval()
    {
        var approval = Approvals.Created(Approvals.NewCode(Approvals.Hohhot), Approvals.Hohhot);
        var data = approval.Data();
        data["projectName"] = Project;
        data["contactName"] = Person;
        data["contactPhone"] = Phone;
        data["scaleContent"] = $"经办人 {Citizen}";
        return approval;
    }

    private static async Task<string> KeyAsync(string settings, params string[] arguments)
    {
        var (code, output) = await HubProgram.RunAsync(settings, ["keys", "create", .. arguments]);
        Assert.Equal(0, code);
        return output.Trim();
    }

    private Task<int> PublishAsync(JsonObject approval) => SendAsync("/api/v1/events", publisher, "application/cloudevents+json", approval.ToJsonString());

    private async Task<int> SendAsync(string path, string key, string type, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await http.SendAsync(request);
        return (int)response.StatusCode;
    }

    private async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", hub.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await hub.WaitForExitAsync(limit.Token);
        return hub.ExitCode;
    }

    private string Told()
    {
        var buffer = new byte[64];
        return Encoding.UTF8.GetString(buffer, 0, manager.Receive(buffer));
    }

    private void Keep(string? line)
    {
        lock (log)
            log.Append(line).Append('\n');
    }

    private string Log()
    {
        lock (log)
            return log.ToString();
    }

    private List<JsonNode> Lines() => [.. Log().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
}
