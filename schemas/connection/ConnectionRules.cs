namespace Hub.Schemas;

/// <summary>What makes an application and what is reported about it acceptable. Facts may be missing: they are asked for, never guessed.</summary>
public static class ConnectionRules
{
    /// <summary>Tags a sender may state; the others are worked out.</summary>
    public static IReadOnlyList<string> StatedTags { get; } = [ConnectionTags.SmallMicro, ConnectionTags.Important, ConnectionTags.EvCharger, ConnectionTags.Site5G];

    private static readonly TimeSpan FutureTolerance = TimeSpan.FromMinutes(10);
    private static readonly string[] BusinessTypes = ["NEW", "INCREASE", "TEMPORARY", "OTHER"];
    private static readonly string[] Channels = ["ONLINE_GOV", "ONLINE_UTILITY", "COUNTER", "VISIT", "HOTLINE"];
    private static readonly string[] Actions = ["START", "FINISH", "PAUSE", "RESUME", "CORRECT", "CANCEL"];
    private static readonly string[] PauseKinds = ["APPLICANT", "EXTERNAL_WORK", "PERMIT"];

    public static void Check(ConnectionApplication a, DateTimeOffset now, List<FieldError> errors, List<Warning> warnings)
    {
        var checks = new RecordChecks(errors);
        Number(checks, a.ApplicationNo);
        checks.Range(a.Version, "/version", 1, 1_000_000, required: true);
        checks.Region(a.RegionCode, "/regionCode");
        checks.Text(a.OperatorCode, "/operatorCode", 64);
        checks.Word(a.BusinessType, "/businessType", BusinessTypes, required: true);
        checks.Word(a.Channel, "/channel", Channels, required: true);
        Past(checks, a.AppliedAt, "/appliedAt", now);
        checks.Text(a.ApplicantName, "/applicantName", 200);
        checks.Text(a.UnitUscc, "/unitUscc", 18);
        checks.Text(a.ProjectCode, "/projectCode", 30);
        checks.Text(a.Address, "/address", 500);
        checks.Text(a.SupplyPoint, "/supplyPoint", 64);
        checks.Range(a.Capacity, "/capacity", 0, 10_000_000);
        checks.Word(a.CapacityUnit, "/capacityUnit", ["kW", "kVA"], required: a.Capacity is not null);
        checks.Range(a.Supplies, "/supplies", 1, 9);
        checks.Word(a.AreaType, "/areaType", ["01", "02", "03"]);
        checks.Count(a.Tags, "/tags", 4);
        foreach (var (tag, index) in (a.Tags ?? []).Select((tag, index) => (tag, index)).Where(pair => pair.tag is not null))
            checks.Word(tag, $"/tags/{index}", StatedTags);
        checks.Word(a.CustomerClass, "/customerClass", ConnectionClasses.All);
        checks.Text(a.GreenChannel, "/greenChannel", 200);
        checks.Text(a.CustomerManager, "/customerManager", 64);
        checks.Text(a.ProjectManager, "/projectManager", 64);
        checks.Instant(a.AppointmentAt, "/appointmentAt");
        checks.Text(a.ChangeReason, "/changeReason", 500);
        checks.Text(a.LegalBasisRef, "/legalBasisRef", 64);
        if (a.VoltageLevel is { } level && Voltages.Kilovolts(level) is null)
            checks.Add("/voltageLevel", ErrorCodes.NotAllowed, "未知的电压等级代码。", "Unknown code of a voltage level.");
        if (a.UsageType is { } usage && (usage.Length != 3 || !usage.All(char.IsAsciiDigit) || !"123459".Contains(usage[0], StringComparison.Ordinal)))
            checks.Add("/usageType", ErrorCodes.Pattern, "格式应为：三位用电性质代码。", "Expected form: a usage code of three digits.");
        if (a.RequiredDate is { } date && !DateOnly.TryParseExact(date, "yyyy-MM-dd", out _))
            checks.Add("/requiredDate", ErrorCodes.Pattern, "格式应为：YYYY-MM-DD。", "Expected form: YYYY-MM-DD.");
        if (errors.Count > 0)
            return;
        if (a.UnitUscc is not null && !Uscc.Parse(a.UnitUscc).Ok)
            warnings.Add(new("/unitUscc", WarningCodes.CheckDigit, "统一社会信用代码的校验码或形式不符，请核对。", "The check digit or form of the credit code does not hold; please verify it."));
    }

    public static void Check(StageReport r, DateTimeOffset now, List<FieldError> errors)
    {
        var checks = new RecordChecks(errors);
        Number(checks, r.ApplicationNo);
        checks.Region(r.RegionCode, "/regionCode");
        checks.Word(r.Stage, "/stage", ConnectionStages.All, required: true);
        checks.Word(r.Action, "/action", Actions, required: true);
        Past(checks, r.OccurredAt, "/occurredAt", now);
        checks.Text(r.Actor, "/actor", 64);
        checks.Word(r.PauseKind, "/pauseKind", PauseKinds, required: r.Action is "PAUSE" or "RESUME");
        checks.Text(r.Reason, "/reason", 500, required: r.Action is "PAUSE" or "CORRECT" or "CANCEL");
        checks.Text(r.Corrects, "/corrects", 64, required: r.Action == "CORRECT");
        checks.Text(r.EvidenceRef, "/evidenceRef", 200);
    }

    public static void Check(MatchDecision d, List<FieldError> errors)
    {
        var checks = new RecordChecks(errors);
        Number(checks, d.ApplicationNo);
        checks.Region(d.RegionCode, "/regionCode");
        checks.Text(d.Project, "/project", 120, required: true);
        checks.Text(d.By, "/by", 64, required: true);
        if (d.Confirmed is null)
            checks.Add("/confirmed", ErrorCodes.Required, "必填。", "Required.");
    }

    public static void Check(ServiceEvaluation e, DateTimeOffset now, List<FieldError> errors)
    {
        var checks = new RecordChecks(errors);
        Number(checks, e.ApplicationNo);
        checks.Region(e.RegionCode, "/regionCode");
        checks.Text(e.OperatorCode, "/operatorCode", 64);
        checks.Range(e.Score, "/score", 1, 5, required: true);
        Past(checks, e.At, "/at", now);
        checks.Text(e.Comment, "/comment", 500);
    }

    /// <summary>Identifiers in comparable form.</summary>
    public static ConnectionApplication Normalise(ConnectionApplication a) => a with
    {
        ProjectCode = a.ProjectCode is null ? null : ProjectCode.Parse(a.ProjectCode).Text,
        UnitUscc = a.UnitUscc is null ? null : Uscc.Parse(a.UnitUscc).Text,
    };

    private static void Number(RecordChecks checks, string? number)
    {
        checks.Text(number, "/applicationNo", 40, required: true);
        if (number is { Length: > 0 and <= 40 } && !number.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            checks.Add("/applicationNo", ErrorCodes.Pattern, "只能用字母、数字和 . _ -。", "Letters, digits and . _ - only.");
    }

    private static void Past(RecordChecks checks, string? instant, string pointer, DateTimeOffset now)
    {
        checks.Instant(instant, pointer, required: true);
        if (InstantText.Parse(instant) > now + FutureTolerance)
            checks.Add(pointer, ErrorCodes.NotAllowed, "时间晚于现在：未发生的事不能上报。", "It lies ahead: what has not happened cannot be reported.");
    }
}

/// <summary>Codes of voltage levels. A trap: AC02202 is 220 V, AC02201 is 220 kV.</summary>
public static class Voltages
{
    public static decimal? Kilovolts(string code) => code switch
    {
        "AC02202" => 0.22m,
        "AC03802" => 0.38m,
        "AC00061" => 6,
        "AC00101" => 10,
        "AC00201" => 20,
        "AC00351" => 35,
        "AC01101" => 110,
        "AC02201" => 220,
        "AC05001" => 500,
        "AC07501" => 750,
        _ => null,
    };
}
