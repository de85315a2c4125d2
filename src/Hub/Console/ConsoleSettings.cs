namespace Hub.Console;

/// <summary>Settings of the console.</summary>
internal sealed record ConsoleSettings
{
    /// <summary>A bulk retry of more deliveries than this needs a second person.</summary>
    public int ApproveAbove { get; init; } = 200;

    public IEnumerable<string> Problems()
    {
        if (ApproveAbove is < 0 or > 1_000_000)
            yield return "Hub:Console:ApproveAbove must be 0 (always) to 1000000.";
    }
}
