using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hub.Connectors;
using Hub.Ledger;

namespace Hub;

/// <summary>The connectors this node works with: those of its settings file, and of each that was made in the console the newest version, where that is enabled.</summary>
/// <param name="file">Of the settings file. They cannot be changed in the console, and one of the same name there is not taken.</param>
internal sealed class ConnectorsInForce(IReadOnlyList<ConnectorSettings> file)
{
    private static readonly JsonSerializerOptions Form = new()
    {
        IgnoreReadOnlyProperties = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private volatile IReadOnlyList<(ConnectorVersion Version, ConnectorSettings Settings)> made = [];

    /// <summary>Number of the newest version that was taken up; 0: none.</summary>
    public long Seen { get; set; }

    public IReadOnlyList<ConnectorSettings> All => [.. file, .. made.Select(one => one.Settings)];

    public ConnectorSettings? Find(string name) => All.FirstOrDefault(connector => connector.Name == name);

    public bool IsOfFile(string name) => file.Any(connector => connector.Name == name);

    /// <summary>True for the very object: what a settings file says is believed, what a person types is not.</summary>
    public bool IsOfFile(ConnectorSettings settings) => file.Any(connector => ReferenceEquals(connector, settings));

    /// <summary>The version this node works with; null: none, or one of the settings file.</summary>
    public ConnectorVersion? VersionOf(string name) => made.FirstOrDefault(one => one.Version.Connector == name).Version;

    public static string Write(ConnectorSettings settings) => JsonSerializer.Serialize(settings, Form);

    public static ConnectorSettings Read(string settings) => JsonSerializer.Deserialize<ConnectorSettings>(settings, Form)!;

    /// <summary>Takes the newest versions up; what did not change stays the very same object.</summary>
    /// <returns>Why one was not taken, a sentence each; what runs of it goes on.</returns>
    public IReadOnlyList<string> Change(IReadOnlyList<ConnectorVersion> newest)
    {
        var problems = new List<string>();
        var before = made.ToDictionary(one => one.Version.Connector, StringComparer.Ordinal);
        var now = new List<(ConnectorVersion, ConnectorSettings)>();
        foreach (var version in newest.Where(version => version.Enabled))
        {
            var runs = before.TryGetValue(version.Connector, out var running);
            if (runs && running.Version.Id == version.Id)
            {
                now.Add(running);
                continue;
            }

            var wrong = IsOfFile(version.Connector) ? [$"Connector '{version.Connector}' is set up in the settings file too, which counts."] : Checked(version, now);
            problems.AddRange(wrong);
            if (wrong.Count > 0 && runs)
                now.Add(running);
        }

        made = now;
        return problems;
    }

    private static IReadOnlyList<string> Checked(ConnectorVersion version, List<(ConnectorVersion, ConnectorSettings)> into)
    {
        var settings = Read(version.Settings);
        var problems = settings.Validate();
        if (problems.Count == 0)
            into.Add((version, settings));
        return problems;
    }
}
