using System.Collections.Concurrent;
using Hub.Dispatch;
using Hub.Journeys.Faults;
using MassTransit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hub.Journeys.Nodes;

/// <summary>One node's connection to the broker, while messages are in work on several of its queues.</summary>
[Collection(FaultCollection.Name)]
public sealed class BusConnectionTests
{
    private static readonly TimeSpan BackLimit = TimeSpan.FromSeconds(90);

    // In order the broker closes one connection after another: what one node still sends over the one lets messages end that came over the other, at the very
    // moment at which that one is closed. Here they end because it is closed.
    [Fact]
    public async Task Every_queue_is_consumed_again_when_messages_end_while_the_broker_closes_their_channel()
    {
        string[] queues = ["first", "second"];
        await using var broker = await Broker.StartAsync();
        var settings = new BusSettings { Url = broker.Url, Prefix = $"t{Guid.NewGuid():N}"[..12] };
        var begun = new ConcurrentDictionary<(string Queue, Guid Message), bool>();
        var bus = MessageBus.Create(settings, NullLoggerFactory.Instance, configure =>
        {
            foreach (var queue in queues)
            {
                configure.ReceiveEndpoint($"{settings.Prefix}-{queue}", endpoint =>
                {
                    endpoint.ConfigureConsumeTopology = false;
                    endpoint.PrefetchCount = 8;
                    endpoint.ConcurrentMessageLimit = 8;
                    endpoint.Handler<Presence>(async context =>
                    {
                        begun[(queue, context.Message.Node)] = true;
                        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                        using var registration = context.CancellationToken.Register(closed.SetResult);
                        await closed.Task;
                    });
                });
            }
        });
        var sending = MessageBus.CreateForSending(settings, NullLoggerFactory.Instance);
        await bus.StartAsync();
        await sending.StartAsync();

        foreach (var queue in queues.SelectMany(queue => new[] { queue, queue, queue }))
            await SendAsync(queue, Guid.NewGuid());
        await Until.TrueAsync(() => Task.FromResult(begun.Count == 6), "all messages are in work");
        await Broker.StopAsync();
        await Broker.StartAgainAsync();
        var last = Guid.NewGuid();
        foreach (var queue in queues)
            await Until.TrueAsync(() => TrySendAsync(queue, last), "the broker takes messages again", BackLimit);
        foreach (var queue in queues)
            await Until.TrueAsync(() => Task.FromResult(begun.ContainsKey((queue, last))), $"the {queue} queue is consumed again", BackLimit);
        await Task.WhenAny(Task.WhenAll(bus.StopAsync(), sending.StopAsync()), Task.Delay(TimeSpan.FromSeconds(5)));

        async Task SendAsync(string queue, Guid message)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            var endpoint = await sending.GetSendEndpoint(new Uri($"queue:{settings.Prefix}-{queue}"));
            await endpoint.Send(new Presence(message, []), limit.Token);
        }

        async Task<bool> TrySendAsync(string queue, Guid message)
        {
            try
            {
                await SendAsync(queue, message);
                return true;
            }
            catch (Exception)
            {
                return false;
            }
        }
    }
}
