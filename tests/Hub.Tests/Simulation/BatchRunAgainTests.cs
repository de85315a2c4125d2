using System.Text.Json.Nodes;
using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Hub.Schemas;
using Hub.Simulation;
using Hub.Tests.Policies;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hub.Tests.Simulation;

/// <summary>Batches that are run again, as the simulation found them.</summary>
public sealed class BatchRunAgainTests
{
    private readonly MemoryStore store = new();

    // Seed 534: the second node's transaction began before the first's had ended, and the two cases have two locks.
    [Fact]
    public async Task An_event_whose_name_another_node_takes_meanwhile_for_another_case_is_a_conflict()
    {
        using var first = Engine(new MemoryLedger(store));
        using var second = Engine(new InterruptedLedger(new MemoryLedger(store), () => first.StepAsync(CancellationToken.None)));
        var winner = Submit(first, Approvals.Envelope(data: Approvals.Data(1)));
        var loser = Submit(second, Approvals.Envelope(data: Approvals.Data(2)));

        await second.StepAsync(CancellationToken.None);

        Assert.Equal(EngineVerdict.Accepted, (await winner.Completion).Verdict);
        Assert.Equal((EngineVerdict.Conflict, winner.Event.Id), ((await loser.Completion).Verdict, (await loser.Completion).EventId));
        Assert.Single(store.Events);
    }

    // Seed 2: one bad input made the batch run again one by one.
    [Fact]
    public async Task What_a_decision_found_odd_stands_there_once_when_it_is_decided_again()
    {
        using var engine = Engine(new InterruptedLedger(new MemoryLedger(store), () => throw new InvalidOperationException("once")));
        Submit(engine, Approvals.Envelope(data: Approvals.Data(version: 2)));
        var older = Submit(engine, Approvals.Envelope(id: "2", data: Approvals.Data(version: 1)));

        await engine.StepAsync(CancellationToken.None);

        Assert.Equal(EngineVerdict.Accepted, (await older.Completion).Verdict);
        Assert.Single(store.Events[older.Identity].Event.Warnings, warning => warning.Code == WarningCodes.Superseded);
    }

    private static BatchEngine Engine(ILedger ledger) => new(
        ledger, ledger, PolicyStore.Open(ShippedPacks.Folder), new ConnectorNames(new Dictionary<string, short>(), new HashSet<string>()), new NoDispatcher(), new FakeClock(), new EngineSettings(),
        NullLogger<BatchEngine>.Instance);

    private static EventInput Submit(BatchEngine engine, JsonObject envelope)
    {
        var input = Approvals.Read(envelope, FakeClock.Start);
        _ = engine.SubmitAsync(input);
        return input;
    }

    /// <summary>Something happens just before its first commit.</summary>
    private sealed class InterruptedLedger(ILedger inner, Func<Task> act) : ILedger
    {
        private bool done;

        public async Task<Appended?> CommitAsync(LedgerWrite write, DateTimeOffset now, CancellationToken cancellation)
        {
            if (!done)
            {
                done = true;
                await act();
            }

            return await inner.CommitAsync(write, now, cancellation);
        }

        public Task<LedgerRead> BeginAsync(
            IReadOnlyCollection<Guid> keyHashes, IReadOnlyCollection<Guid> identities,
            IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, CancellationToken cancellation) =>
            inner.BeginAsync(keyHashes, identities, heads, cancellation);

        public Task ReadHeadsAsync(
            IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, Dictionary<Guid, DeliveryRow> into, CancellationToken cancellation) =>
            inner.ReadHeadsAsync(heads, into, cancellation);

        public Task RollbackAsync() => inner.RollbackAsync();

        public Task ReserveCaseIdsAsync(int count, CancellationToken cancellation) => inner.ReserveCaseIdsAsync(count, cancellation);

        public long TakeCaseId() => inner.TakeCaseId();
    }
}
