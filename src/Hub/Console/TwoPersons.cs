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

    /// <summary>Change a connector's signing key or secret; the subject is its name. Whoever asked does it then, for the new secret is shown to them alone, once.</summary>
    public const string SigningKey = "signing_key";

    /// <summary>Change a partner's API key; the subject is <c>PARTNER/KEYID</c>. Done as the other one.</summary>
    public const string PartnerKey = "partner_key";

    private readonly ApprovalRequests requests;
    private readonly Dictionary<string, Func<ApprovalRequest, bool, string, Task<string?>>> actions;

    public TwoPersons(ApprovalRequests requests, DeliveryList deliveries, DeliveryActs acts, BulkJobs jobs, TimeProvider time)
    {
        this.requests = requests;
        actions = new(StringComparer.Ordinal)
        {
            [Skip] = async (asked, granted, requestId) => !granted ? null
                : await deliveries.FindAsync(Guid.Parse(asked.Subject), receiver: null) is not { } line ? "There is no such delivery."
                : await acts.ActAsync(line, OperatorAct.Skip, $"{asked.RequestedBy}, approved by {asked.DecidedBy}", asked.Reason, requestId),
            [Bulk] = async (asked, granted, _) =>
                await jobs.MoveAsync(long.Parse(asked.Subject, System.Globalization.CultureInfo.InvariantCulture), ["asked"], granted ? "canary" : "stopped", time.GetUtcNow())
                    ? null
                    : "The job is not waiting for this any more.",
            [SigningKey] = (_, _, _) => Task.FromResult<string?>(null),
            [PartnerKey] = (_, _, _) => Task.FromResult<string?>(null),
        };
    }

    /// <returns>False when the same is asked for already.</returns>
    public Task<bool> AskAsync(string kind, string subject, string reason, HubOperator by, string requestId) =>
        actions.ContainsKey(kind) ? requests.AskAsync(kind, subject, reason, by.Name, requestId) : throw new InvalidOperationException($"Nothing of the kind {kind} is approved.");

    /// <summary>Decides, and does what was asked for when it is granted.</summary>
    /// <returns>Null when all went well; else a key of <see cref="Labels"/> or the engine's sentence.</returns>
    public async Task<string?> DecideAsync(long id, bool granted, string note, HubOperator by, string requestId)
    {
        if (await requests.FindAsync(id) is not { DecidedAt: null } asked)
            return "fail_decided";
        if (asked.RequestedBy == by.Name)
            return "fail_same_person";
        if (!await requests.DecideAsync(asked, granted, note, by.Name, requestId))
            return "fail_decided";
        return await actions[asked.Kind](asked with { DecidedBy = by.Name }, granted, requestId);
    }
}
