using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages;

/// <summary>What one person asked for and another one has to allow.</summary>
internal sealed class ApprovalsModel(ApprovalRequests requests, TwoPersons twoPersons, Frame frame) : ConsolePage(frame)
{
    public IReadOnlyList<ApprovalRequest> Open { get; private set; } = [];
    public IReadOnlyList<ApprovalRequest> Decided { get; private set; } = [];

    public async Task OnGetAsync()
    {
        if (Scope is not null)
            return;
        Open = await requests.OpenAsync();
        Decided = await requests.DecidedAsync(30);
    }

    public Task<IActionResult> OnPostGrantAsync(long id, string? note) => DecideAsync(id, granted: true, note);

    public Task<IActionResult> OnPostDeclineAsync(long id, string? note) => DecideAsync(id, granted: false, note);

    /// <summary>Where what was asked for is looked at.</summary>
    public static string Link(ApprovalRequest asked) => asked.Kind switch
    {
        TwoPersons.Bulk => $"/deliveries/bulk/{asked.Subject}",
        TwoPersons.SigningKey or TwoPersons.PartnerKey => $"/connectors/{asked.Subject.Split('/')[0]}/keys",
        _ => $"/deliveries/{asked.Subject}",
    };

    private async Task<IActionResult> DecideAsync(long id, bool granted, string? note)
    {
        var said = OneLine(note);
        if (!F.Can(Roles.Approver) || Scope is not null)
            return Missing(Roles.Approver);
        if (said.Length is 0 or > ReasonMax)
        {
            await OnGetAsync();
            return Failed("fail_reason", 422);
        }

        if (await twoPersons.DecideAsync(id, granted, said, Me, HttpContext.TraceIdentifier) is not { } refusal)
            return Done(granted ? "granted" : "declined");
        await OnGetAsync();
        return Failed(refusal);
    }
}
