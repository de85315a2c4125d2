namespace Hub;

/// <summary>Which part of the work a process does.</summary>
internal enum HubRole
{
    /// <summary>Everything, the connectors in the same process; no broker is needed.</summary>
    All,

    /// <summary>Intake, engine and sweeps; commands go to the connectors over the bus.</summary>
    Hub,

    /// <summary>The connectors only: no database, commands come over the bus.</summary>
    Connectors,
}

/// <summary>The broker: the section <c>Hub:Bus</c>.</summary>
internal sealed record BusSettings
{
    /// <summary><c>amqp://user:password@host:port/vhost</c>, or <c>amqps</c>; empty: no broker.</summary>
    public string Url { get; init; } = "";

    /// <summary>How the names of all queues and exchanges of this hub begin.</summary>
    public string Prefix { get; init; } = "hub";

    /// <summary>How long a message may take to be confirmed by the broker before it counts as not sent.</summary>
    public double ConfirmSeconds { get; init; } = 5;

    public bool IsSet => Url.Length > 0;

    public Uri Address => new(Url);

    /// <summary>Commands for one connector.</summary>
    public string Commands(string connector) => $"{Prefix}-commands-{connector}";

    /// <summary>Answers of all connectors, for whichever hub is first.</summary>
    public string Answers => $"{Prefix}-answers";

    // The generated text of a record would print the password.
    public override string ToString() => Prefix;

    internal IEnumerable<string> Problems(HubRole role)
    {
        if (role != HubRole.All && !IsSet)
            yield return $"Hub:Bus:Url is missing: the role {role.ToString().ToLowerInvariant()} needs a broker (amqp://user:password@host:port).";
        if (IsSet && (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || !Schemes.Contains(url.Scheme)))
            yield return $"Hub:Bus:Url must be an absolute address ({string.Join(", ", Schemes)}).";
        if (Prefix.Length is 0 or > 32 || !Prefix.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-'))
            yield return "Hub:Bus:Prefix must be 1 to 32 lower-case letters, digits or hyphens.";
        if (ConfirmSeconds is not (>= 1 and <= 60))
            yield return "Hub:Bus:ConfirmSeconds must be 1 to 60.";
    }

#if AZURE_SERVICE_BUS
    private static readonly string[] Schemes = ["amqp", "amqps", "sb"];
#else
    private static readonly string[] Schemes = ["amqp", "amqps"];
#endif
}
