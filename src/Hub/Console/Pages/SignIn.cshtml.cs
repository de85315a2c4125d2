using Hub.Ledger;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Hub.Console.Pages;

/// <summary>Name, password and, where it is set up, a one-time code. What was wrong is not told.</summary>
[AllowAnonymous]
internal sealed class SignInModel(Operators operators, Frame frame) : PageModel
{
    public string? Failure { get; private set; }
    public string Name { get; private set; } = "";
    public string Back { get; private set; } = "/";
    public bool CodeNeeded { get; private set; }

    public void OnGet(string? back)
    {
        Preferences.Keep(HttpContext);
        Back = Url.IsLocalUrl(back) ? back! : "/";
    }

    public async Task<IActionResult> OnPostAsync(string? name, string? password, string? code, string? back)
    {
        (Name, Back) = ((name ?? "").Trim().ToLowerInvariant(), Url.IsLocalUrl(back) ? back! : "/");
        var result = await operators.SignInAsync(Name, password ?? "", string.IsNullOrWhiteSpace(code) ? null : code, Request.Headers.UserAgent.ToString());
        switch (result.Verdict)
        {
            case SignInVerdict.Welcome:
                SessionAuthentication.Remember(HttpContext, result.Token!);
                return Redirect(Back);
            case SignInVerdict.CodeNeeded:
                CodeNeeded = true;
                return Page();
            case SignInVerdict.Locked:
                Failure = frame.W("sign_in_locked", Frame.Local(result.LockedUntil!.Value.UtcDateTime));
                Response.StatusCode = 429;
                return Page();
            default:
                CodeNeeded = code is not null;
                Failure = frame.W("sign_in_wrong");
                Response.StatusCode = 401;
                return Page();
        }
    }
}
