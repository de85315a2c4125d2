namespace Hub.Schemas;

/// <summary>Checks a receipt by hand, as its attributes say.</summary>
public static class ReceiptRules
{
    /// <summary>Codes that may go with <c>rejected</c>.</summary>
    public static IReadOnlyList<string> RejectionCodes { get; } = ["DUPLICATE", "OUT_OF_AREA", "INSUFFICIENT", "CUSTOMER_DECLINED", "OTHER"];

    /// <param name="receipt">As read.</param>
    /// <param name="errors">Gets what is wrong, pointers relative to the receipt.</param>
    public static void Check(Receipt receipt, List<FieldError> errors)
    {
        if (receipt.Status is null)
            errors.Add(new("/status", "required", "缺少 status", "status is missing"));
        else if (receipt.Status is not ("accepted" or "rejected" or "in_progress" or "done"))
            errors.Add(new("/status", "not_allowed", "status 须为 accepted、rejected、in_progress 或 done", "status must be accepted, rejected, in_progress or done"));
        if (receipt.At is null)
            errors.Add(new("/at", "required", "缺少 at", "at is missing"));
        if (receipt.Status == "rejected" && (receipt.Code is null || !RejectionCodes.Contains(receipt.Code)))
            errors.Add(new("/code", receipt.Code is null ? "required" : "not_allowed", $"退回须给出代码：{string.Join('、', RejectionCodes)}", $"rejected needs a code: {string.Join(", ", RejectionCodes)}"));
        Length("/code", receipt.Code, 40, errors);
        Length("/accountNo", receipt.AccountNo, 20, errors);
        Text("/code", receipt.Code, errors);
        Text("/accountNo", receipt.AccountNo, errors);
        Text("/note", receipt.Note, errors);
        if (receipt.Note?.Length > 500)
            errors.Add(new("/note", "too_long", "不超过 500 个字符", "At most 500 characters"));
    }

    private static void Text(string pointer, string? text, List<FieldError> errors)
    {
        if (text?.Any(character => char.IsControl(character) && character is not ('\t' or '\n')) == true)
            errors.Add(new(pointer, "bad_text", "不得含控制字符", "No control characters"));
    }

    private static void Length(string pointer, string? text, int max, List<FieldError> errors)
    {
        if (text is { Length: 0 })
            errors.Add(new(pointer, "too_short", "不能为空", "Must not be empty"));
        else if (text?.Length > max)
            errors.Add(new(pointer, "too_long", $"不超过 {max} 个字符", $"At most {max} characters"));
    }
}
