using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Hub.Console;

/// <summary>A page behind sign-in.</summary>
internal abstract class ConsolePage(Frame frame) : PageModel
{
    public const int ReasonMax = 200;

    public Frame F { get; } = frame;

    public HubOperator Me => SessionAuthentication.Of(HttpContext).Operator;

    /// <summary>The partner whose data alone is shown; null: everything.</summary>
    public string? Scope => Me.Partner;

    /// <summary>What an action that failed says; null: none did.</summary>
    public string? Failure { get; private set; }

    public override void OnPageHandlerExecuting(PageHandlerExecutingContext context) => Preferences.Keep(HttpContext);

    /// <summary>One line without control characters, so that nothing a person types can look like another line of an entry of the log.</summary>
    protected static string OneLine(string? text) => new([.. (text ?? "").Trim().Select(one => char.IsControl(one) || one is '\u2028' or '\u2029' ? ' ' : one)]);

    /// <summary>The page that says which role is missing.</summary>
    protected static IActionResult Missing(string role) => new MissingRole(role);

    /// <summary>Back to the page, with what was done said on it.</summary>
    protected IActionResult Done(string what, string? path = null) => Redirect($"{path ?? Request.Path}?done={what}");

    /// <summary>This page again, saying what went wrong.</summary>
    protected IActionResult Failed(string what, int status = 409)
    {
        // The engine names the delivery that comes first, which a person finds in the case.
        Failure = Labels.KeyOf(what);
        Response.StatusCode = status;
        return Page();
    }

    private sealed class MissingRole(string role) : IActionResult
    {
        public Task ExecuteResultAsync(ActionContext context)
        {
            var english = Preferences.English(context.HttpContext);
            return ErrorPage.WriteAsync(context.HttpContext, 403, "state_forbidden", string.Format(System.Globalization.CultureInfo.InvariantCulture, Labels.Of("state_forbidden_role", english), Labels.Of($"role_{role}", english)));
        }
    }
}
