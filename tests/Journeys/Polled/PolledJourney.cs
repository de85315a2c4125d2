using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Hub.Journeys.Faults;

namespace Hub.Journeys.Polled;

/// <summary>A platform that cannot push, from its list to the utility; the hubs are real processes.</summary>
[Collection(FaultCollection.Name)]
public sealed class PolledJourney
{
    [Fact]
    public async Task Every_record_of_the_platform_reaches_its_utility_and_so_does_each_change()
    {
        await using var run = await PolledRun.StartAsync();
        run.Add(25);
        await run.DeliveredAsync("25 new projects");

        // Long fields come from the record itself where the list has not got them.
        Assert.All(run.Codes, code => Assert.Equal("新建厂房及配套设施", (string?)JsonNode.Parse(run.Leads.List(code, 1)[0].Fields)!["jsgm"]));
        run.Platform.Add(Approvals.Amended(run.Codes[3]));
        await run.DeliveredAsync("one is amended", changes: 1);
        run.Platform.Add(Approvals.Extended(run.Codes[3]));
        await run.DeliveredAsync("and extended", changes: 2);
        run.Platform.Add(Approvals.Revoked(run.Codes[3]));
        await run.DeliveredAsync("and revoked", changes: 3);
        Assert.Equal("withdrawn", run.Leads.List(run.Codes[3], 1)[0].State);

        Assert.Equal(HttpStatusCode.OK, await run.ReadyAsync());
        var metrics = await run.MetricsAsync();
        Assert.Contains("hub_poll_rows_total{publisher=\"demo-platform\",outcome=\"accepted\"} 28", metrics, StringComparison.Ordinal);
        Assert.Contains("hub_poll_lag_seconds{publisher=\"demo-platform\"}", metrics, StringComparison.Ordinal);
        var (code, listed) = await run.CommandAsync("publishers");
        Assert.Equal(0, code);
        Assert.Contains("accepted 28  refused 0  failures 0  last failure never", listed, StringComparison.Ordinal);
        Assert.StartsWith("ok: ", (await run.CommandAsync("verify")).Output, StringComparison.Ordinal);
        Assert.Equal(0, await run.TerminateAsync(0));
    }

    [Fact]
    public async Task The_shipped_records_come_through_the_platform_as_they_do_through_the_front_door()
    {
        await using var run = await PolledRun.StartAsync(settings => settings with { PageSize = 7 });
        using var http = new HttpClient();
        var files = Directory.GetFiles(Checkout.Records, "record-*.json").Order(StringComparer.Ordinal).Select(file => JsonNode.Parse(File.ReadAllBytes(file))).ToArray();
        using var content = new StringContent(new JsonArray(files).ToJsonString(), Encoding.UTF8, "application/json");
        using var added = await http.PostAsync(new Uri(run.AdminAddress, $"/{PolledRun.Publisher}/records"), content);
        Assert.Equal(HttpStatusCode.OK, added.StatusCode);

        // One that is refused has no identity; the platform knows it by another number, so that all 40 are there.
        var expected = JsonNode.Parse(await File.ReadAllBytesAsync(Path.Combine(Checkout.Records, "expected.json")))!.AsArray();
        var refused = expected.Count(one => (string)one!["outcome"]! == "REFUSED");
        await Until.TrueAsync(
            async () => await run.Database.ScalarAsync<long>("SELECT count(*) FROM events WHERE type LIKE 'hub.project%'") == files.Length - refused
                && await run.Database.ScalarAsync<long>("SELECT count(*) FROM quarantine WHERE record_id IS NOT NULL") == refused,
            () => $"{files.Length - refused} accepted, {refused} refused; {run.LogOf(0)}");

        var (_, listed) = await run.CommandAsync("publishers", "refused", PolledRun.Publisher);
        Assert.Contains($"{refused} in all", listed, StringComparison.Ordinal);
        Assert.Contains("identity_missing", listed, StringComparison.Ordinal);
        Assert.Contains("stage_not_complete", listed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_of_one_second_on_many_pages_are_all_read_also_when_some_of_them_change_meanwhile()
    {
        await using var run = await PolledRun.StartAsync(settings => settings with { PageSize = 5 });
        run.Strike("slow", delayMs: 30);
        var second = TimeProvider.System.GetUtcNow();
        run.Add(3, second.AddSeconds(-1));
        run.Add(33, second);
        run.Add(2, second.AddSeconds(1));

        // Whatever is at the front moves to the end while the pages are turned.
        var before = run.PlatformStats.Requests;
        await Until.TrueAsync(() => run.PlatformStats.Requests > before + 4, "the pages are being turned");
        run.Platform.Add(Approvals.Amended(run.Codes[4]));
        run.Platform.Add(Approvals.Amended(run.Codes[9]));

        await Until.TrueAsync(() => run.Taken.Leads == 38, () => $"38 projects: {run.Taken} {run.LogOf(0)}", TimeSpan.FromSeconds(60));
        Assert.All(run.Codes, code => Assert.Single(run.Leads.List(code, 2)));
    }

    [Fact]
    public async Task A_record_that_appears_late_behind_the_watermark_is_read_as_long_as_the_overlap_reaches()
    {
        await using var run = await PolledRun.StartAsync(settings => settings with { OverlapSeconds = 120 });
        run.Add(12);
        await run.DeliveredAsync("the first");
        var watermark = await run.WatermarkAsync();

        run.Add(3, watermark.AddSeconds(-90));

        await run.DeliveredAsync("three that came late");
        Assert.Equal(watermark, await run.WatermarkAsync());
    }

    [Fact]
    public async Task A_platform_whose_clock_is_wrong_and_set_right_hides_nothing()
    {
        await using var run = await PolledRun.StartAsync();
        run.Platform.AheadSeconds = 3600;
        run.Add(12);
        await run.DeliveredAsync("an hour ahead");
        run.Platform.AheadSeconds = 0;
        run.Add(12);
        await run.DeliveredAsync("set right");
        run.Platform.AheadSeconds = -7200;
        run.Add(12);
        await run.DeliveredAsync("two hours behind");

        // One mistyped year must not move the cursor where nothing comes after.
        run.Add(1, new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await run.DeliveredAsync("a stamp of 2099");
        run.Add(12);
        await run.DeliveredAsync("what comes after it");
    }

    [Fact]
    public async Task Wrong_answers_lose_nothing_and_double_nothing()
    {
        await using var run = await PolledRun.StartAsync(settings => settings with { TimeoutSeconds = 0.5, ConnectTimeoutSeconds = 0.5 });
        run.Add(5);
        await run.DeliveredAsync("at first");

        // While these last, nothing is believed; each is on record as a failure.
        string[] disbelieved =
        [
            "html", "truncated", "http500", "http502", "http503", "http429", "timeout", "reset", "reset_mid_body", "empty", "unauthorised", "not_found", "redirect", "gbk",
            "page_other", "total_wrong", "page_skip", "page_repeat",
        ];
        foreach (var mode in disbelieved)
        {
            // Counted before: the same failure again is put on record only after a while.
            var failures = (long)(await run.CursorAsync())["failures"]!;
            run.Strike(mode);
            run.Add(25);
            await Until.TrueAsync(async () => run.Struck(mode) > 0 && (long)(await run.CursorAsync())["failures"]! > failures, () => $"{mode} is on record as a failure; {run.LogOf(0)}");
            run.Strike("none");
            await run.DeliveredAsync(mode);
        }

        // These are put up with.
        foreach (var mode in (string[])["out_of_order", "duplicate_row", "gbk_declared", "slow"])
        {
            run.Strike(mode, delayMs: 100);
            run.Add(25);
            await run.DeliveredAsync(mode);
            run.Strike("none");
        }

        // Some answers wrong, some right, the platform growing.
        foreach (var mode in disbelieved)
        {
            run.Strike(mode, rate: 0.3);
            run.Add(15);
            await Until.TrueAsync(() => run.Struck(mode) > 0, $"{mode} struck");
        }

        run.Strike("none");
        await run.DeliveredAsync("a mixture");
        Assert.Equal(HttpStatusCode.OK, await run.ReadyAsync());
        Assert.StartsWith("ok: ", (await run.CommandAsync("verify")).Output, StringComparison.Ordinal);
        Assert.Equal(0, await run.Database.ScalarAsync<long>("SELECT count(*) FROM quarantine"));
    }

    [Fact]
    public async Task A_row_that_is_refused_is_kept_once_and_the_others_go_on()
    {
        await using var run = await PolledRun.StartAsync(settings => settings with { OverlapSeconds = 600, PageSize = 50 });
        run.Strike("missing_status");
        run.Add(12);
        var first = run.Codes[0];

        // The page is read again and again within the overlap, each time with its first row spoilt.
        await Until.TrueAsync(() => run.Taken.Leads == 11, () => $"eleven come: {run.Taken} {run.LogOf(0)}");
        var polls = run.Platform.FirstPages;
        await Until.TrueAsync(() => run.Platform.FirstPages > polls + 5, "it is polled further");
        var kept = await run.Database.ScalarAsync<long>("SELECT count(*) FROM quarantine");
        Assert.Equal(kept, await run.Database.ScalarAsync<long>("SELECT count(DISTINCT record_id) FROM quarantine"));
        var (_, listed) = await run.CommandAsync("publishers", "refused", PolledRun.Publisher);
        Assert.Contains("required /zt", listed, StringComparison.Ordinal);
        Assert.DoesNotContain("示例", listed, StringComparison.Ordinal);
        Assert.Empty(run.Leads.List(first, 1));

        run.Strike("none");
        await run.DeliveredAsync("set right");
        Assert.Equal(kept, await run.Database.ScalarAsync<long>("SELECT count(*) FROM quarantine"));
        Assert.DoesNotContain("示例", run.LogOf(0), StringComparison.Ordinal);
    }
}
