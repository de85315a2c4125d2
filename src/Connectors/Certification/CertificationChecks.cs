namespace Hub.Connectors.Certification;

/// <summary>What a receiver is asked, in this order.</summary>
public static class CertificationChecks
{
    public const string Reachable = "reachable";
    public const string AcceptsSigned = "accepts_signed";
    public const string RejectsWrongSignature = "rejects_wrong_signature";
    public const string RejectsMissingSignature = "rejects_missing_signature";
    public const string RejectsTamperedBody = "rejects_tampered_body";
    public const string RejectsChangedId = "rejects_changed_id";
    public const string RejectsOldTimestamp = "rejects_old_timestamp";
    public const string DropsRepeats = "drops_repeats";
    public const string KeepsOrder = "keeps_order";
    public const string TakesUnknownType = "takes_unknown_type";
    public const string TakesUnknownFields = "takes_unknown_fields";
    public const string TakesLargeBody = "takes_large_body";
    public const string SurvivesCutRequest = "survives_cut_request";
    public const string SurvivesLostAnswer = "survives_lost_answer";
    public const string SurvivesBurst = "survives_burst";
    public const string AnswersPromptly = "answers_promptly";

    /// <summary>Each with what it asks, and whether a receiver must pass it.</summary>
    public static IReadOnlyList<(string Id, bool Mandatory, CertificationText Title)> All { get; } =
    [
        (Reachable, true, new("能连通并在时限内应答", "Is reached and answers within the limit")),
        (AcceptsSigned, true, new("收下签名正确的报文（2xx）", "Takes a message that is signed right (2xx)")),
        (RejectsWrongSignature, true, new("拒绝错误的签名", "Rejects a wrong signature")),
        (RejectsMissingSignature, true, new("拒绝没有签名的报文", "Rejects a message without a signature")),
        (RejectsTamperedBody, true, new("拒绝被改动的正文", "Rejects a body that was changed")),
        (RejectsChangedId, true, new("拒绝被改动的报文编号", "Rejects a message id that was changed")),
        (RejectsOldTimestamp, true, new("拒绝过期的时间戳", "Rejects a timestamp that is too old")),
        (DropsRepeats, true, new("同一编号重复到达：仍应答 2xx，只办一次", "The same id again: answers 2xx and acts once")),
        (KeepsOrder, true, new("同一项目保持次序，旧报文重到不覆盖新内容", "Keeps the order of a case; an older message that comes again overwrites nothing")),
        (TakesUnknownType, true, new("收下不认识的命令类型", "Takes a type of command it does not know")),
        (TakesUnknownFields, true, new("不因多出的字段出错", "Is not broken by fields it does not know")),
        (TakesLargeBody, true, new("收下 64 KiB 的报文", "Takes a message of 64 KiB")),
        (SurvivesCutRequest, true, new("正文传到一半断开，重发后收下且只办一次", "A request cut in its middle: takes the retry and acts once")),
        (SurvivesLostAnswer, true, new("应答丢失后重发，按重复收下且只办一次", "An answer that was lost: takes the retry as a repeat and acts once")),
        (SurvivesBurst, true, new("突发之下收全（可用 429 和 Retry-After 要求放慢）", "Takes all of a burst (429 with Retry-After may slow us down)")),
        (AnswersPromptly, false, new("应答快：不超过时限的四分之一", "Answers promptly: within a quarter of the limit")),
    ];
}
