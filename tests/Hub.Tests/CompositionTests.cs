using System.Net;
using Hub.Connectors;
using Hub.Dispatch;
using Hub.Engine;
using Hub.Intake;
using Hub.Ledger;
using Hub.Policies;
using Hub.Schedule;
using Hub.Telemetry;
using Hub.Tests.Ledger;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Hub.Tests;

public sealed class CompositionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_that_is_registered_can_be_made()
    {
        await using var database = await TestDatabase.CreateAsync(migrated: false);
        await using var app = await Server.BuildAsync(Settings(database), TimeProvider.System, Cancellation);

        Type[] parts =
        [
            typeof(HubSettings), typeof(TimeProvider), typeof(PolicyStore), typeof(ConnectorNames), typeof(DeliveryQueue), typeof(ApiKeys), typeof(LedgerQueries),
            typeof(ExchangeLog), typeof(PartnerAuthentication), typeof(EventAcceptance), typeof(EventEndpoint), typeof(QueueIntake), typeof(ReceiptEndpoint), typeof(FeedEndpoint), typeof(DossierEndpoint), typeof(Dossiers), typeof(Feeds), typeof(FeedSignal), typeof(BatchEngine), typeof(NodeLease), typeof(ILanes), typeof(IDispatcher),
            typeof(Sweeper), typeof(PolicyWatch), typeof(ChainWatch), typeof(PublisherSchedule), typeof(PublisherPoll), typeof(PollPublisher), typeof(MetricsText), typeof(Health),
        ];
        Assert.All(parts, part => Assert.Same(app.Services.GetRequiredService(part), app.Services.GetRequiredService(part)));
        Assert.NotSame(app.Services.GetRequiredService<ILedger>(), app.Services.GetRequiredService<ILedger>());
        Assert.Same(app.Services.GetRequiredService<ILanes>(), app.Services.GetRequiredService<IDispatcher>());
        Assert.Contains(app.Services.GetServices<IHostedService>(), service => service is HubLifetime);
        Assert.True(await Migrator.IsCurrentAsync(database.Source, Cancellation));
    }

    [Theory]
    [InlineData("/healthz", "text/plain")]
    [InlineData("/openapi.json", "application/json")]
    [InlineData("/schemas", "application/json")]
    [InlineData("/schemas/receipt.json", "application/schema+json")]
    [InlineData("/schemas/hub.project_approval.created.v1", "application/schema+json")]
    [InlineData("/problems/invalid_event", "text/html")]
    [InlineData("/metrics", "text/plain")]
    [InlineData("/sign-in", "text/html")]
    [InlineData("/", "text/html")]
    public async Task What_needs_no_key_is_answered(string path, string type)
    {
        await using var database = await TestDatabase.CreateAsync(migrated: false);
        await using var app = await Server.BuildAsync(Settings(database), TimeProvider.System, Cancellation);
        await app.StartAsync(Cancellation);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);

        Assert.Equal((HttpStatusCode.OK, type), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.NotEmpty(await answer.Content.ReadAsStringAsync(Cancellation));
        await app.StopAsync(Cancellation);
    }

    [Fact]
    public async Task The_metrics_of_a_running_hub_are_strict_Prometheus_text_with_the_names_that_are_promised()
    {
        await using var database = await TestDatabase.CreateAsync(migrated: false);
        await using var app = await Server.BuildAsync(Settings(database), TimeProvider.System, Cancellation);
        await app.StartAsync(Cancellation);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        var families = Telemetry.PrometheusText.Parse(await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation));

        string[] promised =
        [
            "hub_events_accepted_total", "hub_inputs_failed_total", "hub_chain_verify_failures_total", "hub_breaker_state", "hub_deliveries_in_flight", "hub_deliveries_waiting",
            "hub_deliveries_parked", "hub_oldest_waiting_seconds", "hub_cases_unserved", "hub_exchange_log_entries", "hub_quarantined", "hub_ledger_healthy", "hub_events_waiting",
        ];
        Assert.Subset(families.Keys.ToHashSet(), promised.ToHashSet());
        await app.StopAsync(Cancellation);
    }

    [Theory]
    [InlineData("", "Hub:Database is missing (an Npgsql connection string).")]
    [InlineData("\"Url\":\"nowhere\"", "Hub:Url must be an absolute http or https address.")]
    [InlineData("\"Url\":\"ftp://a\"", "Hub:Url must be an absolute http or https address.")]
    [InlineData("\"RequestsPerSecondPerKey\":-1", "Hub:RequestsPerSecondPerKey must be 0 (no limit) to 1000000.")]
    [InlineData("\"PublicRequestsPerMinute\":-1", "Hub:PublicRequestsPerMinute must be 0 (no limit) to 1000000.")]
    [InlineData("\"EventsWaitingMax\":0", "Hub:EventsWaitingMax must be 1 to 1000000.")]
    [InlineData("\"BatchMax\":5000", "Hub:BatchMax must be 1 to 4096.")]
    [InlineData("\"Database\":\"Hots=a;Password=s3cret\"", "Hub:Database is not an Npgsql connection string: ")]
    [InlineData("\"Database\":\"Username=a\"", "Hub:Database names no Host.")]
    [InlineData("\"Packs\":\"/none/such\"", "Hub:Packs names the folder '/none/such', which does not exist.")]
    [InlineData("\"SitePacks\":\"/none/such\"", "Hub:SitePacks names the folder '/none/such', which does not exist.")]
    [InlineData("\"EventsWaitingMax\":1000001", "Hub:EventsWaitingMax must be 1 to 1000000.")]
    [InlineData("\"RequestsPerSecondPerKey\":1000001", "Hub:RequestsPerSecondPerKey must be 0 (no limit) to 1000000.")]
    [InlineData("\"Logs\":\"xml\"", "Hub:Logs must be text or json.")]
    [InlineData("\"DiskFreeMegabytesMin\":-1", "Hub:DiskFreeMegabytesMin must be 0 (not looked at) to 1000000.")]
    [InlineData("\"VerifyEveryHours\":745", "Hub:VerifyEveryHours must be 0 (never) to 744.")]
    [InlineData("\"Telemetry\":{\"OtlpEndpoint\":\"ftp://a\"}", "Hub:Telemetry:OtlpEndpoint must be an absolute http or https address.")]
    [InlineData("\"Telemetry\":{\"OtlpEndpoint\":\"http://u:s3cret@a\"}", "Hub:Telemetry:OtlpEndpoint must carry neither a user name nor a query")]
    [InlineData("\"Telemetry\":{\"OtlpProtocol\":\"udp\"}", "Hub:Telemetry:OtlpProtocol must be http or grpc.")]
    [InlineData("\"Telemetry\":{\"SamplingRatio\":1.5}", "Hub:Telemetry:SamplingRatio must be 0 to 1.")]
    [InlineData("\"Telemetry\":{\"MetricsSeconds\":0}", "Hub:Telemetry:MetricsSeconds must be 1 to 3600.")]
    [InlineData("\"DrainSeconds\":301", "Hub:DrainSeconds must be 0 to 300.")]
    [InlineData("\"DrainSeconds\":\"NaN\"", "Hub:DrainSeconds must be 0 to 300.")]
    [InlineData("\"Connectors\":[{\"Name\":\"a\",\"Kind\":\"pigeon\"}]", "Connector 'a': Kind 'pigeon' is not one of sgcc-crm, local-crm, ")]
    [InlineData("\"HolderKey\":\"s3cret\"", "Hub:HolderKey must be base64 of at least 32 bytes.")]
    [InlineData("\"Connectors\":[{\"Name\":\"a\",\"Kind\":\"licence-library\"}]", "Hub:HolderKey is missing: a hub with a licence library needs it (base64 of at least 32 bytes).")]
    [InlineData("\"Role\":\"hub\"", "Hub:Bus:Url is missing: the role hub needs a broker (amqp://user:password@host:port).")]
    [InlineData("\"Role\":\"connectors\",\"Bus\":{\"Url\":\"http://a\"}", "Hub:Bus:Url must be an absolute address (amqp, amqps).")]
    [InlineData("\"Bus\":{\"Prefix\":\"A b\"}", "Hub:Bus:Prefix must be 1 to 32 lower-case letters, digits or hyphens.")]
    [InlineData("\"Bus\":{\"Publishers\":[{\"Partner\":\"a\",\"Queue\":\"q\"}]}", "Hub:Bus:Publishers and Hub:Bus:Receipts need Hub:Bus:Url, and a role other than connectors.")]
    [InlineData("\"Bus\":{\"Receipts\":[{\"Partner\":\"a\",\"Queue\":\"hub-answers\"}]}", "must be 1 to 200 visible ASCII characters and begin with neither 'amq.' nor 'hub-'.")]
    [InlineData("\"Bus\":{\"Publishers\":[{\"Queue\":\"q\"},{\"Queue\":\"q\"}]}", "Hub:Bus: the queue 'q' is named twice.")]
    [InlineData("\"Bus\":{\"Publishers\":[{\"Queue\":\"q\"}]}", "Hub:Bus: the queue 'q' has no Partner.")]
    [InlineData("\"Bus\":{\"ConfirmSeconds\":0}", "Hub:Bus:ConfirmSeconds must be 1 to 60.")]
    [InlineData("\"Connectors\":[{\"Name\":\"a\"},{\"Name\":\"a\"}]", "Connector 'a' is set up twice.")]
    [InlineData("\"Publishers\":[{\"Name\":\"a\",\"Kind\":\"pigeon\"}]", "Publisher 'a': Kind 'pigeon' is not one of approval-platform, register, permits.")]
    [InlineData("\"Publishers\":[{\"Name\":\"a\",\"Cron\":\"hourly\"}]", "Publisher 'a': Cron is not a Quartz cron expression.")]
    [InlineData("\"Publishers\":[{\"Name\":\"a\",\"Every\":0}]", "Publisher 'a': Every must be 1 to 86400 (seconds).")]
    [InlineData("\"Publishers\":[{\"Name\":\"a\"},{\"Name\":\"a\"}]", "Publisher 'a' is set up twice.")]
    [InlineData("\"Publishers\":[{\"Name\":\"a\",\"Source\":\"urn:x\"},{\"Name\":\"b\",\"Source\":\"urn:x\"}]", "Publisher source 'urn:x' is used twice: names of events are unique within a source.")]
    public void Bad_settings_are_refused_with_a_sentence(string json, string sentence)
    {
        var refused = Refused(json);

        Assert.Contains(sentence, refused, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"Databse\":\"x\"", "Databse")]
    [InlineData("\"Telemetry\":{\"Endpoint\":\"http://a\"}", "Endpoint")]
    [InlineData("\"Connectors\":[{\"Adress\":\"http://a\"}]", "Adress")]
    [InlineData("\"Connectors\":[{\"Breaker\":{\"Window\":1}}]", "Window")]
    [InlineData("\"BatchMax\":\"many\"", "BatchMax")]
    [InlineData("\"Role\":\"both\"", "Role")]
    public void Settings_that_cannot_be_read_are_named(string json, string name) => Assert.Contains(name, Refused(json));

    [Fact]
    public void The_connectors_need_no_database_and_a_hub_apart_from_them_no_secrets_of_theirs()
    {
        Assert.DoesNotContain("Database", Refused("\"Role\":\"connectors\""), StringComparison.Ordinal);
        Assert.Contains("Address must", Refused("\"Role\":\"connectors\",\"Connectors\":[{\"Name\":\"a\",\"Kind\":\"webhook\"}]"), StringComparison.Ordinal);
        Assert.DoesNotContain("Connector", Refused("\"Role\":\"hub\",\"Connectors\":[{\"Name\":\"a\",\"Kind\":\"webhook\"}]"), StringComparison.Ordinal);
    }

    private static string Refused(string json)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "{\"Hub\":{" + json + "}}");
            // Nothing else in this program reads it.
            Environment.SetEnvironmentVariable("HUB_SETTINGS", file);
            return Assert.Throws<SettingsException>(HubSettings.Read).Message;
        }
        finally
        {
            Environment.SetEnvironmentVariable("HUB_SETTINGS", null);
            File.Delete(file);
        }
    }

    private static HubSettings Settings(TestDatabase database) => new()
    {
        Database = database.ConnectionString,
        Url = "http://127.0.0.1:0",
        DrainSeconds = 1,
        Connectors =
        [
            new() { Name = "sgcc-linfen", Kind = ConnectorCatalog.Webhook, Address = new Uri("http://127.0.0.1:9/"), Secret = "whsec_" + Convert.ToBase64String(new byte[32]) },
        ],
    };
}
