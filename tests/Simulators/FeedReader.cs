using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Hub.Simulators;

/// <summary>
/// Empties one partner's feed: fetches a page, checks every signature and that no sequence is missing, takes each item in, acknowledges. It forgets its cursor and
/// dies between reading and acknowledging when told to, and then goes on from what the hub kept.
/// </summary>
internal sealed class FeedReader : IAsyncDisposable
{
    private const int PageLimit = 50;
    private const int WaitSeconds = 20;

    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);

    private readonly WebhookUtility partner;
    private readonly TimeProvider clock;
    private readonly HttpClient http;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task reading;
    private string? cursor;
    private long furthest;
    private long pages;
    private long items;
    private long missing;
    private long unsigned;
    private long acks;
    private long failures;

    public FeedReader(Uri hub, string key, WebhookUtility partner, TimeProvider clock)
    {
        this.partner = partner;
        this.clock = clock;
        http = new HttpClient { BaseAddress = new Uri(hub, $"/api/v1/feeds/{partner.Name}"), Timeout = TimeSpan.FromSeconds(WaitSeconds + 20) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        reading = Task.Run(ReadAsync);
    }

    /// <summary>lose_cursor: the position is what the hub kept. crash_before_ack: a page is taken in, nobody says so, and the cursor is gone.</summary>
    public static IReadOnlyList<string> Modes { get; } = ["none", "lose_cursor", "crash_before_ack"];

    public FetchStats Stats => new(
        Interlocked.Read(ref pages), Interlocked.Read(ref items), Interlocked.Read(ref missing), Interlocked.Read(ref unsigned), Interlocked.Read(ref acks), Interlocked.Read(ref failures));

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await reading;
        stopping.Dispose();
        http.Dispose();
    }

    private async Task ReadAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (!await FetchAsync())
                {
                    Interlocked.Increment(ref failures);
                    await Task.Delay(Again, clock, stopping.Token);
                }
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException)
            {
                // The hub is away or stops: what was not acknowledged comes again.
                Interlocked.Increment(ref failures);
                cursor = null;
                await Task.WhenAny(Task.Delay(Again, clock, stopping.Token));
            }
        }
    }

    private async Task<bool> FetchAsync()
    {
        using var response = await http.GetAsync($"?limit={PageLimit}&wait={WaitSeconds}{(cursor is null ? "" : $"&after={cursor}")}", stopping.Token);
        if (!response.IsSuccessStatusCode)
        {
            cursor = null;
            return false;
        }

        using var page = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(stopping.Token));
        var count = 0;
        foreach (var item in page.RootElement.GetProperty("items").EnumerateArray())
        {
            Take(item);
            count++;
        }

        var next = page.RootElement.GetProperty("next").GetString()!;
        if (count == 0)
        {
            return true;
        }

        Interlocked.Increment(ref pages);
        var fault = partner.FetchFaults.Next().Mode;
        cursor = fault is "none" ? next : null;
        return fault is "crash_before_ack" || await AckAsync(next);
    }

    private void Take(JsonElement item)
    {
        var sequence = long.Parse(item.GetProperty("sequence").GetString()!, CultureInfo.InvariantCulture);
        var id = item.GetProperty("id").GetString();
        var body = Encoding.UTF8.GetBytes(item.GetProperty("body").GetString()!);
        var signature = item.TryGetProperty("signature", out var signed) ? signed.GetString() : null;
        Interlocked.Increment(ref items);

        // Repeats lie behind; the next new one must be the next number.
        if (sequence > furthest)
        {
            // A process that begins anew begins where the hub kept its position.
            Interlocked.Add(ref missing, furthest == 0 ? 0 : sequence - furthest - 1);
            furthest = sequence;
        }

        if (!partner.IsSigned(id, item.GetProperty("timestamp").GetRawText(), signature, body) || !partner.Take(id, body))
        {
            Interlocked.Increment(ref unsigned);
        }
    }

    private async Task<bool> AckAsync(string upto)
    {
        using var content = new StringContent(JsonSerializer.Serialize(new { upto }, SimulatorJson.Options), Encoding.UTF8, "application/json");
        using var response = await http.PostAsync($"{http.BaseAddress!.AbsolutePath}/ack", content, stopping.Token);
        Interlocked.Increment(ref acks);
        return response.IsSuccessStatusCode;
    }
}

/// <param name="Pages">Pages with items.</param>
/// <param name="Items">Items, repeats included.</param>
/// <param name="Missing">Numbers passed over: never.</param>
/// <param name="Unsigned">Items whose signature or body was wrong: never.</param>
/// <param name="Acks">Acknowledgements sent.</param>
/// <param name="Failures">Requests without a good answer.</param>
public sealed record FetchStats(long Pages, long Items, long Missing, long Unsigned, long Acks, long Failures);
