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
internal sealed class ExchangeLog(NpgsqlDataSource database, TimeProvider time)
{
    private const int FindingsMax = 20;

    // One snapshot for the head, the entries and their contents: a hub may go on writing meanwhile.
    private const string HeadSql = "SELECT seq, hash FROM chain_head";

    private const string EntriesSql = """
        SELECT l.seq, l.at, l.kind, l.partner, l.ref, l.alg, l.digest, l.hash, COALESCE(l.content, e.content), e.digest
          FROM exchange_log l
          LEFT JOIN events e ON l.kind = 'event.accepted' AND e.event_id = l.ref
         ORDER BY l.seq
        """;

    private const string AppendSql = "SELECT first_seq FROM exchange_append(@at, @kinds, @partners, @refs, @digests, @contents)";

    // An attempt is found by its content: several attempts of one command share the log's ref.
    private const string AttemptsSql = """
        SELECT case_id, connector_no, lane_seq, content, outcome, COALESCE(reason, ''), COALESCE(partner_code, ''), COALESCE(partner_reference, ''), fence, attempt,
               request_digest, response
          FROM answers
         WHERE outcome <> 'skipped'
        """;

    private const string CommandsSql = "SELECT case_id, connector_no, lane_seq, data, type FROM deliveries";

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

    /// <summary>Recomputes everything: the links, every digest from the stored bytes, every attempt from its row.</summary>
    /// <param name="receipts">Position and hash of entries that partners hold; they prove that the chain was not written anew.</param>
    /// <param name="cancellation">Stops the check.</param>
    public async Task<ChainReport> VerifyAsync(IReadOnlyList<(long Seq, string Hash)> receipts, CancellationToken cancellation)
    {
        var findings = new List<string>();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var (headSeq, headHash) = await HeadAsync(connection);
        var attempts = await AttemptDigestsAsync(connection, findings, cancellation);
        var wanted = receipts.ToLookup(receipt => receipt.Seq, receipt => receipt.Hash);
        var logged = new HashSet<string>(StringComparer.Ordinal);
        var eventRefs = new HashSet<Guid>();
        long count = 0, expected = 1;
        var previous = new byte[32];
        var previousAt = "";
        await foreach (var entry in EntriesAsync(connection, cancellation))
        {
            count++;
            if (entry.Seq != expected)
                findings.Add($"entry {expected}: missing (the next one found is {entry.Seq})");
            var computed = Hash(previous, entry);
            if (!computed.AsSpan().SequenceEqual(entry.Hash))
                findings.Add($"entry {entry.Seq}: its hash does not follow from its fields and the entry before");
            if (string.CompareOrdinal(entry.AtText, previousAt) < 0)
                findings.Add($"entry {entry.Seq}: recorded earlier than the entry before");
            if (entry.Content is not null && !SHA256.HashData(entry.Content).AsSpan().SequenceEqual(entry.Digest))
                findings.Add($"entry {entry.Seq}: the stored content is not what was recorded");
            if (entry.Kind == LogEntry.DeliveryAttempted && !Logged(Convert.ToHexString(entry.Digest)))
                findings.Add($"entry {entry.Seq}: no attempt with this content is stored");
            if (entry.Kind == LogEntry.EventAccepted)
            {
                eventRefs.Add(entry.Ref);
                // Retention takes a content away, never the row; and repeats are told apart by the row's digest.
                if (entry.EventDigest is null || !entry.EventDigest.AsSpan().SequenceEqual(entry.Digest))
                    findings.Add($"entry {entry.Seq}: the stored event is gone or has another digest");
            }

            foreach (var hash in wanted[entry.Seq])
            {
                if (!string.Equals(hash, Convert.ToHexString(entry.Hash), StringComparison.OrdinalIgnoreCase))
                    findings.Add($"entry {entry.Seq}: a partner holds another hash for it");
            }

            previous = entry.Hash;
            previousAt = entry.AtText;
            expected = entry.Seq + 1;
            if (findings.Count >= FindingsMax)
                break;
        }

        if (findings.Count < FindingsMax)
        {
            if (expected - 1 != headSeq || !previous.AsSpan().SequenceEqual(headHash))
                findings.Add($"the head says {headSeq}, the entries end at {expected - 1}: the tail was cut or the head changed");
            foreach (var receipt in receipts.Where(receipt => receipt.Seq > headSeq))
                findings.Add($"entry {receipt.Seq}: a partner holds a receipt for it, but it is not there");
            if (attempts.Count > logged.Count)
                findings.Add($"{attempts.Count - logged.Count} stored attempt(s) have no entry in the log");
            var strangers = await StrangersAsync(connection, eventRefs, cancellation);
            if (strangers > 0)
                findings.Add($"{strangers} stored event(s) have no entry in the log");
        }

        return new(count, headSeq, Convert.ToHexStringLower(headHash), findings);

        // Once stored, an attempt may stand in the log twice: its answer came again after a commit that was in doubt.
        bool Logged(string digest)
        {
            if (!attempts.Contains(digest))
                return false;
            logged.Add(digest);
            return true;
        }
    }

    /// <summary>Writes everything as JSON Lines for a verifier that shares no code with this program.</summary>
    public async Task<ChainReport> ExportAsync(Stream to, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var (headSeq, headHash) = await HeadAsync(connection);
        var contents = await AttemptContentsAsync(connection, cancellation);
        await using var writer = new StreamWriter(to, new UTF8Encoding(false), leaveOpen: true);
        await writer.WriteLineAsync(JsonSerializer.Serialize(new ExportHeader("hub-exchange-log/1", "sha-256", headSeq, headSeq, Convert.ToHexStringLower(headHash), Stamp(time.GetUtcNow())), ExportJson.Default.ExportHeader));
        var previous = new byte[32];
        long count = 0;
        await foreach (var entry in EntriesAsync(connection, cancellation))
        {
            var content = entry.Content ?? contents.GetValueOrDefault(Convert.ToHexString(entry.Digest));
            var line = new ExportEntry(
                entry.Seq, entry.AtText, entry.Kind, entry.Partner, entry.Ref.ToString("D"), entry.Alg, Convert.ToHexStringLower(entry.Digest),
                Convert.ToHexStringLower(previous), Convert.ToHexStringLower(entry.Hash), content is null ? null : Convert.ToBase64String(content));
            await writer.WriteLineAsync(JsonSerializer.Serialize(line, ExportJson.Default.ExportEntry));
            previous = entry.Hash;
            count++;
        }

        return new(count, headSeq, Convert.ToHexStringLower(headHash), []);
    }

    private static byte[] Hash(byte[] previous, Entry entry)
    {
        var leaf = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{entry.Seq}\n{entry.AtText}\n{entry.Kind}\n{entry.Partner}\n{entry.Ref:D}\n{entry.Alg}\n{Convert.ToHexStringLower(entry.Digest)}"));
        return SHA256.HashData([.. previous, .. leaf]);
    }

    private static string Stamp(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static async Task<(long Seq, byte[] Hash)> HeadAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(HeadSql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1));
    }

    private static async IAsyncEnumerable<Entry> EntriesAsync(
        NpgsqlConnection connection, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(EntriesSql, connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            yield return new Entry(
                reader.GetInt64(0), Stamp(reader.GetFieldValue<DateTimeOffset>(1)), reader.GetString(2), reader.GetString(3), reader.GetGuid(4), reader.GetString(5),
                reader.GetFieldValue<byte[]>(6), reader.GetFieldValue<byte[]>(7), reader.IsDBNull(8) ? null : reader.GetFieldValue<byte[]>(8),
                reader.IsDBNull(9) ? null : reader.GetFieldValue<byte[]>(9));
        }
    }

    // Digest of each stored attempt, after checking that the row still says what its content says.
    private static async Task<HashSet<string>> AttemptDigestsAsync(NpgsqlConnection connection, List<string> findings, CancellationToken cancellation)
    {
        var commands = new Dictionary<(long, short, long), (string Sha256, string Type)>();
        await using (var select = new NpgsqlCommand(CommandsSql, connection) { CommandTimeout = 0 })
        await using (var reader = await select.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation))
                commands.Add((reader.GetInt64(0), reader.GetInt16(1), reader.GetInt64(2)), (Convert.ToHexStringLower(SHA256.HashData(reader.GetFieldValue<byte[]>(3))), reader.GetString(4)));
        }

        var digests = new HashSet<string>(StringComparer.Ordinal);
        await using var attempts = new NpgsqlCommand(AttemptsSql, connection) { CommandTimeout = 0 };
        await using var rows = await attempts.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            var key = (rows.GetInt64(0), rows.GetInt16(1), rows.GetInt64(2));
            var content = rows.GetString(3);
            digests.Add(Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(content))));
            var request = rows.IsDBNull(10) ? "" : Convert.ToHexStringLower(rows.GetFieldValue<byte[]>(10));
            var response = rows.IsDBNull(11) ? "" : Convert.ToHexStringLower(SHA256.HashData(rows.GetFieldValue<byte[]>(11)));
            var command = commands.GetValueOrDefault(key);
            string[] says =
            [
                $"command {CommandId.Of(key.Item1, key.Item2, key.Item3):D}", $"type {command.Type}",
                $"attempt {rows.GetInt32(9)}", $"fence {rows.GetInt64(8)}", $"outcome {rows.GetString(4)}", $"reason {rows.GetString(5)}", $"partner-code {rows.GetString(6)}",
                $"partner-reference {rows.GetString(7)}", $"command-sha256 {command.Sha256}", $"request-sha256 {request}", $"response-sha256 {response}",
            ];
            var lines = content.Split('\n').ToHashSet(StringComparer.Ordinal);
            if (says.FirstOrDefault(line => !lines.Contains(line)) is { } differs && findings.Count < FindingsMax)
                findings.Add($"delivery {CommandId.Of(key.Item1, key.Item2, key.Item3)}: the stored row no longer says what was recorded ({differs.Split(' ')[0]})");
        }

        return digests;
    }

    private static async Task<Dictionary<string, byte[]>> AttemptContentsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var contents = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand(AttemptsSql, connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var content = Encoding.UTF8.GetBytes(reader.GetString(3));
            contents[Convert.ToHexString(SHA256.HashData(content))] = content;
        }

        return contents;
    }

    private static async Task<long> StrangersAsync(NpgsqlConnection connection, HashSet<Guid> known, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT event_id FROM events", connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        long strangers = 0;
        while (await reader.ReadAsync(cancellation))
            strangers += known.Contains(reader.GetGuid(0)) ? 0 : 1;
        return strangers;
    }

    private sealed record Entry(long Seq, string AtText, string Kind, string Partner, Guid Ref, string Alg, byte[] Digest, byte[] Hash, byte[]? Content, byte[]? EventDigest);
}

internal sealed record ExportHeader(string Format, string Algorithm, long Count, long HeadSeq, string HeadHash, string ExportedAt);

internal sealed record ExportEntry(long Seq, string At, string Kind, string Partner, string Ref, string Alg, string Digest, string Prev, string Hash, string? Content);

[System.Text.Json.Serialization.JsonSourceGenerationOptions(PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.CamelCase)]
[System.Text.Json.Serialization.JsonSerializable(typeof(ExportHeader))]
[System.Text.Json.Serialization.JsonSerializable(typeof(ExportEntry))]
internal sealed partial class ExportJson : System.Text.Json.Serialization.JsonSerializerContext;
