using Hub.Schemas;

namespace Hub.Policies;

/// <summary>Reads what a pack says of connections: limits, steps, thresholds, permits, exemptions, authorities, reports, warnings, milestones and what may never be asked.</summary>
internal static class ConnectionReader
{
    private const int LimitMax = 366;
    private const int AreasPerRuleMax = 2;

    private static readonly string[] Units = ["working_days", "calendar_days"];
    private static readonly string[] Measures = ["each", "average"];
    private static readonly string[] Responsibles = ["utility", "department", "window", "applicant"];
    private static readonly string[] Parts = ["DISTRIBUTE", "SURVEY", "OWNER_CONSENT", "DECISION", "FEE"];
    private static readonly string[] Turns = [.. ConnectionStages.All.SelectMany(stage => new[] { $"{stage}.START", $"{stage}.FINISH" })];
    private static readonly string[] Capacities = ["kW", "kVA"];
    private static readonly string[] Areas = ["01", "02", "03"];
    private static readonly string[] Grants = ["LOW_VOLTAGE", "COMPANY_PAYS", .. ConnectionTags.All];
    private static readonly string[] Purposes = ["LV_SMALL_MICRO", "SITE_5G", "SUPPORTING_WORK", "LOW_VOLTAGE", "OTHER"];
    private static readonly string[] Results = ["EXEMPT", "FILING_ONLY", "MANUAL_REVIEW"];
    private static readonly string[] Roles = ["supervisor", "permits", "credit", "ledger"];
    private static readonly string[] Periods = ["WEEK", "QUARTER", "HALF_YEAR", "MAY", "NOVEMBER", "YEAR", "ON_EVENT"];
    private static readonly string[] Warned = ["responsible", "supervisor"];

    // A fact of the line, and the tests it can be put to.
    private static readonly Dictionary<string, string[]> Facts = new()
    {
        ["lengthM"] = ["below", "at_most"],
        ["inUrbanDistrict"] = ["is"],
        ["insideForbidden"] = ["is"],
        ["municipalFacility"] = ["is"],
        ["laneStillUsable"] = ["is"],
        ["occupies"] = ["only_of"],
        ["workPosition"] = ["given"],
        ["workQuantity"] = ["given"],
    };

    public static IReadOnlyList<LimitRule> Limits(PackNode pack) => Rows(pack, "limits", Limit, rule => rule.Id);

    public static IReadOnlyList<StepRule> Steps(PackNode pack) => Rows(pack, "steps", Step, rule => rule.Id);

    public static IReadOnlyList<ThresholdRule> Thresholds(PackNode pack) => Rows(pack, "thresholds", Threshold, rule => rule.Id);

    public static IReadOnlyList<ExemptionRule> Exemptions(PackNode pack) => Rows(pack, "exemptions", Exemption, rule => rule.Id);

    public static IReadOnlyList<PermitRule> Permits(PackNode pack) => Rows(pack, "permits", Permit, rule => rule.Item, "item");

    public static IReadOnlyList<Authority> Authorities(PackNode pack) => Rows(pack, "authorities", Body, rule => rule.Id);

    public static IReadOnlyList<ReportRule> Reports(PackNode pack) => Rows(pack, "reports", Report, rule => rule.Id);

    public static IReadOnlyList<Milestone> Milestones(PackNode pack) => Rows(pack, "milestones", Milestone, rule => rule.Id);

    public static IReadOnlyList<Prohibition> Prohibitions(PackNode pack) => Rows(pack, "prohibitions", Prohibition, rule => rule.Id);

    public static IReadOnlyList<WarningRule> Warnings(PackNode pack)
    {
        var warnings = Rows(pack, "warnings", Warning, rule => $"{rule.Percent}", "percent");
        if (!warnings.Select(rule => rule.Percent).SequenceEqual(warnings.Select(rule => rule.Percent).Order()))
        {
            pack.Report("warnings", "预警比例应从小到大排列。", "The shares must rise from one warning to the next.");
        }

        return warnings;
    }

    private static IReadOnlyList<T> Rows<T>(PackNode pack, string key, Func<PackNode, T> read, Func<T, string> id, string idKey = "id")
    {
        var rows = new List<T>();
        var ids = new HashSet<string>();
        foreach (var node in pack.OptionalMappings(key))
        {
            var row = read(node);
            if (!ids.Add(id(row)) && id(row).Length > 0)
            {
                node.Report(idKey, $"“{key}”中的“{id(row)}”重复。", $"\"{id(row)}\" stands twice in \"{key}\".");
            }

            node.Close();
            rows.Add(row);
        }

        return rows;
    }

    private static LimitRule Limit(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        var span = node.Word("span", LimitSpans.All);
        var rule = new LimitRule
        {
            Id = PackReader.Id(node, "id"),
            Title = node.Bilingual("title"),
            Span = span,
            Stage = node.OptionalWord("stage", span == LimitSpans.PermitItem ? PermitItems.All : ConnectionStages.All),
            Part = node.OptionalWord("part", Parts),
            Applies = AppliesOf(node),
            StartsAt = node.OptionalWord("starts_at", Turns),
            EndsAt = node.OptionalWord("ends_at", Turns),
            Limit = node.Number("limit", 1, LimitMax),
            Unit = node.Word("unit", Units),
            Measure = node.OptionalWord("measure", Measures) ?? Measures[0],
            InternalTarget = node.OptionalNumber("internal_target", 1, LimitMax),
            Excludes = node.OptionalWords("excludes", Exclusions.All),
            Responsible = node.Word("responsible", Responsibles),
            Department = node.OptionalBilingual("department"),
            Coordinator = node.OptionalBilingual("coordinator"),
            Others = Others(node),
            Applied = node.OptionalFlag("applied") ?? true,
            Clause = clause,
            Source = source,
            Note = note,
        };
        CheckLimit(node, rule);
        return rule;
    }

    private static void CheckLimit(PackNode node, LimitRule rule)
    {
        // The window hands out every item at once, so its limit names none.
        var isStaged = rule.Span is LimitSpans.Stage || (rule.Span is LimitSpans.PermitItem && rule.Part is not "DISTRIBUTE");
        if (isStaged && rule.Stage is null)
        {
            node.Report("span", $"{rule.Span} 的时限须写明 stage。", $"A limit of {rule.Span} needs its stage.");
        }

        if (rule.Span is LimitSpans.Whole or LimitSpans.UtilityTotal or LimitSpans.Permits && rule.Stage is not null)
        {
            node.Report("stage", $"{rule.Span} 的时限不针对单个环节。", $"A limit of {rule.Span} is of no single stage.");
        }

        if (rule.Part is not null && rule.Span != LimitSpans.PermitItem)
        {
            node.Report("part", "只有审批事项（PERMIT_ITEM）才分 part。", "Only a PERMIT_ITEM has parts.");
        }

        if (rule.InternalTarget >= rule.Limit)
        {
            node.Report("internal_target", "内控目标应严于时限。", "The internal target must be stricter than the limit.");
        }

        if (rule.Stage == ConnectionStages.ExternalWork && rule.Excludes.Contains(Exclusions.ExternalWork))
        {
            node.Report("excludes", "外线施工的时限不能扣除外线施工时间。", "A limit on the external works cannot leave them out.");
        }

        if (!rule.Applied && rule.Note is null)
        {
            node.Report("applied", "不适用的时限须在 note 中说明原因。", "A limit that is not applied needs a note that says why.");
        }
    }

    private static Applies AppliesOf(PackNode rule)
    {
        if (rule.OptionalMapping("applies") is not { } node)
        {
            return new();
        }

        var applies = new Applies
        {
            Classes = node.OptionalWords("classes", ConnectionClasses.All),
            Tags = node.OptionalWords("tags", ConnectionTags.All),
            Without = node.OptionalWords("without", ConnectionTags.All),
            ExternalLine = node.OptionalFlag("external_line"),
            Excavation = node.OptionalFlag("excavation"),
            NewStructure = node.OptionalFlag("new_structure"),
            From = node.OptionalDate("from"),
            To = node.OptionalDate("to"),
        };
        if (applies.To < applies.From)
        {
            node.Report("to", "to 早于 from。", "to is before from.");
        }

        if (applies.Tags.FirstOrDefault(applies.Without.Contains) is { } both)
        {
            node.Report("without", $"“{both}”不能同时列在 tags 和 without 中。", $"\"{both}\" cannot be both required and excluded.");
        }

        node.Close();
        return applies;
    }

    private static IReadOnlyList<OtherValue> Others(PackNode rule)
    {
        var others = new List<OtherValue>();
        foreach (var node in rule.OptionalMappings("others"))
        {
            others.Add(new(node.Amount("value"), node.Text("clause"), node.Bilingual("why")));
            node.Close();
        }

        return others;
    }

    private static StepRule Step(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        var rule = new StepRule
        {
            Id = PackReader.Id(node, "id"),
            Applies = AppliesOf(node),
            Count = node.OptionalNumber("count", 1, ConnectionStages.All.Count),
            Steps = [.. node.OptionalMappings("steps").Select(StepName)],
            Abolished = node.OptionalWords("abolished", ConnectionStages.All),
            Clause = clause,
            Source = source,
            Note = note,
        };
        if (rule.Steps.Count > 0 && rule.Steps.Count != rule.Count)
        {
            node.Report("steps", "列出的环节数与 count 不一致。", "As many steps must be named as count says.");
        }

        if (rule.Count is null && rule.Abolished.Count == 0)
        {
            node.Report("count", "须写明 count 或 abolished。", "Either count or abolished must be given.");
        }

        var covered = rule.Steps.SelectMany(step => step.Stages).Concat(rule.Abolished);
        foreach (var twice in covered.GroupBy(stage => stage).Where(same => same.Skip(1).Any()))
        {
            node.Report("steps", $"“{twice.Key}”在环节中重复。", $"\"{twice.Key}\" belongs to more than one step.");
        }

        return rule;
    }

    private static StepName StepName(PackNode node)
    {
        var name = new StepName(node.Bilingual("title"), node.Words("stages", ConnectionStages.All));
        node.Close();
        return name;
    }

    private static ThresholdRule Threshold(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        var rule = new ThresholdRule
        {
            Id = PackReader.Id(node, "id"),
            Grants = node.Word("grants", Grants),
            Amount = node.OptionalAmount("amount"),
            Unit = node.OptionalWord("unit", Capacities),
            Inclusive = node.OptionalFlag("inclusive") ?? true,
            Areas = node.OptionalWords("areas", Areas),
            Applies = AppliesOf(node),
            Others = Others(node),
            Clause = clause,
            Source = source,
            Note = note,
        };
        if (rule.Amount is null != rule.Unit is null)
        {
            node.Report("unit", "amount 与 unit 应同时给出或同时省略。", "amount and unit must be given together or not at all.");
        }

        if (rule.Amount is null && note is null)
        {
            node.Report("amount", "没有数值的规则须在 note 中写明原则。", "A threshold without an amount needs a note that states the principle.");
        }

        if (rule.Areas.Count > AreasPerRuleMax)
        {
            node.Report("areas", "适用于所有地区时请删去 areas。", "Drop areas when the rule is for all of them.");
        }

        return rule;
    }

    private static ExemptionRule Exemption(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        var rule = new ExemptionRule
        {
            Id = RuleId(node),
            Title = node.Bilingual("title"),
            Purposes = node.OptionalWords("purposes", Purposes),
            Conditions = [.. node.OptionalMappings("conditions").Select(Condition)],
            Result = node.Word("result", Results),
            Permits = node.Words("permits", PermitItems.All),
            Commitment = node.OptionalFlag("commitment") ?? false,
            Filing = node.OptionalFlag("filing") ?? false,
            RestoreWorkingDays = node.OptionalNumber("restore_working_days", 1, LimitMax),
            Clause = clause,
            Source = source,
            Note = note,
        };
        if (rule.Conditions.Count == 0 != (rule.Result == "MANUAL_REVIEW"))
        {
            node.Report("result", "没有条件的规则只能人工审核（MANUAL_REVIEW），有条件的则须有结论。",
                "A rule without conditions can only be MANUAL_REVIEW, one with conditions cannot.");
        }

        if (rule.Filing != (rule.Result == "FILING_ONLY"))
        {
            node.Report("filing", "FILING_ONLY 须同时写明 filing: true，其他结论不写。", "filing: true goes with FILING_ONLY and with nothing else.");
        }

        return rule;
    }

    private static string RuleId(PackNode node)
    {
        var id = node.Text("id");
        if (id.Length > 64 || !id.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '-'))
        {
            node.Report("id", "免批规则编号只能用大写字母、数字和连字符，至多 64 位。", "The id of an exemption may hold only upper-case letters, digits and hyphens, at most 64.");
        }

        return id;
    }

    private static ExemptionCondition Condition(PackNode node)
    {
        var fact = node.Word("fact", [.. Facts.Keys]);
        var condition = new ExemptionCondition(fact, node.Bilingual("text"))
        {
            Is = node.OptionalFlag("is"),
            Below = node.OptionalAmount("below"),
            AtMost = node.OptionalAmount("at_most"),
            OnlyOf = node.OptionalWords("only_of", Occupied.All) is { Count: > 0 } kinds ? kinds : null,
            Given = node.OptionalFlag("given") ?? false,
        };
        string[] tests =
        [
            .. condition.Is is null ? [] : new[] { "is" },
            .. condition.Below is null ? [] : new[] { "below" },
            .. condition.AtMost is null ? [] : new[] { "at_most" },
            .. condition.OnlyOf is null ? [] : new[] { "only_of" },
            .. condition.Given ? new[] { "given" } : [],
        ];
        if (Facts.TryGetValue(fact, out var allowed) && (tests.Length != 1 || !allowed.Contains(tests[0])))
        {
            node.Report("fact", $"“{fact}”须有且仅有一项判断：{string.Join("、", allowed)}。", $"\"{fact}\" needs exactly one test, of: {string.Join(", ", allowed)}.");
        }

        node.Close();
        return condition;
    }

    private static PermitRule Permit(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        return new()
        {
            Item = node.Word("item", PermitItems.All),
            Department = node.Bilingual("department"),
            Occupies = node.OptionalWords("occupies", Occupied.All),
            Connector = node.OptionalText("connector") is null ? null : PackReader.Id(node, "connector"),
            Clause = clause,
            Source = source,
            Note = note,
        };
    }

    private static Authority Body(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        var authority = new Authority
        {
            Id = PackReader.Id(node, "id"),
            Title = node.Bilingual("title"),
            Roles = node.Words("roles", Roles),
            Connector = node.OptionalText("connector") is null ? null : PackReader.Id(node, "connector"),
            Clause = clause,
            Source = source,
            Note = note,
        };
        if (authority.Roles.Count == 0)
        {
            node.Report("roles", "至少要有一项职责。", "At least one role is needed.");
        }

        return authority;
    }

    private static ReportRule Report(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        var rule = new ReportRule
        {
            Id = PackReader.Id(node, "id"),
            Title = node.Bilingual("title"),
            Period = node.Word("period", Periods),
            Reporter = node.Bilingual("reporter"),
            Receivers = node.Texts("receivers", text => text.Length > 0, "主管部门的编号", "the id of an authority"),
            BeforeWeekday = node.OptionalNumber("before_weekday", 1, 7),
            DueDays = node.OptionalNumber("due_days", 0, LimitMax),
            DueOn = node.OptionalDate("due_on"),
            Clause = clause,
            Source = source,
            Note = note,
        };
        if (rule.BeforeWeekday is not null != (rule.Period == "WEEK"))
        {
            node.Report("before_weekday", "周报须写明 before_weekday，其他周期不写。", "before_weekday goes with WEEK and with nothing else.");
        }

        if (rule.DueDays is not null && rule.Period is "WEEK" or "ON_EVENT")
        {
            node.Report("due_days", "due_days 只用于季度及以上的周期。", "due_days is for periods of a quarter and more.");
        }

        return rule;
    }

    private static WarningRule Warning(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        var rule = new WarningRule(node.Number("percent", 1, 100), node.Words("to", Warned)) { Clause = clause, Source = source, Note = note };
        if (rule.To.Count == 0)
        {
            node.Report("to", "预警须有对象。", "A warning needs somebody to go to.");
        }

        return rule;
    }

    private static Milestone Milestone(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        var milestone = new Milestone
        {
            Id = PackReader.Id(node, "id"),
            Title = node.Bilingual("title"),
            From = node.OptionalDate("from"),
            By = node.Date("by") ?? default,
            Clause = clause,
            Source = source,
            Note = note,
        };
        if (milestone.By < milestone.From)
        {
            node.Report("by", "by 早于 from。", "by is before from.");
        }

        return milestone;
    }

    private static Prohibition Prohibition(PackNode node)
    {
        var (source, clause, note) = PackReader.Source(node);
        return new() { Id = PackReader.Id(node, "id"), Title = node.Bilingual("title"), Clause = clause, Source = source, Note = note };
    }
}
