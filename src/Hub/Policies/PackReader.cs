using Hub.Schemas;

namespace Hub.Policies;

/// <summary>Reads one authority's pack. A rule to come is one more key here, with its <c>clause</c>, <c>source</c> and <c>note</c>.</summary>
internal static class PackReader
{
    private const int LimitWorkingDaysMax = 260;

    /// <returns>Null when the file has problems.</returns>
    public static Policy? Read(PackNode pack, List<PolicyProblem> problems)
    {
        var before = problems.Count;
        var operators = pack.Mappings("operators").Select(node => (Node: node, Operator: ReadOperator(node))).ToList();
        var licences = LicenceReader.Licences(pack);
        var policy = new Policy
        {
            Id = Id(pack, "id"),
            Version = Version(pack),
            Title = pack.Bilingual("title"),
            ValidFrom = pack.OptionalDate("valid_from"),
            ValidTo = pack.OptionalDate("valid_to"),
            Extends = pack.OptionalText("extends"),
            Document = Document(pack),
            Regions = Prefixes(pack, "regions"),
            Operators = [.. operators.Select(read => read.Operator)],
            FirstContact = FirstContact(pack),
            Recording = Recording(pack),
            Licences = licences,
            Documents = LicenceReader.Documents(pack, licences),
            CoTransfer = CoTransfer(pack),
            Limits = ConnectionReader.Limits(pack),
            Steps = ConnectionReader.Steps(pack),
            Thresholds = ConnectionReader.Thresholds(pack),
            Exemptions = ConnectionReader.Exemptions(pack),
            Permits = ConnectionReader.Permits(pack),
            Authorities = ConnectionReader.Authorities(pack),
            Reports = ConnectionReader.Reports(pack),
            Milestones = ConnectionReader.Milestones(pack),
            Prohibitions = ConnectionReader.Prohibitions(pack),
            Warnings = ConnectionReader.Warnings(pack),
            Outage = OutageReader.Outage(pack),
            Public = PublicReader.Public(pack),
        };
        CheckWhole(pack, policy);
        CheckOperators(operators, policy);
        pack.Close();
        return problems.Count == before ? policy : null;
    }

    public static string Version(PackNode node)
    {
        var version = node.Text("version");
        if (version.Length > 0 && !PackVersion.IsVersion(version))
        {
            node.Report("version", $"版本“{version}”应为以点分隔的数字，如 2021.1。", $"Version \"{version}\" must be numbers joined by dots, such as 2021.1.");
        }

        return version;
    }

    public static string Id(PackNode node, string key)
    {
        var id = node.Text(key);
        if (id.Length > 0 && !IsId(id))
        {
            node.Report(key, $"“{key}”的“{id}”只能用小写字母、数字和连字符，以字母或数字开头。",
                $"\"{id}\" in \"{key}\" may hold only lower-case letters, digits and hyphens, and begins with a letter or digit.");
        }

        return id;
    }

    public static IReadOnlyList<string> Prefixes(PackNode node, string key) =>
        node.Texts(key, text => RegionCode.IsPrefix(text), "2、4 或 6 位的行政区划前缀，前两位为省份", "2, 4 or 6 digits of a region code, the first two a province");

    private static bool IsId(string id) =>
        id.Length <= 64 && id[0] != '-' && id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static DocumentReference Document(PackNode pack)
    {
        if (pack.Mapping("document") is not { } node)
        {
            return new("", "", null, null);
        }

        var document = new DocumentReference(node.Text("short"), node.Text("title"), node.OptionalText("number"), node.OptionalDate("date"));
        node.Close();
        return document;
    }

    private static Operator ReadOperator(PackNode node)
    {
        var id = Id(node, "id");
        var title = node.Bilingual("title");
        var (source, clause, note) = Source(node);
        var serving = new Operator
        {
            Id = id,
            TitleZh = title.Zh,
            TitleEn = title.En,
            Utility = node.Word("utility", Utilities.All),
            Serves = Prefixes(node, "serves"),
            Connector = node.OptionalText("connector") is null ? id : Id(node, "connector"),
            Source = source,
            Clause = clause,
            Note = note,
        };
        if (serving.Serves.Count == 0 && note is null)
        {
            node.Report("serves", "未列供电区域的企业须在 note 中说明原因。", "An operator that serves no listed area needs a note that says why.");
        }

        node.Close();
        return serving;
    }

    private static FirstContactRule? FirstContact(PackNode pack)
    {
        if (pack.OptionalMapping("first_contact") is not { } node)
        {
            return null;
        }

        var (source, clause, note) = Source(node);
        var rule = new FirstContactRule
        {
            LimitWorkingDays = node.Number("limit_working_days", 1, LimitWorkingDaysMax),
            WarnBeforeWorkingDays = node.Number("warn_before_working_days", 0, LimitWorkingDaysMax),
            Source = source,
            Clause = clause,
            Note = note,
        };
        if (rule.WarnBeforeWorkingDays >= rule.LimitWorkingDays)
        {
            node.Report("warn_before_working_days", "预警须在期限之内：应小于 limit_working_days。", "The warning must lie inside the limit: less than limit_working_days.");
        }

        node.Close();
        return rule;
    }

    private static RecordingRule? Recording(PackNode pack)
    {
        if (pack.OptionalMapping("recording") is not { } node)
        {
            return null;
        }

        var (source, clause, note) = Source(node);
        var rule = new RecordingRule
        {
            BackdatedHours = node.Number("backdated_hours", 0, 24 * 31),
            RestartDays = node.Number("restart_days", 0, 3660),
            Source = source,
            Clause = clause,
            Note = note,
        };
        node.Close();
        return rule;
    }

    private static CoTransferRule? CoTransfer(PackNode pack)
    {
        if (pack.OptionalMapping("co_transfer") is not { } node)
        {
            return null;
        }

        var (source, clause, note) = Source(node);
        var rule = new CoTransferRule
        {
            Utilities = node.Texts("utilities", text => Utilities.All.Contains(text), "power、water、gas、heat", "power, water, gas or heat"),
            Register = node.OptionalText("register") is null ? null : Id(node, "register"),
            Notices = node.OptionalText("notices") is null ? null : Id(node, "notices"),
            LimitWorkingDays = node.Number("limit_working_days", 1, LimitWorkingDaysMax),
            WarnBeforeWorkingDays = node.Number("warn_before_working_days", 0, LimitWorkingDaysMax),
            StepWorkingDays = node.Number("step_working_days", 1, LimitWorkingDaysMax),
            RecheckWorkingDays = node.Number("recheck_working_days", 1, LimitWorkingDaysMax),
            SettleWorkingDays = node.Number("settle_working_days", 1, LimitWorkingDaysMax),
            TaskWorkingDays = node.Number("task_working_days", 1, LimitWorkingDaysMax),
            Source = source,
            Clause = clause,
            Note = note,
        };
        if (!rule.Utilities.Contains(Utilities.Power))
        {
            node.Report("utilities", "联合过户至少包括用电（power）。", "A co-transfer has at least power among its utilities.");
        }

        if (rule.WarnBeforeWorkingDays >= rule.LimitWorkingDays)
        {
            node.Report("warn_before_working_days", "预警须在期限之内：应小于 limit_working_days。", "The warning must lie inside the limit: less than limit_working_days.");
        }

        node.Close();
        return rule;
    }

    // Nothing stands in a pack without its origin: a clause of the document, or the word that it is ours and a note why.
    public static (string Source, string? Clause, Bilingual? Note) Source(PackNode node)
    {
        var source = node.Word("source", [RuleSources.Document, RuleSources.HubDefault, RuleSources.Regulation]);
        var clause = node.OptionalText("clause");
        var note = node.OptionalBilingual("note");
        if (source == RuleSources.Document && clause is null)
        {
            node.Report("source", "来源为 document 时须写明条款（clause）。", "A rule from the document needs its clause.");
        }

        if (source == RuleSources.Regulation && (clause is null || note is null))
        {
            node.Report("source", "来源为 regulation 时须写明条款（clause）和依据说明（note）。", "A rule from a regulation needs its clause, and a note on how it was read.");
        }

        if (source == RuleSources.HubDefault && note is null)
        {
            node.Report("source", "来源为 hub default 时须有说明（note）。", "A hub default needs a note.");
        }

        if (source == RuleSources.HubDefault && clause is not null)
        {
            node.Report("clause", "来源为 hub default 时不能引用条款。", "A hub default cannot cite a clause.");
        }

        return (source, clause, note);
    }

    private static void CheckWhole(PackNode pack, Policy policy)
    {
        if (policy.ValidTo < policy.ValidFrom)
        {
            pack.Report("valid_to", "valid_to 早于 valid_from。", "valid_to is before valid_from.");
        }

        if (policy.Regions.Count == 0 && policy.Operators.Count > 0)
        {
            pack.Report("regions", "有供电企业的规则包至少要有一个地区。", "At least one region is needed where there are operators.");
        }
    }

    private static void CheckOperators(List<(PackNode Node, Operator Operator)> operators, Policy policy)
    {
        var ids = new HashSet<string>();
        foreach (var (node, serving) in operators)
        {
            if (!ids.Add(serving.Id) && serving.Id.Length > 0)
            {
                node.Report("id", $"企业“{serving.Id}”重复。", $"Operator \"{serving.Id}\" stands twice.");
            }

            foreach (var prefix in serving.Serves.Where(prefix => !policy.Covers(prefix)))
            {
                node.Report("serves", $"供电区域 {prefix} 不在本规则包的地区之内。", $"{prefix} is outside the regions of this pack.");
            }
        }
    }
}
