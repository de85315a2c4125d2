using System.Net.Sockets;
using Npgsql;

namespace Hub.Journeys.Faults;

/// <summary>Stands between the hub and its database, on a socket of its own, and can refuse, stand still or dawdle.</summary>
internal sealed class DatabaseProxy : IAsyncDisposable
{
    private const int ChunkBytes = 64 * 1024;

    private readonly string connectionString;
    private readonly TemporaryFolder folder = new();
    private readonly Lock gate = new();
    private readonly HashSet<Socket> open = [];
    private Socket? listener;
    private volatile TaskCompletionSource? hanging;
    private volatile int delayMs;

    /// <param name="connectionString">The database's own.</param>
    public DatabaseProxy(string connectionString)
    {
        this.connectionString = connectionString;
        Listen();
    }

    /// <summary>For the hub.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder(connectionString) { Host = folder.Path }.ConnectionString;

    private string SocketFile => folder.File($".s.PGSQL.{new NpgsqlConnectionStringBuilder(connectionString).Port}");

    /// <summary>As if nobody listened any more: what is open is cut off, what is new is refused.</summary>
    public void Refuse()
    {
        listener?.Dispose();
        listener = null;
        File.Delete(SocketFile);
        CutOff();
    }

    /// <summary>As if the cable hung in the air: everything is taken and nothing comes.</summary>
    public void Hang() => hanging = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Every piece towards the database waits first.</summary>
    public void Slow(int milliseconds) => delayMs = milliseconds;

    /// <summary>All is well again.</summary>
    public void Repair()
    {
        delayMs = 0;
        hanging?.TrySetResult();
        hanging = null;
        if (listener is null)
            Listen();
    }

    public ValueTask DisposeAsync()
    {
        Refuse();
        hanging?.TrySetResult();
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Listen()
    {
        listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(SocketFile));
        listener.Listen();
        _ = AcceptAsync(listener);
    }

    private async Task AcceptAsync(Socket from)
    {
        try
        {
            while (true)
                _ = ServeAsync(await from.AcceptAsync());
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // No longer listening.
        }
    }

    private async Task ServeAsync(Socket hub)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        var unix = target.Host!.StartsWith('/');
        using var near = hub;
        using var far = unix ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(SocketType.Stream, ProtocolType.Tcp);
        lock (gate)
            open.UnionWith([near, far]);
        try
        {
            await (hanging?.Task ?? Task.CompletedTask);
            await (unix ? far.ConnectAsync(new UnixDomainSocketEndPoint($"{target.Host}/.s.PGSQL.{target.Port}")) : far.ConnectAsync(target.Host, target.Port));
            await Task.WhenAny(PumpAsync(near, far, slow: true), PumpAsync(far, near, slow: false));
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Cut off.
        }
        finally
        {
            lock (gate)
                open.ExceptWith([near, far]);
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool slow)
    {
        var buffer = new byte[ChunkBytes];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                if (slow && delayMs > 0)
                    await Task.Delay(delayMs);
                await (hanging?.Task ?? Task.CompletedTask);
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Cut off.
        }
    }

    private void CutOff()
    {
        lock (gate)
        {
            foreach (var socket in open)
                socket.Dispose();
            open.Clear();
        }
    }
}
