using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Hub.Benchmarks;

/// <summary>
/// Fills a migrated database from Fill.sql. Each table is emptied, loaded without indexes and indexed again in one transaction, so that a
/// server with <c>wal_level = minimal</c> (./bench sees to it) writes no log for it; two tables at a time, for two cores.
/// </summary>
internal static class Filler
{
    /// <summary>Cases whose last delivery waits for a person, in the database filled for that.</summary>
    public const int Parked = 100_000;

    /// <summary>A database whose filling would take longer is left out, so that the whole stays under its ten minutes.</summary>
    public const double SecondsMax = 240;

    private const string FreeVariable = "HUB_BENCH_FREE_KIB";

    // An event of the filler's with all tables and indexes, and a reserve for what is written while measuring.
    private const long BytesPerEvent = 1400;
    private const long BytesReserve = 4L << 30;

    private const int Events = 3;
    private const int Cases = 2;
    private static readonly TimeSpan Past = TimeSpan.FromDays(300);

    // Constraints and other indexes of a table, with what makes them again.
    private const string IndexesSql = """
        SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname),
               format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid))
          FROM pg_constraint c
         WHERE c.conrelid = $1::regclass AND c.contype IN ('p', 'u')
        UNION ALL
        SELECT format('DROP INDEX %s', i.indexrelid::regclass), replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ')
          FROM pg_index i
         WHERE i.indrelid = $1::regclass AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))
        """;

    /// <summary>Why so many events will not fit on the disk; null when they will, or when ./bench could not tell.</summary>
    public static string? Refusal(int events)
    {
        if (!long.TryParse(Environment.GetEnvironmentVariable(FreeVariable), CultureInfo.InvariantCulture, out var kib))
            return null;
        var needed = (events * BytesPerEvent) + BytesReserve;
        return kib * 1024 >= needed ? null : string.Create(CultureInfo.InvariantCulture, $"{needed >> 30} GB of disk are needed, {kib >> 20} GB are free");
    }

    /// <returns>Seconds it took.</returns>
    public static async Task<double> FillAsync(Database database, int events)
    {
        var clock = Stopwatch.StartNew();
        var sections = Sections(events);
        // The largest first, so that the two workers end together.
        var tables = new Queue<string>(["exchange_log", "events", "deliveries", "answers", "cases"]);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (Next(tables) is { } table)
                await FillTableAsync(database, table, sections[$"table {table}"]);
        })));
        await database.RunAsync(sections["heads"]);
        await database.RunAsync("ANALYZE");
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>One parked delivery for each of <see cref="Parked"/> cases.</summary>
    public static async Task ParkAsync(Database database)
    {
        const int events = Parked / Cases * Events;
        await FillAsync(database, events);
        await database.RunAsync(Sections(events)["parked"]);
        await database.RunAsync("VACUUM (ANALYZE)");
    }

    private static async Task FillTableAsync(Database database, string table, string sql)
    {
        await using var connection = await database.Source.OpenConnectionAsync();
        await RunAsync(connection, "SET synchronous_commit = off; SET max_parallel_maintenance_workers = 0");
        await RunAsync(connection, $"BEGIN; TRUNCATE {table}");
        var indexes = new List<(string Drop, string Create)>();
        await using (var read = new NpgsqlCommand(IndexesSql, connection) { Parameters = { new() { Value = table, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text } } })
        await using (var reader = await read.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
                indexes.Add((reader.GetString(0), reader.GetString(1)));
        }

        foreach (var (drop, _) in indexes)
            await RunAsync(connection, drop);
        await RunAsync(connection, sql);
        foreach (var (_, create) in indexes)
            await RunAsync(connection, create);
        // Nobody reads the filled rows; a vacuum that they alone would call for must not run into the measurement.
        await RunAsync(connection, $"ALTER TABLE {table} SET (autovacuum_vacuum_insert_threshold = -1)");
        await RunAsync(connection, "COMMIT");
    }

    private static Dictionary<string, string> Sections(int events)
    {
        var step = Math.Max(1, (long)Past.TotalMilliseconds / events);
        var start = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - ((events + 1) * step);
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fill.sql"))
            .Replace("{events}", Text(events), StringComparison.Ordinal).Replace("{start}", $"{Text(start)}::bigint", StringComparison.Ordinal).Replace("{step}", $"{Text(step)}::bigint", StringComparison.Ordinal);
        return text.Split("\n-- ").Skip(1).Select(section => section.Split('\n', 2)).Where(section => section.Length == 2 && section[1].Contains(';'))
            .ToDictionary(section => section[0].Trim(), section => section[1]);
    }

    private static string? Next(Queue<string> tables)
    {
        lock (tables)
            return tables.TryDequeue(out var table) ? table : null;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }
}
