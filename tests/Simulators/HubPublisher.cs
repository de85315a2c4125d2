using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hub.Simulators;

/// <summary>How a pretended partner publishes events to the hub: until it was taken.</summary>
internal sealed class HubPublisher : IDisposable
{
    private const int TriesMax = 30;

    private readonly string partner;
    private readonly TimeProvider clock;
    private readonly HttpClient http;
    private int sent;

    public HubPublisher(Uri hub, string partner, string key, TimeProvider clock)
    {
        this.partner = partner;
        this.clock = clock;
        http = new HttpClient { BaseAddress = hub, Timeout = TimeSpan.FromSeconds(10) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>An event with an id of its own.</summary>
    public byte[] Envelope(string type, string subject, JsonObject data) => JsonSerializer.SerializeToUtf8Bytes(
        new JsonObject
        {
            ["specversion"] = "1.0",
            ["id"] = $"{partner}-{Interlocked.Increment(ref sent)}-{clock.GetUtcNow().ToUnixTimeMilliseconds()}",
            ["source"] = $"urn:hub:utility:{partner}",
            ["type"] = type,
            ["subject"] = subject,
            ["data"] = data.DeepClone(),
        },
        SimulatorJson.Options);

    public async Task PublishAsync(byte[] body, CancellationToken stopping)
    {
        for (var attempt = 1; attempt <= TriesMax && !await PostAsync(body, stopping); attempt++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200 * attempt), clock, stopping);
        }
    }

    /// <summary>One try.</summary>
    public async Task<bool> PostAsync(byte[] body, CancellationToken stopping)
    {
        try
        {
            using var content = new ByteArrayContent(body);
            content.Headers.TryAddWithoutValidation("Content-Type", "application/cloudevents+json; charset=utf-8");
            using var response = await http.PostAsync(new Uri("/api/v1/events", UriKind.Relative), content, stopping);
            return response.IsSuccessStatusCode;
        }
        catch (Exception fault) when (fault is HttpRequestException || (fault is OperationCanceledException && !stopping.IsCancellationRequested))
        {
            return false;
        }
    }

    public void Dispose() => http.Dispose();
}
