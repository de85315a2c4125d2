using System.Globalization;
using System.Threading.Channels;
using Npgsql;

namespace Hub.Benchmarks;

/// <summary>
/// The opponent: the least that can be called a durable pipeline. It accepts whatever bytes come, commits them in groups, claims them in batches with
/// SKIP LOCKED, pushes them and marks them, with nothing checked, signed, ordered or logged. Group commit, one statement a batch, wake-ups without polling and
/// kept connections, because an opponent that is weak on purpose proves nothing.
/// </summary>
internal static class BarePipeline
{
    private const int BatchMax = 256;
    private const int ClaimMax = 64;
    private const int Claimers = 4;
    private const int Pushes = 32;

    private const string TableSql = """
        CREATE TABLE bare (
            id      bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
            status  smallint NOT NULL,
            content bytea NOT NULL
        ) WITH (fillfactor = 70);
        CREATE INDEX bare_open ON bare (id) WHERE status = 0;
        """;

    private const string InsertSql = "INSERT INTO bare (status, content) SELECT 0, unnest($1)";

    private const string ClaimSql = """
        UPDATE bare b
           SET status = 1
          FROM (SELECT id FROM bare WHERE status = 0 ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED) c
         WHERE b.id = c.id
        RETURNING b.id, b.content
        """;

    private const string MarkSql = "UPDATE bare SET status = 2 WHERE id = ANY($1)";

    /// <summary>Starts it as a process of its own.</summary>
    public static async Task<Pipeline> StartAsync(string admin)
    {
        var database = await Database.CreateAsync(admin);
        await database.RunAsync(TableSql);
        var traffic = new Traffic(Mix.Usual, receivers: 1);
        var receiver = new Receiver(traffic, bare: true);
        var port = Child.FreePort();
        var child = Child.Start(
            typeof(BarePipeline).Assembly.Location, new Dictionary<string, string>(), "bare", database.ConnectionString,
            port.ToString(CultureInfo.InvariantCulture), $"http://127.0.0.1:{receiver.Port}/");
        await child.ReadyAsync(new Uri($"http://127.0.0.1:{port}/"));
        return new("bare", traffic, database, [child], [receiver], [new Target(port, "/", "none")], async () => await database.NumberAsync("SELECT count(*) FROM bare WHERE status < 2"));
    }

    /// <summary>Is that process.</summary>
    public static async Task ServeAsync(string connectionString, int port, Uri receiver)
    {
        await using var source = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxAutoPrepare = 16, AutoPrepareMinUsages = 2, MaxPoolSize = 16, ReadBufferSize = 65536, WriteBufferSize = 65536,
            Options = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off",
        }.ConnectionString).Build();
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { MaxConnectionsPerServer = Pushes, UseProxy = false });
        var waiting = Channel.CreateBounded<(byte[] Content, TaskCompletionSource Done)>(new BoundedChannelOptions(4096) { SingleReader = true });
        var claimed = Channel.CreateBounded<(long Id, byte[] Content)>(256);
        var pushed = Channel.CreateUnbounded<long>(new UnboundedChannelOptions { SingleReader = true });
        using var news = new SemaphoreSlim(0);

        _ = Task.Run(() => InsertAsync(source, waiting.Reader, news));
        for (var i = 0; i < Claimers; i++)
            _ = Task.Run(() => ClaimAsync(source, news, claimed.Writer));
        for (var i = 0; i < Pushes; i++)
            _ = Task.Run(() => PushAsync(http, receiver, claimed.Reader, pushed.Writer));
        _ = Task.Run(() => MarkAsync(source, pushed.Reader));

        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Run(async context =>
        {
            if (context.Request.Method != "POST")
                return;
            var content = new byte[context.Request.ContentLength!.Value];
            await context.Request.Body.ReadExactlyAsync(content);
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await waiting.Writer.WriteAsync((content, done));
            await done.Task;
            context.Response.StatusCode = 202;
            context.Response.ContentLength = 0;
        });
        await app.RunAsync();
    }

    private static async Task InsertAsync(NpgsqlDataSource source, ChannelReader<(byte[] Content, TaskCompletionSource Done)> waiting, SemaphoreSlim news)
    {
        await using var connection = await source.OpenConnectionAsync();
        var batch = new List<(byte[] Content, TaskCompletionSource Done)>(BatchMax);
        while (await waiting.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < BatchMax && waiting.TryRead(out var one))
                batch.Add(one);
            await using var insert = new NpgsqlCommand(InsertSql, connection) { Parameters = { new() { Value = batch.Select(one => one.Content).ToArray() } } };
            await insert.ExecuteNonQueryAsync();
            batch.ForEach(one => one.Done.SetResult());
            news.Release();
        }
    }

    private static async Task ClaimAsync(NpgsqlDataSource source, SemaphoreSlim news, ChannelWriter<(long Id, byte[] Content)> claimed)
    {
        await using var connection = await source.OpenConnectionAsync();
        while (true)
        {
            await news.WaitAsync();
            int found;
            do
            {
                var rows = new List<(long Id, byte[] Content)>(ClaimMax);
                await using (var claim = new NpgsqlCommand(ClaimSql, connection) { Parameters = { new() { Value = ClaimMax } } })
                await using (var reader = await claim.ExecuteReaderAsync())
                {
                    while (await reader.ReadAsync())
                        rows.Add((reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)));
                }

                found = rows.Count;
                foreach (var row in rows)
                    await claimed.WriteAsync(row);
            }
            while (found == ClaimMax);
        }
    }

    private static async Task PushAsync(HttpMessageInvoker http, Uri receiver, ChannelReader<(long Id, byte[] Content)> claimed, ChannelWriter<long> pushed)
    {
        await foreach (var (id, content) in claimed.ReadAllAsync())
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, receiver) { Content = new ByteArrayContent(content) };
            using var response = await http.SendAsync(request, CancellationToken.None);
            if (!response.IsSuccessStatusCode)
                throw new InvalidOperationException($"The receiver answered {response.StatusCode}.");
            pushed.TryWrite(id);
        }
    }

    private static async Task MarkAsync(NpgsqlDataSource source, ChannelReader<long> pushed)
    {
        await using var connection = await source.OpenConnectionAsync();
        var batch = new List<long>(BatchMax);
        while (await pushed.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < BatchMax && pushed.TryRead(out var id))
                batch.Add(id);
            await using var mark = new NpgsqlCommand(MarkSql, connection) { Parameters = { new() { Value = batch.ToArray() } } };
            await mark.ExecuteNonQueryAsync();
        }
    }
}
