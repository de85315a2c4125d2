using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>How many bodies a pass touched.</summary>
internal sealed record BodyCount(long Events, long Commands, long Answers, long States, long Quarantined)
{
    public long Total => Events + Commands + Answers + States + Quarantined;
}

/// <summary>Takes stored bodies away when their time has come, and seals them with another key. Neither changes a digest: the chain verifies as before.</summary>
/// <param name="database">The ledger.</param>
/// <param name="cipher">The keys that are set.</param>
/// <param name="emptyStates">What a closed case's sealed state becomes, by the type of the case.</param>
internal sealed class Bodies(NpgsqlDataSource database, BodyCipher cipher, IReadOnlyDictionary<string, string> emptyStates)
{
    private const int PageRows = 1000;

    // Of several nodes one does it.
    private const long LockNumber = 0x4855_425F_424F_4459; // "HUB_BODY"

    private const string OnlyOneSql = "SELECT pg_try_advisory_lock(@LockNumber)";

    private const string DoneSql = "SELECT pg_advisory_unlock(@LockNumber)";

    private const string NewestSql = "SELECT content FROM events WHERE content IS NOT NULL ORDER BY event_id DESC LIMIT 1";

    // Nothing of the case is under way, waits or is parked; of what no operator serves the body stands in the state.
    private const string AtRestSql = "NOT c.busy AND NOT EXISTS (SELECT 1 FROM waits w WHERE w.case_id = c.case_id AND w.connector_no <> 0)";

    // Event ids grow with time, so the page begins where the last one ended and stops at the day in question.
    private const string RemoveEventsSql = $"""
        WITH page AS (
             SELECT event_id, case_id, content IS NOT NULL AS kept
               FROM events
              WHERE event_id > @after AND event_id < @horizonId
              ORDER BY event_id
              LIMIT @PageRows),
        removed AS (
             UPDATE events e
                SET content = NULL
               FROM page p
               JOIN cases c ON c.case_id = p.case_id
              WHERE e.event_id = p.event_id AND p.kept AND {AtRestSql}
             RETURNING 1)
        SELECT (SELECT event_id FROM page ORDER BY event_id DESC LIMIT 1) AS Last, (SELECT count(*) FROM removed) AS Removed
        """;

    private const string RemoveCommandsSql = $"""
        WITH page AS (
             SELECT case_id, connector_no, lane_seq, recorded_at, data IS NOT NULL AS kept
               FROM deliveries
              WHERE (case_id, connector_no, lane_seq) > (@caseId, @connector, @laneSeq)
              ORDER BY case_id, connector_no, lane_seq
              LIMIT @PageRows),
        due AS (
             SELECT p.case_id, p.connector_no, p.lane_seq
               FROM page p
               JOIN cases c ON c.case_id = p.case_id
              WHERE p.kept AND p.recorded_at < @horizon AND {AtRestSql}),
        commands AS (
             UPDATE deliveries d
                SET data = NULL
               FROM due
              WHERE d.case_id = due.case_id AND d.connector_no = due.connector_no AND d.lane_seq = due.lane_seq
             RETURNING 1),
        originals AS (
             UPDATE delivery_amendments m
                SET data = NULL
               FROM due
              WHERE m.case_id = due.case_id AND m.connector_no = due.connector_no AND m.lane_seq = due.lane_seq
             RETURNING 1),
        answered AS (
             UPDATE answers a
                SET response = NULL
               FROM due
              WHERE a.case_id = due.case_id AND a.connector_no = due.connector_no AND a.lane_seq = due.lane_seq AND a.response IS NOT NULL
             RETURNING 1)
        SELECT l.case_id AS CaseId, l.connector_no AS Connector, l.lane_seq AS LaneSeq, (SELECT count(*) FROM commands) + (SELECT count(*) FROM originals) AS Commands, (SELECT count(*) FROM answered) AS Answers
          FROM (SELECT * FROM page ORDER BY case_id DESC, connector_no DESC, lane_seq DESC LIMIT 1) l
        """;

    // States that name people whether they are sealed or were stored before there were keys. Of a project that is its approval, while nobody was told of it.
    private const string NamesPeopleSql = """(state LIKE 'sealed:%' OR type IN ('co_transfer', 'dossier', 'outage') OR state LIKE '%"approval":{%')""";

    // Under the lock the engine takes for the case; one it holds now is for the next day. What was found is looked at again behind the lock: the case may have begun anew.
    private const string RemoveStatesSql = $"""
        WITH due AS MATERIALIZED (
             SELECT case_id, key_hash
               FROM cases
              WHERE type = @type AND closed AND {NamesPeopleSql} AND state <> @empty AND COALESCE(changed_at, 'epoch') < @horizon
              LIMIT @PageRows),
        locked AS MATERIALIZED (
             SELECT case_id
               FROM due
              WHERE pg_try_advisory_xact_lock(('x' || substr(replace(key_hash::text, '-', ''), 1, 16))::bit(64)::bigint))
        UPDATE cases c
           SET state = @empty
          FROM locked
         WHERE c.case_id = locked.case_id AND c.closed AND COALESCE(c.changed_at, 'epoch') < @horizon
        """;

    private const string RemoveQuarantineSql = "UPDATE quarantine SET content = NULL WHERE content IS NOT NULL AND at < @horizon";

    private const string RemoveProposalsSql = "UPDATE approvals SET content = NULL WHERE content IS NOT NULL AND requested_at < @horizon";

    /// <summary>Columns of sealed bytes.</summary>
    private static readonly (string Table, string Column)[] Columns = [("events", "content"), ("deliveries", "data"), ("delivery_amendments", "data"), ("answers", "response"), ("approvals", "content"), ("quarantine", "content")];

    /// <summary>Columns of sealed text, whoever it is about.</summary>
    private static readonly (string Table, string Column)[] Texts = [("connector_versions", "settings"), ("connector_drafts", "content")];

    /// <summary>Why the bodies in this database cannot be read with the keys that are set; null when they can.</summary>
    public async Task<string?> UnreadableAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        if (await connection.ExecuteScalarAsync<byte[]?>(NewestSql) is not { } newest)
            return null;
        try
        {
            cipher.Open(newest);
            return null;
        }
        catch (InvalidOperationException unreadable)
        {
            return unreadable.Message;
        }
    }

    /// <summary>Takes away what was recorded before <paramref name="horizon"/> and belongs to no case with something under way. Its entry in the log says how much.</summary>
    /// <param name="horizon">What was recorded later stays.</param>
    /// <param name="now">For the entry.</param>
    /// <param name="cancellation">Stops between two pages; what is done is done.</param>
    /// <returns>Null when another node is at it.</returns>
    public async Task<BodyCount?> RemoveAsync(DateTimeOffset horizon, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        if (!await connection.ExecuteScalarAsync<bool>(OnlyOneSql, new { LockNumber }))
            return null;
        long events = 0, commands = 0, answers = 0, states = 0, quarantined = 0;
        try
        {
            var horizonId = Guid.CreateVersion7(horizon);
            for (var after = Guid.Empty; ;)
            {
                var (last, removed) = await connection.QuerySingleAsync<(Guid? Last, long Removed)>(Of(RemoveEventsSql, new { after, horizonId, PageRows }));
                events += removed;
                if (last is null)
                    break;
                after = last.Value;
            }

            for (var at = (CaseId: 0L, Connector: short.MinValue, LaneSeq: 0L); ;)
            {
                var page = await connection.QueryAsync<(long CaseId, short Connector, long LaneSeq, long Commands, long Answers)>(
                    Of(RemoveCommandsSql, new { at.CaseId, at.Connector, at.LaneSeq, horizon, PageRows }));
                if (page.ToList() is not [var last])
                    break;
                commands += last.Commands;
                answers += last.Answers;
                at = (last.CaseId, last.Connector, last.LaneSeq);
            }

            foreach (var (type, empty) in emptyStates)
            {
                for (int removed; (removed = await connection.ExecuteAsync(Of(RemoveStatesSql, new { type, empty, horizon, PageRows }))) > 0;)
                    states += removed;
            }

            commands += await connection.ExecuteAsync(Of(RemoveProposalsSql, new { horizon }));
            quarantined = await connection.ExecuteAsync(Of(RemoveQuarantineSql, new { horizon }));
        }
        finally
        {
            // Also when it was stopped on the way: what is gone is on record.
            if (events + commands + answers + states + quarantined > 0)
            {
                await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
                    LogEntry.BodiesRemoved, "hub", Guid.CreateVersion7(now),
                    $"recorded-before {ExchangeLog.Stamp(horizon)}\nevents {events}\ncommands {commands}\nanswers {answers}\nstates {states}\nquarantined {quarantined}"));
            }

            await connection.ExecuteScalarAsync<bool>(DoneSql, new { LockNumber });
        }

        return new(events, commands, answers, states, quarantined);

        CommandDefinition Of(string sql, object parameters) => new(sql, parameters, commandTimeout: 0, cancellationToken: cancellation);
    }

    /// <summary>Seals with the first key whatever is not: what another key sealed, and what stood in the clear. Can be stopped and begun again.</summary>
    public async Task<long> ResealAsync(CancellationToken cancellation)
    {
        if (!cipher.IsOn)
            throw new InvalidOperationException("Hub:BodyKeys has no key to seal with.");
        await using var connection = await database.OpenConnectionAsync(cancellation);
        long done = 0;
        foreach (var (table, column) in Columns)
        {
            // A row that is written anew moves behind those that are still to come, where it is seen to be done.
            var select = $"SELECT ctid::text AS Place, {column} AS Stored FROM {table} WHERE ctid > @after::tid AND {column} IS NOT NULL AND substring({column} FROM 1 FOR @length) <> @mark LIMIT @PageRows";
            var update = $"UPDATE {table} SET {column} = @body WHERE ctid = @place::tid AND {column} = @stored";
            done += await EachAsync<byte[]>(after => Command(select, new { after, mark = cipher.CurrentMark, length = cipher.CurrentMark.Length, PageRows }), (place, stored) => Command(update, new { body = cipher.Seal(cipher.Open(stored)), place, stored }));
        }

        const string States = $"SELECT ctid::text AS Place, state AS Stored FROM cases WHERE ctid > @after::tid AND {NamesPeopleSql} AND state NOT LIKE @mark LIMIT @PageRows";
        const string State = "UPDATE cases SET state = @state WHERE ctid = @place::tid AND state = @stored";
        done += await EachAsync<string>(after => Command(States, new { after, mark = $"{cipher.CurrentTextMark}%", PageRows }), (place, stored) => Command(State, new { state = cipher.SealText(cipher.OpenText(stored)), place, stored }));
        foreach (var (table, column) in Texts)
        {
            var select = $"SELECT ctid::text AS Place, {column} AS Stored FROM {table} WHERE ctid > @after::tid AND {column} NOT LIKE @mark LIMIT @PageRows";
            var update = $"UPDATE {table} SET {column} = @text WHERE ctid = @place::tid AND {column} = @stored";
            done += await EachAsync<string>(after => Command(select, new { after, mark = $"{cipher.CurrentTextMark}%", PageRows }), (place, stored) => Command(update, new { text = cipher.SealText(cipher.OpenText(stored)), place, stored }));
        }

        return done;

        async Task<long> EachAsync<T>(Func<string, CommandDefinition> select, Func<string, T, CommandDefinition> update)
        {
            long written = 0;
            for (var after = "(0,0)"; (await connection.QueryAsync<(string Place, T Stored)>(select(after))).ToList() is { Count: > 0 } page; after = page[^1].Place)
            {
                foreach (var (place, stored) in page)
                    written += await connection.ExecuteAsync(update(place, stored));
            }

            return written;
        }

        CommandDefinition Command(string sql, object parameters) => new(sql, parameters, commandTimeout: 0, cancellationToken: cancellation);
    }
}
