using System.Security.Cryptography;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;

namespace Hub.Engine;

/// <summary>
/// Decides one batch of inputs on rows already locked and read, and collects what is to be written. No waiting and no I/O: the same inputs on the
/// same rows give the same result.
/// </summary>
internal sealed class Batch(
    LedgerRead read, DateTimeOffset now, PolicySet policies, ConnectorNames connectors, IDispatcher dispatcher, Func<long> takeCaseId, Func<string, Process> processes)
{
    private static readonly TimeSpan WakeGrid = TimeSpan.FromMinutes(1);

    private readonly Dictionary<Guid, CaseRow> cases = read.Cases;
    private readonly Dictionary<long, CaseRow> byId = read.Cases.Values.ToDictionary(row => row.CaseId);
    private readonly HashSet<CaseRow> touched = [];
    private readonly Dictionary<Guid, (EventInput Input, string? Refusal)> accepted = [];
    private readonly List<Action<Appended?>> completions = [];
    private readonly Dictionary<Guid, DeliveryRow> newDeliveries = [];
    private readonly HashSet<(long CaseId, short Connector)> wished = [];

    public LedgerWrite Write { get; } = new();

    /// <summary>Commands released by this batch, to be handed over after the commit.</summary>
    public List<LeasedCommand> Released { get; } = [];

    /// <summary>Heads whose rows were not read yet: read them, then call <see cref="ReleaseWished"/>.</summary>
    public IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> MissingHeads =>
        [.. wished.Select(key => (key.CaseId, key.Connector, LaneOf(key).Head)).Where(head => Delivery(head) is null)];

    public void Advance(EngineInput input)
    {
        switch (input)
        {
            case EventInput received: Receive(received); break;
            case AnswerInput answer: Settle(answer); break;
            case WakeInput wake: Wake(wake); break;
            case OperatorInput act: Act(act); break;
            default: throw new InvalidOperationException($"Unknown input {input.GetType().Name}.");
        }
    }

    /// <summary>Releases the lanes that were found free; call once, after all inputs and after the missing heads were read.</summary>
    public void ReleaseWished()
    {
        foreach (var key in wished)
            Release(key);

        foreach (var row in touched)
        {
            // Coarse, and only ever earlier than needed: the sweep sets it right again.
            var lease = row.Lanes.Where(lane => lane.Status == LaneStatus.Leased).Min(lane => lane.LeaseUntil);
            var wake = Earlier(lease is { } until ? Ceiling(until) : null, row.DeadlineAt);
            row.WakeAt = row.WakeAt is { } before && before > now && (wake is null || before <= wake) ? before : wake;
            Write.Cases.Add(row);
        }
    }

    /// <summary>Tells every waiter, after the commit.</summary>
    public void Complete(Appended? appended)
    {
        foreach (var completion in completions)
            completion(appended);
    }

    private void Receive(EventInput input)
    {
        if (read.Events.TryGetValue(input.Identity, out var known))
        {
            var verdict = known.Digest.AsSpan().SequenceEqual(input.Digest) ? EngineVerdict.Repeated : EngineVerdict.Conflict;
            completions.Add(_ => input.Complete(new(known.EventId, verdict, 0, [], now, known.Refusal)));
            return;
        }

        if (accepted.TryGetValue(input.Identity, out var twin))
        {
            // The same event twice in one batch: the second is answered by the first.
            var same = twin.Input.Digest.AsSpan().SequenceEqual(input.Digest);
            completions.Add(_ => input.Complete(new(twin.Input.Event.Id, same ? EngineVerdict.Repeated : EngineVerdict.Conflict, 0, [], now, twin.Refusal)));
            return;
        }

        var row = Case(input);
        var decision = Decide(row, new Input.Received(input.Event, input.Content));
        input.Warn(decision.Warnings);

        var index = Write.Log.Count;
        accepted.Add(input.Identity, (input, decision.Refusal));
        Write.Events.Add((input.Event, row.CaseId, input.Digest, decision.Refusal));
        Write.Log.Add(new LogEntry(LogEntry.EventAccepted, input.Event.Partner, input.Event.Id, input.Digest, Content: null));
        completions.Add(appended => input.Complete(new(input.Event.Id, EngineVerdict.Accepted, appended!.FirstSeq + index, appended.Hashes[index], appended.At, decision.Refusal)));
        Apply(row, decision, input.Event.TraceParent);
    }

    private CaseRow Case(EventInput input)
    {
        if (cases.TryGetValue(input.KeyHash, out var row))
            return row;
        row = new CaseRow
        {
            CaseId = takeCaseId(),
            KeyHash = input.KeyHash,
            Type = input.CaseType,
            Key = input.CaseName,
            IsNew = true,
            State = processes(input.CaseType).Empty,
        };
        cases.Add(input.KeyHash, row);
        byId.Add(row.CaseId, row);
        return row;
    }

    private Decision Decide(CaseRow row, Input input) =>
        processes(row.Type).Advance(row.State, input, new Context(now, policies, row.Policy, connectors.Configured));

    private void Apply(CaseRow row, Decision decision, string? traceParent)
    {
        touched.Add(row);
        row.State = decision.State;
        row.Private = decision.Private;
        row.Closed = decision.Closed;
        row.DeadlineAt = decision.Deadline;
        row.Policy ??= decision.Pin;
        ShowUnserved(row, decision.Unserved);

        foreach (var note in decision.Notes)
            Write.Log.Add(LogEntry.OfText(note.Kind, note.Partner, note.Ref, note.Text));
        foreach (var (kind, number) in decision.Numbers)
            Write.Numbers.Add((CaseNumbers.Digest(kind, number), row.CaseId));
        foreach (var order in decision.Orders)
            Queue(row, order, traceParent);
    }

    // A case that nobody can be told of stands in a lane of its own, number 0, so that its row in waits is only touched when that changes.
    private void ShowUnserved(CaseRow row, string? reason)
    {
        var lane = row.Lanes.Find(candidate => candidate.Connector == WaitRow.NoConnector);
        if (reason is not null)
        {
            Put(row, (lane ?? new Lane { Connector = WaitRow.NoConnector }) with { Status = LaneStatus.Parked });
            Write.Waits[(WaitRow.NoConnector, row.CaseId)] = new(WaitRow.NoConnector, row.CaseId, row.KeyHash, 0, WaitRow.Unserved, reason, 0, now, now, null);
        }
        else if (lane is not null)
        {
            row.Lanes.Remove(lane);
            Write.Waits[(WaitRow.NoConnector, row.CaseId)] = null;
        }
    }

    private void Queue(CaseRow row, Order order, string? traceParent)
    {
        var connector = connectors.Number(order.Connector);
        var lane = row.Lanes.Find(candidate => candidate.Connector == connector) ?? new Lane { Connector = connector };
        lane = lane with { Queued = lane.Queued + 1 };
        Put(row, lane);
        var delivery = new DeliveryRow
        {
            CaseId = row.CaseId,
            Connector = connector,
            LaneSeq = lane.Queued,
            Type = order.Type,
            CauseId = order.CauseId,
            CauseType = order.CauseType,
            OccurredAt = order.OccurredAt,
            RecordedAt = now,
            DueAt = order.DueAt,
            Data = order.Data.ToArray(),
            TraceParent = traceParent,
        };
        newDeliveries.Add(delivery.Id, delivery);
        Write.Deliveries.Add(delivery);
        Write.Count(connector).Queued++;
        if (lane.Status == LaneStatus.Idle)
            wished.Add((row.CaseId, connector));
    }

    private void Settle(AnswerInput input)
    {
        var leased = input.Leased;
        if (!cases.TryGetValue(leased.KeyHash, out var row))
            throw new InvalidOperationException($"Command {leased.Command.Id} belongs to no case.");
        completions.Add(_ => input.Complete());

        var lane = row.Lanes.Find(candidate => candidate.Connector == leased.Connector)
            ?? throw new InvalidOperationException($"Command {leased.Command.Id} belongs to no lane.");
        var current = lane.Status is LaneStatus.Leased or LaneStatus.Offered && lane.Fence == leased.Fence;

        // Where nothing crossed the border there is nothing to put on record.
        var attempted = Backoff.WasMade(input.Answer);
        if (attempted)
            Record(input, current);

        // An answer to an older release moves nothing: somebody else holds the head now, or it is settled.
        if (!current)
            return;
        touched.Add(row);
        var answer = input.Answer;
        var count = Write.Count(leased.Connector);
        if (answer.StopConnector)
            Write.Paused.Add((leased.Command.Connector, answer.Reason ?? AnswerReasons.Gone));
        if (answer.Outcome == Outcome.Taken)
        {
            count.Taken++;
            if (answer.PartnerReference is { Length: > 0 } reference)
                Write.Numbers.Add((CaseNumbers.Digest(NumberKinds.Reference, reference), row.CaseId));
            if (lane.Status == LaneStatus.Offered)
                Write.Waits[(lane.Connector, row.CaseId)] = null;
            Free(row, lane);
            Tell(row, leased.Command, answer);
            return;
        }

        if (attempted)
        {
            count.Failed++;
            count.Reason = answer.Reason;
        }

        var attempts = Backoff.Counts(answer) ? lane.Attempts : lane.Attempts - 1;
        var wait = answer.Outcome == Outcome.Refused
            ? null
            : Backoff.After(answer, attempts, Backoff.Spread(leased.Command.Id, attempts));
        if (CommandTypes.IsQuestion(leased.Command.Type) && (wait is null || now + wait > leased.Command.DueAt))
        {
            // Nobody waits for it any more, and nothing is owed: there is nothing to set aside for a person either.
            count.Skipped++;
            Free(row, lane);
            Tell(row, leased.Command, answer);
            return;
        }

        if (wait is null)
        {
            Park(row, lane with { Attempts = attempts }, answer.Reason ?? answer.Outcome.ToString());
            Tell(row, leased.Command, answer);
            return;
        }

        // Doubt stays until the partner says that it never saw the command.
        var doubt = answer.Reason != AnswerReasons.NotSeen && (lane.Doubt || answer.Outcome == Outcome.Unknown);
        Wait(row, lane with { Attempts = attempts, Doubt = doubt }, answer.Reason ?? "", now + wait.Value, answer.RetryAfter is { } asked ? now + asked : null);

        // The receiver fetches by now: what its push did not bring is offered at once, without the push's schedule.
        if (dispatcher.Pulls(leased.Command.Connector))
            wished.Add((row.CaseId, lane.Connector));
    }

    private void Record(AnswerInput input, bool current)
    {
        var (leased, answer) = (input.Leased, input.Answer);
        var outcome = answer.Outcome.ToString().ToLowerInvariant();
        var content = AttemptText(leased, answer, outcome);
        if (input.OverBus && !current)
        {
            // A release has one row, that of the answer that settled it. What came besides stands in the log alone.
            Write.Log.Add(LogEntry.OfText(LogEntry.DeliveryRepeated, leased.Command.Connector, leased.Command.Id, content));
            return;
        }

        var response = answer.ResponseBody.IsEmpty ? null : answer.ResponseBody.ToArray();
        Write.Answers.Add(new AnswerRow(
            leased.CaseId, leased.Connector, leased.Command.LaneSeq, leased.Fence, leased.Command.Attempt, outcome, answer.Reason, answer.PartnerCode,
            answer.PartnerReference, answer.RequestDigest.IsEmpty ? null : answer.RequestDigest.ToArray(), response, (int)answer.Elapsed.TotalMilliseconds, now, content));
        Write.Log.Add(new LogEntry(
            LogEntry.DeliveryAttempted, leased.Command.Connector, leased.Command.Id, SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(content)), Content: null));
    }

    /// <summary>The attempt in one text, so that every part of it is covered by the chain; kept beside the row, checked by <c>verify</c>.</summary>
    internal static string AttemptText(LeasedCommand leased, Answer answer, string outcome) => string.Join('\n',
        $"command {leased.Command.Id:D}",
        $"type {leased.Command.Type}",
        $"attempt {leased.Command.Attempt}",
        $"fence {leased.Fence}",
        $"outcome {outcome}",
        $"reason {answer.Reason}",
        $"partner-code {answer.PartnerCode}",
        $"partner-reference {answer.PartnerReference}",
        $"command-sha256 {Convert.ToHexStringLower(leased.DataDigest)}",
        $"request-sha256 {Convert.ToHexStringLower(answer.RequestDigest.Span)}",
        $"response-sha256 {(answer.ResponseBody.IsEmpty ? "" : Convert.ToHexStringLower(SHA256.HashData(answer.ResponseBody.Span)))}");

    private void Tell(CaseRow row, Command command, Answer answer) =>
        Apply(row, Decide(row, new Input.Answered(command.Connector, command.Type, command.CauseId, answer)), command.TraceParent);

    private void Free(CaseRow row, Lane lane)
    {
        lane = lane with { Settled = lane.Settled + 1, Status = LaneStatus.Idle, Attempts = 0, Doubt = false, LeaseUntil = null, Node = 0 };
        while (lane.Recalled is { } recalled && recalled.Contains(lane.Head))
            lane = lane with { Settled = lane.Head, Recalled = recalled.Count == 1 ? null : [.. recalled.Where(number => number != lane.Head)] };
        Put(row, lane);
        if (lane.HasOpen)
            wished.Add((row.CaseId, lane.Connector));
    }

    private void Park(CaseRow row, Lane lane, string reason)
    {
        Put(row, lane with { Status = LaneStatus.Parked, LeaseUntil = null, Node = 0 });
        Write.Waits[(lane.Connector, row.CaseId)] = new(lane.Connector, row.CaseId, row.KeyHash, lane.Head, WaitRow.Parked, reason, lane.Attempts, now, now, null);
    }

    private void Wait(CaseRow row, Lane lane, string reason, DateTimeOffset due, DateTimeOffset? notBefore)
    {
        Put(row, lane with { Status = LaneStatus.Waiting, LeaseUntil = null, Node = 0 });
        Write.Waits[(lane.Connector, row.CaseId)] = new(lane.Connector, row.CaseId, row.KeyHash, lane.Head, WaitRow.Waiting, reason, lane.Attempts, now, due, notBefore);
    }

    private void Wake(WakeInput wake)
    {
        completions.Add(_ => wake.Complete());
        if (!cases.TryGetValue(wake.KeyHash, out var row))
            return;
        touched.Add(row);
        foreach (var lane in row.Lanes.ToArray())
        {
            // A lease that ended without an answer: whoever held it may have sent the command.
            if (lane.Status == LaneStatus.Leased && (lane.LeaseUntil <= now || lane.LeaseUntil > wake.LeasesEndBy || wake.DeadNodes.Contains(lane.Node)))
                Wait(row, lane with { Doubt = true }, "lease_ended", now, notBefore: null);
            // A wake that came twice, or late, was found for an earlier attempt: the head may wait anew by now.
            else if (lane.Status is not (LaneStatus.Waiting or LaneStatus.Offered) || wake.Due is not { } due || due.Connector != lane.Connector || due.LaneSeq != lane.Head || due.Attempts != lane.Attempts)
                continue;
            wished.Add((row.CaseId, lane.Connector));
        }

        if (row.DeadlineAt <= now)
            Apply(row, Decide(row, new Input.TimeUp()), traceParent: null);
        if (wake.PolicyChanged)
            Apply(row, Decide(row, new Input.PolicyChanged()), traceParent: null);
    }

    private void Act(OperatorInput act)
    {
        var refusal = TryAct(act);
        completions.Add(_ => act.Complete(refusal));
    }

    private string? TryAct(OperatorInput act)
    {
        if (!cases.TryGetValue(act.KeyHash, out var row) || row.Lanes.Find(candidate => candidate.Connector == act.Connector) is not { } lane)
            return ActRefusals.NoSuch;
        if (act.LaneSeq <= lane.Settled)
            return ActRefusals.Settled;
        if (act.LaneSeq > lane.Queued)
            return ActRefusals.NoSuch;
        if (act.LaneSeq != lane.Head)
        {
            return act.Act == OperatorAct.Recall ? RecallQueued(row, lane, act)
                : $"An earlier delivery of the same case comes first: {CommandId.Of(row.CaseId, act.Connector, lane.Head)}.";
        }

        if (lane.Status == LaneStatus.Leased)
            return ActRefusals.UnderWay;
        switch (act.Act)
        {
            case OperatorAct.Retry:
                Note(row, act);
                Wait(row, lane with { Attempts = 0 }, "retry_by_operator", now, notBefore: null);
                wished.Add((row.CaseId, act.Connector));
                return null;
            case OperatorAct.Park:
                Note(row, act);
                Park(row, lane, "parked_by_operator");
                return null;
            case OperatorAct.Skip:
                Note(row, act);
                SettleUndelivered(row, lane, act, "skipped");
                return null;
            case OperatorAct.Amend:
                return Amend(row, lane, act);
            default:
                return RecallHead(row, lane, act);
        }
    }

    // The original stays beside the row: attempts up to this fence were of it.
    private string? Amend(CaseRow row, Lane lane, OperatorInput act)
    {
        if (act.Correction is not { } correction || Delivery((row.CaseId, act.Connector, lane.Head)) is not { } delivery)
            return ActRefusals.NoSuch;
        if (lane.Status != LaneStatus.Parked)
            return ActRefusals.NotParked;
        if (lane.Doubt)
            return ActRefusals.MayHaveIt;
        if (!SHA256.HashData(delivery.Data).AsSpan().SequenceEqual(correction.Before))
            return ActRefusals.Changed;
        Note(row, act, $"\nbefore-sha256 {Convert.ToHexStringLower(correction.Before)}\nafter-sha256 {Convert.ToHexStringLower(SHA256.HashData(correction.After))}");
        Write.Amendments.Add(new(row.CaseId, act.Connector, lane.Head, lane.Fence, delivery.Data, correction.After));
        read.Deliveries[delivery.Id] = delivery with { Data = correction.After };
        Wait(row, lane with { Attempts = 0, Fence = lane.Fence + 1 }, "retry_by_operator", now, notBefore: null);
        wished.Add((row.CaseId, act.Connector));
        return null;
    }

    private string? RecallHead(CaseRow row, Lane lane, OperatorInput act)
    {
        if (lane.Status == LaneStatus.Offered)
            return ActRefusals.InFeed;
        if (lane.Doubt)
            return ActRefusals.MayHaveIt;
        Note(row, act);
        SettleUndelivered(row, lane, act, "recalled");
        return null;
    }

    // It was never released; the lane passes over it when its turn comes.
    private string? RecallQueued(CaseRow row, Lane lane, OperatorInput act)
    {
        if (lane.Recalled?.Contains(act.LaneSeq) == true)
            return ActRefusals.RecalledBefore;
        Note(row, act);
        Put(row, lane with { Recalled = [.. lane.Recalled ?? [], act.LaneSeq] });
        AnswerUndelivered(row, act, fence: 0, attempts: 0, "recalled");
        return null;
    }

    private void SettleUndelivered(CaseRow row, Lane lane, OperatorInput act, string how)
    {
        Write.Waits[(act.Connector, row.CaseId)] = null;
        AnswerUndelivered(row, act, lane.Fence + 1, lane.Attempts, how);
        Free(row, lane with { Fence = lane.Fence + 1 });
    }

    private void AnswerUndelivered(CaseRow row, OperatorInput act, long fence, int attempts, string how)
    {
        Write.Count(act.Connector).Skipped++;
        Write.Answers.Add(new AnswerRow(
            row.CaseId, act.Connector, act.LaneSeq, fence, attempts, "skipped", $"{how}_by_operator", null, null, null, null, 0, now, $"command {CommandId.Of(row.CaseId, act.Connector, act.LaneSeq):D}\n{how} by {act.By}"));
    }

    private void Note(CaseRow row, OperatorInput act, string more = "")
    {
        touched.Add(row);
        var id = CommandId.Of(row.CaseId, act.Connector, act.LaneSeq);
        Write.Log.Add(LogEntry.OfText(LogEntry.OperatorActed, "hub", id, $"act {act.Act}\ncommand {id:D}{more}\nby {act.By}\nreason {act.Reason}{(act.RequestId is null ? "" : $"\nrequest {act.RequestId}")}"));
    }

    private void Release((long CaseId, short Connector) key)
    {
        var lane = LaneOf(key);
        if (lane.Status is not (LaneStatus.Idle or LaneStatus.Waiting or LaneStatus.Offered) || !lane.HasOpen)
            return;
        var row = RowOf(key.CaseId);
        var pulls = dispatcher.Pulls(connectors.Name(key.Connector));
        if (pulls && lane.Status == LaneStatus.Offered)
            return;
        var delivery = Delivery((key.CaseId, key.Connector, lane.Head))
            ?? throw new InvalidOperationException($"Delivery {CommandId.Of(key.CaseId, key.Connector, lane.Head)} has no row.");
        var connector = connectors.Name(key.Connector);
        if (!dispatcher.TryReserve(connector))
        {
            if (lane.Status == LaneStatus.Idle)
                Wait(row, lane, AnswerReasons.Queued, now, notBefore: null);
            return;
        }

        if (pulls)
        {
            // The place was only asked for to know that the connector is not paused.
            dispatcher.Release(connector);
            Offer(row, lane);
            return;
        }

        var leaseUntil = now + dispatcher.Lease;
        if (lane.Status is LaneStatus.Waiting or LaneStatus.Offered)
            Write.Waits[(key.Connector, key.CaseId)] = null;
        lane = lane with { Status = LaneStatus.Leased, Fence = lane.Fence + 1, Attempts = lane.Attempts + 1, LeaseUntil = leaseUntil, Node = dispatcher.Node };
        Put(row, lane);
        Released.Add(new LeasedCommand(CommandOf(delivery, row.Key, lane, connector), row.KeyHash, row.CaseId, key.Connector, lane.Fence, leaseUntil, SHA256.HashData(delivery.Data)) { Node = lane.Node });
    }

    // Nobody holds an offered head, so there is no lease that could end; the fence still tells this offer from every push before and after it.
    private void Offer(CaseRow row, Lane lane)
    {
        lane = lane with { Status = LaneStatus.Offered, Fence = lane.Fence + 1, LeaseUntil = null, Node = 0 };
        Put(row, lane);
        Write.Waits[(lane.Connector, row.CaseId)] = new(lane.Connector, row.CaseId, row.KeyHash, lane.Head, WaitRow.Offered, WaitRow.Offered, lane.Attempts, now, now, null);
        Write.Offers.Add((lane.Connector, row.CaseId, lane.Head, lane.Fence));
    }

    internal static Command CommandOf(DeliveryRow delivery, string subject, Lane lane, string connector) => new()
    {
        Id = delivery.Id,
        Type = delivery.Type,
        Connector = connector,
        Subject = subject,
        LaneSeq = delivery.LaneSeq,
        Attempt = lane.Attempts,
        AskFirst = lane.Doubt,
        CauseId = delivery.CauseId,
        CauseType = delivery.CauseType,
        OccurredAt = delivery.OccurredAt,
        RecordedAt = delivery.RecordedAt,
        DueAt = delivery.DueAt,
        Data = delivery.Data,
        TraceParent = delivery.TraceParent,
    };

    private static void Put(CaseRow row, Lane lane)
    {
        var index = row.Lanes.FindIndex(candidate => candidate.Connector == lane.Connector);
        if (index < 0)
            row.Lanes.Add(lane);
        else
            row.Lanes[index] = lane;
    }

    private CaseRow RowOf(long caseId) => byId[caseId];

    private Lane LaneOf((long CaseId, short Connector) key) => RowOf(key.CaseId).Lanes.Find(lane => lane.Connector == key.Connector)!;

    private DeliveryRow? Delivery((long CaseId, short Connector, long LaneSeq) head)
    {
        var id = CommandId.Of(head.CaseId, head.Connector, head.LaneSeq);
        return newDeliveries.GetValueOrDefault(id) ?? read.Deliveries.GetValueOrDefault(id);
    }

    private static DateTimeOffset Ceiling(DateTimeOffset instant) =>
        new(((instant.UtcTicks + WakeGrid.Ticks - 1) / WakeGrid.Ticks) * WakeGrid.Ticks, TimeSpan.Zero);

    private static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) =>
        left is null ? right : right is null || left < right ? left : right;
}

/// <summary>The connectors by name and by the number that stands for them in rows and ids.</summary>
/// <param name="numbers">Every connector the database knows.</param>
/// <param name="configured">Those that are set up now.</param>
internal sealed class ConnectorNames(IReadOnlyDictionary<string, short> numbers, IReadOnlySet<string> configured)
{
    private volatile IReadOnlyDictionary<string, short> numbers = numbers;
    private volatile Dictionary<short, string> names = numbers.ToDictionary(pair => pair.Value, pair => pair.Key);
    private volatile IReadOnlySet<string> configured = configured;

    public IReadOnlySet<string> Configured => configured;

    public short Number(string name) => numbers[name];

    /// <summary>Others are set up from now on. The numbers first: whatever is set up has one.</summary>
    public void Change(IReadOnlyDictionary<string, short> known, IReadOnlySet<string> now)
    {
        numbers = known;
        names = known.ToDictionary(pair => pair.Value, pair => pair.Key);
        configured = now;
    }

    /// <summary>The name, also of one that is no longer set up: its lanes wait.</summary>
    public string Name(short number) => names.GetValueOrDefault(number, $"#{number}");
}
