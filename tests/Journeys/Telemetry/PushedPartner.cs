using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Hub.Journeys.Telemetry;

/// <summary>A utility's receiver that keeps the headers and bodies it got; answers with the statuses it was told, then 204.</summary>
internal sealed class PushedPartner : IAsyncDisposable
{
    private readonly WebApplication app;

    private PushedPartner(WebApplication app) => this.app = app;

    public ConcurrentQueue<(string? TraceParent, string Id, string Body)> Calls { get; } = new();

    public ConcurrentQueue<(int Status, string Body)> Answers { get; } = new();

    public Uri Address => new(app.Urls.Single());

    public static async Task<PushedPartner> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var partner = new PushedPartner(builder.Build());
        partner.app.MapPost("/", partner.TakeAsync);
        await partner.app.StartAsync();
        return partner;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        Calls.Enqueue((http.Request.Headers.TraceParent, http.Request.Headers["webhook-id"].ToString(), await reader.ReadToEndAsync()));
        var (status, body) = Answers.TryDequeue(out var told) ? told : (204, "");
        http.Response.StatusCode = status;
        if (body.Length > 0)
            await http.Response.WriteAsync(body);
    }
}
