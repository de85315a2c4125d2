using System.Text.RegularExpressions;
using Xunit;

namespace Hub.Tests;

/// <summary>The order of the folders (docs/design.md), held by reading the sources.</summary>
public sealed partial class TidyTests
{
    // What a folder of src/Hub may use besides the schemas. What is not plain from the drawing has its reason here.
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Policies"] = [],
        ["Processes"] = ["Policies"],
        ["Ledger"] = [],

        // Telemetry here and above is HubMetrics, the counters, which look at nothing.
        ["Engine"] = ["Ledger", "Processes", "Policies", "Telemetry"],

        // Intake asks the catalog to which case an event belongs, and shows a case's state and its operators' names to who may read them. What is not
        // pushed to it, it reads from the publisher's platform itself.
        ["Intake"] = ["Engine", "Ledger", "Processes", "Policies", "Telemetry", "Connectors"],
        ["Dispatch"] = ["Engine", "Connectors", "Telemetry"],

        // Telemetry here is HubMetrics, as in Engine.
        // The sweep asks the lanes for room before it wakes anything: finding work that cannot go out would only write.
        // Of the connectors only a breaker's state, which opens an incident.
        ["Schedule"] = ["Engine", "Ledger", "Policies", "Dispatch", "Telemetry", "Connectors"],

        // Health and the pages show the state of every part, of a polled publisher its cursor; they change none. The pages also take their language as the
        // answers do.
        ["Telemetry"] = ["Engine", "Ledger", "Dispatch", "Schedule", "Connectors", "Processes"],
        ["Console"] = ["Engine", "Ledger", "Policies", "Dispatch", "Intake", "Processes", "Connectors", "Schedule", "Telemetry"],

        // The command line wires its own engine and reads everything.
        ["Commands"] = ["Engine", "Ledger", "Policies", "Dispatch", "Connectors", "Processes"],
    };

    private static IReadOnlyList<Source> Sources { get; } = [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs*", SearchOption.AllDirectories)
        .Where(file => file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".cshtml", StringComparison.Ordinal))
        .Select(file => (Path: Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'), File: file))
        .Where(source => !source.Path.Split('/').Any(part => part is "bin" or "obj"))
        .Select(source => new Source(source.Path, WithoutComments(File.ReadAllText(source.File))))];

    public static TheoryData<string> Folders => [.. MayUse.Keys];

    [Fact]
    public void Every_folder_has_its_rule() => Assert.Equal(
        MayUse.Keys.Order(StringComparer.Ordinal),
        Sources.Select(source => source.Folder).OfType<string>().Where(folder => folder != "wwwroot").Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_uses_only_what_stands_below_it(string folder)
    {
        var wrong = from source in Sources
                    where source.Folder == folder
                    from used in MayUse.Keys.Append("Connectors").Where(other => other != folder && source.Uses(other))
                    where !MayUse[folder].Contains(used)
                    select $"{source.Path} uses {used}; {folder} may use only {string.Join(", ", MayUse[folder].Append("the schemas"))}.";

        Assert.True(!wrong.Any(), string.Join('\n', wrong));
    }

    [Fact]
    public void All_SQL_is_in_the_ledger() => None(
        source => source.Folder is not ("Ledger" or null) || source.Path.StartsWith("src/Connectors/", StringComparison.Ordinal),
        Sql(), "holds SQL: that stands in Ledger/, a constant above the one method that runs it");

    [Fact]
    public void Processes_wait_for_nothing_and_look_at_no_clock() => None(
        source => source.Folder == "Processes",
        Impure(), "a process is pure: time, randomness, logging and waiting belong to the engine");

    [Fact]
    public void Policies_look_at_no_clock_and_no_database() => None(
        source => source.Folder == "Policies",
        Clocks(), "the same files always give the same rules");

    [Fact]
    public void A_connector_does_not_use_another_connector()
    {
        var connectors = Sources.Where(source => source.Path.EndsWith("Connector.cs", StringComparison.Ordinal) && !source.Path.EndsWith("/IConnector.cs", StringComparison.Ordinal)).ToList();
        var names = connectors.Select(source => Path.GetFileNameWithoutExtension(source.Path)).ToList();

        Assert.Equal(8, names.Count);
        Assert.All(connectors, source => Assert.True(
            !names.Exists(name => name != Path.GetFileNameWithoutExtension(source.Path) && source.Names($@"\b{name}\b")),
            $"{source.Path} uses another connector: each can be taken out by itself."));
    }

    [Fact]
    public void Connectors_know_nothing_of_the_hub() => None(
        source => source.Path.StartsWith("src/Connectors/", StringComparison.Ordinal),
        HubFolders(), "a connector knows the schemas only, so that it could run elsewhere");

    private static void None(Func<Source, bool> where, Regex what, string reason)
    {
        var looked = Sources.Where(where).ToList();
        Assert.NotEmpty(looked);
        var wrong = looked.SelectMany(source => what.Matches(source.Text).Select(match => $"{source.Path}: \"{match.Value}\" – {reason}."));
        Assert.True(!wrong.Any(), string.Join('\n', wrong));
    }

    private static string WithoutComments(string text) => Comment().Replace(text, "");

    private sealed record Source(string Path, string Text)
    {
        /// <summary>Folder below src/Hub; null for what lies beside the folders, and for Connectors.</summary>
        public string? Folder => Path.Split('/') is ["src", "Hub", var folder, _, ..] ? folder : null;

        // Named by a using, or in full where it is used. A property of the same name (Connectors.Sum) is no use of the folder.
        public bool Uses(string folder) => Names($@"using (static )?Hub\.{folder}\b|\bHub\.{folder}\.[A-Z]")
            || (Names($@"(^|[\s(!]){folder}\.[A-Z]\w*[.(<;) ]") && !Names($@"[\w>\]] {folder}( \{{|,|\)| =)"));

        public bool Names(string pattern) => Regex.IsMatch(Text, pattern, RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking | RegexOptions.Multiline);
    }

    [GeneratedRegex(@"^\s*//.*$|(?<=[;{},]) //.*$", RegexOptions.Multiline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\bSELECT\s+[\w*]|\bINSERT\s+INTO\b|\bDELETE\s+FROM\b|\bUPDATE\s+\w+\s+SET\b|\bCREATE\s+TABLE\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Sql();

    [GeneratedRegex(@"\basync\b|\bawait\b|\bTask\b|\bUtcNow\b|\bTimeProvider\b|\bILogger\b|\bRandom\b|\bNewGuid\b|\bNpgsql\w*|\bHttpClient\b|\bFile\.", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Impure();

    [GeneratedRegex(@"\bUtcNow\b|\bTimeProvider\b|\bRandom\b|\bNpgsql\w*|\bHttpClient\b|\bTask\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Clocks();

    [GeneratedRegex(@"\bHub\.(Engine|Ledger|Processes|Policies|Intake|Dispatch|Schedule|Console|Commands|Telemetry)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex HubFolders();
}
