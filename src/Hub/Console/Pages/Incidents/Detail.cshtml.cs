using Hub.Dispatch;
using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Hub.Console.Pages.Incidents;

/// <summary>One incident: us, the network or them; what to do; who does it.</summary>
internal sealed class DetailModel(Hub.Ledger.Incidents incidents, DeliveryList deliveries, ILanes lanes, Frame frame) : ConsolePage(frame)
{
    private const int NoteMax = 1000;

    public Incident Incident { get; private set; } = null!;
    public IReadOnlyList<IncidentNote> Notes { get; private set; } = [];
    public IPartnerLane? Lane { get; private set; }
    public ConnectorTotals? Row { get; private set; }
    public DeliveryLine? Sample { get; private set; }
    public int Siblings { get; private set; }
    public int SiblingsFailing { get; private set; }

    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        if (!long.TryParse((string?)RouteData.Values["id"], System.Globalization.CultureInfo.InvariantCulture, out var id) || await incidents.FindAsync(id, Scope) is not { } found)
        {
            context.Result = NotFound();
            return;
        }

        Incident = found;
        Notes = await incidents.NotesAsync(id);
        Lane = lanes.Find(found.Receiver);
        var rows = await F.ConnectorsAsync();
        Row = rows.FirstOrDefault(row => row.Name == found.Receiver);
        Siblings = rows.Count - 1;
        SiblingsFailing = (await incidents.OpenAsync(Scope)).Select(open => open.Receiver).Distinct().Count(name => name != found.Receiver);
        if (Frame.ReasonsOf(found.Class) is { Length: > 0 } reasons)
            Sample = (await deliveries.ListAsync(new DeliveryFilter { Receiver = found.Receiver, Reasons = reasons }, after: null, 1)).Lines.FirstOrDefault();
        await base.OnPageHandlerExecutionAsync(context, next);
    }

    public void OnGet()
    {
    }

    public async Task<IActionResult> OnPostOwnAsync()
    {
        if (!F.Can(Roles.Operator))
            return Missing(Roles.Operator);
        return await incidents.OwnAsync(Incident.Id, Me.Name, HttpContext.TraceIdentifier, F.Now) ? Done("owned") : Failed("fail_closed");
    }

    public async Task<IActionResult> OnPostNoteAsync(string? text)
    {
        var said = OneLine(text);
        if (!F.Can(Roles.Operator))
            return Missing(Roles.Operator);
        if (said.Length is 0 or > NoteMax)
            return Failed("fail_reason", 422);
        await incidents.NoteAsync(Incident.Id, Me.Name, said, HttpContext.TraceIdentifier, F.Now);
        return Done("noted");
    }
}
