namespace Hub.Schemas;

/// <summary>Content of <c>notice.send.v1</c>: words for people who are not partners, carried by whatever system the place has for it.</summary>
public sealed record Notice
{
    /// <summary>What it is about, a stable word.</summary>
    public required string Kind { get; init; }
    public required string Reference { get; init; }
    public required IReadOnlyList<NoticeRecipient> To { get; init; }
    public required string TextZh { get; init; }
    public required string TextEn { get; init; }
}

/// <param name="Role">old_holder, new_holder or officer.</param>
/// <param name="Name">Null for an officer: the system knows who is on duty.</param>
/// <param name="Mobile">Null when none was given.</param>
public sealed record NoticeRecipient(string Role, string? Name, string? Mobile);
