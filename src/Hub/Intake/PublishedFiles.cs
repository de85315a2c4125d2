using System.Net;
using System.Text;

namespace Hub.Intake;

/// <summary>The files that partners read: the interface description and the schemas, as they lie beside the program.</summary>
internal static class PublishedFiles
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "schemas");

    private static readonly Dictionary<string, string> Schemas = Directory.Exists(Folder)
        ? Directory.EnumerateFiles(Folder, "*.schema.json", SearchOption.AllDirectories).ToDictionary(file => Path.GetFileName(file), StringComparer.Ordinal)
        : [];

    /// <summary>An example of an event, as it is sent; null when there is none.</summary>
    /// <param name="type">One of <see cref="Hub.Schemas.EventTypes"/>; never what somebody typed.</param>
    public static string? Example(string type) => Path.Combine(Folder, "examples", $"{type}.json") is var file && File.Exists(file) ? File.ReadAllText(file) : null;

    public static Task SendAsync(HttpContext http, string name) => SendFileAsync(http, Path.Combine(Folder, name), "application/json; charset=utf-8");

    public static Task ListSchemasAsync(HttpContext http)
    {
        http.Response.ContentType = "application/json; charset=utf-8";
        return http.Response.WriteAsync($"[{string.Join(",", Schemas.Keys.Order(StringComparer.Ordinal).Select(name => $"\"/schemas/{name}\""))}]");
    }

    /// <param name="http">The request.</param>
    /// <param name="name">An event type, or a record's name, with or without <c>.json</c>.</param>
    public static async Task SendSchemaAsync(HttpContext http, string name)
    {
        // Looked up, never joined to a path: whatever is asked for, only these files are sent.
        var plain = name.EndsWith(".json", StringComparison.Ordinal) ? name[..^5] : name;
        plain = plain.EndsWith(".schema", StringComparison.Ordinal) ? plain[..^7] : plain;
        if (Schemas.TryGetValue($"{plain}.schema.json", out var file))
            await SendFileAsync(http, file, "application/schema+json; charset=utf-8");
        else
            await Answers.WriteAsync(http, new Problem("not_found"));
    }

    private static async Task SendFileAsync(HttpContext http, string file, string contentType)
    {
        http.Response.ContentType = contentType;
        http.Response.Headers.CacheControl = "public, max-age=300";
        await http.Response.SendFileAsync(file, http.RequestAborted);
    }
}

/// <summary>What a problem code means and what to do, for people, in both languages.</summary>
internal static class ProblemPages
{
    public static async Task SendAsync(HttpContext http, string code)
    {
        if (ProblemKinds.Find(code) is not { } kind)
        {
            await Answers.WriteAsync(http, new Problem("not_found"));
            return;
        }

        http.Response.ContentType = "text/html; charset=utf-8";
        await http.Response.WriteAsync(Page(kind), Encoding.UTF8, http.RequestAborted);
    }

    private static string Page(ProblemKind kind) => $"""
        <!DOCTYPE html>
        <html lang="zh-CN">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{kind.Code} · Hub</title></head>
        <body>
        <main>
        <h1><code>{WebUtility.HtmlEncode(kind.Code)}</code> · HTTP {kind.Status}</h1>
        <h2>{WebUtility.HtmlEncode(kind.TitleZh)}</h2>
        <p>{WebUtility.HtmlEncode(kind.AdviceZh)}</p>
        <p>{(kind.Retryable ? "可以用相同报文重试。" : "重发相同报文不会成功。")}</p>
        <section lang="en">
        <h2>{WebUtility.HtmlEncode(kind.TitleEn)}</h2>
        <p>{WebUtility.HtmlEncode(kind.AdviceEn)}</p>
        <p>{(kind.Retryable ? "The same request may be repeated." : "Repeating the same request will not help.")}</p>
        </section>
        </main>
        </body>
        </html>
        """;
}
