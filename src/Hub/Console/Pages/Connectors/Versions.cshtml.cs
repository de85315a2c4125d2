using Hub.Connectors;
using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Hub.Console.Pages.Connectors;

/// <summary>What a connector was set to, when, by whom and why; what differs; and back to an earlier one.</summary>
internal sealed class VersionsModel(ConnectorVersions versions, ConnectorsInForce inForce, ConnectorEditing editing, Frame frame) : ConsolePage(frame)
{
    public string Name { get; private set; } = "";
    public IReadOnlyList<ConnectorVersion> All { get; private set; } = [];
    public bool OfFile { get; private set; }
    public bool IsRemote => editing.IsRemote;

    /// <summary>The version this node works with; null: none.</summary>
    public ConnectorVersion? Running => inForce.VersionOf(Name);

    public int Nodes { get; private set; }

    /// <summary>Nodes that work with the newest version.</summary>
    public int NodesThere { get; private set; }

    public (int From, int To)? Compared { get; private set; }
    public IReadOnlyList<SettingChange> Changes { get; private set; } = [];

    public bool MayChange => F.Can(Roles.Operator) && Scope is null && !OfFile && !IsRemote && All.Count > 0;

    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        var name = (string?)RouteData.Values["name"];
        if ((await F.ConnectorsAsync()).FirstOrDefault(row => row.Name == name) is not { } found)
        {
            context.Result = NotFound();
            return;
        }

        Name = found.Name;
        OfFile = inForce.IsOfFile(Name);
        All = await versions.OfAsync(Name);
        var nodes = await versions.NodesAsync();
        (Nodes, NodesThere) = (nodes.Count, All.Count == 0 ? 0 : nodes.Count(node => node.Seen >= All[0].Id));
        if (context.HandlerMethod?.HttpMethod == "Post" && (!F.Can(Roles.Operator) || Scope is not null))
        {
            context.Result = Missing(Roles.Operator);
            return;
        }

        await base.OnPageHandlerExecutionAsync(context, next);
    }

    public void OnGet(int? from, int? to)
    {
        if (Find(from) is not { } old || Find(to) is not { } now)
            return;
        Compared = (old.Version, now.Version);
        Changes = ConnectorDiff.Of(ConnectorsInForce.Read(old.Settings), ConnectorsInForce.Read(now.Settings));
    }

    public async Task<IActionResult> OnPostEditAsync() => MayChange ? Redirect($"/connectors/drafts/{await editing.BeginAsync(All[0], Me.Name)}") : Failed(Refusal);

    public Task<IActionResult> OnPostEnableAsync(string? reason) => AddAsync(reason, newest => newest with { Enabled = true }, "connector_enabled");

    public Task<IActionResult> OnPostDisableAsync(string? reason) => AddAsync(reason, newest => newest with { Enabled = false }, "connector_disabled");

    public Task<IActionResult> OnPostRestoreAsync(int version, string? reason) => AddAsync(reason, newest => Find(version) is not { } earlier || earlier == newest ? null : newest with
    {
        Settings = ConnectorsInForce.Write(ConnectorForm.Restored(ConnectorsInForce.Read(earlier.Settings), ConnectorsInForce.Read(newest.Settings))),
        RestoredFrom = earlier.Version,
        Proof = earlier.Proof,
        ProvenAt = earlier.ProvenAt,
    }, "connector_restored");

    private string Refusal => OfFile ? "fail_connector_of_file" : IsRemote ? "fail_connector_remote" : "fail_connector_none";

    private ConnectorVersion? Find(int? version) => All.FirstOrDefault(one => one.Version == version);

    private async Task<IActionResult> AddAsync(string? reason, Func<ConnectorVersion, ConnectorVersion?> change, string done)
    {
        var said = OneLine(reason);
        if (!MayChange)
            return Failed(Refusal);
        if (said.Length is 0 or > ReasonMax)
            return Failed("fail_reason", 422);
        var newest = All[0];
        if (change(newest with { ApprovedBy = null, ApprovalId = null, RestoredFrom = null }) is not { } changed)
            return Failed("fail_connector_none");
        if (changed.Settings == newest.Settings && changed.Enabled == newest.Enabled)
            return Failed("fail_connector_same", 422);
        var refusal = await editing.SaveAsync(
            changed with { Version = newest.Version + 1, MadeBy = Me.Name, Reason = said }, ConnectorsInForce.Read(newest.Settings), ConnectorsInForce.Read(changed.Settings), HttpContext.TraceIdentifier);
        return refusal is null ? Done(done) : Failed(refusal);
    }
}
