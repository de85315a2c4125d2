using System.Globalization;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Records;

public sealed class ExampleFilesTests
{
    public static TheoryData<string> Types => [.. EventTypes.OfApproval];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_publishable_type_has_an_example_without_error_or_warning(string type)
    {
        var example = Example.Read($"{type}.json");
        var approval = example.Approval;
        var errors = new List<FieldError>();
        var warnings = new List<Warning>();

        ApprovalRules.Check(approval, example.Type, errors, warnings);

        Assert.Equal(type, example.Type);
        Assert.Empty(errors);
        Assert.Empty(warnings);
        Assert.Equal(example.Subject, ApprovalRules.CaseKey(approval));
        Assert.Equal(approval, ApprovalRules.Normalise(approval));
        Assert.True(DateTimeOffset.TryParse(example.Envelope.GetProperty("time").GetString(), CultureInfo.InvariantCulture, out _));
    }

    [Fact]
    public void The_four_tell_one_project_in_the_order_of_their_versions()
    {
        var story = EventTypes.OfApproval.Select(type => Example.Read($"{type}.json").Approval).ToList();

        Assert.Equal([1, 2, 3, 4], story.Select(approval => approval.Version));
        Assert.Single(story.Select(approval => approval.ProjectCode).Distinct());
        Assert.Equal(story.Select(approval => approval.ApprovalDocNo).SkipLast(1), story.Skip(1).Select(approval => approval.SupersedesDocNo));
        Assert.Equal(story.Select(approval => approval.ApprovalDate).Order(StringComparer.Ordinal), story.Select(approval => approval.ApprovalDate));
        Assert.Equal("VERIFICATION", story[^1].NewPath);
    }

    [Fact]
    public void The_amendment_names_exactly_what_it_changed()
    {
        var created = Example.Read($"{EventTypes.ProjectApprovalCreated}.json").Envelope.GetProperty("data");
        var amended = Example.Read($"{EventTypes.ProjectApprovalAmended}.json");
        var changed = amended.Envelope.GetProperty("data").EnumerateObject()
            .Where(member => created.TryGetProperty(member.Name, out var before) && before.GetRawText() != member.Value.GetRawText() && member.Name != "version");

        Assert.Equal(changed.Select(member => member.Name).Order(StringComparer.Ordinal), amended.Approval.ChangedFields!.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_example_people_are_made_up() => Assert.All(EventTypes.OfApproval, type =>
    {
        var approval = Example.Read($"{type}.json").Approval;

        Assert.Equal(("示例联系人", "13800000000"), (approval.ContactName, approval.ContactPhone));
        Assert.Contains("示例", approval.UnitName, StringComparison.Ordinal);
    });
}
