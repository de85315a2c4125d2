using System.Globalization;
using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;

namespace Hub.Simulation;

/// <summary>What one seed came to.</summary>
/// <param name="Seed">Names the run: the same seed is the same run.</param>
/// <param name="Broken">The first invariant that did not hold; null when all did.</param>
/// <param name="Steps">Steps taken.</param>
/// <param name="Events">Events accepted.</param>
/// <param name="Head">Hash of the last entry of the log, hexadecimal: tells one run from another.</param>
internal sealed record SimulationResult(int Seed, string? Broken, int Steps, int Events, string Head);

/// <summary>
/// Hubs, a ledger, partners and publishers in one thread, driven by a seed: engine, ledger rules, lanes, breaker and processes are the real
/// ones; the order in which they act, the time, and what goes wrong are drawn. First everything may go wrong; then nothing does, time
/// runs on, and all that was accepted must have come to rest.
/// </summary>
internal sealed class Simulation
{
    public const double TimeoutSeconds = 10;

    private const int NodesMax = 3;
    private static readonly TimeSpan IdleSessionLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StatementLimit = TimeSpan.FromSeconds(30);

    // Read once: a set of packs never changes while it is in use.
    private static readonly PolicyStore Packs = PolicyStore.Open(Path.Combine(AppContext.BaseDirectory, "Policies", "packs"));

    private readonly int seed;
    private readonly Random random;
    private readonly Backend backend;
    private readonly Faulty faulty;
    private readonly Action<string>? trace;
    private readonly Partner[] partners;
    private readonly Publisher publisher;
    private readonly Node?[] nodes;
    private readonly EngineSettings settings;
    private readonly bool ledgerFails;
    private readonly bool nodesDie;
    private readonly bool nodesPause;
    private readonly bool clocksJump;
    private readonly int partnerFails;
    private readonly int length;
    private readonly List<OperatorInput> acts = [];
    private int nextNode;
    private int steps;

    public Simulation(int seed, Backend? backend = null, Faulty? faulty = null, Action<string>? trace = null)
    {
        this.seed = seed;
        this.backend = backend ?? new Backend();
        this.faulty = faulty ?? new Faulty();
        this.trace = trace;
        random = new Random(seed);
        nodes = new Node?[random.Next(1, NodesMax + 1)];
        ledgerFails = random.Next(3) > 0;
        nodesDie = random.Next(3) > 0;
        nodesPause = random.Next(2) > 0;
        clocksJump = random.Next(3) == 0;
        partnerFails = random.Next(4) * 20;
        length = random.Next(100, 400);
        settings = new EngineSettings { BatchMax = random.Next(3) == 0 ? 1 : random.Next(2, 12), EventsWaitingMax = 20, LedgerRetry = TimeSpan.Zero };
        publisher = new Publisher(random, random.Next(1, 7));
        var numbers = this.backend.Finder.NumberConnectors(["sgcc-linfen", "slp-puxian"]);
        partners =
        [
            new Partner(this, "sgcc-linfen", numbers["sgcc-linfen"], canBeAsked: true),
            new Partner(this, "slp-puxian", numbers["slp-puxian"], canBeAsked: false),
        ];
        Invariants = new Invariants(this.backend.Memory, !clocksJump);
    }

    /// <summary>True time; each node has its own idea of it.</summary>
    public DateTimeOffset Now { get; private set; } = FakeClock.Start;

    public Invariants Invariants { get; }

    private MemoryStore Store => backend.Memory;

    private IFinder Finder => backend.Finder;

    private IEnumerable<Node> Live => nodes.OfType<Node>();

    public SimulationResult Run()
    {
        Trace($"{nodes.Length} nodes, batches of {settings.BatchMax}, faults:{(ledgerFails ? " ledger" : "")}{(nodesDie ? " deaths" : "")}{(nodesPause ? " pauses" : "")}{(clocksJump ? " clocks" : "")} partners {partnerFails} %");
        for (var index = 0; index < nodes.Length; index++)
            Start(index, all: true);
        while (steps < length && Invariants.Broken is null)
        {
            Step();
            Observe();
        }

        if (Invariants.Broken is null)
            ComeToRest();
        if (Invariants.Broken is null)
            CheckEnd();
        if (Invariants.Broken is { } broken)
            Trace($"BROKEN: {broken}");
        foreach (var node in Live)
            node.Kill(backend);
        return new(seed, Invariants.Broken, steps, Store.Events.Count, Store.Log.Count == 0 ? "" : Convert.ToHexStringLower(Store.Log[^1].Hash));
    }

    public void Trace(string what) => trace?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{steps,5} {(Now - FakeClock.Start).TotalSeconds,10:F1} s  {what}"));

    // --- one step ------------------------------------------------------------------------------------------------------

    private void Step()
    {
        steps++;
        switch (random.Next(100))
        {
            case < 14: Publish(); break;
            case < 30: RunEngine(); break;
            case < 52: RunLedger(); break;
            case < 66: RunWorker(); break;
            case < 78: RunPartner(); break;
            case < 84: Sweep(); break;
            case < 88: Beat(); break;
            case < 94: RunClock(); break;
            case < 96: Act(); break;
            default: Upset(); break;
        }
    }

    private Node? Any(Func<Node, bool> can)
    {
        var found = Live.Where(node => node.Acts && can(node)).ToArray();
        return found.Length == 0 ? null : found[random.Next(found.Length)];
    }

    private void Publish()
    {
        if (Any(_ => true) is not { } node)
            return;
        var stored = Store.Events.Values.Where(one => one.Event.About is null).ToArray();
        var publication = random.Next(10) switch
        {
            < 3 when publisher.All.Count > 0 => publisher.All[random.Next(publisher.All.Count)],
            3 when stored.Length > 0 => Receipt(stored[random.Next(stored.Length)]),
            _ => publisher.Next(),
        };
        Give(publication, node);
    }

    private Publication Receipt(StoredEvent about) => publisher.Receipt(about, Store.Cases.Values.First(row => row.CaseId == about.CaseId));

    private void Give(Publication publication, Node node)
    {
        if (publication.Given is not null)
            return;
        var input = publication.Read(node.Clock.GetUtcNow());
        input.Event = input.Event with { Id = NewId(node.Clock.GetUtcNow()) };
        try
        {
            _ = node.Engine.SubmitAsync(input);
        }
        catch (EngineBusyException)
        {
            return;
        }

        publication.Given = (node, input);
        Trace($"publish {publication.Name} {input.Event.Type} of {input.CaseName} to node {node.Index}");
    }

    // As Guid.CreateVersion7 makes them, from the seed.
    private Guid NewId(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, (at.ToUnixTimeMilliseconds() << 16) | 0x7000 | (long)random.Next(0x1000));
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private void RunEngine()
    {
        if (Any(node => node.IsIdle) is { } node && node.Begin())
            Trace($"node {node.Index} begins a batch");
    }

    private void RunLedger()
    {
        if (Any(node => node.Ledger.Pending is not null) is not { } node)
            return;
        var fault = LedgerFault.None;
        if (ledgerFails && random.Next(12) == 0)
            fault = node.Ledger.Pending == "begin" ? LedgerFault.Away : (LedgerFault)random.Next((int)LedgerFault.Away, (int)LedgerFault.InDoubt + 1);
        else if (nodesDie && random.Next(60) == 0 && node.Ledger.Pending == "commit")
            fault = LedgerFault.Crash;
        Trace($"node {node.Index} {node.Ledger.Pending}{(fault == LedgerFault.None ? "" : $": {fault}")}");
        node.Ledger.Proceed(fault);
        node.Look();
    }

    private void RunWorker()
    {
        if (Any(_ => true) is { } node)
            node.TakeUp(partners[random.Next(partners.Length)].Name);
    }

    private void Beat()
    {
        if (Any(_ => true) is not { } node)
            return;
        Trace($"node {node.Index} beats");
        node.Beat(Finder);
    }

    private void Sweep()
    {
        if (Any(node => node.Lease.Node != 0) is { } node && node.Sweep(Finder) is > 0 and var found)
            Trace($"node {node.Index} found {found}");
    }

    private void RunClock()
    {
        var due = Store.Waits.Values.Where(row => row.State == WaitRow.Waiting && row.DueAt > Now).Select(row => (DateTimeOffset?)row.DueAt).Min();
        double[] seconds = [0.01, 0.2, 1, 2, 5, 8, 12, 30, 45];
        var by = random.Next(8) == 0 && due is { } next ? next - Now : TimeSpan.FromSeconds(seconds[random.Next(seconds.Length)]);
        Advance(by);
        Trace($"{by.TotalSeconds:F2} s pass");
    }

    private void Act()
    {
        var lanes = Store.Cases.Values.SelectMany(row => row.Lanes.Where(lane => lane.HasOpen).Select(lane => (Row: row, Lane: lane))).ToArray();
        if (lanes.Length == 0 || Any(_ => true) is not { } node)
            return;
        var (row, lane) = lanes[random.Next(lanes.Length)];
        var act = (OperatorAct)random.Next(3);
        Trace($"operator at node {node.Index}: {act} {row.CaseId}/{lane.Connector}/{lane.Head}");
        var input = new OperatorInput(row.KeyHash, lane.Connector, lane.Head, act, "li", "a reason");
        acts.Add(input);
        node.Engine.Submit(input);
    }

    // --- partners ------------------------------------------------------------------------------------------------------

    private void RunPartner()
    {
        var partner = partners[random.Next(partners.Length)];
        if (partner.Late.Count > 0 && random.Next(4) == 0)
        {
            Trace($"{partner.Name} gets {partner.Late[0].Id} late");
            partner.Do(partner.Late[0]);
            partner.Late.RemoveAt(0);
            return;
        }

        var open = partner.Calls.Where(call => call.Node.Acts).ToArray();
        if (open.Length > 0)
            Answer(partner, open[random.Next(open.Length)], random.Next(100) < partnerFails);
    }

    private void Answer(Partner partner, Call call, bool fails)
    {
        var late = Now - call.Since >= TimeSpan.FromSeconds(TimeoutSeconds);
        var answer = call.Asks ? Asked(partner, call, fails || late) : late ? Lost(partner, call, AnswerReasons.TimedOut) : fails ? Failed(partner, call) : Taken(partner, call);
        Trace($"{partner.Name} {(call.Asks ? "is asked for" : "has")} {call.Command.Id}, node {call.Node.Index} hears {answer.Outcome} {answer.Reason}");
        partner.Calls.Remove(call);
        call.Node.Answer(call, partner, answer);
    }

    private Answer Asked(Partner partner, Call call, bool fails) => fails
        ? random.Next(2) == 0 ? Schemas.Answer.Unknown(AnswerReasons.TimedOut) : Schemas.Answer.Unavailable(AnswerReasons.Unreachable)
        : partner.Effects.ContainsKey(call.Command.Id) ? Schemas.Answer.Taken("asked") : Schemas.Answer.Unavailable(AnswerReasons.NotSeen);

    private static Answer Taken(Partner partner, Call call)
    {
        partner.Do(call.Command);
        return Schemas.Answer.Taken("ref") with { ResponseBody = "{}"u8.ToArray(), RequestDigest = new byte[32] };
    }

    // Nobody heard whether it had its effect: now, later or never.
    private Answer Lost(Partner partner, Call call, string reason)
    {
        Lose(partner, call);
        return Schemas.Answer.Unknown(reason);
    }

    private void Lose(Partner partner, Call call)
    {
        if (call.Asks)
            return;
        switch (call.Landed ? 0 : random.Next(3))
        {
            case 0: partner.Do(call.Command); break;
            case 1: partner.Late.Add(call.Command); break;
        }
    }

    private Answer Failed(Partner partner, Call call) => call.Landed ? Lost(partner, call, AnswerReasons.ConnectionLost) : random.Next(16) switch
    {
        0 => Schemas.Answer.Refused(AnswerReasons.ContentRefused, "422"),
        1 => Schemas.Answer.Unavailable(AnswerReasons.Unauthorised, "401"),
        2 => Schemas.Answer.Unavailable(AnswerReasons.Throttled, "429") with { Throttle = true, RetryAfter = TimeSpan.FromSeconds(random.Next(1, 400)) },
        3 => Schemas.Answer.Unavailable(AnswerReasons.Gone, "410") with { StopConnector = random.Next(3) == 0 },
        < 8 => Lost(partner, call, AnswerReasons.TimedOut),
        < 10 => Lost(partner, call, AnswerReasons.ConnectionLost),
        10 => Lost(partner, call, AnswerReasons.Unintelligible),
        < 14 => Schemas.Answer.Unavailable(AnswerReasons.ServerError, "500"),
        _ => Schemas.Answer.Unavailable(AnswerReasons.Unreachable),
    };

    // --- what goes wrong -----------------------------------------------------------------------------------------------

    private void Upset()
    {
        var index = random.Next(nodes.Length);
        switch (random.Next(6))
        {
            case 0 or 1 when nodesDie && nodes[index] is { } node:
                Trace($"node {node.Index} dies");
                Crash(node);
                break;
            case 0 or 1 or 2 when nodes[index] is null:
                Start(index, all: random.Next(4) > 0);
                break;
            case 3 when nodesPause && nodes[index] is { Acts: true } node:
                Pause(node);
                break;
            case 4 when clocksJump && nodes[index] is { } node:
                double[] seconds = [-3600, -60, -9, -1, 0, 1, 9, 60, 3600];
                node.Offset = TimeSpan.FromSeconds(seconds[random.Next(seconds.Length)]);
                node.SetClock(Now);
                Trace($"the clock of node {node.Index} is {node.Offset.TotalSeconds} s off");
                break;
            case 5:
                var partner = partners[random.Next(partners.Length)];
                var paused = Finder.Paused().ContainsKey(partner.Name);
                Trace($"{partner.Name} is {(paused ? "resumed" : "paused")}");
                Finder.Pause(partner.Name, paused ? null : "maintenance", Now);
                break;
        }
    }

    private void Pause(Node node)
    {
        node.PausedUntil = Now + TimeSpan.FromSeconds(random.Next(1, 120));
        Trace($"node {node.Index} stands still until {(node.PausedUntil.Value - FakeClock.Start).TotalSeconds:F1}");
        foreach (var partner in partners)
        {
            foreach (var call in partner.Calls.Where(call => call.Node == node && !call.Asks && random.Next(2) == 0))
            {
                call.Landed = true;
                partner.Do(call.Command);
            }
        }
    }

    /// <summary>The node is gone with all it had in memory; what it had sent may still arrive.</summary>
    public void Crash(Node node)
    {
        nodes[Array.IndexOf(nodes, node)] = null;
        node.Kill(backend);
        foreach (var partner in partners)
        {
            foreach (var call in partner.Calls.Where(call => call.Node == node).ToArray())
            {
                Lose(partner, call);
                partner.Calls.Remove(call);
            }
        }

        foreach (var publication in publisher.All.Where(publication => publication.Given?.Node == node))
            publication.Given = null;
    }

    private void Start(int index, bool all)
    {
        var node = new Node(this, ++nextNode, all ? partners : partners[..1], Packs, settings, backend, faulty);
        if (clocksJump && random.Next(2) == 0)
            node.Offset = TimeSpan.FromSeconds(random.Next(-20, 20));
        node.SetClock(Now);
        nodes[index] = node;
        Trace($"node {node.Index} starts{(all ? "" : " with one connector")}");
    }

    private void Advance(TimeSpan by)
    {
        Now += by;
        foreach (var node in Live)
        {
            node.SetClock(Now);
            if (node.PausedUntil <= Now)
                node.PausedUntil = null;
            if (node.Ledger.OpenSince is { } since && Now - since > IdleSessionLimit)
            {
                Trace($"the session of node {node.Index} is ended");
                node.Ledger.EndSession();
            }

            if (node.Session.IsWaiting && Now - node.Ledger.AskedAt > StatementLimit)
            {
                Trace($"node {node.Index} waited too long for a lock");
                node.Session.TimeOut();
            }
        }
    }

    // --- what can be seen after each step ------------------------------------------------------------------------------

    private void Observe()
    {
        foreach (var node in Live)
            node.Look();
        foreach (var publication in publisher.All)
        {
            if (publication.Given is not { Input.Completion: { IsCompleted: true } completion } given)
                continue;
            publication.Given = null;
            if (completion.IsFaulted)
                Refused(publication, completion.Exception!.InnerException!);
            else
                Answered(publication, given.Input, completion.GetAwaiter().GetResult());
        }

        foreach (var act in acts.Where(act => act.Completion.IsFaulted && act.Completion.Exception!.InnerException is not (LedgerUnavailableException or MadeUpException)))
            Invariants.Fail($"an operator's act failed: {act.Completion.Exception!.InnerException}");
        acts.RemoveAll(act => act.Completion.IsCompleted);
        if (steps % 64 == 0)
            Invariants.CheckAll();
    }

    private void Refused(Publication publication, Exception error)
    {
        // Anything else would be an error 500 for a good event.
        if (error is not (LedgerUnavailableException or MadeUpException))
            Invariants.Fail($"event {publication.Name} failed: {error}");
        Trace($"{publication.Name} was not taken: {error.GetType().Name}");
    }

    private void Answered(Publication publication, EventInput input, Accepted answer)
    {
        Trace($"{publication.Name}: {answer.Verdict} {answer.Position} {answer.Refusal}");
        if (!Store.Events.TryGetValue(input.Identity, out var stored))
            Invariants.Fail($"event {publication.Name} was answered {answer.Verdict} and is not stored");
        else if (stored.Event.Id != answer.EventId || stored.Digest.AsSpan().SequenceEqual(publication.Digest) != (answer.Verdict != EngineVerdict.Conflict))
            Invariants.Fail($"event {publication.Name} was answered {answer.Verdict} for another");
        else if (answer.Verdict == EngineVerdict.Accepted && !IsLogged(answer, stored))
            Invariants.Fail($"event {publication.Name} was told a place in the log that is not its own");
        else if (stored.Refusal != answer.Refusal)
            Invariants.Fail($"event {publication.Name} was answered {answer.Refusal}, stored as {stored.Refusal}");
        if (publication.Answer is { } before && (before.EventId != answer.EventId || answer.Verdict == EngineVerdict.Accepted))
            Invariants.Fail($"event {publication.Name} was accepted twice");
        publication.Answer = answer;
    }

    private bool IsLogged(Accepted answer, StoredEvent stored) =>
        answer.Position >= 1 && answer.Position <= Store.Log.Count && Store.Log[(int)answer.Position - 1] is var entry
        && entry.Ref == stored.Event.Id && entry.Hash.AsSpan().SequenceEqual(answer.Hash) && entry.AtText == ExchangeLog.Stamp(answer.At);

    // --- the end -------------------------------------------------------------------------------------------------------

    private void ComeToRest()
    {
        Trace("nothing goes wrong any more");
        for (var index = 0; index < nodes.Length; index++)
        {
            if (nodes[index] is { } node && node.Names.Configured.Count < partners.Length)
                Crash(node);
            if (nodes[index] is null)
                Start(index, all: true);
            nodes[index]!.Offset = TimeSpan.Zero;
            nodes[index]!.PausedUntil = null;
            nodes[index]!.SetClock(Now);
        }

        foreach (var partner in partners)
        {
            partner.Late.ForEach(partner.Do);
            partner.Late.Clear();
        }

        for (var round = 0; Invariants.Broken is null; round++)
        {
            // A partner's last word may have been to pause it.
            foreach (var partner in partners)
                Finder.Pause(partner.Name, null, Now);
            foreach (var node in Live)
                node.Beat(Finder);
            foreach (var publication in publisher.All.Where(publication => publication.Answer is null))
                Give(publication, Live.First());
            RunUntilIdle();
            foreach (var node in Live)
            {
                node.Sweep(Finder);
                RunUntilIdle();
            }

            if (Next() is not { } next)
                break;
            if (round == 2_000)
                Invariants.Fail("it does not come to rest");
            Advance(next > Now ? next - Now + TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(10));
        }
    }

    /// <summary>When something is due next; null when nothing ever is.</summary>
    private DateTimeOffset? Next() => new[]
    {
        Store.Waits.Values.Where(row => row.State == WaitRow.Waiting).Select(row => (DateTimeOffset?)row.DueAt).Min(),
        Store.Cases.Values.Where(row => row.Busy).Select(row => row.WakeAt).Min(),
        Store.Cases.Values.Select(row => row.DeadlineAt).Min(),
        publisher.All.Exists(publication => publication.Answer is null) ? Now : null,
    }.Min();

    private void RunUntilIdle()
    {
        for (var acted = true; acted && Invariants.Broken is null;)
        {
            acted = false;
            foreach (var node in Live)
            {
                if (node.Ledger.Pending is not null)
                {
                    node.Ledger.Proceed(LedgerFault.None);
                    acted = true;
                }

                acted |= node.Look();
                if (node.IsIdle && node.Begin())
                    acted = true;
                foreach (var partner in partners)
                {
                    while (node.TakeUp(partner.Name))
                        acted = true;
                }
            }

            foreach (var partner in partners)
            {
                foreach (var call in partner.Calls.ToArray())
                {
                    Answer(partner, call, fails: false);
                    acted = true;
                }
            }

            if (acted)
                steps++;
            Observe();
        }
    }

    private void CheckEnd()
    {
        Invariants.CheckAll();
        foreach (var row in Store.Cases.Values)
        {
            foreach (var lane in row.Lanes.Where(lane => lane.Status is not (LaneStatus.Idle or LaneStatus.Parked)))
                Invariants.Fail($"lane {row.CaseId}/{lane.Connector} did not come to rest: {lane}");
            CheckCase(row);
        }

        foreach (var delivery in Store.Deliveries.Values)
            CheckDelivery(delivery);
        foreach (var publication in publisher.All.Where(publication => publication.Answer is null))
            Invariants.Fail($"event {publication.Name} was never answered");
        foreach (var node in Live.Where(node => node.Lanes.All.Any(lane => lane.InFlight != 0)))
            Invariants.Fail($"node {node.Index} lost a place of its queue");
    }

    /// <summary>What is in force is what the stored events say, whichever way they came; and every operator that is told was told that.</summary>
    private void CheckCase(CaseRow row)
    {
        var state = ProcessCatalog.ProjectApproval.Read(row.State);
        var byId = Store.Events.Values.ToDictionary(stored => stored.Event.Id);
        var events = Store.Log.Where(entry => entry.Kind == LogEntry.EventAccepted).Select(entry => byId[entry.Ref])
            .Where(stored => stored.CaseId == row.CaseId && stored.Event.About is null).ToList();
        var applied = events.Where(stored => stored.Event.Warnings.All(warning => warning.Code != WarningCodes.Superseded)).ToList();
        if (applied.Count == 0 || state.EventId != applied[^1].Event.Id || state.Revoked != (applied[^1].Event.Type == EventTypes.ProjectApprovalRevoked))
            Invariants.Fail($"case {row.CaseId} is not in the state its events say");
        foreach (var receiver in state.Receivers.Values.Where(receiver => receiver.Told))
        {
            // A project that moved to a place nobody serves is listed for a person; the operator it had keeps what it was told.
            if (state.Unserved == "no_operator")
                continue;
            var lane = row.Lanes.Find(lane => lane.Connector == partners.First(partner => partner.Name == receiver.Connector).Number)!;
            if (Store.Deliveries[(row.CaseId, lane.Connector, lane.Queued)].CauseId != state.EventId)
                Invariants.Fail($"case {row.CaseId}: {receiver.Connector} was not told what is in force");
            if (receiver.FirstContact is { Status: "running" or "warned" })
                Invariants.Fail($"case {row.CaseId}: a deadline passed unseen");
        }
    }

    private void CheckDelivery(DeliveryRow delivery)
    {
        var lane = Store.Cases.Values.First(row => row.CaseId == delivery.CaseId).Lanes.Find(lane => lane.Connector == delivery.Connector)!;
        if (lane.Settled < delivery.LaneSeq)
            return;
        var outcomes = Store.Answers.Values.Where(answer => (answer.CaseId, answer.Connector, answer.LaneSeq) == (delivery.CaseId, delivery.Connector, delivery.LaneSeq)).Select(answer => answer.Outcome).ToList();
        var effect = partners.First(partner => partner.Number == delivery.Connector).Effects.GetValueOrDefault(delivery.Id);
        if (!outcomes.Contains("taken") && !outcomes.Contains("skipped"))
            Invariants.Fail($"command {delivery.Id} is settled and was neither taken nor skipped");
        if (effect is null && !outcomes.Contains("skipped"))
            Invariants.Fail($"command {delivery.Id} is settled and the partner never did it");
        if (effect is not null && !effect.AsSpan().SequenceEqual(delivery.Data))
            Invariants.Fail($"command {delivery.Id} reached the partner with another content");
    }
}
