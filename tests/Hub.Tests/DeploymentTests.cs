using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Hub.Telemetry;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace Hub.Tests;

/// <summary>What stands in deploy/ and in the operators' guide agrees with the program and with itself.</summary>
public sealed partial class DeploymentTests
{
    private static readonly string Guide = Repository.Read("docs", "operations.md");

    public static TheoryData<string, string> Alarms
    {
        get
        {
            var rules = (YamlSequenceNode)((YamlSequenceNode)Yaml("deploy", "alerts.yaml")["groups"])[0]["rules"];
            return [.. rules.Select(rule => ((string)rule["alert"]!, (string)rule["expr"]!))];
        }
    }

    public static TheoryData<string> Instruments
    {
        get
        {
            var names = new TheoryData<string>();
            using var listener = new MeterListener
            {
                InstrumentPublished = (instrument, _) =>
                {
                    if (instrument.Meter.Name == HubMetrics.MeterName)
                        names.Add(instrument.Name);
                },
            };
            HubMetrics.Begin();
            listener.Start();
            return names;
        }
    }

    [Theory]
    [MemberData(nameof(Alarms))]
    public void Every_alarm_is_in_the_guide_and_asks_for_metrics_that_are_documented(string name, string expression)
    {
        Assert.Contains($"`{expression.Replace("|", "\\|", StringComparison.Ordinal)}`", Guide, StringComparison.Ordinal);
        var metrics = Metric().Matches(expression).Select(match => match.Value).ToList();
        Assert.True(metrics.Count > 0 || expression.StartsWith("up{", StringComparison.Ordinal), name);
        Assert.All(metrics, metric => Assert.Matches($"\\| .*`{metric.Replace("_bucket", "", StringComparison.Ordinal)}`", Guide));
    }

    [Theory]
    [MemberData(nameof(Instruments))]
    public void Every_metric_is_in_the_guide(string name) => Assert.Contains($"`{name}`", Guide, StringComparison.Ordinal);

    [Theory]
    [InlineData("compose.yaml")]
    [InlineData("deploy/compose.nodes.yaml")]
    public void Every_file_that_a_service_mounts_is_there_and_every_dependency_exists(string path)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, path))!;
        var services = (YamlMappingNode)Yaml(path)["services"];
        var names = services.Children.Keys.Select(key => key.ToString()).ToList();
        foreach (var service in services.Children.Values.Cast<YamlMappingNode>().Select(Merged))
        {
            var mounts = service.TryGetValue("volumes", out var volumes) ? ((YamlSequenceNode)volumes).Select(volume => volume.ToString().Split(':')[0]).Where(source => source.StartsWith('.')) : [];
            Assert.All(mounts, source => Assert.True(Path.Exists(Path.Combine(folder, source)), source));
            var needed = service.TryGetValue("depends_on", out var depends) ? depends is YamlMappingNode map ? map.Children.Keys.Select(key => key.ToString()) : ((YamlSequenceNode)depends).Select(one => one.ToString()) : [];
            Assert.Subset(names.ToHashSet(), needed.ToHashSet());
        }
    }

    [Theory]
    [InlineData("hub.service")]
    [InlineData("hub@.service")]
    public void A_unit_gives_the_hub_the_time_it_takes_to_stop(string unit)
    {
        var seconds = Regex.Match(Repository.Read("deploy", unit), "^TimeoutStopSec=(?<seconds>[0-9]+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["seconds"].Value;

        Assert.True(int.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture) > new HubSettings().DrainSeconds + 15);
    }

    [Fact]
    public void The_balancer_sends_to_the_nodes_there_are()
    {
        var names = ((YamlMappingNode)Yaml("deploy/compose.nodes.yaml")["services"]).Children.Keys.Select(key => key.ToString()).ToHashSet();
        var servers = Regex.Matches(Repository.Read("deploy", "haproxy.cfg"), @"^\s+server \w+ (?<host>\w+):8080 check$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Select(match => match.Groups["host"].Value).ToHashSet();

        Assert.Equal(2, servers.Count);
        Assert.Subset(names, servers);
    }

    private static YamlMappingNode Yaml(params string[] path)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Repository.Read(path)));
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }

    // What stands under << counts where the service itself says nothing.
    private static Dictionary<string, YamlNode> Merged(YamlMappingNode service)
    {
        var all = service.Children.TryGetValue("<<", out var merged) ? Merged((YamlMappingNode)merged) : [];
        foreach (var (key, value) in service.Children)
            all[key.ToString()] = value;
        return all;
    }

    [GeneratedRegex("hub_[a-z_]+|dotnet_[a-z_]+|process_[a-z_]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Metric();
}
