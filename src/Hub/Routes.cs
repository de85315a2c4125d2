using Hub.Intake;
using Hub.Telemetry;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;

namespace Hub;

/// <summary>Every address the hub answers at; a test holds openapi.json against this list.</summary>
internal static partial class Routes
{
    public static void Map(WebApplication app)
    {
        app.UseExceptionHandler(errors => errors.Run(WriteErrorAsync));
        app.Use(WriteBareStatusAsync);
        app.UseStaticFiles(new StaticFileOptions { OnPrepareResponse = Console.ConsoleServices.PrepareFile });
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.Use(Console.ConsoleServices.PreparePage);

        app.MapPost("/api/v1/events", (HttpContext http, EventEndpoint endpoint) => endpoint.PostAsync(http));
        app.MapGet("/api/v1/events", (HttpContext http, ReceiptEndpoint endpoint) => endpoint.ListAsync(http));
        app.MapGet("/api/v1/events/{id}", (HttpContext http, ReceiptEndpoint endpoint, string id) => endpoint.GetAsync(http, id));
        app.MapGet("/api/v1/events/{id}/receipts", (HttpContext http, ReceiptEndpoint endpoint, string id) => endpoint.GetReceiptsAsync(http, id));
        app.MapPost("/api/v1/events/{id}/receipts", (HttpContext http, ReceiptEndpoint endpoint, string id) => endpoint.PostReceiptAsync(http, id));

        app.MapGet("/api/v1/feeds/{feed}", (HttpContext http, FeedEndpoint endpoint, string feed) => endpoint.GetAsync(http, feed));
        app.MapPost("/api/v1/feeds/{feed}/ack", (HttpContext http, FeedEndpoint endpoint, string feed) => endpoint.AckAsync(http, feed));
        app.MapPost("/api/v1/feeds/{feed}/seek", (HttpContext http, FeedEndpoint endpoint, string feed) => endpoint.SeekAsync(http, feed));
        app.MapGet("/api/v1/feeds/{feed}/gaps", (HttpContext http, FeedEndpoint endpoint, string feed) => endpoint.GapsAsync(http, feed));

        app.MapPost("/api/v1/applications", (HttpContext http, DossierEndpoint endpoint) => endpoint.OpenAsync(http));
        app.MapPost("/api/v1/applications/{id}/documents", (HttpContext http, DossierEndpoint endpoint, string id) => endpoint.CollectAsync(http, id));
        app.MapGet("/api/v1/applications/{id}/documents", (HttpContext http, DossierEndpoint endpoint, string id) => endpoint.DocumentsAsync(http, id));
        app.MapPost("/api/v1/consents", (HttpContext http, DossierEndpoint endpoint) => endpoint.ConsentAsync(http));
        app.MapPost("/api/v1/consents/{id}/withdrawal", (HttpContext http, DossierEndpoint endpoint, string id) => endpoint.WithdrawAsync(http, id));
        app.MapPost("/api/v1/licence-queries", (HttpContext http, DossierEndpoint endpoint) => endpoint.AskAsync(http));
        app.MapGet("/api/v1/licence-queries/{id}", (HttpContext http, DossierEndpoint endpoint, string id) => endpoint.GetAsync(http, id));
        app.MapGet("/api/v1/document-requirements", (HttpContext http, DossierEndpoint endpoint) => endpoint.RequirementsAsync(http));
        app.MapPost("/api/v1/disclosures/query", (HttpContext http, DossierEndpoint endpoint) => endpoint.DisclosuresAsync(http));

        app.MapGet("/api/v1/guide", (HttpContext http, GuideEndpoint endpoint) => endpoint.GetAsync(http));
        app.MapGet("/api/v1/applications/{no}/progress", (HttpContext http, ProgressEndpoint endpoint, string no) => endpoint.GetAsync(http, no));
        app.MapGet("/api/v1/ledgers", (HttpContext http, LedgerEndpoint endpoint) => endpoint.ListAsync(http));
        app.MapGet("/api/v1/ledgers/{id}", (HttpContext http, LedgerEndpoint endpoint, string id) => endpoint.GetAsync(http, id));

        app.MapGet("/openapi.json", (HttpContext http) => PublishedFiles.SendAsync(http, "openapi.json"));
        app.MapGet("/schemas", (HttpContext http) => PublishedFiles.ListSchemasAsync(http));
        app.MapGet("/schemas/{name}", (HttpContext http, string name) => PublishedFiles.SendSchemaAsync(http, name));
        app.MapGet("/problems/{code}", (HttpContext http, string code) => ProblemPages.SendAsync(http, code));

        app.MapGet("/healthz", () => Results.Text("alive\n"));
        app.MapGet("/readyz", async (HttpContext http, Health health) =>
        {
            var readiness = await health.CheckAsync(http.RequestAborted);
            await Answers.WriteAsync(http, readiness.Ready ? 200 : 503, readiness, HealthJson.Default.Readiness);
        });
        app.MapGet("/metrics", async (Health health) => Results.Text(await health.MetricsAsync(), "text/plain; version=0.0.4; charset=utf-8"));
        Console.ConsoleServices.Map(app);
    }

    // What the framework refuses by itself (too large a body, a broken request) is told in the same form as everything else.
    private static Task WriteErrorAsync(HttpContext http)
    {
        var error = http.Features.Get<IExceptionHandlerFeature>()?.Error;
        var logger = http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Hub.Routes");
        if (error is TimeoutException or NpgsqlException { IsTransient: true })
            LogAway(logger, error.Message);
        else if (error is not (null or BadHttpRequestException))
            LogFailed(logger, FaultText.Of(error));
        if (Console.ErrorPage.IsWanted(http))
            return error is NpgsqlException or TimeoutException ? Console.ErrorPage.WriteAsync(http, 503, "state_away") : Console.ErrorPage.WriteAsync(http, 500, "state_fault");
        return Answers.WriteAsync(http, error switch
        {
            BadHttpRequestException { StatusCode: 413 } => new Problem("too_large"),
            BadHttpRequestException => new Problem("bad_json", Detail: "The request could not be read to its end."),
            NpgsqlException or TimeoutException => new Problem("ledger_unavailable", RetryAfterSeconds: 5),
            _ => new Problem("processing_failed", RetryAfterSeconds: 60),
        });
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A request was refused because the database is away: {Reason}")]
    private static partial void LogAway(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed by our own fault: {Fault}")]
    private static partial void LogFailed(ILogger logger, string fault);

    private static async Task WriteBareStatusAsync(HttpContext http, RequestDelegate next)
    {
        await next(http);
        if (http.Response.HasStarted || http.Response.ContentLength > 0 || http.Response.ContentType is not null)
            return;
        if (http.Response.StatusCode is 400 or 404 && Console.ErrorPage.IsWanted(http))
            await Console.ErrorPage.WriteAsync(http, http.Response.StatusCode, http.Response.StatusCode == 404 ? "state_not_found" : "state_bad_form");
        else if (http.Response.StatusCode == 404)
            await Answers.WriteAsync(http, new Problem("not_found"));
        else if (http.Response.StatusCode == 405)
            await Answers.WriteAsync(http, new Problem("method_not_allowed"));
    }
}
