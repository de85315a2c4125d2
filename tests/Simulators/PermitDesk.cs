using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Hub.Simulators;

/// <summary>What a department decides about one item; what is not said is approved.</summary>
public sealed record Ruling
{
    public required string CaseNo { get; init; }
    public required string Item { get; init; }

    /// <summary>APPROVED, REFUSED, RETURNED, MATERIAL_MISSING, EXEMPT; <c>silent</c>: it says nothing. A no holds for the first version only.</summary>
    public string Result { get; init; } = "APPROVED";

    /// <summary>How its reports go wrong: none, twice, other_case, unknown_field, html. Wrong ones are followed by the right one.</summary>
    public string Report { get; init; } = "none";
}

/// <summary>The departments behind a pretended window: they survey, ask and decide, and tell the hub.</summary>
public sealed class PermitDesk : IAsyncDisposable
{
    private const int TriesMax = 30;

    private readonly string source;
    private readonly TimeProvider clock;
    private readonly TimeSpan delay;
    private readonly HttpClient http;
    private readonly CancellationTokenSource stopping = new();
    private readonly Channel<TakenItem> work = Channel.CreateUnbounded<TakenItem>();
    private readonly ConcurrentDictionary<(string, string), Ruling> rulings = [];
    private readonly ConcurrentDictionary<(string, string), TakenItem> withdrawn = [];
    private readonly Task worker;
    private int sent;

    public PermitDesk(Uri hub, string source, string key, TimeSpan delay, TimeProvider clock)
    {
        this.source = source;
        this.clock = clock;
        this.delay = delay;
        http = new HttpClient { BaseAddress = hub, Timeout = TimeSpan.FromSeconds(10) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        worker = WorkAsync();
    }

    /// <summary>Items that were withdrawn here.</summary>
    public ICollection<TakenItem> Withdrawn => withdrawn.Values;

    public void Rule(Ruling ruling) => rulings[(ruling.CaseNo, ruling.Item)] = ruling;

    public void Take(TakenItem item, bool withdrawn)
    {
        if (withdrawn)
        {
            this.withdrawn[(item.CaseNo, item.Item)] = item;
        }
        else
        {
            work.Writer.TryWrite(item);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await worker;
        stopping.Dispose();
        http.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            await foreach (var item in work.Reader.ReadAllAsync(stopping.Token))
            {
                var ruling = rulings.GetValueOrDefault((item.CaseNo, item.Item)) ?? new Ruling { CaseNo = item.CaseNo, Item = item.Item };
                foreach (var status in Said(item, ruling))
                {
                    // Times have whole seconds: a department says one thing after the other.
                    await Task.Delay(delay, clock, stopping.Token);
                    await SayAsync(item, status, ruling.Report);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The simulator stops.
        }
    }

    private static IEnumerable<string> Said(TakenItem item, Ruling ruling)
    {
        if (ruling.Result is "silent")
        {
            yield break;
        }

        yield return "RECEIVED";
        if (item.Item is "EXCAVATION")
        {
            yield return "SURVEYED";
        }

        if (item.Item is "GREEN")
        {
            yield return "OWNER_CONSENTED";
        }

        var right = item.Item is "FILING" ? "FILED" : "APPROVED";
        yield return ruling.Result is "APPROVED" || (item.Version > 1 && ruling.Result is "REFUSED" or "RETURNED" or "MATERIAL_MISSING") ? right : ruling.Result;
    }

    private async Task SayAsync(TakenItem item, string status, string wrong)
    {
        var data = new JsonObject
        {
            ["caseNo"] = item.CaseNo, ["operatorCode"] = item.OperatorCode, ["regionCode"] = item.RegionCode, ["item"] = item.Item, ["status"] = status, ["version"] = item.Version,
            ["at"] = clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture),
        };
        if (status is "APPROVED" or "FILED")
        {
            data["permitNo"] = $"示例许〔2026〕{item.CaseNo}-{item.Item}";
        }

        if (status is "REFUSED" or "RETURNED" or "MATERIAL_MISSING")
        {
            data["reason"] = "示例：图纸缺少断面";
        }

        if (status is "SURVEYED")
        {
            data["survey"] = "示例：具备开挖条件";
        }

        var right = Envelope(data);
        switch (wrong)
        {
            case "twice":
                await PostAsync(right);
                break;
            case "other_case":
                var other = data.DeepClone().AsObject();
                other["caseNo"] = "OTHER-1";
                await PostAsync(Envelope(other));
                break;
            case "unknown_field":
                var drifted = data.DeepClone().AsObject();
                drifted["spjg"] = "1";
                await PostAsync(Envelope(drifted));
                break;
            case "html":
                await PostAsync(Encoding.UTF8.GetBytes("<html><body>系统维护</body></html>"));
                break;
        }

        for (var attempt = 1; attempt <= TriesMax && !await PostAsync(right); attempt++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200 * attempt), clock, stopping.Token);
        }
    }

    private byte[] Envelope(JsonObject data) => JsonSerializer.SerializeToUtf8Bytes(
        new JsonObject
        {
            ["specversion"] = "1.0", ["id"] = $"permits-{Interlocked.Increment(ref sent)}-{clock.GetUtcNow().ToUnixTimeMilliseconds()}", ["source"] = source,
            ["type"] = "hub.permit.item_reported.v1", ["subject"] = (string)data["caseNo"]!, ["data"] = data.DeepClone(),
        },
        SimulatorJson.Options);

    private async Task<bool> PostAsync(byte[] body)
    {
        try
        {
            using var content = new ByteArrayContent(body);
            content.Headers.TryAddWithoutValidation("Content-Type", "application/cloudevents+json; charset=utf-8");
            using var response = await http.PostAsync(new Uri("/api/v1/events", UriKind.Relative), content, stopping.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception fault) when (fault is HttpRequestException || (fault is OperationCanceledException && !stopping.IsCancellationRequested))
        {
            return false;
        }
    }
}
