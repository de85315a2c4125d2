using System.Collections.Concurrent;
using System.Security.Cryptography;
using Hub.Schemas;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Hub.Connectors.UtilityCrm;

/// <summary>
/// A utility that takes its events from a queue of its own (AMQP 0-9-1, CloudEvents in structured mode): the same body, id and signatures as a webhook.
/// It has the event once its broker has confirmed it; what no queue takes comes back and is tried again.
/// </summary>
internal sealed class QueueConnector(ConnectorSettings settings, TimeProvider clock) : IConnector
{
    // AMQP 0-9-1: reply code of a message that no queue would take.
    private const string NoRoute = "312";

    private readonly WebhookSigner signer = new(settings);
    private readonly ConcurrentBag<IChannel> idle = [];
    private readonly SemaphoreSlim connecting = new(1, 1);
    private IConnection? connection;

    /// <summary>A queue answers no questions; its reader drops repeats by the id.</summary>
    public bool CanBeAsked => false;

    public async Task<Answer> DeliverAsync(Command command, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var started = clock.GetTimestamp();
        var body = CommandEvent.BodyOf(command);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(settings.TimeoutSeconds), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var (channel, trouble) = await ChannelAsync(either.Token, cancellation);
        var answer = channel is null ? trouble! : await PublishAsync(channel, command, body, either.Token, cancellation);
        return answer with
        {
            RequestDigest = channel is null ? ReadOnlyMemory<byte>.Empty : SHA256.HashData(body),
            Elapsed = clock.GetElapsedTime(started),
        };
    }

    public Task<Answer> AskAsync(Command command, CancellationToken cancellation) =>
        throw new NotSupportedException($"Connector '{settings.Name}' cannot be asked about command {command.Id}.");

    private async Task<Answer> PublishAsync(IChannel channel, Command command, byte[] body, CancellationToken limit, CancellationToken cancellation)
    {
        var properties = new BasicProperties
        {
            MessageId = command.Id.ToString("D"),
            ContentType = "application/cloudevents+json",
            Persistent = true,
            Headers = signer.HeadersOf(command, body, clock.GetUtcNow()).Where(header => header.Value is not null).ToDictionary(header => header.Name, header => (object?)header.Value),
        };
        try
        {
            await channel.BasicPublishAsync("", settings.Queue!, mandatory: true, properties, body, limit);
            idle.Add(channel);
            return Answer.Taken();
        }
        catch (PublishException fault)
        {
            idle.Add(channel);

            // Not taken is what a full queue says: like a partner that asks for fewer calls.
            return fault.IsReturn ? Answer.Unavailable(AnswerReasons.NotFound, NoRoute) : Answer.Unavailable(AnswerReasons.Throttled) with { Throttle = true };
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            await DiscardAsync(channel);
            return Answer.Unknown(AnswerReasons.TimedOut);
        }
        catch (Exception fault) when (fault is OperationInterruptedException or IOException or ObjectDisposedException)
        {
            await DiscardAsync(channel);
            return Answer.Unknown(AnswerReasons.ConnectionLost);
        }
    }

    /// <summary>A channel for one publisher at a time, or why there is none: then nothing left.</summary>
    private async Task<(IChannel? Channel, Answer? Trouble)> ChannelAsync(CancellationToken limit, CancellationToken cancellation)
    {
        while (idle.TryTake(out var kept))
        {
            if (kept.IsOpen)
                return (kept, null);
            await DiscardAsync(kept);
        }

        try
        {
            await connecting.WaitAsync(limit);
            try
            {
                if (connection is not { IsOpen: true })
                {
                    if (connection is not null)
                        await connection.DisposeAsync();
                    connection = null;
                    connection = await Factory().CreateConnectionAsync(limit);
                }

                return (await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), limit), null);
            }
            finally
            {
                connecting.Release();
            }
        }
        catch (BrokerUnreachableException fault) when (fault.InnerException is AuthenticationFailureException or PossibleAuthenticationFailureException)
        {
            return (null, Answer.Unavailable(AnswerReasons.Unauthorised));
        }
        catch (Exception fault) when (fault is BrokerUnreachableException or OperationInterruptedException or IOException or TimeoutException
            || (fault is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return (null, Answer.Unavailable(AnswerReasons.Unreachable));
        }
    }

    // Recovery is ours: the next attempt connects anew, and the schedule says when that is.
    private ConnectionFactory Factory() => new()
    {
        Uri = settings.Address!,
        UserName = settings.AppKey!,
        Password = settings.Password!,
        ClientProvidedName = $"hub {settings.Name}",
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
        RequestedConnectionTimeout = TimeSpan.FromSeconds(settings.ConnectTimeoutSeconds),
        ContinuationTimeout = TimeSpan.FromSeconds(settings.TimeoutSeconds),
    };

    private static async Task DiscardAsync(IChannel channel)
    {
        try
        {
            await channel.DisposeAsync();
        }
        catch (Exception fault) when (fault is OperationInterruptedException or IOException or TimeoutException or OperationCanceledException)
        {
            // It is gone, which is all that is wanted.
        }
    }
}
