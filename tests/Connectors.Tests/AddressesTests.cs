using System.Net;
using Hub.Simulators;

namespace Hub.Connectors.Tests;

public sealed class AddressesTests
{
    [Theory]
    [InlineData("203.0.113.7", Reach.Public)]
    [InlineData("2001:db8::1", Reach.Public)]
    [InlineData("10.20.30.40", Reach.Private)]
    [InlineData("172.31.0.1", Reach.Private)]
    [InlineData("192.168.1.1", Reach.Private)]
    [InlineData("100.64.0.1", Reach.Private)]
    [InlineData("fd12::1", Reach.Private)]
    [InlineData("::ffff:10.0.0.1", Reach.Private)]
    [InlineData("64:ff9b::a00:1", Reach.Private)]
    [InlineData("127.0.0.1", Reach.Local)]
    [InlineData("::1", Reach.Local)]
    [InlineData("::ffff:127.0.0.1", Reach.Local)]
    public void An_address_may_be_called_from_its_reach_on(string address, Reach least) =>
        Assert.Equal(Enum.GetValues<Reach>().Select(reach => reach >= least), Enum.GetValues<Reach>().Select(reach => Addresses.Allows(reach, IPAddress.Parse(address))));

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("100.100.100.200")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("ff02::1")]
    public void Where_no_partner_is_nobody_is_called(string address) =>
        Assert.All(Enum.GetValues<Reach>(), reach => Assert.False(Addresses.Allows(reach, IPAddress.Parse(address))));

    [Fact]
    public async Task What_a_name_leads_to_is_looked_at_for_every_connection()
    {
        await using var simulators = await SimulatorHost.StartAsync(
            new SimulatorSettings { Partners = [new() { Name = "x", Kind = "webhook", Secret = "whsec_" + Convert.ToBase64String(new byte[32]) }] }, TestContext.Current.CancellationToken);
        var port = simulators.AddressOf("x").Port;
        using var allowed = Handler(Reach.Local);
        using var refused = Handler(Reach.Private);

        using var answer = await SendAsync(allowed, port);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(refused, port));
    }

    private static SocketsHttpHandler Handler(Reach reach) => PartnerHttp.CreateHandler(new() { Name = "x", Kind = ConnectorCatalog.Webhook }, reach);

    private static async Task<HttpResponseMessage> SendAsync(SocketsHttpHandler handler, int port)
    {
        using var http = new HttpMessageInvoker(handler, disposeHandler: false);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://localhost:{port}/");
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
