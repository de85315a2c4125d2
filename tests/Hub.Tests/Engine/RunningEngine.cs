using System.Text.Json.Nodes;
using System.Threading.Channels;
using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Hub.Schemas;
using Hub.Tests.Ledger;
using Hub.Tests.Policies;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hub.Tests.Engine;

/// <summary>An engine on a database, its released commands in the hands of the test.</summary>
internal sealed class RunningEngine : IAsyncDisposable
{
    /// <summary>Nothing here takes long; what does is a fault, and says so instead of hanging.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly LedgerStore ledger;
    private readonly LedgerStore second;
    private readonly BatchEngine engine;
    private bool started;

    private RunningEngine(TestDatabase database, FakeClock clock, ConnectorNames names, int node, PolicyStore policies)
    {
        Database = database;
        Clock = clock;
        Names = names;
        Dispatcher = new HeldCommands(node);
        ledger = new LedgerStore(database.ConnectionString, TestDatabase.Bodies);
        second = new LedgerStore(database.ConnectionString, TestDatabase.Bodies);
        engine = new BatchEngine(
            ledger, second, policies, names, Dispatcher, clock, new EngineSettings { LedgerRetry = TimeSpan.Zero, EventsWaitingMax = 100 }, NullLogger<BatchEngine>.Instance);
    }

    public TestDatabase Database { get; }

    public FakeClock Clock { get; }

    public ConnectorNames Names { get; }

    public HeldCommands Dispatcher { get; }

    public BatchEngine Engine => engine;

    public bool Healthy => engine.Healthy;

    public static async Task<RunningEngine> StartAsync(
        TestDatabase database, FakeClock? clock = null, int node = 1, bool started = true, PolicyStore? policies = null, params string[] connectors)
    {
        string[] configured = connectors.Length > 0 ? connectors : ["sgcc-linfen", "slp-puxian"];
        var numbers = await new DeliveryQueue(database.Source).NumberConnectorsAsync(configured);
        var running = new RunningEngine(
            database, clock ?? new FakeClock(), new ConnectorNames(numbers, configured.ToHashSet(StringComparer.Ordinal)), node, policies ?? PolicyStore.Open(ShippedPacks.Folder));
        if (started)
            await running.StartAsync();
        return running;
    }

    /// <summary>What was submitted before the start makes one batch.</summary>
    public async Task StartAsync(bool now = true)
    {
        if (!now || started)
            return;
        started = true;
        await engine.StartAsync(CancellationToken.None);
    }

    public EventInput Submit(JsonObject envelope)
    {
        var input = Approvals.Read(envelope, Clock.GetUtcNow());
        _ = engine.SubmitAsync(input);
        return input;
    }

    public Task<Accepted> SubmitAsync(EventInput input) => engine.SubmitAsync(input).WaitAsync(Limit);

    public Task<Accepted> AcceptAsync(JsonObject envelope) => SubmitAsync(Approvals.Read(envelope, Clock.GetUtcNow()));

    /// <summary>One event of one project, with an id of its own.</summary>
    public Task<Accepted> AcceptAsync(int project = 1, int version = 1, string type = EventTypes.ProjectApprovalCreated, string region = "141002") =>
        AcceptAsync(Approvals.Envelope(type, $"{project}-{version}", Approvals.Data(project, version, region: region)));

    public void Submit(EngineInput input) => engine.Submit(input);

    public Task AnswerAsync(LeasedCommand leased, Answer answer)
    {
        var input = new AnswerInput(leased, answer);
        engine.Submit(input);
        return input.Completion.WaitAsync(Limit);
    }

    /// <summary>As the sweep does, for the head that waits at <paramref name="connector"/> now.</summary>
    public async Task WakeAsync(Guid keyHash, string? connector = null, bool policyChanged = false, params int[] deadNodes)
    {
        var due = connector is null ? null : await DueAsync(keyHash, connector);
        var input = new WakeInput(keyHash) { Due = due, PolicyChanged = policyChanged, DeadNodes = deadNodes.ToHashSet() };
        engine.Submit(input);
        await input.Completion.WaitAsync(Limit);
    }

    /// <summary>What a sweep would find of that head, whether it is due or not, waiting or parked; null when it is neither.</summary>
    public async Task<(short Connector, long LaneSeq, int Attempts)?> DueAsync(Guid keyHash, string connector)
    {
        var number = Names.Number(connector);
        var found = await Database.ReadAllAsync<(long LaneSeq, int Attempts)>(
            "SELECT lane_seq, attempts FROM waits WHERE key_hash = @keyHash AND connector_no = @number", new { keyHash, number });
        return found.Count == 0 ? null : (number, found[0].LaneSeq, found[0].Attempts);
    }

    public Task<string?> ActAsync(LeasedCommand command, OperatorAct act, long? laneSeq = null)
    {
        var input = new OperatorInput(command.KeyHash, command.Connector, laneSeq ?? command.Command.LaneSeq, act, "li", "a reason");
        engine.Submit(input);
        return input.Completion.WaitAsync(Limit);
    }

    /// <summary>The next command released here.</summary>
    public Task<LeasedCommand> NextAsync() => Dispatcher.Commands.ReadAsync().AsTask().WaitAsync(Limit);

    /// <summary>Everything released here that was not taken up yet, once all that was submitted is done.</summary>
    public async Task<IReadOnlyList<LeasedCommand>> ReleasedAsync()
    {
        // The commands of a batch are handed over before the next batch begins, and this is the next one.
        await WakeAsync(Guid.NewGuid());
        var released = new List<LeasedCommand>();
        while (Dispatcher.Commands.TryRead(out var leased))
            released.Add(leased);
        return released;
    }

    public Task<Wait?> WaitOfAsync(LeasedCommand command) => Database.ReadAsync<Wait>(
        """
        SELECT lane_seq AS LaneSeq, state AS State, reason AS Reason, attempts AS Attempts, due_at AS DueAt
          FROM waits
         WHERE connector_no = @Connector AND case_id = @CaseId
        """, new { command.Connector, command.CaseId });

    public async Task<CaseRow> CaseAsync(Guid keyHash)
    {
        await using var store = new LedgerStore(Database.ConnectionString, TestDatabase.Bodies);
        var read = await store.BeginAsync([keyHash], [], [], TestContext.Current.CancellationToken);
        await store.RollbackAsync();
        return read.Cases[keyHash];
    }

    public Task<long> CountAsync(string table) => Database.ReadAsync<long>($"SELECT count(*) FROM {table}");

    public Task<long> TakenAsync() => Database.ReadAsync<long>("SELECT COALESCE(sum(taken), 0)::bigint FROM delivery_totals");

    public async ValueTask DisposeAsync()
    {
        if (started)
        {
            engine.Drain();
            await engine.StopAsync(CancellationToken.None);
        }

        engine.Dispose();
        await ledger.DisposeAsync();
        await second.DisposeAsync();
    }

    public sealed record Wait(long LaneSeq, string State, string Reason, int Attempts, DateTime DueAt)
    {
        public DateTimeOffset Due => new(DueAt, TimeSpan.Zero);
    }
}

/// <summary>In place of the lanes: keeps what is released until the test takes it up.</summary>
internal sealed class HeldCommands(int node) : IDispatcher
{
    private readonly Channel<LeasedCommand> commands = Channel.CreateUnbounded<LeasedCommand>();
    private int reserved;

    public int Node => node;

    public TimeSpan Lease => TimeSpan.FromSeconds(60);

    /// <summary>False: the connector's queue is full, or it is paused, or its breaker is open.</summary>
    public bool HasRoom { get; set; } = true;

    /// <summary>True: receivers fetch.</summary>
    public bool Fetched { get; set; }

    public int Reserved => Volatile.Read(ref reserved);

    public ChannelReader<LeasedCommand> Commands => commands.Reader;

    public bool TryReserve(string connector)
    {
        if (!HasRoom)
            return false;
        Interlocked.Increment(ref reserved);
        return true;
    }

    public void Release(string connector) => Interlocked.Decrement(ref reserved);

    public void Hand(LeasedCommand leased) => commands.Writer.TryWrite(leased);

    public bool Pulls(string connector) => Fetched;
}
