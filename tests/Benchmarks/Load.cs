using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hub.Benchmarks;

internal sealed record LoadResult(int Accepted, int Refused, double Seconds, List<double> Latencies)
{
    public double Percentile(int percent) => Latencies.Count == 0 ? 0 : Latencies[Math.Min(Latencies.Count - 1, Latencies.Count * percent / 100)];
}

/// <summary>Publishes over plain sockets, one request at a time on each connection, so that the generator takes little of the machine.</summary>
internal static class Load
{
    private static int run;

    public static async Task<LoadResult> RunAsync(HubProcess hub, int connections, int events, TimeSpan limit)
    {
        var round = Interlocked.Increment(ref run);
        var left = events;
        var clock = Stopwatch.StartNew();
        var results = await Task.WhenAll(Enumerable.Range(0, connections).Select(number => Task.Run(async () =>
        {
            var latencies = new List<double>();
            var refused = 0;
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, hub.Port);
            var buffer = new byte[8192];
            for (var i = 0; clock.Elapsed < limit && Interlocked.Decrement(ref left) >= 0; i++)
            {
                var began = Stopwatch.GetTimestamp();
                await socket.SendAsync(Request(hub.Key, round, number, i));
                if (await ReadStatusAsync(socket, buffer) == 202)
                    latencies.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                else if (refused++ == 0 && number == 0)
                    Console.Error.WriteLine(Encoding.UTF8.GetString(buffer).TrimEnd('\0'));
            }

            return (Latencies: latencies, Refused: refused);
        })));
        var seconds = clock.Elapsed.TotalSeconds;
        var all = results.SelectMany(result => result.Latencies).Order().ToList();
        return new(all.Count, results.Sum(result => result.Refused), seconds, all);
    }

    // Four events to a case, then the next case: some order to keep, many lanes.
    private static byte[] Request(string key, int round, int connection, int number)
    {
        var project = $"BENCH{round:D2}{connection:D3}{number / 4:D6}";
        var body = Encoding.UTF8.GetBytes($$$"""
            {"specversion":"1.0","id":"b-{{{round}}}-{{{connection}}}-{{{number}}}","source":"urn:hub:bench","type":"hub.project_approval.{{{(number % 4 == 0 ? "created" : "amended")}}}.v1","time":"2026-01-05T09:00:00+08:00","subject":"{{{project}}}","data":{"projectCode":"{{{project}}}","projectName":"高标准农田建设项目配套供电工程","unitName":"示例市农业农村局","projectAddress":"示例镇一村、二村、三村、四村、五村，示例路东侧、示例河北侧","scaleContent":"泵站8座，中沟疏浚3.08km，衬砌渠道14.72km等，建成高标准农田1.0万亩，配套变压器2台","contactName":"示例","contactPhone":"0357-0000000","approvalType":"APPROVAL","approvalDocNo":"示审〔2026〕{{{number}}}号","approvalDate":"2026-01-05","approvalAuthority":"示例市行政审批局","regionCode":"141002","investmentWan":1900,"loadKw":800,"usageType":"400","requiredDate":"2026-12-31","version":{{{(number % 4) + 1}}} } }
            """);
        var head = Encoding.ASCII.GetBytes($"POST /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\nContent-Type: application/cloudevents+json\r\nContent-Length: {body.Length}\r\n\r\n");
        return [.. head, .. body];
    }

    private static async Task<int> ReadStatusAsync(Socket socket, byte[] buffer)
    {
        var filled = 0;
        while (true)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(filled));
            if (got == 0)
                throw new IOException("The hub closed the connection.");
            filled += got;
            var text = buffer.AsSpan(0, filled);
            var end = text.IndexOf("\r\n\r\n"u8);
            if (end < 0)
                continue;
            var head = Encoding.ASCII.GetString(text[..end]);
            var at = head.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase) + 16;
            var stop = head.IndexOf('\r', at);
            var length = int.Parse(stop < 0 ? head.AsSpan(at) : head.AsSpan(at, stop - at), System.Globalization.CultureInfo.InvariantCulture);
            if (filled >= end + 4 + length)
                return int.Parse(head.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}
