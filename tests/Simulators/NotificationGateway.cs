using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hub.Simulators;

/// <summary>
/// A pretended gateway for short messages, app or WeChat: one request for many receivers, an answer for each, results later. Accounts that end in 9 are unknown to it;
/// those that end in 8 are reached by short message only, and those that end in 88 by nothing.
/// </summary>
public sealed class NotificationGateway : Partner
{
    private const string Root = "/api/v1/messages";

    private static readonly string[] OwnFaults =
        ["gateway_other_request", "gateway_other_receivers", "gateway_short_list", "gateway_twice_one", "gateway_no_batch", "gateway_duplicate_key", "gateway_bom", "gateway_gbk", "gateway_drift", "gateway_new_state"];

    private readonly byte[] token;
    private readonly Lock gate = new();

    // By request: what was answered; by reference: whom it reached.
    private readonly Dictionary<Guid, JsonArray> answered = [];
    private readonly Dictionary<string, HashSet<string>> reached = [];
    private readonly List<SimulatedNotice> notices = [];

    static NotificationGateway() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    public NotificationGateway(PartnerSettings settings, LeadBook book)
        : base(settings, book, OwnFaults) =>
        token = Encoding.UTF8.GetBytes("Bearer " + (settings.Secret ?? throw new InvalidOperationException($"Partner '{settings.Name}' has no secret.")));

    /// <summary>Where results go; null: nowhere.</summary>
    public NoticeReports? Reports { get; set; }

    /// <summary>What was sent, in the order of its effect.</summary>
    public IReadOnlyList<SimulatedNotice> Notices
    {
        get
        {
            lock (gate)
            {
                return [.. notices];
            }
        }
    }

    public override Reply Answer(Hit hit) => Answer(hit, "none");

    public override Reply Spoil(Hit hit, string mode) => Answer(hit, mode);

    public override Reply RefuseContent() => Error(422, "TEMPLATE_UNKNOWN");

    public override Reply RefuseCaller() => Error(401, "TOKEN_INVALID");

    private Reply Answer(Hit hit, string mode)
    {
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(hit.Header("Authorization") ?? ""), token))
        {
            return RefuseCaller();
        }

        return (hit.Method, hit.Path) switch
        {
            ("POST", Root) => Take(hit, mode),
            ("GET", _) when hit.Path.StartsWith(Root + "/", StringComparison.Ordinal) => Find(hit.Path[(Root.Length + 1)..]),
            _ => Reply.Empty(404),
        };
    }

    private Reply Take(Hit hit, string mode)
    {
        try
        {
            var request = JsonNode.Parse(hit.Body)!.AsObject();
            var id = Guid.ParseExact((string)request["requestNo"]!, "D");
            if (hit.Header("X-Request-Id") != (string)request["requestNo"]!)
            {
                return Error(400, "REQUEST_ID_INVALID");
            }

            lock (gate)
            {
                var repeated = Book.Find(id) is not null;
                var batch = Book.Take(id, (string)request["businessNo"]!, (string)request["templateId"]! is "outage_cancelled" ? "withdraw" : "notice", (long)request["sequence"]!, hit.Body, hit.Began);
                if (batch is null)
                {
                    return RefuseContent();
                }

                if (!repeated)
                {
                    Work(id, request);
                }

                return Written(id, batch, answered.GetValueOrDefault(id)?.DeepClone().AsArray() ?? [], mode);
            }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException or NullReferenceException)
        {
            return Error(400, "BODY_INVALID");
        }
    }

    private void Work(Guid id, JsonObject request)
    {
        var (reference, channel) = ((string)request["reference"]!, (string?)request["channel"]);
        var receivers = request["receivers"]!.AsArray().Select(receiver => (No: (int)receiver!["no"]!, Account: (string?)receiver["accountNo"])).ToList();
        answered[id] = [.. receivers.Select(receiver => new JsonObject { ["no"] = receiver.No, ["state"] = receiver.Account?.EndsWith('9') == true ? "REJECTED" : "ACCEPTED" })];
        var accounts = receivers.Select(receiver => receiver.Account).OfType<string>().Where(account => !account.EndsWith('9')).ToHashSet(StringComparer.Ordinal);
        if ((string?)request["receiversQuery"] is not null)
        {
            // A feeder of twelve accounts, all of them reached.
            accounts.UnionWith(Enumerable.Range(0, 12).Select(i => $"32000{i:D4}0"));
        }

        foreach (var earlier in request["receiversOf"]?.AsArray() ?? [])
        {
            accounts.UnionWith(reached.GetValueOrDefault((string)earlier!) ?? []);
        }

        var arrived = accounts.Where(account => Reaches(account, channel)).ToHashSet(StringComparer.Ordinal);
        if (!reached.TryGetValue(reference, out var known))
        {
            reached[reference] = known = [];
        }

        known.UnionWith(arrived);
        notices.Add(new(reference, (string)request["templateId"]!, channel, (string?)request["parameters"]!["textZh"] ?? "", [.. arrived.Order(StringComparer.Ordinal)]));
        if (channel is not null && accounts.Count > 0)
        {
            Reports?.Plan(reference, channel, [.. accounts.Order(StringComparer.Ordinal).Select(account => (account, arrived.Contains(account)))]);
        }
    }

    private static bool Reaches(string account, string? channel) => !account.EndsWith('8') || (channel is "SMS" && !account.EndsWith("88", StringComparison.Ordinal));

    private Reply Find(string path)
    {
        lock (gate)
        {
            return Guid.TryParseExact(path, "D", out var id) && Book.Find(id) is { } batch
                ? Written(id, batch, answered.GetValueOrDefault(id)?.DeepClone().AsArray() ?? [], "none")
                : Error(404, "REQUEST_NOT_FOUND");
        }
    }

    private static Reply Written(Guid id, string batch, JsonArray receivers, string mode)
    {
        var reply = new JsonObject { ["requestNo"] = id.ToString("D"), ["batchNo"] = batch, ["receivers"] = receivers };
        switch (mode)
        {
            case "gateway_other_request": reply["requestNo"] = Guid.NewGuid().ToString("D"); break;
            case "gateway_other_receivers": reply["receivers"] = new JsonArray(receivers.Select((_, i) => (JsonNode)new JsonObject { ["no"] = 500 + i, ["state"] = "ACCEPTED" }).ToArray()); break;
            case "gateway_short_list": receivers.RemoveAt(receivers.Count - 1); break;
            case "gateway_twice_one": receivers[^1]!["no"] = 0; break;
            case "gateway_no_batch": reply.Remove("batchNo"); break;
            // The list has become an object, as in a new version nobody announced.
            case "gateway_drift": reply["receivers"] = new JsonObject { ["list"] = receivers.DeepClone() }; break;
            case "gateway_new_state": receivers[0]!["state"] = "QUEUED"; break;
        }

        var text = reply.ToJsonString(SimulatorJson.Options);
        return mode switch
        {
            "gateway_duplicate_key" => new(200, Encoding.UTF8.GetBytes(text.Replace("\"batchNo\"", "\"batchNo\":\"X\",\"batchNo\"", StringComparison.Ordinal))),
            "gateway_bom" => new(200, [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)]),
            "gateway_gbk" => new(200, Encoding.GetEncoding("GB18030").GetBytes(text.Replace("}", ",\"msg\":\"已受理\"}", StringComparison.Ordinal))),
            _ => new(200, Encoding.UTF8.GetBytes(text)),
        };
    }

    private static Reply Error(int status, string code) => Reply.Json(status, new { error = new { code, message = "see the manual" } });
}

/// <param name="Reached">Accounts, in order.</param>
public sealed record SimulatedNotice(string Reference, string TemplateId, string? Channel, string TextZh, IReadOnlyList<string> Reached);
