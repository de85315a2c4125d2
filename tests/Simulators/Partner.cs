using System.Security.Cryptography;
using System.Text.Json;

namespace Hub.Simulators;

/// <summary>One pretended partner: its dialect is in the derived class, its memory in <see cref="LeadBook"/>.</summary>
public abstract class Partner(PartnerSettings settings, LeadBook book, params IReadOnlyList<string> ownFaults)
{
    public string Name => settings.Name;

    public string Kind => settings.Kind;

    public LeadBook Book => book;

    public Faults Faults { get; } = new(settings.Name, ownFaults);

    /// <summary>What goes wrong with its own fetching; see <see cref="FeedReader"/>.</summary>
    public Faults FetchFaults { get; } = new(settings.Name, FeedReader.Modes);

    /// <summary>Where orders of co-transfers are worked on; null for a partner that takes none.</summary>
    public AccountDesk? Desk { get; set; }

    protected PartnerSettings Settings => settings;

    /// <summary>Answers one request in the partner's dialect, with its effect.</summary>
    public abstract Reply Answer(Hit hit);

    /// <summary>How this dialect says no to the content.</summary>
    public abstract Reply RefuseContent();

    /// <summary>How this dialect says no to the caller.</summary>
    public abstract Reply RefuseCaller();

    /// <summary>The answer as a fault of this partner's own makes it; null when it knows no such fault.</summary>
    public virtual Reply? Spoil(Hit hit, string mode) => null;

    public static Partner Create(PartnerSettings settings, LeadBook book, TimeProvider clock) => settings.Kind switch
    {
        "sgcc-crm" => new SgccCrm(settings, book, clock),
        "local-crm" => new LocalCrm(settings, book),
        "approval-platform" or "register" => new ApprovalPlatform(settings, book, clock),
        "licence-library" => new LicenceLibrary(settings, book, clock),
        "notification" => new NotificationGateway(settings, book),
        "webhook" or "feed" => new WebhookUtility(settings, book, clock),
        _ => throw new InvalidOperationException($"Partner '{settings.Name}' is of the unknown kind '{settings.Kind}'."),
    };
}

/// <summary>One request as it arrived.</summary>
public sealed record Hit(string Method, string Path, IHeaderDictionary Headers, byte[] Body)
{
    /// <summary>With its question mark; empty when there is none.</summary>
    public string Query { get; init; } = "";

    public DateTimeOffset? Began { get; init; }

    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Body));

    public string? Header(string name) => Headers.TryGetValue(name, out var values) ? values.ToString() : null;
}

/// <summary>One response as it will leave.</summary>
public sealed record Reply(int Status, byte[] Body, string ContentType = "application/json; charset=utf-8")
{
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public static Reply Json(int status, object value) => new(status, JsonSerializer.SerializeToUtf8Bytes(value, SimulatorJson.Options));

    public static Reply Empty(int status) => new(status, []);
}
