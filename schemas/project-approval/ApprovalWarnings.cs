namespace Hub.Schemas;

/// <summary>The warnings a project approval can carry, made once: most records carry several, and the texts never vary.</summary>
internal static class ApprovalWarnings
{
    public const int LoadAbsent = 1;
    public const int UsageAbsent = 2;
    public const int DateAbsent = 4;

    private const string Letter = "市能源办函〔2021〕51号 任务一(一)";

    public static readonly Warning CodeCheckDigit = new("/projectCode", WarningCodes.CheckDigit,
        "项目代码的校验码不符（GB/T 40058-2021），请核对。", "The check digit of the project code (GB/T 40058-2021) does not hold; please verify it.");

    public static readonly Warning CodeOldForm = new("/projectCode", WarningCodes.CodeForm,
        "项目代码为2016—2020年的旧形式，没有校验码。", "The project code has the form of 2016 to 2020, which has no check digit.");

    public static readonly Warning CodeLocalForm = new("/projectCode", WarningCodes.CodeForm,
        "项目代码不是国家统一形式，按文本保存。", "The project code has neither national form; it is kept as text.");

    public static readonly Warning CodeMasked = new("/projectCode", WarningCodes.CodeForm,
        "项目代码经过脱敏，不能用来识别项目。", "The project code is masked and cannot identify the project.");

    public static readonly Warning UsccCheckDigit = new("/unitUscc", WarningCodes.CheckDigit,
        "统一社会信用代码的校验码不符（GB 32100-2015），请核对。", "The check digit of the unified social credit code (GB 32100-2015) does not hold; please verify it.");

    public static readonly Warning UsccForm = new("/unitUscc", WarningCodes.CodeForm,
        "统一社会信用代码应为18位规定字符。", "A unified social credit code has 18 characters of a fixed alphabet.");

    public static readonly Warning UsccMasked = new("/unitUscc", WarningCodes.CodeForm,
        "统一社会信用代码经过脱敏。", "The unified social credit code is masked.");

    public static readonly Warning PartialDate = new("/approvalDate", WarningCodes.PartialDate,
        "立项日期不完整，只有年或年月。", "The approval date is only a year or a month.");

    public static readonly Warning RegionUnknown = new("/regionCode", WarningCodes.RegionUnknown,
        "行政区划代码的前两位不是任何省份（GB/T 2260）。", "The first two digits of the region code are no province (GB/T 2260).");

    public static readonly Warning RegionDiffers = new("/regionCode", WarningCodes.RegionDiffers,
        "行政区划与项目代码中的地区不一致。", "The region differs from the one inside the project code.");

    public static readonly Warning NoUnitName = Missing("/unitName", "项目单位名称", "unit name");
    public static readonly Warning NoProjectAddress = Missing("/projectAddress", "项目地址", "project address");
    public static readonly Warning NoScaleContent = Missing("/scaleContent", "建设规模及内容", "scale and content");
    public static readonly Warning NoContactName = Missing("/contactName", "联系人", "contact person");
    public static readonly Warning NoContactPhone = Missing("/contactPhone", "联系电话", "contact phone");
    public static readonly Warning NoApprovalType = Missing("/approvalType", "立项方式", "kind of approval");

    // The letter does not list these two; without them the approval cannot be put in order or traced to its source.
    public static readonly Warning NoApprovalDate = new("/approvalDate", WarningCodes.MissingByRule, "缺少立项日期。", "The approval date is absent.");

    public static readonly Warning NoApprovalAuthority =
        new("/approvalAuthority", WarningCodes.MissingByRule, "缺少批准机关。", "The approving authority is absent.");

    private static readonly Warning[] Demands = [.. Enumerable.Range(0, 8).Select(Demand)];

    /// <param name="absent">Sum of <see cref="LoadAbsent"/>, <see cref="UsageAbsent"/>, <see cref="DateAbsent"/>; not 0.</param>
    public static Warning MissingDemand(int absent) => Demands[absent];

    private static Warning Missing(string pointer, string zh, string en) => new(pointer, WarningCodes.MissingByRule,
        $"缺少{zh}（{Letter} 要求提供）。", $"The {en} is absent ({Letter} asks for it).");

    // One warning for the three: they are one question to the customer.
    private static Warning Demand(int absent)
    {
        (int Bit, string Zh, string En)[] fields =
            [(LoadAbsent, "用电负荷", "load"), (UsageAbsent, "用电性质", "usage"), (DateAbsent, "用电时间", "desired date")];
        var missing = fields.Where(field => (absent & field.Bit) != 0).ToList();
        return new("", WarningCodes.MissingDemand,
            $"缺少用电需求信息：{string.Join('、', missing.Select(field => field.Zh))}，由客户经理与客户补齐。",
            $"Demand is incomplete ({string.Join(", ", missing.Select(field => field.En))}): the customer manager completes it with the customer.");
    }
}
