using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hub.Simulators;

/// <summary>The settings file: which pretended partners listen where, and the hub they report to.</summary>
public sealed record SimulatorSettings
{
    /// <summary>Address listened on; <c>0.0.0.0</c> inside a container.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Port of the index page and the switches; 0 takes a free one.</summary>
    public int AdminPort { get; init; }

    /// <summary>Where receipts go and feeds are fetched; null: neither happens.</summary>
    public Uri? HubUrl { get; init; }

    /// <summary>File that every hit with or without an effect is appended to before it is answered; null: none.</summary>
    public string? Journal { get; init; }

    /// <summary>File that every request is appended to, whatever became of it; null: none.</summary>
    public string? Requests { get; init; }

    /// <summary>From the taking of a lead to its receipt "accepted".</summary>
    public double AcceptAfterSeconds { get; init; } = 0.5;

    /// <summary>From the taking of a lead to its receipt "in_progress", code CONTACTED.</summary>
    public double ContactAfterSeconds { get; init; } = 3;

    public IReadOnlyList<PartnerSettings> Partners { get; init; } = [];

    public static SimulatorSettings Load(string file) =>
        JsonSerializer.Deserialize<SimulatorSettings>(File.ReadAllText(file), SimulatorJson.Options)
        ?? throw new InvalidOperationException($"The settings file {file} is empty.");
}

/// <summary>One pretended partner.</summary>
public sealed record PartnerSettings
{
    public required string Name { get; init; }

    /// <summary><c>sgcc-crm</c>, <c>local-crm</c>, <c>webhook</c>, <c>feed</c>, <c>notification</c>, or <c>approval-platform</c>, <c>register</c> and <c>licence-library</c>, which are asked instead of sent to.</summary>
    public required string Kind { get; init; }

    /// <summary>0 takes a free one.</summary>
    public int Port { get; init; }

    public string? AppKey { get; init; }

    /// <summary>The app secret, the bearer token, or the <c>whsec_</c> key.</summary>
    public string? Secret { get; init; }

    /// <summary>The hub's <c>whpk_</c> key, for webhooks signed <c>v1a</c>.</summary>
    public string? PublicKey { get; init; }

    /// <summary>The key this partner sends receipts and fetches with; null: it does neither.</summary>
    public string? HubKey { get; init; }

    /// <summary>The key this partner publishes with: what became of the orders of co-transfers, or of notices; null: it takes none.</summary>
    public string? PublishKey { get; init; }

    /// <summary>A webhook that also empties its feed, as while it is switched between push and pull; a partner of the kind <c>feed</c> always does.</summary>
    public bool Fetches { get; init; }
}

internal static class SimulatorJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
