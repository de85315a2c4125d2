using Hub.Connectors;
using Hub.Ledger;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Hub.Console.Pages.Connectors;

/// <summary>The keys between the hub and one partner, and their change: one person asks, another allows, then the first does it and sees the new key once.</summary>
internal sealed class KeysModel(ApiKeys keys, ConnectorVersions versions, ConnectorsInForce inForce, ConnectorEditing editing, ApprovalRequests requests, TwoPersons twoPersons, Frame frame) : ConsolePage(frame)
{
    public const int DaysMax = 30;
    public const int DaysUsual = 7;

    public string Name { get; private set; } = "";
    public IReadOnlyList<ApiKey> Keys { get; private set; } = [];

    /// <summary>The newest version; null: the connector is of the settings file, or not set up.</summary>
    public ConnectorVersion? Newest { get; private set; }
    public ConnectorSettings? Settings { get; private set; }

    /// <summary>What somebody asked for and nobody has decided, by kind and subject.</summary>
    public Dictionary<(string Kind, string Subject), ApprovalRequest> Asked { get; } = [];

    /// <summary>What whoever looks was allowed and has not done.</summary>
    public Dictionary<(string Kind, string Subject), ApprovalRequest> Allowed { get; } = [];

    /// <summary>The new key, this once.</summary>
    public string? Shown { get; private set; }
    public string? ShownPublic { get; private set; }
    public bool Changed { get; private set; }

    public bool MayAsk => (F.Can(Roles.Operator) || F.Can(Roles.SecurityOfficer)) && Scope is null;

    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        var name = (string?)RouteData.Values["name"];
        if ((await F.ConnectorsAsync()).FirstOrDefault(row => row.Name == name) is not { } found)
        {
            context.Result = NotFound();
            return;
        }

        Name = found.Name;
        if (context.HandlerMethod?.HttpMethod == "Post" && !MayAsk)
        {
            context.Result = Missing(Roles.SecurityOfficer);
            return;
        }

        await LoadAsync();
        await base.OnPageHandlerExecutionAsync(context, next);
    }

    public void OnGet()
    {
    }

    public string SubjectOf(ApiKey key) => $"{Name}/{key.KeyId}";

    public static string? PublicKeyOf(string? seed) => seed is not null && WebhookSignature.TryReadSeed(seed, out var bytes) ? WebhookSignature.PublicKeyOf(bytes) : null;

    public async Task<IActionResult> OnPostAskAsync(string? key, string? reason)
    {
        var said = OneLine(reason);
        if (said.Length is 0 or > ReasonMax)
            return Failed("fail_reason", 422);
        if (string.IsNullOrEmpty(key) ? Newest is null : !Keys.Any(one => one.KeyId == key))
            return Failed("fail_key_none");
        var asked = string.IsNullOrEmpty(key)
            ? await twoPersons.AskAsync(TwoPersons.SigningKey, Name, said, Me, HttpContext.TraceIdentifier)
            : await twoPersons.AskAsync(TwoPersons.PartnerKey, $"{Name}/{key}", said, Me, HttpContext.TraceIdentifier);
        return asked ? Done("asked") : Failed("fail_asked_already");
    }

    public async Task<IActionResult> OnPostSigningAsync(int days, string? secret)
    {
        if (Newest is not { } newest || Allowed.GetValueOrDefault((TwoPersons.SigningKey, Name)) is not { } permission)
            return Failed("fail_key_permission");
        if (days is < 1 or > DaysMax)
            return Failed("fail_key_days", 422);
        var before = ConnectorsInForce.Read(newest.Settings);
        var given = OneLine(secret);
        if (!ConnectorForm.MakesKeys(before) && given.Length is 0 or > 500)
            return Failed("wrong_field_Secret", 422);
        var now = ConnectorForm.Rekeyed(before, given, F.Now.AddDays(days));
        var refusal = await editing.SaveAsync(
            newest with { Version = newest.Version + 1, MadeBy = Me.Name, Reason = permission.Reason, ApprovedBy = permission.DecidedBy, ApprovalId = permission.Id, RestoredFrom = null }, before, now, HttpContext.TraceIdentifier);
        if (refusal is not null)
            return Failed(refusal);
        await requests.FinishAsync(permission, refusal: null, Me.Name, HttpContext.TraceIdentifier);
        await LoadAsync();
        (Changed, Shown, ShownPublic) = (true, ConnectorForm.MakesKeys(now) ? now.Secret : null, PublicKeyOf(now.PrivateKey));
        return Page();
    }

    public async Task<IActionResult> OnPostPartnerAsync(string? key, int days)
    {
        if (Allowed.GetValueOrDefault((TwoPersons.PartnerKey, $"{Name}/{key}")) is not { } permission)
            return Failed("fail_key_permission");
        if (days is < 1 or > DaysMax)
            return Failed("fail_key_days", 422);
        Shown = await keys.SucceedAsync(key!, permission.Id, F.Now.AddDays(days), Me.Name, permission.DecidedBy!, permission.Reason, HttpContext.TraceIdentifier);
        if (Shown is null)
            return Failed("fail_key_permission");
        await requests.FinishAsync(permission, refusal: null, Me.Name, HttpContext.TraceIdentifier);
        await LoadAsync();
        Changed = true;
        return Page();
    }

    private async Task LoadAsync()
    {
        Asked.Clear();
        Allowed.Clear();
        Keys = [.. (await keys.ListAsync(HttpContext.RequestAborted)).Where(key => key.Partner == Name && key.IsValidAt(F.Now))];
        Newest = inForce.IsOfFile(Name) ? null : (await versions.OfAsync(Name)).FirstOrDefault();
        Settings = Newest is null ? inForce.Find(Name) : ConnectorsInForce.Read(Newest.Settings);
        foreach (var subject in Keys.Select(key => (Kind: TwoPersons.PartnerKey, Subject: SubjectOf(key))).Append((Kind: TwoPersons.SigningKey, Subject: Name)))
        {
            if (await requests.OpenForAsync([subject.Kind], subject.Subject) is [var open, ..])
                Asked[subject] = open;
            if (await requests.PermissionAsync(subject.Kind, subject.Subject, Me.Name) is { } permission)
                Allowed[subject] = permission;
        }
    }
}
