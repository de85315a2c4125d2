using System.Text.Json.Nodes;
using Hub.Schemas;
using NJsonSchema;
using Xunit;

namespace Hub.Tests.Schemas;

public sealed class SchemaFilesTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "schemas");

    public static TheoryData<string> Files => [.. SchemaFiles.All().Keys];

    // Beside the four examples the records that came from real approvals, where they are events that are accepted.
    public static TheoryData<string> Examples => [.. Directory.EnumerateFiles(Path.Combine(Folder, "examples"), "hub.project_approval.*.json").Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_committed_schema_says_what_the_contract_says(string path) =>
        Assert.Equal(SchemaFiles.All()[path], File.ReadAllText(Path.Combine(Folder, path)));

    [Fact]
    public void There_is_no_schema_without_a_contract() => Assert.Equal(
        SchemaFiles.All().Keys,
        Directory.EnumerateFiles(Folder, "*.schema.json", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/'))
            .Where(path => !path.StartsWith("bin/", StringComparison.Ordinal) && !path.StartsWith("obj/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task An_example_is_valid_and_no_longer_when_it_is_changed(string name)
    {
        var example = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, "examples", name), TestContext.Current.CancellationToken))!.AsObject();
        var schema = await JsonSchema.FromJsonAsync(SchemaFiles.All()[$"project-approval/{example["type"]}.schema.json"], TestContext.Current.CancellationToken);
        var data = example["data"]!.AsObject();

        Assert.Empty(schema.Validate(data.ToJsonString()));

        (string Member, JsonNode? Value)[] changes = [("regionCode", "14"), ("version", 0), ("approvalType", "OTHER"), ("surprise", 1), ("loadKw", -1), ("projectName", null)];
        foreach (var (member, value) in changes)
        {
            var changed = data.DeepClone().AsObject();
            changed.Remove(member);
            if (value is not null)
                changed[member] = value;
            Assert.NotEmpty(schema.Validate(changed.ToJsonString()));
        }
    }
}
