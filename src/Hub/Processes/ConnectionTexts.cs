using Hub.Policies;
using Hub.Schemas;
using static Hub.Processes.ConnectionProcess;

namespace Hub.Processes;

/// <summary>What people read about a connection.</summary>
internal static class ConnectionTexts
{
    private static readonly Dictionary<string, (string Zh, string En)> Marks = new(StringComparer.Ordinal)
    {
        [MarkCodes.Backdated] = ("上报时间晚于发生时间，超过规定：按后补流程标记，停止计时以记录时间为准", "Reported later after the fact than allowed: marked as back-dated, and a clock stops at the recorded time"),
        [MarkCodes.RestartSuspect] = ("同一受电点撤销后重新受理，疑似重走流程", "Begun anew after a cancelled application for the same point: possibly a restart"),
        [MarkCodes.OutsideSystem] = ("早于申请时间的环节，疑似体外循环", "A stage before the application: possibly handled outside the system"),
        [MarkCodes.ExtraStep] = ("规则中没有的环节或已取消的环节", "A step the rules do not have, or have abolished"),
        [MarkCodes.StepCount] = ("办电环节数超过规定", "More steps than the rules allow"),
        [MarkCodes.StartMoved] = ("更正使计时起点后移", "A correction lets a clock begin later"),
        [MarkCodes.AfterEnd] = ("办结或撤销后的上报", "Reported after the application had ended"),
    };

    public static Warning Warning(string mark) => new("", mark.ToLowerInvariant(), Marks[mark].Zh, Marks[mark].En);

    public static (string Zh, string En) Mark(string mark) => Marks[mark];

    public static Warning MissingFact(string fact) =>
        new("/" + fact, "missing_fact", $"缺少 {fact}，无法确定客户类别或时限：请补报，不作推定。", $"Without {fact} the class or a limit cannot be told: please supply it, nothing is assumed.");

    public static DeadlineWarning Warning(Case state, CaseClock clock, Policy policy, int percent, int left, string role)
    {
        var rule = policy.Limits.FirstOrDefault(limit => limit.Id == clock.Rule);
        return new()
        {
            CaseType = "connection",
            Case = Key(state.Operator!, state.Application!.ApplicationNo!),
            Rule = clock.Rule,
            TitleZh = rule?.Title.Zh ?? clock.Rule,
            TitleEn = rule?.Title.En ?? clock.Rule,
            Percent = percent,
            DueDay = clock.Due,
            DaysLeft = left,
            Unit = clock.Unit,
            To = role,
            Clause = rule?.Clause,
        };
    }

    public static NoticeLimit Limit(CaseClock clock, Policy policy)
    {
        var rule = policy.Limits.FirstOrDefault(limit => limit.Id == clock.Rule);
        return new(clock.Rule, rule is null ? clock.Rule : $"{rule.Title.Zh} {rule.Title.En}", clock.Limit, clock.Unit, clock.Due?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), rule?.Clause);
    }
}
