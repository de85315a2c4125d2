using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Records;

public sealed class ApprovalRulesTests
{
    private static readonly ProjectApproval Valid = Example.Read($"{EventTypes.ProjectApprovalCreated}.json").Approval with
    {
        SupersedesDocNo = "尧审备〔2020〕1号",
        OperatorCode = "sgcc-linfen",
        ChangeReason = "原因",
        ChangedFields = ["loadKw"],
        NewPath = "FILING",
    };

    public static TheoryData<string, string> Breaks
    {
        get
        {
            var breaks = new TheoryData<string, string>();
            foreach (var property in typeof(ProjectApproval).GetProperties(BindingFlags.Public | BindingFlags.Instance))
            {
                foreach (var code in CodesOf(property))
                {
                    breaks.Add(property.Name, code);
                }
            }

            return breaks;
        }
    }

    [Fact]
    public void An_amendment_without_a_code_belongs_to_the_document_it_replaces()
    {
        var amended = Valid with { ProjectCode = null, ApprovalDocNo = "乙〔2022〕2号", SupersedesDocNo = "甲[2021]1号" };

        Assert.Equal("doc:甲〔2021〕1号", ApprovalRules.CaseKey(amended));
    }

    [Fact]
    public void A_record_with_every_field_is_right()
    {
        Assert.All(typeof(ProjectApproval).GetProperties(), property => Assert.NotNull(property.GetValue(Valid)));
        Assert.Empty(Errors(Valid));
    }

    /// <summary>The attributes say what the published schema says; the rules are written by hand. This holds the two together.</summary>
    [Theory]
    [MemberData(nameof(Breaks))]
    public void What_an_attribute_forbids_is_refused_at_its_field(string name, string code)
    {
        var property = typeof(ProjectApproval).GetProperty(name)!;
        foreach (var value in Broken(property, code))
        {
            var error = Assert.Single(Errors(With(property, value)));

            Assert.Equal(("/" + JsonNamingPolicy.CamelCase.ConvertName(name), code), (error.Pointer, error.Code));
            Assert.Contains(error.MessageZh, c => c > '\u4e00');
            Assert.DoesNotContain(error.MessageEn, c => c > '\u4e00');
        }
    }

    [Fact]
    public void What_an_attribute_just_allows_is_accepted() => Assert.All(typeof(ProjectApproval).GetProperties(), property =>
    {
        foreach (var value in JustRight(property))
        {
            Assert.DoesNotContain(Errors(With(property, value)), error => error.Code is not ErrorCodes.StageNotComplete);
        }
    });

    [Fact]
    public void Every_field_has_an_attribute_that_the_test_understands() =>
        Assert.All(typeof(ProjectApproval).GetProperties(), property => Assert.NotEmpty(CodesOf(property)));

    [Theory]
    [InlineData("2021-02-29")]
    [InlineData("2021-02-30")]
    [InlineData("2021-04-31")]
    [InlineData("2021-13-01")]
    [InlineData("2021-00-10")]
    [InlineData("2021-01-00")]
    [InlineData("0000-01-01")]
    public void A_day_that_is_not_in_the_calendar_is_refused(string date)
    {
        ProjectApproval[] wrong =
        [
            Valid with { ApprovalDate = date }, Valid with { ValidUntil = date }, Valid with { PlannedStart = date }, Valid with { PlannedFinish = date },
            Valid with { RequiredDate = date }, Valid with { TemporaryFrom = date },
        ];

        Assert.Equal(
            ["/approvalDate", "/validUntil", "/plannedStart", "/plannedFinish", "/requiredDate", "/temporaryFrom"],
            wrong.Select(approval => Assert.Single(Errors(approval), error => error.Code == ErrorCodes.NotADate).Pointer));
    }

    [Theory]
    [InlineData("2021-13")]
    [InlineData("2021-00")]
    [InlineData("0000")]
    public void A_month_or_year_that_does_not_exist_is_refused(string date) =>
        Assert.Equal(ErrorCodes.NotADate, Assert.Single(Errors(Valid with { ApprovalDate = date })).Code);

    [Fact]
    public void The_29th_of_February_of_a_leap_year_is_a_day() => Assert.Empty(Errors(Valid with { ApprovalDate = "2024-02-29" }));

    [Fact]
    public void Text_that_cannot_be_shown_or_stored_is_refused_in_every_text_field()
    {
        // Not as inline data: an attribute cannot hold half a character.
        string[] bad = ["a\0b", "a\vb", "a\u001bb", "a\u007f", "\u0085a", "a\ud83d", "\udc00a", "\udc00\ud83d", "\ud83da"];
        foreach (var text in bad)
        {
            foreach (var property in typeof(ProjectApproval).GetProperties().Where(property => property.GetCustomAttribute<StringLengthAttribute>() is not null))
            {
                Assert.Contains(Errors(With(property, text)), error => error.Code == ErrorCodes.BadText
                    && error.Pointer == "/" + JsonNamingPolicy.CamelCase.ConvertName(property.Name));
            }

            Assert.Equal(("/changedFields/1", ErrorCodes.BadText), First(Valid with { ChangedFields = ["a", text] }));
        }
    }

    [Theory]
    [InlineData("一\n二\t三")]
    [InlineData("一\r\n二")]
    [InlineData("𠮷野家")]
    [InlineData("😀")]
    public void Line_feeds_tabs_and_rare_characters_are_text(string text) => Assert.Empty(Errors(Valid with { ScaleContent = text, ProjectName = text }));

    [Fact]
    public void A_null_among_the_changed_fields_is_refused() =>
        Assert.Equal(("/changedFields/0", ErrorCodes.Required), First(Valid with { ChangedFields = [null!] }));

    [Theory]
    [InlineData(null, null)]
    [InlineData("  ", "\u3000")]
    [InlineData("2304-*-04-01-*", null)]
    public void Without_code_and_document_number_there_is_no_identity(string? code, string? document)
    {
        var approval = Valid with { ProjectCode = code, ApprovalDocNo = document };

        Assert.Equal(("/projectCode", ErrorCodes.IdentityMissing), First(approval));
        Assert.Equal("", ApprovalRules.CaseKey(approval));
    }

    [Fact]
    public void Identity_is_said_before_stage_and_stage_before_the_fields()
    {
        var codes = Errors(Valid with { ProjectCode = null, ApprovalDocNo = null, ApprovalStage = "PLANNING", ProjectName = null }).Select(error => error.Code);

        Assert.Equal([ErrorCodes.IdentityMissing, ErrorCodes.StageNotComplete, ErrorCodes.Required], codes);
    }

    [Theory]
    [InlineData("PLANNING")]
    [InlineData("CONSTRUCTION")]
    [InlineData("COMPLETION")]
    [InlineData("ENVIRONMENT")]
    public void A_created_event_of_another_stage_is_refused_and_a_later_event_is_not(string stage)
    {
        var approval = Valid with { ApprovalStage = stage };

        Assert.Equal(("/approvalStage", ErrorCodes.StageNotComplete), First(approval));
        Assert.Empty(Errors(approval, EventTypes.ProjectApprovalAmended));
        Assert.Empty(Errors(approval with { ApprovalStage = null }));
    }

    [Theory]
    [InlineData("2110-141002-04-01-888002", "甲〔2021〕1号", "2110-141002-04-01-888002")]
    [InlineData(" ２１10-141002-04-01-888002", null, "2110-141002-04-01-888002")]
    [InlineData("2015320724fg0094", null, "2015320724FG0094")]
    [InlineData(null, "甲[2021] 1号", "doc:甲〔2021〕1号")]
    [InlineData(" ", "甲（2021）1号", "doc:甲〔2021〕1号")]
    [InlineData("2304-*-04-01-*", "甲〔2021〕1号", "doc:甲〔2021〕1号")]
    public void The_case_is_named_by_the_code_else_by_the_document(string? code, string? document, string key)
    {
        var approval = Valid with { ProjectCode = code, ApprovalDocNo = document, SupersedesDocNo = null };

        Assert.Equal(key, ApprovalRules.CaseKey(approval));
        Assert.Equal(key, ApprovalRules.CaseKey(ApprovalRules.Normalise(approval)));
    }

    [Fact]
    public void Normalising_touches_identifiers_only()
    {
        var raw = Valid with
        {
            ProjectCode = " 2110-141002-04-01-888002 ", UnitUscc = "91141002ma0000007w", ApprovalDocNo = "尧审备[2021]88号", SupersedesDocNo = " ", ProjectName = " 名称 ",
        };

        var expected = raw with { ProjectCode = "2110-141002-04-01-888002", UnitUscc = "91141002MA0000007W", ApprovalDocNo = "尧审备〔2021〕88号", SupersedesDocNo = null };
        Assert.Equal(expected, ApprovalRules.Normalise(raw));
    }

    [Theory]
    [InlineData("2110-141002-04-01-888003", WarningCodes.CheckDigit)]
    [InlineData("2019-141002-01-01-549184", WarningCodes.CodeForm)]
    [InlineData("2015141002FG0094", WarningCodes.CodeForm)]
    [InlineData("2110-141002-04-01-8880**", WarningCodes.CodeForm)]
    public void An_odd_project_code_is_warned(string code, string warning) =>
        Assert.Equal(("/projectCode", warning), Warned(Valid with { ProjectCode = code }));

    [Theory]
    [InlineData("91350100M0001TGQXM", WarningCodes.CheckDigit)]
    [InlineData("91350100", WarningCodes.CodeForm)]
    [InlineData("91350100********XM", WarningCodes.CodeForm)]
    public void An_odd_credit_code_is_warned(string code, string warning) =>
        Assert.Equal(("/unitUscc", warning), Warned(Valid with { UnitUscc = code }));

    [Theory]
    [InlineData("2021")]
    [InlineData("2021-10")]
    public void A_partial_date_is_warned(string date) =>
        Assert.Equal(("/approvalDate", WarningCodes.PartialDate), Warned(Valid with { ApprovalDate = date }));

    [Fact]
    public void Another_city_than_that_of_the_code_is_warned_and_another_county_is_not()
    {
        Assert.Equal(("/regionCode", WarningCodes.RegionDiffers), Warned(Valid with { RegionCode = "140702" }));
        Assert.Empty(Warnings(Valid with { RegionCode = "141082" }));
    }

    [Fact]
    public void A_region_of_no_province_is_warned() =>
        Assert.Equal(("/regionCode", WarningCodes.RegionUnknown), Warned(Valid with { ProjectCode = "2110-990000-04-01-888008", RegionCode = "990001" }));

    [Fact]
    public void Every_field_the_letter_asks_for_is_missed_by_its_pointer()
    {
        var bare = new ProjectApproval { ProjectCode = Valid.ProjectCode, ProjectName = "名", RegionCode = "141002", Version = 1, ContactPhone = " " };

        Assert.Equal(
            [
                "/unitName", "/projectAddress", "/scaleContent", "/contactName", "/contactPhone", "/approvalType", "/approvalDate", "/approvalAuthority", "",
            ],
            Warnings(bare).Select(warning => warning.Pointer));
        Assert.All(Warnings(bare).SkipLast(1), warning => Assert.Equal(WarningCodes.MissingByRule, warning.Code));
    }

    [Fact]
    public void Missing_demand_is_one_warning_that_names_what_is_absent()
    {
        var approval = Valid with { LoadKw = null, RequiredDate = null };

        Assert.Equal(("", WarningCodes.MissingDemand), Warned(approval));
        Assert.Contains("load, desired date", Warnings(approval)[0].MessageEn, StringComparison.Ordinal);
        Assert.Contains("用电负荷、用电时间", Warnings(approval)[0].MessageZh, StringComparison.Ordinal);
        Assert.True(ApprovalRules.MissingDemand(approval));
        Assert.True(ApprovalRules.MissingDemand(Valid with { UsageType = null }));
        Assert.False(ApprovalRules.MissingDemand(Valid));
    }

    private static IEnumerable<string> CodesOf(PropertyInfo property) => property.GetCustomAttributes().SelectMany(attribute => attribute switch
    {
        RequiredAttribute => [ErrorCodes.Required],
        StringLengthAttribute => [ErrorCodes.TooLong, ErrorCodes.TooShort],
        MaxLengthAttribute => [ErrorCodes.TooLong],
        RegularExpressionAttribute => [ErrorCodes.Pattern],
        RangeAttribute => [ErrorCodes.Range],
        AllowedValuesAttribute => [ErrorCodes.NotAllowed],
        _ => Array.Empty<string>(),
    });

    private static IEnumerable<object?> Broken(PropertyInfo property, string code) => code switch
    {
        ErrorCodes.Required => property.PropertyType == typeof(string) ? [null, " "] : [null],
        ErrorCodes.TooShort => [""],
        ErrorCodes.TooLong when property.GetCustomAttribute<StringLengthAttribute>() is { } length => [new string('9', length.MaximumLength + 1)],
        ErrorCodes.TooLong => [Enumerable.Repeat("loadKw", property.GetCustomAttribute<MaxLengthAttribute>()!.Length + 1).ToList()],
        ErrorCodes.Pattern => BrokenPatterns(property),
        ErrorCodes.Range => [Number(property, Limits(property).Min - 1), Number(property, Limits(property).Max + 1)],
        ErrorCodes.NotAllowed => ["", "filing", " FILING"],
        _ => throw new ArgumentOutOfRangeException(nameof(code)),
    };

    // Candidates are judged by the attribute's own pattern, so that the list cannot say something else than the contract.
    private static List<object?> BrokenPatterns(PropertyInfo property)
    {
        string[] candidates =
        [
            "x", "2021-1-1", "2021/01/01", "2021-01-01T00:00:00", "２０２１-０１-０１", "2021-01-01\n", "2021", "2021-01", "2021-0101", "20210101", "12345", "1234567", "12345x",
            "１４１００２", "141002\n", "000", "600", "700", "10", "1000", "１００", "4 0",
        ];
        var pattern = property.GetCustomAttribute<RegularExpressionAttribute>()!;
        // \d of .NET takes digits of every script, that of JSON Schema only 0-9; the contract means the latter.
        var broken = candidates.Where(text => !pattern.IsValid(text) || text.Any(c => c > '~')).ToList<object?>();
        Assert.True(broken.Count > 15);
        return broken;
    }

    private static IEnumerable<object?> JustRight(PropertyInfo property) => property.GetCustomAttributes().SelectMany(attribute => attribute switch
    {
        StringLengthAttribute length => [new string('9', length.MaximumLength), "9"],
        MaxLengthAttribute length => [Enumerable.Repeat("loadKw", length.Length).ToList(), new List<string>()],
        RangeAttribute => [Number(property, Limits(property).Min), Number(property, Limits(property).Max)],
        AllowedValuesAttribute allowed => allowed.Values,
        _ => Array.Empty<object?>(),
    });

    private static (decimal Min, decimal Max) Limits(PropertyInfo property)
    {
        var range = property.GetCustomAttribute<RangeAttribute>()!;
        return (Convert.ToDecimal(range.Minimum, null), Convert.ToDecimal(range.Maximum, null));
    }

    private static object Number(PropertyInfo property, decimal value) => property.PropertyType == typeof(int?) ? (object)(int)value : value;

    private static ProjectApproval With(PropertyInfo property, object? value)
    {
        var copy = Valid with { };
        property.SetValue(copy, value);
        return copy;
    }

    private static (string Pointer, string Code) First(ProjectApproval approval) => (Errors(approval)[0].Pointer, Errors(approval)[0].Code);

    private static (string Pointer, string Code) Warned(ProjectApproval approval)
    {
        var warning = Assert.Single(Warnings(approval));
        return (warning.Pointer, warning.Code);
    }

    private static List<FieldError> Errors(ProjectApproval approval, string type = EventTypes.ProjectApprovalCreated) => Check(approval, type).Errors;

    private static List<Warning> Warnings(ProjectApproval approval) => Check(approval, EventTypes.ProjectApprovalCreated).Warnings;

    private static (List<FieldError> Errors, List<Warning> Warnings) Check(ProjectApproval approval, string type)
    {
        var (errors, warnings) = (new List<FieldError>(), new List<Warning>());
        ApprovalRules.Check(approval, type, errors, warnings);
        return (errors, warnings);
    }
}
