namespace Hub.Schemas;

/// <summary>The event types Hub understands. Past tense facts; a changed meaning is a new version, never an edit.</summary>
public static class EventTypes
{
    public const string ProjectApprovalCreated = "hub.project_approval.created.v1";
    public const string ProjectApprovalAmended = "hub.project_approval.amended.v1";
    public const string ProjectApprovalExtended = "hub.project_approval.extended.v1";
    public const string ProjectApprovalRevoked = "hub.project_approval.revoked.v1";

    /// <summary>A utility's business receipt or progress on an event it was sent.</summary>
    public const string ReceiptReported = "hub.delivery.receipt.v1";

    /// <summary>Hub's own: a page of a polled platform was read, and everything on it is committed.</summary>
    public const string PublisherPageRead = "hub.publisher_poll.page_read.v1";

    /// <summary>Hub's own: a polled platform was away or wrong; the cursor did not move.</summary>
    public const string PublisherPollFailed = "hub.publisher_poll.failed.v1";

    /// <summary>What a publisher may send.</summary>
    public static IReadOnlyList<string> Publishable { get; } =
        [ProjectApprovalCreated, ProjectApprovalAmended, ProjectApprovalExtended, ProjectApprovalRevoked];
}

/// <summary>What Hub asks of a partner. Commands are calls, not facts; a connector translates them.</summary>
public static class CommandTypes
{
    public const string LeadCreate = "lead.create.v1";
    public const string LeadUpdate = "lead.update.v1";
    public const string LeadWithdraw = "lead.withdraw.v1";
}
