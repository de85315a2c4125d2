using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Hub.Simulators;

/// <summary>A pretended gateway's reports to the hub: whom it reached, in batches.</summary>
public sealed class NoticeReports : IAsyncDisposable
{
    private const int BatchSize = 5;

    private readonly HubPublisher hub;
    private readonly TimeProvider clock;
    private readonly TimeSpan delay;
    private readonly CancellationTokenSource stopping = new();
    private readonly Channel<(string Reference, string Channel, IReadOnlyList<(string Account, bool Reached)> Results)> work =
        Channel.CreateUnbounded<(string, string, IReadOnlyList<(string, bool)>)>();
    private readonly Dictionary<string, int> batches = [];
    private readonly Task worker;

    public NoticeReports(Uri hub, string partner, string key, TimeSpan delay, TimeProvider clock)
    {
        this.hub = new HubPublisher(hub, partner, key, clock);
        this.clock = clock;
        this.delay = delay;
        worker = WorkAsync();
    }

    public void Plan(string reference, string channel, IReadOnlyList<(string Account, bool Reached)> results) => work.Writer.TryWrite((reference, channel, results));

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await worker;
        stopping.Dispose();
        hub.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            await foreach (var (reference, channel, results) in work.Reader.ReadAllAsync(stopping.Token))
            {
                await Task.Delay(delay, clock, stopping.Token);
                foreach (var batch in results.Chunk(BatchSize))
                {
                    batches[reference] = batches.GetValueOrDefault(reference) + 1;
                    await hub.PublishAsync(hub.Envelope("hub.outage.notified.v1", reference, Report(reference, channel, batches[reference], batch)), stopping.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The simulator stops.
        }
    }

    // The reference is operator/notice/round-channel, the region that of the demo's city.
    private JsonObject Report(string reference, string channel, int number, IEnumerable<(string Account, bool Reached)> batch)
    {
        var parts = reference.Split('/');
        var at = clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return new JsonObject
        {
            ["operatorCode"] = parts[0],
            ["noticeId"] = string.Join('/', parts[1..^1]),
            ["regionCode"] = "320706",
            ["reference"] = reference,
            ["channel"] = channel,
            ["batch"] = number,
            ["results"] = new JsonArray([.. batch.Select(one => (JsonNode)new JsonObject { ["accountNo"] = one.Account, ["state"] = one.Reached ? "DELIVERED" : "FAILED", ["at"] = at })]),
        };
    }
}
