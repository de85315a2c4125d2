using System.Security.Cryptography;
using System.Text.Json;
using Hub.Connectors;
using Hub.Dispatch;
using Hub.Ledger;
using Hub.Schemas;

namespace Hub.Console;

/// <summary>Drafts, proofs and new versions of connectors: what the pages of a connector do, in one place.</summary>
internal sealed class ConnectorEditing(ConnectorVersions versions, ConnectorsInForce inForce, DeliveryQueue queue, ExchangeLog log, ILanes lanes, HubSettings settings, TimeProvider time)
{
    /// <summary>True when the connectors run in other processes, which have no database: theirs stand in their settings files.</summary>
    public bool IsRemote => lanes is not Lanes;

    /// <summary>Begins a draft.</summary>
    /// <param name="from">The version to change; null: a new connector.</param>
    /// <param name="by">Whose draft it is; nobody else sees it.</param>
    public async Task<Guid> BeginAsync(ConnectorVersion? from, string by)
    {
        var id = Guid.CreateVersion7(time.GetUtcNow());
        await KeepAsync(id, by, new()
        {
            Connector = from?.Connector,
            Version = from?.Version ?? 0,
            From = from?.Settings ?? ConnectorsInForce.Write(new() { Kind = ConnectorCatalog.Webhook }),
            Code = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            Proof = from?.Proof,
            ProvenAt = from?.ProvenAt,
            ProvenAddress = from?.Proof is null ? null : ConnectorsInForce.Read(from.Settings).Address,
        });
        return id;
    }

    public async Task<ConnectorDraft?> FindAsync(Guid id, string by) => await versions.DraftAsync(id, by) is { } text ? JsonSerializer.Deserialize<ConnectorDraft>(text) : null;

    public Task KeepAsync(Guid id, string by, ConnectorDraft draft) => versions.KeepDraftAsync(id, by, JsonSerializer.Serialize(draft));

    public Task DropAsync(Guid id) => versions.DropDraftAsync(id);

    /// <summary>True when another connector, of the settings file or made here, has the name.</summary>
    public async Task<bool> IsTakenAsync(string name) => inForce.IsOfFile(name) || (await versions.OfAsync(name)).Count > 0;

    /// <summary>True when the hub may call there at a person's wish.</summary>
    public async Task<bool> MayCallAsync(ConnectorSettings connector, CancellationToken cancellation) =>
        connector.Address is null || await Addresses.AllowsAsync(settings.Console.Reach, connector.Address, cancellation);

    /// <summary>Asks a webhook's receiver for its consent.</summary>
    public async Task<HandshakeResult> ShakeAsync(ConnectorSettings connector, string code, string by, string requestId, CancellationToken cancellation)
    {
        await log.NoteAsync($"act AskConsent\nconnector {connector.Name}\nby {by}\nreason \nrequest {requestId}");
        return await WebhookHandshake.AskAsync(connector, settings.Console.Origin, code, settings.Console.Reach, cancellation);
    }

    /// <summary>Asks a partner about a command that never was.</summary>
    /// <returns>Null when this kind cannot be asked.</returns>
    public async Task<Answer?> TestAsync(ConnectorSettings connector, string by, string requestId, CancellationToken cancellation)
    {
        using var handler = PartnerHttp.CreateHandler(connector, settings.Console.Reach);
        var made = ConnectorCatalog.Create(connector, handler, DemoClock.True(time));
        if (!made.CanBeAsked)
            return null;
        await log.NoteAsync($"act TestConnection\nconnector {connector.Name}\nby {by}\nreason \nrequest {requestId}");
        return await PartnerLane.TestAsync(made, connector.Name, DemoClock.True(time).GetUtcNow(), cancellation);
    }

    /// <summary>Adds a version, which every node takes up within a second or two.</summary>
    /// <param name="version">Without settings and changes.</param>
    /// <param name="before">The settings before; null: there were none.</param>
    /// <param name="now">The settings from now on.</param>
    /// <param name="requestId">Of the request.</param>
    /// <returns>Null when done, else a key of <see cref="Labels"/>.</returns>
    public async Task<string?> SaveAsync(ConnectorVersion version, ConnectorSettings? before, ConnectorSettings now, string requestId)
    {
        if (IsRemote)
            return "fail_connector_remote";
        if (now.Validate().Count > 0 || !CanBeMade(now))
            return "fail_connector_form";
        if (version.Enabled && ConnectorForm.NeedsProof(now) && version.Proof is null)
            return "fail_connector_unproven";
        var changes = string.Join('\n', ConnectorDiff.Of(before, now).Select(change => change.Line.ReplaceLineEndings(" ")));
        if (!await versions.AddAsync(version with { Settings = ConnectorsInForce.Write(now), Changes = changes }, requestId))
            return "fail_connector_conflict";
        await queue.NumberConnectorsAsync([now.Name]);
        return null;
    }

    // Some kinds read more of their settings than the check does, such as the names of code tables; a node that takes a version up must not be the first to find out.
    private bool CanBeMade(ConnectorSettings connector)
    {
        using var handler = PartnerHttp.CreateHandler(connector, settings.Console.Reach);
        try
        {
            ConnectorCatalog.Create(connector, handler, time);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
