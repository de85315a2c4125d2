using System.Text.Json;
using System.Text.Json.Nodes;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Processes;
using Xunit;
using static Hub.Tests.Processes.PermitPolicies;

namespace Hub.Tests.Simulation;

/// <summary>Stories of a permit case, told again with every event twice and with independent items in every order: the case ends in the same state, and nobody is told more.</summary>
public sealed class PermitReplayTests
{
    private const string Planning = PermitItems.Planning;
    private const string Digging = PermitItems.Excavation;
    private const string Green = PermitItems.Green;

    // What happens on one day: in each inner list in its order, the lists among one another in any.
    private static readonly Dictionary<string, Story> Stories = new(StringComparer.Ordinal)
    {
        ["all approved"] = new("150102", PermitCase.Utility, null,
        [
            [[Arrive], []],
            [[Say(Planning, PermitStatuses.Approved)], [Say(Digging, PermitStatuses.Surveyed), Say(Digging, PermitStatuses.Approved)], [Say(Green, PermitStatuses.OwnerConsented), Say(Green, PermitStatuses.Approved)]],
        ]),
        ["refused and corrected"] = new("150102", PermitCase.Utility, null,
        [
            [[Arrive]],
            [[Say(Planning, PermitStatuses.Approved)], [Say(Digging, PermitStatuses.Refused)], [Say(Green, PermitStatuses.Approved)]],
            [[Correct]],
            [[Arrive]],
            [[Say(Digging, PermitStatuses.Surveyed), Say(Digging, PermitStatuses.Approved)], [Happen(EventTypes.PermitConsulted, "市政", PermitStepResults.Conflict)]],
        ]),
        ["returned with missing material"] = new("150102", PermitCase.Utility, null,
        [
            [[Arrive]],
            [[Say(Planning, PermitStatuses.MaterialMissing)], [Say(Green, PermitStatuses.Returned)], [Say(Digging, PermitStatuses.Surveyed)]],
            [[Say(Planning, PermitStatuses.Resumed), Say(Planning, PermitStatuses.Approved)], [Say(Digging, PermitStatuses.Approved)]],
            [[Correct]],
            [[Arrive]],
            [[Say(Green, PermitStatuses.Approved)]],
        ]),
        ["survey late"] = new("150102", PermitCase.Utility, null, [[[Arrive]], [], [], [], [], [[Say(Digging, PermitStatuses.Surveyed)], [Say(Planning, PermitStatuses.Approved)]]]),
        ["withdrawn"] = new("150102", PermitCase.Utility, null,
        [
            [[Arrive]],
            [[Say(Planning, PermitStatuses.Approved)], [Say(Green, PermitStatuses.Returned)]],
            [[Happen(EventTypes.PermitWithdrawn, null, null)]],
            [[Say(Digging, PermitStatuses.Approved)]],
        ]),
        ["exempt, built, broken"] = new("140702", "sgcc-jinzhong", application => application with
        {
            Purpose = "SITE_5G", Occupies = [Occupied.Sidewalk, Occupied.Green], InUrbanDistrict = true, InsideForbidden = false, MunicipalFacility = false, WorkPosition = "示例", WorkQuantity = "示例",
        },
        [
            [[Arrive]],
            [[Say(Planning, PermitStatuses.Approved)], [Say(Green, PermitStatuses.Approved)], [Happen(EventTypes.PermitCommitmentSigned, "示例公司", null)]],
            [[Happen(EventTypes.PermitWorksFinished, null, null)]],
            [[Happen(EventTypes.PermitRestored, "巡查", PermitStepResults.Broken)]],
        ]),
        ["filed"] = new("320706", "sgcc-lianyungang", application => application with { Purpose = "SUPPORTING_WORK", LengthM = 999.9m, Occupies = [Occupied.Sidewalk], LaneStillUsable = true },
        [
            [[Arrive]],
            [[Say(PermitRules.Filing, PermitStatuses.Filed)], [Happen(EventTypes.PermitOpinion, "示例燃气", PermitStepResults.Agreed)]],
        ]),
    };

    public static TheoryData<string> Names => [.. Stories.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_event_twice_changes_nothing(string name)
    {
        var (state, sent) = Tell(Stories[name], order: 0, times: 1);

        var twice = Tell(Stories[name], order: 0, times: 2);

        Assert.Equal(state, twice.State);
        Assert.Equal(sent, twice.Sent);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_order_of_independent_items_changes_nothing(string name)
    {
        var (state, sent) = Tell(Stories[name], order: 0, times: 1);

        for (var order = 1; order < 6; order++)
        {
            var other = Tell(Stories[name], order, times: 1 + (order % 2));
            Assert.Equal(state, other.State);
            Assert.Equal(sent.Order(StringComparer.Ordinal), other.Sent.Order(StringComparer.Ordinal));
        }
    }

    private sealed record Story(string Region, string Operator, Func<PermitApplication, PermitApplication>? Line, IReadOnlyList<Action<PermitCase, int>[][]> Days);

    private static readonly string[] Calendar = ["2021-09-13", "2021-09-14", "2021-09-15", "2021-09-16", "2021-09-17", "2021-09-22", "2021-09-23"];

    private static (string State, IReadOnlyList<string> Sent) Tell(Story story, int order, int times)
    {
        var permits = new PermitCase { Region = story.Region, Operator = story.Operator };
        Repeat(times, () => permits.Applied(Line(permits, story, 1)));
        for (var day = 0; day < story.Days.Count; day++)
        {
            permits.On(Calendar[day]);
            foreach (var act in Merged(story.Days[day], order))
                Repeat(times, () => act(permits, times));
        }

        permits.On("2021-10-20");
        return (Compared(permits), [.. permits.Sent.Select(order => $"{order.Connector} {order.Type} {Content(order)}")]);

        void Repeat(int count, Action act)
        {
            for (var i = 0; i < count; i++)
                act();
        }
    }

    // Lists in one of their six orders, or taken turn by turn.
    private static IEnumerable<Action<PermitCase, int>> Merged(Action<PermitCase, int>[][] lists, int order)
    {
        var queues = lists.Where(list => list.Length > 0).Select(list => new Queue<Action<PermitCase, int>>(list)).ToList();
        if (order % 2 == 1)
            queues.Reverse();
        for (var turn = order; queues.Exists(queue => queue.Count > 0); turn++)
        {
            var queue = order < 2 ? queues.First(one => one.Count > 0) : queues[turn % queues.Count];
            if (queue.TryDequeue(out var act))
                yield return act;
        }
    }

    // Without what tells the way there: the trail, how due days moved, the ids of events.
    private static string Compared(PermitCase permits)
    {
        var state = JsonSerializer.SerializeToNode(permits.State, PermitJson.Readable.Case)!.AsObject();
        state.Remove("trail");
        state.Remove("cause");
        foreach (var (_, item) in state["items"]!.AsObject())
            item!.AsObject().Remove("toldBy");
        foreach (var clock in state["items"]!.AsObject().SelectMany(item => item.Value!["clocks"]!.AsArray()).Concat(state["clocks"]!.AsArray()))
            clock!.AsObject().Remove("changes");
        return state.ToJsonString();
    }

    private static string Content(Order order)
    {
        var content = JsonNode.Parse(order.Data.Span)!.AsObject();
        return content.ToJsonString();
    }

    private static PermitApplication Line(PermitCase permits, Story story, int version)
    {
        var application = permits.Application(version);
        return story.Line is null ? application : story.Line(application);
    }

    private static void Arrive(PermitCase permits, int times) => permits.Arrive();

    private static void Correct(PermitCase permits, int times) => permits.Corrected(permits.Application(2));

    private static Action<PermitCase, int> Say(string item, string status) => (permits, _) => permits.Report(item, status);

    private static Action<PermitCase, int> Happen(string type, string? by, string? result) => (permits, _) => permits.Happened(type, by, result, "凭据1", "示例说明");
}
