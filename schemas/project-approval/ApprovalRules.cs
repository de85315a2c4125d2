using System.Buffers;

namespace Hub.Schemas;

/// <summary>
/// What makes a project approval acceptable, and what makes it odd. Written out by hand because every event passes here: the
/// attributes on <see cref="ProjectApproval"/> say the same for the published schema, and a test holds the two together.
/// </summary>
/// <remarks>
/// Refused is only what cannot be identified, read or ordered. Whatever else a government record lacks is warned: it is still
/// an approved project, and the utility completes it with the customer.
/// </remarks>
public static class ApprovalRules
{
    private const string ApprovalStage = "PROJECT_APPROVAL";
    private const int ChangedFieldsMax = 60;
    private const decimal AmountMax = 999_999_999_999m;
    private const decimal LoadKwMax = 9_999_999_999m;
    private const int VersionMax = 1_000_000;

    // C0 without tab and line ends (many bureaus' systems write CR LF), and DEL. C1 is asked for as a range: a set that leaves ASCII is searched far more slowly.
    private static readonly SearchValues<char> ControlCharacters = SearchValues.Create(
        [.. Enumerable.Range(0, 0x80).Select(c => (char)c).Where(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r'))]);

    /// <summary>Checks the record as it was sent; identifiers need not be normalised before.</summary>
    /// <param name="eventType">One of <see cref="EventTypes.OfApproval"/>.</param>
    /// <param name="errors">Receives what refuses the record: identity first, then stage, then field by field.</param>
    /// <param name="warnings">Receives what is odd; of use only when there is no error.</param>
    public static void Check(ProjectApproval a, string eventType, List<FieldError> errors, List<Warning> warnings)
    {
        var code = ProjectCode.Parse(a.ProjectCode);
        CheckIdentity(a, code, errors);
        CheckStage(a, eventType, errors);
        CheckIdentityFields(a, errors);
        CheckDescription(a, errors);
        CheckAmounts(a, errors);
        CheckDates(a, errors);
        CheckChange(a, errors);

        WarnOfIdentifiers(a, code, warnings);
        WarnOfAbsence(a, warnings);
    }

    /// <summary>The record with its identifiers in comparable form; blank identifiers become absent. Everything else stays as sent.</summary>
    public static ProjectApproval Normalise(ProjectApproval a) => a with
    {
        ProjectCode = NullWhenEmpty(ProjectCode.Parse(a.ProjectCode).Text),
        UnitUscc = a.UnitUscc is null ? null : NullWhenEmpty(Uscc.Parse(a.UnitUscc).Text),
        ApprovalDocNo = NormaliseDocument(a.ApprovalDocNo),
        SupersedesDocNo = NormaliseDocument(a.SupersedesDocNo),
    };

    /// <summary>
    /// The key of the case: the project code, else <c>doc:</c> and the number of the document replaced, else <c>doc:</c> and the record's own
    /// number: an amendment without a code thus finds the approval it changes. A masked code is never a key, since it fits
    /// many projects and would fold them into one case. Empty when the record has no identity, which <see cref="Check"/> refuses.
    /// </summary>
    public static string CaseKey(ProjectApproval a)
    {
        var code = ProjectCode.Parse(a.ProjectCode);
        return code.Identifies ? code.Text
            : NormaliseDocument(a.SupersedesDocNo) is { } replaced && !IsAbsent(a.ApprovalDocNo) ? "doc:" + replaced
            : NormaliseDocument(a.ApprovalDocNo) is { } document ? "doc:" + document
            : "";
    }

    /// <summary>True when load, usage or date is absent: the customer manager completes it with the customer.</summary>
    public static bool MissingDemand(ProjectApproval a) => AbsentDemand(a) != 0;

    private static void CheckIdentity(ProjectApproval a, ProjectCode code, List<FieldError> errors)
    {
        if (!code.Identifies && IsAbsent(a.ApprovalDocNo))
        {
            errors.Add(code.Doubt == IdentifierDoubt.Masked
                ? new("/projectCode", ErrorCodes.IdentityMissing, "项目代码经过脱敏，又没有批复文号，无法识别项目。",
                    "The project code is masked and there is no document number: the project cannot be identified.")
                : new("/projectCode", ErrorCodes.IdentityMissing, "项目代码和批复文号至少要有一项。",
                    "Either a project code or a document number is needed."));
        }
    }

    private static void CheckStage(ProjectApproval a, string eventType, List<FieldError> errors)
    {
        if (eventType == EventTypes.ProjectApprovalCreated && IsStage(a.ApprovalStage) && a.ApprovalStage != ApprovalStage)
        {
            errors.Add(new("/approvalStage", ErrorCodes.StageNotComplete, "立项完成后才能推送立项信息，本记录不是立项阶段。",
                "A created event is sent once the project is approved (立项); this record is of another stage."));
        }
    }

    private static void CheckIdentityFields(ProjectApproval a, List<FieldError> errors)
    {
        CheckText(a.ProjectCode, "/projectCode", 30, errors);
        CheckRequiredText(a.ProjectName, "/projectName", 300, errors);
        CheckText(a.UnitName, "/unitName", 200, errors);
        CheckText(a.UnitUscc, "/unitUscc", 18, errors);
        CheckText(a.ApprovalDocNo, "/approvalDocNo", 80, errors);
        CheckText(a.ApprovalAuthority, "/approvalAuthority", 100, errors);
        CheckText(a.OperatorCode, "/operatorCode", 64, errors);
        CheckText(a.LegalBasisRef, "/legalBasisRef", 64, errors);
        CheckRegion(a.RegionCode, errors);
        CheckVersion(a.Version, errors);
    }

    private static void CheckDescription(ProjectApproval a, List<FieldError> errors)
    {
        CheckText(a.ProjectAddress, "/projectAddress", 500, errors);
        CheckText(a.AddressCode, "/addressCode", 64, errors);
        CheckText(a.ScaleContent, "/scaleContent", 4000, errors);
        CheckText(a.ContactName, "/contactName", 50, errors);
        CheckText(a.ContactPhone, "/contactPhone", 30, errors);
        CheckText(a.IndustryCode, "/industryCode", 6, errors);
        CheckText(a.ProjectLocation, "/projectLocation", 2000, errors);
        CheckPath(a.ApprovalType, "/approvalType", errors);
        if (a.ApprovalStage is not null && !IsStage(a.ApprovalStage))
        {
            errors.Add(NotAllowed("/approvalStage", "PROJECT_APPROVAL, PLANNING, CONSTRUCTION, COMPLETION, ENVIRONMENT"));
        }

        if (a.UsageType is { } usage && !(usage.Length == 3 && usage[0] is (>= '1' and <= '5') or '9' && IdentifierText.AreDigits(usage)))
        {
            errors.Add(Pattern("/usageType", "三位数字，首位为 1、2、3、4、5 或 9", "three digits, the first of them 1, 2, 3, 4, 5 or 9"));
        }
    }

    private static void CheckAmounts(ProjectApproval a, List<FieldError> errors)
    {
        CheckAmount(a.InvestmentWan, "/investmentWan", AmountMax, errors);
        CheckAmount(a.LandArea, "/landArea", AmountMax, errors);
        CheckAmount(a.BuildArea, "/buildArea", AmountMax, errors);
        CheckAmount(a.LoadKw, "/loadKw", LoadKwMax, errors);
    }

    private static void CheckDates(ProjectApproval a, List<FieldError> errors)
    {
        CheckDate(a.ApprovalDate, "/approvalDate", DatePrecision.Year, errors);
        CheckDate(a.ValidUntil, "/validUntil", DatePrecision.Day, errors);
        CheckDate(a.PlannedStart, "/plannedStart", DatePrecision.Month, errors);
        CheckDate(a.PlannedFinish, "/plannedFinish", DatePrecision.Month, errors);
        CheckDate(a.RequiredDate, "/requiredDate", DatePrecision.Day, errors);
        CheckDate(a.TemporaryFrom, "/temporaryFrom", DatePrecision.Day, errors);
    }

    private static void CheckChange(ProjectApproval a, List<FieldError> errors)
    {
        CheckText(a.SupersedesDocNo, "/supersedesDocNo", 80, errors);
        CheckText(a.ChangeReason, "/changeReason", 500, errors);
        CheckPath(a.NewPath, "/newPath", errors);
        if (a.ChangedFields is not { } fields)
        {
            return;
        }

        if (fields.Count > ChangedFieldsMax)
        {
            errors.Add(TooLong("/changedFields", ChangedFieldsMax, "项", "items"));
            return;
        }

        for (var i = 0; i < fields.Count; i++)
        {
            // A null in the list is possible in JSON whatever the declared type says.
            if (fields[i] is null)
            {
                errors.Add(Required($"/changedFields/{i}"));
            }
            else if (HasBadCharacter(fields[i]))
            {
                errors.Add(BadText($"/changedFields/{i}"));
            }
        }
    }

    private static void CheckRequiredText(string? text, string pointer, int max, List<FieldError> errors)
    {
        if (text is null || (text.Length > 0 && IdentifierText.IsBlank(text)))
        {
            errors.Add(Required(pointer));
            return;
        }

        CheckText(text, pointer, max, errors);
    }

    private static void CheckText(string? text, string pointer, int max, List<FieldError> errors)
    {
        if (text is null)
        {
            return;
        }

        if (text.Length == 0)
        {
            errors.Add(new(pointer, ErrorCodes.TooShort, "不能是空文本；没有内容时请不要带此字段。", "Must not be empty; leave the field out when there is nothing to say."));
        }
        else if (text.Length > max)
        {
            errors.Add(TooLong(pointer, max, "个字符", "characters"));
        }
        else if (HasBadCharacter(text))
        {
            errors.Add(BadText(pointer));
        }
    }

    internal static bool HasBadCharacter(string text) => text.AsSpan().ContainsAny(ControlCharacters)
        || text.AsSpan().ContainsAnyInRange('\u0080', '\u009F')
        || (text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') && HasLoneSurrogate(text));

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return true;
            }

            i++;
        }

        return false;
    }

    private static void CheckRegion(string? region, List<FieldError> errors)
    {
        if (string.IsNullOrWhiteSpace(region))
        {
            errors.Add(Required("/regionCode"));
        }
        else if (RegionCode.DoubtOf(region) == IdentifierDoubt.Form)
        {
            errors.Add(Pattern("/regionCode", "六位数字", "six digits"));
        }
    }

    private static void CheckVersion(int? version, List<FieldError> errors)
    {
        if (version is null)
        {
            errors.Add(Required("/version"));
        }
        else if (version is < 1 or > VersionMax)
        {
            errors.Add(OutOfRange("/version", 1, VersionMax));
        }
    }

    private static void CheckPath(string? path, string pointer, List<FieldError> errors)
    {
        if (path is not (null or "APPROVAL" or "VERIFICATION" or "FILING"))
        {
            errors.Add(NotAllowed(pointer, "APPROVAL, VERIFICATION, FILING"));
        }
    }

    private static void CheckAmount(decimal? amount, string pointer, decimal max, List<FieldError> errors)
    {
        if (amount < 0 || amount > max)
        {
            errors.Add(OutOfRange(pointer, 0, max));
        }
    }

    private static void CheckDate(string? date, string pointer, DatePrecision least, List<FieldError> errors)
    {
        if (date is null)
        {
            return;
        }

        var precision = DateText.PrecisionOf(date);
        if (precision is null || precision < least)
        {
            errors.Add(least switch
            {
                DatePrecision.Day => Pattern(pointer, "YYYY-MM-DD", "YYYY-MM-DD"),
                DatePrecision.Month => Pattern(pointer, "YYYY-MM-DD 或 YYYY-MM", "YYYY-MM-DD or YYYY-MM"),
                _ => Pattern(pointer, "YYYY-MM-DD、YYYY-MM 或 YYYY", "YYYY-MM-DD, YYYY-MM or YYYY"),
            });
        }
        else if (!DateText.IsReal(date))
        {
            errors.Add(new(pointer, ErrorCodes.NotADate, "日历上没有这一天。", "There is no such day in the calendar."));
        }
    }

    private static void WarnOfIdentifiers(ProjectApproval a, ProjectCode code, List<Warning> warnings)
    {
        if (CodeWarning(code.Doubt) is { } odd)
        {
            warnings.Add(odd);
        }

        if (!IsAbsent(a.UnitUscc) && UsccWarning(Uscc.Parse(a.UnitUscc!).Doubt) is { } oddUscc)
        {
            warnings.Add(oddUscc);
        }

        if (DateText.PrecisionOf(a.ApprovalDate) is DatePrecision.Year or DatePrecision.Month)
        {
            warnings.Add(ApprovalWarnings.PartialDate);
        }

        WarnOfRegion(a.RegionCode, code.Region, warnings);
    }

    private static void WarnOfRegion(string? region, ReadOnlySpan<char> regionOfCode, List<Warning> warnings)
    {
        var doubt = RegionCode.DoubtOf(region);
        if (doubt == IdentifierDoubt.UnknownProvince)
        {
            warnings.Add(ApprovalWarnings.RegionUnknown);
        }

        // The county part may differ: divisions are renumbered and zones have codes of their own.
        if (doubt is IdentifierDoubt.None or IdentifierDoubt.UnknownProvince && regionOfCode.Length > 0
            && !regionOfCode[..4].SequenceEqual(region.AsSpan(0, 4)))
        {
            warnings.Add(ApprovalWarnings.RegionDiffers);
        }
    }

    private static Warning? CodeWarning(IdentifierDoubt doubt) => doubt switch
    {
        IdentifierDoubt.CheckDigit => ApprovalWarnings.CodeCheckDigit,
        IdentifierDoubt.OldForm => ApprovalWarnings.CodeOldForm,
        IdentifierDoubt.LocalForm => ApprovalWarnings.CodeLocalForm,
        IdentifierDoubt.Masked => ApprovalWarnings.CodeMasked,
        _ => null,
    };

    private static Warning? UsccWarning(IdentifierDoubt doubt) => doubt switch
    {
        IdentifierDoubt.CheckDigit or IdentifierDoubt.OrganisationCode => ApprovalWarnings.UsccCheckDigit,
        IdentifierDoubt.Form => ApprovalWarnings.UsccForm,
        IdentifierDoubt.Masked => ApprovalWarnings.UsccMasked,
        _ => null,
    };

    private static void WarnOfAbsence(ProjectApproval a, List<Warning> warnings)
    {
        WarnWhenAbsent(a.UnitName, ApprovalWarnings.NoUnitName, warnings);
        WarnWhenAbsent(a.ProjectAddress, ApprovalWarnings.NoProjectAddress, warnings);
        WarnWhenAbsent(a.ScaleContent, ApprovalWarnings.NoScaleContent, warnings);
        WarnWhenAbsent(a.ContactName, ApprovalWarnings.NoContactName, warnings);
        WarnWhenAbsent(a.ContactPhone, ApprovalWarnings.NoContactPhone, warnings);
        WarnWhenAbsent(a.ApprovalType, ApprovalWarnings.NoApprovalType, warnings);
        WarnWhenAbsent(a.ApprovalDate, ApprovalWarnings.NoApprovalDate, warnings);
        WarnWhenAbsent(a.ApprovalAuthority, ApprovalWarnings.NoApprovalAuthority, warnings);
        if (AbsentDemand(a) is not 0 and var absent)
        {
            warnings.Add(ApprovalWarnings.MissingDemand(absent));
        }
    }

    private static void WarnWhenAbsent(string? text, Warning warning, List<Warning> warnings)
    {
        if (IsAbsent(text))
        {
            warnings.Add(warning);
        }
    }

    private static int AbsentDemand(ProjectApproval a) =>
        (a.LoadKw is null ? ApprovalWarnings.LoadAbsent : 0)
        | (IsAbsent(a.UsageType) ? ApprovalWarnings.UsageAbsent : 0)
        | (IsAbsent(a.RequiredDate) ? ApprovalWarnings.DateAbsent : 0);

    // Platforms fill columns they have nothing for with a blank.
    private static bool IsAbsent(string? text) => text is null || IdentifierText.IsBlank(text);

    private static bool IsStage(string? stage) => stage is ApprovalStage or "PLANNING" or "CONSTRUCTION" or "COMPLETION" or "ENVIRONMENT";

    private static string? NormaliseDocument(string? number) => number is null ? null : NullWhenEmpty(DocumentNumber.Normalise(number));

    private static string? NullWhenEmpty(string text) => text.Length == 0 ? null : text;

    private static FieldError Required(string pointer) => new(pointer, ErrorCodes.Required, "必填。", "Required.");

    private static FieldError BadText(string pointer) =>
        new(pointer, ErrorCodes.BadText, "含有控制字符或不完整的字符。", "Contains a control character or half of a character.");

    private static FieldError TooLong(string pointer, int max, string unitZh, string unitEn) =>
        new(pointer, ErrorCodes.TooLong, $"最多 {max} {unitZh}。", $"At most {max} {unitEn}.");

    private static FieldError Pattern(string pointer, string formZh, string formEn) =>
        new(pointer, ErrorCodes.Pattern, $"格式应为：{formZh}。", $"Expected form: {formEn}.");

    private static FieldError NotAllowed(string pointer, string allowed) =>
        new(pointer, ErrorCodes.NotAllowed, $"只能是：{allowed}。", $"Must be one of: {allowed}.");

    private static FieldError OutOfRange(string pointer, decimal min, decimal max) =>
        new(pointer, ErrorCodes.Range, $"应在 {min} 与 {max} 之间。", $"Must be between {min} and {max}.");
}
