using Hub.Engine;
using Hub.Ledger;

namespace Hub.Console;

/// <summary>
/// What needs two persons: one asks, another with the role approver allows it, and then it is done. A further kind is one line of <see cref="actions"/> and a
/// word <c>approval_KIND</c>.
/// </summary>
internal sealed class TwoPersons
{
    /// <summary>Leave a delivery undelivered; the subject is its id.</summary>
    public const string Skip = "skip";

    /// <summary>Retry many at once; the subject is the job's number.</summary>
    public const string Bulk = "bulk";

    /// <summary>Put a parked delivery's content right and retry it; the subject is its id, the content what <see cref="Corrections.Proposal"/> made.</summary>
    public const string Amend = "amend";

    /// <summary>Take back a delivery that has not left; the subject is its id.</summary>
    public const string Recall = "recall";

    /// <summary>Let arrears pass in a co-transfer; the subject is case and task, the content the debt.</summary>
    public const string Waiver = "waiver";

    /// <summary>Put a working calendar in force; the subject is its id and version, the content its text.</summary>
    public const string Calendar = "calendar";

    /// <summary>Change a connector's signing key or secret; the subject is its name. Whoever asked does it then, for the new secret is shown to them alone, once.</summary>
    public const string SigningKey = "signing_key";

    /// <summary>Change a partner's API key; the subject is <c>PARTNER/KEYID</c>. Done as the other one.</summary>
    public const string PartnerKey = "partner_key";

    private readonly ApprovalRequests requests;
    private readonly TimeProvider time;
    private readonly Dictionary<string, Func<ApprovalRequest, bool, string, Task<string?>>> actions;

    public TwoPersons(ApprovalRequests requests, DeliveryList deliveries, DeliveryActs acts, BulkJobs jobs, Waivers waivers, CalendarChanges calendars, TimeProvider time)
    {
        this.requests = requests;
        this.time = time;
        actions = new(StringComparer.Ordinal)
        {
            [Skip] = OnDelivery(OperatorAct.Skip),
            [Amend] = OnDelivery(OperatorAct.Amend),
            [Recall] = OnDelivery(OperatorAct.Recall),
            [Bulk] = async (asked, granted, _) =>
                await jobs.MoveAsync(long.Parse(asked.Subject, System.Globalization.CultureInfo.InvariantCulture), ["asked"], granted ? "canary" : "stopped", time.GetUtcNow())
                    ? null
                    : "The job is not waiting for this any more.",
            [Waiver] = async (asked, granted, requestId) => granted ? await waivers.WaiveAsync(asked, Both(asked), requestId) : null,
            [Calendar] = async (asked, granted, requestId) => granted ? await calendars.PutAsync(asked, Both(asked), requestId) : null,
            [SigningKey] = (_, _, _) => Task.FromResult<string?>(null),
            [PartnerKey] = (_, _, _) => Task.FromResult<string?>(null),
        };

        Func<ApprovalRequest, bool, string, Task<string?>> OnDelivery(OperatorAct act) => async (asked, granted, requestId) => !granted ? null
            : await deliveries.FindAsync(Guid.Parse(asked.Subject), receiver: null) is not { } line ? ActRefusals.NoSuch
            : await acts.ActAsync(line, act, Both(asked), asked.Reason, requestId, asked.Content);
    }

    /// <param name="content">What exactly is asked for; null: the subject says all.</param>
    /// <returns>False when the same is asked for already.</returns>
    public Task<bool> AskAsync(string kind, string subject, string reason, HubOperator by, string requestId, byte[]? content = null) =>
        actions.ContainsKey(kind) ? requests.AskAsync(kind, subject, reason, by.Name, requestId, content) : throw new InvalidOperationException($"Nothing of the kind {kind} is approved.");

    /// <summary>Decides, does what was asked for when it is granted, and keeps what came of it.</summary>
    /// <returns>Null when all went well; else a key of <see cref="Labels"/> or the engine's sentence.</returns>
    public async Task<string?> DecideAsync(long id, bool granted, string note, HubOperator by, string requestId)
    {
        if (await requests.FindAsync(id) is not { DecidedAt: null } asked)
            return "fail_decided";
        if (asked.RequestedBy == by.Name)
            return "fail_same_person";
        if (granted && IsOver(asked, time.GetUtcNow()))
            return "fail_expired";
        if (!await requests.DecideAsync(asked, granted, note, by.Name, requestId))
            return "fail_decided";
        var refusal = await actions[asked.Kind](asked with { DecidedBy = by.Name }, granted, requestId);

        // A permission is used by whoever asked, later and elsewhere.
        if (granted && asked.Kind is not (SigningKey or PartnerKey))
            await requests.FinishAsync(asked, refusal, by.Name, requestId);
        return refusal;
    }

    /// <summary>It was asked for too long ago: it can only be declined.</summary>
    public static bool IsOver(ApprovalRequest asked, DateTimeOffset now) => now.UtcDateTime - asked.RequestedAt > ApprovalRequest.ValidFor;

    private static string Both(ApprovalRequest asked) => $"{asked.RequestedBy}, approved by {asked.DecidedBy}";
}
