using System.Text;

namespace Hub.Journeys.Faults;

/// <summary>R12: every event is sent three times at once and once more after a kill, and its id is used again for another content.</summary>
[Collection(FaultCollection.Name)]
public sealed class DuplicateTests(ITestOutputHelper output)
{
    private const string Partner = "hohhot-power";

    [Fact]
    public async Task An_event_sent_many_times_is_stored_once_and_its_id_stands_for_no_other()
    {
        var events = RunLength.Of(300, 2_000, 50_000);
        await using var run = await FaultRun.StartAsync([Partner]);
        var codes = Enumerable.Range(0, events).Select(_ => FaultRun.NewCode(Partner)).ToArray();
        var bodies = codes.Select(code => FaultRun.Approval(Partner, code, version: 1)).ToArray();
        var (kill, done) = (events / 2, 0);
        var killed = Task.Run(async () =>
        {
            await Until.TrueAsync(() => Volatile.Read(ref done) >= kill, "half of the events were sent");
            await run.KillHubAsync();
            await run.StartHubAsync();
        });
        var ids = new Guid[events];
        await Parallel.ForEachAsync(Enumerable.Range(0, events), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, _) =>
        {
            var body = Encoding.UTF8.GetBytes(bodies[number].ToJsonString());
            var three = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => SendAsync(run, body)));
            ids[number] = three[0];
            Assert.Single(three.Distinct());
            run.Accept(three[0], codes[number]);
            Interlocked.Increment(ref done);
        });
        await killed;

        // Once more, after the restart; and the same id with another content, also with an Idempotency-Key that was used for the first.
        var (repeated, conflicts, keyed) = (0, 0, 0);
        await Parallel.ForEachAsync(Enumerable.Range(0, events), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, _) =>
        {
            if (await SendAsync(run, Encoding.UTF8.GetBytes(bodies[number].ToJsonString())) == ids[number])
                Interlocked.Increment(ref repeated);
            bodies[number].Data()["projectName"] = "同号异文";
            var other = Encoding.UTF8.GetBytes(bodies[number].ToJsonString());
            if ((await run.TryAsync(other)).Status == 422)
                Interlocked.Increment(ref conflicts);
            if (number % 10 != 0)
                return;
            var fresh = Encoding.UTF8.GetBytes(FaultRun.Approval(Partner, codes[number], version: 2).ToJsonString());
            var (id, _) = await run.TryAsync(fresh, idempotencyKey: $"key-{number}");
            run.Accept(id!.Value, codes[number]);
            if ((await run.TryAsync(other, idempotencyKey: $"key-{number}")).Status == 422)
                Interlocked.Increment(ref keyed);
        });
        await run.UntilDeliveredAsync(Partner);
        var figures = await run.SettleAsync(recovery: 0);

        var stored = await run.CountAsync("SELECT count(*) FROM events WHERE about IS NULL");
        var tried = (events + 9) / 10;
        run.Tell(output, $"duplicates: {figures} · sent {events + tried} distinct, stored {stored} distinct · repeats answered with the same id {repeated} of {events} · conflicts answered 422 {conflicts} of {events}, by key {keyed} of {tried}");
        figures.AssertNothingLostOrDoubled();
        Assert.Equal((events + tried, events, events, tried), ((int)stored, repeated, conflicts, keyed));
        Assert.All(run.Odd, odd => Assert.StartsWith("422 ", odd, StringComparison.Ordinal));
    }

    private static async Task<Guid> SendAsync(FaultRun run, byte[] body)
    {
        while (true)
        {
            if ((await run.TryAsync(body)).Id is { } id)
                return id;
            await Task.Delay(50);
        }
    }
}
