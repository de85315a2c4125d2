namespace Hub.Console;

/// <summary>Language and theme of a browser: chosen once by a link, kept in a cookie.</summary>
internal static class Preferences
{
    private const string LanguageCookie = "hub_lang";
    private const string ThemeCookie = "hub_theme";

    /// <summary>What was chosen; else what the browser prefers; else Chinese.</summary>
    public static bool English(HttpContext http) => Chosen(http, "lang", LanguageCookie, "zh", "en") switch
    {
        "en" => true,
        "zh" => false,
        _ => Intake.Answers.PrefersEnglish(http),
    };

    public static string Theme(HttpContext http) => Chosen(http, "theme", ThemeCookie, "light", "dark") ?? "light";

    /// <summary>Keeps what the address chooses.</summary>
    public static void Keep(HttpContext http)
    {
        foreach (var (name, cookie) in new[] { ("lang", LanguageCookie), ("theme", ThemeCookie) })
        {
            if (http.Request.Query[name].ToString() is "zh" or "en" or "light" or "dark")
                http.Response.Cookies.Append(cookie, http.Request.Query[name].ToString(), KeptCookie(http));
        }
    }

    private static CookieOptions KeptCookie(HttpContext http)
    {
        var options = SessionAuthentication.CookieOptionsOf(http);
        options.MaxAge = TimeSpan.FromDays(365);
        return options;
    }

    private static string? Chosen(HttpContext http, string name, string cookie, params string[] allowed) =>
        allowed.FirstOrDefault(word => http.Request.Query[name] == word) ?? allowed.FirstOrDefault(word => http.Request.Cookies[cookie] == word);
}
