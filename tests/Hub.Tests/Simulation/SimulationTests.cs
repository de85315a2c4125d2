using Hub.Engine;
using Hub.Ledger;
using Hub.Simulation;
using Hub.Tests.Ledger;
using Xunit;

namespace Hub.Tests.Simulation;

using Simulation = Hub.Simulation.Simulation;

public sealed class SimulationTests
{
    [Fact]
    public async Task Two_hundred_seeds_hold()
    {
        var results = await RunAsync(Enumerable.Range(1, 200), seed => new Simulation(seed));

        Assert.Empty(results.Where(result => result.Broken is not null).Select(result => $"./simulate --seed {result.Seed} --trace: {result.Broken}"));
        Assert.True(results.Average(result => result.Events) > 10, "The seeds do too little to mean anything.");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(17)]
    public async Task A_seed_is_the_same_run_every_time(int seed)
    {
        var runs = new List<List<string>>();
        for (var run = 0; run < 2; run++)
        {
            var steps = new List<string>();
            var result = Assert.Single(await RunAsync([seed], _ => new Simulation(seed, trace: steps.Add)));
            steps.Add(result.Head);
            runs.Add(steps);
        }

        Assert.Equal(runs[0], runs[1]);
        Assert.True(runs[0].Count > 100);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task The_ledger_in_memory_and_PostgreSQL_say_the_same_at_every_call_and_hold_the_same_rows(int seed)
    {
        await using var database = await TestDatabase.CreateAsync();
        var backend = new PostgresBackend(database);

        var result = Assert.Single(await RunAsync([seed], _ => new Simulation(seed, backend)));

        Assert.Null(result.Broken);
        Assert.Equal(backend.Memory.Dump(), await backend.DumpAsync());
        Assert.NotEmpty(backend.Memory.Answers);
        Assert.True((await new ExchangeLog(database.Source, TimeProvider.System, BodyCipher.None).VerifyAsync([], TestContext.Current.CancellationToken)).Ok);
    }

    public static TheoryData<string> Breakages => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Breakages))]
    public async Task A_broken_part_is_noticed(string breakage)
    {
        var results = await RunAsync(Enumerable.Range(1, 60), seed => new Simulation(seed, faulty: Broken[breakage]));

        Assert.Contains(results, result => result.Broken is not null);
    }

    private static readonly Dictionary<string, Faulty> Broken = new(StringComparer.Ordinal)
    {
        ["a commit that is said to be done and is not"] = new() { Ledger = ledger => new LyingLedger(ledger) },
        ["events that are already known are not looked up"] = new() { Ledger = ledger => new ForgetfulLedger(ledger) },
        ["a case is read as it was some time ago"] = new() { Ledger = ledger => new StaleLedger(ledger) },
        ["a command is handed over twice"] = new() { Dispatcher = lanes => new EagerDispatcher(lanes) },
        ["a place that was reserved is not given back"] = new() { Dispatcher = lanes => new KeepingDispatcher(lanes) },
    };

    // On a thread without a context: whatever the engine awaits then goes on where it is completed, in the order of the seed.
    private static Task<List<SimulationResult>> RunAsync(IEnumerable<int> seeds, Func<int, Simulation> simulation) =>
        Task.Run(() => seeds.Select(seed => simulation(seed).Run()).ToList());

    private abstract class WrongLedger(ILedger inner) : ILedger
    {
        protected int Calls { get; private set; }

        public virtual Task<LedgerRead> BeginAsync(
            IReadOnlyCollection<Guid> keyHashes, IReadOnlyCollection<Guid> identities,
            IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, CancellationToken cancellation)
        {
            Calls++;
            return inner.BeginAsync(keyHashes, identities, heads, cancellation);
        }

        public Task ReadHeadsAsync(
            IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, Dictionary<Guid, DeliveryRow> into, CancellationToken cancellation) =>
            inner.ReadHeadsAsync(heads, into, cancellation);

        public virtual Task<Appended?> CommitAsync(LedgerWrite write, DateTimeOffset now, CancellationToken cancellation) => inner.CommitAsync(write, now, cancellation);

        public Task RollbackAsync() => inner.RollbackAsync();

        public Task ReserveCaseIdsAsync(int count, CancellationToken cancellation) => inner.ReserveCaseIdsAsync(count, cancellation);

        public long TakeCaseId() => inner.TakeCaseId();
    }

    private sealed class LyingLedger(ILedger inner) : WrongLedger(inner)
    {
        public override async Task<Appended?> CommitAsync(LedgerWrite write, DateTimeOffset now, CancellationToken cancellation)
        {
            if (Calls % 10 != 9)
                return await base.CommitAsync(write, now, cancellation);
            await RollbackAsync();
            return write.Log.Count == 0 ? null : new(1, now, [.. write.Log.Select(_ => new byte[32])]);
        }
    }

    private sealed class ForgetfulLedger(ILedger inner) : WrongLedger(inner)
    {
        public override async Task<LedgerRead> BeginAsync(
            IReadOnlyCollection<Guid> keyHashes, IReadOnlyCollection<Guid> identities,
            IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, CancellationToken cancellation) =>
            (await base.BeginAsync(keyHashes, identities, heads, cancellation)) with { Events = [] };
    }

    private sealed class StaleLedger(ILedger inner) : WrongLedger(inner)
    {
        private readonly Dictionary<Guid, CaseRow> before = [];

        public override async Task<LedgerRead> BeginAsync(
            IReadOnlyCollection<Guid> keyHashes, IReadOnlyCollection<Guid> identities,
            IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, CancellationToken cancellation)
        {
            var read = await base.BeginAsync(keyHashes, identities, heads, cancellation);
            foreach (var (keyHash, row) in read.Cases.ToList())
            {
                if (Calls % 10 == 9 && before.TryGetValue(keyHash, out var old))
                    read.Cases[keyHash] = MemoryStore.Copy(old);
                before[keyHash] = MemoryStore.Copy(row);
            }

            return read;
        }
    }

    private sealed class EagerDispatcher(IDispatcher inner) : IDispatcher
    {
        public int Node => inner.Node;

        public TimeSpan Lease => inner.Lease;

        public bool Pulls(string connector) => inner.Pulls(connector);

        public bool TryReserve(string connector) => inner.TryReserve(connector);

        public void Release(string connector) => inner.Release(connector);

        public void Hand(LeasedCommand leased)
        {
            inner.Hand(leased);
            inner.Hand(leased);
        }
    }

    private sealed class KeepingDispatcher(IDispatcher inner) : IDispatcher
    {
        public int Node => inner.Node;

        public TimeSpan Lease => inner.Lease;

        public bool Pulls(string connector) => inner.Pulls(connector);

        public bool TryReserve(string connector) => inner.TryReserve(connector);

        public void Release(string connector)
        {
        }

        public void Hand(LeasedCommand leased) => inner.Hand(leased);
    }
}
