using System.Net.Sockets;
using System.Text;

namespace Hub;

/// <summary>Tells systemd how far the service is (sd_notify(3)), where systemd asked to be told.</summary>
// A message of a few bytes to a socket; a package for it would bring a second form of log lines along.
internal static class ServiceManager
{
    public static void Follow(IHostApplicationLifetime lifetime)
    {
        lifetime.ApplicationStarted.Register(() => Tell("READY=1"));
        lifetime.ApplicationStopping.Register(() => Tell("STOPPING=1"));
    }

    private static void Tell(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 0 } address)
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // An address that begins with @ is one without a file.
            socket.Connect(new UnixDomainSocketEndPoint(address[0] == '@' ? '\0' + address[1..] : address));
            socket.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (SocketException)
        {
            // Nobody listens any more: that is no reason not to run.
        }
    }
}
