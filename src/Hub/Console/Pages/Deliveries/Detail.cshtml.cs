using Hub.Engine;
using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Hub.Console.Pages.Deliveries;

/// <summary>One delivery with its attempts, what may be done with it, and its content, masked.</summary>
internal sealed class DetailModel(DeliveryList deliveries, DeliveryActs acts, TwoPersons twoPersons, ApprovalRequests requests, CaseFiles cases, ExchangeLog log, Frame frame) : ConsolePage(frame)
{
    public DeliveryLine Line { get; private set; } = null!;
    public IReadOnlyList<AttemptLine> Attempts { get; private set; } = [];
    public IReadOnlyList<ActLine> Acts { get; private set; } = [];
    public ApprovalRequest? Asked { get; private set; }
    public string? Body { get; private set; }
    public bool Unmasked { get; private set; }

    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        if (await deliveries.FindAsync(Guid.Parse((string)RouteData.Values["id"]!), Scope) is not { } line)
        {
            context.Result = NotFound();
            return;
        }

        Line = line;
        Attempts = await deliveries.AttemptsAsync(line);
        Acts = Scope is null ? await cases.ActsAsync([line.Id]) : [];
        Asked = await requests.OpenForAsync(TwoPersons.Skip, line.Id.ToString());
        Body = (await deliveries.BodyAsync(line))?.Data is { Length: > 0 } data ? MaskedJson.Of(data, masked: true) : null;
        await base.OnPageHandlerExecutionAsync(context, next);
    }

    public void OnGet()
    {
    }

    public Task<IActionResult> OnPostRetryAsync(string? reason) => ActAsync(OperatorAct.Retry, reason, "retried");

    public Task<IActionResult> OnPostParkAsync(string? reason) => ActAsync(OperatorAct.Park, reason, "parked");

    public async Task<IActionResult> OnPostSkipAsync(string? reason)
    {
        if (Refused(ref reason) is { } refused)
            return refused;
        return await twoPersons.AskAsync(TwoPersons.Skip, Line.Id.ToString(), reason!, Me, HttpContext.TraceIdentifier) ? Done("asked") : Failed("fail_asked_already");
    }

    public async Task<IActionResult> OnPostUnmaskAsync(string? reason)
    {
        if (!F.Can(Roles.SecurityOfficer))
            return Missing(Roles.SecurityOfficer);
        var said = OneLine(reason);
        if (said.Length is 0 or > ReasonMax)
            return Failed("fail_reason", 422);

        // On record before it is seen.
        await log.NoteAsync($"act ViewContent\ncommand {Line.Id:D}\nby {Me.Name}\nreason {said}\nrequest {HttpContext.TraceIdentifier}", Line.Id);
        Body = (await deliveries.BodyAsync(Line))?.Data is { Length: > 0 } data ? MaskedJson.Of(data, masked: false) : null;
        Unmasked = true;
        return Page();
    }

    private async Task<IActionResult> ActAsync(OperatorAct act, string? reason, string done)
    {
        if (Refused(ref reason) is { } refused)
            return refused;
        return await acts.ActAsync(Line, act, Me.Name, reason!, HttpContext.TraceIdentifier) is { } refusal ? Failed(refusal) : Done(done);
    }

    private IActionResult? Refused(ref string? reason)
    {
        reason = OneLine(reason);
        return !F.Can(Roles.Operator) ? Missing(Roles.Operator) : reason.Length is 0 or > ReasonMax ? Failed("fail_reason", 422) : null;
    }
}
