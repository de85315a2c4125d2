using Hub.Connectors;
using Hub.Ledger;
using Hub.Schemas;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Hub.Console.Pages.Connectors;

/// <summary>A connector in four steps: who, where, how fast, prove it. What was typed is kept from step to step.</summary>
internal sealed class DraftModel(ConnectorEditing editing, HubSettings settings, Frame frame) : ConsolePage(frame)
{
    private Guid id;

    public ConnectorDraft Draft { get; private set; } = null!;
    public string Step { get; private set; } = "";
    public ConnectorSettings Now { get; private set; } = null!;

    /// <summary>Fields that are wrong, each with the key of its sentence. Of the step that was sent, at the end of all.</summary>
    public Dictionary<string, string> Wrong { get; private set; } = new(StringComparer.Ordinal);

    public IReadOnlyList<SettingChange> Changes => ConnectorDiff.Of(IsNew ? null : ConnectorsInForce.Read(Draft.From), Now);

    /// <summary>What the receiver said just now; null: it was not asked.</summary>
    public HandshakeResult? Handshake { get; private set; }

    public Answer? Test { get; private set; }

    public bool TestWell => Test is { Outcome: Outcome.Taken } or { Reason: AnswerReasons.NotSeen };

    /// <summary>A new connector was saved: its keys are on the page this once.</summary>
    public bool Made { get; private set; }

    public bool IsNew => Draft.Connector is null;
    public string Kind => Now.Kind;
    public string Origin => settings.Console.Origin;
    public bool KeysAreSealed => settings.Bodies.IsOn;

    public bool IsProven => Draft.Proof is not null && Draft.ProvenAddress == Now.Address;

    public string? PublicKey => Now.PrivateKey is { } text && WebhookSignature.TryReadSeed(text, out var seed) ? WebhookSignature.PublicKeyOf(seed) : null;

    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        if (!F.Can(Roles.Operator) || Scope is not null)
        {
            context.Result = Missing(Roles.Operator);
            return;
        }

        if (!Guid.TryParse((string?)RouteData.Values["id"], out id) || await editing.FindAsync(id, Me.Name) is not { } found)
        {
            context.Result = NotFound();
            return;
        }

        Draft = found;
        (Now, _) = ConnectorForm.Read(found);
        await base.OnPageHandlerExecutionAsync(context, next);
    }

    public void OnGet(string? step) => Step = Known(step);

    public async Task<IActionResult> OnPostKeepAsync(string? step, string? go)
    {
        Step = Known(step);
        await KeepTypedAsync();
        var at = ConnectorForm.Steps.ToList().IndexOf(Step);
        if (go == "back")
            return At(ConnectorForm.Steps[Math.Max(0, at - 1)]);
        await CheckAsync(ConnectorForm.Of(Step, Kind, IsNew).Select(field => field.Name));
        return Wrong.Count > 0 ? Failed("fail_connector_form", 422) : At(ConnectorForm.Steps[Math.Min(at + 1, ConnectorForm.Steps.Count - 1)]);
    }

    public async Task<IActionResult> OnPostProveAsync()
    {
        Step = "proof";
        await CheckAsync(fields: null);
        if (Wrong.Count > 0)
            return Failed("fail_connector_form", 422);
        if (!ConnectorForm.NeedsProof(Now))
        {
            Test = await editing.TestAsync(Now, Me.Name, HttpContext.TraceIdentifier, HttpContext.RequestAborted);
            return Test is null ? Failed("fail_no_test") : Page();
        }

        Handshake = await editing.ShakeAsync(Now, Draft.Code, Me.Name, HttpContext.TraceIdentifier, HttpContext.RequestAborted);
        Draft = Draft with
        {
            Proof = Handshake.Said switch { ReceiverConsent.Agreed => "options", ReceiverConsent.ShowsCode => "code", _ => null },
            ProvenAt = Handshake.IsProof ? F.Now.UtcDateTime : null,
            ProvenAddress = Handshake.IsProof ? Now.Address : null,
        };
        await editing.KeepAsync(id, Me.Name, Draft);
        return Page();
    }

    public async Task<IActionResult> OnPostSaveAsync(string? enabled, string? reason)
    {
        Step = "proof";
        var said = OneLine(reason);
        await CheckAsync(fields: null);
        if (Wrong.Count > 0)
            return Failed("fail_connector_form", 422);
        if (said.Length is 0 or > ReasonMax)
            return Failed("fail_reason", 422);
        if (!IsNew && Changes.Count == 0)
            return Failed("fail_connector_same", 422);
        var version = new ConnectorVersion(
            0, Now.Name, Draft.Version + 1, enabled == "yes", "", "", Me.Name, said, default, null, null, null, IsProven ? Draft.Proof : null, IsProven ? Draft.ProvenAt : null);
        if (await editing.SaveAsync(version, IsNew ? null : ConnectorsInForce.Read(Draft.From), Now, HttpContext.TraceIdentifier) is { } refusal)
            return Failed(refusal);
        await editing.DropAsync(id);
        if (!IsNew)
            return Done("connector_saved", $"/connectors/{Now.Name}/versions");
        Made = true;
        return Page();
    }

    public async Task<IActionResult> OnPostDropAsync()
    {
        await editing.DropAsync(id);
        return Done("connector_dropped", IsNew ? "/connectors" : $"/connectors/{Draft.Connector}/versions");
    }

    private static string Known(string? step) => ConnectorForm.Steps.FirstOrDefault(one => one == step) ?? ConnectorForm.Steps[0];

    private RedirectResult At(string step) => Redirect($"/connectors/drafts/{id}?step={step}");

    private async Task KeepTypedAsync()
    {
        var form = await Request.ReadFormAsync(HttpContext.RequestAborted);
        foreach (var field in ConnectorForm.Of(Step, Kind, IsNew).Where(field => form.ContainsKey(field.Name)))
        {
            var text = field.Input == "lines" ? form[field.Name].ToString().ReplaceLineEndings("\n") : OneLine(form[field.Name]);

            // An empty field keeps the secret that was typed before.
            if ((field.Input != "password" || text.Length > 0) && text.Length <= 4000)
                Draft.Typed[field.Name] = text;
        }

        (Now, _) = ConnectorForm.Read(Draft);
        if (Step == "where" && IsNew)
        {
            var keys = ConnectorForm.WithKeys(Now, Draft.Typed.GetValueOrDefault(ConnectorForm.Signature, "hmac"));
            Draft = Draft with { From = ConnectorsInForce.Write(ConnectorsInForce.Read(Draft.From) with { Secret = ConnectorForm.MakesKeys(Now) ? keys.Secret : null, PrivateKey = ConnectorForm.MakesKeys(Now) ? keys.PrivateKey : null }) };
            if (ConnectorForm.MakesKeys(Now))
                Draft.Typed.Remove("Secret");
            (Now, _) = ConnectorForm.Read(Draft);
        }

        await editing.KeepAsync(id, Me.Name, Draft);
    }

    /// <param name="fields">Those that are looked at; null: all.</param>
    private async Task CheckAsync(IEnumerable<string>? fields)
    {
        var (_, wrong) = ConnectorForm.Read(Draft);
        var looked = fields?.ToHashSet(StringComparer.Ordinal);
        Wrong = wrong.Where(field => looked is null || looked.Contains(field)).ToDictionary(field => field, field => $"wrong_field_{field}", StringComparer.Ordinal);
        if (IsNew && (looked is null || looked.Contains("Name")) && await editing.IsTakenAsync(Now.Name))
            Wrong["Name"] = "wrong_name_taken";
        if ((looked is null || looked.Contains("Address")) && !Wrong.ContainsKey("Address") && !await editing.MayCallAsync(Now, HttpContext.RequestAborted))
            Wrong["Address"] = "wrong_address_reach";
    }
}
