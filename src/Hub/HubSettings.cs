using Hub.Connectors;
using Hub.Engine;
using Hub.Ledger;
using Hub.Schedule;
using Hub.Telemetry;
using Npgsql;

namespace Hub;

/// <summary>Everything that can be set, bound from the section <c>Hub</c>; docs/operations.md has the table.</summary>
internal sealed record HubSettings
{
    /// <summary>Which part of the work this process does.</summary>
    public HubRole Role { get; init; } = HubRole.All;

    /// <summary>Npgsql connection string; the connectors need none and open none.</summary>
    public string Database { get; init; } = "";

    /// <summary>Address to listen on.</summary>
    public string Url { get; init; } = "http://127.0.0.1:8080";

    /// <summary>Folder of the packs that come with the program.</summary>
    public string Packs { get; init; } = Path.Combine(AppContext.BaseDirectory, "Policies", "packs");

    /// <summary>Folder of the site's own packs, laid over the others; null: none.</summary>
    public string? SitePacks { get; init; }

    /// <summary>Demonstrations only: the file that says how far the hub's clock is away from the true time, seconds; null: the clock is the machine's.</summary>
    public string? DemoClock { get; init; }

    /// <summary>Apply missing migrations when the hub starts.</summary>
    public bool MigrateAtStart { get; init; } = true;

    /// <summary>Events that may wait for the engine before publishers get 503.</summary>
    public int EventsWaitingMax { get; init; } = 4096;

    /// <summary>Publish requests a second for one key; 0: no limit.</summary>
    public int RequestsPerSecondPerKey { get; init; }

    /// <summary>Requests a minute from one address for what needs no key; 0: no limit.</summary>
    public int PublicRequestsPerMinute { get; init; } = 60;

    /// <summary>Inputs committed together at most.</summary>
    public int BatchMax { get; init; } = 256;

    /// <summary>How long a stopping hub waits for attempts under way, seconds.</summary>
    public double DrainSeconds { get; init; } = 25;

    /// <summary>Form of the log lines on standard output: <c>text</c> for people, <c>json</c> (one object a line) for a collector.</summary>
    public string Logs { get; init; } = "text";

    /// <summary>Free space for the hub's own temporary files below which it calls itself not ready, MiB; 0: not looked at.</summary>
    public int DiskFreeMegabytesMin { get; init; } = 256;

    /// <summary>How often the hub verifies the whole exchange log, hours, the first time after an hour at the latest; 0: never. With several nodes one is enough.</summary>
    public double VerifyEveryHours { get; init; } = 24;

    /// <summary>Keys that seal bodies at rest, base64 of 32 bytes each: the first one seals, the others still open. None: bodies stand in the clear.</summary>
    public IReadOnlyList<string> BodyKeys { get; init; } = [];

    /// <summary>How long bodies are kept once nothing of their case is under way, days; 0: for ever. Digests, hashes and the entries of the log stay.</summary>
    public int BodyDays { get; init; }

    /// <summary>Key of the hashes that stand for licence holders, base64 of at least 32 bytes; null: licences are not set up. Another key makes every holder a stranger.</summary>
    public string? HolderKey { get; init; }

    public TelemetrySettings Telemetry { get; init; } = new();

    public BusSettings Bus { get; init; } = new();

    public Console.ConsoleSettings Console { get; init; } = new();

    public IReadOnlyList<ConnectorSettings> Connectors { get; init; } = [];

    /// <summary>Platforms that cannot push and are polled.</summary>
    public IReadOnlyList<PublisherSettings> Publishers { get; init; } = [];

    internal BodyCipher Bodies => BodyCipher.Of(BodyKeys);

    internal EngineSettings Engine => new() { BatchMax = BatchMax, EventsWaitingMax = EventsWaitingMax };

    /// <summary>Reads the settings: appsettings.json, then the file named by HUB_SETTINGS, then the environment.</summary>
    /// <exception cref="SettingsException">Something is missing or wrong: nothing starts half-configured.</exception>
    public static HubSettings Read()
    {
        var configuration = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true);
        if (Environment.GetEnvironmentVariable("HUB_SETTINGS") is { Length: > 0 } file)
        {
            if (!File.Exists(file))
                throw new SettingsException([$"HUB_SETTINGS names {file}, which does not exist."]);
            configuration.AddJsonFile(Path.GetFullPath(file));
        }

        configuration.AddEnvironmentVariables();
        HubSettings settings;
        try
        {
            settings = configuration.Build().GetSection("Hub").Get<HubSettings>(options => options.ErrorOnUnknownConfiguration = true) ?? new HubSettings();
        }
        catch (Exception error) when (error is InvalidOperationException or InvalidDataException or FormatException)
        {
            // The outer message names the setting, the inner one what is wrong with it.
            throw new SettingsException([error.InnerException is { } cause ? $"{error.Message} {cause.Message}" : error.Message]);
        }

        var problems = settings.Problems().ToList();
        return problems.Count == 0 ? settings : throw new SettingsException(problems);
    }

    // The message of the parser names the word it does not know, never a value.
    private string? DatabaseProblem()
    {
        if (string.IsNullOrWhiteSpace(Database))
            return "Hub:Database is missing (an Npgsql connection string).";
        try
        {
            return new NpgsqlConnectionStringBuilder(Database).Host is { Length: > 0 } ? null : "Hub:Database names no Host.";
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            return $"Hub:Database is not an Npgsql connection string: {error.Message}";
        }
    }

    private IEnumerable<string> Problems()
    {
        if (Role != HubRole.Connectors && DatabaseProblem() is { } database)
            yield return database;
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            yield return "Hub:Url must be an absolute http or https address.";
        if (!Directory.Exists(Packs))
            yield return $"Hub:Packs names the folder '{Packs}', which does not exist.";
        if (SitePacks is not null && !Directory.Exists(SitePacks))
            yield return $"Hub:SitePacks names the folder '{SitePacks}', which does not exist.";
        if (EventsWaitingMax is < 1 or > 1_000_000)
            yield return "Hub:EventsWaitingMax must be 1 to 1000000.";
        if (RequestsPerSecondPerKey is < 0 or > 1_000_000)
            yield return "Hub:RequestsPerSecondPerKey must be 0 (no limit) to 1000000.";
        if (PublicRequestsPerMinute is < 0 or > 1_000_000)
            yield return "Hub:PublicRequestsPerMinute must be 0 (no limit) to 1000000.";
        if (BatchMax is < 1 or > 4096)
            yield return "Hub:BatchMax must be 1 to 4096.";
        if (BodyKeys.Any(key => !BodyCipher.IsKey(key)))
            yield return "Hub:BodyKeys must be base64 of 32 bytes each.";
        if (BodyDays is < 0 or > 36_500)
            yield return "Hub:BodyDays must be 0 to 36500.";
        if (DrainSeconds is not (>= 0 and <= 300))
            yield return "Hub:DrainSeconds must be 0 to 300.";
        if (Logs is not ("text" or "json"))
            yield return "Hub:Logs must be text or json.";
        if (DiskFreeMegabytesMin is < 0 or > 1_000_000)
            yield return "Hub:DiskFreeMegabytesMin must be 0 (not looked at) to 1000000.";
        if (VerifyEveryHours is not (>= 0 and <= 744))
            yield return "Hub:VerifyEveryHours must be 0 (never) to 744.";
        if (HolderKey is not null && !HolderHash.IsKey(HolderKey))
            yield return "Hub:HolderKey must be base64 of at least 32 bytes.";
        if (HolderKey is null && Role != HubRole.Connectors && Connectors.Any(connector => connector.Kind == ConnectorCatalog.LicenceLibrary))
            yield return "Hub:HolderKey is missing: a hub with a licence library needs it (base64 of at least 32 bytes).";
        foreach (var problem in Telemetry.Problems())
            yield return problem;
        foreach (var problem in Bus.Problems(Role))
            yield return problem;
        foreach (var problem in Console.Problems())
            yield return problem;

        // A hub that reaches its connectors over the bus needs to know neither their addresses nor their secrets.
        foreach (var problem in Connectors.SelectMany(connector => Role == HubRole.Hub ? connector.ValidateRemote() : connector.Validate()))
            yield return problem;
        foreach (var twin in Connectors.GroupBy(connector => connector.Name).Where(group => group.Count() > 1))
            yield return $"Connector '{twin.Key}' is set up twice.";
        foreach (var problem in Publishers.SelectMany(publisher => publisher.Validate()))
            yield return problem;
        foreach (var problem in Publishers.Where(publisher => publisher.Cron is not null && !PublisherSchedule.IsCron(publisher.Cron)).Select(publisher => publisher.Name))
            yield return $"Publisher '{problem}': Cron is not a Quartz cron expression.";
        foreach (var twin in Publishers.GroupBy(publisher => publisher.Name).Where(group => group.Count() > 1))
            yield return $"Publisher '{twin.Key}' is set up twice.";
        foreach (var twin in Publishers.GroupBy(publisher => publisher.Source).Where(group => group.Count() > 1))
            yield return $"Publisher source '{twin.Key}' is used twice: names of events are unique within a source.";
    }
}

/// <summary>Settings that cannot be used, one sentence for each fault.</summary>
internal sealed class SettingsException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems));
