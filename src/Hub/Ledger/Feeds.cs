using System.Text.Json;
using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>Where one feed stands.</summary>
/// <param name="Last">Sequence of the last item; 0 for an empty feed.</param>
/// <param name="Acked">The receiver's position: what lies behind it is asked for next when no cursor is given.</param>
/// <param name="Read">The furthest item handed out.</param>
/// <param name="CursorKey">Proves this feed's cursors.</param>
internal sealed record FeedRow(long Last, long Acked, long Read, byte[] CursorKey);

/// <summary>One item with the command it offers, and the lane as it stands now.</summary>
internal sealed record FeedItemRow(long Sequence, Guid KeyHash, string Subject, Lane Lane, DeliveryRow Delivery)
{
    /// <summary>True while the command waits for its receiver's acknowledgement.</summary>
    public bool IsOffered => Lane.Status == LaneStatus.Offered && Lane.Head == Delivery.LaneSeq;
}

/// <summary>Neighbouring sequences, both ends included.</summary>
internal sealed record FeedRange(long From, long To);

/// <summary>How much of a receiver's feed is not acknowledged.</summary>
/// <param name="Name">The connector.</param>
/// <param name="Mode"><c>push</c> or <c>pull</c>.</param>
/// <param name="Items">Commands offered and not acknowledged.</param>
/// <param name="Oldest">Since when the oldest of them waits; null when there is none.</param>
internal sealed record FeedLag(string Name, string Mode, long Items, DateTime? Oldest);

/// <summary>
/// The feeds of receivers that fetch. The engine appends to them (<c>feed_append</c>); here they are read, and their positions move. Lock order as
/// everywhere: the chain head, then the feed's row.
/// </summary>
internal sealed class Feeds(NpgsqlDataSource database, BodyCipher bodies)
{
    private const string FeedSql = """
        SELECT last_sequence AS Last, acked_sequence AS Acked, read_sequence AS Read, cursor_key AS CursorKey
          FROM feeds
         WHERE connector_no = @feed
        """;

    private const string OpenSql = "INSERT INTO feeds (connector_no) VALUES (@feed) ON CONFLICT DO NOTHING";

    private const string ItemSelect = """
        SELECT i.sequence, c.key_hash, c.key, c.lanes,
               d.case_id, d.connector_no, d.lane_seq, d.type, d.cause_id, d.cause_type, d.occurred_at, d.recorded_at, d.due_at, d.data, d.trace_parent
          FROM feed_items i
          JOIN deliveries d ON d.case_id = i.case_id AND d.connector_no = i.connector_no AND d.lane_seq = i.lane_seq
          JOIN cases c ON c.case_id = i.case_id
        """;

    private const string PageSql = ItemSelect + """

         WHERE i.connector_no = @feed AND i.sequence > @after
         ORDER BY i.sequence
         LIMIT @limit
        """;

    // The wait is looked for first: of a long stretch only what is still owed is read whole.
    private const string OwedSql = ItemSelect + """

          JOIN waits w ON w.connector_no = i.connector_no AND w.case_id = i.case_id AND w.lane_seq = i.lane_seq AND w.state = 'offered'
         WHERE i.connector_no = @feed AND i.sequence > @after AND i.sequence <= @upto
         ORDER BY i.sequence
         LIMIT @limit
        """;

    private const string AckSql = "UPDATE feeds SET acked_sequence = GREATEST(acked_sequence, @upto) WHERE connector_no = @feed";

    private const string ReadSql = "UPDATE feeds SET read_sequence = GREATEST(read_sequence, @upto) WHERE connector_no = @feed";

    private const string SeekSql = "UPDATE feeds SET acked_sequence = @to WHERE connector_no = @feed";

    // Taken before the feed's row, so that the position noted in the log is the one that was left.
    private const string HeadLockSql = "SELECT true FROM chain_head FOR UPDATE";

    // An open head has a row in waits, or is with a worker and its case is busy; the wake of a busy case lies at most one lease and one grid step ahead.
    private const string GapsSql = """
        WITH owed AS (
             SELECT i.sequence
               FROM waits w
               JOIN feed_items i ON i.connector_no = w.connector_no AND i.case_id = w.case_id AND i.lane_seq = w.lane_seq
              WHERE w.connector_no = @feed AND i.sequence <= @upto
              UNION
             SELECT i.sequence
               FROM cases c
              CROSS JOIN LATERAL jsonb_array_elements(c.lanes::jsonb) AS l
               JOIN feed_items i ON i.connector_no = @feed AND i.case_id = c.case_id AND i.lane_seq = COALESCE((l ->> 'd')::bigint, 0) + 1
              WHERE c.busy AND c.wake_at <= @horizon AND (l ->> 'c')::smallint = @feed AND i.sequence <= @upto)
        SELECT min(o.sequence) AS "From", max(o.sequence) AS "To"
          FROM (SELECT sequence, sequence - row_number() OVER (ORDER BY sequence) AS island FROM owed) AS o
         GROUP BY o.island
         ORDER BY 1
         LIMIT @limit
        """;

    private const string FirstSql = "SELECT COALESCE(min(sequence), 0) FROM feed_items WHERE connector_no = @feed";

    private const string LagsSql = """
        SELECT n.name AS Name, n.mode AS Mode, count(w.since) AS Items, min(w.since) AS Oldest
          FROM connectors n
          LEFT JOIN waits w ON w.connector_no = n.no AND w.state = 'offered'
         GROUP BY n.name, n.mode
         ORDER BY n.name
        """;

    private const string ModeSql = "UPDATE connectors SET mode = @mode WHERE name = @name";

    private const string PullingSql = "SELECT name FROM connectors WHERE mode = 'pull'";

    /// <summary>Where the feed stands; an empty one is made when there was none.</summary>
    public async Task<FeedRow> FindAsync(short feed, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var find = new CommandDefinition(FeedSql, new { feed }, cancellationToken: cancellation);
        if (await connection.QuerySingleOrDefaultAsync<FeedRow>(find) is { } row)
            return row;
        await connection.ExecuteAsync(OpenSql, new { feed });
        return await connection.QuerySingleAsync<FeedRow>(find);
    }

    /// <summary>The next items, settled or not, in their order.</summary>
    public Task<IReadOnlyList<FeedItemRow>> PageAsync(short feed, long after, int limit, CancellationToken cancellation) =>
        ItemsAsync(PageSql, cancellation, ("feed", feed), ("after", after), ("limit", limit));

    /// <summary>The next items of a stretch that may still be offered.</summary>
    public Task<IReadOnlyList<FeedItemRow>> OwedAsync(short feed, long after, long upto, int limit, CancellationToken cancellation) =>
        ItemsAsync(OwedSql, cancellation, ("feed", feed), ("after", after), ("upto", upto), ("limit", limit));

    /// <summary>Moves the position forward, never back.</summary>
    public async Task AckAsync(short feed, long upto, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(AckSql, new { feed, upto }, cancellationToken: cancellation));
    }

    /// <summary>Puts on record that a page leaves, before it does.</summary>
    public async Task ReadAsync(short feed, string name, long from, long to, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(LogEntry.FeedRead, name, Guid.CreateVersion7(now), $"feed {name}\nfrom {from}\nto {to}"));
        await connection.ExecuteAsync(ReadSql, new { feed, upto = to });
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Moves the position back or forth, with an entry in the log.</summary>
    public async Task SeekAsync(short feed, string name, long to, string by, string reason, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(HeadLockSql);
        var from = (await connection.QuerySingleAsync<FeedRow>(FeedSql, new { feed })).Acked;
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
            LogEntry.FeedSeek, name, Guid.CreateVersion7(now), $"feed {name}\nfrom {from}\nto {to}\nby {by}\nreason {reason}"));
        await connection.ExecuteAsync(SeekSql, new { feed, to });
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Stretches up to a sequence whose commands are not settled.</summary>
    /// <param name="feed">The connector's number.</param>
    /// <param name="upto">Looked at up to here.</param>
    /// <param name="horizon">Later than any lease given out by now can end.</param>
    /// <param name="limit">Stretches at most.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<IReadOnlyList<FeedRange>> GapsAsync(short feed, long upto, DateTimeOffset horizon, int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<FeedRange>(new CommandDefinition(GapsSql, new { feed, upto, horizon, limit }, cancellationToken: cancellation))];
    }

    /// <summary>Sequence of the first item; 0 for an empty feed.</summary>
    public async Task<long> FirstAsync(short feed, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition(FirstSql, new { feed }, cancellationToken: cancellation));
    }

    /// <summary>What every receiver has not acknowledged yet.</summary>
    public async Task<IReadOnlyList<FeedLag>> LagsAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<FeedLag>(LagsSql)];
    }

    /// <summary>Switches a connector between push and pull, with an entry in the log; the running hubs are told.</summary>
    /// <returns>False when there is no such connector.</returns>
    public async Task<bool> SwitchAsync(string name, string mode, string by, string reason, DateTimeOffset now)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        if (await connection.ExecuteAsync(ModeSql, new { name, mode }) == 0)
            return false;
        await connection.ExecuteAsync("SELECT pg_notify('hub_control', '')");
        await ExchangeLog.AppendAsync(connection, now, LogEntry.OfText(
            LogEntry.ConnectorMode, name, Guid.CreateVersion7(now), $"connector {name}\nmode {mode}\nby {by}\nreason {reason}"));
        await transaction.CommitAsync();
        return true;
    }

    /// <summary>Connectors whose receivers fetch.</summary>
    public async Task<IReadOnlySet<string>> PullingAsync()
    {
        await using var connection = await database.OpenConnectionAsync();
        return (await connection.QueryAsync<string>(PullingSql)).ToHashSet(StringComparer.Ordinal);
    }

    private async Task<IReadOnlyList<FeedItemRow>> ItemsAsync(string sql, CancellationToken cancellation, params (string Name, object Value)[] parameters)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = new List<FeedItemRow>();
        while (await reader.ReadAsync(cancellation))
        {
            var delivery = LedgerStore.ReadDelivery(reader, first: 4, bodies);
            var lanes = JsonSerializer.Deserialize(reader.GetString(3), LedgerJson.Default.ListLane)!;
            items.Add(new(reader.GetInt64(0), reader.GetGuid(1), reader.GetString(2), lanes.Find(lane => lane.Connector == delivery.Connector)!, delivery));
        }

        return items;
    }
}

/// <summary>Wakes whoever waits for a feed when something was appended to it, by this node or another.</summary>
internal sealed class FeedSignal
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<short, TaskCompletionSource> waiting = new();

    /// <summary>Completes at the next append. Taken before looking, so that nothing falls between the look and the wait.</summary>
    public Task NextAsync(short feed) => waiting.GetOrAdd(feed, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Pulse(short feed)
    {
        if (waiting.TryRemove(feed, out var waiters))
            waiters.TrySetResult();
    }
}
