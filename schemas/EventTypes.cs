namespace Hub.Schemas;

/// <summary>The event types Hub understands. Past tense facts; a changed meaning is a new version, never an edit.</summary>
public static class EventTypes
{
    public const string ProjectApprovalCreated = "hub.project_approval.created.v1";
    public const string ProjectApprovalAmended = "hub.project_approval.amended.v1";
    public const string ProjectApprovalExtended = "hub.project_approval.extended.v1";
    public const string ProjectApprovalRevoked = "hub.project_approval.revoked.v1";

    /// <summary>A change of ownership was booked (登簿); S3 三.6.</summary>
    public const string TransferRegistered = "hub.real_estate.transfer_registered.v1";
    public const string TransferCorrected = "hub.real_estate.transfer_corrected.v1";

    /// <summary>The registration was withdrawn or revoked (异议, 撤销).</summary>
    public const string TransferWithdrawn = "hub.real_estate.transfer_withdrawn.v1";

    /// <summary>What a utility found before an account changes hands.</summary>
    public const string AccountPrechecked = "hub.utility_account.prechecked.v1";

    /// <summary>Result of a transfer, or how far it is.</summary>
    public const string AccountTransferReported = "hub.utility_account.transfer_reported.v1";

    /// <summary>Result of undoing a transfer.</summary>
    public const string AccountReversalReported = "hub.utility_account.reversal_reported.v1";
    public const string ArrearsSettled = "hub.utility_account.arrears_settled.v1";

    /// <summary>An application for a connection (报装), whichever way it came in.</summary>
    public const string ConnectionApplied = "hub.connection.applied.v1";
    public const string ConnectionAmended = "hub.connection.amended.v1";
    public const string ConnectionStage = "hub.connection.stage_reported.v1";
    public const string ConnectionMatchDecided = "hub.connection.match_decided.v1";
    public const string ConnectionEvaluated = "hub.connection.evaluated.v1";
    /// <summary>Permits for an external line are applied for in parallel (S4 五(二)); by the utility, for the applicant.</summary>
    public const string PermitApplied = "hub.permit.applied.v1";

    /// <summary>The next snapshot, after a return, a refusal or a lack of material (补正).</summary>
    public const string PermitCorrected = "hub.permit.corrected.v1";
    public const string PermitWithdrawn = "hub.permit.withdrawn.v1";

    /// <summary>The road authority was asked beforehand (S1 三.2).</summary>
    public const string PermitConsulted = "hub.permit.consulted.v1";

    /// <summary>What the owner of a pipeline says of the route (S4 五(一)3).</summary>
    public const string PermitOpinion = "hub.permit.opinion.v1";

    /// <summary>A department's word about its item.</summary>
    public const string PermitItemReported = "hub.permit.item_reported.v1";
    public const string PermitCommitmentSigned = "hub.permit.commitment_signed.v1";
    public const string PermitWorksFinished = "hub.permit.works_finished.v1";

    /// <summary>Whether the surface is as it was, after somebody looked.</summary>
    public const string PermitRestored = "hub.permit.restored.v1";

    /// <summary>Hub's own: a person answered a task of a case, with name and reason.</summary>
    public const string TaskAnswered = "hub.operator.task_answered.v1";

    /// <summary>Hub's own: a period of a reporting duty is over, and its ledger begins.</summary>
    public const string LedgerDue = "hub.ledger.due.v1";

    /// <summary>Hub's own: a ledger's figures, as they stay.</summary>
    public const string LedgerFigures = "hub.ledger.figures_taken.v1";

    /// <summary>Hub's own: people's words for a ledger.</summary>
    public const string LedgerNoted = "hub.ledger.noted.v1";
    public const string LedgerSubmitted = "hub.ledger.submitted.v1";

    /// <summary>Hub's own: results or problems told promptly, outside the periods.</summary>
    public const string LedgerTold = "hub.ledger.told.v1";

    /// <summary>Hub's own: something at the hub needs a person, who is told.</summary>
    public const string AlertRaised = "hub.alert.raised.v1";

    /// <summary>A utility's business receipt or progress on an event it was sent.</summary>
    public const string ReceiptReported = "hub.delivery.receipt.v1";

    /// <summary>Hub's own: a page of a polled platform was read, and everything on it is committed.</summary>
    public const string PublisherPageRead = "hub.publisher_poll.page_read.v1";

    /// <summary>Hub's own: a polled platform was away or wrong; the cursor did not move.</summary>
    public const string PublisherPollFailed = "hub.publisher_poll.failed.v1";

    /// <summary>A utility took in a customer's application: the case in which licences may be asked for.</summary>
    public const string ApplicationOpened = "hub.application.opened.v1";
    public const string ConsentGiven = "hub.consent.given.v1";
    public const string ConsentWithdrawn = "hub.consent.withdrawn.v1";
    public const string DocumentsRequested = "hub.documents.requested.v1";
    public const string LicenceRequested = "hub.licence.requested.v1";

    /// <summary>Hub's own word to a utility whose query was not answered while it waited.</summary>
    public const string LicenceAnswered = "hub.licence.answered.v1";

    /// <summary>A utility announces an outage, planned or by a fault (S1 三.10).</summary>
    public const string OutageAnnounced = "hub.outage.announced.v1";
    public const string OutageProgress = "hub.outage.progress.v1";
    public const string OutageRestored = "hub.outage.restored.v1";
    public const string OutageCancelled = "hub.outage.cancelled.v1";

    /// <summary>A gateway reports whom it reached.</summary>
    public const string OutageNotified = "hub.outage.notified.v1";

    public static IReadOnlyList<string> OfApproval { get; } = [ProjectApprovalCreated, ProjectApprovalAmended, ProjectApprovalExtended, ProjectApprovalRevoked];

    public static IReadOnlyList<string> OfTransfer { get; } = [TransferRegistered, TransferCorrected, TransferWithdrawn];

    public static IReadOnlyList<string> OfAccount { get; } = [AccountPrechecked, AccountTransferReported, AccountReversalReported, ArrearsSettled];

    /// <summary>The events of a notice; what a gateway reports about it is another record.</summary>
    public static IReadOnlyList<string> OfOutage { get; } = [OutageAnnounced, OutageProgress, OutageRestored, OutageCancelled];

    public static IReadOnlyList<string> OfConnection { get; } = [ConnectionApplied, ConnectionAmended, ConnectionStage, ConnectionMatchDecided, ConnectionEvaluated];

    /// <summary>Whole snapshots of a permit case.</summary>
    public static IReadOnlyList<string> OfPermitApplication { get; } = [PermitApplied, PermitCorrected];

    /// <summary>What else happens to a permit case.</summary>
    public static IReadOnlyList<string> OfPermitStep { get; } = [PermitWithdrawn, PermitConsulted, PermitOpinion, PermitCommitmentSigned, PermitWorksFinished, PermitRestored];

    public static IReadOnlyList<string> OfPermit { get; } = [.. OfPermitApplication, PermitItemReported, .. OfPermitStep];

    /// <summary>What a publisher may send.</summary>
    public static IReadOnlyList<string> Publishable { get; } = [.. OfApproval, .. OfTransfer, .. OfAccount, .. OfConnection, .. OfOutage, OutageNotified, .. OfPermit];
}

/// <summary>What Hub asks of a partner. Commands are calls, not facts; a connector translates them.</summary>
public static class CommandTypes
{
    public const string LeadCreate = "lead.create.v1";
    public const string LeadUpdate = "lead.update.v1";
    public const string LeadWithdraw = "lead.withdraw.v1";

    /// <summary>To a library or another verification source: what do you have of this holder?</summary>
    public const string LicenceQuery = "licence.query.v1";

    /// <summary>To a utility: what became of your query.</summary>
    public const string LicenceAnswer = "licence.answer.v1";

    /// <summary>
    /// A question has no effect at the partner, so it may be asked again at will, it ends when it is refused or when its time is over, and its answer carries what
    /// was asked for (<see cref="Answer.Content"/>).
    /// </summary>
    public static bool IsQuestion(string type) => type == LicenceQuery;
    /// <summary>What speaks against a transfer? The utility reports <see cref="EventTypes.AccountPrechecked"/>.</summary>
    public const string AccountPrecheck = "account.precheck.v1";
    public const string AccountTransfer = "account.transfer.v1";

    /// <summary>Undo the transfer of the same order; nothing to undo is done as well.</summary>
    public const string AccountReverse = "account.reverse.v1";

    /// <summary>What became of the order? Sent before anything is sent a second time.</summary>
    public const string AccountInquire = "account.inquire.v1";
    /// <summary>To a utility: an application as Hub has it, with what the project push fills in.</summary>
    public const string ApplicationPut = "application.put.v1";

    /// <summary>What a utility gets as a message where its system has no call of its own for it.</summary>
    public static IReadOnlyList<string> Messages { get; } = [ApplicationPut, DeadlineWarn, PermitResult, PermitDelivered];
    public const string RegisterFeedback = "register.feedback.v1";
    public const string NoticeSend = "notice.send.v1";

    /// <summary>To the department of one permit item: <see cref="PermitOrder"/>.</summary>
    public const string PermitDistribute = "permit.distribute.v1";
    public const string PermitWithdraw = "permit.withdraw.v1";

    /// <summary>To the utility: what one item came to.</summary>
    public const string PermitResult = "permit.result.v1";

    /// <summary>To the utility: all results together (统一送达).</summary>
    public const string PermitDelivered = "permit.delivered.v1";

    /// <summary>To the credit platform: a promise was broken.</summary>
    public const string CreditReport = "credit.report.v1";

    /// <summary>A limit is used up to some share, or is over: <see cref="Schemas.DeadlineWarning"/>.</summary>
    public const string DeadlineWarn = "deadline.warn.v1";

    /// <summary>To who receives a ledger: <see cref="Schemas.LedgerReport"/>.</summary>
    public const string LedgerReport = "ledger.report.v1";
}
