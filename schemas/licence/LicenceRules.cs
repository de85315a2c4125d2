using System.Reflection;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace Hub.Schemas;

/// <summary>Checks what a utility sends about licences, as the attributes of the contracts say, and what they cannot say.</summary>
/// <remarks>By the attributes themselves: these requests are few, so the table of a contract is read once and no rule stands twice.</remarks>
public static class LicenceRules
{
    private const int ItemLengthMax = 40;

    public static void Check(SupplyApplication application, List<FieldError> errors) => Contract<SupplyApplication>.Check(application, errors);

    public static void Check(Consent consent, List<FieldError> errors)
    {
        Contract<Consent>.Check(consent, errors);
        CheckHolder(consent.HolderTypeCode, consent.HolderCode, errors);
        CheckItems("/purposes", consent.Purposes, errors);
        CheckItems("/certTypeCodes", consent.CertTypeCodes, errors);
        if (consent.ExpiresAt <= consent.GivenAt)
        {
            errors.Add(new("/expiresAt", ErrorCodes.Range, "有效期须晚于授权时间", "Must be later than givenAt"));
        }

        if (consent is { Method: "face", AuthResultRef: null })
        {
            errors.Add(new("/authResultRef", ErrorCodes.Required, "刷脸须给出核验结果编号", "face needs the reference of its result"));
        }
    }

    public static void Check(ConsentWithdrawal withdrawal, List<FieldError> errors) => Contract<ConsentWithdrawal>.Check(withdrawal, errors);

    /// <param name="query">As read.</param>
    /// <param name="errors">Gets what refuses it.</param>
    /// <param name="warnings">Gets what is odd.</param>
    public static void Check(LicenceQuery query, List<FieldError> errors, List<Warning> warnings)
    {
        Contract<LicenceQuery>.Check(query, errors);
        CheckHolder(query.HolderTypeCode, query.HolderCode, errors);
        if (query.CertIdentifier is { } identifier && !LicenceIdentifier.Parse(identifier).Ok)
        {
            warnings.Add(new("/certIdentifier", WarningCodes.CheckDigit, "电子证照标识的格式或校验位不符", "Form or check character of the e-licence identifier is wrong"));
        }
    }

    public static void Check(DocumentRequest request, List<FieldError> errors)
    {
        Contract<DocumentRequest>.Check(request, errors);
        CheckHolder(request.HolderTypeCode, request.HolderCode, errors);
        if (request.Materials is not null)
        {
            CheckItems("/materials", request.Materials, errors);
        }
    }

    // A holder that is mistyped would be asked for as somebody else: here a wrong check digit is an error. Codes of the pilot batch of GB 32100 are odd and real, so
    // of an organisation only the form is looked at.
    private static void CheckHolder(string? type, string? code, List<FieldError> errors)
    {
        if (code is null || type is null)
        {
            return;
        }

        if (type == HolderTypes.Citizen && CitizenNumber.Parse(code).Doubt != IdentifierDoubt.None)
        {
            errors.Add(new("/holderCode", ErrorCodes.Pattern, "公民身份号码格式或校验位不符", "Form or check digit of the citizen number is wrong"));
        }
        else if (type == HolderTypes.Organisation && Uscc.Parse(code).Doubt is IdentifierDoubt.Empty or IdentifierDoubt.Form or IdentifierDoubt.Masked)
        {
            errors.Add(new("/holderCode", ErrorCodes.Pattern, "统一社会信用代码格式不符", "Form of the credit code is wrong"));
        }
    }

    private static void CheckItems(string pointer, IReadOnlyList<string>? items, List<FieldError> errors)
    {
        if (items is { Count: 0 })
        {
            errors.Add(new(pointer, ErrorCodes.TooShort, "至少一项", "At least one"));
        }

        foreach (var (index, _) in (items ?? []).Index().Where(one => one.Item is not { Length: > 0 and <= ItemLengthMax } text || text.Any(char.IsControl)))
        {
            errors.Add(new($"{pointer}/{index}", ErrorCodes.TooLong, $"须为 1 至 {ItemLengthMax} 个字符", $"1 to {ItemLengthMax} characters"));
        }
    }

    /// <summary>The rules in the attributes of one contract, read once.</summary>
    private static class Contract<T>
        where T : class
    {
        private static readonly (string Pointer, PropertyInfo Property)[] Members =
            [.. typeof(T).GetProperties().Select(property => ("/" + JsonNamingPolicy.CamelCase.ConvertName(property.Name), property))];

        public static void Check(T record, List<FieldError> errors)
        {
            foreach (var (pointer, property) in Members)
            {
                if (Wrong(property, property.GetValue(record)) is var (code, zh, en))
                {
                    errors.Add(new(pointer, code, zh, en));
                }
            }
        }

        private static (string Code, string Zh, string En)? Wrong(PropertyInfo property, object? value)
        {
            if (value is null)
            {
                return property.IsDefined(typeof(RequiredAttribute)) ? (ErrorCodes.Required, "不能缺少", "Must be there") : null;
            }

            if (value is string text && text.Any(char.IsControl))
            {
                return (ErrorCodes.BadText, "不得含控制字符", "No control characters");
            }

            return property.GetCustomAttributes<ValidationAttribute>().FirstOrDefault(rule => rule is not RequiredAttribute && !rule.IsValid(value)) switch
            {
                null => null,
                StringLengthAttribute length => (value is string { Length: 0 } ? ErrorCodes.TooShort : ErrorCodes.TooLong, $"须为 {length.MinimumLength} 至 {length.MaximumLength} 个字符", $"{length.MinimumLength} to {length.MaximumLength} characters"),
                MaxLengthAttribute length => (ErrorCodes.TooLong, $"至多 {length.Length} 项", $"At most {length.Length}"),
                AllowedValuesAttribute allowed => (ErrorCodes.NotAllowed, $"须为：{string.Join("、", allowed.Values)}", $"Must be one of: {string.Join(", ", allowed.Values)}"),
                RegularExpressionAttribute pattern => (ErrorCodes.Pattern, $"格式不符：{pattern.Pattern}", $"Must match {pattern.Pattern}"),
                _ => (ErrorCodes.NotAllowed, "不符合要求", "Not allowed"),
            };
        }
    }
}
