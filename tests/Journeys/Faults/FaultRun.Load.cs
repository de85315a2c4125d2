using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Hub.Journeys.Nodes;
using Hub.Ledger;
using Hub.Simulators;
using Npgsql;

namespace Hub.Journeys.Faults;

/// <summary>Load, a second node, the operator's commands and what the partners saw of it all.</summary>
internal sealed partial class FaultRun
{
    /// <summary>Where each partner's projects lie; some are only reached by name.</summary>
    private static readonly Dictionary<string, (string Region, bool Named)> Places = new()
    {
        ["sgcc-jinzhong"] = ("140702", false), ["sgcc-linfen"] = (Approvals.LinfenCity, false), ["sgcc-shanxi"] = ("140105", false), ["sgcc-lianyungang"] = ("320703", false),
        ["slp-puxian"] = (Approvals.Puxian, false), ["slp-xiangning"] = ("141029", false), ["slp-anze"] = ("141026", false), ["huozhou-coal-power"] = (Approvals.LinfenCity, true),
        ["donggang-energy"] = ("320703", true), ["hohhot-power"] = (Approvals.Hohhot, false),
    };

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> acceptedAt = new();
    private NodesRun.Node? second;

    /// <summary>Every request at the partners, whatever became of it.</summary>
    public IReadOnlyList<RequestEntry> Requests => RequestLog.Read(folder.File("requests.jsonl"));

    /// <summary>The address of the second node, once started.</summary>
    public Uri? SecondNode => second?.Address;

    public Uri FirstNode => Nodes[0].Address;

    public static JsonObject Approval(string partner, string code, int version)
    {
        var (region, named) = Places[partner];
        var approval = version == 1 ? Approvals.Created(code, region) : Approvals.Amended(code, region, version);
        if (named)
            approval.Data()["operatorCode"] = partner;
        return approval;
    }

    public static string NewCode(string partner) => Approvals.NewCode(Places[partner].Region);

    public async Task SetFaultAsync(string partner, Fault fault)
    {
        using var reply = await http.PostAsJsonAsync(new Uri(admin, $"/{partner}/faults"), fault);
        reply.EnsureSuccessStatusCode();
    }

    public Task<string> KeyAsync(string partner)
    {
        var keys = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false });
        return new ApiKeys(keys, TimeProvider.System).CreateAsync(partner, ApiKey.Publish, [Approvals.Source], [], [], legalBasis: null, days: null, CancellationToken.None);
    }

    public async Task StartSecondNodeAsync()
    {
        var address = new Uri($"http://127.0.0.1:{FreePorts(1)[0]}");
        second = new("second", address, Nodes[0].Settings) { Environment = new Dictionary<string, string>(Nodes[0].Environment) { ["Hub__Url"] = address.ToString() } };
        second.Start();
        await Until.TrueAsync(() => AnswersAsync(new Uri(address, "/readyz")), "the second node is ready", StartLimit);
    }

    public Task KillSecondNodeAsync() => second!.KillAsync();

    /// <summary>One project: its versions one after the other, each sent until it is answered.</summary>
    /// <param name="pause">Between two of them.</param>
    /// <param name="nodes">Where to; another one after each failure. None: the first node.</param>
    public async Task PublishCaseAsync(string partner, int versions, TimeSpan pause = default, CancellationToken until = default, params Uri[] nodes)
    {
        var code = NewCode(partner);
        for (var (version, turn) = (1, 0); version <= versions && !until.IsCancellationRequested; version++)
        {
            var body = Encoding.UTF8.GetBytes(Approval(partner, code, version).ToJsonString());
            for (Guid? id = null; id is null;)
            {
                (id, _) = await TryAsync(body, nodes.Length == 0 ? FirstNode : nodes[turn++ % nodes.Length]);
                if (id is { } known)
                    Accept(known, code);
                else
                    await Task.Delay(Again);
            }

            if (pause > TimeSpan.Zero)
                await Task.Delay(pause, CancellationToken.None);
        }
    }

    /// <summary>So many events a second, whatever the answers take; each event is its own project.</summary>
    public async Task PublishAtAsync(string partner, double perSecond, TimeSpan length)
    {
        var clock = Stopwatch.StartNew();
        var sent = new List<Task>();
        for (var number = 0; number < perSecond * length.TotalSeconds; number++)
        {
            var due = TimeSpan.FromSeconds(number / perSecond) - clock.Elapsed;
            if (due > TimeSpan.Zero)
                await Task.Delay(due);
            sent.Add(PublishCaseAsync(partner, versions: 1));
        }

        await Task.WhenAll(sent);
    }

    /// <summary>A backlog quickly: a hundred events a request, each its own project.</summary>
    public async Task PublishBatchesAsync(string partner, int events)
    {
        foreach (var chunk in Enumerable.Range(0, events).Chunk(100))
        {
            var codes = chunk.Select(_ => NewCode(partner)).ToArray();
            var body = Encoding.UTF8.GetBytes($"[{string.Join(',', codes.Select(code => Approval(partner, code, version: 1).ToJsonString()))}]");
            using var content = new ByteArrayContent(body);
            content.Headers.TryAddWithoutValidation("Content-Type", "application/cloudevents-batch+json");
            using var reply = await http.PostAsync(new Uri(FirstNode, "/api/v1/events"), content);
            var items = JsonNode.Parse(await reply.Content.ReadAsStringAsync())!["items"]!.AsArray();
            foreach (var (code, item) in codes.Zip(items))
                Accept((Guid)item!["accepted"]!["id"]!, code);
        }
    }

    /// <returns>Hub's id, null when it is to be sent again; and the status, 0 when there was no answer.</returns>
    public async Task<(Guid? Id, int Status)> TryAsync(byte[] body, Uri? node = null, string? key = null, string? idempotencyKey = null)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node ?? FirstNode, "/api/v1/events")) { Content = new ByteArrayContent(body) };
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/cloudevents+json");
            if (key is not null)
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
            if (idempotencyKey is not null)
                request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
            using var reply = await http.SendAsync(request);
            var text = await reply.Content.ReadAsStringAsync();
            if (reply.StatusCode == HttpStatusCode.Accepted)
                return ((Guid)JsonNode.Parse(text)!["id"]!, 202);
            if (reply.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests) || reply.Headers.RetryAfter is null)
                Odd.Add($"{(int)reply.StatusCode} {text}");
            else
                Interlocked.Increment(ref askedToComeBack);
            return (null, (int)reply.StatusCode);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            // No answer: it may be stored or not, and only the same id again can tell.
            Interlocked.Increment(ref unanswered);
            return (null, 0);
        }
    }

    public void Accept(Guid id, string code)
    {
        if (acceptedAt.TryAdd(id, TimeProvider.System.GetUtcNow()))
            Recorder.Accept(id, code);
    }

    /// <summary>One value of <c>/metrics</c>; zero when it is not there.</summary>
    public async Task<double> MetricAsync(string name, string? receiver = null)
    {
        var head = receiver is null ? $"{name} " : $"{name}{{receiver=\"{receiver}\"}} ";
        var line = (await MetricsAsync()).Split('\n').FirstOrDefault(line => line.StartsWith(head, StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[head.Length..], CultureInfo.InvariantCulture);
    }

    /// <summary>Deliveries of one partner that are not settled.</summary>
    public Task<long> OpenAsync(string partner) =>
        CountAsync($"SELECT COALESCE((SELECT t.queued - t.taken - t.skipped FROM delivery_totals t JOIN connectors c ON c.no = t.connector_no WHERE c.name = '{partner}'), 0)");

    public Task UntilDeliveredAsync(string partner, TimeSpan? limit = null) =>
        Until.TrueAsync(async () => await OpenAsync(partner) == 0, $"{partner} has everything", limit ?? RunLength.Limit);

    /// <summary>Seconds from the 202 to the effect at the partner, for what was accepted in the span.</summary>
    public async Task<double[]> LatenessAsync(string partner, DateTimeOffset from, DateTimeOffset to)
    {
        var effects = Hits.Where(hit => hit.Effect && hit.Partner == partner).GroupBy(hit => hit.Command).ToDictionary(group => group.Key, group => group.First().Time);
        var commands = await CommandsAsync(database.ConnectionString);
        return
        [
            .. acceptedAt.Where(one => one.Value >= from && one.Value < to)
                .SelectMany(one => commands.GetValueOrDefault(one.Key, []).Where(effects.ContainsKey).Select(command => Math.Max(0, (effects[command] - one.Value).TotalSeconds)))
                .Order(),
        ];
    }

    /// <summary>Seconds since the 202 of the oldest event that the partner does not have, before and after this look.</summary>
    public async Task<(double Before, double After)> OldestAsync(string partner)
    {
        var before = Age(await OldestEventAsync(partner));
        var after = Age(await OldestEventAsync(partner));
        return (Math.Min(before, after), Math.Max(before, after));

        static double Age(DateTimeOffset? accepted) => accepted is { } at ? (TimeProvider.System.GetUtcNow() - at).TotalSeconds : 0;
    }

    private async Task<DateTimeOffset?> OldestEventAsync(string partner)
    {
        var effects = Hits.Where(hit => hit.Effect && hit.Partner == partner).Select(hit => hit.Command).ToHashSet();
        var commands = await CommandsAsync(database.ConnectionString);
        return acceptedAt.Where(one => !commands.GetValueOrDefault(one.Key, []).All(effects.Contains)).Min(one => (DateTimeOffset?)one.Value);
    }

    public static double Percentile(IReadOnlyList<double> sorted, double percent) =>
        sorted.Count == 0 ? double.NaN : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * percent / 100))];

    /// <summary>The most requests of a partner in any span of one second.</summary>
    public static int PeakPerSecond(IEnumerable<DateTimeOffset> requests)
    {
        var times = requests.Order().ToArray();
        var (peak, first) = (0, 0);
        for (var last = 0; last < times.Length; last++)
        {
            while (times[last] - times[first] >= TimeSpan.FromSeconds(1))
                first++;
            peak = Math.Max(peak, last - first + 1);
        }

        return peak;
    }

    /// <summary>
    /// Requests that came although the partner had asked for a pause. Those already under way when it asked (as many as the connector has workers, less
    /// the one that was told) cannot be called back.
    /// </summary>
    public static int RetryAfterBreaches(IReadOnlyList<RequestEntry> requests, int workers)
    {
        var breaches = 0;
        foreach (var partner in requests.GroupBy(request => request.Partner))
        {
            var (pauseEnds, late) = (DateTimeOffset.MinValue, 0);
            foreach (var request in partner.OrderBy(request => request.Time))
            {
                if (request.Time < pauseEnds)
                    breaches += ++late >= workers ? 1 : 0;
                else if (Asked(request) is { } asked && asked > request.Time)
                    (pauseEnds, late) = (asked, 0);
            }
        }

        return breaches;
    }

    private static DateTimeOffset? Asked(RequestEntry request) => request.RetryAfter switch
    {
        null => null,
        var text when int.TryParse(text, CultureInfo.InvariantCulture, out var seconds) => request.Time.AddSeconds(seconds),
        var text when DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) => date,
        _ => null,
    };

    public void Tell(ITestOutputHelper output, string line)
    {
        output.WriteLine(line);
        System.Console.WriteLine(line);
    }
}
