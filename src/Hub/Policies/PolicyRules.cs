using System.Security.Cryptography;
using System.Text;

namespace Hub.Policies;

/// <summary>What has to hold between packs, once each of them has been read by itself.</summary>
internal static class PolicyRules
{
    public static void Check(List<Loaded<Policy>> packs, List<PolicyProblem> problems)
    {
        CheckVersions(packs);
        foreach (var pack in packs)
        {
            if (IsSoundlyExtended(pack, packs))
            {
                CheckReceivers(pack, packs);
            }
        }

        var current = packs.GroupBy(pack => pack.Content.Id).Select(versions => versions.MaxBy(pack => pack.Content.Version, PackVersion.Order)!).ToList();
        CheckOnce(current, pack => pack.Content.Regions, "regions", "地区", "Region");
        CheckOnce(current, pack => pack.Content.Operators.Select(serving => serving.Id), "operators", "企业", "Operator");
        CheckOnce(current, pack => pack.Content.Operators.SelectMany(serving => serving.Serves.Select(prefix => $"{serving.Utility} {prefix}")),
            "operators", "供电区域", "Served area");
        if (packs.Count == 0 && problems.Count == 0)
        {
            problems.Add(new("", 1, 1, "没有任何规则包。", "There is no pack at all."));
        }
    }

    /// <summary>The pack with what it inherits filled in.</summary>
    public static Policy Inherit(Policy policy, List<Loaded<Policy>> packs)
    {
        if (Parent(policy, packs) is not { } parent)
        {
            return policy;
        }

        var inherited = Inherit(parent.Content, packs);
        return policy with
        {
            FirstContact = policy.FirstContact ?? inherited.FirstContact,
            Recording = policy.Recording ?? inherited.Recording,
            CoTransfer = policy.CoTransfer ?? inherited.CoTransfer,
            Licences = policy.Licences ?? inherited.Licences,
            Documents = policy.Documents ?? inherited.Documents,
            Limits = Over(inherited.Limits, policy.Limits, rule => rule.Id),
            Steps = Over(inherited.Steps, policy.Steps, rule => rule.Id),
            Thresholds = Over(inherited.Thresholds, policy.Thresholds, rule => rule.Id),
            Exemptions = Over(inherited.Exemptions, policy.Exemptions, rule => rule.Id),
            Permits = Over(inherited.Permits, policy.Permits, rule => rule.Item),
            Authorities = Over(inherited.Authorities, policy.Authorities, rule => rule.Id),
            Reports = Over(inherited.Reports, policy.Reports, rule => rule.Id),
            Milestones = Over(inherited.Milestones, policy.Milestones, rule => rule.Id),
            Prohibitions = Over(inherited.Prohibitions, policy.Prohibitions, rule => rule.Id),
            Warnings = policy.Warnings.Count > 0 ? policy.Warnings : inherited.Warnings,
            Outage = policy.Outage ?? inherited.Outage,
            Public = policy.Public?.Over(inherited.Public) ?? inherited.Public,
        };
    }

    // The pack's own rows, then those of the pack it extends whose names it does not use.
    private static IReadOnlyList<T> Over<T>(IReadOnlyList<T> inherited, IReadOnlyList<T> own, Func<T, string> name) =>
        [.. own, .. inherited.ExceptBy(own.Select(name), name)];

    /// <summary>By pin, a digest over the pack's bytes and those of all it extends.</summary>
    public static Dictionary<string, string> PinDigests(List<Loaded<Policy>> packs) => packs.ToDictionary(pack => pack.Content.Pin, pack => PinDigest(pack, packs));

    public static (WorkingCalendar? National, IReadOnlyList<CalendarOverlay> Overlays) Calendars(List<Loaded<CalendarFile>> files, List<PolicyProblem> problems)
    {
        foreach (var same in files.GroupBy(file => (file.Content.Id, file.Content.Version)).Where(same => same.Skip(1).Any()))
        {
            same.Last().Node.Report("version", "日历的编号和版本重复。", "A calendar of this id and version was read already.");
        }

        var current = files.GroupBy(file => file.Content.Id).Select(versions => versions.MaxBy(file => file.Content.Version, PackVersion.Order)!).ToList();
        CheckOnce(current, file => file.Content.Regions, "regions", "地区", "Region");
        if (current.Find(file => file.Content.Id == CalendarReader.National)?.Content is not { FirstDay: { } first, LastDay: { } last } national)
        {
            problems.Add(new("calendar", 1, 1, "缺少可用的全国日历（cn）。", "There is no usable national calendar (cn)."));
            return (null, []);
        }

        var calendar = new WorkingCalendar(first, last, national.Days) { Version = national.Pin, Notices = national.Notices };
        return (calendar, [.. current.SelectMany(file => file.Content.Regions.Select(region => new CalendarOverlay(region, calendar.With(file.Content.Days, file.Content.Pin, file.Content.Notices))))]);
    }

    private static void CheckVersions(List<Loaded<Policy>> packs)
    {
        foreach (var same in packs.GroupBy(pack => pack.Content.Pin).Where(same => same.Skip(1).Any()))
        {
            same.Last().Node.Report("version", $"{same.Key} 已在 {same.First().File.Name} 中；覆盖时须提高版本号。",
                $"{same.Key} stands already in {same.First().File.Name}; to override it, raise the version.");
        }
    }

    private static bool IsSoundlyExtended(Loaded<Policy> pack, List<Loaded<Policy>> packs)
    {
        if (pack.Content.Extends is not null && Parent(pack.Content, packs) is null)
        {
            pack.Node.Report("extends", $"找不到所继承的规则包“{pack.Content.Extends}”。", $"There is no pack \"{pack.Content.Extends}\" to extend.");
            return false;
        }

        var seen = new HashSet<string> { pack.Content.Pin };
        for (var parent = Parent(pack.Content, packs); parent is not null; parent = Parent(parent.Content, packs))
        {
            if (!seen.Add(parent.Content.Pin))
            {
                pack.Node.Report("extends", "规则包互相继承，形成循环。", "The packs extend one another in a circle.");
                return false;
            }
        }

        return true;
    }

    // Only with what it inherits does a pack know all of its authorities.
    private static void CheckReceivers(Loaded<Policy> pack, List<Loaded<Policy>> packs)
    {
        var policy = Inherit(pack.Content, packs);
        foreach (var unknown in policy.Reports.SelectMany(report => report.Receivers).Except(policy.Authorities.Select(authority => authority.Id)))
        {
            pack.Node.Report("reports", $"接收单位“{unknown}”不在 authorities 中。", $"Receiver \"{unknown}\" is not among the authorities.");
        }
    }

    // Of two packs that claim the same thing, the later one is told.
    private static void CheckOnce<T>(List<Loaded<T>> files, Func<Loaded<T>, IEnumerable<string>> claims, string key, string zh, string en)
    {
        var claimed = new Dictionary<string, Loaded<T>>();
        foreach (var file in files)
        {
            foreach (var claim in claims(file))
            {
                if (!claimed.TryAdd(claim, file))
                {
                    file.Node.Report(key, $"{zh}“{claim}”已在 {claimed[claim].File.Name} 中。", $"{en} \"{claim}\" stands already in {claimed[claim].File.Name}.");
                }
            }
        }
    }

    private static Loaded<Policy>? Parent(Policy policy, List<Loaded<Policy>> packs) =>
        packs.Where(pack => policy.Extends == pack.Content.Id || policy.Extends == pack.Content.Pin).MaxBy(pack => pack.Content.Version, PackVersion.Order);

    private static string PinDigest(Loaded<Policy> pack, List<Loaded<Policy>> packs)
    {
        var own = Convert.ToHexStringLower(SHA256.HashData(pack.File.Bytes));
        return Parent(pack.Content, packs) is { } parent
            ? Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(own + PinDigest(parent, packs))))
            : own;
    }
}
