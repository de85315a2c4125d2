using MassTransit;
using MassTransit.RabbitMqTransport;
using RabbitMQ.Client.Exceptions;

namespace Hub.Dispatch;

/// <summary>
/// Lets an acknowledgement that comes after its channel was closed be nothing: the broker delivers the message again. The library would take the error for a
/// reason to close the channel and wait until all its messages have ended, the one that waits among them; then neither this queue's connection nor the other
/// queues on it ever hear that the broker has gone (MassTransit 8.4, RabbitMQ.Client 7.1).
/// </summary>
internal sealed class LateAcknowledgement : IFilter<ChannelContext>, IEndpointConfigurationObserver
{
    public void EndpointConfigured<T>(T configurator)
        where T : IReceiveEndpointConfigurator
    {
        if (configurator is IRabbitMqReceiveEndpointConfigurator endpoint)
            endpoint.ConfigureChannel(channel => channel.UseFilter(this));
    }

    public Task Send(ChannelContext context, IPipe<ChannelContext> next) => next.Send(new QuietChannel(context));

    public void Probe(ProbeContext context) => context.CreateFilterScope("lateAcknowledgement");

    private sealed class QuietChannel : ScopeChannelContext, ChannelContext
    {
        private readonly ChannelContext channel;

        public QuietChannel(ChannelContext channel)
            : base(channel, channel.CancellationToken) => this.channel = channel;

        async ValueTask ChannelContext.BasicAck(ulong deliveryTag, bool multiple)
        {
            try
            {
                await channel.BasicAck(deliveryTag, multiple);
            }
            catch (Exception error) when (error is OperationInterruptedException or IOException)
            {
                // The message comes again, here or elsewhere, and is known by its releases.
            }
        }
    }
}
