using System.Globalization;
using System.Text.Json;
using Hub.Ledger;
using Npgsql;

namespace Hub.Simulation;

/// <summary>What the sweeps and the beats ask of the ledger; the queries of <see cref="DeliveryQueue"/>, one for one.</summary>
internal interface IFinder
{
    IReadOnlyList<DueWait> DueWaits(short connector, DateTimeOffset now, int limit);

    IReadOnlyList<DueCase> Unserved(long after, int limit);

    IReadOnlyList<DueCase> DueCases(DateTimeOffset now, int limit);

    int SettleWakes(DateTimeOffset now, int limit);

    int Recover(short connector, DateTimeOffset now);

    int Ease(short connector, DateTimeOffset now);

    int StartNode(DateTimeOffset now, DateTimeOffset until);

    bool Beat(int node, DateTimeOffset until);

    void StopNode(int node);

    IReadOnlyList<int> DeadNodes(DateTimeOffset now);

    IReadOnlyList<DueCase> BusyCases(DateTimeOffset horizon);

    IReadOnlyDictionary<string, short> NumberConnectors(IEnumerable<string> names);

    IReadOnlyDictionary<string, string> Paused();

    /// <summary>What an administrator does to a connector; null resumes it.</summary>
    void Pause(string connector, string? reason, DateTimeOffset now);
}

/// <summary>An event as the memory keeps it.</summary>
internal sealed record StoredEvent(Schemas.Event Event, long CaseId, byte[] Digest, string? Refusal, DateTimeOffset ReceivedAt);

/// <summary>Counters of one connector.</summary>
internal sealed record Totals(long Queued, long Taken, long Skipped, long Failed, DateTimeOffset? LastTakenAt, DateTimeOffset? LastFailedAt, string? LastReason);

/// <summary>
/// The tables of the ledger in memory, with the rules PostgreSQL keeps for us: unique keys, locks of cases, all or nothing. What it does is
/// held to what <see cref="LedgerStore"/> and <see cref="DeliveryQueue"/> do by running the simulation on both at once.
/// </summary>
internal sealed class MemoryStore : IFinder
{
    private readonly Dictionary<long, Queue<MemoryLedger>> locks = [];
    private readonly HashSet<Guid> eventIds = [];
    private long lastCaseRange = -999;
    private int lastNode;

    /// <summary>By identity.</summary>
    public Dictionary<Guid, StoredEvent> Events { get; } = [];

    /// <summary>By the hash of their key; a row here is never changed, only replaced.</summary>
    public Dictionary<Guid, CaseRow> Cases { get; } = [];

    public Dictionary<(long CaseId, short Connector, long LaneSeq), DeliveryRow> Deliveries { get; } = [];

    public Dictionary<(long CaseId, short Connector, long LaneSeq, long Fence), AnswerRow> Answers { get; } = [];

    public Dictionary<(short Connector, long CaseId), WaitRow> Waits { get; } = [];

    public SortedDictionary<short, Totals> Counters { get; } = [];

    public List<ExchangeLog.Entry> Log { get; } = [];

    public DateTimeOffset HeadAt { get; private set; } = DateTimeOffset.UnixEpoch;

    public SortedDictionary<int, DateTimeOffset> Nodes { get; } = [];

    public SortedDictionary<string, (short No, string? PausedReason)> Connectors { get; } = new(StringComparer.Ordinal);

    // --- locks: the first in the queue holds it ------------------------------------------------------------------------

    /// <returns>True when the session holds the lock now; else it is told when it does.</returns>
    internal bool Lock(long number, MemoryLedger session)
    {
        if (!locks.TryGetValue(number, out var queue))
            locks[number] = queue = new();
        queue.Enqueue(session);
        return ReferenceEquals(queue.Peek(), session);
    }

    internal void Unlock(long number, MemoryLedger session)
    {
        var rest = locks[number].Where(other => !ReferenceEquals(other, session)).ToArray();
        var held = ReferenceEquals(locks[number].Peek(), session);
        if (rest.Length == 0)
            locks.Remove(number);
        else
            locks[number] = new(rest);
        if (held && rest.Length > 0)
            rest[0].Granted();
    }

    // --- the engine's side ---------------------------------------------------------------------------------------------

    internal long NextCaseRange() => lastCaseRange += 1000;

    internal static CaseRow Copy(CaseRow row) => new()
    {
        CaseId = row.CaseId,
        KeyHash = row.KeyHash,
        Type = row.Type,
        Key = row.Key,
        IsNew = false,
        Policy = row.Policy,
        State = row.State,
        Lanes = [.. row.Lanes],
        Closed = row.Closed,
        DeadlineAt = row.DeadlineAt,
        WakeAt = row.WakeAt,
    };

    internal Appended? Apply(LedgerWrite write, DateTimeOffset now)
    {
        // Everything that can be refused is looked at first: all or nothing.
        foreach (var (@event, _, _, _) in write.Events)
        {
            if (Events.ContainsKey(CaseKey.Digest(@event.Source, @event.SourceId)) || eventIds.Contains(@event.Id))
                throw Refused("events_identity_key");
        }

        if (write.Cases.Exists(row => row.IsNew && Cases.ContainsKey(row.KeyHash)))
            throw Refused("cases_key_hash_key");
        if (write.Deliveries.Exists(row => Deliveries.ContainsKey((row.CaseId, row.Connector, row.LaneSeq))))
            throw Refused("deliveries_pkey");

        foreach (var (@event, caseId, digest, refusal) in write.Events)
        {
            eventIds.Add(@event.Id);
            Events.Add(CaseKey.Digest(@event.Source, @event.SourceId), new(@event, caseId, digest, refusal, now));
        }

        foreach (var row in write.Cases.Where(row => row.IsNew || Cases.ContainsKey(row.KeyHash)))
            Cases[row.KeyHash] = Copy(row);
        foreach (var row in write.Deliveries)
            Deliveries.Add((row.CaseId, row.Connector, row.LaneSeq), row);
        foreach (var row in write.Answers)
            Answers.TryAdd((row.CaseId, row.Connector, row.LaneSeq, row.Fence), row);
        foreach (var (key, row) in write.Waits)
            Put(key, row);
        foreach (var (name, reason) in write.Paused)
        {
            if (Connectors.TryGetValue(name, out var connector) && connector.PausedReason is null)
                Connectors[name] = connector with { PausedReason = reason };
        }

        var appended = write.Log.Count > 0 ? Append(write.Log, now) : null;
        foreach (var (connector, count) in write.Counts)
            Count(connector, count, now);
        return appended;
    }

    private void Put((short Connector, long CaseId) key, WaitRow? row)
    {
        if (row is null)
        {
            Waits.Remove(key);
            return;
        }

        row = row with { DueAt = Microseconds(row.DueAt), NotBefore = row.NotBefore is { } notBefore ? Microseconds(notBefore) : null };
        Waits[key] = Waits.TryGetValue(key, out var before) && before.LaneSeq == row.LaneSeq ? row with { Since = before.Since } : row;
    }

    private Appended Append(List<LogEntry> entries, DateTimeOffset now)
    {
        HeadAt = now > HeadAt ? now : HeadAt;
        var first = Log.Count + 1;
        var hashes = new List<byte[]>(entries.Count);
        foreach (var entry in entries)
        {
            var row = new ExchangeLog.Entry(Log.Count + 1, ExchangeLog.Stamp(HeadAt), entry.Kind, entry.Partner, entry.Ref, "sha-256", entry.Digest, [], entry.Content, null);
            row = row with { Hash = ExchangeLog.Hash(Log.Count == 0 ? new byte[32] : Log[^1].Hash, row) };
            Log.Add(row);
            hashes.Add(row.Hash);
        }

        return new(first, HeadAt, [.. hashes]);
    }

    private void Count(short connector, DeliveryCount count, DateTimeOffset now)
    {
        var before = Counters.GetValueOrDefault(connector) ?? new(0, 0, 0, 0, null, null, null);
        Counters[connector] = new(
            before.Queued + count.Queued, before.Taken + count.Taken, before.Skipped + count.Skipped, before.Failed + count.Failed,
            count.Taken > 0 ? now : before.LastTakenAt, count.Failed > 0 ? now : before.LastFailedAt, count.Reason ?? before.LastReason);
    }

    private static PostgresException Refused(string constraint) =>
        new($"duplicate key value violates unique constraint \"{constraint}\"", "ERROR", "ERROR", PostgresErrorCodes.UniqueViolation, constraintName: constraint);

    // PostgreSQL keeps no more.
    private static DateTimeOffset Microseconds(DateTimeOffset instant) => new(instant.UtcTicks / 10 * 10, TimeSpan.Zero);

    // --- what the sweeps find ------------------------------------------------------------------------------------------

    public IReadOnlyList<DueWait> DueWaits(short connector, DateTimeOffset now, int limit) => [.. Waits.Values
        .Where(row => row.Connector == connector && row.State == WaitRow.Waiting && row.DueAt <= now)
        .OrderBy(row => LegalDue(row) ?? DateTimeOffset.MaxValue).ThenBy(row => row.DueAt).ThenBy(row => row.CaseId).Take(limit)
        .Select(row => new DueWait(row.CaseId, row.KeyHash, row.LaneSeq, row.Attempts))];

    private DateTimeOffset? LegalDue(WaitRow row) => Deliveries.GetValueOrDefault((row.CaseId, row.Connector, row.LaneSeq))?.DueAt;

    public IReadOnlyList<DueCase> Unserved(long after, int limit) => [.. Waits.Values
        .Where(row => row.Connector == WaitRow.NoConnector && row.CaseId > after)
        .OrderBy(row => row.CaseId).Take(limit)
        .Select(row => new DueCase(row.CaseId, row.KeyHash))];

    public IReadOnlyList<DueCase> DueCases(DateTimeOffset now, int limit) => [.. Cases.Values
        .Where(row => row.WakeAt <= now && (row.Busy || row.DeadlineAt <= now))
        .OrderBy(row => row.WakeAt).ThenBy(row => row.CaseId).Take(limit)
        .Select(row => new DueCase(row.CaseId, row.KeyHash))];

    public int SettleWakes(DateTimeOffset now, int limit)
    {
        var rows = Cases.Values.Where(row => row.WakeAt <= now && !row.Busy && (row.DeadlineAt is null || row.DeadlineAt > now)).Take(limit).ToList();
        foreach (var row in rows)
        {
            var copy = Copy(row);
            copy.WakeAt = copy.DeadlineAt;
            Cases[row.KeyHash] = copy;
        }

        return rows.Count;
    }

    public int Recover(short connector, DateTimeOffset now) => Relieve(connector, now, _ => true);

    public int Ease(short connector, DateTimeOffset now) => Relieve(connector, now, row => row.Reason == Schemas.AnswerReasons.Throttled && row.Attempts <= 3);

    private int Relieve(short connector, DateTimeOffset now, Func<WaitRow, bool> which)
    {
        var rows = Waits.Values.Where(row => row.Connector == connector && row.State == WaitRow.Waiting && row.DueAt > Due(row) && which(row)).ToList();
        foreach (var row in rows)
            Waits[(row.Connector, row.CaseId)] = row with { DueAt = Due(row) };
        return rows.Count;

        DateTimeOffset Due(WaitRow row) => row.NotBefore > now ? row.NotBefore.Value : now;
    }

    public int StartNode(DateTimeOffset now, DateTimeOffset until)
    {
        Nodes.Add(++lastNode, until);
        return lastNode;
    }

    public bool Beat(int node, DateTimeOffset until)
    {
        if (!Nodes.ContainsKey(node))
            return false;
        Nodes[node] = until;
        return true;
    }

    public void StopNode(int node) => Nodes.Remove(node);

    public IReadOnlyList<int> DeadNodes(DateTimeOffset now) => [.. Nodes.Where(node => node.Value < now).Select(node => node.Key)];

    public IReadOnlyList<DueCase> BusyCases(DateTimeOffset horizon) => [.. Cases.Values
        .Where(row => row.WakeAt <= horizon && row.Busy)
        .OrderBy(row => row.WakeAt).ThenBy(row => row.CaseId)
        .Select(row => new DueCase(row.CaseId, row.KeyHash))];

    public IReadOnlyDictionary<string, short> NumberConnectors(IEnumerable<string> names)
    {
        foreach (var name in names.Where(name => !Connectors.ContainsKey(name)).ToList())
            Connectors.Add(name, ((short)(Connectors.Count + 1), null));
        return Connectors.ToDictionary(connector => connector.Key, connector => connector.Value.No, StringComparer.Ordinal);
    }

    public IReadOnlyDictionary<string, string> Paused() => Connectors
        .Where(connector => connector.Value.PausedReason is not null)
        .ToDictionary(connector => connector.Key, connector => connector.Value.PausedReason!, StringComparer.Ordinal);

    public void Pause(string connector, string? reason, DateTimeOffset now) => Connectors[connector] = Connectors[connector] with { PausedReason = reason };

    // --- all of it, for comparing --------------------------------------------------------------------------------------

    /// <summary>Every row as one line, each table in the order of its key; <c>PostgresBackend</c> in the tests writes the same of a database.</summary>
    public IEnumerable<string> Dump() =>
    [
        .. Events.OrderBy(row => row.Value.Event.Id.ToString("N"), StringComparer.Ordinal).Select(row => Line(
            "event", row.Value.Event.Id, row.Key, row.Value.CaseId, row.Value.Event.Partner, row.Value.Event.Type, row.Value.Event.Source, row.Value.Event.SourceId, row.Value.Event.About,
            row.Value.Event.Region, row.Value.Event.OccurredAt, row.Value.ReceivedAt, row.Value.Event.Body.ToArray(), row.Value.Digest, row.Value.Event.DataStart, row.Value.Event.DataLength,
            row.Value.Event.Warnings.Count == 0 ? null : JsonSerializer.Serialize(row.Value.Event.Warnings, Schemas.SchemasJson.Readable.IReadOnlyListWarning), row.Value.Refusal, row.Value.Event.TraceParent)),
        .. Cases.Values.OrderBy(row => row.CaseId).Select(row => Line(
            "case", row.CaseId, row.KeyHash, row.Type, row.Key, row.Policy, row.State, JsonSerializer.Serialize(row.Lanes, LedgerJson.Default.ListLane), row.Busy, row.Closed, row.DeadlineAt, row.WakeAt)),
        .. Deliveries.Values.OrderBy(row => (row.CaseId, row.Connector, row.LaneSeq)).Select(row => Line(
            "delivery", row.CaseId, row.Connector, row.LaneSeq, row.Type, row.CauseId, row.CauseType, row.OccurredAt, row.RecordedAt, row.DueAt, row.Data, row.TraceParent)),
        .. Answers.Values.OrderBy(row => (row.CaseId, row.Connector, row.LaneSeq, row.Fence)).Select(row => Line(
            "answer", row.CaseId, row.Connector, row.LaneSeq, row.Fence, row.Attempt, row.Outcome, row.Reason, row.PartnerCode, row.PartnerReference, row.RequestDigest, row.Response, row.ElapsedMs,
            row.RecordedAt, row.Content)),
        .. Waits.Values.OrderBy(row => (row.Connector, row.CaseId)).Select(row => Line(
            "wait", row.Connector, row.CaseId, row.KeyHash, row.LaneSeq, row.State, row.Reason, row.Attempts, row.Since, row.DueAt, row.NotBefore)),
        .. Counters.Select(row => Line(
            "total", row.Key, row.Value.Queued, row.Value.Taken, row.Value.Skipped, row.Value.Failed, row.Value.LastTakenAt, row.Value.LastFailedAt, row.Value.LastReason)),
        .. Log.Select(row => Line("log", row.Seq, row.AtText, row.Kind, row.Partner, row.Ref, row.Digest, row.Hash, row.Content)),
        .. Nodes.Select(row => Line("node", row.Key, row.Value)),
        .. Connectors.OrderBy(row => row.Value.No).Select(row => Line("connector", row.Value.No, row.Key, row.Value.PausedReason)),
    ];

    internal static string Line(params object?[] values) => string.Join('|', values.Select(value => value switch
    {
        null or DBNull => "",
        byte[] bytes => Convert.ToHexStringLower(bytes),
        DateTimeOffset instant => ExchangeLog.Stamp(instant),
        DateTime instant => ExchangeLog.Stamp(new DateTimeOffset(instant, TimeSpan.Zero)),
        bool yes => yes ? "yes" : "no",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    }));
}
