using System.Reflection;
using Hub.Ledger;
using Hub.Schedule;
using Hub.Schemas;
using Xunit;

namespace Hub.Tests.Schedule;

public sealed class IncidentRulesTests
{
    private static readonly DateTimeOffset Now = FakeClock.Start;

    // Not anybody's fault, or not a fault.
    private static readonly string[] NoFault = [AnswerReasons.Queued, AnswerReasons.Lapsed, AnswerReasons.BatchRefused, AnswerReasons.NotSeen];

    [Fact]
    public void Every_reason_of_an_answer_has_a_class_or_is_no_fault()
    {
        var reasons = typeof(AnswerReasons).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!);

        Assert.All(reasons, reason => Assert.Equal(NoFault.Contains(reason), IncidentRules.ClassOf(reason) is null));
    }

    [Theory]
    [InlineData(AnswerReasons.Unreachable, 1, 0, 1, false, null)]
    [InlineData(AnswerReasons.Unreachable, 3, 0, 1, false, "unreachable")]
    [InlineData(AnswerReasons.Unreachable, 1, 0, 2, false, "unreachable")]
    [InlineData(AnswerReasons.Unreachable, 1, 0, 1, true, "unreachable")]
    [InlineData(AnswerReasons.ContentRefused, 1, 1, 1, false, "rejected")]
    [InlineData(AnswerReasons.Unauthorised, 1, 1, 1, false, "signature")]
    [InlineData(AnswerReasons.Unintelligible, 3, 0, 1, false, "schema")]
    [InlineData(AnswerReasons.Throttled, 5, 0, 3, false, "busy")]
    [InlineData(AnswerReasons.Throttled, 1, 0, 2, false, "busy")]
    [InlineData(AnswerReasons.Throttled, 1, 0, 1, false, null)]
    [InlineData(AnswerReasons.ServerError, 5, 0, 3, false, "unreachable")]
    [InlineData("parked_by_operator", 5, 5, 9, false, null)]
    [InlineData("retry_by_operator", 5, 0, 9, false, null)]
    public void One_failure_is_the_schedules_business_and_several_are_a_persons(string reason, int count, int parked, int attempts, bool broken, string? expected)
    {
        var facts = IncidentRules.Facts([Fact(reason, count, parked, attempts)], [(1, broken, false)], [], Now);

        Assert.Equal(expected, facts.SingleOrDefault()?.Class);
    }

    [Fact]
    public void Reasons_of_one_class_are_one_incident_and_the_one_that_tells_more_is_named()
    {
        var facts = IncidentRules.Facts(
            [Fact(AnswerReasons.BreakerOpen, 40), Fact(AnswerReasons.TimedOut, 2) with { DueAt = Now.UtcDateTime.AddDays(1) }, Fact(AnswerReasons.ServerError, 5), Fact(AnswerReasons.ContentRefused, 1, parked: 1)], [(1, true, false)], [], Now);

        Assert.Equal([("unreachable", 47, AnswerReasons.ServerError), ("rejected", 1, AnswerReasons.ContentRefused)], facts.Select(fact => (fact.Class, fact.Affected, fact.Reason)));
        Assert.Equal(Now.UtcDateTime.AddDays(1), facts[0].DueAt);
    }

    [Fact]
    public void An_open_breaker_is_an_incident_though_nothing_waits() =>
        Assert.Equal(["unreachable"], IncidentRules.Facts([], [(1, true, false), (2, false, false)], [], Now).Select(fact => fact.Class));

    [Theory]
    [InlineData(29, false, false)]
    [InlineData(31, false, true)]
    [InlineData(31, true, false)]
    public void A_queue_that_does_not_move_is_slow_unless_somebody_paused_it(int minutes, bool paused, bool slow)
    {
        var facts = IncidentRules.Facts([Fact(AnswerReasons.Queued, 9) with { OldestAt = Now.UtcDateTime.AddMinutes(-minutes) }], [(1, false, paused)], [], Now);

        Assert.Equal(slow, facts.SingleOrDefault()?.Class == IncidentRules.Slow);
    }

    [Fact]
    public void A_partner_that_asked_for_fewer_calls_is_busy_and_its_queue_is_not_called_slow() => Assert.Equal(
        [("busy", AnswerReasons.Throttled)],
        IncidentRules.Facts([Fact(AnswerReasons.Throttled, 1, attempts: 3), Fact(AnswerReasons.Queued, 40) with { OldestAt = Now.UtcDateTime.AddHours(-1) }], [(1, false, false)], [], Now).Select(fact => (fact.Class, fact.Reason)));

    [Fact]
    public void A_key_that_ends_is_an_incident_of_its_own() =>
        Assert.Equal([(7, "certificate")], IncidentRules.Facts([], [(7, false, false)], [7], Now).Select(fact => ((int)fact.Connector, fact.Class)));

    private static WaitFact Fact(string reason, int count, int parked = 0, int attempts = 1) => new(1, "sgcc-linfen", reason, count, parked, attempts, Now.UtcDateTime, null);
}
