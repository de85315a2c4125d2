using System.Globalization;

namespace Hub.Schemas;

/// <summary>Checks of single members that several records share; the attributes of the records say the same for the published schemas.</summary>
internal sealed class RecordChecks(List<FieldError> errors)
{
    public void Text(string? text, string pointer, int max, bool required = false)
    {
        if (text is null || (required && IdentifierText.IsBlank(text)))
        {
            if (required)
                Add(pointer, ErrorCodes.Required, "必填。", "Required.");
        }
        else if (text.Length == 0)
            Add(pointer, ErrorCodes.TooShort, "不能是空文本；没有内容时请不要带此字段。", "Must not be empty; leave the field out when there is nothing to say.");
        else if (text.Length > max)
            Add(pointer, ErrorCodes.TooLong, $"最多 {max} 个字符。", $"At most {max} characters.");
        else if (ApprovalRules.HasBadCharacter(text))
            Add(pointer, ErrorCodes.BadText, "含有控制字符或不完整的字符。", "Contains a control character or half of a character.");
    }

    public void Word(string? word, string pointer, IReadOnlyList<string> allowed, bool required = false)
    {
        if (word is null)
        {
            if (required)
                Add(pointer, ErrorCodes.Required, "必填。", "Required.");
        }
        else if (!allowed.Contains(word))
            Add(pointer, ErrorCodes.NotAllowed, $"只能是：{string.Join("、", allowed)}。", $"Must be one of: {string.Join(", ", allowed)}.");
    }

    public void Region(string? region, string pointer)
    {
        if (string.IsNullOrWhiteSpace(region))
            Add(pointer, ErrorCodes.Required, "必填。", "Required.");
        else if (RegionCode.DoubtOf(region) == IdentifierDoubt.Form)
            Add(pointer, ErrorCodes.Pattern, "格式应为：六位数字。", "Expected form: six digits.");
    }

    public void Instant(string? text, string pointer, bool required = false)
    {
        if (text is null)
        {
            if (required)
                Add(pointer, ErrorCodes.Required, "必填。", "Required.");
        }
        else if (InstantText.Parse(text) is null)
            Add(pointer, ErrorCodes.NotATime, "须为 RFC 3339 时间并带时区，例如 2026-01-05T09:00:00+08:00。", "Must be RFC 3339 with an offset, such as 2026-01-05T09:00:00+08:00.");
    }

    public void Count<T>(IReadOnlyList<T>? list, string pointer, int max)
    {
        if (list?.Count > max)
            Add(pointer, ErrorCodes.TooLong, $"最多 {max} 项。", $"At most {max} items.");
        for (var i = 0; i < Math.Min(list?.Count ?? 0, max); i++)
        {
            // A null in the list is possible in JSON whatever the declared type says.
            if (list![i] is null)
                Add($"{pointer}/{i}", ErrorCodes.Required, "必填。", "Required.");
        }
    }

    public void Range(decimal? number, string pointer, decimal min, decimal max, bool required = false)
    {
        if (number is null && required)
            Add(pointer, ErrorCodes.Required, "必填。", "Required.");
        else if (number < min || number > max)
            Add(pointer, ErrorCodes.Range, $"应在 {min} 与 {max} 之间。", $"Must be between {min} and {max}.");
    }

    public void Add(string pointer, string code, string zh, string en) => errors.Add(new(pointer, code, zh, en));
}

/// <summary>RFC 3339 with an offset; the parser alone would also take half of it, and a time without an offset for one of this machine's zone.</summary>
public static class InstantText
{
    public static DateTimeOffset? Parse(string? text) =>
        text is { Length: >= 20 and <= 35 } && text[10] is 'T' or 't' && (text[^1] is 'Z' or 'z' || text[^6] is '+' or '-')
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : null;
}
