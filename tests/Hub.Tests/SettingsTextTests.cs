using Hub.Connectors;
using Hub.Telemetry;
using Xunit;

namespace Hub.Tests;

public sealed class SettingsTextTests
{
    private const string Secret = "s3cret-never-to-be-seen";

    // Required, or not the same on every machine.
    private static readonly Dictionary<string, string> SaidInWords = new(StringComparer.Ordinal)
    {
        ["Hub:Database"] = "required", ["Hub:Packs"] = "beside the program", ["Name"] = "required", ["Kind"] = "required", ["Address"] = "required",
        ["Hub:Publishers:Name"] = "required", ["Hub:Publishers:Kind"] = "required", ["Hub:Publishers:Address"] = "required", ["Hub:Publishers:AppKey"] = "required",
        ["Hub:Publishers:Secret"] = "required", ["Hub:Publishers:Source"] = "required",
    };

    private static HubSettings Settings { get; } = new()
    {
        Database = $"Host=db;Username=hub;Password={Secret};SSL Password={Secret}",
        Telemetry = new() { OtlpEndpoint = new Uri($"http://u:{Secret}@collector:4318/?key={Secret}") },
        Connectors =
        [
            new() { Name = "a", Kind = ConnectorCatalog.SgccCrm, Secret = Secret, AppKey = Secret, PrivateKey = Secret, Address = new Uri($"https://crm.example/hook?token={Secret}") },
            new() { Name = "b", Breaker = new() { BreakSeconds = [1.5] } },
        ],
    };

    public static TheoryData<string> Documented => [.. Rows().Keys];

    [Fact]
    public void No_secret_is_printed()
    {
        var text = string.Join('\n', SettingsText.Of(Settings).Select(setting => $"{setting.Key} {setting.Value}"));

        Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
        Assert.Contains("Hub:Database Host=db;Username=hub;", text, StringComparison.Ordinal);
        Assert.Contains("Hub:Connectors:0:Secret ***\n", text, StringComparison.Ordinal);
        Assert.Contains("Hub:Connectors:0:Address https://crm.example/hook?***\n", text, StringComparison.Ordinal);
        Assert.Contains("Hub:Telemetry:OtlpEndpoint http://***@collector:4318/?***\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Hub:BatchMax", "256")]
    [InlineData("Hub:SitePacks", "(none)")]
    [InlineData("Hub:Telemetry:SamplingRatio", "1")]
    [InlineData("Hub:Connectors:0:Breaker:BreakSeconds", "30, 60, 120, 300")]
    [InlineData("Hub:Connectors:1:Breaker:BreakSeconds", "1.5")]
    [InlineData("Hub:Connectors:1:Name", "b")]
    public void Every_key_is_printed_with_the_value_in_force(string key, string value) =>
        Assert.Equal(value, Assert.Single(SettingsText.Of(Settings), setting => setting.Key == key).Value);

    [Fact]
    public void A_connection_string_that_cannot_be_read_is_masked_whole() =>
        Assert.Equal("***", SettingsText.Of(new HubSettings { Database = $"Hots=db;Password={Secret}" }).Single(setting => setting.Key == "Hub:Database").Value);

    [Fact]
    public void The_operators_table_lists_every_key_and_no_other() =>
        Assert.Equal(Keys().Keys.Order(StringComparer.Ordinal), Rows().Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Documented))]
    public void The_operators_table_gives_meaning_unit_default_and_limit(string key)
    {
        var row = Rows()[key];

        Assert.Equal(5, row.Length);
        Assert.All(row[1..4], cell => Assert.NotEmpty(cell));
        Assert.True(row[4].Length > 0 || Keys()[key].PropertyType == typeof(bool), $"{key} has no limit.");
        if (Keys().TryGetValue(key, out var setting))
            Assert.Equal(SaidInWords.GetValueOrDefault(key) ?? setting.Default.Trim('(', ')'), row[3].Trim('`'));
    }

    private static Dictionary<string, (Type PropertyType, string Default)> Keys() => SettingsText.Keys("Hub", new HubSettings()).ToDictionary(
        setting => setting.Key.StartsWith("Hub:Connectors:", StringComparison.Ordinal) ? setting.Key["Hub:Connectors:".Length..] : setting.Key,
        setting => (setting.Property.PropertyType, SettingsText.Text(setting.Property, setting.Owner).TrimEnd('/')),
        StringComparer.Ordinal);

    // The rows below the two headings that name a unit.
    private static Dictionary<string, string[]> Rows()
    {
        var rows = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var inTable = false;
        foreach (var line in Repository.Read("docs", "operations.md").Split('\n'))
        {
            var cells = line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries);
            inTable = line.StartsWith('|') && (inTable || (cells.Length == 5 && cells[0].StartsWith("setting", StringComparison.Ordinal)));
            if (inTable && cells[0].StartsWith('`'))
                rows.Add(cells[0].Trim('`'), cells);
        }

        return rows;
    }
}
