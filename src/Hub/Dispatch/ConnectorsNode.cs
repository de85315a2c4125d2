using System.Collections.Concurrent;
using System.Threading.Channels;
using Hub.Engine;
using Hub.Schemas;
using MassTransit;

namespace Hub.Dispatch;

/// <summary>
/// The connectors' end of the bus: takes envelopes of commands up, lets the same lanes as in process carry them out, and sends the answers back. It
/// remembers nothing that matters: what it held when it died comes again, and is then asked for first.
/// </summary>
internal sealed partial class ConnectorsNode : IHostedService, IAsyncDisposable
{
    private const int AnswersMax = 100;
    private const int BytesMax = 1024 * 1024;

    private static readonly TimeSpan PresenceEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RoomEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private readonly Guid self = Guid.CreateVersion7();
    private readonly HubSettings settings;
    private readonly Lanes lanes;
    private readonly TimeProvider time;
    private readonly ILogger<ConnectorsNode> logger;
    private readonly IBusControl bus;
    private readonly ConcurrentDictionary<Release, Pending> pending = new();
    private readonly ConcurrentDictionary<Release, DateTimeOffset> answered = new();
    private readonly Channel<(Pending Pending, Answer Answer)> answers = Channel.CreateUnbounded<(Pending, Answer)>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource leaving = new();
    private Task sending = Task.CompletedTask;
    private Task telling = Task.CompletedTask;
    private long toldTicks;
    private volatile bool stopping;

    public ConnectorsNode(HubSettings settings, Lanes lanes, TimeProvider time, ILoggerFactory loggers)
    {
        this.settings = settings;
        this.lanes = lanes;
        this.time = time;
        logger = loggers.CreateLogger<ConnectorsNode>();
        bus = MessageBus.Create(settings.Bus, loggers, Endpoints);
    }

    /// <summary>When the broker last confirmed a message of ours; readiness looks at it.</summary>
    public DateTimeOffset ToldAt => new(Interlocked.Read(ref toldTicks), TimeSpan.Zero);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lanes.AnswerTo(Answer);
        sending = Task.Run(SendAnswersAsync, CancellationToken.None);
        telling = Task.Run(TellAsync, CancellationToken.None);

        // Not waited for: the library connects when the broker is there.
        _ = bus.StartAsync(CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        stopping = true;
        await leaving.CancelAsync();
        await telling;
        await TellOnceAsync([]);
        await lanes.DrainAsync(TimeSpan.FromSeconds(settings.DrainSeconds));
        using var limit = new CancellationTokenSource(StopLimit);
        try
        {
            await bus.StopAsync(limit.Token);
        }
        catch (Exception error)
        {
            // What was not acknowledged comes again, here or elsewhere.
            LogNotStopped(error.GetType().Name);
        }

        answers.Writer.TryComplete();
        await Task.WhenAny(sending, Task.Delay(StopLimit, CancellationToken.None));
    }

    public ValueTask DisposeAsync()
    {
        leaving.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Endpoints(IBusFactoryConfigurator configure)
    {
        foreach (var lane in lanes.All)
        {
            configure.ReceiveEndpoint(settings.Bus.Commands(lane.Settings.Name), endpoint =>
            {
                endpoint.ConfigureConsumeTopology = false;

                // An envelope stays here until all its answers are sent, so as many are taken as the workers can be busy with.
                endpoint.PrefetchCount = lane.Settings.QueueLimit;
                endpoint.ConcurrentMessageLimit = lane.Settings.QueueLimit;
                endpoint.RethrowFaultedMessages();
                endpoint.Handler<CommandEnvelope>(context => CarryOutAsync(lane, context));
            });
        }
    }

    // Acknowledged when it returns: then every answer is with the broker.
    private Task CarryOutAsync(PartnerLane lane, ConsumeContext<CommandEnvelope> context) =>
        Task.WhenAll(context.Message.Commands.Select(leased => CarryOutAsync(lane, context.Message.Hub, leased, context.ReceiveContext.Redelivered)));

    private async Task CarryOutAsync(PartnerLane lane, Guid hub, LeasedCommand leased, bool redelivered)
    {
        var release = Release.Of(leased);
        if (answered.ContainsKey(release))
            return;
        var mine = new Pending(hub, leased);
        var held = pending.GetOrAdd(release, mine);
        if (!ReferenceEquals(held, mine))
        {
            // It came again while it is still here: the connection broke, the attempt did not.
            await held.Done;
            return;
        }

        try
        {
            var wait = await ReserveAsync(lane, leased);
            if (wait is { } time)
                Answer(mine, BusChannel.NotAttempted(redelivered, time));
            else
                lane.Hand(redelivered ? leased with { Command = leased.Command with { AskFirst = true } } : leased);
            await mine.Done;
        }
        finally
        {
            pending.TryRemove(release, out _);
        }
    }

    /// <summary>Waits for a place in the connector's queue, which its hubs keep short.</summary>
    /// <returns>Null when it has one, else how long to leave the partner alone.</returns>
    private async Task<TimeSpan?> ReserveAsync(PartnerLane lane, LeasedCommand leased)
    {
        while (true)
        {
            if (stopping)
                return AgainAfter;
            if (lane.Wait() is { } wait)
                return wait;
            if (lane.TryReserve())
                return null;
            if (time.GetUtcNow() > leased.LeaseUntil)
                return TimeSpan.Zero;
            await Task.Delay(RoomEvery, time);
        }
    }

    private void Answer(PartnerLane lane, LeasedCommand leased, Answer answer)
    {
        // Pauses are the hub's: it pauses on this very answer, and resumes when it is told to.
        lane.PausedReason = null;
        if (pending.TryGetValue(Release.Of(leased), out var held))
            Answer(held, answer.Reason == AnswerReasons.Queued ? BusChannel.NotAttempted(leased.Command.AskFirst, AgainAfter) : answer);
    }

    private void Answer(Pending held, Answer answer) => answers.Writer.TryWrite((held, answer));

    private async Task SendAnswersAsync()
    {
        // While one batch is being confirmed the next one fills.
        while (await answers.Reader.WaitToReadAsync())
        {
            var batch = new List<(Pending Pending, Answer Answer)>();
            for (var bytes = 0; batch.Count < AnswersMax && bytes < BytesMax && answers.Reader.TryRead(out var one); bytes += one.Answer.ResponseBody.Length)
                batch.Add(one);
            foreach (var group in batch.GroupBy(one => (one.Pending.Hub, one.Pending.Leased.Command.Connector)))
            {
                await SendAsync(new AnswerEnvelope(group.Key.Hub, group.Key.Connector, [.. group.Select(one => new BusAnswer(WithoutData(one.Pending.Leased), one.Answer))]));
                foreach (var (held, _) in group)
                {
                    answered[Release.Of(held.Leased)] = held.Leased.LeaseUntil;
                    held.Complete();
                }
            }
        }
    }

    private static LeasedCommand WithoutData(LeasedCommand leased) => leased with { Command = leased.Command with { Data = default } };

    /// <summary>Until it is confirmed: what a partner answered is not to be forgotten because the broker is away.</summary>
    private async Task SendAsync(AnswerEnvelope envelope)
    {
        for (var failures = 0; ; failures++)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(settings.Bus.ConfirmSeconds));
            try
            {
                var queue = await bus.GetSendEndpoint(new Uri($"queue:{settings.Bus.Answers}"));
                await queue.Send(envelope, limit.Token);
                return;
            }
            catch (Exception error)
            {
                if (failures == 0)
                    LogNotSent(envelope.Answers.Count, envelope.Connector, error.GetType().Name);
                await Task.Delay(AgainAfter, time, CancellationToken.None);
            }
        }
    }

    private async Task TellAsync()
    {
        while (!leaving.IsCancellationRequested)
        {
            await TellOnceAsync([.. lanes.All.Select(lane => new LanePresence(lane.Settings.Name, lane.BreakerState, lane.Wait()?.TotalMilliseconds))]);
            Forget(time.GetUtcNow());
            try
            {
                await Task.Delay(PresenceEvery, time, leaving.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task TellOnceAsync(IReadOnlyList<LanePresence> presence)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(settings.Bus.ConfirmSeconds));
        try
        {
            await bus.Publish(new Presence(self, presence), context => context.Durable = false, limit.Token);
            Interlocked.Exchange(ref toldTicks, time.GetUtcNow().UtcTicks);
        }
        catch (Exception error)
        {
            LogNotTold(error.GetType().Name);
        }
    }

    private void Forget(DateTimeOffset now)
    {
        foreach (var (release, until) in answered)
        {
            if (until < now)
                answered.TryRemove(release, out _);
        }
    }

    /// <summary>One command between its envelope and its answer.</summary>
    private sealed class Pending(Guid hub, LeasedCommand leased)
    {
        private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Guid Hub { get; } = hub;

        public LeasedCommand Leased { get; } = leased;

        public Task Done => done.Task;

        public void Complete() => done.TrySetResult();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Answers} answer(s) of {Connector} could not be sent yet ({Fault}) and are kept")]
    private partial void LogNotSent(int answers, string connector, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The broker does not confirm: {Fault}")]
    private partial void LogNotTold(string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bus did not stop in time: {Fault}")]
    private partial void LogNotStopped(string fault);
}
