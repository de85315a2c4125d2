using Hub.Connectors;

namespace Hub.Console;

/// <summary>Settings of the console.</summary>
internal sealed record ConsoleSettings
{
    /// <summary>A bulk retry of more deliveries than this needs a second person.</summary>
    public int ApproveAbove { get; init; } = 200;

    /// <summary>Which addresses a connector that is made in the console may have.</summary>
    public Reach Reach { get; init; } = Reach.Private;

    /// <summary>The name under which a receiver is asked whether it wants our calls (CloudEvents: <c>WebHook-Request-Origin</c>).</summary>
    public string Origin { get; init; } = "hub";

    public IEnumerable<string> Problems()
    {
        if (!Enum.IsDefined(Reach))
            yield return "Hub:Console:Reach must be Public, Private or Local.";
        if (Origin.Length is 0 or > 253 || !Origin.All(one => char.IsAsciiLetterOrDigit(one) || one is '.' or '-'))
            yield return "Hub:Console:Origin must be a DNS name of at most 253 letters, digits, hyphens and dots.";
        if (ApproveAbove is < 0 or > 1_000_000)
            yield return "Hub:Console:ApproveAbove must be 0 (always) to 1000000.";
    }
}
