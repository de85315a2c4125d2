namespace Hub.Schemas;

/// <summary>What became of one attempt. Three outcomes and a doubt; there is no fifth.</summary>
public enum Outcome
{
    /// <summary>The partner has it. Not yet a business receipt.</summary>
    Taken,

    /// <summary>The partner said no to this content; sending the same again cannot help.</summary>
    Refused,

    /// <summary>It surely had no effect, and may succeed later.</summary>
    Unavailable,

    /// <summary>It may have had its effect: ask before sending again, never call it a success.</summary>
    Unknown,
}

/// <summary>One attempt's answer as the connector understood it.</summary>
public sealed record Answer
{
    public required Outcome Outcome { get; init; }

    /// <summary>A stable reason word of Hub's, see <see cref="AnswerReasons"/>; null when taken.</summary>
    public string? Reason { get; init; }

    /// <summary>The partner's own code or HTTP status as text, never its free text (which may hold personal data).</summary>
    public string? PartnerCode { get; init; }

    /// <summary>The partner's own number for what it took (lead number, order number).</summary>
    public string? PartnerReference { get; init; }

    /// <summary>The least wait the partner asked for; capped by the dispatcher at 6 h.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The partner asked for fewer calls (429, 502, 503, 504): the whole connector slows, not only this lane.</summary>
    public bool Throttle { get; init; }

    /// <summary>The partner wants no more calls (410, or its header <c>webhook-delivery: disable</c>): the connector is paused, nothing is dropped.</summary>
    public bool StopConnector { get; init; }

    /// <summary>SHA-256 of the request body as sent; empty when nothing left.</summary>
    public ReadOnlyMemory<byte> RequestDigest { get; init; }

    /// <summary>The response body as received, at most 64 KiB; empty when there was none.</summary>
    public ReadOnlyMemory<byte> ResponseBody { get; init; }

    /// <summary>What a question was answered with, UTF-8 JSON of Hub's own contract; empty for anything else. Given to the decision and stored nowhere.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Time the attempt took.</summary>
    public TimeSpan Elapsed { get; init; }

    public static Answer Taken(string? reference = null) => new() { Outcome = Outcome.Taken, PartnerReference = reference };

    public static Answer Refused(string reason, string? partnerCode = null) =>
        new() { Outcome = Outcome.Refused, Reason = reason, PartnerCode = partnerCode };

    public static Answer Unavailable(string reason, string? partnerCode = null) =>
        new() { Outcome = Outcome.Unavailable, Reason = reason, PartnerCode = partnerCode };

    public static Answer Unknown(string reason) => new() { Outcome = Outcome.Unknown, Reason = reason };
}

/// <summary>Why an attempt was not taken. The dispatcher's schedule and the console's sentences hang on these words.</summary>
public static class AnswerReasons
{
    /// <summary>No connection, DNS, TLS: nothing left us.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>No answer within the limit: it may have had its effect.</summary>
    public const string TimedOut = "timed_out";

    /// <summary>The connection broke after the request began to leave.</summary>
    public const string ConnectionLost = "connection_lost";

    /// <summary>408, 425, 5xx.</summary>
    public const string ServerError = "server_error";

    /// <summary>429 or 503: the partner asked for fewer calls.</summary>
    public const string Throttled = "throttled";

    /// <summary>401, 403: key, signature or clock.</summary>
    public const string Unauthorised = "unauthorised";

    /// <summary>404, 405: wrong address.</summary>
    public const string NotFound = "not_found";

    /// <summary>400, 413, 415, 422 or the partner's own refusal of the content.</summary>
    public const string ContentRefused = "content_refused";

    /// <summary>3xx: never followed.</summary>
    public const string Redirected = "redirected";

    /// <summary>410: the receiver is gone until an administrator says otherwise.</summary>
    public const string Gone = "gone";

    /// <summary>The answer could not be understood (HTML, not JSON, missing fields): never taken for success.</summary>
    public const string Unintelligible = "unintelligible";

    /// <summary>The breaker is open: not attempted.</summary>
    public const string BreakerOpen = "breaker_open";

    /// <summary>It never left: the partner had asked for a pause, the connector was stopped, or the node was stopping. Not attempted.</summary>
    public const string Queued = "queued";

    /// <summary>A question whose time was over before it left. Not attempted.</summary>
    public const string Lapsed = "lapsed";

    /// <summary>The receiver set <c>webhook-delivery: abort-message</c>.</summary>
    public const string Aborted = "aborted_by_receiver";

    /// <summary>A fault of ours in the connector; the text is in the log under the command's id.</summary>
    public const string ConnectorFault = "connector_fault";

    /// <summary>The partner refused a batch as a whole: it had no effect, and each command of it goes alone.</summary>
    public const string BatchRefused = "batch_refused";

    /// <summary>The partner does not know the command: it surely had no effect. Answer of a query only.</summary>
    public const string NotSeen = "not_seen";
}
