using System.Text.Encodings.Web;

namespace Hub.Console;

/// <summary>A page for when there is no page: it needs neither the database nor a session.</summary>
internal static class ErrorPage
{
    /// <summary>True when a person's browser waits for a page.</summary>
    public static bool IsWanted(HttpContext http) =>
        http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase) && !http.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal);

    /// <param name="http">The request; one that was under way when it failed is answered all the same.</param>
    /// <param name="status">HTTP status.</param>
    /// <param name="word">Key of the sentence that says what is wrong.</param>
    /// <param name="detail">What more there is to say.</param>
    public static Task WriteAsync(HttpContext http, int status, string word, string? detail = null)
    {
        var english = Preferences.English(http);
        var encode = HtmlEncoder.Create(System.Text.Unicode.UnicodeRanges.All);
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/html; charset=utf-8";
        ConsoleHeaders.Write(http.Response.Headers);
        return http.Response.WriteAsync($"""
            <!DOCTYPE html>
            <html lang="{(english ? "en" : "zh-CN")}" data-bs-theme="{Preferences.Theme(http)}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{status} · Hub</title>
            <link rel="stylesheet" href="/lib/tabler.min.css">
            <link rel="stylesheet" href="/hub.css">
            </head>
            <body class="alone">
            <main class="card card-body">
            <h1>{encode.Encode(Labels.Of(word, english))}</h1>
            <p>{encode.Encode(detail ?? Labels.Of($"{word}_more", english))}</p>
            <p class="text-secondary">{encode.Encode(Labels.Of("request", english))} <code>{encode.Encode(http.TraceIdentifier)}</code></p>
            <p><a class="btn btn-primary" href="{(http.Request.Method == "GET" ? encode.Encode($"{http.Request.Path}{http.Request.QueryString}") : "/")}">{encode.Encode(Labels.Of("again", english))}</a>
            <a class="btn" href="/">{encode.Encode(Labels.Of("nav_overview", english))}</a></p>
            </main>
            </body>
            </html>
            """);
    }
}
