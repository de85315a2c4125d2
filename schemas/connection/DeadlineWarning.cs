namespace Hub.Schemas;

/// <summary>Content of <c>deadline.warn.v1</c>: a limit is used up to some share, or is over (S4 六(三)). Sent once a share, first to who has to keep it, then to who supervises.</summary>
public sealed record DeadlineWarning
{
    /// <summary>Kind of case, such as <c>permit_case</c>.</summary>
    public required string CaseType { get; init; }

    /// <summary>Its key.</summary>
    public required string Case { get; init; }

    /// <summary>Id of the limit in the pack.</summary>
    public required string Rule { get; init; }

    /// <summary>The limit in words, with what it is about.</summary>
    public required string TitleZh { get; init; }
    public required string TitleEn { get; init; }

    /// <summary>Share of the limit that is used up, 1 to 100; 100: it is over.</summary>
    public required int Percent { get; init; }

    /// <summary>Last day within the limit, in the city's zone; null while the clock stands still.</summary>
    public DateOnly? DueDay { get; init; }

    /// <summary>Days left in the limit's unit; negative when it is over.</summary>
    public required int DaysLeft { get; init; }

    /// <summary><c>working_days</c> or <c>calendar_days</c>.</summary>
    public required string Unit { get; init; }

    /// <summary><c>responsible</c> or <c>supervisor</c>: as whom the receiver is told.</summary>
    public required string To { get; init; }

    /// <summary>Clause of the limit, such as <c>S4 五(二)3</c>; null when no source gives one.</summary>
    public string? Clause { get; init; }
}
