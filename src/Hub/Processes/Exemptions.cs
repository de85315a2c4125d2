using System.Globalization;
using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>Whether a line needs a permit (免批; S0 任务二, S3 三.2, S1 二, S2 一). Pure: the same facts and rule always give the same result, with every reason.</summary>
internal static class Exemptions
{
    /// <summary>Whether the rule is one for works of this kind at all.</summary>
    public static bool Concerns(ExemptionRule rule, PermitApplication facts) => rule.Purposes.Count == 0 || rule.Purposes.Contains(facts.Purpose);

    /// <summary>
    /// All conditions must hold. One that does not means that the permit is needed, whatever else is unknown; a fact that is not known is never guessed: then, and where the
    /// document gives no figures, a person decides.
    /// </summary>
    /// <param name="rule">Of the pack.</param>
    /// <param name="pin">Of the pack.</param>
    /// <param name="facts">The line.</param>
    public static ExemptionDecision Decide(ExemptionRule rule, string pin, PermitApplication facts)
    {
        var tested = rule.Conditions.Select(condition => (Ground: new ExemptionGround(condition.Fact, condition.Text.Zh, condition.Text.En), Holds: Holds(condition, facts))).ToList();
        var failed = tested.Where(test => test.Holds == false).Select(test => test.Ground).ToList();
        if (!Concerns(rule, facts))
            failed.Insert(0, new("purpose", "用途不在该规则适用范围内", "The purpose is outside this rule"));
        var missing = tested.Where(test => test.Holds is null).Select(test => test.Ground).ToList();
        return new()
        {
            Rule = rule.Id,
            Pack = pin,
            Clause = rule.Clause,
            Result = failed.Count > 0 ? ExemptionResults.PermitNeeded
                : missing.Count > 0 || rule.Conditions.Count == 0 ? ExemptionResults.ManualReview
                : rule.Result,
            Inputs = InputsOf(rule, facts),
            Failed = failed,
            Missing = missing,
        };
    }

    /// <returns>Null when the fact is not known.</returns>
    private static bool? Holds(ExemptionCondition condition, PermitApplication facts) => condition switch
    {
        { Is: { } wanted } => Flag(condition.Fact, facts) is { } flag ? flag == wanted : null,
        { Below: { } limit } => Number(condition.Fact, facts) is { } number ? number < limit : null,
        { AtMost: { } limit } => Number(condition.Fact, facts) is { } number ? number <= limit : null,
        { OnlyOf: { } allowed } => facts.Occupies?.All(allowed.Contains),
        _ => TextOf(condition.Fact, facts) is not null ? true : null,
    };

    private static bool? Flag(string fact, PermitApplication facts) => fact switch
    {
        "inUrbanDistrict" => facts.InUrbanDistrict,
        "insideForbidden" => facts.InsideForbidden,
        "municipalFacility" => facts.MunicipalFacility,
        "laneStillUsable" => facts.LaneStillUsable,
        _ => null,
    };

    private static decimal? Number(string fact, PermitApplication facts) => fact == "lengthM" ? facts.LengthM : null;

    private static string? TextOf(string fact, PermitApplication facts) => fact switch
    {
        "purpose" => facts.Purpose,
        "workPosition" => facts.WorkPosition,
        "workQuantity" => facts.WorkQuantity,
        "lengthM" => facts.LengthM?.ToString(CultureInfo.InvariantCulture),
        "occupies" => facts.Occupies is { } occupied ? string.Join(' ', occupied) : null,
        _ => Flag(fact, facts) switch { true => "true", false => "false", null => null },
    };

    private static SortedDictionary<string, string> InputsOf(ExemptionRule rule, PermitApplication facts)
    {
        var inputs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var fact in rule.Conditions.Select(condition => condition.Fact).Append("purpose"))
        {
            if (TextOf(fact, facts) is { } text)
                inputs[fact] = text;
        }

        return inputs;
    }
}
