using System.Diagnostics;
using Hub.Simulators;

namespace Hub.Journeys.Faults;

/// <summary>
/// The history of one run as the test saw it: every 202 it was given, every hit the partners wrote down. The hub is asked for one thing only, which
/// delivery belongs to which event.
/// </summary>
internal sealed class Recorder
{
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly Lock gate = new();
    private readonly List<(Guid Event, string Case, double At)> accepted = [];
    private double longestStall;
    private double lastAccepted;

    public double Now => clock.Elapsed.TotalSeconds;

    public int Accepted
    {
        get
        {
            lock (gate)
                return accepted.Count;
        }
    }

    public void Accept(Guid id, string caseKey)
    {
        lock (gate)
        {
            var now = Now;
            longestStall = accepted.Count == 0 ? 0 : Math.Max(longestStall, now - lastAccepted);
            lastAccepted = now;
            accepted.Add((id, caseKey, now));
        }
    }

    /// <summary>The moment of the first 202 after <paramref name="moment"/>; null when there is none yet.</summary>
    public double? FirstAcceptedAfter(double moment)
    {
        lock (gate)
            return accepted.FirstOrDefault(one => one.At > moment) is { At: > 0 } first ? first.At : null;
    }

    /// <summary>Calls that began in a lane while the one before was still being carried out: two workers had it.</summary>
    public static int Overlaps(IReadOnlyList<JournalEntry> journal) => journal.GroupBy(entry => (entry.Partner, entry.Subject))
        .Select(lane => lane.OrderBy(entry => entry.Time).ToList())
        .Sum(lane => lane.Zip(lane.Skip(1)).Count(pair => pair.Second.Began < pair.First.Time));

    /// <summary>Counts what the partners have against what was accepted.</summary>
    /// <param name="journal">Every hit at the partners.</param>
    /// <param name="commandsOf">The delivery ids of an accepted event, as its publisher reads them.</param>
    /// <param name="cases">Which cases are counted; null: all. The journal is to be of the same.</param>
    public Figures Count(
        IReadOnlyList<JournalEntry> journal, IReadOnlyDictionary<Guid, IReadOnlyList<Guid>> commandsOf, int parked, double recovery, bool chainOk, Predicate<string>? cases = null)
    {
        var effects = journal.Where(entry => entry.Effect).ToList();
        var delivered = effects.Select(entry => entry.Command).ToHashSet();
        var lanes = effects.GroupBy(entry => (entry.Partner, entry.Subject)).Select(lane => lane.Select(entry => entry.Sequence!.Value).ToList()).ToList();
        lock (gate)
        {
            var counted = accepted.Where(one => cases?.Invoke(one.Case) ?? true).ToList();
            var arrived = counted.Count(one => commandsOf.TryGetValue(one.Event, out var commands) && commands.Count > 0 && commands.All(delivered.Contains));
            return new(
                counted.Count,
                arrived,
                journal.Count - effects.Count,

                // One receiver an event: whatever the commands are called, more effects than events are too many.
                Math.Max(0, effects.Count - arrived),
                lanes.Sum(lane => lane.Zip(lane.Skip(1)).Count(pair => pair.Second <= pair.First)),
                lanes.Sum(lane => (int)(lane.Max() - lane.Distinct().Count())),
                parked,
                longestStall,
                recovery,
                chainOk);
        }
    }
}

/// <summary>What one fault run ended with.</summary>
/// <param name="Accepted">Events answered 202.</param>
/// <param name="Delivered">Those whose every command a partner took.</param>
/// <param name="Duplicated">Hits with an id the partner knew: allowed, without effect.</param>
/// <param name="DuplicateEffects">Effects beyond one for an event: never.</param>
/// <param name="OutOfOrder">Effects with a number not above the one before in their lane: never.</param>
/// <param name="Gaps">Numbers of a lane that never had an effect: never.</param>
/// <param name="Parked">Deliveries that ended in a person's hands.</param>
/// <param name="LongestStall">Seconds without any 202 while publishers tried.</param>
/// <param name="Recovery">Worst seconds from a fault to the next 202.</param>
internal sealed record Figures(
    int Accepted, int Delivered, int Duplicated, int DuplicateEffects, int OutOfOrder, int Gaps, int Parked, double LongestStall, double Recovery, bool ChainOk)
{
    public int Lost => Accepted - Delivered;

    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"accepted {Accepted} · delivered {Delivered} · lost {Lost} · duplicated {Duplicated} (same id) · duplicated effect {DuplicateEffects} · out of order {OutOfOrder} · gaps {Gaps} · parked {Parked} · longest stall {LongestStall:0.0} s · recovery {Recovery:0.0} s · chain {(ChainOk ? "ok" : "bad")}");

    /// <summary>The bar of every run.</summary>
    public bool NothingLostOrDoubled => Accepted > 0 && (Lost, DuplicateEffects, OutOfOrder, Gaps, Parked, ChainOk) == (0, 0, 0, 0, 0, true);

    public void AssertNothingLostOrDoubled() => Assert.True(NothingLostOrDoubled, ToString());
}
