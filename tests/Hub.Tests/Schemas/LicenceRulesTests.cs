using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Schemas;

public sealed class LicenceRulesTests
{
    private static LicenceQuery Query => new()
    {
        QueryId = "Q-1", Case = "application:1", HolderTypeCode = "111", HolderCode = "11010519491231002X", CertTypeCode = "11100000000013127D001", Purpose = "new_connection", UseCause = "办理新装用电",
    };

    private static Consent Consent => new()
    {
        ConsentId = "C-1", Case = "application:1", HolderTypeCode = "111", HolderCode = "11010519491231002X", Purposes = ["new_connection"], CertTypeCodes = ["11100000000013127D001"],
        GivenAt = FakeClock.Start, ExpiresAt = FakeClock.Start.AddDays(1), Method = "app",
    };

    public static TheoryData<string, string> Bad => new()
    {
        { "queryId", "/queryId required" }, { "queryId_odd", "/queryId pattern" }, { "cause_long", "/useCause too_long" }, { "cause_missing", "/useCause required" }, { "holder", "/holderCode pattern" },
        { "organisation", "/holderCode pattern" }, { "type", "/holderTypeCode not_allowed" }, { "purpose", "/purpose required" }, { "control", "/useCause bad_text" }, { "empty", "/certTypeCode too_short" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_query_is_told_by_its_place(string story, string expected)
    {
        var errors = new List<FieldError>();
        LicenceRules.Check(story switch
        {
            "queryId" => Query with { QueryId = null },
            "queryId_odd" => Query with { QueryId = "a b" },
            "cause_long" => Query with { UseCause = new('长', 201) },
            "cause_missing" => Query with { UseCause = null },
            "holder" => Query with { HolderCode = "110105194912310021" },
            "organisation" => Query with { HolderTypeCode = "001", HolderCode = "short" },
            "type" => Query with { HolderTypeCode = "999" },
            "purpose" => Query with { Purpose = null },
            "control" => Query with { UseCause = "a\nb" },
            _ => Query with { CertTypeCode = "" },
        }, errors, []);

        Assert.Equal(expected, $"{errors[0].Pointer} {errors[0].Code}");
    }

    [Fact]
    public void A_good_query_has_no_error_and_an_odd_identifier_only_warns()
    {
        var (errors, warnings) = (new List<FieldError>(), new List<Warning>());

        LicenceRules.Check(Query with { CertIdentifier = "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.8" }, errors, warnings);

        Assert.Empty(errors);
        Assert.Equal(("/certIdentifier", WarningCodes.CheckDigit), (warnings[0].Pointer, warnings[0].Code));
    }

    [Theory]
    [InlineData("good", "")]
    [InlineData("face", "/authResultRef required")]
    [InlineData("order", "/expiresAt range")]
    [InlineData("empty", "/purposes too_short")]
    [InlineData("blank", "/certTypeCodes/0 too_long")]
    public void A_consent_has_an_end_a_scope_and_of_a_face_only_a_reference(string story, string expected)
    {
        var errors = new List<FieldError>();
        LicenceRules.Check(story switch
        {
            "face" => Consent with { Method = "face" },
            "order" => Consent with { ExpiresAt = FakeClock.Start },
            "empty" => Consent with { Purposes = [] },
            "blank" => Consent with { CertTypeCodes = [""] },
            _ => Consent,
        }, errors);

        Assert.Equal(expected, string.Join(' ', errors.Select(error => $"{error.Pointer} {error.Code}")));
    }
}
