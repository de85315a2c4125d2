using System.Diagnostics;
using System.Text.Json;
using Hub.Connectors;

namespace Hub.Journeys;

/// <summary>The real executable, with its settings in a file as an operator would give them.</summary>
internal static class HubProgram
{
    /// <summary>Of every hub with a library.</summary>
    public static string HolderKey { get; } = Convert.ToBase64String(new byte[32]);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>What all of them seal with; settings of one database may be written anew.</summary>
    public static string BodyKey { get; } = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData("journeys"u8));

    private static readonly JsonSerializerOptions SettingsForm = new() { WriteIndented = true, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    public static string WriteSettings(string file, string database, string url, string? sitePacks, IEnumerable<ConnectorSettings> connectors, params IEnumerable<PublisherSettings> publishers)
    {
        // A hub with a library cannot start without it.
        var holderKey = connectors.Any(connector => connector.Kind == ConnectorCatalog.LicenceLibrary) ? HolderKey : null;
        File.WriteAllText(file, JsonSerializer.Serialize(new { Hub = new { Database = database, BodyKeys = new[] { BodyKey }, Url = url, SitePacks = sitePacks, HolderKey = holderKey, Connectors = connectors, Publishers = publishers } }, SettingsForm));
        return file;
    }

    public static Process Start(string settings, params string[] arguments) => Start(settings, [], arguments);

    /// <param name="settings">File of settings.</param>
    /// <param name="environment">Further variables, such as settings that come before the file's.</param>
    /// <param name="arguments">Of the command line.</param>
    public static Process Start(string settings, IEnumerable<(string Name, string Value)> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Checkout.Program("src/Hub", "Hub"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["HUB_SETTINGS"] = settings;
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string settings, params string[] arguments)
    {
        using var process = Start(settings, arguments);
        using var limit = new CancellationTokenSource(Limit);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }

        return (process.ExitCode, await output + await errors);
    }
}
