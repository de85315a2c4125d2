using System.Text.Json;
using Hub.Engine;
using Hub.Ledger;
using Hub.Policies;
using Hub.Processes;
using Hub.Schemas;

namespace Hub.Intake;

/// <summary>
/// Completes what is said about a connection with what only the ledger and the packs know: which operator it is for, which approved project it belongs to
/// (一键接入; S0 任务一(二)), and whether the same point was applied for before. The decision itself stays pure: all of it is given.
/// </summary>
internal sealed class ConnectionIntake(CaseNumbers numbers, PolicyStore policies)
{
    private const int ProposalsMax = 5;
    private const int EarlierMax = 10;

    // Below it two addresses are different ones.
    private const int LikenessMin = 60;

    private static readonly string[] Power = [Utilities.Power];

    public static bool Concerns(EventInput input) => input.CaseType == ProcessCatalog.Connection.Type;

    public async Task<(EventInput? Input, Problem? Problem)> CompleteAsync(EventInput input)
    {
        var region = input.Event.Region;
        switch (input.Content)
        {
            case ConnectionApplication application:
                if (OperatorOf(input.Event.Partner, application.OperatorCode, region, out var problem) is not { } serving)
                    return (null, problem);
                var applied = new ConnectionProcess.Applied(application, serving, await ProjectsAsync(application, serving), await EarlierAsync(application, serving));
                return (With(input, applied, serving, application.ApplicationNo!), null);
            case MatchDecision decision:
                if (OperatorOf(input.Event.Partner, null, region, out problem) is not { } deciding)
                    return (null, problem);
                var project = await numbers.ByKeyAsync(ProcessCatalog.ProjectApproval.Type, decision.Project!) is { } found ? await KnownAsync(found, "person", 100, deciding) : null;
                return (With(input, new ConnectionProcess.Decided(decision, project), deciding, decision.ApplicationNo!), null);
            case ServiceEvaluation evaluation:
                return OperatorOf(input.Event.Partner, evaluation.OperatorCode, region, out problem) is { } judged ? (With(input, evaluation, judged, evaluation.ApplicationNo!), null) : (null, problem);
            default:
                // A stage is reported by the operator itself and by nobody else.
                return OperatorOf(input.Event.Partner, null, region, out problem) == input.Event.Partner ? (input, null)
                    : (null, problem ?? new Problem("type_not_allowed", [new("/type", "type_not_allowed", "环节只能由供电企业上报", "Stages are reported by the operator alone")]));
        }
    }

    private string? OperatorOf(string partner, string? named, string region, out Problem? problem)
    {
        problem = null;
        var set = policies.Current;
        if (set.OperatorById(partner) is not null)
        {
            if (named is null || named == partner)
                return partner;
            problem = Refused("/data/operatorCode", "供电企业只能为本企业申报。", "An operator reports for itself only.");
            return null;
        }

        if (named is not null && set.OperatorById(named) is null)
        {
            problem = Refused("/data/operatorCode", "没有此供电企业。", "There is no such operator.");
            return null;
        }

        if (set.Route(region, named, Power) is [{ } serving] && (named is null || serving.Id == named))
            return serving.Id;
        problem = named is null
            ? Refused("/data/operatorCode", "该地没有登记的供电企业，请指明 operatorCode。", "Nobody is on record as serving the place: name the operator.")
            : Refused("/data/operatorCode", "该供电企业不服务该地。", "The operator does not serve the place.");
        return null;
    }

    private static Problem Refused(string pointer, string zh, string en) => new("invalid_event", [new(pointer, ErrorCodes.NotAllowed, zh, en)]);

    private static EventInput With(EventInput input, object content, string serving, string applicationNo)
    {
        var key = ConnectionProcess.Key(serving, applicationNo);
        return new(input.Event with { Subject = key }, content, input.CaseType, key, input.Digest);
    }

    /// <summary>By code it is the same project; by credit code or address somebody has to say so.</summary>
    private async Task<IReadOnlyList<ConnectionProcess.KnownProject>> ProjectsAsync(ConnectionApplication application, string serving)
    {
        if (application.ProjectCode is { } code && await numbers.ByKeyAsync(ProcessCatalog.ProjectApproval.Type, code) is { Closed: false } same)
            return [await KnownAsync(same, "code", 100, serving)];

        var proposals = new List<ConnectionProcess.KnownProject>();
        if (application.UnitUscc is { } uscc)
        {
            foreach (var found in await OpenAsync(NumberKinds.Uscc, uscc))
            {
                var known = await KnownAsync(found, "uscc", 0, serving);
                var likeness = AddressText.Likeness(application.Address, known.Address);
                proposals.Add(known with { Confidence = Math.Max(50, Math.Min(95, likeness)) });
            }
        }

        if (AddressText.Normalise(application.Address) is { Length: > 0 } address)
        {
            foreach (var found in (await OpenAsync(NumberKinds.Address, address)).Where(found => !proposals.Exists(known => known.Key == found.Key)))
                proposals.Add(await KnownAsync(found, "address", LikenessMin, serving));
        }

        return [.. proposals.OrderByDescending(proposal => proposal.Confidence).ThenBy(proposal => proposal.Key, StringComparer.Ordinal).Take(ProposalsMax)];
    }

    private async Task<IEnumerable<NumberedCase>> OpenAsync(string kind, string number) =>
        (await numbers.FindAsync(kind, number, ProcessCatalog.ProjectApproval.Type, ProposalsMax)).Where(found => !found.Closed);

    private async Task<ConnectionProcess.KnownProject> KnownAsync(NumberedCase found, string by, int confidence, string serving)
    {
        var state = ProcessCatalog.ProjectApproval.Read(found.State);
        var approval = await ApprovalAsync(state.EventId);
        return new()
        {
            Key = found.Key,
            MatchedBy = by,
            Confidence = confidence,
            Name = approval?.ProjectName,
            UnitName = approval?.UnitName,
            UnitUscc = approval?.UnitUscc,
            Address = approval?.ProjectAddress,
            LoadKw = approval?.LoadKw,
            UsageType = approval?.UsageType,
            RequiredDate = approval?.RequiredDate,
            TakenAt = state.Receivers.GetValueOrDefault(serving)?.TakenAt,
        };
    }

    // As it was accepted: read once already, so it can be read again; what retention took cannot fill anything in.
    private async Task<ProjectApproval?> ApprovalAsync(Guid eventId) =>
        await numbers.DataAsync(eventId) is { } data ? ApprovalRules.Normalise(JsonSerializer.Deserialize(data.Span, SchemasJson.Default.ProjectApproval)!) : null;

    private async Task<IReadOnlyList<ConnectionProcess.EarlierApplication>> EarlierAsync(ConnectionApplication application, string serving)
    {
        if (application.SupplyPoint is not { } point)
            return [];
        var found = await numbers.FindAsync(NumberKinds.SupplyPoint, $"{serving} {point}", ProcessCatalog.Connection.Type, EarlierMax);
        return [.. found.Select(one => ProcessCatalog.Connection.Read(one.State)).Where(state => state.Application is { } other && other.ApplicationNo != application.ApplicationNo)
            .Select(state => new ConnectionProcess.EarlierApplication(
                state.Application!.ApplicationNo!, state.Status == "cancelled", state.Facts.LastOrDefault(fact => fact.Action == "CANCEL")?.RecordedAt))];
    }
}
