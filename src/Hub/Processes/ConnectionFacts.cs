using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>What follows from an application's facts by the pack's rules. Where a fact is missing it is named, and nothing is assumed.</summary>
internal static class ConnectionFacts
{
    /// <summary>Class, tags and what is missing to tell them.</summary>
    /// <param name="Class">Null while it cannot be told.</param>
    /// <param name="Missing">Names of members of the application.</param>
    internal sealed record Derived(string? Class, IReadOnlyList<string> Tags, IReadOnlyList<string> Missing);

    /// <summary>Works out the class (客户类别): voltage, usage and number of supplies; a missing voltage follows from the capacity where the pack has a threshold in the same unit.</summary>
    public static Derived Derive(ConnectionApplication application, Policy policy, DateOnly accepted)
    {
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        var stated = (application.Tags ?? []).Where(ConnectionRules.StatedTags.Contains).ToList();
        var kilovolts = application.VoltageLevel is { } level ? Voltages.Kilovolts(level) : null;
        if (kilovolts >= 35)
            stated.Add(ConnectionTags.Kv35);
        // A small firm may become 三零, and the capacity up to which these get low voltage is the question here.
        List<string> candidate = stated.Contains(ConnectionTags.SmallMicro) ? [.. stated, ConnectionTags.Sanling] : stated;
        var low = kilovolts is { } known ? known < 1 : Within(ConnectionThresholds.LowVoltage, customerClass: null, candidate, application, policy, accepted, missing);
        if (low is null)
        {
            missing.Add("voltageLevel");
            return new(null, [.. stated.Order(StringComparer.Ordinal)], [.. missing]);
        }

        missing.Clear();
        var customerClass = (low, application) switch
        {
            (true, { UsageType: null }) => Lacks(missing, "usageType"),
            (true, { UsageType: ['2', ..] }) => ConnectionClasses.LvResident,
            (true, _) => ConnectionClasses.LvNonResident,
            (_, { Supplies: null }) => Lacks(missing, "supplies"),
            (_, { Supplies: > 1 }) => ConnectionClasses.HvDual,
            _ => ConnectionClasses.HvSingle,
        };
        if (customerClass == ConnectionClasses.LvNonResident && IsSanling(stated, application, policy, accepted, missing))
            stated.Add(ConnectionTags.Sanling);
        return new(customerClass, [.. stated.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)], [.. missing]);
    }

    /// <summary>The limits that run for a case; average ones are figures of the ledger and run for none.</summary>
    public static IReadOnlyList<LimitRule> Limits(ConnectionApplication application, Derived derived, Policy policy, DateOnly accepted, ISet<string> missing) =>
        [.. policy.Limits.Where(rule => rule is { Applied: true, Measure: "each", Span: LimitSpans.Whole or LimitSpans.UtilityTotal or LimitSpans.Stage }
            && Matches(rule.Applies, derived.Class, derived.Tags, application, accepted, missing))];

    /// <summary>True when every condition holds; a condition on a fact that is not known does not, and the fact is named.</summary>
    public static bool Matches(Applies rule, string? customerClass, IReadOnlyList<string> tags, ConnectionApplication application, DateOnly accepted, ISet<string> missing)
    {
        if (accepted < rule.From || accepted > rule.To || !rule.Tags.All(tags.Contains) || rule.Without.Any(tags.Contains))
            return false;
        if (rule.Classes.Count > 0 && (customerClass is null || !rule.Classes.Contains(customerClass)))
            return false;

        // What is known to differ rules it out, whatever else is not known.
        if (Differs(rule.ExternalLine, application.HasExternalLine) || Differs(rule.Excavation, application.NeedsExcavation) || Differs(rule.NewStructure, application.NewStructure))
            return false;
        return Known(rule.ExternalLine, application.HasExternalLine, "hasExternalLine", missing)
            & Known(rule.Excavation, application.NeedsExcavation, "needsExcavation", missing)
            & Known(rule.NewStructure, application.NewStructure, "newStructure", missing);
    }

    // 三零 is for small firms inside the capacity up to which the company pays (零投资; S2 一), or as a pack says outright.
    private static bool IsSanling(List<string> stated, ConnectionApplication application, Policy policy, DateOnly accepted, SortedSet<string> missing) =>
        (stated.Contains(ConnectionTags.SmallMicro) && Within(ConnectionThresholds.CompanyPays, ConnectionClasses.LvNonResident, stated, application, policy, accepted, missing) == true)
        || Within(ConnectionTags.Sanling, ConnectionClasses.LvNonResident, stated, application, policy, accepted, missing) == true;

    private static bool Differs(bool? asked, bool? fact) => asked is not null && fact is not null && asked != fact;

    private static bool Known(bool? asked, bool? fact, string name, ISet<string> missing)
    {
        if (asked is null || fact is not null)
            return true;
        missing.Add(name);
        return false;
    }

    // Null: it cannot be told, and what is missing is named.
    private static bool? Within(string grants, string? customerClass, IReadOnlyList<string> tags, ConnectionApplication application, Policy policy, DateOnly accepted, SortedSet<string> missing)
    {
        var rules = policy.Thresholds.Where(rule => rule.Grants == grants && rule.Amount is not null && Matches(rule.Applies, customerClass, tags, application, accepted, missing)).ToList();
        if (rules.Count == 0)
            return null;
        if (application.Capacity is not { } capacity)
        {
            missing.Add("capacity");
            return null;
        }

        var sameUnit = rules.Where(rule => rule.Unit == application.CapacityUnit).ToList();
        if (sameUnit.Exists(rule => rule.Areas.Count > 0) && application.AreaType is null)
        {
            // Where every area would answer the same, the area does not matter.
            var answers = sameUnit.Select(rule => Holds(rule, capacity)).Distinct().ToList();
            if (answers.Count == 1)
                return answers[0];
            missing.Add("areaType");
            return null;
        }

        var ofPlace = sameUnit.Where(rule => rule.Areas.Count == 0 || rule.Areas.Contains(application.AreaType!)).ToList();
        return ofPlace.Count == 0 ? null : ofPlace.Exists(rule => Holds(rule, capacity));
    }

    private static bool Holds(ThresholdRule rule, decimal capacity) => rule.Inclusive ? capacity <= rule.Amount : capacity < rule.Amount;

    private static string? Lacks(SortedSet<string> missing, string fact)
    {
        missing.Add(fact);
        return null;
    }
}

/// <summary>Words of <see cref="ThresholdRule.Grants"/> beside the tags.</summary>
internal static class ConnectionThresholds
{
    public const string LowVoltage = "LOW_VOLTAGE";
    public const string CompanyPays = "COMPANY_PAYS";
}
