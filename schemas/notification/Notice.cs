namespace Hub.Schemas;

/// <summary>Content of <c>notice.send.v1</c>: words for people who are not partners, carried by whatever system the place has for it.</summary>
public sealed record Notice
{
    /// <summary>What it is about, a stable word; the template's id at a gateway.</summary>
    public required string Kind { get; init; }

    /// <summary>Of the case, or of one round and channel of an outage notice; what a gateway reports carries it.</summary>
    public required string Reference { get; init; }

    /// <summary>Empty when the gateway finds the receivers itself, by one of the two members below.</summary>
    public required IReadOnlyList<NoticeRecipient> To { get; init; }

    /// <summary>By which the gateway finds the accounts concerned.</summary>
    public string? AccountsQueryRef { get; init; }

    /// <summary>References of earlier notices: to everybody whom this gateway has reached with them.</summary>
    public IReadOnlyList<string>? ToldBy { get; init; }

    /// <summary>APP, WECHAT or SMS; null: the system decides.</summary>
    public string? Channel { get; init; }
    public required string TextZh { get; init; }
    public required string TextEn { get; init; }

    /// <summary>What a template puts into its own words; null: the text is all there is.</summary>
    public IReadOnlyDictionary<string, string>? Parameters { get; init; }
}

/// <param name="Role">old_holder, new_holder, officer, or customer.</param>
/// <param name="Name">Null for an officer or a customer: the system knows who is on duty, or whose the account is.</param>
/// <param name="Mobile">Null when none was given.</param>
/// <param name="AccountNo">Of a customer.</param>
public sealed record NoticeRecipient(string Role, string? Name = null, string? Mobile = null, string? AccountNo = null);

/// <summary>What a gateway answered at once about single receivers of a notice (<see cref="Answer.Content"/>).</summary>
/// <param name="Rejected">Places in <see cref="Notice.To"/> of those it will not reach, from 0.</param>
public sealed record NoticeTaken(IReadOnlyList<int> Rejected);
