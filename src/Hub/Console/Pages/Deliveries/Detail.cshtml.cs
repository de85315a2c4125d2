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
    /// <summary>What was asked for about it and is not decided, by kind.</summary>
    public IReadOnlyDictionary<string, ApprovalRequest> Asked { get; private set; } = new Dictionary<string, ApprovalRequest>(StringComparer.Ordinal);

    /// <summary>What the form for a correction holds; null: it is not corrected by hand.</summary>
    public string? Editable { get; private set; }
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
        Asked = (await requests.OpenForAsync([TwoPersons.Skip, TwoPersons.Amend, TwoPersons.Recall], line.Id.ToString())).ToDictionary(asked => asked.Kind, StringComparer.Ordinal);
        Body = (await deliveries.BodyAsync(line))?.Data is { Length: > 0 } data ? MaskedJson.Of(data, masked: true) : null;
        Editable = Schemas.SchemaCheck.OfCommand(line.Type) is null ? null : Body;
        await base.OnPageHandlerExecutionAsync(context, next);
    }

    public void OnGet()
    {
    }

    public Task<IActionResult> OnPostRetryAsync(string? reason) => ActAsync(OperatorAct.Retry, reason, "retried");

    public Task<IActionResult> OnPostParkAsync(string? reason) => ActAsync(OperatorAct.Park, reason, "parked");

    public Task<IActionResult> OnPostSkipAsync(string? reason) => AskAsync(TwoPersons.Skip, reason, content: null);

    /// <summary>Asks to take it back before it leaves.</summary>
    public async Task<IActionResult> OnPostRecallAsync(string? reason) =>
        IsOver ? Failed("fail_settled") : Line.WaitState == WaitRow.Offered ? Failed("fail_in_feed") : await AskAsync(TwoPersons.Recall, reason, content: null);

    /// <summary>Asks to retry it with another content.</summary>
    public async Task<IActionResult> OnPostAmendAsync(string? reason, string? content)
    {
        // Hub staff only: whoever receives it does not write it.
        if (Scope is not null)
            return Missing(Roles.Operator);
        if (Refused(ref reason) is { } refused)
            return refused;
        Editable = content ?? "";
        if (Line.WaitState != WaitRow.Parked)
            return Failed("fail_not_parked");
        if ((await deliveries.BodyAsync(Line))?.Data is not { Length: > 0 } original)
            return Failed("fail_content_gone");
        var (corrected, failure) = Corrections.Merge(Line.Type, original, Editable, F.English);
        return failure is not null ? Failed(failure, 422) : await AskAsync(TwoPersons.Amend, reason, Corrections.Proposal(original, corrected!));
    }

    /// <summary>Nothing can be done about it any more.</summary>
    public bool IsOver => Frame.StateOf(Line) is "taken" or "skipped" or "ended";

    /// <summary>What undoes a command that was taken, as a word.</summary>
    public static string InsteadOf(string type) => type.Split('.')[0] switch
    {
        "lead" => "instead_lead",
        "account" => "instead_account",
        "permit" => "instead_permit",
        _ => "instead_none",
    };

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

    private async Task<IActionResult> AskAsync(string kind, string? reason, byte[]? content)
    {
        if (Refused(ref reason) is { } refused)
            return refused;
        return await twoPersons.AskAsync(kind, Line.Id.ToString(), reason!, Me, HttpContext.TraceIdentifier, content) ? Done("asked") : Failed("fail_asked_already");
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
