using System.Net;
using System.Text;
using Hub.Schemas;

namespace Hub.Connectors.Tests;

/// <summary>Answers in process with what a test says, and keeps what was sent: for answers no simulator gives.</summary>
internal sealed class StubPartner(params Func<HttpRequestMessage, Task<HttpResponseMessage>>[] answers) : HttpMessageHandler
{
    public List<(HttpRequestMessage Message, byte[] Body)> Sent { get; } = [];

    public int Calls { get; private set; }

    public static StubPartner Answering(int status, string body) => new(_ => Task.FromResult(new HttpResponseMessage((HttpStatusCode)status)
    {
        Content = new StringContent(body, Encoding.UTF8, "application/json"),
    }));

    public IConnector As(string kind, Func<ConnectorSettings, ConnectorSettings>? change = null)
    {
        var settings = Partnership.SettingsFor(kind);
        return ConnectorCatalog.Create(change is null ? settings : change(settings), this, new FakeClock());
    }

    public async Task<Answer> DeliverAsync(string kind, Command? command = null) =>
        await As(kind).DeliverAsync(command ?? Commands.Create(kind), TestContext.Current.CancellationToken);

    public async Task<Answer> AskAsync(string kind) => await As(kind).AskAsync(Commands.Create(kind), TestContext.Current.CancellationToken);

    /// <summary>Reads the body as the network would, which is what marks it as having left.</summary>
    public async Task KeepAsync(HttpRequestMessage request) =>
        Sent.Add((request, request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = answers[Math.Min(Calls++, answers.Length - 1)];
        var response = await answer(request);
        await KeepAsync(request);
        return response;
    }
}
