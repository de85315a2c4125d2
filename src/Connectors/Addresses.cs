using System.Net;
using System.Net.Sockets;

namespace Hub.Connectors;

/// <summary>Which addresses may be called at the wish of a person. Link-local and multicast addresses, and those where clouds keep their credentials, never are.</summary>
public enum Reach
{
    /// <summary>Addresses of the internet alone.</summary>
    Public,

    /// <summary>Private networks too: utilities are mostly reached over a city's own network.</summary>
    Private,

    /// <summary>This machine too, for demonstrations.</summary>
    Local,
}

/// <summary>Keeps an address that a person typed from leading to what is not a partner: the name is looked up once, and what was looked at is what is called.</summary>
public static class Addresses
{
    private static readonly IPNetwork[] Never = Networks("0.0.0.0/8", "169.254.0.0/16", "100.100.100.200/32", "192.0.0.192/32", "224.0.0.0/3", "::/128", "fe80::/10", "fec0::/10", "ff00::/8", "fd00:ec2::254/128");
    private static readonly IPNetwork[] Local = Networks("127.0.0.0/8", "::1/128");
    private static readonly IPNetwork[] Private = Networks("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "fc00::/7");
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");

    public static bool Allows(Reach reach, IPAddress address)
    {
        // The same host in another dress.
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : Translated.Contains(address) ? new IPAddress(address.GetAddressBytes()[12..]) : address;
        return !Array.Exists(Never, network => network.Contains(plain))
            && (reach >= Reach.Local || !Array.Exists(Local, network => network.Contains(plain)))
            && (reach >= Reach.Private || !Array.Exists(Private, network => network.Contains(plain)));
    }

    /// <summary>True when a partner of this address could be called; also when its name cannot be looked up now, which the first call will tell.</summary>
    public static async Task<bool> AllowsAsync(Reach reach, Uri address, CancellationToken cancellation)
    {
        try
        {
            return (await Dns.GetHostAddressesAsync(address.IdnHost, cancellation)).Any(found => Allows(reach, found));
        }
        catch (Exception unknown) when (unknown is SocketException or ArgumentException)
        {
            return true;
        }
    }

    /// <summary>Connects to the first address of the name that may be called.</summary>
    /// <exception cref="HttpRequestException">None may; nothing has left us.</exception>
    internal static async ValueTask<Stream> ConnectAsync(Reach reach, DnsEndPoint end, CancellationToken cancellation)
    {
        var allowed = (await Dns.GetHostAddressesAsync(end.Host, cancellation)).Where(address => Allows(reach, address)).ToArray();
        if (allowed.Length == 0)
            throw new HttpRequestException(HttpRequestError.ConnectionError, "No address of this name may be called.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, end.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static IPNetwork[] Networks(params string[] networks) => [.. networks.Select(IPNetwork.Parse)];
}
