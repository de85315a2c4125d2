using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>Every figure of the ledgers in the order in which it is shown, and the words of their parts. A new figure is one line here, and a booking or a line of <c>Ledger/Figures.cs</c>.</summary>
internal static class LedgerTexts
{
    /// <summary>Sum behind the average; not shown by itself.</summary>
    public const string WorkingDays = "applications.working_days";
    public const string AverageDays = "applications.working_days_average";
    public const string AverageLimit = "applications.working_days_limit";
    public const string Energised = "applications.energised";

    private static readonly (string Name, Bilingual Title)[] Names =
    [
        ("projects.received", new("收到立项信息", "Project pushes received")),
        ("projects.taken", new("供电企业已接收线索", "Leads taken by utilities")),
        ("projects.matched", new("申请匹配到立项", "Applications matched to a project")),
        ("applications.received", new("受理用电报装申请", "Applications received")),
        (Energised, new("已接电", "Energised")),
        (AverageDays, new("平均办电工作日", "Average working days")),
        (AverageLimit, new("平均办电时限（工作日）", "Limit of the average, working days")),
        ("applications.overdue", new("超过法定时限", "Past the legal limit")),
        ("applications.paused", new("暂停计时", "Pauses")),
        ("applications.marks", new("时间真实性标记", "Marks on the times")),
        ("applications.cancelled", new("撤销申请", "Applications cancelled")),
        ("applications.evaluated", new("服务评价", "Customers' scores")),
        ("licences.asked", new("证照查询", "Licence queries")),
        ("licences.answered", new("证照查询结果", "Results of licence queries")),
        ("co_transfers.received", new("联合过户", "Co-transfers")),
        ("co_transfers.ended", new("联合过户结果", "Results of co-transfers")),
        ("permits.applied", new("外线并联审批", "Parallel permit cases")),
        ("permits.exempt", new("免批与备案", "Exemptions and filings")),
        ("outages.announced", new("停电通知", "Outage notices")),
        ("warnings.sent", new("时限预警", "Deadline warnings sent")),
    ];

    private static readonly Dictionary<string, Bilingual> Parts = new(StringComparer.Ordinal)
    {
        ["created"] = new("立项", "created"),
        ["amended"] = new("变更", "amended"),
        ["extended"] = new("延期", "extended"),
        ["revoked"] = new("撤销", "revoked"),
        ["code"] = new("项目代码一致", "same code"),
        ["uscc"] = new("信用代码一致", "same credit code"),
        ["address"] = new("地址一致", "same address"),
        ["person"] = new("人工确认", "confirmed by a person"),
        [ConnectionClasses.LvResident] = new("低压居民", "low voltage, resident"),
        [ConnectionClasses.LvNonResident] = new("低压非居民", "low voltage, non-resident"),
        [ConnectionClasses.HvSingle] = new("高压单电源", "high voltage, one supply"),
        [ConnectionClasses.HvDual] = new("高压双电源", "high voltage, two supplies"),
        [ConnectionFigures.Unknown] = new("未定", "not known yet"),
        ["in_time"] = new("按时", "in time"),
        ["late"] = new("超时", "late"),
        ["no_limit"] = new("无时限", "no limit"),
        [Exclusions.Applicant] = new("客户原因", "applicant"),
        [Exclusions.ExternalWork] = new("外线施工", "external works"),
        [Exclusions.Permit] = new("行政审批", "permits"),
        [ConnectionProcess.MarkCodes.Backdated] = new("后补流程", "back-dated"),
        [ConnectionProcess.MarkCodes.RestartSuspect] = new("疑似重走流程", "possible restart"),
        [ConnectionProcess.MarkCodes.OutsideSystem] = new("疑似体外循环", "possibly outside the system"),
        [ConnectionProcess.MarkCodes.ExtraStep] = new("多出的环节", "extra step"),
        [ConnectionProcess.MarkCodes.StepCount] = new("环节数超过规定", "too many steps"),
        [ConnectionProcess.MarkCodes.StartMoved] = new("起点后移", "start moved"),
        [ConnectionProcess.MarkCodes.AfterEnd] = new("办结后上报", "reported after the end"),
        ["1"] = new("很不满意", "very dissatisfied"),
        ["2"] = new("不满意", "dissatisfied"),
        ["3"] = new("一般", "neutral"),
        ["4"] = new("满意", "satisfied"),
        ["5"] = new("很满意", "very satisfied"),
        [LicenceResults.Found] = new("已取得", "found"),
        [LicenceResults.NotFound] = new("无此证照", "not found"),
        [LicenceResults.Expired] = new("已过期", "expired"),
        [LicenceResults.Revoked] = new("已吊销", "revoked"),
        [LicenceResults.HolderMismatch] = new("持证主体不符", "another holder's"),
        [LicenceResults.ConsentRequired] = new("无有效授权", "no valid consent"),
        [LicenceResults.SourceUnavailable] = new("来源暂不可用", "source not available"),
        [LicenceResults.RateLimited] = new("来源限流", "source asked for fewer calls"),
        ["DONE"] = new("已过户", "done"),
        ["PARTLY_DONE"] = new("部分过户", "partly done"),
        ["NOT_DONE"] = new("未能过户", "not done"),
        ["NO_CONSENT"] = new("未申请联办", "no consent"),
        ["REVERSED"] = new("已恢复", "undone"),
        ["EXEMPT"] = new("免批", "exempt"),
        ["FILING_ONLY"] = new("备案", "filing only"),
        ["PERMIT_NEEDED"] = new("须审批", "permit needed"),
        ["MANUAL_REVIEW"] = new("人工核定", "decided by a person"),
    };

    /// <summary>The names in their order.</summary>
    public static IEnumerable<string> All => Names.Select(one => one.Name);

    public static Bilingual Title(string name) => Array.Find(Names, one => one.Name == name).Title ?? new(name, name);

    public static Bilingual Part(string? part) => part is null ? new("", "") : Parts.GetValueOrDefault(part) ?? new(part, part);

    public static Bilingual Status(string status) => status switch
    {
        "submitted" => new("已报送", "submitted"),
        "frozen" => new("待报送", "to be submitted"),
        _ => new("统计中", "being counted"),
    };
}
