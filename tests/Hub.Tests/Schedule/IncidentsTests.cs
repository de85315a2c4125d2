using Hub.Ledger;
using Hub.Schedule;
using Hub.Tests.Ledger;
using Xunit;

namespace Hub.Tests.Schedule;

public sealed class IncidentsTests
{
    private readonly FakeClock clock = new();

    [Fact]
    public async Task An_incident_is_opened_once_kept_up_to_date_and_closed_once()
    {
        await using var database = await TestDatabase.CreateAsync();
        await new DeliveryQueue(database.Source).NumberConnectorsAsync(["a"]);
        var incidents = new Incidents(database.Source);

        await Task.WhenAll(Enumerable.Range(1, 8).Select(count => incidents.SeeAsync(Fact(count), clock.GetUtcNow())));
        clock.Advance(TimeSpan.FromMinutes(1));
        await incidents.SeeAsync(Fact(3), clock.GetUtcNow());

        var open = Assert.Single(await incidents.OpenAsync(partner: null));
        Assert.Equal((3, 8, FakeClock.Start.UtcDateTime), (open.Affected, open.Most, open.OpenedAt));
        await incidents.CloseAsync(open.Id, clock.GetUtcNow(), clock.GetUtcNow() - IncidentRules.QuietFor);
        Assert.Single(await incidents.OpenAsync(partner: null));
        clock.Advance(IncidentRules.QuietFor);
        await incidents.CloseAsync(open.Id, clock.GetUtcNow(), clock.GetUtcNow() - IncidentRules.QuietFor);
        await incidents.CloseAsync(open.Id, clock.GetUtcNow(), clock.GetUtcNow() - IncidentRules.QuietFor);

        Assert.Empty(await incidents.OpenAsync(partner: null));
        Assert.Equal(1, (await incidents.NotesAsync(open.Id)).Count(note => note.Kind == "closed"));
        await incidents.SeeAsync(Fact(1), clock.GetUtcNow());
        Assert.NotEqual(open.Id, Assert.Single(await incidents.OpenAsync(partner: null)).Id);
    }

    [Fact]
    public async Task What_is_due_first_comes_first_and_a_partner_sees_only_its_own()
    {
        await using var database = await TestDatabase.CreateAsync();
        var numbers = await new DeliveryQueue(database.Source).NumberConnectorsAsync(["a", "b", "c"]);
        var incidents = new Incidents(database.Source);
        await incidents.SeeAsync(Fact(99) with { Connector = numbers["a"] }, clock.GetUtcNow());
        await incidents.SeeAsync(Fact(1) with { Connector = numbers["b"], DueAt = clock.GetUtcNow().UtcDateTime.AddDays(2) }, clock.GetUtcNow());
        await incidents.SeeAsync(Fact(1) with { Connector = numbers["c"], DueAt = clock.GetUtcNow().UtcDateTime.AddDays(1) }, clock.GetUtcNow());

        Assert.Equal(["c", "b", "a"], (await incidents.OpenAsync(partner: null)).Select(one => one.Receiver));
        Assert.Equal(["b"], (await incidents.OpenAsync("b")).Select(one => one.Receiver));
        Assert.Null(await incidents.FindAsync((await incidents.OpenAsync("b"))[0].Id, "a"));
    }

    [Fact]
    public async Task Traffic_is_sampled_once_a_quarter_and_old_samples_go()
    {
        await using var database = await TestDatabase.CreateAsync();
        await new DeliveryQueue(database.Source).NumberConnectorsAsync(["a"]);
        var traffic = new Traffic(database.Source);

        for (var i = 0; i < 4; i++, clock.Advance(TimeSpan.FromMinutes(10)))
            await Task.WhenAll(traffic.SampleAsync(clock.GetUtcNow()), traffic.SampleAsync(clock.GetUtcNow()));

        Assert.Equal([0, 15, 30], (await traffic.SinceAsync(FakeClock.Start)).Where(row => row.Receiver is null).Select(row => (row.Quarter - FakeClock.Start.UtcDateTime).TotalMinutes));
        Assert.Equal(2, (await traffic.AtAsync(FakeClock.Start.AddMinutes(1))).Count);
        clock.Advance(Traffic.Kept + TimeSpan.FromDays(1));
        await traffic.SampleAsync(clock.GetUtcNow());
        Assert.Equal(2, await database.ReadAsync<long>("SELECT count(*) FROM traffic"));
    }

    private static IncidentFact Fact(int affected) => new(1, IncidentRules.Unreachable, "unreachable", affected, null, null);
}
