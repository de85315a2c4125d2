namespace Hub.Schemas;

/// <summary>Checks a utility's report by hand, as its attributes say.</summary>
public static class AccountReportRules
{
    /// <param name="report">As sent.</param>
    /// <param name="eventType">One of <see cref="EventTypes.OfAccount"/>: it decides which outcomes there are.</param>
    /// <param name="errors">Receives what refuses the report.</param>
    public static void Check(AccountReport report, string eventType, List<FieldError> errors)
    {
        var checks = new RecordChecks(errors);
        var outcomes = TransferOutcomes.Of(eventType);
        checks.Text(report.OrderId, "/orderId", 80, required: true);
        checks.Text(report.UnitNo, "/unitNo", 60, required: true);
        checks.Region(report.RegionCode, "/regionCode");
        checks.Instant(report.At, "/at", required: true);
        checks.Word(report.Outcome, "/outcome", outcomes, required: outcomes.Count > 0);
        checks.Text(report.AccountNo, "/accountNo", 20);
        checks.Range(report.ArrearsYuan, "/arrearsYuan", 0, 999_999_999);
        if (report.Note is { Length: > 0 })
            checks.Text(report.Note, "/note", 500);
        checks.Count(report.Accounts, "/accounts", 20);
        for (var i = 0; i < (report.Accounts?.Count ?? 0); i++)
        {
            if (report.Accounts![i] is not { } account)
                continue;
            checks.Text(account.AccountNo, $"/accounts/{i}/accountNo", 20, required: true);
            checks.Text(account.Address, $"/accounts/{i}/address", 500);
        }
    }

    public static AccountReport Normalise(AccountReport report) => report with
    {
        UnitNo = UnitNumber.Parse(report.UnitNo).Text,
        AccountNo = report.AccountNo is null ? null : AccountNumber.Parse(report.AccountNo).Text,
        Accounts = report.Accounts is null ? null : [.. report.Accounts.Select(account => account with { AccountNo = AccountNumber.Parse(account.AccountNo).Text })],
    };
}
