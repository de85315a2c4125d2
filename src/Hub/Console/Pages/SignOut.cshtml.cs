using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages;

/// <summary>Ends the session in the database, and with it the cookie's meaning.</summary>
internal sealed class SignOutModel(Operators operators, Frame frame) : ConsolePage(frame)
{
    public IActionResult OnGet() => Redirect("/");

    public async Task<IActionResult> OnPostAsync()
    {
        await operators.SignOutAsync(SessionAuthentication.Of(HttpContext).Session);
        SessionAuthentication.Forget(HttpContext);
        return Redirect("/sign-in");
    }
}
