using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>A retry of many deliveries: some first, then the others at a rate.</summary>
/// <param name="Filter">What was chosen, as the list's address says it.</param>
/// <param name="Canary">How many go first.</param>
/// <param name="Rate">How many of the others go in a second.</param>
/// <param name="State"><c>asked</c> (a second person has to allow it), <c>canary</c>, <c>ramp</c>, <c>stopped</c> by a person, <c>failed</c> (it stopped itself), <c>done</c>.</param>
/// <param name="Partner">Whose operator made it; null: hub staff.</param>
internal sealed record BulkJob(long Id, string By, string Reason, string Filter, int Canary, int Rate, string State, string? Partner, DateTime CreatedAt, DateTime ChangedAt)
{
    public bool IsRunning => State is "canary" or "ramp";
}

/// <summary>How many of a job's deliveries stand where.</summary>
internal sealed record BulkCount(string State, long Count);

/// <summary>One delivery of a job.</summary>
/// <param name="State"><c>open</c>, <c>sent</c> (retried, no word yet), <c>taken</c>, <c>again</c> (it failed again), <c>refused</c> (nothing was there to retry).</param>
internal sealed record BulkItem(int Item, short Connector, long CaseId, long LaneSeq, Guid KeyHash, string State, string? Note, string Receiver, string CaseKey)
{
    public Guid Id => CommandId.Of(CaseId, Connector, LaneSeq);
}

/// <summary>Bulk retries as they stand in the database, so that another node carries on where one stopped.</summary>
internal sealed class BulkJobs(NpgsqlDataSource database)
{
    /// <summary>Deliveries of one job at most.</summary>
    public const int ItemsMax = 50_000;

    private const string Select = """
        SELECT job_id AS Id, by AS By, reason AS Reason, filter AS Filter, canary AS Canary, rate AS Rate, state AS State, partner AS Partner, created_at AS CreatedAt, changed_at AS ChangedAt
          FROM bulk_jobs
        """;

    private const string Chosen = """
          FROM waits w
          JOIN connectors n ON n.no = w.connector_no
          JOIN deliveries d ON d.case_id = w.case_id AND d.connector_no = w.connector_no AND d.lane_seq = w.lane_seq
         WHERE w.state IN ('waiting', 'parked')
           AND (@state::text IS NULL OR w.state = @state)
           AND (@receiver::text IS NULL OR n.name = @receiver)
           AND (@type::text IS NULL OR d.type = @type)
           AND (@reasons::text[] IS NULL OR w.reason = ANY(@reasons))
           AND (@from::timestamptz IS NULL OR d.recorded_at >= @from) AND (@to::timestamptz IS NULL OR d.recorded_at < @to)
           AND (@caseIds::bigint[] IS NULL OR d.case_id = ANY(@caseIds))
           AND (NOT @resent OR (SELECT count(*) FROM answers x WHERE x.case_id = d.case_id AND x.connector_no = d.connector_no AND x.lane_seq = d.lane_seq AND x.outcome <> 'skipped') > 1)
        """;

    private const string PreviewSql = $"""
        SELECT n.name AS Receiver, w.state AS State, w.reason AS Reason, count(*) AS Count, min(d.recorded_at) AS Oldest, max(w.attempts) AS Attempts
        {Chosen}
         GROUP BY n.name, w.state, w.reason
         ORDER BY count(*) DESC
        """;

    private const string CreateSql = """
        INSERT INTO bulk_jobs (by, reason, filter, canary, rate, state, partner, created_at, changed_at, lease_until)
        VALUES (@by, @reason, @text, @canary, @rate, @jobState, @partner, @now, @now, 'epoch')
        RETURNING job_id
        """;

    private const string FillSql = $"""
        INSERT INTO bulk_items (job_id, item, connector_no, case_id, lane_seq, key_hash)
        SELECT @id, row_number() OVER (ORDER BY x.recorded_at, x.case_id, x.connector_no), x.connector_no, x.case_id, x.lane_seq, x.key_hash
          FROM (SELECT w.connector_no, w.case_id, w.lane_seq, w.key_hash, d.recorded_at
        {Chosen}
                 ORDER BY d.recorded_at, w.case_id, w.connector_no
                 LIMIT @limit) x
        """;

    private const string OneSql = Select + " WHERE job_id = @id AND (@partner::text IS NULL OR partner = @partner)";

    private const string RecentSql = Select + " WHERE @partner::text IS NULL OR partner = @partner ORDER BY job_id DESC LIMIT @limit";

    private const string CountsSql = "SELECT state AS State, count(*) AS Count FROM bulk_items WHERE job_id = @id GROUP BY state";

    private const string ItemSelect = """
        SELECT i.item AS Item, i.connector_no AS Connector, i.case_id AS CaseId, i.lane_seq AS LaneSeq, i.key_hash AS KeyHash, i.state AS State, i.note AS Note, n.name AS Receiver, c.key AS CaseKey
          FROM bulk_items i
          JOIN connectors n ON n.no = i.connector_no
          JOIN cases c ON c.case_id = i.case_id
        """;

    private const string ItemsSql = ItemSelect + " WHERE i.job_id = @id AND (@state::text IS NULL OR i.state = @state) AND i.item > @after ORDER BY i.item LIMIT @limit";

    // One node at a time; one that dies gives it up after its lease.
    private const string TakeSql = """
        UPDATE bulk_jobs
           SET lease_until = @until
         WHERE job_id = (
               SELECT job_id
                 FROM bulk_jobs
                WHERE state IN ('canary', 'ramp') AND (lease_until < @now OR @mine = job_id)
                ORDER BY job_id
                LIMIT 1
                  FOR UPDATE SKIP LOCKED)
        RETURNING job_id AS Id, by AS By, reason AS Reason, filter AS Filter, canary AS Canary, rate AS Rate, state AS State, partner AS Partner, created_at AS CreatedAt, changed_at AS ChangedAt
        """;

    private const string MoveSql = "UPDATE bulk_jobs SET state = @to, changed_at = @now WHERE job_id = @id AND state = ANY(@from)";

    private const string SentSql = "UPDATE bulk_items SET state = CASE WHEN @refusal::text IS NULL THEN 'sent' ELSE 'refused' END, note = @refusal, sent_at = @now WHERE job_id = @id AND item = @item AND state = 'open'";

    // What became of those that were retried: an answer since then, or a wait that has come about since then for another reason than the retry itself.
    private const string SettleSql = """
        UPDATE bulk_items i
           SET state = s.state, note = s.note
          FROM (SELECT b.job_id, b.item, CASE WHEN a.outcome = 'taken' THEN 'taken' WHEN a.outcome IS NOT NULL THEN 'again' END AS state, a.reason AS note
                  FROM bulk_items b
                  LEFT JOIN LATERAL (
                       SELECT x.outcome, x.reason
                         FROM answers x
                        WHERE x.case_id = b.case_id AND x.connector_no = b.connector_no AND x.lane_seq = b.lane_seq AND x.recorded_at >= b.sent_at
                        ORDER BY x.fence DESC
                        LIMIT 1) a ON true
                 WHERE b.job_id = @id AND b.state = 'sent'
                 LIMIT 2000) s
         WHERE i.job_id = s.job_id AND i.item = s.item AND s.state IS NOT NULL
        """;

    /// <summary>What a filter chooses, by receiver and reason.</summary>
    public async Task<IReadOnlyList<WaitGroup>> PreviewAsync(DeliveryFilter filter)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<WaitGroup>(PreviewSql, filter)];
    }

    /// <summary>Fixes what the filter chooses now as a job, with an entry in the exchange log.</summary>
    /// <returns>Its number, and how many deliveries it has.</returns>
    public async Task<(long Id, int Items)> CreateAsync(DeliveryFilter filter, string text, int canary, int rate, bool asked, string by, string? partner, string reason, string requestId, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var id = await connection.ExecuteScalarAsync<long>(CreateSql, new { by, reason, text, canary, rate, jobState = asked ? "asked" : "canary", partner, now });
        var items = await connection.ExecuteAsync(FillSql, new { id, filter.State, filter.Receiver, filter.Type, filter.Reasons, filter.From, filter.To, filter.CaseIds, filter.Resent, limit = ItemsMax });
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
            LogEntry.OperatorActed, "hub", Guid.CreateVersion7(now), $"act BulkRetry\njob {id}\ndeliveries {items}\ncanary {canary}\nrate {rate}\nby {by}\nreason {reason}\nrequest {requestId}"));
        await transaction.CommitAsync();
        return (id, items);
    }

    public async Task<BulkJob?> FindAsync(long id, string? partner)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<BulkJob>(OneSql, new { id, partner });
    }

    public async Task<IReadOnlyList<BulkJob>> RecentAsync(string? partner, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<BulkJob>(RecentSql, new { partner, limit })];
    }

    public async Task<IReadOnlyDictionary<string, long>> CountsAsync(long id)
    {
        await using var connection = await database.OpenConnectionAsync();
        return (await connection.QueryAsync<BulkCount>(CountsSql, new { id })).ToDictionary(row => row.State, row => row.Count, StringComparer.Ordinal);
    }

    public async Task<IReadOnlyList<BulkItem>> ItemsAsync(long id, string? state, int after, int limit)
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<BulkItem>(ItemsSql, new { id, state, after, limit })];
    }

    /// <summary>A running job nobody else works at; null when there is none.</summary>
    /// <param name="mine">The job this node worked at last; 0: none.</param>
    /// <param name="now">When.</param>
    /// <param name="until">For how long it is this node's.</param>
    public async Task<BulkJob?> TakeAsync(long mine, DateTimeOffset now, DateTimeOffset until)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<BulkJob>(TakeSql, new { mine, now, until });
    }

    /// <returns>False when it stands elsewhere by now.</returns>
    public async Task<bool> MoveAsync(long id, string[] from, string to, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteAsync(MoveSql, new { id, from, to, now }) == 1;
    }

    /// <summary>Stops a job for good; what was retried already is not called back.</summary>
    public async Task<bool> StopAsync(long id, string by, string requestId, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteAsync(MoveSql, new { id, from = new[] { "asked", "canary", "ramp" }, to = "stopped", now }) == 0)
            return false;
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(LogEntry.OperatorActed, "hub", Guid.CreateVersion7(now), $"act StopBulkRetry\njob {id}\nby {by}\nreason \nrequest {requestId}"));
        await transaction.CommitAsync();
        return true;
    }

    /// <param name="refusal">Why there was nothing to retry; null: it was retried.</param>
    public async Task SentAsync(long id, int item, string? refusal, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(SentSql, new { id, item, refusal, now });
    }

    public async Task SettleAsync(long id)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(SettleSql, new { id });
    }
}
