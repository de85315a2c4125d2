using System.Text.Json;
using Hub.Processes;
using Hub.Schemas;
using Hub.Tests.Processes;
using Xunit;
using static Hub.Tests.Processes.Transfers;

namespace Hub.Tests.Simulation;

// Faults planted in the process: what the enumeration would be worth if it found none.
public sealed partial class CoTransferEnumerationTests
{
    public static TheoryData<string> Faults => [.. Planted.Keys];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_planted_fault_is_found_and_for_what_it_is(string fault)
    {
        var (process, words) = Planted[fault];
        foreach (var story in Stories.Select(row => row.Data))
        {
            var straight = await RunAsync(story, step: -1, Failure.None, crash: -1, after: false);
            foreach (var (failure, step) in Failures(straight.Attempts))
            {
                if ((await RunAsync(story, step, failure, crash: -1, after: false, process)).Wrong is not { } wrong || !wrong.Contains(words, StringComparison.Ordinal))
                    continue;
                output.WriteLine($"{fault}: {story}, {failure} of attempt {step}: {wrong}");
                return;
            }
        }

        Assert.Fail($"Not found: {fault}.");
    }

    private static readonly Dictionary<string, (Process Process, string Words)> Planted = new(StringComparer.Ordinal)
    {
        ["what was taken is taken for done"] = (new TakenIsDone(), "Done and its account belongs to the old holder"),
        ["a call that ends in doubt is taken for done"] = (new DoubtIsDone(), "Done and its account belongs to the old holder"),
        ["no word in time is taken for done"] = (new SilenceIsDone(), "Done and its account belongs to the old holder"),
        ["no word in time, and it is sent again unasked"] = (new SentAgain(), "was sent a transfer again"),
        ["the gate opens in spite of arrears"] = (new Believing(TransferOutcomes.Arrears, TransferOutcomes.Clear), "has arrears"),
        ["no deadline is set"] = (new WithoutDeadline(), "stuck without alarm"),
        ["what waits for a person stands in no list"] = (new Unlisted(), "stuck without alarm"),
        ["a withdrawal undoes nothing and says it did"] = (new UndoingOnPaper(), "Reversed and its account belongs to the new holder"),
        ["the orders to undo are not sent"] = (new NotUndoing(), "was undone by hand"),
        ["the first that was sent is undone first"] = (new UndoingForwards(), "undone in the order"),
        ["what cannot be undone is taken for undone"] = (new Believing(TransferOutcomes.CannotReverse, TransferOutcomes.Done), "Reversed and its account belongs to the new holder"),
        ["the first of several holders is simply taken"] = (new FirstHolder(), "has the wrong holder"),
        ["the register is told nothing of the way back"] = (new Silent(), "the register was told"),
    };

    /// <summary>The process as it is, but for what a fault overrides.</summary>
    private abstract class Faulty : Process
    {
        protected static CoTransferProcess Right => ProcessCatalog.CoTransfer;

        public override string Type => Right.Type;

        public override string Empty => Right.Empty;

        public override Decision Advance(string state, Input input, Context context) => Right.Advance(state, input, context);

        protected static Decision Without(Decision decision, Func<Order, bool> left) => decision with { Orders = [.. decision.Orders.Where(order => !left(order))] };

        /// <summary>As if the utility had reported it done.</summary>
        protected static Decision Done(string state, string type, string id, Context context)
        {
            var made = new Event
            {
                Id = Guid.CreateVersion7(context.Now), Source = "urn:test:nobody", SourceId = "made up", Type = type, Subject = Unit, Partner = id, Region = "320706",
                OccurredAt = context.Now, Body = ReadOnlyMemory<byte>.Empty, DataStart = 0, DataLength = 0,
            };
            return Right.Advance(state, new Input.Received(made, Report(TransferOutcomes.Done, account: CoTransferCase.Account(id))), context);
        }

        /// <summary>The party that should have said by now what became of its transfer; null when there is none.</summary>
        protected static string? Late(string state, Context context) => Right.Read(state).Current?.Parties
            .FirstOrDefault(pair => pair.Value is { State: CoTransferProcess.PartyState.Submitted } party && party.Due <= context.Now).Key;
    }

    private sealed class TakenIsDone : Faulty
    {
        public override Decision Advance(string state, Input input, Context context) => input is Input.Answered { CommandType: CommandTypes.AccountTransfer, Answer.Outcome: Outcome.Taken } taken
            ? Done(state, EventTypes.AccountTransferReported, taken.Connector, context)
            : Right.Advance(state, input, context);
    }

    private sealed class DoubtIsDone : Faulty
    {
        public override Decision Advance(string state, Input input, Context context) =>
            input is Input.Answered { CommandType: CommandTypes.AccountTransfer, Answer.Outcome: not Outcome.Taken } doubt
                ? Done(state, EventTypes.AccountTransferReported, doubt.Connector, context)
                : Right.Advance(state, input, context);
    }

    private sealed class SilenceIsDone : Faulty
    {
        public override Decision Advance(string state, Input input, Context context) => input is Input.TimeUp && Late(state, context) is { } id
            ? Done(state, EventTypes.AccountTransferReported, id, context)
            : Right.Advance(state, input, context);
    }

    private sealed class SentAgain : Faulty
    {
        public override Decision Advance(string state, Input input, Context context)
        {
            var decision = Right.Advance(state, input, context);
            return input is Input.TimeUp && Late(state, context) is not null ? decision with { Orders = [.. decision.Orders.Select(Transfer)] } : decision;
        }

        private static Order Transfer(Order order)
        {
            if (order.Type != CommandTypes.AccountInquire)
                return order;
            var data = JsonSerializer.Deserialize(order.Data.Span, SchemasJson.Default.AccountOrder)! with { AccountHolder = Record().NewHolders![0] };
            return order with { Type = CommandTypes.AccountTransfer, Data = JsonSerializer.SerializeToUtf8Bytes(data, SchemasJson.Default.AccountOrder) };
        }
    }

    private sealed class Believing(string outcome, string instead) : Faulty
    {
        public override Decision Advance(string state, Input input, Context context) => Right.Advance(
            state,
            input is Input.Received { Content: AccountReport report } received && report.Outcome == outcome ? received with { Content = report with { Outcome = instead } } : input,
            context);
    }

    private sealed class WithoutDeadline : Faulty
    {
        public override Decision Advance(string state, Input input, Context context) => Right.Advance(state, input, context) with { Deadline = null };
    }

    private sealed class Unlisted : Faulty
    {
        public override Decision Advance(string state, Input input, Context context) => Right.Advance(state, input, context) with { Unserved = null };
    }

    private sealed class UndoingOnPaper : Faulty
    {
        public override Decision Advance(string state, Input input, Context context)
        {
            var decision = Right.Advance(state, input, context);
            while (decision.Orders.FirstOrDefault(order => order.Type == CommandTypes.AccountReverse) is { } undo)
            {
                var next = Done(decision.State, EventTypes.AccountReversalReported, undo.Connector, context);
                decision = next with { Orders = [.. decision.Orders.Where(order => order != undo), .. next.Orders] };
            }

            return decision;
        }
    }

    private sealed class NotUndoing : Faulty
    {
        public override Decision Advance(string state, Input input, Context context) =>
            Without(Right.Advance(state, input, context), order => order.Type == CommandTypes.AccountReverse);
    }

    private sealed class UndoingForwards : Faulty
    {
        public override Decision Advance(string state, Input input, Context context)
        {
            if (input is not Input.Received { Event.Type: EventTypes.TransferWithdrawn })
                return Right.Advance(state, input, context);
            var before = Right.Read(state);
            var turned = before.Current!.Parties.ToDictionary(pair => pair.Key, pair => pair.Value with { SentNo = 100 - pair.Value.SentNo }, StringComparer.Ordinal);
            var mixed = JsonSerializer.Serialize(before with { Current = before.Current with { Parties = turned } }, CoTransferJson.Readable.Case);
            return Right.Advance(mixed, input, context);
        }
    }

    private sealed class FirstHolder : Faulty
    {
        public override Decision Advance(string state, Input input, Context context) => Right.Advance(
            state, input is Input.Received { Content: PropertyTransfer record } received ? received with { Content = record with { NewHolders = [record.NewHolders![0]] } } : input, context);
    }

    private sealed class Silent : Faulty
    {
        public override Decision Advance(string state, Input input, Context context)
        {
            var decision = Right.Advance(state, input, context);
            return Right.Read(decision.State).Current?.Step == CoTransferProcess.Step.Reversed ? Without(decision, order => order.Type == CommandTypes.RegisterFeedback) : decision;
        }
    }
}
