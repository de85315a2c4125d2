namespace Hub.Schemas;

/// <summary>Something wrong enough to refuse a record. The texts are for people; <see cref="Code"/> is stable.</summary>
/// <param name="Pointer">JSON Pointer (RFC 6901) into the event's <c>data</c>; empty for the whole.</param>
/// <param name="Code">A code of <see cref="ErrorCodes"/>.</param>
/// <param name="MessageZh">Chinese text.</param>
/// <param name="MessageEn">English text.</param>
public sealed record FieldError(string Pointer, string Code, string MessageZh, string MessageEn);

/// <summary>Codes of the errors a record's content can have.</summary>
public static class ErrorCodes
{
    public const string Required = "required";
    public const string TooLong = "too_long";
    public const string TooShort = "too_short";
    public const string Pattern = "pattern";
    public const string Range = "range";
    public const string NotAllowed = "not_allowed";
    public const string NotADate = "not_a_date";
    public const string BadText = "bad_text";
    public const string IdentityMissing = "identity_missing";
    public const string StageNotComplete = "stage_not_complete";
    public const string NotATime = "not_a_time";
}
