namespace Hub.Schemas;

/// <summary>What makes the events of a permit case acceptable, and what makes them odd. A missing fact is no error: it is asked of a person where a rule needs it.</summary>
public static class PermitRules
{
    /// <summary>The item that stands for a filing (备案) in place of permits.</summary>
    public const string Filing = "FILING";

    private static readonly TimeSpan FutureTolerance = TimeSpan.FromMinutes(10);
    private static readonly string[] Items = [.. PermitItems.All, Filing];

    public static string CaseKey(string operatorCode, string caseNo) => $"{operatorCode}:{caseNo}";

    /// <param name="a">As sent.</param>
    /// <param name="now">Nothing is applied for in the future.</param>
    /// <param name="errors">Receives what refuses it.</param>
    /// <param name="warnings">Receives what is odd.</param>
    public static void Check(PermitApplication a, DateTimeOffset now, List<FieldError> errors, List<Warning> warnings)
    {
        var checks = new RecordChecks(errors);
        Names(checks, a.CaseNo, a.OperatorCode, a.RegionCode);
        checks.Text(a.ApplicationNo, "/applicationNo", 40);
        Number(checks, a.ApplicationNo, "/applicationNo");
        checks.Range(a.Version, "/version", 1, 1_000_000, required: true);
        Past(checks, a.AppliedAt, "/appliedAt", now);
        checks.Text(a.Applicant, "/applicant", 200);
        checks.Word(a.CustomerClass, "/customerClass", ConnectionClasses.All, required: true);
        Words(checks, a.Tags, "/tags", 6, ConnectionTags.All);
        checks.Text(a.VoltageLevel, "/voltageLevel", 20);
        checks.Word(a.Purpose, "/purpose", WorkPurposes.All, required: true);
        checks.Range(a.LengthM, "/lengthM", 0, 1_000_000);
        checks.Text(a.Route, "/route", 4000);
        checks.Text(a.StartPoint, "/startPoint", 200);
        checks.Text(a.EndPoint, "/endPoint", 200);
        if (a.Occupies is null)
            checks.Add("/occupies", ErrorCodes.Required, "必填；不占用的给空列表。", "Required; an empty list when nothing is occupied.");
        Words(checks, a.Occupies, "/occupies", 9, Occupied.All);
        checks.Range(a.GreenAreaM2, "/greenAreaM2", 0, 100_000_000);
        checks.Range(a.TreesFelled, "/treesFelled", 0, 1_000_000);
        checks.Range(a.TreesMoved, "/treesMoved", 0, 1_000_000);
        checks.Word(a.GreenOwner, "/greenOwner", ["PUBLIC", "PRIVATE"]);
        checks.Text(a.WorkMethod, "/workMethod", 500);
        checks.Text(a.WorkPosition, "/workPosition", 500);
        checks.Text(a.WorkQuantity, "/workQuantity", 500);
        CheckAttachments(a.Attachments, checks);
        Words(checks, a.WishedItems, "/wishedItems", 6, PermitItems.All);
        Words(checks, a.Concerns, "/concerns", 6, PermitItems.All);
        checks.Text(a.ChangeReason, "/changeReason", 500);
        checks.Text(a.LegalBasisRef, "/legalBasisRef", 64);
        if (errors.Count == 0 && a.GreenOwner is null && a.Occupies!.Any(what => what is Occupied.Green or Occupied.Tree))
            warnings.Add(new("/greenOwner", WarningCodes.MissingByRule, "占用绿地或树木，未说明权属：所有权人意见按公共绿地计时。", "Green or trees are occupied and their owner is not stated: the clock runs as for public green."));
    }

    /// <param name="r">As sent.</param>
    /// <param name="now">What has not happened cannot be reported.</param>
    /// <param name="errors">Receives what refuses it.</param>
    public static void Check(PermitItemReport r, DateTimeOffset now, List<FieldError> errors)
    {
        var checks = new RecordChecks(errors);
        Names(checks, r.CaseNo, r.OperatorCode, r.RegionCode);
        checks.Word(r.Item, "/item", Items, required: true);
        checks.Word(r.Status, "/status", PermitStatuses.All, required: true);
        Past(checks, r.At, "/at", now);
        checks.Range(r.Version, "/version", 1, 1_000_000);
        checks.Text(r.PermitNo, "/permitNo", 100, required: r.Status is PermitStatuses.Approved or PermitStatuses.Filed);
        checks.Text(r.Reason, "/reason", 1000, required: r.Status is PermitStatuses.MaterialMissing or PermitStatuses.Refused or PermitStatuses.Returned);
        checks.Text(r.Survey, "/survey", 1000, required: r.Status is PermitStatuses.Surveyed);
        checks.Range(r.FeeYuan, "/feeYuan", 0, 999_999_999);
        checks.Text(r.By, "/by", 100);
    }

    /// <param name="s">As sent.</param>
    /// <param name="eventType">It decides which members are needed.</param>
    /// <param name="now">What has not happened cannot be reported.</param>
    /// <param name="errors">Receives what refuses it.</param>
    public static void Check(PermitStep s, string eventType, DateTimeOffset now, List<FieldError> errors)
    {
        var checks = new RecordChecks(errors);
        var results = PermitStepResults.Of(eventType);
        Names(checks, s.CaseNo, s.OperatorCode, s.RegionCode);
        Past(checks, s.At, "/at", now);
        checks.Text(s.By, "/by", 200, required: eventType is not (EventTypes.PermitWithdrawn or EventTypes.PermitWorksFinished));
        checks.Word(s.Result, "/result", results, required: results.Count > 0);
        checks.Text(s.Reference, "/reference", 200, required: eventType == EventTypes.PermitCommitmentSigned || s.Result == PermitStepResults.Broken);
        checks.Text(s.Note, "/note", 1000, required: eventType == EventTypes.PermitWithdrawn || s.Result is PermitStepResults.Conflict or PermitStepResults.Conditions or PermitStepResults.Objected);
    }

    private static void Names(RecordChecks checks, string? caseNo, string? operatorCode, string? region)
    {
        checks.Text(caseNo, "/caseNo", 40, required: true);
        Number(checks, caseNo, "/caseNo");
        checks.Text(operatorCode, "/operatorCode", 64, required: true);
        checks.Region(region, "/regionCode");
    }

    private static void Number(RecordChecks checks, string? number, string pointer)
    {
        if (number is { Length: > 0 and <= 40 } && !number.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            checks.Add(pointer, ErrorCodes.Pattern, "只能用字母、数字和 . _ -。", "Letters, digits and . _ - only.");
    }

    private static void Past(RecordChecks checks, string? instant, string pointer, DateTimeOffset now)
    {
        checks.Instant(instant, pointer, required: true);
        if (InstantText.Parse(instant) > now + FutureTolerance)
            checks.Add(pointer, ErrorCodes.NotAllowed, "时间晚于现在：未发生的事不能上报。", "It lies ahead: what has not happened cannot be reported.");
    }

    private static void Words(RecordChecks checks, IReadOnlyList<string>? words, string pointer, int max, IReadOnlyList<string> allowed)
    {
        checks.Count(words, pointer, max);
        for (var i = 0; i < (words?.Count ?? 0); i++)
            checks.Word(words![i], $"{pointer}/{i}", allowed);
    }

    private static void CheckAttachments(IReadOnlyList<PermitAttachment>? attachments, RecordChecks checks)
    {
        checks.Count(attachments, "/attachments", 50);
        for (var i = 0; i < (attachments?.Count ?? 0); i++)
        {
            if (attachments![i] is not { } attachment)
                continue;
            checks.Text(attachment.Name, $"/attachments/{i}/name", 200, required: true);
            checks.Text(attachment.Reference, $"/attachments/{i}/reference", 500);
            if (attachment.Sha256 is { } digest && (digest.Length != 64 || !digest.All(char.IsAsciiHexDigit)))
                checks.Add($"/attachments/{i}/sha256", ErrorCodes.Pattern, "格式应为：64 位十六进制。", "Expected form: 64 hexadecimal digits.");
        }
    }
}
