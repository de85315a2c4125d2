using System.Text.Json;
using Hub.Policies;
using Hub.Schemas;
using Hub.Tests.Policies;
using Xunit;

namespace Hub.Tests.Records;

/// <summary>40 real approvals through the rules and the packs, against what was worked out for each of them beside the rules.</summary>
public sealed class RecordFilesTests
{
    private static readonly Dictionary<string, JsonElement> Expected = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(Example.Folder, "records", "expected.json"))).RootElement.EnumerateArray()
        .ToDictionary(expected => expected.GetProperty("file").GetString()!);

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Path.Combine(Example.Folder, "records"), "record-*.json").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    [Fact]
    public void There_are_40_and_each_has_its_expectation()
    {
        Assert.Equal(40, Expected.Count);
        Assert.Equal(Expected.Keys.Order(StringComparer.Ordinal), Files.Select(row => row.Data));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_record_has_exactly_the_expected_errors_and_warnings(string file)
    {
        var (errors, warnings) = Check(Read(file).Approval, Read(file).Type);
        var expected = Expected[file];

        Assert.Equal(expected.GetProperty("type").GetString(), Read(file).Type);
        Assert.Equal(Marks(expected.GetProperty("errors")), errors.Select(error => $"{error.Code} {error.Pointer}"));
        Assert.Equal(Marks(expected.GetProperty("warnings")), warnings.Select(warning => $"{warning.Code} {warning.Pointer}"));
        Assert.Equal(
            expected.GetProperty("warningCodes").EnumerateArray().Select(code => code.GetString()),
            warnings.Select(warning => warning.Code).Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_record_ends_where_it_is_expected(string file)
    {
        var expected = Expected[file];

        var (outcome, detail) = Outcome(Read(file));

        Assert.Equal(expected.GetProperty("outcome").GetString(), outcome);
        Assert.Equal(expected.GetProperty(outcome == "DELIVERED" ? "operator" : "code").GetString(), detail);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_envelope_says_what_the_record_says(string file)
    {
        var record = Read(file);

        Assert.Equal(ApprovalRules.CaseKey(record.Approval), record.Subject ?? "");
        Assert.Equal("record-" + file[7..10], record.Envelope.GetProperty("id").GetString());
        Assert.Equal(
            record.Approval.ApprovalDate is { Length: 10 } date ? $"{date}T09:00:00+08:00" : null,
            record.Envelope.TryGetProperty("time", out var time) ? time.GetString() : null);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_normalised_record_is_judged_as_the_raw_one(string file)
    {
        var record = Read(file);
        var raw = Check(record.Approval, record.Type);
        var normalised = Check(ApprovalRules.Normalise(record.Approval), record.Type);

        Assert.Equal(raw.Errors, normalised.Errors);
        Assert.Equal(raw.Warnings, normalised.Warnings);
    }

    private static (string Outcome, string? Detail) Outcome(Example record)
    {
        if (Check(record.Approval, record.Type).Errors is [var first, ..])
        {
            return ("REFUSED", first.Code);
        }

        return ShippedPacks.Set.Route(record.Approval.RegionCode!, record.Approval.OperatorCode, [Utilities.Power]) is [var serving]
            ? ("DELIVERED", serving.Id)
            : ("PARKED", "no_operator");
    }

    private static (List<FieldError> Errors, List<Warning> Warnings) Check(ProjectApproval approval, string type)
    {
        var (errors, warnings) = (new List<FieldError>(), new List<Warning>());
        ApprovalRules.Check(approval, type, errors, warnings);
        return (errors, warnings);
    }

    private static Example Read(string file) => Example.Read(Path.Combine("records", file));

    private static IEnumerable<string> Marks(JsonElement list) =>
        list.EnumerateArray().Select(mark => $"{mark.GetProperty("code").GetString()} {mark.GetProperty("pointer").GetString()}");
}
