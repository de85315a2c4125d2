using System.Globalization;

namespace Hub.Connectors;

/// <summary>One connector instance: an item of <c>Hub:Connectors</c>.</summary>
public sealed record ConnectorSettings
{
    /// <summary>Operator id, such as <c>sgcc-linfen</c>: unique, in logs, metrics and addresses of the console.</summary>
    public string Name { get; init; } = "";

    /// <summary>One of <see cref="ConnectorCatalog.Kinds"/>.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Chinese name shown to people.</summary>
    public string Title { get; init; } = "";

    /// <summary>English name shown to people.</summary>
    public string TitleEn { get; init; } = "";

    /// <summary>
    /// Absolute http or https address: the whole address of a webhook, the root of a CRM's interface. Of a queue: <c>amqp://host:port/vhost</c>, or
    /// <c>amqps</c>, without user and password. A feed has none.
    /// </summary>
    public Uri? Address { get; init; }

    /// <summary>Webhook: where its receiver shows what it made of a test of the certification kit; null: nowhere.</summary>
    public Uri? EffectsAddress { get; init; }

    /// <summary>Webhook, feed, queue: HMAC key <c>whsec_…</c>. CRM: the app secret or bearer token the partner gave.</summary>
    public string? Secret { get; init; }

    /// <summary>Webhook, feed, queue: Ed25519 seed <c>whsk_…</c> (base64, 32 bytes), for signatures <c>v1a</c>.</summary>
    public string? PrivateKey { get; init; }

    /// <summary>Webhook, feed, queue: the HMAC key before this one; messages carry its signature too until <see cref="FormerUntil"/>.</summary>
    public string? FormerSecret { get; init; }

    /// <summary>The same of the Ed25519 seed.</summary>
    public string? FormerPrivateKey { get; init; }

    /// <summary>When the former keys are no longer signed with; null: there are none.</summary>
    public DateTimeOffset? FormerUntil { get; init; }

    /// <summary>The name we have at the CRM's gateway, or at the queue's broker.</summary>
    public string? AppKey { get; init; }

    /// <summary>Our password at the queue's broker.</summary>
    public string? Password { get; init; }

    /// <summary>Name of the queue; it is the partner's, and is there before we publish.</summary>
    public string? Queue { get; init; }

    /// <summary>Power factor by which a load in kW becomes a capacity in kVA (<c>local-crm</c>); above 0, at most 1.</summary>
    public double PowerFactor { get; init; } = 0.9;

    /// <summary>The partner's own codes, laid over those of the dialect (<c>permit-window</c>): lines such as <c>item EXCAVATION=ZLWJ</c>.</summary>
    public IReadOnlyList<string> Codes { get; init; } = [];

    public double ConnectTimeoutSeconds { get; init; } = 5;

    /// <summary>Limit of one whole attempt, connecting and a quick retry included.</summary>
    public double TimeoutSeconds { get; init; } = 20;

    /// <summary>Attempts at the same time.</summary>
    public int Workers { get; init; } = 8;

    /// <summary>Commands sent in one call at most, where the kind can (<c>webhook</c>); never waited for.</summary>
    public int BatchMax { get; init; } = 1;

    /// <summary>Deliveries that may wait in memory.</summary>
    public int QueueLimit { get; init; } = 256;

    /// <summary>Attempts a second agreed with the partner, for each node; 0: no limit.</summary>
    public double RatePerSecond { get; init; }

    public BreakerSettings Breaker { get; init; } = new();

    /// <summary>True when its receiver fetches and is never called.</summary>
    public bool AlwaysPulls => Kind == ConnectorCatalog.Feed;

    /// <summary>True when its receiver may fetch: its commands have a form that needs no call.</summary>
    public bool CanPull => Kind is ConnectorCatalog.Feed or ConnectorCatalog.Webhook;

    // The generated text of a record would print the secrets.
    public override string ToString() => $"{Name} ({Kind})";

    /// <summary>What is wrong, one sentence each; empty when the connector may start.</summary>
    public IReadOnlyList<string> Validate() => Named([.. IdentityProblems(), .. AddressProblems(), .. KeyProblems(), .. LimitProblems(), .. Breaker.Problems()]);

    /// <summary>As <see cref="Validate"/>, for a hub whose connectors run elsewhere: only what it uses itself.</summary>
    public IReadOnlyList<string> ValidateRemote() => Named([.. IdentityProblems(), .. LimitProblems()]);

    private IReadOnlyList<string> Named(IReadOnlyList<string> problems) =>
        [.. problems.Select(problem => string.Create(CultureInfo.InvariantCulture, $"Connector '{Name}': {problem}"))];

    private IEnumerable<string> IdentityProblems()
    {
        if (Name.Length is 0 or > 64 || !Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-'))
        {
            yield return "Name must be 1 to 64 lower-case letters, digits or hyphens.";
        }

        if (!ConnectorCatalog.Kinds.Contains(Kind))
        {
            yield return $"Kind '{Kind}' is not one of {string.Join(", ", ConnectorCatalog.Kinds)}.";
        }

        if (Title.Length > 100 || TitleEn.Length > 100)
        {
            yield return "Title and TitleEn must be at most 100 characters.";
        }

        foreach (var problem in CodeTables.Problems(Codes))
        {
            yield return problem;
        }

        if (AppKey?.Length > 200)
        {
            yield return "AppKey must be at most 200 characters.";
        }
    }

    private IEnumerable<string> AddressProblems()
    {
        if (AlwaysPulls)
        {
            if (Address is not null)
            {
                yield return "Address must be left out: a feed is fetched, nobody is called.";
            }
        }
        else if (Kind == ConnectorCatalog.Queue && Address is not { IsAbsoluteUri: true, Scheme: "amqp" or "amqps" })
        {
            yield return "Address must be an absolute amqp or amqps address.";
        }
        else if (Kind != ConnectorCatalog.Queue && Address is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
        {
            yield return "Address must be an absolute http or https address.";
        }
        else if (Address!.UserInfo.Length > 0 || Address.Fragment.Length > 0)
        {
            yield return "Address must carry neither a user name nor a fragment.";
        }

        if (EffectsAddress is not null && (Kind != ConnectorCatalog.Webhook || EffectsAddress is not { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "", Fragment: "" }))
        {
            yield return "EffectsAddress is for a webhook only: an absolute http or https address without user name and fragment.";
        }
    }

    private IEnumerable<string> KeyProblems() => Kind switch
    {
        ConnectorCatalog.SgccCrm => Missing(nameof(AppKey), AppKey).Concat(Missing(nameof(Secret), Secret)),
        ConnectorCatalog.LicenceLibrary or ConnectorCatalog.PermitWindow => Missing(nameof(AppKey), AppKey).Concat(Missing(nameof(Secret), Secret)),
        ConnectorCatalog.LocalCrm or ConnectorCatalog.Notification => Missing(nameof(Secret), Secret),
        ConnectorCatalog.Webhook => Unsigned().Concat(SigningKeyProblems()),
        ConnectorCatalog.Feed => SigningKeyProblems(),
        ConnectorCatalog.Queue =>
        [
            .. Unsigned(), .. SigningKeyProblems(), .. Missing(nameof(AppKey), AppKey), .. Missing(nameof(Password), Password), .. Missing(nameof(Queue), Queue),
        ],
        _ => [],
    };

    private string[] Unsigned() => Secret is null && PrivateKey is null ? ["Secret (whsec_) or PrivateKey (whsk_) is missing: a push is never unsigned."] : [];

    private static IEnumerable<string> Missing(string name, string? value) =>
        string.IsNullOrWhiteSpace(value) ? [$"{name} is missing."] : [];

    private IEnumerable<string> SigningKeyProblems()
    {
        if (Secret is not null && !WebhookSignature.TryReadSecret(Secret, out _))
        {
            yield return "Secret must be 'whsec_' and base64 of 24 to 64 bytes.";
        }

        if (PrivateKey is not null && !WebhookSignature.TryReadSeed(PrivateKey, out _))
        {
            yield return "PrivateKey must be 'whsk_' and base64 of 32 bytes.";
        }

        if (FormerSecret is not null && !WebhookSignature.TryReadSecret(FormerSecret, out _))
        {
            yield return "FormerSecret must be 'whsec_' and base64 of 24 to 64 bytes.";
        }

        if (FormerPrivateKey is not null && !WebhookSignature.TryReadSeed(FormerPrivateKey, out _))
        {
            yield return "FormerPrivateKey must be 'whsk_' and base64 of 32 bytes.";
        }

        if (FormerUntil is null != (FormerSecret is null && FormerPrivateKey is null))
        {
            yield return "FormerUntil must be given with a former key, and only with one.";
        }
    }

    private IEnumerable<string> LimitProblems()
    {
        // The upper limit keeps a mistyped unit (milliseconds) from holding a worker for hours.
        if (TimeoutSeconds is not (> 0 and <= 300))
        {
            yield return "TimeoutSeconds must be above 0 and at most 300.";
        }
        else if (!(ConnectTimeoutSeconds > 0 && ConnectTimeoutSeconds <= TimeoutSeconds))
        {
            yield return "ConnectTimeoutSeconds must be above 0 and at most TimeoutSeconds.";
        }

        if (Workers is < 1 or > 1024)
        {
            yield return "Workers must be 1 to 1024.";
        }

        if (BatchMax is < 1 or > 100)
        {
            yield return "BatchMax must be 1 to 100.";
        }
        else if (BatchMax > 1 && Kind != ConnectorCatalog.Webhook)
        {
            yield return $"BatchMax must be 1: kind '{Kind}' takes one command a call.";
        }

        if (QueueLimit is < 1 or > 1_000_000)
        {
            yield return "QueueLimit must be 1 to 1000000.";
        }

        // Slower than one call in ten seconds would outlast a lease.
        if (RatePerSecond is not (0 or (>= 0.1 and <= 10_000)))
        {
            yield return "RatePerSecond must be 0 (no limit) or 0.1 to 10000.";
        }

        if (PowerFactor is not (> 0 and <= 1))
        {
            yield return "PowerFactor must be above 0 and at most 1.";
        }
    }
}

/// <summary>When a connector is left alone for a while.</summary>
public sealed record BreakerSettings
{
    private static readonly double[] UsualBreaks = [30, 60, 120, 300];

    /// <summary>Length of the rolling window.</summary>
    public double WindowSeconds { get; init; } = 300;

    /// <summary>Attempts in the window below which the breaker never opens.</summary>
    public int Minimum { get; init; } = 10;

    /// <summary>Share of failures in the window from which it opens; above 0, at most 1.</summary>
    public double FailureRatio { get; init; } = 0.5;

    /// <summary>Length of the first, second, … break; the last one repeats for ever. Empty: 30, 60, 120, 300.</summary>
    // Empty by default, because the configuration binder appends to a list instead of replacing it.
    public IReadOnlyList<double> BreakSeconds { get; init; } = [];

    /// <summary>The breaks in force.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IReadOnlyList<double> Breaks => BreakSeconds.Count > 0 ? BreakSeconds : UsualBreaks;

    internal IEnumerable<string> Problems()
    {
        if (WindowSeconds is not (>= 1 and <= 86_400))
        {
            yield return "Breaker:WindowSeconds must be 1 to 86400.";
        }

        if (Minimum is < 2 or > 1_000_000)
        {
            yield return "Breaker:Minimum must be 2 to 1000000.";
        }

        if (FailureRatio is not (> 0 and <= 1))
        {
            yield return "Breaker:FailureRatio must be above 0 and at most 1.";
        }

        if (Breaks.Any(seconds => seconds is not (>= 1 and <= 86_400)))
        {
            yield return "Breaker:BreakSeconds must each be 1 to 86400.";
        }
    }
}
