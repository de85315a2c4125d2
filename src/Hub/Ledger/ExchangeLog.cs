using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;

namespace Hub.Ledger;

/// <summary>What a verification found.</summary>
internal sealed record ChainReport(long Entries, long HeadSeq, string HeadHash, IReadOnlyList<string> Findings)
{
    public bool Ok => Findings.Count == 0;
}

/// <summary>Reads, checks and exports the hash chain; docs/exchange-log.md is its public description.</summary>
internal sealed class ExchangeLog(NpgsqlDataSource database, TimeProvider time, BodyCipher bodies)
{
    private const int FindingsMax = 20;

    /// <summary>Rows that are held in memory at a time.</summary>
    public int PageRows { get; init; } = 1000;

    private const string HeadSql = "SELECT seq, hash FROM chain_head";

    // LATERAL and OFFSET 0, here and below: whatever the planner believes about the sizes, a page looks its rows up by their keys.
    private const string EntriesSql = """
        WITH page AS MATERIALIZED (
             SELECT seq, at, kind, partner, ref, alg, digest, hash, content
               FROM exchange_log
              WHERE seq > $1
              ORDER BY seq
              LIMIT $2)
        SELECT p.seq, p.at, p.kind, p.partner, p.ref, p.alg, p.digest, p.hash, COALESCE(p.content, e.content), e.digest
          FROM page p
          LEFT JOIN LATERAL (
               SELECT content, digest
                 FROM events x
                WHERE p.kind = 'event.accepted' AND x.event_id = p.ref
               OFFSET 0) e ON true
         ORDER BY p.seq
        """;

    // An attempt's entry names its command, and of that command's attempts the one with this content is meant.
    private const string ContentsSql = """
        SELECT a.content
          FROM unnest($1, $2, $3) AS k (case_id, connector_no, lane_seq)
         CROSS JOIN LATERAL (
               SELECT x.content
                 FROM answers x
                WHERE x.case_id = k.case_id AND x.connector_no = k.connector_no AND x.lane_seq = k.lane_seq AND x.outcome <> 'skipped'
               OFFSET 0) a
        """;

    // An attempt was of the content that stood there up to its fence.
    private const string AttemptsSql = """
        WITH page AS MATERIALIZED (
             SELECT case_id, connector_no, lane_seq, fence, content, outcome, reason, partner_code, partner_reference, attempt, request_digest, response
               FROM answers
              WHERE (case_id, connector_no, lane_seq, fence) > ($1, $2, $3, $4)
              ORDER BY case_id, connector_no, lane_seq, fence
              LIMIT $5)
        SELECT p.case_id, p.connector_no, p.lane_seq, p.fence, p.content, p.outcome, COALESCE(p.reason, ''), COALESCE(p.partner_code, ''),
               COALESCE(p.partner_reference, ''), p.attempt, p.request_digest, p.response, d.type, CASE WHEN m.fence IS NULL THEN d.data ELSE m.data END
          FROM page p
          LEFT JOIN LATERAL (
               SELECT x.type, x.data
                 FROM deliveries x
                WHERE x.case_id = p.case_id AND x.connector_no = p.connector_no AND x.lane_seq = p.lane_seq
               OFFSET 0) d ON true
          LEFT JOIN LATERAL (
               SELECT x.fence, x.data
                 FROM delivery_amendments x
                WHERE x.case_id = p.case_id AND x.connector_no = p.connector_no AND x.lane_seq = p.lane_seq AND x.fence >= p.fence
                ORDER BY x.fence
                LIMIT 1) m ON true
         ORDER BY p.case_id, p.connector_no, p.lane_seq, p.fence
        """;

    // The other way round there is no key to look up by: the server compares the two tables as a whole, on its disk where they are large.
    private const string UnloggedAttemptsSql = """
        SELECT count(*)
          FROM answers a
         WHERE a.outcome <> 'skipped'
           AND NOT EXISTS (SELECT 1 FROM exchange_log l WHERE l.kind = 'delivery.attempted' AND l.digest = sha256(convert_to(a.content, 'UTF8')))
        """;

    private const string UnloggedEventsSql = """
        SELECT count(*)
          FROM events e
         WHERE NOT EXISTS (SELECT 1 FROM exchange_log l WHERE l.kind = 'event.accepted' AND l.ref = e.event_id)
        """;

    private const string AppendSql = "SELECT first_seq FROM exchange_append(@at, @kinds, @partners, @refs, @digests, @contents)";

    private const string LastAtSql = "SELECT at FROM chain_head";

    /// <summary>Time of the last entry; long ago when there is none.</summary>
    public static async Task<DateTimeOffset> LastAtAsync(NpgsqlConnection connection) => new((await connection.QuerySingleAsync<DateTime>(LastAtSql)).ToUniversalTime());

    /// <summary>Appends one entry inside the caller's transaction.</summary>
    public static Task AppendAsync(NpgsqlConnection connection, DateTimeOffset at, LogEntry entry) => connection.ExecuteAsync(AppendSql, new
    {
        at,
        kinds = new[] { entry.Kind },
        partners = new[] { entry.Partner },
        refs = new[] { entry.Ref },
        digests = new[] { entry.Digest },
        contents = new[] { entry.Content },
    });

    /// <summary>Appends what somebody did that is no input of the engine: with the log itself, or by looking.</summary>
    /// <param name="text">Lines <c>act</c>, <c>by</c>, <c>reason</c>.</param>
    /// <param name="about">What it was done to; null: nothing that has an id.</param>
    public async Task NoteAsync(string text, Guid? about = null)
    {
        await using var connection = await database.OpenConnectionAsync();
        var now = time.GetUtcNow();
        await AppendAsync(connection, now, LogEntry.OfText(LogEntry.OperatorActed, "hub", about ?? Guid.CreateVersion7(now), text));
    }

    /// <summary>Recomputes everything: the links, every digest from the stored bytes, every attempt from its row.</summary>
    /// <param name="receipts">Position and hash of entries that partners hold; they prove that the chain was not written anew.</param>
    /// <param name="cancellation">Stops the check.</param>
    /// <remarks>
    /// Page by page, so that its memory does not grow with the log, and each page in a transaction of its own: one that lasted as long as the check would keep
    /// the server from tidying up behind a running hub. Entries never change, so only the end and the head must be of one moment.
    /// </remarks>
    public async Task<ChainReport> VerifyAsync(IReadOnlyList<(long Seq, string Hash)> receipts, CancellationToken cancellation, Action<long, long>? progress = null)
    {
        var findings = new List<string>();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var (target, _) = await HeadAsync(connection);
        await CheckAttemptsAsync(connection, findings, cancellation);
        var check = new ChainCheck(receipts.ToLookup(receipt => receipt.Seq, receipt => receipt.Hash), findings);
        while (check.Last < target && await CheckPageAsync(connection, check, cancellation) && findings.Count < FindingsMax)
            progress?.Invoke(check.Last, target);

        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var (headSeq, headHash) = await HeadAsync(connection);
        while (findings.Count < FindingsMax && await CheckPageAsync(connection, check, cancellation))
        {
        }

        if (findings.Count < FindingsMax)
        {
            if (check.Last != headSeq || !check.Hash.AsSpan().SequenceEqual(headHash))
                findings.Add($"the head says {headSeq}, the entries end at {check.Last}: the tail was cut or the head changed");
            foreach (var receipt in receipts.Where(receipt => receipt.Seq > headSeq))
                findings.Add($"entry {receipt.Seq}: a partner holds a receipt for it, but it is not there");
            if (await CountAsync(connection, UnloggedAttemptsSql, cancellation) is > 0 and var attempts)
                findings.Add($"{attempts} stored attempt(s) have no entry in the log");
            if (await CountAsync(connection, UnloggedEventsSql, cancellation) is > 0 and var events)
                findings.Add($"{events} stored event(s) have no entry in the log");
        }

        return new(check.Count, headSeq, Convert.ToHexStringLower(headHash), findings);
    }

    /// <summary>Writes everything as JSON Lines for a verifier that shares no code with this program.</summary>
    /// <param name="to">Left open.</param>
    /// <param name="withBodies">Also the events' bodies, which name people; without them the chain can be verified all the same, and their digests cannot.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<ChainReport> ExportAsync(Stream to, bool withBodies, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var (headSeq, headHash) = await HeadAsync(connection);
        await using var writer = new StreamWriter(to, new UTF8Encoding(false), leaveOpen: true);
        await writer.WriteLineAsync(JsonSerializer.Serialize(new ExportHeader("hub-exchange-log/1", "sha-256", headSeq, headSeq, Convert.ToHexStringLower(headHash), Stamp(time.GetUtcNow())), ExportJson.Default.ExportHeader));
        var previous = new byte[32];
        long count = 0, last = long.MinValue;
        while (await PageAsync(connection, last, cancellation) is { Count: > 0 } page)
        {
            var contents = await ContentsAsync(connection, page, cancellation);
            foreach (var entry in page)
            {
                var content = entry.Kind == LogEntry.EventAccepted && !withBodies ? null : entry.Content ?? contents.GetValueOrDefault(Convert.ToHexString(entry.Digest));
                var line = new ExportEntry(
                    entry.Seq, entry.AtText, entry.Kind, entry.Partner, entry.Ref.ToString("D"), entry.Alg, Convert.ToHexStringLower(entry.Digest),
                    Convert.ToHexStringLower(previous), Convert.ToHexStringLower(entry.Hash), content is null ? null : Convert.ToBase64String(content));
                await writer.WriteLineAsync(JsonSerializer.Serialize(line, ExportJson.Default.ExportEntry));
                previous = entry.Hash;
                last = entry.Seq;
                count++;
            }
        }

        return new(count, headSeq, Convert.ToHexStringLower(headHash), []);
    }

    internal static byte[] Hash(byte[] previous, Entry entry)
    {
        var leaf = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{entry.Seq}\n{entry.AtText}\n{entry.Kind}\n{entry.Partner}\n{entry.Ref:D}\n{entry.Alg}\n{Convert.ToHexStringLower(entry.Digest)}"));
        return SHA256.HashData([.. previous, .. leaf]);
    }

    internal static string Stamp(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static async Task<(long Seq, byte[] Hash)> HeadAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(HeadSql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1));
    }

    /// <returns>At most a page of entries after <paramref name="after"/>; none at the end.</returns>
    private async Task<List<Entry>> PageAsync(NpgsqlConnection connection, long after, CancellationToken cancellation)
    {
        var page = new List<Entry>(PageRows);
        await using var command = new NpgsqlCommand(EntriesSql, connection) { CommandTimeout = 0, Parameters = { new() { Value = after }, new() { Value = PageRows } } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            page.Add(new Entry(
                reader.GetInt64(0), Stamp(reader.GetFieldValue<DateTimeOffset>(1)), reader.GetString(2), reader.GetString(3), reader.GetGuid(4), reader.GetString(5),
                reader.GetFieldValue<byte[]>(6), reader.GetFieldValue<byte[]>(7), Opened(Bytes(reader, 8)), Bytes(reader, 9)));
        }

        return page;
    }

    /// <returns>The contents of the stored attempts of every command that the page names, by their digest.</returns>
    private static async Task<Dictionary<string, byte[]>> ContentsAsync(NpgsqlConnection connection, List<Entry> page, CancellationToken cancellation)
    {
        var contents = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var keys = page.Where(entry => entry.Kind == LogEntry.DeliveryAttempted).Select(entry => entry.Ref).Distinct()
            .Select(id => CommandId.TryParse(id, out var caseId, out var connector, out var laneSeq) ? (caseId, connector, laneSeq) : default).Where(key => key.caseId > 0).ToList();
        if (keys.Count == 0)
            return contents;
        await using var command = new NpgsqlCommand(ContentsSql, connection)
        {
            CommandTimeout = 0,
            Parameters = { new() { Value = keys.ConvertAll(key => key.caseId) }, new() { Value = keys.ConvertAll(key => key.connector) }, new() { Value = keys.ConvertAll(key => key.laneSeq) } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var content = Encoding.UTF8.GetBytes(reader.GetString(0));
            contents[Convert.ToHexString(SHA256.HashData(content))] = content;
        }

        return contents;
    }

    /// <returns>False at the end of the log.</returns>
    private async Task<bool> CheckPageAsync(NpgsqlConnection connection, ChainCheck check, CancellationToken cancellation)
    {
        var page = await PageAsync(connection, check.Count == 0 ? long.MinValue : check.Last, cancellation);
        var contents = await ContentsAsync(connection, page, cancellation);
        foreach (var entry in page.TakeWhile(_ => check.Findings.Count < FindingsMax))
            check.Take(entry, contents);
        return page.Count > 0;
    }

    // Whether the row of each attempt still says what its content says.
    private async Task CheckAttemptsAsync(NpgsqlConnection connection, List<string> findings, CancellationToken cancellation)
    {
        var after = (Case: long.MinValue, Connector: short.MinValue, LaneSeq: long.MinValue, Fence: long.MinValue);
        for (var rows = PageRows; rows == PageRows && findings.Count < FindingsMax;)
        {
            rows = 0;
            await using var command = new NpgsqlCommand(AttemptsSql, connection)
            {
                CommandTimeout = 0,
                Parameters = { new() { Value = after.Case }, new() { Value = after.Connector }, new() { Value = after.LaneSeq }, new() { Value = after.Fence }, new() { Value = PageRows } },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                rows++;
                after = (reader.GetInt64(0), reader.GetInt16(1), reader.GetInt64(2), reader.GetInt64(3));
                if (reader.GetString(5) != "skipped" && Differs(reader) is { } differs && findings.Count < FindingsMax)
                    findings.Add($"delivery {CommandId.Of(after.Case, after.Connector, after.LaneSeq)}: the stored row no longer says what was recorded ({differs})");
            }
        }
    }

    private string? Differs(NpgsqlDataReader row)
    {
        string[] says =
        [
            $"command {CommandId.Of(row.GetInt64(0), row.GetInt16(1), row.GetInt64(2)):D}", $"type {(row.IsDBNull(12) ? "" : row.GetString(12))}",
            $"attempt {row.GetInt32(9)}", $"fence {row.GetInt64(3)}", $"outcome {row.GetString(5)}", $"reason {row.GetString(6)}", $"partner-code {row.GetString(7)}",
            $"partner-reference {row.GetString(8)}", $"command-sha256 {Digest(row, 13)}", $"request-sha256 {Hex(row, 10)}", $"response-sha256 {Digest(row, 11)}",
        ];
        var lines = row.GetString(4).Split('\n').ToHashSet(StringComparer.Ordinal);

        // Retention takes the command's body and the partner's together.
        string[] removed = !row.IsDBNull(12) && row.IsDBNull(13) ? ["command-sha256", "response-sha256"] : [];
        return says.Where(line => !lines.Contains(line)).Select(line => line.Split(' ')[0]).FirstOrDefault(name => !removed.Contains(name));
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static byte[]? Bytes(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);

    private string Digest(NpgsqlDataReader row, int column) => Opened(Bytes(row, column)) is { } body ? Convert.ToHexStringLower(SHA256.HashData(body)) : "";

    // What cannot be opened is not what was recorded: the check says so, and goes on.
    private byte[]? Opened(byte[]? stored)
    {
        try
        {
            return stored is null ? null : bodies.Open(stored);
        }
        catch (InvalidOperationException)
        {
            return stored;
        }
    }

    private static string Hex(NpgsqlDataReader row, int column) => Bytes(row, column) is { } bytes ? Convert.ToHexStringLower(bytes) : "";

    /// <summary>The state of a walk along the chain.</summary>
    private sealed class ChainCheck(ILookup<long, string> receipts, List<string> findings)
    {
        private string lastAt = "";

        public List<string> Findings => findings;

        public long Count { get; private set; }

        /// <summary>Position of the last entry seen; 0 before the first.</summary>
        public long Last { get; private set; }

        public byte[] Hash { get; private set; } = new byte[32];

        public void Take(Entry entry, Dictionary<string, byte[]> contents)
        {
            Count++;
            if (entry.Seq != Last + 1)
                findings.Add($"entry {Last + 1}: missing (the next one found is {entry.Seq})");
            if (!ExchangeLog.Hash(Hash, entry).AsSpan().SequenceEqual(entry.Hash))
                findings.Add($"entry {entry.Seq}: its hash does not follow from its fields and the entry before");
            if (string.CompareOrdinal(entry.AtText, lastAt) < 0)
                findings.Add($"entry {entry.Seq}: recorded earlier than the entry before");
            if (entry.Content is not null && !SHA256.HashData(entry.Content).AsSpan().SequenceEqual(entry.Digest))
                findings.Add($"entry {entry.Seq}: the stored content is not what was recorded");
            // Once stored, an attempt may stand in the log twice: its answer came again after a commit that was in doubt.
            if (entry.Kind == LogEntry.DeliveryAttempted && !contents.ContainsKey(Convert.ToHexString(entry.Digest)))
                findings.Add($"entry {entry.Seq}: no attempt with this content is stored");
            // Retention takes a content away, never the row; and repeats are told apart by the row's digest.
            if (entry.Kind == LogEntry.EventAccepted && (entry.EventDigest is null || !entry.EventDigest.AsSpan().SequenceEqual(entry.Digest)))
                findings.Add($"entry {entry.Seq}: the stored event is gone or has another digest");
            if (receipts[entry.Seq].Any(hash => !string.Equals(hash, Convert.ToHexString(entry.Hash), StringComparison.OrdinalIgnoreCase)))
                findings.Add($"entry {entry.Seq}: a partner holds another hash for it");
            (Last, Hash, lastAt) = (entry.Seq, entry.Hash, entry.AtText);
        }
    }

    internal sealed record Entry(long Seq, string AtText, string Kind, string Partner, Guid Ref, string Alg, byte[] Digest, byte[] Hash, byte[]? Content, byte[]? EventDigest);
}

internal sealed record ExportHeader(string Format, string Algorithm, long Count, long HeadSeq, string HeadHash, string ExportedAt);

internal sealed record ExportEntry(long Seq, string At, string Kind, string Partner, string Ref, string Alg, string Digest, string Prev, string Hash, string? Content);

[System.Text.Json.Serialization.JsonSourceGenerationOptions(PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.CamelCase)]
[System.Text.Json.Serialization.JsonSerializable(typeof(ExportHeader))]
[System.Text.Json.Serialization.JsonSerializable(typeof(ExportEntry))]
internal sealed partial class ExportJson : System.Text.Json.Serialization.JsonSerializerContext;
