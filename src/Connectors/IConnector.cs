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
