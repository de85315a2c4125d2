using Hub.Connectors;
using Hub.Dispatch;
using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Hub.Schedule;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hub.Simulation;

/// <summary>One run of one hub: the real engine and the real lanes, on a clock and a ledger of the simulation. A restart makes another.</summary>
internal sealed class Node
{
    private const int CasesMax = 1000;
    private const int CallsMax = 3;

    private readonly Simulation simulation;
    private readonly ILedger inner;
    private readonly Dictionary<string, (List<(LeasedCommand Leased, Task Carried)> Open, Partner Partner)> carried = [];
    private List<WakeInput> sweeping = [];
    private List<WakeInput> takingOver = [];
    private bool sweptPolicies;

    public Node(Simulation simulation, int index, IReadOnlyList<Partner> partners, PolicyStore policies, EngineSettings settings, Backend backend, Faulty faulty)
    {
        this.simulation = simulation;
        Index = index;
        Session = new MemoryLedger(backend.Memory);
        inner = backend.Open(Session);
        Ledger = new GatedLedger(inner, simulation, this);
        var byName = partners.ToDictionary(partner => partner.Name, StringComparer.Ordinal);
        Lanes = new Lanes(
            [.. partners.Select(partner => new ConnectorSettings { Name = partner.Name, TimeoutSeconds = Simulation.TimeoutSeconds, Workers = 0, QueueLimit = 6, Breaker = new() { Minimum = 4, WindowSeconds = 60 } })],
            Lease, Clock, NullLoggerFactory.Instance, connector => new PartnerConnector(byName[connector.Name], this));
        Names = new ConnectorNames(backend.Finder.NumberConnectors([]), byName.Keys.ToHashSet(StringComparer.Ordinal));
        var ledger = faulty.Ledger(Ledger);
        Engine = new BatchEngine(ledger, ledger, policies, Names, faulty.Dispatcher(Lanes), Clock, settings, NullLogger<BatchEngine>.Instance);
        Lanes.AnswerTo(Engine);
        foreach (var partner in partners)
            carried.Add(partner.Name, ([], partner));
    }

    public int Index { get; }

    public FakeClock Clock { get; } = new();

    /// <summary>How far its clock is from true time.</summary>
    public TimeSpan Offset { get; set; }

    public NodeLease Lease { get; } = new();

    public MemoryLedger Session { get; }

    public GatedLedger Ledger { get; }

    public Lanes Lanes { get; }

    public ConnectorNames Names { get; }

    public BatchEngine Engine { get; }

    public Task<bool>? Step { get; private set; }

    /// <summary>Until then, true time, it does nothing at all (SIGSTOP).</summary>
    public DateTimeOffset? PausedUntil { get; set; }

    public bool IsGone { get; private set; }

    public bool Acts => !IsGone && PausedUntil is null;

    public bool IsIdle => Step is null;

    public bool IsSweeping => sweeping.Count > 0;

    public void SetClock(DateTimeOffset now) => Clock.Set(now + Offset);

    /// <summary>Begins a batch of whatever waits.</summary>
    /// <returns>False when nothing waited.</returns>
    public bool Begin()
    {
        Step = Engine.StepAsync(CancellationToken.None);
        return !Look() || Ledger.Pending is not null || StepEndedWell;
    }

    private bool StepEndedWell { get; set; }

    /// <summary>Takes note of a batch that ended.</summary>
    /// <returns>True when it ended.</returns>
    public bool Look()
    {
        StepEndedWell = false;
        if (Step is not { IsCompleted: true } ended)
            return false;
        Step = null;
        if (ended.IsFaulted)
            simulation.Invariants.Fail($"the loop of node {Index} broke: {ended.Exception!.InnerException}");
        else
            StepEndedWell = ended.GetAwaiter().GetResult();
        return true;
    }

    /// <summary>A worker takes up the next command of a connector.</summary>
    public bool TakeUp(string connector)
    {
        if (!carried.TryGetValue(connector, out var mine))
            return false;
        var (open, partner) = mine;
        open.RemoveAll(one => one.Carried.IsCompleted);
        if (open.Count >= CallsMax)
            return false;
        var before = partner.Received;
        var taken = new List<LeasedCommand>();
        if (!Lanes.Find(connector)!.TakeUp(taken, out var attempt))
            return false;
        var sent = Await(attempt, partner, before);

        foreach (var leased in taken)
        {
            simulation.Invariants.TakenUp(leased, sent);
            if (!attempt.IsCompleted)
                open.Add((leased, attempt));
            simulation.Trace($"node {Index} takes up {leased.Command.Id} fence {leased.Fence} attempt {leased.Command.Attempt}{(sent ? "" : ", not sent")}");
        }

        return true;
    }

    /// <summary>Gives an answer to the node and waits until it has done with it, or has called again.</summary>
    public void Answer(Call call, Partner partner, Schemas.Answer answer)
    {
        var one = carried[partner.Name].Open.Find(open => open.Leased.Command == call.Command);
        var before = partner.Received;
        call.Answer.SetResult(answer);
        if (one.Carried is not null)
            Await(one.Carried, partner, before);
    }

    // The breaker tells of its changes on a thread of its own: the simulation stands still until it has done so, so that order stays that of the seed.
    private static bool Await(Task task, Partner partner, int before)
    {
        if (!SpinWait.SpinUntil(() => task.IsCompleted || partner.Received > before, TimeSpan.FromSeconds(60)))
            throw new TimeoutException("An attempt neither ended nor called its partner.");
        return partner.Received > before;
    }

    // --- the sweeper's questions, in its order; its waits are other steps -----------------------------------------------

    /// <summary>Says that the node lives, and takes over from those that do not.</summary>
    public void Beat(IFinder finder)
    {
        var now = Clock.GetUtcNow();
        if (takingOver.Count > 0)
        {
            if (!takingOver.TrueForAll(input => input.Completion.IsCompleted))
                return;
            takingOver = [];
        }

        if (Lease.Node == 0 || !finder.Beat(Lease.Node, now + Sweeper.AliveFor))
            Lease.Node = finder.StartNode(now, now + Sweeper.AliveFor);
        Lease.AliveUntil = now + Sweeper.AliveFor;
        var paused = finder.Paused();
        foreach (var lane in Lanes.All)
            lane.PausedReason = paused.GetValueOrDefault(lane.Settings.Name);

        var dead = finder.DeadNodes(now).Where(other => other != Lease.Node).ToHashSet();
        if (dead.Count == 0)
            return;
        simulation.Invariants.FoundDead(dead);
        foreach (var gone in dead)
            finder.StopNode(gone);
        var busy = finder.BusyCases(now + Lanes.Lease + TimeSpan.FromMinutes(2));
        takingOver = [.. busy.Select(found => new WakeInput(found.KeyHash) { DeadNodes = dead })];
        takingOver.ForEach(Engine.Submit);
    }

    /// <summary>Finds what is due and gives it to the engine; does nothing while what was found before is not done.</summary>
    /// <returns>How much was found.</returns>
    public int Sweep(IFinder finder)
    {
        sweeping.RemoveAll(input => input.Completion.IsCompleted);
        if (sweeping.Count > 0)
            return 0;
        foreach (var lane in Lanes.All)
        {
            var connector = Names.Number(lane.Settings.Name);
            var now = Clock.GetUtcNow();
            if (lane.Recovered)
                finder.Recover(connector, now);
            else if (lane.Eased)
                finder.Ease(connector, now);
            (lane.Recovered, lane.Eased) = (false, false);

            if (lane.Room() is > 0 and var room)
                sweeping.AddRange(finder.DueWaits(connector, now, Math.Min(room, CasesMax)).Select(due => new WakeInput(due.KeyHash) { Due = (connector, due.LaneSeq, due.Attempts) }));
        }

        sweeping.AddRange(finder.DueCases(Clock.GetUtcNow(), CasesMax).Select(due => new WakeInput(due.KeyHash)));
        finder.SettleWakes(Clock.GetUtcNow(), CasesMax * 5);
        if (!sweptPolicies)
        {
            sweptPolicies = true;
            sweeping.AddRange(finder.Unserved(0, CasesMax).Select(due => new WakeInput(due.KeyHash) { PolicyChanged = true }));
        }

        sweeping.ForEach(Engine.Submit);
        return sweeping.Count;
    }

    /// <summary>The process is gone: what it held in memory is gone with it.</summary>
    public void Kill(Backend backend)
    {
        IsGone = true;
        backend.Abandon(inner);
        Session.RollbackAsync().GetAwaiter().GetResult();
    }
}

/// <summary>Where the rows are. The tests have one that keeps them in PostgreSQL as well.</summary>
internal class Backend
{
    public MemoryStore Memory { get; } = new();

    public virtual IFinder Finder => Memory;

    public virtual ILedger Open(MemoryLedger session) => session;

    public virtual void Abandon(ILedger ledger)
    {
    }
}

/// <summary>Parts that can be replaced by broken ones, to see that the invariants notice.</summary>
internal sealed record Faulty
{
    public Func<ILedger, ILedger> Ledger { get; init; } = ledger => ledger;

    public Func<IDispatcher, IDispatcher> Dispatcher { get; init; } = dispatcher => dispatcher;
}
