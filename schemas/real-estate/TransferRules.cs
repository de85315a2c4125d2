namespace Hub.Schemas;

/// <summary>What makes a change of ownership acceptable, and what makes it odd. Identifiers warn and never refuse: registers hold old and odd forms.</summary>
public static class TransferRules
{
    private static readonly string[] Utilities = ["power", "water", "gas", "heat"];
    private static readonly string[] Reasons = ["SALE", "GIFT", "INHERIT", "DIVISION", "COURT", "OTHER"];
    private static readonly string[] IdTypes = ["111", "001", "OTHER"];
    private static readonly TimeSpan FutureTolerance = TimeSpan.FromMinutes(10);

    /// <param name="t">As sent.</param>
    /// <param name="eventType">One of <see cref="EventTypes.OfTransfer"/>.</param>
    /// <param name="now">Nothing is booked in the future: such a record comes before 登簿.</param>
    /// <param name="errors">Receives what refuses the record.</param>
    /// <param name="warnings">Receives what is odd.</param>
    public static void Check(PropertyTransfer t, string eventType, DateTimeOffset now, List<FieldError> errors, List<Warning> warnings)
    {
        var checks = new RecordChecks(errors);
        checks.Text(t.RegistryNo, "/registryNo", 60, required: true);
        checks.Text(t.UnitNo, "/unitNo", 60, required: true);
        checks.Text(t.CertNo, "/certNo", 100);
        checks.Text(t.PropertyAddress, "/propertyAddress", 500, required: true);
        checks.Word(t.TransferReason, "/transferReason", Reasons);
        checks.Region(t.RegionCode, "/regionCode");
        checks.Range(t.Version, "/version", 1, 1_000_000, required: true);
        checks.Text(t.LegalBasisRef, "/legalBasisRef", 64);
        checks.Text(t.ChangeReason, "/changeReason", 500);
        CheckBooked(t, now, checks);
        CheckHolders(t.OldHolders, "/oldHolders", checks);
        CheckHolders(t.NewHolders, "/newHolders", checks);
        CheckConsent(t.Consent, checks);
        checks.Count(t.Accounts, "/accounts", 8);
        foreach (var (account, at) in Items(t.Accounts, "/accounts"))
        {
            checks.Word(account.Utility, at + "/utility", Utilities, required: true);
            checks.Text(account.AccountNo, at + "/accountNo", 20, required: true);
        }

        if (eventType != EventTypes.TransferWithdrawn && t.NewHolders is null or { Count: 0 })
            checks.Add("/newHolders", ErrorCodes.Required, "必填。", "Required.");
        if (errors.Count == 0)
            Warn(t, warnings);
    }

    /// <summary>Identifiers in comparable form, what says nothing left out.</summary>
    public static PropertyTransfer Normalise(PropertyTransfer t) => t with
    {
        UnitNo = UnitNumber.Parse(t.UnitNo).Text,
        CertNo = t.CertNo is null ? null : CertificateNumber.Parse(t.CertNo).Text,
        Accounts = t.Accounts is null ? null : [.. t.Accounts.Select(account => account with { AccountNo = AccountNumber.Parse(account.AccountNo).Text })],
    };

    private static void CheckBooked(PropertyTransfer t, DateTimeOffset now, RecordChecks checks)
    {
        if (t.RegisteredAt is null)
            checks.Add("/registeredAt", ErrorCodes.StageNotComplete, "登簿之后才能推送，缺少登簿时间。", "A change is sent once it is booked (登簿); the time of booking is absent.");
        else if (InstantText.Parse(t.RegisteredAt) is not { } booked)
            checks.Instant(t.RegisteredAt, "/registeredAt");
        else if (booked > now + FutureTolerance)
            checks.Add("/registeredAt", ErrorCodes.StageNotComplete, "登簿之后才能推送，登簿时间晚于现在。", "A change is sent once it is booked (登簿); the time of booking lies ahead.");
    }

    private static void CheckHolders(IReadOnlyList<PropertyHolder>? holders, string pointer, RecordChecks checks)
    {
        checks.Count(holders, pointer, 50);
        foreach (var (holder, at) in Items(holders, pointer))
        {
            checks.Text(holder.Name, at + "/name", 200, required: true);
            checks.Word(holder.IdType, at + "/idType", IdTypes);
            checks.Text(holder.IdNo, at + "/idNo", 32);
            checks.Text(holder.Share, at + "/share", 40);
            checks.Text(holder.Mobile, at + "/mobile", 30);
        }

        if (holders?.Count(holder => holder?.AccountHolder == true) > 1)
            checks.Add(pointer, ErrorCodes.NotAllowed, "开户人只能标明一位。", "At most one may be marked as account holder.");
    }

    private static void CheckConsent(TransferConsent? consent, RecordChecks checks)
    {
        if (consent is null)
            return;
        if (consent.Granted is null)
            checks.Add("/consent/granted", ErrorCodes.Required, "必填。", "Required.");
        checks.Text(consent.ConsentId, "/consent/consentId", 64, required: consent.Granted == true);
        checks.Instant(consent.SignedAt, "/consent/signedAt");
        checks.Count(consent.Scope, "/consent/scope", 4);
        foreach (var (word, at) in Items(consent.Scope, "/consent/scope"))
            checks.Word(word, at, Utilities);
    }

    private static IEnumerable<(T Item, string At)> Items<T>(IReadOnlyList<T>? list, string pointer) =>
        (list ?? []).Select((item, index) => (item, $"{pointer}/{index}")).Where(pair => pair.item is not null);

    private static void Warn(PropertyTransfer t, List<Warning> warnings)
    {
        if (!UnitNumber.Parse(t.UnitNo).Ok)
            warnings.Add(new("/unitNo", WarningCodes.CodeForm, "不动产单元号不是 GB/T 37346-2019 的28位形式，按文本保存。", "The unit number has not the 28 characters of GB/T 37346-2019; it is kept as text."));
        else if (!UnitNumber.Parse(t.UnitNo).Region[..4].SequenceEqual(t.RegionCode.AsSpan(0, 4)))
            warnings.Add(new("/regionCode", WarningCodes.RegionDiffers, "行政区划与不动产单元号中的地区不一致。", "The region differs from the one inside the unit number."));
        if (t.CertNo is not null && !CertificateNumber.Parse(t.CertNo).Ok)
            warnings.Add(new("/certNo", WarningCodes.CodeForm, "不动产权证号为旧式或其他形式，按文本保存。", "The certificate number is of an older or another form; it is kept as text."));
        foreach (var (holder, at) in Items(t.OldHolders, "/oldHolders").Concat(Items(t.NewHolders, "/newHolders")))
        {
            if (DoubtOf(holder) is IdentifierDoubt.CheckDigit or IdentifierDoubt.OrganisationCode)
                warnings.Add(new(at + "/idNo", WarningCodes.CheckDigit, "证件号码的校验码不符，请核对。", "The check digit of the identity number does not hold; please verify it."));
            else if (DoubtOf(holder) is not (IdentifierDoubt.None or IdentifierDoubt.Empty))
                warnings.Add(new(at + "/idNo", WarningCodes.CodeForm, "证件号码的形式与证件类型不符。", "The identity number has not the form of its type."));
        }

        foreach (var (account, at) in Items(t.Accounts, "/accounts"))
        {
            if (account.Utility == "power" && AccountNumber.Parse(account.AccountNo).Form == "other")
                warnings.Add(new(at + "/accountNo", WarningCodes.CodeForm, "用电户号应为10位或13位数字，按文本保存。", "An electricity account has 10 or 13 digits; it is kept as text."));
        }
    }

    private static IdentifierDoubt DoubtOf(PropertyHolder holder) => (holder.IdType, holder.IdNo) switch
    {
        (_, null) => IdentifierDoubt.Empty,
        ("111", { } number) => CitizenNumber.Parse(number).Doubt,
        ("001", { } number) => Uscc.Parse(number).Doubt,
        _ => IdentifierDoubt.None,
    };
}
