using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Engine;
using Hub.Intake;
using Hub.Ledger;
using Hub.Schemas;

namespace Hub.Simulation;

/// <summary>One event as its sender keeps it until it is answered: the same bytes every time.</summary>
internal sealed class Publication(string name, byte[] body, Func<byte[], DateTimeOffset, EventInput> read)
{
    public string Name => name;

    public byte[] Digest { get; } = SHA256.HashData(body);

    /// <summary>The node it was given to, and what was given; null while the sender has it.</summary>
    public (Node Node, EventInput Input)? Given { get; set; }

    /// <summary>The answer; null while there is none.</summary>
    public Accepted? Answer { get; set; }

    public EventInput Read(DateTimeOffset now) => read(body, now);
}

/// <summary>Bureaus and utilities that send events: in and out of order, twice, and under a name that is taken.</summary>
internal sealed class Publisher(Random random, int projects)
{
    private const string Source = "urn:hub:bureau:test";

    private static readonly ApiKey Key = new()
    {
        KeyId = "0123456789abcdef", Partner = "bureau-test", Direction = ApiKey.Publish, Sources = [Source], LegalBasis = "AGREEMENT-1",
    };

    // Two operators and a place that nobody serves.
    private static readonly string[] Regions = ["141002", "141033", "110101"];

    private static readonly string[] Later =
        [EventTypes.ProjectApprovalAmended, EventTypes.ProjectApprovalAmended, EventTypes.ProjectApprovalAmended, EventTypes.ProjectApprovalExtended, EventTypes.ProjectApprovalRevoked];

    private readonly int[] versions = new int[projects];
    private int sent;

    public List<Publication> All { get; } = [];

    /// <summary>An event nobody sent before, or another content under a name that was used.</summary>
    public Publication Next()
    {
        var project = random.Next(projects);
        if (All.Count > 0 && random.Next(12) == 0)
            return Add(All[random.Next(2) == 0 ? random.Next(All.Count) : All.Count - 1].Name, EventTypes.ProjectApprovalCreated, project, 1_000 + All.Count, Regions[0]);
        var version = ++versions[project];
        if (version > 1 && random.Next(6) == 0)
            version = random.Next(1, version);
        var type = versions[project] == 1 && random.Next(8) > 0 ? EventTypes.ProjectApprovalCreated : Later[random.Next(Later.Length)];
        var home = project % 5 == 4 ? 2 : project % 2;
        return Add($"{++sent}", type, project, version, Regions[random.Next(9) == 0 ? random.Next(Regions.Length) : home]);
    }

    /// <summary>A utility's word on an event.</summary>
    public Publication Receipt(StoredEvent about, CaseRow row)
    {
        string[] statuses = ["accepted", "in_progress", "done", "rejected"];
        var partner = random.Next(5) == 0 ? "nobody" : random.Next(2) == 0 ? "sgcc-linfen" : "slp-puxian";
        var receipt = new Receipt { Status = statuses[random.Next(statuses.Length)], At = FakeClock.Start };
        var name = $"{about.Event.Id:N}-{receipt.Status}-{partner}";
        var body = Encoding.UTF8.GetBytes($$"""{"status":"{{receipt.Status}}"}""");
        var publication = new Publication(name, body, (bytes, _) => new EventInput(
            new Event
            {
                Id = Guid.Empty, Source = $"urn:hub:receiver:{partner}", SourceId = name, Type = EventTypes.ReceiptReported, Subject = row.Key, Partner = partner, About = about.Event.Id,
                Region = about.Event.Region, OccurredAt = FakeClock.Start, Body = bytes, DataStart = 0, DataLength = bytes.Length,
            },
            receipt, row.Type, row.Key, SHA256.HashData(bytes)));
        All.Add(publication);
        return publication;
    }

    private Publication Add(string name, string type, int project, int version, string region)
    {
        var envelope = new JsonObject
        {
            ["specversion"] = "1.0",
            ["id"] = name,
            ["source"] = Source,
            ["type"] = type,
            ["time"] = "2021-10-12T10:24:00+08:00",
            ["data"] = new JsonObject
            {
                ["projectCode"] = $"2110-141002-04-01-{project + 1:D6}",
                ["projectName"] = "示例项目",
                ["approvalDate"] = version % 7 == 6 ? "2021-09" : "2021-09-22",
                ["regionCode"] = region,
                ["version"] = version,
            },
        };
        var publication = new Publication(name, JsonSerializer.SerializeToUtf8Bytes(envelope), (body, now) => EventReader.Structured(body, Key, now) switch
        {
            { Input: { } input } => input,
            var refused => throw new InvalidOperationException($"Not a good event: {refused.Problem!.Code} {string.Join(' ', refused.Problem.Errors?.Select(error => error.Pointer) ?? [])}"),
        });
        All.Add(publication);
        return publication;
    }
}
