using System.Reflection;
using Hub.Connectors.Certification;
using Hub.Console;
using Hub.Console.Pages;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Console;

public sealed class PortalPagesTests
{
    public static TheoryData<string> Words =>
    [
        .. PortalModel.States.Select(state => $"submitted_{state}"),
        .. new[] { CertificationVerdicts.Pass, CertificationVerdicts.Fail, CertificationVerdicts.Skip }.Select(verdict => $"verdict_{verdict}"),
        .. new[] { "accepted", "in_progress", "done", "rejected" }.Select(status => $"receipt_{status}"),
        .. typeof(ErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(constant => $"error_{constant.GetRawConstantValue()}"),
        "act_Certify", "act_Certified", "act_ExportServiceReport",
    ];

    [Theory]
    [MemberData(nameof(Words))]
    public void What_is_named_by_a_value_has_a_word_in_both_languages(string key)
    {
        Assert.NotNull(Labels.Find(key, english: false));
        Assert.NotNull(Labels.Find(key, english: true));
    }

    [Fact]
    public void Every_check_asks_in_both_languages_and_has_a_name_of_its_own()
    {
        Assert.Equal(CertificationChecks.All.Count, CertificationChecks.All.Select(check => check.Id).Distinct().Count());
        Assert.All(CertificationChecks.All, check =>
        {
            Assert.Matches("[\u4e00-\u9fff]", check.Title.Zh);
            Assert.DoesNotMatch("[\u4e00-\u9fff]", check.Title.En);
        });
    }

    [Fact]
    public void A_partner_is_shown_its_portal_first_and_nothing_that_is_for_hub_staff_alone()
    {
        Assert.Equal("/portal", Navigation.For("sgcc-linfen").First().Path);
        Assert.Empty(Navigation.For("sgcc-linfen").Select(entry => entry.Path).Intersect(["/", "/evidence", "/approvals", "/transfers"]));
        Assert.Equal(Navigation.Entries, Navigation.For(scope: null));
    }
}
