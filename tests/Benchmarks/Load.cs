using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;

namespace Hub.Benchmarks;

/// <summary>Where events are published.</summary>
internal sealed record Target(int Port, string Path, string Key);

/// <summary>
/// The bureaus: each client publishes over plain sockets, one request at a time, so that the generator takes little of the machine. With several targets
/// (nodes of one hub) a case's events go to them in turn.
/// </summary>
internal sealed partial class Load(Traffic traffic, IReadOnlyList<Target> targets, int clients)
{
    /// <summary>Closed loop: every client sends its next event when the last was answered.</summary>
    /// <param name="length">When the clients stop.</param>
    /// <param name="events">About so many at most.</param>
    public async Task<Window> SaturateAsync(TimeSpan length, int events = int.MaxValue)
    {
        var publishers = Publishers();
        var first = traffic.NextEvent;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(publishers.Select(publisher => Task.Run(async () =>
        {
            while (traffic.NextEvent - first < events)
            {
                var group = traffic.TakeGroup();
                for (var step = 0; step < traffic.Mix.Events; step++)
                {
                    if (Stopwatch.GetElapsedTime(began) >= length)
                        return;
                    var number = (group * traffic.Mix.Events) + step;
                    await publisher.PublishAsync(number, Stopwatch.GetTimestamp());
                }
            }
        })));
        return End(publishers, first, began);
    }

    /// <summary>Open loop: events leave by the clock, whatever became of the ones before; each latency counts from the scheduled moment.</summary>
    public async Task<Window> PaceAsync(double rate, TimeSpan length)
    {
        var publishers = Publishers();
        var first = traffic.NextEvent;
        var pace = new Pace(rate, clients);
        // Read on the writer's thread: an idle client's request leaves at once, without a change of threads.
        var queues = publishers.Select(_ => Channel.CreateUnbounded<(int Number, long Due)>(
            new UnboundedChannelOptions { SingleReader = true, SingleWriter = true, AllowSynchronousContinuations = true })).ToList();
        var sending = publishers.Zip(queues).Select(pair => Task.Run(async () =>
        {
            await foreach (var (number, due) in pair.Second.Reader.ReadAllAsync())
                await pair.First.PublishAsync(number, due);
        })).ToList();
        var began = Stopwatch.GetTimestamp();
        await Task.Factory.StartNew(() => Tick(pace, length, began, queues), TaskCreationOptions.LongRunning);
        queues.ForEach(queue => queue.Writer.Complete());
        await Task.WhenAll(sending);
        return End(publishers, first, began);
    }

    private void Tick(Pace pace, TimeSpan length, long began, List<Channel<(int Number, long Due)>> queues)
    {
        var groups = new int[clients];
        var steps = Enumerable.Repeat(traffic.Mix.Events, clients).ToArray();
        var slots = pace.SlotsIn(length.TotalSeconds);
        for (var slot = 0L; slot < slots; slot++)
        {
            var due = began + (long)(pace.Due(slot) * Stopwatch.Frequency);
            while (Stopwatch.GetTimestamp() < due)
                SleepMicroseconds(50);
            var client = pace.ClientOf(slot);
            if (steps[client] == traffic.Mix.Events)
                (groups[client], steps[client]) = (traffic.TakeGroup(), 0);
            queues[client].Writer.TryWrite(((groups[client] * traffic.Mix.Events) + steps[client]++, due));
        }
    }

    private List<Publisher> Publishers() => [.. Enumerable.Range(0, clients).Select(_ => new Publisher(traffic, targets))];

    private Window End(List<Publisher> publishers, int first, long began)
    {
        var turned = publishers.Sum(publisher => publisher.Turned);
        publishers.ForEach(publisher => publisher.Dispose());
        return new(first, traffic.NextEvent, began, turned);
    }

    // Timers of the runtime count in milliseconds, which would be seen in the latencies.
    private static void SleepMicroseconds(uint microseconds) => _ = usleep(microseconds);

    [DllImport("libc")]
    private static extern int usleep(uint microseconds);
}

/// <summary>One client: a connection to every target, one request at a time.</summary>
internal sealed class Publisher : IDisposable
{
    private static readonly TimeSpan TurnedWait = TimeSpan.FromMilliseconds(20);

    private readonly Traffic traffic;
    private readonly List<(Socket Socket, Template Created, Template Amended)> targets;
    private readonly byte[] answer = new byte[16 * 1024];

    public Publisher(Traffic traffic, IReadOnlyList<Target> targets)
    {
        this.traffic = traffic;
        this.targets = [.. targets.Select(target =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, target.Port);
            return (socket, Template.Created(target.Path, target.Key), Template.Amended(target.Path, target.Key));
        })];
    }

    /// <summary>Answers 503 so far.</summary>
    public int Turned { get; private set; }

    public async Task PublishAsync(int number, long due)
    {
        traffic.Due(number, due);
        var (caseNumber, version) = traffic.Mix.Of(number);
        var (socket, created, amended) = targets[version % targets.Count];
        var request = (version == 1 ? created : amended).Fill(number, caseNumber, traffic.ReceiverOf(caseNumber), version);
        while (true)
        {
            for (var sent = 0; sent < request.Length;)
                sent += await socket.SendAsync(request[sent..]);
            var (status, length) = await HttpText.ReadAsync(socket, answer);
            switch (status)
            {
                case 202:
                    traffic.Accepted(number, Stopwatch.GetTimestamp());
                    return;
                case 503:
                    Turned++;
                    await Task.Delay(TurnedWait);
                    break;
                default:
                    throw new BrokenRunException($"Event {number} was answered with {status}: {Encoding.UTF8.GetString(answer.AsSpan(0, length))}");
            }
        }
    }

    public void Dispose() => targets.ForEach(target => target.Socket.Dispose());
}

/// <summary>Just enough HTTP/1.1 for both ends of our own connections: messages with a Content-Length.</summary>
internal static class HttpText
{
    /// <summary>Reads one answer.</summary>
    /// <returns>Its status, and how much of <paramref name="buffer"/> it fills.</returns>
    public static async Task<(int Status, int Length)> ReadAsync(Socket socket, byte[] buffer)
    {
        for (var filled = 0; ;)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(filled));
            if (got == 0)
                throw new BrokenRunException("The hub closed a connection.");
            filled += got;
            if (TryMeasure(buffer.AsSpan(0, filled), out _, out var length) && filled >= length)
                return (ProjectCodes.Digits(buffer.AsSpan(9, 3)), length);
        }
    }

    /// <summary>Finds where the body begins and where the message ends.</summary>
    public static bool TryMeasure(ReadOnlySpan<byte> text, out int body, out int end)
    {
        body = text.IndexOf("\r\n\r\n"u8) + 4;
        end = body;
        if (body < 4)
            return false;
        var head = text[..body];
        var at = head.IndexOf("Content-Length: "u8);
        if (at < 0)
            return true;
        var digits = head[(at + 16)..];
        end += int.Parse(digits[..digits.IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
        return true;
    }
}
