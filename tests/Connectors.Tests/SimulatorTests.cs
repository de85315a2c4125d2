using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Hub.Simulators;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Hub.Connectors.Tests;

/// <summary>The simulators are witnesses of the fault tests: what they count must be right.</summary>
public sealed class SimulatorTests
{
    private static readonly byte[] Fields = "{}"u8.ToArray();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_simulator_that_died_within_a_line_knows_from_its_journal_what_it_took()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var id = Guid.NewGuid();
        var settings = new SimulatorSettings { Journal = path, Partners = [Partner("crm")] };
        try
        {
            await using (var first = await SimulatorHost.StartAsync(settings, Cancellation, new FakeClock()))
            {
                first.Partner("crm").Book.Take(id, "项目甲", "create", 1, Fields);
                first.Partner("crm").Book.Take(id, "项目甲", "create", 1, Fields);
            }

            await File.AppendAllTextAsync(path, """{"time":"2026-03-02T01:3""", Cancellation);
            await using var second = await SimulatorHost.StartAsync(settings, Cancellation, new FakeClock());
            second.Partner("crm").Book.Take(id, "项目甲", "create", 1, Fields);

            Assert.Equal(new BookStats(1, 1, 1, 0), second.Partner("crm").Book.Stats);
            Assert.Equal(
                [
                    new JournalEntry(FakeClock.Start, "crm", id, "项目甲", 1, "create", true),
                    new JournalEntry(FakeClock.Start, "crm", id, "项目甲", 1, "create", false),
                    new JournalEntry(FakeClock.Start, "crm", id, "项目甲", 1, "create", false),
                ],
                Journal.Read(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task An_effect_that_comes_before_its_turn_is_counted()
    {
        await using var host = await StartAsync();
        var book = host.Partner("crm").Book;
        book.Take(Guid.NewGuid(), "a", "create", 1, Fields);
        book.Take(Guid.NewGuid(), "a", "update", 3, Fields);
        book.Take(Guid.NewGuid(), "b", "create", 1, Fields);

        book.Take(Guid.NewGuid(), "a", "update", 2, Fields);

        Assert.Equal(new BookStats(2, 4, 0, 1), book.Stats);
    }

    [Fact]
    public async Task There_is_nothing_to_withdraw_from_a_case_never_seen()
    {
        await using var host = await StartAsync();

        Assert.Null(host.Partner("crm").Book.Take(Guid.NewGuid(), "a", "withdraw", 1, Fields));
        Assert.Equal(0, host.Partner("crm").Book.Stats.Effects);
    }

    [Fact]
    public void A_fault_with_a_count_ends_by_itself()
    {
        var faults = new Faults("crm");
        faults.Set(new() { Mode = "http500", Count = 2 });

        Assert.Equal(["http500", "http500", "none"], Enumerable.Range(0, 3).Select(_ => faults.Next().Mode).ToArray());
    }

    [Fact]
    public void A_fault_with_a_rate_strikes_that_share_and_the_same_requests_in_every_run()
    {
        bool[] Run()
        {
            var faults = new Faults("crm");
            faults.Set(new() { Mode = "reset", Rate = 0.3 });
            return [.. Enumerable.Range(0, 1000).Select(_ => faults.Next().Mode is "reset")];
        }

        var run = Run();

        Assert.InRange(run.Count(struck => struck), 250, 350);
        Assert.Equal(run, Run());
    }

    [Fact]
    public async Task The_admin_port_lists_leads_and_switches_faults()
    {
        await using var host = await StartAsync();
        host.Partner("crm").Book.Take(Guid.NewGuid(), "项目甲", "create", 1, """{"xmmc":"道路"}"""u8.ToArray());
        using var http = new HttpClient { BaseAddress = host.AdminAddress };

        var leads = await http.GetFromJsonAsync<JsonElement>("/crm/leads", Cancellation);
        using var set = await http.PostAsync(
            "/crm/faults", new StringContent("""{"mode":"http503","rate":0.5,"retryAfter":"5","count":10}""", null, "application/json"), Cancellation);
        using var wrong = await http.PostAsync("/crm/faults", new StringContent("""{"mode":"flood"}""", null, "application/json"), Cancellation);
        using var nobody = await http.GetAsync("/nobody/stats", Cancellation);

        Assert.Equal("道路", leads[0].GetProperty("fields").GetProperty("xmmc").GetString());
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.BadRequest, HttpStatusCode.NotFound), (set.StatusCode, wrong.StatusCode, nobody.StatusCode));
        Assert.Equal(new Fault { Mode = "http503", Rate = 0.5, RetryAfter = "5", Count = 10 }, host.Partner("crm").Faults.Current);
        Assert.Contains("/crm/leads", await http.GetStringAsync("/", Cancellation), StringComparison.Ordinal);
        using var reset = await http.PostAsync("/crm/reset", null, Cancellation);
        Assert.Equal(new BookStats(0, 0, 0, 0), host.Partner("crm").Book.Stats);
        Assert.Equal("none", host.Partner("crm").Faults.Current.Mode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_lead_is_accepted_and_then_contacted_by_receipts_to_the_hub_which_may_fail_at_first()
    {
        await using var hub = new StubHub();
        var address = await hub.StartAsync();
        var clock = new FakeClock();
        await using var host = await SimulatorHost.StartAsync(
            new() { HubUrl = address, Partners = [Partner("crm") with { HubKey = "hk_crm_secret" }] }, Cancellation, clock);
        var called = new Guid("00000000-0000-0000-0000-000000000001");

        host.Partner("crm").Book.Take(called, "a", "create", 1, Fields);
        var first = await hub.NextAsync(clock);
        var second = await hub.NextAsync(clock);
        var third = await hub.NextAsync(clock);

        Assert.Equal(
            [
                $"Bearer hk_crm_secret /api/v1/events/{called:D}/receipts accepted  2026-03-02T01:30:00.5+00:00",
                $"Bearer hk_crm_secret /api/v1/events/{called:D}/receipts accepted  2026-03-02T01:30:00.5+00:00",
                $"Bearer hk_crm_secret /api/v1/events/{called:D}/receipts in_progress CONTACTED 2026-03-02T01:30:03+00:00",
            ],
            new[] { first, second, third }.Order(StringComparer.Ordinal));
    }

    private static Task<SimulatorHost> StartAsync() => SimulatorHost.StartAsync(new() { Partners = [Partner("crm")] }, Cancellation, new FakeClock());

    private static PartnerSettings Partner(string name) => new() { Name = name, Kind = "sgcc-crm", AppKey = "hub", Secret = "secret" };

    /// <summary>Refuses the first "accepted" and takes the rest.</summary>
    private sealed class StubHub : IAsyncDisposable
    {
        private readonly System.Threading.Channels.Channel<string> received = System.Threading.Channels.Channel.CreateUnbounded<string>();
        private WebApplication? app;
        private int refused;

        public async Task<Uri> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            app = builder.Build();
            app.Urls.Add("http://127.0.0.1:0");
            app.MapPost("/api/v1/events/{id}/receipts", async (HttpContext context, JsonElement body) =>
            {
                var code = body.GetProperty("code").GetString();
                var status = body.GetProperty("status").GetString();
                var line = $"{context.Request.Headers.Authorization} {context.Request.Path} {status} {code} {body.GetProperty("at").GetString()}";
                await received.Writer.WriteAsync(line, Cancellation);
                return status is "accepted" && Interlocked.Exchange(ref refused, 1) == 0 ? Results.StatusCode(503) : Results.Accepted();
            });
            await app.StartAsync(Cancellation);
            return new Uri(app.Urls.Single());
        }

        /// <summary>Moves the clock until the next receipt is here: how many steps that takes depends on the simulator's own threads.</summary>
        public async Task<string> NextAsync(FakeClock clock)
        {
            string? line;
            while (!received.Reader.TryRead(out line))
            {
                Cancellation.ThrowIfCancellationRequested();
                clock.Advance(TimeSpan.FromSeconds(0.5));
                await Task.Yield();
            }

            return line;
        }

        public ValueTask DisposeAsync() => app?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
