using System.Globalization;
using System.Security.Cryptography;
using Hub.Connectors;

namespace Hub.Console;

/// <summary>One field of the form.</summary>
/// <param name="Name">Key of the setting.</param>
/// <param name="Step">The step it is asked for in.</param>
/// <param name="Input">text, number, password, lines, kind or signature.</param>
/// <param name="Kinds">The kinds that have it; empty: all.</param>
/// <param name="OnlyNew">Cannot be changed later: names and kinds never, secrets by two persons.</param>
internal sealed record ConnectorField(string Name, string Step, string Input, string[] Kinds, bool OnlyNew = false);

/// <summary>What somebody has typed so far.</summary>
internal sealed record ConnectorDraft
{
    /// <summary>The connector that is changed; null: a new one.</summary>
    public string? Connector { get; init; }

    /// <summary>The version it began from; 0: none.</summary>
    public int Version { get; init; }

    /// <summary>Settings it began from, with the keys the hub has made on the way.</summary>
    public required string From { get; init; }

    /// <summary>Text by field, as typed.</summary>
    public Dictionary<string, string> Typed { get; init; } = new(StringComparer.Ordinal);

    /// <summary>What the receiver's administrator may put under the well-known path.</summary>
    public required string Code { get; init; }

    /// <summary>How the receiver at <see cref="ProvenAddress"/> showed that it wants our calls; null: it has not.</summary>
    public string? Proof { get; init; }
    public DateTime? ProvenAt { get; init; }
    public Uri? ProvenAddress { get; init; }
}

/// <summary>The form of a connector: four steps, the fields of each, and what is wrong with what was typed. Decides; stores nothing and calls nobody.</summary>
internal static class ConnectorForm
{
    public const string Signature = "Signature";

    private static readonly string[] Signed = [ConnectorCatalog.Webhook, ConnectorCatalog.Feed];
    private static readonly string[] Called = [ConnectorCatalog.Webhook, ConnectorCatalog.SgccCrm, ConnectorCatalog.LocalCrm, ConnectorCatalog.PermitWindow, ConnectorCatalog.Notification];

    public static IReadOnlyList<string> Steps { get; } = ["who", "where", "pace", "proof"];

    /// <summary>The kinds that can be made here; a queue or a library needs more than a form, and stands in the settings file.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. Called, ConnectorCatalog.Feed];

    public static IReadOnlyList<string> Signatures { get; } = ["hmac", "ed25519", "both"];

    public static IReadOnlyList<ConnectorField> Fields { get; } =
    [
        new("Name", "who", "text", [], OnlyNew: true),
        new("Title", "who", "text", []),
        new("TitleEn", "who", "text", []),
        new("Kind", "who", "kind", [], OnlyNew: true),
        new("Address", "where", "text", Called),
        new(Signature, "where", "signature", Signed, OnlyNew: true),
        new("AppKey", "where", "text", [ConnectorCatalog.SgccCrm, ConnectorCatalog.PermitWindow]),
        new("Secret", "where", "password", [.. Called, ConnectorCatalog.Feed], OnlyNew: true),
        new("Codes", "where", "lines", [ConnectorCatalog.PermitWindow]),
        new("Workers", "pace", "number", Called),
        new("RatePerSecond", "pace", "number", Called),
        new("BatchMax", "pace", "number", [ConnectorCatalog.Webhook]),
        new("QueueLimit", "pace", "number", Called),
        new("TimeoutSeconds", "pace", "number", Called),
        new("ConnectTimeoutSeconds", "pace", "number", Called),
        new("PowerFactor", "pace", "number", [ConnectorCatalog.LocalCrm]),
        new("Breaker:WindowSeconds", "pace", "number", Called),
        new("Breaker:Minimum", "pace", "number", Called),
        new("Breaker:FailureRatio", "pace", "number", Called),
    ];

    /// <summary>The fields of one step for this kind.</summary>
    public static IEnumerable<ConnectorField> Of(string step, string kind, bool isNew) =>
        Fields.Where(field => field.Step == step && (isNew || !field.OnlyNew) && (field.Kinds.Length == 0 || field.Kinds.Contains(kind)));

    /// <summary>What stands in a field: as typed, else the setting it began from. A secret never stands anywhere.</summary>
    public static string TextOf(ConnectorDraft draft, ConnectorField field)
    {
        if (field.Input == "password")
            return "";
        if (draft.Typed.TryGetValue(field.Name, out var typed))
            return typed;
        var from = ConnectorsInForce.Read(draft.From);
        return field.Name switch
        {
            "Name" => from.Name,
            "Title" => from.Title,
            "TitleEn" => from.TitleEn,
            "Kind" => from.Kind,
            "Address" => from.Address?.OriginalString ?? "",
            Signature => from.PrivateKey is null ? "hmac" : from.Secret is null ? "ed25519" : "both",
            "AppKey" => from.AppKey ?? "",
            "Codes" => string.Join('\n', from.Codes),
            "Workers" => Text(from.Workers),
            "RatePerSecond" => Text(from.RatePerSecond),
            "BatchMax" => Text(from.BatchMax),
            "QueueLimit" => Text(from.QueueLimit),
            "TimeoutSeconds" => Text(from.TimeoutSeconds),
            "ConnectTimeoutSeconds" => Text(from.ConnectTimeoutSeconds),
            "PowerFactor" => Text(from.PowerFactor),
            "Breaker:WindowSeconds" => Text(from.Breaker.WindowSeconds),
            "Breaker:Minimum" => Text(from.Breaker.Minimum),
            "Breaker:FailureRatio" => Text(from.Breaker.FailureRatio),
            var other => throw new InvalidOperationException($"There is no field {other}."),
        };
    }

    /// <summary>The settings as typed, and which fields are wrong: those that cannot be read, and all that the check at a hub's start finds.</summary>
    public static (ConnectorSettings Settings, IReadOnlySet<string> Wrong) Read(ConnectorDraft draft)
    {
        var wrong = new HashSet<string>(StringComparer.Ordinal);
        var settings = ConnectorsInForce.Read(draft.From);
        if (draft.Typed.TryGetValue("Kind", out var kind))
            settings = With(settings, "Kind", kind.Trim(), wrong);

        // What was typed for another kind is of no effect.
        foreach (var field in Fields.Where(field => field.Name != "Kind" && draft.Typed.ContainsKey(field.Name) && (field.Kinds.Length == 0 || field.Kinds.Contains(settings.Kind))))
            settings = With(settings, field.Name, draft.Typed[field.Name].Trim(), wrong);
        wrong.UnionWith(settings.Validate().Select(problem => FieldOf(settings.Name, problem)));
        if (draft.Connector is null && !Kinds.Contains(settings.Kind))
            wrong.Add("Kind");
        return (settings, wrong);
    }

    /// <summary>Makes the keys that a webhook or a feed signs with, as far as none was typed: <c>hmac</c>, <c>ed25519</c> or both.</summary>
    public static ConnectorSettings WithKeys(ConnectorSettings settings, string signature) => !Signed.Contains(settings.Kind) ? settings : settings with
    {
        Secret = signature is "ed25519" ? null : settings.Secret ?? NewSecret(),
        PrivateKey = signature is "hmac" ? null : settings.PrivateKey ?? NewSeed(),
    };

    /// <summary>The same settings with new keys; what was signed with before goes on beside them until then. A secret that a partner gave is replaced by its next one.</summary>
    /// <param name="settings">Those in force.</param>
    /// <param name="given">The partner's new secret; of no effect where the hub makes the keys itself.</param>
    /// <param name="until">End of the time in which both are good.</param>
    public static ConnectorSettings Rekeyed(ConnectorSettings settings, string? given, DateTimeOffset until) => !MakesKeys(settings) ? settings with { Secret = given } : settings with
    {
        Secret = settings.Secret is null ? null : NewSecret(),
        PrivateKey = settings.PrivateKey is null ? null : NewSeed(),
        FormerSecret = settings.Secret,
        FormerPrivateKey = settings.PrivateKey,
        FormerUntil = settings.Secret is null && settings.PrivateKey is null ? null : until,
    };

    /// <summary>An earlier version's settings with the keys of now: going back never brings a key back that was given up.</summary>
    public static ConnectorSettings Restored(ConnectorSettings earlier, ConnectorSettings now) => earlier with
    {
        Secret = now.Secret, PrivateKey = now.PrivateKey, FormerSecret = now.FormerSecret, FormerPrivateKey = now.FormerPrivateKey, FormerUntil = now.FormerUntil, Password = now.Password,
    };

    /// <summary>True when the hub makes the keys itself; else the partner gives the secret.</summary>
    public static bool MakesKeys(ConnectorSettings settings) => Signed.Contains(settings.Kind);

    /// <summary>True when a receiver must have shown that it wants our calls before it gets any.</summary>
    public static bool NeedsProof(ConnectorSettings settings) => settings.Kind == ConnectorCatalog.Webhook;

    private static ConnectorSettings With(ConnectorSettings now, string field, string text, HashSet<string> wrong) => field switch
    {
        "Name" => now with { Name = text },
        "Title" => now with { Title = text },
        "TitleEn" => now with { TitleEn = text },
        "Kind" => now with { Kind = text, Address = text == ConnectorCatalog.Feed ? null : now.Address },
        "Address" => text.Length > 0 && Uri.TryCreate(text, UriKind.Absolute, out var address) ? now with { Address = address } : now with { Address = null },
        "AppKey" => now with { AppKey = text.Length == 0 ? null : text },
        "Secret" => text.Length == 0 ? now : now with { Secret = text },
        "Codes" => now with { Codes = [.. text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)] },
        "Workers" => Whole(now, field, text, wrong, number => now with { Workers = number }),
        "BatchMax" => Whole(now, field, text, wrong, number => now with { BatchMax = number }),
        "QueueLimit" => Whole(now, field, text, wrong, number => now with { QueueLimit = number }),
        "RatePerSecond" => Number(now, field, text, wrong, number => now with { RatePerSecond = number }),
        "TimeoutSeconds" => Number(now, field, text, wrong, number => now with { TimeoutSeconds = number }),
        "ConnectTimeoutSeconds" => Number(now, field, text, wrong, number => now with { ConnectTimeoutSeconds = number }),
        "PowerFactor" => Number(now, field, text, wrong, number => now with { PowerFactor = number }),
        "Breaker:WindowSeconds" => Number(now, field, text, wrong, number => now with { Breaker = now.Breaker with { WindowSeconds = number } }),
        "Breaker:Minimum" => Whole(now, field, text, wrong, number => now with { Breaker = now.Breaker with { Minimum = number } }),
        "Breaker:FailureRatio" => Number(now, field, text, wrong, number => now with { Breaker = now.Breaker with { FailureRatio = number } }),
        _ => now,
    };

    private static ConnectorSettings Whole(ConnectorSettings now, string field, string text, HashSet<string> wrong, Func<int, ConnectorSettings> with) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? with(number) : Unread(now, field, wrong);

    private static ConnectorSettings Number(ConnectorSettings now, string field, string text, HashSet<string> wrong, Func<double, ConnectorSettings> with) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? with(number) : Unread(now, field, wrong);

    private static ConnectorSettings Unread(ConnectorSettings now, string field, HashSet<string> wrong)
    {
        wrong.Add(field);
        return now;
    }

    // Every sentence of the check begins with the setting it speaks of.
    private static string FieldOf(string name, string problem) => new([.. problem[$"Connector '{name}': ".Length..].TakeWhile(one => char.IsAsciiLetter(one) || one == ':')]);

    private static string NewSecret() => "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private static string NewSeed() => "whsk_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
