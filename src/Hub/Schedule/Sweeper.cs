using Hub.Dispatch;
using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Npgsql;

namespace Hub.Schedule;

/// <summary>
/// Turns time into inputs: due retries, ended leases, deadlines, dead nodes, another policy. Woken by NOTIFY, with a slow poll as the fallback; the happy path
/// never comes here.
/// </summary>
internal sealed partial class Sweeper(
    DeliveryQueue queue, Feeds feeds, FeedSignal appended, BatchEngine engine, ILanes lanes, ConnectorNames connectors, NodeLease node, PolicyStore policies,
    NpgsqlDataSource database, TimeProvider time, ILogger<Sweeper> logger) : BackgroundService
{
    /// <summary>How long a node counts as alive after its last beat; the beats come four times as often.</summary>
    public static readonly TimeSpan AliveFor = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);
    // Publishers repeat over long holidays, so at least a week.
    private static readonly TimeSpan IdempotencyKept = TimeSpan.FromDays(8);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(5);

    // Longer than any wait of the schedule.
    private static readonly TimeSpan WaitMax = TimeSpan.FromDays(30);
    // Clocks that are set by a time server move by less; a node's beat is never a day ahead.
    private static readonly TimeSpan ClockStep = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeaseGrid = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FarAhead = TimeSpan.FromDays(1);
    private const int CasesMax = 1000;
    private const int RoundsMax = 100;

    private readonly Dictionary<long, DateTimeOffset> failed = [];

    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly SemaphoreSlim control = new(0, 1);
    private string? sweptPolicies;
    private volatile int connectorChanges;
    private DateTimeOffset latest;
    private DateTimeOffset ahead;
    private DateTimeOffset? again;

    /// <summary>When the last sweep ended well; readiness looks at it.</summary>
    public DateTimeOffset LastProgress { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listening = ListenAsync(stoppingToken);
        var beating = BeatsAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SweepAsync();
                LastProgress = time.GetUtcNow();
            }
            catch (Exception error)
            {
                // Whatever it was, the next sweep tries again: a sweeper that stops would be a silent stop of everything that waits.
                LogFailed(error.GetType().Name, error.Message);
            }

            await WaitAsync(wake, Poll, stoppingToken);
        }

        await Task.WhenAll(listening, beating);
    }

    // A loop of its own: a long drain must not make the node look dead.
    private async Task BeatsAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var now = time.GetUtcNow();
                await BeatAsync(now);
                await ApplyControlAsync();
                await queue.ForgetIdempotencyAsync(now - IdempotencyKept);
            }
            catch (Exception error)
            {
                LogFailed(error.GetType().Name, error.Message);
            }

            await WaitAsync(control, AliveFor / 4, stopping);
        }
    }

    private async Task SweepAsync()
    {
        var now = time.GetUtcNow();
        await MistrustClockAsync(now);
        foreach (var lane in lanes.All)
        {
            lane.HasRoomAgain ??= () => Wake(wake);
            await SweepLaneAsync(lane);
        }

        await SubmitAllAsync(await queue.DueCasesAsync(now, CasesMax), due => new WakeInput(due.KeyHash));
        await queue.SettleWakesAsync(now, CasesMax * 5);
        await SweepPoliciesAsync();
    }

    /// <summary>
    /// What was planned while the clock was ahead would wait until the time comes again: an hour, or a year. A clock that went back is seen by its own node; what
    /// an earlier process left is known by a time that no schedule reaches.
    /// </summary>
    private async Task MistrustClockAsync(DateTimeOffset now)
    {
        var wentBack = latest - now;
        var first = latest == default;
        var stepped = !first && wentBack > ClockStep;
        if (stepped)
            (ahead, again) = (latest, now + SecondLook);

        // A batch that was under way when the clock was set right commits what it planned by the wrong one after the first look.
        var second = !stepped && again <= now;
        if (first || stepped || second)
        {
            var near = await queue.NearAsync(now, first ? now + Backoff.Longest : now, now + Backoff.Longest);

            // A command that was dropped while the clock was ahead is leased until that time comes again, by a node that lives.
            if (stepped || second)
                await SubmitAllAsync(await queue.BusyCasesAsync(ahead + lanes.Lease + LeaseGrid), found => new WakeInput(found.KeyHash) { LeasesEndBy = now + lanes.Lease });
            if (second)
                again = null;
            if (stepped || near > 0)
                LogClock(Math.Max(0, wentBack.TotalSeconds), near);
        }

        latest = now;
    }

    private async Task SweepLaneAsync(IPartnerLane lane)
    {
        var connector = connectors.Number(lane.Settings.Name);
        var now = time.GetUtcNow();
        await RelieveAsync(lane, connector, now);

        // As long as there is room and something is due: a drain must be quicker than what comes in meanwhile. The rounds are limited so that
        // the other connectors get their turn whatever this one's rows are like.
        for (var round = 0; round < RoundsMax && lane.Room() is > 0 and var room; round++)
        {
            // More than there is room for by as many as are set aside: one bad row at the front must not be the only one ever tried.
            var found = await FindAsync(lane, connector, now, Math.Min(room, CasesMax) + failed.Count);
            var due = found.Where(one => !IsSetAside(one, now)).Take(room).ToList();
            await SubmitAllAsync(due, one => new WakeInput(one.KeyHash) { Due = (connector, one.LaneSeq, one.Attempts) });
            if (due.Count < room)
                return;
        }
    }

    private async Task RelieveAsync(IPartnerLane lane, short connector, DateTimeOffset now)
    {
        var (recovered, eased) = (lane.Recovered, lane.Eased);
        if (!recovered && !eased)
            return;

        // Reset first, so that what is noted meanwhile is not lost; set again when it could not be done.
        (lane.Recovered, lane.Eased) = (false, false);
        try
        {
            await (recovered ? queue.RecoverAsync(connector, now) : queue.EaseAsync(connector, now));
        }
        catch
        {
            (lane.Recovered, lane.Eased) = (recovered, eased);
            throw;
        }
    }

    // What a change of mode leaves behind: a receiver that fetches need not wait for the schedule of its pushes, and what lies in the feed of one that
    // is pushed to again goes out. Looked for on every sweep, because another node may have learnt of the change later.
    private async Task<IReadOnlyList<DueWait>> FindAsync(IPartnerLane lane, short connector, DateTimeOffset now, int limit)
    {
        var due = await queue.DueWaitsAsync(connector, lane.Pulls ? now + WaitMax : now, limit);
        return lane.Pulls || !lane.Settings.CanPull || due.Count >= limit ? due : [.. due, .. await queue.OfferedAsync(connector, limit - due.Count)];
    }

    private bool IsSetAside(DueCase found, DateTimeOffset now) => failed.TryGetValue(found.CaseId, out var until) && until > now;

    private async Task SweepPoliciesAsync()
    {
        var current = $"{policies.Current.Digest} {connectorChanges}";
        if (sweptPolicies == current)
            return;
        await TellAllAsync(queue.UnservedAsync);
        await TellAllAsync(queue.ClockedAsync);
        sweptPolicies = current;
    }

    private async Task TellAllAsync(Func<long, int, Task<IReadOnlyList<DueCase>>> find)
    {
        for (long after = 0; ;)
        {
            var concerned = await find(after, CasesMax);
            await SubmitAllAsync(concerned, found => new WakeInput(found.KeyHash) { PolicyChanged = true });
            if (concerned.Count < CasesMax)
                return;
            after = concerned[^1].CaseId;
        }
    }

    private async Task SubmitAllAsync<TFound>(IReadOnlyList<TFound> found, Func<TFound, WakeInput> input)
        where TFound : DueCase
    {
        if (found.Count == 0)
            return;
        var now = time.GetUtcNow();
        var inputs = found.Where(one => !IsSetAside(one, now)).Select(one => (Case: one, Input: input(one))).ToList();
        inputs.ForEach(one => engine.Submit(one.Input));
        foreach (var (due, one) in inputs)
        {
            try
            {
                await one.Completion;
                failed.Remove(due.CaseId);
            }
            catch (Exception error) when (error is not LedgerUnavailableException)
            {
                // The engine has said why. One case that cannot be decided must neither stop the others nor be tried twice a second.
                failed[due.CaseId] = now + LookAgainAfter;
                LogSkipped(due.CaseId, LookAgainAfter.TotalMinutes);
            }
        }
    }

    private async Task BeatAsync(DateTimeOffset now)
    {
        if (node.Node == 0 || !await queue.BeatAsync(node.Node, now + AliveFor))
            node.Node = await queue.StartNodeAsync(now, now + AliveFor);
        node.AliveUntil = now + AliveFor;

        var found = (await queue.DeadNodesAsync(now, now + FarAhead)).Where(gone => gone.NodeId != node.Node).ToList();
        var dead = found.Select(gone => gone.NodeId).ToHashSet();
        if (dead.Count == 0)
            return;

        // Its number is gone before its leases are: should it come back meanwhile, its next beat tells it so. If this node ends in between, they end by their time.
        foreach (var gone in dead)
            await queue.StopNodeAsync(gone);

        // The leases of one that died with its clock ahead are to be looked for where that clock was.
        var horizon = found.Max(gone => new DateTimeOffset(DateTime.SpecifyKind(gone.AliveUntil, DateTimeKind.Utc)));
        var busy = await queue.BusyCasesAsync((horizon > now ? horizon : now) + lanes.Lease + LeaseGrid);
        await SubmitAllAsync(busy, one => new WakeInput(one.KeyHash) { DeadNodes = dead });
        LogTookOver(dead.Count, busy.Count);
    }

    /// <summary>Other connectors are set up than before: what found none may find one now.</summary>
    public void ConnectorsChanged()
    {
        Interlocked.Increment(ref connectorChanges);
        Wake(wake);
    }

    /// <summary>Takes over what people have set for the connectors: pauses, and who is pushed to and who fetches.</summary>
    public async Task ApplyControlAsync()
    {
        var paused = await queue.PausedAsync();
        var pulling = await feeds.PullingAsync();
        var changed = false;
        foreach (var lane in lanes.All)
        {
            lane.PausedReason = paused.GetValueOrDefault(lane.Settings.Name);
            var before = lane.Pulls;
            lane.Pulls = lane.Settings.CanPull && pulling.Contains(lane.Settings.Name);
            changed |= lane.Pulls != before;
        }

        if (changed)
            Wake(wake);
    }

    private static async Task WaitAsync(SemaphoreSlim signal, TimeSpan limit, CancellationToken stopping)
    {
        try
        {
            await signal.WaitAsync(limit, stopping);
        }
        catch (OperationCanceledException)
        {
            // Stopping: the loop ends.
        }
    }

    private async Task ListenAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(stopping);
                connection.Notification += (_, notice) =>
                {
                    if (notice.Channel == "hub_feeds" && short.TryParse(notice.Payload, System.Globalization.CultureInfo.InvariantCulture, out var feed))
                        appended.Pulse(feed);
                    else
                        Wake(notice.Channel == "hub_control" ? control : wake);
                };
                await using (var listen = new NpgsqlCommand("LISTEN hub_waits; LISTEN hub_control; LISTEN hub_feeds", connection))
                    await listen.ExecuteNonQueryAsync(stopping);
                while (true)
                    await connection.WaitAsync(stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException)
            {
                // The poll goes on meanwhile.
                await Task.Delay(Poll, time, CancellationToken.None);
            }
        }
    }

    private static void Wake(SemaphoreSlim signal)
    {
        try
        {
            if (signal.CurrentCount == 0)
                signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another notice was quicker.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A sweep failed and is repeated: {Fault} {Reason}")]
    private partial void LogFailed(string fault, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Case {CaseId} could not be woken; it is tried again in {Minutes} min")]
    private partial void LogSkipped(long caseId, double minutes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The clock went back by {Seconds} s, or was wrong before; {Retries} retries planned by it are due now")]
    private partial void LogClock(double seconds, int retries);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Took over from {Nodes} dead node(s); {Cases} case(s) were looked at")]
    private partial void LogTookOver(int nodes, int cases);
}
