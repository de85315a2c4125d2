using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hub.Policies;
using Hub.Schemas;

namespace Hub.Processes;

/// <summary>What can happen to a case.</summary>
internal abstract record Input
{
    /// <summary>An event of the case arrived; <paramref name="Content"/> is its checked and normalised data.</summary>
    public sealed record Received(Event Event, object Content) : Input;

    /// <summary>A command was taken or refused, or its schedule ended; waits in between are the spine's own business.</summary>
    public sealed record Answered(string Connector, string CommandType, Guid CauseId, Answer Answer) : Input;

    /// <summary>The case's deadline has come.</summary>
    public sealed record TimeUp : Input;

    /// <summary>Another set of policy packs, or of connectors, is in force.</summary>
    public sealed record PolicyChanged : Input;
}

/// <summary>What a decision may look at besides state and input. All of it is given; nothing is fetched.</summary>
/// <param name="Now">The engine's time, UTC.</param>
/// <param name="Policies">The packs in force.</param>
/// <param name="Pinned">The pack version the case began under; null while it has none.</param>
/// <param name="Connectors">Names of the connectors that are set up.</param>
internal sealed record Context(DateTimeOffset Now, PolicySet Policies, string? Pinned, IReadOnlySet<string> Connectors);

/// <summary>One command to send. Its number in the lane, and so its id, comes from the case.</summary>
internal sealed record Order(string Connector, string Type, Guid CauseId, string CauseType, DateTimeOffset OccurredAt, ReadOnlyMemory<byte> Data, DateTimeOffset? DueAt);

/// <summary>An entry that a decision makes in the exchange log, beside those of its input: something that crossed the border because of it.</summary>
/// <param name="Kind">Kind of the entry, such as <c>data.disclosed</c>.</param>
/// <param name="Partner">Whom it concerns.</param>
/// <param name="Ref">What it is about.</param>
/// <param name="Text">Its content, one <c>name value</c> a line.</param>
internal sealed record Note(string Kind, string Partner, Guid Ref, string Text);

/// <summary>
/// What a case counts for in the ledgers (工作台账). A decision books the difference between the state before and after into the exchange log, so that a figure of any
/// time is read from the log alone, whatever became of states and bodies since; what is put right later is a contrary booking.
/// </summary>
/// <param name="Name">A word of <see cref="LedgerTexts"/>.</param>
/// <param name="Part">Class, outcome, mark …; empty for none. Never a name or number of anybody.</param>
/// <param name="Region">GB/T 2260 code of the place.</param>
/// <param name="Operator">Whom it concerns.</param>
internal sealed record Figure(string Name, string Part, string Region, string Operator, int Amount = 1)
{
    public const string Booked = "figure.booked";

    public static IEnumerable<Note> Bookings(IEnumerable<Figure> before, IEnumerable<Figure> after, Input input) =>
        from one in before.Select(figure => figure with { Amount = -figure.Amount }).Concat(after)
        group one.Amount by one with { Amount = 0 } into same
        where same.Sum() != 0
        select new Note(Booked, same.Key.Operator, ReferenceOf(input), $"figure {same.Key.Name}\npart {same.Key.Part}\nregion {same.Key.Region}\namount {same.Sum()}");

    private static Guid ReferenceOf(Input input) => input switch
    {
        Input.Received received => received.Event.Id,
        Input.Answered answered => answered.CauseId,
        _ => Guid.Empty,
    };
}

/// <summary>Who has a share in a case.</summary>
/// <param name="Region">GB/T 2260 code of the place.</param>
/// <param name="Partners">Ids of the operators that are parties.</param>
internal sealed record CaseParties(string Region, IReadOnlySet<string> Partners);

/// <summary>Kinds of business numbers by which cases are found.</summary>
internal static class NumberKinds
{
    public const string Application = "application";

    /// <summary>统一社会信用代码.</summary>
    public const string Uscc = "uscc";

    /// <summary>Normalised by <see cref="AddressText"/>.</summary>
    public const string Address = "address";

    /// <summary>受电点: operator, a blank, reference.</summary>
    public const string SupplyPoint = "supply_point";
    public const string Project = "project";


    /// <summary>业务受理号 of the register.</summary>
    public const string Registration = "registration";

    /// <summary>户号.</summary>
    public const string Account = "account";

    /// <summary>Number of a permit, or of a filing.</summary>
    public const string Permit = "permit";

    /// <summary>A partner's own number for what it took (工单号): given by the spine with the answer.</summary>
    public const string Reference = "reference";

    public static IReadOnlyList<string> All { get; } = [Application, Uscc, Address, SupplyPoint, Project, Registration, Account, Permit, Reference];
}

/// <summary>The clocks of a case, and where it lies.</summary>
/// <param name="Region">GB/T 2260 code of the place.</param>
/// <param name="Operator">Id of the operator; null when it has none.</param>
/// <param name="Class">Class of the customer; null when it has none.</param>
internal sealed record CaseClocks(string Region, string? Operator, IReadOnlyList<CaseClock> Clocks, string? Class = null);

/// <summary>The outcome of a decision, as the spine sees it.</summary>
internal sealed record Decision
{
    /// <summary>The whole new state, JSON.</summary>
    public required string State { get; init; }

    /// <summary>The new state may name a person: it is stored sealed.</summary>
    public bool Private { get; init; }

    /// <summary>Commands in the order in which they are to be queued.</summary>
    public IReadOnlyList<Order> Orders { get; init; } = [];

    /// <summary>Entries for the exchange log.</summary>
    public IReadOnlyList<Note> Notes { get; init; } = [];

    /// <summary>Business numbers (<see cref="NumberKinds"/>) by which the case is to be found from now on, kind and number; those of before stay.</summary>
    public IReadOnlyList<(string Kind, string Number)> Numbers { get; init; } = [];

    /// <summary>When the case wants <see cref="Input.TimeUp"/>; null: never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Pack version to pin; null leaves what is pinned.</summary>
    public string? Pin { get; init; }

    /// <summary>Added to the event's own warnings.</summary>
    public IReadOnlyList<Warning> Warnings { get; init; } = [];

    /// <summary>Why the case stands still until somebody acts (a code): nobody can be told yet, or a person has to say something. Null while it goes on by itself.</summary>
    public string? Unserved { get; init; }

    /// <summary>A code when the event is recorded but moves nothing because it is not allowed in this state.</summary>
    public string? Refusal { get; init; }

    public bool Closed { get; init; }
}

/// <summary>One kind of case. Pure: no clock, no SQL, no waiting, no logger.</summary>
internal abstract class Process
{
    public abstract string Type { get; }

    /// <summary>State of a case that does not exist yet, JSON.</summary>
    public abstract string Empty { get; }

    public abstract Decision Advance(string state, Input input, Context context);

    /// <summary>The clocks of this case; null: its kind has none, or they have not begun.</summary>
    public virtual CaseClocks? ClocksOf(string state) => null;

    /// <summary>Who may ask about licences in this case; null: nobody, whatever its state.</summary>
    public virtual CaseParties? Parties(string state) => null;

    /// <summary>What only a person can say in this case, answered or not.</summary>
    public virtual IReadOnlyList<PersonTask> Tasks(string state) => [];
}

/// <summary>A process with a typed state.</summary>
internal abstract class Process<TState>(JsonTypeInfo<TState> json) : Process
    where TState : class, new()
{
    private readonly RecentStates<TState> recent = new();

    public override string Empty { get; } = JsonSerializer.Serialize(new TState(), json);

    /// <summary>What a state counts for in the ledgers; null: nothing, ever.</summary>
    protected virtual Func<TState, Context, IEnumerable<Figure>>? Figures => null;

    public override Decision Advance(string state, Input input, Context context)
    {
        var before = Read(state);
        var decision = Decide(before, input, context);
        return Figures is not { } figures || decision.State == state ? decision
            : decision with { Notes = [.. decision.Notes, .. Figure.Bookings(figures(before, context), figures(Read(decision.State), context), input)] };
    }

    protected abstract Decision Decide(TState state, Input input, Context context);

    protected Decision To(TState state)
    {
        var text = JsonSerializer.Serialize(state, json);
        recent.Add(text, state);
        return new() { State = text };
    }

    public TState Read(string state) => recent.Find(state) ?? JsonSerializer.Deserialize(state, json)!;
}

/// <summary>
/// States that were just written, by their text: a command's answer comes within milliseconds and would parse the same text again. Only a shortcut; what a text
/// means never depends on it.
/// </summary>
internal sealed class RecentStates<TState>
    where TState : class
{
    private const int Max = 1024;

    private readonly Lock gate = new();
    private readonly Dictionary<string, TState> states = new(Max, StringComparer.Ordinal);
    private readonly Queue<string> order = new(Max);

    public void Add(string text, TState state)
    {
        lock (gate)
        {
            if (!states.TryAdd(text, state))
                return;
            order.Enqueue(text);
            if (order.Count > Max)
                states.Remove(order.Dequeue());
        }
    }

    public TState? Find(string text)
    {
        lock (gate)
            return states.GetValueOrDefault(text);
    }
}
