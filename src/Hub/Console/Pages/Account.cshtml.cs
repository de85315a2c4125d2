using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages;

/// <summary>What operators do for themselves: password, second factor, their sessions.</summary>
internal sealed class AccountModel(Operators operators, Frame frame) : ConsolePage(frame)
{
    public byte[] Secret { get; private set; } = Totp.NewSecret();
    public IReadOnlyList<OperatorSession> Sessions { get; private set; } = [];
    public string Current => SessionAuthentication.Of(HttpContext).Session.Id;

    public async Task OnGetAsync() => Sessions = await operators.SessionsAsync(Me.Name);

    public async Task<IActionResult> OnPostPasswordAsync(string? old, string? @new)
    {
        await OnGetAsync();
        if (!operators.IsPassword(Me, old ?? ""))
            return Failed("fail_password_now", 422);
        if (@new is null || @new.Length is < Operators.PasswordMin or > 200)
            return Failed("fail_password_form", 422);
        await operators.ResetAsync(Me.Name, @new, dropTotp: false, SessionAuthentication.Of(HttpContext).Session, Me.Name, "own");
        return Done("password");
    }

    public async Task<IActionResult> OnPostTotpAsync(string? secret, string? code)
    {
        await OnGetAsync();

        // Chosen by this page when it was shown; whoever sends another one only sets up their own account so.
        if (Me.TotpSecret is not null || secret is not { Length: 2 * Totp.SecretBytes } || !secret.All(char.IsAsciiHexDigit))
            return Failed("fail_totp", 422);
        Secret = Convert.FromHexString(secret);
        return await operators.EnrolTotpAsync(Me, Secret, code ?? "") ? Done("totp") : Failed("fail_totp", 422);
    }

    public async Task<IActionResult> OnPostDropTotpAsync()
    {
        await OnGetAsync();
        return await operators.DropTotpAsync(Me) ? Done("totp_dropped") : Failed("totp_kept", 403);
    }

    public async Task<IActionResult> OnPostEndOthersAsync()
    {
        await operators.EndSessionsAsync(Me.Name, SessionAuthentication.Of(HttpContext).Session, Me.Name, "own");
        return Done("sessions");
    }
}
