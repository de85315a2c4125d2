using System.Globalization;
using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Hub.Console.Pages.Deliveries;

/// <summary>The first step of a bulk retry: what it would touch, and how carefully it begins.</summary>
internal sealed class BulkModel(BulkJobs jobs, CaseFiles cases, TwoPersons twoPersons, HubSettings settings, Frame frame) : ConsolePage(frame)
{
    private DeliveryFilter filter = new();

    public DeliveryQuery Query { get; private set; } = new();
    public IReadOnlyList<WaitGroup> Groups { get; private set; } = [];
    public long Total => Groups.Sum(group => group.Count);
    public int ApproveAbove => settings.Console.ApproveAbove;
    public bool NeedsApproval => Total > ApproveAbove;

    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        if (!F.Can(Roles.Operator))
        {
            context.Result = Missing(Roles.Operator);
            return;
        }

        Query = DeliveryQuery.Read(Request.Query);
        filter = await Query.FilterAsync(Scope, cases);
        Groups = await jobs.PreviewAsync(filter);
        await base.OnPageHandlerExecutionAsync(context, next);
    }

    public void OnGet()
    {
    }

    public async Task<IActionResult> OnPostAsync(int canary, int rate, string? reason)
    {
        var said = OneLine(reason);
        if (said.Length is 0 or > ReasonMax)
            return Failed("fail_reason", 422);
        if (canary is < 1 or > 100 || rate is < 1 or > 500)
            return Failed("fail_bulk_form", 422);
        if (Total == 0)
            return Failed("bulk_nothing");
        var (id, _) = await jobs.CreateAsync(filter, Query.Text, canary, rate, NeedsApproval, Me.Name, Scope, said, HttpContext.TraceIdentifier, F.Now);
        if (NeedsApproval)
            await twoPersons.AskAsync(TwoPersons.Bulk, id.ToString(CultureInfo.InvariantCulture), said, Me, HttpContext.TraceIdentifier);
        return Redirect($"/deliveries/bulk/{id}");
    }
}
