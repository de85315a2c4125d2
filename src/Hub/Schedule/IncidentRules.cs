using Hub.Ledger;
using Hub.Schemas;

namespace Hub.Schedule;

/// <summary>When something is an incident, and of which class: pure, so that each rule has its cases.</summary>
internal static class IncidentRules
{
    public const string Unreachable = "unreachable";
    public const string Rejected = "rejected";
    public const string Slow = "slow";

    /// <summary>The receiver answers, and asks for fewer calls (429, 503): it is neither slow nor away.</summary>
    public const string Busy = "busy";
    public const string Signature = "signature";
    public const string Schema = "schema";
    public const string Certificate = "certificate";

    /// <summary>A receiver is slow when something has waited for it so long without failing.</summary>
    public static readonly TimeSpan SlowAfter = TimeSpan.FromMinutes(30);

    /// <summary>A cause that was not seen for so long is gone.</summary>
    public static readonly TimeSpan QuietFor = TimeSpan.FromSeconds(30);

    /// <summary>A key that ends within this time needs a successor.</summary>
    public static readonly TimeSpan KeyWarning = TimeSpan.FromDays(14);

    // One failure is the retry schedule's business; several are a person's.
    private const int CountMin = 3;
    private const int AttemptsMin = 2;

    public static IReadOnlyList<string> Classes { get; } = [Unreachable, Rejected, Slow, Busy, Signature, Schema, Certificate];

    /// <summary>The class of a reason; null when it is nobody's fault (somebody parked it, or it is in order).</summary>
    public static string? ClassOf(string reason) => reason switch
    {
        AnswerReasons.Unreachable or AnswerReasons.TimedOut or AnswerReasons.ConnectionLost or AnswerReasons.ServerError or AnswerReasons.BreakerOpen or AnswerReasons.Gone
            or AnswerReasons.NotFound or AnswerReasons.Redirected or AnswerReasons.ConnectorFault => Unreachable,
        AnswerReasons.ContentRefused or AnswerReasons.Aborted => Rejected,
        AnswerReasons.Throttled => Busy,
        AnswerReasons.Unauthorised => Signature,
        AnswerReasons.Unintelligible => Schema,
        _ => null,
    };

    /// <summary>Reasons of a class.</summary>
    public static string[] ReasonsOf(string incidentClass, IEnumerable<string> reasons) => [.. reasons.Where(reason => ClassOf(reason) == incidentClass)];

    /// <summary>What is to be opened or kept open.</summary>
    /// <param name="waits">What waits, by receiver and reason.</param>
    /// <param name="open">Connectors that are set up and pushed to, each with whether its breaker is away from closed and whether a person paused it.</param>
    /// <param name="ending">Receivers whose last key ends soon.</param>
    /// <param name="now">When.</param>
    public static IReadOnlyList<IncidentFact> Facts(
        IReadOnlyList<WaitFact> waits, IReadOnlyList<(short Connector, bool Broken, bool Paused)> open, IEnumerable<short> ending, DateTimeOffset now)
    {
        var facts = new List<IncidentFact>();
        foreach (var group in waits.Where(fact => ClassOf(fact.Reason) is not null).GroupBy(fact => (fact.Connector, Class: ClassOf(fact.Reason)!)))
        {
            var broken = open.Any(lane => lane.Connector == group.Key.Connector && lane.Broken);
            if (group.Sum(fact => fact.Count) >= CountMin || group.Any(fact => fact.Parked > 0 || fact.AttemptsMax >= AttemptsMin) || (broken && group.Key.Class == Unreachable))
                facts.Add(Fact(group.Key.Connector, group.Key.Class, group.MaxBy(fact => (Tells(fact.Reason), fact.Count))!.Reason, [.. group]));
        }

        foreach (var (connector, broken, paused) in open)
        {
            if (facts.Exists(fact => fact.Connector == connector))
                continue;
            List<WaitFact> own = [.. waits.Where(fact => fact.Connector == connector)];
            if (broken)
                facts.Add(Fact(connector, Unreachable, AnswerReasons.BreakerOpen, own));
            else if (!paused && own.Exists(fact => fact.Reason == AnswerReasons.Queued && now.UtcDateTime - fact.OldestAt > SlowAfter))
                facts.Add(Fact(connector, Slow, AnswerReasons.Queued, own));
        }

        facts.AddRange(ending.Select(connector => new IncidentFact(connector, Certificate, "key_ends", 0, null, null)));
        return facts;
    }

    // An open breaker says nothing about why it opened.
    private static bool Tells(string reason) => reason != AnswerReasons.BreakerOpen;

    private static IncidentFact Fact(short connector, string incidentClass, string reason, List<WaitFact> of) => new(
        connector, incidentClass, reason, of.Sum(fact => fact.Count), of.Count == 0 ? null : of.Min(fact => fact.OldestAt), of.Min(fact => fact.DueAt));
}
