using System.Security.Cryptography;
using System.Text.Json;
using Hub.Engine;
using Hub.Ledger;
using Hub.Processes;
using Hub.Schemas;
using Hub.Simulation;
using Hub.Tests.Engine;
using Hub.Tests.Policies;
using Hub.Tests.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using static Hub.Tests.Processes.Transfers;

namespace Hub.Tests.Simulation;

/// <summary>
/// faults.md R15: every step of a co-transfer fails before and after its effect, at every crash point, on the real engine, ledger rules and process. The
/// utilities are books: an account has the old holder or the new one, and what the case and the register say at its end must be what stands there. Faults
/// that are planted in the process show that the judge sees them.
/// </summary>
public sealed partial class CoTransferEnumerationTests(ITestOutputHelper output)
{
    /// <summary>What the world does.</summary>
    public static TheoryData<string> Stories => ["done", "arrears", "withdrawn_after", "withdrawn_during", "cannot_reverse", "refused", "silent", "idle", "lost", "two_holders"];

    [Theory]
    [MemberData(nameof(Stories))]
    public async Task No_failure_and_no_crash_leaves_a_transfer_half_done_or_stuck_without_alarm(string story)
    {
        var figures = await FailAsync(story);

        output.WriteLine($"{story}: {figures}");
        Assert.Empty(figures.Bad.Take(3));
        Assert.Empty(figures.Stuck.Take(3));
    }

    private sealed record Figures(int CrashPoints, int Steps, int Runs, IReadOnlyList<string> Bad, IReadOnlyList<string> Stuck)
    {
        public override string ToString() => $"up to {CrashPoints} crash points x {Steps} steps, {Runs} runs, inconsistent end states {Bad.Count}, stuck without alarm {Stuck.Count}";
    }

    /// <summary>Every failure of every step, by itself and with a crash before and after every commit.</summary>
    private static async Task<Figures> FailAsync(string story)
    {
        var straight = await RunAsync(story, step: -1, Failure.None, crash: -1, after: false);
        Assert.Null(straight.Wrong);
        var (runs, points, bad, stuck) = (0, 0, new List<string>(), new List<string>());
        foreach (var (failure, step) in Failures(straight.Attempts))
        {
            // A failure makes a run longer: what follows it is crash points too.
            var commits = (await RunAsync(story, step, failure, crash: -1, after: false)).Commits;
            points = Math.Max(points, commits);
            foreach (var (crash, after) in Crashes(commits))
            {
                var result = await RunAsync(story, step, failure, crash, after);
                runs++;
                if (result.Wrong is { } wrong)
                    (wrong.StartsWith("stuck", StringComparison.Ordinal) ? stuck : bad).Add($"{failure} of attempt {step}, crash {(after ? "after" : "before")} commit {crash}: {wrong}");
            }
        }

        return new(points, straight.Attempts, runs, bad, stuck);
    }

    private static IEnumerable<(Failure Failure, int Step)> Failures(int attempts)
    {
        yield return (Failure.None, -1);
        foreach (var failure in (Failure[])[Failure.BeforeEffect, Failure.AfterEffect, Failure.Lost, Failure.Refused, Failure.ForGood])
        {
            for (var step = 0; step < attempts; step++)
                yield return (failure, step);
        }
    }

    private static IEnumerable<(int Crash, bool After)> Crashes(int commits)
    {
        yield return (-1, false);
        for (var crash = 0; crash < commits; crash++)
        {
            yield return (crash, false);
            yield return (crash, true);
        }
    }

    private static async Task<(int Commits, int Attempts, string? Wrong)> RunAsync(string story, int step, Failure failure, int crash, bool after, Process? process = null)
    {
        var world = new World(story, step, failure, crash, after, process);
        await world.RunAsync();
        return (world.Commits, world.Attempts, world.Judge());
    }

    private enum Failure
    {
        None,

        /// <summary>Nothing happened: it is tried again.</summary>
        BeforeEffect,

        /// <summary>It took effect, and nobody knows.</summary>
        AfterEffect,

        /// <summary>Nothing happened, and nobody knows: for the hub the same as <see cref="AfterEffect"/>.</summary>
        Lost,

        /// <summary>The content is refused: the lane stands until an operator acts.</summary>
        Refused,

        /// <summary>It takes effect, and every attempt ends in doubt: the lane is parked in the end.</summary>
        ForGood,
    }

    private sealed class CrashedException() : Exception("The node died here.");

    /// <summary>One run: a node at a time on a ledger in memory, four utilities with books, a register, a person who answers tasks.</summary>
    private sealed class World(string story, int failing, Failure failure, int crash, bool after, Process? process)
    {
        private readonly MemoryStore store = new();
        private readonly FakeClock clock = new();
        private readonly Dictionary<string, short> numbers = [];
        private readonly Dictionary<string, Book> books = Four.ToDictionary(id => id, id => new Book());
        private readonly Queue<(string Name, string Type, string Partner, object Content)> mail = new();
        private readonly HashSet<string> answered = [];
        private readonly HashSet<string> leftOut = [];
        private readonly List<string> moved = [];
        private readonly List<string> undone = [];
        private readonly List<string> wrong = [];
        private string? registerTold;
        private BatchEngine engine = null!;
        private HeldCommands held = null!;
        private int node;
        private bool withdrawn;
        private int letters;
        private Guid lastFailed;
        private int strikes;
        private int forgotten;

        public int Commits { get; private set; }

        public int Attempts { get; private set; }

        private Guid KeyHash => CaseKey.Hash("co_transfer", Unit);

        private CoTransferProcess.Case Case => ProcessCatalog.CoTransfer.Read(store.Cases[KeyHash].State);

        public async Task RunAsync()
        {
            foreach (var name in (string[])[.. Four, Register, Notices])
                numbers[name] = (short)(numbers.Count + 1);
            Restart();
            var record = story == "two_holders" ? Record() with { NewHolders = [new() { Name = "示例乙" }, new() { Name = "示例丙" }] } : Record();
            Post("registered", EventTypes.TransferRegistered, Register, record);
            if (story == "arrears")
                books[Water].Arrears = true;
            for (var round = 0; round < 400; round++)
            {
                if (!await MoveAsync())
                    return;
                Watch();
            }

            throw new InvalidOperationException("It never comes to rest.");
        }

        // At no moment, not only at the end: between two inputs nobody looks at it.
        private void Watch()
        {
            if (store.Cases.TryGetValue(KeyHash, out var row) && Case.Current is { Ended: false } current && row.DeadlineAt is null && !store.Waits.ContainsKey((WaitRow.NoConnector, row.CaseId)))
                wrong.Add($"stuck without alarm at {current.Step}");
        }

        /// <summary>One thing that can happen now; time passes only when nothing else does.</summary>
        private async Task<bool> MoveAsync()
        {
            // The withdrawal overtakes what the utilities have to say: some transfers are on their way, some are done and not reported.
            if (story == "withdrawn_during" && !withdrawn && books.Values.Any(book => book.New))
            {
                withdrawn = true;
                var others = mail.ToList();
                mail.Clear();
                Post("withdrawn", EventTypes.TransferWithdrawn, Register, Record(2));
                others.ForEach(mail.Enqueue);
            }

            if (mail.TryPeek(out var letter))
            {
                // A sender keeps what was not answered and sends the same again.
                var input = Input(letter);
                if (await CommitAsync(() => engine.SubmitAsync(input)))
                    mail.Dequeue();
                return true;
            }

            if (held.Commands.TryRead(out var leased))
            {
                var answer = Carry(leased);
                var input = new AnswerInput(leased, answer);
                await CommitAsync(() =>
                {
                    engine.Submit(input);
                    return input.Completion;
                });
                return true;
            }

            if ((story is "withdrawn_after" or "cannot_reverse") && !withdrawn && Case.Current?.Step is CoTransferProcess.Step.Done or CoTransferProcess.Step.PartlyDone)
            {
                withdrawn = true;
                Post("withdrawn", EventTypes.TransferWithdrawn, Register, Record(2));
                return true;
            }

            // The debtor pays in the end, whatever else happens.
            if (books[Water].Arrears && Case.Current?.Parties.GetValueOrDefault(Water)?.Outcome == TransferOutcomes.Arrears)
            {
                books[Water].Arrears = false;
                Post("paid", EventTypes.ArrearsSettled, Water, Report("CLEAR") with { Outcome = null });
                return true;
            }

            return await TimeAsync();
        }

        private async Task<bool> TimeAsync()
        {
            var row = store.Cases[KeyHash];
            var due = store.Waits.Values.Where(wait => wait.State == WaitRow.Waiting).Select(wait => (DateTimeOffset?)wait.DueAt).Min();
            var lease = row.Lanes.Where(lane => lane.Status == LaneStatus.Leased).Min(lane => lane.LeaseUntil);
            var next = ((DateTimeOffset?[])[due, lease, row.DeadlineAt]).Min();
            if (next is { } at && (due is not null || lease is not null))
            {
                await WakeAsync(at);
                return true;
            }

            // An operator deals with what is parked, a person with what is asked: what stands in no list is seen by nobody.
            if (store.Waits.Values.FirstOrDefault(wait => wait.State == WaitRow.Parked) is { } parked)
            {
                var act = new OperatorInput(KeyHash, parked.Connector, parked.LaneSeq, OperatorAct.Retry, "li", "looked at");
                await CommitAsync(() =>
                {
                    engine.Submit(act);
                    return act.Completion;
                });
                return true;
            }

            if (store.Waits.ContainsKey((WaitRow.NoConnector, row.CaseId)) && Case.Tasks.FirstOrDefault(task => task.IsOpen && !answered.Contains(task.Id)) is { } task)
            {
                answered.Add(task.Id);
                Post($"task {task.Id}", EventTypes.TaskAnswered, "hub", new TaskAnswered { TaskId = task.Id, Answer = Say(task), By = "li", Reason = "asked by phone" });
                return true;
            }

            if (next is { } deadline)
            {
                await WakeAsync(deadline);
                return true;
            }

            return false;
        }

        // Somebody phones the utility: what he says is what stands in its book.
        private string Say(PersonTask task)
        {
            var answer = AnswerTo(task);
            if (answer is "leave_out" or "not_done")
                leftOut.Add(task.Operator!);
            return answer;
        }

        private string AnswerTo(PersonTask task) => task.Kind switch
        {
            CoTransferProcess.TaskKinds.ChooseHolder => "2",
            CoTransferProcess.TaskKinds.NoAnswer when !task.Options.Contains("done") => "ask_again",
            CoTransferProcess.TaskKinds.NoAnswer => books[task.Operator!].New ? "done" : "not_done",
            CoTransferProcess.TaskKinds.UndoByHand => ByHand(task.Operator!),
            _ => task.Options[^1],
        };

        private string ByHand(string id)
        {
            // The company undoes it at its desk: to be asked for only what no order can do.
            if (!(story == "cannot_reverse" && id == Water) && failure is not (Failure.Refused or Failure.ForGood))
                wrong.Add($"{id} was undone by hand, and no order came that it could have followed");
            books[id].New = false;
            return "undone";
        }

        private async Task WakeAsync(DateTimeOffset at)
        {
            if (at > clock.GetUtcNow())
                clock.Set(at);
            var wait = store.Waits.Values.FirstOrDefault(wait => wait.State == WaitRow.Waiting && wait.DueAt <= clock.GetUtcNow());
            var wake = new WakeInput(KeyHash) { Due = wait is null ? null : (wait.Connector, wait.LaneSeq, wait.Attempts) };
            await CommitAsync(() =>
            {
                engine.Submit(wake);
                return wake.Completion;
            });
        }

        // --- the node --------------------------------------------------------------------------------------------------

        private void Restart()
        {
            held = new HeldCommands(++node);
            var ledger = new CrashingLedger(new MemoryLedger(store), this);
            engine = new BatchEngine(
                ledger, ledger, DemoPacks.Store, new ConnectorNames(numbers, numbers.Keys.ToHashSet(StringComparer.Ordinal)), held, clock, new EngineSettings(),
                NullLogger<BatchEngine>.Instance, type => process ?? ProcessCatalog.Of(type));
        }

        /// <returns>False when the node died: whoever waits for an answer gets none, and what was released here is gone.</returns>
        private async Task<bool> CommitAsync(Func<Task> submit)
        {
            var done = submit();
            dying = false;
            await engine.StepAsync(CancellationToken.None);
            if (dying)
            {
                Restart();
                return false;
            }

            await done;
            return true;
        }

        private bool dying;

        private sealed class CrashingLedger(MemoryLedger inner, World world) : ILedger
        {
            public async Task<Appended?> CommitAsync(LedgerWrite write, DateTimeOffset now, CancellationToken cancellation)
            {
                if (world.dying)
                    throw new CrashedException();
                var mine = world.Commits++ == world.CrashAt;
                if (mine && !world.After)
                {
                    world.dying = true;
                    throw new CrashedException();
                }

                var appended = await inner.CommitAsync(write, now, cancellation);
                if (mine)
                {
                    world.dying = true;
                    throw new CrashedException();
                }

                return appended;
            }

            public Task<LedgerRead> BeginAsync(
                IReadOnlyCollection<Guid> keyHashes, IReadOnlyCollection<Guid> identities, IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, CancellationToken cancellation) =>
                inner.BeginAsync(keyHashes, identities, heads, cancellation);

            public Task ReadHeadsAsync(IReadOnlyCollection<(long CaseId, short Connector, long LaneSeq)> heads, Dictionary<Guid, DeliveryRow> into, CancellationToken cancellation) =>
                inner.ReadHeadsAsync(heads, into, cancellation);

            public Task RollbackAsync() => inner.RollbackAsync();

            public Task ReserveCaseIdsAsync(int count, CancellationToken cancellation) => inner.ReserveCaseIdsAsync(count, cancellation);

            public long TakeCaseId() => inner.TakeCaseId();
        }

        private int CrashAt => crash;

        private bool After => after;

        // --- the utilities ---------------------------------------------------------------------------------------------

        private Answer Carry(LeasedCommand leased)
        {
            var command = leased.Command;
            if (!books.TryGetValue(command.Connector, out var book))
            {
                if (command.Type == CommandTypes.RegisterFeedback)
                    registerTold = JsonSerializer.Deserialize(command.Data.Span, SchemasJson.Default.TransferFeedback)!.Result;
                return Answer.Taken();
            }

            // Asked before anything is sent again: the lane knows that an attempt may have had its effect.
            if (command.AskFirst && failure != Failure.ForGood)
                return book.Seen.Contains(command.Id) ? Answer.Taken() : Do(command, book);
            var struck = Attempts++ == failing || (failure == Failure.ForGood && command.Id == lastFailed && strikes < Backoff.Attempts);
            if (!struck)
                return Do(command, book);
            lastFailed = command.Id;
            strikes++;
            switch (failure)
            {
                case Failure.BeforeEffect:
                    return Answer.Unavailable(AnswerReasons.ServerError);
                case Failure.AfterEffect:
                    Do(command, book);
                    return Answer.Unknown(AnswerReasons.TimedOut);
                case Failure.Lost:
                    return Answer.Unknown(AnswerReasons.TimedOut);
                case Failure.Refused:
                    return Answer.Refused(AnswerReasons.ContentRefused);
                default:
                    Do(command, book);
                    return Answer.Unknown(AnswerReasons.TimedOut);
            }
        }

        private Answer Do(Command command, Book book)
        {
            // Repeats are dropped by the id.
            if (!book.Seen.Add(command.Id))
                return Answer.Taken();
            var order = JsonSerializer.Deserialize(command.Data.Span, SchemasJson.Default.AccountOrder)!;
            var id = command.Connector;
            switch (command.Type)
            {
                case CommandTypes.AccountPrecheck:
                    Say(id, EventTypes.AccountPrechecked, order, book.Arrears ? TransferOutcomes.Arrears : TransferOutcomes.Clear);
                    break;
                case CommandTypes.AccountTransfer:
                    if (books.FirstOrDefault(pair => pair.Value.Arrears && !leftOut.Contains(pair.Key)) is { Key: { } debtor })
                        wrong.Add($"{id} was sent a transfer while {debtor} has arrears");
                    if (book.Transfers > 0)
                        wrong.Add($"{id} was sent a transfer again after it had had its effect");

                    // Taken, and forgotten: at every time, or at the first.
                    if (id == Water && (story == "idle" || (story == "lost" && ++forgotten == 1)))
                        break;
                    book.Transfers++;
                    book.New = true;
                    book.Holder = order.AccountHolder!.Name;
                    moved.Add(id);
                    if (!(story == "silent" && id == Water))
                        Say(id, EventTypes.AccountTransferReported, order, story == "refused" && id == Water ? Undo(book, TransferOutcomes.AccountClosed) : TransferOutcomes.Done);
                    break;
                case CommandTypes.AccountReverse when story == "cannot_reverse" && id == Water:
                    Say(id, EventTypes.AccountReversalReported, order, TransferOutcomes.CannotReverse);
                    break;
                case CommandTypes.AccountReverse:
                    undone.AddRange(book.New ? [id] : []);
                    book.New = false;
                    Say(id, EventTypes.AccountReversalReported, order, TransferOutcomes.Done);
                    break;
                case CommandTypes.AccountInquire when !(story is "silent" or "idle" && id == Water):
                    Say(id, order.Step == "REVERSE" ? EventTypes.AccountReversalReported : order.Step == "TRANSFER" ? EventTypes.AccountTransferReported : EventTypes.AccountPrechecked, order, order.Step switch
                    {
                        "PRECHECK" => book.Arrears ? TransferOutcomes.Arrears : TransferOutcomes.Clear,
                        "TRANSFER" => book.New ? TransferOutcomes.Done : TransferOutcomes.NotSeen,
                        _ => book.New ? TransferOutcomes.NotSeen : TransferOutcomes.Done,
                    });
                    break;
            }

            return Answer.Taken();
        }

        private static string Undo(Book book, string outcome)
        {
            book.New = false;
            return outcome;
        }

        private void Say(string id, string type, AccountOrder order, string outcome) =>
            Post($"{id} {++letters}", type, id, Report(outcome, order.OrderId, CoTransferCase.Account(id)));

        private void Post(string name, string type, string partner, object content) => mail.Enqueue((name, type, partner, content));

        private EventInput Input((string Name, string Type, string Partner, object Content) letter)
        {
            var body = System.Text.Encoding.UTF8.GetBytes($$"""{"name":"{{letter.Name}}"}""");
            return new EventInput(
                new Event
                {
                    Id = Guid.CreateVersion7(clock.GetUtcNow()), Source = $"urn:test:{letter.Partner}", SourceId = letter.Name, Type = letter.Type, Subject = Unit, Partner = letter.Partner,
                    Region = "320706", OccurredAt = clock.GetUtcNow(), Body = body, DataStart = 0, DataLength = body.Length,
                },
                letter.Content, "co_transfer", Unit, SHA256.HashData(body));
        }

        // --- the end ---------------------------------------------------------------------------------------------------

        /// <returns>What is wrong with where it came to rest; null when nothing is.</returns>
        public string? Judge()
        {
            if (wrong.Count > 0)
                return wrong[0];
            var row = store.Cases[KeyHash];
            var current = Case.Current!;
            if (!current.Ended)
                return $"stuck at {current.Step}: deadline {row.DeadlineAt}, listed {store.Waits.ContainsKey((WaitRow.NoConnector, row.CaseId))}";
            if (row.Lanes.Exists(lane => lane.HasOpen))
                return "stuck: a command is open";
            foreach (var (id, book) in books)
            {
                var party = current.Parties[id];
                if (book.New != (party.State == CoTransferProcess.PartyState.Done))
                    return $"{id} is {party.State} and its account belongs to the {(book.New ? "new" : "old")} holder";
                if (book is { New: true, Holder: not ("示例乙" or "示例丙") } || (book.New && story == "two_holders" && book.Holder != "示例丙"))
                    return $"{id} has the wrong holder";
            }

            if (withdrawn && books.Values.Any(book => book.New))
                return "withdrawn, and an account still belongs to the new holder";

            // Failures may change the order in which transfers arrive; without any they arrive as they were sent.
            if (failure == Failure.None && crash < 0 && !undone.SequenceEqual(moved.Where(undone.Contains).Reverse()))
                return $"undone in the order {string.Join(", ", undone)}, transferred in the order {string.Join(", ", moved)}";
            return registerTold == Result() ? null : $"the register was told {registerTold}, the books say {Result()}";
        }

        // By the books alone.
        private string Result() => books.Values.Count(book => book.New) switch
        {
            0 => withdrawn ? "REVERSED" : "NOT_DONE",
            var done => done == books.Count ? "DONE" : "PARTLY_DONE",
        };

        private sealed class Book
        {
            public HashSet<Guid> Seen { get; } = [];
            public bool Arrears { get; set; }
            public bool New { get; set; }
            public int Transfers { get; set; }
            public string? Holder { get; set; }
        }
    }
}
