using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Threading.Channels;

namespace Hub.Simulators;

/// <summary>One partner's business receipts to the hub: accepted soon, for most in_progress later.</summary>
internal sealed class Receipts : IAsyncDisposable
{
    private const int QueueLimit = 100_000;
    private const int Workers = 4;
    private const int TriesMax = 5;

    private readonly SimulatorSettings settings;
    private readonly TimeProvider clock;
    private readonly HttpClient http;
    private readonly CancellationTokenSource stopping = new();
    // One queue for each delay: within a queue the due times rise, so its head is always the next one due.
    private readonly Channel<Due> accepted = NewQueue();
    private readonly Channel<Due> contacted = NewQueue();
    private readonly Task[] workers;
    private long sent;
    private long failed;
    private long dropped;

    public Receipts(SimulatorSettings settings, PartnerSettings partner, TimeProvider clock)
    {
        this.settings = settings;
        this.clock = clock;
        http = new HttpClient { BaseAddress = settings.HubUrl, Timeout = TimeSpan.FromSeconds(10) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", partner.HubKey);
        workers = [.. Enumerable.Range(0, Workers).SelectMany(_ => new[] { WorkAsync(accepted.Reader), WorkAsync(contacted.Reader) })];
    }

    public ReceiptStats Stats => new(Interlocked.Read(ref sent), Interlocked.Read(ref failed), Interlocked.Read(ref dropped));

    public void Plan(Guid command, string type)
    {
        // Orders of co-transfers are reported on as events, notices and feedback not at all.
        if (type is not ("create" or "update" or "withdraw"))
        {
            return;
        }

        var now = clock.GetUtcNow();
        Enqueue(accepted, new(command, now.AddSeconds(settings.AcceptAfterSeconds), "accepted", null));

        // By the id and not by chance: a run can be run again. Four leads of five are called back; a withdrawal needs no call.
        if (type is not "withdraw" && command.ToByteArray()[15] % 5 != 0)
        {
            Enqueue(contacted, new(command, now.AddSeconds(settings.ContactAfterSeconds), "in_progress", "CONTACTED"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(workers);
        stopping.Dispose();
        http.Dispose();
    }

    private static Channel<Due> NewQueue() =>
        Channel.CreateBounded<Due>(new BoundedChannelOptions(QueueLimit) { FullMode = BoundedChannelFullMode.Wait });

    private void Enqueue(Channel<Due> queue, Due due)
    {
        if (!queue.Writer.TryWrite(due))
        {
            Interlocked.Increment(ref dropped);
        }
    }

    private async Task WorkAsync(ChannelReader<Due> queue)
    {
        try
        {
            await foreach (var due in queue.ReadAllAsync(stopping.Token))
            {
                var wait = due.At - clock.GetUtcNow();
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, clock, stopping.Token);
                }

                await SendAsync(due);
            }
        }
        catch (OperationCanceledException)
        {
            // The simulator stops; what is left was only planned.
        }
    }

    private async Task SendAsync(Due due)
    {
        var body = new { status = due.Status, code = due.Code, at = due.At };
        for (var attempt = 1; attempt <= TriesMax; attempt++)
        {
            if (await TrySendAsync(due.Command, body))
            {
                Interlocked.Increment(ref sent);
                return;
            }

            await Task.Delay(TimeSpan.FromSeconds(attempt), clock, stopping.Token);
        }

        Interlocked.Increment(ref failed);
    }

    private async Task<bool> TrySendAsync(Guid command, object body)
    {
        try
        {
            using var response = await http.PostAsJsonAsync($"/api/v1/events/{command:D}/receipts", body, SimulatorJson.Options, stopping.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception fault) when (fault is HttpRequestException || (fault is OperationCanceledException && !stopping.IsCancellationRequested))
        {
            return false;
        }
    }

    private sealed record Due(Guid Command, DateTimeOffset At, string Status, string? Code);
}

public sealed record ReceiptStats(long Sent, long Failed, long Dropped);
