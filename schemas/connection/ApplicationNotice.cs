namespace Hub.Schemas;

/// <summary>Content of <c>application.put.v1</c>: an application as Hub has it, with what the earlier project push fills in (一键接入). The same number again replaces what was sent before.</summary>
public sealed record ApplicationNotice
{
    public required string ApplicationNo { get; init; }
    public required string OperatorCode { get; init; }

    /// <summary>The application; members named in <see cref="Prefilled"/> come from the project.</summary>
    public required ConnectionApplication Application { get; init; }

    /// <summary>Class the pack's rules give it (<see cref="ConnectionClasses"/>); null while facts are missing.</summary>
    public string? CustomerClass { get; init; }

    /// <summary>Of <see cref="ConnectionTags"/>, as worked out.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>The matched project; null while there is none.</summary>
    public MatchedProject? Project { get; init; }

    /// <summary>Projects it may belong to: somebody has to say which, nothing is taken over before.</summary>
    public required IReadOnlyList<MatchedProject> Proposals { get; init; }

    /// <summary>Members of the application that were taken over from the project.</summary>
    public required IReadOnlyList<string> Prefilled { get; init; }

    /// <summary>Facts without which the class or a limit cannot be told.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>The limits that run, with their due days.</summary>
    public required IReadOnlyList<NoticeLimit> Limits { get; init; }
}

/// <param name="Key">Project code, or <c>doc:</c> and the document's number.</param>
/// <param name="Name">Name of the project.</param>
/// <param name="MatchedBy">code, uscc, address or person.</param>
/// <param name="Confidence">0 to 100; 100 is acted on.</param>
/// <param name="LeadWorkingDays">Working days by which the utility had the project before the customer applied; null when it never had it.</param>
public sealed record MatchedProject(string Key, string? Name, string MatchedBy, int Confidence, int? LeadWorkingDays);

/// <param name="Rule">Id of the rule in the pack.</param>
/// <param name="Title">In both languages, joined.</param>
/// <param name="Due">Last day, YYYY-MM-DD; null while it stands still.</param>
public sealed record NoticeLimit(string Rule, string Title, int Limit, string Unit, string? Due, string? Clause);
