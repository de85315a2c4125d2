namespace Hub.Policies;

/// <summary>One thing wrong with a pack, at one place of one file.</summary>
/// <param name="File">Name of the file, without its folder.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
internal sealed record PolicyProblem(string File, long Line, long Column, string MessageZh, string MessageEn)
{
    public override string ToString() => $"{File}:{Line}:{Column} {MessageZh} {MessageEn}";
}

/// <summary>The packs cannot be used; every problem found is listed, not only the first.</summary>
internal sealed class PolicyException(IReadOnlyList<PolicyProblem> problems)
    : Exception(string.Join(Environment.NewLine, problems.Select(problem => problem.ToString())))
{
    public IReadOnlyList<PolicyProblem> Problems => problems;
}
