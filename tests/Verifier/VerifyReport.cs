namespace Hub.Verifier;

/// <summary>What the verifier saw in one export.</summary>
public sealed record VerifyReport
{
    /// <summary>Entries read, whether right or wrong.</summary>
    public required long Entries { get; init; }

    /// <summary>The last entry as the file states it; <see cref="ChainHead.Origin"/> when there is none.</summary>
    public required ChainHead Head { get; init; }

    /// <summary>Entries whose content is no longer there. The chain covers their digest, so it still holds.</summary>
    public required long ContentsRemoved { get; init; }

    /// <summary>The first findings, at most <see cref="ExportVerifier.FindingsMax"/>, in the order of the file.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Findings including those not kept.</summary>
    public required long FindingsInAll { get; init; }

    public bool Ok => FindingsInAll == 0;
}

/// <summary>One thing that is not as it was written.</summary>
/// <param name="Line">Line of the file, from 1.</param>
/// <param name="Seq">The entry's number as stated; null for the header and for a line that cannot be read.</param>
/// <param name="Sentence">What is wrong.</param>
public sealed record Finding(long Line, long? Seq, string Sentence)
{
    public override string ToString() => Seq is { } seq ? $"seq {seq} (line {Line}): {Sentence}" : $"line {Line}: {Sentence}";
}
