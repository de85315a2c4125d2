using Hub.Engine;
using Hub.Ledger;
using Hub.Schemas;

namespace Hub.Simulation;

/// <summary>What must hold after every step; the first that does not is kept.</summary>
internal sealed class Invariants(MemoryStore store, bool clocksAreRight)
{
    private readonly HashSet<int> foundDead = [];
    private readonly HashSet<(Guid Command, long Fence)> takenUp = [];
    private readonly HashSet<(Guid Command, long Fence)> notSent = [];
    private readonly Dictionary<Guid, int> failures = [];

    public string? Broken { get; private set; }

    public void Fail(string what) => Broken ??= what;

    // --- commits -------------------------------------------------------------------------------------------------------

    /// <summary>What the commit finds.</summary>
    public sealed record Found(Dictionary<Guid, CaseRow> Cases, Dictionary<(short Connector, long CaseId), WaitRow> Waits, DateTimeOffset HeadAt, int Log);

    public Found Before(LedgerWrite write)
    {
        var cases = new Dictionary<Guid, CaseRow>();
        var waits = new Dictionary<(short, long), WaitRow>();
        foreach (var row in write.Cases)
        {
            if (!store.Cases.TryGetValue(row.KeyHash, out var before))
                continue;
            cases.Add(row.KeyHash, before);
            foreach (var lane in before.Lanes)
            {
                if (store.Waits.TryGetValue((lane.Connector, before.CaseId), out var wait))
                    waits.Add((lane.Connector, before.CaseId), wait);
            }
        }

        return new(cases, waits, store.HeadAt, store.Log.Count);
    }

    public void Committed(Found before, LedgerWrite write, Appended? appended, DateTimeOffset now)
    {
        if (store.HeadAt < before.HeadAt)
            Fail("the recorded time fell");
        if (appended is not null && (appended.FirstSeq != before.Log + 1 || appended.At < now || appended.Hashes.Length != write.Log.Count))
            Fail("a batch was told a wrong place in the log");
        foreach (var (@event, _, _, _) in write.Events)
        {
            if (@event.Warnings.Select(warning => (warning.Pointer, warning.Code)).Distinct().Count() != @event.Warnings.Count)
                Fail($"event {@event.Id} carries a warning twice");
        }

        foreach (var row in write.Cases)
        {
            var stored = store.Cases[row.KeyHash];
            Check(stored);
            if (before.Cases.TryGetValue(row.KeyHash, out var old))
                Compare(old, stored, before, write, now);
        }
    }

    // Between two acts of an operator no command fails more often than its schedule has attempts.
    private void Count(AnswerRow answer)
    {
        var id = CommandId.Of(answer.CaseId, answer.Connector, answer.LaneSeq);
        if (answer.Outcome is not ("unavailable" or "unknown"))
            failures.Remove(id);
        else if ((failures[id] = failures.GetValueOrDefault(id) + 1) > Backoff.Attempts)
            Fail($"command {id} failed more often than its schedule allows");
    }

    private void Check(CaseRow row)
    {
        foreach (var lane in row.Lanes)
        {
            var what = $"lane {row.CaseId}/{lane.Connector} ({lane})";
            var wait = store.Waits.GetValueOrDefault((lane.Connector, row.CaseId));
            if (lane.Connector == WaitRow.NoConnector)
            {
                if (wait is not { State: WaitRow.Unserved, Reason.Length: > 0 })
                    Fail($"{what}: unserved without a row that says so");
                continue;
            }

            if (lane.Settled > lane.Queued || lane.Settled < 0)
                Fail($"{what}: settled what was never queued");
            if (lane.HasOpen == (lane.Status == LaneStatus.Idle))
                Fail($"{what}: stands idle with something open, or the reverse");
            if (!store.Deliveries.ContainsKey((row.CaseId, lane.Connector, lane.Queued)) || store.Deliveries.ContainsKey((row.CaseId, lane.Connector, lane.Queued + 1)))
                Fail($"{what}: its commands are not those it counts");
            if ((lane.Status == LaneStatus.Leased) != (lane.LeaseUntil is not null))
                Fail($"{what}: a lease without an end, or an end without a lease");
            if (lane is { Status: LaneStatus.Leased, Node: 0 })
                Fail($"{what}: leased to nobody");
            if (lane.Status == LaneStatus.Leased && row.WakeAt is null)
                Fail($"{what}: leased, but nobody would look at it again");
            var expected = lane.Status switch { LaneStatus.Waiting => WaitRow.Waiting, LaneStatus.Parked => WaitRow.Parked, _ => null };
            if (wait?.State != expected || (wait is not null && (wait.LaneSeq != lane.Head || wait.KeyHash != row.KeyHash)))
                Fail($"{what}: its row in waits says {wait}");
            if (wait is { State: WaitRow.Parked, Reason.Length: 0 })
                Fail($"{what}: parked without a reason");
        }

        if (store.Waits.ContainsKey((WaitRow.NoConnector, row.CaseId)) && !row.Lanes.Exists(lane => lane.Connector == WaitRow.NoConnector))
            Fail($"case {row.CaseId} is listed as unserved and is not");
    }

    private void Compare(CaseRow old, CaseRow row, Found before, LedgerWrite write, DateTimeOffset now)
    {
        foreach (var was in old.Lanes.Where(lane => lane.Connector != WaitRow.NoConnector))
        {
            var what = $"lane {row.CaseId}/{was.Connector}";
            if (row.Lanes.Find(lane => lane.Connector == was.Connector) is not { } lane)
            {
                Fail($"{what} is gone");
                continue;
            }

            if (lane.Fence < was.Fence || lane.Settled < was.Settled || lane.Queued < was.Queued)
                Fail($"{what} went back from {was} to {lane}");
            var skipped = write.Answers.Count(answer => answer.CaseId == row.CaseId && answer.Connector == was.Connector && answer.Outcome == "skipped");
            if (lane.Settled > was.Settled + Math.Max(1, skipped + (was.Status == LaneStatus.Leased ? 1 : 0)))
                Fail($"{what} settled more than its head at once");
            foreach (var answer in write.Answers.Where(answer => (answer.CaseId, answer.Connector, answer.LaneSeq, answer.Fence) == (row.CaseId, was.Connector, was.Head, was.Fence)))
                Count(answer);
            var head = CommandId.Of(row.CaseId, was.Connector, was.Head);
            var acted = write.Log.Exists(entry => entry.Kind == LogEntry.OperatorActed && entry.Ref == head);
            if (acted)
                failures.Remove(head);
            if (was.Status == LaneStatus.Leased)
                CheckLease(was, lane, row, head, write, now, what);
            // A clock that was set back after the delivery was found makes it look early.
            if (clocksAreRight && was.Status == LaneStatus.Waiting && lane.Fence > was.Fence && !acted && before.Waits[(was.Connector, row.CaseId)].DueAt > now)
                Fail($"{what}: released at {now:O}, due {before.Waits[(was.Connector, row.CaseId)].DueAt:O}");
            if (lane.Settled > was.Settled && !store.Answers.TryGetValue((row.CaseId, was.Connector, was.Head, was.Fence), out _) && !acted)
                Fail($"{what}: settled without an answer to its release");
            if (lane.Settled > was.Settled && !acted && was.Status != LaneStatus.Leased)
                Fail($"{what}: settled while nobody held it");
            if (lane.Status == LaneStatus.Leased && was.Status == LaneStatus.Leased && lane.Fence == was.Fence && lane != was with { Queued = lane.Queued })
                Fail($"{what}: a lease changed under its fence, {was} to {lane}");
        }
    }

    // A lease ends by its answer, by its time, or with its node.
    private void CheckLease(Lane was, Lane lane, CaseRow row, Guid head, LedgerWrite write, DateTimeOffset now, string what)
    {
        if (lane.Status == LaneStatus.Leased && lane.Fence == was.Fence)
            return;
        var answered = write.Answers.Exists(answer => (answer.CaseId, answer.Connector, answer.LaneSeq, answer.Fence) == (row.CaseId, was.Connector, was.Head, was.Fence));
        if (!answered && was.LeaseUntil > now && !foundDead.Contains(was.Node) && !notSent.Contains((head, was.Fence)))
            Fail($"{what}: the lease {was} of a live node was taken at {now:O}");
    }

    public void FoundDead(IEnumerable<int> nodes) => foundDead.UnionWith(nodes);

    // --- what leaves ---------------------------------------------------------------------------------------------------

    public void TakenUp(LeasedCommand leased, bool sent)
    {
        if (!takenUp.Add((leased.Command.Id, leased.Fence)))
            Fail($"release {leased.Fence} of {leased.Command.Id} was handed over twice");
        if (!sent)
            notSent.Add((leased.Command.Id, leased.Fence));
        if (!store.Cases.TryGetValue(leased.KeyHash, out var row) || row.Lanes.Find(lane => lane.Connector == leased.Connector) is not { } lane || lane.Fence < leased.Fence)
            Fail($"release {leased.Fence} of {leased.Command.Id} was handed over before it was committed");
    }

    public void Sent(Command command)
    {
        _ = CommandId.TryParse(command.Id, out var caseId, out var connector, out var laneSeq);
        if (!store.Deliveries.TryGetValue((caseId, connector, laneSeq), out var row) || !row.Data.AsSpan().SequenceEqual(command.Data.Span))
        {
            Fail($"{command.Id} was sent and is not stored");
            return;
        }

        var lane = store.Cases[CaseKey.Hash("project_approval", command.Subject)].Lanes.Find(lane => lane.Connector == connector)!;
        if (lane.Settled < laneSeq - 1)
            Fail($"{command.Id} was sent before the one before it was settled");
        // A node whose clock was set back may believe in a lease that has ended; the partner drops what it then repeats.
        if (lane.Settled >= laneSeq && clocksAreRight)
            Fail($"{command.Id} was sent again after it was settled");
    }

    /// <summary>The partner carried a command out for the first time.</summary>
    public void Done(short connector, long caseId, long laneSeq, long last)
    {
        // What an operator skipped may still have been on its way.
        if (last > laneSeq && !Skipped(caseId, connector, laneSeq))
            Fail($"the partner did {laneSeq} of lane {caseId}/{connector} after {last}");
    }

    private bool Skipped(long caseId, short connector, long laneSeq) =>
        store.Answers.Values.Any(answer => answer.CaseId == caseId && answer.Connector == connector && answer.LaneSeq == laneSeq && answer.Outcome == "skipped");

    // --- everything ----------------------------------------------------------------------------------------------------

    /// <summary>Looks at all rows.</summary>
    public void CheckAll()
    {
        foreach (var row in store.Cases.Values)
            Check(row);
        CheckCounters();
        CheckChain();
        if (store.Deliveries.Values.Any(delivery => !store.Cases.Values.Any(row => row.CaseId == delivery.CaseId && row.Lanes.Exists(lane => lane.Connector == delivery.Connector && lane.Queued >= delivery.LaneSeq))))
            Fail("a command belongs to no lane");
    }

    private void CheckCounters()
    {
        foreach (var (connector, totals) in store.Counters)
        {
            var lanes = store.Cases.Values.SelectMany(row => row.Lanes).Where(lane => lane.Connector == connector).ToList();
            var skipped = store.Answers.Values.Count(answer => answer.Connector == connector && answer.Outcome == "skipped");
            if (totals.Queued != store.Deliveries.Values.Count(delivery => delivery.Connector == connector) || totals.Queued != lanes.Sum(lane => lane.Queued))
                Fail($"connector {connector}: {totals.Queued} counted as queued, the rows say otherwise");
            if (totals.Skipped != skipped || totals.Taken + totals.Skipped != lanes.Sum(lane => lane.Settled))
                Fail($"connector {connector}: {totals.Taken} counted as taken and {totals.Skipped} as skipped, the rows say otherwise");
        }
    }

    private void CheckChain()
    {
        var previous = new byte[32];
        var at = "";
        foreach (var entry in store.Log)
        {
            if (!ExchangeLog.Hash(previous, entry).AsSpan().SequenceEqual(entry.Hash) || string.CompareOrdinal(entry.AtText, at) < 0)
                Fail($"entry {entry.Seq} does not follow from the one before");
            (previous, at) = (entry.Hash, entry.AtText);
        }

        var logged = store.Log.Where(entry => entry.Kind == LogEntry.EventAccepted).Select(entry => entry.Ref).ToList();
        if (logged.Count != store.Events.Count || !logged.ToHashSet().SetEquals(store.Events.Values.Select(stored => stored.Event.Id)))
            Fail("the log does not tell of every event once");
        var attempts = store.Log.Where(entry => entry.Kind == LogEntry.DeliveryAttempted).Select(entry => Convert.ToHexString(entry.Digest)).ToHashSet(StringComparer.Ordinal);
        if (store.Answers.Values.Any(answer => answer.Outcome != "skipped" && !attempts.Contains(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(answer.Content))))))
            Fail("an attempt is not in the log");
    }
}
