using System.Globalization;
using System.Text.Json.Nodes;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;

namespace Hub.Journeys;

/// <summary>From application to energising in each city, by that city's own numbers, over real HTTP, while the days pass.</summary>
public sealed class ConnectionJourney
{
    [Fact]
    public async Task Linfen_one_click_connect_and_a_pause_over_the_national_day_with_its_make_up_days()
    {
        await using var city = await CityRun.StartAsync("sgcc-linfen", "141002", "2021-09-22T09:00");
        var code = Approvals.NewCode();
        await city.Hub.UntilStatusAsync(await city.Hub.AcceptedAsync(Approvals.Created(code)), "delivered");

        // 09-26 is a Sunday that is worked.
        city.Go("2021-09-27T10:00");
        await city.ApplyAsync(new()
        {
            ["projectCode"] = code, ["capacity"] = 630, ["capacityUnit"] = "kVA", ["voltageLevel"] = "AC00101", ["supplies"] = 1, ["usageType"] = "400", ["hasExternalLine"] = true, ["needsExcavation"] = true,
        });
        var applied = await city.StateAsync();
        Assert.Equal(("code", "示例产业园管理有限公司", "HV_SINGLE"), (applied.Project!.MatchedBy, applied.Application!.ApplicantName, applied.Class));
        Assert.Equal(4, ConnectionProcess.LeadWorkingDays(applied.Project, applied, city.Calendar));
        var put = await Until.FoundAsync(() => Task.FromResult(city.Told("application.put.v1")), "the utility has the application, filled in");
        Assert.Contains("applicantName", put["prefilled"]!.AsArray().Select(name => (string?)name));

        await city.StageAsync("ACCEPTED", "FINISH");
        city.Go("2021-09-29T10:00");
        await city.StageAsync("ACCEPTED", "PAUSE", ("pauseKind", "APPLICANT"), ("reason", "补正：缺物权证明"));
        Assert.Equal(("paused", null), (await city.ClockAsync("hv-single") is var paused ? (paused.Status, paused.Due) : default));

        // The make-up Saturday: two days were used, thirteen are left.
        city.Go("2021-10-09T10:00");
        await city.StageAsync("ACCEPTED", "RESUME", ("pauseKind", "APPLICANT"));
        Assert.Equal(new DateOnly(2021, 10, 27), (await city.ClockAsync("hv-single")).Due);

        city.Go("2021-10-13T10:00");
        await city.StageAsync("PLAN_REPLIED", "FINISH");
        await city.StageAsync("EXTERNAL_WORK", "START");
        city.Go("2021-10-20T10:00");
        await city.StageAsync("EXTERNAL_WORK", "FINISH");
        Assert.Equal(new DateOnly(2021, 11, 3), (await city.ClockAsync("hv-single")).Due);
        city.Go("2021-10-28T10:00");
        await city.StageAsync("METERED", "FINISH");

        var state = await city.StateAsync();
        Assert.Equal(("energised", "met"), (state.Status, state.Clocks.Single(clock => clock.Rule == "hv-single").Status));
        Assert.Empty(state.Marks);
        await city.EvaluateAsync(5);
        Assert.Equal(5, (await city.StateAsync()).Evaluation!.Score);
        await city.VerifyAsync();
    }

    [Fact]
    public async Task Lianyungang_an_application_that_is_overdue_was_warned_of_three_times()
    {
        await using var city = await CityRun.StartAsync("sgcc-lianyungang", "320706", "2021-12-01T10:00");
        await city.ApplyAsync(new() { ["capacity"] = 630, ["capacityUnit"] = "kVA", ["voltageLevel"] = "AC00101", ["supplies"] = 1, ["usageType"] = "400", ["hasExternalLine"] = false });
        Assert.Equal(new DateOnly(2021, 12, 22), (await city.ClockAsync("hv-single")).Due);

        foreach (var (day, percent) in new[] { ("2021-12-11T08:00", 50), ("2021-12-18T08:00", 80), ("2021-12-23T08:00", 100) })
        {
            city.Go(day);
            await Until.TrueAsync(() => city.Told("deadline.warn.v1") is { } warning && (int?)warning["percent"] == percent, $"{percent} % is told");
        }

        var clock = await city.ClockAsync("hv-single");
        Assert.Equal(("overdue", 3), (clock.Status, clock.Warned.Count));
        Assert.Equal(["responsible", "supervisor"], (await city.StateAsync()).Warnings[^1].To);

        city.Go("2021-12-24T10:00");
        await city.StageAsync("METERED", "FINISH");
        Assert.Equal("met_late", (await city.ClockAsync("hv-single")).Status);
        await city.VerifyAsync();
    }

    [Fact]
    public async Task Hohhot_the_stages_and_the_whole_run_beside_one_another()
    {
        await using var city = await CityRun.StartAsync("hohhot-power", "150102", "2020-05-11T09:00");
        await city.ApplyAsync(new()
        {
            ["capacity"] = 80, ["capacityUnit"] = "kVA", ["voltageLevel"] = "AC03802", ["usageType"] = "400", ["areaType"] = "01", ["hasExternalLine"] = true, ["needsExcavation"] = true, ["tags"] = new JsonArray("SMALL_MICRO"),
        });
        (string At, string Stage, string Action)[] way =
        [
            ("2020-05-11T09:30", "ACCEPTED", "START"), ("2020-05-12T10:00", "ACCEPTED", "FINISH"), ("2020-05-14T10:00", "PLAN_REPLIED", "FINISH"), ("2020-05-14T11:00", "ROUTE_DESIGN", "START"),
            ("2020-05-26T10:00", "ROUTE_DESIGN", "FINISH"), ("2020-05-26T11:00", "PERMIT", "START"), ("2020-06-05T10:00", "PERMIT", "FINISH"), ("2020-06-05T11:00", "EXTERNAL_WORK", "START"),
            ("2020-06-16T10:00", "EXTERNAL_WORK", "FINISH"), ("2020-06-18T10:00", "METERED", "FINISH"),
        ];
        foreach (var (at, stage, action) in way)
        {
            city.Go(at);
            await city.StageAsync(stage, action);
        }

        var state = await city.StateAsync();
        Assert.Equal(
            [("acceptance", 1, "2020-05-12"), ("plan-lv", 2, "2020-05-14"), ("route-design", 12, "2020-06-01"), ("whole-excavation", 30, "2020-06-22"), ("works", 10, "2020-06-19")],
            state.Clocks.OrderBy(clock => clock.Rule, StringComparer.Ordinal).Select(clock => (clock.Rule, clock.Limit, clock.Due!.Value.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))));
        Assert.All(state.Clocks, clock => Assert.Equal("met", clock.Status));
        Assert.Empty(state.Marks);
        await city.VerifyAsync();
    }

    [Fact]
    public async Task Shanxi_a_small_firm_from_the_government_platform_in_two_steps_and_twenty_days()
    {
        await using var city = await CityRun.StartAsync("sgcc-shanxi", "140105", "2021-06-01T10:00");
        await city.ApplyAsync(
            new() { ["capacity"] = 90, ["capacityUnit"] = "kW", ["voltageLevel"] = "AC03802", ["usageType"] = "400", ["areaType"] = "01", ["channel"] = "ONLINE_GOV", ["tags"] = new JsonArray("SMALL_MICRO") },
            platform: true);
        var state = await city.StateAsync();
        Assert.Equal(("LV_NONRES", "SANLING,SMALL_MICRO"), (state.Class, string.Join(',', state.Tags)));
        Assert.NotNull(await Until.FoundAsync(() => Task.FromResult(city.Told("application.put.v1")), "the utility has what the platform took in"));
        Assert.Equal(new DateOnly(2021, 6, 30), (await city.ClockAsync("lv-sanling")).Due);

        await city.StageAsync("ACCEPTED", "FINISH");
        city.Go("2021-06-21T10:00");
        await city.StageAsync("METERED", "FINISH");

        state = await city.StateAsync();
        Assert.Equal(("energised", "met"), (state.Status, state.Clocks.Single(clock => clock.Rule == "lv-sanling").Status));
        Assert.Empty(state.Marks);
        await city.VerifyAsync();
    }

    [Fact]
    public async Task Jinzhong_a_resident_within_one_day_and_high_voltage_without_its_external_works()
    {
        await using var city = await CityRun.StartAsync("sgcc-jinzhong", "140702", "2021-07-02T10:00");
        await city.ApplyAsync(new() { ["voltageLevel"] = "AC02202", ["usageType"] = "200" });
        Assert.Equal((new DateOnly(2021, 7, 3), "calendar_days"), await city.ClockAsync("resident") is var clock ? (clock.Due!.Value, clock.Unit) : default);
        city.Go("2021-07-03T09:00");
        await city.StageAsync("METERED", "FINISH");
        Assert.Equal("met", (await city.ClockAsync("resident")).Status);

        var other = city.Another();
        await other.ApplyAsync(new() { ["capacity"] = 630, ["capacityUnit"] = "kVA", ["voltageLevel"] = "AC00101", ["supplies"] = 1, ["usageType"] = "400", ["hasExternalLine"] = true, ["needsExcavation"] = true });
        city.Go("2021-07-07T10:00");
        await other.StageAsync("EXTERNAL_WORK", "START");
        city.Go("2021-07-28T10:00");
        await other.StageAsync("EXTERNAL_WORK", "FINISH");
        Assert.Equal(new DateOnly(2021, 8, 13), (await other.ClockAsync("hv-single")).Due);
        city.Go("2021-08-13T17:00");
        await other.StageAsync("METERED", "FINISH");

        Assert.Equal("met", (await other.ClockAsync("hv-single")).Status);
        await city.VerifyAsync();
    }

    [Fact]
    public async Task What_was_reported_late_stays_late_and_is_on_record()
    {
        await using var city = await CityRun.StartAsync("sgcc-lianyungang", "320706", "2021-12-01T10:00");
        await city.ApplyAsync(new() { ["voltageLevel"] = "AC02202", ["usageType"] = "200" });
        city.Go("2021-12-09T10:00");
        var warnings = await city.StageAsync("METERED", "FINISH", ("occurredAt", "2021-12-03T10:00:00+08:00"));

        Assert.Contains("backdated", warnings);
        Assert.Equal("met_late", (await city.ClockAsync("whole-resident")).Status);
        await city.VerifyAsync();
    }

    [Fact]
    public async Task A_notice_of_the_city_that_is_loaded_moves_the_due_day_and_says_so()
    {
        await using var city = await CityRun.StartAsync("sgcc-lianyungang", "320706", "2021-12-01T10:00");
        await city.ApplyAsync(new() { ["capacity"] = 630, ["capacityUnit"] = "kVA", ["voltageLevel"] = "AC00101", ["supplies"] = 1, ["usageType"] = "400", ["hasExternalLine"] = false });

        Directory.CreateDirectory(Path.Combine(city.Hub.Settings.SitePacks!, "calendar"));
        city.Hub.DropPack(Path.Combine("calendar", "cn-3207.yaml"), """
            id: cn-3207
            version: "2021.1"
            title: { zh: 连云港市, en: Lianyungang }
            regions: ["3207"]
            notices:
              - number: 示例通知
                number_is: unverified
                holidays:
                  - { from: 2021-12-13, to: 2021-12-13, name: 示例 }
            """);

        var moved = await Until.FoundAsync(async () => (await city.ClockAsync("hv-single")).Changes.LastOrDefault(), "the clock is counted again");
        Assert.Equal((new DateOnly(2021, 12, 22), new DateOnly(2021, 12, 23), "calendar"), (moved.From!.Value, moved.To!.Value, moved.Why));
        Assert.Contains("3207", moved.Calendar, StringComparison.Ordinal);

        var (code, output) = await city.Hub.CommandAsync("deadlines", "--within", "20");
        Assert.True(code == 0 && output.Contains("due 2021-12-23", StringComparison.Ordinal), output);
    }

    /// <summary>A hub whose days pass as the test says, and one application in it.</summary>
    private sealed class CityRun(HubUnderTest hub, DemoClock clock, string utility, string region, string key, string platformKey, string number) : IAsyncDisposable
    {
        private static int last;

        public HubUnderTest Hub => hub;

        public WorkingCalendar Calendar => hub.Service<PolicyStore>().Current.CalendarFor(region);

        public static async Task<CityRun> StartAsync(string utility, string region, string at)
        {
            var clock = new DemoClock(Path.Combine(Path.GetTempPath(), $"hub-clock-{Guid.NewGuid():N}"));
            Move(clock, at);
            var hub = await HubUnderTest.StartAsync(settings => settings, [utility], clock: clock);
            var key = await hub.CreateKeyAsync(utility, ApiKey.Publish, [$"urn:hub:utility:{utility}"]);
            var platform = await hub.CreateKeyAsync("platform-test", ApiKey.Publish, ["urn:hub:platform:test"]);
            return new(hub, clock, utility, region, key, platform, $"A-{Interlocked.Increment(ref last)}");
        }

        /// <summary>Another application at the same hub.</summary>
        public CityRun Another() => new(hub, clock, utility, region, key, platformKey, $"A-{Interlocked.Increment(ref last)}");

        public void Go(string at) => Move(clock, at);

        public async Task ApplyAsync(JsonObject data, bool platform = false)
        {
            data["applicationNo"] = number;
            data["version"] = 1;
            data["regionCode"] = region;
            data["businessType"] = "NEW";
            data["channel"] ??= "COUNTER";
            data["appliedAt"] = Now();
            await PublishAsync(EventTypes.ConnectionApplied, data, platform);
        }

        public Task<IReadOnlyList<string>> StageAsync(string stage, string action, params (string Name, string Value)[] members)
        {
            var data = new JsonObject { ["applicationNo"] = number, ["regionCode"] = region, ["stage"] = stage, ["action"] = action, ["occurredAt"] = Now(), ["actor"] = "CM-1" };
            foreach (var (name, value) in members)
                data[name] = value;
            return PublishAsync(EventTypes.ConnectionStage, data);
        }

        public Task EvaluateAsync(int score) => PublishAsync(
            EventTypes.ConnectionEvaluated, new() { ["applicationNo"] = number, ["regionCode"] = region, ["operatorCode"] = utility, ["score"] = score, ["at"] = Now() }, platform: true);

        public async Task<ConnectionProcess.Case> StateAsync() =>
            ProcessCatalog.Connection.Read((await hub.Service<CaseNumbers>().ByKeyAsync("connection", ConnectionProcess.Key(utility, number)))!.State);

        public async Task<CaseClock> ClockAsync(string rule) => (await StateAsync()).Clocks.Single(clock => clock.Rule == rule);

        /// <summary>The content of the last message of that type, as the utility has it.</summary>
        public JsonNode? Told(string type)
        {
            foreach (var lead in hub.Simulators.Partner(utility).Book.List(ConnectionProcess.Key(utility, number), 10))
            {
                var fields = JsonNode.Parse(lead.Fields)!;
                if ((string?)(fields["xxlx"] ?? fields["type"]) == type || (string?)fields["type"] == "hub." + type)
                    return fields["xxnr"] ?? fields["content"] ?? fields["data"];
            }

            return null;
        }

        public async Task VerifyAsync()
        {
            var (code, output) = await hub.CommandAsync("verify");
            Assert.True(code == 0, output);
        }

        public async ValueTask DisposeAsync() => await hub.DisposeAsync();

        private async Task<IReadOnlyList<string>> PublishAsync(string type, JsonObject data, bool platform = false)
        {
            var reply = await hub.PublishAsync(
                new JsonObject
                {
                    ["specversion"] = "1.0", ["id"] = Guid.NewGuid().ToString("N"), ["source"] = platform ? "urn:hub:platform:test" : $"urn:hub:utility:{utility}", ["type"] = type,
                    ["datacontenttype"] = "application/json", ["data"] = data,
                },
                platform ? platformKey : key);
            Assert.True(reply.Status == 202, reply.Text);
            return [.. (reply.Json["warnings"]?.AsArray() ?? []).Select(warning => (string)warning!["code"]!)];
        }

        private string Now() => clock.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

        private static void Move(DemoClock clock, string at) =>
            clock.Move(DateTimeOffset.Parse(at + ":00+08:00", CultureInfo.InvariantCulture) - TimeProvider.System.GetUtcNow());
    }
}
