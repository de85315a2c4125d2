using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Hub.Ledger;
using Hub.Telemetry;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Hub.Intake;

/// <summary>
/// Partners' queues: events as CloudEvents over AMQP (structured, or binary with <c>cloudEvents:</c> headers), receipts with the event's or delivery's id
/// as the correlation id. The rules are those of HTTP. A message is acknowledged after its commit; what belongs together is taken one after another.
/// </summary>
internal sealed partial class QueueIntake(
    HubSettings settings, PartnerAuthentication authentication, PublisherRate rate, EventAcceptance acceptance, ReceiptEndpoint receipts, RefusalBook refusals, TimeProvider time, ILogger<QueueIntake> logger) : IAsyncDisposable
{
    // Unacknowledged at once: enough to fill a batch of the engine, few enough to come again after a crash.
    private const ushort Prefetch = 128;

    // AMQP 0-9-1: somebody else consumes it, which only one hub may.
    private const ushort AccessRefused = 403;

    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> consuming = [];
    private int consumed;

    /// <summary>Queues this node consumes now; the others are another node's.</summary>
    public int Consumed => Volatile.Read(ref consumed);

    public void Start()
    {
        consuming.AddRange(settings.Bus.Publishers.Select(queue => Task.Run(() => ConsumeAsync(queue, PrepareEventAsync))));
        consuming.AddRange(settings.Bus.Receipts.Select(queue => Task.Run(() => ConsumeAsync(queue, PrepareReceiptAsync))));
    }

    /// <summary>Takes nothing more and waits for what was taken; the engine must still run.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(consuming);
    }

    public ValueTask DisposeAsync()
    {
        stopping.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>One queue for as long as the node lives: connects, consumes, and begins again whenever that ends.</summary>
    private async Task ConsumeAsync(PartnerQueue queue, Func<PartnerQueue, Message, Task<Prepared>> prepare)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var connection = await Factory(queue).CreateConnectionAsync(stopping.Token);
                await using var session = await QueueSession.OpenAsync(connection, queue, Prefetch, stopping.Token);
                LogConsuming(queue.Queue, queue.Partner);
                Interlocked.Increment(ref consumed);
                try
                {
                    await RunAsync(session, queue, prepare);
                }
                finally
                {
                    Interlocked.Decrement(ref consumed);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (OperationInterruptedException error) when (error.ShutdownReason?.ReplyCode == AccessRefused)
            {
                // Another hub has it; if that one ends, this one is next.
            }
            catch (Exception error)
            {
                LogInterrupted(queue.Queue, error.GetType().Name);
            }

            await PauseAsync(LookAgainAfter);
        }
    }

    private async Task RunAsync(QueueSession session, PartnerQueue queue, Func<PartnerQueue, Message, Task<Prepared>> prepare)
    {
        // The last message of each case: the next of the same case waits for it, and for nothing else.
        var tails = new ConcurrentDictionary<string, Task>(StringComparer.Ordinal);
        try
        {
            await foreach (var message in session.Messages.ReadAllAsync(stopping.Token))
            {
                if (session.Closed)
                    return;
                var (order, submit) = await prepare(queue, message);
                var before = tails.GetValueOrDefault(order, Task.CompletedTask);
                var task = TakeAsync(before, session, queue, message, submit, prepare);
                tails[order] = task;
                if (task.IsCompleted)
                    tails.TryRemove(new(order, task));
                else
                    _ = task.ContinueWith(done => tails.TryRemove(new(order, done)), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
        finally
        {
            await Task.WhenAny(Task.WhenAll(tails.Values), Task.Delay(StopLimit, CancellationToken.None));
        }
    }

    private async Task TakeAsync(
        Task before, QueueSession session, PartnerQueue queue, Message message, Func<Task<Acceptance>> submit, Func<PartnerQueue, Message, Task<Prepared>> prepare)
    {
        await before;
        try
        {
            for (var wait = TimeSpan.FromMilliseconds(500); !session.Closed; wait = wait * 2 < WaitMax ? wait * 2 : WaitMax)
            {
                var taken = await GuardAsync(submit);
                if (taken.Problem is not { } problem || !IsOfTheMoment(problem))
                {
                    await FinishAsync(session, queue, message, taken);
                    return;
                }

                // Nothing was stored: it stays where it is, and so does what comes after it.
                if (stopping.IsCancellationRequested)
                    return;
                await PauseAsync(wait);
                submit = (await prepare(queue, message)).Submit;
            }
        }
        catch (Exception error)
        {
            // It was not acknowledged, so it comes again with the next connection.
            if (!session.Closed)
                LogInterrupted(queue.Queue, error.GetType().Name);
            session.Close();
        }
    }

    private async Task<Acceptance> GuardAsync(Func<Task<Acceptance>> take)
    {
        try
        {
            return await take();
        }
        catch (Exception error) when (EventEndpoint.StoreRefusalOf(error) is { } refusal)
        {
            return new(null, refusal, Repeated: false);
        }
    }

    // What was set aside for inspection would be set aside again and again; it goes back to its sender like anything refused.
    private static bool IsOfTheMoment(Problem problem) => problem.Kind.Retryable && problem.Code != "processing_failed";

    private async Task<Prepared> PrepareEventAsync(PartnerQueue queue, Message message)
    {
        if (message is { IsStructured: false, Headers: null })
            return Refusal(new Problem("unsupported_media_type"));
        if (message.Body.Length > EventReader.EventBytesMax)
            return Refusal(new Problem("too_large"));
        var now = time.GetUtcNow();
        var refused = new Problem("unauthorised");
        foreach (var key in await authentication.KeysOfAsync(queue.Partner, ApiKey.Publish, stopping.Token))
        {
            // A partner may have several keys with different scopes: one of them must allow it.
            var read = message.IsStructured ? EventReader.Structured(message.Body, key, now) : EventReader.Binary(message.Headers!, message.Body, key, now);
            if (read.Problem is not { Status: 403 } forbidden)
            {
                // Before the next message is looked at: a publisher that is too quick waits in its own queue.
                await rate.TakeAsync(key.KeyId, stopping.Token);
                return new(read.Input?.KeyHash.ToString() ?? "", () => acceptance.SubmitAsync(read, key));
            }

            refused = forbidden;
        }

        return Refusal(refused);
    }

    private async Task<Prepared> PrepareReceiptAsync(PartnerQueue queue, Message message)
    {
        if (message.CorrelationId is not { Length: > 0 } id)
            return Refusal(new Problem("not_found"));
        var keys = await authentication.KeysOfAsync(queue.Partner, ApiKey.Receive, stopping.Token);

        // One after another: an event's id and a delivery's may mean the same case.
        return keys.Count == 0 ? Refusal(new Problem("unauthorised")) : new("", () => receipts.TakeReceiptAsync(keys[0], id, message.Body));
    }

    private static Prepared Refusal(Problem problem) => new("", () => Task.FromResult(new Acceptance(null, problem, Repeated: false)));

    private async Task FinishAsync(QueueSession session, PartnerQueue queue, Message message, Acceptance taken)
    {
        byte[] answer;
        if (taken.Problem is { } problem)
        {
            refusals.Note(queue.Partner, problem);
            HubMetrics.EventsRefused.Add(1, new KeyValuePair<string, object?>("code", problem.Code));
            LogRefused(queue.Queue, message.Id, problem.Code);
            answer = JsonSerializer.SerializeToUtf8Bytes(Answers.Body(message.PrefersEnglish, message.Id, problem), IntakeJson.Readable.ProblemBody);
            await session.RefuseAsync(queue, message, answer);
        }
        else
        {
            answer = JsonSerializer.SerializeToUtf8Bytes(taken.Accepted!, IntakeJson.Readable.AcceptedBody);
        }

        if (message.ReplyTo is { Length: > 0 } replyTo)
        {
            if (MayReplyTo(replyTo))
                await session.ReplyAsync(replyTo, message, answer, taken.Problem is null ? "application/json" : "application/problem+json");
            else
                LogNoReply(queue.Queue, message.Id);
        }

        await session.AckAsync(message);
    }

    // The hub may write to every queue; a partner must not use it to write into the hub's own, or another's.
    private bool MayReplyTo(string name) =>
        !name.StartsWith(settings.Bus.Prefix + "-", StringComparison.Ordinal)
        && !settings.Bus.Publishers.Concat(settings.Bus.Receipts).Any(queue => name == queue.Queue || name == queue.Refused);

    private ConnectionFactory Factory(PartnerQueue queue) => new()
    {
        Uri = settings.Bus.Address,
        ClientProvidedName = $"hub intake {queue.Queue}",

        // Beginning again is ours: what was not acknowledged must come again from the start.
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
    };

    private async Task PauseAsync(TimeSpan wait)
    {
        try
        {
            await Task.Delay(wait, time, stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // Stopping: the loops end.
        }
    }

    /// <summary>A message that was read: what it must keep its order with, and the one try to take it in.</summary>
    private sealed record Prepared(string Order, Func<Task<Acceptance>> Submit);

    [LoggerMessage(Level = LogLevel.Information, Message = "Consuming the queue {Queue} of {Partner}")]
    private partial void LogConsuming(string queue, string partner);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The queue {Queue} is not consumed now and will be again: {Fault}")]
    private partial void LogInterrupted(string queue, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Message {MessageId} of the queue {Queue} was refused: {Code}")]
    private partial void LogRefused(string queue, string messageId, string code);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Message {MessageId} of the queue {Queue} asked for its answer in a queue that is not the partner's")]
    private partial void LogNoReply(string queue, string messageId);
}

/// <summary>One message of a partner's queue.</summary>
internal sealed record Message
{
    private const string Structured = "application/cloudevents+json";

    public required ulong Tag { get; init; }

    public required byte[] Body { get; init; }

    public required BasicProperties Properties { get; init; }

    public string? CorrelationId => Properties.CorrelationId;

    public string? ReplyTo => Properties.ReplyTo;

    /// <summary>The sender's name for it; made of printable characters only, for it is logged.</summary>
    public string Id => new([.. (Properties.MessageId ?? "-").Take(64).Select(character => character is > ' ' and <= '~' ? character : '?')]);

    public bool IsStructured => Properties.ContentType?.StartsWith(Structured, StringComparison.OrdinalIgnoreCase) == true;

    public bool PrefersEnglish => Text("accept-language")?.StartsWith("en", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>The event's attributes of the binary mode in the form HTTP has for them; null when it is no such message.</summary>
    public IHeaderDictionary? Headers { get; init; }

    public static Message Of(BasicDeliverEventArgs delivered)
    {
        var message = new Message { Tag = delivered.DeliveryTag, Body = delivered.Body.ToArray(), Properties = new BasicProperties(delivered.BasicProperties) };
        return message with { Headers = message.BinaryHeaders() };
    }

    private string? Text(string name) => Properties.Headers?.TryGetValue(name, out var value) == true ? TextOf(value) : null;

    // Attributes have the prefix of the CloudEvents AMQP binding, with a colon or, where that is not allowed in a name, an underscore.
    private HeaderDictionary? BinaryHeaders()
    {
        if (Properties.Headers is null || (!Properties.Headers.ContainsKey("cloudEvents:specversion") && !Properties.Headers.ContainsKey("cloudEvents_specversion")))
            return null;
        if (Properties.ContentType is { } type && !type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
            return null;
        var headers = new HeaderDictionary { ["content-type"] = Properties.ContentType ?? "application/json" };
        foreach (var (name, value) in Properties.Headers)
        {
            if (name.StartsWith("cloudEvents:", StringComparison.Ordinal) || name.StartsWith("cloudEvents_", StringComparison.Ordinal))
                headers["ce-" + name["cloudEvents:".Length..]] = PercentEncode(TextOf(value));
        }

        return headers;
    }

    private static string TextOf(object? value) => value switch
    {
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        AmqpTimestamp instant => DateTimeOffset.FromUnixTimeSeconds(instant.UnixTime).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string PercentEncode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var part in Encoding.UTF8.GetBytes(text))
        {
            if (part is > (byte)' ' and <= (byte)'~' and not (byte)'%')
                encoded.Append((char)part);
            else
                encoded.Append('%').Append(part.ToString("X2", CultureInfo.InvariantCulture));
        }

        return encoded.ToString();
    }
}

/// <summary>One consumed queue: its messages, their acknowledgement, and a channel of its own for what is sent.</summary>
internal sealed class QueueSession : IAsyncDisposable
{
    private readonly IChannel channel;
    private readonly IChannel sender;
    private readonly Channel<Message> messages = Channel.CreateUnbounded<Message>(new UnboundedChannelOptions { SingleReader = true });

    private QueueSession(IChannel channel, IChannel sender)
    {
        this.channel = channel;
        this.sender = sender;
    }

    public ChannelReader<Message> Messages => messages.Reader;

    public bool Closed { get; private set; }

    public static async Task<QueueSession> OpenAsync(IConnection connection, PartnerQueue queue, ushort prefetch, CancellationToken cancellation)
    {
        // Asked for rather than declared where it exists: its kind and its limits are the operator's.
        foreach (var name in (string[])[queue.Queue, queue.Refused])
            await EnsureAsync(connection, name, cancellation);
        var session = new QueueSession(
            await connection.CreateChannelAsync(cancellationToken: cancellation),
            await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellation));
        session.channel.ChannelShutdownAsync += (_, _) => session.EndAsync();
        session.sender.ChannelShutdownAsync += (_, _) => session.EndAsync();
        await session.channel.BasicQosAsync(0, prefetch, global: false, cancellation);
        var consumer = new AsyncEventingBasicConsumer(session.channel);
        consumer.ReceivedAsync += (_, delivered) =>
        {
            session.messages.Writer.TryWrite(Message.Of(delivered));
            return Task.CompletedTask;
        };

        // The broker ends a consumer whose queue was deleted.
        consumer.UnregisteredAsync += (_, _) => session.EndAsync();

        // Exclusive: two hubs on one queue would each have half of a case's events, in no order.
        await session.channel.BasicConsumeAsync(queue.Queue, autoAck: false, consumerTag: "", noLocal: false, exclusive: true, arguments: null, consumer, cancellation);
        return session;
    }

    public async Task AckAsync(Message message) => await channel.BasicAckAsync(message.Tag, multiple: false);

    /// <summary>Keeps what was refused, as it came, with the reason.</summary>
    public async Task RefuseAsync(PartnerQueue queue, Message message, byte[] problem)
    {
        var properties = new BasicProperties(message.Properties) { Persistent = true };
        properties.Headers = new Dictionary<string, object?>(message.Properties.Headers ?? new Dictionary<string, object?>()) { ["hub-problem"] = problem };
        await sender.BasicPublishAsync("", queue.Refused, mandatory: true, properties, message.Body);
    }

    /// <summary>Answers where the sender asked for it; one who no longer listens is not waited for.</summary>
    public async Task ReplyAsync(string replyTo, Message message, byte[] body, string contentType)
    {
        var properties = new BasicProperties { CorrelationId = message.CorrelationId ?? message.Properties.MessageId, ContentType = contentType };
        await sender.BasicPublishAsync("", replyTo, mandatory: false, properties, body);
    }

    public void Close()
    {
        Closed = true;
        messages.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        Close();
        await channel.DisposeAsync();
        await sender.DisposeAsync();
    }

    private Task EndAsync()
    {
        Close();
        return Task.CompletedTask;
    }

    private static async Task EnsureAsync(IConnection connection, string queue, CancellationToken cancellation)
    {
        var asking = await connection.CreateChannelAsync(cancellationToken: cancellation);
        try
        {
            await asking.QueueDeclarePassiveAsync(queue, cancellation);
        }
        catch (OperationInterruptedException)
        {
            // There is none; the channel ended with the question.
            await using var declaring = await connection.CreateChannelAsync(cancellationToken: cancellation);
            await declaring.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments: null, cancellationToken: cancellation);
        }
        finally
        {
            await asking.DisposeAsync();
        }
    }
}
