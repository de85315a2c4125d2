using Hub.Schemas;

namespace Hub.Connectors;

/// <summary>The translator for one partner system. It never throws for what a partner does: every outcome is an <see cref="Answer"/>.</summary>
public interface IConnector
{
    /// <summary>True when <see cref="AskAsync"/> can tell whether an earlier attempt took effect.</summary>
    bool CanBeAsked { get; }

    /// <summary>Makes one attempt.</summary>
    Task<Answer> DeliverAsync(Command command, CancellationToken cancellation);

    /// <summary>
    /// Asks whether the partner has the command already: <see cref="Outcome.Taken"/> when it has, <see cref="Outcome.Unavailable"/> with
    /// <see cref="AnswerReasons.NotSeen"/> when it surely has not, <see cref="Outcome.Unknown"/> otherwise.
    /// </summary>
    Task<Answer> AskAsync(Command command, CancellationToken cancellation);
}

/// <summary>A connector whose partner takes several commands in one call and answers for each.</summary>
public interface IBatchConnector : IConnector
{
    /// <summary>Makes one attempt for all of them: the heads of as many lanes, so the order of no lane depends on it.</summary>
    /// <returns>One answer per command, in their order.</returns>
    Task<IReadOnlyList<Answer>> DeliverAsync(IReadOnlyList<Command> commands, CancellationToken cancellation);
}
