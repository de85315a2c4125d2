using System.Runtime.InteropServices;
using System.Text.Json;
using Hub.Schemas;
using Npgsql;
using NpgsqlTypes;

namespace Hub.Ledger;

/// <summary>What the engine must know before it decides.</summary>
internal sealed record LedgerRead(
    Dictionary<Guid, CaseRow> Cases, Dictionary<Guid, KnownEvent> Events, Dictionary<Guid, DeliveryRow> Deliveries);

/// <summary>What one batch writes, all of it or nothing.</summary>
internal sealed class LedgerWrite
{
    public List<(Event Event, long CaseId, byte[] Digest, string? Refusal)> Events { get; } = [];
    public List<CaseRow> Cases { get; } = [];
    public List<DeliveryRow> Deliveries { get; } = [];
    public List<AnswerRow> Answers { get; } = [];
    public List<AmendmentRow> Amendments { get; } = [];
    public Dictionary<(short Connector, long CaseId), WaitRow?> Waits { get; } = [];
    public List<LogEntry> Log { get; } = [];
    public Dictionary<short, DeliveryCount> Counts { get; } = [];
    public List<(string Connector, string Reason)> Paused { get; } = [];

    /// <summary>Heads offered to receivers that fetch, in the order of their sequence.</summary>
    public List<(short Connector, long CaseId, long LaneSeq, long Fence)> Offers { get; } = [];

    /// <summary>Digests of business numbers by which cases are found; said again, they stand there once.</summary>
    public HashSet<(Guid Number, long CaseId)> Numbers { get; } = [];

    public DeliveryCount Count(short connector) =>
        Counts.TryGetValue(connector, out var count) ? count : Counts[connector] = new DeliveryCount();
}

/// <summary>Changes of the counters of one connector in one batch.</summary>
internal sealed class DeliveryCount
{
    public int Queued { get; set; }
    public int Taken { get; set; }
    public int Skipped { get; set; }
    public int Failed { get; set; }
    public string? Reason { get; set; }
}

/// <summary>The engine's side of the ledger: one transaction a batch. The contract suite in tests runs against everything that implements it.</summary>
internal interface ILedger
{
    /// <summary>Opens a transaction, takes the locks of the cases and reads what the batch touches.</summary>
    /// <param name="keyHashes">Cases touched, existing or not.</param>
    /// <param name="identities">Identities of the events in the batch.</param>
    /// <param name="heads">Commands whose rows will be needed.</param>
    /// <param name="cancellation">Stops waiting; the transaction is then rolled back by <see cref="RollbackAsync"/>.</param>
    Task<LedgerRead> BeginAsync(
        IReadOnlyCollection<Guid> keyHashes, IReadOnlyCollection<Guid> identities,
        IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, CancellationToken cancellation);

    /// <summary>Reads more commands inside the open transaction; only the unhappy paths need it.</summary>
    Task ReadHeadsAsync(
        IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, Dictionary<Guid, DeliveryRow> into, CancellationToken cancellation);

    /// <summary>Writes everything and commits. Nothing of it is there when this throws, unless the connection broke during the commit itself.</summary>
    /// <returns>Where the log entries landed; null when there were none.</returns>
    Task<Appended?> CommitAsync(LedgerWrite write, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Ends the open transaction without effect.</summary>
    Task RollbackAsync();

    /// <summary>Makes sure that so many case numbers can be taken without waiting.</summary>
    Task ReserveCaseIdsAsync(int count, CancellationToken cancellation);

    /// <summary>A number no other case has.</summary>
    long TakeCaseId();
}

/// <summary>
/// The ledger in PostgreSQL: one connection, one transaction a batch, two round trips. Lock order everywhere: cases by the number
/// of their lock, then rows, the chain head last.
/// </summary>
internal sealed class LedgerStore(string connectionString, BodyCipher bodies) : ILedger, IAsyncDisposable
{
    // These settings are right for lookups by key only, and wrong for people's queries: they never touch the other pool. A plan that was
    // cached while the table was empty costs ten times its worth afterwards, so plans are generic and scans are off. A scan that
    // has no alternative (the one row of the chain head) then looks so dear that the JIT would compile it every time: off as well.
    // A node that stands still in the middle of a batch holds locks the others wait for: they are free again before it is declared dead (8 s).
    private readonly NpgsqlDataSource source = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(connectionString)
    {
        Options = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_bitmapscan=off -c jit=off -c idle_in_transaction_session_timeout=5s",
        MaxAutoPrepare = 64,
        AutoPrepareMinUsages = 2,
        MaxPoolSize = 8,
        ReadBufferSize = 65536,
        WriteBufferSize = 65536,
        CommandTimeout = 30,
        ApplicationName = "hub-engine",
    }.ConnectionString).Build();

    private NpgsqlConnection? connection;
    private long nextCaseId;
    private long lastCaseId = -1;

    // Locked in the order of the numbers, so that two nodes can never wait for one another.
    private const string LockSql = "SELECT count(pg_advisory_xact_lock(n)) FROM unnest($1) AS n";

    // A statement of its own: its snapshot is taken after the locks are held.
    private const string CasesSql = """
        SELECT case_id, key_hash, type, key, policy, state, lanes, closed, deadline_at, wake_at
          FROM cases
         WHERE key_hash = ANY($1)
        """;

    private const string EventsSql = "SELECT identity, event_id, digest, refusal FROM events WHERE identity = ANY($1)";

    // LATERAL and OFFSET 0 keep the planner from turning the join round: planned on an empty table it would scan all deliveries for ever after.
    private const string DeliveriesSql = """
        SELECT d.case_id, d.connector_no, d.lane_seq, d.type, d.cause_id, d.cause_type, d.occurred_at, d.recorded_at, d.due_at, d.data, d.trace_parent
          FROM unnest($1, $2, $3) AS k (case_id, connector_no, lane_seq)
         CROSS JOIN LATERAL (
               SELECT *
                 FROM deliveries x
                WHERE x.case_id = k.case_id AND x.connector_no = k.connector_no AND x.lane_seq = k.lane_seq
               OFFSET 0) d
        """;

    private const string CaseIdsSql = "SELECT nextval('case_ids')";

    private const string InsertEventsSql = """
        INSERT INTO events (event_id, identity, case_id, partner, type, source, source_id, about, region, occurred_at, received_at,
                            content, digest, data_start, data_length, warnings, refusal, trace_parent)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        """;

    private const string InsertCasesSql = """
        INSERT INTO cases (case_id, key_hash, type, key, policy, state, lanes, busy, closed, deadline_at, wake_at, changed_at)
        SELECT n.*, $12 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS n
        """;

    // ANY($1) says it twice, so that the rows are found by their key whichever way the join was planned.
    private const string UpdateCasesSql = """
        UPDATE cases c
           SET policy = n.policy, state = n.state, lanes = n.lanes, busy = n.busy, closed = n.closed,
               deadline_at = n.deadline_at, wake_at = n.wake_at, changed_at = $9
          FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS n (case_id, policy, state, lanes, busy, closed, deadline_at, wake_at)
         WHERE c.case_id = n.case_id AND c.case_id = ANY($1)
        """;

    // In the order of the numbers: two nodes that write the same ones meet in the same order.
    private const string InsertNumbersSql = """
        INSERT INTO case_numbers (number, case_id)
        SELECT * FROM unnest($1, $2)
        ON CONFLICT DO NOTHING
        """;

    private const string InsertDeliveriesSql = """
        INSERT INTO deliveries (case_id, connector_no, lane_seq, type, cause_id, cause_type, occurred_at, recorded_at, due_at, data, trace_parent)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """;

    private const string KeepOriginalsSql = """
        INSERT INTO delivery_amendments (case_id, connector_no, lane_seq, fence, data, amended_at)
        SELECT n.*, $6 FROM unnest($1, $2, $3, $4, $5) AS n
        """;

    private const string AmendSql = """
        UPDATE deliveries d
           SET data = n.data
          FROM unnest($1, $2, $3, $4) AS n (case_id, connector_no, lane_seq, data)
         WHERE d.case_id = n.case_id AND d.connector_no = n.connector_no AND d.lane_seq = n.lane_seq AND d.case_id = ANY($1)
        """;

    // A batch whose commit was in doubt is run again: its answers may be there already.
    private const string InsertAnswersSql = """
        INSERT INTO answers (case_id, connector_no, lane_seq, fence, attempt, outcome, reason, partner_code, partner_reference,
                             request_digest, response, elapsed_ms, recorded_at, content)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT DO NOTHING
        """;

    private const string UpsertWaitsSql = """
        INSERT INTO waits AS w (connector_no, case_id, key_hash, lane_seq, state, reason, attempts, since, due_at, not_before, legal_due_at)
        SELECT n.*, (SELECT d.due_at FROM deliveries d WHERE d.case_id = n.case_id AND d.connector_no = n.connector_no AND d.lane_seq = n.lane_seq)
          FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS n (connector_no, case_id, key_hash, lane_seq, state, reason, attempts, since, due_at, not_before)
        ON CONFLICT (connector_no, case_id) DO UPDATE
           SET lane_seq = EXCLUDED.lane_seq, state = EXCLUDED.state, reason = EXCLUDED.reason, attempts = EXCLUDED.attempts,
               since = CASE WHEN w.lane_seq = EXCLUDED.lane_seq THEN w.since ELSE EXCLUDED.since END,
               due_at = EXCLUDED.due_at, not_before = EXCLUDED.not_before, legal_due_at = EXCLUDED.legal_due_at
        """;

    private const string DeleteWaitsSql = """
        DELETE FROM waits w
         USING unnest($1, $2) AS k (connector_no, case_id)
         WHERE w.connector_no = k.connector_no AND w.case_id = k.case_id AND w.connector_no = ANY($1) AND w.case_id = ANY($2)
        """;

    private const string PauseSql = """
        UPDATE connectors c
           SET paused_reason = p.reason, paused_by = 'hub', paused_at = $3
          FROM unnest($1, $2) AS p (name, reason)
         WHERE c.name = p.name AND c.paused_at IS NULL
        """;

    private const string AppendSql = "SELECT first_seq, at, hashes FROM exchange_append($1, $2, $3, $4, $5, $6)";

    // Written under the lock of the chain head, so it never waits for another node.
    private const string CountSql = """
        INSERT INTO delivery_totals AS t (connector_no, queued, taken, skipped, failed, last_taken_at, last_failed_at, last_reason)
        SELECT c.no, c.queued, c.taken, c.skipped, c.failed, CASE WHEN c.taken > 0 THEN $7 END, CASE WHEN c.failed > 0 THEN $7 END, c.reason
          FROM unnest($1, $2, $3, $4, $5, $6) AS c (no, queued, taken, skipped, failed, reason)
        ON CONFLICT (connector_no) DO UPDATE
           SET queued = t.queued + EXCLUDED.queued,
               taken = t.taken + EXCLUDED.taken,
               skipped = t.skipped + EXCLUDED.skipped,
               failed = t.failed + EXCLUDED.failed,
               last_taken_at = COALESCE(EXCLUDED.last_taken_at, t.last_taken_at),
               last_failed_at = COALESCE(EXCLUDED.last_failed_at, t.last_failed_at),
               last_reason = COALESCE(EXCLUDED.last_reason, t.last_reason)
        """;

    private const string OfferSql = "SELECT feed_append($1, $2, $3, $4, $5)";

    // Told last, inside the transaction: a listener hears of it only after the commit.
    private const string NotifySql = "SELECT pg_notify('hub_waits', '')";

    /// <inheritdoc/>
    public async Task<LedgerRead> BeginAsync(
        IReadOnlyCollection<Guid> keyHashes, IReadOnlyCollection<Guid> identities,
        IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, CancellationToken cancellation)
    {
        connection ??= await source.OpenConnectionAsync(cancellation);
        var locks = keyHashes.Select(CaseKey.Lock).Distinct().ToArray();
        Array.Sort(locks);

        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN"));
        batch.BatchCommands.Add(Command(LockSql, locks));
        batch.BatchCommands.Add(Command(CasesSql, keyHashes.ToArray()));
        if (identities.Count > 0)
            batch.BatchCommands.Add(Command(EventsSql, identities.ToArray()));
        if (heads.Count > 0)
            batch.BatchCommands.Add(Heads(heads));

        var read = new LedgerRead([], [], []);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var row = ReadCase(reader);
            read.Cases.Add(row.KeyHash, row);
        }

        if (identities.Count > 0)
        {
            await reader.NextResultAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                read.Events.Add(reader.GetGuid(0), new(reader.GetGuid(1), reader.GetFieldValue<byte[]>(2), Text(reader, 3)));
        }

        if (heads.Count > 0)
        {
            await reader.NextResultAsync(cancellation);
            await ReadDeliveriesAsync(reader, read.Deliveries, cancellation);
        }

        return read;
    }

    /// <inheritdoc/>
    public async Task ReadHeadsAsync(
        IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, Dictionary<Guid, DeliveryRow> into, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Heads(heads));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await ReadDeliveriesAsync(reader, into, cancellation);
    }

    /// <inheritdoc/>
    public async Task<Appended?> CommitAsync(LedgerWrite write, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection!);
        var commands = batch.BatchCommands;
        if (write.Events.Count > 0)
            commands.Add(InsertEvents(write, now));
        if (write.Cases.Exists(row => row.IsNew))
            commands.Add(InsertCases([.. write.Cases.Where(row => row.IsNew)], now));
        if (write.Cases.Exists(row => !row.IsNew))
            commands.Add(UpdateCases([.. write.Cases.Where(row => !row.IsNew)], now));
        if (write.Numbers.Count > 0)
        {
            var numbers = write.Numbers.Order().ToArray();
            commands.Add(Command(InsertNumbersSql, numbers.Select(pair => pair.Number).ToArray(), numbers.Select(pair => pair.CaseId).ToArray()));
        }

        if (write.Deliveries.Count > 0)
            commands.Add(InsertDeliveries(write.Deliveries));
        if (write.Amendments.Count > 0)
        {
            commands.Add(KeepOriginals(write.Amendments, now));
            commands.Add(Amend(write.Amendments));
        }

        if (write.Answers.Count > 0)
            commands.Add(InsertAnswers(write.Answers));
        var waits = write.Waits.Values.OfType<WaitRow>().ToArray();
        if (waits.Length > 0)
            commands.Add(UpsertWaits(waits));
        var gone = write.Waits.Where(pair => pair.Value is null).Select(pair => pair.Key).ToArray();
        if (gone.Length > 0)
            commands.Add(Command(DeleteWaitsSql, gone.Select(key => key.Connector).ToArray(), gone.Select(key => key.CaseId).ToArray()));
        if (write.Paused.Count > 0)
            commands.Add(Command(PauseSql, write.Paused.Select(p => p.Connector).ToArray(), write.Paused.Select(p => p.Reason).ToArray(), now));
        if (write.Paused.Count > 0 || Array.Exists(waits, wait => wait.State != WaitRow.Offered))
            commands.Add(new NpgsqlBatchCommand(NotifySql));

        if (write.Log.Count > 0)
            commands.Add(Append(write.Log, now));
        if (write.Counts.Count > 0)
            commands.Add(Count(write.Counts, now));
        if (write.Offers.Count > 0)
            commands.Add(Offer(write.Offers, now));
        commands.Add(new NpgsqlBatchCommand("COMMIT"));

        // Only the append and the counters return rows that matter; statements without rows have no result set.
        Appended? appended = null;
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        do
        {
            if (reader.FieldCount == 3 && await reader.ReadAsync(cancellation))
                appended = new(reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<byte[][]>(2));
        }
        while (await reader.NextResultAsync(cancellation));
        return appended;
    }

    /// <summary>Ends the open transaction without effect; a broken connection is thrown away.</summary>
    public async Task RollbackAsync()
    {
        if (connection is null)
            return;
        try
        {
            await using var command = new NpgsqlCommand("ROLLBACK", connection);
            await command.ExecuteNonQueryAsync();
        }
        catch (Exception broken) when (broken is NpgsqlException or InvalidOperationException or IOException)
        {
            await connection.DisposeAsync();
            NpgsqlConnection.ClearPool(connection);
            connection = null;
        }
    }

    /// <inheritdoc/>
    public async Task ReserveCaseIdsAsync(int count, CancellationToken cancellation)
    {
        if (lastCaseId - nextCaseId + 1 >= count)
            return;
        await using var command = source.CreateCommand(CaseIdsSql);
        nextCaseId = (long)(await command.ExecuteScalarAsync(cancellation))!;
        lastCaseId = nextCaseId + 999;
    }

    public long TakeCaseId() => nextCaseId <= lastCaseId
        ? nextCaseId++
        : throw new InvalidOperationException("No case number was reserved.");

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (connection is not null)
                await connection.DisposeAsync();
        }
        catch (NpgsqlException)
        {
            // The server had ended it; there is nothing left to give back.
        }

        await source.DisposeAsync();
    }

    private static NpgsqlBatchCommand Heads(IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads) => Command(
        DeliveriesSql,
        heads.Select(head => head.CaseId).ToArray(),
        heads.Select(head => head.Connector).ToArray(),
        heads.Select(head => head.LaneSeq).ToArray());

    private CaseRow ReadCase(NpgsqlDataReader reader)
    {
        var state = reader.GetString(5);
        return new()
        {
            CaseId = reader.GetInt64(0),
            KeyHash = reader.GetGuid(1),
            Type = reader.GetString(2),
            Key = reader.GetString(3),
            IsNew = false,
            Policy = Text(reader, 4),
            State = bodies.OpenText(state),
            Private = BodyCipher.IsSealedText(state),
            Lanes = JsonSerializer.Deserialize(reader.GetString(6), LedgerJson.Default.ListLane)!,
            Closed = reader.GetBoolean(7),
            DeadlineAt = Instant(reader, 8),
            WakeAt = Instant(reader, 9),
        };
    }

    private async Task ReadDeliveriesAsync(NpgsqlDataReader reader, Dictionary<Guid, DeliveryRow> into, CancellationToken cancellation)
    {
        while (await reader.ReadAsync(cancellation))
        {
            var row = ReadDelivery(reader, first: 0, bodies);
            into[row.Id] = row;
        }
    }

    /// <param name="reader">On a row.</param>
    /// <param name="first">Column of <c>case_id</c>; the others follow in the order of <see cref="DeliveriesSql"/>.</param>
    /// <param name="bodies">Opens its data.</param>
    internal static DeliveryRow ReadDelivery(NpgsqlDataReader reader, int first, BodyCipher bodies) => new()
    {
        CaseId = reader.GetInt64(first),
        Connector = reader.GetInt16(first + 1),
        LaneSeq = reader.GetInt64(first + 2),
        Type = reader.GetString(first + 3),
        CauseId = reader.GetGuid(first + 4),
        CauseType = reader.GetString(first + 5),
        OccurredAt = reader.GetFieldValue<DateTimeOffset>(first + 6),
        RecordedAt = reader.GetFieldValue<DateTimeOffset>(first + 7),
        DueAt = Instant(reader, first + 8),
        Data = reader.IsDBNull(first + 9) ? [] : bodies.Open(reader.GetFieldValue<byte[]>(first + 9)),
        TraceParent = Text(reader, first + 10),
    };

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset? Instant(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private NpgsqlBatchCommand InsertEvents(LedgerWrite write, DateTimeOffset now)
    {
        // By identity, so that two nodes that insert the same events meet in the same order.
        var rows = write.Events.OrderBy(row => row.Event.Source, StringComparer.Ordinal).ThenBy(row => row.Event.SourceId, StringComparer.Ordinal).ToArray();
        return Command(
            InsertEventsSql,
            rows.Select(row => row.Event.Id).ToArray(),
            rows.Select(row => CaseKey.Digest(row.Event.Source, row.Event.SourceId)).ToArray(),
            rows.Select(row => row.CaseId).ToArray(),
            rows.Select(row => row.Event.Partner).ToArray(),
            rows.Select(row => row.Event.Type).ToArray(),
            rows.Select(row => row.Event.Source).ToArray(),
            rows.Select(row => row.Event.SourceId).ToArray(),
            rows.Select(row => row.Event.About).ToArray(),
            rows.Select(row => row.Event.Region).ToArray(),
            rows.Select(row => row.Event.OccurredAt?.ToUniversalTime()).ToArray(),
            Enumerable.Repeat(now, rows.Length).ToArray(),
            rows.Select(row => bodies.Seal(Bytes(row.Event.Body))).ToArray(),
            rows.Select(row => row.Digest).ToArray(),
            rows.Select(row => row.Event.DataStart).ToArray(),
            rows.Select(row => row.Event.Data.Length).ToArray(),
            rows.Select(row => row.Event.Warnings.Count == 0 ? null : JsonSerializer.Serialize(row.Event.Warnings, SchemasJson.Readable.IReadOnlyListWarning)).ToArray(),
            rows.Select(row => row.Refusal).ToArray(),
            rows.Select(row => row.Event.TraceParent).ToArray());
    }

    // A body is an array of its own unless it came in a batch of the sender's.
    private static byte[] Bytes(ReadOnlyMemory<byte> body) =>
        MemoryMarshal.TryGetArray(body, out var segment) && segment.Count == segment.Array!.Length ? segment.Array : body.ToArray();

    private NpgsqlBatchCommand InsertCases(CaseRow[] rows, DateTimeOffset now) => Command(
        InsertCasesSql,
        rows.Select(row => row.CaseId).ToArray(),
        rows.Select(row => row.KeyHash).ToArray(),
        rows.Select(row => row.Type).ToArray(),
        rows.Select(row => row.Key).ToArray(),
        rows.Select(row => row.Policy).ToArray(),
        rows.Select(StateText).ToArray(),
        rows.Select(LanesText).ToArray(),
        rows.Select(row => row.Busy).ToArray(),
        rows.Select(row => row.Closed).ToArray(),
        rows.Select(row => row.DeadlineAt).ToArray(),
        rows.Select(row => row.WakeAt).ToArray(),
        now);

    private NpgsqlBatchCommand UpdateCases(CaseRow[] rows, DateTimeOffset now) => Command(
        UpdateCasesSql,
        rows.Select(row => row.CaseId).ToArray(),
        rows.Select(row => row.Policy).ToArray(),
        rows.Select(StateText).ToArray(),
        rows.Select(LanesText).ToArray(),
        rows.Select(row => row.Busy).ToArray(),
        rows.Select(row => row.Closed).ToArray(),
        rows.Select(row => row.DeadlineAt).ToArray(),
        rows.Select(row => row.WakeAt).ToArray(),
        now);

    private string StateText(CaseRow row) => row.Private ? bodies.SealText(row.State) : row.State;

    private static string LanesText(CaseRow row) => JsonSerializer.Serialize(row.Lanes, LedgerJson.Default.ListLane);

    private NpgsqlBatchCommand InsertDeliveries(List<DeliveryRow> rows) => Command(
        InsertDeliveriesSql,
        rows.Select(row => row.CaseId).ToArray(),
        rows.Select(row => row.Connector).ToArray(),
        rows.Select(row => row.LaneSeq).ToArray(),
        rows.Select(row => row.Type).ToArray(),
        rows.Select(row => row.CauseId).ToArray(),
        rows.Select(row => row.CauseType).ToArray(),
        rows.Select(row => row.OccurredAt.ToUniversalTime()).ToArray(),
        rows.Select(row => row.RecordedAt).ToArray(),
        rows.Select(row => row.DueAt).ToArray(),
        rows.Select(row => bodies.Seal(row.Data)).ToArray(),
        rows.Select(row => row.TraceParent).ToArray());

    private NpgsqlBatchCommand KeepOriginals(List<AmendmentRow> rows, DateTimeOffset now) => Command(
        KeepOriginalsSql,
        rows.Select(row => row.CaseId).ToArray(),
        rows.Select(row => row.Connector).ToArray(),
        rows.Select(row => row.LaneSeq).ToArray(),
        rows.Select(row => row.Fence).ToArray(),
        rows.Select(row => bodies.Seal(row.Before)).ToArray(),
        now);

    private NpgsqlBatchCommand Amend(List<AmendmentRow> rows) => Command(
        AmendSql,
        rows.Select(row => row.CaseId).ToArray(),
        rows.Select(row => row.Connector).ToArray(),
        rows.Select(row => row.LaneSeq).ToArray(),
        rows.Select(row => bodies.Seal(row.After)).ToArray());

    private NpgsqlBatchCommand InsertAnswers(List<AnswerRow> rows) => Command(
        InsertAnswersSql,
        rows.Select(row => row.CaseId).ToArray(),
        rows.Select(row => row.Connector).ToArray(),
        rows.Select(row => row.LaneSeq).ToArray(),
        rows.Select(row => row.Fence).ToArray(),
        rows.Select(row => row.Attempt).ToArray(),
        rows.Select(row => row.Outcome).ToArray(),
        rows.Select(row => row.Reason).ToArray(),
        rows.Select(row => row.PartnerCode).ToArray(),
        rows.Select(row => row.PartnerReference).ToArray(),
        rows.Select(row => row.RequestDigest).ToArray(),
        rows.Select(row => row.Response is null ? null : bodies.Seal(row.Response)).ToArray(),
        rows.Select(row => row.ElapsedMs).ToArray(),
        rows.Select(row => row.RecordedAt).ToArray(),
        rows.Select(row => row.Content).ToArray());

    private static NpgsqlBatchCommand UpsertWaits(WaitRow[] rows) => Command(
        UpsertWaitsSql,
        rows.Select(row => row.Connector).ToArray(),
        rows.Select(row => row.CaseId).ToArray(),
        rows.Select(row => row.KeyHash).ToArray(),
        rows.Select(row => row.LaneSeq).ToArray(),
        rows.Select(row => row.State).ToArray(),
        rows.Select(row => row.Reason).ToArray(),
        rows.Select(row => row.Attempts).ToArray(),
        rows.Select(row => row.Since).ToArray(),
        rows.Select(row => row.DueAt).ToArray(),
        rows.Select(row => row.NotBefore).ToArray());

    private static NpgsqlBatchCommand Append(List<LogEntry> entries, DateTimeOffset now) => Command(
        AppendSql,
        now,
        entries.Select(entry => entry.Kind).ToArray(),
        entries.Select(entry => entry.Partner).ToArray(),
        entries.Select(entry => entry.Ref).ToArray(),
        entries.Select(entry => entry.Digest).ToArray(),
        entries.Select(entry => entry.Content).ToArray());

    private static NpgsqlBatchCommand Count(Dictionary<short, DeliveryCount> counts, DateTimeOffset now) => Command(
        CountSql,
        counts.Keys.ToArray(),
        counts.Values.Select(count => count.Queued).ToArray(),
        counts.Values.Select(count => count.Taken).ToArray(),
        counts.Values.Select(count => count.Skipped).ToArray(),
        counts.Values.Select(count => count.Failed).ToArray(),
        counts.Values.Select(count => count.Reason).ToArray(),
        now);

    private static NpgsqlBatchCommand Offer(List<(short Connector, long CaseId, long LaneSeq, long Fence)> offers, DateTimeOffset now) => Command(
        OfferSql,
        offers.Select(offer => offer.Connector).ToArray(),
        offers.Select(offer => offer.CaseId).ToArray(),
        offers.Select(offer => offer.LaneSeq).ToArray(),
        offers.Select(offer => offer.Fence).ToArray(),
        now);

    private static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(value switch
            {
                // Arrays of nullable texts and instants: the type must be said, the elements do not tell.
                string?[] texts => new NpgsqlParameter { Value = texts, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                byte[]?[] bytes => new NpgsqlParameter { Value = bytes, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                DateTimeOffset?[] instants => new NpgsqlParameter { Value = instants, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                DateTimeOffset[] instants => new NpgsqlParameter { Value = instants, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                _ => new NpgsqlParameter { Value = value },
            });
        }

        return command;
    }
}
