using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;

namespace Hub.Console.Pages;

/// <summary>What one person asked for and another one has to allow.</summary>
internal sealed class ApprovalsModel(ApprovalRequests requests, TwoPersons twoPersons, ApprovalLooks looks, ExchangeLog log, Frame frame) : ConsolePage(frame)
{
    public IReadOnlyList<(ApprovalRequest Asked, ApprovalLook Look)> Open { get; private set; } = [];
    public IReadOnlyList<ApprovalRequest> Decided { get; private set; } = [];

    /// <summary>The request that is shown in full.</summary>
    public long? Unmasked { get; private set; }

    public async Task OnGetAsync()
    {
        if (Scope is not null)
            return;
        var open = new List<(ApprovalRequest, ApprovalLook)>();
        foreach (var asked in await requests.OpenAsync())
            open.Add((asked, await looks.OfAsync(asked, F, masked: asked.Id != Unmasked)));
        Open = open;
        Decided = await requests.DecidedAsync(30);
    }

    public Task<IActionResult> OnPostGrantAsync(long id, string? note) => DecideAsync(id, granted: true, note);

    public Task<IActionResult> OnPostDeclineAsync(long id, string? note) => DecideAsync(id, granted: false, note);

    public async Task<IActionResult> OnPostUnmaskAsync(long id, string? reason)
    {
        var said = OneLine(reason);
        if (!F.Can(Roles.SecurityOfficer) || Scope is not null)
            return Missing(Roles.SecurityOfficer);
        if (said.Length is 0 or > ReasonMax)
            return await AgainAsync("fail_reason", 422);
        if (await requests.FindAsync(id) is not { DecidedAt: null } asked)
            return await AgainAsync("fail_decided");

        // On record before it is seen.
        await log.NoteAsync($"act ViewContent\napproval {asked.Id}\nsubject {asked.Subject}\nby {Me.Name}\nreason {said}\nrequest {HttpContext.TraceIdentifier}", Guid.TryParse(asked.Subject, out var delivery) ? delivery : null);
        Unmasked = id;
        await OnGetAsync();
        return Page();
    }

    private async Task<IActionResult> DecideAsync(long id, bool granted, string? note)
    {
        var said = OneLine(note);
        if (!F.Can(Roles.Approver) || Scope is not null)
            return Missing(Roles.Approver);
        if (said.Length is 0 or > ReasonMax)
            return await AgainAsync("fail_reason", 422);
        return await twoPersons.DecideAsync(id, granted, said, Me, HttpContext.TraceIdentifier) is { } refusal ? await AgainAsync(refusal) : Done(granted ? "granted" : "declined");
    }

    private async Task<IActionResult> AgainAsync(string failure, int status = 409)
    {
        await OnGetAsync();
        return Failed(failure, status);
    }
}
