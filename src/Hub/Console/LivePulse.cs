using Hub.Dispatch;
using Hub.Ledger;
using Npgsql;

namespace Hub.Console;

/// <summary>
/// <c>/live</c>: tells open pages that something changed, by server-sent events; they fetch their parts again by themselves. One look every two seconds for
/// all of them, none while nobody listens.
/// </summary>
internal sealed class LivePulse(LedgerQueries queries, Operators operators, ILanes lanes, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    // A session that was ended stops listening within this time.
    private const int BeatsOfASession = 5;

    private readonly SemaphoreSlim looking = new(1, 1);
    private string version = "";
    private DateTimeOffset freshUntil;

    public async Task ListenAsync(HttpContext http)
    {
        var (_, session) = SessionAuthentication.Of(http);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        var seen = await VersionAsync();
        try
        {
            await http.Response.WriteAsync("retry: 5000\n\n", ending.Token);
            for (var beat = 1; !ending.IsCancellationRequested; beat++)
            {
                await http.Response.Body.FlushAsync(ending.Token);
                await Task.Delay(Every, time, ending.Token);
                if (beat % BeatsOfASession == 0 && !(await operators.SessionsAsync(session.Operator)).Any(open => open.Id == session.Id))
                    return;
                var now = await VersionAsync();
                await http.Response.WriteAsync(now == seen ? ": beat\n\n" : "event: changed\ndata: \n\n", ending.Token);
                seen = now;
            }
        }
        catch (Exception error) when (error is OperationCanceledException or NpgsqlException or TimeoutException or IOException)
        {
            // The page asks again by itself.
        }
    }

    private async Task<string> VersionAsync()
    {
        await looking.WaitAsync();
        try
        {
            if (time.GetUtcNow() >= freshUntil)
            {
                version = $"{await queries.HeadAsync()} {string.Join(',', lanes.All.Select(lane => $"{lane.BreakerState}{lane.PausedReason}"))}";
                freshUntil = time.GetUtcNow() + Every;
            }

            return version;
        }
        finally
        {
            looking.Release();
        }
    }
}
