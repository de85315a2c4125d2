using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>Words of a permit case that people read and sign.</summary>
internal static class PermitTexts
{
    /// <summary>The letter an applicant signs in place of a permit (告知承诺; S0 任务二, S4 六(二)): what is promised, by when, and what follows when it is not kept.</summary>
    public static Bilingual Commitment(ExemptionRule rule, PermitApplication application)
    {
        var (who, whoEn) = application.Applicant is { } applicant ? (applicant, applicant) : ("本单位", "We");
        var (where, whereEn) = application.WorkPosition is { } place ? ($"在{place}", $" at {place}") : ("", "");
        var (what, whatEn) = application.WorkQuantity is { } quantity ? ($"（{quantity}）", $" ({quantity})") : ("", "");
        var (by, byEn) = rule.RestoreWorkingDays is { } days ? ($"于施工完毕后{days}个工作日内", $" within {days} working days after the works") : ("于施工完毕后", " after the works");
        return new(
            $"{who}{where}实施电力外线施工{what}，依{rule.Title.Zh}免办许可。承诺所填情况属实，{by}将地面恢复原状并接受检查；未履行承诺的，同意记入信用档案。",
            $"{whoEn} build an electricity line{whereEn}{whatEn}; by \"{rule.Title.En}\" no permit is needed. What was stated is true; the surface will be as it was{byEn} and may be checked; a broken promise may be put on the credit record.");
    }

    public static Bilingual Restoration(Bilingual? rule) => new($"地面恢复（{rule?.Zh}）", $"Restoring the surface ({rule?.En})");
}
