namespace Hub.Console;

/// <summary>Icon and colour of the words by which cases tell how far they are, as states that <see cref="Frame.Look"/> knows.</summary>
internal static class CaseLook
{
    /// <summary>Of a co-transfer's step or of one utility's side of it.</summary>
    public static string Transfer(string state) => state switch
    {
        "DONE" => "taken",
        "REVERSED" or "CANCELLED" or "NO_CONSENT" => "ended",
        "NOT_DONE" or "REJECTED" => "failed",
        "PARTLY_DONE" or "SETTLING" or "ASKING" or "UNKNOWN" or "WAITING_CUSTOMER" or "REVERSING" => "waiting",
        _ => "open",
    };

    /// <summary>Of a permit case's step or of one item.</summary>
    public static string Permit(string state) => state switch
    {
        "GRANTED" or "FINISHED" or "APPROVED" or "FILED" or "EXEMPT" => "taken",
        "WITHDRAWN" or "DROPPED" => "ended",
        "REFUSED" or "BROKEN" => "failed",
        "ASKING" or "CORRECTING" or "PROMISING" or "HELD" or "UNSERVED" or "PAUSED" or "RETURNED" => "waiting",
        _ => "open",
    };
}
