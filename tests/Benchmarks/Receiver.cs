using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hub.Benchmarks;

/// <summary>How a pretended utility behaves.</summary>
internal enum Health
{
    Well,

    /// <summary>Answers after two seconds.</summary>
    Slow,

    /// <summary>Takes connections and never answers.</summary>
    Dead,
}

/// <summary>
/// A utility: notes when each command arrived and says yes. Plain sockets, because all share the same cores and what is measured is the hub.
/// </summary>
internal sealed class Receiver : IDisposable
{
    private static readonly TimeSpan SlowAnswer = TimeSpan.FromSeconds(2);
    private static readonly byte[] Yes = "HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray();

    private readonly Traffic traffic;
    private readonly Health health;
    private readonly bool bare;
    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private Exception? fault;

    /// <param name="bare">Events arrive as they were published, unsigned and in any order.</param>
    public Receiver(Traffic traffic, Health health = Health.Well, bool bare = false)
    {
        (this.traffic, this.health, this.bare) = (traffic, health, bare);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndPoint!).Port;

    /// <summary>A body we could not read would else look like a lost delivery.</summary>
    public void ThrowIfFaulted()
    {
        if (fault is not null)
            throw new BrokenRunException($"A receiver did not understand what arrived: {fault.Message}");
    }

    public void Dispose() => listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptAsync());
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var _ = socket;
        socket.NoDelay = true;
        var buffer = new byte[64 * 1024];
        var filled = 0;
        try
        {
            while (true)
            {
                var got = await socket.ReceiveAsync(buffer.AsMemory(filled));
                if (got == 0)
                    return;
                filled += got;
                if (!HttpText.TryMeasure(buffer.AsSpan(0, filled), out var body, out var end) || filled < end)
                {
                    if (end > buffer.Length || filled == buffer.Length)
                        Array.Resize(ref buffer, Math.Max(end, buffer.Length * 2));
                    continue;
                }

                filled = 0;
                if (health == Health.Dead)
                    continue;
                if (health == Health.Slow)
                    await Task.Delay(SlowAnswer);
                var answer = Note(buffer.AsSpan(0, body), buffer.AsSpan(body, end - body));
                for (var sent = 0; sent < answer.Length;)
                    sent += await socket.SendAsync(answer.AsMemory(sent));
            }
        }
        catch (Exception end) when (end is SocketException or IOException)
        {
            // The hub closed the connection.
        }
        catch (Exception broken)
        {
            fault = broken;
        }
    }

    private byte[] Note(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        var now = Stopwatch.GetTimestamp();
        if (bare)
        {
            traffic.Arrived(ProjectCodes.Digits(After(body, "\"id\":\"bench-"u8)[..10]), now);
            return Yes;
        }

        if (head.IndexOf("webhook-signature: v1"u8) < 0)
            throw new InvalidOperationException("not signed");
        if (body[0] != (byte)'[')
        {
            Note(ref body, now);
            return Yes;
        }

        return Batch(body, now);
    }

    /// <summary>Several in one call, each answered for itself.</summary>
    private byte[] Batch(ReadOnlySpan<byte> body, long now)
    {
        var answer = new StringBuilder("[");
        while (body.IndexOf("\"specversion\":"u8) is >= 0 and var at)
        {
            body = body[at..];
            var id = After(body, "\"id\":\""u8)[..36];
            answer.Append(answer.Length == 1 ? "" : ",").Append("{\"id\":\"").Append(Encoding.ASCII.GetString(id)).Append("\",\"status\":200}");
            Note(ref body, now);
        }

        answer.Append(']');
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\n\r\n{answer}"));
    }

    // The attributes stand in the order the hub writes them: subject before sequence.
    private void Note(ref ReadOnlySpan<byte> body, long now)
    {
        body = After(body, "\"subject\":\""u8);
        var caseNumber = ProjectCodes.CaseOf(body[..ProjectCodes.Length]);
        body = After(body, "\"sequence\":\""u8);
        traffic.Arrived(caseNumber, ProjectCodes.Digits(body[..10]), now);
    }

    private static ReadOnlySpan<byte> After(ReadOnlySpan<byte> text, ReadOnlySpan<byte> mark) =>
        text.IndexOf(mark) is >= 0 and var at ? text[(at + mark.Length)..] : throw new InvalidOperationException($"no {Encoding.ASCII.GetString(mark)}");
}
