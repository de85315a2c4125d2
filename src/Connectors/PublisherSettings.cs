using System.Globalization;

namespace Hub.Connectors;

/// <summary>One platform that cannot push and is polled: an item of <c>Hub:Publishers</c>.</summary>
public sealed record PublisherSettings
{
    /// <summary>A project approval platform with a paged list of what changed.</summary>
    public const string ApprovalPlatform = "approval-platform";

    /// <summary>A real-estate register, asked in the same way: changes of ownership, once they are booked (登簿).</summary>
    public const string Register = "register";

    /// <summary>A city's permit system, asked in the same way: what became of permit items.</summary>
    public const string Permits = "permits";

    private const int OverlapSecondsMax = 7 * 86_400;

    /// <summary>The partner its events are recorded under: unique, in logs, metrics and commands.</summary>
    public string Name { get; init; } = "";

    /// <summary><see cref="ApprovalPlatform"/>, <see cref="Register"/> or <see cref="Permits"/>.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Root of the platform's interface, an absolute http or https address.</summary>
    public Uri? Address { get; init; }

    /// <summary>The name the platform gave us.</summary>
    public string? AppKey { get; init; }

    /// <summary>The secret the platform gave us; requests are signed with it.</summary>
    public string? Secret { get; init; }

    /// <summary>CloudEvents source of its events: their names are unique within it, so it never changes.</summary>
    public string Source { get; init; } = "";

    /// <summary>Prefixes of the GB/T 2260 codes it may publish for; empty: all.</summary>
    public IReadOnlyList<string> Regions { get; init; } = [];

    /// <summary>Agreement its records are shared under, where a record names none.</summary>
    public string? LegalBasis { get; init; }

    /// <summary>Seconds from the beginning of one poll to that of the next; of no effect when <see cref="Cron"/> is given.</summary>
    public int Every { get; init; } = 60;

    /// <summary>Quartz cron expression in Beijing time, such as <c>0 0/5 7-20 * * ?</c>; null: <see cref="Every"/>.</summary>
    public string? Cron { get; init; }

    /// <summary>Only what changed since then is taken; null: all the platform has. Read at the first poll only.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Records asked for at a time.</summary>
    public int PageSize { get; init; } = 100;

    /// <summary>How far behind the newest record each poll begins: the longest time after which a record may still appear with an older stamp.</summary>
    public int OverlapSeconds { get; init; } = 300;

    /// <summary>The platform's own codes, laid over those of the dialect (<see cref="Permits"/>): lines such as <c>item ZLWJ=EXCAVATION</c>.</summary>
    public IReadOnlyList<string> Codes { get; init; } = [];

    public double ConnectTimeoutSeconds { get; init; } = 5;

    /// <summary>Limit of one call.</summary>
    public double TimeoutSeconds { get; init; } = 30;

    public BreakerSettings Breaker { get; init; } = new();

    /// <summary>What the one place that calls partners needs to know.</summary>
    internal ConnectorSettings Http => new() { Name = Name, ConnectTimeoutSeconds = ConnectTimeoutSeconds, TimeoutSeconds = TimeoutSeconds, Workers = 2 };

    // The generated text of a record would print the secret.
    public override string ToString() => $"{Name} ({Kind})";

    /// <summary>What is wrong, one sentence each; empty when the publisher may be polled.</summary>
    public IReadOnlyList<string> Validate() =>
        [.. Problems().Concat(Breaker.Problems()).Select(problem => string.Create(CultureInfo.InvariantCulture, $"Publisher '{Name}': {problem}"))];

    private IEnumerable<string> Problems()
    {
        if (Name.Length is 0 or > 64 || !Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-'))
        {
            yield return "Name must be 1 to 64 lower-case letters, digits or hyphens.";
        }

        if (Kind is not (ApprovalPlatform or Register or Permits))
        {
            yield return $"Kind '{Kind}' is not one of {ApprovalPlatform}, {Register}, {Permits}.";
        }

        foreach (var problem in CodeTables.Problems(Codes))
        {
            yield return problem;
        }

        if (Address is not { IsAbsoluteUri: true, Scheme: "http" or "https" } || Address.UserInfo.Length > 0 || Address.Query.Length > 0 || Address.Fragment.Length > 0)
        {
            yield return "Address must be an absolute http or https address without user name, query and fragment.";
        }

        if (string.IsNullOrWhiteSpace(AppKey) || string.IsNullOrWhiteSpace(Secret))
        {
            yield return "AppKey and Secret must both be given.";
        }

        if (string.IsNullOrWhiteSpace(Source) || Source.Length > 200)
        {
            yield return "Source must be 1 to 200 characters.";
        }

        if (Regions.Any(region => region.Length is 0 or > 6 || !region.All(char.IsAsciiDigit)))
        {
            yield return "Regions must each be 1 to 6 digits.";
        }

        if (Every is < 1 or > 86_400)
        {
            yield return "Every must be 1 to 86400 (seconds).";
        }

        if (PageSize is < 2 or > 1000)
        {
            yield return "PageSize must be 2 to 1000.";
        }

        if (OverlapSeconds is < 1 or > OverlapSecondsMax)
        {
            yield return $"OverlapSeconds must be 1 to {OverlapSecondsMax}.";
        }

        if (TimeoutSeconds is not (> 0 and <= 300))
        {
            yield return "TimeoutSeconds must be above 0 and at most 300.";
        }
        else if (!(ConnectTimeoutSeconds > 0 && ConnectTimeoutSeconds <= TimeoutSeconds))
        {
            yield return "ConnectTimeoutSeconds must be above 0 and at most TimeoutSeconds.";
        }
    }
}
