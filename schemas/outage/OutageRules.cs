namespace Hub.Schemas;

/// <summary>What makes a notice of an outage, or the results of telling people of it, acceptable; account numbers of an odd form warn.</summary>
public static class OutageRules
{
    public const int AccountsMax = 1000;
    public const int ResultsMax = 400;
    public const int BatchMax = 1000;
    public const string InstantPattern = @"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,7})?([Zz]|[+-]\d{2}:\d{2})$";

    private static readonly string[] States = [OutageWords.Delivered, OutageWords.Failed];

    /// <param name="notice">As sent.</param>
    /// <param name="eventType">One of <see cref="EventTypes.OfOutage"/>.</param>
    /// <param name="errors">Receives what refuses it.</param>
    /// <param name="warnings">Receives what is odd.</param>
    public static void Check(OutageNotice notice, string eventType, List<FieldError> errors, List<Warning> warnings)
    {
        var checks = new RecordChecks(errors);
        var announced = eventType == EventTypes.OutageAnnounced;
        checks.Text(notice.NoticeId, "/noticeId", 60, required: true);
        checks.Word(notice.Type, "/type", OutageWords.TypesOf(eventType), required: true);
        checks.Range(notice.Revision, "/revision", 1, 1_000_000, required: true);
        checks.Region(notice.RegionCode, "/regionCode");
        checks.Text(notice.AreaText, "/areaText", 1000, required: true);
        checks.Text(notice.FeederRef, "/feederRef", 60);
        checks.Text(notice.TransformerRef, "/transformerRef", 60);
        checks.Text(notice.AccountsQueryRef, "/accountsQueryRef", 200);
        checks.Instant(notice.StartAt, "/startAt", required: announced);
        checks.Instant(notice.EndAt, "/endAt", required: announced && notice.Type == OutageWords.Planned);
        checks.Word(notice.Reason, "/reason", OutageWords.Reasons, required: announced);
        checks.Text(notice.OrderedBy, "/orderedBy", 100, required: notice.Reason == OutageWords.Ordered);
        checks.Text(notice.Detail, "/detail", 500, required: eventType == EventTypes.OutageProgress);
        checks.Instant(notice.IssuedAt, "/issuedAt", required: true);
        checks.Text(notice.Supersedes, "/supersedes", 60);
        checks.Count(notice.Channels, "/channels", 3);
        foreach (var (channel, at) in Items(notice.Channels, "/channels"))
            checks.Word(channel, at, OutageWords.Channels);
        checks.Count(notice.AffectedAccounts, "/affectedAccounts", AccountsMax);
        foreach (var (account, at) in Items(notice.AffectedAccounts, "/affectedAccounts"))
            checks.Text(account, at, 20, required: true);
        if (InstantText.Parse(notice.EndAt) < InstantText.Parse(notice.StartAt))
            checks.Add("/endAt", ErrorCodes.Range, "不能早于停电时间。", "Must not be before startAt.");
        if (errors.Count == 0)
            Warn(notice, announced, warnings);
    }

    public static OutageNotice Normalise(OutageNotice notice) => notice with
    {
        AffectedAccounts = notice.AffectedAccounts is { Count: > 0 } accounts ? [.. accounts.Select(account => AccountNumber.Parse(account).Text).Distinct(StringComparer.Ordinal)] : null,
        Channels = notice.Channels is { Count: > 0 } channels ? [.. channels.Distinct(StringComparer.Ordinal)] : null,
    };

    public static void Check(OutageResults results, List<FieldError> errors)
    {
        var checks = new RecordChecks(errors);
        checks.Text(results.OperatorCode, "/operatorCode", 64, required: true);
        checks.Text(results.NoticeId, "/noticeId", 60, required: true);
        checks.Region(results.RegionCode, "/regionCode");
        checks.Text(results.Reference, "/reference", 200, required: true);
        checks.Word(results.Channel, "/channel", OutageWords.Channels, required: true);
        checks.Range(results.Batch, "/batch", 1, BatchMax, required: true);
        if (results.Results is not { Count: > 0 })
            checks.Add("/results", ErrorCodes.Required, "必填。", "Required.");
        checks.Count(results.Results, "/results", ResultsMax);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (result, at) in Items(results.Results, "/results"))
        {
            checks.Text(result.AccountNo, at + "/accountNo", 20, required: true);
            checks.Word(result.State, at + "/state", States, required: true);
            checks.Instant(result.At, at + "/at", required: true);
            checks.Text(result.Code, at + "/code", 40);
            if (result.AccountNo is { } account && !seen.Add(AccountNumber.Parse(account).Text))
                checks.Add(at + "/accountNo", ErrorCodes.NotAllowed, "同一批中户号重复。", "The account stands twice in the batch.");
        }
    }

    public static OutageResults Normalise(OutageResults results) => results with
    {
        Results = [.. results.Results!.Select(result => result with { AccountNo = AccountNumber.Parse(result.AccountNo).Text })],
    };

    private static void Warn(OutageNotice notice, bool announced, List<Warning> warnings)
    {
        foreach (var (account, at) in Items(notice.AffectedAccounts, "/affectedAccounts").Where(pair => AccountNumber.Parse(pair.Item).Form == "other").Take(20))
            warnings.Add(new(at, WarningCodes.CodeForm, "用电户号应为10位或13位数字，按文本使用。", "An electricity account has 10 or 13 digits; it is used as text."));
        if (announced && notice.AffectedAccounts is not { Count: > 0 } && notice.AccountsQueryRef is null)
            warnings.Add(new("/affectedAccounts", WarningCodes.NobodyToTell, "没有受影响户号，也没有查询引用：无法逐户告知。", "Neither accounts nor a reference to find them: nobody can be told by name."));
    }

    private static IEnumerable<(T Item, string At)> Items<T>(IReadOnlyList<T>? list, string pointer) =>
        (list ?? []).Select((item, index) => (item, $"{pointer}/{index}")).Where(pair => pair.item is not null);
}
