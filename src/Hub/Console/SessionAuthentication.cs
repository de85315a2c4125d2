using System.Security.Claims;
using System.Text.Encodings.Web;
using Hub.Ledger;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Hub.Console;

/// <summary>Who a browser is: its cookie names a session in the database, so a session that was ended is refused by the next request.</summary>
internal sealed class SessionAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, Operators operators)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "session";

    private const string Cookie = "hub_session";

    /// <summary>The operator of a request that was let in.</summary>
    public static (HubOperator Operator, OperatorSession Session) Of(HttpContext http) =>
        ((HubOperator, OperatorSession)?)http.Items[Cookie] ?? throw new InvalidOperationException("Nobody is signed in.");

    public static HubOperator? Find(HttpContext http) => ((HubOperator Operator, OperatorSession)?)http.Items[Cookie] is { } found ? found.Operator : null;

    public static void Remember(HttpContext http, string token) => http.Response.Cookies.Append(Cookie, token, CookieOptionsOf(http));

    public static void Forget(HttpContext http) => http.Response.Cookies.Delete(Cookie, CookieOptionsOf(http));

    /// <summary>Cookies of the console never travel to or from other sites; over https they stay there, also behind a proxy that ends it.</summary>
    public static CookieOptions CookieOptionsOf(HttpContext http) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = http.Request.IsHttps || http.Request.Headers["X-Forwarded-Proto"] == "https",
        Path = "/",
        IsEssential = true,
    };

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Cookies[Cookie] is not { Length: > 0 } token || await operators.SessionAsync(token) is not { } found)
            return AuthenticateResult.NoResult();
        Context.Items[Cookie] = ((HubOperator, OperatorSession)?)found;
        var identity = new ClaimsIdentity([new(ClaimTypes.Name, found.Operator.Name), .. found.Operator.Roles.Select(role => new Claim(ClaimTypes.Role, role))], Scheme.Name);
        return AuthenticateResult.Success(new(new ClaimsPrincipal(identity), Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // A part of a page that is fetched again sends the whole page to sign in.
        var back = HttpMethods.IsGet(Request.Method) && !Request.Headers.ContainsKey("HX-Request") ? $"{Request.Path}{Request.QueryString}" : "/";
        var to = back == "/" ? "/sign-in" : $"/sign-in?back={Uri.EscapeDataString(back)}";
        if (Request.Headers.ContainsKey("HX-Request") || Request.Path == "/live")
        {
            Response.StatusCode = 401;
            Response.Headers["HX-Redirect"] = to;
        }
        else
        {
            Response.Redirect(to);
        }

        return Task.CompletedTask;
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => ErrorPage.WriteAsync(Context, 403, "state_forbidden");
}
