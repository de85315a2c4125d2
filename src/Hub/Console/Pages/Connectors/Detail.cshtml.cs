using Hub.Dispatch;
using Hub.Ledger;
using Hub.Schemas;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Hub.Console.Pages.Connectors;

/// <summary>One connector: is it us, the network, or them; stop it, or leave the breaker to work.</summary>
internal sealed class DetailModel(LedgerQueries queries, ApiKeys keys, ExchangeLog log, Certifications certifications, ILanes lanes, ConnectorsInForce inForce, Frame frame) : ConsolePage(frame)
{
    public ConnectorTotals Row { get; private set; } = null!;
    public IPartnerLane? Lane { get; private set; }
    public TimeSpan Age { get; private set; }
    public IReadOnlyList<ApiKey> Keys { get; private set; } = [];
    public IReadOnlyList<(string Key, string Value)> Configuration { get; private set; } = [];
    public bool OfFile { get; private set; }
    public Answer? Test { get; private set; }

    /// <summary>The last run of the certification kit; null: there was none.</summary>
    public CertificationRow? Certification { get; private set; }

    /// <summary>The partner answered, and knows us.</summary>
    public bool TestWell => Test is { Outcome: Outcome.Taken } or { Reason: AnswerReasons.NotSeen };

    public bool CanTest => Lane is PartnerLane { CanBeAsked: true };

    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        var name = (string?)RouteData.Values["name"];
        if ((await F.ConnectorsAsync()).FirstOrDefault(row => row.Name == name) is not { } found)
        {
            context.Result = NotFound();
            return;
        }

        Row = found;
        Lane = lanes.Find(found.Name);
        Age = (await F.AgesAsync()).GetValueOrDefault(found.Name);
        Keys = [.. (await keys.ListAsync(HttpContext.RequestAborted)).Where(key => key.Partner == found.Name && key.RevokedAt is null)];
        Configuration = inForce.Find(found.Name) is { } connector ? SettingsText.Of(connector) : [];
        OfFile = inForce.IsOfFile(found.Name);
        Certification = (await certifications.RecentAsync(found.Name, 1)).FirstOrDefault();
        await base.OnPageHandlerExecutionAsync(context, next);
    }

    public void OnGet()
    {
    }

    public Task<IActionResult> OnPostPauseAsync(string? reason) => SwitchAsync(reason, pause: true);

    public Task<IActionResult> OnPostResumeAsync(string? reason) => SwitchAsync(reason, pause: false);

    public async Task<IActionResult> OnPostTestAsync()
    {
        if (!F.Can(Roles.Operator))
            return Missing(Roles.Operator);
        if (Lane is not PartnerLane { CanBeAsked: true } lane)
            return Failed("fail_no_test");
        await log.NoteAsync($"act TestConnection\nconnector {Row.Name}\nby {Me.Name}\nreason \nrequest {HttpContext.TraceIdentifier}");
        Test = await lane.TestAsync(HttpContext.RequestAborted);
        return Page();
    }

    private async Task<IActionResult> SwitchAsync(string? reason, bool pause)
    {
        var said = OneLine(reason);
        if (!F.Can(Roles.Operator))
            return Missing(Roles.Operator);
        if (said.Length is 0 or > ReasonMax)
            return Failed("fail_reason", 422);
        await queries.PauseAsync(Row.Name, pause ? said : null, Me.Name, said, F.Now, HttpContext.TraceIdentifier);
        return Done(pause ? "paused" : "resumed");
    }
}
