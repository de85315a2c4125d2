using Hub.Schemas;

namespace Hub.Processes;

/// <summary>Every kind of case, one line each, and which events belong to it.</summary>
internal static class ProcessCatalog
{
    public static ProjectApprovalProcess ProjectApproval { get; } = new();

    public static PublisherPollProcess PublisherPoll { get; } = new();

    public static DossierProcess Dossier { get; } = new();

    public static CoTransferProcess CoTransfer { get; } = new();

    public static OutageNoticeProcess OutageNotice { get; } = new();

    public static ConnectionProcess Connection { get; } = new();

    public static PermitProcess Permit { get; } = new();

    public static LedgerReportProcess LedgerReport { get; } = new();

    public static AlertProcess Alert { get; } = new();

    private static readonly Dictionary<string, Process> ByType = new Process[] { ProjectApproval, PublisherPoll, Dossier, CoTransfer, Connection, OutageNotice, Permit, LedgerReport, Alert }.ToDictionary(process => process.Type, StringComparer.Ordinal);

    /// <summary>The state of a case that has none, by type.</summary>
    public static IReadOnlyDictionary<string, string> EmptyStates { get; } = ByType.ToDictionary(pair => pair.Key, pair => pair.Value.Empty, StringComparer.Ordinal);

    public static Process Of(string type) => ByType.TryGetValue(type, out var process)
        ? process
        : throw new InvalidOperationException($"No process {type}: the case was written by a newer version.");

    /// <returns>Null when there is no process of this type.</returns>
    public static Process? Find(string type) => ByType.GetValueOrDefault(type);

    /// <summary>Those in which a person may have to say something.</summary>
    public static IReadOnlyList<Process> WithTasks { get; } = [CoTransfer, Permit];

    /// <summary>The process an event type begins or moves. A receipt, and a person's answer, belong to the case they are about.</summary>
    public static Process ForEvent(string eventType) => eventType switch
    {
        EventTypes.ProjectApprovalCreated or EventTypes.ProjectApprovalAmended or EventTypes.ProjectApprovalExtended
            or EventTypes.ProjectApprovalRevoked => ProjectApproval,
        EventTypes.PublisherPageRead or EventTypes.PublisherPollFailed => PublisherPoll,
        EventTypes.ApplicationOpened or EventTypes.ConsentGiven or EventTypes.ConsentWithdrawn or EventTypes.LicenceRequested or EventTypes.DocumentsRequested => Dossier,
        EventTypes.TransferRegistered or EventTypes.TransferCorrected or EventTypes.TransferWithdrawn or EventTypes.AccountPrechecked or EventTypes.AccountTransferReported
            or EventTypes.AccountReversalReported or EventTypes.ArrearsSettled => CoTransfer,
        EventTypes.OutageAnnounced or EventTypes.OutageProgress or EventTypes.OutageRestored or EventTypes.OutageCancelled or EventTypes.OutageNotified => OutageNotice,
        EventTypes.ConnectionApplied or EventTypes.ConnectionAmended or EventTypes.ConnectionStage or EventTypes.ConnectionMatchDecided or EventTypes.ConnectionEvaluated => Connection,
        _ when EventTypes.OfPermit.Contains(eventType) => Permit,
        EventTypes.LedgerDue or EventTypes.LedgerFigures or EventTypes.LedgerNoted or EventTypes.LedgerSubmitted or EventTypes.LedgerTold => LedgerReport,
        EventTypes.AlertRaised => Alert,
        _ => throw new InvalidOperationException($"No process takes {eventType}."),
    };
}
