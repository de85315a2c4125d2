namespace Hub.Schemas;

/// <summary>A ledger (工作台账; S1 四, S2 四): content of <c>ledger.report.v1</c>, and what a ledger's address answers. It names no customer.</summary>
public sealed record LedgerReport
{
    /// <summary>Key of its case: pack, duty and period, such as <c>linfen:county-week:2026-W47</c>; of what is told promptly, when it was told.</summary>
    public required string Ledger { get; init; }

    /// <summary>Version of the pack it was begun under.</summary>
    public required string Policy { get; init; }

    /// <summary>Id of the reporting duty in the pack.</summary>
    public required string Report { get; init; }
    public required string TitleZh { get; init; }
    public required string TitleEn { get; init; }
    public required string ReporterZh { get; init; }
    public required string ReporterEn { get; init; }

    /// <summary>Clause of the duty; null when no source gives one.</summary>
    public string? Clause { get; init; }

    /// <summary>WEEK, QUARTER, HALF_YEAR, MAY, NOVEMBER, YEAR or ON_EVENT.</summary>
    public required string PeriodType { get; init; }

    /// <summary>First instant of the period; null when it has none.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>First instant after the period.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>It has to be in before this instant; null when no day is set.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>open (its figures are being taken), frozen, or submitted.</summary>
    public required string Status { get; init; }

    /// <summary>进度.</summary>
    public string? Progress { get; init; }

    /// <summary>成效.</summary>
    public string? Results { get; init; }

    /// <summary>问题.</summary>
    public string? Problems { get; init; }

    /// <summary>措施.</summary>
    public string? Measures { get; init; }
    public IReadOnlyList<LedgerFigure> Figures { get; init; } = [];

    /// <summary>SHA-256 of the figures as they were taken, hex; the same stands in the exchange log.</summary>
    public string? Digest { get; init; }

    /// <summary>Last entry of the exchange log that the figures count.</summary>
    public long? Position { get; init; }
    public DateTimeOffset? SubmittedAt { get; init; }
    public string? SubmittedBy { get; init; }

    /// <summary>It came in after it was due.</summary>
    public bool Late { get; init; }

    /// <summary>Where it can be read again, also as a table (Accept: text/csv, or Excel's type).</summary>
    public required string Self { get; init; }

    /// <summary>The table itself where it is small enough; null: read it at its address.</summary>
    public LedgerFile? Attachment { get; init; }
}

/// <summary>One figure, or one part of it.</summary>
public sealed record LedgerFigure
{
    /// <summary>Such as <c>applications.received</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Class, outcome, mark …; null for the whole.</summary>
    public string? Part { get; init; }
    public required decimal Value { get; init; }
    public required string TitleZh { get; init; }
    public required string TitleEn { get; init; }
}

/// <summary>A file inside a message.</summary>
public sealed record LedgerFile(string Name, string MediaType, string Base64);
