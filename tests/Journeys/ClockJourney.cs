namespace Hub.Journeys;

/// <summary>A clock that was ahead and is set right: what was planned by it does not wait until that time comes.</summary>
public sealed class ClockJourney
{
    [Fact]
    public async Task A_retry_planned_by_a_clock_that_was_a_year_ahead_is_made_once_it_is_set_right()
    {
        var clock = new WrongClock { Ahead = TimeSpan.FromDays(400) };
        await using var hub = await HubUnderTest.StartAsync(settings => settings, ["slp-puxian"], clock: clock);
        hub.Simulators.Partner("slp-puxian").Faults.Set(new() { Mode = "http500", Count = 1 });
        var id = await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode(Approvals.Puxian), Approvals.Puxian));
        await Until.TrueAsync(async () => await hub.Database.ScalarAsync<long>("SELECT count(*) FROM waits WHERE state = 'waiting'") == 1, "the retry is planned");

        clock.Ahead = TimeSpan.Zero;

        await hub.UntilStatusAsync(id, "delivered");
        Assert.Equal(0, await hub.Database.ScalarAsync<long>("SELECT count(*) FROM (SELECT at < lag(at) OVER (ORDER BY seq) AS falls FROM exchange_log) entries WHERE falls"));
    }

    [Fact]
    public async Task A_retry_left_by_an_earlier_process_whose_clock_was_a_year_ahead_is_made_after_the_start()
    {
        await using var hub = await HubUnderTest.StartAsync("slp-puxian");
        hub.Simulators.Partner("slp-puxian").Faults.Set(new() { Mode = "http500" });
        var id = await hub.AcceptedAsync(Approvals.Created(Approvals.NewCode(Approvals.Puxian), Approvals.Puxian));
        await Until.TrueAsync(async () => await hub.Database.ScalarAsync<long>("SELECT count(*) FROM waits WHERE state = 'waiting'") == 1, "the retry is planned");
        await hub.Database.ScalarAsync<long>("WITH u AS (UPDATE waits SET due_at = due_at + interval '400 days' RETURNING 1) SELECT count(*) FROM u");
        hub.Simulators.Partner("slp-puxian").Faults.Set(new());

        await using var next = await Server.BuildAsync(hub.Settings, TimeProvider.System, CancellationToken.None);
        await next.StartAsync();

        await hub.UntilStatusAsync(id, "delivered");
    }

    /// <summary>Time passes as ever, and the hour told is another.</summary>
    private sealed class WrongClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    }
}
