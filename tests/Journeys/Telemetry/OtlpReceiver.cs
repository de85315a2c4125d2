using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Hub.Journeys.Telemetry;

/// <summary>A span as it came over the wire.</summary>
internal sealed record ReceivedSpan(string TraceId, string SpanId, string ParentId, string Name);

/// <summary>A collector: takes OTLP over HTTP and keeps what this suite asks for.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private OtlpReceiver(WebApplication app) => this.app = app;

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = new();

    public ConcurrentDictionary<string, int> Metrics { get; } = new(StringComparer.Ordinal);

    public Uri Address => new(app.Urls.Single());

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var receiver = new OtlpReceiver(builder.Build());
        // ExportTraceServiceRequest.resource_spans.scope_spans.spans; ExportMetricsServiceRequest.resource_metrics.scope_metrics.metrics (opentelemetry-proto).
        receiver.app.MapPost("/v1/traces", async (HttpContext http) => Each(await BodyAsync(http), [1, 2, 2], receiver.AddSpan));
        receiver.app.MapPost("/v1/metrics", async (HttpContext http) => Each(await BodyAsync(http), [1, 2, 2], metric => receiver.Metrics.AddOrUpdate(Text(Field(metric, 1)), 1, (_, count) => count + 1)));
        await receiver.app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private void AddSpan(ReadOnlyMemory<byte> span) => Spans.Enqueue(new(
        Convert.ToHexStringLower(Field(span, 1).Span), Convert.ToHexStringLower(Field(span, 2).Span), Convert.ToHexStringLower(Field(span, 4).Span), Text(Field(span, 5))));

    private static async Task<ReadOnlyMemory<byte>> BodyAsync(HttpContext http)
    {
        Assert.Equal("application/x-protobuf", http.Request.ContentType);
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        return body.ToArray();
    }

    // Just enough protobuf: goes down the path of field numbers and hands every message at its end to the caller.
    private static void Each(ReadOnlyMemory<byte> message, ReadOnlySpan<int> path, Action<ReadOnlyMemory<byte>> take)
    {
        if (path.IsEmpty)
        {
            take(message);
            return;
        }

        foreach (var (number, value) in Fields(message))
        {
            if (number == path[0])
                Each(value, path[1..], take);
        }
    }

    private static ReadOnlyMemory<byte> Field(ReadOnlyMemory<byte> message, int number) => Fields(message).FirstOrDefault(field => field.Number == number).Value;

    private static string Text(ReadOnlyMemory<byte> value) => Encoding.UTF8.GetString(value.Span);

    private static IEnumerable<(int Number, ReadOnlyMemory<byte> Value)> Fields(ReadOnlyMemory<byte> message)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message.Span, ref at);
            var length = (tag & 7) switch
            {
                0 => Skipped(message.Span, at),
                1 => 8,
                2 => (int)Varint(message.Span, ref at),
                5 => 4,
                var wire => throw new InvalidDataException($"Wire type {wire}."),
            };
            yield return ((int)(tag >> 3), message.Slice(at, length));
            at += length;
        }
    }

    private static int Skipped(ReadOnlySpan<byte> bytes, int at)
    {
        var end = at;
        _ = Varint(bytes, ref end);
        return end - at;
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = bytes[at++];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }
    }
}
