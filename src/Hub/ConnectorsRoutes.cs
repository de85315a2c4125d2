using Hub.Intake;
using Hub.Telemetry;

namespace Hub;

/// <summary>What a process with the connectors alone answers at: whether it lives, whether it works, what it counts.</summary>
internal static class ConnectorsRoutes
{
    public static void Map(WebApplication app)
    {
        app.MapGet("/healthz", () => Results.Text("alive\n"));
        app.MapGet("/readyz", async (HttpContext http, ConnectorsHealth health) =>
        {
            var readiness = health.Check();
            await Answers.WriteAsync(http, readiness.Ready ? 200 : 503, readiness, HealthJson.Default.Readiness);
        });
        app.MapGet("/metrics", (ConnectorsHealth health) => Results.Text(health.Metrics(), "text/plain; version=0.0.4; charset=utf-8"));
    }
}
